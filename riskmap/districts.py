"""Districts: the level between a region and a facility.

A country may configure a boundaries file (`[country] districts`). Then each facility gets the code of its district when it
is scored, and the names travel in the manifest: pages, exports and their proof need no other file. Without one, a
district is what the source states.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import Geod

from riskmap import geography
from riskmap.fold import fold
from riskmap.problem import DataError
from riskmap.settings import Settings

ROOT = Path(__file__).parents[1]  # a path in the settings starts here
_NAMES = ("name_kk", "name_ru", "name_en")
_EXACT = ("site", "settlement")  # a point this exact says more than a stated name
_STEP = 0.002  # degrees: outlines on the map are simplified to about 200 m
_DIGITS = 5
# words that say what kind of place a name means, as `fold` writes them
_WORDS = frozenset(["raion", "raiona", "audan", "audani", "district", "gorod", "g", "kala", "kalasi", "city", "town"])
_GEOD = Geod(ellps="WGS84")


def load(country: Mapping[str, Any]) -> gpd.GeoDataFrame | None:
    """The districts by code (columns code, region_code, name_*, geometry); None where no file is configured.

    DataError if the file cannot be read, a district has no code, or the same one twice, or its region is not known.
    """
    file = country.get("districts", "")
    properties = json.dumps(country["district_properties"], sort_keys=True) if file else ""
    return _read(file, properties, json.dumps(country, sort_keys=True)) if file else None


@lru_cache(maxsize=4)
def _read(file: str, properties: str, country: str) -> gpd.GeoDataFrame:
    names, rows = json.loads(properties), []
    resolved: dict[str, str] = {}
    try:
        for feature in json.loads((ROOT / file).read_text("utf-8"))["features"]:
            given = feature["properties"]
            row = {column: _first(given, names.get(column, ())) for column in ("code", "region_code", *_NAMES)}
            stated = row["region_code"]
            if stated not in resolved:
                resolved[stated] = geography.resolve_region(stated, json.loads(country)) or ""
            row["region_code"] = resolved[stated]
            if not row["code"] or not row["region_code"]:
                raise ValueError(f"{given}")
            rows.append({**row, "geometry": shapely.make_valid(shapely.from_geojson(json.dumps(feature["geometry"])))})
        frame = pd.DataFrame(rows, columns=["code", "region_code", *_NAMES, "geometry"])
        if frame["code"].duplicated().any():
            raise ValueError(", ".join(frame.loc[frame["code"].duplicated(), "code"].unique()[:5]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, shapely.GEOSException) as error:
        raise DataError("districts_unreadable", file, reason=str(error)[:300]) from error
    frame = frame.sort_values("code", kind="stable").reset_index(drop=True)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")


def _first(given: Mapping[str, Any], names: list[str]) -> str:
    """The first property that says something; "" if none does."""
    return next((" ".join(str(given[name]).split()) for name in names if given.get(name) not in (None, "")), "")


# ---- scoring --------------------------------------------------------------------------------------------------------
def with_codes(scored: pa.Table, country: Mapping[str, Any]) -> pa.Table:
    """The scored facilities with `district_code` by the boundaries; unchanged (the stated district) where there are none.

    A district always lies in the region of the facility, so that districts add up to their region. Its point decides
    where it is exact, else the stated name; a point just outside, where two simplified borders disagree, belongs to the
    nearest district of the region. Null: not known.
    """
    known = load(country)
    if known is None:
        return scored
    columns = ("region_code", "district", "lat", "lon", "location_precision")
    rows = scored.select(columns).to_pandas()
    by_point = np.full(len(rows), None, dtype=object)
    stated = np.full(len(rows), None, dtype=object)
    for region, own in known.groupby("region_code"):
        at = np.flatnonzero(rows["region_code"].eq(region).to_numpy(bool))
        by_point[at] = _by_point(rows["lon"].to_numpy(float)[at], rows["lat"].to_numpy(float)[at], own)
        by_name = _by_name(own)
        words = {text: by_name.get(_stem(text)) for text in rows["district"].iloc[at].dropna().unique()}
        stated[at] = rows["district"].iloc[at].map(words).to_numpy(object)
    is_exact = rows["location_precision"].isin(_EXACT).to_numpy()
    point, name = (pd.Series(codes, dtype=object) for codes in (by_point, stated))
    codes = point.fillna(name).where(is_exact, name.fillna(point))
    column = pa.array([None if pd.isna(code) else code for code in codes], pa.string())
    return scored.set_column(scored.schema.get_field_index("district_code"), "district_code", column)


def _by_point(lon: np.ndarray, lat: np.ndarray, own: gpd.GeoDataFrame) -> np.ndarray:
    """Codes of the districts of one region that hold the points, or are the nearest within a few kilometres; else None."""
    codes = np.full(len(lon), None, dtype=object)
    for code, shape in zip(own["code"], own.geometry, strict=True):
        west, south, east, north = shape.bounds
        near = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north) & (codes == None))  # noqa: E711
        shapely.prepare(shape)
        codes[near[shapely.intersects_xy(shape, lon[near], lat[near])]] = code
    for at in np.flatnonzero((codes == None) & np.isfinite(lon)):  # noqa: E711
        lines = shapely.shortest_line(own.geometry.to_numpy(), shapely.Point(lon[at], lat[at]))
        metres = [_GEOD.line_length(*np.asarray(line.coords).T) for line in lines]
        nearest = int(np.argmin(metres))
        codes[at] = own["code"].iloc[nearest] if metres[nearest] <= geography.NEAR_BORDER_METRES else None
    return codes


def _by_name(own: gpd.GeoDataFrame) -> dict[str, str]:
    """Folded name or code -> code, of one region; a name of two districts says nothing."""
    found: dict[str, set[str]] = {}
    for row in own.drop(columns="geometry").to_dict("records"):
        for name in ("code", *_NAMES):
            if row[name]:
                found.setdefault(_stem(row[name]), set()).add(row["code"])
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def _stem(name: str) -> str:
    return "".join(word for word in fold(name).split() if word not in _WORDS)


def described(country: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the manifest says about the file: its name, SHA-256, and the region and names of each district by code."""
    known = load(country)
    if known is None:
        return None
    path = ROOT / country["districts"]
    rows = known.drop(columns="geometry").set_index("code").to_dict("index")
    return {"file": path.name, "sha256": _sha256(path), "districts": {str(code): row for code, row in rows.items()}}


