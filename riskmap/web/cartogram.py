"""The regions as tiles of one size: a city of a million is as easy to see and to hit as a steppe. SVG, everything escaped.

Where a tile stands comes from geodata/regions_grid.csv, which knows the regions of our own boundaries file and no others.
"""

from dataclasses import replace
from functools import cache
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pandas as pd

from riskmap import filters, geography, i18n
from riskmap.filters import Filter
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.summarise import MEASURES
from riskmap.web import current, shade, view
from riskmap.web.shade import Palette, Shaded

GRID = "regions_grid.csv"
WIDTH, HEIGHT = 100, 92  # of a tile with its gap
_GAP = 4


class Place(NamedTuple):
    """Where the tile of a region stands (column and row from the upper left corner, from 0), and its short name."""

    code: str
    column: int
    row: int
    name: str


@cache
def _grid() -> pd.DataFrame:
    return pd.read_csv(geography.FOLDER / GRID, dtype=str)


def grid(snapshot: Snapshot, lang: str) -> list[Place]:
    """The tiles from the upper left to the lower right; none where the country has other boundaries than ours."""
    if snapshot.manifest["settings"]["country"]["boundaries"] != geography.BOUNDARIES:
        return []
    rows = _grid().to_dict("records")
    return [Place(row["code"], int(row["column"]), int(row["row"]), row[f"short_{lang}"]) for row in rows]


def size(places: list[Place]) -> tuple[int, int]:
    """Width and height of all tiles together."""
    return (max(place.column for place in places) + 1) * WIDTH, (max(place.row for place in places) + 1) * HEIGHT


def page_part(snapshot: Snapshot, filter_: Filter, measure: str, lang: str, palette: Palette, *, view_: str = "tiles") -> str:
    """The tiles for a page as HTML: each a link that filters by its region, or takes that condition away again.

    `view_`: the page's word for how it shows the regions, which the links keep. Not SVG, which Streamlit takes out of a
    page; and so the words keep their size on a phone. "" without a grid.
    """
    places = grid(snapshot, lang)
    if not places:
        return ""
    shaded = shade.shaded(snapshot, filter_, measure)
    rows = {row["region_code"]: row for row in shaded.rows.to_dict("records")}
    drawn = []
    for place in places:
        is_selected = place.code in filter_.regions
        to = replace(filter_, regions=() if filter_.regions == (place.code,) else (place.code,), districts=())
        query = urlencode({**filters.to_query(to), "lang": lang, "measure": measure, "view": view_})
        label = escape(_told(place.code, rows.get(place.code), measure, snapshot, lang))
        class_ = shaded.classes.get(place.code)
        colour = shade.fill(class_, shaded, palette)
        hatched = "hatch" if class_ == "unknown" else "doubt" if place.code in shaded.doubtful else ""
        values = _values(rows.get(place.code), class_, measure, snapshot, lang)
        lines = "".join(f"<b>{escape(value)}</b>" for value in values)
        at = f"grid-column: {place.column + 1}; grid-row: {place.row + 1}; color: {shade.ink_on(colour)}"
        drawn.append(
            f'<a href="{escape(current.link(f"map?{query}"))}" target="_self" aria-label="{label}" title="{label}" '
            f'style="{at}; {_painted(colour, hatched, palette)}"{" aria-current=true" if is_selected else ""}>'
            f"<span>{escape(place.name)}</span>{lines}</a>"
        )
    name = escape(text(f"map.measures.{measure}", lang))
    tiles = f'<div class="tiles" role="group" aria-label="{name}">{"".join(drawn)}</div>'
    return f'<div class="cartogram">{tiles}{legend(shaded, snapshot, lang, palette)}</div>'


