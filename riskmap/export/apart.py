"""A large file is made in a process of its own: `python -m riskmap.export.apart`, the request as JSON on its input.

Pages are served meanwhile by a process that nothing keeps busy, and the memory of a list of 100,000 facilities is given back.
Its output is the manifest on one line, then the bytes of the file; or one line with the error.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from riskmap import filters, snapshot
from riskmap.export import Export, Since, export
from riskmap.filters import Filter
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 600
_MEMORY_BYTES = 6 << 30


def export_apart(
    snapshot_: Snapshot, filter_: Filter, *, format: str, lang: str, columns: Sequence[str] | None = None,
    since: Since | None = None, facility_id: str | None = None,
) -> Export:  # fmt: skip
    """`riskmap.export.export` in another process, with the same result. DataError also where that fails or takes too long."""
    request = {
        "snapshot": str(snapshot_.folder.absolute()), "since": str(since.snapshot.folder.absolute()) if since else None,
        "filter": filters.to_query(filter_), "format": format, "lang": lang, "columns": columns, "facility_id": facility_id,
    }  # fmt: skip
    command = [sys.executable, "-m", "riskmap.export.apart"]
    try:
        run = subprocess.run(  # noqa: S603 (our own module; the request is its input, no shell)
            command, input=json.dumps(request).encode(), capture_output=True, timeout=_SECONDS, check=True, cwd=ROOT
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise DataError("export_failed", format=format) from error
    head, _, content = run.stdout.partition(b"\n")
    answer: dict[str, Any] = json.loads(head)
    if "error" in answer:
        raise DataError(answer["error"], **answer["params"])
    return Export(content, answer["file_name"], answer["manifest"], answer["media_type"])


def main() -> None:
    """Answer one request."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    request = json.load(sys.stdin)
    since = Since(snapshot.load(request["since"])) if request["since"] else None
    content = b""
    try:
        made = export(
            snapshot.load(request["snapshot"]), filters.from_query(request["filter"]), format=request["format"],
            lang=request["lang"], columns=request["columns"], since=since, facility_id=request["facility_id"],
        )  # fmt: skip
        answer = {"file_name": made.file_name, "manifest": made.manifest, "media_type": made.media_type}
        content = made.content
    except DataError as error:
        answer = {"error": error.code, "params": error.params}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main()
