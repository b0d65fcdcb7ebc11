"""Reads the case files: hand-worked facilities, one a line, with what the scoring must say about each.

A column named like a column of the fact tables is a fact; `=name` is the value expected in that column of the scored
facilities ("null" = not known, empty = not looked at). `progress` holds "day:share[:source]" and `payments`
"day:amount:kind", `amendments` "day:kind:before:after", `bids` "bidder:is_valid:is_winner", several joined by ";". All lines
of a file are one country.
"""

import csv
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from riskmap import facts, schema
from riskmap import settings as settings_file

CASES = Path(__file__).with_name("cases")
AS_OF = date(2026, 11, 1)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def settings_of(*paths: Path) -> dict[str, Any]:
    """The default settings; where a case file has a .toml beside it, with its keys laid over them."""
    settings = settings_file.load()
    for path in paths:
        if (own := path.with_suffix(".toml")).is_file():
            settings = settings_file.overlay(settings, tomllib.loads(own.read_text("utf-8")))
    return settings


def tables(cases: list[dict[str, str]]) -> dict[str, pa.Table]:
    """The fact tables of a country whose facilities are the cases; facility_id is the number of the case."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in schema.FACT_TABLES}
    for number, case in enumerate(cases):
        key = {"facility_id": f"F{number:03}"}
        rows["facilities"].append(key | _facts(case, "facilities"))
        rows["contracts"].append(key | {"contract_id": f"C{number:03}"} | _facts(case, "contracts"))
        for i, (day, share, *source) in enumerate(_parts(case, "progress")):
            seen = {"reported_on": date.fromisoformat(day), "progress_share": float(share)}
            rows["progress"].append(
                key | seen | {"report_id": f"{number}-{i}", "progress_source": source[0] if source else "reported"}
            )
        for i, (day, amount, kind) in enumerate(_parts(case, "payments")):
            paid = {"paid_on": date.fromisoformat(day), "amount": int(amount), "payment_kind": kind}
            rows["payments"].append(key | paid | {"payment_id": f"{number}-{i}", "contract_id": f"C{number:03}"})
        for i, (day, kind, before, after) in enumerate(_parts(case, "amendments")):
            change = {"amended_on": date.fromisoformat(day), "amendment_kind": kind}
            change |= {"value_before_amount": int(before), "value_after_amount": int(after)} if before else {}
            rows["amendments"].append(key | change | {"amendment_id": f"{number}-{i}", "contract_id": f"C{number:03}"})
        for i, (bidder, valid, won) in enumerate(_parts(case, "bids")):
            status = {"is_valid": _value(valid or "null"), "is_winner": _value(won or "null")}
            rows["bids"].append(key | status | {"bid_id": f"{number}-{i}", "contract_id": f"C{number:03}", "bidder_id": bidder})
    return {name: facts.to_table(name, of) for name, of in rows.items()}


def expected(case: dict[str, str]) -> dict[str, Any]:
    """Column -> value expected, for every `=` column of the case that is not empty."""
    return {k[1:]: _value(v) for k, v in case.items() if k.startswith("=") and (v or k == "=missing_fields")}


def _parts(case: dict[str, str], name: str) -> list[list[str]]:
    return [part.split(":") for part in case.get(name, "").split(";") if part]


def _facts(case: dict[str, str], table: str) -> dict[str, Any]:
    convert = {"money": int, "integer": int, "number": float, "date": date.fromisoformat, "bool": lambda text: text == "true"}
    kinds = schema.FACT_TABLES[table]
    return {k: convert.get(kinds[k], str)(v) for k, v in case.items() if k in kinds and v and k != "facility_id"}


def _value(text: str) -> Any:
    if text in ("null", "true", "false"):
        return {"null": None, "true": True, "false": False}[text]
    try:
        return float(text)
    except ValueError:
        return text
