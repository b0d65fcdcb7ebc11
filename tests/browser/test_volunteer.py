"""The whole way of one visit, in Kazakh on a phone: from a village to the body's term, with a real server and store.

Three places, a plan, a photo that carries a position, two clicks, a line that goes, a receipt, a monitor, the next
snapshot, the document and its clock; and at the end no byte of the visitor anywhere on the server.
"""

import io
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import expect

from riskmap import archive, snapshot, store
from riskmap.__main__ import main
from riskmap.i18n import text
from tests.browser.conftest import phone, running_server, settled
from tests.browser.test_light import CONTROLLED

TODAY = "2026-11-22"
TOKEN = "a token of at least twenty letters"
VILLAGE, POSITION = "Қараауыл", (48.945, 79.255)
CANARIES = ("CANARY-owner", "CANARY-agent", "CANARY-file", "CANARY-comment")
HEADS = (
    "facility_id,title,type,region,lat,lon,budget,contract_value,due_date,start_date,progress,report date,source_as_of,buyer\n"
)
WORKS = (
    HEADS
    + """\
A1,Мектеп салу,school,Абай облысы,48.95,79.26,100000000,90000000,2026-06-01,2025-06-01,80 %,2026-10-15,2026-11-01,Басқарма
A2,Аурухана салу,hospital,Абай облысы,48.94,79.24,200000000,180000000,2026-07-01,2025-06-01,30 %,2026-10-15,2026-11-01,Басқарма
A3,Балабақша,kindergarten,Абай облысы,48.96,79.25,80000000,75000000,2026-08-01,2025-06-01,60 %,2026-10-15,2026-11-01,Басқарма
"""
)


def run(*arguments: object) -> str:
    done = CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def place(tmp_path):
    (tmp_path / "works.csv").write_text(WORKS, "utf-8")
    run("import", tmp_path / "works.csv", "--out", tmp_path / "facts")
    run("score", tmp_path / "facts", "--as-of", "2026-11-01", "--keep", tmp_path / "snapshots")
    return tmp_path


