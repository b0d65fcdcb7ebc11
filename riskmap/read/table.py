"""CSV and XLSX -> text, mapped to the columns of the schema. Every byte is hostile; nothing is converted, nothing dropped.

A row with an "error" Problem stays in `rows`, so that rows in = accepted + quarantined + blank can be counted.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from riskmap import schema
from riskmap.apostrophe import unmark
from riskmap.problem import DataError, Problem
from riskmap.read import ORIGIN_COLUMNS, PLACE_COLUMNS, RawRow, RawTable, headers
from riskmap.read.encoding import decode
from riskmap.read.workbook import Sheet, read_sheets

MAX_FILE_BYTES = 300 << 20
MAX_COLUMNS = 200
MAX_CELL_CHARACTERS = 32_767  # what a spreadsheet cell may hold
MAX_FIELD_CHARACTERS = 16 << 20  # a longer "cell" is an unclosed quote
MAX_SHOWN_CHARACTERS = 200
HEAD_ROWS = 40  # the header is looked for in these
MIN_UNDERSTOOD = 2  # one word that happens to be a header does not make a table

_CONTAINERS = (  # first bytes -> what it is
    (b"\x1f\x8b", "gzip"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!", "RAR"), (b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"), (b"%PDF", "PDF"), (b"PAR1", "Parquet"), (b"ARROW1", "Arrow"), (b"FEA1", "Feather"),
    (b"SQLite format 3", "SQLite"), (b"\x89HDF", "HDF5"), (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"),
    (b"{\\rtf", "RTF"), (b"MZ", "EXE"), (b"\x7fELF", "ELF"),
)  # fmt: skip
_ZIP, _OLE = b"PK", b"\xd0\xcf\x11\xe0"
_OLD_WORKBOOKS = (".xls", ".xlsb", ".xlsm", ".ods", ".xlt", ".xltm", ".xltx")

# "error": the row cannot be trusted or stored. The rest is noted once per column, with how often.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BROKEN = re.compile("\ufffd")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_MIXED = re.compile("[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
_LOST = re.compile(r"[\u0400-\u04ff]\?[\u0400-\u04ff]|(?<!\S)\?[\u0430-\u04ff]{2}")
# UTF-8 read as cp1251: every letter became Р, С, Т or У and a sign
_MOJIBAKE = re.compile(
    "(?:[РСТУ][\u00a0-\u00bf\u0401-\u040f\u0451-\u045f\u0490\u0491\u2013-\u2022\u2026\u2030\u2039\u203a\u20ac\u2116\u2122]){3}"
)
_NOTED = (("mixed_script", _MIXED), ("lost_letters", _LOST), ("mojibake", _MOJIBAKE), ("invisible_characters", _INVISIBLE))
_ODD = re.compile("|".join(p.pattern for p in (_FORBIDDEN, _BROKEN, _INVISIBLE, _MIXED, _LOST, _MOJIBAKE)))

_TOTAL = re.compile(
    r"(?:итого|всего|барлығы|жиыны|жалпы жиыны|grand total|sub-?total|total)(?:$|[\s:,.]+(?:по|for|of|бойынша)\b|\s*[:.]?\s*$)"
)
_SEP_LINE = re.compile(r'\ufeff?"?sep=(.)"?(?:\r\n|\r|\n|$)', re.IGNORECASE)
_DEGREES = "°º"
_OURS = ({"_file", "_row", "_code"}, {"snapshot_id", "notice"})  # headers of our quarantine and of our exported lists

csv.field_size_limit(MAX_FIELD_CHARACTERS)  # the default, 131,072, would refuse a file for one long cell


def read_table(
    path: Path,
    *,
    name: str,
    column_map: Mapping[str, str] | None = None,
    table: str | None = None,
    sheets: Sequence[str] | None = None,
    encoding: str | None = None,
) -> list[RawTable]:
    """A CSV or XLSX file as text: one RawTable per sheet that holds a table.

    `name`: the file name people know. `column_map`: column (by its name or a synonym) -> header, where the words of
    the schema do not decide. `table`: one of `schema.INPUT_TABLES`, if the caller knows. `sheets`: only these.
    `encoding`: of a CSV file that does not show it. DataError if the file cannot be used at all.
    """
    chosen = dict(column_map or {})
    headers.check_column_map(chosen)
    if table is not None and table not in schema.INPUT_TABLES:
        raise DataError("table_unknown", name, table=table, tables=", ".join(schema.INPUT_TABLES))
    try:
        with path.open("rb") as file:
            start = file.read(4096)
            n_bytes = path.stat().st_size
    except OSError as error:
        raise DataError("file_unreadable", name) from error
    if n_bytes > MAX_FILE_BYTES:
        raise DataError("file_too_large", name, limit=str(MAX_FILE_BYTES >> 20))
    if _kind(start, path, name) == "xlsx":
        found, guessed = read_sheets(path, name=name), None
    else:
        found, guessed = _csv_sheet(path.read_bytes(), encoding, name)
    notes = [Problem("encoding_guessed", "warning", name, value=guessed)] if guessed else []
    return _tables(found, notes, name=name, column_map=chosen, table=table, sheets=sheets)


def _kind(start: bytes, path: Path, name: str) -> str:
    """ "csv" or "xlsx", by content and by name; DataError where they disagree or it is something else."""
    suffix = Path(name).suffix.lower() or path.suffix.lower()
    if not start.strip(b"\xef\xbb\xbf\xfe\xff\x00 \t\r\n"):
        raise DataError("file_empty", name)
    if start.startswith(_ZIP) and start[2:4] in (b"\x03\x04", b"\x05\x06"):
        if suffix == ".xlsx":
            return "xlsx"
        if suffix in _OLD_WORKBOOKS:
            raise DataError("save_as_xlsx", name)
        raise DataError("extension_mismatch", name, found="XLSX / ZIP", suffix=suffix)
    if start.startswith(_OLE):
        # an encrypted XLSX is wrapped in the same container as an old XLS
        raise DataError("workbook_password" if suffix == ".xlsx" else "save_as_xlsx", name)
    text_start = start.decode("utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace").lstrip()
    container = next((kind for mark, kind in _CONTAINERS if start.startswith(mark)), None)
    if start[8:12] == b"DUCK" or (start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05" and start[2:3] in b"\x95}](c"):
        container = "DuckDB" if start[8:12] == b"DUCK" else "pickle"
    if container is None and text_start.startswith("<"):
        container = "HTML / XML"
    if container is None and re.match(r'\{\s*["}]|\[\s*[\[{"]', text_start):
        container = "JSON"
    if container:
        raise DataError("not_a_table", name, found=container)
    if suffix == ".xlsx" or suffix in _OLD_WORKBOOKS:
        raise DataError("extension_mismatch", name, found="CSV / TXT", suffix=suffix)
    return "csv"


# --- CSV -----------------------------------------------------------------------------------------------------------


def _csv_sheet(data: bytes, encoding: str | None, name: str) -> tuple[Iterator[Sheet], str | None]:
    """(the only sheet, its encoding if that was a guess)."""
    text, found, was_guessed = decode(data, encoding=encoding, name=name)
    declared = _SEP_LINE.match(text)  # a spreadsheet obeys this line and does not show it
    if declared:
        text = text[declared.end() :]
    delimiter = declared[1] if declared else _delimiter(text)
    return iter([Sheet(name="", rows=_csv_rows(text, delimiter, 1 if declared else 0, name))]), found if was_guessed else None


def _delimiter(text: str) -> str:
    """The one of , ; tab that shows known headers, else the one that cuts most rows into the same number of cells."""
    sample = text[:100_000]
    if len(sample) < len(text):
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    best, best_key = ",", (0, 0.0)
    for delimiter in ",;\t":
        rows = [row for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), HEAD_ROWS) if any(row)]
        widths = [len(row) for row in rows]
        width = max(set(widths), key=lambda w: (widths.count(w), w), default=1)
        n_known = max(
            (sum(headers.is_known(cell) for cell in row[:MAX_COLUMNS] if 0 < len(cell) < 200) for row in rows), default=0
        )
        key = (n_known if n_known > 1 else 0, (width - 1) * widths.count(width) / max(len(widths), 1))
        if key > best_key:
            best, best_key = delimiter, key
    return best


def _csv_rows(text: str, delimiter: str, n_lines_before: int, name: str) -> Iterator[tuple[int, list[str]]]:
    """(row number as a spreadsheet shows it, cells). A row with line breaks inside quotes is one row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number, first_line = 0, 1
    while True:
        first_line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError("csv_quotes", name, line=str(first_line + n_lines_before)) from error
        number += 1
        yield number, cells


