"""Photos: the parent's side of `rebuild.py`. What comes back holds pixels and nothing else."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from riskmap.problem import DataError
from riskmap.settings import Settings

_CHILD = Path(__file__).with_name("rebuild.py").resolve()
_WALL_SECONDS = 30
MAX_RECTANGLES = 20
Rectangle = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the photo; right and bottom lie outside it


def rebuilt(content: bytes, *, settings: Settings) -> bytes:
    """A JPEG without position, date, owner, comment or thumbnail, made from the pixels of a JPEG, PNG or WebP.

    DataError: `photo_too_large` (bytes), `photo_pixels`, `photo_kind`, `photo_damaged`.
    """
    return _run(content, (), settings)


def covered(jpeg: bytes, rectangles: Sequence[Rectangle], *, settings: Settings) -> bytes:
    """A photo of the store with rectangles of it covered by one grey: nothing that lay there can be worked out again.

    DataError `photo_rectangle` where there is none, too many, or one that no photo can have.
    """
    longest = settings["observations"]["photo_side_px"]
    if not 0 < len(rectangles) <= MAX_RECTANGLES:
        raise DataError("photo_rectangle", limit=str(MAX_RECTANGLES))
    for left, top, right, bottom in rectangles:
        if not (0 <= left < right <= longest and 0 <= top < bottom <= longest):
            raise DataError("photo_rectangle", limit=str(MAX_RECTANGLES))
    return _run(jpeg, rectangles, settings)


def _run(content: bytes, rectangles: Sequence[Rectangle], settings: Settings) -> bytes:
    own = settings["observations"]
    if len(content) > own["max_photo_bytes"]:
        raise DataError("photo_too_large", limit=str(own["max_photo_bytes"] >> 20))
    numbers = [own["max_photo_pixels"], own["photo_side_px"], own["photo_quality"], *(n for each in rectangles for n in each)]
    try:
        done = subprocess.run(  # noqa: S603 (our own file; the picture is its input, no shell)
            [sys.executable, "-I", str(_CHILD), *map(str, numbers)],
            input=content, capture_output=True, timeout=_WALL_SECONDS, env={}, cwd="/", check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise DataError("photo_damaged") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace") if done.returncode == 3 else ""
        limit = str(own["max_photo_pixels"] // 1_000_000)
        raise DataError(said if said in ("photo_kind", "photo_pixels") else "photo_damaged", limit=limit)
    return done.stdout
