"""How much of a ranking remains when something changes: hidden fields and facts, other weights, other thresholds, a rule less.

Everything is measured on R_mid with X01, the order of the work queue. The settings themselves are never changed: each trial
has its own copy.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from riskmap import score as scoring
from riskmap import uncertainty
from riskmap.engine import session
from riskmap.indicators import INDICATORS
from riskmap.validate import metrics as m

MASKED_SHARE = 0.30  # methodology 3.1
WEIGHT_NOISE = 0.3
MOVED_BY = 0.20
_N_WEIGHTINGS = 5
# keys of an indicator's section that are not thresholds: weights, assumed severities, what a fact of a kind counts
_NOT_THRESHOLDS = ("q", "default_mean")
_NOT_THRESHOLD_ENDS = ("_severity", "_factor")

Settings = Mapping[str, Any]
Scored = Callable[[Settings], pa.Table]


def stability(scored: pa.Table, masked: pa.Table, settings: Settings, *, seed: int, engine: str) -> dict[str, float]:
    """Overlap of the top tenth and Spearman under masking of fields, of facts, and under noise in the weights."""
    rng = np.random.default_rng([seed, 11])
    before = _numbers(scored, "r_mid")
    facts = severities(scored, settings)
    hidden = {
        name: column if name in ("facility_id", "facility_type")
        else pa.array(np.where(rng.random(len(column)) < MASKED_SHARE, np.nan, column.to_numpy()), from_pandas=True)
        for name, column in facts.items()
    }  # fmt: skip
    weighted = [_rescore(facts, noisy(settings, rng), engine=engine) for _ in range(_N_WEIGHTINGS)]
    after = {
        "mask_fields": [_numbers(masked, "r_mid")],
        "mask_facts": [_rescore(hidden, settings, engine=engine)],
        "weights": weighted,
    }
    result: dict[str, float] = {}
    for name, others in after.items():
        compared = [_compared(before, other) for other in others]
        result |= {f"{name}_{key}": float(np.mean([of[key] for of in compared])) for key in compared[0]}
    return result


def thresholds(scored: pa.Table, scored_with: Scored, settings: Settings, *, seed: int) -> dict[str, float]:
    """The same after every threshold of every indicator is moved by a fifth, up or down by its own coin; and the share of the
    facilities whose level stays."""
    other = scored_with(moved(settings, np.random.default_rng([seed, 16])))
    same = np.array(scored["level_raw"].to_pylist()) == np.array(other["level_raw"].to_pylist())
    compared = _compared(_numbers(scored, "r_mid"), _numbers(other, "r_mid"))
    return {f"thresholds_{key}": value for key, value in compared.items()} | {"thresholds_same_level": float(same.mean())}


def moved(settings: Settings, rng: np.random.Generator) -> Settings:
    """The settings with every threshold of the indicators x (1 + or - `MOVED_BY`), the two ends of a ramp together.

    Whole numbers stay whole and a share stays at most 1. Tables of law (by date, by type) and words are not thresholds.
    """
    result = dict(settings)
    for name in (i.name for i in INDICATORS if i.name in settings):
        section = dict(settings[name])
        for key, value in section.items():
            factor = 1 + MOVED_BY * rng.choice([-1, 1])
            if key not in _NOT_THRESHOLDS and not key.endswith(_NOT_THRESHOLD_ENDS):
                section[key] = _times(value, factor)
        result[name] = section
    return result


def _times(value: Any, factor: float) -> Any:
    if isinstance(value, list) and all(_is_number(v) for v in value):
        return [_times(v, factor) for v in value]
    if not _is_number(value):
        return value
    if isinstance(value, int):
        return round(value * factor)
    return min(1.0, value * factor) if value <= 1 else value * factor


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def removals(scored: pa.Table, truth: m.Truth, settings: Settings, *, engine: str) -> dict[str, dict[str, float]]:
    """Per indicator: what its removal does to the AUC, and how much of the top tenth stays."""
    before = order_without(scored, settings, engine=engine)
    whole = before("")
    result = {}
    for name in scoring.catalogue(settings):
        other = before(name)
        result[name] = {"auc_change": m.auc(other, truth) - m.auc(whole, truth)} | _compared(whole, other)
    return result


def order_without(scored: pa.Table, settings: Settings, *, engine: str) -> Callable[[str], m.Numbers]:
    """The R_mid of all facilities without one indicator, by the formula of the score in plain arrays; "" = without none."""
    facts = scoring.catalogue(settings)
    with session({"facts": pa.table(severities(scored, settings))}, engine=engine) as (frames, _):
        filled = scoring.with_means(frames["facts"], settings=settings).collect(backend="pyarrow").to_native()
    filled = filled.sort_by("facility_id")
    severity = {
        k: np.where(np.isnan(known), 0.0 if facts[k]["optional"] else mean, known)
        for k, known, mean in ((k, _numbers(filled, f"{k}_severity"), _numbers(filled, f"{k}_mean")) for k in facts)
    }

    def without(removed: str) -> m.Numbers:
        kept = [k for k in facts if k != removed]
        weights = np.array([scoring.weight(facts[k]["q"]) for k in kept])
        families = [facts[k]["family"] for k in kept]
        discount = settings["score"]["family_discount"]
        evidence = uncertainty.evidence(np.vstack([severity[k] for k in kept]), weights, families, discount=discount)
        return 100 * (1 - np.exp(-evidence))

    return without


def severities(scored: pa.Table, settings: Settings) -> dict[str, Any]:
    """What the score needs of a scored table: keys and severities."""
    names = [f"{k}_severity" for k in scoring.catalogue(settings)]
    return {name: scored[name] for name in ("facility_id", "facility_type", *names) if name in scored.column_names}


def noisy(settings: Settings, rng: np.random.Generator) -> Settings:
    """The settings with every weight multiplied by its own lognormal factor."""
    result = dict(settings)
    for name, section in settings.items():
        if isinstance(section, Mapping) and "q" in section:
            weight = scoring.weight(section["q"]) * np.exp(rng.normal(0, WEIGHT_NOISE))
            result[name] = {**section, "q": float(1 - np.exp(-weight))}
    return result


def _rescore(facts: Mapping[str, Any], settings: Settings, *, engine: str) -> m.Numbers:
    """R_mid of known severities under other settings, by the very expressions of the score."""
    with session({"facts": pa.table(dict(facts))}, engine=engine) as (frames, cut):
        frame = cut(scoring.with_means(frames["facts"], settings=settings))
        rescored = scoring.score(frame, settings=settings).collect(backend="pyarrow").to_native()
    return _numbers(rescored.sort_by("facility_id"), "r_mid")


def _compared(before: m.Numbers, after: m.Numbers) -> dict[str, float]:
    return {"overlap10": m.overlap(before, after, m.tenth(len(before))), "spearman": m.rank_correlation(before, after)}


def _numbers(table: pa.Table, name: str) -> m.Numbers:
    return table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
