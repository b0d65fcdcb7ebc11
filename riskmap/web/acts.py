"""The register of draft legal acts on the page and over HTTP: what is open now, recommendations and answers, CSV, a feed."""

from collections.abc import MutableMapping, Sequence
from datetime import date
from html import escape
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as xml

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from riskmap import i18n, workdays
from riskmap.control import acts as register
from riskmap.control import wording
from riskmap.control.acts import Taken, is_open
from riskmap.control.clock import Clock
from riskmap.control.records import Act
from riskmap.i18n import text
from riskmap.problem import DataError, describe
from riskmap.store import control as kept
from riskmap.web import clock, control, control_actions, control_routes, current, exports, feeds, files, own_settings, review
from riskmap.web.sheet import bullets, opening, paragraph, sheet
from riskmap.web.view import Cell, table

_CSV, _FEED = "/files/acts.csv", "/feeds/acts.atom"
_N_PROBLEMS = 50  # of a file, listed one by one


def listed() -> list[Act]:
    """The register, newest publication first. DataError while the store cannot be used."""
    return kept.acts(current.store())


def take(key: review.Key, typed: str, told: MutableMapping[str, Any]) -> Taken:
    """Register the acts of a CSV text, for whoever may write documents of public control; `told` gets what became of it."""
    who = review.who(key, control_actions.RIGHT)
    told["acts_taken"] = register.take(current.store(), typed.encode(), "CSV", who=who, today=clock.today())
    return told["acts_taken"]


# ---- words --------------------------------------------------------------------------------------------------------------
def said(acts: Sequence[Act], of: Sequence[Clock], lang: str) -> str:
    """The answer of the page in one breath, what the register is, and what it assumes."""
    today = clock.today()
    overdue = sum(reply.state == "overdue" for one in of for reply in one.replies)
    if acts:
        n_open = sum(is_open(act, today) for act in acts)
        numbers = {"n": len(acts), "open": n_open, "overdue": overdue}
        words = text("acts.answer", lang, **{name: i18n.number(n, lang) for name, n in numbers.items()})
    else:
        words = text("acts.answer_none", lang)
    day = paragraph(text("control.today", lang, day=i18n.day(today, lang)), is_quiet=True)
    return (
        f'<p class="answer">{escape(words)}</p>{day}{paragraph(text("acts.what", lang))}'
        f"{paragraph(text('acts.assumption', lang), is_quiet=True)}"
    )


_COLUMNS = ("title", "body_name", "act_number", "published_on", "comments_until", "state")


def of_register(acts: Sequence[Act], lang: str) -> str:
    """Every draft act: what is open first, by the day on which comments end."""
    if not acts:
        return ""
    today = clock.today()
    ordered = sorted(acts, key=lambda act: (not is_open(act, today), act.comments_until, act.act_id))
    heads = [text(f"acts.column.{name}", lang) for name in _COLUMNS] + [text("acts.column.link", lang)]
    rows = [
        [
            Cell(act.title), Cell(act.body_name), Cell(act.act_number or "—"), Cell(i18n.day(act.published_on, lang)),
            Cell(_until(act, lang)), Cell(state(act, today, lang)), _link(act, lang),
        ]
        for act in ordered
    ]  # fmt: skip
    return table(heads, rows, caption=text("acts.register_title", lang), n_text=7)


def _link(act: Act, lang: str) -> Cell:
    return Cell(text("acts.link", lang), act.link) if act.link else Cell("—")


def _until(act: Act, lang: str) -> str:
    """The last day for comments as the source has it; that it is no working day is said, not mended."""
    known = workdays.calendar(own_settings.configured())
    note = "" if workdays.is_working(act.comments_until, known) else f" ({text('acts.not_working', lang)})"
    return i18n.day(act.comments_until, lang) + note


def state(act: Act, today: date, lang: str) -> str:
    """Open with so many calendar days left, closed, or not open yet."""
    if today < act.published_on:
        return text("acts.not_open", lang)
    if today > act.comments_until:
        return text("acts.closed", lang)
    left = (act.comments_until - today).days
    return text("acts.left", lang, n=i18n.number(left, lang)) if left else text("acts.last", lang)


