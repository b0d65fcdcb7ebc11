"""Public control on the pages: the clock in words and tables, one document's story, drafts and their files."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from riskmap import explain, filters, i18n, workdays
from riskmap.control import document as papers
from riskmap.control import wording
from riskmap.control.clock import Body, Clock, bodies, clocks
from riskmap.control.document import Draft
from riskmap.control.records import GRADES, Act, Document
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot, withdrawn
from riskmap.store import control as kept
from riskmap.web import clock, current, own_settings
from riskmap.web.sheet import bullets, labelled, opening, paragraph, section, sheet, summary
from riskmap.web.view import Cell, table

CALENDAR = "/feeds/control.ics"
ENDINGS = ("docx", "pdf")
_N_FOUND = 20


# ---- what is known ------------------------------------------------------------------------------------------------------
def found(subject: str | None = None) -> list[Clock]:
    """Every document as it stands today, the most urgent first. DataError while the store cannot be used."""
    shut = withdrawn(current.current().folder)
    listed = [one for one in kept.documents(current.store(), subject=subject) if one.subject_id not in shut]
    return clocks(listed, clock.today(), own_settings.configured())


def draft(snapshot: Snapshot, facility_id: str, *, with_store: bool = True) -> Draft | None:
    """The draft for a facility in every language; None where there is no such facility, or it is not shown."""
    return _draft(snapshot.id, facility_id, _seen(facility_id) if with_store else ())


def _seen(facility_id: str) -> tuple:
    return kept.citable(current.store(), facility_id, settings=own_settings.configured())


@lru_cache(maxsize=32)
def _draft(snapshot_id: str, facility_id: str, observed: tuple) -> Draft | None:
    return papers.of_facility(current.get(snapshot_id), facility_id, observed, i18n.LANGUAGES)


def act_draft(act: Act, snapshot: Snapshot) -> Draft:
    """The draft for a draft legal act."""
    return papers.of_act(act, snapshot, i18n.LANGUAGES)


def facilities(snapshot: Snapshot, words: str, lang: str, *, wanted: str = "") -> dict[str, str]:
    """Identifier -> name of the facilities that a text may mean, at most 20; without a text, the one wanted."""
    if words.strip():
        matching = filters.apply(filters.Filter(text=words), snapshot.facilities).head(_N_FOUND).to_dict("records")
    else:
        row = explain.find(snapshot.facilities, wanted)
        matching = [row] if row else []
    return {row["facility_id"]: f"{explain.name(row, lang)} ({row['facility_id']})" for row in matching}


def lines(words: str) -> list[str]:
    """What was typed, one recommendation per line."""
    return [line.strip() for line in words.splitlines() if line.strip()]


def paper(made: Draft, recommendations: Sequence[str], finished_on: date, lang: str) -> papers.Paper:
    """The document as it would be printed."""
    return papers.paper(made, recommendations, finished_on=finished_on, lang=lang, settings=own_settings.configured())


def draft_files(
    made: Draft, typed: Mapping[str, str], *, body_name: str, body_id: str, finished_on: date
) -> list[dict[str, Any]]:
    """The files of a draft, in each language in which something is recommended: label, name, type, content.

    DataError `control_recommendations` for more than a document may have: anybody may type here, and ten thousand lines
    would keep a processor busy for ten seconds.
    """
    from riskmap.export import docx, letter  # noqa: PLC0415

    most = own_settings.configured()["public_control"]["max_recommendations"]
    if any(len(lines(words)) > most for words in typed.values()):
        raise DataError("control_recommendations", limit=str(most))

    made = papers.addressed(made, body_name, body_id)
    ready = []
    for lang, words in typed.items():
        if each := lines(words):
            content = paper(made, each, finished_on, lang)
            for ending, kind in (("docx", docx.MEDIA_TYPE), ("pdf", letter.MEDIA_TYPE)):
                name = f"public-control-draft-{lang}.{ending}"
                label = f"{ending.upper()}, {lang.upper()}"
                ready.append({"label": label, "name": name, "type": kind, "content": file(content, ending)})
    return ready


def preview(
    made: Draft, typed: Mapping[str, str], *, body_name: str, body_id: str, finished_on: date, lang: str
) -> str:  # fmt: skip
    """The draft on the page in the reader's language; in English with what was proposed, because nobody writes it there."""
    words = lines(typed[lang]) if lang in typed else list(made.recommendations[lang])
    return shown(paper(papers.addressed(made, body_name, body_id), words, finished_on, lang))


@lru_cache(maxsize=64)
def _encoded(content: str, ending: str) -> bytes:
    from riskmap.export import docx, letter  # noqa: PLC0415  a tenth of a second that only documents need

    return (docx if ending == "docx" else letter).encode(json.loads(content))


def file(content: Mapping[str, Any], ending: str) -> bytes:
    """The file of a paper."""
    return _encoded(json.dumps(content, ensure_ascii=False, sort_keys=True), ending)


