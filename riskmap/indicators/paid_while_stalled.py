import narwhals as nw

from riskmap.indicators.rule import Rule, holds, ramp, ratio, under_way, without_reports


def paid_while_stalled(
    *, ramp_share: list[float], min_stalled_days: int, settlement_days: int, max_report_age_days: int, as_of_day: int
) -> Rule:
    """Share of the contract value paid more than `settlement_days` after the works last rose by a percentage point.

    A payment before that may settle works done earlier (`prepare` leaves it out). Works that rose within
    `min_stalled_days` do not stand still. As for stalled works, two dated reports are needed
    and the last of them must be recent.
    """
    stands = under_way() & holds(as_of_day - nw.col("stalled_since_day") >= min_stalled_days)
    share = ratio("paid_stalled_amount", "value_sum_amount")
    severity = nw.when(stands).then(ramp(share, ramp_share)).otherwise(nw.lit(0.0))
    unknown = without_reports(max_report_age_days=max_report_age_days, as_of_day=as_of_day)
    return Rule(severity, nw.when(stands).then(share), unknown)
