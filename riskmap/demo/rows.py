"""The paper trail of the simulated life: tables of facilities, contracts, payments, reports, amendments and tenderers.

Like `simulate`, it knows nothing of indicators or thresholds. Days within a month are drawn here.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskmap.demo.simulate import (
    FIVE_DAY_RULE,
    LISTED_MONTHS,
    MECHANISMS,
    NEVER,
    NO_DAY,
    Life,
    accepted_share,
    choose_contractors,
    first_day,
    month_of,
)


@dataclass(frozen=True)
class World:
    """What happened, complete and true, with the column names of the input; `truth` is never disclosed.

    Amounts are floats in tenge, dates are datetime64 (NaT = did not happen); buyers and contractors are numbers from 1.
    In `progress` a forged report stands as it was forged. `truth`: one row per facility.
    """

    facilities: pd.DataFrame
    contracts: pd.DataFrame
    payments: pd.DataFrame
    progress: pd.DataFrame
    amendments: pd.DataFrame
    bids: pd.DataFrame
    truth: pd.DataFrame


def record(life: Life, *, seed: int) -> World:
    """The tables of the facilities that stand in the register, numbered 1..n in the order of `life.kept`."""
    rng = np.random.default_rng([seed, 2])
    contracts = _contracts(rng, life)
    return World(
        facilities=_facilities(rng, life),
        contracts=contracts,
        payments=_payments(rng, life),
        progress=_progress(rng, life),
        amendments=_amendments(rng, life),
        bids=_bids(rng, life, contracts),
        truth=_truth(rng, life),
    )


def _ids(life: Life, facility: np.ndarray) -> np.ndarray:
    """Identifiers of facilities given by their position in the plan."""
    number = np.zeros(len(life.plan["start"]), dtype=int)
    number[life.kept] = np.arange(1, len(life.kept) + 1)
    return np.array([f"DEMO-{i:06d}" for i in number[facility]], dtype=object)


def _keys(life: Life, facility: np.ndarray, month: np.ndarray) -> dict[str, object]:
    """Facility and contract of events: the second contract from the month in which the works resumed."""
    ids = _ids(life, facility)
    slot = np.where(month >= life.plan["resumed"][facility], 2, 1)
    return {"facility_id": ids, "contract_no": _contract_numbers(ids, slot)}


def _contract_numbers(ids: np.ndarray, slots: np.ndarray) -> list[str]:
    return [f"{facility_id}/{slot}" for facility_id, slot in zip(ids, slots, strict=True)]


def _is_kept(life: Life, facility: np.ndarray) -> np.ndarray:
    kept = np.zeros(len(life.plan["start"]), dtype=bool)
    kept[life.kept] = True
    return kept[facility]


def _facilities(rng: np.random.Generator, life: Life) -> pd.DataFrame:
    f, kept, last = life.plan, life.kept, month_of(life.today)
    is_late = np.minimum(life.works["done"], last) > month_of(f["due"])
    cause = np.select(
        [f["abandoned"] < last, f["money_from"] < last, f["design_from"] < last, f["weather"], f["speed"] < 0.8],
        ["contractor", "money", "design", "weather", "contractor"], "unknown",
    )  # fmt: skip
    accepted = life.works["accepted"]
    said_on = life.today - rng.integers(0, 4, len(kept))  # the register is fresh: nothing in it is of a later day
    names = ("facility_type", "programme", "region_code", "settlement_index", "lat", "lon", "capacity", "capacity_unit")
    return pd.DataFrame({
        "facility_id": _ids(life, kept), "number": np.arange(1, len(kept) + 1), **{name: f[name][kept] for name in names},
        "location_precision": f["precision"][kept], "buyer": f["buyer"][kept] + 1, "budget_amount": f["budget"][kept],
        "due_announced_on": f["announced"][kept], "due_normative_on": f["normative"][kept],
        "expertise_on": np.where(f["expertise"][kept] < said_on, f["expertise"][kept], NO_DAY),
        "completed_on": np.where(accepted < life.today - 4, accepted, NO_DAY)[kept],
        "delay_cause": pd.Series(cause, dtype=object).where(is_late, None).to_numpy()[kept],
        "source_as_of": said_on,
    })  # fmt: skip


def _contracts(rng: np.random.Generator, life: Life) -> pd.DataFrame:
    """First contracts and, after a termination, second ones; `slot` is 1 or 2, `supplier` counts from 1."""
    f, works, kept = life.plan, life.works, life.kept
    one = {
        "facility": kept, "slot": np.ones(len(kept), dtype=int), "supplier": f["supplier"][kept], "signed_on": f["signed"][kept],
        "start_on": f["started"][kept], "value_first_amount": works["value_first_1"][kept],
        "value_amount": works["value_1"][kept], "due_first_on": f["due"][kept], "due_on": works["due_1"][kept],
        "method": f["method"][kept], "n_bidders": f["n_bidders"][kept], "published_on": f["published"][kept],
        "bid_deadline_on": f["deadline"][kept], "is_terminated": f["terminated"][kept] < month_of(life.today),
        "is_failed_tender": f["is_failed_tender"][kept],
    }  # fmt: skip
    again = kept[works["is_second"][kept]]
    n = len(again)
    direct = rng.random(n) < 0.4
    started = first_day(f["resumed"][again])
    signed = started - rng.integers(5, 25, n)
    deadline = signed - rng.integers(7, 25, n)
    window = np.where(deadline >= FIVE_DAY_RULE, rng.integers(8, 16, n), rng.integers(22, 40, n))
    plan = {name: f[name][again] for name in ("region", "cost", "buyer", "first_buyer")}
    nobody = np.zeros(n, dtype=bool)
    two = {
        "facility": again, "slot": np.full(n, 2),
        "supplier": choose_contractors(rng, plan, life.contractors, month_of(signed), favourite=nobody),
        "signed_on": signed, "start_on": started, "value_first_amount": works["value_first"][again],
        "value_amount": works["value"][again], "due_first_on": works["due_first"][again], "due_on": works["due"][again],
        "method": np.where(direct, "direct", "open"), "n_bidders": np.where(direct, 1, 1 + rng.poisson(1.6, n)),
        "published_on": deadline - window, "bid_deadline_on": deadline, "is_terminated": nobody,
        "is_failed_tender": direct & (deadline < FIVE_DAY_RULE),
    }  # fmt: skip
    ended = first_day(np.where(one["is_terminated"], f["terminated"][kept], 0))
    one["terminated_on"] = np.where(one["is_terminated"], ended, NO_DAY)
    two["terminated_on"] = np.full(n, NO_DAY)
    table = pd.DataFrame({name: np.concatenate([one[name], two[name]]) for name in one})
    ids = _ids(life, table.pop("facility").to_numpy())
    table.insert(0, "facility_id", ids)
    table.insert(1, "contract_no", _contract_numbers(ids, table["slot"].to_numpy()))
    listed = _listings(rng, life)[table["supplier"]]
    is_listed = listed < NEVER
    listed_from = first_day(np.where(is_listed, listed, 0)) + 9
    listed_to = first_day(np.where(is_listed, listed + LISTED_MONTHS, 0)) + 9
    table["rnu_from_on"] = np.where(is_listed, listed_from, NO_DAY)
    table["rnu_to_on"] = np.where(is_listed, listed_to, NO_DAY)
    table["is_on_rnu"] = is_listed & (listed_to > life.today)
    table["supplier"] = table["supplier"] + 1
    return table.sort_values("contract_no", ignore_index=True)


def _listings(rng: np.random.Generator, life: Life) -> np.ndarray:
    """Month in which each contractor was listed as unfair: as drawn, or some months after a contract was ended for cause."""
    f, last = life.plan, month_of(life.today)
    listed = life.contractors["listed_from"].copy()
    for_cause = np.flatnonzero((f["terminated"] < last) & (rng.random(len(f["start"])) < 0.04))
    np.minimum.at(listed, f["supplier"][for_cause], f["terminated"][for_cause] + rng.integers(2, 6, len(for_cause)))
    return np.where(listed < last, listed, NEVER)


def _payments(rng: np.random.Generator, life: Life) -> pd.DataFrame:
    works = life.works
    shown = _is_kept(life, works["pay_facility"])
    facility, month, kind = works["pay_facility"][shown], works["pay_month"][shown], works["pay_kind"][shown]
    # an advance comes some weeks after signing, an act is paid in the last third of its month
    day = first_day(month) + np.where(kind == "advance", rng.integers(20, 28, len(month)), rng.integers(18, 28, len(month)))
    table = pd.DataFrame({
        **_keys(life, facility, month), "paid_on": np.minimum(day, life.today - 1), "amount": works["pay_amount"][shown],
        "payment_kind": kind,
    })  # fmt: skip
    return table.sort_values(["contract_no", "paid_on", "payment_kind"], ignore_index=True)


def _amendments(rng: np.random.Generator, life: Life) -> pd.DataFrame:
    works = life.works
    shown = _is_kept(life, works["change_facility"])
    facility, month, kind = works["change_facility"][shown], works["change_month"][shown], works["change_kind"][shown]
    due_before = works["due_before"][shown]
    # a new date is signed before the old one passes, a new value on any day of its month
    in_time = due_before - rng.integers(1, 20, len(month))
    day = np.where(kind == "duration", in_time, first_day(month) + rng.integers(3, 27, len(month)))
    reason = np.where(kind == "value", rng.choice(["design", "materials", "scope"], len(kind)), "time")
    table = pd.DataFrame({
        **_keys(life, facility, month), "amended_on": np.minimum(day, life.today - 1), "amendment_kind": kind,
        "value_before_amount": works["value_before"][shown], "value_after_amount": works["value_after"][shown],
        "due_before_on": due_before, "due_after_on": works["due_after"][shown], "reason": reason, "month": month,
    })  # fmt: skip
    order = ["contract_no", "month", "amendment_kind", "value_after_amount"]
    return table.sort_values(order, ignore_index=True).drop(columns="month")


def _progress(rng: np.random.Generator, life: Life) -> pd.DataFrame:
    """Reports of the parties (some stop early, some are forged with the acts) and a few independent visits."""
    f, works, kept = life.plan, life.works, life.kept
    n, last = len(kept), int(month_of(life.today)) - 1
    start, every = f["start"][kept], f["report_every"][kept]
    silent = np.where(rng.random(n) < life.conditions.stale_share, rng.integers(3, 10, n), 0)
    until = np.minimum(works["done"][kept], last - silent)
    months = np.arange(len(works["progress"]))[:, None]
    is_reported = (months >= start) & (months <= until) & (((months - start) % every == 0) | (months == until))
    month, at = np.nonzero(is_reported)
    share = works["progress"][month, kept[at]].astype(float)
    said = np.where(f["acts_forged"][kept[at]], accepted_share(share, f["acts_ahead"][kept[at]]), share)
    reported = pd.DataFrame({
        "facility_id": _ids(life, kept[at]), "reported_on": first_day(month) + rng.integers(24, 28, len(month)),
        "progress_share": np.round(said, 2), "progress_source": "reported",
    })  # fmt: skip
    visited = kept[(rng.random(n) < 0.06) & (start <= last)]
    visits = np.repeat(visited, rng.integers(1, 3, len(visited)))
    month = np.maximum(f["start"][visits], last - rng.integers(0, 8, len(visits)))
    seen = np.clip(works["progress"][month, visits] + rng.normal(0, 0.02, len(visits)), 0, 1)
    observed = pd.DataFrame({
        "facility_id": _ids(life, visits), "reported_on": first_day(month) + rng.integers(1, 22, len(visits)),
        "progress_share": np.round(seen, 2), "progress_source": "independent",
    })  # fmt: skip
    table = pd.concat([reported, observed], ignore_index=True)
    return table.sort_values(["facility_id", "reported_on", "progress_source"], ignore_index=True)


def _bids(rng: np.random.Generator, life: Life, contracts: pd.DataFrame) -> pd.DataFrame:
    """One row per tenderer of a competitive tender, the winner first. Cover bids lie just above the winner's."""
    competitive = contracts[contracts["method"] != "direct"]
    row = np.repeat(np.arange(len(competitive)), competitive["n_bidders"].to_numpy())
    is_winner = np.diff(row, prepend=-1) > 0
    position = dict(zip(_ids(life, life.kept), life.kept, strict=True))
    facility = competitive["facility_id"].map(position).to_numpy()[row]
    is_cover = life.plan["covered"][facility] & (competitive["slot"].to_numpy()[row] == 1)
    above = np.where(is_cover, rng.uniform(0.002, 0.02, len(row)), np.abs(rng.normal(0.0, 0.07, len(row))) + 0.003)
    winner = competitive["supplier"].to_numpy()[row]
    n_firms = len(life.contractors["home"])
    loser = rng.integers(1, n_firms + 1, len(row))
    loser = np.where(loser == winner, winner % n_firms + 1, loser)
    return pd.DataFrame({
        "facility_id": competitive["facility_id"].to_numpy()[row], "contract_no": competitive["contract_no"].to_numpy()[row],
        "bidder": np.where(is_winner, winner, loser),
        "amount": competitive["value_first_amount"].to_numpy()[row] * np.where(is_winner, 1.0, 1 + above),
        "is_valid": is_winner | (rng.random(len(row)) < np.where(is_cover, 0.5, 0.85)), "is_winner": is_winner,
    })  # fmt: skip


