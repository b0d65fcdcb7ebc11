"""What the map draws, as the browser takes it: outlines of regions, and facilities column by column."""

import json
from functools import cache, lru_cache
from typing import Any

import pandas as pd

from riskmap import filters, geography, schema
from riskmap.snapshot import Snapshot
from riskmap.web import current

_DIGITS = 5  # of a degree: about one metre


def outlines(snapshot: Snapshot) -> bytes | None:
    """The regions as GeoJSON, None where the country has no boundary file."""
    boundaries = snapshot.manifest["settings"]["country"]["boundaries"]
    return _file(boundaries) if boundaries else None


@cache
def _file(boundaries: str) -> bytes:
    return (geography.FOLDER / boundaries).read_bytes()


@lru_cache(maxsize=64)
def facilities(snapshot_id: str, filter_: filters.Filter, lang: str) -> bytes:
    """The filtered facilities that have a place, as JSON columns (a third of the size of a list of objects).

    `id`, `title`, `lon`, `lat`; `level` and `delivery` as indices of `schema.LEVELS` and `schema.DELIVERY`;
    `flagged` and `rough` (place known only to the district or worse) as 0 or 1; `n_without_place` counts the rest.
    `snapshot_id`: any that is kept; DataError for another.
    """
    rows = filters.apply(filter_, current.get(snapshot_id).facilities)
    placed = rows[rows["lat"].notna() & rows["lon"].notna()]
    columns: dict[str, Any] = {
        "id": placed["facility_id"].tolist(),
        "title": titles(placed, lang).tolist(),
        "lon": placed["lon"].round(_DIGITS).tolist(),
        "lat": placed["lat"].round(_DIGITS).tolist(),
        "level": _indices(placed["level"], schema.LEVELS, "not_assessable"),
        "delivery": _indices(placed["delivery"], schema.DELIVERY, "not_known"),
        "flagged": placed["is_flagged"].fillna(False).astype(int).tolist(),
        "rough": (~placed["location_precision"].isin(("site", "settlement"))).astype(int).tolist(),
        "n_without_place": len(rows) - len(placed),
    }
    return json.dumps(columns, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def titles(rows: pd.DataFrame, lang: str) -> pd.Series:
    """The name of each facility in `lang`, else as the source writes it, else its identifier."""
    return rows[f"title_{lang}"].fillna(rows["title"]).fillna(rows["facility_id"])


def _indices(codes: pd.Series, names: tuple[str, ...], unknown: str) -> list[int]:
    return codes.fillna(unknown).map({name: index for index, name in enumerate(names)}).astype(int).tolist()
