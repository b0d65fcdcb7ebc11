"""The command line of offices: roles, labels, corrections, the trail, the digest. Whoever runs it holds the database anyway."""

import os
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from riskmap import archive, options, store
from riskmap import corrections as overlay
from riskmap import settings as settings_file
from riskmap.filters import region_name
from riskmap.i18n import text
from riskmap.options import DAY, FILE
from riskmap.problem import DataError
from riskmap.store import audit
from riskmap.store.people import ROLES, Identity, Person
from riskmap.work import cases, corrections, digest, labels, listed, mail
from riskmap.work import roles as granted

_on = click.option("--on", required=True, type=DAY, help="The day of the action. Never taken from the clock.")
_issuer = click.option("--issuer", required=True, help="The address of the sign-in provider, as its tokens say it.")
_subject = click.option("--subject", required=True, help="How the provider calls the person; the desk page shows it to them.")


# ---- roles ------------------------------------------------------------------------------------------------------------
@click.group()
def roles() -> None:
    """Who may work on the list: list, grant and take back roles."""


@roles.command("list")
@options.store
@options.lang
def list_roles(url: str, lang: str) -> None:
    """List everybody who has a role."""
    found = granted.everyone(store.open(url), None, is_command_line=True)
    for identity, person in found:
        words = {"role": text(f"desk.role.{person.role}", lang), "scope": _scope(person, lang), "office": person.office}
        click.echo(text("desk.cli.person", lang, id=person.person_id, **words, **asdict(identity)))
    if not found:
        click.echo(text("desk.cli.no_people", lang))


@roles.command()
@_issuer
@_subject
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--region", default="", help="Of an official: the region, such as KZ-10.")
@click.option("--body", default="", help="Of an official: the body, its BIN of 12 digits.")
@click.option("--office", default="", help="Of an official: the post or department that others read. Never a name.")
@_on
@options.settings
@options.store
@options.lang
def grant(
    issuer: str, subject: str, role: str, region: str, body: str, office: str, on: datetime, settings_path: Path | None,
    url: str, lang: str,
) -> None:  # fmt: skip
    """Give a person a role in place of the one before."""
    person = granted.grant(
        store.open(url), None, Identity(issuer, subject), role=role, region_code=region, body_id=body, office=office,
        on=on.date(), settings=settings_file.load(settings_path), is_command_line=True,
    )  # fmt: skip
    words = {"role": text(f"desk.role.{role}", lang), "scope": _scope(person, lang)}
    click.echo(text("desk.cli.granted", lang, id=person.person_id, **words))


@roles.command()
@_issuer
@_subject
@_on
@options.store
@options.lang
def revoke(issuer: str, subject: str, on: datetime, url: str, lang: str) -> None:
    """Take a role back: the next action is refused already."""
    granted.revoke(store.open(url), None, Identity(issuer, subject), on=on.date(), is_command_line=True)
    click.echo(text("desk.cli.revoked", lang))


def _scope(person: Person, lang: str) -> str:
    if person.body_id:
        return text("desk.scope_body", lang, bin=person.body_id)
    return region_name(person.region_code, lang) if person.region_code else text("desk.scope_all", lang)


# ---- what others read -------------------------------------------------------------------------------------------------
@click.group("cases")
def cases_() -> None:
    """Reviews of flags: their outcomes as labels."""


@cases_.command("labels")
@click.option("--out", required=True, type=FILE, help="CSV file to write: facility_id, date, outcome, source.")
@options.store
@options.lang
def write_labels(out: Path, url: str, lang: str) -> None:
    """Write confirmed and cleared reviews as the outcomes file of `riskmap validate --outcomes`."""
    n = labels.write(cases.outcomes(store.open(url)), out)
    click.echo(text("desk.cli.labels", lang, n=n, file=out))


@click.group("corrections")
def corrections_() -> None:
    """Wrong facts that were reported and accepted."""


@corrections_.command("export")
@click.option("--out", required=True, type=FILE, help="CSV file to write, for `riskmap score --corrections`.")
@options.store
@options.lang
def export_corrections(out: Path, url: str, lang: str) -> None:
    """Write the accepted corrections, for the next snapshot."""
    found = corrections.accepted(store.open(url))
    overlay.write(found, out)
    click.echo(text("desk.cli.exported", lang, n=len(found), file=out))


