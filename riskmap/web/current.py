"""The snapshots this process serves: one that is current, and every other that is kept. Read once, shared, never copied."""

import os
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from riskmap import archive, snapshot
from riskmap import store as kept_store
from riskmap.archive import Kept
from riskmap.options import ARCHIVE, STORE
from riskmap.problem import DataError

_N_OPEN = 4  # snapshots in memory at once: the current one, the one before, and two that somebody looks at


def folder() -> Path:
    """Where the snapshot lies, or the archive: `RISKMAP_SNAPSHOT`, or the demo's folder beside the program."""
    return Path(os.environ.get("RISKMAP_SNAPSHOT") or ARCHIVE).absolute()


def current() -> snapshot.Snapshot:
    """The snapshot to show now; DataError (and another attempt at the next call) while there is none.

    A new one of an archive is seen at the next call; a single snapshot stays the one first read.
    """
    place = folder()
    return _opened(archive.find(place, archive.current_id(place)).folder if archive.is_archive(place) else place)


def known() -> list[Kept]:
    """Every snapshot that can be asked for, oldest first: those of the archive, or the single one."""
    place = folder()
    if archive.is_archive(place):
        return archive.kept(place)
    only = current()
    return [Kept(only.id, only.as_of, only.folder)]


def get(snapshot_id: str) -> snapshot.Snapshot:
    """A snapshot by its id, which may come from an address; DataError if it is not kept."""
    place = folder()
    if archive.is_archive(place):
        return _opened(archive.find(place, snapshot_id).folder)
    only = current()
    if only.id != snapshot_id:
        raise DataError("not_kept", str(place), id=snapshot_id[:40])
    return only


def named(snapshot_id: str) -> snapshot.Snapshot | None:
    """`get` for an address: the kept snapshot that it names, None for any other. A page gets the rows of the version it shows."""
    try:
        return get(snapshot_id)
    except DataError:
        return None


_asked: ContextVar[str | None] = ContextVar("asked", default=None)


def stay(snapshot_id: str | None) -> None:
    """Links written from here on, in this thread, lead to the same snapshot: a reader of a past one stays there."""
    _asked.set(snapshot_id if snapshot_id and archive.is_id(snapshot_id) else None)


def link(href: str) -> str:
    """An address inside the site with the snapshot that the reader asked for."""
    asked = _asked.get()
    if asked is None or not href or href.startswith(("#", "files/", "feeds/")) or "snapshot=" in href:
        return href
    return f"{href}{'&' if '?' in href else '?'}snapshot={asked}"


def up_to(snapshot_id: str) -> list[snapshot.Snapshot]:
    """The snapshots up to this one, oldest first: what was known then. None of their tables is read here."""
    kept = known()
    last = next((at for at, one in enumerate(kept) if one.id == snapshot_id), len(kept) - 1)
    return [snapshot.load(one.folder) for one in kept[: last + 1]]


@lru_cache(maxsize=_N_OPEN)
def _opened(path: Path) -> snapshot.Snapshot:
    opened = snapshot.load(path)
    try:
        _ = opened.facilities  # read now: a folder replaced later must not be mixed into this one
    except (OSError, pa.ArrowException) as error:
        raise DataError("not_a_snapshot", str(path)) from error
    return opened


def store() -> Any:
    """The store of this process, opened at its first use: what `riskmap.store.open` returns for `RISKMAP_STORE`.

    DataError `store_unavailable` (and another attempt at the next call) while it cannot be reached.
    """
    return _store(os.environ.get("RISKMAP_STORE") or STORE)


def has_store() -> bool:
    """Is there a store to read? Pages that only show what is in it make none."""
    return bool(os.environ.get("RISKMAP_STORE")) or Path(STORE.removeprefix("sqlite:///")).is_file()


@lru_cache(maxsize=1)
def _store(url: str) -> Any:
    return kept_store.open(url)


def table(name: str, snapshot_id: str | None = None) -> pd.DataFrame:
    """A table of a snapshot, the current one without an id, read once. Shared by everyone: do not change it."""
    return _table((get(snapshot_id) if snapshot_id else current()).folder, name)


@lru_cache(maxsize=16)
def _table(path: Path, name: str) -> pd.DataFrame:
    opened = _opened(path)
    return opened.facilities if name == "facilities" else opened.table(name)
