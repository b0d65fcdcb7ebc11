"""Who may do what: roles by (issuer, subject) of the sign-in, granted and taken back, never changed in place."""

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, insert, select

from riskmap.store import audit, codes, tables

ROLES = ("monitor", "official", "operator")
NONE, GUEST = "none", "guest"


@dataclass(frozen=True)
class Identity:
    """Whom the provider says has signed in. Only ever from a checked token, never from a form."""

    issuer: str
    subject: str


@dataclass(frozen=True)
class Person:
    """A role holder as the store knows one now. `role`: one of ROLES, or "guest" (signed in, no role; no identifier).

    An official is of one region (`region_code`) or of one body (`body_id`, its BIN); `office` is what others read: a post or
    a department, never a name.
    """

    person_id: str
    role: str
    region_code: str = ""
    body_id: str = ""
    office: str = ""


OF_THE_MACHINE = Person(audit.COMMAND_LINE, "operator")  # whoever can run the command line holds the database anyway
_GUEST = Person(audit.GUEST, GUEST)


def in_force(connection: Connection, identity: Identity) -> Person:
    """The role of this identity at this moment, read in the transaction of what it wants to do."""
    of = tables.people
    query = select(of.c.person_id).where(of.c.issuer == identity.issuer, of.c.subject == identity.subject)
    person_id = connection.execute(query).scalar_one_or_none()
    return (by_id(connection, person_id) if person_id else None) or _GUEST


def by_id(connection: Connection, person_id: str) -> Person | None:
    """A role holder by the pseudonym; None where the role was taken back."""
    of = tables.grants
    query = select(of).where(of.c.person_id == person_id).order_by(of.c.number.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None or row.role == NONE:
        return None
    return Person(row.person_id, row.role, row.region_code, row.body_id, row.office)


def everyone(connection: Connection) -> list[tuple[Identity, Person]]:
    """Role holders of now, with whom the provider calls them (for the operator), by pseudonym."""
    found = []
    for row in connection.execute(select(tables.people).order_by(tables.people.c.person_id)):
        person = by_id(connection, row.person_id)
        if person:
            found.append((Identity(row.issuer, row.subject), person))
    return found


def grant(
    connection: Connection, identity: Identity, *, role: str, region_code: str, body_id: str, office: str, by: Person, on: date
) -> Person:  # fmt: skip
    """Give a role, or NONE to take it back; the pseudonym of an identity stays the same for ever."""
    of = tables.people
    query = select(of.c.person_id).where(of.c.issuer == identity.issuer, of.c.subject == identity.subject)
    person_id = connection.execute(query).scalar_one_or_none()
    if person_id is None:
        person_id = codes.new_id()
        connection.execute(insert(of), {"person_id": person_id, **asdict(identity)})
    before = by_id(connection, person_id)
    numbers = select(tables.grants.c.number).where(tables.grants.c.person_id == person_id)
    given = Person(person_id, role, region_code, body_id, office)
    row = {**asdict(given), "number": max(connection.execute(numbers).scalars(), default=0) + 1, "acted_on": on}
    connection.execute(insert(tables.grants), row)
    audit.add(connection, by.person_id, "role", person_id, asdict(before) if before else None, row, on)
    return given
