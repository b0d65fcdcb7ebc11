"""Groups side by side: a funnel for shares, rows of dots for values. The drawing rules are those of `draw`."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from riskmap import groups, i18n
from riskmap.draw import GAP, MONEY, NEUTRAL, ROW_PX, Chart, canvas, log_ticks, row_label
from riskmap.i18n import text

_BELOW = "#5A8DB0"
# place against the limits -> colour and shape: both say it, so that either may fail
_MARKS = {
    "inside": (NEUTRAL, "circle"),
    "above": (MONEY, "triangle-up-open"),
    "far_above": (MONEY, "triangle-up"),
    "below": (_BELOW, "triangle-down-open"),
    "far_below": (_BELOW, "triangle-down"),
}
OUTSIDE = tuple(name for name in _MARKS if name != "inside")
_SMALL = (NEUTRAL, "circle-open")
_N_STEPS = 80  # of a limit line
_LABEL_CHARACTERS = 44


class Group(NamedTuple):
    """One group of a funnel: `place` as in `groups.compared`; `is_named`: its name stands in the picture."""

    label: str
    n_known: int
    n_yes: int
    place: str
    is_small: bool
    is_named: bool


class Row(NamedTuple):
    """One group of rows of dots: the known `values`, the count of those not known."""

    label: str
    values: np.ndarray
    n_unknown: int
    is_small: bool


def funnel(rows: Sequence[Group], *, rate: float, measure: str, footer: str, ink: str, lang: str) -> Chart | None:
    """Share of each group over its number of known facilities, between the limits that chance alone would give.

    None where there is no group with a known fact, or nothing varies (a rate of 0 or 1 has no limits).
    """
    rows = [row for row in rows if row.n_known]
    if not rows or not 0.0 < rate < 1.0:
        return None
    compared = [row for row in rows if not row.is_small]
    far = sum(row.place.startswith("far") for row in compared)
    numbers = {"n": i18n.number(len(compared), lang), "far": i18n.number(far, lang), "rate": i18n.share(rate, lang)}
    title = text("compare.funnel_title", lang, **numbers)
    figure = canvas(title, text(f"compare.funnel_unit.{measure}", lang), footer, ink, height=400)
    least, most = min(row.n_known for row in rows), max(row.n_known for row in rows)
    n = np.unique(np.geomspace(max(least * 0.8, 1), most * 1.25, _N_STEPS).round())
    _limits(figure, n, rate, ink, lang)
    figure.add_hline(y=rate, line={"color": NEUTRAL, "width": 1})
    _marks(figure, rows, ink, lang)
    ticks = log_ticks(n[0], n[-1])
    figure.update_xaxes(
        type="log",
        tickvals=ticks,
        ticktext=[i18n.number(tick, lang) for tick in ticks],
        range=[np.log10(n[0] * 0.9), np.log10(n[-1])],
    )
    figure.update_yaxes(tickformat=".0%", range=[-0.03, min(1.05, max(*map(_share, rows), rate * 1.5) + 0.12)])
    return Chart(figure, title)


def _limits(figure: go.Figure, n: np.ndarray, rate: float, ink: str, lang: str) -> None:
    """Both pairs of lines between which chance alone would keep a group of `n`, each named at the end of its upper one."""
    for share, dash in ((groups.INNER, "dash"), (groups.OUTER, "solid")):
        low, high = groups.limits(n, rate, share)
        line = {"color": NEUTRAL, "dash": dash, "width": 1.2}
        for side in (low, high):
            figure.add_scatter(x=n, y=side, mode="lines", line=line, hoverinfo="skip")
        named = {"yshift": 8, "xanchor": "right", "showarrow": False, "font": {"color": ink, "size": 12}}
        figure.add_annotation(x=np.log10(n[-1]), y=high[-1], text=limit(share, lang), **named)


def _marks(figure: go.Figure, rows: Sequence[Group], ink: str, lang: str) -> None:
    """Each group at its number and share, by its place; the names of those that have one in the picture."""
    marks = [_SMALL if row.is_small else _MARKS[row.place] for row in rows]
    shares = [_share(row) for row in rows]
    hover = [
        f"{escape(row.label)}: {i18n.share(y, lang)} ({i18n.number(row.n_yes, lang)} / {i18n.number(row.n_known, lang)})<br>"
        + text(f"compare.place.{'small' if row.is_small else row.place}", lang)
        for row, y in zip(rows, shares, strict=True)
    ]
    figure.add_scatter(
        x=[row.n_known for row in rows],
        y=shares,
        mode="markers",
        hoverinfo="text",
        hovertext=hover,
        marker={
            "color": [colour for colour, _ in marks],
            "symbol": [symbol for _, symbol in marks],
            "size": [7 if row.is_small else 11 for row in rows],
            "opacity": [0.55 if row.is_small else 1.0 for row in rows],
            "line": {"width": 1.5},
        },
    )
    for row, y in zip(rows, shares, strict=True):
        if row.is_named:
            figure.add_annotation(
                x=np.log10(row.n_known),
                y=y,
                text=_short(row.label),
                showarrow=False,
                yshift=13,
                font={"color": ink, "size": 12},
            )


def _share(row: Group) -> float:
    return row.n_yes / row.n_known


def spread(
    rows: Sequence[Row], *, measure: str, median: float | None, footer: str, ink: str, lang: str, title: str = ""
) -> Chart | None:
    """A row of dots per group, each dot an equal part of its facilities; the middle half as a bar, the median as a mark.

    `median` is that of all facilities, a dotted line. Groups of which nothing is known keep their row, empty. None where
    nothing is known of any.
    """
    if not any(len(row.values) for row in rows):
        return None
    kind = groups.MEASURES[measure].kind
    title = title or text(f"compare.spread_title.{measure}", lang, median=measured(median, kind, lang))
    unit = text(f"compare.spread_unit.{measure}", lang)
    figure = canvas(title, unit, footer, ink, height=int(ROW_PX * (len(rows) + 0.3)))
    words = []
    for at, row in zip(range(len(rows), 0, -1), rows, strict=True):
        words.append(_spread_row(figure, at, row, kind, ink, lang))
        if median is not None:  # at each row only: across them it would strike out the labels
            line = {"color": NEUTRAL, "dash": "dot", "width": 1.5}
            figure.add_shape(type="line", x0=median, x1=median, y0=at - 0.35, y1=at + 0.2, line=line, layer="below")
    everything = np.concatenate([groups.dots(row.values) for row in rows])
    _spread_axis(figure, kind, everything, lang)
    figure.update_yaxes(visible=False, range=[0.55, len(rows) + 0.75])
    return Chart(figure, f"{title}. {'; '.join(words)}.")


def _spread_row(figure: go.Figure, at: int, row: Row, kind: str, ink: str, lang: str) -> str:
    """One group, with its label above; returns the same in words."""
    known, colour = groups.dots(row.values), NEUTRAL if row.is_small else MONEY
    label = escape(_short(row.label))
    n = text("compare.row_n", lang, n=i18n.number(len(row.values), lang), unknown=i18n.number(row.n_unknown, lang))
    row_label(figure, at, f"{label} · <span style='font-size:12px'>{n}</span>", ink)
    if not len(known):
        return f"{row.label}: {text('common.not_known', lang)}"
    low, middle, high = np.quantile(row.values, [0.25, 0.5, 0.75])
    numbers = {"median": measured(middle, kind, lang), "low": measured(low, kind, lang), "high": measured(high, kind, lang)}
    told = text("compare.row_words", lang, **numbers)
    hover = f"{escape(row.label)}<br>{told}"
    if row.is_small:
        hover += f"<br>{text('compare.place.small', lang)}"
    else:  # of a few facilities there is no middle half to show
        figure.add_scatter(
            x=[low, high], y=[at, at], mode="lines", line={"color": GAP, "width": 14}, hoverinfo="skip"
        )  # fmt: skip
    figure.add_scatter(
        x=known,
        y=[at] * len(known),
        mode="markers",
        hoverinfo="text",
        hovertext=[f"{measured(value, kind, lang)}<br>{hover}" for value in known],
        marker={"color": colour, "size": 6, "opacity": 0.5 if row.is_small else 0.75, "line": {"width": 0}},
    )
    if not row.is_small:
        figure.add_scatter(
            x=[middle],
            y=[at],
            mode="markers",
            hoverinfo="text",
            hovertext=[hover],
            marker={"symbol": "diamond", "size": 11, "color": MONEY, "line": {"color": "#1B2430", "width": 1}},
        )
    return f"{row.label}: {told}" + (f" ({text('compare.place.small', lang)})" if row.is_small else "")


def _spread_axis(figure: go.Figure, kind: str, values: np.ndarray, lang: str) -> None:
    if kind == "ratio":
        ticks = log_ticks(float(values.min()), float(values.max())) or [1.0]
        figure.update_xaxes(type="log", tickvals=ticks, ticktext=[measured(tick, kind, lang) for tick in ticks])
    elif kind == "share":
        figure.update_xaxes(tickformat=".0%", zeroline=True, zerolinecolor=NEUTRAL, nticks=6)
    else:
        figure.update_xaxes(rangemode="tozero", nticks=6)


def limit(share: float, lang: str) -> str:
    """0.95 -> "95 %", 0.998 -> "99.8 %": here the digit after the point is the difference."""
    return text("compare.limit", lang, n=i18n.number(100 * share, lang, 0 if share < 0.99 else 1))


def measured(value: float | None, kind: str, lang: str) -> str:
    """A value of a measure in words."""
    if kind == "share":
        return i18n.share(value, lang)
    if kind == "ratio":
        return text("compare.times", lang, n=i18n.number(value, lang, 2))
    is_days = kind == "days" and value is not None and not np.isnan(value)
    return text("common.days", lang, n=i18n.number(value, lang)) if is_days else i18n.number(value, lang)


def _short(label: str) -> str:
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
