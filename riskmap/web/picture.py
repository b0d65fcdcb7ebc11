"""A map or its tiles as one vector picture for print: title, filter in words, legend, date, version, source, DEMO mark.

Nothing in it is fetched: shapes are drawn here, letters are those of the reader's own sans-serif. Everything is escaped.
"""

import textwrap
from collections.abc import Mapping
from functools import cache, lru_cache
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import anyio
import numpy as np
import shapely
from pyproj import Proj
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from riskmap import draw, filters, geography, i18n, schema
from riskmap.filters import Filter
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web import cartogram, current, exports, shade, tiles, view
from riskmap.web.found import look
from riskmap.web.shade import LIGHT, Shaded

ADDRESS = "/files/{snapshot_id}/{kind}.svg"
KINDS = ("map", "tiles")
MEDIA_TYPE = "image/svg+xml"
MAX_MARKS = 400  # above `tiles.FEW` facilities only so many of the flagged are marked
_WIDTH, _MARGIN, _BAND = 1200, 40, 34
_CHARACTERS = {15: 134, 17: 118, 30: 60}  # of a line, by the size of its letters
_MARK_PX = (4.0, 5.5, 5.0, 7.0, 4.5)  # by level, as in `schema.LEVELS`
_one_at_a_time = anyio.CapacityLimiter(1)


def url(snapshot_id: str, kind: str, filter_: Filter, measure: str, lang: str) -> str:
    """Relative address of a picture: "files/3f2a.../map.svg?region=KZ-75&measure=overdue&lang=kk"."""
    query = urlencode({**filters.to_query(filter_), "measure": measure, "lang": lang})
    return f"files/{quote(snapshot_id)}/{kind}.svg?{query}"


async def svg(request: Request) -> Response:
    """Route: the picture as a file; 400 in words for a filter, measure or language that cannot be."""
    kind, query = request.path_params["kind"], request.query_params
    lang, measure = query.get("lang", i18n.LANGUAGES[0]), query.get("measure", shade.CHOICES[0])
    opened = current.named(request.path_params["snapshot_id"])
    if (
        kind not in KINDS
        or opened is None
        or (kind == "tiles" and not cartogram.grid(opened, lang if lang in i18n.LANGUAGES else "kk"))
    ):
        return JSONResponse({"error": "not found"}, 404)
    if unknown := exports.unknown_names({name: value for name, value in query.items() if name != "measure"}):
        return JSONResponse({"error": "unknown parameter", "names": unknown}, 400)
    if measure not in shade.CHOICES:
        return JSONResponse({"error": "unknown measure", "known": shade.CHOICES}, 400)
    try:
        filter_ = filters.from_query(query)
    except filters.FilterError as error:
        return JSONResponse({"error": error.sentence(lang)}, 400)
    content = await anyio.to_thread.run_sync(_kept, opened.id, kind, filter_, measure, lang, limiter=_one_at_a_time)
    return exports.attachment(request, content, f"{name(opened, kind, measure, lang)}.svg", MEDIA_TYPE)


def name(snapshot: Snapshot, kind: str, measure: str, lang: str) -> str:
    """Name of the file without its ending."""
    return f"riskmap_{snapshot.id}_{'demo-' if snapshot.is_demo else ''}{snapshot.as_of}-{kind}-{measure}-{lang}"


@lru_cache(maxsize=32)
def _kept(snapshot_id: str, kind: str, filter_: Filter, measure: str, lang: str) -> bytes:
    return picture(current.get(snapshot_id), kind, filter_, measure, lang).encode()


