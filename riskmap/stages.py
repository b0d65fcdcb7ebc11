"""Six stages of a building as small line drawings, to compare with what one sees; what share of the works each can mean.

Drawn by hand for this map: one school of two floors, seen from the street. Strokes take the colour of the text, so the
drawings survive print and the dark theme; there is no style in them, so a strict page may hold them.
"""

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from riskmap import i18n
from riskmap.i18n import text

_LINES = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
_GROUND = '<path d="M4 84H92"/>'
_WALLS = '<path d="M18 84V40H78V84"/><path d="M12 40 48 18 84 40Z"/>'
_BAYS = ((25, 47), (43, 47), (61, 47), (25, 65), (61, 65))  # left upper corners of the windows; the door is between
_HOLES = "".join(f'<path d="M{x} {y}h10v10h-10z" fill="currentColor"/>' for x, y in _BAYS)
_GLAZED = "".join(f'<path d="M{x} {y}h10v10h-10zM{x + 5} {y}v10M{x} {y + 5}h10"/>' for x, y in _BAYS)
_DOORWAY = '<path d="M43 84V65h10v19z" fill="currentColor"/>'
_DOOR = '<path d="M43 84V65h10v19M50 75v2"/>'
_SCAFFOLD = '<path d="M83 84V44M92 84V44M80 50H94M80 67H94M83 67 92 50M83 84 92 67"/>'
_TREE = '<path d="M86 84V74"/><circle cx="86" cy="67" r="6"/>'
_FENCE = '<path d="M5 84V75M10 84V75M15 84V75M3 78h14"/>'
_PATH = '<path d="M43 84 36 93M53 84 60 93"/>'
_DRAWN = {
    # a trench, concrete up to the ground, bars standing out of it
    "foundation": '<path d="M4 76H14V90H82V76H92"/><path d="M20 90V76h14v14M41 90V76h14v14M62 90V76h14v14"/>'
    '<path d="M24 76V66M30 76V66M45 76V66M51 76V66M66 76V66M72 76V66"/>',
    # columns and two floors, bars above the upper one, bricks in one bay
    "frame": _GROUND + '<path d="M18 84V36M38 84V36M58 84V36M78 84V36M14 60H82M14 36H82"/>'
    '<path d="M18 36V28M38 36V28M58 36V28M78 36V28"/><path d="M18 76H38M18 68H38M28 84V76M24 76V68M32 76V68M28 68V60"/>',
    # walls and a roof; openings where windows and a door will be
    "roof": _GROUND + _WALLS + '<path d="M24 40 48 25 72 40"/>' + _HOLES + _DOORWAY,
    # windows with glass, a door
    "closed": _GROUND + _WALLS + _GLAZED + _DOOR,
    # scaffolding at the walls, one part of them rendered
    "finishing": _GROUND + _WALLS + _GLAZED + _DOOR + _SCAFFOLD + '<path d="M38 84V40M18 46h4M20 60h6M28 61h6M19 78h5M29 80h5"/>',
    # no scaffolding; a path, a fence, a tree, a flag
    "done": _GROUND + _WALLS + _GLAZED + _DOOR + _TREE + _FENCE + _PATH + '<path d="M48 18V6h12v6H48"/>',
}

STAGES = tuple(_DRAWN)  # those of settings observations.stage_share, in the order of building


def picture(stage: str, lang: str) -> str:
    """The drawing of a stage as inline SVG, 96 px wide, with what it shows as its text."""
    words = escape(text(f"stages.shows.{stage}", lang))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="stage" width="96" height="96" viewBox="0 0 96 96" role="img" {_LINES}>'
        f"<title>{words}</title>{_DRAWN[stage]}</svg>"
    )


def symbols() -> str:
    """All drawings as SVG symbols `stage-<name>`: a page that shows them many times holds them once."""
    held = "".join(f'<symbol id="stage-{stage}" viewBox="0 0 96 96" {_LINES}>{drawn}</symbol>' for stage, drawn in _DRAWN.items())
    return f'<svg xmlns="http://www.w3.org/2000/svg" hidden>{held}</svg>'


def image(stage: str, lang: str, colour: str) -> str:
    """The same drawing as an `<img>`, in one colour: for pages that take no SVG."""
    drawn = picture(stage, lang).replace("currentColor", colour)
    words = escape(text(f"stages.shows.{stage}", lang))
    return f'<img width="96" height="96" alt="{words}" src="data:image/svg+xml,{quote(drawn)}">'


def name(stage: str, lang: str) -> str:
    """The stage in a word or two, as in the list of observations."""
    return text(f"observation.stage.{stage}", lang)


def share_words(stage: str, shares: Mapping[str, Any], lang: str) -> str:
    """ "from 10% to 50% of the works"; `shares`: settings observations.stage_share."""
    low, high = shares[stage]
    return text("stages.share", lang, low=i18n.share(low, lang), high=i18n.share(high, lang))