# --- sheets --------------------------------------------------------------------------------------------------------


def _tables(
    found: Iterator[Sheet],
    notes: list[Problem],
    *,
    name: str,
    column_map: Mapping[str, str],
    table: str | None,
    sheets: Sequence[str] | None,
) -> list[RawTable]:
    """Every sheet read; what cannot be read is a Problem of the file, or the DataError if nothing else is left."""
    tables: list[RawTable] = []
    refused: list[DataError] = []
    names: list[str] = []
    seen_headers: set[str] = set()
    for sheet in found:
        names.append(sheet.name)
        if sheets and sheet.name and sheet.name not in sheets:
            continue
        try:
            raw = _read_sheet(sheet, name=name, column_map=column_map, table=table, seen_headers=seen_headers)
        except _SheetRefused as error:
            refused.append(DataError(error.code, name, sheet=sheet.name, **error.params))
            notes.append(Problem(error.code, "warning", name, sheet=sheet.name or None, params=error.params))
        else:
            tables += [raw] if raw else []
    if missing := [s for s in sheets or () if names != [""] and s not in names]:
        raise DataError("sheet_missing", name, sheet=", ".join(missing), sheets=", ".join(names))
    if not tables:
        raise refused[0] if refused else DataError("file_empty", name)
    for column, header in column_map.items():
        if headers.fold(header) not in seen_headers:
            notes.append(Problem("map_header_missing", "warning", name, column=column, value=header))
    tables[0].problems.extend(notes)
    return tables


