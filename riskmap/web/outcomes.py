"""What came of visits, for pages and feeds: read from the store of this process, in the reader's language."""

from contextlib import suppress

from riskmap import outcomes
from riskmap import settings as settings_file
from riskmap.problem import DataError
from riskmap.web import clock, current


def visited() -> frozenset[str]:
    """Facilities that somebody visited lately (`observations.visited_within_days`); none where there is no store."""
    with suppress(DataError):
        within_days = settings_file.load()["observations"]["visited_within_days"]
        return outcomes.visited(_observations(), today=clock.today(), within_days=within_days)
    return frozenset()


def _observations() -> list:
    from riskmap import store  # noqa: PLC0415  readers of the map need no database

    return store.observations(current.store())
