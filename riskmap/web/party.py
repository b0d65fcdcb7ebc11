"""The page of one contractor or buyer in HTML: facts and counts with their denominators, and no score of the firm."""

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from riskmap import draw_groups, filters, groups, i18n
from riskmap.filters import Filter
from riskmap.fold import fold_column, search
from riskmap.groups import Party
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web import compare, current
from riskmap.web.sheet import bullets, paragraph, section, sheet, summary
from riskmap.web.view import Cell, table

N_FOUND = 20


def agreements(snapshot: Snapshot) -> pd.DataFrame:
    """`groups.agreements` without the restricted facilities. T15 sees those too, as it did when it judged."""
    facilities, settings = snapshot.facilities, snapshot.manifest["settings"]
    found = groups.agreements(facilities, snapshot.table("contracts"), settings=settings, as_of=snapshot.as_of)
    visible = facilities.loc[filters.mask(Filter(), facilities), "facility_id"]
    return found[found["facility_id"].isin(set(visible))]


def links(row: Mapping[str, Any], lang: str) -> str:
    """The buyer and the contractor of a facility, each with the way to its page."""
    one, parts = pd.DataFrame([row]), []
    for kind in ("buyer", "supplier"):
        key, known = groups.keys(one, kind).iloc[0], [row[f"{kind}_{part}"] for part in ("name", "id")]
        name = escape(next((str(said) for said in known if pd.notna(said)), text("common.not_known", lang)))
        link = f'<a href="{escape(compare.party_url(kind, key, lang))}" target="_self">{name}</a>'
        parts.append(f"{escape(text(f'party.kind.{kind}', lang))}: {name if key == groups.UNKNOWN else link}")
    return f"<p>{' · '.join(parts)}</p>"


def find(facilities: pd.DataFrame, rows: pd.DataFrame, kind: str, asked: str) -> Party | None:
    """The contractor or buyer that an address asks for, by key, identifier or a name that only one has; else None.

    `rows` are the `agreements` of the snapshot, `facilities` those that may be shown.
    """
    if kind not in groups.PARTIES or not asked:
        return None
    return groups.party(facilities, rows, kind, groups.find_key(rows, kind, asked[: filters.MAX_TEXT]))


def head(found: Party, snapshot: Snapshot, lang: str) -> str:
    """What it is, its number, the fair words, the answer in one breath and the counts."""
    what = text(f"party.what.{found.kind}", lang, number=_number(found.key, lang))
    sums, money = found.sums, i18n.money(found.sums["value"], lang, snapshot.currency)
    told = {name: i18n.number(n, lang) for name, n in sums.items() if name.startswith("n_")}
    pairs = [
        (text("network.columns.facilities", lang), told["n_facilities"]),
        (text("network.columns.contracts", lang), told["n_contracts"]),
        (text("network.columns.value", lang), money),
        (text("network.columns.value_unknown", lang), told["n_value_unknown"]),
        (text("network.columns.overdue", lang), text("network.of", lang, n=told["n_overdue"], known=told["n_overdue_known"])),
        (text("network.columns.flagged", lang), told["n_flagged"]),
    ]
    answer = escape(text("party.answer", lang, value=money, **told))
    fair = f"<p><strong>{escape(text('party.fair', lang))}</strong></p>"
    return sheet(
        paragraph(what, is_quiet=True), f'<p class="answer">{answer}</p>', fair, summary([(a, escape(b)) for a, b in pairs]),
        _names(found, lang), is_wide=True,
    )  # fmt: skip


def _names(found: Party, lang: str) -> str:
    """Other spellings of the name, and others who have the same name and are not counted here."""
    links = "".join(
        f'<li><a href="{escape(compare.party_url(found.kind, key, lang))}" target="_self">{escape(_number(key, lang))}</a></li>'
        for key in found.same_name[:N_FOUND]
    )
    also = text("party.also_called", lang, names="; ".join(found.other_names)) if found.other_names else ""
    same = f"{paragraph(text('party.same_name', lang))}<ul>{links}</ul>" if links else ""
    return (paragraph(also) if also else "") + same


def _number(key: str, lang: str) -> str:
    return text("party.no_number", lang) if key.startswith(groups.NAME) else text("party.number", lang, number=key)


def register(found: Party, lang: str) -> str:
    """What the source says of the register of unfair participants, with its dates. Buyers have no such entry."""
    if found.kind != "supplier":
        return ""
    entries, n_no, n_unknown = groups.register(found.rows)
    lines = [text("party.register.entry", lang, start=i18n.day(start, lang), end=i18n.day(end, lang)) for start, end in entries]
    counts = {"no": i18n.number(n_no, lang), "unknown": i18n.number(n_unknown, lang)}
    lines.append(text("party.register.contracts", lang, **counts))
    note = paragraph(text("party.register.note", lang), is_quiet=True)
    return sheet(section(text("party.section.register", lang), bullets(lines), note))


