"""What if other weights and thresholds were used: levels, flags and ranks again, from the facts of a snapshot.

Nothing here touches the snapshot, and nothing it gives is published. Weights and bounds work on the severities of the
snapshot; a threshold inside an indicator changes severities, so its facts are judged anew, by the very pipeline that
`riskmap score` runs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmap import facts, pipeline, schema, score, thresholds, uncertainty
from riskmap import settings as settings_file
from riskmap.indicators import INDICATORS, Indicator
from riskmap.snapshot import Snapshot

Settings = Mapping[str, Any]
Tried = Mapping[str, Mapping[str, Mapping[Any, float]]]  # indicator id -> threshold -> place -> number

BOUNDS = ("medium", "high", "critical")
MAX_Q = 0.95  # a fact that proves everything by itself leaves nothing to the others


@dataclass(frozen=True)
class Rank:
    """A place, and where it lies in most other weightings."""

    rank: int
    low: int
    high: int


@dataclass(frozen=True)
class Move:
    """A facility that is among the highest before or after: its ranks and levels."""

    facility_id: str
    ranks: tuple[Rank, Rank]
    levels: tuple[str, str]


@dataclass(frozen=True)
class Outcome:
    """What other settings would do. Counts per level and flagged, before and after; ids that enter and leave the list.

    `spearman` of the points of all facilities (None where they do not vary), `n_top_same` of the `n_top` highest, `moves`
    of those that are among them before or after, in the new order; `n_levels_changed` of all facilities. `facts`: id of each
    indicator whose number of facilities with the fact differs -> that number before and after.
    """

    levels: dict[str, tuple[int, int]]
    n_flagged: tuple[int, int]
    n_levels_changed: int
    entering: tuple[str, ...]
    leaving: tuple[str, ...]
    spearman: float | None
    n_top: int
    n_top_same: int
    moves: tuple[Move, ...]
    facts: dict[str, tuple[int, int]]


def changes(
    settings: Settings, *, q: Mapping[str, float], bounds: Mapping[str, float], minimum: str, tried: Tried | None = None
) -> dict[str, Any]:
    """The settings file of what a monitor tried: only what differs from `settings`. `q` and `tried` by indicator id.

    ValueError("q") for a q outside [0, MAX_Q], "bounds" for bounds outside 0..100 or not rising, "minimum" for a level that
    cannot be flagged from, "T01.ramp_share" for a threshold that cannot be (`thresholds.changed`).
    """
    ordered = [bounds[name] for name in BOUNDS]
    if not all(0 <= value <= MAX_Q for value in q.values()):
        raise ValueError("q")
    if not (0 < ordered[0] < ordered[1] < ordered[2] <= 100):
        raise ValueError("bounds")
    if minimum not in schema.LEVELS[:-1]:
        raise ValueError("minimum")
    names = {section["id"]: name for name, section in settings.items() if isinstance(section, Mapping) and "q" in section}
    changed: dict[str, Any] = {names[k]: {"q": float(q[k])} for k in sorted(q) if q[k] != settings[names[k]]["q"]}
    for indicator in INDICATORS:
        if own := _section(indicator.id, settings, (tried or {}).get(indicator.id, {})):
            changed[indicator.name] = {**changed.get(indicator.name, {}), **own}
    levels = {name: float(bounds[name]) for name in BOUNDS if bounds[name] != settings["levels"][name]}
    if levels:
        changed["levels"] = levels
    if minimum != settings["flagged"]["minimum_level"]:
        changed["flagged"] = {"minimum_level": minimum}
    return changed


def _section(k: str, settings: Settings, tried: Mapping[str, Mapping[Any, float]]) -> dict[str, Any]:
    try:
        return thresholds.changed(next(i for i in INDICATORS if i.id == k), settings, tried) if tried else {}
    except ValueError as error:
        raise ValueError(f"{k}.{error}") from error


def to_toml(changed: Mapping[str, Mapping[str, Any]], *, comment: str) -> str:
    """The file that `riskmap score --settings` accepts; `comment` stands on its first lines."""
    lines = [f"# {line}" for line in comment.splitlines()]
    for section, values in changed.items():
        lines += ["", f"[{section}]", *(f"{name} = {_written(value)}" for name, value in values.items())]
    return "\n".join(lines) + "\n"


def _written(value: Any) -> str:
    """A value of the settings as TOML: a text, a number, a list of numbers or a dated table."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_written(part)}" for name, part in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def can_judge(settings: Settings) -> bool:
    """Are these the settings of this version? Those of an older snapshot lack numbers that its rules need."""
    default = settings_file.judging(settings_file.load())
    return all(set(own) <= set(settings.get(name, {})) for name, own in default.items() if isinstance(own, Mapping))


