"""Validation (a): the frozen settings judged in simulated worlds, beside baselines and a ceiling (methodology 3).

What is called irregular: a facility at which a mechanism of theft works, also one that no indicator can see (quality
skimming). `points` is R_mid with X01, the order of the work queue; `points_lo` is R_lo, from which levels are published.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import expit

from riskmap import __version__, geography
from riskmap import score as scoring
from riskmap import settings as settings_file
from riskmap.indicators import INDICATORS
from riskmap.pipeline import score_tables
from riskmap.schema import LEVELS
from riskmap.validate import ceiling, lateness, stability, targets, worlds
from riskmap.validate import metrics as m
from riskmap.validate.card import versions

# Seeds of worlds. Whoever changes an indicator, a threshold or a weight may look at the development worlds as often as
# he likes. The reporting worlds are looked at once, after everything is decided, and nothing is changed because of them.
DEVELOPMENT_SEED = 1_000
REPORTING_SEED = 900_000
REPORTING_WORLDS = 50

_N_FOLDS = 4
_N_MOVED_WORLDS = 10  # worlds in which the thresholds are moved: each costs a whole scoring
_MIN_GROUP = 30  # of a group chosen; fewer say nothing about its precision
_EQUAL_WITHIN = 0.10  # methodology 3.1
_TOP_OF_MECHANISMS = 0.15  # methodology 3.4
GROUPS = ("region_kind", "place", "facility_type")
# Small tables: Polars takes a sixth of DuckDB's time for the same numbers (tests/test_engines.py compares them to 1e-9).
_ENGINE = "polars"

MEASURES = ("auc", "lift10", "auc_adaptive", "money10", "critical_precision")
METHODS = ("points", "points_lo", "random", "budget", "flag_count", "cri_mean")
BASELINES = METHODS[2:]
# plain numbers that the models of the ceiling may see beside the values and severities of the indicators
MEASURED = (
    "days_late", "paid_amount", "progress_share", "n_amendments", "n_contracts", "coverage", "budget_amount", "value_amount",
)  # fmt: skip

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
        is_moved = at - seed < _N_MOVED_WORLDS
        found.append(_world(at, n_facilities=n_facilities, settings=settings, towns=towns, engine=engine, is_moved=is_moved))
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
    # thresholds were moved in the first worlds only
    result["stability"] = {
        key: m.mean_and_p10([w["stability"][key] for w in found if key in w["stability"]]) for key in found[0]["stability"]
    }
    result["without"] = {
        k: {key: m.mean_and_p10([w["without"][k][key] for w in found]) for key in of} for k, of in found[0]["without"].items()
    }
    result["calibration"] = _calibration(found, settings)
    result["subgroups"] = _subgroups(found)
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
    result["targets"] = targets.compared(result)
    return result


# ---- one world -----------------------------------------------------------------------------------------------------
def _world(
    seed: int, *, n_facilities: int, settings: Settings, towns: pd.DataFrame, engine: str, is_moved: bool = False
) -> dict[str, Any]:  # fmt: skip
    prior = worlds.draw(seed)

    def scored_in(tables: worlds.Tables, given: Settings = settings) -> pa.Table:
        return score_tables(tables, as_of=worlds.AS_OF, settings=given, engine=engine)

    tables, truth = worlds.make(prior, seed=seed, n_facilities=n_facilities, towns=towns)
    scored = scored_in(tables)
    irregular, stolen = _truth(truth)
    scores, value = methods(scored, settings, seed=seed), values(scored)
    level = np.array(scored["level"].to_pylist())
    twin, twin_truth = worlds.make(worlds.adapted(prior), seed=seed, n_facilities=n_facilities, towns=towns)
    twin_scored, adapted_irregular = scored_in(twin), _truth(twin_truth)[0]
    adaptive = methods(twin_scored, settings, seed=seed)
    masked = scored_in(worlds.mask(tables, share=stability.MASKED_SHARE, seed=seed))
    stable = stability.stability(scored, masked, settings, seed=seed, engine=engine)
    if is_moved:
        stable |= stability.thresholds(scored, lambda given: scored_in(tables, given), settings, seed=seed)
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
        "lo": scores["points_lo"],
        "single": {i.id: m.auc(np.nan_to_num(_numbers(scored, f"{i.id}_severity")), irregular) for i in INDICATORS},
        "stability": stable, "without": stability.removals(scored, irregular, settings, engine=engine),
        "groups": truth[list(GROUPS)], "value": value, "stolen": stolen, "features": features(scored, settings),
        "twin_features": features(twin_scored, settings), "twin_truth": adapted_irregular,
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
        "budget": _size(scored),
        "flag_count": (np.nan_to_num(severity) >= settings["levels"]["evidence_severity"]).sum(axis=1).astype(float),
        "cri_mean": mean,
    }  # fmt: skip


def _size(scored: pa.Table) -> m.Numbers:
    """The budget of each facility, its contract value where that is not disclosed, 0 where neither is."""
    budget = _numbers(scored, "budget_amount")
    return np.nan_to_num(np.where(np.isnan(budget), _numbers(scored, "value_amount"), budget))


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


def features(scored: pa.Table, settings: Settings) -> dict[str, m.Numbers]:
    """What the models of the ceiling may see: `signed` severities, which of them are known, and everything that was measured."""
    ids = [k for k in scoring.catalogue(settings) if f"{k}_severity" in scored.column_names]
    severity = np.column_stack([_numbers(scored, f"{k}_severity") for k in ids])
    measured = [f"{i.id}_value" for i in INDICATORS] + [f"{i.id}_severity" for i in INDICATORS if i.axis == "delivery"]
    present = [name for name in (*measured, *MEASURED) if name in scored.column_names]
    return {
        "signed": np.nan_to_num(severity), "known": (~np.isnan(severity)).astype(float), "severity": severity,
        "measured": np.column_stack([_numbers(scored, name) for name in present]),
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
    """Of the facilities with each mechanism, the share that stands in the top 10 % and in the top 15 % of its world."""
    names = sorted({one for w in found for row in w["mechanisms"] for one in row.split(",") if one})
    top = {
        "in_top10": np.concatenate([m.chosen(w["rank"], m.tenth(len(w["rank"]))) for w in found]),
        "in_top15": np.concatenate([m.chosen(w["rank"], round(len(w["rank"]) * _TOP_OF_MECHANISMS)) for w in found]),
    }
    rows = np.concatenate([w["mechanisms"] for w in found])
    here = {name: np.array([name in row.split(",") for row in rows]) for name in names}
    return {
        name: {"n": int(here[name].sum()), **{key: round(float(of[here[name]].mean()), 4) for key, of in top.items()}}
        for name in names
    }


def _subgroups(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Precision of the top 10 % and of high and critical, per kind of region, place and type of facility, all worlds together.

    `is_equal`: every group of which enough were chosen lies within 0.10 of the precision of all. The groups differ in how many
    are irregular, too (`base_rate`); a precision says nothing about who was missed (`share_found`).
    """
    truth, level = (np.concatenate([w[name] for w in found]) for name in ("truth", "level"))
    chosen = {
        "top10": np.concatenate([m.chosen(w["rank"], m.tenth(len(w["rank"]))) for w in found]),
        "high": np.isin(level, ["high", "critical"]).astype(float),
    }
    groups = pd.concat([w["groups"] for w in found], ignore_index=True)
    result: dict[str, Any] = {}
    for rule, weight in chosen.items():
        every = float((weight * truth).sum() / weight.sum()) if weight.sum() else float("nan")
        of_rule: dict[str, Any] = {"precision": _rounded(every)}
        for by in GROUPS:
            kinds = {}
            for kind in sorted(groups[by].unique()):
                here = (groups[by] == kind).to_numpy()
                n, right = float(weight[here].sum()), float((weight * truth)[here].sum())
                is_enough = n >= _MIN_GROUP
                kinds[kind] = {
                    "n": int(here.sum()), "base_rate": _rounded(float(truth[here].mean())), "n_chosen": round(n),
                    "precision": _rounded(right / n if n else float("nan")),
                    "difference": _rounded(right / n - every) if is_enough else None,
                    "share_found": _rounded(right / truth[here].sum() if truth[here].any() else float("nan")),
                }  # fmt: skip
            gaps = [abs(of["difference"]) for of in kinds.values() if of["difference"] is not None]
            largest = max(gaps) if gaps else None
            of_rule[by] = {
                "groups": kinds, "largest_difference": largest, "is_equal": None if largest is None else largest <= _EQUAL_WITHIN
            }  # fmt: skip
        result[rule] = of_rule
    return result


