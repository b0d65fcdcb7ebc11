"""Which list was issued before: the file that is given, or by default the version of the data that was kept before."""

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from riskmap import archive, filters, snapshot
from riskmap.export import MANIFEST_SUFFIX, Since
from riskmap.filters import Filter
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot


def since(opened: Snapshot, filter_: Filter, earlier: Path | None = None) -> Since | None:
    """What a list of `opened` is compared with.

    `earlier`: a list of ours with its manifest beside it, made by the same filter, or a snapshot. Without it: the last
    version kept of an earlier day, None where there is none. DataError for a file that is not such a list, or whose version
    is not kept beside `opened`.
    """
    place = opened.folder.absolute().parent
    if earlier is None:
        before = archive.before(place, opened.as_of) if archive.is_archive(place) else None
        return Since(before) if before and _is_comparable(before, opened) else None
    if earlier.is_dir():
        return Since(archive.opened(earlier))
    try:
        content = earlier.read_bytes()
        manifest = json.loads(earlier.with_name(earlier.name + MANIFEST_SUFFIX).read_text("utf-8"))
        named, query = str(manifest["snapshot_id"]), manifest["filter"]
        if hashlib.sha256(content).hexdigest() != manifest["sha256"]:
            raise ValueError("changed")
        same = filters.to_query(filters.from_query({**query, "sort": filter_.sort})) == filters.to_query(filter_)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError("since_unreadable", str(earlier)) from error
    if not same:
        raise DataError("since_other_list", str(earlier))
    before = opened if named == opened.id else snapshot.load(archive.find(place, named).folder)
    return Since(before, earlier.name, manifest["sha256"])


def _is_comparable(before: Snapshot, after: Snapshot) -> bool:
    with suppress(KeyError):
        return bool(before.manifest["settings"]["country"]["code"] == after.manifest["settings"]["country"]["code"])
    return False
