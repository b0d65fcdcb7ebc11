"""Worlds to be judged in: hyper-parameters drawn from wide priors, simulated by the demo's generator, as fact tables.

Neither the priors nor what is hidden look at an indicator, a threshold or a weight. One seed makes one world.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmap import facts, geography
from riskmap.demo.files import HIDDEN, HIDDEN_WHOLE, bins, contract_rows, whole_money
from riskmap.demo.rows import World, record
from riskmap.demo.simulate import Conditions, simulate

AS_OF = date(2026, 11, 1)
REGIMES = ("none", "at_random", "hiding")  # of what is not disclosed; taken in turn
HIDING = 1.7  # in the regime "hiding" a field is this many times likelier to be absent where something is wrong
ADAPTED = 0.9  # adaptive thieves: share of forged reports and of invited losers. methodology 3.4
_MOST_HIDDEN = 0.8
_NAMES = {"region": "region_code"}  # our facts have the code where a source has words

Tables = dict[str, pa.Table]


@dataclass(frozen=True)
class Prior:
    """What was drawn for one world. `missing_share`: mean chance of a field not to be disclosed."""

    conditions: Conditions
    regime: str
    missing_share: float


def draw(seed: int) -> Prior:
    """Hyper-parameters of the world of a seed. Means as in methodology 3.4: base rate 10 %, funding stops 15 %, design
    errors 18 % (both grow with the size of the works), stale reports 25 %, missing fields 15 %."""
    rng = np.random.default_rng([seed, 7])
    # works from which money is taken last longer and so stand in the register more often: 8 % begun are 10 % listed
    readiness = float(np.clip(np.exp(rng.normal(np.log(0.075), 0.35)), 0.03, 0.18))
    alike = rng.uniform(3, 12)  # how much the works of one buyer resemble each other in this
    half = rng.uniform(0.03, 0.12)
    conditions = Conditions(
        dishonesty=(readiness * alike, (1 - readiness) * alike),
        closedness_sigma=rng.uniform(0.2, 0.7),
        mechanism_shares=tuple(rng.dirichlet(10 * np.array(Conditions.mechanism_shares))),
        forged_share=rng.uniform(0.3, 0.6),
        cover_share=rng.uniform(0.3, 0.6),
        funding_stop=rng.uniform(0.05, 0.15),
        design_error=rng.uniform(0.07, 0.18),
        stale_share=rng.uniform(0.15, 0.35),
        urgent_share=rng.uniform(0.02, 0.10),
        tenderers=rng.uniform(1.8, 3.8),
        inflation=rng.uniform(0.03, 0.15),
        advance_shares=(0.10, 0.10, 0.20, 0.60 - half, half),
    )
    return Prior(conditions, REGIMES[seed % len(REGIMES)], float(rng.uniform(0.08, 0.22)))


def adapted(prior: Prior) -> Prior:
    """The same world with thieves who know what is looked at: reports forged with the acts, losers invited."""
    return replace(prior, conditions=replace(prior.conditions, forged_share=ADAPTED, cover_share=ADAPTED))


def make(prior: Prior, *, seed: int, n_facilities: int, towns: pd.DataFrame) -> tuple[Tables, pd.DataFrame]:
    """The fact tables that such a world discloses on `AS_OF`, and the truth: one row per facility, by facility_id."""
    rows, truth = disclosed(prior, seed=seed, n_facilities=n_facilities, towns=towns)
    return typed(rows), truth


def disclosed(prior: Prior, *, seed: int, n_facilities: int, towns: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """`make` before the tables are typed."""
    life = simulate(seed=seed, n_facilities=n_facilities, as_of=AS_OF, settlements=towns, conditions=prior.conditions)
    world = whole_money(record(life, seed=seed), 1.0)
    rows = _rows(world)
    if prior.regime != "none":
        wrong = np.where(world.truth["mechanisms"] != "", HIDING, 1.0) * world.truth["closedness"]
        tendency = wrong / wrong.mean() if prior.regime == "hiding" else wrong * 0 + 1.0
        rows = _hide(rows, tendency.set_axis(world.truth["facility_id"]), share=prior.missing_share, seed=seed)
    return rows, _with_groups(world, towns).sort_values("facility_id", ignore_index=True)


def _with_groups(world: World, towns: pd.DataFrame) -> pd.DataFrame:
    """The truth with the groups between which errors may differ: `facility_type`, `region_kind` and `place`, as they are and
    not as disclosed. A town has `geography.TOWN_MIN_POPULATION` people or more."""
    f = world.facilities
    regions = geography.regions()
    cities = regions["code"][regions["name_en"].str.endswith(" city")]
    people = towns["population"].fillna(0).to_numpy(float)[f["settlement_index"]]
    groups = pd.DataFrame({
        "facility_id": f["facility_id"], "facility_type": f["facility_type"],
        "region_kind": np.where(f["region_code"].isin(cities), "city", "region"),
        "place": np.where(people >= geography.TOWN_MIN_POPULATION, "town", "village"),
    })  # fmt: skip
    return world.truth.merge(groups, on="facility_id", validate="1:1")


def mask(tables: Tables, *, share: float, seed: int) -> Tables:
    """The same facts with every field that a source may leave out left out with chance `share`; whole kinds of rows too."""
    rng = np.random.default_rng([seed, 9])
    masked = dict(tables)
    ids = tables["facilities"]["facility_id"].to_numpy(zero_copy_only=False)
    for name in ("facilities", "contracts"):
        for column in (_NAMES.get(c, c) for c in HIDDEN[name]):
            at = tables[name].schema.get_field_index(column)
            values, away = tables[name][column], rng.random(tables[name].num_rows) < share
            kept = pa.chunked_array([pa.array(values.to_pylist(), values.type, mask=away)])
            masked[name] = masked[name].set_column(at, tables[name].schema.field(at), kept)
    for name in HIDDEN_WHOLE:
        absent = ids[rng.random(len(ids)) < share]
        here = ~np.isin(tables[name]["facility_id"].to_numpy(zero_copy_only=False).astype(str), absent.astype(str))
        masked[name] = tables[name].filter(pa.array(here))
    return masked


def _rows(world: World) -> dict[str, pd.DataFrame]:
    """The world's tables with the names of the facts, everything disclosed."""
    f = world.facilities
    facilities = f.assign(
        title=f["facility_id"], title_en=f["facility_id"], buyer_id=bins("7701", f["buyer"]), currency="KZT",
        buyer_name=[f"Demo Buyer {i}" for i in f["buyer"]], region=f["region_code"], due_precision="day",
    )  # fmt: skip
    contracts = contract_rows(world).assign(method=world.contracts["method"])
    contracts["contract_id"] = contracts["contract_no"]
    rows = {"facilities": facilities, "contracts": contracts}
    events = {"payments": "payment_id", "progress": "report_id", "amendments": "amendment_id", "bids": "bid_id"}
    for name, key in events.items():
        table = getattr(world, name)
        rows[name] = table.assign(**{key: [f"{i:07d}" for i in range(len(table))]})
        if "contract_no" in table:
            rows[name]["contract_id"] = table["contract_no"]
    rows["bids"]["bidder_id"] = bins("7702", world.bids["bidder"])
    return rows


