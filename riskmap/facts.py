"""The facts of one import: typed tables as Parquet, the problems, and the report of what was read.

Folder: `<table>.parquet` for each of `schema.FACT_TABLES`, `problems.parquet`, `import.json`,
`quarantine.csv` and `originals/<sha256><suffix>`.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from riskmap.problem import DataError, Problem
from riskmap.schema import ARROW_TYPES, FACT_TABLES

PROBLEM_SCHEMA = pa.schema(
    [("code", "string"), ("severity", "string"), ("source_file", "string"), ("sheet", "string"), ("row", "int64"),
     ("column", "string"), ("value", "string"), ("params", "string"), ("facility_id", "string")]
)  # fmt: skip


def arrow_schema(table: str) -> pa.Schema:
    """The Arrow schema of a fact table: every column of `schema.FACT_TABLES`, nullable, in that order."""
    return pa.schema([(name, pa.type_for_alias(ARROW_TYPES[kind])) for name, kind in FACT_TABLES[table].items()])


def to_table(table: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows of Python values as a typed table; a name or a type that the schema does not know is an error."""
    schema = arrow_schema(table)
    if unknown := {name for row in rows for name in row} - set(schema.names):
        raise KeyError(f"{table}: {sorted(unknown)}")
    return pa.table([pa.array([row.get(f.name) for row in rows], f.type) for f in schema], schema=schema)


def problem_table(problems: Sequence[Problem], facility_ids: Sequence[str | None]) -> pa.Table:
    """Problems as a table; `facility_ids` runs parallel to them (None where no facility is known)."""
    rows = [
        {"code": p.code, "severity": p.severity, "source_file": p.source_file, "sheet": p.sheet, "row": p.row, "column": p.column,
         "value": p.value, "params": json.dumps(p.params, ensure_ascii=False, sort_keys=True), "facility_id": f}
        for p, f in zip(problems, facility_ids, strict=True)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=PROBLEM_SCHEMA)


def write(folder: Path, tables: Mapping[str, pa.Table], problems: pa.Table, report: Mapping[str, Any]) -> None:
    """Write one import. Every fact table is written, an absent one empty."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FACT_TABLES:
        pq.write_table(tables.get(name, arrow_schema(name).empty_table()), folder / f"{name}.parquet", compression="zstd")
    pq.write_table(problems, folder / "problems.parquet", compression="zstd")
    (folder / "import.json").write_text(json.dumps(report, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")


def read(folder: Path) -> tuple[dict[str, pa.Table], pa.Table, dict[str, Any]]:
    """The fact tables, the problems and the import report of a folder; DataError if it is not one."""
    if not (folder / "import.json").is_file():
        raise DataError("not_a_facts_folder", str(folder))
    tables = read_tables(folder)
    report = json.loads((folder / "import.json").read_text("utf-8"))
    return tables, pq.read_table(folder / "problems.parquet"), report


def read_tables(folder: Path) -> dict[str, pa.Table]:
    """The fact tables of an import or of a snapshot, whose facilities are the same facts with more columns."""
    return {name: _of_this_version(pq.read_table(folder / f"{name}.parquet"), arrow_schema(name)) for name in FACT_TABLES}


def _of_this_version(table: pa.Table, wanted: pa.Schema) -> pa.Table:
    """Columns that are younger than the import are not known in it."""
    columns = [table[f.name] if f.name in table.column_names else pa.nulls(table.num_rows, f.type) for f in wanted]
    return pa.table(columns, schema=wanted)
