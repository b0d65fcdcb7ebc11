"""Public control: final documents, when they were sent and received, what the body answered to each recommendation, and how
an answer is graded; and the register of draft legal acts, which run on the same clock.

Everything is added, nothing changed: a later answer or grade follows an earlier one, and every action stands in the trail (`who`:
see `audit.add`). There is no column for the person who carries out public control: that line is filled in by hand.
"""

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, RowMapping, Table, func, insert, select
from sqlalchemy.exc import IntegrityError

from riskmap.control.records import EVENTS, GRADES, LANGUAGES, SUBJECTS, Act, Answer, Document, Event, Grade, Recommendation
from riskmap.problem import DataError
from riskmap.settings import Settings
from riskmap.store import audit, codes, tables
from riskmap.store.database import reading, writing
from riskmap.store.review import Observation, observations
from riskmap.store.use import accepted_as_progress

_MAX_NAME, _MAX_LINK = 400, 500
_ACT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_BIN = re.compile(r"[0-9]{12}")


# ---- writing -----------------------------------------------------------------------------------------------------------
def issue(
    store: Engine, *, subject: str, subject_id: str, title: str, snapshot_id: str, body_name: str, body_id: str = "",
    finished_on: date, is_demo: bool, papers: Mapping[str, Mapping[str, Any]], recommendations: Mapping[str, Sequence[str]],
    observation_ids: Iterable[str] = (), who: str, today: date, settings: Settings,
) -> str:  # fmt: skip
    """Keep a finished document with its numbered recommendations, in one language or both, and return its identifier.

    `papers` and `recommendations` have the same languages, and each language as many recommendations. DataError: a key of the
    section `problem`.
    """
    own = settings["public_control"]
    if subject not in SUBJECTS or not recommendations or set(recommendations) - set(LANGUAGES):
        raise DataError("control_language")
    given = {lang: [_needed(one, own) for one in each] for lang, each in recommendations.items()}
    if set(given) != set(papers) or len({len(each) for each in given.values()}) != 1:
        raise DataError("control_languages_differ")
    n = len(next(iter(given.values())))
    if not 1 <= n <= own["max_recommendations"]:
        raise DataError("control_recommendations", limit=str(own["max_recommendations"]))
    if finished_on > today:
        raise DataError("control_future")
    body = _name(body_name, "body_name")
    content = {lang: json.dumps(papers[lang], ensure_ascii=False, sort_keys=True) for lang in sorted(papers)}
    document_id = codes.new_id()
    document = {
        "document_id": document_id, "subject": subject, "subject_id": subject_id, "title": _name(title, "title"),
        "snapshot_id": snapshot_id, "body_name": body, "body_id": _body_id(body_id), "finished_on": finished_on,
        "is_demo": is_demo, "content_hash": hashlib.sha256("\n".join(content.values()).encode()).hexdigest(),
    }  # fmt: skip
    key = {"document_id": document_id}
    with writing(store) as connection:
        if subject == "act":
            _known_act(connection, subject_id)
        of = tables.control_documents
        same = (of.c.subject == subject, of.c.subject_id == subject_id, of.c.content_hash == document["content_hash"])
        if connection.execute(select(func.count()).where(*same)).scalar_one():  # pressed twice
            raise DataError("control_twice")
        connection.execute(insert(tables.control_documents), document)
        connection.execute(insert(tables.control_papers), [{**key, "language": lang, "paper": content[lang]} for lang in content])
        connection.execute(
            insert(tables.control_recommendations),
            [
                {**key, "number": number, "language": lang, "text": words}
                for lang, each in given.items()
                for number, words in enumerate(each, start=1)
            ],
        )
        cited = [{**key, "observation_id": one} for one in sorted(set(observation_ids))]
        if cited:
            connection.execute(insert(tables.control_observations), cited)
        after = {**document, "finished_on": str(finished_on), "recommendations": given}
        audit.add(connection, who, "control document", document_id, None, after, today)
    return document_id


