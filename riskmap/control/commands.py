"""The command line of public control: what is due, a document and what became of it, and the register of draft legal acts."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from riskmap import archive, i18n, options, store
from riskmap import settings as settings_file
from riskmap.control import acts as register
from riskmap.control import clock, document, tables, wording
from riskmap.control.records import EVENTS, GRADES, LANGUAGES
from riskmap.export import docx, letter
from riskmap.i18n import text
from riskmap.options import DAY, FILE, FOLDER
from riskmap.problem import DataError, describe
from riskmap.store import audit
from riskmap.store import control as kept

_ENCODERS = {"docx": docx.encode, "pdf": letter.encode}
_on = click.option("--on", required=True, type=DAY, help="The day on which it happened. Never taken from the clock.")
_today = click.option("--today", required=True, type=DAY, help="The day of the record, or at which terms are judged.")
_recommendation = click.option("--recommendation", required=True, type=click.IntRange(1), help="Its number in the document.")


def _given(today: datetime, settings_path: Path | None) -> dict[str, Any]:
    return {"who": audit.COMMAND_LINE, "today": today.date(), "settings": settings_file.load(settings_path)}


# ---- documents --------------------------------------------------------------------------------------------------------
@click.group("control")
def control_() -> None:
    """Public control: final documents, the working-day clock of their answers, and what the answers are worth."""


@control_.command("due")
@click.option("--out", type=FILE, help="File to write instead: .csv, or .ics for a calendar.")
@_today
@options.settings
@options.store
@options.lang
def due(out: Path | None, today: datetime, settings_path: Path | None, url: str, lang: str) -> None:
    """List the documents, the most urgent first, with the term that runs and every recommendation."""
    found = clock.clocks(kept.documents(store.open(url)), today.date(), settings_file.load(settings_path))
    if out is not None:
        is_calendar = out.suffix.lower() == ".ics"
        out.write_bytes(tables.as_calendar(found, today.date(), lang) if is_calendar else tables.as_csv(found, lang))
        click.echo(str(out))
        return
    for one in found:
        for line in _lines(one, lang):
            click.echo(line)
    if not found:
        click.echo(text("control.command.none", lang))


def _lines(one: clock.Clock, lang: str) -> list[str]:
    own, state = one.document, text(f"control.state.{one.state}", lang)
    said = {"id": own.document_id, "state": state, "body": own.body_name, "title": own.title}
    if one.term is None:
        head = [text("control.command.line_over", lang, **said)]
    else:
        head = [
            text("control.command.line", lang, due=i18n.day(one.term.due_on, lang), left=wording.left(one.term, lang), **said)
        ]
        head += [f"    {document.doubt(each, lang)}" for each in one.term.doubts]
        head += [f"    {text('control.from_sending', lang)}"] if one.is_from_sending else []
    return head + [
        text(
            "control.command.recommendation", lang, n=reply.recommendation.number, state=wording.state(reply, lang),
            grade=wording.grade_of(reply, lang), text=wording.words_of(reply, lang),
        )
        for reply in one.replies
    ]  # fmt: skip


@control_.command("document")
@click.argument("facility_id", metavar="FACILITY")
@click.option("--snapshot", "snapshot_folder", required=True, type=FOLDER, help="Snapshot with the facts of the facility.")
@click.option("--out", required=True, type=FILE, help="File to write, .docx or .pdf.")
@click.option("--language", type=click.Choice(LANGUAGES), default="kk", show_default=True, help="Language of the document.")
@click.option("--finished-on", required=True, type=DAY, help="Day on which public control was completed.")
@click.option("--recommendation", "typed", multiple=True, help="In place of the proposed ones; repeatable, in their order.")
@click.option("--body", help="Body to which it is addressed; the buyer otherwise.")
@click.option("--issue", "is_issued", is_flag=True, help="Keep it as finished in the store: its clock begins, and it is public.")
@options.settings
@options.store
@options.lang
def document_(
    facility_id: str, snapshot_folder: Path, out: Path, language: str, finished_on: datetime, typed: tuple[str, ...],
    body: str | None, is_issued: bool, settings_path: Path | None, url: str, lang: str,
) -> None:  # fmt: skip
    """Write the final document of a FACILITY: its facts, accepted observations and numbered recommendations."""
    ending = out.suffix.lower().removeprefix(".")
    if ending not in _ENCODERS:
        raise click.UsageError("--out ends in .docx or .pdf")
    opened, db, chosen = archive.opened(snapshot_folder), store.open(url), settings_file.load(settings_path)
    seen = kept.citable(db, facility_id, settings=chosen)
    draft = document.of_facility(opened, facility_id, seen, (language,))
    if draft is None:
        raise DataError("observation_facility")
    draft = document.addressed(draft, body or draft.body_name, draft.body_id if body is None else "")
    recommendations = list(typed or draft.recommendations[language])
    day = finished_on.date()
    paper = document.paper(draft, recommendations, finished_on=day, lang=language, settings=chosen)
    if is_issued:
        made = kept.issue(
            db, **document.kept(draft), papers={language: paper}, recommendations={language: recommendations}, finished_on=day,
            who=audit.COMMAND_LINE, today=day, settings=chosen,
        )  # fmt: skip
        send_by = clock.clock(kept.document(db, made), day, chosen).send.due_on
        days = {"day": i18n.day(day, lang), "due": i18n.day(send_by, lang)}
        click.echo(text("control.command.issued", lang, id=made, **days))
    out.write_bytes(_ENCODERS[ending](paper))
    click.echo(str(out))


@control_.command("file")
@click.argument("document_id", metavar="ID")
@click.option("--language", type=click.Choice(LANGUAGES), default="kk", show_default=True, help="Language of the document.")
@click.option("--out", required=True, type=FILE, help="File to write, .docx or .pdf.")
@options.store
def file(document_id: str, language: str, out: Path, url: str) -> None:
    """Write a finished document ID again, as it was."""
    ending, one = out.suffix.lower().removeprefix("."), kept.document(store.open(url), document_id)
    if ending not in _ENCODERS or language not in one.papers:
        raise click.UsageError(f"--out ends in .docx or .pdf, --language is one of {', '.join(one.papers)}")
    out.write_bytes(_ENCODERS[ending](one.papers[language]))
    click.echo(str(out))


@control_.command("mark")
@click.argument("document_id", metavar="ID")
@click.argument("kind", type=click.Choice(EVENTS))
@click.option("--note", default="", help="Published with it. Without names.")
@_on
@_today
@options.settings
@options.store
@options.lang
def mark(
    document_id: str, kind: str, note: str, on: datetime, today: datetime, settings_path: Path | None, url: str, lang: str
) -> None:  # fmt: skip
    """Record that document ID was sent, received by the body, or that a hearing was announced or held."""
    kept.mark(store.open(url), document_id, kind=kind, on=on.date(), note=note, **_given(today, settings_path))
    event = text(f"control.event.{kind}", lang)
    click.echo(text("control.command.marked", lang, id=document_id, event=event, day=i18n.day(on.date(), lang)))


@control_.command("answer")
@click.argument("document_id", metavar="ID")
@_recommendation
@click.option("--text", "words_", required=True, help="What the body answered. Published.")
@_on
@_today
@options.settings
@options.store
@options.lang
def answer(
    document_id: str, recommendation: int, words_: str, on: datetime, today: datetime, settings_path: Path | None, url: str,
    lang: str,
) -> None:  # fmt: skip
    """Record what the body answered to one recommendation of document ID."""
    given = _given(today, settings_path)
    number = kept.record_answer(
        store.open(url), document_id, recommendation=recommendation, received_on=on.date(), text=words_, **given
    )
    click.echo(text("control.command.answered", lang, id=document_id, n=recommendation, answer=number))


@control_.command("grade")
@click.argument("document_id", metavar="ID")
@_recommendation
@click.option("--grade", "grade_", required=True, type=click.Choice(GRADES), help='"Not our job" is no answer: none.')
@click.option("--reason", required=True, help="Why this grade. Published.")
@_on
@_today
@options.settings
@options.store
@options.lang
def grade(
    document_id: str, recommendation: int, grade_: str, reason: str, on: datetime, today: datetime, settings_path: Path | None,
    url: str, lang: str,
) -> None:  # fmt: skip
    """Grade the latest answer to one recommendation of document ID. A later grade is in force instead."""
    given = _given(today, settings_path)
    kept.grade(store.open(url), document_id, recommendation=recommendation, grade=grade_, reason=reason, on=on.date(), **given)
    word = text(f"control.grade.{grade_}", lang)
    click.echo(text("control.command.graded", lang, id=document_id, n=recommendation, grade=word))


# ---- draft legal acts -------------------------------------------------------------------------------------------------
@click.group("acts")
def acts_() -> None:
    """The register of draft legal acts under public control."""


@acts_.command("import")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--demo", "is_demo", is_flag=True, help="The fictitious acts of the demonstration instead of a FILE.")
@_today
@options.store
@options.lang
def import_acts(file: Path | None, is_demo: bool, today: datetime, url: str, lang: str) -> None:
    """Register the draft acts of a CSV FILE: act_id, title, body_name, published_on, comments_until and more.

    Rows in = accepted + refused + blank; every refused row is named. The same file twice changes nothing, a corrected row is
    added.
    """
    if (file is None) != is_demo:
        raise click.UsageError("either a FILE or --demo")
    source = file or register.DEMO
    taken = register.take(store.open(url), source.read_bytes(), source.name, who=audit.COMMAND_LINE, today=today.date())
    for one in taken.problems:
        click.echo(describe(one, lang))
    click.echo(text("acts.import_line", lang, **taken.counts))
    if not taken.n_accepted:
        sys.exit(1)


@acts_.command("export")
@click.option("--out", required=True, type=FILE, help="CSV file to write; `acts import` reads it back.")
@options.store
def export_acts(out: Path, url: str) -> None:
    """Write the register as CSV."""
    out.write_bytes(register.written(kept.acts(store.open(url))))
    click.echo(str(out))


COMMANDS = (control_, acts_)
