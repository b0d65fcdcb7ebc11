"""Groups of facilities side by side: regions, buyers, contractors, programmes, kinds; and one firm or body by itself.

A firm is known by its identifier; where the source gives only a name, by that name, and never by both: two firms may
share a name. Unknown is never 0: what is not known of a facility is counted apart, and facilities whose group is not
known are a line of their own, so that every column adds up to its total.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import special

from riskmap.fold import fold, fold_column
from riskmap.prepare.network import network, supplier_key
from riskmap.settings import Settings

UNKNOWN = "unknown"  # key of the facilities whose group is not known
NAME = "name:"  # before the key of a firm that the source names without its identifier
PARTIES = ("supplier", "buyer")
_COLUMN = {"region": "region_code", "programme": "programme", "type": "facility_type"}
BY = ("region", "buyer", "supplier", "programme", "type")
INNER, OUTER = 0.95, 0.998  # of all groups that differ only by chance, this share lies between the limits
QUANTILES = {"p10": 0.10, "p25": 0.25, "median": 0.50, "p75": 0.75, "p90": 0.90}
N_DOTS = 20


@dataclass(frozen=True)
class Measure:
    """What groups are compared by. `kind` says how a value is written; `is_event`: yes or no of each facility."""

    kind: str
    columns: tuple[str, ...]
    is_event: bool = False


MEASURES = {
    "overdue": Measure("share", ("is_overdue",), is_event=True),
    "flagged": Measure("share", ("is_flagged", "is_overdue", "level"), is_event=True),
    "days_late": Measure("days", ("days_late", "is_overdue")),
    "points": Measure("points", ("r_mid", "level")),
    "paid_ahead": Measure("share", ("T01_value",)),
    "price": Measure("ratio", ("unit_cost", "peer_unit_cost", "n_peers")),
}


def measures(facilities: pd.DataFrame) -> list[str]:
    """The measures that a snapshot has the columns for; an older one may lack some."""
    return [name for name, measure in MEASURES.items() if set(measure.columns) <= set(facilities.columns)]


# ---- which group a facility belongs to ------------------------------------------------------------------------------
def party_keys(ids: pd.Series, names: pd.Series) -> pd.Series:
    """One key per firm or body: its identifier, else NAME and its folded name, else UNKNOWN.

    A masked number (`******1234`) is shared by many persons, so that only the name beside it tells them apart.
    """
    ids, names = ids.astype("string"), names.astype("string")  # a column of nothing but missing values may have any type
    is_whole = ids.notna() & ~ids.str.startswith("*").fillna(False).astype(bool)
    keys = ids.astype(object).where(is_whole, None)
    rest = ~is_whole & names.notna()
    folded = fold_column(names[rest])
    keys[rest] = (NAME + folded.where(folded.ne(""))).astype(object)
    return keys.where(keys.notna(), UNKNOWN)


def keys(facilities: pd.DataFrame, by: str) -> pd.Series:
    """The group of each facility as one of BY; contractors are those of the main contract."""
    if by in PARTIES:
        return party_keys(facilities[f"{by}_id"], facilities[f"{by}_name"])
    return facilities[_COLUMN[by]].astype(object).where(facilities[_COLUMN[by]].notna(), UNKNOWN)


def names(keys: pd.Series, names: pd.Series) -> pd.Series:
    """The name that most rows of a key give, the first in the alphabet of several; keys that nobody names are missing."""
    counted = pd.DataFrame({"key": keys, "name": names.astype(object)}).dropna().value_counts().reset_index()
    ordered = counted.sort_values(["count", "name"], ascending=[False, True], kind="stable")
    return ordered.drop_duplicates("key").set_index("key")["name"]


# ---- measures per group ---------------------------------------------------------------------------------------------
def observed(facilities: pd.DataFrame, measure: str, settings: Settings) -> pd.DataFrame:
    """`value` of each facility (NaN = not known; an event is 1 or 0) and `is_concerned`: does the measure speak of it?

    Lateness speaks of the overdue, and of those of which nobody knows whether they are. A facility that is not overdue is
    not flagged, whatever else is known; one that is overdue and not assessable is not known to be.
    """
    value, is_concerned = pd.Series(np.nan, index=facilities.index), pd.Series(True, index=facilities.index)
    if measure in ("overdue", "flagged", "days_late"):
        is_overdue = facilities["is_overdue"]
    if measure == "overdue":
        value = is_overdue.astype("Float64")
    elif measure == "flagged":
        is_open = is_overdue.isna() | (
            is_overdue.fillna(False) & facilities["level"].fillna("not_assessable").eq("not_assessable")
        )
        is_flagged = facilities["is_flagged"].fillna(False)
        value = is_flagged.astype("Float64").mask(is_open & ~is_flagged)
    elif measure == "days_late":
        is_concerned = is_overdue.fillna(True).astype(bool)
        value = facilities["days_late"].astype("Float64").where(is_overdue.fillna(False).astype(bool))
    elif measure == "points":
        value = facilities["r_mid"].where(facilities["level"].fillna("not_assessable").ne("not_assessable"))
    elif measure == "paid_ahead":
        value = facilities["T01_value"]
    elif measure == "price":
        enough = facilities["n_peers"].astype("Float64").ge(settings["unit_cost"]["min_n"]).fillna(False).astype(bool)
        value = (facilities["unit_cost"] / facilities["peer_unit_cost"]).where(enough)
    numbers = value.astype("Float64").to_numpy(float, na_value=np.nan)
    return pd.DataFrame({"value": numbers, "is_concerned": is_concerned.to_numpy(bool)}, index=facilities.index)


def compared(facilities: pd.DataFrame, by: str, measure: str, settings: Settings) -> pd.DataFrame:
    """One row per group, in the order of its key, UNKNOWN among them.

    `key`; `name` (firms and bodies); `n_facilities` = `n_known` + `n_unknown` + `n_other` (the measure does not speak of
    them); `is_small`: fewer known than aggregate.min_facilities, too few to compare. Events: `n_yes`, `share`, the limits
    `low` and `high` of INNER, `place` against both limits (see `places`). Others: QUANTILES of the known values.
    """
    group = keys(facilities, by)
    result = _summary(group, observed(facilities, measure, settings), measure, settings)
    if by in PARTIES:
        result["name"] = result["key"].map(names(group, facilities[f"{by}_name"]))
    return result


def overall(facilities: pd.DataFrame, measure: str, settings: Settings) -> dict[str, Any]:
    """The same columns over all facilities, as plain numbers."""
    everything = pd.Series("all", index=facilities.index, dtype=object)
    rows = _summary(everything, observed(facilities, measure, settings), measure, settings).to_dict("records")
    return rows[0] if rows else {"n_facilities": 0, "n_known": 0, "n_unknown": 0, "n_other": 0, "is_small": True}


def _summary(group: pd.Series, seen: pd.DataFrame, measure: str, settings: Settings) -> pd.DataFrame:
    is_known = seen["value"].notna()
    counts = pd.DataFrame(
        {
            "key": group,
            "n_facilities": 1,
            "n_known": is_known.astype(int),
            "n_unknown": (seen["is_concerned"] & ~is_known).astype(int),
            "n_other": (~seen["is_concerned"]).astype(int),
        }
    )
    result = counts.groupby("key").sum()
    values = seen["value"].groupby(group)
    if MEASURES[measure].is_event:
        result["n_yes"] = values.sum().astype(int)
        result["share"] = result["n_yes"] / result["n_known"].where(result["n_known"] > 0)
        n_known, n_yes = result["n_known"].to_numpy(), result["n_yes"].to_numpy()
        rate = n_yes.sum() / max(n_known.sum(), 1)
        result["low"], result["high"] = limits(n_known, rate, INNER)
        result["place"] = places(n_yes, n_known, rate)
    else:
        for name, q in QUANTILES.items():
            result[name] = values.quantile(q)
    result["is_small"] = result["n_known"] < settings["aggregate"]["min_facilities"]
    return result.rename_axis("key").reset_index()


def dots(values: np.ndarray) -> np.ndarray:
    """At most N_DOTS values that stand for equal parts of all: the values themselves, or their quantiles."""
    known = np.sort(values[~np.isnan(values)])
    return known if len(known) <= N_DOTS else np.quantile(known, (np.arange(N_DOTS) + 0.5) / N_DOTS)


# ---- what chance alone would give -----------------------------------------------------------------------------------
def limits(n: np.ndarray, rate: float, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Between which shares a group of `n` facilities lies with probability `share` if it differs only by chance.

    Exact binomial tails, joined between whole counts (Spiegelhalter 2005, doi 10.1002/sim.1970): a group is outside
    exactly when a count as far out as its own has a probability below (1 - share) / 2. The whole range, 0 to 1, for n = 0
    and where nothing varies (rate 0 or 1).
    """
    n = np.asarray(n, dtype=float)
    low, high = np.zeros(len(n)), np.ones(len(n))
    if 0.0 < rate < 1.0:
        some, tail = n > 0, (1.0 - share) / 2.0
        low[some] = np.maximum(_lower(n[some], rate, tail), 0.0)
        high[some] = 1.0 - np.maximum(_lower(n[some], 1.0 - rate, tail), 0.0)
    return low, high