def mark(
    store: Engine, document_id: str, *, kind: str, on: date, note: str = "", who: str, today: date, settings: Settings
) -> None:
    """Add that a document was sent, received by the body, or a hearing was announced or held.

    DataError: `control_unknown`, `control_future`, `control_order` (before the document was finished; received before it was
    sent), `control_at_once`.
    """
    if kind not in EVENTS:
        raise ValueError(kind)
    words = _plain(note, settings["public_control"])
    if on > today and kind != "hearing":
        raise DataError("control_future")
    with _once(), writing(store) as connection:
        document = _known(connection, document_id)
        of = tables.control_events
        sent = select(func.min(of.c.happened_on)).where(of.c.document_id == document_id, of.c.kind == "sent")
        sent_on = connection.execute(sent).scalar_one()
        if on < document["finished_on"] or (kind == "received" and (sent_on is None or on < sent_on)):
            raise DataError("control_order")
        number = _next(connection, of, document_id=document_id)
        row = {"document_id": document_id, "number": number, "kind": kind, "happened_on": on, "note": words}
        connection.execute(insert(of), row)
        audit.add(connection, who, "control event", document_id, None, {**row, "happened_on": str(on)}, today)


def record_answer(
    store: Engine, document_id: str, *, recommendation: int, received_on: date, text: str, who: str, today: date,
    settings: Settings,
) -> int:  # fmt: skip
    """Keep what the body answered to one recommendation; returns the number of the answer, 1 for the first.

    DataError: `control_unknown`, `control_recommendation_unknown`, `control_not_sent`, `control_order`, `control_future`.
    """
    words = _needed(text, settings["public_control"])
    if received_on > today:
        raise DataError("control_future")
    with _once(), writing(store) as connection:
        _known(connection, document_id)
        _known_recommendation(connection, document_id, recommendation)
        of = tables.control_events
        sent = select(func.min(of.c.happened_on)).where(of.c.document_id == document_id, of.c.kind == "sent")
        sent_on = connection.execute(sent).scalar_one()
        if sent_on is None:
            raise DataError("control_not_sent")
        if received_on < sent_on:
            raise DataError("control_order")
        key = {"document_id": document_id, "recommendation": recommendation}
        number = _next(connection, tables.control_answers, **key)
        row = {**key, "number": number, "received_on": received_on, "text": words}
        connection.execute(insert(tables.control_answers), row)
        audit.add(connection, who, "control answer", document_id, None, {**row, "received_on": str(received_on)}, today)
    return number


def grade(
    store: Engine, document_id: str, *, recommendation: int, answer: int | None = None, grade: str, reason: str, on: date,
    who: str, today: date, settings: Settings,
) -> None:  # fmt: skip
    """Grade an answer, the latest one where none is named; the reason is published. A later grade is in force instead.

    "Not our job" is no answer: it gets the grade none, and the term runs on. DataError: `control_unknown`,
    `control_answer_unknown`, `control_grade`, `control_text` (no reason), `control_order`, `control_future`.
    """
    if grade not in GRADES:
        raise DataError("control_grade", known=", ".join(GRADES))
    words = _needed(reason, settings["public_control"])
    if on > today:
        raise DataError("control_future")
    with _once(), writing(store) as connection:
        _known(connection, document_id)
        key = {"document_id": document_id, "recommendation": recommendation}
        of = tables.control_answers
        query = select(of.c.number, of.c.received_on).where(*(of.c[name] == value for name, value in key.items()))
        answers = {row.number: row.received_on for row in connection.execute(query)}
        wanted = answer if answer is not None else max(answers, default=0)
        if wanted not in answers:
            raise DataError("control_answer_unknown")
        if on < answers[wanted]:
            raise DataError("control_order")
        number = _next(connection, tables.control_grades, answer=wanted, **key)
        row = {**key, "answer": wanted, "number": number, "grade": grade, "reason": words, "graded_on": on}
        connection.execute(insert(tables.control_grades), row)
        audit.add(connection, who, "control grade", document_id, None, {**row, "graded_on": str(on)}, today)


