"""The one clock of the house: the day on which people act. Scores never ask it: theirs is the snapshot's `as_of`."""

import os
from datetime import date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Almaty")  # one time zone for the whole of Kazakhstan since 1 March 2024


def today() -> date:
    """The day of a visit, of a decision or of an official deadline; `RISKMAP_TODAY` (ISO) in its place where it is set."""
    asked = os.environ.get("RISKMAP_TODAY")
    return date.fromisoformat(asked) if asked else datetime.now(ZONE).date()


def now_seconds() -> int:
    """Seconds since 1970, for the age of a sign-in; nothing that is stored carries it."""
    return int(datetime.now(ZONE).timestamp())
