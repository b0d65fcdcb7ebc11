"""Who may do what: one table, refused by default, asked again at every action in the transaction of the action."""

import unicodedata
from dataclasses import dataclass

import pandas as pd

from riskmap.check.identifiers import mask
from riskmap.explain import find
from riskmap.problem import DataError
from riskmap.settings import Settings
from riskmap.snapshot import Snapshot
from riskmap.store import people
from riskmap.store.people import Identity, Person
from riskmap.store.work import Connection

# action -> roles. Officials act on facilities of their region or body only; "region" = not the body about itself
ACTIONS: dict[str, frozenset[str]] = {
    "read_desk": frozenset({"monitor", "official", "operator"}),
    "case": frozenset({"official"}),
    "close_case": frozenset({"official"}),
    "reply": frozenset({"official"}),
    "correction": frozenset({people.GUEST, "monitor", "official"}),
    "decide_correction": frozenset({"official"}),
    "returned_money": frozenset({"official"}),
    "role": frozenset({"operator"}),
    "read_roles": frozenset({"operator"}),
    "read_audit": frozenset({"monitor", "operator"}),
    "observation": frozenset({"monitor", "operator"}),
    # public control is not the state's: who is asked does not record what was asked and answered
    "document": frozenset({"monitor", "operator"}),
}
_IN_SCOPE = frozenset({"case", "close_case", "reply", "decide_correction", "returned_money"})
# nobody clears its own flag
_NOT_THE_BODY_ITSELF = frozenset({"close_case", "decide_correction", "returned_money"})


class Denied(DataError):
    """The role, or the region or body it is for, does not allow the action."""

    def __init__(self, action: str) -> None:
        super().__init__("work_denied", action=action)


@dataclass(frozen=True)
class Facility:
    """What decides who may act on a facility."""

    facility_id: str
    region_code: str
    buyer_id: str
    is_flagged: bool


def facility(snapshot: Snapshot, facility_id: str) -> Facility:
    """The facility of a snapshot; DataError `work_facility` for one that is not there, or that may not be shown."""
    row = find(snapshot.facilities, facility_id)
    if row is None:
        raise DataError("work_facility", id=facility_id[:40])
    known = {name: "" if pd.isna(row[name]) else str(row[name]) for name in ("region_code", "buyer_id")}
    return Facility(row["facility_id"], known["region_code"], known["buyer_id"], row["is_flagged"] is True)


def person(connection: Connection, identity: Identity | None, action: str, of: Facility | None = None) -> Person:
    """Who acts, looked up now; `Denied` unless the role allows `action` on this facility."""
    found = people.in_force(connection, identity) if identity else None
    if found is None or not allows(found, action, of):
        raise Denied(action)
    return found


def reader(connection: Connection, identity: Identity | None, of: Facility) -> Person:
    """Who reads the work on a facility, looked up now; `Denied` for an official of elsewhere too."""
    found = person(connection, identity, "read_desk", of)
    if not reads(found, of):
        raise Denied("read_desk")
    return found


def allows(someone: Person, action: str, of: Facility | None = None) -> bool:
    """May this role do it? An action that is not in the table, or one in scope without a facility: no."""
    if someone.role not in ACTIONS.get(action, frozenset()):
        return False
    if action in _NOT_THE_BODY_ITSELF and someone.body_id:
        return False
    return action not in _IN_SCOPE or (of is not None and covers(someone, of))


def reads(someone: Person, of: Facility) -> bool:
    """May this role read the work on a facility? Officials that of their region or body only."""
    return allows(someone, "read_desk", of) and (someone.role != "official" or covers(someone, of))


def covers(someone: Person, of: Facility) -> bool:
    """Is the facility of this official's body, or of the region? What is not known is covered by nobody."""
    if someone.body_id:
        return of.buyer_id == someone.body_id
    return bool(someone.region_code) and of.region_code == someone.region_code


def words(typed: str, *, settings: Settings, limit: str = "max_text_characters") -> str:
    """Typed text without what only steers terminals and browsers. DataError `work_text_long`, `work_iin` (a person's number)."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in lines if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    plain = unicodedata.normalize("NFC", "".join(kept)).strip()
    most = settings["office"][limit]
    if len(plain) > most:
        raise DataError("work_text_long", limit=str(most))
    if mask(plain) != plain:
        raise DataError("work_iin")
    return plain
