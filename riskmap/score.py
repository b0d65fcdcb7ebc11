"""The score: severities -> evidence points, R with its bounds, coverage, level. Written once, as column expressions.

methodology.md 2.2: h = -ln(1 - q) x severity; within a family the k-th strongest fact counts 1/2^(k-1);
R = 100 x (1 - exp(-sum)). R_lo knows only what is known; R_mid fills what is missing with a mean severity and adds
X01; R_hi fills it with 1.
"""

from collections.abc import Mapping, Sequence
from math import log
from typing import Any

import narwhals as nw
import pyarrow as pa

from riskmap import settings as settings_file
from riskmap.engine import Frame, session

DISCLOSURE = "X01"
POINT_NOISE = 1e-9  # of a point
SEVERITY_NOISE = 1e-9  # 0.55 - 0.50 is a little more than 0.05 in binary: exactly at a threshold is not above it


def catalogue(settings: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Indicator id -> its settings section, for every indicator with a weight, in the order of the ids."""
    weighted = [s for s in settings.values() if isinstance(s, Mapping) and "q" in s]
    return {s["id"]: s for s in sorted(weighted, key=lambda s: s["id"])}


def weight(q: float) -> float:
    """Evidence points of a fact at full severity: -ln(1 - q)."""
    return -log(1.0 - q)


def score(frame: Frame, *, settings: Mapping[str, Any]) -> Frame:
    """Adds r_lo, r_mid, r_hi (0..100), coverage (0..1), n_families, level and `<id>_points` (they add up to r_lo).

    The frame has `<id>_severity` and `<id>_mean` (what R_mid assumes) for every indicator of `catalogue`.
    """
    facts = catalogue(settings)
    known = {k: nw.col(f"{k}_severity") for k in facts}
    missing_in = {k: 0.0 if s["optional"] else 1.0 for k, s in facts.items()}
    fills = {
        "lo": {k: nw.lit(0.0) for k in facts if k != DISCLOSURE},
        "mid": {k: nw.col(f"{k}_mean") * missing_in[k] for k in facts},
        "hi": {k: nw.lit(missing_in[k]) for k in facts if k != DISCLOSURE},
    }
    frame = frame.with_columns(
        **{
            f"h_{bound}_{k}": nw.coalesce(known[k], fill) * weight(facts[k]["q"])
            for bound, of in fills.items()
            for k, fill in of.items()
        }
    )
    frame = frame.with_columns(
        **{f"c_{bound}_{k}": _discounted(k, bound, list(of), facts, settings) for bound, of in fills.items() for k in of}
    )
    frame = frame.with_columns(**{f"sum_{bound}": _sum([nw.col(f"c_{bound}_{k}") for k in of]) for bound, of in fills.items()})
    frame = frame.with_columns(
        **{f"r_{bound}": (1.0 - (nw.col(f"sum_{bound}") * -1.0).exp()) * 100.0 for bound in fills},
        coverage=_coverage(facts),
        n_families=_families(facts, settings["levels"]["evidence_severity"]),
    )
    points = {f"{k}_points": nw.when(~known[k].is_null()).then(_part(k)) for k in fills["lo"]}
    frame = frame.with_columns(level=_level(settings["levels"]), **points)
    scratch = [f"{x}_{bound}_{k}" for x in "hc" for bound, of in fills.items() for k in of] + [f"sum_{bound}" for bound in fills]
    return frame.drop(*scratch)


def _discounted(k: str, bound: str, ids: list[str], facts: Mapping[str, Any], settings: Mapping[str, Any]) -> nw.Expr:
    """Points of k times 1/2 for every stronger fact of its family; of equal facts the one with the larger id is stronger."""
    own = nw.col(f"h_{bound}_{k}")
    result = own
    for other in ids:
        if other == k or facts[other]["family"] != facts[k]["family"]:
            continue
        rival = nw.col(f"h_{bound}_{other}")
        stronger = rival >= own if other > k else rival > own
        result = result * nw.when(stronger).then(nw.lit(settings["score"]["family_discount"])).otherwise(nw.lit(1.0))
    return result


def _part(k: str) -> nw.Expr:
    """The contribution of k to R_lo: R x c / sum of c."""
    share = nw.when(nw.col("sum_lo") > 0).then(nw.col(f"c_lo_{k}") / nw.col("sum_lo")).otherwise(nw.lit(0.0))
    return share * nw.col("r_lo")


def _coverage(facts: Mapping[str, Any]) -> nw.Expr:
    """Weight of the known facts among all that are not optional."""
    counted = {k: weight(s["q"]) for k, s in facts.items() if not s["optional"] and k != DISCLOSURE}
    known = [nw.when(~nw.col(f"{k}_severity").is_null()).then(nw.lit(w)).otherwise(nw.lit(0.0)) for k, w in counted.items()]
    return _sum(known) / sum(counted.values())


def _families(facts: Mapping[str, Any], evidence: float) -> nw.Expr:
    """Number of families with at least one fact of evidence strength."""
    families: dict[str, list[nw.Expr]] = {}
    for k, s in facts.items():
        if k != DISCLOSURE:
            families.setdefault(s["family"], []).append(nw.col(f"{k}_severity").fill_null(0.0))
    present = [nw.when(nw.max_horizontal(*of) >= evidence).then(nw.lit(1)).otherwise(nw.lit(0)) for of in families.values()]
    return _sum(present).cast(nw.Int64)


def _level(levels: Mapping[str, Any]) -> nw.Expr:
    """methodology.md 2.3: from R_lo, with gates. Little known evidence is "not assessable", never "low".

    A level begins above its bound: one fact with q = 0.20 gives R = 20 on paper and 19.999999999999996 in binary, and
    no engine may decide by its last digit.
    """
    coverage = nw.col("coverage")
    above = {name: nw.col("r_lo") - levels[name] > POINT_NOISE for name in ("medium", "high", "critical")}
    proven = (nw.col("n_families") >= levels["min_families_critical"]) & (coverage >= levels["min_coverage_critical"])
    assessable = coverage >= levels["min_coverage"]
    lower = nw.when(assessable & above["medium"]).then(nw.lit("medium")).otherwise(
        nw.when(assessable).then(nw.lit("low")).otherwise(nw.lit("not_assessable"))
    )  # fmt: skip
    upper = nw.when(above["critical"] & proven).then(nw.lit("critical")).otherwise(nw.lit("high"))
    return nw.when(above["high"]).then(upper).otherwise(lower)


def _sum(parts: list[nw.Expr]) -> nw.Expr:
    """A plain chain of additions: the same order, and so the same last digit, on every engine."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def with_means(frame: Frame, *, settings: Mapping[str, Any]) -> Frame:
    """Adds `<id>_mean`: the mean severity of the facility type where enough are known, else the default of the settings.

    Indicators that have no `<id>_severity` yet are added as not known.
    """
    facts = catalogue(settings)
    present = set(frame.collect_schema().names())
    absent = {f"{k}_severity": nw.lit(None, dtype=nw.Float64) for k in facts if f"{k}_severity" not in present}
    frame = frame.with_columns(**absent) if absent else frame
    known = {k: nw.when(~nw.col(f"{k}_severity").is_null()).then(nw.lit(1)).otherwise(nw.lit(0)) for k in facts}
    rows = frame.filter(~nw.col("facility_type").is_null()).select(
        "facility_type", *(nw.col(f"{k}_severity").alias(f"{k}_s") for k in facts), **{f"{k}_n": n for k, n in known.items()}
    )
    means = rows.group_by("facility_type").agg(
        *(nw.col(f"{k}_s").mean() for k in facts), *(nw.col(f"{k}_n").sum() for k in facts)
    )
    enough = settings["score"]["mean_min_n"]
    frame = frame.join(means, on="facility_type", how="left").with_columns(
        **{f"{k}_mean": _mean(k, enough, s["default_mean"]) for k, s in facts.items()}
    )
    return frame.drop(*(f"{k}_{x}" for k in facts for x in "sn"))


def _mean(k: str, enough: int, default: float) -> nw.Expr:
    return nw.when((nw.col(f"{k}_n") >= enough).fill_null(False)).then(nw.col(f"{k}_s")).otherwise(nw.lit(default))


def score_case(severity: Mapping[str, float | None], settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The score of one case from its known severities {indicator id: 0..1}; an absent or None id is not known.

    Returns R_lo, R_mid, R_hi, coverage, level ("not assessable" in words) and contributions {id: points of R_lo},
    the positive ones. ValueError for an unknown id or a severity outside 0..1.
    """
    return score_cases([severity], settings)[0]


def score_cases(
    severities: Sequence[Mapping[str, float | None]], settings: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """`score_case` for many cases at once: the very expressions of `score` on a frame with one row per case."""
    settings = settings or settings_file.load()
    facts = catalogue(settings)
    for severity in severities:
        for k, x in severity.items():
            if k not in facts or (x is not None and not 0 <= x <= 1):
                raise ValueError(f"{k}: {x} is not a severity in 0..1 of a known indicator")
    columns = {f"{k}_severity": pa.array([s.get(k) for s in severities], pa.float64()) for k in facts}
    means = {f"{k}_mean": pa.array([s["default_mean"]] * len(severities), pa.float64()) for k, s in facts.items()}
    with session({"cases": pa.table(columns | means)}) as (tables, _):
        rows = score(tables["cases"], settings=settings).collect(backend="pyarrow").to_native().to_pylist()
    return [_words(row, list(facts)) for row in rows]


def _words(row: Mapping[str, Any], ids: list[str]) -> dict[str, Any]:
    return {
        "R_lo": row["r_lo"], "R_mid": row["r_mid"], "R_hi": row["r_hi"], "coverage": row["coverage"],
        "level": row["level"].replace("_", " "),
        "contributions": {k: row[f"{k}_points"] for k in ids if row.get(f"{k}_points")},
    }  # fmt: skip