def has_thresholds(changed: Mapping[str, Mapping[str, Any]]) -> bool:
    """Does a trial change a threshold inside an indicator, so that its facts must be judged anew?"""
    names = {indicator.name for indicator in INDICATORS}
    return any(section in names and set(values) - {"q"} for section, values in changed.items())


def judged(tables: Mapping[str, pa.Table], snapshot: Snapshot, settings: Settings) -> pd.DataFrame:
    """The facilities of a snapshot scored under `settings`, by the formula alone: half a second for 1,200 facilities.

    `tables` are its facts (`facts.read_tables`). Only the columns that `compare` needs.
    """
    scored = pipeline.score_tables(tables, as_of=snapshot.as_of, settings=settings, engine="polars")
    names = [f"{indicator.id}_severity" for indicator in INDICATORS]
    return scored.select(["facility_id", *names, "is_overdue", "delivery"]).to_pandas(
        types_mapper={pa.bool_(): pd.BooleanDtype()}.get
    )


def trial(snapshot: Snapshot, changed: Mapping[str, Mapping[str, Any]]) -> Outcome:
    """What a snapshot would say under its settings with `changed` laid over them."""
    before = snapshot.manifest["settings"]
    after = settings_file.overlay(before, changed)
    again = judged(facts.read_tables(snapshot.folder), snapshot, after) if has_thresholds(changed) else snapshot.facilities
    return compare(snapshot.facilities, before, after, again=again)


