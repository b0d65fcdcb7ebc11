"""CSV that a program reads and a spreadsheet cannot misread: UTF-8 with BOM, commas, ISO dates, technical names.

A spreadsheet runs a text that begins like a formula, and rewrites a BIN or a contract number that looks like a number
or a date. Such texts get one apostrophe in front (`mark`); `unmark` takes it away. Numbers and dates stay bare.
"""

import csv
import io
import re
from datetime import date
from typing import Any

from riskmap.export.table import Table

MEDIA_TYPE = "text/csv; charset=utf-8"
MARK = "'"

# ASVS 1.2.10 and beyond: the full-width forms count too, also after blanks and quotes; and not only at the start of a
# text, since a spreadsheet set to Kazakhstan splits a comma file at semicolons, tabs and line ends.
_STARTS_FORMULA = r"[\s\"\x00]*['=+\-@|\t\r\n\x00＝＋－＠｜]"
_TO_MARK = re.compile(rf"(?:\A|(?<=[;,\t\r\n]))(?={_STARTS_FORMULA})")
_MARKED = re.compile(rf"(?:\A|(?<=[;,\t\r\n])){MARK}")
# digits with the signs of numbers, dates and times and at most the letter of an exponent; or a truth value
_LOOKS_TYPED = re.compile(r"\s*(?:\d[\d\s.,:/+\-]*(?:e[+\-]?\d+)?%?|true|false|истина|ложь|ақиқат|жалған)\s*", re.IGNORECASE)


def encode(table: Table, manifest: dict[str, Any]) -> bytes:
    """Header and one line per row. Not known is empty; truth values are true and false."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.kinds)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return mark(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def mark(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would begin a formula, a number, a date or a truth value."""
    marked = _TO_MARK.sub(MARK, text)
    return MARK + text if marked == text and _LOOKS_TYPED.fullmatch(text) else marked


def unmark(text: str) -> str:
    """The original of a marked text: `unmark(mark(t)) == t` for every t."""
    return _MARKED.sub("", text)
