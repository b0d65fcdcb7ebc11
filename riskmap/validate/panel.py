"""A labelled panel like a real register of works: what stood in it on one day, and what had become of each a year later.

The lives come from the demo's generator, which knows no indicator; the register has only the columns that such registers
usually have: no bids, no amendments, no first terms, one report of progress per facility. To try `validate --outcomes`
with thousands of rows; the lives are simulated, so its figures say nothing about a real country.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from riskmap.demo.rows import record
from riskmap.demo.simulate import Life, month_of, simulate
from riskmap.validate import worlds

KINDS = ("school", "kindergarten")
AHEAD_DAYS = 365
_STILL_MONTHS = 6  # a register calls works stalled that have not moved by a point for so long
_RISE = 0.01
_PER_WORLD = 8000
_SILENT_SHARE = 0.25  # of the facilities nobody has been at for 3 to 15 months; drawn, whatever happens there
_UNNOTICED_SHARE = 0.5  # of the works that stand, those which the register still calls running
_ID = "{seed}-{number:05d}"


def write(folder: Path, *, seed: int, n_worlds: int, as_of: date, towns: pd.DataFrame) -> tuple[Path, Path]:
    """Write register.csv (import format) and outcomes.csv; about 600 running facilities per world."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [panel(seed=seed + at, as_of=as_of, towns=towns) for at in range(n_worlds)]
    register, outcomes = (pd.concat(part, ignore_index=True) for part in zip(*made, strict=True))
    paths = folder / "register.csv", folder / "outcomes.csv"
    for path, table in zip(paths, (register, outcomes), strict=True):
        table.to_csv(path, index=False, date_format="%Y-%m-%d", lineterminator="\n")
    return paths


def panel(*, seed: int, as_of: date, towns: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The register of one world on `as_of` (works that run then) and its outcomes: facility_id, date, outcome, source."""
    later = as_of + timedelta(AHEAD_DAYS)
    conditions = replace(worlds.draw(seed).conditions, listed_days_after=100_000)
    life = simulate(seed=seed, n_facilities=_PER_WORLD, as_of=later, settlements=towns, conditions=conditions)
    world = record(life, seed=seed)
    now = pd.Timestamp(as_of)
    facilities = world.facilities[world.facilities["facility_type"].isin(KINDS)]
    at = life.kept[facilities["number"].to_numpy() - 1]
    state = _states(life, at, int(month_of(np.datetime64(as_of, "D"))))
    rng = np.random.default_rng([seed, 13])
    is_listed = (state == "running") | ((state == "stalled") & (rng.random(len(state)) < _UNNOTICED_SHARE))
    facilities = facilities[is_listed]
    silent = np.where(rng.random(len(facilities)) < _SILENT_SHARE, rng.integers(90, 450, len(facilities)), 0)
    heard = pd.Series(now - pd.to_timedelta(silent, "D"), index=facilities["facility_id"])
    contract = _contract(world.contracts, world.amendments, now).reindex(facilities["facility_id"])
    reports = world.progress[world.progress["facility_id"].isin(facilities["facility_id"])]
    reports = reports[reports["reported_on"] <= heard.loc[reports["facility_id"]].to_numpy()]
    reports = reports[reports["progress_source"] == "reported"].groupby("facility_id").last().reindex(facilities["facility_id"])
    paid = world.payments[world.payments["paid_on"] <= now].groupby("contract_no")["amount"].sum()
    town = towns.loc[facilities["settlement_index"], "name_en"].to_numpy()
    ids = [_ID.format(seed=seed, number=number) for number in facilities["number"]]
    register = pd.DataFrame({
        "facility_id": ids, "title": [f"Demo {kind} {i}" for kind, i in zip(facilities["facility_type"], ids, strict=True)],
        "facility_type": facilities["facility_type"].to_numpy(), "region": facilities["region_code"].to_numpy(), "district": town,
        "value_amount": _whole(contract["value"]), "paid_amount": _whole(paid.reindex(contract["contract_no"]).fillna(0.0)),
        "progress_share": reports["progress_share"].to_numpy(), "start_on": contract["start_on"].to_numpy(),
        "due_on": contract["due"].to_numpy(), "signed_on": contract["signed_on"].to_numpy(), "status": "running",
        "reported_on": reports["reported_on"].to_numpy(),
    })  # fmt: skip
    known = contract["value"].notna().to_numpy()
    end = _states(life, at[is_listed], int(month_of(np.datetime64(later, "D"))))
    outcomes = pd.DataFrame({"facility_id": ids, "date": later, "outcome": end, "source": "simulated"})
    return register[known].reset_index(drop=True), outcomes[known].reset_index(drop=True)


def _states(life: Life, at: np.ndarray, month: int) -> np.ndarray:
    """What a register of that month calls each facility: planned, running, stalled, cancelled or completed."""
    plan, works = life.plan, life.works
    before = max(month - 1 - _STILL_MONTHS, 0)
    moved = works["progress"][month - 1, at] - works["progress"][before, at] >= _RISE
    is_new = plan["start"][at] > month - _STILL_MONTHS
    return np.select(
        [
            plan["start"][at] >= month,
            works["done"][at] < month,
            (plan["terminated"][at] < month) & (plan["resumed"][at] >= month),
            ~moved & ~is_new,
        ],
        ["planned", "completed", "cancelled", "stalled"],
        "running",
    )


def _contract(contracts: pd.DataFrame, amendments: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """Per facility the last contract signed by `now`, with the value and the due date then in force."""
    signed = contracts[contracts["signed_on"] <= now].sort_values("slot").groupby("facility_id").last()
    changed = amendments[amendments["amended_on"] <= now]
    value = changed.groupby("contract_no")["value_after_amount"].last().reindex(signed["contract_no"]).to_numpy()
    due = changed.groupby("contract_no")["due_after_on"].last().reindex(signed["contract_no"]).to_numpy()
    return signed.assign(
        value=np.where(np.isnan(value), signed["value_first_amount"], value),
        due=np.where(np.isnat(due), signed["due_first_on"].to_numpy(), due),
    )


def _whole(amount: pd.Series) -> np.ndarray:
    return amount.round().astype("Int64").to_numpy()