def _lower(n: np.ndarray, rate: float, tail: float) -> np.ndarray:
    """(r - a) / n, where r is the smallest count with P(X <= r) >= tail and a how far the tail is passed there."""
    r = np.ceil(special.bdtrik(tail, n, rate))
    r = np.where((r > 0) & (_at_most(r - 1, n, rate) >= tail), r - 1, r)  # the inverse may be off by its last digit
    below, at = _at_most(r - 1, n, rate), _at_most(r, n, rate)
    return (r - (at - tail) / (at - below)) / n


def _at_most(count: np.ndarray, n: np.ndarray, rate: float) -> np.ndarray:
    """P(X <= count) of a binomial count of n."""
    return np.where(count < 0, 0.0, special.bdtr(np.maximum(count, 0), n.astype(np.int64), rate))


def places(n_yes: np.ndarray, n_known: np.ndarray, rate: float) -> list[str]:
    """Where each group lies: "inside", or "above"/"below" the inner limits, or "far_above"/"far_below" the outer ones."""
    if not 0.0 < rate < 1.0:
        return ["inside"] * len(n_yes)
    below = _at_most(n_yes, n_known, rate)
    above = _at_most(n_known - n_yes, n_known, 1.0 - rate)
    tail, far = (1.0 - INNER) / 2.0, (1.0 - OUTER) / 2.0
    conditions = [n_known == 0, below < far, above < far, below < tail, above < tail]
    return list(np.select(conditions, ["inside", "far_below", "far_above", "below", "above"], "inside"))


