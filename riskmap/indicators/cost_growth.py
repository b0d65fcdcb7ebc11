import narwhals as nw

from riskmap.indicators.rule import Rule, ramp, ratio


def cost_growth(*, ramp_share: list[float]) -> Rule:
    """Growth of the contract value over the value first signed, beyond the index of construction prices.

    value in force / (first value x price index) - 1, per contract; the largest of the facility's contracts counts.
    """
    growth = ratio("value_amount", nw.col("value_first_amount") * nw.col("price_growth")) - 1.0
    return Rule(ramp(growth, ramp_share), growth)
