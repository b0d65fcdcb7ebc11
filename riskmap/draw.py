"""Tables -> Plotly figures, each with the same finding in words for those who cannot use a picture.

A title says the finding, the subtitle the measure, the footer the source and date. `ink` is the colour of text in the
reader's theme (`INKS`); marks have colours that stand on both (design.md). Plain cartesian axes only: nothing is fetched.
"""

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from riskmap import i18n
from riskmap.forecast import planned_share
from riskmap.i18n import text
from riskmap.schema import LEVELS, SEEN

LEVEL_COLOURS = {
    "low": "#BFD0DB",
    "medium": "#E9B44C",
    "high": "#CF6A2A",
    "critical": "#7F1D3F",
    "not_assessable": "rgba(0,0,0,0)",
}
NEUTRAL, MONEY, GRID, GAP = "#6B7785", "#CF6A2A", "rgba(107,119,133,0.25)", "rgba(207,106,42,0.28)"
INKS = {"light": "#1B2430", "dark": "#E8EDF1"}
_OUTLINE = {"color": "#8A94A0", "width": 1}
_LINE_CHARACTERS, _TITLE_CHARACTERS = 44, 36  # what a phone of 390 px holds beside the numbers of an axis
ROW_PX, _TITLE_LINE_PX = 46, 20
# what `st.plotly_chart` is told: no zooming (it would trap the scrolling of a phone); pictures have their own buttons
CONFIG = {"displayModeBar": False}


class Chart(NamedTuple):
    """A figure, the same in words, and where numbers follow one another the same as a table (its heads are the first row)."""

    figure: go.Figure
    words: str
    table: tuple[tuple[str, ...], ...] = ()


class Plan(NamedTuple):
    """When works were to begin and to end, the date in force, the forecast (low, expected, high), and the curve's numbers."""

    begun_on: date
    planned_on: date
    due_on: date
    forecast: tuple[date, date, date] | None
    curve: Mapping[str, float]

    def share(self, day: date) -> float:
        """Share of the works planned for a day: the DHSS curve between begin and first planned end."""
        time = np.clip((day - self.begun_on).days / (self.planned_on - self.begun_on).days, 0.0, 1.0)
        return float(planned_share(np.array(time), **self.curve))


def plan_of(row: Mapping[str, Any], forecast: Mapping[str, Any]) -> Plan | None:
    """The plan of a scored row; None where its begin or its end is not known. `forecast`: that section of the settings."""
    known = {name: value for name, value in row.items() if name.endswith("_on") and pd.notna(value)}
    begun, due = known.get("start_on") or known.get("signed_on"), known.get("due_on") or known.get("due_first_on")
    if begun is None or due is None or (planned := known.get("due_first_on") or due) <= begun:
        return None
    days = [known[name] for name in ("forecast_low_on", "forecast_finish_on", "forecast_high_on") if name in known]
    curve = {name: forecast[name] for name in ("curve_c", "curve_k")}
    return Plan(begun, planned, due, (days[0], days[1], days[2]) if len(days) == 3 else None, curve)


def footer(*, as_of: date, snapshot_id: str, is_demo: bool, lang: str) -> str:
    """The line under every chart: data date, version, and the mark of fictitious data."""
    return text("chart.footer_demo" if is_demo else "chart.footer", lang, date=i18n.day(as_of, lang), id=snapshot_id)