# ---- firms and bodies -----------------------------------------------------------------------------------------------
_FACILITY = ("facility_id", "buyer_id", "buyer_name", "currency", "region_code", "is_overdue", "days_late", "is_flagged")
_REGISTER = ("is_on_rnu", "rnu_from_on", "rnu_to_on")
_CONTRACT = ("facility_id", "contract_id", "supplier_id", "supplier_name", "buyer_id", "value_amount", "signed_on", *_REGISTER)


def agreements(facilities: pd.DataFrame, contracts: pd.DataFrame, *, settings: Settings, as_of: date) -> pd.DataFrame:
    """One row per contract of the facilities, and one for each facility without any (`contract_id` missing).

    `buyer_key`, `supplier_key`, `buyer_name`, `supplier_name`; `value` (NaN: not known, or in another currency);
    `is_overdue`, `days_late`, `is_flagged` of the facility; the contract's words on the register; and what T15 knows of the
    pair from all facilities given, so give all of the snapshot: `buyer_share` of what the buyer spent in the last months,
    `n_wins`, `n_buyer_contracts`, and `is_concentrated`.
    """
    joined = facilities[list(_FACILITY)].merge(
        contracts[list(_CONTRACT)].rename(columns={"buyer_id": "contract_buyer_id"}), on="facility_id", how="left"
    )
    is_other = (
        (joined["contract_buyer_id"].notna() & joined["contract_buyer_id"].ne(joined["buyer_id"])).fillna(False).astype(bool)
    )
    of_contract = joined["contract_buyer_id"].fillna(joined["buyer_id"])
    # the facility names its own buyer: where a contract is another body's, that name is not its name
    buyer_name = joined["buyer_name"].mask(is_other & joined["buyer_id"].notna())
    in_currency = joined["currency"].eq(settings["country"]["currency"]).fillna(False).astype(bool)
    rows = pd.DataFrame(
        {
            "facility_id": joined["facility_id"],
            "contract_id": joined["contract_id"],
            "buyer_key": party_keys(of_contract, buyer_name),
            "buyer_name": buyer_name,
            "supplier_key": party_keys(joined["supplier_id"], joined["supplier_name"]),
            "supplier_name": joined["supplier_name"],
            "value": joined["value_amount"].astype("Float64").where(in_currency),
            "is_overdue": joined["is_overdue"],
            "days_late": joined["days_late"],
            "is_flagged": joined["is_flagged"],
            **{name: joined[name] for name in _REGISTER},
        }
    )
    market = pd.DataFrame(
        {
            "buyer_key": of_contract.fillna(joined["buyer_name"]),
            "supplier_id": joined["supplier_id"].astype("string"),
            "supplier_name": joined["supplier_name"].astype("string"),
            "region_key": joined["region_code"].fillna("-"),
            "value_amount": joined["value_amount"].astype("Float64"),
            "signed_day": _days(joined["signed_on"]),
            "n_bidders": pd.array([None] * len(joined), "Int64"),
        }
    )
    return pd.concat([rows, _concentration(market, settings, as_of)], axis=1)