# ---- words --------------------------------------------------------------------------------------------------------------
def said(of: Sequence[Clock], lang: str) -> str:
    """The answer of the page in one breath, and the law behind it."""
    today = f'<p class="quiet">{escape(text("control.today", lang, day=i18n.day(clock.today(), lang)))}</p>'
    if of:
        each = bodies(of)
        totals = {name: i18n.number(sum(getattr(body, f"n_{name}") for body in each), lang) for name in
                  ("overdue", "waiting", "answered")}  # fmt: skip
        words = text("control.answer", lang, n=i18n.number(len(of), lang), bodies=i18n.number(len(each), lang), **totals)
    else:
        words = text("control.answer_none", lang)
    own = own_settings.configured()["public_control"]
    what = text("control.what", lang, send=own["send_working_days"], answer=own["answer_working_days"])
    return f'<p class="answer">{escape(words)}</p>{today}{paragraph(what)}'


_BODY = ("n_documents", "n_recommendations", "n_overdue", "n_waiting", "n_answered", "n_answered_late")


def of_bodies(of: Sequence[Clock], lang: str) -> str:
    """What is due, overdue and answered, by body; nothing where there are no documents."""
    if not of:
        return ""
    heads = [text(f"control.column.{name}", lang) for name in ("body", "grades", "next_due_on", *_BODY)]
    rows = [
        [Cell(body.name), Cell(_grades(body, lang)), Cell(i18n.day(body.next_due_on, lang) if body.next_due_on else "—")]
        + [Cell(i18n.number(getattr(body, name), lang)) for name in _BODY]
        for body in bodies(of)
    ]
    return table(heads, rows, caption=text("control.bodies_title", lang), n_text=3)


def _grades(body: Body, lang: str) -> str:
    found_ = [
        f"{text(f'control.grade.{one}', lang)}: {i18n.number(body.grades[one], lang)}" for one in GRADES if body.grades[one]
    ]
    return "; ".join(found_) or "—"


def of_documents(of: Sequence[Clock], lang: str) -> str:
    """Every document, the most urgent first, each with the term that runs."""
    if not of:
        return ""
    heads = [text(f"control.column.{name}", lang) for name in ("document", "body", "state", "term", "left")]
    rows = [
        [
            Cell(one.document.title, url(one.document, lang)),
            Cell(one.document.body_name),
            Cell(text(f"control.state.{one.state}", lang)),
            Cell(i18n.day(one.term.due_on, lang) + ("*" if one.term.doubts else "") if one.term else "—"),
            Cell(wording.left(one.term, lang)),
        ]
        for one in of
    ]
    doubts_ = sorted({papers.doubt(one, lang) for each in of if each.term for one in each.term.doubts})
    note = "".join(paragraph(f"* {words}", is_quiet=True) for words in doubts_)
    return table(heads, rows, caption=text("control.documents_title", lang), n_text=5) + sheet(note)


def earlier(of: Sequence[Clock], facility_id: str, lang: str) -> str:
    """The documents that a facility has already; nothing where there is none."""
    own = [one for one in of if facility_id and (one.document.subject, one.document.subject_id) == ("facility", facility_id)]
    back = f'<p><a href="control?{urlencode({"lang": lang})}" target="_self">{escape(text("control.back", lang))}</a></p>'
    return (back if facility_id else "") + of_documents(own, lang)


def url(one: Document, lang: str) -> str:
    """Relative address of a document's page."""
    return "control?" + urlencode({"document": one.document_id, "lang": lang})


def document(one: Clock, lang: str) -> str:
    """One document: where it stands, its story in days, each recommendation with its answers."""
    own = one.document
    back = f'<p><a href="control?{urlencode({"lang": lang})}" target="_self">{escape(text("control.back", lang))}</a></p>'
    demo = paragraph(text("control.demo", lang)) if own.is_demo else ""
    body = text("control.paper.body_bin", lang, name=own.body_name, bin=own.body_id) if own.body_id else own.body_name
    head = summary([
        (text("control.column.body", lang), escape(body)),
        (text("control.column.state", lang), escape(text(f"control.state.{one.state}", lang))),
        (text("control.column.term", lang), escape(i18n.day(one.term.due_on, lang) if one.term else "—")),
        (text("control.column.left", lang), escape(wording.left(one.term, lang))),
    ])  # fmt: skip
    links = bullets_of_links([(f"{lang_.upper()} {ending.upper()}", file_url(own, lang_, ending)) for lang_ in own.papers
                              for ending in ENDINGS])  # fmt: skip
    notes = [text("control.from_sending", lang)] if one.is_from_sending and one.state != "answered" else []
    notes += [papers.doubt(each, lang) for each in one.term.doubts] if one.term else []
    notes += [_hearing(each, lang) for each in one.hearings]
    quiet = "".join(paragraph(note, is_quiet=True) for note in notes)
    mark_ = labelled([(text("control.hash", lang), own.content_hash)])
    return back + demo + head + links + sheet(quiet, mark_) + _story(one, lang) + _replies(one, lang)


def bullets_of_links(links: Sequence[tuple[str, str]]) -> str:
    """Links in a row."""
    made = " · ".join(f'<a href="{escape(href)}" target="_self" download>{escape(words)}</a>' for words, href in links)
    return f"<p>{made}</p>"