def register_act(
    store: Engine, *, act_id: str, title: str, body_name: str, body_id: str = "", act_number: str = "", link: str = "",
    published_on: date, comments_until: date, is_demo: bool = False, who: str, today: date,
) -> bool:  # fmt: skip
    """Put a draft act into the register, or a corrected version of it beside the earlier one; False where nothing is new."""
    if not _ACT_ID.fullmatch(act_id):
        raise DataError("act_id", value=act_id[:40])
    if comments_until < published_on:
        raise DataError("act_dates")
    act = {
        "act_id": act_id, "title": _name(title, "title"), "body_name": _name(body_name, "body_name"),
        "body_id": _body_id(body_id), "act_number": _short(act_number), "link": _link(link), "published_on": published_on,
        "comments_until": comments_until, "is_demo": is_demo,
    }  # fmt: skip
    of = tables.control_acts
    with _once(), writing(store) as connection:
        latest = connection.execute(select(of).where(of.c.act_id == act_id).order_by(of.c.number.desc()).limit(1)).mappings()
        before = latest.first()
        if before and all(before[name] == value for name, value in act.items()):
            return False
        number = before["number"] + 1 if before else 1
        connection.execute(insert(of), {**act, "number": number})
        shown = {name: str(value) if isinstance(value, date) else value for name, value in act.items()}
        earlier = (
            {name: str(before[name]) if isinstance(before[name], date) else before[name] for name in act} if before else None
        )
        audit.add(connection, who, "act", act_id, earlier, shown, today)
    return True


# ---- reading -----------------------------------------------------------------------------------------------------------
def documents(store: Engine, *, subject: str | None = None, subject_id: str | None = None) -> list[Document]:
    """The documents, oldest first, with everything that happened to them."""
    of = tables.control_documents
    query = select(of).order_by(of.c.finished_on, of.c.document_id)
    if subject is not None:
        query = query.where(of.c.subject == subject)
    if subject_id is not None:
        query = query.where(of.c.subject_id == subject_id)
    with reading(store) as connection:
        found = connection.execute(query).mappings().all()
        rows = {table.name: _rows(connection, table) for table in (
            tables.control_papers, tables.control_recommendations, tables.control_events, tables.control_answers,
            tables.control_grades, tables.control_observations,
        )}  # fmt: skip
    return [_document(row, {name: own[row["document_id"]] for name, own in rows.items()}) for row in found]


def document(store: Engine, document_id: str) -> Document:
    """One document; DataError `control_unknown`."""
    for one in documents(store):
        if one.document_id == document_id:
            return one
    raise DataError("control_unknown", id=document_id[:40])


def cited(store: Engine, observation_id: str) -> list[Document]:
    """The documents that cite an observation, oldest first: what became of it after it was accepted."""
    return [one for one in documents(store, subject="facility") if observation_id in one.observation_ids]


def citable(store: Engine, facility_id: str, *, settings: Settings) -> tuple[Observation, ...]:
    """Accepted observations that a document may cite: borne out by a second visit or by reviewed photos, and undisputed.

    What only one person saw stays with the count of the public, below which it is just "visited".
    """
    usable = accepted_as_progress(store, facilities={facility_id}, settings=settings)
    used = {one for row in usable.rows for one in row.observation_ids.split()}
    used |= {
        item.observation.observation_id
        for item in usable.unused
        if item.reason == "share_not_known" and item.observation.photos_are_reviewed
    }
    return tuple(one for one in observations(store) if one.facility_id == facility_id and one.observation_id in used)


def acts(store: Engine) -> list[Act]:
    """The register as last written, newest publication first."""
    of = tables.control_acts
    with reading(store) as connection:
        rows = connection.execute(select(of).order_by(of.c.act_id, of.c.number)).mappings().all()
    latest = {row["act_id"]: row for row in rows}
    found = [Act(**{name: row[name] for name in Act.__dataclass_fields__}) for row in latest.values()]
    return sorted(found, key=lambda act: (-act.published_on.toordinal(), act.act_id))


def act(store: Engine, act_id: str) -> Act:
    """One act of the register; DataError `act_unknown`."""
    for one in acts(store):
        if one.act_id == act_id:
            return one
    raise DataError("act_unknown", id=act_id[:40])


