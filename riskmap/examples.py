"""The worked example of each indicator: invented facts, judged by the real indicator under the settings of a snapshot.

The facts and the arithmetic stand in `indicators/examples.toml`; what they give is computed, never written down.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from riskmap import facts, pipeline, schema, score, thresholds
from riskmap.indicators import INDICATORS, Indicator

Settings = Mapping[str, Any]

_FILE = Path(__file__).with_name("indicators") / "examples.toml"
_TABLES = {"progress": "report_id", "payments": "payment_id", "bids": "bid_id"}  # table -> its key
_NAME = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True)
class Example:
    """What one indicator says about one invented facility. `severity` None = not known, and `reason` says why.

    `given`: what examples.toml says; `values`: every name of its arithmetic -> (value, unit or kind of column).
    `points`: R of a facility of which only this fact is known; None where the indicator gives no points.
    """

    id: str
    given: Mapping[str, Any]
    value: float | None
    severity: float | None
    reason: str | None
    points: float | None
    values: Mapping[str, tuple[Any, str]]


@cache
def read() -> dict[str, Any]:
    """examples.toml: `as_of`, and per indicator id its examples."""
    return tomllib.loads(_FILE.read_text("utf-8"))


def worked(settings: Settings) -> dict[str, list[Example]]:
    """Indicator id -> its examples, worked under `settings`. A third of a second."""
    cases = [(indicator, i, given) for indicator in INDICATORS for i, given in enumerate(read()[indicator.id])]
    tables = _country([(f"{indicator.id}.{i}", given) for indicator, i, given in cases])
    scored = pipeline.score_tables(tables, as_of=read()["as_of"], settings=settings, engine="polars").to_pylist()
    rows = {row["facility_id"]: row for row in scored}
    severities = [rows[f"{indicator.id}.{i}"][f"{indicator.id}_severity"] for indicator, i, _ in cases]
    counted = [
        {indicator.id: x} if indicator.axis != "delivery" else {} for (indicator, _, _), x in zip(cases, severities, strict=True)
    ]
    alone = [case["R_lo"] for case in score.score_cases(counted, settings)]
    result: dict[str, list[Example]] = {}
    for (indicator, i, given), r in zip(cases, alone, strict=True):
        row = rows[f"{indicator.id}.{i}"]
        result.setdefault(indicator.id, []).append(_example(indicator, given, row, settings, r_alone=r))
    return result


def names(formula: str) -> list[str]:
    """The names in an arithmetic, in their order."""
    return _NAME.findall(formula)


def _country(cases: list[tuple[str, Mapping[str, Any]]]) -> dict[str, pa.Table]:
    """The fact tables of all examples: each a region and a buyer of its own, so that none touches another."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in schema.FACT_TABLES}
    for key, given in cases:
        for i, own in enumerate([given.get("facts", {}), *given.get("others", [])]):
            facility = {"facility_id": f"{key}-{i}" if i else key}
            market = {"region_code": key, "buyer_id": None if key.startswith("X01") else f"buyer of {key}"}
            for table, ids in (("facilities", {}), ("contracts", {"contract_id": f"{key}-{i}"})):
                columns = schema.FACT_TABLES[table]
                known = {name: value for name, value in {**market, **own}.items() if name in columns}
                rows[table].append(facility | ids | known)
        for table, name in _TABLES.items():
            contract = {"contract_id": f"{key}-0"} if table != "progress" else {}
            for i, row in enumerate(given.get(table, [])):
                rows[table].append({"facility_id": key, name: f"{key}-{i}", **contract, **row})
    return {name: facts.to_table(name, of) for name, of in rows.items()}


def _example(
    indicator: Indicator, given: Mapping[str, Any], row: Mapping[str, Any], settings: Settings, *, r_alone: float
) -> Example:
    k, severity = indicator.id, row[f"{indicator.id}_severity"]
    has_points = indicator.axis == "integrity" and severity is not None
    found = {
        name: _looked_up(name, indicator, given, row, settings)
        for name in [*names(given.get("value", "")), *names(given.get("severity", "")), *_RULES.get(k, ())]
    }
    return Example(k, given, row[f"{k}_value"], severity, row[f"{k}_reason"], r_alone if has_points else None, found)


_RULES = {"T12": ("least",)}  # what a dated rule says on the day of the example


def _looked_up(
    name: str, indicator: Indicator, given: Mapping[str, Any], row: Mapping[str, Any], settings: Settings
) -> tuple[Any, str]:
    """The value of a name of the arithmetic, and its unit or the kind of its column."""
    first, *path = name.split(".")
    own, core = settings[indicator.name], settings["score"]["core_fields"]
    special: dict[str, tuple[Any, str]] = {
        "as_of": (read()["as_of"], "date"),
        "value": (row[f"{indicator.id}_value"], indicator.unit),
        "n_core_fields": (len(core), "count"),
        "n_missing": (len([field for field in (row["missing_fields"] or "").split(",") if field]), "count"),
    }
    if first in special:
        return special[first]
    if first == "price_growth":
        return _price(settings, read()["as_of"]) / _price(settings, given["facts"]["signed_on"]), "ratio"
    if first == "least":
        return _in_force(own["tender_working_days"], given["facts"]["published_on"]), "working_days"
    if first in own:
        value = own[first]
        return (value[int(path[0])] if path else value), thresholds.unit(first)
    if path:
        return given[first][int(path[0])][path[1]], _kind(path[1])
    return {**row, **given.get("facts", {})}[first], _kind(first)


def _kind(column: str) -> str:
    return next((kinds[column] for kinds in (*schema.FACT_TABLES.values(), schema.SCORED) if column in kinds), "count")


def _price(settings: Settings, day: date) -> float:
    """The price index of the year of a day; the nearest earlier one, else the first."""
    index = {int(year): level for year, level in settings["price_index"].items()}
    return float(index[max((year for year in index if year <= day.year), default=min(index))])


def _in_force(table: Mapping[str, int], day: date) -> int | None:
    """The number of a dated table on a day; None before its first date."""
    since = [start for start in sorted(table) if date.fromisoformat(start) <= day]
    return table[since[-1]] if since else None
