import narwhals as nw

from riskmap.indicators.rule import Rule, holds, ramp, ratio


def paid_while_stalled(*, ramp_share: list[float], min_stalled_days: int, max_report_age_days: int, as_of_day: int) -> Rule:
    """Share of the contract value paid after the works last rose by a percentage point, while they stand still.

    Works that rose within `min_stalled_days` do not stand still. As for stalled works, two dated reports are needed
    and the last of them must be recent.
    """
    running = holds((nw.col("progress_share") > 0) & (nw.col("progress_share") < 1)) & ~nw.col("is_completed")
    stands = running & holds(as_of_day - nw.col("stalled_since_day") >= min_stalled_days)
    share = ratio("paid_stalled_amount", "value_sum_amount")
    severity = nw.when(stands).then(ramp(share, ramp_share)).otherwise(nw.lit(0.0))
    unknown = {
        "too_few_reports": running & (nw.col("n_reports").fill_null(0) < 2),
        "stale_report": running & holds(as_of_day - nw.col("progress_day") > max_report_age_days),
        "missing_columns": nw.col("progress_share").is_null() & ~nw.col("is_completed"),
    }
    return Rule(severity, nw.when(stands).then(share), unknown)
