"""XLSX: the parent's side of `sandbox.py`. Nothing a workbook holds can harm this process: it only reads lines of text."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from riskmap.problem import DataError
from riskmap.read import sandbox

WALL_SECONDS = 120
MAX_OUTPUT_BYTES = 600 << 20
MAX_LINE_BYTES = 64 << 20


@dataclass
class Sheet:
    """One sheet. `rows`: (number as a spreadsheet shows it, cells from column A), blank rows left out; read it before
    asking for the next sheet. `merged`: (first row, first column, last row, last column), 1-based, near the top only.
    `bad`: (row, column) -> (problem code, what the cell shows). `skipped`: problem code of a sheet that was not opened.
    """

    name: str
    rows: Iterator[tuple[int, list[str]]]
    is_hidden: bool = False
    n_hidden_rows: int = 0
    n_hidden_columns: int = 0
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    n_merged_below: int = 0
    bad: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    skipped: str | None = None


def read_sheets(path: Path, *, name: str) -> Iterator[Sheet]:
    """The sheets of a workbook one after another; DataError if the workbook cannot be used."""
    command = [sys.executable, "-I", str(Path(sandbox.__file__).resolve()), str(path.resolve())]
    process = subprocess.Popen(  # noqa: S603 (our own file; the argument is a path, no shell)
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
    )
    alarm = threading.Timer(WALL_SECONDS, process.kill)
    alarm.start()
    try:
        assert process.stdout is not None
        yield from _sheets(_lines(process.stdout, name))
    finally:
        alarm.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _lines(pipe: IO[bytes], name: str) -> Iterator[Any]:
    """The child's lines, decoded. An end without its last word means that a limit stopped it."""
    n_bytes = 0
    while line := pipe.readline(MAX_LINE_BYTES):
        n_bytes += len(line)
        if n_bytes > MAX_OUTPUT_BYTES or not line.endswith(b"\n"):
            break
        found = json.loads(line)
        if isinstance(found, dict) and "error" in found:
            raise DataError(found["error"], name)
        yield found
        if isinstance(found, dict) and "done" in found:
            return
    raise DataError("workbook_too_large", name)


def _sheets(lines: Iterator[Any]) -> Iterator[Sheet]:
    line = next(lines)
    while "done" not in line:
        if "skipped" in line:
            yield Sheet(name=line["skipped"], rows=iter(()), skipped=line["code"])
            line = next(lines)
            continue
        after: list[Any] = []
        name = line.pop("sheet")
        merged = [tuple(m) for m in line.pop("merged")]
        sheet = Sheet(name=name, rows=iter(()), merged=merged, **line)
        sheet.rows = _rows(lines, sheet.bad, after)
        yield sheet
        for _ in sheet.rows:  # whatever the reader left
            pass
        line = after[0]


def _rows(lines: Iterator[Any], bad: dict[tuple[int, int], tuple[str, str]], after: list[Any]) -> Iterator[tuple[int, list[str]]]:
    """The rows of one sheet; the line that ends them is put into `after`."""
    for line in lines:
        if isinstance(line, list):
            yield line[0], line[1:]
        elif "bad" in line:
            row, column, code, value = line["bad"]
            bad[row, column] = (code, value)
        else:
            after.append(line)
            return
