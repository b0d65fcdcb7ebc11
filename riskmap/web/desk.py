"""The work on flagged facilities in HTML: the list of role holders, and what everybody sees of it on a facility's page."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from riskmap import filters, i18n, reply, schema
from riskmap.filters import region_name
from riskmap.i18n import has, text
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot
from riskmap.store.people import Person
from riskmap.store.work import Correction, Reply, Returned, Step
from riskmap.web import current, view
from riskmap.web.sheet import bullets, labelled, paragraph, section, sheet
from riskmap.work import listed as work_list
from riskmap.work import replies, returned
from riskmap.work.cases import Case
from riskmap.work.listed import Row

N_SHOWN = 100


# ---- for role holders -------------------------------------------------------------------------------------------------
def scope(someone: Person, lang: str) -> str:
    """For which facilities a role is, in words."""
    if someone.body_id:
        return text("desk.scope_body", lang, bin=someone.body_id)
    if someone.region_code:
        return text("desk.scope_region", lang, region=region_name(someone.region_code, lang))
    return text("desk.scope_all", lang)


def office(someone: Person | None, is_assigned: bool, lang: str) -> str:
    """Who has a case: an office, never a name."""
    if someone is None:
        return text("desk.former" if is_assigned else "desk.not_assigned", lang)
    return someone.office or text(f"desk.role.{someone.role}", lang)


def parts(rows: Sequence[Row], snapshot: Snapshot, lang: str) -> str:
    """The whole list: mine, what is overdue and with whom, all reviews, and the money returned."""
    mine = [row for row in rows if row.is_mine and row.is_open]
    over = work_list.overdue(rows)
    parts = (
        listed(mine, "mine", lang),
        listed(over, "overdue", lang),
        listed(rows, "all_cases", lang),
        all_money(snapshot, lang),
    )
    return f'<div class="sheet wide">{"".join(parts)}</div>'


def offices(steps: Sequence[Case]) -> dict[str, str]:
    """The offices that stand in a review, by pseudonym."""
    return {one.assignee.person_id: one.assignee.office for one in steps if one.assignee}


def listed(rows: Sequence[Row], key: str, lang: str) -> str:
    """A part of the work list under its heading; the facility's name leads to its review."""
    shown = rows[:N_SHOWN]
    names = ("facility", "region", "level", "state", "assignee", "due", "since", "late", "reply", "corrections")
    heads = [text(f"desk.column.{name}", lang) for name in names]
    cells = [_row(row, lang) for row in shown]
    count = text("desk.n_shown", lang, shown=i18n.number(len(shown), lang), n=i18n.number(len(rows), lang))
    body = view.table(heads, cells, caption=f"{text(f'desk.{key}', lang)}: {count}", n_text=9) if cells else ""
    return body or section(text(f"desk.{key}", lang), empty=text("desk.none", lang))


def _row(row: Row, lang: str) -> list[view.Cell]:
    return [
        view.Cell(row.title, "desk?" + urlencode({"lang": lang, "id": row.facility_id})),
        view.Cell(region_name(row.region_code, lang) if row.region_code else text("common.not_known", lang)),
        view.Cell(text(f"level.{row.level}.name", lang), mark=f"level {row.level}"),
        view.Cell(text(f"desk.state.{row.state}", lang)),
        view.Cell(office(row.assignee, row.is_assigned, lang)),
        view.Cell(i18n.day(row.due_on, lang) if row.due_on else text("desk.no_due", lang)),
        view.Cell(i18n.day(row.since_on, lang) if row.since_on else "–"),
        view.Cell(late(row, lang)),
        view.Cell(text("common.yes" if row.has_reply else "common.no", lang)),
        view.Cell(i18n.number(row.n_waiting, lang)),
    ]


def late(row: Row, lang: str) -> str:
    return text("desk.days_over", lang, n=i18n.number(row.days_over, lang)) if row.is_open and row.days_over else "–"


def history(steps: Sequence[Case], lang: str) -> str:
    """What was done, newest first."""
    names = ("day", "state", "assignee", "due", "reason", "documents", "office")
    heads = [text(f"desk.column.{name}", lang) for name in names]
    cells = [[view.Cell(words) for words in _step(one, lang)] for one in reversed(steps)]
    body = view.table(heads, cells, caption=text("desk.history", lang), n_text=len(heads)) if cells else ""
    return sheet(body or section(text("desk.history", lang), empty=text("desk.none", lang)), is_wide=True)


