"""The apostrophe that our CSV files put before a text which a spreadsheet would run or rewrite; our reader takes it away.

A spreadsheet runs a text that begins like a formula, and rewrites a BIN or a contract number that looks like a number or
a date. Only files that say they are ours are unmarked: in any other file an apostrophe is what its author wrote.
"""

import re
from datetime import date
from typing import Any

MARK = "'"

# ASVS 1.2.10 and beyond: the full-width forms count too, also after blanks and quotes; and not only at the start of a
# text, since a spreadsheet set to Kazakhstan splits a comma file at semicolons, tabs and line ends.
_STARTS_FORMULA = r"[\s\"\x00]*['=+\-@|\t\r\n\x00＝＋－＠｜]"
_TO_MARK = re.compile(rf"(?:\A|(?<=[;,\t\r\n]))(?={_STARTS_FORMULA})")
_MARKED = re.compile(rf"(?:\A|(?<=[;,\t\r\n])){MARK}")
# digits with the signs of numbers, dates and times and at most the letter of an exponent; or a truth value
_LOOKS_TYPED = re.compile(r"\s*(?:\d[\d\s.,:/+\-]*(?:e[+\-]?\d+)?%?|true|false|истина|ложь|ақиқат|жалған)\s*", re.IGNORECASE)


def mark(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would begin a formula, a number, a date or a truth value."""
    marked = _TO_MARK.sub(MARK, text)
    return MARK + text if marked == text and _LOOKS_TYPED.fullmatch(text) else marked


def mark_formulas(text: str) -> str:
    """The same for texts that people are to correct: numbers and dates stay as they are, also negative ones."""
    is_number = text.lstrip("+-").replace(" ", "").replace(",", "").replace(".", "").isdigit()
    return text if is_number else _TO_MARK.sub(MARK, text)


def cell(value: Any) -> str:
    """A value in a CSV of ours: texts marked, dates in ISO, true and false, not known empty; numbers stay bare."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return mark(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def unmark(text: str) -> str:
    """The original of a marked text: `unmark(mark(t)) == unmark(mark_formulas(t)) == t` for every t."""
    return _MARKED.sub("", text)
