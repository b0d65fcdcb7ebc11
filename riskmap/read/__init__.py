"""Readers: one per format, each from bytes to text. Nothing is converted here; `check` does that, strictly."""

from dataclasses import dataclass, field

from riskmap.problem import Problem

# what our quarantine files say about a refused row beside its cells, so that its correction can be told to be one
PLACE_COLUMNS = ("_file", "_sha256", "_sheet", "_row", "_code", "_reason")
ORIGIN_COLUMNS = ("_sha256", "_sheet", "_row")


@dataclass(frozen=True)
class RawRow:
    """One line of input. `row` is its number in the file as a spreadsheet shows it (JSON: position from 1).

    `cells` maps a schema column name to the text found; `headers` maps the same names to the header
    text or JSON path they came from, so that a Problem can say where to look. `corrects`: SHA-256, sheet and row number
    of the refused row that this one replaces, if it comes from a quarantine file.
    """

    row: int
    cells: dict[str, str]
    corrects: tuple[str, ...] | None = None


@dataclass(frozen=True)
class RawTable:
    """One sheet, file or JSON array, read as text and mapped to one table of `riskmap.schema`."""

    source_file: str
    sheet: str | None
    table: str
    headers: dict[str, str]
    units: dict[str, str]  # schema column -> unit found in its header ("млн тенге", "%"), where there was one
    rows: list[RawRow]
    n_blank: int = 0
    problems: list[Problem] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)  # headers that were not understood
    unsure: list[str] = field(default_factory=list)  # "column: header A | header B" the reader must decide
