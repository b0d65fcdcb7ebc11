"""The page of one facility in HTML, in the reader's language: everything but its charts."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from riskmap import explain, i18n
from riskmap.explain import Explanation
from riskmap.filters import Filter
from riskmap.i18n import text
from riskmap.schema import FACT_TABLES
from riskmap.web import directions, exports, party, qr, view
from riskmap.web.sheet import bullets, level, opening, paragraph, section, sheet, side_by_side, summary

_CONTRACT = (
    "contract_no",
    "supplier_name",
    "signed_on",
    "due_first_on",
    "due_on",
    "method",
    "n_bidders",
    "value_first_amount",
    "value_amount",
)
_AMENDMENT = (
    "amended_on",
    "amendment_kind",
    "reason",
    "due_before_on",
    "due_after_on",
    "value_before_amount",
    "value_after_amount",
)
_N_HEAD = 5  # what stands at the head of the page: level, R, checked, budget, exposure; estimates follow the story
_PROBLEM = ("sentence", "place", "column", "value")
_WHOLE = "—"  # a problem of a whole row or file is of no column and has no value


def head(row: Mapping[str, Any], known: Explanation, lang: str) -> str:
    """Place, the answer in one breath, level, points with their interval, how much was checked, money."""
    (level_label, _), *others = known.summary[:_N_HEAD]
    pairs = [(level_label, level(row["level"], lang)), *((label, escape(value)) for label, value in others)]
    flag = f' <span class="flag">{escape(text("facility.flagged", lang))}</span>' if row["is_flagged"] is True else ""
    return (
        f'<div class="head"><p class="quiet">{escape(explain.place(row, lang))}{flag}</p>{party.links(row, lang)}</div>'
        f'<p class="answer wide">{escape(known.headline)}</p>{summary(pairs)}'
    )


def story(row: Mapping[str, Any], known: Explanation, lang: str) -> str:
    """The facility on one screen, before every detail."""
    parts = [f"<section><h2>{escape(title)}</h2>{bullets(lines)}</section>" for title, lines in explain.story(row, known, lang)]
    return f'<div class="sheet wide story">{"".join(parts)}</div>'


def dossier(facility_id: str, snapshot_id: str, lang: str) -> str:
    """The way to the dossier on paper."""
    anyone = Filter(flagged=None)
    address = exports.url(snapshot_id, anyone, format="dossier.pdf", lang=lang, facility_id=facility_id)
    return f'<p><a href="{escape(address)}" download target="_self">{escape(text("facility.dossier", lang))}</a></p>'


def estimates(known: Explanation) -> str:
    """Rank and money at risk with their intervals; nothing in a snapshot that has neither."""
    found = known.summary[_N_HEAD:]
    return summary([(label, escape(value)) for label, value in found]) if found else ""


def facts(known: Explanation, lang: str) -> str:
    """Each indicator that fires, opening to its numbers; what to check; what is not known and would change; what is clear."""
    firing = [opening(explain.line(fact, lang), fact.finding, explain.body(fact, lang)) for fact in known.firing]
    tasks = {
        name: bullets(explain.tasks(known.firing, part, lang))
        for name, part in (("officials", "official"), ("visitors", "volunteer"))
    }
    unknown = bullets(explain.unknown(known.not_known, lang), css="unknown")
    gaps = bullets([explain.gap(one, lang) for one in known.gaps], css="unknown")
    clear = bullets([fact.words("title", lang) for fact in known.clear])
    return sheet(
        _section("firing", lang, *firing),
        side_by_side(*(_section(name, lang, lines) for name, lines in tasks.items())),
        side_by_side(_section("not_known", lang, unknown), _section("gaps", lang, gaps)),
        _section("changes", lang, _changes(known, lang)),
        _section("clear", lang, clear),
        is_wide=True,
    )  # fmt: skip


def _changes(known: Explanation, lang: str) -> str:
    """Per indicator that is not known: what it needs, and what follows if it turned out bad or clear."""
    rows = [[view.Cell(words) for words in explain.change(one, lang)] for one in known.changes]
    if not rows:
        return ""
    heads = [text(f"facility.change.{name}", lang) for name in ("indicator", "needs", "bad", "clear")]
    note = paragraph(text("facility.change.note", lang), is_quiet=True)
    return note + view.table(heads, rows, caption=text("facility.change.caption", lang), n_text=len(heads))


def records(row: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], currency: str, lang: str) -> str:
    """Contracts, amendments, the problems of its rows, and where the row comes from."""
    url = explain.link(row)
    label = escape(text("facility.source_link", lang))
    link = f'<p><a href="{escape(url)}" rel="noopener noreferrer" target="_blank">{label}</a></p>'
    return sheet(
        _table("contracts", tables, _CONTRACT, currency, lang) or _section("contracts", lang),
        _table("amendments", tables, _AMENDMENT, currency, lang) or _section("amendments", lang),
        problems(tables["problems"], text("facility.section.problems", lang), lang) or _section("problems", lang),
        _section("sources", lang, bullets(explain.source(row, lang)), link if url else ""),
        _visit(row, lang),
        is_wide=True,
    )  # fmt: skip


def _visit(row: Mapping[str, Any], lang: str) -> str:
    """What a visitor takes along: whom to ask, the way there, and the code that opens the facility on a phone."""
    contact, href = row.get("buyer_contact"), explain.contact_url(row.get("buyer_contact"))
    words = escape(str(contact)) if href else escape(text("common.not_known", lang))
    told = f'<a href="{escape(href)}" rel="noopener noreferrer">{words}</a>' if href else words
    has_place = not pd.isna(row["lat"]) and not pd.isna(row["lon"])
    way = directions.url(f"{row['lat']:.5f}, {row['lon']:.5f}") if has_place else ""
    label, caption, site = escape(text("plan.directions", lang)), escape(text("plan.qr.page", lang)), qr.public_url()
    code = qr.data_uri(qr.page(site, "facility", row["facility_id"])) if site else ""
    figure = f'<figure><img class="qr" alt="{caption}" src="{code}"><figcaption>{caption}</figcaption></figure>'
    return section(
        text("plan.visitors", lang),
        f"<p>{escape(text('column.buyer_contact', lang))}: {told}</p>",
        f'<p><a href="{escape(way)}" rel="noopener noreferrer" target="_blank">{label}</a></p>' if way else "",
        figure if code else paragraph(text("plan.qr.none", lang), is_quiet=True),
    )


def found(rows: pd.DataFrame, wanted: str, n_shown: int, lang: str) -> str:
    """What stands above the list of facilities to choose from: the unknown id, if any, and how many were found."""
    unknown = f'<p role="alert">{escape(text("facility.unknown", lang, id=wanted))}</p>' if wanted else ""
    n, shown = i18n.number(len(rows), lang), i18n.number(min(len(rows), n_shown), lang)
    return unknown + paragraph(text("facility.found", lang, n=n, shown=shown), is_quiet=True)


def problems(frame: pd.DataFrame, caption: str, lang: str) -> str:
    """Problem rows as a table: what is wrong, where, and what was found. Empty where there are none."""
    rows = [_problem(row, lang) for row in frame.to_dict("records")]
    heads = [text(f"data.problem.{name}", lang) for name in _PROBLEM]
    return view.table(heads, rows, caption=caption, n_text=len(heads)) if rows else ""


def _problem(row: Mapping[str, Any], lang: str) -> list[view.Cell]:
    place = explain.where(row["source_file"], row["sheet"], row["row"], lang)
    found = [_WHOLE if pd.isna(row[name]) else str(row[name]) for name in ("column", "value")]
    return [view.Cell(words) for words in (explain.problem_sentence(row, lang), place, *found)]


def _table(name: str, tables: Mapping[str, pd.DataFrame], columns: Sequence[str], currency: str, lang: str) -> str:
    frame, kinds = tables[name], FACT_TABLES[name]
    if frame.empty:
        return ""
    rows = [[view.Cell(explain.cell(row[c], c, kinds[c], currency, lang)) for c in columns] for row in frame.to_dict("records")]
    n_text = sum(kinds[c] != "money" for c in columns)
    return view.table(
        [text(f"column.{c}", lang) for c in columns], rows, caption=text(f"facility.section.{name}", lang), n_text=n_text
    )


def _section(name: str, lang: str, *parts: str) -> str:
    return section(text(f"facility.section.{name}", lang), *parts, empty=text(f"facility.none.{name}", lang))
