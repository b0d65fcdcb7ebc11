"""What an indicator's rule says about a row, and the few expressions that rules share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import narwhals as nw


@dataclass(frozen=True)
class Rule:
    """A rule over named columns. `severity` in 0..1 (null = not known); `value`: the number the rule looked at.

    `unknown` maps a reason (key of the locale section `reason`) to the condition under which the fact cannot be
    known although its columns are there; it empties the severity. The first reason that holds is shown; a severity
    that is null for no named reason lacks one of the columns the indicator needs.
    """

    severity: nw.Expr
    value: nw.Expr
    unknown: Mapping[str, nw.Expr] = field(default_factory=dict)


def ramp(value: nw.Expr, bounds: Sequence[float]) -> nw.Expr:
    """0 up to the first bound, 1 from the second, linear between: min(1, max(0, (v - a) / (b - a)))."""
    low, high = bounds
    return ((value - low) / (high - low)).clip(0.0, 1.0)


def ratio(part: str | nw.Expr, whole: str | nw.Expr) -> nw.Expr:
    """part / whole as a float; null where the whole is not positive."""
    top = nw.col(part) if isinstance(part, str) else part
    bottom = nw.col(whole) if isinstance(whole, str) else whole
    return nw.when((bottom > 0).fill_null(False)).then(top.cast(nw.Float64) / bottom.cast(nw.Float64))


def flag(condition: nw.Expr, *, severity: float = 1.0) -> nw.Expr:
    """`severity` where the condition holds, 0 where it does not, null where it is not known."""
    return nw.when(condition.is_null()).then(nw.lit(None, dtype=nw.Float64)).otherwise(
        nw.when(condition.fill_null(False)).then(nw.lit(float(severity))).otherwise(nw.lit(0.0))
    )  # fmt: skip


def strongest(*parts: nw.Expr) -> nw.Expr:
    """The largest of those that are known; null if none is."""
    known = nw.coalesce(*parts)
    return nw.when(~known.is_null()).then(nw.max_horizontal(*(part.fill_null(0.0) for part in parts)))


def holds(condition: nw.Expr) -> nw.Expr:
    """The condition with "not known" taken as no."""
    return condition.fill_null(False)


def under_way() -> nw.Expr:
    """Works have begun and are not done, as far as is known: reported progress between 0 and 1, not completed."""
    return holds((nw.col("progress_share") > 0) & (nw.col("progress_share") < 1)) & ~nw.col("is_completed")


def without_reports(*, max_report_age_days: int, as_of_day: int) -> dict[str, nw.Expr]:
    """Why it cannot be known whether works stand still: too few reports, the last one too old, or none at all."""
    return {
        "too_few_reports": under_way() & (nw.col("n_reports").fill_null(0) < 2),
        "stale_report": under_way() & holds(as_of_day - nw.col("progress_day") > max_report_age_days),
        "missing_columns": nw.col("progress_share").is_null() & ~nw.col("is_completed"),
    }


def in_force(table: Mapping[str, int], *, day: str) -> nw.Expr:
    """The number of a dated table that is in force on the day in column `day`; null before the first date of the table.

    Keys are ISO dates from which the number holds.
    """
    number: nw.Expr = nw.lit(None, dtype=nw.Float64)
    for since in sorted(table):
        first_day = (date.fromisoformat(since) - date(1970, 1, 1)).days
        number = nw.when((nw.col(day) >= first_day).fill_null(False)).then(nw.lit(table[since])).otherwise(number)
    return number
