"""The register of draft legal acts as a CSV file: in, with every refused row named, and out, so that it can come in again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from riskmap import register
from riskmap.control.records import Act
from riskmap.problem import DataError, Problem
from riskmap.store import control

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
    """What became of a file: rows in = accepted + refused. `n_new`: of those accepted, entries that were not there just so.

    Blank rows, `n_blank`, count apart.
    """

    rows_in: int
    n_accepted: int
    n_new: int
    problems: tuple[Problem, ...]
    n_blank: int

    @property
    def n_refused(self) -> int:
        return self.rows_in - self.n_accepted

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of the sentence `acts.import_line`, which counts blank rows among the rows in."""
        counts = {"accepted": self.n_accepted, "refused": self.n_refused, "blank": self.n_blank, "new": self.n_new}
        return {"rows_in": self.rows_in + self.n_blank, **counts}


def take(store: Any, content: bytes, name: str, *, who: str, today: date) -> Taken:
    """Register the acts of a CSV file, row by row; a row with a problem is refused and named, the others are kept.

    DataError for a file that is no table of acts: those of `register.read`.
    """
    sheet = register.read(content, name, COLUMNS, required=REQUIRED, max_bytes=MAX_BYTES, max_rows=MAX_ROWS)
    problems = list(sheet.refused)
    n_accepted = n_new = 0
    seen: set[str] = set()
    for number, cells in sheet.rows:
        act, wrong = _read(cells, name, number)
        if act["act_id"] in seen:
            wrong.append(_problem("act_twice", name, number, "act_id", act["act_id"]))
        if wrong:
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
    problems.sort(key=lambda one: one.row or 0)
    return Taken(len(sheet.rows) + len(sheet.refused), n_accepted, n_new, tuple(problems), sheet.n_blank)


def _read(cells: Mapping[str, str], name: str, number: int) -> tuple[dict[str, Any], list[Problem]]:
    """The arguments of `register_act`, and what is wrong with the cells."""
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
    ordered = sorted(acts, key=lambda act: act.act_id)
    return register.write(COLUMNS, [[getattr(act, column) for column in COLUMNS] for act in ordered])


def is_open(act: Act, today: date) -> bool:
    """Are comments taken on that day?"""
    return act.published_on <= today <= act.comments_until
