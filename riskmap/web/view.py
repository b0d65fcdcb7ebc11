"""What the map component and the tables beside it are told: plain dictionaries and HTML, in the reader's language.

The map and the tables are made from the same rows of the same filter, so that they cannot disagree.
"""

from collections.abc import Mapping
from html import escape
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pandas as pd

from riskmap import filters, i18n, schema, summarise
from riskmap.filters import Filter
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.summarise import MEASURES
from riskmap.web import background, current, districts, files, points, shade
from riskmap.web.found import Found, look
from riskmap.web.shade import Shaded


class Cell(NamedTuple):
    """One cell of a table: what it says, where it leads, what mark stands before it, the full value on hover."""

    words: str
    href: str = ""
    mark: str = ""
    full: str = ""


# ---- map ------------------------------------------------------------------------------------------------------------
def map_data(snapshot: Snapshot, filter_: Filter, measure: str, lang: str, *, with_points: bool = True) -> dict[str, Any]:
    """All that `map.js` needs for one view: addresses of scripts and data, the class of each region, texts.

    A few kB at any number of facilities. `measure`: one of `shade.CHOICES`.
    """
    settings = snapshot.manifest["settings"]
    shaded = shade.shaded(snapshot, filter_, measure)
    tips = {row["region_code"]: region_tip(row, measure, snapshot, lang) for _, row in shaded.rows.iterrows()}
    inside = districts.drawn(snapshot, filter_)
    if inside:
        shaded = shade.districts(snapshot, filter_, measure)
        known = {row["region_code"]: region_tip(row, measure, snapshot, lang)[1:] for _, row in shaded.rows.iterrows()}
        none = [text("map.no_facilities", lang)]
        tips |= {code: [districts.name(code, snapshot, lang), *known.get(code, none)] for code in inside["codes"]}
    told = legend(shaded, snapshot, lang)
    if inside:
        told["title"] = text("map.districts_title", lang, measure=told["title"])
    return {
        "maplibre_js": files.url("maplibre/maplibre-gl.js"),
        "maplibre_css": files.url("maplibre/maplibre-gl.css"),
        "regions": f"data/{snapshot.id}/regions.geojson" if points.outlines(snapshot) else None,
        "points": points.drawn(snapshot, filter_) if with_points else None,
        "facility_url": current.link(f"facility?{urlencode({'lang': lang})}") + "&id=",
        "bounds": settings["country"]["bounds"],
        "background": shown._asdict() if (shown := background.configured()) else None,
        "selected": inside["selected"] or list(filter_.regions) if inside else list(filter_.regions),
        "districts": inside,
        "classes": shaded.classes,
        "doubtful": list(shaded.doubtful),
        "tips": tips,
        "legend": told,
        "words": {**_words(lang), **points.words(snapshot, lang)},
    }


def region_tip(row: Mapping[str, Any], measure: str, snapshot: Snapshot, lang: str) -> list[str]:
    """What is said of a region that somebody points at, its name first."""
    return [
        filters.region_name(row["region_code"], lang),
        *region_values(row, measure, snapshot, lang),
        text("map.facilities_n", lang, n=i18n.number(row["n_facilities"], lang)),
        text("map.overdue_n", lang, n=i18n.number(row["n_overdue"], lang)),
        text("map.flagged_n", lang, n=i18n.number(row["n_flagged"], lang)),
    ]


def region_values(row: Mapping[str, Any], measure: str, snapshot: Snapshot, lang: str) -> list[str]:
    """What a region is coloured by, in words: one line, two where two measures are shown together."""
    names = (shade.ACROSS, shade.UP) if measure == shade.BOTH else (measure,)
    values = (measured(row[MEASURES[name].column], MEASURES[name].kind, snapshot, lang) for name in names)
    return [f"{text(f'map.measures.{name}', lang)}: {value}" for name, value in zip(names, values, strict=True)]


