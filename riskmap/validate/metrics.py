"""Measures of a ranking against the truth. Ties count as if broken at random, in expectation: no seed, no luck.

`score`: one number per facility, higher = checked earlier; `truth`: bool per facility. A measure that is not defined
(no positive, no negative, nobody chosen) is NaN, never 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Numbers = NDArray[np.float64]
Truth = NDArray[np.bool_]


def auc(score: Numbers, truth: Truth) -> float:
    """Chance that a facility with a finding stands above one without; a tie counts one half."""
    n_yes, n_no = int(truth.sum()), int((~truth).sum())
    if not n_yes or not n_no:
        return float("nan")
    return float((rankdata(score)[truth].sum() - n_yes * (n_yes + 1) / 2) / (n_yes * n_no))


def auc_interval(score: Numbers, truth: Truth) -> tuple[float, float, float]:
    """AUC and its 95 % interval (DeLong: the variance of the share of pairs won, over facilities of either kind)."""
    yes, no = score[truth], score[~truth]
    value = auc(score, truth)
    if len(yes) < 2 or len(no) < 2:
        return value, float("nan"), float("nan")
    ranks = rankdata(score)
    won = (ranks[truth] - rankdata(yes)) / len(no)
    lost = 1 - (ranks[~truth] - rankdata(no)) / len(yes)
    half = 1.96 * float(np.sqrt(won.var(ddof=1) / len(yes) + lost.var(ddof=1) / len(no)))
    return value, max(0.0, value - half), min(1.0, value + half)


def average_precision(score: Numbers, truth: Truth) -> float:
    """Mean of the precision at each finding, going down the list; facilities with equal scores are taken together."""
    if not truth.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    found = np.cumsum(truth[order])[last_of_tie]
    precision = found / (last_of_tie + 1)
    return float((np.diff(found, prepend=0) * precision).sum() / truth.sum())


def chosen(score: Numbers, k: int) -> Numbers:
    """Chance of each facility to be among the k with the highest scores; the sum is k."""
    edge = np.sort(score)[-k]
    above, tied = score > edge, score == edge
    return above + tied * ((k - above.sum()) / tied.sum())


def tenth(n: int) -> int:
    """How many facilities are the top 10 %; at least one."""
    return max(1, round(n / 10))


def precision_at(score: Numbers, truth: Truth, k: int) -> float:
    """Share with a finding among the k highest."""
    return float((chosen(score, k) * truth).sum() / k) if k else float("nan")


def lift_at(score: Numbers, truth: Truth, k: int) -> float:
    """How many times more findings among the k highest than among k taken at random."""
    return precision_at(score, truth, k) / float(truth.mean()) if truth.any() else float("nan")


def capture_at(score: Numbers, amount: Numbers, k: int) -> float:
    """Share of all `amount` that lies in the k highest."""
    total = amount.sum()
    return float((chosen(score, k) * amount).sum() / total) if total > 0 else float("nan")


def brier(chance: Numbers, truth: Truth) -> float:
    """Mean squared distance of a probability from what was; 0 = always right and always sure."""
    return float(((chance - truth) ** 2).mean())


def calibration_error(chance: Numbers, truth: Truth, bins: NDArray[Any]) -> float:
    """ECE: the distance of the mean probability of a bin from its share of findings, weighted by the bin's size."""
    parts = [(bins == one) for one in np.unique(bins)]
    return float(sum(abs(chance[at].mean() - truth[at].mean()) * at.mean() for at in parts))


def overlap(score: Numbers, other: Numbers, k: int) -> float:
    """Share of the k highest that stays among the k highest by another score."""
    return float((chosen(score, k) * chosen(other, k)).sum() / k)


def rank_correlation(score: Numbers, other: Numbers) -> float:
    """Spearman's: the correlation of the ranks, ties at their middle."""
    first, second = rankdata(score), rankdata(other)
    if first.std() == 0 or second.std() == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def mean_and_p10(values: list[float]) -> dict[str, float | int | None]:
    """Mean and 10th percentile over worlds, and the number of worlds in which the measure is defined."""
    known = np.array([v for v in values if not np.isnan(v)])
    if not len(known):
        return {"mean": None, "p10": None, "n": 0}
    return {"mean": round(float(known.mean()), 4), "p10": round(float(np.quantile(known, 0.1)), 4), "n": len(known)}
