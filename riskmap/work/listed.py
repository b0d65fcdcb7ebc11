"""The work list: flagged facilities and open reviews, with whom, until when, and how long overdue."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from riskmap import filters, workdays
from riskmap.settings import Settings
from riskmap.snapshot import Snapshot
from riskmap.store import people, work
from riskmap.store.database import reading
from riskmap.store.people import Identity, Person
from riskmap.work import access
from riskmap.work.access import Facility
from riskmap.work.cases import CLOSED, Store

_READ = ("facility_id", "title", "region_code", "buyer_id", "level", "is_flagged", "r_lo")


@dataclass(frozen=True)
class Row:
    """One line of the list. `days_over`: working days since the due day, 0 = not overdue. `since_on`: when its state began."""

    facility_id: str
    title: str
    region_code: str
    level: str
    state: str
    assignee: Person | None
    is_assigned: bool
    due_on: date | None
    since_on: date | None
    days_over: int
    days_left: int | None
    has_reply: bool
    n_waiting: int
    is_mine: bool

    @property
    def is_open(self) -> bool:
        return self.state not in CLOSED


def rows(
    store: Store, identity: Identity | None, snapshot: Snapshot, *, on: date, settings: Settings, lang: str
) -> list[Row]:  # fmt: skip
    """What this role holder sees: officials their region or body, monitors and operators all of it. Overdue first."""
    with reading(store) as connection:
        someone = access.person(connection, identity, "read_desk")
        is_seen = (lambda of: access.covers(someone, of)) if someone.role == "official" else (lambda of: True)
        return _rows(connection, snapshot, is_seen, someone, on=on, settings=settings, lang=lang)


def everything(store: Store, snapshot: Snapshot, *, on: date, settings: Settings, lang: str) -> list[Row]:
    """The whole list, for the digest of the command line."""
    with reading(store) as connection:
        return _rows(connection, snapshot, lambda of: True, people.OF_THE_MACHINE, on=on, settings=settings, lang=lang)


def overdue(listed: Iterable[Row]) -> list[Row]:
    """Open reviews past their due day, the longest first."""
    return sorted((row for row in listed if row.is_open and row.days_over), key=lambda row: (-row.days_over, row.facility_id))


def _rows(
    connection: Any, snapshot: Snapshot, is_seen: Callable[[Facility], bool], someone: Person, *, on: date, settings: Settings,
    lang: str,
) -> list[Row]:  # fmt: skip
    last = {step.facility_id: step for step in work.cases(connection)}
    began = _began(connection)
    replied = {reply.facility_id for reply in work.replies(connection)}
    waiting = Counter(one.facility_id for one in work.corrections(connection) if not one.decision)
    holders = {person.person_id: person for _, person in people.everyone(connection)}
    calendar = workdays.calendar(settings)
    frame = snapshot.facilities[[*_READ, f"title_{lang}", "is_restricted"]]  # not two hundred columns of every facility
    is_wanted = frame["is_flagged"].fillna(False) | frame["facility_id"].isin({*last, *waiting})
    wanted = frame[is_wanted & filters.public(frame)]
    found = []
    for raw in wanted.sort_values("r_lo", ascending=False, kind="stable").to_dict("records"):
        row: dict[str, Any] = {str(name): None if pd.isna(value) else value for name, value in raw.items()}
        of = Facility(row["facility_id"], row["region_code"] or "", row["buyer_id"] or "", bool(row["is_flagged"]))
        if not is_seen(of):
            continue
        step = last.get(of.facility_id)
        due_on = step.due_on if step else None
        left = workdays.count(on, due_on, calendar) if due_on else None
        assignee_id = step.assignee_id if step else None
        found.append(
            Row(
                facility_id=of.facility_id, title=row[f"title_{lang}"] or row["title"] or of.facility_id,
                region_code=of.region_code, level=row["level"] or "not_assessable", state=step.state if step else "new",
                assignee=holders.get(assignee_id or ""), is_assigned=assignee_id is not None, due_on=due_on,
                since_on=began.get(of.facility_id), days_over=max(1, -left) if due_on and left is not None and due_on < on else 0,
                days_left=left, has_reply=of.facility_id in replied, n_waiting=waiting[of.facility_id],
                is_mine=assignee_id == someone.person_id,
            )
        )  # fmt: skip
    return sorted(found, key=lambda row: (not row.is_open, -row.days_over, row.due_on or date.max))


def _began(connection: Any) -> dict[str, date]:
    """Since when each review stands in its present state."""
    found: dict[str, tuple[str, date]] = {}
    for step in work.all_steps(connection):
        if found.get(step.facility_id, ("", step.acted_on))[0] != step.state:
            found[step.facility_id] = (step.state, step.acted_on)
    return {facility_id: day for facility_id, (_, day) in found.items()}
