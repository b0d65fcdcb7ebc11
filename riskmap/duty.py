"""Leaders' duty: which office had to offer its resignation after a subordinate's verdict, by when, and what came of it.

Law 273-VI of 26 November 2019: political civil servants offer resignation within 10 calendar days after a verdict about a
direct subordinate has entered into force, or the case was closed on non-rehabilitating grounds; not within the first three
months in post (bestnews.kz 4677; anticor.hse.ru; acca.media). A register of duties and offices, not of guilt and persons:
a row without such a ground is refused, except an office left before any verdict, to which no duty applied.
"""

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from riskmap import geography, i18n, register
from riskmap.problem import DataError, Problem

FILE = Path(__file__).with_name("duty.csv")
COLUMNS = (
    "case_id", "office_kk", "office_ru", "office_en", "post", "region_code", "ground", "appointed_on", "in_force_on",
    "submitted_on", "outcome", "stated", "source", "source_url",
)  # fmt: skip
# posts the law obliges as far as it was read; of the others it is not known whether the statute lists them
OBLIGED = ("minister", "vice_minister", "region_akim", "region_deputy", "district_akim")
POSTS = (*OBLIGED, "city_akim", "chief_of_staff", "other")
GROUNDS = ("verdict", "closed", "none")  # in force, closed on non-rehabilitating grounds, neither (yet)
OUTCOMES = ("submitted", "accepted", "refused_reprimand", "left_before_verdict", "not_submitted", "not_applicable")
LAW_ON = date(2019, 11, 26)
DUE_DAYS, MONTHS_IN_POST = 10, 3
MAX_BYTES, MAX_ROWS, MAX_TEXT = 1_000_000, 5_000, 200
_ID, _YEAR, _DAY = re.compile(r"[a-z0-9][a-z0-9-]{0,59}"), re.compile(r"20[0-9]{2}"), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERSON = re.compile(r"[0-9]{12}")  # an individual identification number has no place here


class Case(NamedTuple):
    """One office and its duty. Days are None where they are not known; `stated` is the year in which the source speaks of it."""

    case_id: str
    office: tuple[str, str, str]
    post: str
    region_code: str
    ground: str
    appointed_on: date | None
    in_force_on: date | None
    submitted_on: date | None
    outcome: str
    stated: str
    source: str
    source_url: str

    @property
    def year(self) -> str:
        """The year in which the verdict entered into force, else the one in which the source speaks of it."""
        return str(self.in_force_on.year) if self.in_force_on else self.stated


class Judged(NamedTuple):
    """Whether the duty applies ("yes", "no", "unknown") and the key of the reason; when it was due; how late, in days.

    `due_on` and `days_late` are None where they are not known or there is no duty; `days_late` is 0 where it was in time.
    """

    applies: str
    reason: str
    due_on: date | None
    days_late: int | None


def judge(case: Case, on: date) -> Judged:
    """What the law says of a case as of the day `on`, from what is known and nothing else."""
    if case.ground == "none":
        return Judged("no", "no_verdict", None, None)
    if case.in_force_on and case.in_force_on < LAW_ON:
        return Judged("no", "before_law", None, None)
    if case.in_force_on and case.appointed_on and case.in_force_on <= _months_later(case.appointed_on, MONTHS_IN_POST):
        return Judged("no", "first_months", None, None)
    due_on = case.in_force_on + timedelta(days=DUE_DAYS) if case.in_force_on else None
    late = None
    if due_on and case.submitted_on:
        late = max(0, (case.submitted_on - due_on).days)
    elif due_on and case.outcome == "not_submitted":
        late = max(0, (on - due_on).days)
    if case.post not in OBLIGED:
        return Judged("unknown", "post_not_read", due_on, late)
    if case.in_force_on is None or case.appointed_on is None:
        return Judged("unknown", "time_in_post", due_on, late)
    return Judged("yes", "all_met", due_on, late)


def load(path: Path | None = None) -> list[Case]:
    """The register in a file, by default the four cases of the press. DataError where any row of it cannot be."""
    path = path or FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError("disk", str(path), reason=error.strerror or str(error)) from error
    cases, problems = read(data, path.name)
    if problems:
        raise DataError("duty_rows", path.name, n=str(len(problems)))
    return cases


class Taken(NamedTuple):
    """What became of a file: rows in = cases + problems + blank, one problem per refused row."""

    cases: list[Case]
    problems: list[Problem]
    n_blank: int


def read(data: bytes, name: str) -> tuple[list[Case], list[Problem]]:
    """The cases of a CSV file, and what is wrong with its other rows, as `take` finds them."""
    taken = take(data, name)
    return taken.cases, taken.problems


