"""The official clock: what is to be sent, what is awaited, what is overdue, counted in working days from documents of the store.

Law No. 30-VIII, art. 13: the final document goes to the body within 7 working days of its completion, and the body answers
each recommendation within 10 working days of RECEIVING it. Where nobody recorded the receipt, the day of sending is taken
(`is_from_sending`): the body may then have more time than is shown.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from riskmap import workdays
from riskmap.control.records import Answer, Document, Recommendation
from riskmap.settings import Settings
from riskmap.workdays import Calendar, Doubt

NO_ANSWER = "none"  # the grade of a reply that answers nothing, such as "not our job"
STATES = ("overdue", "send_overdue", "waiting", "to_send", "answered")  # of a document, the most urgent first


@dataclass(frozen=True)
class Term:
    """A term in working days. `left`: working days from the day after today to `due_on`, 0 on its last day, below 0 when it is
    over. `doubts`: why the day may be another one."""

    due_on: date
    left: int
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class Reply:
    """Where one recommendation stands. `state`: not_sent, waiting, overdue, answered. `answered_on`: of the first valid answer;
    `days_late`: working days after the term, of the answer or until today; `grade`: of the last graded answer, "" without one."""

    recommendation: Recommendation
    state: str
    answered_on: date | None
    days_late: int
    grade: str


@dataclass(frozen=True)
class Hearing:
    """A hearing, and how many working days before it the notice was given; None where no notice is recorded."""

    on: date
    notice_days: int | None
    is_in_time: bool | None


@dataclass(frozen=True)
class Clock:
    """One document on one day."""

    document: Document
    state: str
    send: Term
    sent_on: date | None
    is_sent_late: bool
    answer: Term | None
    is_from_sending: bool
    replies: tuple[Reply, ...]
    hearings: tuple[Hearing, ...]

    @property
    def term(self) -> Term | None:
        """The term that runs now; None where everything is answered."""
        return None if self.state == "answered" else self.answer or self.send


@dataclass(frozen=True)
class Body:
    """What is due from one body. `next_due_on`: the earliest term that runs and is not over."""

    name: str
    n_documents: int
    n_recommendations: int
    n_waiting: int
    n_overdue: int
    n_answered: int
    n_answered_late: int
    next_due_on: date | None
    grades: Mapping[str, int]


def clock(document: Document, today: date, settings: Settings) -> Clock:
    """Where a document stands on `today`."""
    own, known = settings["public_control"], workdays.calendar(settings)
    send = _term(document.finished_on, own["send_working_days"], today, known)
    sent_on, received_on = document.first("sent"), document.first("received")
    begun_on = received_on or sent_on
    answer = _term(begun_on, own["answer_working_days"], today, known) if begun_on else None
    replies = tuple(_reply(one, answer, today, known) for one in document.recommendations)
    if answer is None:
        state = "send_overdue" if send.left < 0 else "to_send"
    elif all(reply.state == "answered" for reply in replies):
        state = "answered"
    else:
        state = "overdue" if answer.left < 0 else "waiting"
    return Clock(
        document, state, send, sent_on, bool(sent_on and sent_on > send.due_on), answer, bool(sent_on and not received_on),
        replies, _hearings(document, own["hearing_notice_working_days"], known),
    )  # fmt: skip


def clocks(documents: Iterable[Document], today: date, settings: Settings) -> list[Clock]:
    """The most urgent first: overdue before running before answered, then by the days left."""
    found = [clock(one, today, settings) for one in documents]
    return sorted(found, key=lambda one: (STATES.index(one.state), one.term.left if one.term else 0, one.document.document_id))


def bodies(found: Iterable[Clock]) -> list[Body]:
    """One line per body, those with most overdue recommendations first. The same identifier, or else the same name, is one."""
    of: dict[str, list[Clock]] = {}
    for one in found:
        of.setdefault(one.document.body_id or one.document.body_name.casefold(), []).append(one)
    return sorted(map(_body, of.values()), key=lambda body: (-body.n_overdue, -body.n_waiting, body.name))


def _body(own: list[Clock]) -> Body:
    replies = [reply for one in own for reply in one.replies]
    states = Counter(reply.state for reply in replies)
    terms = [one.term.due_on for one in own if one.term and one.term.left >= 0 and one.sent_on]
    return Body(
        name=own[0].document.body_name, n_documents=len(own), n_recommendations=len(replies), n_waiting=states["waiting"],
        n_overdue=states["overdue"], n_answered=states["answered"],
        n_answered_late=sum(reply.state == "answered" and reply.days_late > 0 for reply in replies),
        next_due_on=min(terms, default=None), grades=Counter(reply.grade for reply in replies if reply.grade),
    )  # fmt: skip


def _term(begun_on: date, n: int, today: date, known: Calendar) -> Term:
    due_on = workdays.add(begun_on, n, known)
    left = workdays.count(today, due_on, known) if today <= due_on else -_late(due_on, today, known)
    return Term(due_on, left, workdays.doubts(begun_on, due_on, known))


def _late(due_on: date, day: date, known: Calendar) -> int:
    """Working days after the term, 0 within it; the Saturday after a Friday is late too, and counts as the first day."""
    return max(1, workdays.count(due_on, day, known)) if day > due_on else 0


def _reply(one: Recommendation, term: Term | None, today: date, known: Calendar) -> Reply:
    grades = [answer.grade.grade for answer in one.answers if answer.grade]
    last = grades[-1] if grades else ""
    if term is None:
        return Reply(one, "not_sent", None, 0, last)
    answered_on = min((answer.received_on for answer in one.answers if is_answer(answer)), default=None)
    days_late = _late(term.due_on, answered_on or today, known)
    if answered_on is not None:
        return Reply(one, "answered", answered_on, days_late, last)
    return Reply(one, "overdue" if days_late else "waiting", None, days_late, last)


def is_answer(answer: Answer) -> bool:
    """Does it answer? Until somebody grades it, what came in counts as one: a doubt speaks for the body."""
    return answer.grade is None or answer.grade.grade != NO_ANSWER


def _hearings(document: Document, n: int, known: Calendar) -> tuple[Hearing, ...]:
    notices = [event.on for event in document.events if event.kind == "hearing_notice"]
    found = []
    for event in document.events:
        if event.kind == "hearing":
            before = max((day for day in notices if day <= event.on), default=None)
            days = workdays.count(before, event.on, known) if before else None
            found.append(Hearing(event.on, days, None if days is None else days >= n))
    return tuple(found)
