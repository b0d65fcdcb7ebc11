"""Published figures as pictures: rows over time, shares as bars, and money on its way to a facility.

A line joins only figures that `figures.joined` puts into one group; everything else is a single mark over its period.
"""

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import NamedTuple

import plotly.graph_objects as go

from riskmap import figures, i18n
from riskmap.draw import GRID, MONEY, NEUTRAL, ROW_PX, Chart, canvas, row_label
from riskmap.figures import Figure
from riskmap.i18n import text

_CELL_PX = 62
_FIRST_YEAR, _AFTER_LAST_YEAR = 2019, 2027
_ROOM_UNTIL = date(2029, 1, 1)  # for the words to the right of a mark of the last year


def over_time(shown: Sequence[Figure], *, footer: str, ink: str, lang: str) -> Chart:
    """One row per group of figures that count the same, from zero on its own scale, over common years.

    A thin bar under a mark is the period it counts. Only marks of one row are joined.
    """
    groups = figures.joined(shown)
    title = text("figures.lines_title", lang)
    canvas_ = canvas(title, text("figures.lines_unit", lang), footer, ink, height=_CELL_PX * len(groups))
    said = []
    for at, group in enumerate(groups):
        base = len(groups) - at - 1
        top = max(figure.value for figure in group)
        heights = [base + 0.08 + 0.34 * figure.value / top for figure in group]
        label = figures.name(group[0], lang)
        hover = [f"{escape(label)}<br>{escape(figures.value(one, lang))}, {one.period}" for one in group]
        canvas_.add_shape(
            type="line", x0=date(_FIRST_YEAR, 1, 1), x1=date(_AFTER_LAST_YEAR, 1, 1), y0=base, y1=base, line={"color": GRID}
        )
        for one in group:
            if one.begin:
                canvas_.add_shape(type="line", x0=one.begin, x1=one.until, y0=base, y1=base, line={"color": NEUTRAL, "width": 4})
        canvas_.add_scatter(
            x=[one.until for one in group], y=heights, mode="lines+markers" if len(group) > 1 else "markers", hoverinfo="text",
            hovertext=hover, line={"color": MONEY, "width": 2}, marker={"size": 9, "color": MONEY},
        )  # fmt: skip
        ends = {id(group[0]): ("right", -8), id(group[-1]): ("left", 8)}  # marks between are told by hover, words and table
        for one, height in zip(group, heights, strict=True):
            if id(one) in ends:
                anchor, shift = ends[id(one)]
                canvas_.add_annotation(
                    x=one.until, y=height, text=escape(figures.value(one, lang)), showarrow=False, xanchor=anchor, xshift=shift,
                    font={"color": ink, "size": 12},
                )  # fmt: skip
        row_label(canvas_, base, label, ink)
        canvas_.layout.annotations[-1].y = base + 0.74
        said.append(f"{label}: " + "; ".join(f"{figures.value(one, lang)} ({one.period})" for one in group))
    years = [date(year, 1, 1) for year in range(_FIRST_YEAR, _AFTER_LAST_YEAR + 1, 2)]
    canvas_.update_xaxes(range=[date(_FIRST_YEAR - 1, 7, 1), _ROOM_UNTIL], tickformat="%Y", tickvals=years)
    canvas_.update_yaxes(visible=False, range=[-0.15, len(groups)])
    return Chart(canvas_, f"{title}. {'. '.join(said)}.")


def shares(shown: Sequence[Figure], *, title: str, unit: str, footer: str, ink: str, lang: str) -> Chart:
    """Shares of one question as bars from zero, the largest first."""
    ordered = sorted(shown, key=lambda figure: -figure.value)
    canvas_ = canvas(title, unit, footer, ink, height=ROW_PX * len(ordered))
    rows = list(range(len(ordered), 0, -1))
    labels = [f"{text(f'figures.item.{one.item}', lang)}: {figures.value(one, lang)}" for one in ordered]
    canvas_.add_bar(
        y=rows, x=[one.value for one in ordered], orientation="h", width=0.3, hovertext=labels, hoverinfo="text",
        marker={"color": NEUTRAL},
    )  # fmt: skip
    for row, label in zip(rows, labels, strict=True):
        row_label(canvas_, row, label, ink)
    canvas_.update_xaxes(rangemode="tozero", ticksuffix=" %")
    canvas_.update_yaxes(visible=False, range=[0.5, len(ordered) + 0.8])
    return Chart(canvas_, f"{title}. {'; '.join(labels)}.")


class Flow(NamedTuple):
    """An amount on its way from one node to another, both named in words."""

    source: str
    target: str
    value: float
    is_worked_out: bool = False


def flows(way: Sequence[Flow], *, title: str, unit: str, footer: str, ink: str, lang: str) -> Chart:
    """A flow picture (Sankey): what goes in and out of each node in common units; paler where it was worked out here."""
    nodes = list(dict.fromkeys(name for flow in way for name in (flow.source, flow.target)))
    carried = {
        node: max(sum(f.value for f in way if f.target == node), sum(f.value for f in way if f.source == node)) for node in nodes
    }
    labels = [text("figures.recovered.node", lang, name=node, value=i18n.number(carried[node], lang)) for node in nodes]
    figure = canvas(title, unit, footer, ink, height=60 * max(4, len(nodes) - 1))
    hover = [f"{escape(f.source)} → {escape(f.target)}: {i18n.number(f.value, lang)}" for f in way]
    figure.add_trace(
        go.Sankey(
            arrangement="snap",
            textfont={"color": ink, "size": 13, "shadow": "none"},
            node={"label": list(map(escape, labels)), "pad": 22, "thickness": 14, "color": NEUTRAL, "hoverinfo": "skip"},
            link={
                "source": [nodes.index(f.source) for f in way], "target": [nodes.index(f.target) for f in way],
                "value": [f.value for f in way], "customdata": hover, "hovertemplate": "%{customdata}<extra></extra>",
                "color": ["rgba(107,119,133,0.22)" if f.is_worked_out else "rgba(47,103,143,0.45)" for f in way],
            },
        )
    )  # fmt: skip
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    words = "; ".join(f"{f.source} → {f.target}: {i18n.number(f.value, lang)}" for f in way)
    return Chart(figure, f"{title}. {words}.")
