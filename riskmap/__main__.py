"""The command line. Exit codes: 0 done, 1 not identical or nothing accepted, 2 unusable."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import pyarrow.parquet as pq

from riskmap import (
    __version__,
    archive,
    bids,
    filters,
    intake,
    observed,
    options,
    pipeline,
    schema,
    settings,
    signing,
    snapshot,
    store,
)
from riskmap import compare as comparing
from riskmap import corrections as overlay
from riskmap import duty as duties
from riskmap import export as exports
from riskmap import facts as facts_file
from riskmap.control.commands import COMMANDS as CONTROL_COMMANDS
from riskmap.demo import letters, visits
from riskmap.demo.calibrate import build
from riskmap.export import changes, issued_before
from riskmap.export import verify as verifying
from riskmap.export.table import COLUMN_SETS
from riskmap.i18n import money, text
from riskmap.options import ARCHIVE, DAY, FILE, FOLDER
from riskmap.problem import DataError, Problem, describe, describe_error
from riskmap.validate import card as backtest
from riskmap.validate import outcomes as judging
from riskmap.validate import simulation, summary
from riskmap.validate import study as studying
from riskmap.work import frozen
from riskmap.work.commands import COMMANDS as WORK_COMMANDS


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="riskmap")
def main() -> None:
    """Corruption Risk Map: from a facility file to a scored, explained and dated snapshot.

    A risk indicator is not evidence of a violation. It is a reason to check.
    """


@main.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=FOLDER, help="Folder of facts to write or to add to.")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar='"column=Header"',
    help="Which header a column is, where the file leaves it open. Repeatable.",
)
@click.option(
    "--table",
    type=click.Choice(tuple(schema.INPUT_TABLES)),
    help="What kind of rows the files hold; guessed from names and headers otherwise.",
)
@click.option("--sheet", "sheets", multiple=True, help="Read only this sheet of a workbook. Repeatable.")
@click.option("--encoding", help="Encoding of old CSV files, such as cp1251.")
@click.option("--fix-swapped", is_flag=True, help="Exchange latitude and longitude where they are plainly swapped.")
@options.settings
@options.lang
def import_(
    files: tuple[Path, ...], out: Path, mapping: tuple[str, ...], table: str | None, sheets: tuple[str, ...],
    encoding: str | None, fix_swapped: bool, settings_path: Path | None, lang: str,
) -> None:  # fmt: skip
    """Read facility FILES (CSV, XLSX, OC4IDS and OCDS JSON, GeoJSON) into a folder of checked facts.

    Nothing is lost: rows in = accepted + quarantined + blank. Refused rows are written to quarantine.csv, which can
    be corrected and imported again. Importing the same bytes twice changes nothing.
    """
    chosen = settings.load(settings_path)
    with _bar("Reading", len(files)) as step:
        report = intake.import_files(
            files, out, settings=chosen, column_map=dict(_pair(item) for item in mapping), table=table, sheets=sheets or None,
            fix_swapped=fix_swapped, encoding=encoding, lang=lang, progress=lambda done, of, name: step(name),
        )  # fmt: skip
    for file in report["files"]:
        _print_file(file)
    _print_problems(out, report, lang)
    if not report["totals"]["accepted"]:
        sys.exit(1)


def _print_file(file: dict[str, Any]) -> None:
    click.echo(f"{file['name']} ({file['kind']}): {_identity(file)}")
    for sheet in file["sheets"]:
        name = f"{sheet['sheet'] or file['name']} as {sheet['table']}"
        if len(file["sheets"]) > 1:
            click.echo(f"  {name}: {_identity(sheet)}")
        for line in sheet["unsure"]:
            click.echo(f'  {name}: not sure, decide with --map "column=Header": {line}')
        if sheet["unmapped"]:
            click.echo(f"  {name}: headers not used: {', '.join(sheet['unmapped'])}")


def _identity(counts: dict[str, int]) -> str:
    return "rows in {rows_in} = accepted {accepted} + quarantined {quarantined} + blank {blank}".format_map(counts)


def _print_problems(out: Path, report: dict[str, Any], lang: str) -> None:
    """How often each problem was found, with the first of its kind in words."""
    first: dict[str, Problem] = {}
    for row in pq.read_table(out / "problems.parquet").drop_columns("facility_id").to_pylist():
        first.setdefault(row["code"], Problem(**{**row, "params": json.loads(row["params"])}))
    for code, n in sorted(report["problems"].items(), key=lambda item: -item[1]):
        click.echo(f"{n:6} x {code}. For example: {describe(first[code], lang)}")
    click.echo(f"In all: {_identity(report['totals'])}")
    n_open = sum(file["rows"] for file in report["quarantine_files"])
    if report["n_returned"]:
        click.echo(f"Of the quarantined rows {report['n_returned']} came back in another file and count there; open: {n_open}")
    for file in report["quarantine_files"] if n_open else ():
        click.echo(f"Refused rows, to be corrected and imported again: {out / file['name']}")


@main.command()
@click.argument("facts", type=FOLDER)
@click.option("--as-of", required=True, type=DAY, help="The day at which deadlines are judged. Never taken from the clock.")
@click.option("--out", type=FOLDER, help="Folder of the snapshot to write.")
@click.option("--keep", "archive_folder", type=FOLDER, help="Folder of kept snapshots to add it to; it is the current one then.")
@click.option(
    "--previous",
    type=FOLDER,
    help="Snapshot published before: a level changes after two in a row, or by more than 5 points. "
    "With --keep, the last one kept of an earlier day.",
)
@click.option(
    "--corrections", "corrections_file", type=FILE, help="Accepted corrections (`riskmap corrections export`) to lay over."
)
@click.option("--store", "store_url", help="Carry the replies and the states of reviews of this store, as they stand now.")
@options.settings
@options.lang
def score(
    facts: Path, as_of: datetime, out: Path | None, archive_folder: Path | None, previous: Path | None,
    corrections_file: Path | None, store_url: str | None, settings_path: Path | None, lang: str,
) -> None:  # fmt: skip
    """Score the FACTS of an import and write a snapshot: Parquet tables and a manifest with hashes and totals.

    What was frozen into a snapshot stays in it: files made from it are the same for ever, whatever is answered later.
    """
    if not out and not archive_folder:
        raise click.UsageError("--out, --keep or both: where is the snapshot to be written?")
    before = archive.opened(previous) if previous else None
    if archive_folder and not before:
        before = archive.before(archive_folder, as_of.date())
    accepted, set_aside, n_blank = overlay.read(corrections_file) if corrections_file else ([], [], 0)
    work = frozen.tables(store.open(store_url)) if store_url else {}
    with TemporaryDirectory() as elsewhere, _bar("Scoring", 2) as step:
        made = pipeline.score_folder(
            facts, as_of=as_of.date(), out=out or Path(elsewhere) / "snapshot", settings=settings.load(settings_path),
            progress=step, previous=before, accepted=accepted, work=work,
        )  # fmt: skip
        made = archive.keep(archive_folder, made.folder) if archive_folder else made
    for line in frozen.lines(made, set_aside, lang, n_blank=n_blank):
        click.echo(line)
    _print_totals(made, lang)
    if before:
        _print_changes(comparing.compare(before, made), lang)


@main.command()
@click.argument("archive_folder", metavar="[FOLDER]", type=FOLDER, default=ARCHIVE)
@options.lang
def snapshots(archive_folder: Path, lang: str) -> None:
    """List the snapshots kept in FOLDER, oldest first; * is the one that is shown."""
    shown = archive.current_id(archive_folder)
    for one in archive.kept(archive_folder):
        manifest = snapshot.load(one.folder).manifest
        totals, currency = manifest["totals"], manifest["settings"]["country"]["currency"]
        flagged = money(totals[f"flagged_budget_{currency.lower()}"], lang, currency)
        click.echo(
            f"{'*' if one.id == shown else ' '} {one.id}  {one.as_of}  facilities {totals['n_facilities']}, "
            f"overdue {totals['n_overdue']}, flagged {totals['n_flagged']}, {flagged}; "
            f"settings {manifest['settings_sha256'][:12]}, program {manifest['code_version']}"
        )


@main.command()
@click.argument("facility_id", metavar="FACILITY")
@click.option("--archive", "archive_folder", type=FOLDER, default=ARCHIVE, show_default=True, help="Folder of kept snapshots.")
@options.lang
def withdraw(facility_id: str, archive_folder: Path, lang: str) -> None:
    """Show FACILITY in no kept version any more: it has become one of special regime. Restart the server then.

    The snapshots stay as they are; `withdrawn.txt` beside them names what is shut. Photos of it are withheld one by one.
    """
    archive.withdraw(archive_folder, facility_id)
    click.echo(text("changes.withdrawn", lang, id=facility_id))


@main.command()
@click.argument("before")
@click.argument("after")
@click.option("--archive", "archive_folder", type=FOLDER, default=ARCHIVE, show_default=True, help="Where snapshots are kept.")
@click.option("--out", type=FILE, help="CSV or XLSX file of the changes to write; its manifest is written beside it.")
@options.lang
def compare(before: str, after: str, archive_folder: Path, out: Path | None, lang: str) -> None:
    """What changed from BEFORE to AFTER, two snapshots: folders, or ids of kept ones."""
    old, new = (
        archive.load(archive_folder, one) if archive.is_id(one) and not Path(one).exists() else archive.opened(Path(one))
        for one in (before, after)
    )
    compared = comparing.compare(old, new)
    _print_changes(compared, lang)
    if out:
        made = changes.export(compared, "changes", format=out.suffix.removeprefix(".").lower(), lang=lang)
        beside = exports.write(made, out)
        click.echo(f"{out}: {made.manifest['n_rows']} rows; sha256 {made.manifest['sha256']}; manifest {beside.name}")


def _filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The conditions of the pages as options, by the names that stand in the address of a page."""
    for name in ("region", "district", "type", "programme", "level", "delivery"):
        command = click.option(f"--{name}", multiple=True, help=f"Only this {name}; repeatable.")(command)
    for name in ("overdue", "flagged"):
        command = click.option(f"--{name}/--not-{name}", default=None, help=f"Only {name} facilities, or only the others.")(
            command
        )
    command = click.option("--min", type=int, help="Smallest budget, whole currency units.")(command)
    command = click.option("--max", type=int, help="Largest budget, whole currency units.")(command)
    command = click.option("--buyer", help="Name, part of it, or identifier of the buyer.")(command)
    command = click.option("--supplier", help="Name, part of it, or identifier of the contractor.")(command)
    command = click.option("--search", "q", help="Words in the name; tolerant of spelling and alphabet.")(command)
    return click.option("--sort", help='Column to sort by, "-" in front for descending. Default: most points first.')(command)