class _SheetRefused(Exception):
    """No table can be made of this sheet; `code` and `params` as in DataError."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def _read_sheet(
    sheet: Sheet, *, name: str, column_map: Mapping[str, str], table: str | None, seen_headers: set[str]
) -> RawTable | None:
    """One sheet as a RawTable; None if it is empty; _SheetRefused if no table can be made of it."""
    if sheet.skipped:
        raise _SheetRefused(sheet.skipped, limit=str(MAX_COLUMNS))
    start: list[tuple[int, list[str]]] = []
    head: list[tuple[int, list[str]]] = []  # the same without blank rows, stripped
    for number, cells in sheet.rows:
        start.append((number, cells))
        if any(cell.strip() for cell in cells):
            head.append((number, [cell.strip() for cell in cells]))
        if len(head) == HEAD_ROWS:
            break
    if not head:
        return None
    if any(len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]) for _, cells in head):
        raise _SheetRefused("too_many_columns", limit=str(MAX_COLUMNS))
    rows = sheet.rows
    if any(ours <= set(cells) for ours in _OURS for _, cells in head[:1]):
        start, head, rows = list(_unmarked(start)), list(_unmarked(head)), _unmarked(rows)
    top, n_header_rows, words, match = _header(head, sheet, name=name, column_map=column_map, table=table)
    seen_headers.update(map(headers.fold, words))
    if match.duplicates:
        raise _SheetRefused("duplicate_headers", headers=", ".join(map(_shown, match.duplicates)))
    header_row, header_cells = head[top + n_header_rows - 1]
    rest = chain((row for row in start if row[0] > header_row), rows)
    raw = RawTable(
        source_file=name,
        sheet=sheet.name or None,
        table=match.table,
        headers={column: words[at] for column, at in match.columns.items()},
        units=match.units,
        rows=[],
        unmapped=[header for header in match.unmapped if header not in PLACE_COLUMNS],
        unsure=match.unsure,
    )
    if match.coordinates is not None:
        raw.headers.update(dict.fromkeys(("lat", "lon"), words[match.coordinates]))
    raw.problems.extend(_about_sheet(sheet, head[:top], match, name))
    n_blank = _rows(rest, raw, words, match, header_row=header_row, header_cells=header_cells)
    if not raw.rows:
        raise _SheetRefused("no_rows")
    mapped = {*match.columns.values(), match.coordinates}
    for (row, column), (code, value) in sorted(sheet.bad.items()):
        if row > header_row and column - 1 in mapped:
            _add(raw, code, row, value, header=words[column - 1], severity="warning" if code == "digits_lost" else "cell")
    return RawTable(**{**vars(raw), "n_blank": n_blank})


def _unmarked(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    return ((number, [unmark(cell) for cell in cells]) for number, cells in rows)


def _header(
    head: list[tuple[int, list[str]]], sheet: Sheet, *, name: str, column_map: Mapping[str, str], table: str | None
) -> tuple[int, int, list[str], headers.Match]:
    """(place of the first header row in `head`, one or two header rows, header words, their meaning)."""
    asked = {headers.fold(header) for header in column_map.values()}
    words = [[cell[: headers.MAX_HEADER_CHARACTERS * 2] for cell in cells[:MAX_COLUMNS]] for _, cells in head]

    def n_known(cells: list[str]) -> int:
        return sum(bool(cell) and (headers.is_known(cell) or headers.fold(cell) in asked) for cell in cells)

    known = [n_known(cells) for cells in words]
    if max(known) < MIN_UNDERSTOOD:
        known = [max(n, sum(headers.resemblance(cell) for cell in cells if cell)) for n, cells in zip(known, words, strict=True)]
    names = [n for n in (sheet.name, Path(name).stem if not sheet.name else "") if n]

    def understand(cells: list[str]) -> headers.Match:
        return headers.best_match(cells, column_map=column_map, names=names, table=table)

    at = known.index(max(known))
    best = (at, 1, words[at], understand(words[at]))
    for top in (at, at - 1):
        if 0 <= top < len(head) - 1 and head[top + 1][0] == head[top][0] + 1:
            pair = _two_rows(words[top], words[top + 1], head[top][0], sheet, best[3].table)
            if pair and (match := understand(pair)).n_understood >= best[3].n_understood:
                best = (top, 2, pair, match)
                break
    needed = MIN_UNDERSTOOD if not table and not asked & set(map(headers.fold, best[2])) else 1
    if best[3].n_understood < needed:
        shown = max(words[:HEAD_ROWS], key=lambda cells: (sum(bool(c) and not _is_number(c) for c in cells), len(cells)))
        code = "sheet_not_understood" if sheet.name else "header_not_understood"
        raise _SheetRefused(code, headers=", ".join(_shown(c) for c in shown if c)[:1000])
    while best[2] and not best[2][-1]:
        best[2].pop()
    return best


def _two_rows(top: list[str], bottom: list[str], top_row: int, sheet: Sheet, table: str) -> list[str] | None:
    """The words of two header rows joined, or None if the lower row is not the second row of a header."""
    width = max(len(top), len(bottom))
    upper, lower = top + [""] * (width - len(top)), bottom + [""] * (width - len(bottom))
    lower_words = [cell for cell in lower if cell]
    if len({cell for cell in upper if cell}) < 2 or len(lower_words) < 2 or any(map(_is_number, lower_words)):
        return None
    merged = [m for m in sheet.merged if m[0] <= top_row <= m[2]]
    for at in range(1, width):
        under = next((m for m in merged if m[1] <= at + 1 <= m[3]), None)
        if upper[at]:
            continue
        if (under and under[1] <= at) or (not merged and lower[at]):
            upper[at] = upper[at - 1]
    # below a header that stands alone the second row is empty; a row of data is not
    for at in range(width):
        in_group = (at > 0 and upper[at] == upper[at - 1]) or (at + 1 < width and upper[at] == upper[at + 1])
        if lower[at] and upper[at] and not in_group:
            return None
    return [headers.one_of_two(a, b, table) for a, b in zip(upper, lower, strict=True)]


def _about_sheet(sheet: Sheet, above: list[tuple[int, list[str]]], match: headers.Match, name: str) -> Iterator[Problem]:
    """What the reader should know about the sheet as a whole."""
    tab = sheet.name or None
    if sheet.is_hidden:
        yield Problem("hidden_sheet", "warning", name, tab)
    for code, n in (("hidden_rows", sheet.n_hidden_rows), ("hidden_columns", sheet.n_hidden_columns)):
        if n:
            yield Problem(code, "warning", name, tab, params={"n": str(n)})
    header_row = above[-1][0] + 1 if above else 1
    n_merged = sheet.n_merged_below + sum(m[0] > header_row + 1 for m in sheet.merged)
    if n_merged:
        yield Problem("merged_cells", "warning", name, tab, params={"n": str(n_merged)})
    kinds = {c.name: c.kind for c in schema.INPUT_TABLES[match.table]}
    if any(kinds[c] == "money" and c not in match.units for c in match.columns):
        for row, cells in above:
            for cell in cells:
                if unit := headers.unit_alone(cell):
                    yield Problem("unit_above_header", "warning", name, tab, row, value=unit)


# --- rows ----------------------------------------------------------------------------------------------------------


# one Problem, not one per row: (code, header) -> first row, its value, how often
_Notes = dict[tuple[str, str], tuple[int, str, int]]


def _rows(
    rows: Iterator[tuple[int, list[str]]],
    raw: RawTable,
    words: list[str],
    match: headers.Match,
    *,
    header_row: int,
    header_cells: list[str],
) -> int:
    """Fill `raw.rows` and `raw.problems`; the number of blank rows. The work per row does not grow with the file."""
    wanted = list(match.columns.items())
    origin = [words.index(name) for name in ORIGIN_COLUMNS] if set(ORIGIN_COLUMNS) <= set(words) else []
    notes: _Notes = {}
    n_blank, previous = 0, header_row
    for number, cells in rows:
        n_blank += number - previous - 1
        previous = number
        if not any(cell.strip() for cell in cells):
            n_blank += 1
            continue
        values = {column: text for column, at in wanted if at < len(cells) and (text := cells[at].strip())}
        for code, at, value in _shape(cells, words, is_csv=raw.sheet is None):
            if code == "cell_without_header":
                _note(notes, code, _letter(at + 1), number, value)
            else:
                _add(raw, code, number, value)
        if kind := _not_a_facility(cells, header_cells, is_first=not raw.rows):
            _add(raw, kind, number, _some(cells))
        if match.coordinates is not None and match.coordinates < len(cells):
            _coordinates(cells[match.coordinates].strip(), values, raw, number)
        joined = "\n".join(values.values())
        if len(joined) > MAX_CELL_CHARACTERS or _ODD.search(joined):
            _characters(values, raw, number, notes)
        corrects = tuple(cells[at].strip() for at in origin) if origin and max(origin) < len(cells) else None
        raw.rows.append(RawRow(number, values, corrects))
    for (code, header), (row, value, n) in notes.items():
        raw.problems.append(Problem(code, "warning", raw.source_file, raw.sheet, row, header, _shown(value), {"n": str(n)}))
    return n_blank


def _add(raw: RawTable, code: str, row: int, value: str, *, header: str | None = None, severity: str = "error") -> None:
    raw.problems.append(Problem(code, severity, raw.source_file, raw.sheet, row, header, _shown(value)))


def _shape(cells: list[str], words: list[str], *, is_csv: bool) -> Iterator[tuple[str, int, str]]:
    """(code, position, value): too few cells, or more than there are headers. A workbook's rows are never shifted."""
    width = len(words)
    if is_csv and len(cells) < width:
        yield "short_row", len(cells), _some(cells)
    elif len(cells) > width and (extra := next((at for at in range(width, len(cells)) if cells[at].strip()), None)) is not None:
        yield "long_row" if is_csv else "cell_without_header", extra, _some(cells[width:])


