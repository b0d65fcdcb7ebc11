"""What labels could add: models trained on known truth, to see how far the points are from the possible.

A yardstick in simulated worlds (`simulation`); with real outcomes the two monotone ones are compared with what is published
(`learned`). Plain numpy: a logistic regression whose signs are fixed, and boosted stumps, free or never falling. Every model
is a sum of one part per feature, so it can be explained like the points.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Numbers = NDArray[np.float64]
Model = Callable[[Numbers], Numbers]

_N_BINS = 16
_NO_SPREAD = 1e-9


class Additive(NamedTuple):
    """A score (log-odds) as a sum: `base` + one part per feature. `parts`: (facility, feature) -> the same shape."""

    base: float
    parts: Model


def logistic(features: Numbers, truth: Numbers, *, n_signed: int) -> Model:
    """A logistic regression whose weights of the first `n_signed` features are never below 0.

    `features`: (facility, feature) without gaps; `truth`: 0 or 1 per facility. Returns features -> score.
    """
    weight, bias = _weights(features, truth, n_signed=n_signed)
    return lambda other: other @ weight + bias


def signed_logistic(features: Numbers, truth: Numbers) -> Additive:
    """A logistic regression without a weight below 0: part = weight x feature."""
    weight, bias = _weights(features, truth, n_signed=features.shape[1])
    return Additive(bias, lambda other: other * weight)


def _weights(
    features: Numbers, truth: Numbers, *, n_signed: int, ridge: float = 1.0, n_steps: int = 500
) -> tuple[Numbers, float]:
    """Weights and bias by projected gradient with momentum (FISTA), on centred features of spread 1."""
    middle, spread = features.mean(axis=0), features.std(axis=0)
    scale = np.where(spread > _NO_SPREAD, spread, 1.0)
    x = (features - middle) / scale
    x[:, spread <= _NO_SPREAD] = 0.0  # what is the same everywhere explains nothing
    weight, bias = np.zeros(x.shape[1]), _log_odds(truth)
    ahead, ahead_bias, pace = weight, bias, 1.0
    step = 4.0 / (float(np.linalg.norm(x, 2)) ** 2 / len(x) + 1.0)  # 1 / Lipschitz constant of the mean log loss
    for _ in range(n_steps):
        error = expit(x @ ahead + ahead_bias) - truth
        moved = ahead - step * (x.T @ error + ridge * ahead) / len(x)
        moved[:n_signed] = np.maximum(moved[:n_signed], 0.0)
        moved_bias = ahead_bias - step * float(error.mean())
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        momentum, pace = (pace - 1) / faster, faster
        ahead, ahead_bias = moved + momentum * (moved - weight), moved_bias + momentum * (moved_bias - bias)
        weight, bias = moved, moved_bias
    return weight / scale, bias - float(middle @ (weight / scale))


def boosted_stumps(features: Numbers, truth: Numbers) -> Model:
    """Gradient boosting with trees of one split over `_N_BINS` quantiles; NaN is a value of its own."""
    edges = [_edges(column) for column in features.T]
    base, tables = _boost(_codes(features, edges), truth, n_bins=_n_bins(edges), is_monotone=False)
    return lambda other: base + _parts(tables, _codes(other, edges)).sum(axis=1)


def monotone_stumps(features: Numbers, truth: Numbers) -> Additive:
    """The same for facts of 0..1 without gaps, with splits that rise only: more of a fact never lowers the score.

    Parts are counted from "nothing of the fact" (0), so they are never below 0.
    """
    # most facilities have 0 of most facts: quantiles of the others too, or nothing is told apart among them
    edges = [np.union1d(_edges(column), _edges(column[column > 0])) for column in features.T]
    base, tables = _boost(_codes(features, edges), truth, n_bins=_n_bins(edges), is_monotone=True)
    none = [table[codes[0]] for table, codes in zip(tables, _codes(np.zeros((1, features.shape[1])), edges), strict=True)]
    return Additive(base + float(sum(none)), lambda other: _parts(tables, _codes(other, edges)) - np.array(none))


def _boost(
    codes: Sequence[NDArray[np.int64]], truth: Numbers, *, n_bins: Sequence[int], is_monotone: bool, n_rounds: int = 200,
    rate: float = 0.1, leaf: float = 30.0,
) -> tuple[float, list[Numbers]]:  # fmt: skip
    """Base and, per feature, the sum of its stumps as one value per bin.

    `leaf`: added to the curvature of a leaf, so that a few facilities cannot decide one.
    """
    base = _log_odds(truth)
    score = np.full(len(truth), base)
    tables = [np.zeros(n) for n in n_bins]
    for _ in range(n_rounds):
        chance = expit(score)
        found = [
            _stump(code, chance - truth, chance * (1 - chance), leaf, n=len(table), is_monotone=is_monotone)
            for code, table in zip(codes, tables, strict=True)
        ]
        at = min(range(len(found)), key=lambda i: found[i][0])
        tables[at] += rate * found[at][1]
        score = score + rate * found[at][1][codes[at]]
    return base, tables


def _log_odds(truth: Numbers) -> float:
    return float(np.log(truth.mean() / (1 - truth.mean())))


def _edges(column: Numbers) -> Numbers:
    known = column[~np.isnan(column)]
    return np.unique(np.quantile(known, np.arange(1, _N_BINS) / _N_BINS)) if len(known) else np.empty(0)


def _n_bins(edges: Sequence[Numbers]) -> list[int]:
    return [len(e) + 2 for e in edges]  # one below each edge, one above the last, one for "not known"


def _codes(features: Numbers, edges: Sequence[Numbers]) -> list[NDArray[np.int64]]:
    """The bin of every value per feature; bin 0 is "not known"."""
    columns = zip(features.T, edges, strict=True)
    return [np.where(np.isnan(column), 0, 1 + np.searchsorted(e, column, side="left")) for column, e in columns]


def _stump(
    code: NDArray[np.int64], gradient: Numbers, curvature: Numbers, leaf: float, *, n: int, is_monotone: bool
) -> tuple[float, Numbers]:
    """The best split of one feature: (loss, value per bin). "Not known" has a leaf of its own."""
    g = np.bincount(code, gradient, minlength=n)
    h = np.bincount(code, curvature, minlength=n)
    left_g, left_h = np.cumsum(g[1:]), np.cumsum(h[1:])
    right_g, right_h = left_g[-1] - left_g, left_h[-1] - left_h
    low, high = -left_g / (left_h + leaf), -right_g / (right_h + leaf)
    loss = left_g * low + right_g * high - g[0] ** 2 / (h[0] + leaf)
    if is_monotone:
        loss = np.where(high >= low, loss, np.inf)
        loss[-1] = 0.0  # no split, and none of the value that every bin would get: the base has it
    at = int(np.argmin(loss))
    value = np.zeros(n)
    if is_monotone and at == n - 2:
        return 0.0, value
    value[0] = -g[0] / (h[0] + leaf)
    value[1 : at + 2] = low[at]
    value[at + 2 :] = high[at]
    return float(loss[at]), value


def _parts(tables: Sequence[Numbers], codes: Sequence[NDArray[np.int64]]) -> Numbers:
    return np.column_stack([table[code] for table, code in zip(tables, codes, strict=True)])
