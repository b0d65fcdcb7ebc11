"""GeoJSON (RFC 7946): a feature per facility, also for those without a point; the manifest as a foreign member."""

import json
from datetime import date
from typing import Any

from riskmap.export.table import Table

MEDIA_TYPE = "application/geo+json"


def encode(table: Table, manifest: dict[str, Any]) -> bytes:
    """A FeatureCollection, one feature per line. Coordinates are WGS 84, longitude first; not known is null."""
    names = list(table.kinds)
    features = [_feature(dict(zip(names, row, strict=True))) for row in table.rows]
    head = {"type": "FeatureCollection", "notice": manifest["notice"], "manifest": manifest}
    lines = ",\n".join(_json(feature) for feature in features)
    return f'{_json(head)[:-1]},"features":[\n{lines}\n]}}\n'.encode()


def _feature(properties: dict[str, Any]) -> dict[str, Any]:
    lon, lat = properties.get("lon"), properties.get("lat")
    point = None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "id": properties.get("facility_id"), "geometry": point, "properties": properties}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=date.isoformat)
