"""What a snapshot carries of the work: replies and states in force on the day it was made, so that its files stay the same."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.store import work
from riskmap.store.database import reading

REPLIES = pa.schema([("facility_id", "string"), ("number", "int64"), ("replied_on", pa.date32()), ("office", "string"),
                     ("text", "string")])  # fmt: skip
CASES = pa.schema([("facility_id", "string"), ("state", "string"), ("since_on", pa.date32())])


def tables(store: Any) -> dict[str, pa.Table]:
    """The last reply of each facility (`replies`) and the state of each review (`cases`), by facility."""
    with reading(store) as connection:
        replies = {one.facility_id: one for one in work.replies(connection)}
        cases = work.cases(connection)
    return {
        "replies": pa.Table.from_pylist(
            [
                {"facility_id": id_, "number": one.number, "replied_on": one.acted_on, "office": one.office, "text": one.text}
                for id_, one in sorted(replies.items())
            ],
            schema=REPLIES,
        ),
        "cases": pa.Table.from_pylist(
            [
                {"facility_id": one.facility_id, "state": one.state, "since_on": one.acted_on}
                for one in sorted(cases, key=lambda one: one.facility_id)
            ],
            schema=CASES,
        ),
    }  # fmt: skip


def lines(made: Snapshot, set_aside: Sequence[tuple[int, str]], lang: str, *, n_blank: int = 0) -> list[str]:
    """What a new snapshot carries, in words: every correction with what became of it, and how many replies and states."""
    found: list[str] = []
    if made.has("corrections"):
        table = made.table("corrections")
        for one in table.to_dict("records"):
            words = text(f"desk.correction_outcome.{one['outcome']}", lang)
            given = {"id": one["correction_id"], "column": one["column"], "facility": one["facility_id"]}
            found.append(text("desk.cli.correction", lang, **given, outcome=words))
        n_applied = int((table["outcome"] == "applied").sum())
        counts = {"accepted": len(table), "aside": len(set_aside), "blank": n_blank}
        counts |= {"rows_in": sum(counts.values()), "applied": n_applied}
        found.append(text("desk.cli.identity", lang, **counts))
    found += [text("desk.cli.set_aside", lang, line=line, code=code) for line, code in set_aside]
    if made.has("replies"):
        files = made.manifest["files"]
        counts = {name: files[f"{name}.parquet"]["rows"] for name in ("replies", "cases")}
        found.append(text("desk.cli.frozen", lang, **counts))
    return found
