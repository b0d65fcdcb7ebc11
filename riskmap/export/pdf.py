"""Paper: A4 sheets with the frame that every page has (date, version, demo band, fair words) and the marks of the levels.

Text is real text in embedded fonts with every Kazakh letter, so that it can be searched, copied and read aloud; the same
content gives the same bytes.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from math import cos, radians
from pathlib import Path
from typing import Any, NamedTuple

from fpdf import FPDF
from fpdf.enums import RenderStyle

from riskmap.draw import LEVEL_COLOURS
from riskmap.i18n import day, text
from riskmap.snapshot import Snapshot

MEDIA_TYPE = "application/pdf"
MARGIN, WIDTH, BOTTOM = 14.0, 182.0, 283.0  # millimetres of an A4 sheet: outer margin, width inside, end of the content
INK, SECONDARY, LINE, PANEL = (27, 36, 48), (86, 98, 112), (217, 222, 228), (244, 246, 248)
_DEMO_BAND, _DEMO_INK = (253, 243, 215), (92, 66, 0)
_MOST_LETTERS = 500  # of one cell: more fits no line, and measuring it takes time
_FONTS = Path(__file__).with_name("fonts")


class Column(NamedTuple):
    """A column of a table on paper: its heading, its width in mm, and whether it holds numbers (to the right)."""

    head: str
    width: float
    is_number: bool = False


def sheet(title: str, snapshot: Snapshot, lang: str) -> FPDF:
    """A new document of one open A4 page with its frame; the cursor stands under the title."""
    pdf = document(title, snapshot, lang)
    page(pdf, snapshot, lang)
    write(pdf, title, size=20, style="B", height=9)
    return pdf


def document(title: str, snapshot: Snapshot, lang: str, *, is_across: bool = False) -> FPDF:
    """A new document of A4 pages, none of them open yet; `is_across`: landscape."""
    pdf = FPDF(format="A4", orientation="landscape" if is_across else "portrait")
    pdf.add_font("risk", "", _FONTS / "regular.ttf")
    pdf.add_font("risk", "B", _FONTS / "bold.ttf")
    pdf.set_creation_date(datetime.combine(snapshot.as_of, time(), UTC))  # no clock: the same content, the same bytes
    pdf.set_title(f"{title} · {text('common.app', lang)}")
    pdf.set_lang(lang)
    pdf.set_auto_page_break(False)
    pdf.set_margin(MARGIN)
    return pdf


def width(pdf: FPDF) -> float:
    """Millimetres between the margins of a page."""
    return float(pdf.w) - 2 * MARGIN


def bottom(pdf: FPDF) -> float:
    """Where the content of a page ends, in mm from its top."""
    return float(pdf.h) - 14.0


def page(pdf: FPDF, snapshot: Snapshot, lang: str, *, is_numbered: bool = False) -> None:
    """A new page with its frame; the cursor stands under it. `is_numbered`: "page 2 of 7" at its foot."""
    pdf.add_page()
    right, end = MARGIN + width(pdf), bottom(pdf)
    if is_numbered:
        words = text("export.print.page", lang, page=pdf.page_no(), pages="{nb}")
        pdf.set_font("risk", "", 9)
        pdf.set_text_color(*SECONDARY)
        pdf.set_xy(right - 40, end + 2)
        pdf.cell(40, 5, words, align="R")
    pdf.set_xy(MARGIN, 10)
    if snapshot.is_demo:
        pdf.set_fill_color(*_DEMO_BAND)
        pdf.rect(0, 0, pdf.w, 10, style=RenderStyle.F)
        pdf.set_xy(MARGIN, 2)
        write(pdf, text("common.demo", lang), size=9, style="B", height=6, colour=_DEMO_INK)
        pdf.set_y(13)
    date, version = text("common.data_date", lang, date=day(snapshot.as_of, lang)), text("common.version", lang, id=snapshot.id)
    write(pdf, f"{text('common.app', lang)} · {date} · {version}", size=9, height=5, colour=SECONDARY)
    content = pdf.get_y()
    pdf.set_draw_color(*LINE)
    pdf.line(MARGIN, end + 1, right, end + 1)
    pdf.set_xy(MARGIN, end + 2)
    write(pdf, text("common.fair_words", lang), size=9, style="B", height=5, width=width(pdf) - (42 if is_numbered else 0))
    pdf.set_xy(MARGIN, content + 1)


def write(
    pdf: FPDF, words: str, *, size: float = 10, style: str = "", height: float = 5, width: float | None = None,
    colour: tuple[int, int, int] = INK,
) -> None:  # fmt: skip
    """A paragraph of `width` mm, to the right margin without it; the cursor goes under it, at the left edge it began from."""
    left = pdf.get_x()
    pdf.set_font("risk", style, size)
    pdf.set_text_color(*colour)
    pdf.multi_cell(width or pdf.w - MARGIN - left, height, legible(words), align="L", new_x="LEFT", new_y="NEXT")
    pdf.set_x(left)


def legible(words: str) -> str:
    """Words without control characters, which no font can show."""
    return "".join(letter if letter >= " " else " " for letter in words)


def cut(pdf: FPDF, words: str, width: float) -> str:
    """The words, or as many letters of them as fit into `width` mm in the current font, with an ellipsis."""
    words = legible(words[:_MOST_LETTERS])
    if pdf.get_string_width(words) <= width:
        return words
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if pdf.get_string_width(words[:middle].rstrip() + "…") <= width else (low, middle - 1)
    return words[:low].rstrip() + "…"


def table(
    pdf: FPDF,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    marks: Sequence[str] = (),
    last: float,
    n_head_lines: int = 1,
) -> int:
    """A table of one line per row from the cursor down to `last` mm at most; returns how many rows had room.

    `marks`: the level of each row, drawn before its first cell. `n_head_lines`: over how many lines long headings may go.
    """
    left, line = pdf.get_x(), 5.2
    indent = 5.0 if marks else 0.0

    def row(cells: Sequence[str], *, style: str, colour: tuple[int, int, int]) -> None:
        pdf.set_font("risk", style, 8.5)
        pdf.set_text_color(*colour)
        for at, (cell, column) in enumerate(zip(cells, columns, strict=True)):
            space = indent if at == 0 else 0.0
            pdf.set_x(pdf.get_x() + space)
            width = column.width - space
            pdf.cell(width, line, cut(pdf, cell, width - 2), align="R" if column.is_number else "L")
        pdf.set_draw_color(*LINE)
        pdf.line(left, pdf.get_y() + line, left + sum(c.width for c in columns), pdf.get_y() + line)
        pdf.set_xy(left, pdf.get_y() + line)

    if n_head_lines == 1:
        row([column.head for column in columns], style="B", colour=SECONDARY)
    else:
        top, x = pdf.get_y(), left
        pdf.set_font("risk", "B", 8)
        pdf.set_text_color(*SECONDARY)
        for column in columns:
            pdf.set_xy(x, top)
            lines: Any = pdf.multi_cell(column.width - 1, 3.8, column.head, align="L", dry_run=True, output="LINES")
            for words in lines[:n_head_lines]:
                pdf.set_x(x)
                pdf.cell(column.width, 3.8, words, align="R" if column.is_number else "L", new_x="LEFT", new_y="NEXT")
            x += column.width
        pdf.set_xy(left, top + 3.8 * n_head_lines + 0.6)
    room = max(0, int((last - pdf.get_y()) // line))
    for at, cells in enumerate(rows[:room]):
        if marks:
            level_mark(pdf, marks[at], left + 2, pdf.get_y() + line / 2, size=1.4)
        row(cells, style="", colour=INK)
    return min(room, len(rows))


def level_mark(pdf: FPDF, level: str, x: float, y: float, *, size: float) -> None:
    """The mark of a level around (x, y) mm: darker and another shape the higher, a ring where nothing can be said."""
    with pdf.local_context():
        pdf.set_line_width(0.2)
        pdf.set_draw_color(*INK)
        pdf.set_fill_color("#FFFFFF" if level == "not_assessable" else LEVEL_COLOURS[level])
        if level == "medium":
            pdf.polygon([(x, y - size), (x + size, y + size * 0.8), (x - size, y + size * 0.8)], style=RenderStyle.DF)
        elif level == "high":
            pdf.rect(x - size * 0.85, y - size * 0.85, size * 1.7, size * 1.7, style=RenderStyle.DF)
        elif level == "critical":
            wide = size * 1.25
            pdf.polygon([(x, y - wide), (x + wide, y), (x, y + wide), (x - wide, y)], style=RenderStyle.DF)
        else:
            pdf.circle(x, y, size * (0.75 if level == "low" else 0.9), style=RenderStyle.DF)


def projection(
    corners: Sequence[tuple[float, float]], *, left: float, top: float, width: float, height: float
) -> tuple[Callable[[float, float], tuple[float, float]], float]:
    """How (longitude, latitude) becomes mm inside a box, as large as it fits and true in the middle; and the height used.

    Equirectangular: good enough for one region on paper, whose sides differ by less than the width of a mark.
    """
    lons, lats = [x for x, _ in corners], [y for _, y in corners]
    west, south, north = min(lons), min(lats), max(lats)
    squeeze = cos(radians((south + north) / 2))
    wide, high = max((max(lons) - west) * squeeze, 0.01), max(north - south, 0.01)
    scale = min(width / wide, height / high)

    def onto(lon: float, lat: float) -> tuple[float, float]:
        return left + (lon - west) * squeeze * scale, top + (north - lat) * scale

    return onto, high * scale


def signature(pdf: FPDF, lang: str) -> None:
    """Room for the one who answers for the sheet: post, name, date, signature. 34 mm high."""
    write(pdf, text("export.print.signature", lang), size=11, style="B", height=6)
    top, space = pdf.get_y() + 14, width(pdf) / 4
    for at, name in enumerate(("post", "name", "day", "sign")):
        left = MARGIN + at * space
        pdf.set_draw_color(*INK)
        pdf.line(left, top, left + space - 6, top)
        pdf.set_xy(left, top + 1)
        write(pdf, text(f"export.print.{name}", lang), size=8, height=4, width=space - 6, colour=SECONDARY)
    pdf.set_xy(MARGIN, top + 8)


def content(pdf: FPDF) -> bytes:
    """The finished file."""
    return bytes(pdf.output())
