"""The charts of the pages on paper: the same figure, its lines, marks and words drawn with the means of a PDF.

Only what our own figures use is drawn (riskmap/draw.py): lines and steps, marks, bars across, vertical and shaded spans,
labels. So paper and page cannot tell different stories.
"""

import re
from base64 import b64decode
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import numpy as np
from fpdf import FPDF
from fpdf.enums import RenderStyle

from riskmap.draw import Chart
from riskmap.export import pdf as paper

_TAGS = re.compile(r"<[^>]*>")
_COLOUR = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})|rgba?\((\d+),\s*(\d+),\s*(\d+)(?:,\s*([0-9.]+))?\)")
_POINT_MM = 0.2646  # a pixel of the page at 96 to the inch
_TICKS_MM = 9.0
_DASHES = {"dash": 1.6, "dot": 0.6}


def chart(pdf: FPDF, shown: Chart | None, *, left: float, top: float, width: float, height: float) -> float:
    """Draw a chart into a box (mm) under its title and measure; returns where it ends. Nothing for a chart that is None."""
    if shown is None:
        return top
    figure = shown.figure.to_plotly_json()
    layout = figure["layout"]
    title, *_ = layout["annotations"]
    head, _, unit = title["text"].partition("<br><span")
    pdf.set_xy(left, top)
    paper.write(pdf, _plain(head), size=10, style="B", height=4.6, width=width)
    paper.write(pdf, _plain(f"<span{unit}"), size=8, height=4, width=width, colour=paper.SECONDARY)
    box_top = pdf.get_y() + 2
    is_share = layout.get("yaxis", {}).get("tickformat") == ".0%"
    left, width = (left + _TICKS_MM, width - _TICKS_MM) if is_share else (left, width)  # room for the numbers of the axis
    box = (left, box_top, width, height)
    xs, ys = _axis(figure, "x"), _axis(figure, "y")

    def onto(x: Any, y: Any) -> tuple[float, float]:
        across = (_number(x) - xs[0]) / (xs[1] - xs[0]) if xs[1] > xs[0] else 0.5
        up = (_number(y) - ys[0]) / (ys[1] - ys[0]) if ys[1] > ys[0] else 0.5
        return left + min(max(across, 0.0), 1.0) * width, box_top + height - min(max(up, 0.0), 1.0) * height

    with pdf.local_context():
        _ticks(pdf, layout, onto, box, xs)
        for shape in layout.get("shapes", ()):
            _shape(pdf, shape, onto, box)
        for trace in figure["data"]:
            _trace(pdf, trace, onto)
        for note in layout["annotations"][2:]:
            _note(pdf, note, onto, box)
    pdf.set_xy(left - (_TICKS_MM if is_share else 0), box_top + height + 5)
    return float(pdf.get_y())


def _axis(figure: dict[str, Any], name: str) -> tuple[float, float]:
    """The span of an axis: as set, else of everything drawn, with a little room."""
    given = figure["layout"].get(f"{name}axis", {}).get("range")
    if given:
        return _number(given[0]), _number(given[1])
    values = [_number(value) for trace in figure["data"] for value in _list(trace.get(name))]
    for shape in figure["layout"].get("shapes", ()):
        is_free = " domain" in str(shape.get(f"{name}ref", "")) or shape.get(f"{name}ref") == "paper"
        values += [] if is_free else [_number(shape[end]) for end in (f"{name}0", f"{name}1")]
    low, high = min(values), max(values)
    room = (high - low) * 0.03 or 1.0
    return low - room, high + room


def _trace(pdf: FPDF, trace: dict[str, Any], onto: Any) -> None:
    xs, ys = _list(trace.get("x")), _list(trace.get("y"))
    if trace["type"] == "bar":
        _bars(pdf, trace, xs, ys, onto)
        return
    points = [onto(x, y) for x, y in zip(xs, ys, strict=True)]
    line = trace.get("line") or {}
    mode = trace.get("mode", "lines")
    if "lines" in mode and line.get("width", 2) > 0 and len(points) > 1:
        corners = points
        if line.get("shape") == "hv":
            corners = [points[0]]
            for (_, before), (x, y) in pairwise(points):
                corners += [(x, before), (x, y)]
        pdf.set_draw_color(*_rgb(line.get("color")))
        pdf.set_line_width(max(0.2, line.get("width", 2) * _POINT_MM * 0.7))
        dash = _DASHES.get(line.get("dash", ""))
        pdf.set_dash_pattern(dash=dash or 0, gap=dash or 0)
        pdf.polyline(corners)
        pdf.set_dash_pattern()
    if "markers" in mode:
        marker = trace.get("marker") or {}
        colours = _list(marker.get("color"), len(points))
        symbols = _list(marker.get("symbol", "circle"), len(points))
        size = float(marker.get("size", 6)) * _POINT_MM / 3
        for (x, y), colour, symbol in zip(points, colours, symbols, strict=True):
            pdf.set_fill_color(*_rgb(colour or line.get("color")))
            pdf.set_draw_color(*paper.INK)
            pdf.set_line_width(0.1)
            if symbol in ("diamond", "star"):
                wide = size * 1.2
                pdf.polygon([(x, y - wide), (x + wide, y), (x, y + wide), (x - wide, y)], style=RenderStyle.DF)
            else:
                pdf.circle(x, y, size, style=RenderStyle.DF)


