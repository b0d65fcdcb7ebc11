"""The delivery axis as ONE order: how likely works are to stand still or to be given up, from published facts only.

Published levels never use it; it is what the delivery facts are judged by where outcomes are about delivery (`outcomes`).
How much is left, times how badly it goes: works that are nearly done can hardly be given up, and works that go well need
not be. How badly it goes is the mean of four questions that count the same, whatever a source discloses of each: has the
date passed, are the works behind, do they move, does money move. No weight and no bound is fitted to any outcome: days
count one half at the number after which works are called stalled (settings `stalled.ramp_days`), shares are taken as they are.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from riskmap.forecast import planned_share
from riskmap.validate import metrics as m

# question -> its facts: 0 = nothing of it, 1 = all of it, NaN = not known
QUESTIONS = {
    "date": ("past_due", "moved_date"),
    "pace": ("behind_plan", "slow_pace", "likely_late"),
    "standstill": ("no_rise", "no_report"),
    "money": ("money_behind_plan", "no_payment"),
}
LEFT = "works_left"
FACTS = (LEFT, *(name for names in QUESTIONS.values() for name in names))


def facts(scored: pa.Table, *, settings: Mapping[str, Any], as_of: date) -> dict[str, m.Numbers]:
    """The facts of every scored facility, each 0..1, NaN where not known; all 0 once a facility is accepted.

    works_left: share of the works not done, of the value not paid where no report says.
    past_due: days since the date in force; no_report and no_payment: days since the last one; no_rise: days of D05 (which says
    nothing of works not begun); days d count d / (d + half). moved_date: the share of D02; slow_pace: 1 - the ratio of D04,
    where they say anything; likely_late: the probability of D03. They are not cut off as the severities are.
    behind_plan, money_behind_plan: works and payments against the S-curve at today's share of the time agreed now.
    """
    today = np.datetime64(as_of, "D")
    half = float(settings["stalled"]["ramp_days"][1])

    def long(days: m.Numbers) -> m.Numbers:
        return np.maximum(days, 0) / (np.maximum(days, 0) + half)

    def since(column: str) -> m.Numbers:
        return long(_n_days(today - _days(scored, column)))

    def judged(indicator: str) -> m.Numbers:
        """What the rule looked at, where it says anything."""
        return np.where(np.isnan(_numbers(scored, f"{indicator}_severity")), np.nan, _numbers(scored, f"{indicator}_value"))

    curve = {name: settings["forecast"][name] for name in ("curve_c", "curve_k")}
    begun, due = _days(scored, "start_on"), _days(scored, "due_on")
    begun = np.where(np.isnat(begun), _days(scored, "signed_on"), begun)
    agreed = _n_days(due - begun)
    elapsed = np.clip(_n_days(today - begun) / np.where(agreed > 0, agreed, np.nan), 0, 1)
    plan = planned_share(elapsed, **curve)
    value = _numbers(scored, "value_amount")
    paid = _numbers(scored, "paid_amount") / np.where(value > 0, value, np.nan)
    done = _numbers(scored, "progress_share")
    no_rise = np.where(done > 0, long(judged("D05")), np.nan)
    found = {
        LEFT: np.clip(1 - np.where(np.isnan(done), paid, done), 0, 1),
        "past_due": since("due_on"), "moved_date": np.clip(judged("D02"), 0, 1),
        "behind_plan": np.clip(plan - done, 0, 1), "slow_pace": np.clip(1 - judged("D04"), 0, 1),
        "likely_late": _numbers(scored, "late_probability"), "no_rise": no_rise,
        "no_report": since("progress_on"), "money_behind_plan": np.clip(plan - paid, 0, 1), "no_payment": since("last_paid_on"),
    }  # fmt: skip
    is_accepted = ~np.isnat(_days(scored, "completed_on"))
    return {name: np.where(is_accepted, 0.0, found[name]) for name in FACTS}


def order(known: Mapping[str, m.Numbers]) -> m.Numbers:
    """What is left x the mean of the four answers; an answer is the mean of its known facts.

    A question of which nothing is known at a facility takes the mean of the others', so silence neither raises nor lowers
    it; one of which nothing is known anywhere does not count.
    """
    answers = [_filled(mean_of_known(np.column_stack([known[name] for name in names]))) for names in QUESTIONS.values()]
    asked = [answer for answer in answers if answer is not None]
    left = _filled(known[LEFT])
    going = np.mean(asked, axis=0) if asked else np.ones(len(known[LEFT]))
    return going if left is None else left * going


def _filled(values: m.Numbers) -> m.Numbers | None:
    """With the mean where not known; None where nothing is known of anybody."""
    return None if np.isnan(values).all() else np.where(np.isnan(values), np.nanmean(values), values)


def mean_of_known(columns: m.Numbers) -> m.Numbers:
    """Row means without NaN; NaN where a row has nothing else."""
    known = ~np.isnan(columns)
    n = known.sum(axis=1)
    return np.where(n > 0, np.where(known, columns, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan)


def _numbers(scored: pa.Table, name: str) -> m.Numbers:
    """A column as floats; all NaN where an older snapshot does not have it."""
    if name not in scored.column_names:
        return np.full(scored.num_rows, np.nan)
    return scored[name].cast(pa.float64()).to_numpy(zero_copy_only=False)


def _days(scored: pa.Table, name: str) -> np.ndarray:
    return scored[name].cast(pa.date32()).to_numpy(zero_copy_only=False).astype("datetime64[D]")


def _n_days(span: np.ndarray) -> m.Numbers:
    """Days as floats, NaN for NaT."""
    return np.where(np.isnat(span), np.nan, span.astype("timedelta64[D]").astype(float))
