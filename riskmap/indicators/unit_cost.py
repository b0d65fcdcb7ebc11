import narwhals as nw

from riskmap.indicators.rule import Rule, holds, ramp

_MAD_TO_SIGMA = 1.4826  # makes the MAD of a normal distribution its standard deviation


def unit_cost(*, ramp_z: list[float], min_n: int) -> Rule:
    """Cost per place far above facilities of the same type and unit: a robust z of ln(real value / capacity).

    z = (u - peers' median, moved towards the region's) / (1.4826 x MAD). One-sided: cheap is not flagged. Fewer peers
    than `min_n` say nothing.
    """
    spread = nw.col("peer_mad") * _MAD_TO_SIGMA
    z = nw.when(holds(spread > 0)).then((nw.col("log_unit_cost") - nw.col("peer_log_cost")) / spread)
    few = ~nw.col("log_unit_cost").is_null() & (nw.col("n_peers").fill_null(0) < min_n)
    return Rule(ramp(z, ramp_z), z, {"too_few_peers": few, "no_spread": ~few & holds(spread <= 0)})
