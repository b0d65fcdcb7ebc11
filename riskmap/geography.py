"""Places: which region a point or a stated name belongs to, names of regions, search for settlements.

A country is its `[country]` settings: `boundaries` names a GeoJSON in geodata/ whose features carry `code`, `name_kk`,
`name_ru`, `name_en` and, where there are any, `kato` and `aliases`. With `boundaries = ""` there are no polygons and a
region is the name that the source states.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Geod

from riskmap.fold import fold, fold_column, search
from riskmap.problem import DataError

FOLDER = Path(__file__).parents[1] / "geodata"
BOUNDARIES, SETTLEMENTS = "regions.geojson", "settlements.csv"
NEAR_BORDER_METRES = 3000.0  # a point this far outside the simplified border still belongs to the nearest region
TOWN_MIN_POPULATION = 20_000  # names of smaller places repeat all over a country and say nothing about the region

# words that say what kind of place a name means, as `fold` writes them; "obl." "облысы" "г." "қаласы"
_REGION_WORDS = frozenset(["oblast", "oblasti", "oblisi", "obl", "region", "regioni", "province", "state", "oniri"])
_CITY_WORDS = frozenset(["g", "gorod", "goroda", "gor", "city", "kala", "kalasi", "k", "respublikanskogo", "znacheniia"])
_NAMES = ("name_kk", "name_ru", "name_en")
_GEOD = Geod(ellps="WGS84")


@cache
def regions(boundaries: str = BOUNDARIES) -> gpd.GeoDataFrame:
    """The regions sorted by code (columns code, kato, name_*, aliases, label_lon, label_lat, geometry); none for "".

    A boundaries file that cannot be read is a DataError.
    """
    rows: list[dict[str, Any]] = []
    if boundaries:
        try:
            for feature in json.loads((FOLDER / boundaries).read_text("utf-8"))["features"]:
                shape = shapely.make_valid(shapely.from_geojson(json.dumps(feature["geometry"])))
                rows.append({**feature["properties"], "code": str(feature["properties"]["code"]), "geometry": shape})
        except (OSError, ValueError, KeyError, TypeError, shapely.GEOSException) as error:
            raise DataError("boundaries_unreadable", boundaries, reason=str(error)) from error
    rows.sort(key=lambda row: row["code"])
    columns = ["code", "kato", *_NAMES, "aliases", "label_lon", "label_lat", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs="EPSG:4326")


def outline(code: str, boundaries: str = BOUNDARIES) -> list[list[tuple[float, float]]]:
    """The outer rings of a region as (longitude, latitude) in degrees, the largest first; none for a region without one."""
    found = regions(boundaries)
    shapes = found.loc[found["code"] == code, "geometry"]
    parts = [part for shape in shapes for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Polygon"]
    return [list(part.exterior.coords) for part in sorted(parts, key=lambda part: -part.area)]


def region_of(lon: npt.ArrayLike, lat: npt.ArrayLike, boundaries: str = BOUNDARIES) -> np.ndarray:
    """Codes of the regions that hold the points (degrees, WGS 84); None outside and where a coordinate is missing.

    On a common border the first region by code wins. A point outside all of them but within NEAR_BORDER_METRES of one
    belongs to the nearest: simplified borders and real coordinates disagree by that much.
    """
    x, y = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (lon, lat))
    codes = np.full(len(x), None, dtype=object)
    for code, polygon, (west, south, east, north) in _prepared(boundaries):
        inside = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north) & (codes == None))  # noqa: E711
        codes[inside[shapely.intersects_xy(polygon, x[inside], y[inside])]] = code
    left = np.flatnonzero((codes == None) & np.isfinite(x) & (np.abs(y) <= 90))  # noqa: E711
    if len(left):
        codes[left] = _near_border(x[left], y[left], boundaries)
    return codes


def _near_border(x: np.ndarray, y: np.ndarray, boundaries: str) -> np.ndarray:
    """Code of the nearest region within NEAR_BORDER_METRES of points that lie in none, else None."""
    codes = np.full(len(x), None, dtype=object)
    nearest = np.full(len(x), NEAR_BORDER_METRES)
    # the same distance in degrees, generously: a degree of longitude shrinks towards the poles
    reach = NEAR_BORDER_METRES / 111_000 / np.cos(np.radians(np.minimum(np.abs(y), 85.0)))
    points = shapely.points(x, y)
    for code, polygon, _ in _prepared(boundaries):
        close = np.flatnonzero(shapely.dwithin(polygon, points, reach))
        if not len(close):
            continue
        border = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(polygon, points[close]), 0))
        metres = _GEOD.inv(x[close], y[close], border[:, 0], border[:, 1])[2]
        closer = metres < nearest[close]
        codes[close[closer]], nearest[close[closer]] = code, metres[closer]
    return codes


@cache
def _prepared(boundaries: str) -> list[tuple[str, shapely.Geometry, tuple[float, float, float, float]]]:
    frame = regions(boundaries)
    shapes = list(frame.geometry)
    shapely.prepare(shapes)
    return [(code, shape, shape.bounds) for code, shape in zip(frame["code"], shapes, strict=True)]


def resolve_region(stated: str | None, country: Mapping[str, Any]) -> str | None:
    """The code of a region as a source states it, or None where that says nothing certain.

    Understood: the code itself, a KATO code (its first two digits decide), names in Kazakh, Russian and English with or
    without "облысы / область / region / қаласы / г.", aliases of the boundaries file and of the settings, and towns.
    A name of both a city and a region ("Алматы") means the city unless the words say region. Old units that were
    divided ("ЮКО") stay None. Without boundaries the stated name itself is the code.
    """
    text = " ".join(str(stated or "").split())
    if not text:
        return None
    by_alias = {fold(name): code for name, code in country["region_aliases"].items()}
    if code := by_alias.get(fold(text)):
        return str(code)
    boundaries = country["boundaries"]
    if not boundaries:
        return text
    if code := _by_name(text, boundaries, country["settlements"]):
        return code
    parts = {_by_name(part, boundaries, country["settlements"]) for part in text.split(",")} - {None}
    return parts.pop() if len(parts) == 1 else None


def _by_name(text: str, boundaries: str, settlements_file: str) -> str | None:
    codes, abbreviations, by_kato, by_name = _names(boundaries)
    if code := codes.get(fold(text).replace(" ", "")) or abbreviations.get(text.casefold().strip(". ")):
        return code
    digits = text.replace(" ", "")
    if digits.isdecimal():
        return by_kato.get(digits[:2]) if len(digits) in (2, 9) else None
    kind, stem = _kind_and_stem(text)
    city, region, town = by_name.get(("city", stem)), by_name.get(("region", stem)), _towns(settlements_file).get(stem)
    meanings = {"city": (city, town), "region": (region,), "": (city, region, town)}[kind]
    return next((code for code in meanings if code), None)


@cache
def _names(boundaries: str) -> tuple[dict[str, str], dict[str, str], dict[str, str], dict[tuple[str, str], str]]:
    """(folded code -> code, abbreviation -> code, first two digits of KATO -> code, (kind, stem) -> code)."""
    codes: dict[str, str] = {}
    abbreviations: dict[str, str] = {}
    by_kato: dict[str, str] = {}
    by_name: dict[tuple[str, str], str] = {}
    for row in regions(boundaries).to_dict("records"):
        code = row["code"]
        codes[fold(code).replace(" ", "")] = code
        if isinstance(row["kato"], str):
            by_kato[row["kato"][:2]] = code
        aliases = row["aliases"] if isinstance(row["aliases"], list) else []
        for name in [*(row[column] for column in _NAMES), *aliases]:
            if not isinstance(name, str):
                continue
            if name.isupper():  # compared as written: "WKO" must not fold into "ВКО"
                abbreviations[name.casefold()] = code
                continue
            kind, stem = _kind_and_stem(name)
            by_name[kind or "region", stem] = code
            if stem.endswith("aia"):  # "Алматинская область" also in "по Алматинской области"
                by_name[kind or "region", stem[:-3] + "oi"] = code
    return codes, abbreviations, by_kato, by_name


def _kind_and_stem(name: str) -> tuple[str, str]:
    """("city", "region" or "" if no word says, the name without such words and spaces)."""
    words = fold(name).split()
    kind = "region" if _REGION_WORDS.intersection(words) else "city" if _CITY_WORDS.intersection(words) else ""
    return kind, "".join(word for word in words if word not in _REGION_WORDS | _CITY_WORDS)


@cache
def _towns(file: str) -> dict[str, str]:
    """Folded name of a town -> region code, only where all larger towns of that name lie in one region."""
    found: dict[str, set[str]] = {}
    large = settlements(file)
    large = large[large["population"].fillna(0) >= TOWN_MIN_POPULATION]
    for row in large.to_dict("records"):
        for column in _NAMES:
            if row[column]:
                found.setdefault(fold(row[column]).replace(" ", ""), set()).add(row["region_code"])
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def region_name(code: str, lang: str, boundaries: str = BOUNDARIES) -> str:
    """Name of a region in a language; the code itself where there is no such region (a stated name)."""
    return _display_names(lang, boundaries).get(code) or code


@cache
def _display_names(lang: str, boundaries: str) -> dict[str, str]:
    return {row["code"]: place_name(row, lang) for row in regions(boundaries).to_dict("records")}


def place_name(row: Mapping[str, Any], lang: str) -> str:
    """Name of a region or settlement in a language, else in another one that is known; "" if none is."""
    names = (row[column] for column in (f"name_{lang}", *_NAMES))
    return next((name for name in names if isinstance(name, str) and name), "")


@cache
def settlements(file: str = SETTLEMENTS) -> pd.DataFrame:
    """Settlements by population: name_kk, name_ru, name_en ("" = not known), lat, lon, population (Int64), region_code."""
    columns = {**dict.fromkeys(_NAMES, str), "lat": float, "lon": float, "population": "Int64", "region_code": str}
    if not file:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    frame = pd.read_csv(FOLDER / file, dtype=columns)
    texts = [*_NAMES, "region_code"]
    frame[texts] = frame[texts].fillna("")
    return frame


def find_settlement(query: str, n: int = 10, file: str = SETTLEMENTS) -> pd.DataFrame:
    """Up to `n` settlements for a name in either alphabet, typos forgiven: exact names first, then the larger places."""
    frame, wanted = settlements(file), fold(query)
    if not wanted or frame.empty:
        return frame.head(0)
    folded = _folded_names(file)
    found = np.zeros(len(frame), dtype=bool)
    exact, begins = found.copy(), found.copy()
    for column in folded:
        found |= search(query, folded[column])
        exact |= (folded[column] == wanted).to_numpy()
        begins |= folded[column].str.startswith(wanted).to_numpy()
    order = np.lexsort((-frame["population"].fillna(0).to_numpy(dtype=float), ~begins, ~exact))
    return frame.iloc[[position for position in order if found[position]][:n]]


@cache
def _folded_names(file: str) -> pd.DataFrame:
    return pd.DataFrame({column: fold_column(settlements(file)[column]) for column in _NAMES})