def legend(shaded: Shaded, snapshot: Snapshot, lang: str) -> dict[str, Any]:
    """The legend in words. `classes` from the lowest; for two measures `square` with the borders of both instead."""
    few = text("map.small", lang, n=snapshot.manifest["settings"]["aggregate"]["min_facilities"])
    has_outlines = points.outlines(snapshot) is not None
    is_square, seen = has_outlines and shaded.measure == shade.BOTH, shaded.classes.values()
    return {
        "title": text(f"map.measures.{shaded.measure}", lang) if has_outlines else "",
        "classes": _class_labels(shaded, snapshot, lang) if has_outlines and not is_square else [],
        "square": _square(shaded, snapshot, lang) if is_square else None,
        "small": few if has_outlines and "small" in seen else "",
        "unknown": text("map.unknown", lang) if has_outlines and "unknown" in seen else "",
        "doubtful": text("map.doubtful", lang) if has_outlines and shaded.doubtful else "",
        "points_title": text("map.points_title", lang),
        "levels": [text(f"level.{level}.name", lang) for level in schema.LEVELS],
        "flagged": text("map.flagged", lang),
        "cells": points.cells_legend(snapshot, lang),
        "thinned": text("map.thinned", lang),
    }


def _class_labels(shaded: Shaded, snapshot: Snapshot, lang: str) -> list[str]:
    [breaks], kind = shaded.breaks, MEASURES[shaded.measure].kind
    if not breaks:
        known = shaded.values[0].dropna()
        return [measured(known.iloc[0], kind, snapshot, lang)] if len(known) else []
    borders = _borders(breaks, kind, snapshot, lang)
    between = [text("map.between", lang, low=low, high=high) for low, high in pairwise(borders)]
    return [text("map.below", lang, high=borders[0]), *between, text("map.from", lang, low=borders[-1])]


def _square(shaded: Shaded, snapshot: Snapshot, lang: str) -> dict[str, Any]:
    """The two axes of the square: their names, and the borders between the three classes of each."""
    sides = {}
    for side, name, breaks in zip(("across", "up"), (shade.ACROSS, shade.UP), shaded.breaks, strict=True):
        borders = _borders(breaks, MEASURES[name].kind, snapshot, lang)
        sides[side] = {"name": text(f"map.measures.{name}", lang), "borders": borders}
    return sides


def _borders(breaks: list[float], kind: str, snapshot: Snapshot, lang: str) -> list[str]:
    if kind == "money":
        return [i18n.money(border, lang, snapshot.currency, is_round=True) for border in breaks]
    return [measured(border, kind, snapshot, lang) for border in breaks]


def _words(lang: str) -> dict[str, Any]:
    """Texts of the map itself; keys under `maplibre` are MapLibre's own."""
    return {
        "label": text("map.label", lang),
        "home": text("map.home", lang),
        "failed": text("map.failed", lang),
        "rough": text("map.rough", lang),
        "no_facilities": text("map.no_facilities", lang),
        "delivery": [text(f"kind.delivery.{code}", lang) for code in schema.DELIVERY],
        "maplibre": {
            "Map.Title": text("map.label", lang),
            "NavigationControl.ZoomIn": text("map.zoom_in", lang),
            "NavigationControl.ZoomOut": text("map.zoom_out", lang),
            "Popup.Close": text("map.popup_close", lang),
            "CooperativeGesturesHandler.MobileHelpText": text("map.two_fingers", lang),
            "CooperativeGesturesHandler.WindowsHelpText": text("map.ctrl_zoom", lang),
            "CooperativeGesturesHandler.MacHelpText": text("map.ctrl_zoom", lang),
        },
    }


# ---- words ----------------------------------------------------------------------------------------------------------
def measured(value: Any, kind: str, snapshot: Snapshot, lang: str) -> str:
    """A value of a measure in words; the words for not known where there is none."""
    if value is None or pd.isna(value):
        return text("common.not_known", lang)
    if kind == "money":
        return i18n.money(float(value), lang, snapshot.currency)
    if kind == "share":
        return i18n.share(float(value), lang)
    return i18n.number(float(value), lang)


