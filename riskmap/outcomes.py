"""What came of visits, counted: pure functions of observations and of a snapshot. Knows neither the store nor the clock.

Observations are counted only from k upwards (`told`); that a facility was visited may be told always.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

import pandas as pd
from scipy.stats import binomtest

from riskmap import filters, schema

UNKNOWN = "unknown"  # region of a facility that this version of the data does not have
COUNTS = ("sent_in", "waiting", "accepted", "rejected", "used", "to_body", "answered")
_PARTS = ("waiting", "accepted", "rejected")
FINDINGS = ("not_started", "idle", "nothing_there", "finished_closed")  # what was seen and can be put right
FIXES = ("resumed", "delivered", "not_yet", "not_known")
_SHARE_NOISE = 1e-9


class Visit(Protocol):
    """What is counted of an observation; `riskmap.store.Observation` is one."""

    @property
    def facility_id(self) -> str: ...
    @property
    def day(self) -> date: ...
    @property
    def status(self) -> str: ...
    @property
    def state(self) -> str: ...


class Journey(Protocol):
    """An observation with the days of its steps; `riskmap.store.Journey` is one."""

    @property
    def observation(self) -> Visit: ...
    def on(self, *kinds: str) -> date | None: ...


@dataclass(frozen=True)
class FixRate:
    """Of facilities where a visitor saw something to put right: how many were, were not yet, and are not known.

    `share` of the known ones, with its 95 % interval (Wilson); None below k known ones.
    """

    n_fixed: int
    n_not_yet: int
    n_not_known: int
    share: float | None
    low: float | None
    high: float | None


def visited(observations: Iterable[Visit], *, today: date, within_days: int) -> frozenset[str]:
    """Facilities with an accepted observation of the last `within_days` days: all others are "not yet visited"."""
    first = today - timedelta(days=within_days)
    return frozenset(one.facility_id for one in observations if one.state == "accept" and first <= one.day <= today)


def counts(journeys: Iterable[Journey], facilities: pd.DataFrame) -> pd.DataFrame:
    """Observations per region by what became of them: `region_code` and COUNTS, by region; no row without any."""
    region_of = dict(zip(facilities["facility_id"], facilities["region_code"].astype(object), strict=True))
    rows = []
    for one in journeys:
        state, region = one.observation.state, region_of.get(one.observation.facility_id)
        rows.append(
            {
                "region_code": region if isinstance(region, str) else UNKNOWN, "sent_in": 1,
                "waiting": state in ("waiting", "ask"), "accepted": state == "accept", "rejected": state == "reject",
                "used": one.on("used") is not None, "to_body": one.on("sent") is not None,
                "answered": one.on("answered") is not None,
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows, columns=["region_code", *COUNTS])
    return frame.astype(dict.fromkeys(COUNTS, int)).groupby("region_code", as_index=False, sort=True).sum()


def told(counted: pd.DataFrame, *, k: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of `counts` and their sum as they may be told: 0, k or more; None for what is not told.

    Fewer than k is never told. Other numbers are left out too until no sum gives one of those away: neither the sum of a
    column nor, in a row, what waits, is accepted and is not, which make up what was sent in.
    """
    n = {name: [*counted[name].tolist(), int(counted[name].sum())] for name in COUNTS}
    last = len(counted)
    hidden = {(name, at) for name in COUNTS for at in range(last + 1) if 0 < n[name][at] < k}
    lines = [[(name, at) for at in (last, *range(last))] for name in COUNTS]
    lines += [[(name, at) for name in ("sent_in", *_PARTS)] for at in range(last + 1)]
    while more := {cell for line in lines if (cell := _gives_away(line, n, hidden))}:
        hidden |= more
    shown = [{name: None if (name, at) in hidden else n[name][at] for name in COUNTS} for at in range(last + 1)]
    return [{"region_code": code, **row} for code, row in zip(counted["region_code"], shown, strict=False)], shown[last]


_Cell = tuple[str, int]  # a column of COUNTS and a row


def _gives_away(line: list[_Cell], n: Mapping[str, Sequence[int]], hidden: set[_Cell]) -> _Cell | None:
    """The number to leave out next, because this line (a sum, then its parts) gives a hidden one away; None where it does not.

    Everybody knows that a hidden one is not 0: so hidden ones whose sum is their number are all 1.
    """
    total, parts = line[0], line[1:]
    value = lambda cell: n[cell[0]][cell[1]]  # noqa: E731
    left_out = [cell for cell in parts if cell in hidden]
    others = [cell for cell in parts if cell not in hidden and value(cell)]
    least = min(others, key=value, default=None)
    if total in hidden:
        return None if left_out else least
    if not left_out or (len(left_out) > 1 and sum(map(value, left_out)) > len(left_out)):
        return None
    return total if least is None else least


