"""Bad tables, made by code: one entry per file, with what must become of it. Nothing hostile is kept as a binary.

Names begin with the class of the catalogue (B001 ...). `python tests/corpus/tables.py DIR` writes all files for a look.
"""

import gzip
import io
import pickle
import sqlite3
import struct
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import xlsxwriter


@dataclass(frozen=True)
class Case:
    """`error`: code of the DataError, or None. `codes`: codes of the Problems that must be there, and no others.
    `n_rows`, `n_blank`: over all sheets. `cells`: what the first row of the first table must hold."""

    file_name: str
    make: Callable[[], bytes]
    error: str | None = None
    codes: frozenset[str] = frozenset()
    n_rows: int | None = None
    n_blank: int = 0
    cells: tuple[tuple[str, str], ...] = ()


CASES: dict[str, Case] = {}
HEADER = ["ID", "Наименование объекта", "Область", "Бюджет, тенге", "Срок сдачи"]
ROWS = [
    ["F-1", "Школа на 900 мест в посёлке Жаңа Қала", "Абай облысы", "1 250 000 000", "01.09.2025"],
    ["F-2", "Поликлиника на 250 посещений", "Акмолинская область", "830500000,50", "15.12.2024"],
]
RUSSIAN_ROWS = [
    [f"F-{n}", "Строительство средней школы на 900 мест", "Акмолинская область", "1250000000", "01.09.2025"] for n in range(40)
]
KAZAKH_ROWS = [[f"F-{n}", "Қызылорда қаласындағы мектеп құрылысы", "Түркістан облысы", "125", "01.09.2025"] for n in range(40)]


def csv_text(rows: Iterable[list[str]], delimiter: str = ",", end: str = "\n") -> str:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',;\t"\r\n') else cell

    return "".join(delimiter.join(map(quoted, row)) + end for row in rows)


def table(rows: Iterable[list[str]] = ROWS, *, delimiter: str = ",", end: str = "\n", encoding: str = "utf-8") -> bytes:
    return csv_text([HEADER, *rows], delimiter, end).encode(encoding)


