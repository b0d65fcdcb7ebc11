"""Money returned: damage established, money recovered and what it paid for afterwards, with sources. Entries are only added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from riskmap.problem import DataError
from riskmap.settings import Settings
from riskmap.store import work
from riskmap.store.database import reading
from riskmap.store.people import Identity
from riskmap.store.work import KINDS, Returned
from riskmap.work import access
from riskmap.work.access import Facility
from riskmap.work.cases import Stale, Store

_MAX_KZT = 10**15  # the budget of the whole state is about 10^13


@dataclass(frozen=True)
class Sum:
    """What is known of one kind of entry. `amount_kzt` None: nothing is known; `n_unknown` entries have no amount."""

    kind: str
    n: int
    amount_kzt: int | None
    n_unknown: int


def add(
    store: Store, identity: Identity | None, facility: Facility, *, expected: int, kind: str, amount_kzt: int | None,
    happened_on: date, paid_for: str, source: str, replaces: int | None, on: date, settings: Settings,
) -> Returned:  # fmt: skip
    """One entry; `replaces`: the number of an entry of this facility that was wrong, and stays to be read.

    DataError: `work_denied`, `work_kind`, `work_amount`, `work_source` (without one it is only a rumour), `work_paid_for`
    (what was spent says on what), `work_day`, `work_replaces`, `work_stale`.
    """
    if kind not in KINDS:
        raise DataError("work_kind")
    if amount_kzt is not None and not 0 <= amount_kzt <= _MAX_KZT:
        raise DataError("work_amount")
    if happened_on > on:
        raise DataError("work_day")
    cited, use = (access.words(typed, settings=settings) for typed in (source, paid_for))
    if not cited:
        raise DataError("work_source")
    if kind == "spent" and not use:
        raise DataError("work_paid_for")
    with work.acting(store) as connection:
        someone = access.person(connection, identity, "returned_money", facility)
        known = work.returned(connection, facility.facility_id)
        if work.last_number(known) != expected:
            raise Stale([])
        in_force = {entry.number: entry for entry in valid(known)}
        if replaces is not None and replaces not in in_force:
            raise DataError("work_replaces", n=str(replaces))
        entry = Returned(
            facility.facility_id, expected + 1, kind, amount_kzt, happened_on, use, cited, replaces, someone.person_id, on
        )
        work.add_returned(connection, entry, in_force.get(replaces) if replaces else None)
    return entry


def of_facility(store: Store, facility_id: str | None = None) -> list[Returned]:
    """Entries in force, of one facility or of all. Public: no role is asked for."""
    with reading(store) as connection:
        return valid(work.returned(connection, facility_id))


def every_entry(store: Store, facility_id: str) -> list[Returned]:
    """Every entry about a facility, the replaced ones too."""
    with reading(store) as connection:
        return work.returned(connection, facility_id)


def valid(entries: Sequence[Returned]) -> list[Returned]:
    """The entries that no later one replaces."""
    replaced = {(entry.facility_id, entry.replaces) for entry in entries if entry.replaces is not None}
    return [entry for entry in entries if (entry.facility_id, entry.number) not in replaced]


def sums(entries: Sequence[Returned]) -> list[Sum]:
    """One row per kind. Amounts that are not known are counted, never taken for nothing."""
    found = []
    for kind in KINDS:
        own = [entry.amount_kzt for entry in entries if entry.kind == kind]
        known = [amount for amount in own if amount is not None]
        found.append(Sum(kind, len(own), sum(known) if known else None, len(own) - len(known)))
    return found