def days_to_review(journeys: Iterable[Journey], *, k: int) -> float | None:
    """Median days from the visit to the first decision: the day of arrival is not held. None for fewer than k decided."""
    decided = [(one.on("ask", "accept", "reject"), one.observation.day) for one in journeys]
    days = [(on - day).days for on, day in decided if on is not None]
    return float(pd.Series(days).median()) if len(days) >= k else None


def fixes(
    visits: Iterable[Visit], facilities: pd.DataFrame, progress: pd.DataFrame, *, rise_share: float
) -> pd.DataFrame:  # fmt: skip
    """One row per facility where a visitor saw something to put right (FINDINGS, accepted; the last such visit): facility_id,
    seen_on, status, `fix` (FIXES), fixed_on.

    delivered: completed after the visit. resumed: a later report of works stands `rise_share` above the last one before the
    visit. not_yet: reports came, and none does. not_known: no report since, or none before works that had begun. What is
    reported is what the parties say. "Finished and closed" has no fact that would tell.
    """
    last: dict[str, Visit] = {}
    for one in sorted(visits, key=lambda visit: visit.day):
        if one.state == "accept" and one.status in FINDINGS:
            last[one.facility_id] = one
    known = facilities[facilities["facility_id"].isin(last)]
    completed_on = dict(zip(known["facility_id"], known["completed_on"], strict=True))
    said = progress[progress["facility_id"].isin(last) & progress["progress_share"].notna()]
    said = said[said["reported_on"].notna() & ~said["progress_source"].isin(schema.SEEN)]
    reports = dict(iter(said.sort_values("reported_on").groupby("facility_id")))
    rows = []
    for facility_id, one in sorted(last.items()):
        if facility_id in completed_on:
            fix, fixed_on = _fix(one, completed_on[facility_id], reports.get(facility_id), rise_share)
            rows.append((facility_id, one.day, one.status, fix, fixed_on))
    return pd.DataFrame(rows, columns=["facility_id", "seen_on", "status", "fix", "fixed_on"])


def _fix(one: Visit, completed_on: Any, reports: pd.DataFrame | None, rise_share: float) -> tuple[str, date | None]:
    if one.status == "finished_closed":
        return "not_known", None
    if isinstance(completed_on, date) and completed_on > one.day:
        return "delivered", completed_on
    before: list[tuple[date, float]] = []
    after: list[tuple[date, float]] = []
    for day, share in zip(reports["reported_on"], reports["progress_share"], strict=True) if reports is not None else ():
        (before if day <= one.day else after).append((day, share))
    if not after or (not before and one.status == "idle"):
        return "not_known", None
    was = before[-1][1] if before else 0.0
    return next((("resumed", day) for day, share in after if share >= was + rise_share - _SHARE_NOISE), ("not_yet", None))


def fix_rate(found: pd.DataFrame, *, k: int) -> FixRate:
    """The rate of `fixes`, with what is not known beside it and never in it."""
    n = {fix: int(found["fix"].eq(fix).sum()) for fix in FIXES}
    n_fixed = n["resumed"] + n["delivered"]
    n_known = n_fixed + n["not_yet"]
    if n_known < k:
        return FixRate(n_fixed, n["not_yet"], n["not_known"], None, None, None)
    low, high = binomtest(n_fixed, n_known).proportion_ci(method="wilson")
    return FixRate(n_fixed, n["not_yet"], n["not_known"], n_fixed / n_known, float(low), float(high))


def gaps(facilities: pd.DataFrame, visited: Iterable[str], by: Sequence[str] = ("region_code", "district_code")) -> pd.DataFrame:
    """Flagged facilities by place, and how many of them nobody has visited: `by`, n_flagged, n_not_visited; most of those first.

    A place that is not known is the place UNKNOWN. Restricted facilities are not in it.
    """
    shown = facilities[filters.public(facilities) & facilities["is_flagged"].eq(True).fillna(False)]
    rows = pd.DataFrame({name: shown[name].astype(object).fillna(UNKNOWN) for name in by})
    rows["n_flagged"], rows["n_not_visited"] = 1, (~shown["facility_id"].isin(set(visited))).astype(int)
    found = rows.groupby(list(by), as_index=False)[["n_flagged", "n_not_visited"]].sum()
    return found.sort_values(["n_not_visited", *by], ascending=[False, *(True for _ in by)], ignore_index=True)


def months(
    observations: Iterable[Visit], counted: Mapping[tuple[str, str], int | None]
) -> list[tuple[str, int | None, list[str]]]:
    """Accepted observations of ONE facility by month, newest first: month, number (None below k), statuses seen, each once."""
    seen: dict[str, list[str]] = {}
    for one in observations:
        if one.state == "accept" and one.status not in (own := seen.setdefault(f"{one.day:%Y-%m}", [])):
            own.append(one.status)
    numbers = {month: n for (_, month), n in counted.items()}
    return [(month, numbers.get(month), sorted(statuses)) for month, statuses in sorted(seen.items(), reverse=True)]