def part(name: str) -> zipfile.ZipInfo:
    """An entry with a fixed date, so that the corpus is the same every time."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def workbook(fill: Callable[[xlsxwriter.Workbook], None], **options: object) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, **options})
    book.set_properties({"created": datetime(2025, 1, 1)})
    fill(book)
    book.close()
    return file.getvalue()


def simple_workbook(rows: list[list[object]] | None = None) -> bytes:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Объекты")
        for at, row in enumerate([HEADER, *ROWS] if rows is None else rows):
            sheet.write_row(at, 0, row)

    return workbook(fill)


def edited(archive: bytes, change: Callable[[str, bytes], bytes] | None = None, add: Iterable[tuple[str, bytes]] = ()) -> bytes:
    """A workbook with parts changed or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(part(entry.filename), change(entry.filename, data) if change else data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a name twice is what one case wants
            for name, data in add:
                new.writestr(part(name), data)
    return file.getvalue()


def case(name: str, make: Callable[[], bytes], file_name: str = "objects.csv", *, codes: str = "", **expected: object) -> None:
    assert name not in CASES, name
    CASES[name] = Case(file_name, make, codes=frozenset(codes.split()), **expected)  # type: ignore[arg-type]


FIRST = (("facility_id", "F-1"), ("title", ROWS[0][1]), ("budget_amount", "1 250 000 000"), ("due_on", "01.09.2025"))

# --- encoding and text
case("B001 UTF-8 with BOM", lambda: b"\xef\xbb\xbf" + table(), n_rows=2, cells=FIRST)
case("B002 UTF-16 LE", lambda: b"\xff\xfe" + table(encoding="utf-16-le"), n_rows=2, cells=FIRST)
case("B002 UTF-16 BE", lambda: b"\xfe\xff" + table(encoding="utf-16-be"), n_rows=2, cells=FIRST)
case("B003 UTF-16 LE without BOM", lambda: table(encoding="utf-16-le"), error="encoding_unknown")
case("B003 UTF-16 BE without BOM", lambda: table(encoding="utf-16-be"), error="encoding_unknown")
case("B004 cp1251 long", lambda: table(RUSSIAN_ROWS, encoding="cp1251"), codes="encoding_guessed", n_rows=40)
case("B005 cp1251 short", lambda: "id,title\n1,Школа\n2,Сад\n".encode("cp1251"), error="encoding_unknown")
case(
    "B006 kz1048",
    lambda: table(KAZAKH_ROWS, encoding="kz1048"),
    codes="encoding_guessed",
    n_rows=40,
    cells=(("title", KAZAKH_ROWS[0][1]),),
)
case(
    "B007 Kazakh letters lost",
    lambda: table([["F-1", "?ызылорда ?аласы, Ша?ын ауданы", "", "1", ""]]),
    codes="lost_letters",
    n_rows=1,
)
for _encoding in ("cp866", "koi8-r", "mac-cyrillic"):
    case(
        f"B008 {_encoding} long",
        lambda e=_encoding: table(RUSSIAN_ROWS, encoding=e),
        codes="encoding_guessed",
        n_rows=40,
        cells=(("title", RUSSIAN_ROWS[0][1]),),
    )
    case(f"B008 {_encoding} short", lambda e=_encoding: "id,title\n1,Школа\n2,Сад\n".encode(e), error="encoding_unknown")
case(
    "B008 Portuguese latin-1",
    lambda: ("id,título,município\n" + "1,Construção,São João\n" * 40).encode("latin-1"),
    error="encoding_unknown",
)
case("B009 two encodings", lambda: table(RUSSIAN_ROWS) + csv_text(RUSSIAN_ROWS).encode("cp1251"), error="encoding_mixed")
case(
    "B010 converted twice",
    lambda: table([["F-1", "Школа №5".encode().decode("cp1251", "replace"), "", "1", ""]]),
    codes="mojibake",
    n_rows=1,
)
case("B011 NUL in a cell", lambda: table([["F-1", "Шко\x00ла", "", "1", ""], ROWS[1]]), codes="control_characters", n_rows=2)
case("B011 escape in a cell", lambda: table([["F-1", "Шко\x1bла", "", "1", ""]]), codes="control_characters", n_rows=1)
case(
    "B012 broken UTF-8",
    lambda: table(RUSSIAN_ROWS)[:-90] + b"\xd0" + table(RUSSIAN_ROWS)[-89:],
    codes="broken_characters",
    n_rows=40,
)
case(
    "B013 invisible characters",
    lambda: table([["F\u200b-1", "Шко\u00adла\u202e", "", "1", ""]]),
    codes="invisible_characters",
    n_rows=1,
    cells=(("facility_id", "F-1"), ("title", "Школа")),
)
case("B014 homoglyphs", lambda: table([["F-1", "Шкoла в Aстане", "", "1", ""]]), codes="mixed_script", n_rows=1)
case(
    "B015 line break in a cell",
    lambda: table([["F-1", "Школа\nна 900 мест", "", "1", ""], ROWS[1]]),
    n_rows=2,
    cells=(("title", "Школа\nна 900 мест"),),
)
case("B015 cell of 32,768 characters", lambda: table([["F-1", "ш" * 32_768, "", "1", ""]]), codes="cell_too_long", n_rows=1)

# --- structure
case("B016 no bytes", lambda: b"", error="file_empty")
case("B016 only white space", lambda: b"\xef\xbb\xbf \r\n\r\n", error="file_empty")
case("B017 header only", lambda: table([]), error="no_rows")
case("B017 header only in a workbook", lambda: simple_workbook([list(HEADER)]), "objects.xlsx", error="no_rows")
case("B018 headers of another language", "Nome,Cidade,Prazo\nEscola,Belém,2025\n".encode, error="header_not_understood")
case("B019 unknown columns", lambda: csv_text([[*HEADER, "Примечание"], [*ROWS[0], "см. акт"]]).encode(), n_rows=1, cells=FIRST)
case("B021 header twice", lambda: csv_text([["ID", "id", "Область"], ["1", "2", "Абай"]]).encode(), error="duplicate_headers")
case(
    "B022 title rows above",
    lambda: csv_text([["Перечень объектов за 2025 год"], [], HEADER, *ROWS]).encode(),
    n_rows=2,
    cells=FIRST,
)
case(
    "B022 two header rows",
    lambda: csv_text(
        [
            ["ID", "Наименование объекта", "Договор", "", "", "Подрядчик", ""],
            ["", "", "№", "Дата", "Сумма, млн тенге", "Наименование", "БИН"],
            ["F-1", "Школа", "12-3", "01.02.2024", "1250", "Демо 17", "000000000001"],
        ]
    ).encode(),
    n_rows=1,
    cells=(
        ("signed_on", "01.02.2024"),
        ("supplier_id", "000000000001"),
        ("supplier_name", "Демо 17"),
        ("title", "Школа"),
        ("value_amount", "1250"),
        ("contract_no", "12-3"),
    ),
)
case(
    "B022 unit above the table",
    lambda: csv_text([["", "", "", "тыс. тенге"], [*HEADER[:3], "Бюджет", "Срок сдачи"], *ROWS]).encode(),
    codes="unit_above_header",
    n_rows=2,
)
case("B022 numbers of the columns", lambda: table([["1", "2", "3", "4", "5"], *ROWS]), codes="column_numbers", n_rows=3)
case("B022 header printed again", lambda: table([ROWS[0], HEADER, ROWS[1]]), codes="header_repeated", n_rows=3)
for _word in ("Итого", "ВСЕГО:", "Барлығы", "Жиыны", "Total", "Итого по области", "Всего по Абайской области"):
    case(f"B023 {_word}", lambda w=_word: table([*ROWS, ["", w, "", "2080500000,50", ""]]), codes="total_row", n_rows=3)
case("B023 a name, not a total", lambda: table([["F-1", "Total Fitness Centre", "Итогский район", "1", ""]]), n_rows=1)
case("B026 short row", lambda: table([ROWS[0], ["F-3", "Школа"]]), codes="short_row", n_rows=2)
case("B027 long row", lambda: table([ROWS[0], [*ROWS[1], "лишнее"]]), codes="long_row", n_rows=2)
case("B027 empty cells at the end", lambda: table([ROWS[0], [*ROWS[1], "", " "]]), n_rows=2)
case("B028 unclosed quote", lambda: table(RUSSIAN_ROWS) + '41,"Школа,Абай,1,\n42,Сад,Абай,2,\n'.encode(), error="csv_quotes")
case("B028 text after a quote", lambda: table() + '41,"Школа" №5,Абай,1,\n'.encode(), error="csv_quotes")
case("B029 semicolon", lambda: table(delimiter=";"), n_rows=2, cells=FIRST)
case("B029 tab", lambda: table(delimiter="\t"), n_rows=2, cells=FIRST)
case("B029 sep= line", lambda: b"sep=;\r\n" + table(delimiter=";", end="\r\n"), n_rows=2, cells=FIRST)
case("B029 sep= of another character", lambda: b"sep=|\n" + table(delimiter="|"), n_rows=2, cells=FIRST)
case("B030 CR only", lambda: table(end="\r"), n_rows=2, cells=FIRST)
case("B030 CRLF", lambda: table(end="\r\n"), n_rows=2, cells=FIRST)
case(
    "B030 mixed line ends",
    (csv_text([HEADER], end="\r\n") + csv_text(ROWS[:1], end="\r") + csv_text(ROWS[1:])).encode,
    n_rows=2,
    cells=FIRST,
)
case(
    "B031 blank rows between",
    lambda: csv_text([HEADER, ROWS[0], [], ["", " ", "", "", ""], ROWS[1]]).encode(),
    n_rows=2,
    n_blank=2,
)
case(
    "B032 100,000 columns",
    lambda: table([]).replace(b"\n", b"," + b",".join(b"c%d" % n for n in range(100_000)) + b"\n") + b"1\n",
    error="too_many_columns",
)
case("B033 cell of 200,000 characters", lambda: table([["F-1", "x" * 200_000, "", "1", ""]]), codes="cell_too_long", n_rows=1)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
case("B034 xls", lambda: OLE, "objects.xls", error="save_as_xlsx")
case("B034 xlsb", simple_workbook, "objects.xlsb", error="save_as_xlsx")
case("B034 ods", lambda: edited(simple_workbook()), "objects.ods", error="save_as_xlsx")
case("B034 xlsm", simple_workbook, "objects.xlsm", error="save_as_xlsx")
case("B034 password", lambda: OLE, "objects.xlsx", error="workbook_password")
case("B035 HTML named xls", lambda: b"<html><table><tr><td>ID</td></tr></table></html>", "objects.xls", error="not_a_table")
case("B035 XLSX named csv", simple_workbook, "objects.csv", error="extension_mismatch")
case("B035 CSV named xlsx", table, "objects.xlsx", error="extension_mismatch")

# --- numbers and dates stay as they were written
for _id, _text in {
    "B036 decimal comma": "1234,50",
    "B037 NBSP": "1\u00a0234\u00a0567,5",
    "B038 millions": "12,5 млн",
    "B044 infinity": "inf",
    "B045 not available": "NA",
    "B046 shortened": "9.8044E+11",
    "B047 full width": "１２",
    "B048 many digits": "12345678901234567890",
    "B049 percent": "45%",
    "B059 quarter": "III кв. 2025",
}.items():
    case(
        f"{_id} as written",
        lambda t=_text: table([["F-1", t, "NA", t, t]]),
        n_rows=1,
        cells=(("title", _text), ("region", "NA"), ("budget_amount", _text), ("due_on", _text)),
    )


# --- workbooks
def typed_workbook(**options: object) -> bytes:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Объекты")
        day, minute = book.add_format({"num_format": "dd.mm.yyyy"}), book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        sheet.write_row(
            0, 0, ["БИН заказчика", "Наименование объекта", "Бюджет", "Срок сдачи", "Дата договора", "РНУ", "Готовность, %"]
        )
        sheet.write_row(1, 0, [980440001234, "Школа", 2.44e12])
        sheet.write_datetime(1, 3, datetime(2025, 4, 3), day)
        sheet.write_datetime(1, 4, datetime(2024, 4, 3, 10, 30), minute)
        sheet.write_boolean(1, 5, True)
        sheet.write_number(1, 6, 0.1 + 0.2)

    return workbook(fill, **options)


TYPED = (
    ("buyer_id", "980440001234"),
    ("budget_amount", "2440000000000"),
    ("due_on", "2025-04-03"),
    ("is_on_rnu", "true"),
    ("signed_on", "2024-04-03T10:30:00"),
    ("progress_share", "0.3"),
)
case("B053 typed cells", typed_workbook, "objects.xlsx", n_rows=1, cells=TYPED)
case("B053 dates since 1904", lambda: typed_workbook(date_1904=True), "objects.xlsx", n_rows=1, cells=TYPED)
case(
    "B048 number of 19 digits in a workbook",
    lambda: simple_workbook([["ID", "Объект"], [1234567890123456789, "Школа"]]),
    "objects.xlsx",
    codes="digits_lost",
    n_rows=1,
)


def formulas(cells: dict[int, object]) -> bytes:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Объекты")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ROWS[0])
        for column, value in cells.items():
            sheet.write_formula(1, column, "=1/0", None, value)

    return workbook(fill)


case("B050 formula error", lambda: formulas({3: "#DIV/0!"}), "objects.xlsx", codes="formula_error", n_rows=1)
case("B050 broken reference", lambda: formulas({3: "#REF!"}), "objects.xlsx", codes="formula_error", n_rows=1)
case(
    "B050 formula without a value",
    lambda: edited(formulas({3: 5}), lambda _, d: d.replace(b"<v>5</v>", b"")),
    "objects.xlsx",
    codes="formula_not_calculated",
    n_rows=1,
)
case("B050 formula with a value", lambda: formulas({3: 5}), "objects.xlsx", n_rows=1, cells=(("budget_amount", "5"),))


def merged_header(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("Лист1")
    sheet.merge_range("A1:F1", "Перечень объектов")
    for column, word in enumerate(("ID", "Наименование объекта")):
        sheet.merge_range(2, column, 3, column, word)
    sheet.merge_range("C3:E3", "Договор")
    sheet.write_row("C4", ["№", "Дата", "Сумма, тыс. тенге"])
    sheet.merge_range("F3:F4", "Оплачено")
    sheet.write_row("A5", ["F-1", "Школа", "12-3", "01.02.2024", "1250", "300"])
    sheet.write_row("A7", ["F-2", "Сад", "12-4", "01.02.2024", "1250", "300"])


MERGED = (("contract_no", "12-3"), ("signed_on", "01.02.2024"), ("value_amount", "1250"), ("paid_amount", "300"))
case("B022 merged header rows", lambda: workbook(merged_header), "list.xlsx", n_rows=2, n_blank=1, cells=MERGED)


def hidden_things(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("Объекты")
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ROWS[0])
    sheet.write_row(2, 0, ROWS[1])
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.set_column(4, 4, None, None, {"hidden": True})
    hidden = book.add_worksheet("Договоры")
    hidden.write_row(0, 0, ["ID", "№ договора", "Сумма договора"])
    hidden.write_row(1, 0, ["F-1", "12", "5"])
    hidden.hide()


case(
    "B024 hidden row, column and sheet",
    lambda: workbook(hidden_things),
    "objects.xlsx",
    codes="hidden_rows hidden_columns hidden_sheet",
    n_rows=3,
)


def two_sheets(book: xlsxwriter.Workbook) -> None:
    hidden_things(book)
    book.add_worksheet("Справка").write_row(0, 0, ["Подготовлено отделом", "стр. 1"])
    book.add_worksheet("Пустой")


case(
    "B025 a sheet that is no table",
    lambda: workbook(two_sheets),
    "objects.xlsx",
    codes="hidden_rows hidden_columns hidden_sheet sheet_not_understood",
    n_rows=3,
)
case(
    "B025 only sheets that are no tables",
    lambda: simple_workbook([["Подготовлено отделом"], ["стр. 1"]]),
    "objects.xlsx",
    error="sheet_not_understood",
)
case("B025 empty workbook", lambda: simple_workbook([]), "objects.xlsx", error="file_empty")
case(
    "B027 values beside the table",
    lambda: simple_workbook([list(HEADER), [*ROWS[0], "", "заметка"]]),
    "objects.xlsx",
    codes="cell_without_header",
    n_rows=1,
)
case(
    "B022 merged data cells",
    lambda: edited(
        simple_workbook(),
        lambda n, d: d.replace(b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="C3:C5"/></mergeCells>'),
    ),
    "objects.xlsx",
    codes="merged_cells",
    n_rows=2,
)


def blank_formatted(book: xlsxwriter.Workbook) -> None:
    sheet, bold = book.add_worksheet("Объекты"), book.add_format({"bold": True})
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ROWS[0])
    for row in range(2, 100_000):
        sheet.write_blank(row, 0, None, bold)


case("B031 100,000 blank formatted rows", lambda: workbook(blank_formatted), "objects.xlsx", n_rows=1)


# --- hostile workbooks
def corners(row: int, column: int) -> bytes:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Объекты")
        sheet.write(0, 0, "ID")
        sheet.write(row, column, "x")

    return workbook(fill)


def bomb(n_megabytes: int) -> bytes:
    """Millions of spaces inside a sheet."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(simple_workbook())) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for entry in old.infolist():
            if entry.filename != "xl/worksheets/sheet1.xml":
                new.writestr(part(entry.filename), old.read(entry))
        with new.open(part("xl/worksheets/sheet1.xml"), "w") as sheet:
            for _ in range(n_megabytes):
                sheet.write(b" " * (1 << 20))
    return file.getvalue()


def lying_bomb() -> bytes:
    """The list of contents says 1,000 bytes; there are 60 MB."""
    data, true_size = bytearray(bomb(60)), struct.pack("<I", 60 << 20)
    at = data.find(true_size)
    while at >= 0:
        data[at : at + 4] = struct.pack("<I", 1000)
        at = data.find(true_size, at)
    return bytes(data)


def shared_strings(n: int) -> bytes:
    def change(name: str, data: bytes) -> bytes:
        return data.replace(b"</sst>", b"<si><t>x</t></si>" * n + b"</sst>") if name.endswith("sharedStrings.xml") else data

    return edited(simple_workbook(), change)


def with_entity(name: str, data: bytes) -> bytes:
    if not name.endswith("sheet1.xml"):
        return data
    entity = b'<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    return data.replace(b"<worksheet", entity + b"<worksheet", 1)


def link() -> bytes:
    file = io.BytesIO(simple_workbook())
    with zipfile.ZipFile(file, "a") as archive:
        entry = part("xl/link.xml")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return file.getvalue()


case("B103 512 MB behind 0.5 MB", lambda: bomb(512), "objects.xlsx", error="workbook_too_large")
case("B103 60 MB of spaces", lambda: bomb(60), "objects.xlsx", error="workbook_too_large")
case("B103 a list of contents that lies", lying_bomb, "objects.xlsx", error="workbook_damaged")
case("B104 sparse corners", lambda: corners(1_048_575, 16_383), "objects.xlsx", error="too_many_columns")
case("B104 far row, 200 columns", lambda: corners(1_048_575, 199), "objects.xlsx", error="workbook_too_large")
case(
    "B105 10,000 sheets",
    lambda: edited(simple_workbook(), add=[(f"xl/worksheets/s{n}.xml", b"<x/>") for n in range(10_000)]),
    "objects.xlsx",
    error="workbook_too_large",
)
case("B105 1,000,000 shared strings", lambda: shared_strings(1_000_000), "objects.xlsx", n_rows=2, cells=FIRST)
case("B106 entities", lambda: edited(simple_workbook(), with_entity), "objects.xlsx", error="workbook_unsafe")
case("B107 macros", lambda: edited(simple_workbook(), add=[("xl/vbaProject.bin", b"x")]), "objects.xlsx", error="workbook_macros")
case(
    "B107 external link",
    lambda: edited(simple_workbook(), add=[("xl/externalLinks/externalLink1.xml", b"<externalLink/>")]),
    "objects.xlsx",
    n_rows=2,
    cells=FIRST,
)
case(
    "B108 path out of the archive",
    lambda: edited(simple_workbook(), add=[("../../x", b"x")]),
    "objects.xlsx",
    error="workbook_unsafe",
)
case("B108 absolute path", lambda: edited(simple_workbook(), add=[("/etc/x", b"x")]), "objects.xlsx", error="workbook_unsafe")
case("B108 link", link, "objects.xlsx", error="workbook_unsafe")
case(
    "B108 name twice",
    lambda: edited(simple_workbook(), add=[("xl/Workbook.xml", b"x"), ("xl/Workbook.xml", b"y")]),
    "objects.xlsx",
    error="workbook_unsafe",
)
case(
    "B108 archive in an archive",
    lambda: edited(simple_workbook(), add=[("xl/embeddings/a.zip", simple_workbook())]),
    "objects.xlsx",
    n_rows=2,
    cells=FIRST,
)
case("B108 zip named xlsx", lambda: zipped("objects.csv", table()), "objects.xlsx", error="save_as_xlsx")
case("B108 cut off", lambda: simple_workbook()[:-200], "objects.xlsx", error="workbook_damaged")


def zipped(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(part(name), data)
    return file.getvalue()


def parquet() -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.table({"id": ["F-1"]}), file)
    return file.getvalue()


def sqlite() -> bytes:
    with sqlite3.connect(":memory:") as store:
        store.execute("create table facilities (id text)")
        return store.serialize()


# --- other files under the name of a table
case("B111 VRT", lambda: b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", error="not_a_table")
case("B111 GeoJSON", lambda: b'{"type": "FeatureCollection", "features": []}', error="not_a_table")
case("B112 pickle", lambda: pickle.dumps({"id": ["F-1"]}), error="not_a_table")
case("B112 Parquet", parquet, error="not_a_table")
case("B112 SQLite", sqlite, error="not_a_table")
case("B113 HTML", lambda: b"\n <!DOCTYPE html><script>alert(1)</script>", error="not_a_table")
case("B113 SVG", lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", error="not_a_table")
case("B113 PDF", lambda: b"%PDF-1.7\n1 0 obj", error="not_a_table")
case("B113 script", lambda: b"alert(1);//id,title\nalert(2)\n", error="header_not_understood")
case("B114 gzip", lambda: gzip.compress(table(), mtime=0), error="not_a_table")
case("B114 zip", lambda: zipped("objects.csv", table()), error="extension_mismatch")
case("B114 7z", lambda: b"7z\xbc\xaf\x27\x1c\x00\x04", error="not_a_table")
for _name in ("../../x.csv", "a\x00b.csv", "я" * 300 + ".csv", "gpj\u202evsc.csv", "CON.csv", '"; filename=x.csv', "a\r\nb.csv"):
    case(f"B115 file name {_name[:20]!r}", table, _name, n_rows=2, cells=FIRST)
for _id, _text in {"quotes": "'\"" * 50_000, "brackets": "(" * 100_000, "units": "млн " * 25_000, "signs": "РЁ" * 50_000}.items():
    case(f"B117 long header of {_id}", lambda t=_text: csv_text([[*HEADER, t], [*ROWS[0], "x"]]).encode(), n_rows=1, cells=FIRST)
case(
    "B118 formulas as text",
    lambda: table([["=1+1", "@SUM(A1)", "+1", "-1", "=cmd|'/c calc'!A1"]]),
    n_rows=1,
    cells=(("facility_id", "=1+1"), ("title", "@SUM(A1)"), ("due_on", "=cmd|'/c calc'!A1")),
)

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for at, (case_name, found) in enumerate(CASES.items()):
        (folder / f"{at:03}_{case_name[:4]}{Path(found.file_name).suffix[:6]}").write_bytes(found.make())
