"""The engines that run the scoring: DuckDB by default, Polars and pandas for the parity test. One code on all of them.

DuckDB reads only our own Arrow tables, never an upload, and cannot reach files or the network.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa

Frame = nw.LazyFrame[Any]
Cut = Callable[[Frame], Frame]

_NULLABLE = {
    pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype(), pa.bool_(): pd.BooleanDtype(), pa.string(): pd.StringDtype(),
}  # fmt: skip


def to_days(table: pa.Table) -> pa.Table:
    """Date columns `x_on` become int64 columns `x_day`: days since 1970-01-01, which every engine can subtract."""
    for i, field in enumerate(table.schema):
        if pa.types.is_date32(field.type) and field.name.endswith("_on"):
            days = table.column(i).cast(pa.int32()).cast(pa.int64())
            table = table.set_column(i, field.name.removesuffix("_on") + "_day", days)
    return table


def to_dates(table: pa.Table) -> pa.Table:
    """The way back: int64 columns `x_day` become dates `x_on`."""
    for i, field in enumerate(table.schema):
        if field.name.endswith("_day"):
            days = table.column(i).cast(pa.int32()).cast(pa.date32())
            table = table.set_column(i, field.name.removesuffix("_day") + "_on", days)
    return table


@contextmanager
def session(tables: Mapping[str, pa.Table], *, engine: str = "duckdb") -> Iterator[tuple[dict[str, Frame], Cut]]:
    """The tables as frames of one engine, and the `cut` that materialises a frame between two steps."""
    if engine != "duckdb":
        open_table = _polars if engine == "polars" else _pandas
        yield {name: open_table(table) for name, table in tables.items()}, lambda frame: frame.collect().lazy()
        return
    connection = duckdb.connect(":memory:", config={"enable_external_access": "false", "lock_configuration": "true"})
    try:
        frames = {}
        for name, table in tables.items():
            connection.register(name, table)
            frames[name] = nw.from_native(connection.table(name)).lazy()
        numbers = count()

        def cut(frame: Frame) -> Frame:
            name = f"cut_{next(numbers)}"
            nw.to_native(frame).create(name)
            return nw.from_native(connection.table(name)).lazy()

        yield frames, cut
    finally:
        connection.close()


def _polars(table: pa.Table) -> Frame:
    import polars as pl  # noqa: PLC0415  (70 ms that a page without What if does not need)

    return nw.from_native(pl.DataFrame(table)).lazy()


def _pandas(table: pa.Table) -> Frame:
    return nw.from_native(table.to_pandas(types_mapper=_NULLABLE.get)).lazy()
