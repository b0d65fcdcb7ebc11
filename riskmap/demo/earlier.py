"""The same simulated lives as they stood in the files of earlier months: what had not happened yet is taken away again.

Two dates that the source changes without an amendment, one value that it corrects and three facilities that leave the
register are put in here, in the earlier files only: the last files are those of `files.disclose`, unchanged.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from riskmap.demo.files import Disclosed
from riskmap.demo.rows import World

_MOVED_DAYS = 240  # by how much a date is moved without a word
_N_SILENT = 2
_EVENT_DAY = {"payments": "paid_on", "progress": "reported_on", "amendments": "amended_on"}
_REGISTER_DAYS = 4  # the register knows what happened up to here before its day


@dataclass(frozen=True)
class Surprises:
    """What changes at the source without being an event: facilities by kind, in the order of the months."""

    moved: tuple[str, ...]
    corrected: tuple[str, ...]
    leaving: tuple[str, ...]


def surprises(disclosed: Disclosed, scored: pd.DataFrame, leaving: list[str], *, first: date) -> Surprises:
    """Choose them from the last snapshot: `scored` are its facilities, `first` is the day of the earliest files.

    Moved: not due yet, but it would have been by its earlier date; worth checking by its level. Corrected: overdue, at a low
    level, half of the works left: had its contract looked paid in full, it would have been flagged.
    """
    f = scored.set_index("facility_id").sort_index()
    amended = set(disclosed.tables["amendments"]["facility_id"])
    spoiled = {facility_id for group in disclosed.spoiled.values() for facility_id in group}
    plain = ~f.index.isin(amended | spoiled) & f["n_contracts"].eq(1) & f["n_amendments"].eq(0)
    due, start = f["due_on"].astype("datetime64[s]"), f["start_on"].astype("datetime64[s]")
    earlier = due - np.timedelta64(_MOVED_DAYS, "D")
    was_due = (earlier < np.datetime64(first)) & (earlier > start + np.timedelta64(120, "D")) & f["due_first_on"].eq(f["due_on"])
    moved = f.index[plain & f["delivery"].eq("not_due") & was_due & f["level"].isin(("medium", "high", "critical"))]
    is_behind = f["progress_share"].lt(0.5) & f["paid_amount"].notna() & f["value_amount"].notna()
    corrected = f.index[plain & f["is_overdue"].eq(True).fillna(False) & f["level"].eq("low") & is_behind]
    return Surprises(tuple(moved[:_N_SILENT]), tuple(corrected[:1]), tuple(leaving))


def earlier(disclosed: Disclosed, world: World, chosen: Surprises, *, as_of: date, today: date, n_months: int) -> Disclosed:
    """The files of `as_of`, `n_months` before those of `today`. `world`: complete, at the scale of money of the files.

    What is hidden today was hidden then; rows without a day are left out where the contract has later events.
    """
    day = np.datetime64(as_of)
    begun = world.contracts[world.contracts["signed_on"] < day]
    shown = set(begun["facility_id"]) - set(chosen.leaving[n_months:])
    tables = {name: table[table["facility_id"].isin(shown)].copy() for name, table in disclosed.tables.items()}
    for name in ("contracts", "payments", "amendments", "bids"):
        tables[name] = tables[name][tables[name]["contract_no"].isin(begun["contract_no"])]
    for name, column in _EVENT_DAY.items():
        events = getattr(world, name)
        later = set(events.loc[events[column] >= day, "facility_id"])
        when = tables[name][column]
        tables[name] = tables[name][(when < day) | (when.isna() & ~tables[name]["facility_id"].isin(later))]
    tables["contracts"] = _contracts(tables["contracts"], world, day)
    tables["facilities"] = _facilities(tables["facilities"], world, day, np.datetime64(today))
    c = tables["contracts"]
    is_moved = c["facility_id"].isin(chosen.moved[:n_months])  # the first is moved last
    for column in ("due_first_on", "due_on"):
        c[column] = c[column].mask(is_moved, c[column] - np.timedelta64(_MOVED_DAYS, "D"))
    c["paid_amount"] = c["paid_amount"].mask(c["facility_id"].isin(chosen.corrected), c["value_amount"])
    return replace(disclosed, tables={name: table.reset_index(drop=True) for name, table in tables.items()})


def _contracts(c: pd.DataFrame, world: World, day: np.datetime64) -> pd.DataFrame:
    """Terms, payments and listings as they stood on `day`, where they are disclosed."""
    changes = world.amendments[world.amendments["amended_on"] >= day].sort_values("amended_on", kind="stable")
    for column, before in (("value_amount", "value_before_amount"), ("due_on", "due_before_on")):
        undone = changes.dropna(subset=[before]).groupby("contract_no")[before].first().reindex(c["contract_no"]).to_numpy()
        c[column] = c[column].mask(c[column].notna() & ~pd.isna(undone), pd.Series(undone, c.index))
    past = world.amendments[world.amendments["amended_on"] < day]
    c["n_amendments"] = _known(c["n_amendments"], past.groupby("contract_no").size(), c["contract_no"])
    paid = world.payments[world.payments["paid_on"] < day]
    advances = paid[paid["payment_kind"] == "advance"]
    c["paid_amount"] = _known(c["paid_amount"], paid.groupby("contract_no")["amount"].sum(), c["contract_no"])
    c["advance_amount"] = _known(c["advance_amount"], advances.groupby("contract_no")["amount"].sum(), c["contract_no"])
    ended = world.contracts.set_index("contract_no")["terminated_on"].reindex(c["contract_no"]).to_numpy()
    c["is_terminated"] = c["is_terminated"].mask(c["is_terminated"].notna(), pd.Series(ended < day, c.index))
    unlisted = c["rnu_from_on"] >= day
    c[["rnu_from_on", "rnu_to_on"]] = c[["rnu_from_on", "rnu_to_on"]].mask(unlisted)
    listed = c["rnu_from_on"].notna() & (c["rnu_to_on"] > day)
    c["is_on_rnu"] = c["is_on_rnu"].mask(c["is_on_rnu"].notna(), listed)
    return c


def _facilities(f: pd.DataFrame, world: World, day: np.datetime64, today: np.datetime64) -> pd.DataFrame:
    known_to = day - np.timedelta64(_REGISTER_DAYS, "D")
    for column in ("completed_on", "expertise_on"):
        f[column] = f[column].mask(f[column] >= known_to)
    first_due = world.contracts[world.contracts["slot"] == 1].set_index("facility_id")["due_first_on"]
    f["delay_cause"] = f["delay_cause"].mask(f["facility_id"].map(first_due).to_numpy() >= day)
    f["source_as_of"] = f["source_as_of"] - (today - day)
    paid = world.payments[world.payments["paid_on"] < day].groupby("facility_id")["amount"].sum()
    f["absorbed_amount"] = _known(f["absorbed_amount"], paid, f["facility_id"])
    return f


def _known(column: pd.Series, values: pd.Series, keys: pd.Series) -> pd.Series:
    """`values` by key, 0 where there is none, in place of what is disclosed."""
    return column.mask(column.notna(), pd.Series(values.reindex(keys).fillna(0).to_numpy(), column.index))
