from riskmap.indicators.rule import Rule, ramp, ratio


def paid_over_contract(*, ramp_share: list[float]) -> Rule:
    """Paid more than the value of the contracts: paid / value - 1."""
    over = ratio("paid_amount", "value_sum_amount") - 1.0
    return Rule(ramp(over, ramp_share), over)