@main.command()
@click.argument("snapshot_folder", metavar="SNAPSHOT", type=FOLDER)
@click.option("--format", "format_", required=True, type=click.Choice(sorted(exports.FORMATS)), help="Format of the file.")
@click.option("--out", required=True, type=FILE, help="File to write; its manifest is written beside it.")
@click.option("--columns", help=f"Comma separated columns, or one of the ready sets: {', '.join(COLUMN_SETS)}.")
@click.option(
    "--since", "earlier", type=click.Path(exists=True, path_type=Path),
    help="The list issued before: its file with the manifest beside it, or the snapshot. The version kept before otherwise.",
)  # fmt: skip
@click.option("--facility", "facility_id", help="Of these facilities only this one: its dossier, for example.")
@_filter_options
@options.lang
def export(
    snapshot_folder: Path, format_: str, out: Path, columns: str | None, earlier: Path | None, facility_id: str | None, lang: str,
    **conditions: Any,
) -> None:  # fmt: skip
    """Write the facilities of a SNAPSHOT that meet the conditions: the same rows and totals as on the page.

    SNAPSHOT may also be the folder of kept ones: then it is the one that is shown.
    """
    query = {name: _as_text(value) for name, value in conditions.items() if value not in (None, ())}
    filter_, opened = filters.from_query(query), archive.opened(snapshot_folder)
    made = exports.export(
        opened, filter_, format=format_, lang=lang, columns=columns.split(",") if columns else None,
        since=issued_before.since(opened, filter_, earlier), facility_id=facility_id,
    )  # fmt: skip
    beside = exports.write(made, out)
    click.echo(f"{out}: {made.manifest['n_rows']} rows; sha256 {made.manifest['sha256']}; manifest {beside.name}")


