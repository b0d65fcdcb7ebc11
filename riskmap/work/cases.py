"""The review of a flag: one case per flagged facility, its states, who has it until when, and why it ended as it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from riskmap import workdays
from riskmap.problem import DataError
from riskmap.settings import Settings
from riskmap.store import people, work
from riskmap.store.database import reading
from riskmap.store.people import Identity, Person
from riskmap.store.work import STATES, Step
from riskmap.work import access
from riskmap.work.access import Denied, Facility

Store = Any  # an engine of riskmap.store.open

# state -> the states that may follow; staying is a step too (another assignee, another day)
TRANSITIONS: dict[str, tuple[str, ...]] = {
    "new": ("new", "checking"),
    "checking": ("checking", "explained", "referred", "confirmed", "cleared", "corrected"),
    "explained": ("explained", "checking", "referred", "confirmed", "cleared", "corrected"),
    "referred": ("referred", "checking", "explained", "confirmed", "cleared", "corrected"),
    "confirmed": ("confirmed", "checking"),
    "cleared": ("cleared", "checking"),
    "corrected": ("corrected", "checking"),
}
CLOSED = ("confirmed", "cleared", "corrected")
WITHOUT_REASON = ("new", "checking")
_NOT_BY_THE_BODY = ("referred", *CLOSED)
_MAX_DAYS = 366


class Stale(DataError):
    """Somebody else wrote meanwhile: nothing was kept. `since`: what was written after the version that was read."""

    def __init__(self, since: Sequence[Step]) -> None:
        super().__init__("work_stale", n=str(len(since)))
        self.since = tuple(since)


@dataclass(frozen=True)
class Case:
    """A review as a reader of the list sees it. `number` 0: nothing was done yet."""

    facility_id: str
    number: int
    state: str
    assignee: Person | None
    due_on: date | None
    reason: str
    documents: tuple[str, ...]
    acted_on: date | None
    office: str


def steps(store: Store, identity: Identity | None, facility: Facility) -> list[Case]:
    """Every step of a review, oldest first, for role holders; officials see those of their region or body only."""
    with reading(store) as connection:
        access.reader(connection, identity, facility)
        return [_case(connection, step) for step in work.steps(connection, facility.facility_id)]


def newest(seen: Sequence[Case], facility_id: str) -> Case:
    """The case as it stands; a flag that nobody has touched is new."""
    return seen[-1] if seen else Case(facility_id, 0, "new", None, None, "", (), None, "")


def move(
    store: Store, identity: Identity | None, facility: Facility, *, expected: int, state: str, assignee_id: str | None,
    due_on: date | None, reason: str, documents: str, snapshot_id: str, on: date, settings: Settings,
) -> Step:  # fmt: skip
    """One step of a review. `expected`: the number of the step that the writer has read; `Stale` where there is a later one.

    DataError: `work_denied`, `work_not_flagged` (nothing to review), `work_state` (does not follow), `work_reason`,
    `work_assignee` (no official of this facility), `work_due`, `work_documents`, and those of `access.words`.
    """
    if state not in STATES:
        raise DataError("work_state", before="", after=state[:20])
    words = access.words(reason, settings=settings)
    references = _references(documents, settings=settings)
    with work.acting(store) as connection:
        someone = access.person(connection, identity, "close_case" if state in _NOT_BY_THE_BODY else "case", facility)
        known = work.steps(connection, facility.facility_id)
        before = known[-1] if known else None
        if (before.number if before else 0) != expected:
            raise Stale([step for step in known if step.number > expected])
        if before is None and not facility.is_flagged:
            raise DataError("work_not_flagged")
        was = before.state if before else "new"
        if state not in TRANSITIONS[was]:
            raise DataError("work_state", before=was, after=state)
        if was in _NOT_BY_THE_BODY and not access.allows(someone, "close_case", facility):
            raise Denied("close_case")  # nor does the body itself open again what others have closed
        if not words and state not in WITHOUT_REASON:
            raise DataError("work_reason")
        is_moved = due_on is not None and (before is None or due_on != before.due_on)  # an overdue day may stay as it is
        if due_on is not None and is_moved and not on <= due_on <= on + timedelta(days=_MAX_DAYS):
            raise DataError("work_due", limit=str(_MAX_DAYS))
        if assignee_id is not None:
            assignee = people.by_id(connection, assignee_id)
            if assignee is None or not access.allows(assignee, "case", facility):
                raise DataError("work_assignee")
        step = Step(
            facility.facility_id, expected + 1, state, assignee_id, due_on, words, "\n".join(references), snapshot_id,
            someone.person_id, on,
        )  # fmt: skip
        work.add_step(connection, step, before)
    return step


def assignees(store: Store, identity: Identity | None, facility: Facility) -> list[Person]:
    """The officials who may be given this case."""
    with reading(store) as connection:
        access.person(connection, identity, "read_desk")
        return [one for _, one in people.everyone(connection) if access.allows(one, "case", facility)]


def next_states(someone: Person, state: str, facility: Facility) -> tuple[str, ...]:
    """What this official may do next with a case; empty: nothing."""
    if state in _NOT_BY_THE_BODY and not access.allows(someone, "close_case", facility):
        return ()
    return tuple(
        after for after in TRANSITIONS[state]
        if access.allows(someone, "close_case" if after in _NOT_BY_THE_BODY else "case", facility)
    )  # fmt: skip


def due_day(on: date, *, settings: Settings) -> date:
    """The day that is proposed: so many working days from `on`."""
    return workdays.add(on, settings["office"]["due_working_days"], workdays.calendar(settings))


def outcomes(store: Store) -> list[tuple[str, date, str, str]]:
    """(facility, day, outcome, source) of every case that stands confirmed or cleared, for `riskmap validate --outcomes`."""
    with reading(store) as connection:
        found = [step for step in work.cases(connection) if step.state in ("confirmed", "cleared")]
    return [
        (step.facility_id, step.acted_on, step.state, "; ".join(step.documents.split("\n")) or "review") for step in found
    ]  # fmt: skip


def _case(connection: Any, step: Step) -> Case:
    assignee = people.by_id(connection, step.assignee_id) if step.assignee_id else None
    actor = people.by_id(connection, step.person_id)
    references = tuple(step.documents.split("\n")) if step.documents else ()
    return Case(
        step.facility_id, step.number, step.state, assignee, step.due_on, step.reason, references, step.acted_on,
        actor.office if actor else "",
    )  # fmt: skip


def _references(typed: str, *, settings: Settings) -> list[str]:
    own = settings["office"]
    lines = [line.strip() for line in access.words(typed, settings=settings).split("\n") if line.strip()]
    if len(lines) > own["max_documents"] or any(len(line) > own["max_document_characters"] for line in lines):
        limits = {"n": str(own["max_documents"]), "limit": str(own["max_document_characters"])}
        raise DataError("work_documents", **limits)
    return lines
