"""Groups side by side and the pairs of buyers and contractors: sentences and tables in HTML, rows for the pictures."""

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from riskmap import draw_groups, filters, groups, i18n
from riskmap.draw_groups import measured
from riskmap.draw_network import N_PAIRS, Pair
from riskmap.filters import Filter
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web import current
from riskmap.web.view import Cell, table

MAX_ROWS = 25  # of a picture of rows
_NO_PLACE = "—"
_N_NAMED = 8  # names in a funnel
_FIELD = {"region": "regions", "programme": "programmes", "type": "types"}


class Comparison(NamedTuple):
    """What the page of one comparison shows: `found` as `labelled`, `total` over all facilities, the rows of the picture."""

    found: pd.DataFrame
    total: dict[str, Any]
    funnel: list[draw_groups.Group]
    spread: list[draw_groups.Row]


def comparison(shown: pd.DataFrame, by: str, measure: str, settings: Mapping[str, Any], lang: str) -> Comparison:
    """Everything about one way to compare the facilities shown; the picture is a funnel or rows, never both."""
    found = labelled(groups.compared(shown, by, measure, settings), by, lang)
    total = groups.overall(shown, measure, settings)
    if groups.MEASURES[measure].is_event:
        return Comparison(found, total, funnel_rows(found, by), [])
    values = groups.observed(shown, measure, settings)["value"].to_numpy(dtype=float)
    return Comparison(found, total, [], spread_rows(found, groups.keys(shown, by), values))


def labelled(compared: pd.DataFrame, by: str, lang: str) -> pd.DataFrame:
    """The groups with a `label`, by name: those large enough to compare, then the small ones, then the not known."""
    result = compared.assign(
        label=labels(compared["key"], compared["name"], lang) if by in groups.PARTIES else None,
        is_unknown=compared["key"].eq(groups.UNKNOWN),
    )
    if by not in groups.PARTIES:
        result["label"] = [filters.value_word(_FIELD[by], key, lang) for key in result["key"]]
    order = result.assign(folded=result["label"].str.casefold())
    return order.sort_values(["is_unknown", "is_small", "folded", "key"], kind="stable").reset_index(drop=True)


def labels(keys: pd.Series, names: pd.Series, lang: str) -> list[str]:
    """What firms and bodies are called: the name, and with it what tells namesakes apart."""
    return list(map(_party_label, keys, names, names.duplicated(keep=False), [lang] * len(keys)))


def _party_label(key: str, name: Any, is_shared: bool, lang: str) -> str:
    if key == groups.UNKNOWN:
        return text("common.not_known", lang)
    if pd.isna(name):
        return key
    if not is_shared:
        return str(name)
    beside = text("party.no_number", lang) if key.startswith(groups.NAME) else key
    return f"{name} ({beside})"


def party_url(kind: str, key: str, lang: str) -> str:
    """Relative address of the page of a contractor ("supplier") or a buyer."""
    return current.link("party?" + urlencode({"lang": lang, "kind": kind, "id": key}))


# ---- sentences ------------------------------------------------------------------------------------------------------
def answer(found: pd.DataFrame, total: Mapping[str, Any], measure: str, by: str, lang: str) -> str:
    """What the comparison says, in words and without a name: how many groups, what is usual, what lies outside."""
    known = found[~found["is_unknown"]]
    large = known[~known["is_small"]]
    numbers = {
        "groups": i18n.number(len(known), lang), "compared": i18n.number(len(large), lang),
        "small": i18n.number(len(known) - len(large), lang), "known": i18n.number(total["n_known"], lang),
        "unknown": i18n.number(total["n_unknown"], lang), "by": text(f"compare.by.{by}", lang),
    }  # fmt: skip
    parts = [text("compare.groups", lang, **numbers)]
    if not total["n_known"]:
        parts.append(text("compare.nothing_known", lang))
    elif groups.MEASURES[measure].is_event:
        shares = {"share": i18n.share(total["share"], lang), "n_yes": i18n.number(total["n_yes"], lang)}
        parts.append(text(f"compare.answer.{measure}", lang, **shares, **numbers))
        outside = {name: i18n.number(int(large["place"].eq(name).sum()), lang) for name in draw_groups.OUTSIDE}
        parts.append(text("compare.outside", lang, **outside))
    else:
        kind = groups.MEASURES[measure].kind
        told = {name: measured(total[name], kind, lang) for name in ("median", "p25", "p75")}
        parts.append(text(f"compare.answer.{measure}", lang, **told, **numbers))
        if len(large):
            ends = {"low": measured(large["median"].min(), kind, lang), "high": measured(large["median"].max(), kind, lang)}
            parts.append(text("compare.medians", lang, **ends))
    parts.append(text(f"compare.unknown.{measure}", lang, **numbers))
    return f'<p class="answer" aria-live="polite">{escape(" ".join(parts))}</p>'


