"""What if other weights and thresholds were used: levels, flags and ranks again, from the severities of a snapshot.

Nothing here touches the snapshot, and nothing it gives is published. Severities do not change: a threshold inside an
indicator is changed in a settings file and scored anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskmap import schema, score, uncertainty

Settings = Mapping[str, Any]

BOUNDS = ("medium", "high", "critical")
MAX_Q = 0.95  # a fact that proves everything by itself leaves nothing to the others


@dataclass(frozen=True)
class Outcome:
    """What other settings would do. Counts per level and flagged, before and after; ids that enter and leave the list.

    `spearman` of the points of all facilities (None where they do not vary), `n_top_same` of the `n_top` highest.
    """

    levels: dict[str, tuple[int, int]]
    n_flagged: tuple[int, int]
    entering: tuple[str, ...]
    leaving: tuple[str, ...]
    spearman: float | None
    n_top: int
    n_top_same: int


def changes(settings: Settings, *, q: Mapping[str, float], bounds: Mapping[str, float], minimum: str) -> dict[str, Any]:
    """The settings file of what a monitor tried: only what differs from `settings`. `q` by indicator id.

    ValueError for a q outside [0, MAX_Q], bounds outside 0..100 or not rising, or a level that cannot be flagged from.
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
    levels = {name: float(bounds[name]) for name in BOUNDS if bounds[name] != settings["levels"][name]}
    if levels:
        changed["levels"] = levels
    if minimum != settings["flagged"]["minimum_level"]:
        changed["flagged"] = {"minimum_level": minimum}
    return changed


def to_toml(changed: Mapping[str, Mapping[str, float | str]], *, comment: str) -> str:
    """The file that `riskmap score --settings` accepts; `comment` stands on its first lines."""
    lines = [f"# {line}" for line in comment.splitlines()]
    for section, values in changed.items():
        lines += ["", f"[{section}]"]
        lines += [f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value!r}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def evaluate(facilities: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """r_lo, level and is_flagged of each facility under `settings`, by the formula alone (no hysteresis)."""
    facts = {k: s for k, s in score.catalogue(settings).items() if k != score.DISCLOSURE}
    severity = uncertainty.severities(facilities, list(facts), len(facilities))
    weights, families = np.array([score.weight(s["q"]) for s in facts.values()]), [s["family"] for s in facts.values()]
    known, own = ~np.isnan(severity), np.nan_to_num(severity)
    evidence = uncertainty.evidence(own, weights, families, discount=settings["score"]["family_discount"])
    r_lo = 100.0 * (1.0 - np.exp(-evidence))
    counted = weights * [not s["optional"] for s in facts.values()]
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


def compare(facilities: pd.DataFrame, before: Settings, after: Settings) -> Outcome:
    """The facilities under the settings of the snapshot and under others."""
    was, now = evaluate(facilities, before), evaluate(facilities, after)
    n_top = min(before.get("uncertainty", {}).get("top_n", 20), len(was))
    ranks = [uncertainty.ranks(np.round(of["r_lo"].to_numpy(), 9), is_shared=False) for of in (was, now)]
    varies = was["r_lo"].nunique() > 1 and now["r_lo"].nunique() > 1
    return Outcome(
        levels={level: (int((was["level"] == level).sum()), int((now["level"] == level).sum())) for level in schema.LEVELS},
        n_flagged=(int(was["is_flagged"].sum()), int(now["is_flagged"].sum())),
        entering=tuple(now["facility_id"][now["is_flagged"] & ~was["is_flagged"]]),
        leaving=tuple(now["facility_id"][was["is_flagged"] & ~now["is_flagged"]]),
        spearman=float(was["r_lo"].rank().corr(now["r_lo"].rank())) if varies else None,
        n_top=n_top,
        n_top_same=int(((ranks[0] <= n_top) & (ranks[1] <= n_top)).sum()),
    )
