"""The child process that rebuilds a photo: `python -I rebuild.py PIXELS SIDE QUALITY [LEFT TOP RIGHT BOTTOM]...`, a file on
its input, a JPEG on its output. Each rectangle, in pixels of the upright photo, is covered.

Decoders of pictures are where hostile bytes break out, so none runs where pages are served. This file is run by its path,
imports nothing of ours and may write no file. Exit code 0, or 3 with a key of the section `problem` on the error output.
"""

import io
import resource
import sys
from collections.abc import Sequence

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
MEMORY_BYTES = 1 << 30
CPU_SECONDS = 20
COVER = (128, 128, 128)  # nothing of what lay there: of a mosaic or a blur a face or a number plate can be guessed back
# a JPEG smears what it shows over squares of 16 pixels, and its colours over the border of them
_SQUARE, _SMEAR = 16, 2


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    max_pixels, max_side, quality, *sides = map(int, sys.argv[1:])
    covered = [tuple(sides[at : at + 4]) for at in range(0, len(sides), 4)]
    try:
        jpeg = rebuild(sys.stdin.buffer.read(), max_pixels=max_pixels, max_side=max_side, quality=quality, covered=covered)
    except ValueError as refused:
        sys.stderr.write(str(refused))
        sys.exit(3)
    sys.stdout.buffer.write(jpeg)


def rebuild(
    content: bytes, *, max_pixels: int, max_side: int, quality: int, covered: Sequence[tuple[int, ...]] = ()
) -> bytes:  # fmt: skip
    """A new JPEG from the pixels alone, upright, no side longer than `max_side`. ValueError(key of `problem`) otherwise.

    Saving an opened picture again would keep its comment, and `exif_transpose` alone its position; a new image has neither.
    """
    Image.MAX_IMAGE_PIXELS = None  # our own limit is lower and is an error, not a warning
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    except Exception as error:  # a decoder may raise anything
        raise ValueError("photo_kind") from error
    if picture.width * picture.height > max_pixels:
        raise ValueError("photo_pixels")
    try:
        picture.draft("RGB", (max_side, max_side))
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith("I"):  # 16 bits of grey
            upright = upright.convert("I").point(lambda value: value / 257).convert("L")
        if upright.has_transparency_data:
            flat = Image.new("RGBA", upright.size, "white")
            flat.alpha_composite(upright.convert("RGBA"))
            upright = flat
        small = upright.convert("RGB")
        small.thumbnail((max_side, max_side))
        for sides in covered:
            small.paste(COVER, _with_its_smear(sides, small.size))
        out = io.BytesIO()
        Image.frombytes("RGB", small.size, small.tobytes()).save(out, "JPEG", quality=quality)
    except Exception as error:
        raise ValueError("photo_damaged") from error
    return out.getvalue()


def _with_its_smear(sides: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A rectangle (left, top, right, bottom) and everything around it that an earlier JPEG may have smeared it into."""
    left, top = (side // _SQUARE * _SQUARE - _SMEAR for side in sides[:2])
    right, bottom = (-(-side // _SQUARE) * _SQUARE + _SMEAR for side in sides[2:])
    return max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])


if __name__ == "__main__":
    main()