def _painted(colour: str, hatched: str, palette: Palette) -> str:
    if not hatched:
        return f"background: {colour}"
    lines, width = (palette.hatch, "2px") if hatched == "hatch" else (shade.ink_on(colour), "1px")
    # a band without lines behind the words, or nobody could read them
    band = f"linear-gradient({colour} 0 0) center / 100% 76% no-repeat"
    return f"background: {band}, repeating-linear-gradient(135deg, {lines} 0 {width}, {colour} {width} 8px)"


def _told(code: str, row: Any, measure: str, snapshot: Snapshot, lang: str) -> str:
    name = filters.region_name(code, lang)
    if row is None:
        return f"{name}: {text('map.no_facilities', lang)}"
    return "; ".join(view.region_tip(row, measure, snapshot, lang))


def tile(place: Place, shaded: Shaded, row: Any, snapshot: Snapshot, lang: str, palette: Palette) -> str:
    """One tile: its colour, hatching where something is not known or little is disclosed, name and value."""
    class_ = shaded.classes.get(place.code)
    colour = shade.fill(class_, shaded, palette)
    ink = shade.ink_on(colour)
    x, y = place.column * WIDTH + _GAP // 2, place.row * HEIGHT + _GAP // 2
    box = f'x="{x}" y="{y}" width="{WIDTH - _GAP}" height="{HEIGHT - _GAP}" rx="3"'
    parts = [f'<rect class="tile" {box} fill="{colour}" stroke="{palette.line}"/>']
    if class_ == "unknown":
        parts.append(f'<rect {box} fill="url(#hatch)"/>')
    if place.code in shaded.doubtful:
        parts.append(f'<rect {box} fill="url(#doubt)"/>')
    middle = x + (WIDTH - _GAP) / 2
    lines = _values(row, class_, shaded.measure, snapshot, lang)
    tops = [y + 32, *((y + 62,) if len(lines) == 1 else (y + 56, y + 77))]
    halo = f'paint-order="stroke" stroke="{colour}" stroke-width="4" stroke-linejoin="round"'
    for words, top, largest, weight in zip([place.name, *lines], tops, (17, 18, 18), (400, 700, 700), strict=False):
        font = f'font-size="{min(largest, int((WIDTH - 10) / (0.6 * len(words))))}" font-weight="{weight}"'
        at = f'x="{middle:g}" y="{top}" text-anchor="middle"'
        parts.append(f'<text {at} {font} fill="{ink}" {halo}>{escape(words)}</text>')
    return "".join(parts)


def _values(row: Any, class_: int | str | None, measure: str, snapshot: Snapshot, lang: str) -> list[str]:
    """What stands in a tile: the value, or why there is none. Amounts without their currency, which the legend names."""
    if row is None:
        return [i18n.number(0, lang)]
    if class_ == "small":
        return [f"< {i18n.number(snapshot.manifest['settings']['aggregate']['min_facilities'], lang)}"]
    if class_ == "unknown":
        return [text("map.unknown", lang)]
    measures = [MEASURES[name] for name in ((shade.ACROSS, shade.UP) if measure == shade.BOTH else (measure,))]
    return [
        i18n.money(float(row[one.column]), lang, "").strip()
        if one.kind == "money"
        else view.measured(row[one.column], one.kind, snapshot, lang)
        for one in measures
    ]


def patterns(palette: Palette) -> str:
    """Two ways of hatching: light for what is not known, dark over a colour where little is disclosed."""
    return "".join(
        f'<defs><pattern id="{name}" width="12" height="12" patternUnits="userSpaceOnUse">'
        f'<path d="M-2 2 L2 -2 M0 12 L12 0 M10 14 L14 10" stroke="{colour}" stroke-width="1.6"/></pattern></defs>'
        for name, colour in (("hatch", palette.hatch), ("doubt", palette.ink))
    )