def how_to_read(measure: str, snapshot: Snapshot, lang: str) -> str:
    """One sentence on reading the picture, and what a difference is not."""
    n = i18n.number(snapshot.manifest["settings"]["aggregate"]["min_facilities"], lang)
    picture = "funnel" if groups.MEASURES[measure].is_event else "spread"
    words = (text(f"compare.read.{picture}", lang), text("compare.fair", lang, n=n), text(f"compare.note.{measure}", lang))
    return f'<p class="note">{escape(" ".join(words))}</p>'


# ---- pictures -------------------------------------------------------------------------------------------------------
def funnel_rows(found: pd.DataFrame, by: str) -> list[draw_groups.Group]:
    """The marks of a funnel. Groups far outside carry their name, but never firms and bodies: those are in the table."""
    known = found[~found["is_unknown"]]
    far = known[known["place"].str.startswith("far") & ~known["is_small"]]
    named = set() if by in groups.PARTIES else set(far.nlargest(_N_NAMED, "n_known")["key"])
    return [
        draw_groups.Group(row["label"], row["n_known"], row["n_yes"], row["place"], row["is_small"], row["key"] in named)
        for row in known.to_dict("records")
    ]


def spread_rows(found: pd.DataFrame, keys: pd.Series, values: np.ndarray) -> list[draw_groups.Row]:
    """The groups that are drawn as rows: the MAX_ROWS with most known facilities, in the order of the table."""
    known = found[~found["is_unknown"]]
    drawn = set(known.nlargest(MAX_ROWS, "n_known")["key"])
    positions = {key: at for key, at in pd.Series(np.arange(len(keys))).groupby(keys.to_numpy()).indices.items() if key in drawn}
    return [
        draw_groups.Row(
            row["label"], (own := values[positions[row["key"]]])[~np.isnan(own)], row["n_unknown"], bool(row["is_small"])
        )
        for row in known.to_dict("records")
        if row["key"] in drawn
    ]


def not_drawn(compared: Comparison, lang: str) -> str:
    """How many groups stand only in the table; nothing where all are drawn. A funnel draws them all."""
    drawn = len(compared.spread)
    n = int((~compared.found["is_unknown"]).sum()) - drawn
    if not drawn or not n:
        return ""
    return (
        f'<p class="note">{escape(text("compare.not_drawn", lang, n=i18n.number(n, lang), drawn=i18n.number(drawn, lang)))}</p>'
    )


# ---- tables ---------------------------------------------------------------------------------------------------------
def groups_table(found: pd.DataFrame, total: Mapping[str, Any], measure: str, by: str, filter_: Filter, lang: str) -> str:
    """The same in a table: one page of groups, and the sum over all of them."""
    is_event = groups.MEASURES[measure].is_event
    names = ["n_yes", "share", "expected"] if is_event else list(groups.QUANTILES)
    heads = [text(f"compare.by.{by}", lang), *([text("compare.columns.place", lang)] if is_event else [])]
    counts = ("facilities", "known", "unknown", *(["other"] if measure == "days_late" else []))
    heads += [text(f"compare.columns.{name}", lang) for name in (*counts, *names)]
    listed = found.to_dict("records")
    rows = [[Cell(_called(row, measure, lang), _href(row, by, filter_, lang)), *_cells(row, measure, lang)] for row in listed]
    last = [Cell(text("compare.total", lang)), *_cells({**total, "is_unknown": True}, measure, lang)]
    greyed = {i for i, row in enumerate(listed) if row["is_small"] or row["is_unknown"]}
    return table(heads, rows, caption=text("compare.table", lang), total=last, greyed=greyed, n_text=2 if is_event else 1)


def _called(row: Mapping[Any, Any], measure: str, lang: str) -> str:
    """The name; where no column holds a place against limits, it says itself that the group is too small."""
    if groups.MEASURES[measure].is_event or row["is_unknown"] or not row["is_small"]:
        return row["label"]
    return text("compare.small_group", lang, name=row["label"], small=text("compare.place.small", lang))


def _href(row: Mapping[Any, Any], by: str, filter_: Filter, lang: str) -> str:
    if by in groups.PARTIES:
        return "" if row["is_unknown"] else party_url(by, row["key"], lang)
    only: dict[str, Any] = {_FIELD[by]: (row["key"],)}
    return "map?" + urlencode({"lang": lang, **filters.to_query(replace(filter_, **only))})


