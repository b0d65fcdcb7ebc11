"""What a snapshot carries of the work: replies and states in force on the day it was made, so that its files stay the same."""

from typing import Any

import pyarrow as pa

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
