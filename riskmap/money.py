"""Money: the documented exposure, which arithmetic alone shows, and the expected money at risk, which is an estimate.

An official can verify the first without believing any model; the second is never shown without its interval.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from riskmap.engine import Frame


def exposure(frame: Frame) -> Frame:
    """Adds the parts of the documented exposure and their sum, in whole currency units (methodology.md 2.4).

    E1 paid ahead of works, E2 paid above the contracts, E3 price above the upper quartile of peers, E4 growth beyond
    the tolerance; E_doc = min(max(paid, value), max(E1, E2) + max(E3, E4)). A part whose facts are not known is null;
    the sum counts it as nothing and is null only if all four are.
    """
    value, paid = nw.col("value_sum_amount").cast(nw.Float64), nw.col("paid_amount").cast(nw.Float64)
    peers_price = nw.col("capacity") * nw.col("peer_high").exp() * nw.col("price_level")
    parts = {
        "exposure_paid_ahead_amount": nw.when(~nw.col("T01_severity").is_null()).then(
            nw.col("paid_gap_share").clip(lower_bound=0.0) * value
        ),
        "exposure_overpaid_amount": (paid - value).clip(lower_bound=0.0),
        "exposure_price_amount": nw.when(~nw.col("T07_severity").is_null()).then(
            (nw.col("value_amount").cast(nw.Float64) - peers_price).clip(lower_bound=0.0)
        ),
        "exposure_growth_amount": nw.when(nw.col("n_growth_known") > 0).then(nw.col("growth_excess")),
    }
    frame = frame.with_columns(**{name: whole_units(part) for name, part in parts.items()})
    e1, e2, e3, e4 = (nw.col(name) for name in parts)
    known = nw.coalesce(e1, e2, e3, e4)
    added = nw.max_horizontal(e1.fill_null(0), e2.fill_null(0)) + nw.max_horizontal(e3.fill_null(0), e4.fill_null(0))
    most = nw.max_horizontal(nw.col("paid_amount").fill_null(0), nw.coalesce("value_sum_amount", "value_amount").fill_null(0))
    return frame.with_columns(exposure_amount=nw.when(~known.is_null()).then(nw.min_horizontal(added, most)))


def whole_units(amount: nw.Expr) -> nw.Expr:
    """Rounded to whole currency units, half up: the engines differ in how they round a half."""
    return (amount + 0.5).floor().cast(nw.Int64)


# ---- expected money at risk: an estimate, always shown with its interval ---------------------------------------------
_GRADED = ("low", "medium", "high", "critical")
_ASSUMED = {"not_assessable": "medium"}  # too little is known to say less
_CHUNK = 1024  # different facilities whose draws are in memory at once
# a range with a most plausible value is drawn as in PERT: a beta distribution over it with shapes that add up to 6
_PERT_SHAPES = 6.0


def draws(settings: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """What is common to all facilities, drawn once per draw: loss share (draws,), probability per level (draws, 4).

    `settings` is the section [money_at_risk]. Probabilities have n0 pseudo-cases of experience behind them, move with
    the base rate (its odds multiply theirs) and keep the order of the levels in every draw.
    """
    random, n = np.random.default_rng(settings["seed"]), settings["draws"]
    share = settings["loss_share"]
    width = share["high"] - share["low"]
    shape = _PERT_SHAPES * (share["mean"] - share["low"]) / width
    lam = share["low"] + width * random.beta(shape, _PERT_SHAPES - shape, n)
    prior = np.array([settings["p_level"][level] for level in _GRADED])
    p = np.sort(random.beta(prior * settings["n0"], (1 - prior) * settings["n0"], (n, len(_GRADED))), axis=1)
    base = random.choice(settings["base_rates"], n)
    odds = (base / (1 - base)) / (settings["base_rate"] / (1 - settings["base_rate"]))
    return lam, p * odds[:, None] / (1 - p + p * odds[:, None])


def grades(levels: Iterable[Any]) -> np.ndarray:
    """Number of the probability of each level; one that is not assessable, or not there, takes that of medium."""
    numbers, names = pd.factorize(levels if isinstance(levels, pd.Series) else pd.Series(list(levels), dtype=object))
    graded = [_GRADED.index(_ASSUMED.get(name, name)) for name in (*names, "not_assessable")]  # the last: not there
    return np.array(graded, dtype=int)[numbers]


def at_risk(facilities: pa.Table, *, settings: Mapping[str, Any]) -> pa.Table:
    """Adds emr_amount = p_level x max(documented exposure, loss share x value), and its interval (methodology.md 2.4).

    Null where the value of the contracts is not known. Needs level, exposure_amount and value_sum_amount.
    """
    own = settings["money_at_risk"]
    value = facilities["value_sum_amount"].cast(pa.float64()).to_numpy()
    exposure = np.nan_to_num(facilities["exposure_amount"].cast(pa.float64()).to_numpy())
    grade = grades(facilities["level"].to_pylist())
    estimate = np.array([own["p_level"][level] for level in _GRADED])[grade] * np.maximum(
        exposure, own["loss_share"]["mean"] * value
    )
    low, high = _interval(grade, exposure, value, settings=own)
    amounts = {"emr_amount": estimate, "emr_low_amount": np.minimum(low, estimate), "emr_high_amount": np.maximum(high, estimate)}
    for name, amount in amounts.items():
        whole = pa.array(np.floor(amount + 0.5), pa.float64(), from_pandas=True).cast(pa.int64())
        facilities = facilities.append_column(name, whole)
    return facilities


def _interval(
    grade: np.ndarray, exposure: np.ndarray, value: np.ndarray, *, settings: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of each facility. Facilities of one level and one E / V have the same one per tenge: drawn once.

    Beyond the range of the loss share the ratio does not matter: below it max(E, lam V) is lam V, above it E.
    """
    lam, p = draws(settings)
    share = settings["loss_share"]
    scale = np.maximum(value, exposure / share["high"])
    ratio = np.divide(exposure, scale, out=np.zeros(len(scale)), where=scale > 0).clip(share["low"], share["high"])
    tails = np.full((2, len(value)), np.nan)
    for number in range(len(_GRADED)):
        of = grade == number
        unlike, which = np.unique(ratio[of], return_inverse=True)
        found = np.empty((2, len(unlike)))
        for start in range(0, len(unlike), _CHUNK):
            part = slice(start, start + _CHUNK)
            found[:, part] = np.quantile(p[:, number, None] * np.maximum(unlike[part], lam[:, None]), _tails(settings), axis=0)
        tails[:, of] = found[:, which] * scale[of]
    return tails[0], tails[1]