def _cells(row: Mapping[Any, Any], measure: str, lang: str) -> list[Cell]:
    """The cells after the name. The line of the not known and the total are no group: they are held against no limits."""
    chosen = groups.MEASURES[measure]
    names = ("n_facilities", "n_known", "n_unknown", *(["n_other"] if measure == "days_late" else []))
    counts = [Cell(i18n.number(row[name], lang)) for name in names]
    if not chosen.is_event:
        return [*counts, *(Cell(measured(row[name], chosen.kind, lang)) for name in groups.QUANTILES)]
    place, expected = _NO_PLACE, _NO_PLACE
    if not row["is_unknown"]:
        place = text(f"compare.place.{'small' if row['is_small'] else row['place']}", lang)
        expected = text("map.between", lang, low=i18n.share(row["low"], lang), high=i18n.share(row["high"], lang))
    return [Cell(place), *counts, Cell(i18n.number(row["n_yes"], lang)), Cell(i18n.share(row["share"], lang)), Cell(expected)]


# ---- who works for whom ---------------------------------------------------------------------------------------------
def pair_labels(pairs: pd.DataFrame, rows: pd.DataFrame, lang: str) -> pd.DataFrame:
    """The pairs with `buyer` and `supplier` as labels."""
    for kind in groups.PARTIES:
        keys = pd.Series(pairs[f"{kind}_key"].unique(), dtype=object)
        named = keys.map(groups.names(rows[f"{kind}_key"], rows[f"{kind}_name"]))
        label = dict(zip(keys, labels(keys, named, lang), strict=True))
        pairs = pairs.assign(**{kind: pairs[f"{kind}_key"].map(label)})
    return pairs


def network_answer(pairs: pd.DataFrame, n_unpaired: int, n_facilities: int, lang: str) -> str:
    """How many pairs, how often a pair meets again, what T15 says, what is not known."""
    again = pairs[pairs["n_facilities"] > 1]
    late = pairs[pairs["n_overdue"] > 1]
    numbers = {
        "facilities": n_facilities, "pairs": len(pairs), "buyers": pairs["buyer_key"].nunique(),
        "suppliers": pairs["supplier_key"].nunique(), "again": len(again), "late": len(late),
        "concentrated": int(pairs["is_concentrated"].sum()), "unpaired": n_unpaired,
    }  # fmt: skip
    words = text("network.answer", lang, **{name: i18n.number(n, lang) for name, n in numbers.items()})
    return f'<p class="answer" aria-live="polite">{escape(words)}</p>'


def network_note(settings: Mapping[str, Any], lang: str) -> str:
    """How to read the picture, and what T15 counts."""
    own = settings["concentration"]
    numbers = {
        "share": i18n.share(own["buyer_ramp"][0], lang), "months": own["months"],
        "contracts": own["min_buyer_contracts"], "wins": own["min_wins"],
    }  # fmt: skip
    words = (text("network.read", lang), text("network.rule", lang, **numbers), text("network.fair", lang))
    return f'<p class="note">{escape(" ".join(words))}</p>'


def drawn_pairs(pairs: pd.DataFrame) -> list[Pair]:
    """The first N_PAIRS of `groups.pairs` for the picture."""
    return [Pair(**{name: row[name] for name in Pair._fields}) for row in pairs.head(N_PAIRS).to_dict("records")]


def pairs_table(pairs: pd.DataFrame, snapshot: Snapshot, lang: str) -> str:
    """One page of the pairs."""
    heads = [text(f"compare.by.{kind}", lang) for kind in ("buyer", "supplier")]
    heads += [text(f"network.columns.{name}", lang) for name in PAIR_COLUMNS]
    rows = [
        [
            Cell(row["buyer"], party_url("buyer", row["buyer_key"], lang)),
            Cell(row["supplier"], party_url("supplier", row["supplier_key"], lang)),
            *pair_cells(row, snapshot, lang),
        ]
        for row in pairs.to_dict("records")
    ]
    return table(heads, rows, caption=text("network.table", lang), n_text=2)


PAIR_COLUMNS = ("facilities", "contracts", "overdue", "flagged", "value", "value_unknown", "buyer_share")


def pair_cells(row: Mapping[Any, Any], snapshot: Snapshot, lang: str) -> list[Cell]:
    """The numbers of a pair, in the order of PAIR_COLUMNS."""
    of = text("network.of", lang, n=i18n.number(row["n_overdue"], lang), known=i18n.number(row["n_overdue_known"], lang))
    is_known = pd.notna(row["value"])
    share = i18n.share(row["buyer_share"], lang)
    if row["is_concentrated"]:
        share = text("network.share_counts", lang, share=share)
    return [
        Cell(i18n.number(row["n_facilities"], lang)),
        Cell(i18n.number(row["n_contracts"], lang)),
        Cell(of),
        Cell(i18n.number(row["n_flagged"], lang)),
        Cell(
            i18n.money(row["value"], lang, snapshot.currency),
            full=i18n.money(row["value"], lang, snapshot.currency, full=True) if is_known else "",
        ),
        Cell(i18n.number(row["n_value_unknown"], lang)),
        Cell(share),
    ]
