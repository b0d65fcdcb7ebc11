"""Makes the two fonts of the PDF files from the variable font that Streamlit ships: python riskmap/export/fonts/build.py

Source Sans 3 (Adobe, SIL Open Font License 1.1) cut to the letters of our three languages. The licence reserves the name
"Source" to the original, so the cut ones are called Risk Map Sans.
"""

from importlib.util import find_spec
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent
WEIGHTS = {"regular": 400, "bold": 700}
# Latin, Latin-1, Latin Extended-A, Cyrillic with its supplement, punctuation, tenge and other currencies, marks
LETTERS = [*range(0x20, 0x180), *range(0x400, 0x530), *range(0x2010, 0x2050), 0x20B8, *range(0x20A0, 0x20C0), 0x2116, 0x2122]
MARKS = [0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2248, 0x2264, 0x2265, 0x25A0, 0x25B2, 0x25BC, 0x25C6, 0x25CB, 0x25CF, 0x2713]
_NAMES = (1, 3, 4, 6, 16, 18, 25)  # family, unique id, full name, PostScript name, typographic family and their kin


def build() -> None:
    """Write `regular.ttf` and `bold.ttf` beside this file."""
    streamlit = find_spec("streamlit")
    assert streamlit and streamlit.origin
    (source,) = Path(streamlit.origin).parent.glob("static/static/media/SourceSansVF-Upright*.woff2")
    for style, weight in WEIGHTS.items():
        font = instantiateVariableFont(TTFont(source), {"wght": weight})
        options = Options(layout_features=["kern", "mark", "tnum", "lnum", "ccmp"], hinting=False, notdef_outline=True)
        cut = Subsetter(options)
        cut.populate(unicodes=[*LETTERS, *MARKS])
        cut.subset(font)
        for record in font["name"].names:
            if record.nameID in _NAMES:
                joint = "" if record.nameID == 6 else " "
                record.string = joint.join(["Risk", "Map", "Sans", style.title()])
        font.flavor = None
        font["head"].modified = font["head"].created  # the same bytes at every build
        font.recalcTimestamp = False
        font.save(HERE / f"{style}.ttf")


if __name__ == "__main__":
    build()
