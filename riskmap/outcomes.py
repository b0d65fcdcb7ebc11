"""What came of visits, counted: pure functions of observations and of snapshots. Knows neither the store nor the clock."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol


class Visit(Protocol):
    """What is counted of an observation; `riskmap.store.Observation` is one."""

    @property
    def facility_id(self) -> str: ...
    @property
    def day(self) -> date: ...
    @property
    def state(self) -> str: ...


def visited(observations: Iterable[Visit], *, today: date, within_days: int) -> frozenset[str]:
    """Facilities with an accepted observation of the last `within_days` days: all others are "not yet visited"."""
    first = today - timedelta(days=within_days)
    return frozenset(one.facility_id for one in observations if one.state == "accept" and first <= one.day <= today)