@main.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--snapshot", "snapshot_folder", type=FOLDER, envvar="RISKMAP_SNAPSHOT",
    help="Snapshot from which an exported file is made again, or the folder of kept ones.",
)  # fmt: skip
@click.option("--public-key", type=FILE, help="Check the signature of the file with this key.")
@click.option("--signature", type=FILE, help="The signature; FILE.sig otherwise.")
@options.lang
def verify(path: Path, snapshot_folder: Path | None, public_key: Path | None, signature: Path | None, lang: str) -> None:
    """Check a snapshot by its hashes, every one of a folder of kept ones, or make an exported file again and compare.

    Exit code 0 only when nothing differs; otherwise it says what: row, column, what is there and what should be.
    """
    notes: list[str] = []
    if archive.is_archive(path):
        found = archive.verify(path)
        findings = [f"{kept}: {name}: missing or changed" for kept, names in found.items() for name in names]
        notes = [f"snapshots kept: {len(archive.kept(path))}"]
    elif path.is_dir():
        findings = [f"{name}: missing or changed" for name in snapshot.verify(path)]
    elif not snapshot_folder and not public_key:
        raise click.UsageError("an exported file needs --snapshot, the snapshot it was made from, or --public-key")
    else:
        findings = _check_signature(path, signature, public_key, lang) if public_key else []
        if snapshot_folder:
            verdict = verifying.verify(path, snapshot_folder, lang=lang)
            findings, notes = [*findings, *verdict.findings], verdict.notes
        else:
            notes = [text("export.verify.only_signature", lang)]
    for line in [*notes, *findings]:
        click.echo(line)
    if not path.is_dir() and not snapshot_folder:
        click.echo(f"{path}: {'NOT signed by this key' if findings else 'signed'}")
    else:
        click.echo(f"{path}: {'NOT identical' if findings else 'identical'}")
    sys.exit(1 if findings else 0)