# ---- a snapshot -----------------------------------------------------------------------------------------------------
def names(manifest: Mapping[str, Any], lang: str) -> dict[str, str]:
    """Name of each district of a snapshot by code; nothing where districts are as stated, and a code is its own name."""
    told = manifest.get("districts")
    return {code: geography.place_name(row, lang) or code for code, row in told["districts"].items()} if told else {}


def outlines(manifest: Mapping[str, Any], region: str) -> gpd.GeoDataFrame | None:
    """The districts of a region for the map, simplified without gaps between them; None where there is nothing to draw.

    Only from the very file by which the snapshot was made: another one could show other districts than the table.
    """
    told = manifest.get("districts")
    if not told or region not in {row["region_code"] for row in told["districts"].values()}:
        return None
    return _simplified(json.dumps(manifest["settings"]["country"], sort_keys=True), region, told["sha256"])


@lru_cache(maxsize=64)
def _simplified(country: str, region: str, sha256: str) -> gpd.GeoDataFrame | None:
    settings: Settings = json.loads(country)
    try:
        known = load(settings) if _sha256(ROOT / settings["districts"]) == sha256 else None
    except (OSError, DataError):
        return None
    if known is None:
        return None
    own = known[known["region_code"] == region].reset_index(drop=True)
    shapes = shapely.set_precision(shapely.coverage_simplify(own.geometry.to_numpy(), _STEP), 10**-_DIGITS)
    return own.set_geometry(gpd.GeoSeries(shapes, crs=own.crs))


def geojson(found: gpd.GeoDataFrame) -> bytes:
    """Outlines as GeoJSON with nothing but their codes: the words come with the page."""
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": json.loads(shapely.to_geojson(shape))}
        for code, shape in zip(found["code"], found.geometry, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":")).encode()


@cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
