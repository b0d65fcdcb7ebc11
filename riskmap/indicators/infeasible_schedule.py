from collections.abc import Mapping

import narwhals as nw

from riskmap.indicators.rule import Rule, holds, ramp, ratio

_DAYS_PER_MONTH = 365.2425 / 12


def infeasible_schedule(
    *, ramp_share: list[float], norm_duration_months: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> Rule:
    """By what share the planned duration is shorter than the norm for the type and the capacity.

    The norm of the largest listed capacity that is not above the facility's own counts, which is never too long. A
    facility below the smallest one, or of a type or unit that is not listed, has no norm.
    """
    norm: nw.Expr = nw.lit(None, dtype=nw.Float64)
    for facility_type, units in norm_duration_months.items():
        for unit, months in units.items():
            same = (nw.col("facility_type") == facility_type) & (nw.col("capacity_unit") == unit)
            for capacity in sorted(months, key=float):
                fits = same & (nw.col("capacity") >= float(capacity))
                norm = nw.when(holds(fits)).then(nw.lit(float(months[capacity]))).otherwise(norm)
    shorter = 1.0 - ratio("planned_days", norm * _DAYS_PER_MONTH)
    described = ~nw.col("facility_type").is_null() & ~nw.col("capacity").is_null() & ~nw.col("capacity_unit").is_null()
    no_norm = norm.is_null() & described if norm_duration_months else nw.col("facility_id") == nw.col("facility_id")
    return Rule(ramp(shorter, ramp_share), shorter, {"no_norm": no_norm})
