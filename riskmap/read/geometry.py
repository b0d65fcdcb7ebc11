"""One point from a GeoJSON geometry, with shapely and never through GDAL."""

import math
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from riskmap.read.strict_json import Number, text_of

POINTS, AREAS, LINES = ("Point",), ("Polygon", "MultiPolygon"), ("LineString", "MultiLineString")
WIDE_DEGREES = 180  # a shape this wide crosses the antimeridian or is nonsense
SITE_DEGREES, SETTLEMENT_DEGREES = 0.01, 0.05  # about 1 km and 5 km: how exactly an area says where the works are


class GeometryRefused(Exception):
    """`code` is a key of the locale section `problem`."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def point_in(geometry: Any, *, max_vertices: int) -> tuple[str, str, str]:
    """(longitude, latitude, precision) as text. A point keeps its own digits and has precision "" (its digits tell).

    An area gives a point that lies inside it, a line its middle; the precision follows from its size.
    """
    if not isinstance(geometry, dict) or not isinstance(geometry.get("type"), str):
        raise GeometryRefused("geometry_broken")
    kind, coordinates = geometry["type"], geometry.get("coordinates")
    if kind in POINTS:
        pair = coordinates if isinstance(coordinates, list) else []
        if len(pair) not in (2, 3) or not all(isinstance(number, Number) for number in pair):
            raise GeometryRefused("geometry_broken")
        return text_of(pair[0]), text_of(pair[1]), ""
    if kind == "MultiPoint" and isinstance(coordinates, list) and len(coordinates) == 1:
        return point_in({"type": "Point", "coordinates": coordinates[0]}, max_vertices=max_vertices)
    if kind not in (*AREAS, *LINES):
        raise GeometryRefused("geometry_kind", found=kind[:40])
    _check_size(coordinates, max_vertices)
    try:
        found = shape({"type": kind, "coordinates": _floats(coordinates)})
        return _representative(found, kind)
    except (ShapelyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise GeometryRefused("geometry_broken") from error


def _check_size(coordinates: Any, max_vertices: int) -> None:
    count, level = 0, [coordinates]
    while level:
        node = level.pop()
        if isinstance(node, list):
            level.extend(node)
            count += 1
        if count > max_vertices:
            raise GeometryRefused("geometry_too_large", limit=str(max_vertices))


def _floats(node: Any) -> Any:
    """Numbers of a nested list, two per position: heights and measures are left out."""
    if not isinstance(node, list):
        raise ValueError("not a list")
    if node and all(isinstance(number, Number) for number in node):
        pair = [float(number) for number in node[:2]]
        if len(node) < 2 or not all(map(math.isfinite, pair)):
            raise ValueError("not a position")
        return pair
    return [_floats(child) for child in node]


def _representative(found: shapely.Geometry, kind: str) -> tuple[str, str, str]:
    if found.is_empty:
        raise GeometryRefused("geometry_empty")
    west, south, east, north = found.bounds
    if east - west >= WIDE_DEGREES:
        raise GeometryRefused("geometry_too_wide")
    if kind in AREAS and not found.is_valid:
        raise GeometryRefused("geometry_invalid", reason=shapely.is_valid_reason(found)[:80])
    point = found.representative_point() if kind in AREAS else found.interpolate(0.5, normalized=True)
    if kind == "MultiLineString":
        longest = max(found.geoms, key=lambda line: line.length)
        point = longest.interpolate(0.5, normalized=True)
    size = max(east - west, north - south)
    precision = "site" if size <= SITE_DEGREES else "settlement" if size <= SETTLEMENT_DEGREES else "district"
    return f"{point.x:.6f}", f"{point.y:.6f}", precision