def _hearing(one: Any, lang: str) -> str:
    day, own = i18n.day(one.on, lang), own_settings.configured()["public_control"]
    if one.notice_days is None:
        return text("control.hearing_unknown", lang, day=day)
    words = "control.hearing_yes" if one.is_in_time else "control.hearing_no"
    return text(words, lang, day=day, n=i18n.number(one.notice_days, lang), of=own["hearing_notice_working_days"])


def _story(one: Clock, lang: str) -> str:
    """What happened and what is due, by day; what is still due is greyed."""
    own = one.document
    days = [(own.finished_on, 0, text("control.event.finished", lang), "")]
    days += [(event.on, 1, text(f"control.event.{event.kind}", lang), event.note) for event in own.events]
    for each in own.recommendations:
        for reply in each.answers:
            days.append((reply.received_on, 2, text("control.event.answered", lang, n=each.number), ""))
            if reply.grade:
                words = text(f"control.grade.{reply.grade.grade}", lang)
                said_ = text("control.event.graded", lang, n=each.number, grade=words)
                days.append((reply.grade.graded_on, 3, said_, reply.grade.reason))
    if one.sent_on is None:
        days.append((one.send.due_on, 4, text("control.event.due_send", lang), ""))
    if one.answer:
        days.append((one.answer.due_on, 4, text("control.event.due_answer", lang), ""))
    days.sort(key=lambda each: each[:2])
    heads = [text(f"control.column.{name}", lang) for name in ("day", "event", "note")]
    rows = [[Cell(i18n.day(day, lang)), Cell(what), Cell(note or "—")] for day, _, what, note in days]
    greyed = {at for at, each in enumerate(days) if each[1] == 4}
    return table(heads, rows, caption=text("control.events", lang), n_text=3, greyed=greyed)


def _replies(one: Clock, lang: str) -> str:
    heads = [text(f"control.column.{name}", lang) for name in ("number", "recommendation", "state", "answer", "grade")]
    rows = []
    for reply in one.replies:
        answers = " / ".join(f"{i18n.day(each.received_on, lang)}: {each.text}" for each in reply.recommendation.answers)
        rows.append([
            Cell(str(reply.recommendation.number)), Cell(wording.words_of(reply, lang)), Cell(wording.state(reply, lang)),
            Cell(answers or "—"), Cell(wording.grade_of(reply, lang)),
        ])  # fmt: skip
    return table(heads, rows, caption=text("control.recommendations", lang), n_text=5)


def law(lang: str) -> str:
    """What the law says, how we count, which years are known, and what each grade means."""
    settings = own_settings.configured()
    own = settings["public_control"]
    numbers = {name: own[f"{name}_working_days"] for name in ("send", "answer", "hearing_notice")}
    said_ = [text(f"control.law.{name}", lang, **numbers) for name in ("send", "answer", "hearing", "read", "counting")]
    known = workdays.calendar(settings)
    years = [text("control.calendar_line", lang, year=number, source=year.source) for number, year in known.years]
    years += [papers.doubt(workdays.Doubt("disputed", day), lang) for _, year in known.years for day in sorted(year.disputed)]
    last = max((number for number, _ in known.years), default=clock.today().year - 1)
    years.append(papers.doubt(workdays.Doubt("year_unknown", date(last + 1, 1, 1)), lang))
    grades = [(text(f"control.grade.{one}", lang), text(f"control.grade_meaning.{one}", lang)) for one in GRADES]
    scale = opening(text("control.grades.title", lang), "", [*grades, ("", text("control.grades.source", lang))])
    return sheet(
        section(text("control.doubt_title", lang), bullets(said_)),
        section(text("control.calendar_title", lang), bullets(years)),
        scale,
    )


def shown(content: Mapping[str, Any]) -> str:
    """A paper on the page, as it would be printed."""
    parts = [f"<h2>{escape(content['title'])}</h2>", paragraph(content["subtitle"]), paragraph(content["stamp"], is_quiet=True)]
    for part in content["parts"]:
        if part["kind"] == "pairs":
            inside = labelled(part["rows"])
        elif part["kind"] == "numbered":
            inside = "<ol>" + "".join(f"<li>{escape(words)}</li>" for words in part["rows"]) + "</ol>"
        elif part["kind"] == "blanks":
            inside = "".join(paragraph(f"{words}: ________________", is_quiet=True) for words in part["rows"])
        else:
            inside = bullets(part["rows"])
        parts.append((f"<h3>{escape(part['heading'])}</h3>" if part["heading"] else "") + inside)
    return sheet(*parts)


def downloads(lang: str) -> str:
    """The clock as files."""
    query = urlencode({"lang": lang})
    return bullets_of_links([
        (text("control.csv", lang), f"files/control/clock.csv?{query}"),
        (text("control.ics", lang), f"{CALENDAR.lstrip('/')}?{query}"),
    ])  # fmt: skip


def file_url(one: Document, lang: str, ending: str) -> str:
    """Relative address of a file of a finished document."""
    return f"files/control/{quote(one.document_id)}.{lang}.{ending}"
