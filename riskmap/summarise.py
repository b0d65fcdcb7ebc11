"""Scored facilities -> one row per region, and the totals, counted by the same code so that they reconcile.

Unknown is never 0: every sum and share comes with the number of facilities it says nothing about, and a sum over
nothing known is null.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmap import money, schema
from riskmap.settings import Settings

UNKNOWN = "unknown"  # region code of the facilities whose region is not known


@dataclass(frozen=True)
class Measure:
    """What regions can be coloured by. `kind` says how it is written: money, share or days; `is_log` how it is classed."""

    column: str
    kind: str
    is_log: bool = False

    @property
    def finest(self) -> float:
        """The smallest step between two borders that a legend can print."""
        return _FINEST[self.kind]


_FINEST = {"money": 0.0, "share": 0.01, "days": 1.0}  # shares are printed as whole percents


MEASURES: dict[str, Measure] = {
    "flagged_budget": Measure("flagged_budget", "money", is_log=True),
    "overdue": Measure("share_overdue", "share"),
    "exposure": Measure("exposure_share", "share"),
    "days_late": Measure("median_days_late", "days"),
    "coverage": Measure("coverage_mean", "share"),
}


def by_region(facilities: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """One row per `region_code`, most flagged budget first, facilities without a region last as "unknown".

    Columns: `n_facilities`, `n_placed` (with a point); `budget`, `flagged_budget`, `exposure` (whole currency units) with
    `n_budget_unknown`, `n_exposure_unknown`; `n_overdue`, `n_overdue_unknown`, `share_overdue` (of those where it is
    known); `n_flagged`, `n_flagged_budget_unknown`, `n_not_assessable`; `exposure_share` (exposure per budget, where both
    are known); `median_days_late` (of the overdue); `coverage_mean`; `is_small` (fewer facilities than
    settings aggregate.min_facilities: shown in grey, never ranked); `emr`, `emr_low`, `emr_high`, the expected money at
    risk with its interval, drawn for the region as a whole, and `n_emr_unknown`, the facilities without a contract value;
    `share_high`, the share of levels high and critical among those with a level, drawn towards the share of all rows
    given (few facilities say little). Amounts in another currency than the country's are
    not summed and count as not known.
    """
    return _regions(_prepared(facilities, settings), settings)


def by_district(facilities: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The same columns per `district_code`, of the facilities of one region; those without a district last as "unknown"."""
    return _regions(_prepared(facilities, settings, place="district_code"), settings, place="district_code")


