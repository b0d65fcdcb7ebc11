"""Validation (a): the frozen settings judged in simulated worlds, beside baselines and a ceiling (methodology 3).

What is called irregular: a facility at which a mechanism of theft works, also one that no indicator can see (quality
skimming). `points` is R_mid with X01, the order of the work queue; `points_lo` is R_lo, from which levels are published.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmap import __version__, geography
from riskmap import score as scoring
from riskmap import settings as settings_file
from riskmap.engine import session
from riskmap.indicators import INDICATORS
from riskmap.pipeline import score_tables
from riskmap.schema import LEVELS
from riskmap.validate import ceiling, lateness, worlds
from riskmap.validate import metrics as m
from riskmap.validate.card import versions

# Seeds of worlds. Whoever changes an indicator, a threshold or a weight may look at the development worlds as often as
# he likes. The reporting worlds are looked at once, after everything is decided, and nothing is changed because of them.
DEVELOPMENT_SEED = 1_000
REPORTING_SEED = 900_000
REPORTING_WORLDS = 50

MASKED_SHARE = 0.30  # methodology 3.1
WEIGHT_NOISE = 0.3
_N_WEIGHTINGS = 5
_N_FOLDS = 4
# Small tables: Polars takes a sixth of DuckDB's time for the same numbers (tests/test_engines.py compares them to 1e-9).
_ENGINE = "polars"

MEASURES = ("auc", "lift10", "auc_adaptive", "money10", "critical_precision")
METHODS = ("points", "points_lo", "random", "budget", "flag_count", "cri_mean")
BASELINES = METHODS[2:]

Settings = Mapping[str, Any]
Scores = dict[str, m.Numbers]
Step = Callable[[str], None]


def validate(
    *, n_worlds: int, n_facilities: int, seed: int, settings: Settings, engine: str = _ENGINE, step: Step | None = None
) -> dict[str, Any]:
    """The report of `n_worlds` worlds with the seeds `seed`, `seed` + 1, ...: what `--json` writes.

    `step` is called once per world.
    """
    say = step or (lambda words: None)
    frozen = settings_file.digest(settings)  # before the first world is made
    towns = pd.read_csv(geography.FOLDER / settings["country"]["settlements"])
    found = []
    for at in range(seed, seed + n_worlds):
        found.append(_world(at, n_facilities=n_facilities, settings=settings, towns=towns, engine=engine))
        say(f"world {at}")
    result: dict[str, Any] = {
        "kind": "simulation",
        "seeds": "reporting" if seed >= REPORTING_SEED else "development",
        "first_seed": seed,
        "n_worlds": n_worlds,
        "n_facilities": n_facilities,
        "as_of": worlds.AS_OF.isoformat(),
        "settings_sha256": frozen,
        "code_version": __version__,
        "indicators": versions(),
    }
    methods = {name: {key: m.mean_and_p10([w[name][key] for w in found]) for key in found[0][name]} for name in METHODS}
    result |= methods["points"] | {"money10_by_emr": m.mean_and_p10([w["money10_by_emr"] for w in found])}
    result["points_lo"] = methods["points_lo"]
    result["baselines"] = {name: methods[name] for name in BASELINES}
    result["levels"] = _levels(found)
    result["critical"] = _critical(found)
    result["stability"] = {key: m.mean_and_p10([w["stability"][key] for w in found]) for key in found[0]["stability"]}
    result["by_regime"] = _by_regime(found)
    result["by_mechanism"] = _by_mechanism(found)
    result["single_rules"] = {i.id: m.mean_and_p10([w["single"][i.id] for w in found]) for i in INDICATORS}
    result["worlds"] = {
        "base_rate": m.mean_and_p10([float(w["truth"].mean()) for w in found]),
        "base_rate_range": [round(float(edge([w["truth"].mean() for w in found])), 4) for edge in (min, max)],
        "coverage": m.mean_and_p10([w["coverage"] for w in found]),
    }
    result["ceiling"] = _ceiling(found)
    result["forecast"] = lateness.judge(pd.concat([w["forecasts"] for w in found], ignore_index=True))
    return result


# ---- one world -----------------------------------------------------------------------------------------------------
def _world(seed: int, *, n_facilities: int, settings: Settings, towns: pd.DataFrame, engine: str) -> dict[str, Any]:
    prior = worlds.draw(seed)

    def scored_in(tables: worlds.Tables) -> pa.Table:
        return score_tables(tables, as_of=worlds.AS_OF, settings=settings, engine=engine)

    tables, truth = worlds.make(prior, seed=seed, n_facilities=n_facilities, towns=towns)
    scored = scored_in(tables)
    irregular, stolen = _truth(truth)
    scores, value = methods(scored, settings, seed=seed), values(scored)
    level = np.array(scored["level"].to_pylist())
    twin, twin_truth = worlds.make(worlds.adapted(prior), seed=seed, n_facilities=n_facilities, towns=towns)
    adaptive, adapted_irregular = methods(scored_in(twin), settings, seed=seed), _truth(twin_truth)[0]
    masked = scored_in(worlds.mask(tables, share=MASKED_SHARE, seed=seed))
    found = {
        name: _measures(name, scores[name], irregular, stolen, value, n_critical=int((level == "critical").sum()))
        | {"auc_adaptive": m.auc(adaptive[name], adapted_irregular)}
        for name in METHODS
    }
    # the level itself, not a rank, decides what is critical
    for name in ("points", "points_lo"):
        found[name]["critical_precision"] = _share(irregular[level == "critical"])
    said = lateness.forecasts(prior, seed=seed, n_facilities=n_facilities, settings=settings, towns=towns, engine=engine)
    return found | {
        "forecasts": said,
        "money10_by_emr": m.capture_at(np.nan_to_num(_numbers(scored, "emr_amount")), stolen, m.tenth(n_facilities)),
        "regime": prior.regime, "truth": irregular, "level": level, "coverage": float(np.mean(_numbers(scored, "coverage"))),
        "mechanisms": truth["mechanisms"].to_numpy(str), "points": found["points"], "rank": scores["points"],
        "single": {i.id: m.auc(np.nan_to_num(_numbers(scored, f"{i.id}_severity")), irregular) for i in INDICATORS},
        "stability": _stability(scored, masked, settings, seed=seed, engine=engine), "features": _features(scored, settings),
    }  # fmt: skip


def _truth(truth: pd.DataFrame) -> tuple[m.Truth, m.Numbers]:
    return (truth["mechanisms"] != "").to_numpy(), truth["stolen_amount"].to_numpy(float)


def methods(scored: pa.Table, settings: Settings, *, seed: int) -> Scores:
    """One score per facility and method; the baselines use the same disclosed facts and no weight of ours."""
    of_theft = [k for k in scoring.catalogue(settings) if k != scoring.DISCLOSURE and f"{k}_severity" in scored.column_names]
    severity = np.column_stack([_numbers(scored, f"{k}_severity") for k in of_theft])
    known = ~np.isnan(severity)
    mean = np.where(known, severity, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return {
        "points": _numbers(scored, "r_mid"), "points_lo": _numbers(scored, "r_lo"),
        "random": np.random.default_rng([seed, 10]).random(scored.num_rows),
        "budget": np.nan_to_num(_numbers(scored, "budget_amount")),
        "flag_count": (np.nan_to_num(severity) >= settings["levels"]["evidence_severity"]).sum(axis=1).astype(float),
        "cri_mean": mean,
    }  # fmt: skip


def values(scored: pa.Table) -> m.Numbers:
    """The contract value of each facility, its budget where that is not disclosed, 0 where neither is."""
    value = _numbers(scored, "value_amount")
    return np.nan_to_num(np.where(np.isnan(value), _numbers(scored, "budget_amount"), value))


def _measures(name: str, score: m.Numbers, truth: m.Truth, stolen: m.Numbers, value: m.Numbers, *, n_critical: int) -> Any:
    """The measures of one score. Money: in the order of score x value, as money at risk is; budget and random as they are."""
    k = m.tenth(len(score))
    return {
        "auc": m.auc(score, truth),
        "auc_money_gone": m.auc(score, stolen > 0),  # only where money is already missing on the day
        "average_precision": m.average_precision(score, truth),
        "precision10": m.precision_at(score, truth, k),
        "lift10": m.lift_at(score, truth, k),
        "money10": m.capture_at(score if name in ("random", "budget") else score * value, stolen, k),
        "money10_by_score": m.capture_at(score, stolen, k),
        "critical_precision": m.precision_at(score, truth, n_critical),
    }


def _stability(scored: pa.Table, masked: pa.Table, settings: Settings, *, seed: int, engine: str) -> dict[str, float]:
    """How much of the top tenth and of the order remains under masking of fields, of facts, and under noise in the weights."""
    rng = np.random.default_rng([seed, 11])
    before = _numbers(scored, "r_mid")
    k = m.tenth(len(before))
    facts = _severities(scored, settings)
    hidden = {
        name: column if name in ("facility_id", "facility_type")
        else pa.array(np.where(rng.random(len(column)) < MASKED_SHARE, np.nan, column.to_numpy()), from_pandas=True)
        for name, column in facts.items()
    }  # fmt: skip
    weighted = [_rescore(facts, _noisy(settings, rng), engine=engine) for _ in range(_N_WEIGHTINGS)]
    after = {
        "mask_fields": [_numbers(masked, "r_mid")],
        "mask_facts": [_rescore(hidden, settings, engine=engine)],
        "weights": weighted,
    }
    result = {}
    for name, others in after.items():
        result[f"{name}_overlap10"] = float(np.mean([m.overlap(before, other, k) for other in others]))
        result[f"{name}_spearman"] = float(np.mean([m.rank_correlation(before, other) for other in others]))
    return result


def _severities(scored: pa.Table, settings: Settings) -> dict[str, Any]:
    names = [f"{k}_severity" for k in scoring.catalogue(settings)]
    return {name: scored[name] for name in ("facility_id", "facility_type", *names) if name in scored.column_names}


def _rescore(facts: Mapping[str, Any], settings: Settings, *, engine: str) -> m.Numbers:
    """R_mid of known severities under other settings, by the very expressions of the score."""
    with session({"facts": pa.table(dict(facts))}, engine=engine) as (frames, cut):
        frame = cut(scoring.with_means(frames["facts"], settings=settings))
        rescored = scoring.score(frame, settings=settings).collect(backend="pyarrow").to_native()
    return _numbers(rescored.sort_by("facility_id"), "r_mid")


def _noisy(settings: Settings, rng: np.random.Generator) -> Settings:
    """The settings with every weight multiplied by its own lognormal factor."""
    noisy = dict(settings)
    for name, section in settings.items():
        if isinstance(section, Mapping) and "q" in section:
            weight = scoring.weight(section["q"]) * np.exp(rng.normal(0, WEIGHT_NOISE))
            noisy[name] = {**section, "q": float(1 - np.exp(-weight))}
    return noisy


def _features(scored: pa.Table, settings: Settings) -> dict[str, m.Numbers]:
    """What the models of the ceiling may see: `signed` severities, which of them are known, and everything that was measured."""
    ids = [k for k in scoring.catalogue(settings) if f"{k}_severity" in scored.column_names]
    severity = np.column_stack([_numbers(scored, f"{k}_severity") for k in ids])
    measured = [f"{i.id}_value" for i in INDICATORS] + [f"{i.id}_severity" for i in INDICATORS if i.axis == "delivery"]
    plain = ("days_late", "paid_amount", "progress_share", "n_amendments", "n_contracts", "coverage", "budget_amount")
    return {
        "signed": np.nan_to_num(severity), "known": (~np.isnan(severity)).astype(float),
        "measured": np.column_stack([_numbers(scored, name) for name in (*measured, *plain)]), "severity": severity,
    }  # fmt: skip


def _numbers(table: pa.Table, name: str) -> m.Numbers:
    return table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)


def _share(truth: m.Truth) -> float:
    return float(truth.mean()) if len(truth) else float("nan")


# ---- all worlds together -------------------------------------------------------------------------------------------
def _levels(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Per level: facilities of all worlds, how many irregular, and the share of both."""
    level, truth = (np.concatenate([w[name] for w in found]) for name in ("level", "truth"))
    result = {}
    for name in LEVELS:
        here = level == name
        share = round(_share(truth[here]), 4) if here.any() else None
        result[name] = {
            "n": int(here.sum()), "n_irregular": int(truth[here].sum()), "share_irregular": share,
            "share_of_all": round(float(here.mean()), 4),
        }  # fmt: skip
    return result