def timeline(dates: Sequence[tuple[str, date]], *, as_of: date, footer: str, ink: str, lang: str) -> Chart | None:
    """The dates of delivery, one row each, and the data date as a line. `dates`: (column, day). None where no date is known.

    The span from the planned date in force to the acceptance, or to the data date, is shaded when it is lateness.
    """
    if not dates:
        return None
    of = dict(dates)
    end, due = of.get("completed_on", as_of), of.get("due_on")
    late = due is not None and end > due
    title = text("chart.timeline_late" if late else "chart.timeline", lang, days=_days(end, due, lang) if late else "")
    ordered = sorted(dates, key=lambda item: (item[1], item[0]))
    labels = [f"{text(f'column.{name}', lang)}: {i18n.day(day, lang)}" for name, day in ordered]
    figure = canvas(title, text("chart.timeline_unit", lang), footer, ink, height=ROW_PX * len(ordered))
    rows = list(range(len(ordered), 0, -1))
    if late:
        figure.add_vrect(x0=due, x1=end, fillcolor=GAP, line_width=0, layer="below")
    figure.add_vline(x=as_of, line={"color": NEUTRAL, "dash": "dot", "width": 1.5})
    figure.add_annotation(
        x=as_of, y=0.35, text=text("chart.today", lang), showarrow=False, xanchor="right", xshift=-4, font={"color": ink}
    )
    colours = [MONEY if name in ("due_on", "completed_on") else NEUTRAL for name, _ in ordered]
    symbols = ["diamond" if name == "completed_on" else "circle" for name, _ in ordered]
    figure.add_scatter(
        x=[day for _, day in ordered],
        y=rows,
        mode="markers",
        hovertext=labels,
        hoverinfo="text",
        marker={"color": colours, "symbol": symbols, "size": 12, "line": _OUTLINE},
    )
    for row, label in zip(rows, labels, strict=True):
        row_label(figure, row, label, ink)
    figure.update_xaxes(tickformat="%m.%Y", nticks=5)
    figure.update_yaxes(visible=False, range=[0.2, len(ordered) + 0.75])
    return Chart(figure, f"{title}. {'; '.join(labels)}.")


def money_and_works(
    tables: Mapping[str, pd.DataFrame], *, as_of: date, footer: str, ink: str, lang: str, plan: Plan | None = None
) -> Chart | None:
    """Share of the works planned, share reported and share of the contract paid over time, on one axis (an S-curve).

    `tables` are the contracts, payments and progress of one facility; the share paid is of all its contracts together. What
    is paid ahead of the works is shaded. Independent observations are single marks; the planned end in force and the forecast
    with its interval are marked in time. None where there is no plan and not both money and works to compare.
    """
    paid = tables["payments"].dropna(subset=["paid_on", "amount"]).sort_values("paid_on")
    dated = tables["progress"].dropna(subset=["reported_on", "progress_share"]).sort_values("reported_on")
    is_seen = dated["progress_source"].isin(SEEN)
    works, seen, value = dated[~is_seen], dated[is_seen], tables["contracts"]["value_amount"].sum(skipna=False)
    steps = _steps(paid, works, value, as_of=as_of)
    if steps is None or (len(steps.columns) < 2 and plan is None):
        return None
    last = steps.iloc[-1]
    parts = {name: i18n.share(last.get(name), lang) for name in ("paid", "done")}
    parts["planned"] = i18n.share(plan.share(as_of) if plan else None, lang)
    ahead = len(steps.columns) == 2 and last["paid"] > last["done"]
    title = text("chart.money_ahead" if ahead else "chart.money", lang, **parts)
    title += f"; {text('chart.planned_by_now', lang, **parts)}" if plan else ""
    unit = text("chart.curve_unit" if plan else "chart.money_unit", lang)
    figure = canvas(title, unit, footer, ink, height=200)
    if len(steps.columns) == 2:
        _shade_ahead(figure, steps)
    others = [plan.share(as_of)] if plan else []
    for name, colour, dash in (("paid", MONEY, "solid"), ("done", NEUTRAL, "dash")):
        if name in steps:
            is_above = (name == "paid") == ahead
            _reported(figure, steps[name], text(f"chart.{name}", lang), colour, dash, is_above=is_above, lang=lang)
    if not seen.empty:
        _independent(figure, seen, lang)
    said = _planned(figure, plan, as_of=as_of, ink=ink, lang=lang) if plan else []
    top = max([1.0, *others, float(steps.max().max())]) + (0.3 if plan else 0.12)
    figure.update_xaxes(tickformat="%m.%Y", nticks=5)
    figure.update_yaxes(
        tickformat=".0%", range=[-0.08, top], tickvals=[0, 0.25, 0.5, 0.75, 1], zeroline=True, zerolinecolor=NEUTRAL
    )
    return Chart(figure, f"{'. '.join([title, *said])}. {unit}.", _curve_table(steps, plan, lang))


def _steps(paid: pd.DataFrame, works: pd.DataFrame, value: float, *, as_of: date) -> pd.DataFrame | None:
    """Share paid and share done, as far as each is known, by day up to the data date; None where neither is known."""
    series = {}
    if not paid.empty and pd.notna(value) and value > 0:
        series["paid"] = paid.groupby("paid_on")["amount"].sum().astype(float).cumsum() / float(value)
    if not works.empty:
        series["done"] = works.groupby("reported_on")["progress_share"].max().astype(float)
    if not series:
        return None
    steps = pd.concat([of.rename(name) for name, of in series.items()], axis=1).sort_index().ffill().fillna(0.0)
    if steps.index[-1] < as_of:
        steps.loc[as_of] = steps.iloc[-1]
    return steps


