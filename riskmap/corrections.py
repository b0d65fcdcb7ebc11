"""Accepted corrections laid over the facts of an import before they are scored: each one applied, or set aside with a reason.

The files of the source stay as they are. A correction says which value it found and which is right; where the source says
something else by now, it is not applied, because it was decided about another fact.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from riskmap import register, schema
from riskmap.problem import DataError

# what can be corrected: dates, money and counts. Names and identifiers are not: another firm is another fact, at the source
COLUMNS: dict[str, tuple[str, ...]] = {
    "facilities": (
        "budget_amount", "absorbed_amount", "capacity", "due_announced_on", "due_normative_on", "completed_on", "expertise_on",
    ),
    "contracts": ("signed_on", "start_on", "due_first_on", "due_on", "value_first_amount", "value_amount", "n_bidders"),
}  # fmt: skip
APPLIED = "applied"
_MAX_NUMBER = 10**15
_MAX_BYTES, _MAX_ROWS = 20_000_000, 200_000


@dataclass(frozen=True)
class Correction:
    """One accepted correction: values as `written` writes them, "" = not known. `contract_no`: for facts of a contract."""

    correction_id: str
    facility_id: str
    contract_no: str
    column: str
    stated: str
    right_value: str
    source: str
    accepted_on: date


@dataclass(frozen=True)
class Outcome:
    """What became of a correction. `outcome`: "applied", or a key of the texts `desk.correction_outcome`: already, changed,
    facility, contract, column, value."""

    correction: Correction
    outcome: str


HEADER = tuple(field.name for field in fields(Correction))
SCHEMA = pa.schema([(name, pa.date32() if name == "accepted_on" else pa.string()) for name in (*HEADER, "outcome")])


def table_of(column: str) -> str | None:
    """The table a column can be corrected in; None for one that cannot."""
    return next((table for table, names in COLUMNS.items() if column in names), None)


def value(text: str, column: str) -> Any:
    """A corrected value of a column from its text: an ISO date or a number; None for "". ValueError for anything else."""
    table = table_of(column)
    if table is None:
        raise ValueError(column)
    clean = text.strip()
    if not clean:
        return None
    kind = schema.FACT_TABLES[table][column]
    if kind == "date":
        day = date.fromisoformat(clean)
        if not 1990 <= day.year <= 2100 or len(clean) != len("2026-01-01"):
            raise ValueError(clean)
        return day
    if not clean.isascii() or not clean.replace(".", "", kind == "number").isdecimal():
        raise ValueError(clean)
    number = float(clean) if kind == "number" else int(clean)
    if number > _MAX_NUMBER:
        raise ValueError(clean)
    return number


def written(found: Any) -> str:
    """A value as a correction states it: "" for not known, dates in ISO, whole numbers without a point."""
    if found is None:
        return ""
    if isinstance(found, float):
        return f"{found:g}" if found != int(found) else str(int(found))
    return str(found)


def read(path: Path) -> tuple[list[Correction], list[tuple[int, str]], int]:
    """The rows of a corrections file, the rows that cannot be used (number, code: row, twice), the number of blank ones.

    rows in = accepted + set aside + blank. DataError: not readable, and those of `register.read`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError("file_unreadable", path.name) from error
    sheet = register.read(content, path.name, HEADER, max_bytes=_MAX_BYTES, max_rows=_MAX_ROWS)
    accepted: list[Correction] = []
    aside = [(one.row or 0, "row") for one in sheet.refused]
    seen: set[str] = set()
    for number, cells in sheet.rows:
        try:
            one = Correction(**{**cells, "accepted_on": date.fromisoformat(cells["accepted_on"])})  # type: ignore[arg-type]
        except ValueError:
            aside.append((number, "row"))
            continue
        if one.correction_id in seen or not one.correction_id:
            aside.append((number, "twice" if one.correction_id else "row"))
            continue
        seen.add(one.correction_id)
        accepted.append(one)
    return accepted, sorted(aside), sheet.n_blank


def write(rows: Iterable[Correction], path: Path) -> None:
    """The file that `read` reads."""
    path.write_bytes(register.write(HEADER, [[getattr(one, name) for name in HEADER] for one in rows]))


def apply(
    tables: Mapping[str, pa.Table], rows: Sequence[Correction]
) -> tuple[dict[str, pa.Table], list[Outcome]]:  # fmt: skip
    """The fact tables with the corrections in them, and what became of each, in the order of their days."""
    columns = {name: {c: tables[name][c].to_pylist() for c in names} for name, names in COLUMNS.items()}
    facilities = {id_: at for at, id_ in enumerate(tables["facilities"]["facility_id"].to_pylist())}
    contracts: dict[tuple[str, str], int] = {}
    of_facility: dict[str, list[int]] = {}
    keys = zip(tables["contracts"]["facility_id"].to_pylist(), tables["contracts"]["contract_no"].to_pylist(), strict=True)
    n_of = Counter(key for key in zip(*(tables["contracts"][n].to_pylist() for n in ("facility_id", "contract_no")), strict=True))
    for at, (facility_id, number) in enumerate(keys):
        of_facility.setdefault(facility_id, []).append(at)
        if number is not None and n_of[facility_id, number] == 1:
            contracts[facility_id, number] = at
    outcomes = []
    for one in sorted(rows, key=lambda one: (one.accepted_on, one.correction_id)):
        outcomes.append(Outcome(one, _apply(one, columns, facilities, contracts, of_facility)))
    changed = {(table_of(o.correction.column), o.correction.column) for o in outcomes if o.outcome == APPLIED}
    result = dict(tables)
    for table, column in sorted((t, c) for t, c in changed if t):
        at = result[table].schema.get_field_index(column)
        field = result[table].schema.field(at)
        result[table] = result[table].set_column(at, field, pa.array(columns[table][column], field.type))
    return result, outcomes


def _apply(
    one: Correction, columns: dict[str, dict[str, list[Any]]], facilities: Mapping[str, int],
    contracts: Mapping[tuple[str, str], int], of_facility: Mapping[str, list[int]],
) -> str:  # fmt: skip
    table, at = table_of(one.column), _row(one, facilities, contracts, of_facility)
    if table is None or at is None:
        return "column" if table is None else "facility" if one.facility_id not in facilities else "contract"
    try:
        stated, right = value(one.stated, one.column), value(one.right_value, one.column)
    except ValueError:
        return "value"
    values = columns[table][one.column]
    if values[at] == right:
        return "already"
    if values[at] != stated:
        return "changed"
    values[at] = right
    return APPLIED


def _row(
    one: Correction, facilities: Mapping[str, int], contracts: Mapping[tuple[str, str], int],
    of_facility: Mapping[str, list[int]],
) -> int | None:  # fmt: skip
    """The row that a correction is about; a contract without a number is meant only where there is one alone."""
    if table_of(one.column) == "facilities":
        return facilities.get(one.facility_id)
    if one.contract_no:
        return contracts.get((one.facility_id, one.contract_no))
    own = of_facility.get(one.facility_id, [])
    return own[0] if len(own) == 1 else None


def as_table(outcomes: Sequence[Outcome]) -> pa.Table:
    """The trail that a snapshot carries: every correction with what became of it."""
    return pa.Table.from_pylist([{**asdict(o.correction), "outcome": o.outcome} for o in outcomes], schema=SCHEMA)