def sentence(sums: Mapping[str, Any], snapshot: Snapshot, lang: str) -> str:
    """The answer of the current filter in words, with what is not known in it. `sums` as `summarise.totals` gives them."""
    parts = [
        text(
            "map.sentence",
            lang,
            n=i18n.number(sums["n_facilities"], lang),
            overdue=i18n.number(sums["n_overdue"], lang),
            flagged=i18n.number(sums["n_flagged"], lang),
            budget=i18n.money(sums["flagged_budget"], lang, snapshot.currency),
        )
    ]
    without_place = sums["n_facilities"] - sums["n_placed"]
    for key, n in (
        ("overdue_unknown", sums["n_overdue_unknown"]),
        ("budget_unknown", sums["n_budget_unknown"]),
        ("without_place", without_place),
    ):
        if n:
            parts.append(text(f"map.{key}", lang, n=i18n.number(n, lang)))
    return " ".join(parts)


def note(measure: str, snapshot: Snapshot, lang: str) -> str:
    """What a measure means, and what is shown in grey."""
    n = snapshot.manifest["settings"]["aggregate"]["min_facilities"]
    return f"{text(f'map.measure_notes.{measure}', lang)} {text('map.small_note', lang, n=n)}"


# ---- tables ---------------------------------------------------------------------------------------------------------
_NO_OTHERS: Mapping[str, str] = MappingProxyType({})
_REGION_COLUMNS = {
    "facilities": ("n_facilities", "number"),
    "overdue": ("n_overdue", "number"),
    "flagged": ("n_flagged", "number"),
    "budget": ("budget", "money"),
    "flagged_budget": ("flagged_budget", "money"),
    "exposure": ("exposure", "money"),
    "exposure_share": ("exposure_share", "share"),
    "days_late": ("median_days_late", "days"),
    "coverage": ("coverage_mean", "share"),
}


def regions_table(shown: Found, filter_: Filter, snapshot: Snapshot, lang: str, others: Mapping[str, str] = _NO_OTHERS) -> str:
    """The regions of the filtered facilities as an HTML table, their sum as its last line; of one region, its districts.

    Each name leads one level deeper. `others`: what else the address of the page says.
    """
    is_inside = shown.by_district is not None
    level, places = ("region", shown.by_region) if shown.by_district is None else ("district", shown.by_district)
    rows = []
    for _, row in places.iterrows():
        code = row[f"{level}_code"]
        deeper = districts.inside(filter_, filter_.regions[0], code) if is_inside else districts.inside(filter_, code)
        name = districts.name(code, snapshot, lang) if is_inside else filters.region_name(code, lang)
        href = districts.url(deeper, {**others, "lang": lang}) if deeper else ""
        rows.append([Cell(name, href), *_region_cells(row, snapshot, lang)])
    total = [Cell(text("map.districts_total" if is_inside else "map.total", lang)), *_region_cells(shown.sums, snapshot, lang)]
    heads = [text(f"map.columns.{name}", lang) for name in (level, *_REGION_COLUMNS)]
    greyed = {index for index, is_small in enumerate(places["is_small"]) if is_small}
    return table(heads, rows, caption=text(f"map.{level}s_table", lang), total=total, n_text=1, greyed=greyed)


def _region_cells(row: Mapping[str, Any], snapshot: Snapshot, lang: str) -> list[Cell]:
    return [
        Cell(
            i18n.number(row[column], lang) if kind == "number" else measured(row[column], kind, snapshot, lang),
            full=i18n.money(float(row[column]), lang, snapshot.currency, full=True)
            if kind == "money" and pd.notna(row[column])
            else "",
        )
        for column, kind in _REGION_COLUMNS.values()
    ]


def facilities_table(rows: pd.DataFrame, snapshot: Snapshot, lang: str) -> str:
    """Facilities as an HTML table; each name leads to the page of the facility."""
    names = points.titles(rows, lang)
    cells = [_facility_cells(row, name, snapshot, lang) for (_, row), name in zip(rows.iterrows(), names, strict=True)]
    heads = [text(f"map.columns.{name}", lang) for name in ("facility", "region", "level", "delivery", "budget", "points")]
    return table(heads, cells, caption=text("map.facilities_table", lang), n_text=4)