def _not_a_facility(cells: list[str], header_cells: list[str], *, is_first: bool) -> str | None:
    """The code for a total, a header printed again, or the numbers of the columns under the header."""
    if _total(cells):
        return "total_row"
    if cells[0].strip() == header_cells[0] and [cell.strip() for cell in cells[: len(header_cells)]] == header_cells:
        return "header_repeated"
    if is_first:
        numbers = [cell.strip() for cell in cells if cell.strip()]
        if len(numbers) > 3 and numbers == [str(n) for n in range(1, len(numbers) + 1)]:
            return "column_numbers"
    return None


def _coordinates(text: str, values: dict[str, str], raw: RawTable, row: int) -> None:
    if pair := split_coordinates(text):
        values["lat"], values["lon"] = pair
    elif text:
        _add(raw, "coordinates_not_split", row, text, header=raw.headers["lat"], severity="cell")


def _characters(values: dict[str, str], raw: RawTable, row: int, notes: _Notes) -> None:
    """Problems of characters. Invisible ones are taken out of the value; the original stays in the note."""
    for column, found in values.items():
        header, text = raw.headers[column], _FORBIDDEN.sub("\ufffd", found)
        if len(text) > MAX_CELL_CHARACTERS:
            _add(raw, "cell_too_long", row, text, header=header)
        if text != found:
            _add(raw, "control_characters", row, text, header=header)
        elif _BROKEN.search(text):
            _add(raw, "broken_characters", row, text, header=header)
        for code, pattern in _NOTED:
            if pattern.search(text):
                _note(notes, code, header, row, text)
        values[column] = _INVISIBLE.sub("", text)


