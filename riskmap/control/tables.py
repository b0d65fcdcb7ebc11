"""The clock as files: one row per recommendation as CSV, the terms that run as a calendar (ICS)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from riskmap import register
from riskmap.control import wording
from riskmap.control.clock import Clock, is_answer
from riskmap.control.document import doubt
from riskmap.i18n import text

_CSV = (
    "document_id", "subject", "subject_id", "title", "body_name", "body_id", "snapshot_id", "is_demo", "finished_on", "send_by",
    "sent_on", "received_on", "answer_by", "answer_by_is_certain", "recommendation", "text", "state", "answered_on",
    "days_late", "grade", "grade_reason", "answer",
)  # fmt: skip


def as_csv(of: Sequence[Clock], lang: str) -> bytes:
    """One row per recommendation, with the terms of its document; technical names, ISO dates, not known is empty."""
    rows: list[tuple[Any, ...]] = []
    for one in of:
        own = one.document
        shared = (
            own.document_id, own.subject, own.subject_id, own.title, own.body_name, own.body_id, own.snapshot_id, own.is_demo,
            own.finished_on, one.send.due_on, one.sent_on, own.first("received"),
            one.answer.due_on if one.answer else None,
            not one.answer.doubts and not one.is_from_sending if one.answer else None,
        )  # fmt: skip
        for reply in one.replies:
            graded = [each.grade for each in reply.recommendation.answers if each.grade]
            counted = [each.text for each in reply.recommendation.answers if is_answer(each)]
            rows.append((
                *shared, reply.recommendation.number, wording.words_of(reply, lang), reply.state, reply.answered_on,
                reply.days_late, reply.grade, graded[-1].reason if graded else None, counted[-1] if counted else None,
            ))  # fmt: skip
    return register.write(_CSV, rows)


def as_calendar(of: Sequence[Clock], today: date, lang: str) -> bytes:
    """The terms that run as whole days of a calendar (RFC 5545)."""
    made = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//riskmap//public control//EN",
        f"X-WR-CALNAME:{_escaped(text('control.calendar_file.name', lang))}",
    ]
    for one in of:
        if one.term is None:
            continue
        key = "answer" if one.answer else "send"
        words = text(f"control.calendar_file.{key}", lang, title=one.document.title, body=one.document.body_name)
        notes = [doubt(each, lang) for each in one.term.doubts]
        notes += [text("control.from_sending", lang)] if one.is_from_sending else []
        notes += [text("common.demo", lang)] if one.document.is_demo else []
        made += [
            "BEGIN:VEVENT", f"UID:{one.document.document_id}-{key}@riskmap", f"DTSTAMP:{today:%Y%m%d}T000000Z",
            f"DTSTART;VALUE=DATE:{one.term.due_on:%Y%m%d}", f"DTEND;VALUE=DATE:{one.term.due_on + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(words)}", *([f"DESCRIPTION:{_escaped(' '.join(notes))}"] if notes else []),
            "TRANSP:TRANSPARENT", "END:VEVENT",
        ]  # fmt: skip
    return "".join(f"{_folded(line)}\r\n" for line in [*made, "END:VCALENDAR"]).encode()


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines of at most 75 bytes, cut between letters; the next one begins with a blank."""
    parts, part = [], ""
    for letter in line:
        if len((part + letter).encode()) > 74:
            parts.append(part)
            part = ""
        part += letter
    return "\r\n ".join([*parts, part])