def _calibration(found: list[dict[str, Any]], settings: Settings) -> dict[str, Any]:
    """Brier score and expected calibration error (ECE) per world of three readings of the score as a probability.

    `learned`: the share irregular at the facility's level in the other worlds. `settings`: the p_level of the settings, which
    expected money at risk is computed with. `points`: R / 100, which is NOT a probability and is shown to say so.
    `base_rate`: the share of the other worlds for everybody. ECE is over levels, of points over tenths.
    """
    if len(found) < _N_FOLDS:
        return {}
    given = settings["money_at_risk"]["p_level"]
    given = given | {"not_assessable": given["medium"]}  # as in riskmap.money
    fold = np.arange(len(found)) % _N_FOLDS
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in ("learned", "settings", "points", "base_rate")}
    said, seen, levels = [], [], []
    for w, out in zip(found, fold, strict=True):
        others = [o for o, f in zip(found, fold, strict=True) if f != out]
        level, truth = (np.concatenate([o[name] for o in others]) for name in ("level", "truth"))
        base = float(truth.mean())
        share = {name: float(truth[level == name].mean()) if (level == name).any() else base for name in LEVELS}
        points = w["lo"] / 100
        readings = {
            "learned": (np.array([share[name] for name in w["level"]]), w["level"]),
            "settings": (np.array([given[name] for name in w["level"]]), w["level"]),
            "points": (points, np.minimum((points * 10).astype(int), 9)),
            "base_rate": (np.full(len(points), base), np.zeros(len(points))),
        }
        for name, (chance, bins) in readings.items():
            rows[name].append({"brier": m.brier(chance, w["truth"]), "ece": m.calibration_error(chance, w["truth"], bins)})
        said.append(readings["learned"][0])
        seen.append(w["truth"])
        levels.append(w["level"])
    chance, truth, level = np.concatenate(said), np.concatenate(seen), np.concatenate(levels)
    result: dict[str, Any] = {
        name: {key: m.mean_and_p10([row[key] for row in of]) for key in ("brier", "ece")} for name, of in rows.items()
    }
    result["ece_of_all"] = _rounded(m.calibration_error(chance, truth, level))
    result["by_level"] = {
        name: {"n": int((level == name).sum()), "said": _rounded(float(chance[level == name].mean())),
               "seen": _rounded(float(truth[level == name].mean()))}
        for name in LEVELS if (level == name).any()
    }  # fmt: skip
    return result


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


