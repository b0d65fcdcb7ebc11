"""The snapshots that were ever published, kept side by side: nothing in here is changed or removed.

Folder: `<as_of>-<id>/` per snapshot, `kept.txt` with their names in the order in which they came, and `current`, the id
of the one that is shown. A snapshot is copied whole beside its place and renamed into it; the two small files are
replaced the same way, so that a reader always finds one complete state.
"""

import os
import re
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from riskmap import snapshot
from riskmap.folder import beside, fsync, put_in_place, recover
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot

POINTER, ORDER = "current", "kept.txt"
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-([0-9a-f]{12})")
_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class Kept:
    """One kept snapshot, known from the name of its folder; `load` opens it."""

    id: str
    as_of: date
    folder: Path


def is_archive(folder: Path) -> bool:
    """Is this a folder of kept snapshots? A single snapshot is not."""
    return (folder / POINTER).is_file() and not (folder / "manifest.json").exists()


def kept(archive: Path) -> list[Kept]:
    """Every kept snapshot, by data date; those of one day in the order in which they came."""
    order = {name: at for at, name in enumerate(_order(archive))}
    found = [(path, match) for path in archive.iterdir() if (match := _NAME.fullmatch(path.name))] if archive.is_dir() else []
    known = [Kept(match[2], date.fromisoformat(match[1]), path) for path, match in found if (path / "manifest.json").is_file()]
    return sorted(known, key=lambda one: (one.as_of, order.get(one.folder.name, len(order)), one.id))


def current_id(archive: Path) -> str:
    """The id that `current` names; DataError where there is none."""
    try:
        text = (archive / POINTER).read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise DataError("not_an_archive", str(archive)) from error
    if not is_id(text):
        raise DataError("not_an_archive", str(archive))
    return text


def is_id(text: str) -> bool:
    """Does this look like the id of a snapshot? Everything else never reaches the disk."""
    return bool(_ID.fullmatch(text))


def find(archive: Path, snapshot_id: str) -> Kept:
    """The kept snapshot of this id; DataError if it is not there."""
    matching = [one for one in kept(archive) if one.id == snapshot_id] if is_id(snapshot_id) else []
    if not matching:
        raise DataError("not_kept", str(archive), id=snapshot_id[:40])
    return matching[0]


def withdraw(archive: Path, facility_id: str) -> None:
    """Show a facility in no version any more, neither in those kept here nor in those to come; it cannot be undone by a command.

    DataError where no kept version has it. A running server follows after a restart.
    """
    opened = (snapshot.load(one.folder) for one in kept(archive))
    if not any(one.table("facilities")["facility_id"].eq(facility_id).any() for one in opened):
        raise DataError("observation_facility")
    shut = sorted(snapshot.withdrawn(archive / "any") | {facility_id})
    _replace(archive / snapshot.WITHDRAWN, "".join(f"{one}\n" for one in shut))


def load(archive: Path, snapshot_id: str | None = None) -> Snapshot:
    """Open a kept snapshot, the current one without an id; DataError if it is not there."""
    return snapshot.load(find(archive, snapshot_id or current_id(archive)).folder)


def opened(folder: Path) -> Snapshot:
    """A snapshot folder, or the current snapshot of an archive."""
    return load(folder) if is_archive(folder) else snapshot.load(folder)


def before(archive: Path, as_of: date) -> Snapshot | None:
    """The last snapshot kept of an earlier day; None where there is none."""
    earlier = [one for one in kept(archive) if one.as_of < as_of]
    return snapshot.load(earlier[-1].folder) if earlier else None


def keep(archive: Path, folder: Path) -> Snapshot:
    """Copy a snapshot into the archive and show it, unless a later day is shown already. Keeping it again changes nothing.

    DataError if the snapshot is damaged, or the folder holds something that is not an archive.
    """
    archive = archive.absolute()
    if damaged := snapshot.verify(folder):
        raise DataError("snapshot_damaged", str(folder), files=", ".join(damaged))
    made = snapshot.load(folder)
    if any(Path(name).name != name for name in made.manifest["files"]):  # a manifest from elsewhere may name any path
        raise DataError("snapshot_damaged", str(folder), files="manifest.json")
    held = [path for path in archive.iterdir() if not path.name.startswith(".")] if archive.is_dir() else []
    if held and not (archive / POINTER).exists() and not kept(archive):
        raise DataError("not_an_archive", str(archive))
    place = archive / f"{made.as_of.isoformat()}-{made.id}"
    recover(place)
    if not place.exists():
        temporary = beside(place)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            for name in ("manifest.json", *made.manifest["files"]):
                shutil.copyfile(folder / name, temporary / name)
            put_in_place(temporary, place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    order = _order(archive)
    if place.name not in order:
        _replace(archive / ORDER, "".join(f"{name}\n" for name in [*order, place.name]))
    if not (archive / POINTER).exists() or find(archive, current_id(archive)).as_of <= made.as_of:
        _replace(archive / POINTER, f"{made.id}\n")
    return snapshot.load(place)


def verify(archive: Path) -> dict[str, list[str]]:
    """What is wrong, by name of the snapshot's folder: changed files, another date or id than the name says, no pointer."""
    wrong: dict[str, list[str]] = {}
    for name in dict.fromkeys([*_order(archive), *(one.folder.name for one in kept(archive))]):
        try:
            made = snapshot.load(archive / name)
            found = snapshot.verify(archive / name)
        except DataError:
            wrong[name] = ["manifest.json"]
            continue
        is_named = name == f"{made.as_of.isoformat()}-{made.id}"
        wrong[name] = found if is_named else [*found, "manifest.json"]
    try:
        find(archive, current_id(archive))
    except DataError:
        wrong[POINTER] = [POINTER]
    return wrong


def _order(archive: Path) -> list[str]:
    try:
        lines = (archive / ORDER).read_text("ascii").split()
    except (OSError, ValueError):
        return []
    return [line for line in lines if _NAME.fullmatch(line)]


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.writing-{os.getpid()}")
    temporary.write_text(text, "utf-8")
    fsync(temporary)
    temporary.replace(path)
    fsync(path.parent)
