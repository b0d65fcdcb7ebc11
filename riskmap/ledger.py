"""The ledger of planned dates: every date a facility ever had, where it stood and when we learned it; and what changed
at the source without an amendment.

Computed from kept snapshots, oldest first. They are never changed, so nothing that once stood in the ledger can leave it.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from riskmap import schema
from riskmap.snapshot import NULLABLE, Snapshot, withdrawn

# column with a planned date -> table in which it stands
PLANNED = {
    "due_first_on": "contracts", "due_on": "contracts", "due_announced_on": "facilities", "due_normative_on": "facilities",
}  # fmt: skip
AMENDED = "due_after_on"  # kind of the dates that amendments give
# how a date came about: first seen | an amendment gives it | amendments were counted, not listed | nothing covers it |
# the source does not give it any more | it gives one again
COVERS = ("first", "amendment", "counted", "none", "withdrawn", "back")
_SOURCE = ["source_file", "source_sheet", "source_row"]
_KEY = ["facility_id", "contract_id", "kind"]
_SILENT = ["facility_id", "contract_id", "what", "unit", "before", "after", *_SOURCE]


def planned_dates(snapshots: Sequence[Snapshot], *, facility_id: str | None = None) -> pd.DataFrame:
    """The ledger: one row per date of a contract or facility and per change of it, in the order in which we learned them.

    Columns: facility_id, contract_id ("" = of the facility), kind (`PLANNED`, `AMENDED`), planned_on (NaT = withdrawn),
    previous_on, moved_days, cover (`COVERS`), stated_on (day of the amendment, of the signing or of the source), learned_on
    (data date of the first snapshot that has it), snapshot_id, source_file, source_sheet, source_row. `snapshots`: oldest
    first; `facility_id`: only this one. Restricted facilities are left out.
    """
    known = pd.DataFrame(columns=[*_KEY, "previous_on"]).astype({"previous_on": "datetime64[s]"})
    seen: set[tuple[object, ...]] = set()
    parts = []
    earlier: Snapshot | None = None
    for one in snapshots:
        stated = _stated(one, facility_id)
        both = stated.merge(known, on=_KEY, how="outer", indicator=True)
        is_new, is_gone = both["_merge"].eq("left_only"), both["_merge"].eq("right_only") & both["previous_on"].notna()
        is_gone &= both["facility_id"].isin(_read(one, "facilities", ["facility_id"], facility_id)["facility_id"])
        is_other = both["_merge"].eq("both") & both["planned_on"].ne(both["previous_on"])
        cover = _cover(both, one, earlier, facility_id)
        both["cover"] = cover.mask(is_new, "first").mask(is_gone, "withdrawn")
        both["cover"] = both["cover"].mask(is_other & both["previous_on"].isna(), "back")
        events = pd.concat([both[is_new | is_gone | is_other], _amended(one, facility_id, seen)], ignore_index=True)
        parts.append(events.assign(learned_on=pd.Timestamp(one.as_of).as_unit("s"), snapshot_id=one.id))
        # what is not in this snapshot stays known, unless the facility is there and its date is not
        now = both["planned_on"].where(both["_merge"].ne("right_only") | is_gone, both["previous_on"])
        known = both[_KEY].assign(previous_on=now)
        earlier = one
    ledger = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*_KEY, "cover", "snapshot_id", *_SOURCE])
    for name in ("planned_on", "previous_on", "stated_on", "learned_on"):
        ledger[name] = (ledger[name] if parts else pd.Series()).astype("datetime64[s]")
    ledger["moved_days"] = (ledger["planned_on"] - ledger["previous_on"]).dt.days.astype("Int64")
    order = ["learned_on", "facility_id", "contract_id", "stated_on", "kind", "planned_on"]
    columns = [*_KEY, "planned_on", "previous_on", "moved_days", "cover", "stated_on", "learned_on", "snapshot_id", *_SOURCE]
    return ledger.sort_values(order, kind="stable", ignore_index=True)[columns]


def delays(snapshots: Sequence[Snapshot], *, facility_id: str | None = None, ledger: pd.DataFrame | None = None) -> pd.DataFrame:
    """Per facility of the last snapshot: its delay against the first plan we know of and against the plan in force.

    Columns: facility_id, baseline_on (the first planned date as first learned; where a contract was ended, that of the
    earlier contract), planned_on (in force), delay_baseline_days, delay_plan_days (both to the acceptance, or to the data
    date), bought_days (what re-dating has moved the plan by; negative = brought forward), silent_days (the part of it that
    no amendment covers). Null = not known; an ended facility without a date of acceptance has no delay. `ledger`: the
    `planned_dates` of the same, where they are known already.
    """
    if not snapshots:
        return pd.DataFrame()
    baseline = pd.Series(dtype="datetime64[s]")
    for one in snapshots:
        rows = _read(one, "facilities", ["facility_id", "due_first_on"], facility_id).set_index("facility_id")
        contracts = _read(one, "contracts", ["facility_id", "due_first_on", "is_terminated"], facility_id)
        ended = contracts[contracts["is_terminated"].fillna(False).astype(bool)].groupby("facility_id")["due_first_on"].min()
        first = pd.concat([rows["due_first_on"], ended.reindex(rows.index)], axis=1).min(axis=1)
        baseline = baseline.combine_first(first)
    last = snapshots[-1]
    columns = ["facility_id", "due_on", "completed_on", "delivery"]
    rows = _read(last, "facilities", columns, facility_id).set_index("facility_id")
    as_of = pd.Timestamp(last.as_of).as_unit("s")
    is_open = rows["delivery"].isin(("overdue", "not_due"))
    end = rows["completed_on"].where(rows["completed_on"].notna() | ~is_open, as_of)
    first = baseline.reindex(rows.index)
    ledger = planned_dates(snapshots, facility_id=facility_id) if ledger is None else ledger
    silent = ledger[ledger["kind"].eq("due_on") & ledger["cover"].eq("none")].groupby("facility_id")["moved_days"].sum()
    result = pd.DataFrame({
        "baseline_on": first, "planned_on": rows["due_on"],
        "delay_baseline_days": (end - first).dt.days.clip(lower=0),
        "delay_plan_days": (end - rows["due_on"]).dt.days.clip(lower=0),
        "bought_days": (rows["due_on"] - first).dt.days,
    })  # fmt: skip
    result["silent_days"] = silent.reindex(rows.index).fillna(0)
    days = [name for name in result if name.endswith("_days")]
    return result.astype(dict.fromkeys(days, "Int64")).rename_axis("facility_id").reset_index()


def silent_changes(before: Snapshot, after: Snapshot) -> pd.DataFrame:
    """What the source says differently than before with nothing that explains it. Facilities in both snapshots only.

    Columns: facility_id, contract_id ("" = of the facility), what, unit (date, money, share), before, after, and where it
    stands now. `what`: a planned date or a contract value that no amendment covers (`due_on`, `value_amount`), terms that
    are settled once (`due_first_on`, `value_first_amount`, `due_announced_on`, `due_normative_on`), an earlier report of
    the works that was rewritten or works that went backwards (`progress_share`), payments that became less (`paid_amount`).
    """
    ledger = planned_dates([before, after])
    moved = ledger[ledger["cover"].isin(("none", "withdrawn"))]
    dates = moved.rename(columns={"kind": "what", "previous_on": "before", "planned_on": "after"}).assign(unit="date")
    dates["before"], dates["after"] = _as_dates(dates["before"]), _as_dates(dates["after"])
    found = pd.concat([dates[_SILENT], _values(before, after), _progress(before, after)], ignore_index=True)
    in_both = set(before.facilities["facility_id"]) & set(after.facilities["facility_id"])
    found = found[found["facility_id"].isin(in_both)]
    return found.sort_values(["facility_id", "contract_id", "what"], kind="stable", ignore_index=True)


# ---- what the tables say --------------------------------------------------------------------------------------------
def _read(one: Snapshot, name: str, columns: list[str], facility_id: str | None) -> pd.DataFrame:
    """Columns of a table, dates as datetime64; one facility's rows only where an id is given, restricted ones never.

    A column that is younger than the snapshot is not known in it.
    """
    path = one.folder / f"{name}.parquet"
    there = set(pq.read_schema(path).names)
    wanted = [column for column in dict.fromkeys([*columns, "facility_id"]) if column in there]
    condition = [("facility_id", "=", facility_id)] if facility_id is not None else None
    table = pq.read_table(path, columns=wanted, filters=condition).to_pandas(types_mapper=NULLABLE.get)
    table = table.reindex(columns=columns)
    for column in (column for column in columns if column.endswith("_on") or column == "source_as_of"):
        table[column] = table[column].astype("datetime64[s]")
    shut = _restricted(one.folder, one.id) | withdrawn(one.folder)
    return table[~table["facility_id"].isin(shut)].reset_index(drop=True)


@lru_cache(maxsize=64)
def _restricted(folder: Path, snapshot_id: str) -> frozenset[str]:
    """Restricted facilities of a snapshot, which never changes; every table of it is read without them."""
    closed = pq.read_table(folder / "facilities.parquet", columns=["facility_id"], filters=[("is_restricted", "=", True)])
    return frozenset(closed["facility_id"].to_pylist())


def _stated(one: Snapshot, facility_id: str | None) -> pd.DataFrame:
    """Every planned date that the source gives today: _KEY, planned_on, stated_on and where it stands."""
    parts = []
    for kind, table in PLANNED.items():
        said = "source_as_of" if table == "facilities" else "signed_on"
        own = ["contract_id"] if table == "contracts" else []
        rows = _read(one, table, ["facility_id", *own, kind, said, *_SOURCE], facility_id).dropna(subset=[kind])
        # only the first date was stated at the signing; when the one in force was, only an amendment says
        stated = rows[said] if kind != "due_on" else pd.NaT
        rows = rows.assign(kind=kind, stated_on=stated).rename(columns={kind: "planned_on"})
        parts.append(
            rows.assign(contract_id=rows["contract_id"].fillna("") if own else "")[[*_KEY, "planned_on", "stated_on", *_SOURCE]]
        )
    found = pd.concat(parts, ignore_index=True)
    found["stated_on"] = found["stated_on"].astype("datetime64[s]")
    return found.drop_duplicates(_KEY, keep="last")


_AMENDMENT = ["facility_id", "contract_id", "amended_on", "due_before_on", "due_after_on", *_SOURCE]


def _amended(one: Snapshot, facility_id: str | None, seen: set[tuple[object, ...]]) -> pd.DataFrame:
    """The dates that amendments give and that were not seen before; adds them to `seen`."""
    rows = _read(one, "amendments", _AMENDMENT, facility_id).dropna(subset=["due_after_on"])
    rows["contract_id"] = rows["contract_id"].fillna("")
    names = ["facility_id", "contract_id", "amended_on", "due_before_on", "due_after_on"]
    keys = [tuple(None if pd.isna(value) else value for value in row) for row in rows[names].itertuples(index=False)]
    rows = rows[[key not in seen for key in keys]]
    seen.update(keys)
    renamed = rows.rename(columns={"due_after_on": "planned_on", "due_before_on": "previous_on", "amended_on": "stated_on"})
    return renamed.assign(kind=AMENDED, cover="amendment")


def _cover(both: pd.DataFrame, one: Snapshot, earlier: Snapshot | None, facility_id: str | None) -> pd.Series:
    """Which amendment covers the date of each row of `both`: "amendment", "counted" or "none". Only `due_on` can be covered."""
    cover = pd.Series("none", index=both.index)
    if earlier is None:
        return cover
    rows = _read(one, "amendments", _AMENDMENT, facility_id).dropna(subset=["due_after_on"])
    given = pd.MultiIndex.from_frame(rows[["contract_id", "due_after_on"]])
    whole = rows[rows["contract_id"].isna()]  # an amendment whose contract the source does not name covers any of the facility
    given_whole = pd.MultiIndex.from_frame(whole[["facility_id", "due_after_on"]])
    asked = both[["contract_id", "planned_on"]]
    is_given = pd.MultiIndex.from_frame(asked).isin(given)
    is_given |= pd.MultiIndex.from_frame(both[["facility_id", "planned_on"]]).isin(given_whole)
    more = both["contract_id"].isin(_with_more_amendments(earlier, one, facility_id)).to_numpy()
    is_due = both["kind"].eq("due_on").to_numpy()
    return cover.mask(is_due & more, "counted").mask(is_due & is_given, "amendment")


def _with_more_amendments(before: Snapshot, after: Snapshot, facility_id: str | None) -> set[str]:
    """Contracts for which more amendments are counted, or more of the term are listed, than before."""
    wanted = ["contract_id", "facility_id", "n_amendments"]
    counts = [_read(one, "contracts", wanted, facility_id).set_index("contract_id")["n_amendments"] for one in (before, after)]
    both = pd.concat(counts, axis=1, keys=["before", "after"]).dropna()
    found = set(both.index[(both["after"] > both["before"]).to_numpy(bool)])
    listed = []
    for one in (before, after):
        rows = _read(one, "amendments", ["contract_id", "facility_id", "amendment_kind"], facility_id)
        listed.append(rows[rows["amendment_kind"].eq("duration").fillna(False)].groupby("contract_id").size())
    more = pd.concat(listed, axis=1, keys=["before", "after"]).fillna(0)
    return found | set(more.index[(more["after"] > more["before"]).to_numpy(bool)])


# ---- other things that change without a word -------------------------------------------------------------------------
def _values(before: Snapshot, after: Snapshot) -> pd.DataFrame:
    """Contract values, first or in force, and payments, that the source now gives otherwise."""
    wanted = ["contract_id", "facility_id", "value_first_amount", "value_amount", "paid_amount", *_SOURCE]
    old, new = (_read(one, "contracts", wanted, None).drop_duplicates("contract_id", keep="last") for one in (before, after))
    both = new.merge(old[wanted[:1] + wanted[2:5]], on="contract_id", suffixes=("", "_before"))
    rows = _read(after, "amendments", ["facility_id", "contract_id", "value_after_amount"], None)
    given = pd.MultiIndex.from_frame(rows[["contract_id", "value_after_amount"]].dropna())
    is_given = pd.MultiIndex.from_frame(both[["contract_id", "value_amount"]]).isin(given)
    covered = is_given | both["contract_id"].isin(_with_more_amendments(before, after, None)).to_numpy()
    found = []
    for what in ("value_first_amount", "value_amount", "paid_amount"):
        old_value, value = both[f"{what}_before"], both[what]
        differs = (value < old_value if what == "paid_amount" else value != old_value).fillna(False).to_numpy(bool)
        rows = both[differs & ~covered] if what == "value_amount" else both[differs]
        found.append(
            rows.assign(what=what, unit="money", before=rows[f"{what}_before"].astype(object), after=rows[what].astype(object))
        )
    return pd.concat(found, ignore_index=True)[_SILENT]


def _progress(before: Snapshot, after: Snapshot) -> pd.DataFrame:
    """Reports of the works that were rewritten, and works whose latest report is below the one before."""
    wanted = ["facility_id", "reported_on", "progress_share", "progress_source", *_SOURCE]
    tables = []
    for one in (before, after):
        rows = _read(one, "progress", wanted, None).dropna(subset=["reported_on", "progress_share"])
        rows = rows[~rows["progress_source"].isin(schema.SEEN)].sort_values(["facility_id", "reported_on"], kind="stable")
        tables.append(rows.drop_duplicates(["facility_id", "reported_on"], keep="last"))
    old, new = tables
    both = new.merge(
        old[["facility_id", "reported_on", "progress_share"]], on=["facility_id", "reported_on"], suffixes=("", "_before")
    )
    rewritten = both[(both["progress_share"] - both["progress_share_before"]).abs() > _SHARE]
    latest = new.drop_duplicates("facility_id", keep="last").merge(
        old.drop_duplicates("facility_id", keep="last")[["facility_id", "progress_share"]],
        on="facility_id",
        suffixes=("", "_before"),
    )
    fell = latest[latest["progress_share"] < latest["progress_share_before"] - _SHARE]
    fell = fell[~fell["facility_id"].isin(rewritten["facility_id"])]
    found = pd.concat([rewritten.drop_duplicates("facility_id", keep="last"), fell], ignore_index=True)
    shares = {"before": found["progress_share_before"].astype(object), "after": found["progress_share"].astype(object)}
    return found.assign(contract_id="", what="progress_share", unit="share", **shares)[_SILENT]


_SHARE = 1e-6  # below it two shares are the same: files write percent with some digits


def _as_dates(days: pd.Series) -> pd.Series:
    return pd.Series([None if pd.isna(day) else day.date() for day in days], index=days.index, dtype=object)
