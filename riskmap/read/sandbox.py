"""The child process that opens a workbook: `python -I sandbox.py FILE` writes its cells as JSON lines to its output.

A 4.7 kB workbook can make the parser ask for 549 GB and abort the whole process, so no workbook is ever parsed where
pages are served. This file is run by its path and imports nothing of ours: it starts fast and holds no secrets. Lines:
`{"sheet": name, ...}`, `{"bad": [row, column, code, text]}` and `[row, cell, cell, ...]` (1-based row, texts from
column A on, blank rows left out), `{"skipped": name, ...}`, last `{"done": true}`; or one `{"error": code}` and the end.
"""

import json
import re
import resource
import stat
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePosixPath
from typing import IO, Any
from xml.etree import ElementTree

MEMORY_BYTES = 2 << 30
CPU_SECONDS = 60
MAX_ENTRIES, MAX_SHEETS = 400, 100
MAX_UNPACKED_BYTES = 400 << 20
MAX_RATIO = 200  # deflate reaches 1032; real workbooks stay below 50
RATIO_FROM_BYTES = 50 << 20  # small files may be as repetitive as they like
MAX_SMALL_PART_BYTES = 5 << 20  # workbook.xml and its relations
MAX_COLUMNS = 200
MAX_CELL_CHARACTERS = 32_768  # one more than a cell may hold, so that the reader can see that it is too long
EXACT_DIGITS = 10**15  # a spreadsheet keeps 15 digits of a number
HEADER_ROWS = 60  # merged ranges below are only counted
CHUNK_BYTES = 1 << 20

# Bounded repeats only: these run over hostile bytes and must stay linear.
_WIDE = re.compile(rb'<(?:\w{1,20}:)?c\s[^<>]{0,200}?\br="(?:[A-Z]{3}|G[S-Z]|[H-Z][A-Z])[0-9]{1,7}"[^<>]{0,200}(?<!/)>(?!</)')
_FORMULA = rb"<(?:\w{1,20}:)?f\b[^<>]{0,300}(?:(?<=/)>|>[^<]{0,9000}</(?:\w{1,20}:)?f>)"
_ERROR = re.compile(
    rb'<(?:\w{1,20}:)?c\s([^<>]{0,200}\bt="e"[^<>]{0,200})>\s?(?:' + _FORMULA + rb")?\s?<(?:\w{1,20}:)?v>([^<]{1,60})<"
)
_NOT_CALCULATED = re.compile(rb"<(?:\w{1,20}:)?c\s([^<>]{0,200})>\s?" + _FORMULA + rb"\s?(?:<v></v>|<v/>)?</(?:\w{1,20}:)?c>")
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_HIDDEN_ROW = re.compile(rb'<(?:\w{1,20}:)?row\s[^<>]{0,300}\bhidden="(?:1|true)"')
_HIDDEN_COLUMNS = re.compile(rb"<(?:\w{1,20}:)?col\s([^<>]{0,300})>")
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Refused(Exception):
    """The workbook is not read further; `code` is a key of the locale section `problem`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def main() -> None:
    limit_resources()
    try:
        for line in read(sys.argv[1]):
            print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))
        print('{"done":true}')
    except Refused as refused:
        print(json.dumps({"error": refused.code}))
    except MemoryError:
        print('{"error":"workbook_too_large"}')


def limit_resources() -> None:
    """Set by the child itself: a function between fork and exec is not safe in a server with threads."""
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(path: str) -> Iterator[dict[str, Any] | list[Any]]:
    """The lines described above; Refused for a workbook that is hostile, damaged, of another kind or too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_archive(archive)
            parts = sheet_parts(archive)
            scans = {name: scan_sheet(archive, part) for name, part in parts.items()}
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise Refused("workbook_damaged") from error
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise Refused("workbook_damaged") from error
        raise
    yield from read_cells(path, scans)


