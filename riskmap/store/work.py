"""The work on flagged facilities as rows: steps of a review, replies, corrections, money returned. The rules are in riskmap/work.

Each function that writes adds its entry to the trail in the same transaction. IntegrityError where two write the same number
at once; who read an older number than the last one is told by the caller.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, func, insert, select

from riskmap.store import audit, tables
from riskmap.store.database import writing
from riskmap.store.people import Person

STATES = ("new", "checking", "explained", "referred", "confirmed", "cleared", "corrected")
KINDS = ("established", "recovered", "spent")
ACCEPT, REFUSE = "accept", "refuse"


@dataclass(frozen=True)
class Step:
    """The review of a facility's flag as it stands after one step. `documents`: references, one a line."""

    facility_id: str
    number: int
    state: str
    assignee_id: str | None
    due_on: date | None
    reason: str
    documents: str
    snapshot_id: str
    person_id: str
    acted_on: date


@dataclass(frozen=True)
class Reply:
    """What the body answers. `office`: a post or department, never a name."""

    facility_id: str
    number: int
    text: str
    office: str
    person_id: str
    acted_on: date


@dataclass(frozen=True)
class Correction:
    """A fact reported as wrong, and what was decided. `decision`: "" while nobody has decided."""

    correction_id: str
    facility_id: str
    contract_no: str
    column_name: str
    stated: str
    right_value: str
    source: str
    acted_on: date
    decision: str = ""
    reason: str = ""
    decided_on: date | None = None
    number: int = 0


@dataclass(frozen=True)
class Returned:
    """Damage established, money recovered, or what it paid for; `amount_kzt` None = not known. `replaces`: an entry in error."""

    facility_id: str
    number: int
    kind: str
    amount_kzt: int | None
    happened_on: date
    paid_for: str
    source: str
    replaces: int | None
    person_id: str
    acted_on: date


Numbered = TypeVar("Numbered", Step, Reply, Returned)


# ---- reviews of flags -------------------------------------------------------------------------------------------------
def steps(connection: Connection, facility_id: str) -> list[Step]:
    """All steps of one review, oldest first."""
    return _all(connection, tables.case_steps, Step, facility_id)


def cases(connection: Connection) -> list[Step]:
    """The last step of every review, by facility."""
    last = {one.facility_id: one for one in _all(connection, tables.case_steps, Step)}
    return list(last.values())


def all_steps(connection: Connection) -> list[Step]:
    """Every step of every review, by facility and number."""
    return _all(connection, tables.case_steps, Step)


def add_step(connection: Connection, step: Step, before: Step | None) -> None:
    _add(connection, tables.case_steps, step, "case", before)


# ---- replies ----------------------------------------------------------------------------------------------------------
def replies(connection: Connection, facility_id: str | None = None) -> list[Reply]:
    """All replies, of one facility or of all, oldest first; the last of a facility is in force."""
    return _all(connection, tables.replies, Reply, facility_id)


def add_reply(connection: Connection, reply: Reply, before: Reply | None) -> None:
    _add(connection, tables.replies, reply, "reply", before)


# ---- corrections ------------------------------------------------------------------------------------------------------
def corrections(connection: Connection, facility_id: str | None = None) -> list[Correction]:
    """All corrections with the decision in force, of one facility or of all, by day and identifier."""
    of, decided = tables.corrections, tables.correction_decisions
    by_id: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in connection.execute(select(decided).order_by(decided.c.number)):
        by_id[row.correction_id] = {
            "decision": row.decision, "reason": row.reason, "decided_on": row.acted_on, "number": row.number,
        }  # fmt: skip
    query = select(of).order_by(of.c.acted_on, of.c.correction_id)
    if facility_id is not None:
        query = query.where(of.c.facility_id == facility_id)
    return [Correction(**row, **by_id[row["correction_id"]]) for row in connection.execute(query).mappings()]


def add_correction(connection: Connection, correction: Correction, by: Person) -> None:
    """Keep a report. Who reported it is not kept; the trail has the role holder, or "guest"."""
    row = {name: value for name, value in asdict(correction).items() if name in tables.corrections.c}
    connection.execute(insert(tables.corrections), row)
    audit.add(connection, by.person_id, "correction", correction.correction_id, None, row, correction.acted_on)


def decide_correction(
    connection: Connection, correction: Correction, *, decision: str, reason: str, by: Person, on: date
) -> None:  # fmt: skip
    row = {
        "correction_id": correction.correction_id, "number": correction.number + 1, "decision": decision, "reason": reason,
        "person_id": by.person_id, "acted_on": on,
    }  # fmt: skip
    connection.execute(insert(tables.correction_decisions), row)
    before = {"decision": correction.decision, "reason": correction.reason} if correction.decision else None
    audit.add(connection, by.person_id, "correction_decision", correction.correction_id, before, row, on)


# ---- money returned ---------------------------------------------------------------------------------------------------
def returned(connection: Connection, facility_id: str | None = None) -> list[Returned]:
    """Every entry, those that a later one replaces too, by facility and number."""
    return _all(connection, tables.returned_money, Returned, facility_id)


def add_returned(connection: Connection, entry: Returned, before: Returned | None) -> None:
    _add(connection, tables.returned_money, entry, "returned_money", before)


# ---- shared -----------------------------------------------------------------------------------------------------------
def last_number(rows: Iterable[Numbered]) -> int:
    return max((one.number for one in rows), default=0)


def _all(connection: Connection, of: Table, kind: type[Numbered], facility_id: str | None = None) -> list[Numbered]:
    query = select(of).order_by(of.c.facility_id, of.c.number)
    if facility_id is not None:
        query = query.where(of.c.facility_id == facility_id)
    return [kind(**row) for row in connection.execute(query).mappings()]


def _add(connection: Connection, of: Table, row: Any, what: str, before: Any) -> None:
    content: Mapping[str, Any] = asdict(row)
    connection.execute(insert(of), content)
    audit.add(connection, row.person_id, what, row.facility_id, asdict(before) if before else None, content, row.acted_on)


def n_open_corrections(connection: Connection, facility_id: str) -> int:
    """How many reports about a facility wait for a decision."""
    of, decided = tables.corrections, tables.correction_decisions
    is_decided = select(1).where(decided.c.correction_id == of.c.correction_id).exists()
    query = select(func.count()).where(of.c.facility_id == facility_id, ~is_decided)
    return connection.execute(query).scalar_one()


@contextmanager
def acting(store: Engine) -> Iterator[Connection]:
    """A transaction in which somebody acts: one at a time, so that what was read is what stands when it is written."""
    with writing(store) as connection:
        audit.lock(connection)
        yield connection
