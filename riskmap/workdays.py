"""Working days of a country: holidays and moved days from the package `holidays` (never a list of our own), and for the
official clock the years that are known, with their sources, from the settings.

Counting: the day after an event is day 1, and only working days count, so that a term in working days always ends on one.
A Saturday or Sunday to which a working day was moved counts as one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmap.settings import Settings

_DAY = np.timedelta64(1, "D")
_ONE = timedelta(days=1)
_MAX_DAYS = 3660  # nobody counts further than ten years; a calendar without working days must end somewhere


def between(begin: NDArray[np.datetime64], end: NDArray[np.datetime64], *, calendar: str) -> NDArray[np.int64]:
    """Working days from `begin` up to the day before `end` (negative if `end` is earlier), dates as datetime64[D].

    `calendar` is a country code of `holidays`. A Saturday to which a working day was moved counts as one.
    """
    if not len(begin):
        return np.zeros(0, dtype=np.int64)
    first, last = min(begin.min(), end.min()), max(begin.max(), end.max())
    days = np.arange(first, last + 2 * _DAY, _DAY)
    official = _official(calendar, int(str(first)[:4]), int(str(last)[:4]))
    off = np.array(sorted(official), dtype="datetime64[D]")
    week = "".join("0" if weekday in official.weekend else "1" for weekday in range(7))
    is_working = np.is_busday(days, weekmask=week, holidays=off)
    is_working |= np.isin(days, np.array(sorted(official.weekend_workdays), dtype="datetime64[D]"))
    before = np.concatenate([[0], np.cumsum(is_working)])  # working days before each day
    return (before[(end - first) // _DAY] - before[(begin - first) // _DAY]).astype(np.int64)


def _official(country: str, first_year: int, last_year: int, language: str | None = None) -> holidays.HolidayBase:
    return holidays.country_holidays(country, years=range(first_year, last_year + 1), language=language)


def with_submission_days(contracts: pa.Table, *, calendar: str) -> pa.Table:
    """The contracts with `submission_working_days`: from publication to the end of submission, null where one is not known.

    Computed once, before any engine sees the table: engines know no holidays. Without a calendar nothing is known.
    """
    begin, end = (contracts[name].to_numpy().astype("datetime64[D]") for name in ("published_on", "bid_deadline_on"))
    known = ~np.isnat(begin) & ~np.isnat(end) & bool(calendar)
    count = np.zeros(len(begin), dtype=np.int64)
    if calendar:
        count[known] = between(begin[known], end[known], calendar=calendar)
    return contracts.append_column("submission_working_days", pa.array(count, pa.int64(), mask=~known))


# ---- the official clock -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Year:
    """A year whose calendar is published. Days that the package does not know, or knows wrongly, and those in dispute."""

    source: str
    days_off: frozenset[date]
    working_days: frozenset[date]
    confirmed: frozenset[date]
    disputed: frozenset[date]


@dataclass(frozen=True)
class Calendar:
    """The days of a country for terms that people must keep. A year that is not in `years` is counted, and said to be a guess."""

    country: str
    years: tuple[tuple[int, Year], ...]

    def year(self, number: int) -> Year | None:
        return dict(self.years).get(number)


@dataclass(frozen=True)
class Doubt:
    """Why a count is not certain. `code`: year_unknown (its calendar is not published, or not in the settings),
    disputed (sources differ about the day), estimated (a feast after the moon, not announced yet)."""

    code: str
    on: date


def calendar(settings: Settings) -> Calendar:
    """The calendar of the settings: `[country] holidays`, and `[calendar.<year>]` for each year that is known."""
    years = {int(number): _year(own) for number, own in settings["calendar"].items()}
    return Calendar(settings["country"]["holidays"], tuple(sorted(years.items())))


def _year(own: Settings) -> Year:
    days = {name: frozenset(map(date.fromisoformat, own.get(name, []))) for name in
            ("days_off", "working_days", "confirmed", "disputed")}  # fmt: skip
    return Year(source=own["source"], **days)


def is_working(day: date, known: Calendar) -> bool:
    """Do public bodies work on that day, as far as is known?"""
    year = known.year(day.year)
    if year and (day in year.working_days or day in year.days_off):
        return day in year.working_days
    off, moved, weekend, _ = _days_of(known.country, day.year)
    return day in moved or (day.weekday() not in weekend and day not in off)


def add(day: date, n: int, known: Calendar) -> date:
    """The last day of a term of `n` working days that begins the day after `day`; `n` >= 1."""
    if n < 1:
        raise ValueError(n)
    last = day + timedelta(days=_MAX_DAYS)
    while day < last:
        day += _ONE
        n -= is_working(day, known)
        if not n:
            return day
    raise ValueError("no working days")


def count(after: date, until: date, known: Calendar) -> int:
    """Working days after `after`, `until` included; negative where `until` is the earlier one."""
    if until < after:
        return -count(until, after, known)
    if (until - after).days > _MAX_DAYS:
        raise ValueError(until)
    return sum(is_working(day, known) for day in _days(after, until))


def doubts(after: date, until: date, known: Calendar) -> tuple[Doubt, ...]:
    """Why the count over these days may turn out otherwise; empty where nothing is known against it."""
    found: set[tuple[str, date]] = set()
    for day in _days(min(after, until), max(after, until)):
        year = known.year(day.year)
        if year is None:
            found.add(("year_unknown", date(day.year, 1, 1)))
            continue
        if day in year.disputed:
            found.add(("disputed", day))
        for feast in _days_of(known.country, day.year)[3] - year.confirmed:
            if abs((feast - day).days) <= 1:  # it may fall a day earlier or later
                found.add(("estimated", feast))
    return tuple(Doubt(code, on) for code, on in sorted(found, key=lambda one: (one[1], one[0])))


def _days(after: date, until: date) -> Iterable[date]:
    return (after + timedelta(days=i) for i in range(1, (until - after).days + 1))


@lru_cache(maxsize=64)
def _days_of(country: str, year: int) -> tuple[frozenset[date], frozenset[date], frozenset[int], frozenset[date]]:
    """(days off, weekend days worked, weekdays of the weekend, estimated feasts) of a year, as the package knows them."""
    if not country:
        return frozenset(), frozenset(), frozenset({5, 6}), frozenset()
    # a day may be moved over New Year: what the next year moves here counts too
    official = _official(country, year, year + 1)
    named = _official(country, year, year, "en_US" if "en_US" in official.supported_languages else None)
    estimated = frozenset(day for day, name in named.items() if "estimated" in name and day.year == year)
    return (
        frozenset(day for day in official if day.year == year),
        frozenset(day for day in official.weekend_workdays if day.year == year),
        frozenset(official.weekend),
        estimated,
    )
