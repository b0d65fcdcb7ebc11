"""The flagged page in words, tables and links: HTML in the reader's language, everything escaped.

The sentence, the tables and the files are made from the same rows of the same filter, so that they cannot disagree.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from riskmap import districts, export, filters, groups, i18n, summarise
from riskmap.export import parts
from riskmap.filters import FLAGGED, Filter
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web import compare, current, desk, exports, points
from riskmap.web.found import Found
from riskmap.web.view import Cell, measured, table

CSS = Path(__file__).with_suffix(".css")
SORTS = ("-r_lo", "-budget_amount", "-days_late", "-exposure_amount", "coverage", "due_on", "region_code")
_BUILT_AHEAD_ROWS = 500  # up to here the three files take a fraction of a second, so the page can say what they are
_N_REASONS = 2
_HASH_LETTERS = 12


def sentence(shown: Found, snapshot: Snapshot, lang: str) -> str:
    """The answer: how many, how much, mostly where, and what is not known about it."""
    sums, n = shown.sums, len(shown.positions)
    budget = i18n.money(sums["budget"], lang, snapshot.currency)
    parts = [text("flagged.sentence", lang, n=i18n.number(n, lang), budget=budget)]
    most = shown.by_region.dropna(subset="budget").nlargest(1, "budget")
    if n and len(most):
        place = filters.region_name(most["region_code"].iloc[0], lang)
        amount = i18n.money(float(most["budget"].iloc[0]), lang, snapshot.currency)
        parts.append(text("flagged.most", lang, region=place, budget=amount))
    for name in ("n_flagged", "n_overdue", "n_budget_unknown"):
        parts.append(text(f"flagged.{name}", lang, n=i18n.number(sums[name] or 0, lang)))
    return " ".join(parts)


def answer(shown: Found, snapshot: Snapshot, lang: str) -> str:
    """The sentence, why a facility is on the list (with the level that the settings ask for), and ways to the parts below."""
    minimum = snapshot.manifest["settings"]["flagged"]["minimum_level"]
    rule = escape(text("flagged.rule", lang, level=text(f"level.{minimum}.name", lang)))
    ways = {
        f"method?{urlencode({'lang': lang})}": "flagged.method", "#download": "flagged.download", "#totals": "flagged.totals",
    }  # fmt: skip
    links = " · ".join(
        f'<a href="{escape(current.link(where))}" target="_self">{escape(text(key, lang))}</a>' for where, key in ways.items()
    )
    return (
        f'<p class="answer" aria-live="polite">{escape(sentence(shown, snapshot, lang))}</p><p class="rule">{rule}</p>'
        f'<p class="ways">{links}</p>'
    )


def sort_words(sort: str, lang: str) -> str:
    """An order in words; one that is not offered is named by its column."""
    key = f"flagged.sorts.{sort.removeprefix('-')}"
    if sort in SORTS:
        return text(key, lang)
    column = sort.removeprefix("-")
    return text("flagged.sort_down" if sort.startswith("-") else "flagged.sort_up", lang, column=text(f"column.{column}", lang))


# ---- tables ---------------------------------------------------------------------------------------------------------
_COLUMNS = ("facility", "region", "buyer", "supplier", "level", "why", "delivery", "reply", "budget", "exposure", "points")
_N_TEXT = 8


def facilities_table(rows: pd.DataFrame, snapshot: Snapshot, lang: str) -> str:
    """The facilities of one page of the list; each name leads to the page of the facility."""
    names = points.titles(rows, lang)
    rows = rows.assign(**{f"{kind}_key": groups.keys(rows, kind) for kind in groups.PARTIES})
    weights = [column for column in rows.columns if column.endswith("_points")]
    replied = desk.replied_on(snapshot)
    cells = [
        _facility(row, name, weights, replied, snapshot, lang) for row, name in zip(rows.to_dict("records"), names, strict=True)
    ]
    heads = [text(f"flagged.columns.{name}", lang) for name in _COLUMNS]
    return table(heads, cells, caption=text("flagged.list", lang), n_text=_N_TEXT)


def _facility(
    row: Mapping[Any, Any], name: str, weights: list[str], replied: Mapping[str, date], snapshot: Snapshot, lang: str
) -> list[Cell]:  # fmt: skip
    known = {str(column): None if pd.isna(value) else value for column, value in row.items()}
    level = known["level"] or "not_assessable"
    return [
        Cell(name, "facility?" + urlencode({"lang": lang, "id": known["facility_id"]})),
        Cell(filters.region_name(known["region_code"], lang)),
        *(_party(known, kind, lang) for kind in ("buyer", "supplier")),
        Cell(text(f"level.{level}.name", lang), mark=f"level {level}"),
        Cell(why(known, weights, lang)),
        Cell(_delivery(known, lang)),
        _replied(row["facility_id"], replied, lang),
        _money(known["budget_amount"], known["currency"] or snapshot.currency, lang),
        _money(known["exposure_amount"], known["currency"] or snapshot.currency, lang),
        Cell(i18n.number(known["r_lo"], lang)),
    ]


def _replied(facility_id: str, replied: Mapping[str, date], lang: str) -> Cell:
    """The day of the body's reply; the reply itself stands on the page of the facility."""
    if facility_id not in replied:
        return Cell(text("flagged.no_reply", lang))
    return Cell(i18n.day(replied[facility_id], lang), "facility?" + urlencode({"lang": lang, "id": facility_id}))


