"""Roles, given and taken back by an operator; never by oneself."""

import re
from datetime import date

from riskmap.problem import DataError
from riskmap.settings import Settings
from riskmap.store import people, work
from riskmap.store.audit import Entry, entries
from riskmap.store.database import reading
from riskmap.store.people import NONE, OF_THE_MACHINE, ROLES, Identity, Person
from riskmap.work import access
from riskmap.work.access import Denied
from riskmap.work.cases import Store

_MAX = 255
_REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
_BIN = re.compile(r"[0-9]{12}")


def grant(
    store: Store, by: Identity | None, whom: Identity, *, role: str, region_code: str = "", body_id: str = "", office: str = "",
    on: date, settings: Settings, is_command_line: bool = False,
) -> Person:  # fmt: skip
    """Give `whom` a role in place of the one before. An official has a region or a body, and an office that others read.

    `is_command_line`: asked for by somebody who has the machine. DataError: `work_denied`, `work_role`, `work_scope`,
    `work_office`, `work_identity`.
    """
    if role not in ROLES:
        raise DataError("work_role", known=", ".join(ROLES))
    if (role == "official") != (bool(region_code) != bool(body_id)) or (role != "official" and (region_code or body_id)):
        raise DataError("work_scope")
    if (region_code and not _REGION.fullmatch(region_code)) or (body_id and not _BIN.fullmatch(body_id)):
        raise DataError("work_scope")
    post = access.words(office, settings=settings, limit="max_document_characters")
    if role == "official" and not post:
        raise DataError("work_office")
    return _set(store, by, whom, role, region_code, body_id, post, on=on, is_command_line=is_command_line)


def revoke(store: Store, by: Identity | None, whom: Identity, *, on: date, is_command_line: bool = False) -> None:
    """Take a role back: refused from the next action on. DataError: `work_denied`, `work_identity` (has no role)."""
    with reading(store) as connection:
        if people.in_force(connection, whom).role == people.GUEST:
            raise DataError("work_identity")
    _set(store, by, whom, NONE, "", "", "", on=on, is_command_line=is_command_line)


def me(store: Store, identity: Identity | None) -> Person | None:
    """The role of now; None where nobody has signed in. For showing only: every action asks again."""
    if identity is None:
        return None
    with reading(store) as connection:
        return people.in_force(connection, identity)


def everyone(store: Store, by: Identity | None, *, is_command_line: bool = False) -> list[tuple[Identity, Person]]:
    """Role holders, for an operator."""
    with reading(store) as connection:
        if not is_command_line:
            access.person(connection, by, "read_roles")
        return people.everyone(connection)


def trail(store: Store, by: Identity | None) -> list[Entry]:
    """The audit trail, for monitors and operators."""
    with reading(store) as connection:
        access.person(connection, by, "read_audit")
    return entries(store)


def _set(
    store: Store, by: Identity | None, whom: Identity, role: str, region_code: str, body_id: str, office: str, *, on: date,
    is_command_line: bool,
) -> Person:  # fmt: skip
    parts = (whom.issuer, whom.subject)
    if not all(0 < len(part) <= _MAX and part.isprintable() for part in parts):
        raise DataError("work_identity")
    with work.acting(store) as connection:
        if is_command_line:
            someone = OF_THE_MACHINE
        else:
            someone = access.person(connection, by, "role")
            if by == whom:
                raise Denied("role")
        given = {"role": role, "region_code": region_code, "body_id": body_id, "office": office}
        return people.grant(connection, whom, **given, by=someone, on=on)
