"""What the regions tab says beside the facts: estimates with their intervals, and the causes of delay. HTML, escaped."""

from html import escape
from typing import Any

import pandas as pd

from riskmap import filters, i18n, schema, summarise
from riskmap.filters import Filter
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web import region_page
from riskmap.web.found import Found
from riskmap.web.view import Cell, measured, table

_ESTIMATES = ("facilities", "share_high", "emr", "emr_interval", "emr_unknown")


def interval(low: Any, high: Any, lang: str, currency: str) -> str:
    """An interval of money in words; the words for not known where there is none."""
    if low is None or pd.isna(low):
        return text("common.not_known", lang)
    return text("map.between", lang, low=i18n.money(float(low), lang, currency), high=i18n.money(float(high), lang, currency))


def estimates_table(shown: Found, snapshot: Snapshot, lang: str) -> str:
    """Share of high levels and expected money at risk per region, each region drawn as a whole; small ones in grey.

    Empty for a snapshot of an earlier version, whose settings say nothing about it.
    """
    settings = snapshot.manifest["settings"]
    if "money_at_risk" not in settings:
        return ""
    by_region = shown.by_region.sort_values("region_code", kind="stable")
    by_region = by_region.sort_values("region_code", key=lambda code: code.eq(summarise.UNKNOWN), kind="stable")
    rows = [
        [Cell(filters.region_name(row["region_code"], lang)), *_estimates(row, snapshot, lang)]
        for row in by_region.to_dict("records")
    ]
    total = [Cell(text("map.total", lang)), *_estimates(shown.sums, snapshot, lang)]
    heads = [text(f"map.columns.{name}", lang) for name in ("region", *_ESTIMATES)]
    greyed = {i for i, is_small in enumerate(by_region["is_small"]) if is_small}
    own = settings["money_at_risk"]
    told = {"share": i18n.share(own["interval"], lang), "draws": i18n.number(own["draws"], lang)}
    note = text("map.estimates_note", lang, n=settings["aggregate"]["min_facilities"], **told)
    caption = text("map.estimates_table", lang)
    return table(heads, rows, caption=caption, total=total, greyed=greyed) + f'<p class="note">{escape(note)}</p>'


def _estimates(row: Any, snapshot: Snapshot, lang: str) -> list[Cell]:
    return [
        Cell(i18n.number(row["n_facilities"], lang)),
        Cell(measured(row["share_high"], "share", snapshot, lang)),
        Cell(measured(row["emr"], "money", snapshot, lang)),
        Cell(interval(row["emr_low"], row["emr_high"], lang, snapshot.currency)),
        Cell(i18n.number(row["n_emr_unknown"], lang)),
    ]


def sheets(filter_: Filter, snapshot: Snapshot, lang: str) -> str:
    """A link to the sheet of paper of each region that the filter names."""
    known = set(snapshot.facilities["region_code"].dropna())
    links = [
        f'<a href="{escape(region_page.url(snapshot.id, code, lang=lang))}" download>{escape(filters.region_name(code, lang))}: '
        f"{escape(text('pdf.sheet', lang))}</a>"
        for code in filter_.regions
        if code in known
    ]
    return f'<p class="note">{" · ".join(links)}</p>' if links else ""


def causes_table(shown: Found, lang: str) -> str:
    """The overdue facilities of each region by cause of delay; empty where none is overdue."""
    causes = shown.causes
    if causes.empty:
        return ""
    columns = ["n_overdue", *schema.DELAY_CAUSES]
    heads = [text(f"map.columns.{name}", lang) for name in ("region", "overdue")]
    heads += [text(f"kind.delay_cause.{cause}", lang) for cause in schema.DELAY_CAUSES]
    rows = [
        [Cell(filters.region_name(row["region_code"], lang)), *(Cell(i18n.number(row[name], lang)) for name in columns)]
        for row in causes.to_dict("records")
    ]
    total = [Cell(text("map.total", lang)), *(Cell(i18n.number(int(causes[name].sum()), lang)) for name in columns)]
    note = f'<p class="note">{escape(text("map.causes_note", lang))}</p>'
    return table(heads, rows, caption=text("map.causes_table", lang), total=total) + note
