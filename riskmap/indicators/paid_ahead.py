import narwhals as nw

from riskmap.indicators.rule import Rule, holds, ramp


def paid_ahead(*, ramp_share: list[float], max_progress_lag_days: int) -> Rule:
    """Share of the contract value paid ahead of the works done.

    g = (paid - min(advance, cap x value) x (1 - progress)) / value - progress. An advance is earned back as the works
    go on; where it is not disclosed, the largest lawful one is assumed in favour of the facility. An independent
    observation of the last 90 days replaces the reported progress.
    """
    stale = holds(nw.col("best_progress_day") < nw.col("last_paid_day") - max_progress_lag_days)
    return Rule(
        ramp(nw.col("paid_gap_share"), ramp_share), nw.col("paid_gap_share"), {"stale_progress": stale & ~nw.col("is_completed")}
    )