def photo() -> dict:
    """A photo as a phone makes it: position, owner and comment inside, a telling name outside."""
    content, exif = io.BytesIO(), Image.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 56.0, 43.21), 3: "E", 4: (79.0, 15.0, 17.65)}
    exif[0x013B], exif[0x9286] = CANARIES[0], CANARIES[3]
    Image.effect_noise((800, 600), 60).convert("RGB").save(content, "JPEG", exif=exif.tobytes(), comment=CANARIES[3].encode())
    return {"name": f"{CANARIES[2]}.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


def test_from_a_village_to_the_term_of_the_body(place, browser, open_page, monkeypatch):
    url = f"sqlite:///{place / 'store.db'}"
    environment = {"RISKMAP_STORE": url, "RISKMAP_TODAY": TODAY, "RISKMAP_OPERATOR_TOKEN": TOKEN, "TMPDIR": str(place / "tmp")}
    (place / "tmp").mkdir()
    monkeypatch.setenv("RISKMAP_STORE", url)
    with running_server(place / "snapshots", **environment) as server:
        first = archive.find(place / "snapshots", archive.current_id(place / "snapshots"))
        receipt = _visit(browser, server)
        assert len(store.observations(store.open(url))) == 1  # pressed twice, sent after the line came back
        _review(open_page, server)
        run("observations", "export", "--snapshot", first.folder, "--out", place / "seen.csv")
        run("import", place / "seen.csv", "--out", place / "facts")
        run("score", place / "facts", "--as-of", TODAY, "--keep", place / "snapshots")
        newest = archive.find(place / "snapshots", archive.current_id(place / "snapshots"))
        run("observations", "used", newest.folder)
        rows = snapshot.load(newest.folder).facilities.set_index("facility_id")
        assert rows.loc["A1", "T06_severity"] > 0  # 80 % reported, at most a frame seen
        _document(open_page, server)
        page = browser.new_context(**phone(360)).new_page()
        page.goto(f"{server}/m/receipt?lang=kk")
        page.get_by_label(text("observe.receipt.label", "kk")).fill(receipt)
        page.get_by_role("button", name=text("observe.receipt.show", "kk")).click()
        expect(page.get_by_role("heading", level=2, name=text("observe.fate.accept", "kk"))).to_be_visible()
        expect(page.get_by_text(newest.id).last).to_be_visible()  # used in that snapshot
        page.context.close()
    _no_trace(place)


def _visit(browser, server) -> str:
    """Find, plan, look, send; returns the receipt."""
    lat, lon = POSITION
    options = {**phone(360), "user_agent": f"Mozilla/5.0 {CANARIES[1]}", "locale": "kk-KZ"}
    context = browser.new_context(**options)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"{server}/m/?lang=kk")
    page.evaluate(CONTROLLED)
    page.get_by_label(text("nearby.settlement.label", "kk")).fill(VILLAGE)
    page.get_by_role("button", name=text("light.show", "kk"), exact=True).click()
    boxes = page.locator('.cards input[name="id"]')
    expect(boxes).to_have_count(3)
    for number in range(3):
        boxes.nth(number).check()
    page.get_by_role("button", name=text("plan.make", "kk"), exact=True).click()
    expect(page.locator("ol.order > li")).to_have_count(3)
    assert str(lat) not in page.url and str(lon) not in page.url
    page.goto(f"{server}/m/facility/A1?lang=kk")
    page.get_by_role("link", name=text("observe.door", "kk"), exact=True).click()
    expect(page.get_by_role("heading", level=1, name=text("observe.title", "kk"))).to_be_visible()
    for group, code in (("status", "idle"), ("stage", "frame"), ("is_working", "no")):
        page.locator(f'input[name="{group}"][value="{code}"]').check()
    page.locator("#text").fill("Шатыры жоқ")
    page.locator("#photos").set_input_files(photo())
    expect(page.locator("#photos-kept span")).to_have_text(re.compile(" 1\\."))
    context.set_offline(True)
    page.get_by_role("button", name=text("observe.send", "kk")).dblclick()
    expect(page.locator("#later")).to_be_visible()
    context.set_offline(False)
    code = page.locator("#waiting .receipt")
    expect(code).to_have_text(re.compile("^[0-9A-Z-]{30,}$"))
    receipt = code.inner_text()
    context.close()
    return receipt


def _review(open_page, server) -> None:
    """A monitor accepts it with its photo."""
    page = open_page("/review?lang=kk", base=server)
    page.get_by_label(text("review.door.token", "kk")).fill(TOKEN)
    page.get_by_role("button", name=text("review.door.open", "kk")).click()
    expect(page.get_by_text("Шатыры жоқ").first).to_be_visible()
    page.get_by_test_id("stCheckbox").get_by_text(text("review.photos_reviewed", "kk"), exact=True).click()
    settled(page)
    page.get_by_role("button", name=text("review.decide", "kk"), exact=True).click()
    expect(page.get_by_text(text("review.none", "kk"))).to_be_visible()


def _document(open_page, server) -> None:
    """An operator finishes the document, and its clock runs."""
    page = open_page("/control?lang=kk&id=A1", base=server)
    page.locator(".st-key-facility_A1_office summary").click()
    page.get_by_label(text("review.door.token", "kk")).fill(TOKEN)
    page.get_by_role("button", name=text("review.door.open", "kk")).click()
    page.get_by_role("button", name=text("control.office.finish", "kk")).click()
    expect(page).to_have_url(re.compile("document="))
    # finished on Sunday 22 November: seven working days later, 1 December
    assert date(2026, 11, 22).isoweekday() == 7
    expect(page.get_by_text("1 желтоқсан").first).to_be_visible()


def _no_trace(place: Path) -> None:
    """No byte on the server holds what the phone carried along."""
    shutil.rmtree(place / "facts")  # made by us from works.csv and the export
    files = [file for file in place.rglob("*") if file.is_file()]
    assert any(file.name == "store.db" for file in files)
    for file in files:
        content = file.read_bytes()
        for canary in CANARIES:
            assert canary.encode() not in content and canary.encode("utf-16-le") not in content, file
