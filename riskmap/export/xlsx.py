"""XLSX for officials: typed cells, headers and codes in words; totals, changes, manifest and definitions on their own sheets.

Nothing in it is a formula or a link, whatever a name looks like; identifiers are text and keep their zeros.
"""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter

from riskmap.export import parts
from riskmap.export import table as columns_of
from riskmap.export.table import Listing, Part, Table
from riskmap.filters import value_word
from riskmap.i18n import day, has, money, number, text

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CELL_LETTERS = 32_767  # of the format; xlsxwriter would leave a longer text out without a word
_HEADER_ROW = 2  # 0: banner, 1: what is shown
_LISTS_OF_NAMES = ("missing_fields",)
_EMPTY_IS_AN_ANSWER = ("completed_on", "missing_fields", "source_sheet", "stalled_since_on")  # not "not known"
_FORMATS = {
    "money": "#,##0", "integer": "0", "number": "0.0##", "share": "0%", "date": "yyyy-mm-dd",
    "latitude": "0.000000", "longitude": "0.000000",
}  # fmt: skip
_WIDTHS = {"money": 18, "id": 16, "text": 22, "code": 18, "url": 30}  # characters; numbers and dates need 12
_TITLE_WIDTH = 40
_SINCE = {
    "snapshot_id": "snapshot_before_id", "as_of": "as_of_before", "file": "since_file", "sha256": "since_sha256",
    "rules_changed": "rules_changed",
}  # fmt: skip
_IN_MEMORY_ROWS = 5_000
_A4 = 9  # paper size in the format
_HEAD_POINTS = 44  # three lines: not every program makes a row higher for its text
_PAGE_CHARACTERS = 180  # what an A4 sheet holds across and can still be read; wider lists go over several sheets
_INK, _PANEL, _GREY = "#1B2430", "#F4F6F8", "#566270"


def encode(listing: Listing, manifest: dict[str, Any]) -> bytes:
    """Sheets: the list, totals, what changed, manifest, definitions; a list of changes has the first and the last two.

    Created "on" the data date, so that the bytes depend on nothing else.
    """
    table = listing.table
    if len(table.rows) <= _IN_MEMORY_ROWS:
        return _workbook(listing, manifest, {"in_memory": True})
    with TemporaryDirectory() as folder:  # rows leave the memory as they are written; only public rows are ever in a list
        return _workbook(listing, manifest, {"constant_memory": True, "tmpdir": folder})


def _workbook(listing: Listing, manifest: dict[str, Any], memory: dict[str, Any]) -> bytes:
    file, table = io.BytesIO(), listing.table
    never = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    book = xlsxwriter.Workbook(file, {**memory, **never})
    created = datetime.combine(date.fromisoformat(manifest["as_of"]), datetime.min.time(), UTC)
    book.set_properties({"title": text("common.app", table.lang), "comments": manifest["notice"], "created": created})
    _data(book, table, manifest)
    if listing.totals:
        _parts(book, text("export.sheet.totals", table.lang), listing.totals, manifest, table.lang)
    if listing.since:
        _parts(book, text("export.sheet.delta", table.lang), parts.delta(listing.since, table.lang), manifest, table.lang)
    _manifest(book, table, manifest)
    _definitions(book, table)
    book.close()
    return file.getvalue()