# ---- the sheet ------------------------------------------------------------------------------------------------------
def picture(snapshot: Snapshot, kind: str, filter_: Filter, measure: str, lang: str) -> str:
    """The whole picture as SVG. `kind`: "map" or "tiles"; `measure`: one of `shade.CHOICES`. The same input, the same text."""
    shaded = shade.shaded(snapshot, filter_, measure)
    shown = filters.in_words(filter_, lang, currency=snapshot.currency)
    head = [text("map.picture.rows", lang, filter=shown), view.sentence(look(snapshot, filter_).sums, snapshot, lang)]
    y = _MARGIN / 2
    parts = [cartogram.patterns(LIGHT)]
    if snapshot.is_demo:
        parts.append(
            f'<rect x="0" y="0" width="{_WIDTH}" height="{_BAND}" fill="#fdf3dc"/><rect x="0" y="0" width="6" height="{_BAND}" '
            f'fill="#e9b44c"/>{_text(_MARGIN, 23, text("common.demo", lang), 17, "#5c4300", 600)}'
        )
        y += _BAND
    title = text(f"map.measures.{measure}", lang)
    written, y = _lines([title], y, 30, LIGHT.ink, 700)
    subtitle, y = _lines([*head, view.note(measure, snapshot, lang)], y + 6, 17, LIGHT.quiet)
    body, y, marked = (_map if kind == "map" else _tiles)(snapshot, filter_, shaded, lang, y + 4)
    legend, y = _legend(snapshot, shaded, lang, marked, y + 24)
    foot = [*([marked.note] if marked.note else []), text("common.fair_words", lang), *_sources(snapshot, lang)]
    footer, y = _lines(foot, y + 14, 15, LIGHT.quiet)
    parts += [*written, *subtitle, body, *legend, *footer]
    height = int(y + _MARGIN / 2)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" lang="{lang}" role="img"><title>{escape(f"{title}. {head[1]}")}</title>'
        f'<rect width="{_WIDTH}" height="{height}" fill="{LIGHT.page}"/>{"".join(parts)}</svg>'
    )


def _sources(snapshot: Snapshot, lang: str) -> list[str]:
    told = draw.footer(as_of=snapshot.as_of, snapshot_id=snapshot.id, is_demo=snapshot.is_demo, lang=lang)
    is_ours = snapshot.manifest["settings"]["country"]["boundaries"] == geography.BOUNDARIES
    return [" ".join([f"{told}.", *([text("map.picture.borders", lang)] if is_ours else [])])]


def _text(x: float, y: float, words: str, size: int, colour: str, weight: int = 400, anchor: str = "start") -> str:
    more = (f' font-weight="{weight}"' if weight != 400 else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}"{more}>{escape(words)}</text>'


def _lines(paragraphs: list[str], y: float, size: int, colour: str, weight: int = 400) -> tuple[list[str], float]:
    """Paragraphs wrapped over the width from `y` down; returns them and where they end."""
    written = []
    for paragraph in paragraphs:
        for line in textwrap.wrap(paragraph, _CHARACTERS[size]):
            y += size * 1.35
            written.append(_text(_MARGIN, round(y, 1), line, size, colour, weight))
    return written, y


# ---- the map --------------------------------------------------------------------------------------------------------
class _Marked(NamedTuple):
    """Which levels have a mark in the picture, whether one of them is flagged, and what to say about those left out."""

    levels: frozenset[int]
    has_flagged: bool
    note: str


class _Frame(NamedTuple):
    """An equal-area projection of a country onto the sheet: x = left + scale * (east - west), y downwards from `top` = 0."""

    project: Proj
    west: float
    north: float
    scale: float
    height: float

    def at(self, lon: Any, lat: Any) -> tuple[np.ndarray, np.ndarray]:
        """Degrees -> pixels of the drawing, from its upper left corner."""
        east, north = self.project(np.asarray(lon, float), np.asarray(lat, float))
        return (np.asarray(east) - self.west) * self.scale + _MARGIN, (self.north - np.asarray(north)) * self.scale


@cache
def _frame(bounds: tuple[float, float, float, float]) -> _Frame:
    """Albers with standard parallels a sixth of the height inside the bounds: areas of regions can be compared by eye."""
    west, south, east, north = bounds
    sixth = max(north - south, 0.1) / 6
    project = Proj(
        proj="aea", lat_1=south + sixth, lat_2=north - sixth, lat_0=(south + north) / 2, lon_0=(west + east) / 2, ellps="WGS84"
    )
    lon, lat = np.meshgrid(np.linspace(west, east, 40), np.linspace(south, north, 40))
    x, y = (np.asarray(values).ravel() for values in project(lon, lat))
    scale = min((_WIDTH - 2 * _MARGIN) / float(np.ptp(x)), 640 / float(np.ptp(y)))
    centred = x.min() - ((_WIDTH - 2 * _MARGIN) / scale - np.ptp(x)) / 2
    return _Frame(project, float(centred), float(y.max()), scale, float(np.ptp(y)) * scale)


_SPECK_PX = 40
_SIMPLER_PX, _METRES_PER_DEGREE = 0.8, 90_000  # a degree of longitude is shorter than one of latitude: between the two


