"""What became of observations: for the visitor who holds a receipt, and of all of them to be counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine, func, insert, select

from riskmap.problem import DataError
from riskmap.settings import Settings
from riskmap.store import codes, tables
from riskmap.store.database import reading, writing
from riskmap.store.review import Observation, observations
from riskmap.store.use import share_range

_SAME_SHARE = 1e-9
# what a journey is read from; photos come with their observation, the rest of a document with itself
_READ = (
    tables.observations, tables.reviews, tables.uses, tables.control_observations, tables.control_events,
    tables.control_answers, tables.control_grades,
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """`kind`: ask, accept or reject (`detail`: the reason), used (the snapshot), sent (the body), answered (the grade)."""

    kind: str
    on: date
    detail: str = ""


@dataclass(frozen=True)
class Fate:
    """What became of an observation. `state`: waiting, ask, accept or reject; `reason` in the monitor's words; `steps` in the
    order in which they were taken, none while it waits; `status`: what was seen."""

    facility_id: str
    day: date
    state: str
    reason: str
    reviewed_on: date | None
    steps: tuple[Step, ...] = ()
    status: str = ""


@dataclass(frozen=True)
class Journey:
    """An observation with its steps, to be counted."""

    observation: Observation
    steps: tuple[Step, ...]

    def on(self, *kinds: str) -> date | None:
        """The day of the first step of one of these kinds."""
        return next((step.on for step in self.steps if step.kind in kinds), None)


def fate(store: Engine, receipt: str) -> Fate:
    """What became of the observation of a receipt; DataError `receipt_unknown`."""
    of = tables.observations
    query = (
        select(of.c.observation_id, of.c.facility_id, of.c.day, of.c.status)
        .join(tables.receipts, tables.receipts.c.observation_id == of.c.observation_id)
        .where(tables.receipts.c.receipt_hash == codes.hash_of(receipt))
    )
    with reading(store) as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            raise DataError("receipt_unknown")
        steps = _steps(connection, row.observation_id).get(row.observation_id, ())
    last = next((step for step in reversed(steps) if step.kind in tables.DECISIONS), Step("waiting", row.day))
    reviewed_on = None if last.kind == "waiting" else last.on
    return Fate(row.facility_id, row.day, last.kind, last.detail, reviewed_on, steps, row.status)


def journeys(store: Engine) -> list[Journey]:
    """All observations with what became of them, in the order of `observations`."""
    found = observations(store)
    with reading(store) as connection:
        steps = _steps(connection)
    return [Journey(one, steps.get(one.observation_id, ())) for one in found]


def stamp(store: Engine) -> tuple[int, ...]:
    """Another value whenever `journeys` or `observations` would say something new: rows are added and never changed, so how many
    there are tells. For whoever keeps what was read; it is asked in a few milliseconds."""
    counts = [select(func.count()).select_from(of).scalar_subquery() for of in _READ]
    with reading(store) as connection:
        return tuple(connection.execute(select(*counts)).one())


def decisions(store: Engine, observation_id: str) -> list[Step]:
    """Every decision of a monitor about an observation, the first one first."""
    with reading(store) as connection:
        return [one for one in _steps(connection, observation_id).get(observation_id, ()) if one.kind in tables.DECISIONS]


def record_uses(
    store: Engine, *, snapshot_id: str, as_of: date, seen: Mapping[tuple[str, date], float], settings: Settings
) -> int:
    """Remember which accepted observations are in a snapshot for the first time; returns how many.

    `seen`: its independent reports of works, (facility, day) -> the highest share. An observation is in it where its
    facility and day are, with no smaller share than it can mean.
    """
    taken = [
        one.observation_id
        for one in observations(store)
        if one.state == "accept" and (share := seen.get((one.facility_id, one.day))) is not None
        and (means := share_range(one, settings=settings)) is not None and means[1] <= share + _SAME_SHARE
    ]  # fmt: skip
    of = tables.uses
    with writing(store) as connection:
        known = set(connection.execute(select(of.c.observation_id)).scalars())
        rows = [{"observation_id": i, "snapshot_id": snapshot_id, "as_of": as_of} for i in taken if i not in known]
        if rows:
            connection.execute(insert(of), rows)
    return len(rows)


def _steps(connection: Connection, observation_id: str | None = None) -> dict[str, tuple[Step, ...]]:
    """The steps of every observation, or of one, that has any."""
    found: dict[str, list[Step]] = {}

    def read(of, *order):  # type: ignore[no-untyped-def]  # tables and rows of SQLAlchemy
        query = select(of) if observation_id is None else select(of).where(of.c.observation_id == observation_id)
        return connection.execute(query.order_by(of.c.observation_id, *order)).all()

    for row in read(tables.reviews, tables.reviews.c.number):
        found.setdefault(row.observation_id, []).append(Step(row.decision, row.reviewed_on, row.reason))
    for row in read(tables.uses):
        found.setdefault(row.observation_id, []).append(Step("used", row.as_of, row.snapshot_id))
    cited = [(row.observation_id, row.document_id) for row in read(tables.control_observations)]
    of_documents = _of_documents(connection, {document_id for _, document_id in cited})
    for one, document_id in cited:
        found.setdefault(one, []).extend(of_documents[document_id])
    return {i: tuple(steps) for i, steps in found.items()}


def _of_documents(connection: Connection, document_ids: set[str]) -> dict[str, list[Step]]:
    """When each document was sent, and when the body first answered anything that is not graded as no answer."""
    documents, events, answers, grades = (
        tables.control_documents, tables.control_events, tables.control_answers, tables.control_grades,
    )  # fmt: skip
    found: dict[str, list[Step]] = {one: [] for one in document_ids}

    def read(of, *order):  # type: ignore[no-untyped-def]  # tables and rows of SQLAlchemy
        return connection.execute(select(of).where(of.c.document_id.in_(document_ids)).order_by(*order)).all()

    bodies = {row.document_id: row.body_name for row in read(documents)} if document_ids else {}
    for row in read(events, events.c.happened_on) if document_ids else ():
        if row.kind == "sent" and not found[row.document_id]:
            found[row.document_id].append(Step("sent", row.happened_on, bodies[row.document_id]))
    in_force = {
        (row.document_id, row.recommendation, row.answer): row.grade
        for row in (read(grades, grades.c.number) if document_ids else ())
    }
    answered: set[str] = set()
    for row in read(answers, answers.c.received_on) if document_ids else ():
        grade = in_force.get((row.document_id, row.recommendation, row.number), "")
        if grade != "none" and row.document_id not in answered:
            answered.add(row.document_id)
            found[row.document_id].append(Step("answered", row.received_on, grade))
    return found
