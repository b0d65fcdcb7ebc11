"""What can be wrong with input, in words for people: one bad cell is a Problem, an unusable file is a DataError."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """One finding about one cell or row of an input file.

    `row` and `column` are as the reader of the spreadsheet sees them (row 1 is the first line of the
    file; column is the header text). `code` is a key of the locale section `problem`. `severity`:
    "error" puts the whole row into quarantine, "cell" empties the one value (it becomes not known),
    "warning" keeps the value. `params` fill the placeholders of the localised sentence.
    """

    code: str
    severity: str
    source_file: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    params: dict[str, str] = field(default_factory=dict)


class DataError(Exception):
    """A file that cannot be used at all. `code` is a key of the locale section `problem`."""

    def __init__(self, code: str, source_file: str = "", **params: str) -> None:
        super().__init__(f"{source_file}: {code} {params}")
        self.code, self.source_file, self.params = code, source_file, params