def _check_signature(path: Path, signature: Path | None, public_key: Path, lang: str) -> list[str]:
    given = signature or path.with_name(path.name + signing.SUFFIX)
    if not signing.is_signed(path, given, public_key):
        return [text("export.verify.signature_wrong", lang, file=path.name)]
    click.echo(text("export.verify.signature_right", lang, file=path.name))
    return []


@main.command()
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", required=True, type=FILE, help="Your private key, made by `keys new`.")
@options.lang
def sign(path: Path, key: Path, lang: str) -> None:
    """Sign FILE with a key that only you hold (Ed25519); the signature is written beside it as FILE.sig."""
    click.echo(text("export.verify.signed", lang, file=path.name, signature=signing.sign(path, key)))


@main.group("keys")
def keys_() -> None:
    """Keys for signing files."""


@keys_.command("new")
@click.option("--out", required=True, type=FILE, help="File of the private key, outside of every repository and shared folder.")
@options.lang
def new_key(out: Path, lang: str) -> None:
    """Make a pair of keys: the private one readable only by you, and beside it the public one to give away."""
    click.echo(text("export.verify.key_made", lang, private=out, public=signing.new_key(out)))


@main.command()
@click.option("--out", required=True, type=FOLDER, help="Folder for the files, the facts and the snapshot.")
@click.option(
    "--facilities", "n_facilities", type=click.IntRange(1), help="Another size, without the calibration to the published totals."
)
@click.option("--seed", type=int, default=156, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--months", "n_months", type=click.IntRange(0, 3), help="Earlier months to keep too; 3, at another size none by default."
)
@options.lang
def demo(out: Path, n_facilities: int | None, seed: int, n_months: int | None, lang: str) -> None:
    """Make a fictitious country of the right size, import it, score it, and keep some months of it.

    Fictitious visits, documents and draft acts go into store.db beside it, unless that store already has some.
    """
    n_earlier = n_months if n_months is not None else 3 if n_facilities is None else 0
    with _bar("Building", (6 if n_facilities is None else 5) + n_earlier) as step:
        made = build(out, seed=seed, n_facilities=n_facilities, n_months=n_months, progress=step)
    kept = f"sqlite:///{(out / 'store.db').absolute()}"
    visits.write(kept, made, seed=seed, settings=settings.load())
    letters.write(kept, made, settings=settings.load())
    click.echo(text("common.demo", lang))
    _print_totals(made, lang)


