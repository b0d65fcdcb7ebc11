"""The trail of every action: who, what, before, after, on which day; each entry carries the hash of the one before it.

A changed, missing or added entry breaks the chain. An end that was cut off does not: it is found by a head that somebody
noted before (`head`, `verify(..., head=)`). `who` is the pseudonym of a role holder; visitors never appear.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, text

from riskmap.store import tables
from riskmap.store.database import reading

COMMAND_LINE = "command line"  # who has the machine and its database needs no role
GUEST = "guest"  # signed in without a role: nobody in particular
START = "0" * 64  # what the first entry carries in place of a hash
_LOCK = 20261123


@dataclass(frozen=True)
class Entry:
    """One action. `before` and `after` are canonical JSON, "" where there was nothing."""

    number: int
    who: str
    what: str
    subject: str
    before: str
    after: str
    acted_on: date
    previous_hash: str
    hash: str


def add(
    connection: Connection, who: str, what: str, subject: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None,
    on: date,
) -> Entry:  # fmt: skip
    """Add an action to the trail, in the transaction of the action itself: both are kept, or neither.

    `who`: `Person.person_id`, COMMAND_LINE or GUEST. `what`: the action's name, such as "case". `subject`: what it was done
    to, such as a facility's identifier. `before`, `after`: the row as it stood and as it stands.
    """
    lock(connection)
    of = tables.audit
    last = connection.execute(select(of.c.number, of.c.hash).order_by(of.c.number.desc()).limit(1)).one_or_none()
    row: dict[str, Any] = {
        "number": last.number + 1 if last else 1, "who": who, "what": what, "subject": subject, "before": _json(before),
        "after": _json(after), "acted_on": on, "previous_hash": last.hash if last else START,
    }  # fmt: skip
    row["hash"] = _hash(row)
    connection.execute(insert(of), row)
    return Entry(**row)


def lock(connection: Connection) -> None:
    """Until the transaction ends nobody else writes to the trail (SQLite has one writer anyway)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def entries(store: Engine) -> list[Entry]:
    """The whole trail, oldest first."""
    with reading(store) as connection:
        return [Entry(**row) for row in connection.execute(select(tables.audit).order_by(tables.audit.c.number)).mappings()]


def head(trail: Iterable[Entry]) -> str:
    """The end of the trail, `number:hash`: noted elsewhere, it proves later that nothing before it was cut off."""
    last = max(trail, key=lambda one: one.number, default=None)
    return f"{last.number}:{last.hash}" if last else f"0:{START}"


def verify(trail: Iterable[Entry], *, head: str = "") -> list[tuple[str, int]]:
    """What is wrong, as (code, number of the entry); empty for a whole trail.

    Codes: `changed` (the content is not that of its hash), `chain` (it does not follow the entry before it), `gap` (a number
    is missing), `cut` (the noted `head` is not in the trail).
    """
    found: list[tuple[str, int]] = []
    expected, previous = 1, START
    heads = {f"0:{START}"}
    for one in trail:
        if one.number != expected:
            found.append(("gap", expected))
        if one.hash != _hash(asdict(one)):
            found.append(("changed", one.number))
        if one.previous_hash != previous:
            found.append(("chain", one.number))
        heads.add(f"{one.number}:{one.hash}")
        expected, previous = one.number + 1, one.hash
    if head and head.strip() not in heads:
        number = head.partition(":")[0]
        found.append(("cut", int(number) if number.isdecimal() else 0))
    return found


def lines(trail: Iterable[Entry]) -> Iterable[str]:
    """The trail as JSON Lines, one entry a line, for a file that can be checked without this program."""
    for one in trail:
        yield json.dumps({**asdict(one), "acted_on": one.acted_on.isoformat()}, ensure_ascii=False, sort_keys=True)


def of_lines(written: Iterable[str]) -> list[Entry]:
    """A trail from such a file. ValueError or TypeError for a line that is none."""
    rows = [json.loads(line) for line in written if line.strip()]
    return [Entry(**{**row, "acted_on": date.fromisoformat(row["acted_on"])}) for row in rows]


# what an action is called in the trail -> the table of its rows, whose content is the `after` of its entry
ROWS = {
    "role": "grants", "case": "case_steps", "reply": "replies", "correction": "corrections",
    "correction_decision": "correction_decisions", "returned_money": "returned_money",
}  # fmt: skip


def rows_differ(store: Engine) -> list[tuple[str, str]]:
    """(table, row as JSON) of what stands in the store and not in the trail, or in the trail and not in the store."""
    found: list[tuple[str, str]] = []
    with reading(store) as connection:
        for what, name in ROWS.items():
            stored = {_json(dict(row)) for row in connection.execute(select(tables.metadata.tables[name])).mappings()}
            query = select(tables.audit.c.after).where(tables.audit.c.what == what)
            found += [(name, row) for row in sorted(stored ^ set(connection.execute(query).scalars()))]
    return found


def hash_of(entry: Entry) -> str:
    """The hash that an entry must carry."""
    return _hash(asdict(entry))


def _json(row: Mapping[str, Any] | None) -> str:
    return "" if row is None else json.dumps(dict(row), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _hash(row: Mapping[str, Any]) -> str:
    content = {name: str(value) for name, value in row.items() if name != "hash"}
    return hashlib.sha256(_json(content).encode()).hexdigest()