def _step(one: Case, lang: str) -> list[str]:
    due = i18n.day(one.due_on, lang) if one.due_on else text("desk.no_due", lang)
    day = i18n.day(one.acted_on, lang) if one.acted_on else ""
    who = office(one.assignee, one.assignee is not None, lang)
    written = [one.reason or "–", "; ".join(one.documents) or "–", one.office or "–"]
    return [day, text(f"desk.state.{one.state}", lang), who, due, *written]


def meanwhile(since: Iterable[Step], offices: Mapping[str, str], lang: str) -> str:
    """What others wrote after the version that a refused writer had read."""
    lines = [
        text(
            "desk.meanwhile_line", lang, day=i18n.day(step.acted_on, lang), state=text(f"desk.state.{step.state}", lang),
            assignee=offices.get(step.assignee_id or "", text("desk.not_assigned", lang)), reason=step.reason,
            due=text("desk.due_until", lang, day=i18n.day(step.due_on, lang)) if step.due_on else text("desk.no_due", lang),
        )
        for step in since
    ]  # fmt: skip
    return f'<div role="status"><h3>{escape(text("desk.meanwhile", lang))}</h3>{bullets(lines)}</div>' if lines else ""


def correction_line(one: Correction, lang: str) -> str:
    """A report in words: which fact, what stands, what is right."""
    stated, right = (exact(value, one.column_name, lang) for value in (one.stated, one.right_value))
    return text("desk.correction.line", lang, column=column_label(one.column_name, lang), stated=stated, right=right)


def exact(written: str, column: str, lang: str) -> str:
    """A value as a reader compares it: days in words, money and counts to the last digit; what cannot be read, as written."""
    kind = _kind(column)
    try:
        if not written:
            return text("desk.correction.not_known", lang)
        if kind == "date":
            return i18n.day(date.fromisoformat(written), lang)
        return i18n.number(int(written), lang) if kind in ("money", "integer") else written
    except ValueError:
        return written


def reports(found: Sequence[Correction], lang: str) -> str:
    """Reports of wrong facts with their source and decision."""
    pairs = [
        (
            correction_line(one, lang),
            [one.source, text(f"desk.correction.{one.decision or 'waiting'}", lang), *([one.reason] if one.reason else [])],
        )
        for one in found
    ]
    return sheet(section(text("desk.form.decide", lang), labelled(pairs) if pairs else "", empty=text("desk.none", lang)))


def column_label(name: str, lang: str) -> str:
    return text(f"column.{name}", lang) if has(f"column.{name}", lang) else name


# ---- for everybody ----------------------------------------------------------------------------------------------------
def public(row: Mapping[str, Any], snapshot: Snapshot, lang: str) -> str:
    """On the page of a facility: the body's reply beside the flag, the state of the review, corrected facts, money returned."""
    facility_id = row["facility_id"]
    said = _reply_parts(row, facility_id, snapshot, lang)
    state = _state(row, lang)
    corrected = _corrected(snapshot, facility_id, lang)
    parts = [section(text("desk.public.title", lang), *said, state)] if row["is_flagged"] is True or said else []
    if corrected:
        parts.append(section(text("desk.public.corrected", lang), bullets(corrected)))
    entries = _entries(facility_id)
    if entries:
        parts.append(section(text("desk.public.money", lang), money(entries, lang), sums(entries, lang)))
    return f'<div class="sheet wide">{"".join(parts)}</div>' if parts else ""


def _reply_parts(row: Mapping[str, Any], facility_id: str, snapshot: Snapshot, lang: str) -> list[str]:
    newest, frozen = live_replies(facility_id), reply.of_row(row)
    if newest:
        last = newest[-1]
        is_later = frozen is None or frozen["reply"] != last.text
        note = [paragraph(text("desk.public.later", lang), is_quiet=True)] if is_later else []
        return [_reply(last.text, last.office, i18n.day(last.acted_on, lang), lang), *note]
    if frozen:
        return [_reply(frozen["reply"], frozen["reply_office"], i18n.day(frozen["replied_on"], lang), lang)]
    return [paragraph(text("desk.public.no_reply", lang), is_quiet=True)] if row["is_flagged"] is True else []


def live_replies(facility_id: str) -> list[Reply]:
    """Replies in the store; none where there is no store to ask: the page lives without it."""
    with suppress(DataError):
        return replies.of_facility(current.store(), facility_id) if current.has_store() else []
    return []


def _entries(facility_id: str | None = None) -> list[Returned]:
    with suppress(DataError):
        return returned.of_facility(current.store(), facility_id) if current.has_store() else []
    return []


def _reply(words: str, office_: str, day: str, lang: str) -> str:
    by = text("desk.public.by", lang, office=office_, day=day)
    lines = "".join(paragraph(line) for line in words.split("\n") if line.strip())
    title = escape(text("desk.public.reply", lang))
    return f'<h3>{title}</h3><blockquote class="reply">{lines}</blockquote>{paragraph(by, is_quiet=True)}'


