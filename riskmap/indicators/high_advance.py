import narwhals as nw

from riskmap.indicators.rule import Rule, holds, ramp, ratio, strongest


def high_advance(
    *, max_advance_share: float, ramp_over_cap: float, after_days: int, unamortised_ramp: list[float], as_of_day: int
) -> Rule:
    """Advance above the cap, or an advance that half a year later is not matched by works.

    The larger of ramp(advance / value; cap, cap + 20 points) and, once `after_days` have passed since the start,
    ramp(advance / value - 2 x progress; 0, 30 points).
    """
    share = ratio("advance_amount", "value_sum_amount")
    over_cap = ramp(share, (max_advance_share, max_advance_share + ramp_over_cap))
    begun = nw.coalesce(nw.col("start_day"), nw.col("signed_day"))
    long_ago = holds(as_of_day - begun > after_days)
    unmatched = nw.when(long_ago).then(ramp(share - 2.0 * nw.col("best_progress_share"), unamortised_ramp))
    return Rule(nw.when(~share.is_null()).then(strongest(over_cap, unmatched)), share)