@main.command()
@click.option("--worlds", "n_worlds", type=click.IntRange(1), default=12, show_default=True, help="How many simulated worlds.")
@click.option("--facilities", "n_facilities", type=click.IntRange(50), default=600, show_default=True, help="Per world.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the first world; the development worlds otherwise.")
@click.option("--json", "json_file", type=FILE, help="File to write the whole report to.")
@click.option("--card", is_flag=True, help="The reporting run, on worlds never tuned on; writes the card of the Method page.")
@click.option("--outcomes", type=FILE, help="CSV facility_id,date,outcome,source: judge a snapshot by what became known later.")
@click.option("--snapshot", "snapshot_folder", type=FOLDER, help="The snapshot, made as of a day before those outcomes.")
@click.option("--earlier-outcomes", type=FILE, help="Outcomes known by the day of --snapshot, for models to learn from.")
@click.option("--earlier-snapshot", "earlier_folder", type=FOLDER, help="The snapshot of the day before those.")
@options.settings
@options.lang
def validate(
    n_worlds: int, n_facilities: int, seed: int | None, json_file: Path | None, card: bool, outcomes: Path | None,
    snapshot_folder: Path | None, earlier_outcomes: Path | None, earlier_folder: Path | None, settings_path: Path | None,
    lang: str,
) -> None:  # fmt: skip
    """Measure how well the scores find what is known: in simulated worlds, or in real outcomes of a SNAPSHOT.

    Simulated figures are not real accuracy: expect up to 20 percentage points less.
    """
    if (outcomes is None) != (snapshot_folder is None) or (outcomes and (card or settings_path)):
        raise click.UsageError("--outcomes and --snapshot go together, without --card and --settings")
    if (earlier_outcomes is None) != (earlier_folder is None) or (earlier_outcomes and not outcomes):
        raise click.UsageError("--earlier-outcomes and --earlier-snapshot go together, with --outcomes and --snapshot")
    if card and (seed is not None or settings_path):
        raise click.UsageError("--card is the reporting run of the default settings: no --seed and no --settings")
    if outcomes and snapshot_folder:
        with _bar("Judging", 2) as step:
            before = (earlier_outcomes, archive.opened(earlier_folder)) if earlier_outcomes and earlier_folder else None
            report = judging.validate(outcomes, archive.opened(snapshot_folder), seed=seed or 0, step=step, earlier=before)
    else:
        first = simulation.REPORTING_SEED if card else simulation.DEVELOPMENT_SEED if seed is None else seed
        n = max(n_worlds, simulation.REPORTING_WORLDS) if card else n_worlds
        with _bar("Simulating", n) as step:
            report = simulation.validate(
                n_worlds=n, n_facilities=n_facilities, seed=first, settings=settings.load(settings_path), step=step
            )
    for line in summary.lines(report, lang):
        click.echo(line)
    if card:
        backtest.write(report)
        click.echo(str(backtest.CARD))
    if json_file:
        backtest.write(report, json_file)
        click.echo(str(json_file))


@main.command("bids")
@click.argument("facts", metavar="FACTS", type=FOLDER)
@click.option(
    "--min-bids", type=click.IntRange(1), default=2, show_default=True, help="Fewer bids of a buyer or tenderer: no R038."
)
@click.option("--fence", type=click.FloatRange(0), default=1.5, show_default=True, help="R038: interquartile ranges above Q3.")
@click.option("--no-price-comparison", multiple=True, help="Method, in the words of the source, without prices; repeatable.")
def bids_(facts: Path, min_bids: int, fence: float, no_price_comparison: tuple[str, ...]) -> None:
    """Print what the bids in FACTS show and no score contains: R028, R036 and R038, as JSON in the form of Cardinal.

    A reason to look into the tender, not evidence. docs/cardinal.md says where the two agree.
    """
    tables, _, _ = facts_file.read(facts)
    flags = bids.bid_flags(tables, min_bids=min_bids, fence_iqr=fence, no_price_comparison=no_price_comparison)
    click.echo(json.dumps(flags, ensure_ascii=False, sort_keys=True))