def _rows(connection: Connection, table: Table) -> dict[str, list[RowMapping]]:
    found: dict[str, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings():
        found[row["document_id"]].append(row)
    return found


def _document(row: RowMapping, of: Mapping[str, list[RowMapping]]) -> Document:
    grades = {
        (one["recommendation"], one["answer"]): Grade(one["grade"], one["reason"], one["graded_on"])
        for one in of["control_grades"]  # in order of their numbers: the last one is in force
    }
    answers: dict[int, list[Answer]] = defaultdict(list)
    for one in of["control_answers"]:
        graded = grades.get((one["recommendation"], one["number"]))
        answers[one["recommendation"]].append(Answer(one["number"], one["received_on"], one["text"], graded))
    words: dict[int, dict[str, str]] = defaultdict(dict)
    for one in of["control_recommendations"]:
        words[one["number"]][one["language"]] = one["text"]
    events = [Event(one["kind"], one["happened_on"], one["note"]) for one in of["control_events"]]
    return Document(
        **{name: row[name] for name in (
            "document_id", "subject", "subject_id", "title", "snapshot_id", "body_name", "body_id", "finished_on", "content_hash",
        )},
        is_demo=bool(row["is_demo"]),
        papers={one["language"]: json.loads(one["paper"]) for one in of["control_papers"]},
        recommendations=tuple(Recommendation(number, each, tuple(answers[number])) for number, each in sorted(words.items())),
        events=tuple(sorted(events, key=lambda event: event.on)),
        observation_ids=tuple(one["observation_id"] for one in of["control_observations"]),
    )  # fmt: skip


# ---- checks ------------------------------------------------------------------------------------------------------------
class _once:
    """Two writers that chose the same number at the same moment: the second one is told, and nothing of it is kept."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, IntegrityError):
            raise DataError("control_at_once") from None


def _known(connection: Connection, document_id: str) -> RowMapping:
    of = tables.control_documents
    found = connection.execute(select(of).where(of.c.document_id == document_id)).mappings().first()
    if found is None:
        raise DataError("control_unknown", id=document_id[:40])
    return found


def _known_recommendation(connection: Connection, document_id: str, number: int) -> None:
    of = tables.control_recommendations
    where = (of.c.document_id == document_id, of.c.number == number)
    if not connection.execute(select(func.count()).where(*where)).scalar_one():
        raise DataError("control_recommendation_unknown", number=str(number))


def _known_act(connection: Connection, act_id: str) -> None:
    of = tables.control_acts
    if not connection.execute(select(func.count()).where(of.c.act_id == act_id)).scalar_one():
        raise DataError("act_unknown", id=act_id[:40])


def _next(connection: Connection, table: Table, **key: object) -> int:
    where = [table.c[name] == value for name, value in key.items()]
    return int(connection.execute(select(func.coalesce(func.max(table.c.number), 0)).where(*where)).scalar_one()) + 1


def _plain(text: str, own: Mapping[str, Any]) -> str:
    """The text without what is no letter, sign or line: control and direction marks would hide words on paper."""
    kept = "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or unicodedata.category(c)[0] != "C").strip()
    if len(kept) > own["max_text_characters"]:
        raise DataError("control_text_long", limit=str(own["max_text_characters"]))
    return kept


def _needed(text: str, own: Mapping[str, Any]) -> str:
    kept = _plain(text, own)
    if not kept:
        raise DataError("control_text")
    return kept


def _short(text: str) -> str:
    return " ".join("".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text).split())[:_MAX_NAME]


def _name(text: str, field: str) -> str:
    kept = _short(text)
    if not kept:
        raise DataError("control_name", field=field)
    return kept


def _body_id(text: str) -> str:
    kept = text.strip()
    if kept and not _BIN.fullmatch(kept):
        raise DataError("control_bin", value=kept[:40])
    return kept


def _link(text: str) -> str:
    """A web address or nothing; what a file says is not trusted to be one."""
    kept = text.strip()
    try:
        parts = urlsplit(kept)
        is_web = parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username
    except ValueError:
        is_web = False
    if kept and (not is_web or len(kept) > _MAX_LINK or any(c <= " " or c in '"<>\\`' for c in kept)):
        raise DataError("act_link", value=kept[:40])
    return kept