@cache
def _outlines(boundaries: str, bounds: tuple[float, float, float, float]) -> dict[str, tuple[str, float, float]]:
    """Of each region its outline as a path (to a tenth of a pixel), and where its name stands."""
    frame, found = _frame(bounds), {}
    regions = geography.regions(boundaries)
    # finer than a pixel nothing can be seen; common borders stay common
    shapes = shapely.coverage_simplify(regions.geometry.to_numpy(), _SIMPLER_PX / frame.scale / _METRES_PER_DEGREE)
    for row, shape in zip(regions.itertuples(), shapes, strict=True):
        polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
        rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
        path = []
        for ring in rings:
            x, y = frame.at(*np.array(ring.coords).T[:2])
            corners = np.round(np.column_stack([x, y]), 1)
            kept = corners[np.r_[True, np.any(np.diff(corners, axis=0) != 0, axis=1)]]
            path.append("M" + "L".join(f"{a:g} {b:g}" for a, b in kept) + "Z")
        place = row.geometry.representative_point()
        lon, lat = (row.label_lon, row.label_lat) if np.isfinite(float(row.label_lon)) else (place.x, place.y)
        [x], [y] = frame.at([lon], [lat])
        west, north, east, south = shape.bounds
        [left, right], _ = frame.at([west, east], [north, south])
        y -= 14 if right - left < _SPECK_PX else 0  # of a city the name stands above its marks, which would hide it
        found[str(row.code)] = ("".join(path), float(x), float(y))
    return found


def _map(snapshot: Snapshot, filter_: Filter, shaded: Shaded, lang: str, y: float) -> tuple[str, float, _Marked]:
    country: Mapping[str, Any] = snapshot.manifest["settings"]["country"]
    bounds = tuple(float(edge) for edge in country["bounds"])
    west, south, east, north = bounds
    frame = _frame((west, south, east, north))
    outlines = _outlines(country["boundaries"], (west, south, east, north)) if country["boundaries"] else {}
    parts = []
    line = f'stroke="{LIGHT.quiet}" stroke-width="0.7" stroke-linejoin="round"'
    for code, (path, _, _) in outlines.items():
        class_ = shaded.classes.get(code)
        parts.append(f'<path d="{path}" fill="{shade.fill(class_, shaded, LIGHT)}" {line}/>')
        parts += [f'<path d="{path}" fill="url(#hatch)"/>'] if class_ == "unknown" else []
        parts += [f'<path d="{path}" fill="url(#doubt)"/>'] if code in shaded.doubtful else []
    chosen = "".join(outlines[code][0] for code in filter_.regions if code in outlines)
    parts += [f'<path d="{chosen}" fill="none" stroke="#0b6e6e" stroke-width="3"/>'] if chosen else []
    for place in cartogram.grid(snapshot, lang):
        _, x, at = outlines[place.code]
        parts.append(
            f'<g paint-order="stroke" stroke="{LIGHT.page}" stroke-width="3" stroke-linejoin="round">'
            f"{_text(round(x, 1), round(at + 4, 1), place.name, 13, LIGHT.ink, 600, 'middle')}</g>"
        )
    marks, marked = _marks(snapshot, filter_, frame, lang)
    parts.append(marks)
    return f'<g transform="translate(0 {y:g})">{"".join(parts)}</g>', y + frame.height, marked


def _marks(snapshot: Snapshot, filter_: Filter, frame: _Frame, lang: str) -> tuple[str, _Marked]:
    """The facilities one by one; of very many only the flagged with most points. The flagged lie on top."""
    positions = look(snapshot, filter_).positions
    rows = snapshot.facilities[["lon", "lat", "level", "is_flagged", "r_lo"]].take(positions)
    rows = rows[rows["lon"].notna() & rows["lat"].notna()]
    is_flagged = rows["is_flagged"].fillna(False).astype(bool)
    note = ""
    if len(rows) > tiles.FEW:
        chosen = rows[is_flagged].sort_values("r_lo", ascending=False, kind="stable").head(MAX_MARKS)
        numbers = {"n": i18n.number(len(chosen), lang), "all": i18n.number(len(positions), lang)}
        note, rows = text("map.picture.thinned", lang, **numbers), chosen
    levels = rows["level"].fillna("not_assessable").map(schema.LEVELS.index).to_numpy(int)
    flagged = rows["is_flagged"].fillna(False).to_numpy(bool)
    x, y = frame.at(rows["lon"].to_numpy(float), rows["lat"].to_numpy(float))
    last = len(schema.LEVELS) - 1
    order = np.lexsort((np.where(levels == last, -1, levels), flagged))  # not assessable lies under the known
    drawn = "".join(
        f'<use href="#{"f" if flagged[at] else "l"}{levels[at]}" x="{x[at]:.1f}" y="{y[at]:.1f}"/>'
        for at in order
        if np.isfinite(x[at]) and np.isfinite(y[at])
    )
    return f"<defs>{_symbols()}</defs>{drawn}", _Marked(frozenset(levels.tolist()), bool(flagged.any()), note)