def _party(row: Mapping[str, Any], kind: str, lang: str) -> Cell:
    """A buyer or contractor with the way to its page, where there is one."""
    name = row[f"{kind}_name"] or row[f"{kind}_id"] or text("common.not_known", lang)
    key = row[f"{kind}_key"]
    return Cell(name, "" if key == groups.UNKNOWN else compare.party_url(kind, key, lang))


def why(row: Mapping[str, Any], weights: list[str], lang: str) -> str:
    """The facts that weigh most, with their points: "Paid ahead of works (15); Single bidder (8)"."""
    firing = sorted((-row[column], column) for column in weights if row[column])
    named = [
        text(
            "flagged.fact",
            lang,
            title=text(f"indicator.{column.removesuffix('_points')}.title", lang),
            points=i18n.number(-p, lang),
        )
        for p, column in firing[:_N_REASONS]
    ]
    more = [text("flagged.more_facts", lang, n=len(firing) - _N_REASONS)] if len(firing) > _N_REASONS else []
    return "; ".join([*named, *more]) or text("flagged.no_fact", lang)


def _delivery(row: Mapping[str, Any], lang: str) -> str:
    words = text(f"kind.delivery.{row['delivery'] or 'not_known'}", lang)
    if not row["is_overdue"] or row["days_late"] is None:
        return words
    return f"{words}: {text('common.days', lang, n=i18n.number(row['days_late'], lang))}"


def _money(amount: int | None, currency: str, lang: str) -> Cell:
    full = "" if amount is None else i18n.money(amount, lang, currency, full=True)
    return Cell(i18n.money(amount, lang, currency), full=full)


_SUM_COLUMNS = {
    "facilities": ("n_facilities", "number"),
    "overdue": ("n_overdue", "number"),
    "flagged": ("n_flagged", "number"),
    "budget": ("budget", "money"),
    "budget_unknown": ("n_budget_unknown", "number"),
    "exposure": ("exposure", "money"),
}


_GROUPED = {"level": summarise.by_level, "programme": summarise.by_programme}


def totals_table(found: Found, shown: pd.DataFrame, snapshot: Snapshot, lang: str, *, by: str) -> str:
    """Totals per "region", "level" or "programme"; the last line is their sum and the sum of the list.

    `found`: what the filter finds; `shown`: the same rows, all columns.
    """
    grouped = found.by_region if by == "region" else _GROUPED[by](shown, snapshot.manifest["settings"])
    rows = [[_name(row, by, lang), *_sums(row, snapshot, lang)] for row in grouped.to_dict("records")]
    total = [Cell(text("flagged.total", lang)), *_sums(found.sums, snapshot, lang)]
    heads = [text(f"flagged.columns.{name}", lang) for name in (by, *_SUM_COLUMNS)]
    return table(heads, rows, caption=text(f"flagged.by_{by}", lang), total=total)


def _name(row: Mapping[Any, Any], by: str, lang: str) -> Cell:
    if by == "region":
        return Cell(filters.region_name(row["region_code"], lang))
    if by == "programme":
        return Cell(parts.name_of(by, row["programme"], lang))
    return Cell(text(f"level.{row['level']}.name", lang), mark=f"level {row['level']}")


def _sums(row: Mapping[Any, Any], snapshot: Snapshot, lang: str) -> list[Cell]:
    return [
        _money(None if pd.isna(row[column]) else int(row[column]), snapshot.currency, lang)
        if kind == "money"
        else Cell(measured(row[column], kind, snapshot, lang))
        for column, kind in _SUM_COLUMNS.values()
    ]


