"""One region on one sheet of paper: the answer, the counts, a map, the levels, the causes of delay, the longest delays."""

from functools import lru_cache
from typing import Any

import anyio
import pandas as pd
from fpdf import FPDF
from fpdf.enums import RenderStyle
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from riskmap import filters, geography, i18n, summarise
from riskmap.export import pdf as paper
from riskmap.export.pdf import Column
from riskmap.filters import Filter
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web import current, exports, files, points, view
from riskmap.web.flagged import why

ADDRESS = "/files/{snapshot_id}/region-{code}.pdf"
_COUNTERS = (("n_facilities", ""), ("n_overdue", "n_overdue_unknown"), ("n_flagged", "n_not_assessable"))
_MAP_MM, _GAP_MM = 84.0, 8.0
_one_at_a_time = anyio.CapacityLimiter(1)


def url(snapshot_id: str, code: str, *, lang: str) -> str:
    """Relative address of the sheet of a region."""
    return f"files/{snapshot_id}/region-{code}.pdf?lang={lang}"


async def sheet(request: Request) -> Response:
    """Route: the sheet as a file; 404 for a region of which the snapshot has no facility."""
    code = request.path_params["code"]
    lang, wrong = files.asked_language(request)
    if wrong:
        return wrong
    opened = current.named(request.path_params["snapshot_id"])
    if opened is None or code not in set(opened.facilities["region_code"].dropna()):
        return JSONResponse({"error": "not found"}, 404)
    content = await anyio.to_thread.run_sync(_kept, opened.id, code, lang, limiter=_one_at_a_time)
    demo = "demo-" if opened.is_demo else ""
    return exports.attachment(request, content, f"riskmap_{opened.id}_{demo}{opened.as_of}-{code}-{lang}.pdf", paper.MEDIA_TYPE)


@lru_cache(maxsize=64)
def _kept(snapshot_id: str, code: str, lang: str) -> bytes:
    return region_page(current.get(snapshot_id), code, lang)


def region_page(snapshot: Snapshot, code: str, lang: str) -> bytes:
    """The sheet as PDF bytes: exactly one page, whatever the region holds; the same snapshot gives the same bytes."""
    rows = filters.apply(Filter(regions=(code,), sort="-days_late"), snapshot.facilities)
    sums = summarise.totals(rows, snapshot.manifest["settings"])
    pdf = paper.sheet(filters.region_name(code, lang), snapshot, lang)
    paper.write(pdf, view.sentence(sums, snapshot, lang), size=11, height=5.5)
    _counters(pdf, sums, snapshot, lang)
    top = pdf.get_y() + 3
    below = _map(pdf, rows, code, snapshot, lang, top=top)
    pdf.set_xy(paper.MARGIN + _MAP_MM + _GAP_MM, top)
    beside = _levels_and_causes(pdf, rows, snapshot, lang)
    pdf.set_xy(paper.MARGIN, max(below, beside) + 4)
    _flagged(pdf, rows, snapshot, lang)
    return paper.content(pdf)


def _counters(pdf: FPDF, sums: dict[str, Any], snapshot: Snapshot, lang: str) -> None:
    top, width = pdf.get_y() + 3, (paper.WIDTH - 3 * 3) / 4
    told = [(name, i18n.number(sums[name], lang), sums[of] if of else 0) for name, of in _COUNTERS]
    budget = view.measured(sums["flagged_budget"], "money", snapshot, lang)
    told.append(("flagged_budget", budget, sums["n_flagged_budget_unknown"]))
    for at, (name, value, unknown) in enumerate(told):
        left = paper.MARGIN + at * (width + 3)
        pdf.set_fill_color(*paper.PANEL)
        pdf.rect(left, top, width, 19, style=RenderStyle.F)
        pdf.set_xy(left + 3, top + 2)
        paper.write(pdf, value, size=16, style="B", height=7, width=width - 4)
        paper.write(pdf, text(f"overview.counter.{name}", lang), size=9, height=4, width=width - 4, colour=paper.SECONDARY)
        if unknown:
            words = text(f"pdf.unknown.{name}", lang, n=i18n.number(unknown, lang))
            paper.write(pdf, words, size=8, height=3.5, width=width - 4, colour=paper.SECONDARY)
    pdf.set_xy(paper.MARGIN, top + 19)


