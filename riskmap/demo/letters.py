"""Fictitious documents of public control for the demo, in every state of their clock, and the draft legal acts of the register.

They cite the fictitious visits and go the way of any other document: finished, sent, received, answered, graded.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from riskmap import store
from riskmap.control import acts, document
from riskmap.control.records import LANGUAGES
from riskmap.settings import Settings
from riskmap.snapshot import Snapshot
from riskmap.store import audit, control

_ANSWERS = (
    ("improved", "DEMO. Жұмыс қайта басталды, жаңа кесте жарияланды.", "DEMO. The next report shows more works done."),
    ("promise", "DEMO. Контрольный обмер назначен на следующий месяц.", "DEMO. A date is named, nothing has been done yet."),
    ("formal", "DEMO. Обращение принято к сведению.", "DEMO. It says nothing about the recommendation."),
    ("none", "DEMO. Вопрос не относится к нашей компетенции.", "DEMO. Not our job is no answer."),
)


@dataclass(frozen=True)
class Course:
    """What became of one document, in days: since it was finished, until it was sent, until it was received; and how many
    of its recommendations were answered. None = not yet."""

    age: int
    sent: int | None = None
    received: int | None = None
    n_answers: int = 0


_COURSES = (Course(52, 4, 5, 9), Course(45, 8, 10, 1), Course(33, 3, 4), Course(12, 5, 6), Course(8, 6), Course(3))


def write(url: str, snapshot: Snapshot, *, settings: Settings) -> int:
    """Documents for a few facilities with visits that may be cited; returns how many. A store that has some keeps them."""
    db = store.open(url)
    try:
        if control.documents(db):
            return 0
        given: dict[str, Any] = {"who": audit.COMMAND_LINE, "today": snapshot.as_of, "settings": settings}
        acts.take(db, acts.DEMO.read_bytes(), acts.DEMO.name, who=audit.COMMAND_LINE, today=snapshot.as_of)
        visited = sorted({one.facility_id for one in store.observations(db) if one.state == "accept"})
        citable = [one for one in visited if control.citable(db, one, settings=settings)]
        for facility_id, course in zip(citable, _COURSES, strict=False):
            _write(db, facility_id, course, snapshot, given)
        return len(control.documents(db))
    finally:
        db.dispose()


def _write(db: Any, facility_id: str, course: Course, snapshot: Snapshot, given: dict[str, Any]) -> None:
    seen = control.citable(db, facility_id, settings=given["settings"])
    finished_on = max(snapshot.as_of - timedelta(days=course.age), *(one.day for one in seen))
    draft = document.of_facility(snapshot, facility_id, seen, LANGUAGES)
    if draft is None or not draft.recommendations[LANGUAGES[0]]:
        return
    papers = {
        lang: document.paper(draft, draft.recommendations[lang], finished_on=finished_on, lang=lang, settings=given["settings"])
        for lang in LANGUAGES
    }
    made = control.issue(
        db, **document.kept(draft), papers=papers, recommendations=draft.recommendations, finished_on=finished_on, **given
    )  # fmt: skip
    days: dict[str, date] = {}
    for kind, after in (("sent", course.sent), ("received", course.received)):
        on = finished_on + timedelta(days=after or 0)
        if after is not None and on <= snapshot.as_of:
            days[kind] = on
            control.mark(db, made, kind=kind, on=on, **given)
    answered_on = min(days.get("received", snapshot.as_of) + timedelta(days=9), snapshot.as_of)
    n = min(course.n_answers, len(draft.recommendations[LANGUAGES[0]])) if "received" in days else 0
    for number in range(1, n + 1):
        grade, answer, reason = _ANSWERS[(number - 1) % len(_ANSWERS)]
        control.record_answer(db, made, recommendation=number, received_on=answered_on, text=answer, **given)
        control.grade(db, made, recommendation=number, grade=grade, reason=reason, on=answered_on, **given)