def _symbols() -> str:
    """The marks of the levels as `map.js` draws them: circle, triangle, square, diamond, ring; flagged: a halo."""
    made = []
    for level in range(len(schema.LEVELS)):
        made.append(f'<g id="l{level}">{_shape(level, 1.0, 0.8)}</g>')
        halo = _shape(level, 1.3, 4.0, LIGHT.page)
        made.append(f'<g id="f{level}">{halo}{_shape(level, 1.3, 1.7)}</g>')
    return "".join(made)


def _shape(level: int, factor: float, line: float, stroke: str = LIGHT.ink) -> str:
    radius = _MARK_PX[level] * factor
    paint = f'fill="{LIGHT.levels[level]}" stroke="{stroke}" stroke-width="{line:g}" stroke-linejoin="round"'
    if level in (0, len(schema.LEVELS) - 1):
        return f'<circle r="{radius:.2f}" {paint}/>'
    n, turn = {1: (3, -90), 2: (4, -45), 3: (4, -90)}[level]
    angles = np.radians(turn + 360 * np.arange(n) / n)
    corners = " ".join(f"{radius * np.cos(a):.2f},{radius * np.sin(a):.2f}" for a in angles)
    return f'<polygon points="{corners}" {paint}/>'


def _tiles(snapshot: Snapshot, filter_: Filter, shaded: Shaded, lang: str, y: float) -> tuple[str, float, _Marked]:
    places = cartogram.grid(snapshot, lang)
    rows = {row["region_code"]: row for row in shaded.rows.to_dict("records")}
    width, height = cartogram.size(places)
    scale = 1.35
    drawn = "".join(cartogram.tile(place, shaded, rows.get(place.code), snapshot, lang, LIGHT) for place in places)
    at = f"translate({(_WIDTH - scale * width) / 2:g} {y + 10:g}) scale({scale})"
    return f'<g transform="{at}">{drawn}</g>', y + 10 + scale * height, _Marked(frozenset(), False, "")


# ---- the legend -----------------------------------------------------------------------------------------------------
_ROW = 22


def _legend(snapshot: Snapshot, shaded: Shaded, lang: str, marked: _Marked, y: float) -> tuple[list[str], float]:
    """Classes of the regions on the left, levels of the facilities on the right; returns them and where they end."""
    said, parts, left, right = view.legend(shaded, snapshot, lang), [], y, y
    if said["title"]:
        parts.append(_text(_MARGIN, left + 12, said["title"], 15, LIGHT.ink, 600))
        left += _ROW
    if said["square"]:
        parts.append(f'<g transform="translate({_MARGIN} {left:g}) scale(1.2)">{cartogram.square(said["square"], LIGHT)}</g>')
        left += 1.2 * 132 + 8
    entries = [(shade.fill(at, shaded, LIGHT), "", words) for at, words in enumerate(said["classes"])]
    entries += [(LIGHT.small, "", said["small"]), (LIGHT.land, "hatch", said["unknown"]), (LIGHT.land, "doubt", said["doubtful"])]
    for colour, hatched, words in entries:
        if words:
            box = f'x="{_MARGIN}" y="{left:g}" width="28" height="15"'
            parts.append(f'<rect {box} fill="{colour}" stroke="{LIGHT.line}"/>')
            parts += [f'<rect {box} fill="url(#{hatched})"/>'] if hatched else []
            parts.append(_text(_MARGIN + 38, left + 12.5, words, 15, LIGHT.ink))
            left += _ROW
    if marked.levels:
        x = _WIDTH / 2 + _MARGIN
        parts.append(_text(x, right + 12, said["points_title"], 15, LIGHT.ink, 600))
        right += _ROW
        last = len(schema.LEVELS) - 1
        marks = [(f"l{level}", said["levels"][level]) for level in (*reversed(range(last)), last) if level in marked.levels]
        for symbol, words in [*marks, *([("f3", said["flagged"])] if marked.has_flagged else [])]:
            parts.append(
                f'<use href="#{symbol}" x="{x + 12:g}" y="{right + 8:g}"/>{_text(x + 30, right + 12.5, words, 15, LIGHT.ink)}'
            )
            right += _ROW
    return parts, max(left, right)