def legend(shaded: Shaded, snapshot: Snapshot, lang: str, palette: Palette) -> str:
    """The classes in HTML, the lowest first; two measures as a square."""
    said = view.legend(shaded, snapshot, lang)
    entries = [(shade.fill(at, shaded, palette), "", words) for at, words in enumerate(said["classes"])]
    entries += [(palette.small, "", said["small"])] if said["small"] else []
    entries += [(palette.land, "hatch", said["unknown"])] if said["unknown"] else []
    entries += [(palette.land, "doubt", said["doubtful"])] if said["doubtful"] else []
    items = "".join(
        f'<li><i style="{_swatch(colour, hatched, palette)}"></i>{escape(words)}</li>' for colour, hatched, words in entries
    )
    both = _square_on_page(said["square"], palette) if said["square"] else ""
    return f'<div class="classes"><p>{escape(said["title"])}</p>{both}<ul>{items}</ul></div>'


def _swatch(colour: str, hatched: str, palette: Palette) -> str:
    lines = palette.hatch if hatched == "hatch" else palette.ink
    drawn = f"repeating-linear-gradient(135deg, {lines} 0 1.5px, {colour} 1.5px 5px)" if hatched else colour
    return f"background: {drawn}; border-color: {palette.line}"


def _square_on_page(said: dict[str, Any], palette: Palette) -> str:
    """The square as a table: each axis named, each class with its lower border."""
    across, up = ([*_lowest(said[side]["borders"])] for side in ("across", "up"))
    lines = "".join(
        f'<tr><th scope="row">{escape(up[row])}</th>'
        + "".join(
            f'<td style="background: {palette.square[shade.N_SIDE * row + column]}"></td>' for column in range(shade.N_SIDE)
        )
        + "</tr>"
        for row in reversed(range(shade.N_SIDE))
    )
    foot = "".join(f'<th scope="col">{escape(words)}</th>' for words in across)
    return (
        f'<table class="square"><caption>↑ {escape(said["up"]["name"])}</caption><tbody>{lines}</tbody>'
        f'<tfoot><tr><td></td>{foot}</tr><tr><td colspan="4">{escape(said["across"]["name"])} →</td></tr></tfoot></table>'
    )


def _lowest(borders: list[str]) -> list[str]:
    """What stands at each of three classes: its lower border; few regions may have fewer."""
    words = [f"≥\u00a0{border}" for border in borders]
    return ["", *words] if len(words) == 2 else ["", "", *words] if words else ["", "", ""]


_SIDE, _LEFT, _TOP = 26, 44, 18


def square(said: dict[str, Any], palette: Palette) -> str:
    """Three by three classes with both axes named and the borders between the classes; 250 x 132."""
    step = _SIDE + 1
    cells = "".join(
        f'<rect x="{_LEFT + i % 3 * step}" y="{_TOP + (2 - i // 3) * step}" width="{_SIDE}" height="{_SIDE}" '
        f'fill="{colour}" stroke="{palette.line}" stroke-width="0.5"/>'
        for i, colour in enumerate(palette.square)
    )
    words = [(0.0, 11.0, "start", f"↑ {said['up']['name']}"), (0.0, 128.0, "start", f"{said['across']['name']} →")]
    bottom = _TOP + 3 * step
    up, across = said["up"]["borders"], said["across"]["borders"]
    # few regions may have fewer borders: then the classes stand at the ends
    words += [(_LEFT - 4, bottom + 4 - at * step, "end", w) for at, w in zip(_AT[len(up)], up, strict=True)]
    anchors = ("middle",) if len(across) == 1 else ("end", "start")
    words += [
        (_LEFT + at * step, bottom + 13, anchor, w) for at, w, anchor in zip(_AT[len(across)], across, anchors, strict=False)
    ]
    labels = "".join(
        f'<text x="{x:g}" y="{y:g}" font-size="12" text-anchor="{anchor}" fill="{palette.ink}">{escape(w)}</text>'
        for x, y, anchor, w in words
    )
    return cells + labels


_AT: dict[int, tuple[float, ...]] = {0: (), 1: (1.5,), 2: (1, 2)}
