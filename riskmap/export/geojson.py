"""GeoJSON (RFC 7946): a feature per facility, also for those without a point; the manifest as a foreign member."""

import json
from datetime import date
from typing import Any

from riskmap.export.table import Listing

MEDIA_TYPE = "application/geo+json"


def encode(listing: Listing, manifest: dict[str, Any]) -> bytes:
    """A FeatureCollection, one feature per line. Coordinates are WGS 84, longitude first; not known is null."""
    table = listing.table
    names = list(table.kinds)
    features = [feature(dict(zip(names, row, strict=True))) for row in table.rows]
    head = {"type": "FeatureCollection", "notice": manifest["notice"], "manifest": manifest}
    lines = ",\n".join(_json(feature) for feature in features)
    return f'{_json(head)[:-1]},"features":[\n{lines}\n]}}\n'.encode()


def feature(properties: dict[str, Any]) -> dict[str, Any]:
    """One facility as a GeoJSON feature; without a place its geometry is null."""
    lon, lat = properties.get("lon"), properties.get("lat")
    point = None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "id": properties.get("facility_id"), "geometry": point, "properties": properties}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=date.isoformat)