def _truth(rng: np.random.Generator, life: Life) -> pd.DataFrame:
    """What really happened, per facility: which mechanisms, how much, how far the works are; `closedness` of the buyer."""
    f, works, kept, last = life.plan, life.works, life.kept, month_of(life.today)
    n, value, share = len(f["start"]), works["value_1"], works["share"]
    taken = np.stack([  # in the order of MECHANISMS
        value * f["advance_share"] * rng.uniform(0.4, 0.9, n), value * (accepted_share(share, f["acts_ahead"]) - share),
        value * (1 - 1 / f["inflation"]), (value - works["value_first_1"]) * 0.8, value * rng.uniform(0.04, 0.12, n),
        value * rng.uniform(0.05, 0.15, n),
    ], axis=1)  # fmt: skip
    stolen = np.where(f["theft"] & (f["start"] < last)[:, None], taken, 0.0).sum(axis=1)
    return pd.DataFrame({
        "facility_id": _ids(life, kept),
        "mechanisms": [",".join(m for m, on in zip(MECHANISMS, row, strict=True) if on) for row in f["theft"][kept]],
        "stolen_amount": stolen[kept], "true_progress_share": np.round(share[kept], 4), "closedness": f["closedness"][kept],
        "is_funding_stopped": f["money_from"][kept] < last, "is_design_wrong": f["design_from"][kept] < last,
        "is_urgent_tender": f["urgent"][kept], "is_terminated": f["terminated"][kept] < last,
    })  # fmt: skip