def _shade_ahead(figure: go.Figure, steps: pd.DataFrame) -> None:
    """Shades what is paid ahead of the works, between two edges: the works, and the money where it is above them."""
    days, low, high = _staircase(steps)
    edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_scatter(x=days, y=low, **edge)
    figure.add_scatter(x=days, y=[max(a, b) for a, b in zip(low, high, strict=True)], fill="tonexty", fillcolor=GAP, **edge)


def _reported(
    figure: go.Figure, shares: pd.Series, label: str, colour: str, dash: str, *, is_above: bool, lang: str
) -> None:  # fmt: skip
    """One staircase with its last share written at its end."""
    figure.add_scatter(
        x=list(shares.index),
        y=shares,
        mode="lines+markers",
        marker={"size": 6},
        hoverinfo="text",
        line={"shape": "hv", "color": colour, "width": 2.5, "dash": dash},
        hovertext=[f"{label}: {i18n.share(share, lang)}, {i18n.day(day, lang)}" for day, share in shares.items()],
    )
    figure.add_annotation(
        x=shares.index[-1],
        y=shares.iloc[-1],
        text=f"<b>{label} {i18n.share(shares.iloc[-1], lang)}</b>",
        showarrow=False,
        xanchor="right",
        yshift=12 if is_above else -12,
        font={"color": colour},
    )


def _independent(figure: go.Figure, seen: pd.DataFrame, lang: str) -> None:
    """What visitors and other independent sources saw: single marks."""
    label = text("chart.independent", lang)
    figure.add_scatter(
        x=seen["reported_on"],
        y=seen["progress_share"],
        mode="markers",
        hoverinfo="text",
        hovertext=[
            f"{label}: {i18n.share(s, lang)}, {i18n.day(d, lang)}"
            for d, s in zip(seen["reported_on"], seen["progress_share"], strict=True)
        ],
        marker={"symbol": "star", "size": 12, "color": NEUTRAL, "line": _OUTLINE},
    )


def _planned(figure: go.Figure, plan: Plan, *, as_of: date, ink: str, lang: str) -> list[str]:
    """Draws the planned curve, the data date, the date in force and the forecast; the same in words."""
    days = [plan.begun_on + (plan.planned_on - plan.begun_on) * i / 40 for i in range(41)]
    label = text("chart.plan_curve", lang)
    figure.add_scatter(
        x=days,
        y=[plan.share(day) for day in days],
        mode="lines",
        line={"color": ink, "width": 1.5, "dash": "dot"},
        hoverinfo="text",
        hovertext=[f"{label}: {i18n.share(plan.share(day), lang)}, {i18n.day(day, lang)}" for day in days],
    )
    at = days[16]
    figure.add_annotation(x=at, y=plan.share(at), text=label, showarrow=False, xanchor="right", xshift=-6, font={"color": ink})
    said = [f"{text('chart.planned_end', lang)}: {i18n.day(plan.due_on, lang)}"]
    figure.add_vline(x=as_of, line={"color": NEUTRAL, "dash": "dot", "width": 1.5})
    figure.add_vline(x=plan.due_on, line={"color": ink, "width": 1})
    _time_label(figure, as_of, text("chart.today", lang), 0.09, ink, is_after=True)
    _time_label(figure, plan.due_on, text("chart.planned_end", lang), 1.09, ink)
    if plan.forecast:
        low, expected, high = plan.forecast
        figure.add_vrect(x0=low, x1=high, fillcolor=GRID, line_width=0, layer="below")
        figure.add_vline(x=expected, line={"color": NEUTRAL, "width": 2})
        _time_label(figure, expected, text("chart.forecast", lang), 1.2, ink)
        words = {"date": i18n.day(expected, lang), "low": i18n.day(low, lang), "high": i18n.day(high, lang)}
        said.append(text("chart.forecast_words", lang, **words))
    return said


def _time_label(figure: go.Figure, day: date, words: str, y: float, ink: str, *, is_after: bool = False) -> None:
    side: dict[str, Any] = {"xanchor": "left", "xshift": 4} if is_after else {"xanchor": "right", "xshift": -4}
    figure.add_annotation(x=day, y=y, text=words, showarrow=False, font={"color": ink}, **side)


