"""Scoring on DuckDB beside the same code on Polars and pandas, and reading a snapshot for a filter change."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc

from riskmap import archive, facts, filters, pipeline, settings
from riskmap.demo.calibrate import AS_OF

ROUNDS = 3
IDS = {"facility_id", "contract_id", "payment_id", "report_id", "amendment_id", "bid_id"}


def copies(tables: dict[str, pa.Table], n: int) -> dict[str, pa.Table]:
    """The same country n times over, with ids of their own."""
    return {
        name: pa.concat_tables([_renamed(table, str(i)) for i in range(n)]).combine_chunks() for name, table in tables.items()
    }


def _renamed(table: pa.Table, suffix: str) -> pa.Table:
    for i, name in enumerate(table.column_names):
        if name in IDS:
            table = table.set_column(i, name, pc.binary_join_element_wise(table[name], suffix, "~"))
    return table


def alternated(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each run; the runs take turns, so that a busy machine hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: median(of) for name, of in seconds.items()}


def report(title: str, seconds: dict[str, float]) -> None:
    first = next(iter(seconds))
    print(title)
    for name, value in seconds.items():
        print(f"  {name:10} {value:8.3f} s   {value / seconds[first]:6.2f} x {first}")


def main(demo: Path) -> None:
    tables, _, _ = facts.read(demo / "facts")
    chosen = settings.load()
    for n in (1, 8):
        country = copies(tables, n)
        runs = {
            engine: lambda engine=engine, country=country: pipeline.score_tables(
                country, as_of=AS_OF, settings=chosen, engine=engine
            )
            for engine in ("pandas", "polars", "duckdb")
        }
        report(f"score {country['facilities'].num_rows} facilities, {country['payments'].num_rows} payments", alternated(runs))
    opened = archive.opened(demo / "snapshots").facilities
    one, all_ = filters.Filter(regions=("KZ-75",), flagged=True), filters.Filter()
    report(
        "filter change",
        alternated({"all rows": lambda: filters.apply(all_, opened), "one region": lambda: filters.apply(one, opened)}),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "data/demo"))
