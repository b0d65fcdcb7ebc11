"""GeoParquet 1.1 for GIS and analysts: typed columns, a point per facility as WKB, the manifest in the metadata of the file."""

import json
import struct
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from riskmap.export.table import Listing, plain
from riskmap.schema import ARROW_TYPES

MEDIA_TYPE = "application/vnd.apache.parquet"
MANIFEST_KEY = b"riskmap_manifest"
_ROWS_PER_GROUP = 50_000


def encode(listing: Listing, manifest: dict[str, Any]) -> bytes:
    """One row per facility in the order of the list; not known is null, also the geometry. WGS 84, longitude first."""
    table = listing.table
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.kinds)
    arrays = {
        name: pa.array(values, pa.type_for_alias(ARROW_TYPES[kind]))
        for (name, kind), values in zip(table.kinds.items(), columns, strict=True)
    }
    points = list(zip(*(plain(listing.facilities[name], "number") for name in ("lon", "lat")), strict=True))
    placed = [(lon, lat) for lon, lat in points if lon is not None and lat is not None]
    arrays["geometry"] = pa.array([_point(lon, lat) for lon, lat in points], pa.binary())
    geo: dict[str, Any] = {"encoding": "WKB", "geometry_types": ["Point"] if placed else []}
    if placed:
        lons, lats = zip(*placed, strict=True)
        geo["bbox"] = [float(min(lons)), float(min(lats)), float(max(lons)), float(max(lats))]
    metadata = {
        b"geo": _json({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geo}}),
        MANIFEST_KEY: _json(manifest),
    }
    sink = pa.BufferOutputStream()
    whole = pa.table(arrays).replace_schema_metadata(metadata)
    pq.write_table(whole, sink, compression="zstd", row_group_size=_ROWS_PER_GROUP)
    return sink.getvalue().to_pybytes()


def _point(lon: float | None, lat: float | None) -> bytes | None:
    """A point as well-known binary, little endian; None where a coordinate is not known."""
    if lon is None or lat is None:
        return None
    return struct.pack("<BIdd", 1, 1, lon, lat)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