@main.command()
@click.argument("snapshot_folder", metavar="SNAPSHOT", type=FOLDER)
@click.option("--json", "json_file", type=FILE, help="File to write the figures to.")
@options.lang
def study(snapshot_folder: Path, json_file: Path | None, lang: str) -> None:
    """Describe a SNAPSHOT in tables: how late, what can be computed and why not, what stands unfinished.

    Markdown on the terminal. Nothing is changed by it: no threshold is taken from the data it describes.
    """
    report = studying.study(archive.opened(snapshot_folder))
    for line in studying.lines(report, lang):
        click.echo(line)
    if json_file:
        backtest.write(report, json_file)
        click.echo(str(json_file), err=True)


@main.command("duty")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the accepted cases as a register.")
def duty_(file: Path, out: Path | None) -> None:
    """Check a file of leaders' duty: what is wrong with which row, and the register of the rows that are right."""
    cases, problems, n_blank = duties.take(file.read_bytes(), file.name)
    for problem in problems:
        click.echo(describe(problem, "en"))
    if out:
        out.write_bytes(duties.write(cases))
    rows_in = len(cases) + len(problems) + n_blank
    click.echo(f"rows in {rows_in} = accepted {len(cases)} + refused {len(problems)} + blank {n_blank}")
    if problems:
        sys.exit(1)


@main.group("observations")
def observations_() -> None:
    """What visitors saw: list it, decide about it, and write what is accepted as a file for `import`."""


_on = click.option("--on", required=True, type=DAY, help="The day of the decision. Never taken from the clock.")


@observations_.command("list")
@click.option("--all", "is_all", is_flag=True, help="Those decided too, not only those that wait.")
@options.store
@options.lang
def list_observations(is_all: bool, url: str, lang: str) -> None:
    """List the observations that wait for a decision, oldest visit first."""
    db = store.open(url)
    found = store.observations(db) if is_all else store.waiting(db)
    for line in observed.lines(found, lang) or [text("observation.none", lang)]:
        click.echo(line)


@observations_.command("photos")
@click.argument("observation_id", metavar="ID")
@click.option("--out", type=FOLDER, help="Folder to write them to. They are not published: delete them afterwards.")
@click.option("--publish", type=click.IntRange(1), metavar="PHOTO", help="Publish the last version of this photo.")
@click.option("--withhold", type=click.IntRange(1), metavar="PHOTO", help="Keep this photo from being published.")
@click.option("--cover", type=click.IntRange(1), metavar="PHOTO", help="Cover parts of this photo, given as --part.")
@click.option("--erase", type=click.IntRange(1), metavar="PHOTO", help="Remove the pixels of this photo for good.")
@click.option(
    "--part", "parts", type=(int, int, int, int), multiple=True, help="LEFT TOP RIGHT BOTTOM in pixels of the photo. Repeatable."
)
@click.option("--from-first", is_flag=True, help="Cover the photo as it was sent, not its last version.")
@click.option("--reason", default="", help="Kept with the decision; needed for all but publishing.")
@click.option("--on", type=DAY, help="The day of the decision. Never taken from the clock.")
@options.settings
@options.store
@options.lang
def photos(
    observation_id: str, out: Path | None, publish: int | None, withhold: int | None, cover: int | None, erase: int | None,
    parts: tuple[tuple[int, int, int, int], ...], from_first: bool, reason: str, on: datetime | None,
    settings_path: Path | None, url: str, lang: str,
) -> None:  # fmt: skip
    """List the photos of observation ID, and write, cover, publish, withhold or erase them.

    Covered parts cannot be brought back in the new version; the photo as it was sent stays in the store, unpublished. Erasing
    empties every version: the day and the reason stay.
    """
    if sum(bool(one) for one in (publish, withhold, cover, erase)) > 1:
        raise click.UsageError("--publish, --withhold, --cover and --erase go one at a time")
    if not on and (publish or withhold or cover or erase):
        raise click.UsageError("--on: the day of the decision is needed")
    db, day = store.open(url), on.date() if on else None
    if day and cover:
        chosen = settings.load(settings_path)
        store.cover(db, observation_id, cover, parts, on=day, reason=reason, settings=chosen, from_first=from_first)
    elif day and erase:
        store.erase_photo(db, observation_id, erase, on=day, reason=reason)
    elif day and (publish or withhold):
        position, decision = (publish, "publish") if publish else (withhold or 0, "withhold")
        number = next((one.number for one in store.photos(db, observation_id) if one.position == position), 1)
        store.decide_photo(db, observation_id, position, number=number, decision=decision, on=day, reason=reason)
    found = store.photos(db, observation_id)
    if not found:
        raise DataError("review_photos", id=observation_id)
    for line in observed.photo_lines(found, lang):
        click.echo(line)
    for file in observed.write_photos(found, out, observation_id) if out else ():
        click.echo(text("observation.photo_written", lang, file=file))