def _map(pdf: FPDF, rows: pd.DataFrame, code: str, snapshot: Snapshot, lang: str, *, top: float) -> float:
    """The outline of the region with its facilities, in an equirectangular projection true at its middle."""
    boundaries = snapshot.manifest["settings"]["country"]["boundaries"]
    placed = rows[rows["lat"].notna() & rows["lon"].notna()].iloc[::-1]
    places = placed[["lon", "lat"]].to_numpy(float)
    outline = geography.outline(code, boundaries) if boundaries else []
    corners = [point for ring in outline for point in ring] + [tuple(point) for point in places]
    pdf.set_xy(paper.MARGIN, top)
    if not corners:
        paper.write(pdf, text("pdf.no_place", lang), size=9, width=_MAP_MM, colour=paper.SECONDARY)
        return pdf.get_y()
    onto, height = paper.projection(corners, left=paper.MARGIN, top=top, width=_MAP_MM, height=70.0)
    with pdf.local_context():
        pdf.set_draw_color(*paper.SECONDARY)
        pdf.set_fill_color(*paper.PANEL)
        pdf.set_line_width(0.2)
        for ring in outline:
            pdf.polygon([onto(x, y) for x, y in ring], style=RenderStyle.DF)
    for (x, y), level in zip(places, placed["level"].fillna("not_assessable"), strict=True):
        paper.level_mark(pdf, level, *onto(x, y), size=1.1)
    pdf.set_xy(paper.MARGIN, top + height + 1)
    if len(placed) < len(rows):
        words = text("map.without_place", lang, n=i18n.number(len(rows) - len(placed), lang))
        paper.write(pdf, words, size=8, height=4, width=_MAP_MM, colour=paper.SECONDARY)
    return pdf.get_y()


def _levels_and_causes(pdf: FPDF, rows: pd.DataFrame, snapshot: Snapshot, lang: str) -> float:
    width = paper.WIDTH - _MAP_MM - _GAP_MM
    by_level = summarise.by_level(rows, snapshot.manifest["settings"])
    shares = {"level": 0.46, "facilities": 0.22, "budget": 0.32}
    columns = [Column(text(f"map.columns.{name}", lang), width * share, name != "level") for name, share in shares.items()]
    cells = [
        [text(f"level.{row['level']}.name", lang), i18n.number(row["n_facilities"], lang),
         view.measured(row["budget"], "money", snapshot, lang)]
        for row in by_level.to_dict("records")
    ]  # fmt: skip
    paper.table(pdf, columns, cells, marks=list(by_level["level"]), last=paper.BOTTOM)
    causes = summarise.by_cause(rows)
    if not causes.empty:
        left = pdf.get_x()
        pdf.set_xy(left, pdf.get_y() + 3)
        columns = [Column(text("pdf.causes", lang), width * 0.78), Column(text("map.columns.overdue", lang), width * 0.22, True)]
        counts = causes.drop(columns=["region_code", "n_overdue"]).sum()
        told = [[text(f"kind.delay_cause.{cause}", lang), i18n.number(int(n), lang)] for cause, n in counts.items() if n]
        paper.table(pdf, columns, told, last=paper.BOTTOM)
    return pdf.get_y()


def _flagged(pdf: FPDF, rows: pd.DataFrame, snapshot: Snapshot, lang: str) -> None:
    """As many of the flagged as the sheet has room for, the longest delay first, and how many more there are."""
    flagged = rows[rows["is_flagged"].fillna(False).astype(bool)]
    paper.write(pdf, text("pdf.flagged", lang), size=12, style="B", height=6)
    if flagged.empty:
        paper.write(pdf, text("overview.answer_none", lang), colour=paper.SECONDARY)
        return
    heads = [text(f"pdf.column.{name}", lang) for name in ("facility", "why", "due", "days_late", "budget")]
    widths = (60.0, 62.0, 18.0, 18.0, 24.0)
    columns = [Column(head, width, at >= 3) for at, (head, width) in enumerate(zip(heads, widths, strict=True))]
    names = points.titles(flagged, lang)
    weights = [column for column in rows.columns if column.endswith("_points")]
    cells = [
        [name, why(row, weights, lang), _iso(row["due_on"], lang), i18n.number(row["days_late"], lang),
         view.measured(row["budget_amount"], "money", snapshot, lang)]
        for name, row in zip(names, flagged.to_dict("records"), strict=True)
    ]  # fmt: skip
    shown = paper.table(pdf, columns, cells, marks=list(flagged["level"]), last=paper.BOTTOM - 6)
    if rest := len(flagged) - shown:
        paper.write(pdf, text("pdf.more", lang, n=i18n.number(rest, lang)), size=9, height=5, colour=paper.SECONDARY)


def _iso(day: Any, lang: str) -> str:
    return text("common.not_known", lang) if pd.isna(day) else str(day)