def _curve_table(steps: pd.DataFrame, plan: Plan | None, lang: str) -> tuple[tuple[str, ...], ...]:
    names = [name for name in ("paid", "done") if name in steps]
    heads = (text("chart.day", lang), *(text(f"chart.{name}", lang) for name in names))
    rows = [
        (
            i18n.day(day, lang),
            *(i18n.share(row[name], lang) for name in names),
            *([i18n.share(plan.share(day), lang)] if plan else []),
        )
        for day, row in steps.iterrows()
    ]
    return ((*heads, text("chart.plan_curve", lang)) if plan else heads, *rows)


def contributions(
    parts: Sequence[tuple[str, float]], *, r: float, level: str, levels: Mapping[str, float], footer: str, ink: str, lang: str
) -> Chart | None:
    """The points of each indicator, one after the other, adding up to R (0..100). `parts`: (title, points), largest first.

    `levels`: lower bounds medium, high, critical of the settings. None where no indicator has points.
    """
    if not parts:
        return None
    title = text("chart.points", lang, r=i18n.number(r, lang), level=text(f"level.{level}.name", lang))
    figure = canvas(title, text("chart.points_unit", lang), footer, ink, height=ROW_PX * (len(parts) + 1))
    rows = list(range(len(parts) + 1, 0, -1))
    starts = [sum(points for _, points in parts[:i]) for i in range(len(parts))]
    labels = [f"{name}: {i18n.number(points, lang, 1)}" for name, points in [*parts, (text("chart.points_sum", lang), r)]]
    figure.add_bar(
        y=rows,
        x=[*(points for _, points in parts), r],
        base=[*starts, 0.0],
        orientation="h",
        width=0.3,
        hovertext=labels,
        hoverinfo="text",
        marker={"color": [MONEY] * len(parts) + [LEVEL_COLOURS[level]], "line": _OUTLINE},
    )
    bounds = {name: levels[name] for name in ("medium", "high", "critical")}
    for bound in bounds.values():  # at the sum only: across the rows they would strike out the labels
        figure.add_shape(type="line", x0=bound, x1=bound, y0=0.5, y1=1.25, line={"color": NEUTRAL, "dash": "dot", "width": 1.5})
    for row, label in zip(rows, labels, strict=True):
        row_label(figure, row, label, ink)
    names = [f"{i18n.number(bound, lang)}<br>{text(f'level.{name}.name', lang)}" for name, bound in bounds.items()]
    figure.update_xaxes(range=[0, 100], tickvals=[0, *bounds.values(), 100], ticktext=["0", *names, "100"], showgrid=False)
    figure.update_yaxes(visible=False, range=[0.5, len(parts) + 1.8])
    return Chart(figure, f"{title}. {'; '.join(labels)}.")


def unit_cost(peers: pd.DataFrame, *, facility_id: str, currency: str, footer: str, ink: str, lang: str) -> Chart | None:
    """The unit cost of a facility among its peers, on a logarithmic axis. `peers`: facility_id and unit_cost, its own row too.

    None where the facility's own unit cost, or every other one, is not known.
    """
    known = peers.dropna(subset=["unit_cost"])
    known = known[known["unit_cost"] > 0]
    own = known.loc[known["facility_id"] == facility_id, "unit_cost"]
    others = known.loc[known["facility_id"] != facility_id].sort_values(["unit_cost", "facility_id"])
    if own.empty or others.empty:
        return None
    cost, median = float(own.iloc[0]), float(others["unit_cost"].median())
    title = text("chart.peers", lang, ratio=i18n.number(cost / median, lang, 1), n=i18n.number(len(others), lang))
    figure = canvas(title, text("chart.peers_unit", lang), footer, ink, height=190)
    figure.add_box(
        x=others["unit_cost"],
        y0=1,
        orientation="h",
        boxpoints=False,
        width=0.7,
        line={"color": NEUTRAL, "width": 1.5},
        fillcolor=GRID,
        hoverinfo="skip",
    )
    # a fixed pattern of heights keeps equal costs apart without a random number
    heights = [1 + 0.22 * ((i * 7) % 5 - 2) / 2 for i in range(len(others))]
    figure.add_scatter(
        x=others["unit_cost"],
        y=heights,
        mode="markers",
        marker={"color": NEUTRAL, "size": 5, "opacity": 0.5},
        hoverinfo="text",
        hovertext=[
            f"{escape(str(f))}: {i18n.money(c, lang, currency)}"
            for f, c in zip(others["facility_id"], others["unit_cost"], strict=True)
        ],
    )
    label = f"{text('chart.this_facility', lang)}: {i18n.money(cost, lang, currency)}"
    figure.add_scatter(
        x=[cost],
        y=[1],
        mode="markers",
        hovertext=[label],
        hoverinfo="text",
        marker={"color": MONEY, "symbol": "diamond", "size": 15, "line": {"color": "#1B2430", "width": 1}},
    )
    figure.add_annotation(
        x=0, xref="paper", y=1.62, text=f"<b>{label}</b>", showarrow=False, xanchor="left", font={"color": MONEY}
    )
    ticks = log_ticks(min(cost, float(others["unit_cost"].min())), max(cost, float(others["unit_cost"].max())))
    figure.update_xaxes(type="log", tickvals=ticks, ticktext=[i18n.money(tick, lang, currency) for tick in ticks])
    figure.update_yaxes(visible=False, range=[0.4, 1.85])
    words = text("chart.peers_words", lang, own=i18n.money(cost, lang, currency), median=i18n.money(median, lang, currency))
    return Chart(figure, f"{title}. {words}")