def _bars(pdf: FPDF, trace: dict[str, Any], xs: list[Any], ys: list[Any], onto: Any) -> None:
    bases, colours = _list(trace.get("base"), len(xs)), _list((trace.get("marker") or {}).get("color"), len(xs))
    half = float(trace.get("width") or 0.6) / 2
    for x, y, base, colour in zip(xs, ys, bases, colours, strict=True):
        low, high = onto(base or 0, y + half), onto((base or 0) + x, y - half)
        pdf.set_fill_color(*_rgb(colour))
        pdf.set_draw_color(*paper.INK)
        pdf.set_line_width(0.1)
        pdf.rect(low[0], low[1], max(high[0] - low[0], 0.2), high[1] - low[1], style=RenderStyle.DF)


def _shape(pdf: FPDF, shape: dict[str, Any], onto: Any, box: tuple[float, float, float, float]) -> None:
    _, top, _, height = box
    is_whole = " domain" in str(shape.get("yref", ""))
    (x0, y0), (x1, y1) = onto(shape["x0"], 0 if is_whole else shape["y0"]), onto(shape["x1"], 0 if is_whole else shape["y1"])
    if is_whole:
        y0, y1 = top, top + height
    if shape["type"] == "rect":
        pdf.set_fill_color(*_rgb(shape.get("fillcolor")))
        pdf.rect(x0, min(y0, y1), max(x1 - x0, 0.2), abs(y1 - y0), style=RenderStyle.F)
        return
    line = shape.get("line") or {}
    dash = _DASHES.get(line.get("dash", ""))
    pdf.set_draw_color(*_rgb(line.get("color")))
    pdf.set_line_width(0.25)
    pdf.set_dash_pattern(dash=dash or 0, gap=dash or 0)
    pdf.line(x0, y0, x1, y1)
    pdf.set_dash_pattern()


def _ticks(pdf: FPDF, layout: dict[str, Any], onto: Any, box: tuple[float, float, float, float], xs: tuple[float, float]) -> None:
    left, top, width, height = box
    pdf.set_draw_color(*paper.SECONDARY)
    pdf.set_line_width(0.2)
    pdf.line(left, top + height, left + width, top + height)
    pdf.set_font("risk", "", 7)
    pdf.set_text_color(*paper.SECONDARY)
    axis = layout.get("xaxis", {})
    if axis.get("tickvals") is not None:
        marks = list(zip(_list(axis["tickvals"]), _list(axis.get("ticktext") or axis["tickvals"]), strict=True))
    else:
        days = [xs[0] + (xs[1] - xs[0]) * part / 4 for part in range(5)]
        marks = [(value, date.fromordinal(round(value)).strftime("%m.%Y") if xs[0] > 100_000 else f"{value:g}") for value in days]
    for value, words in marks:
        x = onto(value, 0)[0]
        shown = " ".join(_plain(str(words)).split())
        half = pdf.get_string_width(shown) / 2
        pdf.set_xy(min(max(x - half, left), left + width - 2 * half) - 1, top + height + 0.5)
        pdf.cell(2 * half + 2, 3.5, shown)
    axis = layout.get("yaxis", {})
    for value in _list(axis.get("tickvals")) if axis.get("visible", True) and axis.get("tickformat") == ".0%" else ():
        y = onto(xs[0], value)[1]
        pdf.set_draw_color(*paper.LINE)
        pdf.line(left, y, left + width, y)
        pdf.set_xy(left - _TICKS_MM, y - 1.8)
        pdf.cell(_TICKS_MM, 3.5, f"{value:.0%}", align="R")


def _note(pdf: FPDF, note: dict[str, Any], onto: Any, box: tuple[float, float, float, float]) -> None:
    left, _, width, _ = box
    words = " ".join(_plain(note["text"]).split())
    is_paper = note.get("xref") == "paper"
    x, y = onto(0 if is_paper else note["x"], note["y"])
    pdf.set_font("risk", "B" if "<b>" in note["text"] else "", 8)
    colour = (note.get("font") or {}).get("color")
    pdf.set_text_color(*_rgb(colour))
    words = paper.cut(pdf, words, width)
    wide = pdf.get_string_width(words)
    x = left if is_paper else x + float(note.get("xshift", 0)) * _POINT_MM
    start = {"right": x - wide, "left": x}.get(note.get("xanchor", "center"), x - wide / 2)
    pdf.set_xy(min(max(start, left), left + width - wide) - 1, y - 2 - float(note.get("yshift", 0)) * _POINT_MM)
    pdf.cell(wide + 2, 4, words)


def _number(value: Any) -> float:
    """A place on an axis: days as their number."""
    if isinstance(value, np.datetime64):
        value = str(value)
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    if isinstance(value, datetime | date):
        return float(value.toordinal())
    return float(value)


def _list(value: Any, n: int = 0) -> list[Any]:
    if value is None:
        return [None] * n
    if isinstance(value, dict):  # how Plotly packs numbers
        return np.frombuffer(b64decode(value["bdata"]), np.dtype(value["dtype"])).tolist()
    return [value] * n if isinstance(value, str | int | float) else list(value)


def _rgb(words: str | None) -> tuple[int, int, int]:
    """A colour on white paper: what is half transparent on a screen is mixed with white."""
    found = _COLOUR.fullmatch(words or "")
    if not found:
        return paper.INK
    if found[1]:
        return int(found[1], 16), int(found[2], 16), int(found[3], 16)
    share = float(found[7] or 1)
    red, green, blue = (round(255 + (int(found[at]) - 255) * share) for at in (4, 5, 6))
    return red, green, blue


def _plain(words: str) -> str:
    return _TAGS.sub("", words.replace("<br>", " ")).strip()
