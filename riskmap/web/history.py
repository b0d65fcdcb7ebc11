"""What the pages show of the past: comparisons and ledgers, computed once per pair of snapshots, and a facility's history."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pyarrow.parquet as pq

from riskmap import compare, explain, filters, i18n, ledger, summarise
from riskmap.compare import Comparison
from riskmap.i18n import text
from riskmap.snapshot import Snapshot, withdrawn
from riskmap.web import current, sheet
from riskmap.web.view import Cell, table

_DAYS_PER_MONTH = 365.25 / 12
Version = tuple[Snapshot, dict[str, Any] | None]  # a snapshot, and a facility's row in it; None where it is not there


@lru_cache(maxsize=8)
def compared(before_id: str, after_id: str) -> Comparison:
    """Two kept snapshots compared; DataError if one is not kept, or they are in the wrong order."""
    return compare.compare(current.get(before_id), current.get(after_id))


def before(snapshot_id: str) -> str | None:
    """The id of the snapshot kept before this one, None for the first."""
    ids = [one.id for one in current.known()]
    at = ids.index(snapshot_id) if snapshot_id in ids else 0
    return ids[at - 1] if at else None


@lru_cache(maxsize=8)
def delays(snapshot_id: str) -> pd.DataFrame:
    """`ledger.delays` of the snapshots up to this one."""
    return ledger.delays(current.up_to(snapshot_id))


@lru_cache(maxsize=64)
def regions(snapshot_id: str) -> pd.DataFrame:
    """`summarise.by_region` of one snapshot, with its date."""
    one = current.get(snapshot_id)
    return summarise.by_region(filters.apply(filters.Filter(), one.facilities), one.manifest["settings"]).assign(as_of=one.as_of)


def over_time(snapshot_id: str) -> pd.DataFrame:
    """`regions` of every snapshot up to this one, oldest first; of one day only the last. Unknown region included."""
    kept = current.known()
    ids = [one.id for one in kept]
    up_to = kept[: ids.index(snapshot_id) + 1] if snapshot_id in ids else []
    last = {one.as_of: one for one in up_to}
    return pd.concat([regions(one.id) for one in last.values()], ignore_index=True) if last else pd.DataFrame()


def months(days: float | None, lang: str) -> str:
    """Days as months with one digit, or the words for not known."""
    if days is None or pd.isna(days):
        return text("common.not_known", lang)
    return text("changes.months", lang, n=i18n.number(days / _DAYS_PER_MONTH, lang, 1))


def facility(facility_id: str, snapshot: Snapshot, lang: str) -> str:
    """The history of one facility up to this snapshot: its delay, every planned date, its level in each version."""
    dates, delay, versions = _past(facility_id, tuple(one.id for one in current.up_to(snapshot.id)))
    parts = []
    for row in delay.to_dict("records"):
        amounts = {"baseline": row["delay_baseline_days"], "plan": row["delay_plan_days"], "bought": row["bought_days"]}
        words = {name: days(value, lang) for name, value in amounts.items()}
        words["bought"] = months(amounts["bought"], lang)
        parts.append(sheet.paragraph(text("changes.history.summary", lang, **words)))
    parts += [
        sheet.paragraph(text("changes.history.note", lang), is_quiet=True),
        _dates(dates, lang),
        _versions(facility_id, versions, lang),
    ]
    return sheet.sheet(sheet.section(text("changes.history.title", lang), *parts), is_wide=True)


@lru_cache(maxsize=256)
def _past(facility_id: str, ids: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame, list[Version]]:
    """`ledger.planned_dates` and `ledger.delays` of one facility, and its row in each version. Kept, because every rerun of
    its page asks again, and a dozen tables of each version are read for it."""
    snapshots = current.up_to(ids[-1])
    dates = ledger.planned_dates(snapshots, facility_id=facility_id)
    delay = ledger.delays(snapshots, facility_id=facility_id, ledger=dates)
    return dates, delay, [(one, _row(one, facility_id)) for one in snapshots]


def days(value: float | None, lang: str) -> str:
    return explain.quantity(None if value is None or pd.isna(value) else value, "days", lang)


def _dates(dates: pd.DataFrame, lang: str) -> str:
    heads = [text(f"changes.columns.{name}", lang) for name in ("kind", "planned", "cover", "stated", "learned", "source")]
    heads[1] = text("changes.columns.due", lang)
    rows = [
        [
            Cell(text(f"kind.planned.{row['kind']}", lang)),
            Cell(i18n.day(row["planned_on"], lang) if pd.notna(row["planned_on"]) else text("changes.history.withdrawn", lang)),
            Cell(_cover(row, lang)),
            Cell(i18n.day(row["stated_on"], lang)),
            Cell(i18n.day(row["learned_on"], lang)),
            Cell(
                explain.where(row["source_file"], row["source_sheet"], row["source_row"], lang)
                if pd.notna(row["source_file"])
                else ""
            ),
        ]
        for row in dates.to_dict("records")
    ]
    return table(heads, rows, caption=text("changes.history.dates", lang), n_text=6)


def _cover(row: dict[Any, Any], lang: str) -> str:
    words = text(f"kind.cover.{row['cover']}", lang)
    moved = row["moved_days"]
    return words if pd.isna(moved) or row["cover"] == "withdrawn" else f"{words} ({months(moved, lang)})"


def _versions(facility_id: str, versions: list[Version], lang: str) -> str:
    heads = [text(f"changes.columns.{name}", lang) for name in ("date", "level", "due", "points")]
    rows = []
    for one, row in versions:
        date = Cell(i18n.day(one.as_of, lang), "facility?" + urlencode({"lang": lang, "id": facility_id, "snapshot": one.id}))
        if row is None:
            rows.append([date, Cell(text("changes.history.not_listed", lang)), Cell(""), Cell("")])
            continue
        level = row["level"] or "not_assessable"
        flagged = f" · {text('map.flagged', lang)}" if row["is_flagged"] is True else ""
        name = text(f"level.{level}.name", lang) + flagged
        rows.append(
            [date, Cell(name, mark=f"level {level}"), Cell(i18n.day(row["due_on"], lang)), Cell(i18n.number(row["r_lo"], lang))]
        )
    return table(heads, rows, caption=text("changes.history.versions", lang), n_text=3)


def _row(one: Snapshot, facility_id: str) -> dict[str, Any] | None:
    wanted = ["facility_id", "level", "is_flagged", "due_on", "r_lo", "is_restricted"]
    path = one.folder / "facilities.parquet"
    found = pq.read_table(path, columns=wanted, filters=[("facility_id", "=", facility_id)]).to_pylist()
    return None if not found or found[0]["is_restricted"] or facility_id in withdrawn(one.folder) else found[0]
