"""The weekly digest: what is overdue, with whom, since when; what is due soon. Offices and facilities, no persons."""

from collections.abc import Sequence
from datetime import date
from html import escape

from riskmap import i18n
from riskmap.filters import region_name
from riskmap.i18n import text
from riskmap.settings import Settings
from riskmap.snapshot import Snapshot
from riskmap.work.listed import Row, overdue

# a part of the digest: its heading, and its lines
Part = tuple[str, list[str]]


def build(rows: Sequence[Row], snapshot: Snapshot, *, on: date, settings: Settings, lang: str) -> tuple[str, list[Part]]:
    """The title and the parts, in the words of one language."""
    soon_days = settings["office"]["soon_working_days"]
    soon = [row for row in rows if row.is_open and not row.days_over and row.days_left is not None and row.days_left <= soon_days]
    late = [_line(row, lang) for row in overdue(rows)]
    untouched = sum(row.state == "new" and not row.is_assigned for row in rows)
    counted = [
        text("desk.digest.corrections", lang, n=i18n.number(sum(row.n_waiting for row in rows), lang)),
        text("desk.digest.untouched", lang, n=i18n.number(untouched, lang)),
        text("desk.digest.version", lang, day=i18n.day(snapshot.as_of, lang), id=snapshot.id),
        *([text("common.demo", lang)] if snapshot.is_demo else []),
        text("common.fair_words", lang),
    ]
    parts = [
        (text("desk.digest.overdue", lang), late or [text("desk.digest.none", lang)]),
        (text("desk.digest.soon", lang, n=soon_days), [_line(row, lang) for row in soon] or [text("desk.none", lang)]),
        ("", counted),
    ]
    return text("desk.digest.title", lang, day=i18n.day(on, lang)), parts


def plain(title: str, parts: Sequence[Part]) -> str:
    """The digest as text."""
    lines = [title]
    for heading, own in parts:
        lines += ["", *([heading] if heading else []), *(f"- {line}" for line in own)]
    return "\n".join(lines) + "\n"


def page(title: str, parts: Sequence[Part], lang: str) -> str:
    """The digest as an HTML file, everything escaped, nothing fetched."""
    body = "".join(
        (f"<h2>{escape(heading)}</h2>" if heading else "")
        + "<ul>"
        + "".join(f"<li>{escape(line)}</li>" for line in own)
        + "</ul>"
        for heading, own in parts
    )
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return f'<!doctype html><html lang="{lang}"><head>{head}</head><body><h1>{escape(title)}</h1>{body}</body></html>\n'


def _line(row: Row, lang: str) -> str:
    holder = row.assignee
    office = (holder.office or text(f"desk.role.{holder.role}", lang)) if holder else None
    nobody = text("desk.former" if row.is_assigned else "desk.not_assigned", lang)
    due = i18n.day(row.due_on, lang) if row.due_on else text("desk.no_due", lang)
    words = {
        "facility": f"{row.title} {row.facility_id}",
        "region": region_name(row.region_code, lang) if row.region_code else text("common.not_known", lang),
        "state": text(f"desk.state.{row.state}", lang), "assignee": office or nobody, "due": due,
        "since": i18n.day(row.since_on, lang) if row.since_on else text("common.not_known", lang),
    }  # fmt: skip
    if not row.days_over:
        return text("desk.digest.line_soon", lang, **words)
    return text("desk.digest.line", lang, **words, late=text("desk.days_over", lang, n=i18n.number(row.days_over, lang)))
