import narwhals as nw

from riskmap.indicators.rule import Rule, holds, ramp, ratio

_NOISE = 1e-9  # 0.4 - 0.3 is not exactly 0.1 in binary


def december_spike(*, ramp_share: list[float], min_unmatched_share: float) -> Rule:
    """Share of a year's payments for works that falls on December, if the works did not follow the money.

    Of the last calendar year that is over. It counts only where the paid share of the contract rose by at least
    `min_unmatched_share` more in the last quarter than the works, by a report of around the end of the year. Advances
    are left out. Works finished by the end of the year raise no flag.
    """
    share = ratio("december_amount", "year_paid_amount")
    paid_rise = ratio("quarter_amount", "value_sum_amount")
    unmatched = paid_rise - nw.col("quarter_rise_share") >= min_unmatched_share - _NOISE
    built = nw.col("is_done_by_year_end") | holds(nw.col("year_end_share") >= 1.0)
    spike = holds(share > ramp_share[0]) & ~built
    severity = nw.when(unmatched).then(ramp(share, ramp_share)).otherwise(nw.when(~unmatched.is_null()).then(nw.lit(0.0)))
    paid = ~nw.col("last_paid_day").is_null() | holds(nw.col("paid_amount") == 0)
    known = nw.when(spike).then(severity).otherwise(nw.when(paid).then(nw.lit(0.0)))
    return Rule(known, share, {"no_year_end_report": spike & nw.col("year_end_share").is_null()})
