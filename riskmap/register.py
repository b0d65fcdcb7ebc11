"""Small registers as CSV: in, with every row that cannot be read named, and out, so that the same file comes in again."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from riskmap.apostrophe import cell, unmark
from riskmap.problem import DataError, Problem
from riskmap.read.encoding import decode


class Sheet(NamedTuple):
    """The rows of a register: rows in = `rows` + `refused` + blank.

    `rows`: (row as a spreadsheet counts it, text by column). `refused`: one problem per row that is longer or shorter than
    the first line (`register_cells`) or has broken letters (`broken_characters`).
    """

    rows: list[tuple[int, dict[str, str]]]
    refused: list[Problem]
    n_blank: int


def read(
    content: bytes, name: str, columns: Sequence[str], *, max_bytes: int, max_rows: int, required: Sequence[str] | None = None
) -> Sheet:
    """The cells of `columns` in every row, without blanks around them; other columns of the file are left unread.

    The first line names the columns in any order, those of `required` (default: all) must be there, none of them twice.
    DataError: `register_large`, `register_headers`, `register_csv`, and those of `encoding.decode`.
    """
    too_large = DataError("register_large", name, limit=str(max_bytes // 1_000_000), rows=str(max_rows))
    if len(content) > max_bytes:
        raise too_large
    text, _, _ = decode(content, encoding=None, name=name)
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError("register_csv", name, reason=str(error)) from error
    heads = [head.strip().casefold() for head in lines[0]] if lines else []
    needed = columns if required is None else required
    if wrong := [column for column in columns if heads.count(column) > 1 or (column in needed and column not in heads)]:
        raise DataError("register_headers", name, columns=", ".join(wrong))
    filled = [(number, line) for number, line in enumerate(lines[1:], start=2) if any(one.strip() for one in line)]
    if len(filled) > max_rows:
        raise too_large
    rows, refused = [], []
    for number, line in filled:
        if len(line) != len(heads):
            refused.append(Problem("register_cells", "error", name, row=number, column="", value=str(len(line))))
        elif broken := next(((head, one) for head, one in zip(heads, line, strict=True) if "\ufffd" in one), None):
            head, one = broken
            refused.append(Problem("broken_characters", "error", name, row=number, column=head, value=one[:100]))
        else:
            rows.append((number, {head: unmark(one).strip() for head, one in zip(heads, line, strict=True) if head in columns}))
    return Sheet(rows, refused, len(lines) - 1 - len(filled))


def write(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A register for a program and a spreadsheet, which runs nothing of it (`apostrophe.cell`); `read` gives the same texts."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
