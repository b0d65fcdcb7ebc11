import narwhals as nw

from riskmap.indicators.rule import Rule, ramp


def observed_below_reported(*, ramp_share: list[float], min_observations: int) -> Rule:
    """Reported share of works less the share that independent observers saw.

    Each recent observation is compared with the report before it, and the smallest difference counts: one visitor at a
    wrong site is not enough, unless a monitor has reviewed the photos. Observers cannot be told apart, so two observations
    on different days stand for two observers.
    """
    few = nw.col("n_observations").fill_null(0) < min_observations
    unknown = {"missing_columns": nw.col("progress_share").is_null(), "too_few_observations": few}
    return Rule(ramp(nw.col("observed_gap_share"), ramp_share), nw.col("observed_gap_share"), unknown)