def _facility_cells(row: Mapping[str, Any], name: str, snapshot: Snapshot, lang: str) -> list[Cell]:
    level = _known(row["level"], "not_assessable")
    delivery = text(f"kind.delivery.{_known(row['delivery'], 'not_known')}", lang)
    if row["is_overdue"] is True and pd.notna(row["days_late"]):
        delivery += ": " + text("common.days", lang, n=i18n.number(row["days_late"], lang))
    in_currency = row["currency"] if pd.notna(row["currency"]) else snapshot.currency
    budget = None if pd.isna(row["budget_amount"]) else int(row["budget_amount"])
    flagged = row["is_flagged"] is True
    level_words = text(f"level.{level}.name", lang) + (f" · {text('map.flagged', lang)}" if flagged else "")
    return [
        Cell(name, "facility?" + urlencode({"lang": lang, "id": row["facility_id"]})),
        Cell(filters.region_name(_known(row["region_code"], None), lang)),
        Cell(level_words, mark=f"level {level}{' is-flagged' if flagged else ''}"),
        Cell(delivery),
        Cell(
            i18n.money(budget, lang, in_currency),
            full="" if budget is None else i18n.money(budget, lang, in_currency, full=True),
        ),
        Cell(i18n.number(row["r_lo"], lang) if pd.notna(row["r_lo"]) else text("common.not_known", lang)),
    ]


def _known(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None or pd.isna(value) else value


def table(
    heads: list[str],
    rows: list[list[Cell]],
    *,
    caption: str,
    total: list[Cell] | None = None,
    n_text: int = 1,
    greyed: set[int] = frozenset(),  # type: ignore[assignment]
) -> str:
    """An HTML table, everything escaped: the first `n_text` columns are words, the rest numbers to the right.

    On a phone the stylesheet turns each row into a card, for which every cell carries the name of its column.
    """
    head = "".join(f'<th scope="col"{_numeric(i, n_text)}>{escape(name)}</th>' for i, name in enumerate(heads))
    body = "".join(_row(row, heads, n_text, "greyed" if i in greyed else "") for i, row in enumerate(rows))
    foot = f"<tfoot>{_row(total, heads, n_text, '')}</tfoot>" if total else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="list">'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table></div>"
    )


def _row(cells: list[Cell], heads: list[str], n_text: int, css: str) -> str:
    written = []
    for i, (cell, head) in enumerate(zip(cells, heads, strict=True)):
        words = escape(cell.words)
        if cell.href:
            words = f'<a href="{escape(current.link(cell.href))}" target="_self">{words}</a>'
        mark = f'<i class="{escape(cell.mark)}" aria-hidden="true"></i>' if cell.mark else ""
        title = f' title="{escape(cell.full)}"' if cell.full else ""
        tag = 'th scope="row"' if i == 0 else "td"
        written.append(f'<{tag}{_numeric(i, n_text)} data-label="{escape(head)}"{title}><span>{mark}{words}</span></{tag[:2]}>')
    return f'<tr class="{css}">{"".join(written)}</tr>' if css else f"<tr>{''.join(written)}</tr>"


def _numeric(i: int, n_text: int) -> str:
    return ' class="number"' if i >= n_text else ""


# ---- overview -------------------------------------------------------------------------------------------------------
_N_RANKED = 10
_N_NAMED = 3
_RANKED_BY = {"flagged_budget": "flagged_budget", "overdue": "n_overdue"}  # measure -> column of the regions


class Glance(NamedTuple):
    """What the overview says, worked out once: sums, the rows of its ranking, and the measure that orders them."""

    sums: Mapping[str, Any]
    measure: str
    ranked: list[Any]


def glance(snapshot: Snapshot) -> Glance:
    """Measured by the budget of what is flagged; where nothing is, by how much is overdue.

    `ranked`: rows of known regions in that order, without those that have nothing of it.
    """
    everything = look(snapshot, Filter())
    sums, by_region = everything.sums, everything.by_region
    measure = "flagged_budget" if sums["n_flagged"] else "overdue"
    column = _RANKED_BY[measure]
    is_ranked = by_region["region_code"].ne(summarise.UNKNOWN) & by_region[column].gt(0).fillna(False)
    ordered = by_region[is_ranked].sort_values(column, ascending=False, kind="stable")
    return Glance(sums, measure, [row for _, row in ordered.iterrows()])


