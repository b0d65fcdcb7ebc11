"""What is recorded about documents of public control. Every action asks for the operator's token, or for somebody signed in
whose role has the right `document`."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from riskmap.control import document as papers
from riskmap.control.document import Draft
from riskmap.store import control as kept
from riskmap.web import clock, control, current, own_settings, review

RIGHT = "document"  # in `work.access.ACTIONS`


def _given(key: review.Key) -> dict[str, Any]:
    """The arguments that each writing function of the store wants, for whoever may. DataError `operator_wrong`, `work_denied`."""
    return {"who": review.who(key, RIGHT), "today": clock.today(), "settings": own_settings.configured()}


def issue(key: review.Key, made: Draft, typed: Mapping[str, str], *, body_name: str, body_id: str, finished_on: date) -> str:
    """Finish a document: keep it with its recommendations, and return its identifier."""
    given = _given(key)
    made = papers.addressed(made, body_name, body_id)
    recommendations = {lang: control.lines(words) for lang, words in typed.items() if control.lines(words)}
    return kept.issue(
        current.store(), **papers.kept(made), finished_on=finished_on,
        papers={lang: control.paper(made, each, finished_on, lang) for lang, each in recommendations.items()},
        recommendations=recommendations, **given,
    )  # fmt: skip


def mark(key: review.Key, document_id: str, **what: Any) -> str:
    """Record that a document was sent, received, or a hearing announced or held: `kind`, `on`, `note`."""
    given = _given(key)
    kept.mark(current.store(), document_id, **what, **given)
    return document_id


def answer(key: review.Key, document_id: str, **what: Any) -> str:
    """Record an answer: `recommendation`, `received_on`, `text`."""
    given = _given(key)
    kept.record_answer(current.store(), document_id, **what, **given)
    return document_id


def grade(key: review.Key, document_id: str, **what: Any) -> str:
    """Grade the latest answer: `recommendation`, `grade`, `reason`, `on`."""
    given = _given(key)
    kept.grade(current.store(), document_id, **what, **given)
    return document_id