def level_counts(levels: pd.Series, *, footer: str, ink: str, lang: str) -> Chart | None:
    """How many facilities have each level; every level is there, also the one that is not assessable."""
    if levels.empty:
        return None
    counts = {level: int((levels == level).sum()) for level in LEVELS}
    shares = {level: n / len(levels) for level, n in counts.items()}
    labels = [
        f"{text(f'level.{level}.name', lang)}: {i18n.number(counts[level], lang)} ({i18n.share(shares[level], lang)})"
        for level in LEVELS
    ]
    serious = i18n.share(shares["high"] + shares["critical"], lang)
    title = text("chart.levels", lang, share=serious)
    figure = canvas(title, text("chart.levels_unit", lang), footer, ink, height=ROW_PX * len(LEVELS))
    rows = list(range(len(LEVELS), 0, -1))
    figure.add_bar(
        y=rows,
        x=[counts[level] for level in LEVELS],
        orientation="h",
        width=0.3,
        hovertext=labels,
        hoverinfo="text",
        marker={
            "color": [LEVEL_COLOURS[level] for level in LEVELS],
            "line": _OUTLINE,
            "pattern": {"shape": ["/" if level == "not_assessable" else "" for level in LEVELS], "fgcolor": NEUTRAL},
        },
    )
    for row, label in zip(rows, labels, strict=True):
        row_label(figure, row, label, ink)
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(visible=False, range=[0.5, len(LEVELS) + 0.8])
    return Chart(figure, f"{title}. {'; '.join(labels)}.")


def canvas(title: str, unit: str, footer: str, ink: str, *, height: int) -> go.Figure:
    """An empty figure with its words; `height` is that of the plot itself, in pixels.

    The title is an annotation: Plotly's own title does not wrap, and the theme of the pages moves it.
    """
    head, sub, foot = textwrap.wrap(title, _TITLE_CHARACTERS), _wrapped(unit), _wrapped(footer)
    top, bottom = 16 + _TITLE_LINE_PX * (len(head) + len(sub)), 52 + 16 * len(foot)
    words = f"<b>{'<br>'.join(head)}</b><br><span style='font-size:13px'>{'<br>'.join(sub)}</span>"
    at = {"x": 0, "xref": "paper", "yref": "paper", "xanchor": "left", "align": "left", "showarrow": False}
    figure = go.Figure()
    figure.update_layout(
        height=height + top + bottom,
        margin={"l": 8, "r": 12, "t": top, "b": bottom},
        showlegend=False,
        dragmode=False,
        hoverlabel={"align": "left"},
        annotations=[
            {**at, "text": words, "y": 1, "yanchor": "bottom", "yshift": 4, "font": {"size": 16, "color": ink}},
            {**at, "text": "<br>".join(foot), "y": 0, "yanchor": "top", "yshift": -44, "font": {"size": 12, "color": ink}},
        ],
    )
    figure.update_xaxes(fixedrange=True, gridcolor=GRID, automargin=True, zeroline=False, tickfont={"color": ink})
    figure.update_yaxes(fixedrange=True, gridcolor=GRID, automargin=True, zeroline=False, tickfont={"color": ink})
    return figure


