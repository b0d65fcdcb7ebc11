"""Working days of a country, with its holidays and moved days, from the package `holidays` (never a list of our own)."""

import holidays
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_DAY = np.timedelta64(1, "D")


def between(begin: NDArray[np.datetime64], end: NDArray[np.datetime64], *, calendar: str) -> NDArray[np.int64]:
    """Working days from `begin` up to the day before `end` (negative if `end` is earlier), dates as datetime64[D].

    `calendar` is a country code of `holidays`. A Saturday to which a working day was moved counts as one.
    """
    if not len(begin):
        return np.zeros(0, dtype=np.int64)
    first, last = min(begin.min(), end.min()), max(begin.max(), end.max())
    days = np.arange(first, last + 2 * _DAY, _DAY)
    official = holidays.country_holidays(calendar, years=range(int(str(first)[:4]), int(str(last)[:4]) + 1))
    off = np.array(sorted(official), dtype="datetime64[D]")
    week = "".join("0" if weekday in official.weekend else "1" for weekday in range(7))
    is_working = np.is_busday(days, weekmask=week, holidays=off)
    is_working |= np.isin(days, np.array(sorted(official.weekend_workdays), dtype="datetime64[D]"))
    before = np.concatenate([[0], np.cumsum(is_working)])  # working days before each day
    return (before[(end - first) // _DAY] - before[(begin - first) // _DAY]).astype(np.int64)


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