def check_archive(archive: zipfile.ZipFile) -> None:
    """Cheap refusals from the list of contents, then every part is unpacked once, so that sizes cannot lie."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MAX_ENTRIES:
        raise Refused("workbook_too_large")
    if any("vbaProject" in name for name in names):
        raise Refused("workbook_macros")
    if "xl/workbook.bin" in names or "xl/workbook.xml" not in names:
        raise Refused("save_as_xlsx")
    if len(set(names)) < len(names) or any(unsafe(entry) for entry in entries):
        raise Refused("workbook_unsafe")
    n_unpacked, n_packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if n_unpacked > MAX_UNPACKED_BYTES or (n_unpacked > RATIO_FROM_BYTES and n_unpacked > MAX_RATIO * max(n_packed, 1)):
        raise Refused("workbook_too_large")
    for entry in entries:
        with archive.open(entry) as part:
            tail = b""
            while chunk := part.read(CHUNK_BYTES):
                if entry.filename.endswith((".xml", ".rels")) and _DOCTYPE.search(tail + chunk):
                    raise Refused("workbook_unsafe")
                tail = chunk[-16:]


def unsafe(entry: zipfile.ZipInfo) -> bool:
    """A path out of the archive, a link, or an encrypted part."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    return path.is_absolute() or ".." in path.parts or ":" in entry.filename or is_link or bool(entry.flag_bits & 1)


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name -> the part of the archive that holds it."""
    targets = {node.get("Id"): node.get("Target", "") for node in small_part(archive, "xl/_rels/workbook.xml.rels")}
    parts: dict[str, str] = {}
    for node in small_part(archive, "xl/workbook.xml").iter():
        if node.tag.rpartition("}")[2] == "sheet":
            relation = next((value for key, value in node.items() if key.rpartition("}")[2] == "id"), "")
            target = targets.get(relation, "")
            parts[node.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    if len(parts) > MAX_SHEETS:
        raise Refused("workbook_too_large")
    return parts


def small_part(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    if archive.getinfo(name).file_size > MAX_SMALL_PART_BYTES:
        raise Refused("workbook_too_large")
    return ElementTree.fromstring(archive.read(name))  # noqa: S314 (no DOCTYPE: check_archive refused it)


def scan_sheet(archive: zipfile.ZipFile, part: str) -> dict[str, Any]:
    """What the parser does not tell: hidden rows and columns, error cells, formulas without a value, far columns."""
    scan: dict[str, Any] = {"is_wide": False, "n_hidden_rows": 0, "n_hidden_columns": 0, "bad": []}
    if part not in archive.namelist():
        return scan
    with archive.open(part) as sheet:
        for block in blocks(sheet):
            scan["is_wide"] = scan["is_wide"] or bool(_WIDE.search(block))
            if b"hidden=" in block:
                scan["n_hidden_rows"] += len(_HIDDEN_ROW.findall(block))
                scan["n_hidden_columns"] += sum(n_columns(m[1]) for m in _HIDDEN_COLUMNS.finditer(block) if b'hidden="1"' in m[1])
            if b't="e"' in block:
                found = ((m[1], m[2].decode("utf-8", "replace")) for m in _ERROR.finditer(block))
                scan["bad"] += [[*place, "formula_error", text] for attributes, text in found if (place := reference(attributes))]
            if b"<f" in block or b":f" in block:
                found_attributes = (m[1] for m in _NOT_CALCULATED.finditer(block) if b't="str"' not in m[1])
                scan["bad"] += [[*place, "formula_not_calculated", ""] for a in found_attributes if (place := reference(a))]
    return scan


def blocks(sheet: IO[bytes]) -> Iterator[bytes]:
    """Pieces of about a megabyte that end between two cells."""
    rest = b""
    while chunk := sheet.read(CHUNK_BYTES):
        rest += chunk
        cut = max(rest.rfind(b"</c>") + 4, rest.rfind(b"</row>") + 6)
        if cut < CHUNK_BYTES // 4:
            cut = rest.rfind(b"/>") + 2
        yield rest[:cut]
        rest = rest[max(cut, len(rest) - CHUNK_BYTES) :]
    yield rest


def reference(attributes: bytes) -> list[int] | None:
    """`r="C5"` -> [5, 3]."""
    match = _REFERENCE.search(attributes)
    return [int(match[2]), column_number(match[1].decode())] if match else None


def column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def n_columns(attributes: bytes) -> int:
    first, last = re.search(rb'\bmin="(\d{1,5})"', attributes), re.search(rb'\bmax="(\d{1,5})"', attributes)
    return int(last[1]) - int(first[1]) + 1 if first and last else 1


def read_cells(path: str, scans: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any] | list[Any]]:
    import python_calamine as calamine  # noqa: PLC0415 (after the limits are set)

    try:
        workbook = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError as error:
        raise Refused("workbook_password") from error
    except (calamine.CalamineError, OSError) as error:
        raise Refused("workbook_damaged") from error
    for metadata in workbook.sheets_metadata:
        if metadata.typ != calamine.SheetTypeEnum.WorkSheet:
            continue
        scan = scans.get(metadata.name, {"is_wide": False, "n_hidden_rows": 0, "n_hidden_columns": 0, "bad": []})
        if scan["is_wide"]:
            yield {"skipped": metadata.name, "code": "too_many_columns"}
            continue
        try:
            sheet = workbook.get_sheet_by_name(metadata.name)
        except calamine.CalamineError as error:
            raise Refused("workbook_damaged") from error
        is_hidden = metadata.visible != calamine.SheetVisibleEnum.Visible
        yield from read_sheet(sheet, scan, is_hidden=is_hidden)


def read_sheet(sheet: Any, scan: dict[str, Any], *, is_hidden: bool) -> Iterator[dict[str, Any] | list[Any]]:
    merged = [[r1 + 1, c1 + 1, r2 + 1, c2 + 1] for (r1, c1), (r2, c2) in sheet.merged_cell_ranges or []]
    yield {
        "sheet": sheet.name,
        "is_hidden": is_hidden,
        "n_hidden_rows": scan["n_hidden_rows"],
        "n_hidden_columns": scan["n_hidden_columns"],
        "merged": [m for m in merged if m[0] <= HEADER_ROWS],
        "n_merged_below": sum(m[0] > HEADER_ROWS for m in merged),
    }
    yield from ({"bad": bad} for bad in scan["bad"])
    if sheet.start is None:
        return
    before = [""] * sheet.start[1]
    for number, values in enumerate(sheet.iter_rows(), start=1):
        cells = [value if type(value) is str else to_text(value) for value in values]
        if any(cells):
            for at, value in enumerate(values, start=len(before) + 1):
                if type(value) is float and abs(value) >= EXACT_DIGITS and value.is_integer():
                    yield {"bad": [number, at, "digits_lost", to_text(value)]}
            yield [number, *before, *(cell[:MAX_CELL_CHARACTERS] for cell in cells)]


def to_text(value: object) -> str:
    """Exact text of a typed cell: "12500000000" and "0.45" for numbers, ISO for dates, "true" and "false"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        exact = Decimal(repr(value))  # the shortest decimal that gives this number, as the spreadsheet shows it
        return str(int(exact)) if value.is_integer() else format(exact, "f")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


if __name__ == "__main__":
    main()
