"""What changed in the list since it was last issued, as a CSV of its own: one row per facility, codes as they are.

`move` is left, entered or stays; `what` the first change that holds; `also` the others. The totals that connect the two lists
stand in the manifest.
"""

from typing import Any

from riskmap.export import csv
from riskmap.export.parts import DELTA
from riskmap.export.table import Listing, Table, cells
from riskmap.problem import DataError

MEDIA_TYPE = csv.MEDIA_TYPE
COLUMNS = (*DELTA, "snapshot_before_id", "as_of_before", "snapshot_id", "as_of", "is_demo", "notice")
_STAMP = {
    "snapshot_before_id": "id",
    "as_of_before": "date",
    "snapshot_id": "id",
    "as_of": "date",
    "is_demo": "bool",
    "notice": "text",
}


def encode(listing: Listing, manifest: dict[str, Any]) -> bytes:
    """The rows of `riskmap.issued.delta`; DataError where there is no earlier list to compare with."""
    found = listing.since
    if found is None:
        raise DataError("export_no_earlier_list")
    stamp = {
        "snapshot_before_id": found.before.id, "as_of_before": found.before.as_of, "snapshot_id": found.after.id,
        "as_of": found.after.as_of, "is_demo": found.after.is_demo, "notice": manifest["notice"],
    }  # fmt: skip
    kinds = {**DELTA, **_STAMP}
    lang = listing.table.lang
    return csv.encode(Listing(Table(cells(found.rows, kinds, stamp, lang), kinds, lang, listing.table.currency)), manifest)
