"""The list on paper: a register in A4 across, each page with its sum and the sum so far, then totals, changes and the manifest.

Real text in embedded fonts, so that it can be searched; the same content gives the same bytes.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pandas as pd
from fpdf import FPDF

from riskmap import reply
from riskmap.export import parts
from riskmap.export import pdf as paper
from riskmap.export.table import Listing, Part, label, plain
from riskmap.filters import region_name
from riskmap.i18n import day, money, number, text
from riskmap.schema import WORKED
from riskmap.snapshot import Snapshot

MEDIA_TYPE = paper.MEDIA_TYPE
MOST_ROWS = 3_000  # 150 pages; a longer list belongs into a spreadsheet
COLUMNS = (
    "facility_id", "title", "region_code", "buyer_name", "supplier_name", "due_on", "days_late", "level", "r_lo",
    "budget_amount", "exposure_amount",
)  # fmt: skip
_WIDTHS = (9.0, 60.0, 34.0, 31.0, 31.0, 18.0, 15.0, 24.0, 11.0, 18.0, 18.0)  # mm, with the number in front
_TO_THE_RIGHT = ("days_late", "r_lo", "budget_amount", "exposure_amount")
_SIZE, _LINE = 8.0, 4.0
_SMALL, _SMALL_LINE = 7.5, 3.7  # of what the body answers
_MOST_CHANGES = 200  # of the facilities that left or came; all of them stand in the file of changes


def encode(listing: Listing, manifest: dict[str, Any]) -> bytes:
    """The finished file."""
    snapshot, lang = listing.snapshot, manifest["lang"]
    assert snapshot is not None
    pdf = paper.document(text("export.print.register", lang), snapshot, lang, is_across=True)
    paper.page(pdf, snapshot, lang, is_numbered=True)
    paper.write(pdf, text("export.print.register", lang), size=18, style="B", height=8)
    paper.write(pdf, _banner(manifest, snapshot, lang), size=9, height=4.5)
    paper.write(pdf, text("export.print.own_columns", lang), size=8, height=4, colour=paper.SECONDARY)
    _rows(pdf, listing.facilities, snapshot, lang)
    for part in listing.totals:
        _part(pdf, part, snapshot, lang)
    if listing.since:
        bridge, changed = parts.delta(listing.since, lang)
        before = listing.since.before
        words = text("export.delta.since", lang, date=day(before.as_of, lang), version=before.id)
        _part(pdf, bridge, snapshot, lang, note=words)
        _part(pdf, _short(changed), snapshot, lang, note=_cut_note(changed, lang))
    _manifest(pdf, manifest, snapshot, lang)
    if pdf.get_y() + 36 > paper.bottom(pdf):
        paper.page(pdf, snapshot, lang, is_numbered=True)
    pdf.set_y(pdf.get_y() + 4)
    paper.signature(pdf, lang)
    return paper.content(pdf)


def _banner(manifest: dict[str, Any], snapshot: Snapshot, lang: str) -> str:
    budget = manifest["totals"][f"budget_{snapshot.currency.lower()}"]
    return text(
        "export.banner", lang, filter=manifest["filter_in_words"], n=number(manifest["n_rows"], lang),
        budget=money(budget, lang, snapshot.currency, full=True), date=day(snapshot.as_of, lang), version=snapshot.id,
    )  # fmt: skip


# ---- the list ---------------------------------------------------------------------------------------------------------
def _rows(pdf: FPDF, facilities: pd.DataFrame, snapshot: Snapshot, lang: str) -> None:
    """Every row with its number and, under it, what the body answers; under the rows of a page their sum and the sum so far, in
    whole currency units."""
    columns = {name: plain(facilities[name], "text" if name.endswith(("_name", "_code")) else _kind(name)) for name in COLUMNS}
    answered = _answered(facilities, lang)
    titles = plain(facilities[f"title_{lang}"].fillna(facilities["title"]), "text")
    levels = [level or "not_assessable" for level in columns["level"]]
    is_summed = facilities["currency"].eq(snapshot.currency).fillna(False).astype(bool).tolist()
    told = {"n": 0, "budget": 0, "n_page": 0, "page": 0}
    _heads(pdf, snapshot, lang)
    end = paper.bottom(pdf) - 2 * _LINE - 3

    def turn() -> None:
        _sums(pdf, told, snapshot, lang)
        told.update(n_page=0, page=0)
        paper.page(pdf, snapshot, lang, is_numbered=True)
        _heads(pdf, snapshot, lang)

    for at, title in enumerate(titles):
        row = {name: values[at] for name, values in columns.items()}
        pdf.set_font("risk", "", _SIZE)
        lines = _two_lines(pdf, f"{title} ({row['facility_id']})", _WIDTHS[1] - 2)
        if pdf.get_y() + len(lines) * _LINE + 1 > end:
            turn()
        amount = row["budget_amount"] if is_summed[at] and row["budget_amount"] is not None else 0
        told["n"] += 1
        told["n_page"] += 1
        told["budget"] += amount
        told["page"] += amount
        _row(pdf, at + 1, lines, row, levels[at], snapshot, lang)
        _reply(pdf, answered.get(row["facility_id"], ()), end, turn)
    _sums(pdf, told, snapshot, lang)


def _answered(facilities: pd.DataFrame, lang: str) -> dict[str, list[str]]:
    """What the bodies answer, and the state of the review, by facility; empty where the snapshot carries neither."""
    columns = ["facility_id", *(name for name in WORKED if name in facilities)]
    if len(columns) == 1:
        return {}
    worked = facilities[facilities[columns[1:]].notna().any(axis=1)]
    return {row["facility_id"]: reply.given(row, lang) for row in worked[columns].to_dict("records")}


def _reply(pdf: FPDF, paragraphs: Sequence[str], end: float, turn: Callable[[], None]) -> None:
    """Lines under a row, in full, and the rule that ends it; `turn` opens the next page where they do not fit."""
    pdf.set_font("risk", "", _SMALL)
    left, wide = paper.MARGIN + _WIDTHS[0], sum(_WIDTHS[1:])
    for words in paragraphs:
        lines: Any = pdf.multi_cell(wide, _SMALL_LINE, paper.legible(words), align="L", dry_run=True, output="LINES")
        for line in lines:
            if pdf.get_y() + _SMALL_LINE > end:
                turn()
            pdf.set_x(left)
            paper.write(pdf, line, size=_SMALL, height=_SMALL_LINE, colour=paper.SECONDARY)
    pdf.set_draw_color(*paper.LINE)
    under = pdf.get_y() + (0.5 if paragraphs else -0.5)
    pdf.line(paper.MARGIN, under, paper.MARGIN + sum(_WIDTHS), under)
    pdf.set_xy(paper.MARGIN, under + 0.5)


def _kind(name: str) -> str:
    return {"due_on": "date", "days_late": "integer", "level": "code", "r_lo": "number"}.get(
        name, "money" if name.endswith("_amount") else "id"
    )


def _heads(pdf: FPDF, snapshot: Snapshot, lang: str) -> None:
    top = pdf.get_y() + 2
    left = paper.MARGIN
    pdf.set_fill_color(*paper.PANEL)
    pdf.rect(left, top, sum(_WIDTHS), 9, style="F")
    heads = ["№", *(text(f"export.register.{name}", lang) for name in COLUMNS[1:])]
    for head, width, name in zip(heads, _WIDTHS, ("", *COLUMNS[1:]), strict=True):
        pdf.set_font("risk", "B", 7.5)
        pdf.set_text_color(*paper.SECONDARY)
        pdf.set_xy(left, top + 0.5)
        pdf.multi_cell(width, 3.8, head, align="R" if name in _TO_THE_RIGHT else "L", max_line_height=3.8)
        left += width
    pdf.set_xy(paper.MARGIN, top + 9.5)


def _row(pdf: FPDF, at: int, lines: Sequence[str], row: dict[str, Any], level: str, snapshot: Snapshot, lang: str) -> None:
    unknown = text("common.not_known", lang)
    top, left = pdf.get_y(), paper.MARGIN
    height = len(lines) * _LINE + 1
    cells = {
        "region_code": region_name(row["region_code"], lang),
        "buyer_name": row["buyer_name"] or unknown,
        "supplier_name": row["supplier_name"] or unknown,
        "due_on": row["due_on"].isoformat() if row["due_on"] else unknown,
        "days_late": number(row["days_late"], lang) if row["days_late"] is not None else "—",
        "level": text(f"level.{level}.name", lang),
        "r_lo": number(row["r_lo"], lang) if row["r_lo"] is not None else "—",
        "budget_amount": _millions(row["budget_amount"], lang),
        "exposure_amount": _millions(row["exposure_amount"], lang),
    }
    pdf.set_font("risk", "", _SIZE)
    pdf.set_text_color(*paper.INK)
    pdf.set_xy(left, top)
    pdf.cell(_WIDTHS[0], _LINE, str(at))
    for number_, line in enumerate(lines):
        pdf.set_xy(left + _WIDTHS[0], top + number_ * _LINE)
        pdf.cell(_WIDTHS[1], _LINE, line)
    x = left + _WIDTHS[0] + _WIDTHS[1]
    for (name, words), width in zip(cells.items(), _WIDTHS[2:], strict=True):
        space = 4.0 if name == "level" else 0.0
        if space:
            paper.level_mark(pdf, level, x + 2, top + _LINE / 2, size=1.2)
        pdf.set_xy(x + space, top)
        pdf.cell(width - space, _LINE, paper.cut(pdf, words, width - space - 2), align="R" if name in _TO_THE_RIGHT else "L")
        x += width
    pdf.set_xy(paper.MARGIN, top + height)


def _millions(amount: int | None, lang: str) -> str:
    return text("common.not_known", lang) if amount is None else number(amount / 1_000_000, lang, 1)


def _two_lines(pdf: FPDF, words: str, width: float) -> list[str]:
    """Words on one or two lines; what does not fit is cut visibly."""
    words = paper.legible(words[:500])
    if pdf.get_string_width(words) <= width:
        return [words]
    first = ""
    for word in words.split(" "):
        if first and pdf.get_string_width(f"{first} {word}") > width:
            break
        first = f"{first} {word}".strip()
    first = paper.cut(pdf, first, width)
    rest = words[len(first) :].strip() if not first.endswith("…") else ""
    return [first, paper.cut(pdf, rest, width)] if rest else [first]


def _sums(pdf: FPDF, told: dict[str, int], snapshot: Snapshot, lang: str) -> None:
    """The two lines under the rows of a page."""
    for key, n, amount in (("page_total", told["n_page"], told["page"]), ("running_total", told["n"], told["budget"])):
        words = text(f"export.print.{key}", lang, n=number(n, lang), budget=money(amount, lang, snapshot.currency, full=True))
        paper.write(pdf, words, size=_SIZE, style="B", height=_LINE)


# ---- what follows -----------------------------------------------------------------------------------------------------
def _part(pdf: FPDF, part: Part, snapshot: Snapshot, lang: str, *, note: str = "") -> None:
    """A small table with its title; it goes over pages with its heads repeated."""
    first = max(24.0, paper.width(pdf) - 30.0 * (len(part.heads) - 1))
    rest = (paper.width(pdf) - first) / (len(part.heads) - 1)
    columns = [
        paper.Column(head, first if at == 0 else rest, at > 0 and kind in ("integer", "money", "number"))
        for at, (head, kind) in enumerate(zip(part.heads, part.kinds, strict=True))
    ]
    lines = [*part.rows, *([part.total] if part.total else [])]
    cells = [[_words(value, kind, lang) for value, kind in zip(line, part.kinds, strict=True)] for line in lines]
    if pdf.get_y() + 30 > paper.bottom(pdf):
        paper.page(pdf, snapshot, lang, is_numbered=True)
    pdf.set_xy(paper.MARGIN, pdf.get_y() + 4)
    paper.write(pdf, part.title, size=12, style="B", height=6)
    if note:
        paper.write(pdf, note, size=9, height=4.5, colour=paper.SECONDARY)
    while cells:
        n = paper.table(pdf, columns, cells, last=paper.bottom(pdf) - 2, n_head_lines=2)
        cells = cells[n:]
        if cells:
            paper.page(pdf, snapshot, lang, is_numbered=True)


def _words(value: Any, kind: str, lang: str) -> str:
    if value is None:
        return "" if kind == "text" else text("common.not_known", lang)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return number(value, lang, 1 if kind == "number" else 0)
    return str(value)


_PRINTED = ("facility_id", "title", "move", "what", "also", "due_on_before", "due_on_after", "budget_before", "budget_after")


def _short(changed: Part) -> Part:
    """The columns of what changed that a page has room for."""
    at = [list(parts.DELTA).index(name) for name in _PRINTED]
    rows = [tuple(row[i] for i in at) for row in changed.rows[:_MOST_CHANGES]]
    return Part(changed.title, tuple(changed.heads[i] for i in at), tuple(changed.kinds[i] for i in at), rows)


def _cut_note(changed: Part, lang: str) -> str:
    more = len(changed.rows) - _MOST_CHANGES
    return text("export.delta.more", lang, n=number(more, lang)) if more > 0 else ""


def _manifest(pdf: FPDF, manifest: dict[str, Any], snapshot: Snapshot, lang: str) -> None:
    """How the file was made, so that the paper can be followed back to the data."""
    if pdf.get_y() + 60 > paper.bottom(pdf):
        paper.page(pdf, snapshot, lang, is_numbered=True)
    pdf.set_xy(paper.MARGIN, pdf.get_y() + 4)
    paper.write(pdf, text("export.sheet.manifest", lang), size=12, style="B", height=6)
    shown = (
        "snapshot_id",
        "as_of",
        "filter_in_words",
        "filter_url",
        "sort",
        "settings_sha256",
        "code_version",
        "n_rows",
        "notice",
    )
    for name in shown:
        value = _order_words(manifest[name], lang) if name == "sort" else manifest[name]
        value = value if isinstance(value, str) else json.dumps(value)
        paper.write(pdf, f"{text(f'export.entry.{name}', lang)}: {value}", size=8.5, height=4.2)
    paper.write(pdf, text("export.print.manifest_beside", lang), size=8.5, height=4.2, colour=paper.SECONDARY)


def _order_words(sort: str, lang: str) -> str:
    key = "flagged.sort_down" if sort.startswith("-") else "flagged.sort_up"
    return text(key, lang, column=label(sort.removeprefix("-"), lang))
