"""Photos are rebuilt from pixels, and nothing else of a visitor is anywhere in the store."""

import io
import struct
from datetime import date
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin
from sqlalchemy import event

from riskmap import settings as settings_file
from riskmap import store
from riskmap.problem import DataError
from riskmap.store.photo import covered, rebuilt
from riskmap.store.rebuild import FORMATS

SETTINGS = settings_file.load()
TODAY = date(2026, 11, 22)
CANARY = "CANARY7431"
GPS = (51.0, 7.0, 43.31)


def planted(kind: str = "JPEG", *, orientation: int = 1) -> bytes:
    """A photo with a position, an owner, a device, a comment, XMP, a thumbnail and bytes after its end, all with canaries."""
    picture = Image.effect_noise((640, 480), 90).convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0131], exif[0x9C9D] = (
        orientation,
        f"{CANARY} maker",
        f"{CANARY} program",
        f"{CANARY} author",
    )
    exif[0x8825] = {1: "N", 2: GPS, 3: "E", 4: (71.0, 25.0, 43.31), 29: f"{CANARY}"}
    exif[0x8769] = {0x9003: "2026:11:21 09:08:07", 0xA430: f"{CANARY} owner", 0xA431: f"{CANARY} serial"}
    more = {"exif": exif.tobytes()}
    if kind == "PNG":
        more["pnginfo"] = notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", CANARY, zip=False)
        notes.add_itxt("XML:com.adobe.xmp", f"<x>{CANARY}</x>")
    elif kind == "JPEG":
        more |= {"comment": f"{CANARY} comment".encode(), "xmp": f"<x>{CANARY}</x>".encode(), "quality": 95}
    else:
        more["xmp"] = f"<x>{CANARY}</x>".encode()
    more["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + CANARY.encode()
    content = io.BytesIO()
    picture.save(content, kind, **more)
    data = content.getvalue()
    if kind == "JPEG":
        thumbnail = b"\xff\xd8" + CANARY.encode() + b"\xff\xd9"  # an application segment of its own, as cameras add
        segment = b"MPF\0" + thumbnail
        data = data[:2] + b"\xff\xe9" + struct.pack(">H", len(segment) + 2) + segment + data[2:]
    return data + CANARY.encode()


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg), formats=["JPEG"])