def _state(row: Mapping[str, Any], lang: str) -> str:
    known = reply.state(row, lang)
    if known:
        return paragraph(known)
    return paragraph(text("desk.public.no_case", lang), is_quiet=True) if "review_state" in row else ""


def answered(row: Mapping[str, Any], lang: str) -> list[str]:
    """The last reply and the state as lines of words, for the light pages."""
    newest = live_replies(row["facility_id"])
    if not newest:
        return reply.lines(row, lang)
    last = {"buyer_reply": newest[-1].text, "buyer_reply_office": newest[-1].office, "buyer_replied_on": newest[-1].acted_on}
    return reply.lines({**row, **last}, lang)


def replied_on(snapshot: Snapshot) -> dict[str, date]:
    """The day of the last reply of each facility: those of the snapshot and those that came since."""
    found: dict[str, date] = {}
    if snapshot.has("replies"):
        table = current.table("replies", snapshot.id)
        found = dict(zip(table["facility_id"], table["replied_on"], strict=True))
    with suppress(DataError):
        if current.has_store():
            found |= {one.facility_id: one.acted_on for one in replies.everyone(current.store())}
    return found


def _corrected(snapshot: Snapshot, facility_id: str, lang: str) -> list[str]:
    """Corrections that were applied in this snapshot: the value, what the source said, by which correction of which day."""
    if not snapshot.has("corrections"):
        return []
    table = current.table("corrections", snapshot.id)
    own = table[(table["facility_id"] == facility_id) & (table["outcome"] == "applied")]
    return [
        text(
            "desk.public.corrected_line", lang, column=column_label(one["column"], lang), id=one["correction_id"],
            right=_value(one["right_value"], one["column"], snapshot, lang), source=one["source"],
            stated=_value(one["stated"], one["column"], snapshot, lang), day=i18n.day(one["accepted_on"], lang),
        )
        for one in own.to_dict("records")
    ]  # fmt: skip


def _kind(column: str) -> str:
    return next((kinds[column] for kinds in schema.FACT_TABLES.values() if column in kinds), "text")


def _value(written: str, column: str, snapshot: Snapshot, lang: str) -> str:
    """A corrected value as the page writes such values."""
    if not written:
        return text("common.not_known", lang)
    kind = _kind(column)
    if kind == "money":
        return i18n.money(int(written), lang, snapshot.currency)
    return i18n.day(pd.Timestamp(written).date(), lang) if kind == "date" else written


def money(entries: Sequence[Returned], lang: str) -> str:
    """Each entry in words, with its source."""
    return bullets([entry_line(one, lang) for one in entries])


def entry_line(one: Returned, lang: str) -> str:
    """An entry of money returned: its day, kind, amount, what it paid for and its source."""
    amount = text("common.not_known", lang) if one.amount_kzt is None else i18n.money(one.amount_kzt, lang, "KZT")
    use = [text("desk.public.paid_for", lang, what=one.paid_for)] if one.paid_for else []
    parts = [
        f"{i18n.day(one.happened_on, lang)}: {text(f'desk.kind.{one.kind}', lang)}: {amount}", *use,
        text("desk.public.with_source", lang, source=one.source),
    ]  # fmt: skip
    return "; ".join(parts)


def sums(entries: Sequence[Returned], lang: str, *, caption: str = "") -> str:
    """One row per kind; a sum says how many amounts are not in it because nobody knows them."""
    heads = [text(f"desk.public.{name}", lang) for name in ("kind", "n_entries", "sum", "unknown")]
    cells = []
    for one in returned.sums(entries):
        known = one.amount_kzt
        nothing = "–" if one.n == 0 else text("common.not_known", lang)
        amount = nothing if known is None else i18n.money(known, lang, "KZT")
        numbers = [i18n.number(one.n, lang), amount, i18n.number(one.n_unknown, lang)]
        cells.append([view.Cell(words) for words in (text(f"desk.kind.{one.kind}", lang), *numbers)])
    return view.table(heads, cells, caption=caption or text("desk.public.sum", lang))


def all_money(snapshot: Snapshot, lang: str) -> str:
    """The sums over all facilities that a reader may see; nothing where there are none."""
    shown = set(snapshot.facilities.loc[filters.public(snapshot.facilities), "facility_id"])
    entries = [one for one in _entries() if one.facility_id in shown]
    if not entries:
        return ""
    return sums(entries, lang, caption=text("desk.public.by_kind", lang))
