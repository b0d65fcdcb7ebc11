"""Corrections: somebody who has signed in reports a wrong fact, an official accepts or refuses it, an import carries it on."""

from datetime import date

import pandas as pd

from riskmap import corrections as overlay
from riskmap.problem import DataError
from riskmap.settings import Settings
from riskmap.snapshot import Snapshot
from riskmap.store import codes, work
from riskmap.store.database import reading
from riskmap.store.people import Identity
from riskmap.store.work import ACCEPT, REFUSE, Correction
from riskmap.work import access
from riskmap.work.access import Facility
from riskmap.work.cases import Stale, Store


def stated(snapshot: Snapshot, contracts: pd.DataFrame, facility_id: str, column: str, contract_no: str) -> str | None:
    """What the snapshot says in a column, as corrections write it; None where there is no such fact, or more than one."""
    table = overlay.table_of(column)
    rows = snapshot.facilities if table == "facilities" else contracts
    own = rows[rows["facility_id"] == facility_id]
    if table == "contracts" and contract_no:
        own = own[own["contract_no"] == contract_no]
    if table is None or len(own) != 1:
        return None
    found = own[column].iloc[0]
    return "" if pd.isna(found) else overlay.written(found.item() if hasattr(found, "item") else found)


def contracts_of(contracts: pd.DataFrame, facility_id: str) -> list[str]:
    """The numbers of a facility's contracts."""
    return sorted(contracts.loc[contracts["facility_id"] == facility_id, "contract_no"].dropna())


def report(
    store: Store, identity: Identity | None, facility: Facility, *, column: str, contract_no: str, stated: str,
    right_value: str, source: str, on: date, settings: Settings,
) -> str:  # fmt: skip
    """Keep a report of a wrong fact; returns its identifier. Nothing says who reported it, unless a role holder did.

    DataError: `work_denied`, `work_correction` (no such column, or no other value), `work_value`, `work_source`,
    `work_corrections_many`.
    """
    cited = access.words(source, settings=settings)
    if not cited:
        raise DataError("work_source")
    try:
        right, was = (overlay.written(overlay.value(text, column)) for text in (right_value, stated))
    except ValueError:
        raise DataError("work_value") from None
    if right == was or len(contract_no) > settings["office"]["max_document_characters"]:
        raise DataError("work_correction", column=column)
    with work.acting(store) as connection:
        someone = access.person(connection, identity, "correction")
        if work.n_open_corrections(connection, facility.facility_id) >= settings["office"]["max_open_corrections"]:
            raise DataError("work_corrections_many")
        made = Correction(codes.new_id(), facility.facility_id, contract_no, column, was, right, cited, on)
        work.add_correction(connection, made, someone)
    return made.correction_id


def decide(
    store: Store, identity: Identity | None, facility: Facility, correction_id: str, *, expected: int, decision: str,
    reason: str, on: date, settings: Settings,
) -> None:  # fmt: skip
    """Accept or refuse, with a reason; the last decision is in force. Not by the body whose fact it is.

    DataError: `work_denied`, `work_reason`, `work_correction_unknown`, `work_stale`.
    """
    if decision not in (ACCEPT, REFUSE):
        raise DataError("work_state", before="", after=decision[:20])
    words = access.words(reason, settings=settings)
    if not words:
        raise DataError("work_reason")
    with work.acting(store) as connection:
        someone = access.person(connection, identity, "decide_correction", facility)
        own = {one.correction_id: one for one in work.corrections(connection, facility.facility_id)}
        if correction_id not in own:
            raise DataError("work_correction_unknown")
        if own[correction_id].number != expected:
            raise Stale([])
        work.decide_correction(connection, own[correction_id], decision=decision, reason=words, by=someone, on=on)


def of_facility(store: Store, identity: Identity | None, facility: Facility) -> list[Correction]:
    """The reports about a facility, for role holders; officials see those of their region or body only."""
    with reading(store) as connection:
        access.reader(connection, identity, facility)
        return work.corrections(connection, facility.facility_id)


def accepted(store: Store) -> list[overlay.Correction]:
    """The corrections in force, as the file of the next snapshot has them."""
    with reading(store) as connection:
        found = [one for one in work.corrections(connection) if one.decision == ACCEPT]
    return [
        overlay.Correction(
            one.correction_id, one.facility_id, one.contract_no, one.column_name, one.stated, one.right_value, one.source,
            one.decided_on or one.acted_on,
        )
        for one in found
    ]  # fmt: skip
