"""Who works for whom: buyers on the left, contractors on the right, a line for each pair, as wide as its facilities."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import plotly.graph_objects as go

from riskmap import i18n
from riskmap.draw import MONEY, NEUTRAL, Chart, canvas
from riskmap.i18n import text

N_PAIRS = 25  # lines that can still be told apart
_NODE_PX, _WIDEST_PX, _STEP_PX = 34, 20.0, 4.0
_LABEL_CHARACTERS = 29  # half of a phone
_TAIL = 6
_CURVE, _INK = 12, "#1B2430"


class Pair(NamedTuple):
    """A buyer and a contractor with their facilities; `is_concentrated` as T15 says."""

    buyer: str
    supplier: str
    n_facilities: int
    n_overdue: int
    n_overdue_known: int
    is_concentrated: bool


def who_for_whom(pairs: Sequence[Pair], *, n_left_out: int, footer: str, ink: str, lang: str) -> Chart | None:
    """The pairs as lines: grey for all facilities, over it the part that is overdue. A diamond: T15 counts for the pair.

    Widths are counts and not shares, so that a pair of one facility cannot look like a rule. At most N_PAIRS are drawn;
    `n_left_out` says how many more there are. None without pairs.
    """
    pairs = list(pairs)[:N_PAIRS]
    if not pairs:
        return None
    left, right = _places(pairs)
    rows = max(len(left), len(right))
    numbers = {name: i18n.number(n, lang) for name, n in (("n", len(pairs)), ("left_out", n_left_out))}
    title = text("network.title_some" if n_left_out else "network.title_all", lang, **numbers)
    figure = canvas(title, text("network.unit", lang), footer, ink, height=_NODE_PX * rows)
    px = min(_STEP_PX, _WIDEST_PX / max(pair.n_facilities for pair in pairs))
    words = []
    for pair in reversed(pairs):  # the widest last, on top
        ends = left[pair.buyer], right[pair.supplier]
        words.append(_line(figure, pair, ends, px, lang))
    for at, anchor, places in ((0.0, "left", left), (1.0, "right", right)):
        figure.add_scatter(
            x=[at] * len(places),
            y=list(places.values()),
            mode="markers",
            marker={"color": ink, "size": 7},
            hoverinfo="text",
            hovertext=[escape(name) for name in places],
        )
        for name, y in places.items():
            figure.add_annotation(
                x=at,
                y=y,
                text=escape(_short(name)),
                xanchor=anchor,
                yshift=11,
                showarrow=False,
                font={"color": ink, "size": 11},
            )
    figure.update_xaxes(visible=False, range=[-0.02, 1.02])
    figure.update_yaxes(visible=False, range=[-0.5, rows - 0.2])
    return Chart(figure, f"{title}. {'; '.join(reversed(words))}.")


def _line(figure: go.Figure, pair: Pair, ends: tuple[float, float], px: float, lang: str) -> str:
    """One pair; returns it in words."""
    steps = [i / _CURVE for i in range(_CURVE + 1)]
    y = [ends[0] + (ends[1] - ends[0]) * (3 * t * t - 2 * t**3) for t in steps]
    figure.add_scatter(
        x=steps, y=y, mode="lines", hoverinfo="skip", opacity=0.45,
        line={"color": NEUTRAL, "width": max(px * pair.n_facilities, 1.0)},
    )  # fmt: skip
    if pair.n_overdue:
        line = {"color": MONEY, "width": max(px * pair.n_overdue, 1.0)}
        figure.add_scatter(x=steps, y=y, mode="lines", hoverinfo="skip", line=line)
    counts = {"n": pair.n_facilities, "overdue": pair.n_overdue, "known": pair.n_overdue_known}
    told = text("network.pair", lang, **{name: i18n.number(n, lang) for name, n in counts.items()})
    if pair.is_concentrated:
        told += f"; {text('network.concentrated', lang)}"
    names = f"{pair.buyer} — {pair.supplier}"
    middle = slice(2, _CURVE - 1)
    if pair.is_concentrated:
        mark = {"symbol": "diamond", "size": 13, "color": "#FFFFFF", "line": {"color": _INK, "width": 2}}
        figure.add_scatter(x=[0.5], y=[y[_CURVE // 2]], mode="markers", hoverinfo="skip", marker=mark)
    figure.add_scatter(  # a line is hovered only at its corners: invisible marks along it
        x=steps[middle],
        y=y[middle],
        mode="markers",
        hoverinfo="text",
        hovertext=f"{escape(names)}<br>{told}",
        marker={"size": 12, "opacity": 0},
    )
    return f"{names}: {told}"


def _places(pairs: Sequence[Pair]) -> tuple[dict[str, float], dict[str, float]]:
    """Heights from the top: buyers by name, contractors near the middle of their buyers, so that few lines cross."""
    buyers = sorted({pair.buyer for pair in pairs}, reverse=True)
    height = {name: float(i) for i, name in enumerate(buyers)}
    near: dict[str, list[float]] = {}
    for pair in pairs:
        near.setdefault(pair.supplier, []).append(height[pair.buyer])
    suppliers = sorted(near, key=lambda name: (sum(near[name]) / len(near[name]), name))
    rows = max(len(buyers), len(suppliers))
    spaced = [{name: (i + 0.5) * rows / len(side) - 0.5 for i, name in enumerate(side)} for side in (buyers, suppliers)]
    return spaced[0], spaced[1]


def _short(label: str) -> str:
    """Shortened in its middle: what tells namesakes apart stands at the end."""
    return label if len(label) <= _LABEL_CHARACTERS else f"{label[: _LABEL_CHARACTERS - _TAIL - 1]}…{label[-_TAIL:]}"
