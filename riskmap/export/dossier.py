"""A dossier per facility: what is late, the pictures, each fact with its caveat and source, what is not known, what to check.

Facilities follow one another in the order of the list, each beginning on a page of its own with room for a signature at its
end. The words are those of the page of a facility; nothing is computed here.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from fpdf import FPDF

from riskmap import draw, explain, reply
from riskmap.explain import Explanation
from riskmap.export import pdf as paper
from riskmap.export import plot
from riskmap.export.table import Listing
from riskmap.i18n import text
from riskmap.schema import FACT_TABLES
from riskmap.snapshot import Snapshot

MEDIA_TYPE = paper.MEDIA_TYPE
MOST_ROWS = 40  # facilities in one file: about 120 pages
COLUMNS: tuple[str, ...] = ()  # a dossier has no columns
_SHORT = 24  # letters of a value that stands in bold
_GAP = 6.0
_CONTRACT = (
    "contract_no",
    "supplier_name",
    "signed_on",
    "due_first_on",
    "due_on",
    "n_bidders",
    "value_first_amount",
    "value_amount",
)
_AMENDMENT = ("amended_on", "amendment_kind", "due_before_on", "due_after_on", "value_before_amount", "value_after_amount")
_INK = draw.INKS["light"]


def encode(listing: Listing, manifest: dict[str, Any]) -> bytes:
    """The dossiers of the list as one file. DataError for an empty list is raised by nobody: it is one page that says so."""
    snapshot, lang = listing.snapshot, manifest["lang"]
    assert snapshot is not None
    pdf = paper.document(text("export.print.dossier", lang), snapshot, lang)
    ids = list(listing.facilities["facility_id"])
    tables = {name: snapshot.table(name) for name in explain.TABLES} if ids else {}
    tables = {name: frame[frame["facility_id"].isin(ids).fillna(False)] for name, frame in tables.items()}
    for row in listing.facilities.to_dict("records"):
        own = {name: explain.of_facility(frame, row["facility_id"]) for name, frame in tables.items()}
        _facility(pdf, {str(name): value for name, value in row.items()}, own, snapshot, manifest, lang)
    if not ids:
        paper.page(pdf, snapshot, lang, is_numbered=True)
        paper.write(pdf, text("map.nothing", lang))
    return paper.content(pdf)


def _facility(
    pdf: FPDF, row: dict[str, Any], tables: dict[str, pd.DataFrame], snapshot: Snapshot, manifest: dict[str, Any], lang: str
) -> None:
    settings = snapshot.manifest["settings"]
    known = explain.explain(row, settings, lang, n_facilities=len(snapshot.facilities))
    paper.page(pdf, snapshot, lang, is_numbered=True)
    pdf.start_section(explain.name(row, lang))
    paper.write(pdf, explain.name(row, lang), size=17, style="B", height=7.5)
    paper.write(pdf, f"{explain.place(row, lang)} · {row['facility_id']}", size=9, height=4.5, colour=paper.SECONDARY)
    pdf.set_y(pdf.get_y() + 2)
    paper.write(pdf, known.headline, size=11, style="B", height=5.5)
    _summary(pdf, row, known)
    _charts(pdf, row, known, tables, snapshot, lang)

    def on(*lines: str, size: float = 9.0, style: str = "", colour: tuple[int, int, int] = paper.INK) -> None:
        for line in lines:
            _flow(pdf, line, snapshot, lang, size=size, style=style, colour=colour)

    for title, lines in explain.story(row, known, lang)[:2]:
        _title(pdf, title, snapshot, lang)
        on(*lines)
    _title(pdf, text("facility.section.firing", lang), snapshot, lang)
    on(*([] if known.firing else [text("facility.none.firing", lang)]))
    for fact in known.firing:
        on(f"{explain.line(fact, lang)}. {fact.finding}", style="B")
        for part in ("caveat", "source"):
            on(f"{text(f'facility.fact.{part}', lang)}: {fact.words(part, lang)}", size=8.5, colour=paper.SECONDARY)
    if answered := reply.lines(row, lang):
        _title(pdf, text("desk.public.title", lang), snapshot, lang)
        on(*answered)
    _title(pdf, text("facility.section.officials", lang), snapshot, lang)
    on(*[f"☐ {line}" if _has_box(pdf) else f"[  ] {line}" for line in explain.tasks(known.firing, "official", lang)]
       or [text("facility.none.officials", lang)])  # fmt: skip
    _title(pdf, text("facility.section.not_known", lang), snapshot, lang)
    on(*explain.unknown(known.not_known, lang) or [text("facility.none.not_known", lang)], size=8.5)
    on(*[explain.gap(one, lang) for one in known.gaps], size=8.5)
    for name, columns in (("contracts", _CONTRACT), ("amendments", _AMENDMENT)):
        _records(pdf, name, tables[name], columns, known.currency, snapshot, lang)
    _title(pdf, text("facility.section.sources", lang), snapshot, lang)
    on(*explain.source(row, lang), *([url] if (url := explain.link(row)) else []), size=8.5)
    on(*(f"{text(f'export.entry.{name}', lang)}: {manifest[name]}" for name in ("settings_sha256", "code_version")),
       size=8, colour=paper.SECONDARY)  # fmt: skip
    if pdf.get_y() + 36 > paper.bottom(pdf):
        paper.page(pdf, snapshot, lang, is_numbered=True)
    pdf.set_xy(paper.MARGIN, pdf.get_y() + 4)
    paper.signature(pdf, lang)


def _has_box(pdf: FPDF) -> bool:
    """Does the font have an empty box to tick?"""
    return ord("☐") in getattr(pdf.fonts.get("risk"), "cmap", {})


def _summary(pdf: FPDF, row: dict[str, Any], known: Explanation) -> None:
    """Level, points, rank, how much was checked, money: labels over values, four to a line."""
    top, space = pdf.get_y() + 2, paper.width(pdf) / 4
    for first in range(0, len(known.summary), 4):
        ends = []
        for at, (label, value) in enumerate(known.summary[first : first + 4]):
            left = paper.MARGIN + at * space
            pdf.set_xy(left, top)
            paper.write(pdf, label, size=8, height=3.8, width=space - 3, colour=paper.SECONDARY)
            if first == at == 0:
                paper.level_mark(pdf, _level(row), left + 1.5, pdf.get_y() + 2.4, size=1.3)
                pdf.set_x(left + 4)
            is_short = len(value) <= _SHORT
            size, style = (9.5, "B") if is_short else (8.5, "")
            paper.write(pdf, value, size=size, style=style, height=4.6 if is_short else 4.0, width=space - 3)
            ends.append(pdf.get_y())
        top = max(ends) + 1.5
    pdf.set_xy(paper.MARGIN, top + 1)


def _level(row: dict[str, Any]) -> str:
    return "not_assessable" if pd.isna(row["level"]) else str(row["level"])


def _charts(
    pdf: FPDF, row: dict[str, Any], known: Explanation, tables: dict[str, pd.DataFrame], snapshot: Snapshot, lang: str
) -> None:
    """Money and works over time, the dates, and what the points are made of, as on the page."""
    told: dict[str, Any] = {"footer": "", "ink": _INK, "lang": lang}
    settings = snapshot.manifest["settings"]
    plan = draw.plan_of(row, settings["forecast"])
    half = (paper.width(pdf) - _GAP) / 2
    top, left = pdf.get_y() + 1, paper.MARGIN
    curve = draw.money_and_works(tables, as_of=snapshot.as_of, plan=plan, **told)
    dates = draw.timeline(known.dates, as_of=snapshot.as_of, **told)
    high = max(34.0, 7.5 * len(known.dates))
    ends = [plot.chart(pdf, curve, left=left, top=top, width=half, height=max(high, 40.0))]
    ends.append(plot.chart(pdf, dates, left=left + half + _GAP, top=top, width=half, height=high))
    pdf.set_xy(left, max(ends) + 1)
    parts = known.parts(lang)
    points = draw.contributions(parts, r=row["r_lo"], level=_level(row), levels=settings["levels"], **told)
    height = 8.5 * (len(parts) + 1)
    if points and pdf.get_y() + height + 16 > paper.bottom(pdf):
        paper.page(pdf, snapshot, lang, is_numbered=True)
    pdf.set_xy(left, plot.chart(pdf, points, left=left, top=pdf.get_y(), width=paper.width(pdf), height=height))


def _title(pdf: FPDF, words: str, snapshot: Snapshot, lang: str) -> None:
    if pdf.get_y() + 16 > paper.bottom(pdf):
        paper.page(pdf, snapshot, lang, is_numbered=True)
    pdf.set_xy(paper.MARGIN, pdf.get_y() + 3)
    paper.write(pdf, words, size=11.5, style="B", height=6)


def _flow(pdf: FPDF, words: str, snapshot: Snapshot, lang: str, *, size: float, style: str, colour: tuple[int, int, int]) -> None:
    """A paragraph; on a new page where it does not fit."""
    pdf.set_font("risk", style, size)
    height = size * 0.48
    lines: Any = pdf.multi_cell(paper.width(pdf), height, words, dry_run=True, output="LINES")
    if pdf.get_y() + len(lines) * height > paper.bottom(pdf):
        paper.page(pdf, snapshot, lang, is_numbered=True)
    pdf.set_x(paper.MARGIN)
    paper.write(pdf, words, size=size, style=style, height=height, colour=colour)
    pdf.set_y(pdf.get_y() + 0.8)


def _records(
    pdf: FPDF, name: str, frame: pd.DataFrame, columns: Sequence[str], currency: str, snapshot: Snapshot, lang: str
) -> None:
    """Contracts or amendments as lines "label: value; label: value": eight columns do not fit across."""
    _title(pdf, text(f"facility.section.{name}", lang), snapshot, lang)
    kinds = FACT_TABLES[name]
    lines = [
        "; ".join(f"{text(f'column.{c}', lang)}: {explain.cell(row[c], c, kinds[c], currency, lang)}" for c in columns)
        for row in frame.to_dict("records")
    ]
    for line in lines or [text(f"facility.none.{name}", lang)]:
        _flow(pdf, line, snapshot, lang, size=8.5, style="", colour=paper.INK)
