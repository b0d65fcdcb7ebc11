"""Life and theft as mechanisms: what happens to facilities, money and works, and who takes what.

This module knows nothing of indicators, thresholds or settings (`tests/test_demo.py` enforces it): the rules are
judged on a world that was made without them. Time runs in whole months (`_MONTH_0` is month 0); money is a float in
tenge and is rounded to whole units only when it is written. Everything follows from one seed.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

Columns = dict[str, np.ndarray]

_MONTH_0 = np.datetime64("2016-01", "M")
NEVER = 10_000  # a month after every calendar
NO_DAY = np.datetime64("NaT", "D")
_FIRST_TENDER = np.datetime64("2018-02-01", "D")
FIVE_DAY_RULE = np.datetime64("2025-01-01", "D")  # tenders got shorter by law on this day
_PRICES_OF = 2025  # unit costs below are of this year
_SECOND_ADVANCE = 0.2  # share of the value paid in advance to a second contractor
LISTED_MONTHS = 24  # how long a contractor stays on the register of unfair participants


@dataclass(frozen=True)
class Kind:
    """A type of facility: its share of all, the unit of capacity, sizes (lognormal), cost and time to build."""

    name: str
    share: float
    unit: str
    size: float
    size_sigma: float
    size_step: int
    size_bounds: tuple[float, float]
    unit_cost_mn: float
    months_per_bn: float  # normative months of a facility of 1 bn; grows with the fourth root of the cost


# Anchors: a school of 2,000 places costs about 10.3 bn; a rural clinic 0.14 bn; a large hospital 70 bn; a sports
# complex 1 bn; a group water main, a heat plant or a bridge tens of bn (sources in the domain notes of the project).
KINDS = (
    Kind("school", 0.20, "places", 900, 0.55, 50, (100, 2500), 5.1, 13),
    Kind("kindergarten", 0.06, "places", 200, 0.35, 20, (60, 420), 4.5, 11),
    Kind("hospital", 0.08, "beds", 205, 0.70, 10, (40, 1000), 150, 15),
    Kind("primary_care", 0.16, "visits per shift", 25, 0.60, 5, (10, 250), 6.0, 12),
    Kind("sport", 0.09, "m2", 3000, 0.60, 100, (500, 20000), 0.75, 13),
    Kind("culture", 0.05, "m2", 1500, 0.50, 50, (300, 8000), 0.70, 13),
    Kind("water", 0.11, "km", 68, 0.90, 1, (5, 700), 160, 12),
    Kind("heat", 0.05, "MW", 58, 0.90, 5, (5, 500), 430, 13),
    Kind("housing", 0.07, "m2", 9000, 0.60, 100, (1500, 60000), 0.42, 13),
    Kind("road_bridge", 0.07, "km", 27, 0.80, 1, (2, 160), 950, 12),
    Kind("social_service", 0.02, "beds", 150, 0.40, 10, (30, 500), 22, 13),
    Kind("service_centre", 0.02, "m2", 2500, 0.50, 100, (500, 9000), 0.80, 12),
    Kind("other", 0.02, "m2", 2000, 0.70, 50, (200, 20000), 0.70, 13),
)
# Programmes and sources of money by facility type.
PROGRAMMES = {
    "school": (("comfort_school", 0.65), ("recovered_assets", 0.05), ("local_budget", 0.30)),
    "kindergarten": (("local_budget", 1.0),),
    "hospital": (("republican_budget", 0.6), ("local_budget", 0.4)),
    "primary_care": (("rural_health", 0.75), ("recovered_assets", 0.10), ("local_budget", 0.15)),
    "sport": (("recovered_assets", 0.05), ("local_budget", 0.95)),
    "water": (("republican_budget", 0.5), ("recovered_assets", 0.2), ("local_budget", 0.3)),
    "heat": (("republican_budget", 0.6), ("local_budget", 0.4)),
    "road_bridge": (("republican_budget", 0.6), ("local_budget", 0.4)),
}
_ANY_PROGRAMME = (("republican_budget", 0.25), ("local_budget", 0.75))

MECHANISMS = ("advance_diversion", "phantom_acts", "estimate_inflation", "amendment_padding", "rigged_tender", "quality_skimming")
ADVANCES = (0.0, 0.1, 0.2, 0.3, 0.5)  # a half is lawful for some


@dataclass(frozen=True)
class Conditions:
    """What may differ from one world to another; the defaults are the demo's. Shares are chances per facility.

    `dishonesty`: parameters of the Beta distribution of the buyers' readiness to take. `mechanism_shares`: in the order
    of `MECHANISMS`. `forged_share`: of phantom acts, those whose progress reports are forged as well; `cover_share`: of
    rigged tenders, those with invited losers. `funding_stop`, `design_error`: for works of up to 1 bn; more for larger
    ones. `advance_shares`: chances of the lawful advances `ADVANCES`. `tenderers`: the median market of a region.
    """

    dishonesty: tuple[float, float] = (1.4, 4.6)
    closedness_sigma: float = 0.45
    mechanism_shares: tuple[float, ...] = (0.18, 0.22, 0.15, 0.17, 0.18, 0.10)
    forged_share: float = 0.5
    cover_share: float = 0.5
    funding_stop: float = 0.10
    design_error: float = 0.10
    stale_share: float = 0.25
    urgent_share: float = 0.05
    tenderers: float = 2.9
    inflation: float = 0.08
    listed_days_after: int = 270  # how long an accepted facility stays in the register of works
    advance_shares: tuple[float, ...] = (0.10, 0.10, 0.20, 0.53, 0.07)


DEMO = Conditions()


@dataclass(frozen=True)
class Life:
    """What happened to every facility that was ever begun; `kept` are those still in the register on `today`.

    `plan`: one entry per facility as it was drawn before the works; `works`: how they went and the events (parallel
    arrays `pay_*`, `change_*`); `contractors`: one entry per firm.
    """

    plan: Columns
    works: Columns
    contractors: Columns
    kept: np.ndarray
    today: np.datetime64
    conditions: Conditions = DEMO


def simulate(*, seed: int, n_facilities: int, as_of: date, settlements: pd.DataFrame, conditions: Conditions = DEMO) -> Life:
    """The life of `n_facilities` facilities that stand in the register on `as_of`, and of those that have left it.

    `settlements`: lat, lon, population, region_code. Facilities accepted more than `listed_days_after` ago have left,
    as finished works leave a list of works.
    """
    rng = np.random.default_rng(seed)
    n_begun = n_facilities * 4 + 60
    today = np.datetime64(as_of, "D")
    f = _places(rng, n_begun, settlements)
    f |= _designs(rng, f)
    f |= _buyers(rng, f, conditions)
    contractors = _contractors(rng, f)
    f |= _temptation(rng, f, conditions)
    f |= _tenders(rng, f, contractors, today, conditions)
    f |= _plans(rng, f)
    f |= _mishaps(rng, f, contractors, conditions)
    works = _build(rng, f, int(month_of(today)))
    stays = (f["signed"] < today) & (works["accepted"] >= today - np.timedelta64(conditions.listed_days_after, "D"))
    kept = np.flatnonzero(stays)[:n_facilities]
    if len(kept) < n_facilities:
        raise ValueError(f"only {len(kept)} of {n_facilities} facilities stay in the register")
    return Life(f, works, contractors, kept, today, conditions)


# ---- places, designs, people ---------------------------------------------------------------------------------------
def _places(rng: np.random.Generator, n: int, settlements: pd.DataFrame) -> Columns:
    """A settlement in proportion to population, and a site scattered over its built-up area."""
    population = settlements["population"].fillna(500).to_numpy(float)  # villages whose population the source does not give
    at = rng.choice(len(settlements), n, p=_normal(population**0.85))  # less than in proportion: the list lacks villages
    lat, lon = settlements["lat"].to_numpy()[at], settlements["lon"].to_numpy()[at]
    spread_km = np.clip(0.004 * np.sqrt(population[at]), 0.3, 2.5)
    site_lat = lat + rng.normal(0, 1, n) * spread_km / 111.2
    site_lon = lon + rng.normal(0, 1, n) * spread_km / (111.2 * np.cos(np.radians(lat)))
    precision = rng.choice(["site", "settlement", "district", "unknown"], n, p=[0.90, 0.06, 0.02, 0.02])
    exact, nowhere = precision == "site", precision == "unknown"
    regions, region_of = np.unique(settlements["region_code"].to_numpy(str), return_inverse=True)
    return {
        "settlement_index": at, "region": region_of[at], "region_code": regions[region_of[at]],
        "lat": np.where(nowhere, np.nan, np.where(exact, site_lat, lat)),
        "lon": np.where(nowhere, np.nan, np.where(exact, site_lon, lon)),
        "north": (lat - 41) / 14, "town": np.clip(population[at] / 100_000, 0.02, 10), "precision": precision,
    }  # fmt: skip


def _designs(rng: np.random.Generator, f: Columns) -> Columns:
    """Type, capacity, programme, honest cost at the prices of `_PRICES_OF`, normative months."""
    n = len(f["region"])
    shares = np.array([k.share for k in KINDS])
    kind = rng.choice(len(KINDS), n, p=shares / shares.sum())

    def of_kind(name: str) -> np.ndarray:
        return np.array([getattr(k, name) for k in KINDS])[kind]

    bounds = of_kind("size_bounds")
    size = of_kind("size") * np.exp(rng.normal(0, 1, n) * of_kind("size_sigma")) * f["town"] ** 0.12  # more people, larger
    size = np.clip(np.round(size / of_kind("size_step")) * of_kind("size_step"), bounds[:, 0], bounds[:, 1])
    region_factor = np.exp(rng.normal(0, 0.07, f["region"].max() + 1))[f["region"]]
    scale_economy = (size / of_kind("size")) ** -0.05
    site_extras = np.where(rng.random(n) < 0.06, rng.uniform(1.15, 1.45, n), 1.0)  # seismic zone, pool, own boiler house
    unit_cost = of_kind("unit_cost_mn") * 1e6 * region_factor * scale_economy * site_extras * np.exp(rng.normal(0, 0.14, n))
    cost = size * unit_cost
    norm_months = of_kind("months_per_bn") * np.clip(cost / 1e9, 0.1, 60) ** 0.25
    programme = np.empty(n, dtype=object)
    for i, k in enumerate(KINDS):
        names, weights = zip(*PROGRAMMES.get(k.name, _ANY_PROGRAMME), strict=True)
        programme[kind == i] = rng.choice(names, int((kind == i).sum()), p=weights)
    return {
        "kind": kind, "facility_type": of_kind("name"), "capacity": size, "capacity_unit": of_kind("unit"),
        "cost": cost, "norm_months": norm_months, "programme": programme,
    }  # fmt: skip


def _buyers(rng: np.random.Generator, f: Columns, conditions: Conditions) -> Columns:
    """Each region has a few buyers; each has its own honesty and its own habit of disclosing."""
    n_in_region = np.bincount(f["region"])
    n_buyers = np.maximum(2, np.round(n_in_region / 45)).astype(int)
    first = np.concatenate([[0], np.cumsum(n_buyers)[:-1]])
    buyer = first[f["region"]] + (rng.random(len(f["region"])) ** 1.3 * n_buyers[f["region"]]).astype(int)
    total = int(n_buyers.sum())
    dishonesty = rng.beta(*conditions.dishonesty, total)
    closedness = np.exp(rng.normal(0, conditions.closedness_sigma, total))
    return {"buyer": buyer, "dishonesty": dishonesty[buyer], "closedness": closedness[buyer], "first_buyer": first[f["region"]]}


def _contractors(rng: np.random.Generator, f: Columns) -> Columns:
    """Firms with a home region (or the whole country), a size, a speed, and, for a few, a listing as unfair."""
    n_in_region = np.bincount(f["region"])
    per_region = np.maximum(6, np.round(n_in_region / 14)).astype(int)
    national = max(8, len(f["region"]) // 90)
    home = np.concatenate([np.repeat(np.arange(len(per_region)), per_region), np.full(national, -1)])
    n = len(home)
    some_month = rng.integers(month_of(np.datetime64("2020-01", "M")), month_of(np.datetime64("2026-06", "M")), n)
    return {
        "home": home, "size": np.exp(rng.normal(0, 0.9, n)), "speed": np.exp(rng.normal(-0.14, 0.16, n)),
        "listed_from": np.where(rng.random(n) < 0.004, some_month, NEVER),
    }  # fmt: skip


def _temptation(rng: np.random.Generator, f: Columns, conditions: Conditions) -> Columns:
    """Which mechanisms of theft work at each facility: a matrix (facility, mechanism) of bool."""
    n = len(f["region"])
    takes = rng.random(n) < f["dishonesty"]
    first = rng.choice(len(MECHANISMS), n, p=conditions.mechanism_shares)
    second = rng.choice(len(MECHANISMS), n, p=conditions.mechanism_shares)
    theft = np.zeros((n, len(MECHANISMS)), dtype=bool)
    theft[np.arange(n), first] = takes
    theft[np.arange(n), second] |= takes & (rng.random(n) < 0.3)
    return {"theft": theft}


def _stolen_by(f: Columns, mechanism: str) -> np.ndarray:
    return f["theft"][:, MECHANISMS.index(mechanism)]


# ---- tender and contract -------------------------------------------------------------------------------------------
def _tenders(rng: np.random.Generator, f: Columns, contractors: Columns, today: np.datetime64, conditions: Conditions) -> Columns:
    """Budget, method, dates of the tender, number of tenderers, contractor and price at signing."""
    n = len(f["region"])
    days = (today - _FIRST_TENDER).astype(int) - 60
    published = _FIRST_TENDER + np.floor(days * rng.random(n)).astype(int)
    new_rules = published >= FIVE_DAY_RULE
    rigged = _stolen_by(f, "rigged_tender")
    covered = rigged & (rng.random(n) < conditions.cover_share)  # losers are invited for the look of it
    direct = rng.random(n) < np.where(new_rules, 0.15, 0.28) + np.where(rigged & ~covered, 0.25, 0.0)
    rest = rng.choice(["open", "selective", "limited"], n, p=[0.86, 0.07, 0.07])
    method = np.where(direct, "direct", rest)
    urgent = rng.random(n) < conditions.urgent_share  # flood repairs, the first of September
    short = urgent | (rigged & ~covered & (rng.random(n) < 0.5))
    window_days = np.where(new_rules, rng.integers(8, 16, n), rng.integers(22, 40, n))
    window_days = np.where(short, np.where(new_rules, rng.integers(3, 6, n), rng.integers(7, 18, n)), window_days)
    deadline = published + window_days
    signed = deadline + rng.integers(9, 40, n)
    started = signed + rng.integers(7, 60, n)
    market = np.exp(rng.normal(np.log(conditions.tenderers), 0.30, f["region"].max() + 1))[f["region"]]  # thin in some regions
    n_bidders = 1 + rng.poisson(market)
    n_bidders = np.where(direct | (rigged & ~covered), 1, np.where(covered, rng.integers(2, 5, n), n_bidders))
    supplier = choose_contractors(rng, f, contractors, month_of(signed), favourite=rigged | (rng.random(n) < 0.06))
    years = (published.astype("datetime64[Y]").astype(int) + 1970) - _PRICES_OF
    inflated = np.where(_stolen_by(f, "estimate_inflation"), rng.uniform(1.2, 1.7, n), 1.0)
    estimate = f["cost"] * (1 + conditions.inflation) ** years * inflated
    discount = np.where((n_bidders > 1) & ~rigged, 0.02 * np.minimum(n_bidders, 6) * rng.random(n), 0.01 * rng.random(n))
    return {
        "published": published, "deadline": deadline, "signed": signed, "started": started, "urgent": urgent,
        "method": method, "n_bidders": n_bidders, "covered": covered, "supplier": supplier, "inflation": inflated,
        "budget": estimate * rng.uniform(1.03, 1.12, n), "value": estimate * (1 - discount),
        "is_failed_tender": direct & ~new_rules & (rng.random(n) < 0.5),
    }  # fmt: skip


def choose_contractors(
    rng: np.random.Generator, f: Columns, contractors: Columns, month: np.ndarray, *, favourite: np.ndarray
) -> np.ndarray:
    """A contractor per facility: large works to national firms, the rest to firms at home, by size.

    `favourite`: the buyer's own firm wins. A listed firm is passed over, if the buyer looks.
    """
    n = len(month)
    national = np.flatnonzero(contractors["home"] == -1)
    chosen = rng.choice(national, n, p=_normal(contractors["size"][national]))
    abroad = (f["cost"] > 25e9) | (rng.random(n) < 0.12)
    for region in range(f["region"].max() + 1):
        local = np.flatnonzero(contractors["home"] == region)
        here = np.flatnonzero((f["region"] == region) & ~abroad)
        chosen[here] = rng.choice(local, len(here), p=_normal(contractors["size"][local]))
        own = np.flatnonzero((f["region"] == region) & favourite)
        chosen[own] = local[(f["buyer"] - f["first_buyer"])[own] % len(local)]
    listed_from = contractors["listed_from"][chosen]
    passed_over = (listed_from <= month) & (month < listed_from + LISTED_MONTHS) & (rng.random(n) < 0.75)
    return np.where(passed_over, rng.choice(national, n), chosen)


def _plans(rng: np.random.Generator, f: Columns) -> Columns:
    """Dates promised: by contract, by norm and in public. Politics asks for less time than building takes."""
    n = len(f["region"])
    hurry = np.where(f["programme"] == "comfort_school", rng.uniform(0.55, 1.1, n), rng.uniform(0.8, 1.4, n))
    planned_days = np.maximum(120, f["norm_months"] * 30.4 * hurry).astype(int)
    due = f["started"] + planned_days
    normative = f["started"] + np.maximum(120, f["norm_months"] * 30.4).astype(int)
    year = due.astype("datetime64[Y]")
    september = year.astype("datetime64[M]").astype("datetime64[D]") + 243
    announced = np.where(september < f["started"] + 100, due, september)
    announced = np.where(rng.random(n) < 0.4, announced, NO_DAY)
    # some works begin before the expertise of their design
    before_days = np.where(rng.random(n) < 0.12, -rng.integers(10, 240, n), rng.integers(15, 400, n))
    return {"due": due, "normative": normative, "announced": announced, "expertise": f["started"] - before_days}


# ---- what goes wrong -----------------------------------------------------------------------------------------------
def _mishaps(rng: np.random.Generator, f: Columns, contractors: Columns, conditions: Conditions) -> Columns:
    """Honest trouble and the traces of theft, drawn before the works begin, as months and factors."""
    n = len(f["region"])
    start = month_of(f["started"])
    span = np.maximum(4, f["norm_months"])
    diverted = _stolen_by(f, "advance_diversion")
    padded = _stolen_by(f, "amendment_padding")
    phantom = _stolen_by(f, "phantom_acts")

    size = np.clip(np.log10(f["cost"] / 1e9), 0, 1.5)  # the larger the works, the more goes wrong, and for longer

    def pause(share: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        begins = np.where(rng.random(n) < share, start + 1 + np.floor(rng.random(n) * span).astype(int), NEVER)
        return begins, begins + np.round(length * (1 + 0.3 * size)).astype(int)

    money_from, money_to = pause(conditions.funding_stop + 0.12 * size, 4 + rng.geometric(0.04, n))
    design_from, design_to = pause(conditions.design_error + 0.12 * size, rng.integers(3, 14, n))
    leaves = rng.random(n) < np.where(diverted, 0.4, 0.04 + 0.04 * size)
    abandoned = np.where(leaves, start + 2 + np.floor(rng.random(n) * span * 0.8).astype(int), NEVER)
    terminated = np.where(leaves, abandoned + rng.integers(3, 12, n), NEVER)
    resumed = np.where(leaves, terminated + rng.integers(5, 20, n), NEVER)
    # Amendments of value: a corrected design, new prices after a long stop or in a long contract, and padding in small steps.
    months = [
        np.where((design_from < NEVER) & (rng.random(n) < 0.5), design_from + 1, NEVER),
        np.where((money_from < NEVER) & (rng.random(n) < 0.5), money_to, NEVER),
        np.where((span > 18) & (rng.random(n) < 0.16), start + rng.integers(9, 18, n), NEVER),
    ]
    factors = [rng.uniform(1.02, 1.25, n), rng.uniform(1.08, 1.45, n), rng.uniform(1.03, 1.13, n)]
    for step in range(4):
        months.append(np.where(padded & (rng.random(n) < 0.8), start + 2 + step * 3 + rng.integers(0, 3, n), NEVER))
        factors.append(rng.uniform(1.05, 1.18, n))
    # where money goes elsewhere, works are slow
    drag = np.where(diverted, 0.6, 1.0) * np.where(phantom, 0.75, 1.0) * np.where(_stolen_by(f, "rigged_tender"), 0.85, 1.0)
    advance = rng.choice(ADVANCES, n, p=conditions.advance_shares)
    return {
        "start": start, "money_from": money_from, "money_to": money_to, "design_from": design_from, "design_to": design_to,
        "abandoned": abandoned, "terminated": terminated, "resumed": resumed,
        "value_months": np.array(months), "value_factors": np.array(factors),
        "advance_share": np.where(diverted, rng.uniform(0.3, 0.85, n), advance),
        "acts_ahead": np.where(phantom, rng.uniform(0.12, 0.5, n), 0.0),
        "acts_forged": phantom & (rng.random(n) < conditions.forged_share),
        "speed": contractors["speed"][f["supplier"]] * np.exp(rng.normal(0, 0.2, n)) * drag,
        "act_every": rng.choice([1, 2, 3], n, p=[0.2, 0.3, 0.5]), "report_every": rng.choice([1, 2, 3], n, p=[0.15, 0.25, 0.6]),
        "extends": rng.uniform(0.0, 0.45, n), "weather": rng.random(n) < 0.08,
    }  # fmt: skip


# ---- the works, month by month -------------------------------------------------------------------------------------
def _build(rng: np.random.Generator, f: Columns, n_months: int) -> Columns:
    """Run the calendar: effort, acts, payments, amendments, termination and the second contract.

    Returns the state of each facility at the end, `progress` (month, facility; true share of works, float32) and the
    events as parallel arrays `pay_*` and `change_*`. Events have months; days are drawn when rows are made.
    """
    n = len(f["start"])
    now: Columns = {
        # the contract in force: value, dates, the month it began, the share of works when it began, paid under it so far
        "value": f["value"].copy(), "value_first": f["value"].copy(), "due": f["due"].copy(), "due_first": f["due"].copy(),
        "begun": f["start"].copy(), "base": np.zeros(n), "paid": np.zeros(n), "n_extended": np.zeros(n, dtype=int),
        # the works: effort spent and share of works done, both 0..1; the month they were finished
        "effort": np.zeros(n), "share": np.zeros(n), "done": np.full(n, NEVER),
    }  # fmt: skip
    terms = ("value", "value_first", "due")
    first = {name: now[name].copy() for name in terms}  # of the first contract, as it ended
    progress = np.zeros((n_months, n), dtype=np.float32)
    payments: list[tuple[int, np.ndarray, np.ndarray, str]] = []
    changes: list[tuple[int, str, np.ndarray, np.ndarray, np.ndarray]] = []
    for month in range(int(f["start"].min()), n_months):
        for name in terms:
            first[name] = np.where(f["terminated"] == month, now[name], first[name])
        _sign_again(rng, f, now, month)
        _work(f, now, month)
        progress[month] = now["share"]
        in_force = (f["start"] <= month) & (now["done"] >= month) & ((month < f["terminated"]) | (month >= f["resumed"]))
        changes += _revalue(f, now, month, in_force)
        changes.append(_extend(rng, f, now, month, in_force))
        payments.append(_pay_advance(f, now, month, in_force))
        payments.append(_pay_acts(f, now, month, in_force))
    is_second = now["begun"] > f["start"]
    ended_first = is_second | (f["terminated"] < n_months)
    for name in terms:
        first[name] = np.where(ended_first, first[name], now[name])
    finished = first_day(np.minimum(now["done"], n_months))
    accepted = np.where(now["done"] == NEVER, np.datetime64("2999-01-01", "D"), finished + rng.integers(28, 75, n))
    return {
        **now, **{f"{name}_1": first[name] for name in terms}, "is_second": is_second, "accepted": accepted, "progress": progress,
        "pay_month": np.concatenate([np.full(len(who), month) for month, who, _, _ in payments]),
        "pay_facility": np.concatenate([who for _, who, _, _ in payments]),
        "pay_amount": np.concatenate([amount for _, _, amount, _ in payments]),
        "pay_kind": np.concatenate([np.full(len(who), kind, dtype=object) for _, who, _, kind in payments]),
        "change_month": np.concatenate([np.full(len(who), month) for month, _, who, _, _ in changes]),
        "change_kind": np.concatenate([np.full(len(who), kind, dtype=object) for _, kind, who, _, _ in changes]),
        "change_facility": np.concatenate([who for _, _, who, _, _ in changes]),
        "value_before": np.concatenate([b if k == "value" else np.full(len(b), np.nan) for _, k, _, b, _ in changes]),
        "value_after": np.concatenate([a if k == "value" else np.full(len(a), np.nan) for _, k, _, _, a in changes]),
        "due_before": np.concatenate([b if k == "duration" else np.full(len(b), NO_DAY) for _, k, _, b, _ in changes]),
        "due_after": np.concatenate([a if k == "duration" else np.full(len(a), NO_DAY) for _, k, _, _, a in changes]),
    }  # fmt: skip


def _sign_again(rng: np.random.Generator, f: Columns, now: Columns, month: int) -> None:
    """The second contractor begins to finish what the first one left: a new contract for the rest of the works."""
    new = np.flatnonzero((f["resumed"] == month) & (now["done"] == NEVER))
    rest = 1 - now["share"][new]
    now["value"][new] *= rest * rng.uniform(1.02, 1.3, len(new))
    days = np.maximum(90, rest * f["norm_months"][new] * 30.4 * rng.uniform(0.7, 1.2, len(new))).astype(int)
    now["due"][new] = first_day(month) + days
    now["value_first"][new], now["due_first"][new] = now["value"][new], now["due"][new]
    now["base"][new], now["begun"][new], now["paid"][new], now["n_extended"][new] = now["share"][new], month, 0.0, 0


def _work(f: Columns, now: Columns, month: int) -> None:
    """One month of works, at the pace of the firm and the season; almost none without money, none without a design."""
    is_open = (f["start"] <= month) & (now["done"] == NEVER)
    left = (f["abandoned"] <= month) & (month < f["resumed"])
    redesign = (f["design_from"] <= month) & (month < f["design_to"])
    factor = np.where(left | redesign, 0.0, np.where(_no_money(f, month), 0.08, 1.0))
    pace = _season(month, f["north"]) * f["speed"] / f["norm_months"]
    now["effort"] = np.minimum(1.0, now["effort"] + np.where(is_open, pace * factor, 0.0))
    now["share"] = _s_curve(now["effort"])
    now["done"][is_open & (now["effort"] >= 1.0)] = month


def _revalue(
    f: Columns, now: Columns, month: int, in_force: np.ndarray
) -> list[tuple[int, str, np.ndarray, np.ndarray, np.ndarray]]:
    """Amendments of value that fall into this month: (month, kind, facilities, before, after) each."""
    changes = []
    for when, factor in zip(f["value_months"], f["value_factors"], strict=True):
        hit = np.flatnonzero((when == month) & in_force)
        before = now["value"][hit].copy()
        now["value"][hit] = before * factor[hit]
        changes.append((month, "value", hit, before, now["value"][hit].copy()))
    return changes


def _extend(
    rng: np.random.Generator, f: Columns, now: Columns, month: int, in_force: np.ndarray
) -> tuple[int, str, np.ndarray, np.ndarray, np.ndarray]:
    """In the month of the deadline some buyers grant a new one, each time less readily and as optimistic as before."""
    late = np.flatnonzero((month_of(now["due"]) == month) & in_force & (now["done"] == NEVER))
    late = late[rng.random(len(late)) < f["extends"][late] * 0.8 ** now["n_extended"][late]]
    before = now["due"][late].copy()
    rest_days = (1 - now["effort"][late]) * f["norm_months"][late] / f["speed"][late] * 30.4
    now["due"][late] = before + np.maximum(60, rest_days * rng.uniform(0.5, 1.2, len(late))).astype(int)
    now["n_extended"][late] += 1
    return month, "duration", late, before, now["due"][late].copy()


def _pay_advance(f: Columns, now: Columns, month: int, in_force: np.ndarray) -> tuple[int, np.ndarray, np.ndarray, str]:
    who = np.flatnonzero((now["begun"] == month) & in_force & (f["advance_share"] > 0))
    amount = now["value"][who] * np.where(now["begun"][who] == f["start"][who], f["advance_share"][who], _SECOND_ADVANCE)
    now["paid"][who] += amount
    return month, who, amount, "advance"


def _pay_acts(f: Columns, now: Columns, month: int, in_force: np.ndarray) -> tuple[int, np.ndarray, np.ndarray, str]:
    """Payment of accepted works: (month, facilities, amounts, kind).

    The advance is worked off in proportion; five hundredths are held back until the works are done. January and
    February have no money yet, December spends what is left. Phantom acts run ahead of the works.
    """
    calendar, is_done = month % 12, now["done"] == month
    rhythm = (month - f["start"]) % f["act_every"] == f["act_every"] - 1
    has_act = is_done if calendar in (0, 1) else rhythm | is_done | (calendar == 11)
    acted = accepted_share(now["share"], f["acts_ahead"])
    part = np.clip((acted - now["base"]) / np.maximum(1 - now["base"], 1e-9), 0, 1)
    advance = np.where(now["base"] > 0, np.where(f["advance_share"] > 0, _SECOND_ADVANCE, 0.0), f["advance_share"])
    held = np.where(is_done, 1.0, 0.95)
    owed = now["value"] * np.minimum(1.0, np.maximum(advance, (advance + (1 - advance) * part) * held)) - now["paid"]
    payable = in_force & has_act & ~_no_money(f, month) & (month > now["begun"])
    who = np.flatnonzero(payable & (owed > now["value"] * 0.002))
    now["paid"][who] += owed[who]
    return month, who, owed[who], "act"


def _no_money(f: Columns, month: int) -> np.ndarray:
    return (f["money_from"] <= month) & (month < f["money_to"])


def accepted_share(share: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Share of works in signed acts: the true share, or `ahead` of it once the works have begun."""
    return np.minimum(np.maximum(share, 0.97), share + ahead * np.minimum(1, share / 0.1))


def _season(month: int, north: np.ndarray) -> np.ndarray:
    """Pace of outdoor works: a winter that is deeper in the north, the year's mean about 1."""
    winter = np.cos(2 * np.pi * (month % 12 - 0.5) / 12)
    return 1 - winter * (0.25 + 0.3 * np.clip(north, 0, 1))


def _s_curve(effort: np.ndarray) -> np.ndarray:
    """Slow earthworks, fast frame, slow finishing: cumulative works over effort, both 0..1."""
    return 0.45 * effort + 0.55 * effort**2 * (3 - 2 * effort)


# ---- small arithmetic ----------------------------------------------------------------------------------------------
def month_of(day: np.ndarray | np.datetime64) -> np.ndarray:
    """Month number of a date."""
    return (np.asarray(day).astype("datetime64[M]") - _MONTH_0).astype(int)


def first_day(month: np.ndarray | int) -> np.ndarray:
    """First day of a month number."""
    return (_MONTH_0 + np.asarray(month).astype("timedelta64[M]")).astype("datetime64[D]")


def _normal(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()
