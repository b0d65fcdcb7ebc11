"""Photos: the parent's side of `rebuild.py`. What comes back holds pixels and nothing else."""

import subprocess
import sys
from pathlib import Path

from riskmap.problem import DataError
from riskmap.settings import Settings

_CHILD = Path(__file__).with_name("rebuild.py").resolve()
_WALL_SECONDS = 30


def rebuilt(content: bytes, *, settings: Settings) -> bytes:
    """A JPEG without position, date, owner, comment or thumbnail, made from the pixels of a JPEG, PNG or WebP.

    DataError: `photo_too_large` (bytes), `photo_pixels`, `photo_kind`, `photo_damaged`.
    """
    own = settings["observations"]
    if len(content) > own["max_photo_bytes"]:
        raise DataError("photo_too_large", limit=str(own["max_photo_bytes"] >> 20))
    limits = [str(own[name]) for name in ("max_photo_pixels", "photo_side_px", "photo_quality")]
    try:
        done = subprocess.run(  # noqa: S603 (our own file; the picture is its input, no shell)
            [sys.executable, "-I", str(_CHILD), *limits],
            input=content, capture_output=True, timeout=_WALL_SECONDS, env={}, cwd="/", check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise DataError("photo_damaged") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace") if done.returncode == 3 else ""
        limit = str(own["max_photo_pixels"] // 1_000_000)
        raise DataError(said if said in ("photo_kind", "photo_pixels") else "photo_damaged", limit=limit)
    return done.stdout