def by_programme(facilities: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The same columns per `programme`, as the source names it; those without one last as "unknown"."""
    return _regions(_prepared(facilities, settings, place="programme"), settings, place="programme")


def _regions(prepared: pd.DataFrame, settings: Settings, *, place: str = "region_code") -> pd.DataFrame:
    result = _summary(prepared.groupby(place), settings)
    result = result.assign(is_unknown=result[place].eq(UNKNOWN))
    result = result.sort_values(
        ["is_unknown", "flagged_budget", place], ascending=[True, False, True], na_position="last", kind="stable"
    )
    return result.drop(columns="is_unknown").reset_index(drop=True)


def by_level(facilities: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The same columns per `level`, the highest first; "not_assessable" last."""
    levels = facilities["level"].fillna("not_assessable")
    result = _summary(_prepared(facilities, settings).groupby(levels.rename("level")), settings)
    order = [*reversed(schema.LEVELS[:-1]), schema.LEVELS[-1]]
    return result.sort_values("level", key=lambda level: level.map(order.index)).reset_index(drop=True)


def totals(facilities: pd.DataFrame, settings: Settings) -> dict[str, Any]:
    """The same columns over all facilities, as plain numbers; None where nothing is known."""
    return _total(_prepared(facilities, settings), settings)


def regions_and_total(facilities: pd.DataFrame, settings: Settings) -> tuple[pd.DataFrame, dict[str, Any]]:
    """`by_region` and `totals` of the same facilities; preparing a million rows twice would take longer than summing them."""
    prepared = _prepared(facilities, settings)
    return _regions(prepared, settings), _total(prepared, settings)


def _total(prepared: pd.DataFrame, settings: Settings) -> dict[str, Any]:
    result = _summary(prepared.assign(region_code="all").groupby("region_code"), settings)
    if result.empty:  # no rows: counts and what is flagged are a known zero
        return dict.fromkeys(result.columns) | dict.fromkeys((*_COUNTS, "flagged_budget"), 0)
    row = result.drop(columns="region_code").iloc[0]
    return {name: None if pd.isna(value) else value.item() for name, value in row.items()}


def class_breaks(values: pd.Series, *, is_log: bool, n_classes: int = 5, finest: float = 0.0) -> list[float]:
    """Inner borders of at most `n_classes` classes, as round as the gap between two classes allows.

    The classes are Fisher's natural ones: of all ways to cut the sorted values the one with the least squared deviation
    inside the classes, of the logarithm where `is_log` (there a known zero falls into the lowest class). `finest` is the
    smallest step that a legend prints; where a gap is narrower, the border is the nearest printable number. A value equal
    to a border belongs to the class above it.
    """
    known = np.sort(values.dropna().to_numpy(float))
    if is_log:
        known = known[known > 0]
    if not len(known) or known[0] == known[-1]:
        return []
    cuts = _natural(np.log(known) if is_log else known, n_classes)
    rounded = {_roundest(float(known[cut - 1]), float(known[cut]), finest) for cut in cuts}
    return sorted(border for border in rounded if known[0] < border <= known[-1])


def _natural(values: np.ndarray, n_classes: int) -> list[int]:
    """Where sorted values are cut into at most `n_classes` classes of least squared deviation: first positions of the upper ones.

    Exact, by dynamic programming over the distinct values (Fisher 1958); a region more or less is one row more or less.
    """
    distinct, first, counts = np.unique(values, return_index=True, return_counts=True)
    n = len(distinct)
    weight, total, square = (np.concatenate([[0.0], np.cumsum(x)]) for x in (counts, counts * distinct, counts * distinct**2))

    def deviation(start: np.ndarray, end: int) -> np.ndarray:
        of = total[end] - total[start]
        return square[end] - square[start] - of * of / (weight[end] - weight[start])

    best = np.array([0.0, *(deviation(np.array(0), end) for end in range(1, n + 1))])
    cuts: list[list[int]] = [[] for _ in range(n + 1)]
    for _ in range(min(n_classes, n) - 1):
        fewer, before = best.copy(), cuts.copy()
        for end in range(2, n + 1):
            starts = np.arange(1, end)
            of = fewer[starts] + deviation(starts, end)
            at = int(starts[of.argmin()])
            best[end], cuts[end] = of.min(), [*before[at], at]
    return [int(first[cut]) for cut in cuts[n]]


def _roundest(low: float, high: float, finest: float) -> float:
    """The roundest number above `low` and not above `high`: a multiple of the largest 1, 2 or 5 times a power of ten.

    Never finer than `finest` or three digits; the nearest such number where the two are closer than that.
    """
    power = 10.0 ** math.ceil(math.log10(max(abs(low), abs(high))))
    finest = max(finest, power * 1e-3)
    while power >= finest:
        for step in (power, power / 2, power / 5):
            nearest = round((low + high) / 2 / step) * step
            for candidate in (nearest, nearest + step, nearest - step):
                if low < candidate <= high and step >= finest * (1 - 1e-9):
                    return _without_crumbs(candidate)
        power /= 10
    return _without_crumbs(round(high / finest) * finest)


def _without_crumbs(value: float) -> float:
    return float(f"{value:.12g}")


def class_of(values: pd.Series, breaks: Sequence[float]) -> pd.Series:
    """Number of the class of each value, 0 = lowest; null where the value is not known."""
    numbers = values.astype("Float64")
    result = sum((numbers.ge(border).astype("Int64") for border in breaks), start=numbers.mul(0).astype("Int64"))
    return result


# what all of these sums read
READ = (
    "region_code", "district_code", "lat", "lon", "currency", "budget_amount", "value_amount", "exposure_amount", "level",
    "is_flagged",
    "is_overdue", "days_late", "coverage", "delay_cause",
)  # fmt: skip


def _prepared(facilities: pd.DataFrame, settings: Settings, *, place: str = "region_code") -> pd.DataFrame:
    """The columns needed, with the unknown told apart from zero."""
    is_summed = facilities["currency"].eq(settings["country"]["currency"]).fillna(False).astype(bool)
    budget = facilities["budget_amount"].where(is_summed)
    value = facilities["value_amount"].where(is_summed)
    level = facilities["level"].fillna("not_assessable")
    exposure = facilities["exposure_amount"].where(is_summed)
    is_flagged = facilities["is_flagged"].fillna(False).astype(bool)
    is_overdue = facilities["is_overdue"]
    both = budget.notna() & exposure.notna()
    return pd.DataFrame(
        {
            place: facilities[place].fillna(UNKNOWN),
            "n_facilities": 1,
            "n_placed": (facilities["lat"].notna() & facilities["lon"].notna()).astype(int),
            "budget": budget,
            "n_budget_unknown": budget.isna().astype(int),
            "n_overdue": is_overdue.fillna(False).astype(int),
            "n_overdue_unknown": is_overdue.isna().astype(int),
            "n_flagged": is_flagged.astype(int),
            "flagged_budget": budget.where(is_flagged),
            "n_flagged_budget_unknown": (is_flagged & budget.isna()).astype(int),
            "n_not_assessable": level.eq("not_assessable").astype(int),
            "n_high": level.isin(("high", "critical")).astype(int),
            "grade": money.grades(level),
            "value": value.astype("Float64").to_numpy(float, na_value=np.nan),
            "exposure_or_nan": exposure.astype("Float64").to_numpy(float, na_value=np.nan),
            "n_emr_unknown": value.isna().astype(int),
            "exposure": exposure,
            "n_exposure_unknown": exposure.isna().astype(int),
            "exposure_of_both": exposure.where(both),
            "budget_of_both": budget.where(both),
            "days_late": facilities["days_late"].where(is_overdue.fillna(False).astype(bool)).astype("Float64"),
            "coverage": facilities["coverage"],
        },
        copy=False,  # each column is new; gathering them into blocks would copy a million rows once more
    )


_COUNTS = (
    "n_facilities", "n_placed", "n_budget_unknown", "n_overdue", "n_overdue_unknown", "n_flagged",
    "n_flagged_budget_unknown", "n_not_assessable", "n_exposure_unknown", "n_high", "n_emr_unknown",
)  # fmt: skip
_SUMS = ("budget", "flagged_budget", "exposure", "exposure_of_both", "budget_of_both")


def _summary(groups: pd.api.typing.DataFrameGroupBy, settings: Settings) -> pd.DataFrame:
    result = groups[list(_COUNTS)].sum().join(groups[list(_SUMS)].sum(min_count=1))
    # none flagged is a known zero; some flagged and none of their budgets known is not
    result["flagged_budget"] = result["flagged_budget"].mask(result["n_flagged"].eq(0), 0)
    n_known = result["n_facilities"] - result["n_overdue_unknown"]
    result["share_overdue"] = (result["n_overdue"] / n_known.where(n_known > 0)).astype("Float64")
    result["exposure_share"] = (
        result["exposure_of_both"] / result["budget_of_both"].mask(result["budget_of_both"].eq(0))
    ).astype("Float64")
    result["median_days_late"] = groups["days_late"].median().astype("Float64")
    result["coverage_mean"] = groups["coverage"].mean().astype("Float64")
    result["is_small"] = result["n_facilities"] < settings["aggregate"]["min_facilities"]
    if "money_at_risk" in settings:  # the settings of an older snapshot say nothing about it
        result = result.join(_at_risk(groups, settings))
        n_levels = result["n_facilities"] - result["n_not_assessable"]
        pull = settings["aggregate"]["shrinkage"]
        of_all = result["n_high"].sum() / max(n_levels.sum(), 1)
        result["share_high"] = ((result["n_high"] + pull * of_all) / (n_levels + pull)).where(n_levels > 0).astype("Float64")
    return result.drop(columns=["exposure_of_both", "budget_of_both"]).reset_index()


def _at_risk(groups: pd.api.typing.DataFrameGroupBy, settings: Settings) -> pd.DataFrame:
    """Expected money at risk of each group, under the same draws for all."""
    own = settings["money_at_risk"]
    lam, p = money.draws(own)
    columns = ("grade", "exposure_or_nan", "value")
    found = {
        key: money.at_risk_sum(*(rows[name].to_numpy() for name in columns), lam=lam, p=p, settings=own) for key, rows in groups
    }
    names = ["emr", "emr_low", "emr_high"]
    return pd.DataFrame.from_dict(found, orient="index", columns=names, dtype="float64").astype("Float64")


def by_cause(facilities: pd.DataFrame) -> pd.DataFrame:
    """The overdue facilities of each `region_code` by the cause that the source gives, most overdue first, "unknown" last.

    Columns: `n_overdue` and one per `schema.DELAY_CAUSES`; "unknown" also counts those whose source gives no cause.
    Regions without an overdue facility have no row.
    """
    overdue = facilities.loc[facilities["is_overdue"].fillna(False).astype(bool), ["region_code", "delay_cause"]]
    region, cause = overdue["region_code"].fillna(UNKNOWN), overdue["delay_cause"].fillna("unknown")
    counted = pd.crosstab(region, cause).reindex(columns=list(schema.DELAY_CAUSES), fill_value=0).astype(int)
    counted.insert(0, "n_overdue", counted.sum(axis=1))
    counted = counted.rename_axis("region_code").rename_axis(None, axis=1).reset_index()
    counted = counted.assign(is_unknown=counted["region_code"].eq(UNKNOWN))
    counted = counted.sort_values(["is_unknown", "n_overdue", "region_code"], ascending=[True, False, True], kind="stable")
    return counted.drop(columns="is_unknown").reset_index(drop=True)


LIKELIHOODS = ("very_rare", "rare", "possible", "often", "very_often")
IMPACTS = ("minor", "moderate", "notable", "major", "severe")
_LIKELIHOOD_OF = {"medium": "possible", "high": "often", "critical": "very_often"}


def official_view(facilities: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Counts of the 5 x 5 view of the Kazakh method: likelihood by impact, most likely first.

    Index: LIKELIHOODS and "not_assessable"; columns: IMPACTS and "unknown" (budget not known, or in another currency).
    Likelihood is the level, "low" split at official_view.rare_from points; impact is the budget by
    official_view.budget_bands, a budget equal to a border in the band above it.
    """
    own = settings["official_view"]
    level = facilities["level"].fillna("not_assessable")
    is_rare = facilities["r_lo"].fillna(0) >= own["rare_from"]
    likelihood = level.map(_LIKELIHOOD_OF).mask(level.eq("low"), is_rare.map({True: "rare", False: "very_rare"}))
    is_summed = facilities["currency"].eq(settings["country"]["currency"]).fillna(False).astype(bool)
    bands = class_of(facilities["budget_amount"].where(is_summed), own["budget_bands"])
    impact = bands.map(dict(enumerate(IMPACTS))).fillna("unknown")
    counted = pd.crosstab(likelihood.fillna("not_assessable"), impact)
    rows, columns = [*reversed(LIKELIHOODS), "not_assessable"], [*IMPACTS, "unknown"]
    return counted.reindex(index=rows, columns=columns, fill_value=0).astype(int)