# ---- files ----------------------------------------------------------------------------------------------------------
def since(filter_: Filter, snapshot: Snapshot, lang: str) -> str:
    """What left this list and came onto it since the version before, with the sums that connect the two; "" without one."""
    found = exports.changed(snapshot.id, filter_)
    if found is None:
        return ""
    rows = [
        [
            Cell(parts.bridge_words(row, lang)),
            Cell(i18n.number(row["n_facilities"], lang)),
            _money(int(row["budget"]), snapshot.currency, lang),
            Cell(i18n.number(row["n_budget_unknown"], lang)),
        ]
        for row in found.bridge.to_dict("records")
    ]
    heads = [text("export.delta.line", lang), *(text(f"flagged.columns.{name}", lang) for name in _BRIDGE)]
    words = text("export.delta.since", lang, date=i18n.day(found.before.as_of, lang), version=found.before.id)
    address = escape(exports.url(snapshot.id, filter_, format="delta.csv", lang=lang))
    link = f'<a href="{address}" download target="_self">{escape(text("flagged.format.delta_csv", lang))}</a>'
    shown = table(heads, rows[:-1], caption=text("export.delta.bridge", lang), total=rows[-1])
    return f'<p class="note">{escape(words)} {link}</p>{shown}'


_BRIDGE = ("facilities", "budget", "budget_unknown")


def downloads(shown: pd.DataFrame, filter_: Filter, snapshot: Snapshot, lang: str, *, columns: str = "") -> str:
    """A link per format, and what the file will contain: rows, total, date, version, name and hash of the manifest.

    `columns`: the choice of columns as it stands in the address.
    """
    sums = export.totals(shown, snapshot)
    names = districts.names(snapshot.manifest, lang)
    words = filters.in_words(filter_, lang, currency=snapshot.currency, districts=names)
    contents = text(
        "flagged.file_contents", lang, filter=words,
        n=i18n.number(len(shown), lang), date=i18n.day(snapshot.as_of, lang), version=snapshot.id,
        budget=i18n.money(sums[f"budget_{snapshot.currency.lower()}"], lang, snapshot.currency, full=True),
    )  # fmt: skip
    is_small = len(shown) <= _BUILT_AHEAD_ROWS
    items = "".join(
        _link(name, filter_, snapshot, lang, is_built=is_small and name in _BUILT_AHEAD, columns=columns)
        if len(shown) <= export.MOST_ROWS.get(name, len(shown))
        else _too_long(name, lang)
        for name in _OFFERED
    )
    query = urlencode({"lang": lang, **filters.to_query(filter_, FLAGGED)} | ({"columns": columns} if columns else {}))
    address = text("flagged.address", lang)
    return (
        f'<section class="files" aria-label="{escape(text("flagged.download", lang))}"><p>{escape(contents)}</p>'
        f'<ul>{items}</ul><p class="note">{escape(text("flagged.file_note", lang))} '
        f'<a href="{escape(current.link(f"flagged?{query}"))}" target="_self">{escape(address)}</a></p></section>'
    )


_OFFERED = tuple(name for name in export.FORMATS if name != "delta.csv")  # that one stands beside its table
_BUILT_AHEAD = ("csv", "xlsx", "geojson")  # made in a fraction of a second


def _too_long(name: str, lang: str) -> str:
    """A format that does not hold so many rows, and what to do."""
    words = text("flagged.too_long", lang, most=i18n.number(export.MOST_ROWS[name], lang))
    key = name.replace(".", "_")
    return (
        f"<li><span><b>{escape(text(f'flagged.format.{key}', lang))}</b></span>"
        f"<span>{escape(text(f'flagged.format_for.{key}', lang))}</span><code>{escape(words)}</code></li>"
    )


def _link(name: str, filter_: Filter, snapshot: Snapshot, lang: str, *, is_built: bool, columns: str) -> str:
    address = escape(exports.url(snapshot.id, filter_, format=name, lang=lang, columns=columns))
    beside = escape(exports.url(snapshot.id, filter_, format=name, lang=lang, is_manifest=True, columns=columns))
    words, key = text("flagged.name_later", lang), name.replace(".", "_")
    if is_built:
        made = exports.file(snapshot.id, filter_, name, lang, columns)
        digest = hashlib.sha256(export.manifest_bytes(made.manifest)).hexdigest()[:_HASH_LETTERS]
        size = i18n.number(max(1, len(made.content) / 1000), lang)
        words = text("flagged.name_now", lang, name=made.file_name, size=size, hash=digest)
    return (
        f'<li><a class="file" href="{address}" download target="_self">{escape(text(f"flagged.format.{key}", lang))}</a>'
        f"<span>{escape(text(f'flagged.format_for.{key}', lang))}</span><code>{escape(words)}</code>"
        f'<a href="{beside}" download target="_self">{escape(text("flagged.manifest", lang))}</a></li>'
    )