def of_recommendations(acts: Sequence[Act], of: Sequence[Clock], lang: str) -> str:
    """Recommendations on each act with their answers and grades; nothing where none was made."""
    by_act: dict[str, list[Clock]] = {}
    for one in of:
        by_act.setdefault(one.document.subject_id, []).append(one)
    parts = []
    for act in acts:
        for one in by_act.get(act.act_id, []):
            pairs = [
                (
                    f"{reply.recommendation.number}. {wording.state(reply, lang)}",
                    [
                        wording.words_of(reply, lang),
                        *(each.text for each in reply.recommendation.answers),
                        wording.grade_of(reply, lang),
                    ],
                )
                for reply in one.replies
            ]
            note = text(f"control.state.{one.state}", lang)
            parts.append(opening(act.title, f"{note}; {wording.left(one.term, lang)}", pairs))
            href = escape(control.url(one.document, lang))
            parts.append(f'<p><a href="{href}" target="_self">{escape(text("control.read", lang))}</a></p>')
    title = f"<h2>{escape(text('acts.recommendations', lang))}</h2>"
    return sheet(title, *(parts or [paragraph(text("acts.no_document", lang))]))


def downloads(lang: str) -> str:
    """The register as a file, and the feed of what is open."""
    query = urlencode({"lang": lang})
    links = [(text("acts.csv", lang), _CSV.lstrip("/")), (text("acts.feed", lang), f"{_FEED.lstrip('/')}?{query}")]
    return control.bullets_of_links(links)


def report(taken: Taken, lang: str) -> str:
    """What became of a file, in words; the first refused cells one by one."""
    words = text("acts.import_line", lang, **{name: i18n.number(n, lang) for name, n in taken.counts.items()})
    return sheet(paragraph(words), bullets(problem_lines(taken, lang)[:_N_PROBLEMS]))


def problem_lines(taken: Taken, lang: str) -> list[str]:
    """Row, column and what is wrong, one line per problem."""
    return [
        text("acts.import_problem", lang, row=one.row, column=one.column or "—", what=describe(one, lang, with_place=False))
        for one in taken.problems
    ]


# ---- over HTTP ----------------------------------------------------------------------------------------------------------
def routes() -> list[Route]:
    """The register as CSV, and the feed of what is open now."""
    return [Route(_CSV, _file), Route(_FEED, _feed)]


async def _file(request: Request) -> Response:
    _, wrong = files.asked_language(request)
    if wrong:
        return wrong
    try:
        body = await anyio.to_thread.run_sync(lambda: register.written(listed()))
    except DataError as error:
        return control_routes.refused(error)
    return exports.attachment(request, body, "legal-acts.csv", "text/csv; charset=utf-8")


async def _feed(request: Request) -> Response:
    lang, wrong = files.asked_language(request)
    if wrong:
        return wrong
    try:
        body = await anyio.to_thread.run_sync(lambda: feed(listed(), clock.today(), str(request.base_url), lang))
    except DataError as error:
        return control_routes.refused(error)
    return files.answer(request, body, "application/atom+xml", is_versioned=False)


def feed(acts: Sequence[Act], today: date, base: str, lang: str) -> bytes:
    """What is open on that day (Atom, RFC 4287). An entry keeps its id in every language; a corrected act is updated."""
    opened = [act for act in acts if is_open(act, today)]
    page = f"{base}acts?{urlencode({'lang': lang})}"
    updated = max((act.published_on for act in opened), default=today)
    own = f"{base}{_FEED.lstrip('/')}?{urlencode({'lang': lang})}"
    root = feeds.head(f"acts {lang}", text("acts.feed_words.title", lang), lang, updated=updated, own=own, page=page)
    for act in opened:
        notice, until = text("common.demo", lang) if act.is_demo else "", i18n.day(act.comments_until, lang)
        summary = text("acts.feed_words.summary", lang, body=act.body_name, day=until, notice=notice).rstrip(" ·")
        root.append(feeds.entry(f"act {act.act_id}", act.title, summary, act.published_on, act.link or page))
    return xml.tostring(root, encoding="utf-8", xml_declaration=True)
