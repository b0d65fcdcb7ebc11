"""The official view of the same facts: likelihood by impact, five by five. HTML, everything escaped."""

from dataclasses import replace
from html import escape
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from riskmap import filters, i18n, summarise
from riskmap.filters import FLAGGED, Filter
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web.view import Cell, table

# the rows that a filter by level shows exactly; "low" is split by points, for which there is no filter
_LEVEL_OF = {"very_often": "critical", "often": "high", "possible": "medium", "not_assessable": "not_assessable"}


def matrix(shown: pd.DataFrame, filter_: Filter, snapshot: Snapshot, lang: str) -> str:
    """Counts of the facilities shown; a count leads to its list. Empty where the country has no bands of budgets."""
    settings = snapshot.manifest["settings"]
    bands = settings.get("official_view", {}).get("budget_bands", [])
    if not bands:
        return ""
    counted = summarise.official_view(shown, settings)
    heads = [text("official.likelihood.name", lang), *_heads(bands, snapshot.currency, lang)]
    rows = [
        [Cell(_row_name(likelihood, settings, lang)), *_cells(likelihood, counted, bands, filter_, lang)]
        for likelihood in counted.index
    ]
    note = f'<p class="note">{escape(text("official.note", lang))}</p>'
    return table(heads, rows, caption=text("official.title", lang)) + note


def _heads(bands: list[int], currency: str, lang: str) -> list[str]:
    borders = [i18n.money(border, lang, currency, is_round=True) for border in bands]
    ranges = [
        text("map.below", lang, high=borders[0]),
        *(text("map.between", lang, low=low, high=high) for low, high in pairwise(borders)),
        text("map.from", lang, low=borders[-1]),
    ]
    named = [
        text("official.head", lang, name=text(f"official.impact.{impact}", lang), range=words)
        for impact, words in zip(summarise.IMPACTS, ranges, strict=True)
    ]
    return [*named, text("official.impact.unknown", lang)]


def _row_name(likelihood: str, settings: Any, lang: str) -> str:
    if likelihood == "not_assessable":
        return text("level.not_assessable.name", lang)
    level = text(f"level.{_LEVEL_OF.get(likelihood, 'low')}.name", lang)
    words = text(f"official.of.{likelihood}", lang, level=level, points=i18n.number(settings["official_view"]["rare_from"], lang))
    return text("official.head", lang, name=text(f"official.likelihood.{likelihood}", lang), range=words)


def _cells(likelihood: str, counted: pd.DataFrame, bands: list[int], filter_: Filter, lang: str) -> list[Cell]:
    borders = [None, *bands, None]
    cells = []
    for i, impact in enumerate(counted.columns):
        n = int(counted.loc[likelihood, impact])
        href = ""
        if n and likelihood in _LEVEL_OF and impact != "unknown":
            href = _href(filter_, _LEVEL_OF[likelihood], borders[i], borders[i + 1], lang)
        cells.append(Cell(i18n.number(n, lang), href))
    return cells


def _href(filter_: Filter, level: str, low: int | None, below: int | None, lang: str) -> str:
    """The list of one cell: the filter of the page, narrowed to its level and its band."""
    least = [bound for bound in (low, filter_.budget_min) if bound is not None]
    most = [bound for bound in (None if below is None else below - 1, filter_.budget_max) if bound is not None]
    narrowed = replace(filter_, levels=(level,), budget_min=max(least, default=None), budget_max=min(most, default=None))
    return "flagged?" + urlencode({"lang": lang, **filters.to_query(narrowed, FLAGGED)})