# ---- the trail --------------------------------------------------------------------------------------------------------
@click.group("audit")
def audit_() -> None:
    """The trail of every action: show its head, check it, write it to a file."""


@audit_.command()
@options.store
def head(url: str) -> None:
    """Print the end of the trail, number:hash. Noted elsewhere, it proves later that nothing was cut off."""
    click.echo(audit.head(audit.entries(store.open(url))))


@audit_.command()
@click.option("--head", "noted", default="", help="A head noted before: finds a trail that was cut off or rewritten.")
@click.option("--file", "path", type=FILE, help="A trail written by `audit export`, in place of the store.")
@options.store
@options.lang
def verify(noted: str, path: Path | None, url: str, lang: str) -> None:
    """Check the trail: changes, gaps, cuts, and whether the rows it speaks of are those in the store. Exit code 1 if not."""
    db = None if path else store.open(url)
    trail = audit.entries(db) if db else _read_trail(path or Path())
    findings = [text(f"desk.cli.audit_{code}", lang, n=n) for code, n in audit.verify(trail, head=noted)]
    findings += [text("desk.cli.audit_row", lang, n=table) for table, _ in (audit.rows_differ(db) if db else [])]
    for finding in findings:
        click.echo(finding)
    if findings:
        sys.exit(1)
    click.echo(text("desk.cli.audit_ok", lang, n=len(trail), head=audit.head(trail)))


@audit_.command("export")
@click.option("--out", required=True, type=FILE, help="File to write: one entry a line, as JSON.")
@options.store
@options.lang
def export_trail(out: Path, url: str, lang: str) -> None:
    """Write the trail to a file that can be checked without the store."""
    trail = audit.entries(store.open(url))
    out.write_text("".join(f"{line}\n" for line in audit.lines(trail)), "utf-8")
    click.echo(text("desk.cli.audit_written", lang, n=len(trail), file=out))


def _read_trail(path: Path) -> list[audit.Entry]:
    try:
        return audit.of_lines(path.read_text("utf-8").splitlines())
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError("audit_unreadable", path.name) from error


# ---- the digest -------------------------------------------------------------------------------------------------------
@click.command("digest")
@click.option("--snapshot", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Whose facilities.")
@click.option("--out", type=FILE, help="File to write: .html, or text.")
@click.option("--to", multiple=True, help="E-mail address to send it to; repeatable. Needs --relay and --from.")
@click.option("--relay", envvar="RISKMAP_RELAY", help="host:port of the mail relay. Off without it.")
@click.option("--from", "sender", default="", help="The address it comes from.")
@click.option("--tls/--no-tls", "is_tls", default=True, show_default=True, help="STARTTLS to the relay.")
@_on
@options.settings
@options.store
@options.lang
def digest_(
    folder: Path, out: Path | None, to: tuple[str, ...], relay: str | None, sender: str, is_tls: bool, on: datetime,
    settings_path: Path | None, url: str, lang: str,
) -> None:  # fmt: skip
    """What is overdue, with whom and since when: to a file, or by e-mail through a relay of yours.

    A login for the relay comes from RISKMAP_RELAY_LOGIN (name:password). Run it once a week from a scheduler.
    """
    if not out and not to:
        raise click.UsageError("--out, --to or both: where is the digest to go?")
    if to and not (relay and sender):
        raise click.UsageError("--to needs --relay and --from")
    opened, settings = archive.opened(folder), settings_file.load(settings_path)
    rows = listed.everything(store.open(url), opened, on=on.date(), settings=settings, lang=lang)
    title, parts = digest.build(rows, opened, on=on.date(), settings=settings, lang=lang)
    plain, page = digest.plain(title, parts), digest.page(title, parts, lang)
    if out:
        out.write_text(page if out.suffix.lower() in (".html", ".htm") else plain, "utf-8")
        click.echo(text("desk.cli.digest_written", lang, file=out))
    if to and relay:
        name, colon, password = os.environ.get("RISKMAP_RELAY_LOGIN", "").partition(":")
        login = (name, password) if colon else None
        mail.send(title, plain, page, relay=relay, sender=sender, to=to, is_tls=is_tls, login=login)
        click.echo(text("desk.cli.digest_sent", lang, n=len(to)))


COMMANDS = (roles, cases_, corrections_, audit_, digest_)
