"""What the store keeps of public control, as plain records: those who only read them need no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

LANGUAGES = ("kk", "ru")  # of a document: Kazakh and (or) other languages, art. 13 par. 2
SUBJECTS = ("facility", "act")  # what public control is about
EVENTS = ("sent", "received", "hearing_notice", "hearing")
# what an answer is worth: the codes of Monithon (Italy), with Tá de Pé's rule that "not our job" is no answer
GRADES = ("none", "formal", "partial", "promise", "improved", "solved")


@dataclass(frozen=True)
class Grade:
    """What an answer is worth, in the words of who graded it. The last one of an answer is in force."""

    grade: str
    reason: str
    graded_on: date


@dataclass(frozen=True)
class Answer:
    """What the body wrote about one recommendation. `grade` None: nobody has graded it yet."""

    number: int
    received_on: date
    text: str
    grade: Grade | None


@dataclass(frozen=True)
class Recommendation:
    """One numbered recommendation, in each language of the document, with its answers, oldest first."""

    number: int
    words: Mapping[str, str]
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Event:
    """`kind`: sent, received (by the body), hearing_notice, hearing."""

    kind: str
    on: date
    note: str


@dataclass(frozen=True)
class Document:
    """A final document. `subject`: facility or act; `papers`: language -> content as it was finished, for the files."""

    document_id: str
    subject: str
    subject_id: str
    title: str
    snapshot_id: str
    body_name: str
    body_id: str
    finished_on: date
    is_demo: bool
    papers: Mapping[str, Mapping[str, Any]]
    content_hash: str
    recommendations: tuple[Recommendation, ...]
    events: tuple[Event, ...]
    observation_ids: tuple[str, ...]

    def first(self, kind: str) -> date | None:
        """The day of the first event of a kind, by day."""
        return min((event.on for event in self.events if event.kind == kind), default=None)


@dataclass(frozen=True)
class Act:
    """A draft legal act under public discussion, as last registered."""

    act_id: str
    title: str
    body_name: str
    body_id: str
    act_number: str
    link: str
    published_on: date
    comments_until: date
    is_demo: bool