def _critical(found: list[dict[str, Any]]) -> dict[str, Any]:
    level, truth = (np.concatenate([w[name] for w in found]) for name in ("level", "truth"))
    among_clean, n_clean = int(((level == "critical") & ~truth).sum()), int((~truth).sum())
    n = int((level == "critical").sum())
    return {
        "n": n, "precision_of_all": round(1 - among_clean / n, 4) if n else None,
        "n_among_clean": among_clean, "n_clean": n_clean, "per_1000_clean": round(1000 * among_clean / n_clean, 3),
    }  # fmt: skip


def _by_regime(found: list[dict[str, Any]]) -> dict[str, Any]:
    """AUC where everything is disclosed, where fields are missing at random, and where what is wrong hides more."""
    result = {}
    for regime in worlds.REGIMES:
        here = [w for w in found if w["regime"] == regime]
        names = METHODS if here else ()
        result[regime] = {name: m.mean_and_p10([w[name]["auc"] for w in here]) for name in names}
    return result


def _by_mechanism(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Of the facilities with each mechanism, the share that stands in the top 10 % of its world."""
    names = sorted({one for w in found for row in w["mechanisms"] for one in row.split(",") if one})
    top = np.concatenate([m.chosen(w["rank"], m.tenth(len(w["rank"]))) for w in found])
    rows = np.concatenate([w["mechanisms"] for w in found])
    here = {name: np.array([name in row.split(",") for row in rows]) for name in names}
    return {name: {"n": int(here[name].sum()), "in_top10": round(float(top[here[name]].mean()), 4)} for name in names}


def _ceiling(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Models trained on all labels of the other worlds and judged in this one; and where the points stand between the plain
    mean (0) and the better model (1)."""
    if len(found) < _N_FOLDS:
        return {}
    fold = np.arange(len(found)) % _N_FOLDS
    result: dict[str, list[Any]] = {"logistic": [None] * len(found), "boosted": [None] * len(found)}
    for out in range(_N_FOLDS):
        models = _trained([w for w, f in zip(found, fold, strict=True) if f != out])
        for at in np.flatnonzero(fold == out):
            for name, (model, pick) in models.items():
                result[name][at] = model(pick(found[at]["features"]))
    report: dict[str, Any] = {}
    for name, scores in result.items():
        pairs = [(score, w["truth"]) for score, w in zip(scores, found, strict=True)]
        report[name] = {
            "auc": m.mean_and_p10([m.auc(s, t) for s, t in pairs]),
            "lift10": m.mean_and_p10([m.lift_at(s, t, m.tenth(len(s))) for s, t in pairs]),
        }
    report["n_labels"] = int(sum(len(w["truth"]) for w in found) * (1 - 1 / _N_FOLDS))
    best = max(report[name]["auc"]["mean"] for name in result)
    points, plain = (float(np.nanmean([w[name]["auc"] for w in found])) for name in ("points", "cri_mean"))
    report["distance"] = round(best - points, 4)
    report["relative_position"] = round((points - plain) / (best - plain), 4) if best > plain else None
    return report


def _trained(found: list[dict[str, Any]]) -> dict[str, tuple[ceiling.Model, Callable[[Any], m.Numbers]]]:
    truth = np.concatenate([w["truth"] for w in found]).astype(float)

    def linear(features: Any) -> m.Numbers:
        return np.column_stack([features["signed"], features["known"]])

    def full(features: Any) -> m.Numbers:
        return np.column_stack([features["severity"], features["known"], features["measured"]])

    def rows(pick: Callable[[Any], m.Numbers]) -> m.Numbers:
        return np.concatenate([pick(w["features"]) for w in found])

    n_signed = found[0]["features"]["signed"].shape[1]
    return {
        "logistic": (ceiling.logistic(rows(linear), truth, n_signed=n_signed), linear),
        "boosted": (ceiling.boosted_stumps(rows(full), truth), full),
    }