def leaked(data: bytes) -> list[str]:
    """Which canaries stand in `data`, in any way a text or a position may be written."""
    looked_for = {f"{CANARY} in {code}": CANARY.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")}
    looked_for |= {"Exif": b"Exif\0", "XMP": b"adobe", "profile": b"ICC_PROFILE", "MPF": b"MPF\0", "date": b"2026:11:21"}
    for order in "<>":
        looked_for[f"degrees {order}"] = struct.pack(f"{order}6I", 51, 1, 7, 1, 4331, 100)
    return [name for name, pattern in looked_for.items() if pattern in data]


def test_the_planted_photo_carries_what_it_should() -> None:
    """Otherwise the tests below would find nothing for the wrong reason."""
    found = leaked(planted())
    assert {f"{CANARY} in utf-8", "Exif", "profile", "MPF", "date"} <= set(found)
    assert any(name.startswith("degrees") for name in found)


@pytest.mark.parametrize("kind", FORMATS)
def test_only_pixels_are_left(kind) -> None:
    jpeg = rebuilt(planted(kind), settings=SETTINGS)
    assert leaked(jpeg) == []
    picture = opened(jpeg)
    assert picture.size == (640, 480) and not picture.getexif()
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_without_the_tag(orientation) -> None:
    """The top left corner of what a viewer shows is white, however the camera lay."""
    shown = Image.new("RGB", (60, 40), "black")
    shown.paste("white", (0, 0, 20, 20))
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # the turn that the tag undoes
    stored = shown if back is None else shown.transpose(Image.Transpose(back))
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = io.BytesIO()
    stored.save(content, "PNG", exif=exif.tobytes())
    picture = opened(rebuilt(content.getvalue(), settings=SETTINGS))
    assert picture.size == (60, 40) and picture.getpixel((5, 5))[0] > 200 and picture.getpixel((50, 30))[0] < 50
    assert 0x0112 not in picture.getexif()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_modes_of_png(mode) -> None:
    content = io.BytesIO()
    Image.new(mode, (30, 20)).save(content, "PNG")
    assert opened(rebuilt(content.getvalue(), settings=SETTINGS)).mode == "RGB"


def test_cmyk_and_moving_pictures() -> None:
    content = io.BytesIO()
    Image.new("CMYK", (30, 20)).save(content, "JPEG")
    assert opened(rebuilt(content.getvalue(), settings=SETTINGS)).mode == "RGB"
    content = io.BytesIO()
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    frames[0].save(content, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    red, _, blue = opened(rebuilt(content.getvalue(), settings=SETTINGS)).getpixel((5, 5))
    assert red > 200 and blue < 50


def test_large_ones_become_small() -> None:
    content = io.BytesIO()
    Image.new("RGB", (4000, 3000)).save(content, "JPEG")
    assert opened(rebuilt(content.getvalue(), settings=SETTINGS)).size == (1600, 1200)


def _as(kind: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (30, 20)).save(content, kind)
    return content.getvalue()


def _flood() -> bytes:
    content = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "photo_kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo_kind"),
        (b"%PDF-1.7", "photo_kind"),
        *((_as(kind), "photo_kind") for kind in ("TIFF", "GIF", "BMP", "ICO", "PPM")),
        (_as("JPEG")[:200], "photo_kind"),
        (planted()[:-20_000], "photo_damaged"),
        (_flood(), "photo_pixels"),
        (b"\xff\xd8" + bytes(15_728_640), "photo_too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_photo_is_refused(content, code) -> None:
    with pytest.raises(DataError) as error:
        rebuilt(content, settings=SETTINGS)
    assert error.value.code in ({code, "photo_damaged"} if code == "photo_kind" else {code})


@pytest.mark.parametrize("has_photos", [True, False])
def test_no_byte_of_the_store_knows_the_visitor(tmp_path, has_photos) -> None:
    """The journal is read too, at the moment before the store commits: a thief of the disk would find it there."""
    file = tmp_path / "store" / "store.db"
    db = store.open(f"sqlite:///{file}")
    written: list[bytes] = []

    @event.listens_for(db, "commit")
    def _(_: object) -> None:
        written.extend(path.read_bytes() for path in file.parent.iterdir())

    key = store.new_key()
    receipt = store.submit(
        db, key=key, facility_id="F1", day=TODAY, status="idle", text="Қоршау жабық", snapshot_id="s1", facilities={"F1"},
        photos=[planted(kind, orientation=6) for kind in FORMATS] if has_photos else [], today=TODAY, settings=SETTINGS,
    )  # fmt: skip
    db.dispose()
    assert len(written) >= 2, "the database and its journal"
    written += [path.read_bytes() for path in Path(tmp_path).rglob("*") if path.is_file()]
    assert any("Қоршау".encode() in data for data in written), "what was sent is there, unencrypted"
    for data in written:
        assert leaked(data) == []
        for secret in (key, receipt, receipt.replace("-", "")):
            assert secret.encode() not in data
    assert sorted(path.name for path in file.parent.iterdir()) == ["store.db"]


@pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
def test_no_byte_of_the_server_knows_the_visitor(db, db_url) -> None:
    """Tables, write-ahead log and the server's own log. Pictures are long values there, compressed or not."""
    folder = Path(db.url.query["host"])
    key = store.new_key()
    arguments = {
        "key": key, "facility_id": "F1", "day": TODAY, "status": "idle", "snapshot_id": "s1", "facilities": {"F1"},
        "today": TODAY, "photos": [planted()], "settings": SETTINGS,
    }  # fmt: skip
    receipt = store.submit(db, text="SEEN7431", **arguments)
    with pytest.raises(DataError):
        store.submit(db, text="other", **arguments)
    with db.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
    written = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert any(b"SEEN7431" in data for data in written), "what was sent is there"
    for data in written:
        assert CANARY.encode() not in data and b"2026:11:21" not in data
        assert key.encode() not in data and receipt.encode() not in data


# ---- covering ------------------------------------------------------------------------------------------------------------
def _noise(seed_colour: str, box: tuple[int, int, int, int]) -> bytes:
    """Two of these differ only inside `box`."""
    picture = Image.linear_gradient("L").resize((320, 240)).convert("RGB")
    picture.paste(seed_colour, box)
    content = io.BytesIO()
    picture.save(content, "PNG")
    return rebuilt(content.getvalue(), settings=SETTINGS)


@pytest.mark.parametrize("box", [(100, 60, 141, 99), (0, 0, 7, 7), (297, 219, 320, 240), (33, 17, 48, 32)])
def test_nothing_of_what_is_covered_is_left(box) -> None:
    """Photos that differ only there give the same bytes, although a JPEG smears what it shows over its neighbours."""
    photos = [_noise(colour, box) for colour in ("red", "white", "navy")]
    assert len(set(photos)) == 3
    made = {covered(photo, [box], settings=SETTINGS) for photo in photos}
    assert len(made) == 1
    [jpeg] = made
    middle = ((box[0] + box[2]) // 2, (box[1] + box[3]) // 2)
    assert opened(jpeg).size == (320, 240) and all(abs(value - 128) < 8 for value in opened(jpeg).getpixel(middle))
    far = (200, 180) if box[0] < 150 else (20, 20)
    assert sum(abs(a - b) for a, b in zip(opened(jpeg).getpixel(far), opened(photos[0]).getpixel(far), strict=True)) < 20