@observations_.command("used")
@click.argument("snapshot_folder", metavar="SNAPSHOT", type=FOLDER)
@options.settings
@options.store
@options.lang
def used_observations(snapshot_folder: Path, settings_path: Path | None, url: str, lang: str) -> None:
    """Remember which accepted observations are in SNAPSHOT for the first time: their visitors read it with the receipt."""
    made = archive.opened(snapshot_folder)
    seen = observed.independent(made.table("progress"))
    chosen = settings.load(settings_path)
    n = store.record_uses(store.open(url), snapshot_id=made.id, as_of=made.as_of, seen=seen, settings=chosen)
    click.echo(text("observation.used", lang, n=n, id=made.id))


@observations_.command()
@click.argument("observation_id", metavar="ID")
@click.option("--photos-reviewed", is_flag=True, help="You looked at the photos: they show the facility, and no people.")
@_on
@options.store
@options.lang
def accept(observation_id: str, photos_reviewed: bool, on: datetime, url: str, lang: str) -> None:
    """Accept observation ID. Two on different days, or one with reviewed photos, give rows for the next snapshot."""
    _decide(observation_id, "accept", on, url, lang, photos_are_reviewed=photos_reviewed)


@observations_.command()
@click.argument("observation_id", metavar="ID")
@click.option("--reason", required=True, help="Read by the visitor with the receipt.")
@_on
@options.store
@options.lang
def reject(observation_id: str, reason: str, on: datetime, url: str, lang: str) -> None:
    """Reject observation ID with a reason. It stays in the store, and so do earlier decisions."""
    _decide(observation_id, "reject", on, url, lang, reason=reason)


@observations_.command()
@click.argument("observation_id", metavar="ID")
@click.option("--reason", required=True, help="The question; read by the visitor with the receipt.")
@_on
@options.store
@options.lang
def ask(observation_id: str, reason: str, on: datetime, url: str, lang: str) -> None:
    """Ask the visitor of observation ID something. It waits on."""
    _decide(observation_id, "ask", on, url, lang, reason=reason)


def _decide(observation_id: str, decision: str, on: datetime, url: str, lang: str, **given: Any) -> None:
    store.review(store.open(url), observation_id, decision=decision, on=on.date(), **given)
    click.echo(text("observation.decided", lang, id=observation_id, state=text(f"observation.state.{decision}", lang)))


@observations_.command("export")
@click.option(
    "--snapshot", "snapshot_folder", required=True, type=FOLDER, help="Whose facilities; observations of others are listed."
)
@click.option("--out", required=True, type=FILE, help="CSV file of the progress table to write.")
@options.settings
@options.store
@options.lang
def export_observations(snapshot_folder: Path, out: Path, settings_path: Path | None, url: str, lang: str) -> None:
    """Write accepted observations as a CSV file of independent reports of works, for `riskmap import`.

    Contradictions and what is not used yet are listed, never averaged and never dropped without a word.
    """
    known = set(archive.opened(snapshot_folder).facilities["facility_id"])
    found = store.accepted_as_progress(store.open(url), facilities=known, settings=settings.load(settings_path))
    observed.write_progress(found.rows, out)
    for line in observed.export_lines(found, out, lang):
        click.echo(line)


@main.command("signin-dev")
@click.option("--host", default="127.0.0.1", show_default=True, help="An address of this machine; any other is refused.")
@click.option("--port", type=click.IntRange(1, 65535), default=8600, show_default=True)
@click.option("--site", default="http://localhost:8501", show_default=True, help="Where the dashboard runs.")
@click.option(
    "--secrets", "secrets_file", type=FILE, help="Write the secrets.toml of the dashboard here. Never over another file."
)
def signin_dev(host: str, port: int, site: str, secrets_file: Path | None) -> None:
    """A sign-in provider for trying things out on this machine: no password, anybody may be anybody. Never for service."""
    import uvicorn  # noqa: PLC0415  a server, for this command alone

    from riskmap.web import signin_dev as provider  # noqa: PLC0415

    own = provider.issuer(host, port)
    written = provider.secrets_toml(own, site.rstrip("/"))
    if secrets_file:
        with secrets_file.open("x", encoding="utf-8") as file:
            file.write(written)
    else:
        click.echo(written)
    click.echo(own, err=True)
    uvicorn.run(provider.application(own), host=host, port=port, log_level="warning")