def _note(notes: _Notes, code: str, header: str, row: int, value: str) -> None:
    first_row, first, n = notes.get((code, header), (row, value, 0))
    notes[code, header] = (first_row, first, n + 1)


def _total(cells: list[str]) -> str | None:
    """The word for a total, if it opens one of the first two text cells of the row."""
    n_texts = 0
    for found in cells:
        cell = found.strip()
        if not cell or cell[0].isdigit():
            continue
        if _TOTAL.match(cell[:60].casefold()):
            return cell
        n_texts += 1
        if n_texts == 2:
            break
    return None


def split_coordinates(text: str) -> tuple[str, str] | None:
    """("51.12", "71.43") from one cell with both, each as written; None if it is not clear where one ends."""
    text = " ".join(text.strip("()[] ").split())
    for separator in (";", "/", ", ", " "):
        parts = [part.strip(" ,") for part in text.split(separator)]
        if len(parts) == 2 and all(map(_is_coordinate, parts)):
            return parts[0], parts[1]
    parts = text.split(",")
    if len(parts) == 2 and all(_is_coordinate(part) and re.search(rf"\.\d|[{_DEGREES}]", part) for part in parts):
        return parts[0].strip(), parts[1].strip()
    hemispheres = re.match(r"(.*?[NSСЮ]\.?(?:\s?[шШ]\.?)?)[\s,;]+(.*)", text)
    if hemispheres and _is_coordinate(hemispheres[1]) and _is_coordinate(hemispheres[2]):
        return hemispheres[1], hemispheres[2]
    return None


def _is_coordinate(text: str) -> bool:
    if re.fullmatch(r"[NSEWСЮВЗ]?\s?[+-]?\d{1,3}(?:[.,]\d{1,15})?\s?[NSEWСЮВЗO]?", text):
        return True
    return len(text) <= 40 and bool(re.match(rf"[NSEWСЮВЗ]?\s?\d{{1,3}}\s?[{_DEGREES}]", text)) and text.count("°") <= 1


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?[\d\s.,:/-]+%?(?:T[\d:]+)?", text))


def _letter(column: int) -> str:
    """1 -> "A", 28 -> "AB"."""
    letters = ""
    while column:
        column, at = divmod(column - 1, 26)
        letters = chr(65 + at) + letters
    return letters


def _shown(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"


def _some(cells: list[str]) -> str:
    return " | ".join(cell[:60] for cell in cells if cell)
