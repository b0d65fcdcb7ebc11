"""A final document as DOCX: real headings, lists and lines, so that it can be edited, searched and read aloud.

The same content gives the same bytes: no author, no clock, and the archive is packed anew with one fixed time. A word processor
gets only text: control characters, which XML does not know, are left out before.
"""

import io
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from docx import Document
from docx.document import Document as Opened
from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FONT = "Times New Roman"  # usual on official paper here, and has every Kazakh letter
_LANGUAGE = {"kk": "kk-KZ", "ru": "ru-KZ", "en": "en-GB"}
_PACKED_AT = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP knows
_WIDTH_CM = 16.5


def encode(paper: Mapping[str, Any]) -> bytes:
    """The file of one document, see `control.document.paper`."""
    made = Document()
    _settings(made, paper)
    if paper["demo"]:
        _line(made, paper["demo"], is_bold=True)
    _line(made, paper["stamp"], size=9)
    made.add_heading(xml_text(paper["title"]), level=1)
    _line(made, paper["subtitle"], is_bold=True)
    for part in paper["parts"]:
        if part["heading"]:
            made.add_heading(xml_text(part["heading"]), level=2)
        _part(made, part)
    return _packed(made)


def xml_text(words: str) -> str:
    """Text without what XML 1.0 cannot hold."""
    return "".join(c for c in words if c in "\t\n" or (c >= " " and not 0xD800 <= ord(c) < 0xE000 and ord(c) < 0xFFFE))


def _part(made: Opened, part: Mapping[str, Any]) -> None:
    if part["kind"] == "pairs":
        table = made.add_table(rows=0, cols=2)
        for label, value in part["rows"]:
            cells = table.add_row().cells
            cells[0].width, cells[1].width = Cm(5), Cm(_WIDTH_CM - 5)
            cells[0].text, cells[1].text = xml_text(label), xml_text(value)
        return
    for number, words in enumerate(part["rows"], start=1):
        if part["kind"] == "blanks":
            line = _line(made, f"{words}\t")
            line.paragraph_format.tab_stops.add_tab_stop(Cm(_WIDTH_CM), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.LINES)
            line.paragraph_format.space_before = Pt(8)
        elif part["kind"] == "numbered":
            # numbers as text: an answer names them, so they must not change when somebody edits the list
            line = _line(made, f"{number}.\t{words}")
            line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Cm(0.75), Cm(-0.75)
        else:
            made.add_paragraph(xml_text(words), style="List Bullet")


def _line(made: Opened, words: str, *, is_bold: bool = False, size: float | None = None) -> Paragraph:
    line = made.add_paragraph()
    run = line.add_run(xml_text(words))
    run.bold = is_bold
    if size:
        run.font.size = Pt(size)
    return line


def _settings(made: Opened, paper: Mapping[str, Any]) -> None:
    """A4, one font, the language for spelling and reading aloud, fair words under every page, and no author."""
    page = made.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin, page.right_margin, page.top_margin, page.bottom_margin = Cm(2.5), Cm(2), Cm(2), Cm(2)
    page.footer.paragraphs[0].text = xml_text(f"{paper['fair']} {paper['demo']}".strip())
    for name, size in (("Normal", 12), ("Heading 1", 16), ("Heading 2", 13), ("List Bullet", 12), ("Footer", 9)):
        style = made.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = _FONT, Pt(size), RGBColor(0x1B, 0x24, 0x30)
        properties = style.element.get_or_add_rPr()
        fonts = properties.get_or_add_rFonts()
        for attribute in list(fonts.attrib):  # fonts of a theme would win over the name
            del fonts.attrib[attribute]
        for attribute in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{attribute}"), _FONT)
        for old in properties.findall(qn("w:lang")):
            properties.remove(old)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), _LANGUAGE[paper["lang"]])
        properties.append(language)
    made.styles["Normal"].paragraph_format.space_after = Pt(4)
    known, day = made.core_properties, date.fromisoformat(paper["day"])
    known.author = known.last_modified_by = known.comments = known.keywords = ""
    known.title, known.language, known.revision = xml_text(paper["title"]), _LANGUAGE[paper["lang"]], 1
    known.created = known.modified = datetime(day.year, day.month, day.day)


def _packed(made: Opened) -> bytes:
    """The archive in a fixed order with a fixed time, without the picture of somebody's first page that the template brings."""
    written, again = io.BytesIO(), io.BytesIO()
    for relation in [key for key, one in made.part.package.rels.items() if one.reltype.endswith("/thumbnail")]:
        del made.part.package.rels[relation]
    made.save(written)
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(again, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _PACKED_AT)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            new.writestr(entry, old.read(name))
    return again.getvalue()
