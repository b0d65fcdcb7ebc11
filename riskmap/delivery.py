"""Delivery: what the dates say. Facts only; nothing here enters the integrity score."""

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from riskmap.engine import Frame


def delivery(frame: Frame, *, as_of_day: int) -> Frame:
    """Adds delivery (`schema.DELIVERY`), is_overdue and days_late.

    Overdue: the contract date has passed and the facility is not commissioned (domain.md 0.2). A facility whose date
    or whose completion is not disclosed is "not_known"; its is_overdue is null unless it is known to be completed.
    """
    due, done = nw.col("baseline_day"), nw.col("completed_day")
    is_open = ~nw.col("is_completed")
    overdue = nw.when(is_open).then(nw.lit(as_of_day) > due).otherwise(nw.lit(False))
    finished = nw.when(done > due).then(nw.lit("completed_late")).otherwise(
        nw.when(~done.is_null() & ~due.is_null()).then(nw.lit("completed_on_time")).otherwise(nw.lit("not_known"))
    )  # fmt: skip
    running = nw.when(nw.lit(as_of_day) > due).then(nw.lit("overdue")).otherwise(
        nw.when(~due.is_null()).then(nw.lit("not_due")).otherwise(nw.lit("not_known"))
    )  # fmt: skip
    late = (nw.coalesce(done, nw.lit(as_of_day)) - due).clip(lower_bound=0)
    return frame.with_columns(
        is_overdue=overdue,
        delivery=nw.when(is_open).then(running).otherwise(finished),
        days_late=nw.when(is_open | ~done.is_null()).then(late).cast(nw.Int64),
    )


def flagged(frame: Frame, *, settings: Mapping[str, Any]) -> Frame:
    """Adds is_flagged: deadline violated and integrity level at least `flagged.minimum_level`. Unknown is not flagged."""
    order = ["low", "medium", "high", "critical"]
    levels = order[order.index(settings["flagged"]["minimum_level"]) :]
    violated = nw.col("is_overdue").fill_null(False)
    if settings["deadline"]["include_completed_late"]:
        violated = violated | (nw.col("delivery") == "completed_late")
    return frame.with_columns(is_flagged=violated & nw.col("level").is_in(levels))