def row_label(figure: go.Figure, row: int, label: str, ink: str) -> None:
    """A label above its row, at the left edge: long names fit a phone, which has no room for a column of names."""
    figure.add_annotation(
        x=0, xref="paper", y=row + 0.38, text=label, showarrow=False, xanchor="left", align="left", font={"color": ink}
    )


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, _LINE_CHARACTERS) if words else []


def _days(end: date, start: date | None, lang: str) -> str:
    return text("common.days", lang, n=i18n.number((end - start).days if start else None, lang))


def _staircase(steps: pd.DataFrame) -> tuple[list[date], list[float], list[float]]:
    """The corners of two step lines on common days: (days, done, paid)."""
    days: list[date] = []
    low: list[float] = []
    high: list[float] = []
    for i, (day, row) in enumerate(steps.iterrows()):
        if i:
            days, low, high = [*days, day], [*low, low[-1]], [*high, high[-1]]
        days, low, high = [*days, day], [*low, row["done"]], [*high, row["paid"]]
    return days, low, high


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two positive ones, at most four: 1, 2, 5 steps of ten, finer ones where the span is short."""
    for steps in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        ticks = [m * 10.0**e for e in range(-3, 16) for m in steps if low <= m * 10.0**e <= high]
        if len(ticks) > 1:
            break
    return ticks[:: max(1, -(-len(ticks) // 4))]


_N_ACROSS, _SMALL_PX = 3, 78  # three fit a phone


def small_multiples(
    series: pd.DataFrame, *, names: Mapping[str, str], hover: Sequence[str], footer: str, ink: str, lang: str
) -> Chart | None:
    """Flagged facilities over time, one small chart per region on the same scale, the region with most now first.

    `series`: region_code, as_of (date), n_flagged, one row per region and snapshot; `hover`: the label of each of its rows;
    `names`: of the regions. None with fewer than two snapshots.
    """
    days = sorted(series["as_of"].unique()) if len(series) else []
    if len(days) < 2:
        return None
    totals = series.groupby("as_of")["n_flagged"].sum()
    first, last = (i18n.day(day, lang) for day in (days[0], days[-1]))
    counts = {"before": i18n.number(totals[days[0]], lang), "after": i18n.number(totals[days[-1]], lang)}
    title = text("changes.over_time.chart", lang, first=first, last=last, **counts)
    labelled = series.assign(hover=list(hover)).sort_values("as_of", kind="stable")
    now = labelled[labelled["as_of"] == days[-1]].set_index("region_code")["n_flagged"]
    codes = sorted(labelled["region_code"].unique(), key=lambda code: (-int(now.get(code, 0)), code))
    n_rows = -(-len(codes) // _N_ACROSS)
    figure = canvas(title, text("changes.over_time.unit", lang), footer, ink, height=_SMALL_PX * n_rows)
    top = max(1, int(series["n_flagged"].max()))
    for at, code in enumerate(codes):
        own = labelled[labelled["region_code"] == code]
        across, down = at % _N_ACROSS, at // _N_ACROSS
        # a cell of the grid: the days run over its width, 0 to the largest number over its height
        places = [days.index(day) / (len(days) - 1) * 0.8 for day in own["as_of"]]
        xs, base = [across + 0.08 + place for place in places], n_rows - 1 - down
        ys = [base + n / top * 0.55 for n in own["n_flagged"]]
        figure.add_scatter(x=[across + 0.08, across + 0.88], y=[base, base], mode="lines", line={"color": GRID}, hoverinfo="skip")
        figure.add_scatter(
            x=xs, y=ys, mode="lines+markers", hovertext=own["hover"].tolist(), hoverinfo="text",
            line={"color": MONEY, "width": 2}, marker={"size": 5, "color": MONEY},
        )  # fmt: skip
        label = f"{escape(textwrap.shorten(names[code], 17, placeholder='…'))} <b>{i18n.number(int(now.get(code, 0)), lang)}</b>"
        figure.add_annotation(
            x=across + 0.06, y=base + 0.62, text=label, showarrow=False, xanchor="left", yanchor="bottom",
            font={"color": ink, "size": 12},
        )  # fmt: skip
    figure.update_xaxes(visible=False, range=[0, _N_ACROSS])
    figure.update_yaxes(visible=False, range=[-0.1, n_rows])
    words = "; ".join(f"{names[code]}: {i18n.number(int(now.get(code, 0)), lang)}" for code in codes)
    return Chart(figure, f"{title}. {words}.")