def partners(found: Party, snapshot: Snapshot, lang: str) -> str:
    """The buyers of a contractor, or the contractors of a buyer, with counts and values; the not known among them."""
    other = "buyer" if found.kind == "supplier" else "supplier"
    title = text(f"party.section.{other}s", lang)
    if found.rows.empty:
        return sheet(section(title, empty=text("party.none.contracts", lang)))
    rows = groups.partners(found.rows, found.kind)
    rows = rows.assign(label=compare.labels(rows["key"], rows["name"], lang), is_unknown=rows["key"].eq(groups.UNKNOWN))
    rows = rows.sort_values(["is_unknown", "n_facilities", "label"], ascending=[True, False, True], kind="stable")
    heads = [text(f"compare.by.{other}", lang), *(text(f"network.columns.{name}", lang) for name in compare.PAIR_COLUMNS)]
    cells = [
        [
            Cell(row["label"], "" if row["is_unknown"] else compare.party_url(other, row["key"], lang)),
            *compare.pair_cells(row, snapshot, lang),
        ]
        for row in rows.to_dict("records")
    ]
    way = f'<p><a href="{escape(_network(found, lang))}" target="_self">{escape(text("party.network", lang))}</a></p>'
    return table(heads, cells, caption=title) + way


def _network(found: Party, lang: str) -> str:
    wanted = found.name if found.key.startswith(groups.NAME) else found.key
    return current.link("network?" + urlencode({"lang": lang, found.kind: wanted}))


def delays(found: Party, facilities: pd.DataFrame, settings: Mapping[str, Any], lang: str) -> list[draw_groups.Row]:
    """Two rows: the delays of its overdue facilities, and of all others."""
    seen = groups.observed(facilities, "days_late", settings)
    is_own = facilities["facility_id"].isin(found.facility_ids).to_numpy()
    result = []
    for label, rows in ((found.name, seen[is_own]), (text("party.all_others", lang), seen[~is_own])):
        values = rows["value"].to_numpy(dtype=float)
        known = values[~np.isnan(values)]
        n_unknown = int((rows["is_concerned"] & rows["value"].isna()).sum())
        result.append(draw_groups.Row(label, known, n_unknown, len(known) < settings["aggregate"]["min_facilities"]))
    return result


def delays_table(rows: list[draw_groups.Row], lang: str) -> str:
    """The picture of delays as a table."""
    heads = [text("party.section.delays", lang), text("compare.columns.known", lang), text("compare.columns.unknown", lang)]
    heads += [text(f"compare.columns.{name}", lang) for name in groups.QUANTILES]
    cells = []
    for row in rows:
        values = [float(np.quantile(row.values, q)) if len(row.values) else None for q in groups.QUANTILES.values()]
        counts = [Cell(i18n.number(n, lang)) for n in (len(row.values), row.n_unknown)]
        cells.append([Cell(row.label), *counts, *(Cell(draw_groups.measured(value, "days", lang)) for value in values)])
    greyed = {i for i, row in enumerate(rows) if row.is_small}
    return table(heads, cells, caption=text("party.delays_table", lang), greyed=greyed)


def everyone(rows: pd.DataFrame, kind: str, lang: str) -> pd.DataFrame:
    """All contractors or buyers of the `agreements`, by name: `key`, `label`, `folded` to search in."""
    keys = pd.Series(rows[f"{kind}_key"].unique(), dtype=object)
    keys = keys[keys.ne(groups.UNKNOWN)].reset_index(drop=True)
    named = keys.map(groups.names(rows[f"{kind}_key"], rows[f"{kind}_name"]))
    result = pd.DataFrame({"key": keys, "label": compare.labels(keys, named, lang)})
    result["folded"] = fold_column(result["label"] + " " + result["key"])
    return result.sort_values(["label", "key"], kind="stable").reset_index(drop=True)


def matching(parties: pd.DataFrame, words: str) -> pd.DataFrame:
    """Those of `everyone` whose number or name has the words; all of them without words."""
    return parties[search(words, parties["folded"])] if words.strip() else parties


def listed(found: pd.DataFrame, kind: str, wanted: str, lang: str) -> str:
    """Links to the parties found, and the unknown id, if any was asked for."""
    unknown = f'<p role="alert">{escape(text("party.unknown", lang, id=wanted))}</p>' if wanted else ""
    shown = found.head(N_FOUND)
    count = text("party.found", lang, n=i18n.number(len(found), lang), shown=i18n.number(len(shown), lang))
    links = "".join(
        f'<li><a href="{escape(compare.party_url(kind, row["key"], lang))}" target="_self">{escape(row["label"])}</a></li>'
        for row in shown.to_dict("records")
    )
    return sheet(unknown, paragraph(count, is_quiet=True), f"<ul>{links}</ul>" if links else "")