def at_risk_sum(
    grade: np.ndarray, exposure: np.ndarray, value: np.ndarray, *, lam: np.ndarray, p: np.ndarray, settings: Mapping[str, Any]
) -> tuple[float, float, float]:
    """The expected money at risk of several facilities together: estimate and interval.

    Every draw adds up the facilities under one loss share and one set of probabilities, so this is not a sum of
    quantiles. NaN values are left out, NaN exposures count as nothing; NaN if no value is known. For one level the sum
    of max(E, lam V) is read off sorted E / V: its time does not grow with draws times facilities.
    """
    known = ~np.isnan(value)
    if not known.any():
        return (math.nan, math.nan, math.nan)
    grade, value, exposure = grade[known], value[known], np.nan_to_num(exposure[known])
    estimate, drawn = 0.0, np.zeros(len(lam))
    for number, level in enumerate(_GRADED):
        of = grade == number
        if not of.any():
            continue
        turn = np.divide(exposure[of], value[of], out=np.full(of.sum(), np.inf), where=value[of] > 0)
        order = np.argsort(turn, kind="stable")
        values_below = np.concatenate([[0.0], np.cumsum(value[of][order])])
        exposures_above = np.concatenate([np.cumsum(exposure[of][order][::-1])[::-1], [0.0]])
        place = np.searchsorted(turn[order], lam)
        drawn += p[:, number] * (lam * values_below[place] + exposures_above[place])
        loss = settings["loss_share"]["mean"] * value[of]
        estimate += settings["p_level"][level] * float(np.maximum(exposure[of], loss).sum())
    low, high = np.quantile(drawn, _tails(settings))
    return (estimate, min(low, estimate), max(high, estimate))


def _tails(settings: Mapping[str, Any]) -> tuple[float, float]:
    return (1 - settings["interval"]) / 2, (1 + settings["interval"]) / 2
