"""Where a facility is: coordinates in the ways people write them, how exact they are, and in which region they fall.

A point is drawn only where it can be believed. Swapped coordinates are found against the country's bounds and are
refused unless the caller asks to swap them back; a region that the source states is never silently replaced.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from riskmap import geography
from riskmap.check.cell import Cell, refused

MAX_LENGTH = 60
_DECIMAL = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{1,20})?")
_DEGREES = re.compile(
    r"([0-9]{1,3}(?:[.,][0-9]+)?)\s*(?:°|º|˚|d|deg|град\.?)?\s*"
    r"(?:([0-9]{1,2}(?:[.,][0-9]+)?)\s*(?:'|′|’|ʹ|m|min|мин\.?)?\s*)?"
    r"(?:([0-9]{1,2}(?:[.,][0-9]+)?)\s*(?:''|\"|″|”|“|s|sec|сек\.?)?\s*)?"
)
# (words, axis, sign); "O" is west in Portuguese and Spanish and is decided by the country's bounds
_SIDES = (
    (("n", "с", "с.ш.", "сш", "с. ш.", "с.е.", "north", "норд"), "lat", 1),
    (("s", "ю", "ю.ш.", "юш", "ю. ш.", "о.е.", "south", "sul", "sur"), "lat", -1),
    (("e", "в", "в.д.", "вд", "в. д.", "ш.б.", "east", "leste", "este", "l"), "lon", 1),
    (("w", "з", "з.д.", "зд", "з. д.", "б.б.", "west", "oeste"), "lon", -1),
    (("o",), "lon", -1),
)  # fmt: skip
_SIDE_OF = {word: (axis, sign) for words, axis, sign in _SIDES for word in words}
_SIDE_WORDS = "|".join(re.escape(word) for word in sorted(_SIDE_OF, key=len, reverse=True))
_WITH_SIDE = re.compile(rf"(?:({_SIDE_WORDS})[\s.:]*)?([0-9].*?)\s*({_SIDE_WORDS})?")
_PAIR = re.compile(
    r"\s*([^;]{2,40}?)\s*(?:;|,\s+|(?<=[0-9])\s+(?=[+-]?[0-9]{1,3}[.,][0-9])|(?<=[A-Za-z\"″])\s*,?\s+)\s*([^;]{2,40}?)\s*"
)
_PLAIN_PAIR = re.compile(r"\s*([+-]?[0-9]{1,3}\.[0-9]+)\s*,\s*([+-]?[0-9]{1,3}\.[0-9]+)\s*")
# decimals of a degree -> how exact: 4 = 11 m, 3 = 110 m, 1 or 2 = kilometres
_BY_DECIMALS = {0: "region", 1: "district", 2: "district", 3: "settlement"}


@dataclass(frozen=True)
class Place:
    """Degrees north and east (None = no point), precision, and the codes of what is wrong: (code, severity, params)."""

    lat: float | None = None
    lon: float | None = None
    precision: str = "unknown"
    findings: tuple[tuple[str, str, dict[str, str]], ...] = ()


def degrees_of(text: str, axis: str, bounds: Sequence[float]) -> Cell:
    """Degrees with their sign from one cell; `extra`: `axis` if the cell names one, `n_decimals` that it carries."""
    clean = " ".join(text.split()).strip().rstrip(",;")
    if not clean or len(clean) > MAX_LENGTH:
        return refused("coordinate_unreadable") if clean else Cell()
    clean = clean.replace("−", "-").replace("–", "-")
    if _DECIMAL.fullmatch(clean):
        return _checked(float(clean.replace(",", ".")), axis, None, _n_decimals(clean))
    negative, rest = clean.startswith("-"), clean.removeprefix("-").strip().casefold()
    m = _WITH_SIDE.fullmatch(rest)
    if not m or (m[1] and m[3]):
        return refused("coordinate_unreadable")
    parts = _DEGREES.fullmatch(m[2].strip())
    side = m[1] or m[3]
    if not parts or (negative and side):
        return refused("coordinate_unreadable")
    if side == "o" and bounds[2] > 0:
        return refused("coordinate_unreadable")  # west in Portuguese, east in German: the country does not tell
    d, minutes, seconds = (float(p.replace(",", ".")) if p else None for p in parts.groups())
    if (minutes or 0) >= 60 or (seconds or 0) >= 60 or (minutes is not None and d != int(d or 0)):
        return refused("coordinate_unreadable")
    said_axis, sign = _SIDE_OF[side] if side else (None, -1 if negative else 1)
    value = sign * ((d or 0) + (minutes or 0) / 60 + (seconds or 0) / 3600)
    if minutes is None:
        n_decimals = _n_decimals(parts[1])
    else:
        n_decimals = 4 if seconds is not None else 3 if "." in parts[2] or "," in parts[2] else 2
    return _checked(value, axis, said_axis, n_decimals)


def _checked(value: float, axis: str, said_axis: str | None, n_decimals: int) -> Cell:
    if not math.isfinite(value) or abs(value) > 180:
        return refused("coordinate_impossible")
    return Cell(value, extra={"axis": said_axis or axis, "n_decimals": n_decimals})


def _n_decimals(text: str) -> int:
    return len(re.split(r"[.,]", text)[1]) if re.search(r"[.,]", text) else 0


def split_pair(text: str) -> tuple[str, str] | None:
    """Two coordinates in one cell ("43.24, 76.95") as (first, second); None where it is not clearly two."""
    if len(text) > 2 * MAX_LENGTH or _DECIMAL.fullmatch(text.strip()):
        return None
    m = _PLAIN_PAIR.fullmatch(text) or _PAIR.fullmatch(text)
    return (m[1], m[2]) if m and all(any(c.isdigit() for c in part) for part in m.groups()) else None


def place_of(lat_text: str, lon_text: str, bounds: Sequence[float], *, stated_precision: str | None, fix_swapped: bool) -> Place:
    """The place that two texts name. Every finding that takes the point away has severity "cell"."""
    if lat_text.count(";") > 1 or (";" in lat_text and ";" in lon_text):
        return Place(findings=(("coordinates_several", "cell", {}),))
    if lat_text and not lon_text and (pair := split_pair(lat_text)):
        lat_text, lon_text = pair
    first, second = degrees_of(lat_text, "lat", bounds), degrees_of(lon_text, "lon", bounds)
    for cell in (first, second):
        if cell.code:
            return Place(findings=((cell.code, "cell", cell.params),))
    if first.value is None or second.value is None:
        return Place(findings=(("coordinate_alone", "cell", {}),)) if first.value != second.value else Place()
    lat, lon = first.value, second.value
    axes = (first.extra["axis"], second.extra["axis"])
    if axes[0] == axes[1]:
        return Place(findings=(("coordinate_unreadable", "cell", {}),))
    if lat == 0 and lon == 0:
        return Place(findings=(("coordinates_zero", "cell", {}),))
    n_decimals = max(first.extra["n_decimals"], second.extra["n_decimals"])
    precision = stated_precision if stated_precision not in (None, "unknown") else _BY_DECIMALS.get(n_decimals, "site")
    place = Place(lat, lon, precision or "unknown")
    if axes == ("lon", "lat"):  # the cells themselves say which is which: no guess
        return _inside(replace(place, lat=lon, lon=lat), bounds, n_decimals)
    if not _within(lon, lat, bounds) and _within(lat, lon, bounds):
        if not fix_swapped:
            return Place(findings=(("coordinates_swapped", "cell", {}),))
        place = replace(place, lat=lon, lon=lat, findings=(("coordinates_swapped_back", "warning", {}),))
    return _inside(place, bounds, n_decimals)


def _inside(place: Place, bounds: Sequence[float], n_decimals: int) -> Place:
    assert place.lat is not None and place.lon is not None
    if abs(place.lat) > 90:
        return Place(findings=(("coordinate_impossible", "cell", {}),))
    if not _within(place.lon, place.lat, bounds):
        return Place(findings=(("coordinates_outside", "cell", {}),))
    if n_decimals == 0:
        return Place(findings=(*place.findings, ("coordinates_too_rough", "cell", {})))
    return place


def _within(lon: float, lat: float, bounds: Sequence[float]) -> bool:
    west, south, east, north = bounds
    return west <= lon <= east and south <= lat <= north


def region_codes(points: Sequence[tuple[float | None, float | None]], country: Mapping[str, Any]) -> list[str | None]:
    """Region codes of (lat, lon) points, None without a point, outside, or where the country has no boundaries."""
    if not country["boundaries"] or not points:
        return [None] * len(points)
    lat, lon = (np.array([np.nan if p[i] is None else p[i] for p in points], dtype=float) for i in (0, 1))
    return [None if code is None else str(code) for code in geography.region_of(lon, lat, country["boundaries"])]