def _hide(rows: dict[str, pd.DataFrame], tendency: pd.Series, *, share: float, seed: int) -> dict[str, pd.DataFrame]:
    """Fields and whole kinds of rows taken away, each as often as in the demo, scaled to a mean of `share`.

    `tendency`: per facility_id, mean 1: how many times likelier than usual a field is absent there.
    """
    rng = np.random.default_rng([seed, 8])
    usual = np.mean([chance for name in ("facilities", "contracts") for chance in HIDDEN[name].values()])
    scale = share / float(usual)
    hidden = {}
    for name, full in rows.items():
        table = full
        if name in HIDDEN_WHOLE:
            absent = tendency.index[rng.random(len(tendency)) < HIDDEN_WHOLE[name] * scale * tendency.to_numpy()]
            table = full[~full["facility_id"].isin(absent)]
        table = table.copy()
        closed = tendency.loc[table["facility_id"]].to_numpy()
        for column, chance in HIDDEN[name].items():
            found = _NAMES.get(column, column)
            if found in table:
                away = rng.random(len(table)) < np.minimum(_MOST_HIDDEN, chance * scale * closed)
                kind = "boolean" if table[found].dtype == bool else table[found].dtype
                table[found] = table[found].astype(kind).mask(away)
        hidden[name] = table
    return hidden


def typed(rows: dict[str, pd.DataFrame]) -> Tables:
    """Typed fact tables; a column that the world does not have is null throughout."""
    tables = {}
    for name, table in rows.items():
        schema = facts.arrow_schema(name)
        columns = [_column(table[f.name], f.type) if f.name in table else pa.nulls(len(table), f.type) for f in schema]
        tables[name] = pa.table(columns, schema=schema)
    return tables


def _column(values: pd.Series, kind: pa.DataType) -> pa.Array:
    if pa.types.is_integer(kind):
        values = values.round().astype("Int64")
    if pa.types.is_date(kind):
        return pa.array(values.to_numpy(dtype="datetime64[D]")).cast(kind)
    return pa.array(values, kind, from_pandas=True)
