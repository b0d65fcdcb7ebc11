"""What reviews found, as the outcomes file that `riskmap validate --outcomes` reads."""

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path


def write(outcomes: Iterable[tuple[str, date, str, str]], path: Path) -> int:
    """Write (facility, day, outcome, source) rows; returns how many."""
    rows = sorted(outcomes)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("facility_id", "date", "outcome", "source"))
        out.writerows((facility_id, day.isoformat(), outcome, source) for facility_id, day, outcome, source in rows)
    return len(rows)
