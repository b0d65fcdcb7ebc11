import narwhals as nw

from riskmap.indicators.rule import Rule, flag, ramp, ratio, strongest


def capacity_mismatch(*, ramp_ratio: list[float], min_age_days: int) -> Rule:
    """The supplier was registered less than a year before signing, or the contract is large for its revenue.

    The larger of 1 for a firm younger than `min_age_days` and ramp(contract value / revenue of three years; 0.5, 2). A
    registration after the signing contradicts itself and says nothing.
    """
    age = nw.col("signed_day") - nw.col("supplier_registered_day")
    young = nw.when(age >= 0).then(flag(age < min_age_days))
    load = ratio("value_amount", "supplier_revenue_amount")
    return Rule(strongest(young, ramp(load, ramp_ratio)), load)
