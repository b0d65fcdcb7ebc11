"""What labels could add: models trained on the truth of other worlds, to see how far the points are from the possible.

Only a yardstick. The product publishes points; a learned model is published only under the terms of the methodology
(real outcomes, better on a later period). Plain numpy: a logistic regression whose signs are fixed, and boosted stumps.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Numbers = NDArray[np.float64]
Model = Callable[[Numbers], Numbers]

_N_BINS = 16


def logistic(features: Numbers, truth: Numbers, *, n_signed: int, ridge: float = 1.0, n_steps: int = 400) -> Model:
    """A logistic regression by projected gradient: weights of the first `n_signed` features are never below 0.

    `features`: (facility, feature) without gaps; `truth`: 0 or 1 per facility. Returns features -> score.
    """
    spread = features.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    x = features / scale
    weight, bias = np.zeros(x.shape[1]), _log_odds(truth)
    step = 4.0 / (float(np.linalg.norm(x, 2)) ** 2 / len(x) + 1.0)  # 1 / Lipschitz constant of the mean log loss
    for _ in range(n_steps):
        error = expit(x @ weight + bias) - truth
        weight = weight - step * (x.T @ error + ridge * weight) / len(x)
        weight[:n_signed] = np.maximum(weight[:n_signed], 0.0)
        bias -= step * float(error.mean())
    return lambda other: (other / scale) @ weight + bias


def boosted_stumps(features: Numbers, truth: Numbers, *, n_rounds: int = 200, rate: float = 0.1, leaf: float = 30.0) -> Model:
    """Gradient boosting of the log loss with trees of one split over `_N_BINS` quantiles; NaN is a value of its own.

    `leaf`: added to the curvature of a leaf, so that a few facilities cannot decide one.
    """
    edges = [_edges(column) for column in features.T]
    codes = _codes(features, edges)
    base = _log_odds(truth)
    score = np.full(len(truth), base)
    stumps: list[tuple[int, Numbers]] = []
    for _ in range(n_rounds):
        chance = expit(score)
        found = [_stump(code, chance - truth, chance * (1 - chance), leaf) for code in codes]
        at = min(range(len(found)), key=lambda i: found[i][0])
        stumps.append((at, rate * found[at][1]))
        score = score + stumps[-1][1][codes[at]]
    return lambda other: _sum(_codes(other, edges), stumps, base)


def _log_odds(truth: Numbers) -> float:
    return float(np.log(truth.mean() / (1 - truth.mean())))


def _edges(column: Numbers) -> Numbers:
    known = column[~np.isnan(column)]
    return np.unique(np.quantile(known, np.arange(1, _N_BINS) / _N_BINS)) if len(known) else np.empty(0)


def _codes(features: Numbers, edges: Sequence[Numbers]) -> list[NDArray[np.int64]]:
    """The bin of every value per feature; bin 0 is "not known"."""
    columns = zip(features.T, edges, strict=True)
    return [np.where(np.isnan(column), 0, 1 + np.searchsorted(e, column, side="left")) for column, e in columns]


def _stump(code: NDArray[np.int64], gradient: Numbers, curvature: Numbers, leaf: float) -> tuple[float, Numbers]:
    """The best split of one feature: (loss, value per bin). "Not known" has a leaf of its own."""
    g = np.bincount(code, gradient, minlength=_N_BINS + 1)
    h = np.bincount(code, curvature, minlength=_N_BINS + 1)
    left_g, left_h = np.cumsum(g[1:]), np.cumsum(h[1:])
    right_g, right_h = left_g[-1] - left_g, left_h[-1] - left_h
    loss = -(left_g**2 / (left_h + leaf)) - right_g**2 / (right_h + leaf) - g[0] ** 2 / (h[0] + leaf)
    at = int(np.argmin(loss))
    value = np.empty(_N_BINS + 1)
    value[0] = -g[0] / (h[0] + leaf)
    value[1 : at + 2] = -left_g[at] / (left_h[at] + leaf)
    value[at + 2 :] = -right_g[at] / (right_h[at] + leaf)
    return float(loss[at]), value


def _sum(codes: Sequence[NDArray[np.int64]], stumps: Sequence[tuple[int, Numbers]], base: float) -> Numbers:
    total = np.full(len(codes[0]), base)
    for at, value in stumps:
        total = total + value[codes[at]]
    return total