def take(data: bytes, name: str) -> Taken:
    """The cases of a CSV file: a wrong row is refused and listed, never repaired. DataError: those of `register.read`."""
    sheet = register.read(data, name, COLUMNS, max_bytes=MAX_BYTES, max_rows=MAX_ROWS)
    cases: list[Case] = []
    problems = list(sheet.refused)
    known = set(geography.regions()["code"])
    for number, row in sheet.rows:
        wrong = _wrong(row, known, {case.case_id for case in cases})
        if wrong:
            code, column, value = wrong
            problems.append(Problem(code, "error", name, None, number, column, value[:MAX_TEXT]))
        else:
            cases.append(_case(row))
    return Taken(cases, sorted(problems, key=lambda one: one.row or 0), sheet.n_blank)


def write(cases: Iterable[Case]) -> bytes:
    """The register as CSV, as `read` takes it."""
    return register.write(COLUMNS, map(_row, cases))


def _row(case: Case) -> tuple[Any, ...]:
    days = (case.appointed_on, case.in_force_on, case.submitted_on)
    own = (case.case_id, *case.office, case.post, case.region_code, case.ground, *days, case.outcome)
    return (*own, int(case.stated), case.source, case.source_url)  # a year as a number: a text of digits would be marked


def office(case: Case, lang: str) -> str:
    """The office in the reader's language, else in the first in which it is given."""
    return case.office[i18n.LANGUAGES.index(lang)] or next(filter(None, case.office))


def totals(cases: Sequence[Case], by: str) -> list[tuple[str, dict[str, int]]]:
    """Number of cases by outcome for each "region_code" or "year", and in the last row ("") for all."""
    groups = sorted({getattr(case, by) for case in cases})
    counted = [(group, _count(case for case in cases if getattr(case, by) == group)) for group in groups]
    return [*counted, ("", _count(cases))]


def _count(cases: Iterable[Case]) -> dict[str, int]:
    found = Counter(case.outcome for case in cases)
    return {outcome: found[outcome] for outcome in OUTCOMES}


def _wrong(row: dict[str, str], regions: set[str], taken: set[str]) -> tuple[str, str, str] | None:  # noqa: PLR0911  one line per reason
    """The first thing that refuses a row: code of the problem, column, value."""
    for column, value in row.items():
        if len(value) > MAX_TEXT or any(ord(sign) < 32 for sign in value) or (column != "source_url" and _PERSON.search(value)):
            return "duty_text", column, value
    listed = {"post": POSTS, "ground": GROUNDS, "outcome": OUTCOMES, "region_code": regions}
    if bad := next(((column, row[column]) for column, allowed in listed.items() if row[column] not in allowed), None):
        return "duty_value", *bad
    if not _ID.fullmatch(row["case_id"]) or row["case_id"] in taken:
        return "duty_id", "case_id", row["case_id"]
    if not (row["office_kk"] or row["office_ru"] or row["office_en"]):
        return "duty_value", "office_kk", ""
    if not row["source"] or not row["source_url"].startswith(("https://", "http://")) or not _YEAR.fullmatch(row["stated"]):
        return "duty_source", "source", row["source"]
    for column in ("appointed_on", "in_force_on", "submitted_on"):
        if row[column] and not _is_day(row[column]):
            return "duty_day", column, row[column]
    return _contradiction(row)


def _contradiction(row: dict[str, str]) -> tuple[str, str, str] | None:
    """What the law or the order of time forbids. ISO days compare as text."""
    if row["ground"] == "none" and (row["outcome"] not in ("left_before_verdict", "not_applicable") or row["in_force_on"]):
        return "duty_no_verdict", "ground", row["outcome"]
    if row["ground"] != "none" and row["outcome"] == "left_before_verdict":
        return "duty_no_verdict", "outcome", row["outcome"]
    if row["submitted_on"] and (row["outcome"] == "not_submitted" or row["submitted_on"] < (row["in_force_on"] or "0")):
        return "duty_order", "submitted_on", row["submitted_on"]
    if row["appointed_on"] and row["in_force_on"] and row["appointed_on"] > row["in_force_on"]:
        return "duty_order", "appointed_on", row["appointed_on"]
    return None


def _case(row: dict[str, str]) -> Case:
    days = [date.fromisoformat(row[name]) if row[name] else None for name in ("appointed_on", "in_force_on", "submitted_on")]
    offices = (row["office_kk"], row["office_ru"], row["office_en"])
    own = (row["case_id"], offices, row["post"], row["region_code"], row["ground"])
    return Case(*own, days[0], days[1], days[2], row["outcome"], row["stated"], row["source"], row["source_url"])


def _is_day(written: str) -> bool:
    try:
        return bool(_DAY.fullmatch(written)) and date.fromisoformat(written) is not None
    except ValueError:
        return False


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
