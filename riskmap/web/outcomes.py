"""What came of visits, for pages and feeds: read from the store of this process, in the reader's language."""

from riskmap import outcomes
from riskmap import settings as settings_file
from riskmap.problem import DataError
from riskmap.web import clock, current


def can_be_reached() -> bool:
    """Is there a store to ask? Where there is none, a page says so and offers nothing that needs it."""
    try:
        current.store()
    except (DataError, OSError):
        return False
    return True


def visited() -> frozenset[str] | None:
    """Facilities that somebody visited lately (`observations.visited_within_days`); None where there is no store to ask."""
    if not can_be_reached():
        return None
    within_days = settings_file.load()["observations"]["visited_within_days"]
    return outcomes.visited(_observations(), today=clock.today(), within_days=within_days)


def _observations() -> list:
    from riskmap import store  # noqa: PLC0415  readers of the map need no database

    return store.observations(current.store())
