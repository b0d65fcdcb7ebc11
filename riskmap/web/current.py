"""The one snapshot this process serves: read once, shared by every session and route, never copied."""

import os
from functools import cache, lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa

from riskmap import snapshot
from riskmap.problem import DataError

DEFAULT_FOLDER = Path("data/demo/snapshot")


def folder() -> Path:
    """Where the snapshot lies: `RISKMAP_SNAPSHOT`, or the demo's folder beside the program."""
    return Path(os.environ.get("RISKMAP_SNAPSHOT") or DEFAULT_FOLDER).absolute()


def current() -> snapshot.Snapshot:
    """The served snapshot; DataError (and another attempt at the next call) while there is none."""
    return _opened(folder())


@cache
def _opened(path: Path) -> snapshot.Snapshot:
    opened = snapshot.load(path)
    try:
        _ = opened.facilities  # read now: a folder replaced later must not be mixed into this one
    except (OSError, pa.ArrowException) as error:
        raise DataError("not_a_snapshot", str(path)) from error
    return opened


def table(name: str) -> pd.DataFrame:
    """A table of the served snapshot, read once. Shared by everyone: do not change it."""
    return _table(current().folder, name)


@lru_cache(maxsize=16)
def _table(path: Path, name: str) -> pd.DataFrame:
    opened = _opened(path)
    return opened.facilities if name == "facilities" else opened.table(name)
