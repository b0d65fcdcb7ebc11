"""GeoJSON -> text: one row per feature, its properties mapped by their names like the headers of a table.

Read as JSON and shapely, feature by feature: one broken geometry spoils no other feature, and no byte of an upload
ever reaches GDAL (a GDAL document named x.geojson can read files of the server).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskmap.problem import DataError, Problem
from riskmap.read import RawRow, RawTable, headers
from riskmap.read.geometry import GeometryRefused, point_in
from riskmap.read.strict_json import load, text_of

MAX_PROPERTIES = 200
WGS84 = (
    "urn:ogc:def:crs:ogc:1.3:crs84",
    "urn:ogc:def:crs:ogc::crs84",
    "epsg:4326",
    "urn:ogc:def:crs:epsg::4326",
    "crs84",
    "wgs84",
)


def read_geojson(
    path: Path,
    *,
    name: str,
    column_map: Mapping[str, str] | None = None,
    table: str | None = None,
    max_bytes: int = 50_000_000,
    max_depth: int = 64,
    max_vertices: int = 100_000,
) -> list[RawTable]:
    """The table of a GeoJSON file; DataError if it is none. `column_map`: column -> property, where words do not decide."""
    documents = load(path, name=name, max_bytes=max_bytes, max_depth=max_depth)
    return tables(documents, name=name, column_map=column_map, table=table, max_vertices=max_vertices)


def is_geojson(documents: list[Any]) -> bool:
    """Is the first document a feature or a collection of features?"""
    first = documents[0] if documents else None
    return isinstance(first, dict) and first.get("type") in ("FeatureCollection", "Feature")


def tables(
    documents: list[Any], *, name: str, column_map: Mapping[str, str] | None, table: str | None, max_vertices: int
) -> list[RawTable]:
    """RawTables (one) of documents that are parsed already; one feature per line is allowed."""
    chosen = dict(column_map or {})
    headers.check_column_map(chosen)
    features: list[Any] = []
    for document in documents:
        if not isinstance(document, dict) or document.get("type") not in ("FeatureCollection", "Feature"):
            raise DataError("not_geojson", name)
        _check_crs(document, name)
        found = document.get("features") if document["type"] == "FeatureCollection" else [document]
        if not isinstance(found, list):
            raise DataError("geojson_features_not_list", name)
        features += found
    if not features:
        raise DataError("no_rows", name)
    words = list(dict.fromkeys(key for feature in features for key in _properties(feature)))
    if len(words) > MAX_PROPERTIES:
        raise DataError("too_many_columns", name, limit=str(MAX_PROPERTIES))
    match = headers.match(words, table=table or "facilities", column_map=chosen)
    columns = {column: words[at] for column, at in match.columns.items() if column not in ("lat", "lon")}
    beside = {column: words[at] for column, at in match.columns.items() if column in ("lat", "lon")}
    raw = RawTable(name, None, match.table, dict(columns), match.units, [], 0, [], match.unmapped, match.unsure)
    raw.headers.update(lon="geometry.coordinates[0]", lat="geometry.coordinates[1]")
    raw.headers.setdefault("facility_id", "id")
    if "location_precision" not in columns:
        raw.headers["location_precision"] = "geometry.type"
    for column, word in chosen.items():
        if headers.fold(word) not in map(headers.fold, words):
            raw.problems.append(Problem("map_header_missing", "warning", name, column=column, value=word))
    for position, feature in enumerate(features, start=1):
        _feature(raw, position, feature, columns, beside, max_vertices)
    return [raw]


def _properties(feature: Any) -> dict[str, Any]:
    found = feature.get("properties") if isinstance(feature, dict) else None
    return found if isinstance(found, dict) else {}


def _check_crs(document: dict[str, Any], name: str) -> None:
    """Coordinates of another reference system are refused: read as degrees they would lie in the sea (B080)."""
    crs = document.get("crs")
    if crs is None:
        return
    found = crs.get("properties", {}).get("name") if isinstance(crs, dict) and isinstance(crs.get("properties"), dict) else None
    if text_of(found).casefold() not in WGS84:
        raise DataError("geojson_crs", name, found=text_of(found)[:100] or "?")


def _feature(
    raw: RawTable, position: int, feature: Any, columns: Mapping[str, str], beside: Mapping[str, str], max_vertices: int
) -> None:
    """One feature as a row. `beside`: properties with coordinates, for a feature without a geometry."""

    def problem(code: str, severity: str, column: str, value: str | None = None, **params: str) -> None:
        raw.problems.append(Problem(code, severity, raw.source_file, None, position, column, value, params))

    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raw.rows.append(RawRow(position, {}))
        problem("feature_not_object", "error", f"features[{position - 1}]")
        return
    properties = _properties(feature)
    cells = {column: text for column, word in columns.items() if (text := text_of(properties.get(word)).strip())}
    own_id = text_of(feature.get("id")).strip()
    if own_id and "facility_id" in cells and cells["facility_id"] != own_id and columns.get("facility_id") == "id":
        problem("feature_id_differs", "error", "id", f"{own_id} / {cells['facility_id']}")
    if own_id:
        cells.setdefault("facility_id", own_id)
    geometry = feature.get("geometry")
    if geometry is None:
        cells |= {column: text for column, word in beside.items() if (text := text_of(properties.get(word)).strip())}
    else:
        try:
            lon, lat, precision = point_in(geometry, max_vertices=max_vertices)
        except GeometryRefused as refusal:
            problem(refusal.code, "cell", "geometry", **refusal.params)
        else:
            cells |= {"lon": lon, "lat": lat}
            if precision:
                cells.setdefault("location_precision", precision)
    raw.rows.append(RawRow(position, cells))
