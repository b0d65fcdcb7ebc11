"""Rows of text -> rows of facts. Every row is accepted, or quarantined with its reason, or blank; none disappears.

A row of a facilities file may carry a contract and a progress report beside the facility; it is split here. A value
that cannot be believed is emptied (it becomes not known) and can only lower the coverage of a score, never raise it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Any

from riskmap import geography, schema
from riskmap.check import portfolio
from riskmap.check.identifiers import mask, mask_company_number
from riskmap.check.places import Place, place_of, region_codes
from riskmap.check.relations import findings
from riskmap.check.values import COMPANY_NUMBERS, Reading, convert, currency_of, is_missing, reading_of, tidy
from riskmap.check.words import TOTALS
from riskmap.problem import Problem
from riskmap.read import RawRow, RawTable

MAX_SHOWN = 200  # letters of a refused text that a Problem repeats
HIDDEN_IF_RESTRICTED = ("lat", "lon", "address", "settlement", "district", "location_precision")
_FACILITY = tuple(c.name for c in schema.FACILITIES)
_CONTRACT = tuple(c.name for c in schema.CONTRACTS)
_COMPARED = tuple(name for name in _FACILITY if name not in ("source_as_of", "source_url"))
_CHILD_NEEDS = {"payments": ("amount",), "progress": ("progress_share",), "bids": ("bidder_id", "amount"),
                "amendments": ("amendment_kind", "value_after_amount", "due_after_on", "amended_on", "reason")}  # fmt: skip
_CHILD_ID = {"payments": "payment_id", "progress": "report_id", "amendments": "amendment_id", "bids": "bid_id"}


@dataclass(frozen=True)
class Quarantined:
    """A row that was refused: its texts by schema column (persons' numbers masked) and the errors, the first one first."""

    table: RawTable
    row: int
    cells: dict[str, str]
    problems: list[Problem]


@dataclass(frozen=True)
class Checked:
    """The outcome of a check. `tables`: rows of `schema.FACT_TABLES`; `facility_ids` runs parallel to `problems`.

    `counts`: per raw table source_file, sheet, table, rows_in, accepted, quarantined, blank.
    """

    tables: dict[str, list[dict[str, Any]]]
    problems: list[Problem]
    facility_ids: list[str | None]
    counts: list[dict[str, Any]]
    quarantined: list[Quarantined]


@dataclass(eq=False)
class Row:
    """One row on its way: typed values and what was found. `notes` tells how a value was said (precision, unit)."""

    table: RawTable
    raw: RawRow
    values: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    is_duplicate: bool = False
    is_restricted: bool = False

    @property
    def is_refused(self) -> bool:
        return any(p.severity == "error" for p in self.problems)

    def note(self, code: str, severity: str, column: str | None = None, **params: str) -> None:
        """Add a Problem about this row; a column is shown by its header with the text that stood there."""
        header = self.table.headers.get(column, column) if column else None
        text = self.raw.cells.get(column) if column else None
        if text is not None and column in COMPANY_NUMBERS:
            text = mask_company_number(text)
        shown = shown_text(text) if text is not None and not self.is_restricted else None
        self.problems.append(
            Problem(code, severity, self.table.source_file, self.table.sheet, self.raw.row, header, shown, dict(params))
        )

    @property
    def said_on(self) -> date | None:
        """The day for which this row speaks."""
        return self.values.get("source_as_of") or self.values.get("reported_on")


def check(
    raw_tables: Sequence[RawTable],
    *,
    settings: Mapping[str, Any],
    as_of_hint: date | None = None,
    fix_swapped: bool | Collection[str] = False,
) -> Checked:
    """Convert and verify raw tables together. `fix_swapped`: True, or the source files whose coordinates to swap back.

    `as_of_hint` is the day for which a source speaks where its rows do not say.
    """
    by_table: dict[str, list[Row]] = {name: [] for name in schema.INPUT_TABLES}
    per_raw: list[tuple[RawTable, list[Row]]] = []
    loose: list[Problem] = []
    for table in raw_tables:
        is_fixed = fix_swapped if isinstance(fix_swapped, bool) else table.source_file in fix_swapped
        rows, about_table = _read(table, settings, as_of_hint, is_fixed)
        loose += about_table
        by_table[table.table] += rows
        per_raw.append((table, rows))
    _regions(by_table["facilities"], settings["country"])
    facilities, contracts = _facilities_and_contracts(by_table, settings)
    tables = {
        "facilities": list(facilities.values()),
        "contracts": list(contracts.values()),
        **_children(by_table, facilities, contracts),
    }
    kept = {id(row): row.values.get("facility_id") for rows in by_table.values() for row in rows}
    problems: list[tuple[Problem, str | None]] = [(p, None) for p in loose]
    problems += [(p, kept[id(row)]) for _, rows in per_raw for row in rows for p in row.problems]
    problems += portfolio.not_paid_anywhere(tables, settings["check"]["unit_error_min_n"])
    problems += portfolio.findings(tables, settings)
    return Checked(
        tables=tables,
        problems=[p for p, _ in problems],
        facility_ids=[f for _, f in problems],
        counts=[_count(table, rows) for table, rows in per_raw],
        quarantined=[_quarantine(row) for _, rows in per_raw for row in rows if row.is_refused],
    )


def shown_text(text: str) -> str:
    """A refused text as a Problem may repeat it: persons' numbers masked, no lone surrogates, not too long."""
    safe = mask(text).encode("utf-8", "replace").decode("utf-8")
    return safe if len(safe) <= MAX_SHOWN else safe[:MAX_SHOWN] + "…"


def stable_id(*parts: object) -> str:
    """A short name for what the parts say; the same parts always give the same name."""
    text = "\x1f".join("" if p is None else str(p) for p in parts)
    return sha256(text.encode()).hexdigest()[:12]


# ---- one table -------------------------------------------------------------------------------------------------------
def _read(
    table: RawTable, settings: Mapping[str, Any], as_of_hint: date | None, is_fixed: bool
) -> tuple[list[Row], list[Problem]]:
    """Every row of a table converted and looked at by itself, and the problems of the table as a whole."""
    columns = {c.name: c for c in schema.INPUT_TABLES[table.table]}
    readings = {
        name: reading_of(
            column, table.headers.get(name, name), table.units.get(name, ""), (r.cells.get(name, "") for r in table.rows)
        )
        for name, column in columns.items()
        if name in table.headers or any(name in r.cells for r in table.rows)
    }
    by_row = {raw.row: Row(table, raw) for raw in table.rows}
    loose: list[Problem] = []
    for problem in table.problems:
        masked = Problem(**{**vars(problem), "value": None if problem.value is None else shown_text(problem.value)})
        row = by_row.get(problem.row) if problem.row is not None else None
        (row.problems if row else loose).append(masked)
    for row in by_row.values():
        _convert(row, readings, settings, is_fixed)
        if table.table == "facilities" and not row.is_refused:
            if as_of_hint and not row.values.get("source_as_of"):
                row.values["source_as_of"] = as_of_hint
            _relate(row, settings)
        elif table.table == "contracts" and not row.is_refused:
            _relate(row, settings)
    return list(by_row.values()), loose + _about_table(table, list(by_row.values()), readings, settings)


def _convert(row: Row, readings: Mapping[str, Reading], settings: Mapping[str, Any], is_fixed: bool) -> None:
    cells = row.raw.cells
    restricted = cells.get("is_restricted", "")
    if "is_restricted" in readings and not is_missing(restricted, "bool"):
        answer = convert(readings["is_restricted"], restricted, settings)
        row.values["is_restricted"] = answer.value
        if answer.value is not False:  # an answer that cannot be read keeps the facility out as well
            row.is_restricted = True
            row.problems = [replace(problem, value=None) for problem in row.problems]  # they may repeat its address
            row.note("restricted" if answer.value else "restricted_unclear", "error", "is_restricted")
            return
    if not row.is_refused and _is_total(cells):
        row.note("total_row", "error")
    if row.is_refused:  # by the reader: its cells may stand in the wrong columns
        return
    for name, text in cells.items():
        if name not in readings or name in ("lat", "lon", "is_restricted"):
            continue
        cell = currency_of(text) if name == "currency" and text.strip() else convert(readings[name], text, settings)
        row.values[name], row.notes[name] = cell.value, cell.extra
        if cell.code:
            row.note(cell.code, cell.severity, name, **cell.params)
    _currency(row, settings["country"]["currency"])
    if "facility_type" in cells:
        row.values["facility_type_stated"] = _words(cells["facility_type"], "code")
    if cells.get("method") and not row.values.get("method_details"):
        row.values["method_details"] = _words(cells["method"], "code")
    if row.values.get("capacity") is not None and not row.values.get("capacity_unit"):
        row.values["capacity_unit"] = row.notes["capacity"].get("unit") or row.table.units.get("capacity") or None
    if row.table.table == "facilities":
        _locate(row, settings, is_fixed)


def _words(text: str, kind: str) -> str | None:
    tidied = tidy(text)
    return mask(tidied.value)[:1000] if tidied.value and not is_missing(tidied.value, kind) else None


def _is_total(cells: Mapping[str, str]) -> bool:
    """Is this a line of totals? Its first words say so."""
    first = next((t for t in cells.values() if any(c.isalpha() for c in t[:100])), "")
    return bool(TOTALS.fullmatch(" ".join(first[:200].casefold().split())))


def _currency(row: Row, home: str) -> None:
    """Amounts of a row in another currency are emptied: totals never mix currencies."""
    money = [c.name for c in schema.INPUT_TABLES[row.table.table] if c.kind == "money" and row.values.get(c.name) is not None]
    said = row.values.get("currency")
    if said and said != home:
        for name in money:
            row.values[name] = None
            row.note("currency_mismatch", "cell", name, found=said, expected=home)
    elif money and row.table.table == "facilities":
        row.values["currency"] = home


def _locate(row: Row, settings: Mapping[str, Any], is_fixed: bool) -> None:
    lat, lon = (" ".join(row.raw.cells.get(name, "").split()) for name in ("lat", "lon"))
    lat, lon = ("" if is_missing(text, "latitude") else text for text in (lat, lon))
    row.place = place_of(
        lat, lon, settings["country"]["bounds"], stated_precision=row.values.get("location_precision"), fix_swapped=is_fixed
    )
    for code, severity, params in row.place.findings:
        row.note(code, severity, "lon" if lon and not lat else "lat", **params)


def _relate(row: Row, settings: Mapping[str, Any]) -> None:
    for finding in findings(row.values, settings):
        row.note(finding.code, finding.severity, finding.columns[0], **finding.params)
        if finding.severity == "cell":
            row.values.update(dict.fromkeys(finding.columns))


def _about_table(table: RawTable, rows: list[Row], readings: Mapping[str, Reading], settings: Mapping[str, Any]) -> list[Problem]:
    """What is said once per table: rounded amounts, assumed currency, fractions under a "%" header, a row number as id."""
    home = settings["country"]["currency"]
    found: list[tuple[str, str | None, dict[str, str]]] = []
    money = [name for name, reading in readings.items() if reading.column.kind == "money"]
    amounts = [row.notes[name] for row in rows for name in money if row.values.get(name) is not None]
    if n_rounded := sum(bool(a.get("is_rounded")) for a in amounts):
        found.append(("money_rounded", None, {"n": str(n_rounded), "currency": home}))
    if "currency" not in readings and any(a.get("currency") is None for a in amounts):
        found.append(("currency_assumed", None, {"currency": home}))
    for name, reading in readings.items():
        if reading.column.kind == "share" and reading.share_factor == 1 and "%" in table.units.get(name, ""):
            found.append(("share_as_fraction", reading.header, {}))
    return [
        Problem(code, "warning", table.source_file, table.sheet, None, header, None, params) for code, header, params in found
    ]


def _regions(rows: list[Row], country: Mapping[str, Any]) -> None:
    """The region of each facility: by its point where that is exact, else as stated; a disagreement is shown."""
    rows = [row for row in rows if not row.is_refused]
    resolved: dict[str | None, str | None] = {}
    columns = ("region", "settlement", "district") if country["boundaries"] else ("region",)
    for row, by_point in zip(rows, region_codes([(r.place.lat, r.place.lon) for r in rows], country), strict=True):
        place = row.place
        if by_point is None and place.lat is not None and country["boundaries"]:
            row.note("coordinates_outside", "cell", "lat")
            place = Place()
        stated = None
        for name in columns:
            text = row.values.get(name)
            if text not in resolved:
                resolved[text] = geography.resolve_region(text, country)
            stated = stated or resolved[text]
        if by_point and stated and by_point != stated:
            row.note("region_mismatch", "warning", "region", stated=stated, by_point=by_point)
        elif row.values.get("region") and not resolved[row.values["region"]]:
            row.note("region_unknown", "warning", "region")
        is_exact = place.precision in ("site", "settlement")
        row.values["region_code"] = (by_point or stated) if is_exact else (stated or by_point)
        row.values["lat"], row.values["lon"], row.values["location_precision"] = place.lat, place.lon, place.precision


# ---- facilities and contracts ----------------------------------------------------------------------------------------
def _facilities_and_contracts(
    by_table: Mapping[str, list[Row]], settings: Mapping[str, Any]
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    rows = [row for row in by_table["facilities"] if not row.is_refused]
    for row in rows:
        if not row.values.get("title"):
            row.note("no_title", "error", "title")
    rows = [row for row in rows if not row.is_refused]
    _identify(rows)
    _mark_duplicates(by_table["facilities"])
    groups = _grouped(rows, lambda row: row.values["facility_id"])
    for group in groups.values():
        _settle(group, _COMPARED, "id_conflict")
    cited = _cited(by_table)
    for facility_id, group in groups.items():
        numbers = {row.values.get("contract_no") for row in group} - {None}
        if not any(_says_something(row) for row in group) and facility_id not in cited and not numbers & cited:
            for row in group:
                row.note("no_amount_no_date", "error")
    groups = _grouped((row for row in rows if not row.is_refused), lambda row: row.values["facility_id"])
    contract_rows = _contract_rows(by_table["contracts"], groups, by_table["facilities"])
    contracts = _contracts(groups, contract_rows)
    groups = _grouped((row for row in rows if not row.is_refused), lambda row: row.values["facility_id"])
    facilities = {facility_id: _facility(group, contract_rows) for facility_id, group in groups.items()}
    return facilities, {k: c for k, c in contracts.items() if c["facility_id"] in facilities}


def _identify(rows: list[Row]) -> None:
    """An id for a row without one, from its title and place: the same facility keeps it from file to file."""
    for row in rows:
        if not row.values.get("facility_id"):
            v = row.values
            place = [v.get(name) for name in ("region", "district", "settlement", "address", "lat", "lon")]
            v["facility_id"] = "x-" + stable_id(v["title"], *place)
            row.note("id_made", "warning", "facility_id", made=v["facility_id"])


def _mark_duplicates(rows: list[Row]) -> None:
    """A row that says exactly what an earlier one said is accepted and counted, and adds nothing."""
    first: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        if row.is_refused:
            continue
        key = tuple(sorted((k, str(v)) for k, v in row.values.items() if v is not None))
        same = first.setdefault(key, row)
        if same is not row:
            row.is_duplicate = True
            row.note("duplicate_row", "warning", None, other=str(same.raw.row))


def _grouped(rows: Iterable[Row], key: Any) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def _settle(group: list[Row], columns: Sequence[str], code: str) -> None:
    """Rows about the same thing must agree, or be said on different days (the newest is right); else all are refused."""
    different = _differing(group, columns)
    if not different:
        return
    days = {row.said_on for row in group}
    by_day = _grouped(group, lambda row: str(row.said_on))
    if None in days or any(_differing(same_day, columns) for same_day in by_day.values()):
        for row in group:
            row.note(code, "error", different[0], columns=", ".join(row.table.headers.get(c, c) for c in different))
        return
    newest = max(day for day in days if day)
    for row in group:
        if row.said_on != newest and _differing([row, *by_day[str(newest)]], columns):
            row.note("superseded", "warning", different[0], day=newest.isoformat())


def _differing(rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    return [c for c in columns if len({str(v) for row in rows if (v := row.values.get(c)) is not None}) > 1]


def _newest_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.said_on or date.min, reverse=True)


def _merged(rows: Iterable[Row], columns: Sequence[str]) -> dict[str, Any]:
    ordered = _newest_first(rows)
    return {c: next((v for row in ordered if (v := row.values.get(c)) is not None), None) for c in columns}


def _says_something(row: Row) -> bool:
    """Is there any amount or any date (the day of the source apart)?"""
    kinds = {c.name: c.kind for c in schema.INPUT_TABLES["facilities"]}
    return any(
        v is not None and kinds.get(name) in ("money", "date") and name not in ("source_as_of", "rnu_from_on", "rnu_to_on")
        for name, v in row.values.items()
    )


def _cited(by_table: Mapping[str, list[Row]]) -> set[str]:
    """Facility ids and contract numbers that rows of other tables speak of."""
    return {
        value
        for name, rows in by_table.items()
        if name != "facilities"
        for row in rows
        for column in ("facility_id", "contract_no")
        if (value := row.values.get(column))
    }


def _contract_rows(rows: list[Row], groups: Mapping[str, list[Row]], facility_rows: list[Row]) -> dict[str, list[Row]]:
    """Rows of a contracts table by facility; a row whose facility is not there is refused."""
    by_number: dict[str, set[str]] = defaultdict(set)
    for owner, group in groups.items():
        for row in group:
            if number := row.values.get("contract_no"):
                by_number[number].add(owner)
    out = {row.values.get("facility_id") for row in facility_rows if row.is_refused}
    found: dict[str, list[Row]] = defaultdict(list)
    for row in (r for r in rows if not r.is_refused):
        facility_id: str = row.values.get("facility_id") or ""
        if not facility_id and len(places := by_number.get(row.values.get("contract_no") or "", set())) == 1:
            facility_id = next(iter(places))
        if facility_id in groups:
            row.values["facility_id"] = facility_id
            found[facility_id].append(row)
        else:
            row.note("facility_refused" if facility_id in out else "facility_missing", "error", "facility_id")
    _mark_duplicates(rows)
    return dict(found)


def _contracts(groups: Mapping[str, list[Row]], contract_rows: Mapping[str, list[Row]]) -> dict[str, dict[str, Any]]:
    contracts = {}
    for facility_id, group in groups.items():
        own = [row for row in group if any(row.values.get(c) is not None for c in _CONTRACT)]
        by_number: dict[str, list[Row]] = defaultdict(list)
        seen: dict[tuple[date | None, tuple[str, ...]], str] = {}
        n_without: dict[date | None, int] = defaultdict(int)
        for row in [*own, *contract_rows.get(facility_id, [])]:
            number: str = row.values.get("contract_no") or ""
            if not number:  # contracts without a number are told apart by their order on the same day
                content = (row.said_on, tuple(str(row.values.get(c)) for c in _CONTRACT))
                if content not in seen:
                    n_without[row.said_on] += 1
                    seen[content] = str(n_without[row.said_on])
                number = seen[content]
            by_number[number].append(row)
        for number, rows in by_number.items():
            _settle(rows, _CONTRACT, "contract_conflict")
            if not any(row.is_refused for row in rows):
                buyer = _merged(group, ("buyer_id",))
                contract_id = f"{facility_id}/{number}"
                contracts[contract_id] = {
                    "contract_id": contract_id, "facility_id": facility_id, **_merged(rows, _CONTRACT), **buyer, **_source(rows),
                }  # fmt: skip
    return contracts


def _facility(group: list[Row], contract_rows: Mapping[str, list[Row]]) -> dict[str, Any]:
    merged = _merged(group, (*_FACILITY, "region_code", "facility_type_stated"))
    # one point is one reading: never the latitude of one row with the longitude of another
    point = next((r.values for r in _newest_first(group) if r.values.get("lat") is not None), None) or group[0].values
    merged |= {name: point.get(name) for name in ("lat", "lon", "location_precision")}
    all_rows = [*_newest_first(group), *contract_rows.get(group[0].values["facility_id"], [])]
    said = [row.notes[c]["precision"] for c in ("due_on", "due_announced_on") for row in all_rows
            if row.values.get(c) and "precision" in row.notes.get(c, {})]  # fmt: skip
    return {**merged, "due_precision": said[0] if said else None, **_source(group)}


def _source(rows: Sequence[Row]) -> dict[str, Any]:
    row = _newest_first(rows)[0]
    return {"source_file": row.table.source_file, "source_sheet": row.table.sheet, "source_row": row.raw.row}


# ---- payments, progress, amendments, bids ----------------------------------------------------------------------------
def _children(
    by_table: Mapping[str, list[Row]], facilities: Mapping[str, dict[str, Any]], contracts: Mapping[str, dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    of_facility: dict[str, list[dict[str, Any]]] = defaultdict(list)
    of_number: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for contract in contracts.values():
        of_facility[contract["facility_id"]].append(contract)
        if contract["contract_no"]:
            of_number[contract["contract_no"]].append(contract)
    out = {r.values.get("facility_id") for r in by_table["facilities"] if r.is_refused} - set(facilities)
    # a payment may well be newer than the row of its facility, but not newer than everything the sources say
    newest = max((f["source_as_of"] for f in facilities.values() if f["source_as_of"]), default=None)
    result: dict[str, list[dict[str, Any]]] = {}
    for name in _CHILD_ID:
        rows = by_table[name]
        for row in rows:
            if not row.is_refused:
                _join(row, facilities, of_facility, of_number, out, newest)
        _mark_duplicates(rows)
        result[name] = [_child(name, row) for row in rows if not row.is_refused and not row.is_duplicate]
    reported = [
        _own_progress(row)
        for row in by_table["facilities"]
        if not row.is_refused and row.values.get("progress_share") is not None
    ]
    known: dict[str, dict[str, Any]] = {}
    for report in [*result["progress"], *reported]:
        known.setdefault(report["report_id"], report)
    result["progress"] = list(known.values())
    return result


def _join(
    row: Row,
    facilities: Mapping[str, dict[str, Any]],
    of_facility: Mapping[str, list[dict[str, Any]]],
    of_number: Mapping[str, list[dict[str, Any]]],
    refused_ids: Collection[str | None],
    newest: date | None,
) -> None:
    """Find the facility and the contract of a row, refuse it where there is none or it cannot have happened."""
    name, v = row.table.table, row.values
    if not any(v.get(column) is not None for column in _CHILD_NEEDS[name]):
        row.note("row_without_content", "error", _CHILD_NEEDS[name][0])
        return
    facility_id: str = v.get("facility_id") or ""
    number: str = v.get("contract_no") or ""
    meant = [c for c in of_number.get(number, []) if facility_id in ("", c["facility_id"])]
    if not facility_id and len({c["facility_id"] for c in meant}) > 1:
        row.note("contract_ambiguous", "error", "contract_no")
        return
    facility_id = facility_id or (meant[0]["facility_id"] if meant else "")
    if facility_id not in facilities:
        row.note(
            "facility_refused" if facility_id in refused_ids else "facility_missing",
            "error",
            "facility_id" if facility_id else "contract_no",
        )
        return
    own = of_facility.get(facility_id, [])
    if number and own and not meant and any(c["contract_no"] for c in own):
        row.note("contract_missing", "error", "contract_no")
        return
    contract = meant[0] if meant else own[0] if len(own) == 1 and not number else None
    v["facility_id"], v["contract_id"] = facility_id, contract["contract_id"] if contract else None
    said_on = facilities[facility_id]["source_as_of"]
    column = {"payments": "paid_on", "progress": "reported_on"}.get(name)
    is_own_word = name == "progress" and v.get("progress_source") in schema.SEEN  # a visit later than what the source says
    if column and newest and v.get(column) and v[column] > newest and not is_own_word:
        row.note("payment_in_future" if name == "payments" else "report_in_future", "error", column, day=newest.isoformat())
    elif name == "progress" and not v.get("reported_on"):
        v["reported_on"] = said_on


def _child(name: str, row: Row) -> dict[str, Any]:
    fields = [f for f in schema.FACT_TABLES[name] if not f.startswith("source_") and f != _CHILD_ID[name]]
    content = {f: row.values.get(f) for f in fields}
    if name == "progress":
        content["progress_source"] = content["progress_source"] or "reported"
    return {_CHILD_ID[name]: stable_id(*content.values()), **content, **_source([row])}


def _own_progress(row: Row) -> dict[str, Any]:
    """The progress report that a row of a facilities file carries; without a day of its own it speaks for the source's."""
    v = row.values
    content = {
        "facility_id": v["facility_id"], "reported_on": v.get("reported_on") or v.get("source_as_of"),
        "progress_share": v["progress_share"], "progress_source": "reported",
    }  # fmt: skip
    return {"report_id": stable_id(*content.values()), **content, **_source([row])}


# ---- counts and quarantine -------------------------------------------------------------------------------------------
def _count(table: RawTable, rows: list[Row]) -> dict[str, Any]:
    n_refused = sum(row.is_refused for row in rows)
    return {
        "source_file": table.source_file, "sheet": table.sheet, "table": table.table, "rows_in": len(rows) + table.n_blank,
        "accepted": len(rows) - n_refused, "quarantined": n_refused, "blank": table.n_blank,
    }  # fmt: skip


def _quarantine(row: Row) -> Quarantined:
    texts = {name: _without_persons(row.table, name, text) for name, text in row.raw.cells.items()}
    if row.is_restricted:
        texts = {name: text for name, text in texts.items() if name not in HIDDEN_IF_RESTRICTED}
    return Quarantined(row.table, row.raw.row, texts, [p for p in row.problems if p.severity == "error"])


def _without_persons(table: RawTable, name: str, text: str) -> str:
    """The text with persons' numbers masked, except in amounts: twelve digits of tenge are no person's number."""
    if name in COMPANY_NUMBERS:
        return mask_company_number(text)
    kind = next((c.kind for c in schema.INPUT_TABLES[table.table] if c.name == name), "text")
    return text if kind == "money" else mask(text)
