"""The targets of methodology 3.5 (and the two of 3.1 that have a number), each beside what was reached: met or not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """`good` and `best`: (lowest, highest) that count as met, None = open. `value` finds the figure in a report, `ceiling` what a
    model trained on all labels reaches. A `value` of None: `validate` does not measure it in simulated worlds."""

    key: str
    good: tuple[float | None, float | None] | None
    best: tuple[float | None, float | None]
    value: Callable[[Report], float | None] | None
    ceiling: Callable[[Report], float | None] = lambda report: None


def _mean(*path: str) -> Callable[[Report], float | None]:
    """The figure at a path of keys; None where an older report does not have it."""

    def find(report: Report) -> float | None:
        here: Any = report
        for name in path:
            here = here.get(name) if isinstance(here, Mapping) else None
        return here["mean"] if isinstance(here, Mapping) else here

    return find


def _best(key: str) -> Callable[[Report], float | None]:
    """What the better model of the ceiling reaches."""

    def find(report: Report) -> float | None:
        found = [_mean("ceiling", name, key, "mean")(report) for name in ("logistic", "boosted")]
        return max((value for value in found if value is not None), default=None)

    return find


def _largest_difference(report: Report) -> float | None:
    rules = report.get("subgroups", {}).values()
    found = [of[by]["largest_difference"] for of in rules for by in of if by != "precision"]
    return max((value for value in found if value is not None), default=None)


TARGETS = (
    Target("auc", (0.76, None), (0.80, None), _mean("auc"), _best("auc")),
    Target("lift10", (3.4, None), (4.2, None), _mean("lift10"), _best("lift10")),
    Target("auc_adaptive", (0.73, None), (0.77, None), _mean("auc_adaptive"), _best("auc_adaptive")),
    Target("relative_position", (0.60, None), (0.90, None), _mean("ceiling", "relative_position")),
    Target("mask_overlap", (0.75, None), (0.85, None), _mean("stability", "mask_fields_overlap10")),
    Target("weights_overlap", (0.82, None), (0.90, None), _mean("stability", "weights_overlap10")),
    Target("critical_precision", (0.60, None), (0.75, None), _mean("critical_precision"), _best("critical_precision")),
    Target("critical_per_1000", None, (None, 0.0), _mean("critical", "per_1000_clean")),
    Target("money10", (0.49, None), (0.60, None), _mean("money10"), _best("money10")),
    Target("lateness_auc", (0.90, None), (0.93, None), _mean("forecast", "0.50", "auc")),
    Target("lateness_p80", (0.78, 0.84), (0.79, 0.81), _mean("forecast", "0.50", "p80_coverage")),
    Target("ece", None, (None, 0.05), _mean("calibration", "learned", "ece")),
    Target("subgroups", None, (None, 0.10), _largest_difference),
    Target("replay", (5.0, None), (7.0, None), None),
    Target("real_labels", (0.70, None), (0.80, None), None),
)


def compared(report: Report) -> list[dict[str, Any]]:
    """One row per target: value, good, target, is_good, is_met, `missing` (how far from the target, 0 if met), ceiling and
    `to_ceiling`. What is not measured has null everywhere and says so by `is_measured`."""
    return [_row(target, report) for target in TARGETS]


def _row(target: Target, report: Report) -> dict[str, Any]:
    value = target.value(report) if target.value else None
    row: dict[str, Any] = {"key": target.key, "good": target.good, "target": target.best, "is_measured": value is not None}
    if value is None:
        return row | dict.fromkeys(("value", "is_good", "is_met", "missing", "ceiling", "to_ceiling"))
    reached = target.ceiling(report)
    missing = _missing(value, target.best)
    return row | {
        "value": value, "is_good": None if target.good is None else not _missing(value, target.good), "is_met": not missing,
        "missing": missing, "ceiling": reached, "to_ceiling": None if reached is None else round(reached - value, 4),
    }  # fmt: skip


def _missing(value: float, bounds: tuple[float | None, float | None]) -> float:
    low, high = bounds
    below = 0.0 if low is None else max(0.0, low - value)
    above = 0.0 if high is None else max(0.0, value - high)
    return round(below + above, 4)
