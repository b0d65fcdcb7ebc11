"""What the values of one row say to each other: the order of dates, money against money.

Each rule looks at one dictionary of typed values and gives findings; a finding of severity "cell" names the columns
that become not known, because one of them must be wrong and the row does not say which.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Finding:
    """`columns`: where the problem is shown; those are emptied if the severity is "cell"."""

    code: str
    severity: str
    columns: tuple[str, ...]
    params: dict[str, str] = field(default_factory=dict)


def _pair(code: str, severity: str, columns: tuple[str, ...], earlier: date, later: date) -> Finding:
    return Finding(code, severity, columns, {"first": earlier.isoformat(), "second": later.isoformat()})


def findings(values: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Every finding about one row of facility, contract and progress columns."""
    yield from _dates(values)
    yield from _future(values)
    yield from _money(values, settings)


def _dates(v: Mapping[str, Any]) -> Iterator[Finding]:
    """publish <= deadline <= signed <= start <= due (methodology 4.2)."""
    published, deadline = v.get("published_on"), v.get("bid_deadline_on")
    signed, start, completed = v.get("signed_on"), v.get("start_on"), v.get("completed_on")
    if published and deadline and published > deadline:
        yield _pair("deadline_before_publication", "cell", ("bid_deadline_on", "published_on"), deadline, published)
        deadline = None
    if deadline and signed and deadline > signed:
        yield _pair("signed_before_deadline", "warning", ("signed_on",), signed, deadline)
    if signed and start and signed > start:
        yield _pair("start_before_signing", "warning", ("start_on",), start, signed)
    begun = min((d for d in (signed, start) if d), default=None)
    if (due := v.get("due_on")) and begun and due < begun:
        yield _pair("due_before_start", "cell", ("due_on",), due, begun)
    if (first := v.get("due_first_on")) and begun and first < begun:  # the start itself may have slipped past it
        yield _pair("due_first_before_start", "warning", ("due_first_on",), first, begun)
    if completed and begun and completed < begun:
        yield _pair("completed_before_start", "warning", ("completed_on",), completed, begun)
    if (since := v.get("rnu_from_on")) and (until := v.get("rnu_to_on")) and until < since:
        yield _pair("register_dates_order", "cell", ("rnu_from_on", "rnu_to_on"), until, since)


def _future(v: Mapping[str, Any]) -> Iterator[Finding]:
    """Nothing can have happened after the day on which the source speaks."""
    said_on = v.get("source_as_of")
    if not said_on:
        return
    if (completed := v.get("completed_on")) and completed > said_on:
        yield _pair("completed_in_future", "cell", ("completed_on",), said_on, completed)
    if (reported := v.get("reported_on")) and reported > said_on:
        yield _pair("reported_in_future", "cell", ("reported_on", "progress_share"), said_on, reported)
    for name in ("signed_on", "expertise_on"):
        if (happened := v.get(name)) and happened > said_on:
            yield _pair("date_in_future", "warning", (name,), said_on, happened)


def _money(v: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[Finding]:
    limits, usual = settings["check"], settings["country"]["usual_value"]
    value, paid, budget = v.get("value_amount"), v.get("paid_amount"), v.get("budget_amount")
    advance = v.get("advance_amount")
    if value and paid is not None and paid > limits["paid_over_value"] * value:
        yield Finding("paid_over_value", "error", ("paid_amount",), {"limit": str(limits["paid_over_value"])})
    if value and budget and value > limits["value_over_budget"] * budget:
        yield Finding("value_over_budget", "warning", ("value_amount",), {"limit": str(limits["value_over_budget"])})
    if value and usual and not usual[0] <= value <= usual[1]:
        yield Finding("value_unusual", "warning", ("value_amount",), {"first": str(usual[0]), "last": str(usual[1])})
    if advance is not None and paid is not None and advance > paid:
        yield Finding("advance_over_paid", "warning", ("advance_amount",))
