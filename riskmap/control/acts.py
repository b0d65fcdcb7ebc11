"""The register of draft legal acts as a CSV file: in, with every refused row named, and out, so that it can come in again."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from riskmap.apostrophe import cell, unmark
from riskmap.control.records import Act
from riskmap.problem import DataError, Problem
from riskmap.read.encoding import decode

DEMO = Path(__file__).with_name("demo_acts.csv")
REQUIRED = ("act_id", "title", "body_name", "published_on", "comments_until")
COLUMNS = (
    "act_id", "title", "body_name", "body_id", "act_number", "link", "published_on", "comments_until", "is_demo",
)  # fmt: skip
MAX_BYTES = 5_000_000
MAX_ROWS = 10_000
_DAYS = ("published_on", "comments_until")
_FLAGS = {"": False, "false": False, "0": False, "true": True, "1": True}
# a problem of the store -> the column it is about
_ABOUT = {"act_id": "act_id", "act_dates": "comments_until", "act_link": "link", "control_bin": "body_id"}


@dataclass(frozen=True)
class Taken:
    """What became of a file: rows in = accepted + refused. `n_new`: of those accepted, entries that were not there just so."""

    rows_in: int
    n_accepted: int
    n_new: int
    problems: tuple[Problem, ...]

    @property
    def n_refused(self) -> int:
        return self.rows_in - self.n_accepted


def take(store: Any, content: bytes, name: str, *, who: str, today: date) -> Taken:
    """Register the acts of a CSV file, row by row; a row with a problem is refused and named, the others are kept.

    DataError for a file that is no table of acts: `act_headers`, `act_large`, and those of reading a text.
    """
    from riskmap.store import control  # noqa: PLC0415  readers of the register need no database

    rows = _rows(content, name)
    problems: list[Problem] = []
    n_accepted = n_new = 0
    seen: set[str] = set()
    for number, cells in rows:
        act, wrong = _read(cells, name, number)
        if act and act["act_id"] in seen:
            wrong.append(_problem("act_twice", name, number, "act_id", act["act_id"]))
        if wrong or act is None:
            problems += wrong
            continue
        try:
            n_new += control.register_act(store, **act, who=who, today=today)
        except DataError as error:
            if error.code.startswith("store"):  # the store is gone, not the row bad
                raise
            column = _ABOUT.get(error.code, error.params.get("field", ""))
            problems.append(_problem(error.code, name, number, column, cells.get(column, ""), error.params))
            continue
        seen.add(act["act_id"])
        n_accepted += 1
    return Taken(len(rows), n_accepted, n_new, tuple(problems))


def _rows(content: bytes, name: str) -> list[tuple[int, dict[str, str]]]:
    """(row as a spreadsheet counts it, cells by column) of every row that is not empty."""
    limit = str(MAX_BYTES // 1_000_000)
    if len(content) > MAX_BYTES:
        raise DataError("act_large", name, limit=limit)
    text, _, _ = decode(content, encoding=None, name=name)
    first = text.partition("\n")[0]
    try:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True
        )
        heads = [head.strip().casefold() for head in next(reader, [])]
        if missing := [column for column in REQUIRED if column not in heads]:
            raise DataError("act_headers", name, missing=", ".join(missing))
        found = [(number, row) for number, row in enumerate(reader, start=2) if any(one.strip() for one in row)]
    except csv.Error as error:
        raise DataError("act_headers", name, missing=str(error)) from error
    if len(found) > MAX_ROWS:
        raise DataError("act_large", name, limit=limit)
    return [(number, _cells(heads, row)) for number, row in found]


def _cells(heads: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    cells = {head: unmark(one).strip() for head, one in zip(heads, row, strict=False) if head in COLUMNS}
    return cells if len(heads) == len(row) else {**cells, "": str(len(row))}  # "" = the row is of another length


def _read(cells: Mapping[str, str], name: str, number: int) -> tuple[dict[str, Any] | None, list[Problem]]:
    """The arguments of `register_act`, and what is wrong with the cells."""
    if "" in cells:
        return None, [_problem("act_columns", name, number, "", cells[""])]
    wrong: list[Problem] = []
    act: dict[str, Any] = {column: cells.get(column, "") for column in COLUMNS}
    for column in _DAYS:
        try:
            act[column] = date.fromisoformat(act[column])
        except ValueError:
            wrong.append(_problem("act_day", name, number, column, act[column]))
    flag = act["is_demo"].casefold()
    if flag not in _FLAGS:
        wrong.append(_problem("act_flag", name, number, "is_demo", flag))
    act["is_demo"] = _FLAGS.get(flag, False)
    return act, wrong


def _problem(
    code: str, name: str, number: int, column: str, value: str, params: Mapping[str, str] | None = None
) -> Problem:  # fmt: skip
    return Problem(code, "error", name, row=number, column=column, value=value[:100], params=dict(params or {}))


def written(acts: Iterable[Act]) -> bytes:
    """The register as CSV for a program and a spreadsheet, in the order of the identifiers; `take` reads it back."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(getattr(act, column)) for column in COLUMNS] for act in sorted(acts, key=lambda act: act.act_id))
    return text.getvalue().encode("utf-8-sig")


def is_open(act: Act, today: date) -> bool:
    """Are comments taken on that day?"""
    return act.published_on <= today <= act.comments_until
