"""One code, any engine: DuckDB, Polars and pandas give the same facilities to 1e-9."""

import math

import pyarrow as pa
import pytest
from casebook import AS_OF, CASES, read, settings_of, tables

from riskmap import facts, pipeline

SETTINGS = settings_of(*sorted(CASES.glob("*.csv")))


@pytest.fixture(scope="module")
def country() -> dict[str, pa.Table]:
    """All case files as one country, so that every rule, every gap and every join takes part."""
    parts = []
    for path in sorted(CASES.glob("*.csv")):
        of_file = tables(read(path))
        parts.append({name: _prefixed(table, path.stem) for name, table in of_file.items()})
    return {name: pa.concat_tables([part[name] for part in parts]) for name in parts[0]}


_IDS = ("facility_id", "contract_id", "report_id", "payment_id", "amendment_id", "bid_id")


def _prefixed(table: pa.Table, prefix: str) -> pa.Table:
    rows = [
        {k: f"{prefix}/{v}" if k in _IDS and v else v
         for k, v in row.items()}
        for row in table.to_pylist()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=table.schema)


@pytest.mark.parametrize("engine", ["polars", "pandas"])
def test_parity(country, engine) -> None:
    one = pipeline.score_tables(country, as_of=AS_OF, settings=SETTINGS, engine="duckdb").to_pylist()
    other = pipeline.score_tables(country, as_of=AS_OF, settings=SETTINGS, engine=engine).to_pylist()
    assert len(one) == country["facilities"].num_rows
    for a, b in zip(one, other, strict=True):
        for column, value in a.items():
            assert _same(value, b[column]), f"{a['facility_id']} {column}: {value} on duckdb, {b[column]} on {engine}"


def _same(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b


def test_order_of_rows_does_not_matter(country) -> None:
    backwards = {name: table.take(pa.array(range(table.num_rows - 1, -1, -1), pa.int64())) for name, table in country.items()}
    one = pipeline.score_tables(country, as_of=AS_OF, settings=SETTINGS)
    other = pipeline.score_tables(backwards, as_of=AS_OF, settings=SETTINGS)
    for a, b in zip(one.to_pylist(), other.to_pylist(), strict=True):
        assert all(_same(value, b[column]) for column, value in a.items()), a["facility_id"]


def test_nothing_is_dropped_and_totals_reconcile(country) -> None:
    scored = pipeline.score_tables(country, as_of=AS_OF, settings=SETTINGS)
    totals = pipeline.totals(scored, currency="KZT")
    rows = scored.to_pylist()
    assert totals["n_facilities"] == country["facilities"].num_rows == len(rows)
    assert totals["n_overdue"] == sum(row["is_overdue"] is True for row in rows)
    assert totals["n_deadline_unknown"] == sum(row["is_overdue"] is None for row in rows)
    assert totals["n_flagged"] == sum(row["is_flagged"] for row in rows)
    assert all(row["is_overdue"] and row["level"] in ("medium", "high", "critical") for row in rows if row["is_flagged"])


def test_no_facilities_at_all() -> None:
    empty = {name: facts.arrow_schema(name).empty_table() for name in facts.FACT_TABLES}
    for engine in ("duckdb", "polars", "pandas"):
        assert pipeline.score_tables(empty, as_of=AS_OF, settings=SETTINGS, engine=engine).num_rows == 0