def answer(found: Glance, snapshot: Snapshot, lang: str) -> str:
    """The answer of the whole snapshot in one heading, with how much of it could not be assessed."""
    sums = found.sums
    if sums["n_flagged"]:
        budget = measured(sums["flagged_budget"], "money", snapshot, lang)
        words = text("overview.answer", lang, n=i18n.number(sums["n_flagged"], lang), budget=budget)
        names = ", ".join(filters.region_name(row["region_code"], lang) for row in found.ranked[:_N_NAMED])
        words += " " + text("overview.answer_where", lang, regions=names) if names else ""
    else:
        words = text("overview.answer_none", lang)
    unknown, of = (i18n.number(sums[name], lang) for name in ("n_not_assessable", "n_facilities"))
    open_ = text("overview.answer_open", lang, n=unknown, of=of) if sums["n_not_assessable"] else ""
    return f'<h1 class="lead">{escape(words)}</h1><p class="lead-open">{escape(open_)}</p>'


def counters(found: Glance, snapshot: Snapshot, lang: str) -> str:
    """The five numbers of the overview, each with what it means and how much is not known."""
    sums = found.sums
    unknown = {
        "n_facilities": "n_budget_unknown", "n_overdue": "n_overdue_unknown", "n_flagged": "n_not_assessable",
        "flagged_budget": "n_flagged_budget_unknown", "exposure": "n_exposure_unknown",
    }  # fmt: skip
    items = []
    for name, counted in unknown.items():
        value = i18n.number(sums[name], lang) if name.startswith("n_") else measured(sums[name], "money", snapshot, lang)
        budget = measured(sums["budget"], "money", snapshot, lang)
        note = text(f"overview.note.{name}", lang, unknown=i18n.number(sums[counted], lang), budget=budget)
        items.append(
            f"<div><dt>{escape(text(f'overview.counter.{name}', lang))}</dt><dd>{escape(value)}</dd><p>{escape(note)}</p></div>"
        )
    return f'<dl class="counters">{"".join(items)}</dl>'


def ranking(found: Glance, snapshot: Snapshot, lang: str) -> str:
    """The first regions by what the overview shows, as bars from zero; each leads to the region on the map."""
    measure, ranked = found.measure, found.ranked[:_N_RANKED]
    column = _RANKED_BY[measure]
    largest = max((float(row[column]) for row in ranked), default=1.0)
    items = []
    for row in ranked:
        code = row["region_code"]
        href = current.link("map?" + urlencode({**filters.to_query(Filter(regions=(code,))), "lang": lang}))
        counts = {name: i18n.number(row[f"n_{name}"], lang) for name in ("facilities", "overdue", "flagged")}
        budget = measured(row["flagged_budget"], "money", snapshot, lang)
        value = text(f"overview.ranking_value.{measure}", lang, budget=budget, **counts)
        items.append(
            f'<li><a href="{escape(href)}" target="_self">{escape(filters.region_name(code, lang))}</a>'
            f'<span class="value">{escape(value)}</span>'
            f'<span class="bar" style="width:{100 * float(row[column]) / largest:.1f}%"></span></li>'
        )
    all_regions = escape(current.link(f"map?{urlencode({'lang': lang})}"))
    everything = f'<a href="{all_regions}" target="_self">{escape(text("overview.all_regions", lang))}</a>'
    note = escape(text(f"overview.ranking_note.{measure}", lang))
    return f'<ol class="ranking">{"".join(items)}</ol><p class="note">{note} {everything}</p>'


def doors(lang: str) -> str:
    """Three ways in, for three kinds of readers."""
    doors_ = "".join(_door(page, lang) for page in ("map", "nearby", "flagged"))
    return f'<h2>{escape(text("overview.doors", lang))}</h2><div class="doors">{doors_}</div>'


def _door(page: str, lang: str) -> str:
    title, what, link = (escape(text(f"overview.door.{page}.{part}", lang)) for part in ("title", "what", "link"))
    href = escape(current.link(f"{page}?{urlencode({'lang': lang})}"))
    return f'<section><h3>{title}</h3><p>{what}</p><a href="{href}" target="_self">{link}</a></section>'