for _command in (*WORK_COMMANDS, *CONTROL_COMMANDS):
    main.add_command(_command)


def _print_totals(made: snapshot.Snapshot, lang: str) -> None:
    totals, unit = made.manifest["totals"], made.currency.lower()
    click.echo(f"snapshot {made.id} in {made.folder}, as of {made.as_of}")
    click.echo(
        f"facilities {totals['n_facilities']}, overdue {totals['n_overdue']} (deadline not known: {totals['n_deadline_unknown']})"
    )
    if made.facilities["due_on"].isna().all():
        click.echo(text("problem.no_deadlines", lang))
    flagged, exposure = totals[f"flagged_budget_{unit}"], totals[f"exposure_{unit}"]
    click.echo(f"flagged for checking {totals['n_flagged']}, their budgets {money(flagged, lang, made.currency)}")
    click.echo(f"documented exposure {money(exposure, lang, made.currency)}")
    click.echo(text("common.fair_words", lang))


def _print_changes(compared: comparing.Comparison, lang: str) -> None:
    """Totals that add up, then how many facilities changed and why."""
    before, after = compared.before, compared.after
    click.echo(f"from {before.id}, as of {before.as_of}, to {after.id}, as of {after.as_of}")
    for row in comparing.reconciled(compared.rows).to_dict("records"):
        amounts = {name: money(row[name], lang, after.currency) for name in ("opening", "new", "resolved", "revalued", "closing")}
        click.echo("{measure}: {n_opening} + {n_new} new - {n_resolved} = {n_closing}".format_map(row))
        click.echo("  {opening} + {new} new - {resolved} + {revalued} valued otherwise = {closing}".format_map(amounts))
    for (change, reason), n in compared.rows.groupby(["change", "reason"]).size().items():
        click.echo(f"{n:6} x {text(f'kind.change.{change}', lang)}: {text(f'kind.reason.{reason}', lang)}")
    for move, n in compared.rows["level_move"].value_counts().items():
        click.echo(f"{n:6} x {text(f'kind.level_move.{move}', lang)}")
    click.echo(f"changed at the source without an amendment: {len(compared.silent)}")
    if compared.rules_changed:
        click.echo("the settings or the program differ between the two: not every difference is one of the data")


def _pair(item: str) -> tuple[str, str]:
    column, equals, header = item.partition("=")
    if not equals or not column.strip() or not header.strip():
        raise click.BadParameter(f'"{item}" is not "column=Header"', param_hint="--map")
    return column.strip(), header.strip()


def _as_text(value: Any) -> Any:
    """Options as the address of a page has them: booleans and numbers as text, lists as lists."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return list(value) if isinstance(value, tuple) else str(value)


class _bar:
    """A progress bar on the terminal that moves one step each time it is called with the name of a step."""

    def __init__(self, label: str, length: int) -> None:
        self._bar = click.progressbar(length=length, label=label, file=sys.stderr, item_show_func=lambda item: item)

    def __enter__(self) -> Callable[[str], None]:
        bar = self._bar.__enter__()
        return lambda step: bar.update(1, str(step))

    def __exit__(self, *exc: Any) -> None:
        self._bar.__exit__(*exc)


def run(arguments: list[str] | None = None) -> None:
    """Run a command; an unusable file is one sentence, not a traceback."""
    try:
        main(arguments, prog_name="python -m riskmap")
    except DataError as error:
        click.echo(describe_error(error, "en"), err=True)
        sys.exit(2)
    except filters.FilterError as error:
        click.echo(error.sentence("en"), err=True)
        sys.exit(2)
    except OSError as error:
        refused = DataError("disk", str(error.filename or ""), reason=error.strerror or str(error))
        click.echo(describe_error(refused, "en"), err=True)
        sys.exit(2)


if __name__ == "__main__":
    run()
