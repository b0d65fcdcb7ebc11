"""What can be wrong with input, in words for people: one bad cell is a Problem, an unusable file is a DataError."""

from dataclasses import dataclass, field

from riskmap.i18n import has, text, words


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


def describe(problem: Problem, lang: str, *, with_place: bool = True) -> str:
    """A Problem as a sentence for people: where it is, what was found, what was expected, what to do.

    A code without a text is shown as it is rather than hidden.
    """
    place = {"file": problem.source_file, "sheet": problem.sheet or "", "row": problem.row, "column": problem.column or ""}
    sentence = _sentence(problem.code, lang, {**place, "value": problem.value or "", **problem.params})
    if not with_place or sentence.startswith(problem.source_file):
        return sentence
    parts = [("at_file", True), ("at_sheet", problem.sheet), ("at_row", problem.row)]
    where = ", ".join(text(f"problem.{key}", lang, **place) for key, is_given in parts if is_given)
    return f"{where}: {sentence}"


def describe_error(error: DataError, lang: str) -> str:
    """A DataError as a sentence for people."""
    return _sentence(error.code, lang, {"file": error.source_file, **error.params})


class _Filled(dict[str, object]):
    """Placeholders without a value become "?": a message must not fail on its own gaps."""

    def __missing__(self, key: str) -> str:
        return "?"


def _sentence(code: str, lang: str, params: dict[str, object]) -> str:
    key = f"problem.{code}"
    return words(lang)[key].format_map(_Filled(params)) if has(key, lang) else code
