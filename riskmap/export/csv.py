"""CSV that a program reads and a spreadsheet cannot misread: UTF-8 with BOM, commas, ISO dates, technical names.

Texts that a spreadsheet would run or rewrite get an apostrophe in front (riskmap.apostrophe). Numbers and dates stay bare.
"""

import csv
import io
from typing import Any

from riskmap.apostrophe import cell
from riskmap.export.table import Listing

MEDIA_TYPE = "text/csv; charset=utf-8"


def encode(listing: Listing, manifest: dict[str, Any]) -> bytes:
    """Header and one line per row. Not known is empty; truth values are true and false."""
    table = listing.table
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.kinds)
    writer.writerows([cell(value) for value in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")
