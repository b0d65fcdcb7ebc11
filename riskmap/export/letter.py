"""A final document as PDF: as many A4 sheets as it needs, searchable text in embedded fonts, the same content the same bytes."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from fpdf import FPDF

from riskmap.export import pdf as paper_of
from riskmap.export.docx import xml_text
from riskmap.export.pdf import BOTTOM, INK, LINE, MARGIN, SECONDARY, WIDTH, write

MEDIA_TYPE = paper_of.MEDIA_TYPE
_FONTS = Path(__file__).with_name("fonts")
_LABEL = 55.0  # mm of the left column of labelled values
_FOOT = 20.0  # mm under the text of every sheet


def encode(paper: Mapping[str, Any]) -> bytes:
    """The file of one document, see `control.document.paper`."""
    pdf = _Letter(paper)
    for style, name in (("", "regular"), ("B", "bold")):
        pdf.add_font("risk", style, _FONTS / f"{name}.ttf")
    day = date.fromisoformat(paper["day"])
    pdf.set_creation_date(datetime.combine(day, time(), UTC))  # no clock: the same content, the same bytes
    pdf.set_title(xml_text(paper["title"]))
    pdf.set_lang(paper["lang"])
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(True, margin=_FOOT)
    pdf.add_page()
    write(pdf, xml_text(paper["title"]), size=16, style="B", height=7.5)
    write(pdf, xml_text(paper["subtitle"]), size=12, style="B", height=6)
    for part in paper["parts"]:
        _part(pdf, part)
    return paper_of.content(pdf)


class _Letter(FPDF):
    """fpdf2 draws what stands on every sheet by overriding `header` and `footer`."""

    def __init__(self, paper: Mapping[str, Any]) -> None:
        super().__init__(format="A4")
        self._paper = paper

    def header(self) -> None:
        self.set_xy(MARGIN, 8)
        if self._paper["demo"]:
            write(self, xml_text(self._paper["demo"]), size=9, style="B")
        write(self, xml_text(self._paper["stamp"]), size=9, colour=SECONDARY)
        self.ln(3)

    def footer(self) -> None:
        self.set_draw_color(*LINE)
        self.line(MARGIN, BOTTOM + 1, MARGIN + WIDTH, BOTTOM + 1)
        self.set_xy(MARGIN, BOTTOM + 2)
        self.set_font("risk", "B", 9)
        self.set_text_color(*INK)
        self.cell(WIDTH - 10, 5, xml_text(self._paper["fair"]))
        self.cell(10, 5, str(self.page_no()), align="R")


def _part(pdf: FPDF, part: Mapping[str, Any]) -> None:
    if part["heading"]:
        if pdf.get_y() > BOTTOM - 25:  # a heading is not left alone at the foot of a sheet
            pdf.add_page()
        pdf.ln(3)
        write(pdf, xml_text(part["heading"]), size=12, style="B", height=6)
    for number, row in enumerate(part["rows"], start=1):
        if part["kind"] == "pairs":
            _pair(pdf, *row)
        elif part["kind"] == "blanks":
            _blank(pdf, row)
        else:
            words = f"{number}. {row}" if part["kind"] == "numbered" else f"•  {row}"
            write(pdf, xml_text(words), size=11, height=5.4)
            pdf.ln(0.8)


def _pair(pdf: FPDF, label: str, value: str) -> None:
    if pdf.get_y() > BOTTOM - 15:
        pdf.add_page()
    top, page = pdf.get_y(), pdf.page
    write(pdf, xml_text(label), size=10, width=_LABEL - 3, colour=SECONDARY)
    under = pdf.get_y()
    pdf.set_xy(MARGIN + _LABEL, top)
    write(pdf, xml_text(value), size=11, height=5.4, width=WIDTH - _LABEL)
    pdf.set_xy(MARGIN, max(under, pdf.get_y()) if pdf.page == page else pdf.get_y())


def _blank(pdf: FPDF, label: str) -> None:
    """A label and a line under which nothing is printed: it is filled in by hand."""
    pdf.ln(2)
    write(pdf, xml_text(label), size=10, colour=SECONDARY)
    pdf.ln(6)
    pdf.set_draw_color(*SECONDARY)
    pdf.line(MARGIN, pdf.get_y(), MARGIN + WIDTH, pdf.get_y())