def _concentration(market: pd.DataFrame, settings: Settings, as_of: date) -> pd.DataFrame:
    """T15's own numbers of each contract's pair, from the code that judged it, with its own identity of firms."""
    own = settings["concentration"]
    as_of_day = (as_of - date(1970, 1, 1)).days
    contracts = nw.from_native(market).lazy().with_columns(supplier_key=supplier_key())
    shares = nw.to_native(network(contracts, settings=settings, as_of_day=as_of_day)["buyer"].collect())
    found = nw.to_native(contracts.collect())[["buyer_key", "supplier_key"]].merge(
        shares, on=["buyer_key", "supplier_key"], how="left"
    )
    enough = found["n_buyer_contracts"].ge(own["min_buyer_contracts"]) & found["n_wins"].ge(own["min_wins"])
    found["is_concentrated"] = (enough & found["buyer_share"].gt(own["buyer_ramp"][0])).fillna(False).astype(bool)
    return found[["buyer_share", "n_wins", "n_buyer_contracts", "is_concentrated"]]


def _days(dates: pd.Series) -> pd.Series:
    """Days since 1970-01-01 of `datetime.date` values; missing where there is none."""
    stamps = pd.Series(pd.to_datetime(dates, errors="coerce"), index=dates.index)
    return ((stamps - pd.Timestamp(0)) // pd.Timedelta(days=1)).astype("Int64")


def pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Per buyer and contractor of `agreements`, most facilities first: who works for whom.

    `n_facilities`, `n_contracts`; `value` of the contracts (NaN: none known) and `n_value_unknown`; `n_overdue` of
    `n_overdue_known` facilities; `n_flagged`; T15's `buyer_share` (NaN: no recent contract) and `is_concentrated`. Rows
    where either side is not known are not a pair: `unpaired` counts them.
    """
    known = rows[rows["buyer_key"].ne(UNKNOWN) & rows["supplier_key"].ne(UNKNOWN)]
    result = _counted(known, ["buyer_key", "supplier_key"])
    of_pair = known.groupby(["buyer_key", "supplier_key"])
    result["buyer_share"] = of_pair["buyer_share"].max()
    result["is_concentrated"] = of_pair["is_concentrated"].max()
    result = result.reset_index()
    return result.sort_values(
        ["n_facilities", "n_overdue", "buyer_key", "supplier_key"], ascending=[False, False, True, True], kind="stable"
    ).reset_index(drop=True)


def unpaired(rows: pd.DataFrame) -> int:
    """Facilities of `agreements` that are in no pair, because the buyer, the contract or its contractor is not known."""
    is_pair = rows["buyer_key"].ne(UNKNOWN) & rows["supplier_key"].ne(UNKNOWN)
    return rows["facility_id"].nunique() - rows.loc[is_pair, "facility_id"].nunique()


def partners(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The other side of one party's `agreements`, UNKNOWN among it, with the columns of `pairs` and `key`, `name`."""
    other = "buyer" if kind == "supplier" else "supplier"
    rows = rows[rows["contract_id"].notna()]
    result = _counted(rows, [f"{other}_key"])
    grouped = rows.groupby(f"{other}_key")
    result["buyer_share"], result["is_concentrated"] = grouped["buyer_share"].max(), grouped["is_concentrated"].max()
    result = result.rename_axis("key").reset_index()
    result["name"] = result["key"].map(names(rows[f"{other}_key"], rows[f"{other}_name"]))
    return result


def _counted(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Contracts and, each once, their facilities."""
    of_contracts = rows.assign(n_contracts=1, n_value_unknown=rows["value"].isna().astype(int)).groupby(by)
    result = of_contracts[["n_contracts", "n_value_unknown"]].sum()
    result["value"] = of_contracts["value"].sum(min_count=1)
    once = rows.drop_duplicates([*by, "facility_id"])
    return result.join(_facility_counts(once).groupby([once[name] for name in by]).sum())


def _facility_counts(once: pd.DataFrame) -> pd.DataFrame:
    """Ones and zeros to add up, per facility."""
    return pd.DataFrame(
        {
            "n_facilities": 1,
            "n_overdue": once["is_overdue"].fillna(False).astype(int),
            "n_overdue_known": once["is_overdue"].notna().astype(int),
            "n_flagged": once["is_flagged"].fillna(False).astype(int),
        },
        index=once.index,
    )


@dataclass(frozen=True)
class Party:
    """The facts about one firm or body. `rows` are its `agreements`, `facility_ids` its facilities.

    `rows` are those with a contract; `name` is what most rows call it, `other_names` the rest; `same_name` are the keys of
    others of the same name, not counted here; `sums` has the counts of `pairs` over all its contracts and facilities.
    """

    kind: str
    key: str
    name: str
    other_names: tuple[str, ...]
    same_name: tuple[str, ...]
    facility_ids: tuple[str, ...]
    rows: pd.DataFrame
    sums: Mapping[str, Any]


def party(facilities: pd.DataFrame, rows: pd.DataFrame, kind: str, key: str) -> Party | None:
    """One contractor or buyer by its key; None where nobody has it. `rows` are the `agreements` of the facilities."""
    if key == UNKNOWN:
        return None
    own = rows[rows[f"{kind}_key"].eq(key)]
    of_facility = facilities.loc[keys(facilities, kind).eq(key), "facility_id"]
    ids = {*of_facility, *own["facility_id"]}
    if not ids:
        return None
    called = pd.concat([own[f"{kind}_name"], facilities.loc[of_facility.index, f"{kind}_name"]]).dropna().value_counts()
    ordered = sorted(called.index, key=lambda name: (-called[name], name))
    everyone = rows[[f"{kind}_key", f"{kind}_name"]].dropna().drop_duplicates()
    same = everyone[everyone[f"{kind}_name"].isin(ordered) & everyone[f"{kind}_key"].ne(key)]
    contracts = own[own["contract_id"].notna()]
    once = facilities[facilities["facility_id"].isin(ids)]
    sums = {
        "n_contracts": len(contracts),
        "value": contracts["value"].sum(min_count=1),
        "n_value_unknown": int(contracts["value"].isna().sum()),
        **_facility_counts(once).sum().to_dict(),
    }
    return Party(
        kind=kind,
        key=key,
        name=ordered[0] if ordered else key,
        other_names=tuple(ordered[1:]),
        same_name=tuple(sorted(set(same[f"{kind}_key"]))),
        facility_ids=tuple(once["facility_id"]),
        rows=contracts,
        sums=sums,
    )


def find_key(rows: pd.DataFrame, kind: str, asked: str) -> str:
    """The key that somebody asks for in `agreements`: the key itself, an identifier, or a name that only one party has.

    What nobody has comes back as it is.
    """
    every = rows[f"{kind}_key"]
    if every.eq(asked).any():
        return asked
    wanted = fold(asked)
    if wanted and every.eq(NAME + wanted).any():
        return NAME + wanted
    named = rows.loc[fold_column(rows[f"{kind}_name"]).eq(wanted) & every.ne(UNKNOWN), f"{kind}_key"].unique()
    return str(named[0]) if wanted and len(named) == 1 else asked


def register(contracts: pd.DataFrame) -> tuple[list[tuple[Any, Any]], int, int]:
    """What the contracts of one supplier say of the register of unfair participants.

    The different entries as (first day, last day), the earliest first, either None where the source does not say; how many
    contracts say that there is none; how many say nothing.
    """
    said = contracts["is_on_rnu"]
    entries = contracts.loc[said.fillna(False).astype(bool), ["rnu_from_on", "rnu_to_on"]].astype(object)
    whole = entries.where(entries.notna(), None)
    found = set(zip(whole["rnu_from_on"], whole["rnu_to_on"], strict=True))
    ordered = sorted(found, key=lambda span: (span[0] or date.min, span[1] or date.min))
    return ordered, int(said.eq(False).fillna(False).sum()), int(said.isna().sum())
