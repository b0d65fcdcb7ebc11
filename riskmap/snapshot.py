"""A snapshot: scored facilities and everything behind them, immutable, hashed and dated.

Folder: `manifest.json` and one Parquet file per table. Pages, exports and commands read exactly one snapshot.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskmap.folder import beside, put_in_place, recover
from riskmap.problem import DataError

TABLES = ("facilities", "contracts", "payments", "progress", "amendments", "bids", "problems")
# what a snapshot may carry of the work on it: replies and states of reviews as they stood, corrections applied to its facts
WORK = ("replies", "cases", "corrections")


@dataclass(frozen=True)
class Snapshot:
    """An opened snapshot. Tables are read when first asked for; `facilities` has one row per facility."""

    folder: Path
    manifest: dict[str, Any]

    def table(self, name: str) -> pd.DataFrame:
        """A table with nullable pandas types: int64 -> Int64, bool -> boolean, dates as `datetime.date` or None.

        Without what belongs to a withdrawn facility; of such a facility only its row is left, as restricted.
        """
        found = pq.read_table(self.folder / f"{name}.parquet").to_pandas(types_mapper=NULLABLE.get)
        shut = withdrawn(self.folder)
        if not shut or "facility_id" not in found:
            return found
        is_shut = found["facility_id"].isin(shut)
        if name != "facilities":
            return found[~is_shut].reset_index(drop=True)
        found["is_restricted"] = found["is_restricted"].mask(is_shut, True)
        return found

    @cached_property
    def facilities(self) -> pd.DataFrame:
        facilities = self.table("facilities")
        if "district_code" not in facilities:  # of an earlier version
            facilities["district_code"] = facilities["district"]
        return self._with_work(facilities)

    def has(self, name: str) -> bool:
        """Does the snapshot carry this table? `WORK` are there only where they were frozen into it."""
        return f"{name}.parquet" in self.manifest["files"]

    def _with_work(self, facilities: pd.DataFrame) -> pd.DataFrame:
        """The reply of the body and the state of the review beside each facility (`schema.WORKED`): they go wherever it goes."""
        if self.has("replies"):
            replies = self.table("replies").set_index("facility_id")
            named = {"buyer_reply": "text", "buyer_reply_office": "office", "buyer_replied_on": "replied_on"}
            for column, name in named.items():
                facilities[column] = facilities["facility_id"].map(replies[name])
        if self.has("cases"):
            cases = self.table("cases").set_index("facility_id")
            facilities["review_state"] = facilities["facility_id"].map(cases["state"])
            facilities["review_since_on"] = facilities["facility_id"].map(cases["since_on"])
        return facilities

    @property
    def id(self) -> str:
        return self.manifest["snapshot_id"]

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def is_demo(self) -> bool:
        return self.manifest["is_demo"]

    @property
    def currency(self) -> str:
        return self.manifest["settings"]["country"]["currency"]


WITHDRAWN = "withdrawn.txt"


def withdrawn(folder: Path) -> frozenset[str]:
    """Facilities that an operator has withdrawn from every version beside this one: a line each in `withdrawn.txt`.

    A facility may become one of special regime after it was published; a snapshot itself never changes.
    """
    try:
        return frozenset((folder.parent / WITHDRAWN).read_text("utf-8").split("\n")) - {""}
    except FileNotFoundError:
        return frozenset()


NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype(), pa.string(): pd.StringDtype("pyarrow")}


def write(folder: Path, tables: Mapping[str, pa.Table], manifest: Mapping[str, Any]) -> Path:
    """Write a snapshot whole or not at all: a temporary folder beside it, fsync, rename. Returns `folder`.

    `manifest` gets `files` (name -> SHA-256, rows) and `snapshot_id`, a hash over all that determines the content.
    A folder that already holds this very snapshot is left alone; another snapshot there is replaced.
    """
    folder = folder.absolute()
    recover(folder)
    if folder.exists() and not (folder / "manifest.json").is_file() and any(folder.iterdir()):
        raise DataError("folder_not_empty", str(folder))
    temporary = beside(folder)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        _fill(temporary, tables, manifest)
        put_in_place(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _fill(folder: Path, tables: Mapping[str, pa.Table], manifest: Mapping[str, Any]) -> None:
    files = {}
    for name in (*TABLES, *(name for name in WORK if name in tables)):
        path = folder / f"{name}.parquet"
        pq.write_table(tables[name], path, compression="zstd")
        files[path.name] = {"sha256": _sha256(path), "rows": tables[name].num_rows}
    full = {**manifest, "files": files}
    full["snapshot_id"] = snapshot_id(full)
    text = json.dumps(full, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / "manifest.json").write_text(text, "utf-8")


def snapshot_id(manifest: Mapping[str, Any]) -> str:
    """First 12 hex digits of the SHA-256 of the manifest without its id, in canonical JSON."""
    content = {k: v for k, v in manifest.items() if k != "snapshot_id"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def load(folder: Path | str) -> Snapshot:
    """Open a snapshot; DataError if the folder is not one. `verify` checks its hashes."""
    folder = Path(folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError("not_a_snapshot", str(folder)) from error
    return Snapshot(folder, manifest)


def verify(folder: Path | str) -> list[str]:
    """What is wrong with a snapshot: names of files that are missing or differ, "manifest.json" if its id does."""
    snapshot = load(folder)
    wrong = [
        name for name, entry in snapshot.manifest["files"].items()
        if not (snapshot.folder / name).is_file() or _sha256(snapshot.folder / name) != entry["sha256"]
    ]  # fmt: skip
    return wrong + (["manifest.json"] if snapshot_id(snapshot.manifest) != snapshot.id else [])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
