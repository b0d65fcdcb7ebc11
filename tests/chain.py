"""Small snapshots made by hand, for the tests of what happens between them."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from riskmap import __version__, facts, pipeline, settings, snapshot

AS_OF = (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))


def facility(number: int, **values: Any) -> dict[str, Any]:
    """A flagged, overdue facility; its contract is C<number>."""
    standard = {
        "facility_id": f"F{number}", "title": f"Facility {number}", "region_code": "KZ-75", "currency": "KZT",
        "budget_amount": 1_000, "delivery": "overdue", "is_overdue": True, "days_late": 40, "level": "high", "is_flagged": True,
        "r_lo": 50.0, "coverage": 0.9, "contract_id": f"C{number}", "due_on": date(2026, 6, 1), "due_first_on": date(2026, 6, 1),
        "source_file": "list.csv", "source_row": number,
    }  # fmt: skip
    return {**standard, **values}


def contract(number: int, **values: Any) -> dict[str, Any]:
    standard = {
        "facility_id": f"F{number}", "contract_id": f"C{number}", "signed_on": date(2024, 1, 1), "due_first_on": date(2026, 6, 1),
        "due_on": date(2026, 6, 1), "value_amount": 900, "value_first_amount": 900, "paid_amount": 500, "n_amendments": 0,
        "source_file": "contracts.csv", "source_row": number,
    }  # fmt: skip
    return {**standard, **values}


def amendment(number: int, **values: Any) -> dict[str, Any]:
    standard = {
        "facility_id": f"F{number}",
        "contract_id": f"C{number}",
        "amendment_id": f"A{number}",
        "source_file": "changes.csv",
    }
    return {**standard, **values}


def report(number: int, day: date, share: float) -> dict[str, Any]:
    return {
        "facility_id": f"F{number}", "report_id": f"{number}-{day}", "reported_on": day, "progress_share": share,
        "progress_source": "reported", "source_file": "works.csv",
    }  # fmt: skip


def made(folder: Path, as_of: date, facilities: list[dict[str, Any]], **tables: Any) -> snapshot.Snapshot:
    """Write a snapshot with these rows; `tables`: rows of the other tables, and `manifest` with keys that differ."""
    kinds = pipeline.scored_schema()
    scored = pa.table([pa.array([row.get(field.name) for row in facilities], field.type) for field in kinds], schema=kinds)
    others = {
        name: facts.to_table(name, tables.get(name, [])) for name in snapshot.TABLES if name not in ("facilities", "problems")
    }
    used = settings.load()
    manifest = {
        "as_of": as_of.isoformat(), "is_demo": True, "settings": used, "settings_sha256": settings.digest(used),
        "code_version": __version__, "totals": pipeline.totals(scored, currency="KZT"), **tables.get("manifest", {}),
    }  # fmt: skip
    problems = facts.PROBLEM_SCHEMA.empty_table()
    return snapshot.load(snapshot.write(folder, {"facilities": scored, "problems": problems, **others}, manifest))
