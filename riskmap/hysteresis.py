"""The published level: it does not flicker from one snapshot to the next because of a point or two."""

from collections.abc import Mapping
from typing import Any

import narwhals as nw
import pyarrow as pa

from riskmap.engine import Frame
from riskmap.snapshot import Snapshot

_NO_LEVEL = "not_assessable"
_SCHEMA = pa.schema(
    [
        ("facility_id", pa.string()),
        ("before_level", pa.string()),
        ("before_level_raw", pa.string()),
        ("before_r_lo", pa.float64()),
    ]
)


def before(snapshot: Snapshot | None) -> pa.Table:
    """Published level, level by the formula and R of the snapshot before this one; no rows where there is none."""
    if snapshot is None:
        return _SCHEMA.empty_table()
    rows = snapshot.facilities
    raw = rows["level_raw"] if "level_raw" in rows else rows["level"]  # a snapshot of version 0.1 held nothing back
    values = (rows["facility_id"], rows["level"], raw, rows["r_lo"])
    return pa.table([pa.array(column, field.type) for column, field in zip(values, _SCHEMA, strict=True)], schema=_SCHEMA)


def published(frame: Frame, previous: Frame, *, settings: Mapping[str, Any]) -> Frame:
    """Adds level_raw, the level by the formula, and replaces level by the one that is published.

    A level changes when two consecutive snapshots give the same new one, or when R has moved by more than
    `levels.hysteresis` points (methodology.md 2.3). Where too little is known for a level, or enough is known again, it
    changes at once: a low level may not stand for missing data, not even for one snapshot. `previous` is `before`.
    """
    frame = frame.with_columns(level_raw=nw.col("level")).join(previous, on="facility_id", how="left")
    raw = nw.col("level_raw")
    frame = frame.with_columns(  # a facility that is new has nothing to hold on to
        before_level=nw.coalesce("before_level", raw),
        before_level_raw=nw.coalesce("before_level_raw", raw),
        before_r_lo=nw.coalesce("before_r_lo", nw.col("r_lo")),
    )
    old, moved = nw.col("before_level"), (nw.col("r_lo") - nw.col("before_r_lo")).abs() > settings["levels"]["hysteresis"]
    is_new = moved | (raw == nw.col("before_level_raw")) | (raw == _NO_LEVEL) | (old == _NO_LEVEL)
    frame = frame.with_columns(level=nw.when(is_new).then(raw).otherwise(old))
    return frame.drop("before_level", "before_level_raw", "before_r_lo")
