"""What changed in a list since it was last issued: the same filter on an earlier version of the data.

Pure functions of two snapshots, the earlier one first. The lines of the bridge add up: what stood on the earlier list, less
what left, plus what came, plus what is valued otherwise, is what stands on this one.
"""

from dataclasses import dataclass, replace

import pandas as pd

from riskmap import compare, filters
from riskmap.filters import Filter
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot

MOVES = ("left", "entered", "stays")
# what happened to a facility, the first that holds; the same words for those that left, came and stayed
CHANGES = ("completed", "gone", "new", "resumed", "redated", "corrected", "deadline_passed", "revalued", "other")
_OF_MOVE = {
    "left": ("completed", "gone", "resumed", "redated", "corrected", "other"),
    "entered": ("new", "resumed", "redated", "corrected", "deadline_passed", "other"),
    "stays": ("completed", "resumed", "redated", "corrected", "revalued"),
}


@dataclass(frozen=True)
class Delta:
    """`rows`: the facilities that left, came, or stayed with a change. `bridge`: the lines that connect the two totals.

    Columns of `rows`: facility_id, title*, region_code, move (`MOVES`), what (`CHANGES`), also (the others that hold, comma
    separated), and with _before and _after: due_on, budget, level, r_lo; completed_on. Columns of `bridge`: line ("opening",
    "closing", or a move), what (or None), n_facilities, budget (whole currency units; an unknown one counts as nothing
    here), n_budget_unknown.
    """

    before: Snapshot
    after: Snapshot
    rows: pd.DataFrame
    bridge: pd.DataFrame


def delta(before: Snapshot, after: Snapshot, filter_: Filter) -> Delta:
    """Compare the list of `filter_` in two versions. DataError if they are of different countries, or in the wrong order."""
    if before.manifest["settings"]["country"]["code"] != after.manifest["settings"]["country"]["code"]:
        raise DataError("compare_other_country", str(after.folder))
    if before.as_of > after.as_of:
        raise DataError("compare_order", str(after.folder), before=before.as_of.isoformat(), after=after.as_of.isoformat())
    unsorted = replace(filter_, sort=filters.DEFAULT_SORT)
    was, now = (set(filters.apply(unsorted, one.facilities)["facility_id"]) for one in (before, after))
    ids = pd.Index(sorted(was | now), name="facility_id")
    old, new = (compare.comparable(one).reindex(ids) for one in (before, after))
    in_old, in_new = (pd.Series(ids.isin(list(known)), ids) for known in (was, now))
    rows = pd.DataFrame({name: new[name].fillna(old[name]) for name in (*compare.TITLES, "region_code")}, index=ids)
    for name in ("due_on", "budget", "level", "r_lo"):
        rows[f"{name}_before"], rows[f"{name}_after"] = old[name], new[name]
    rows["completed_on"] = new["completed_on"]
    rows["move"] = pd.Series("stays", ids, dtype=object).mask(~in_new, "left").mask(~in_old, "entered")
    holds = _holds(old, new)
    rows["what"], rows["also"] = None, None
    for move, names in _OF_MOVE.items():
        mine = rows["move"].eq(move)
        found = pd.DataFrame({name: holds[name] for name in names if name != "other"})[mine]
        words = [[name for name, is_so in zip(found.columns, line, strict=True) if is_so] for line in found.to_numpy()]
        rows.loc[mine, "what"] = [line[0] if line else ("other" if "other" in names else None) for line in words]
        rows.loc[mine, "also"] = [",".join(line[1:]) or None for line in words]
    bridge = _bridge(rows)
    shown = rows[rows["what"].notna()].reset_index()
    order = shown["move"].map(MOVES.index), shown["what"].map(CHANGES.index)
    shown = shown.assign(_move=order[0], _what=order[1]).sort_values(["_move", "_what", "facility_id"], ignore_index=True)
    return Delta(before, after, shown.drop(columns=["_move", "_what"]), bridge)


def _holds(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, pd.Series]:
    """For each change: in which rows it is seen. What is not known in one of the two is no change."""
    in_old, in_new = (frame["in_register"].fillna(False).astype(bool) for frame in (old, new))
    both = in_old & in_new
    is_done, was_done = (
        frame["delivery"].isin(("completed_late", "completed_on_time")) | frame["completed_on"].notna() for frame in (new, old)
    )
    overdue, was_overdue = (frame["is_overdue"].fillna(False).astype(bool) for frame in (new, old))
    newer_report = (new["progress_on"] > old["progress_on"]).fillna(False).astype(bool)
    return {
        "completed": both & is_done & ~was_done,
        "gone": in_old & ~in_new,
        "new": in_new & ~in_old,
        "resumed": both & old["stalled_since_on"].notna() & new["stalled_since_on"].isna() & newer_report & ~is_done,
        "redated": both & compare.differs(old, new, "due_on"),
        "corrected": both & compare.corrected(old, new),
        "deadline_passed": both & overdue & ~was_overdue,
        "revalued": both & (compare.differs(old, new, "budget") | (old["budget"].isna() != new["budget"].isna())),
    }


def _bridge(rows: pd.DataFrame) -> pd.DataFrame:
    """Opening, what left and what came by cause, what is valued otherwise, closing."""
    old, new, move = rows["budget_before"], rows["budget_after"], rows["move"]

    def line(name: str, what: str | None, mine: pd.Series, budget: pd.Series, sign: int = 1) -> dict[str, object]:
        of = budget[mine]
        return {"line": name, "what": what, "n_facilities": sign * int(mine.sum()), "budget": sign * int(of.fillna(0).sum()),
                "n_budget_unknown": sign * int(of.isna().sum())}  # fmt: skip

    lines = [line("opening", None, move.ne("entered"), old)]
    for name, budget, sign in (("left", old, -1), ("entered", new, 1)):
        lines += [
            line(name, what, mine, budget, sign)
            for what in _OF_MOVE[name]
            if (mine := move.eq(name) & rows["what"].eq(what)).any()
        ]
    stays = move.eq("stays")
    gain = int((new.fillna(0) - old.fillna(0))[stays].sum())
    lines.append(
        {
            "line": "stays",
            "what": "revalued",
            "n_facilities": 0,
            "budget": gain,
            "n_budget_unknown": int(new[stays].isna().sum()) - int(old[stays].isna().sum()),
        }
    )
    lines.append(line("closing", None, move.ne("left"), new))
    return pd.DataFrame(lines)
