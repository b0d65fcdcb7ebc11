"""What changed between two snapshots: who is flagged, who no longer and why, whose level moved and by which facts, and money.

Pure functions of two snapshots of one country, the earlier one first. Totals reconcile: opening + new - resolved = closing,
and for money also + what was valued otherwise. Restricted facilities are in none of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmap import filters, ledger
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot

# why a facility is flagged now and was not, the first that holds
NEW_REASONS = (
    "entered", "deadline_known", "date_changed", "deadline_passed", "assessable", "corrected", "rules_changed", "fact_stronger",
)  # fmt: skip
# why a facility is not flagged any more, the first that holds
RESOLVED_REASONS = (
    "left", "finished", "data_lost", "new_contract", "re_dated", "re_dated_silently", "corrected", "rules_changed", "fact_weaker",
)  # fmt: skip
DIRECTIONS = ("up", "down", "assessable", "not_assessable")
MEASURES = ("facilities", "overdue", "flagged")
UNKNOWN = "unknown"  # region of the facilities whose region is not known, as in `summarise`
_NO_LEVEL = "not_assessable"
_ORDER = {"low": 0, "medium": 1, "high": 2, "critical": 3}
# what is settled once: where it differs, it was wrong before or is now. Terms count for the same contract only.
_SETTLED = ("facility_type", "capacity", "capacity_unit", "expertise_on")
_SETTLED_TERMS = (
    "supplier_id",
    "signed_on",
    "start_on",
    "due_first_on",
    "value_first_amount",
    "method",
    "n_bidders",
    "published_on",
)
_GROWING = ("paid_amount", "progress_share")  # less than before is a correction
_MOVING = ("due_on", "completed_on", "value_amount", "n_amendments", "budget_amount", "advance_amount", "progress_on")
TITLES = ("title", "title_kk", "title_ru", "title_en")
_READ = (
    "facility_id", *TITLES, "region_code", "currency", "contract_id", "delivery", "is_overdue", "days_late", "level", "r_lo",
    "coverage", "is_flagged", *_SETTLED, *_SETTLED_TERMS, *_GROWING, *_MOVING, "stalled_since_on",
)  # fmt: skip
_EPSILON = 1e-9


@dataclass(frozen=True)
class Comparison:
    """`rows`: one per facility in either snapshot, by its id (see `compare`). `facts`: what moved the levels (see `moved_facts`).

    `silent`: see `ledger.silent_changes`. `rules_changed`: the settings or the program differ between the two.
    """

    before: Snapshot
    after: Snapshot
    rows: pd.DataFrame
    facts: pd.DataFrame
    silent: pd.DataFrame
    rules_changed: bool


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """Compare two snapshots. DataError if they are of different countries, or `after` is the earlier one.

    Columns of `rows`: facility_id, title*, region_code (the later one known), and with _before and _after: in_register,
    region, level, r_lo, coverage, is_flagged, is_overdue, due_on, completed_on, delivery, budget (country's currency; null =
    not known). Then change ("newly_flagged", "no_longer_flagged" or null), reason (`NEW_REASONS`, `RESOLVED_REASONS`) and
    level_move (`DIRECTIONS` or null; facilities in both only).
    """
    if before.manifest["settings"]["country"]["code"] != after.manifest["settings"]["country"]["code"]:
        raise DataError("compare_other_country", str(after.folder))
    if before.as_of > after.as_of:
        raise DataError("compare_order", str(after.folder), before=before.as_of.isoformat(), after=after.as_of.isoformat())
    old, new = comparable(before), comparable(after)
    ids = old.index.union(new.index)
    old, new = old.reindex(ids), new.reindex(ids)
    in_old, in_new = (frame["in_register"].fillna(False).astype(bool) for frame in (old, new))
    rules_changed = any(before.manifest.get(name) != after.manifest.get(name) for name in ("settings_sha256", "code_version"))
    silent = ledger.silent_changes(before, after)
    rows = pd.DataFrame({name: new[name].fillna(old[name]) for name in (*TITLES, "region_code")}, index=ids)
    for name in ("level", "r_lo", "coverage", "is_overdue", "due_on", "completed_on", "delivery", "budget", "region"):
        rows[f"{name}_before"], rows[f"{name}_after"] = old[name], new[name]
    rows["in_register_before"], rows["in_register_after"] = in_old, in_new
    for suffix, frame in (("before", old), ("after", new)):
        rows[f"is_flagged_{suffix}"] = frame["is_flagged"].fillna(False).astype(bool)
    is_new = rows["is_flagged_after"] & ~rows["is_flagged_before"]
    is_gone = rows["is_flagged_before"] & ~rows["is_flagged_after"]
    rows["change"] = _first({"newly_flagged": is_new, "no_longer_flagged": is_gone})
    why = _why_resolved(old, new, in_new, rules_changed, silent)
    rows["reason"] = _why_new(old, new, in_old, rules_changed).where(is_new, why).where(is_new | is_gone, None)
    rows["level_move"] = _level_move(old["level"], new["level"], in_old & in_new)
    rows = rows.rename_axis("facility_id").reset_index()
    facts = moved_facts(before, after, rows.loc[rows["level_move"].notna(), "facility_id"])
    return Comparison(before, after, rows, facts, silent, rules_changed)


def moved_facts(before: Snapshot, after: Snapshot, facility_ids: pd.Series) -> pd.DataFrame:
    """Which indicators of these facilities differ between the snapshots, the largest change of points first.

    Columns: facility_id, indicator, severity_before, severity_after (null = not known), points_before, points_after.
    """
    frames = [one.facilities.set_index("facility_id").reindex(facility_ids) for one in (before, after)]
    weighed = {str(name) for frame in frames for name in frame if str(name).endswith("_points")}
    ids = sorted(name.removesuffix("_points") for name in weighed)
    parts = []
    for k in ids:
        columns = {}
        for suffix, frame in zip(("before", "after"), frames, strict=True):
            for what in ("severity", "points"):
                name = f"{k}_{what}"
                columns[f"{what}_{suffix}"] = frame[name].astype(float) if name in frame else pd.Series(np.nan, frame.index)
        part = pd.DataFrame(columns)
        same = (part["severity_before"] - part["severity_after"]).abs() <= _EPSILON
        same |= part["severity_before"].isna() & part["severity_after"].isna()
        parts.append(part[~same].assign(indicator=k))
    wanted = ["facility_id", "indicator", "severity_before", "severity_after", "points_before", "points_after"]
    found = pd.concat(parts).rename_axis("facility_id").reset_index() if parts else pd.DataFrame(columns=wanted)
    found["size"] = -(found["points_after"].fillna(0) - found["points_before"].fillna(0)).abs()
    return found.sort_values(["facility_id", "size", "indicator"], kind="stable", ignore_index=True)[wanted]


def reconciled(rows: pd.DataFrame, *, region: str | None = None) -> pd.DataFrame:
    """The totals of `Comparison.rows` per measure (`MEASURES`), of one region or of all: counts and budgets that add up.

    Columns: measure, n_opening, n_new, n_resolved, n_closing, and opening, new, resolved, revalued, closing (budget in whole
    currency units; an unknown one counts as nothing here), n_unknown_opening, n_unknown_closing (facilities without one).
    In a region a facility that came from another one is new, and one that went is resolved.
    """
    result = []
    for measure in MEASURES:
        was, is_ = _member(rows, measure, "before", region), _member(rows, measure, "after", region)
        old, new = rows["budget_before"].fillna(0), rows["budget_after"].fillna(0)
        stays = was & is_
        result.append({
            "measure": measure,
            "n_opening": int(was.sum()), "n_new": int((is_ & ~was).sum()), "n_resolved": int((was & ~is_).sum()),
            "n_closing": int(is_.sum()),
            "opening": int(old[was].sum()), "new": int(new[is_ & ~was].sum()), "resolved": int(old[was & ~is_].sum()),
            "revalued": int((new - old)[stays].sum()), "closing": int(new[is_].sum()),
            "n_unknown_opening": int(rows.loc[was, "budget_before"].isna().sum()),
            "n_unknown_closing": int(rows.loc[is_, "budget_after"].isna().sum()),
        })  # fmt: skip
    return pd.DataFrame(result)


def regions_of(rows: pd.DataFrame) -> list[str]:
    """Every region code of either snapshot, "unknown" last."""
    codes = set(rows["region_before"].dropna()) | set(rows["region_after"].dropna())
    return sorted(codes, key=lambda code: (code == UNKNOWN, code))


def _member(rows: pd.DataFrame, measure: str, suffix: str, region: str | None) -> pd.Series:
    name = {"facilities": "in_register", "overdue": "is_overdue", "flagged": "is_flagged"}[measure]
    member = rows[f"{name}_{suffix}"].fillna(False).astype(bool)
    return member if region is None else member & rows[f"region_{suffix}"].eq(region).fillna(False).astype(bool)


# ---- the rows of one snapshot ---------------------------------------------------------------------------------------
def comparable(one: Snapshot) -> pd.DataFrame:
    """What is compared, by facility_id; a column that is younger than the snapshot is not known in it."""
    facilities = one.facilities
    facilities = facilities[filters.public(facilities)]
    severities = [name for name in facilities if name.endswith("_severity") and name.startswith("T")]
    rows = facilities.reindex(columns=[*_READ, *severities]).set_index("facility_id")
    for name in (column for column in rows if column.endswith("_on")):
        rows[name] = rows[name].astype("datetime64[s]")
    is_summed = rows["currency"].eq(one.currency).fillna(False).astype(bool)
    return rows.assign(
        in_register=True, region=rows["region_code"].fillna(UNKNOWN), level=rows["level"].fillna(_NO_LEVEL),
        budget=rows["budget_amount"].where(is_summed),
    )  # fmt: skip


def _level_move(old: pd.Series, new: pd.Series, is_in_both: pd.Series) -> pd.Series:
    was, is_ = old.map(_ORDER), new.map(_ORDER)
    lost, found = was.notna() & is_.isna(), was.isna() & is_.notna()
    return _first(dict(zip(DIRECTIONS, (is_ > was, is_ < was, found, lost), strict=True))).where(is_in_both, None)


# ---- why ------------------------------------------------------------------------------------------------------------
def _why_new(old: pd.DataFrame, new: pd.DataFrame, in_old: pd.Series, rules_changed: bool) -> pd.Series:
    was_overdue = old["is_overdue"].fillna(False).astype(bool)
    holds = {
        "entered": ~in_old,
        "deadline_known": old["is_overdue"].isna(),
        "date_changed": ~was_overdue & differs(old, new, "due_on"),
        "deadline_passed": ~was_overdue,
        "assessable": old["level"].eq(_NO_LEVEL),
        "corrected": corrected(old, new),
        "rules_changed": rules_changed & ~_any_differs(old, new),
    }
    return _first({name: holds[name] for name in NEW_REASONS[:-1]}, otherwise=NEW_REASONS[-1])


def _why_resolved(
    old: pd.DataFrame, new: pd.DataFrame, in_new: pd.Series, rules_changed: bool, silent: pd.DataFrame
) -> pd.Series:
    is_overdue, not_known = new["is_overdue"].fillna(False).astype(bool), new["is_overdue"].isna()
    in_time = in_new & ~is_overdue
    quiet = set(silent.loc[silent["what"].eq("due_on"), "facility_id"])
    severities = [name for name in old if name.endswith("_severity") and name in new]
    lost_fact = pd.Series(False, index=old.index)
    for name in severities:
        lost_fact |= (old[name] > 0) & new[name].isna()
    other_contract = _bool(old["contract_id"].notna() & new["contract_id"].notna() & (old["contract_id"] != new["contract_id"]))
    holds = {
        "left": ~in_new,
        "finished": new["delivery"].isin(("completed_late", "completed_on_time")) | new["completed_on"].notna(),
        "data_lost": not_known | (is_overdue & (new["level"].eq(_NO_LEVEL) | lost_fact)),
        "new_contract": in_time & other_contract,
        "re_dated": in_time & (new["due_on"] > old["due_on"]) & ~old.index.isin(quiet),
        "re_dated_silently": in_time & (new["due_on"] > old["due_on"]),
        "corrected": corrected(old, new),
        "rules_changed": rules_changed & ~_any_differs(old, new),
    }
    return _first({name: holds[name] for name in RESOLVED_REASONS[:-1]}, otherwise=RESOLVED_REASONS[-1])


def _first(holds: Mapping[str, pd.Series], *, otherwise: str | None = None) -> pd.Series:
    """For each row the name of the first condition that holds."""
    result = pd.Series(otherwise, next(iter(holds.values())).index, dtype=object)
    for name, condition in reversed(list(holds.items())):
        result = result.mask(_bool(condition), name)
    return result


def corrected(old: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    """Does the source now say otherwise what it had said, of things that do not change by themselves?"""
    found = pd.Series(False, index=old.index)
    same_contract = _bool(old["contract_id"] == new["contract_id"])
    for name in _SETTLED:
        found |= differs(old, new, name)
    for name in _SETTLED_TERMS:
        found |= same_contract & differs(old, new, name)
    for name in _GROWING:
        found |= same_contract & _bool(new[name] < old[name])
    return found


def _any_differs(old: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    """Does any fact of the facility itself differ, or is it known in one of the two only?"""
    found = pd.Series(False, index=old.index)
    for name in (*_SETTLED, *_SETTLED_TERMS, *_GROWING, *_MOVING):
        found |= differs(old, new, name) | (old[name].isna() != new[name].isna())
    return found


def differs(old: pd.DataFrame, new: pd.DataFrame, name: str) -> pd.Series:
    """Known in both and not the same."""
    return old[name].notna() & new[name].notna() & _bool(old[name] != new[name])


def _bool(values: pd.Series) -> pd.Series:
    return values.fillna(False).astype(bool)