def evaluate(facilities: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """r_lo, level and is_flagged of each facility under `settings`, by the formula alone (no hysteresis)."""
    weighted, severity, weights, families = _weighted(facilities, settings)
    known, own = ~np.isnan(severity), np.nan_to_num(severity)
    evidence = uncertainty.evidence(own, weights, families, discount=settings["score"]["family_discount"])
    r_lo = 100.0 * (1.0 - np.exp(-evidence))
    counted = weights * [not s["optional"] for s in weighted.values()]
    coverage = counted @ known / max(counted.sum(), np.finfo(float).tiny)
    levels = settings["levels"]
    strong = own >= levels["evidence_severity"]
    n_families = sum(strong[[f == family for f in families]].any(axis=0).astype(int) for family in set(families))
    above = {name: r_lo - levels[name] > score.POINT_NOISE for name in BOUNDS}
    proven = (n_families >= levels["min_families_critical"]) & (coverage >= levels["min_coverage_critical"])
    level = np.select(
        [
            above["critical"] & proven,
            above["high"],
            coverage < levels["min_coverage"],
            above["medium"],
        ],
        ["critical", "high", "not_assessable", "medium"],
        "low",
    )
    violated = facilities["is_overdue"].fillna(False).to_numpy(bool)
    if settings["deadline"]["include_completed_late"]:
        violated = violated | facilities["delivery"].eq("completed_late").fillna(False).to_numpy(bool)
    flagged = schema.LEVELS[schema.LEVELS.index(settings["flagged"]["minimum_level"]) : -1]
    return pd.DataFrame(
        {"facility_id": facilities["facility_id"].to_numpy(), "r_lo": r_lo, "level": level,
         "is_flagged": violated & np.isin(level, flagged)}
    )  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """One threshold at another number: facilities with the fact, flagged, and whose level changes. `numbers`: as in settings."""

    name: str
    factor: float
    numbers: Any
    n_facts: int
    n_flagged: int
    n_levels_changed: int


def effects(snapshot: Snapshot, indicator: Indicator, *, factors: Sequence[float]) -> list[Effect]:
    """What each threshold of an indicator decides in this snapshot: it alone times each factor, everything else as published.

    A factor that would leave the bounds of a threshold, or that changes nothing, is left out. Half a second per number for
    1,200 facilities.
    """
    settings, found = snapshot.manifest["settings"], []
    tables, was = facts.read_tables(snapshot.folder), evaluate(snapshot.facilities, snapshot.manifest["settings"])
    for name in thresholds.numbers(indicator, settings):
        for factor in factors:
            try:
                changed = thresholds.scaled(indicator, settings, name, factor)
            except ValueError:
                continue
            if changed:
                after = settings_file.overlay(settings, {indicator.name: changed})
                again = judged(tables, snapshot, after)
                now = evaluate(again, after)
                n_levels = int((was["level"] != now["level"]).sum())
                counts = (n_with(again, indicator.id), int(now["is_flagged"].sum()), n_levels)
                found.append(Effect(name, factor, changed[name], *counts))
    return found


def _weighted(facilities: pd.DataFrame, settings: Settings) -> tuple[dict[str, Any], np.ndarray, np.ndarray, list[str]]:
    """Settings of the facts that add points, their severities (facts, facilities), weights and families."""
    of = {k: s for k, s in score.catalogue(settings).items() if k != score.DISCLOSURE}
    severity = uncertainty.severities(facilities, list(of), len(facilities))
    return of, severity, np.array([score.weight(s["q"]) for s in of.values()]), [s["family"] for s in of.values()]


def _ranks(facilities: pd.DataFrame, r_lo: np.ndarray, settings: Settings) -> list[Rank]:
    _, severity, weights, families = _weighted(facilities, settings)
    own = settings.get("uncertainty") or settings_file.load()["uncertainty"]
    found = uncertainty.rank_intervals(
        severity, r_lo, weights=weights, families=families, discount=settings["score"]["family_discount"], settings=own
    )
    return [Rank(*map(int, of)) for of in zip(found["rank"], found["rank_low"], found["rank_high"], strict=True)]


def n_with(facilities: pd.DataFrame, k: str) -> int:
    """How many of the facilities have the fact of an indicator."""
    return int((facilities[f"{k}_severity"] > score.SEVERITY_NOISE).sum()) if f"{k}_severity" in facilities else 0


def compare(facilities: pd.DataFrame, before: Settings, after: Settings, *, again: pd.DataFrame | None = None) -> Outcome:
    """The facilities under the settings of the snapshot and under others.

    `again`: the same facilities in the same order as judged under `after`, where that changes what they are judged by.
    """
    anew = facilities if again is None else again
    was, now = evaluate(facilities, before), evaluate(anew, after)
    n_top = min(before.get("uncertainty", {}).get("top_n", 20), len(was))
    ranks = _ranks(facilities, was["r_lo"].to_numpy(), before), _ranks(anew, now["r_lo"].to_numpy(), after)
    varies = was["r_lo"].nunique() > 1 and now["r_lo"].nunique() > 1
    levels = list(zip(was["level"], now["level"], strict=True))
    moves = [
        Move(k, (old, new), level)
        for k, old, new, level in zip(was["facility_id"], *ranks, levels, strict=True)
        if min(old.rank, new.rank) <= n_top
    ]
    counts = {i.id: (n_with(facilities, i.id), n_with(anew, i.id)) for i in INDICATORS}
    return Outcome(
        levels={level: (int((was["level"] == level).sum()), int((now["level"] == level).sum())) for level in schema.LEVELS},
        n_flagged=(int(was["is_flagged"].sum()), int(now["is_flagged"].sum())),
        n_levels_changed=sum(old != new for old, new in levels),
        entering=tuple(now["facility_id"][now["is_flagged"] & ~was["is_flagged"]]),
        leaving=tuple(now["facility_id"][was["is_flagged"] & ~now["is_flagged"]]),
        spearman=float(was["r_lo"].rank().corr(now["r_lo"].rank())) if varies else None,
        n_top=n_top,
        n_top_same=sum(max(move.ranks[0].rank, move.ranks[1].rank) <= n_top for move in moves),
        moves=tuple(sorted(moves, key=lambda move: move.ranks[1].rank)),
        facts={k: n for k, n in counts.items() if n[0] != n[1]},
    )
