"""How sure a rank is: the same facts under many weightings that differ from ours by chance (methodology.md 2.1, 2.3).

Each weighting multiplies every weight by a lognormal factor of its own. The points are those of `riskmap.score`, family
discount included, in plain arrays: thousands of weightings of a whole country as column expressions would take hours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from riskmap import score

_CHUNK = 64  # weightings whose ranks are in memory at once
_DIGITS = 9  # engines agree on points to 1e-9; below that no order may depend on them


def severities(columns: Mapping[str, Any], ids: Sequence[str], n: int) -> np.ndarray:
    """`<id>_severity` of n facilities as an array (indicators, facilities), NaN = not known or not computed."""
    unknown = np.full(n, np.nan)
    return np.vstack([np.asarray(columns.get(f"{k}_severity", unknown), dtype=float).reshape(n) for k in ids])


def evidence(severity: np.ndarray, weights: np.ndarray, families: Sequence[str], *, discount: float) -> np.ndarray:
    """Evidence points (the sum before R = 100 (1 - exp(-sum))) of known facts, per facility.

    `severity` (indicators, facilities) without NaN, `weights` and `families` per indicator. In each family the k-th
    strongest fact counts discount^(k - 1): the formula of `riskmap.score`.
    """
    total = np.zeros(severity.shape[1])
    for family in sorted(set(families)):
        facts = [severity[i] * weights[i] for i, own in enumerate(families) if own == family]
        for end in range(len(facts) - 1, 0, -1):  # sorted by exchanging whole rows: families are small, countries are not
            for i in range(end):
                facts[i], facts[i + 1] = np.maximum(facts[i], facts[i + 1]), np.minimum(facts[i], facts[i + 1])
        for place, fact in enumerate(facts):
            total += fact * discount**place
    return total


def ranks(points: np.ndarray, *, is_shared: bool) -> np.ndarray:
    """1 = most points; facilities of equal points share the best of their places, or take them in their own order."""
    order = np.argsort(-points, kind="stable")
    places = np.arange(1, len(points) + 1, dtype=np.int32)
    if is_shared:
        sorted_points = points[order]
        is_less = np.concatenate([[True], sorted_points[1:] < sorted_points[:-1]])[: len(points)]
        places = np.maximum.accumulate(np.where(is_less, places, 0), dtype=np.int32)
    result = np.empty(len(points), dtype=np.int32)
    result[order] = places
    return result


def rank_intervals(
    severity: np.ndarray,
    r_lo: np.ndarray,
    *,
    weights: np.ndarray,
    families: Sequence[str],
    discount: float,
    settings: Mapping[str, Any],
) -> dict[str, np.ndarray]:
    """rank by `r_lo`; rank_low and rank_high, between which it lies in `interval` of the weightings; top20_share.

    `settings` is the section [uncertainty]; the same seed gives the same numbers. `top20_share` is the share of the
    weightings with a rank up to `top_n`. Facilities stand in the order of their ids, which decides between equal points in
    the published rank only: in a weighting they share the better place. The interval always holds the published rank.
    Memory: of all ranks only the tails beyond the interval are kept.
    """  # fmt: skip
    own = ranks(np.round(r_lo, _DIGITS), is_shared=False)
    n, n_draws = len(own), settings["draws"]
    fires = np.nan_to_num(severity).any(axis=1)  # what fires nowhere moves no rank
    facts, kept_families = np.nan_to_num(severity)[fires], [f for f, kept in zip(families, fires, strict=True) if kept]
    factors = np.random.default_rng(settings["seed"]).lognormal(0.0, settings["sigma"], (n_draws, len(weights)))
    n_tail = int((1 - settings["interval"]) / 2 * (n_draws - 1)) + 1
    lowest = highest = np.empty((0, n), dtype=np.int32)
    n_top = np.zeros(n)
    for start in range(0, n_draws, _CHUNK):
        drawn = np.vstack(
            [
                ranks(evidence(facts, (weights * factor)[fires], kept_families, discount=discount), is_shared=True)
                for factor in factors[start : start + _CHUNK]
            ]
        )
        n_top += (drawn <= settings["top_n"]).sum(axis=0)
        lowest = np.sort(np.vstack([lowest, drawn]), axis=0)[:n_tail]
        highest = np.sort(np.vstack([highest, drawn]), axis=0)[-n_tail:]
    return {
        "rank": own,
        "rank_low": np.minimum(lowest[-1], own),
        "rank_high": np.maximum(highest[0], own),
        "top20_share": n_top / n_draws,
    }


def ranked(facilities: pa.Table, *, settings: Mapping[str, Any]) -> pa.Table:
    """Scored facilities, sorted by facility_id, with the columns of `rank_intervals`."""
    facts = {k: s for k, s in score.catalogue(settings).items() if k != score.DISCLOSURE}
    columns = {name: facilities[name].to_numpy() for name in facilities.column_names if name.endswith("_severity")}
    found = rank_intervals(
        severities(columns, list(facts), facilities.num_rows),
        facilities["r_lo"].to_numpy(),
        weights=np.array([score.weight(s["q"]) for s in facts.values()]),
        families=[s["family"] for s in facts.values()],
        discount=settings["score"]["family_discount"],
        settings=settings["uncertainty"],
    )
    for name, values in found.items():
        facilities = facilities.append_column(name, pa.array(values))
    return facilities