def _data(book: xlsxwriter.Workbook, table: Table, manifest: dict[str, Any]) -> None:
    sheet = book.add_worksheet(text("export.sheet.data", table.lang))
    bold = book.add_format({"bold": True, "font_color": _INK})
    header = book.add_format({"bold": True, "bg_color": _PANEL, "text_wrap": True, "valign": "top", "bottom": 1})
    not_known = book.add_format({"italic": True, "font_color": _GREY})
    formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in _FORMATS.items()}
    as_text = book.add_format({"num_format": "@", "quote_prefix": True})
    sheet.write_string(0, 0, manifest["notice"], bold)
    sheet.write_string(1, 0, banner(manifest, table))
    sheet.set_row(_HEADER_ROW, _HEAD_POINTS)
    for index, (name, kind) in enumerate(table.kinds.items()):
        sheet.set_column(index, index, _TITLE_WIDTH if name == "title" else _WIDTHS.get(kind, 12))
        sheet.write_string(_HEADER_ROW, index, columns_of.label(name, table.lang), header)
        if meaning := columns_of.meaning(name, table.lang):
            sheet.write_comment(_HEADER_ROW, index, meaning, {"author": "", "x_scale": 2})
    empty = text("common.not_known", table.lang)
    for row, values in enumerate(table.rows, start=_HEADER_ROW + 1):
        for index, ((name, kind), value) in enumerate(zip(table.kinds.items(), values, strict=True)):
            if value is None:
                if name not in _EMPTY_IS_AN_ANSWER and not name.endswith("_reason"):
                    sheet.write_string(row, index, empty, not_known)
            elif isinstance(value, bool):  # words: LibreOffice shows a boolean cell as the formula =TRUE()
                sheet.write_string(row, index, text("common.yes" if value else "common.no", table.lang), as_text)
            elif isinstance(value, str):
                words = _in_words(name, value, table.lang) if kind == "code" or name in _LISTS_OF_NAMES else value
                sheet.write_string(row, index, _cut(words), as_text)
            elif isinstance(value, date):
                sheet.write_datetime(row, index, value, formats["date"])
            else:
                sheet.write_number(row, index, value, formats[kind])
    sheet.autofilter(_HEADER_ROW, 0, _HEADER_ROW + len(table.rows), len(table.kinds) - 1)
    sheet.freeze_panes(_HEADER_ROW + 1, min(2, len(table.kinds)))
    printed = [name for name in table.kinds if name not in columns_of.STAMP] or list(table.kinds)
    characters = sum(_TITLE_WIDTH if name == "title" else _WIDTHS.get(table.kinds[name], 12) for name in printed)
    _print_layout(sheet, manifest, table.lang, n_wide=-(-characters // _PAGE_CHARACTERS))
    sheet.repeat_rows(_HEADER_ROW)
    if list(table.kinds)[: len(printed)] == printed:  # which data this is stands at the head and foot of every page
        sheet.print_area(0, 0, _HEADER_ROW + len(table.rows), len(printed) - 1)
    if len(table.kinds) > 2:
        sheet.repeat_columns(0, 1)  # who the row is about, on every sheet of a wide list


def _print_layout(sheet: Any, manifest: dict[str, Any], lang: str, *, n_wide: int = 1) -> None:
    """A4 across, as wide as the paper, and on every page what it is and how many pages there are."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.7)
    sheet.fit_to_pages(n_wide, 0)
    stand = text("export.print.stand", lang, date=manifest["as_of"], version=manifest["snapshot_id"])
    sheet.set_header(f"&L{_plain(text('common.app', lang))}&R{_plain(stand)}")
    sheet.set_footer(f"&L{_plain(manifest['notice'])}&R{text('export.print.page', lang, page='&P', pages='&N')}")


def _plain(words: str) -> str:
    """Words in a header of the format, where & begins a command."""
    return words.replace("&", "&&")


def _parts(book: xlsxwriter.Workbook, name: str, given: Sequence[Part], manifest: dict[str, Any], lang: str) -> None:
    """Small tables under one another, each with its title, its heads and its sum."""
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "font_color": _INK})
    header = book.add_format({"bold": True, "bg_color": _PANEL, "text_wrap": True, "valign": "top", "bottom": 1})
    not_known = book.add_format({"italic": True, "font_color": _GREY})
    formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in _FORMATS.items()}
    sums = {kind: book.add_format({"num_format": pattern, "bold": True, "top": 1}) for kind, pattern in _FORMATS.items()}
    as_text = book.add_format({"num_format": "@", "quote_prefix": True})
    sum_text = book.add_format({"bold": True, "top": 1})
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 30)
    sheet.set_column(2, max(len(part.heads) for part in given), 18)
    at = 0
    for part in given:
        sheet.write_string(at, 0, part.title, bold)
        sheet.set_row(at + 1, _HEAD_POINTS)
        for index, head in enumerate(part.heads):
            sheet.write_string(at + 1, index, head, header)
        lines = [(line, formats, as_text) for line in part.rows]
        lines += [(part.total, sums, sum_text)] if part.total else []
        for row, (line, numbers, words) in enumerate(lines, start=at + 2):
            for index, (kind, value) in enumerate(zip(part.kinds, line, strict=True)):
                if value is None and kind == "text":
                    continue
                if value is None:
                    sheet.write_string(row, index, text("common.not_known", lang), not_known)
                elif isinstance(value, str):
                    sheet.write_string(row, index, _cut(value), words)
                elif isinstance(value, date):
                    sheet.write_datetime(row, index, value, numbers["date"])
                else:
                    sheet.write_number(row, index, value, numbers[kind])
        at += len(lines) + 4
    _print_layout(sheet, manifest, lang)


@lru_cache(maxsize=10_000)
def _in_words(name: str, value: str, lang: str) -> str:
    """Codes in the reader's language; names and identifiers as they are."""
    if name in ("level", "level_before", "level_after"):
        return value_word("levels", value, lang)
    if name == "missing_fields":
        return ", ".join(columns_of.label(field, lang) for field in value.split(",") if field)
    key = f"kind.{name}.{value}"
    return text(key, lang) if has(key, lang) else value


def _cut(value: str) -> str:
    return value if len(value) <= _CELL_LETTERS else value[: _CELL_LETTERS - 1] + "…"


def banner(manifest: dict[str, Any], table: Table) -> str:
    """What this sheet shows, of which date and version."""
    return text(
        "export.banner", table.lang, filter=manifest["filter_in_words"], n=number(manifest["n_rows"], table.lang),
        budget=money(manifest["totals"][f"budget_{table.currency.lower()}"], table.lang, table.currency, full=True),
        date=day(date.fromisoformat(manifest["as_of"]), table.lang), version=manifest["snapshot_id"],
    )  # fmt: skip


def _manifest(book: xlsxwriter.Workbook, table: Table, manifest: dict[str, Any]) -> None:
    sheet = book.add_worksheet(text("export.sheet.manifest", table.lang))
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    amount = book.add_format({"num_format": "#,##0", "align": "left"})
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    _print_layout(sheet, manifest, table.lang)
    entries = [(key, value) for key, value in manifest.items() if key not in ("totals", "filter", "since", "snapshots")]
    query = "&".join(f"{name}={value}" for name, value in manifest["filter"].items())
    entries += [("filter", query), *manifest["totals"].items()]
    since = manifest.get("since") or {}
    entries += [(label, since[name]) for name, label in _SINCE.items() if name in since]
    for row, (key, value) in enumerate(entries):
        sheet.write_string(row, 0, _entry_label(key, table), bold)
        if value is None:
            sheet.write_string(row, 1, text("common.not_known", table.lang), wrap)
        elif isinstance(value, int) and not isinstance(value, bool):
            sheet.write_number(row, 1, value, amount)
        else:
            words = ", ".join(value) if isinstance(value, list) else _yes_no(value, table.lang)
            sheet.write_string(row, 1, _cut(words), wrap)


def _entry_label(key: str, table: Table) -> str:
    """Keys of totals end in the currency: `budget_kzt` is "Budget, KZT"."""
    suffix = f"_{table.currency.lower()}"
    if key.endswith(suffix):
        return f"{text(f'export.entry.{key.removesuffix(suffix)}', table.lang)}, {table.currency}"
    return text(f"export.entry.{key}", table.lang)


def _yes_no(value: Any, lang: str) -> str:
    return text("common.yes" if value else "common.no", lang) if isinstance(value, bool) else str(value)


def _definitions(book: xlsxwriter.Workbook, table: Table) -> None:
    sheet = book.add_worksheet(text("export.sheet.definitions", table.lang))
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    header = book.add_format({"bold": True, "bg_color": _PANEL, "bottom": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for index, (name, width) in enumerate((("column", 34), ("label", 34), ("unit", 16), ("meaning", 90))):
        sheet.set_column(index, index, width)
        sheet.write_string(0, index, text(f"export.definition.{name}", table.lang), header)
    lines = [
        (
            name,
            columns_of.label(name, table.lang),
            columns_of.unit(name, kind, table.lang, table.currency),
            columns_of.meaning(name, table.lang),
        )
        for name, kind in table.kinds.items()
    ]
    lines += _indicators(table)
    for row, line in enumerate(lines, start=1):
        for index, words in enumerate(line):
            sheet.write_string(row, index, words, wrap)
    sheet.freeze_panes(1, 0)


def _indicators(table: Table) -> list[tuple[str, str, str, str]]:
    """For each indicator with a column: its title, definition and most common innocent explanation."""
    ids = dict.fromkeys(id_ for id_ in map(columns_of.indicator_id, table.kinds) if id_)
    lines = []
    for id_ in (id_ for id_ in ids if has(f"indicator.{id_}.definition", table.lang)):
        title, definition, caveat = (text(f"indicator.{id_}.{part}", table.lang) for part in ("title", "definition", "caveat"))
        lines.append((id_, title, "", f"{definition} {caveat}"))
    return lines
