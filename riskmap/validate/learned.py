"""What learning from real outcomes would add, in a form that could be published: monotone and additive.

Two models on facts of 0..1 that all point the same way (more = worse): a logistic whose weights are never below 0, and
boosted stumps that never fall. What is not known counts 0, as in R_lo, so silence never raises a score. Both are sums of one
part per fact, so the parts of a facility add up to its score exactly. Nothing here changes a published figure: a model may be
published only if it beats the published order by `BETTER_BY` AUC on a LATER period (methodology 2.6).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from riskmap.validate import ceiling
from riskmap.validate import metrics as m

MIN_TO_LEARN = 400  # methodology 2.6
MIN_OF_A_KIND = 20  # findings, and others, in each part of a split
BETTER_BY = 0.03
LATER = ("later_period", "earlier_snapshot")  # splits in time: what is judged came after what was learned from
_N_FOLDS = 5
_N_RESAMPLES = 300
MODELS = {"logistic": ceiling.signed_logistic, "boosted": ceiling.monotone_stumps}


class Known(NamedTuple):
    """Facilities with a known outcome. `facts`: name -> 0..1 per facility, NaN = not known. `day`: of the outcome, as ordinal.
    `everything`: name -> any number per facility, for the ceiling: a model free to use all of it in any direction."""

    ids: Sequence[str]
    facts: Mapping[str, m.Numbers]
    everything: Mapping[str, m.Numbers]
    truth: m.Truth
    day: m.Numbers
    group: Sequence[str]


def compare(
    now: Known, *, published: Mapping[str, m.Numbers], rival: str, seed: int, earlier: Known | None = None
) -> dict[str, Any]:  # fmt: skip
    """The models trained on one part of the outcomes and judged on another, beside the published orders there.

    `rival`: which of `published` a model has to beat. `earlier`: outcomes of an earlier snapshot, on which the models are trained
    then. Without it the earlier half of the outcomes trains and the later half judges, where their dates allow it; else every
    fifth of the regions is judged by a model of the others, and nothing may be published.
    """
    names, truth, ids = list(now.facts), now.truth, list(now.ids)
    features, everything = (_columns(of, list(of)) for of in (now.facts, now.everything))
    parts = _later(truth, now.day) or _others(truth, now.group, seed)
    n_before = 0
    if earlier:
        n_before = len(earlier.truth)
        truth, ids = np.concatenate([earlier.truth, truth]), [*earlier.ids, *ids]
        features = np.concatenate([_columns(earlier.facts, names), features])
        everything = np.concatenate([_columns(earlier.everything, list(now.everything)), everything])
        is_earlier = np.arange(len(truth)) < n_before
        is_enough = _enough(truth[is_earlier]) and _enough(truth[~is_earlier])
        parts = ({"split": "earlier_snapshot"}, [(is_earlier, ~is_earlier)]) if is_enough else None
    features = np.nan_to_num(features)
    if len(truth) < MIN_TO_LEARN or not parts:
        return {"is_possible": False, "n": len(truth), "needed": MIN_TO_LEARN, "needed_of_a_kind": MIN_OF_A_KIND}
    split, folds = parts
    judged = np.flatnonzero(np.any([test for _, test in folds], axis=0))
    found: dict[str, m.Numbers] = {}
    examples: dict[str, Any] = {}
    for kind, fit in MODELS.items():
        score = np.full(len(truth), np.nan)
        for train, test in folds:
            model = fit(features[train], truth[train].astype(float))
            score[test] = model.base + model.parts(features[test]).sum(axis=1)
        found[kind] = score[judged]
        examples[kind] = _example(model, features, names, np.flatnonzero(test), ids)
    free = np.full(len(truth), np.nan)
    for train, test in folds:
        free[test] = ceiling.boosted_stumps(everything[train], truth[train].astype(float))(everything[test])
    seen = truth[judged]
    draws = np.random.default_rng([seed, 14]).integers(0, len(judged), (_N_RESAMPLES, len(judged)))
    beside = {name: score[judged - n_before] for name, score in published.items()}
    best = m.auc(free[judged], seen)
    models = {kind: _judged(score, beside[rival], seen, draws) | {"example": examples[kind]} for kind, score in found.items()}
    is_later = split["split"] in LATER
    return {
        "is_possible": True, **split, "n_train": int(np.mean([train.sum() for train, _ in folds])), "n_test": len(judged),
        "rival": rival, "published": {name: round(m.auc(score, seen), 4) for name, score in beside.items()}, "models": models,
        "ceiling": {"auc": round(best, 4), "distance": round(best - m.auc(beside[rival], seen), 4)},
        "is_publishable": is_later and any(of["is_better"] for of in models.values()), "needed_gain": BETTER_BY,
    }  # fmt: skip


def _columns(values: Mapping[str, m.Numbers], names: Sequence[str]) -> m.Numbers:
    """One column per name; NaN throughout where an older snapshot does not have it."""
    n = len(next(iter(values.values())))
    return np.column_stack([values.get(name, np.full(n, np.nan)) for name in names])


def _later(truth: m.Truth, day: m.Numbers) -> tuple[dict[str, Any], list[tuple[m.Truth, m.Truth]]] | None:
    """Split by date at the middle, if both halves have enough of both kinds; else None."""
    middle = float(np.median(day))
    early, late = day <= middle, day > middle
    if not _enough(truth[early]) or not _enough(truth[late]):
        return None
    return {"split": "later_period", "split_after": date.fromordinal(int(middle)).isoformat()}, [(early, late)]


def _others(
    truth: m.Truth, group: Sequence[str], seed: int
) -> tuple[dict[str, Any], list[tuple[m.Truth, m.Truth]]] | None:  # fmt: skip
    """Fifths of the regions, each judged by a model of the other four; fifths of the facilities where there are few regions."""
    name, number, size = np.unique(np.asarray(group, dtype=str), return_inverse=True, return_counts=True)
    is_grouped = len(name) >= _N_FOLDS
    fold = np.empty(len(name), dtype=int)
    if is_grouped:  # the largest first, each to the fold that is the smallest so far
        sizes = np.zeros(_N_FOLDS)
        for at in np.argsort(-size, kind="stable"):
            fold[at] = int(np.argmin(sizes))
            sizes[fold[at]] += size[at]
    of = fold[number] if is_grouped else np.random.default_rng([seed, 15]).permutation(len(truth)) % _N_FOLDS
    folds = [(of != k, of == k) for k in range(_N_FOLDS)]
    if not all(_enough(truth[train]) for train, _ in folds):
        return None
    return {"split": "other_regions" if is_grouped else "other_facilities", "n_groups": len(name)}, folds


def _enough(truth: m.Truth) -> bool:
    return bool(min(truth.sum(), (~truth).sum()) >= MIN_OF_A_KIND)


def _judged(score: m.Numbers, rival: m.Numbers, truth: m.Truth, draws: np.ndarray) -> dict[str, Any]:
    """AUC with its interval, and what it gains over the rival on the same facilities (95 % interval, paired)."""
    value, low, high = m.auc_interval(score, truth)
    gain = value - m.auc(rival, truth)
    drawn = [m.auc(score[at], truth[at]) - m.auc(rival[at], truth[at]) for at in draws]
    gain_low, gain_high = np.nanquantile(drawn, [0.025, 0.975])
    rounded = {"auc": value, "low": low, "high": high, "gain": gain, "gain_low": gain_low, "gain_high": gain_high}
    return {name: round(float(x), 4) for name, x in rounded.items()} | {"is_better": bool(gain >= BETTER_BY)}


def _example(
    model: ceiling.Additive, features: m.Numbers, names: Sequence[str], judged: np.ndarray, ids: Sequence[str]
) -> dict[str, Any]:
    """The facility with the highest score among those judged: its parts, which add up to the score, and the chance it means."""
    parts = model.parts(features[judged])
    at = int(np.argmax(parts.sum(axis=1)))
    score = model.base + float(parts[at].sum())
    named = {name: round(float(part), 6) for name, part in zip(names, parts[at], strict=True) if part > 0}
    return {
        "facility_id": ids[judged[at]], "base": round(model.base, 6), "score": round(score, 6),
        "chance": round(float(expit(score)), 4),
        "parts": dict(sorted(named.items(), key=lambda item: -item[1])),
    }  # fmt: skip
