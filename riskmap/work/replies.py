"""The right of reply: what the body answers, beside the flag wherever the flag is shown."""

from datetime import date

from riskmap.problem import DataError
from riskmap.settings import Settings
from riskmap.store import work
from riskmap.store.database import reading
from riskmap.store.people import Identity
from riskmap.store.work import Reply
from riskmap.work import access
from riskmap.work.access import Facility
from riskmap.work.cases import Stale, Store


def add(
    store: Store, identity: Identity | None, facility: Facility, *, expected: int, text: str, on: date, settings: Settings
) -> Reply:  # fmt: skip
    """The answer of the body, in the name of its office. It follows the earlier ones, which stay.

    `expected`: the number of the last reply that the writer has read. DataError: `work_denied`, `work_reply` (no words),
    `work_stale`, and those of `access.words`.
    """
    words = access.words(text, settings=settings)
    if not words:
        raise DataError("work_reply")
    with work.acting(store) as connection:
        someone = access.person(connection, identity, "reply", facility)
        known = work.replies(connection, facility.facility_id)
        if work.last_number(known) != expected:
            raise Stale([])
        reply = Reply(facility.facility_id, expected + 1, words, someone.office, someone.person_id, on)
        work.add_reply(connection, reply, known[-1] if known else None)
    return reply


def of_facility(store: Store, facility_id: str) -> list[Reply]:
    """All replies about a facility, oldest first. Public: no role is asked for."""
    with reading(store) as connection:
        return work.replies(connection, facility_id)


def everyone(store: Store) -> list[Reply]:
    """All replies, oldest first per facility. Public."""
    with reading(store) as connection:
        return work.replies(connection)