def _ceiling(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Models trained on all labels of the other worlds and judged in this one; and where the points stand between the plain
    mean (0) and the better model (1)."""
    if len(found) < _N_FOLDS:
        return {}
    fold = np.arange(len(found)) % _N_FOLDS
    scores: dict[str, list[Any]] = {"logistic": [None] * len(found), "boosted": [None] * len(found)}
    adapted: list[Any] = [None] * len(found)
    for out in range(_N_FOLDS):
        others = [w for w, f in zip(found, fold, strict=True) if f != out]
        models = _trained(others)
        in_twins = ceiling.boosted_stumps(*_rows(others, "twin_features", "twin_truth", _everything))
        for at in np.flatnonzero(fold == out):
            for name, (model, pick) in models.items():
                scores[name][at] = model(pick(found[at]["features"]))
            adapted[at] = in_twins(_everything(found[at]["twin_features"]))
    report: dict[str, Any] = {}
    for name, of in scores.items():
        pairs = list(zip(of, found, strict=True))
        report[name] = {
            "auc": m.mean_and_p10([m.auc(s, w["truth"]) for s, w in pairs]),
            "lift10": m.mean_and_p10([m.lift_at(s, w["truth"], m.tenth(len(s))) for s, w in pairs]),
            "money10": m.mean_and_p10([m.capture_at(expit(s) * w["value"], w["stolen"], m.tenth(len(s))) for s, w in pairs]),
            "critical_precision": m.mean_and_p10(
                [m.precision_at(s, w["truth"], int((w["level"] == "critical").sum())) for s, w in pairs]
            ),
        }
    pairs_of_twins = zip(adapted, found, strict=True)
    report["boosted"]["auc_adaptive"] = m.mean_and_p10([m.auc(s, w["twin_truth"]) for s, w in pairs_of_twins])
    report["n_labels"] = int(sum(len(w["truth"]) for w in found) * (1 - 1 / _N_FOLDS))
    best = max(report[name]["auc"]["mean"] for name in scores)
    points, plain = (float(np.nanmean([w[name]["auc"] for w in found])) for name in ("points", "cri_mean"))
    report["distance"] = round(best - points, 4)
    report["relative_position"] = round((points - plain) / (best - plain), 4) if best > plain else None
    return report


def _trained(found: list[dict[str, Any]]) -> dict[str, tuple[ceiling.Model, Callable[[Any], m.Numbers]]]:
    def linear(features: Any) -> m.Numbers:
        return np.column_stack([features["signed"], features["known"]])

    n_signed = found[0]["features"]["signed"].shape[1]
    return {
        "logistic": (ceiling.logistic(*_rows(found, "features", "truth", linear), n_signed=n_signed), linear),
        "boosted": (ceiling.boosted_stumps(*_rows(found, "features", "truth", _everything)), _everything),
    }


def _everything(features: Any) -> m.Numbers:
    return np.column_stack([features["severity"], features["known"], features["measured"]])


def _rows(found: list[dict[str, Any]], name: str, truth: str, pick: Callable[[Any], m.Numbers]) -> tuple[m.Numbers, m.Numbers]:
    """Features and labels of all worlds, one under the other."""
    return np.concatenate([pick(w[name]) for w in found]), np.concatenate([w[truth] for w in found]).astype(float)
