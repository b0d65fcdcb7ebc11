import narwhals as nw

from riskmap.indicators.rule import Rule, ramp


def undisclosed(*, ramp_share: list[float], n_core_fields: int) -> Rule:
    """Share of the core fields that the source does not disclose.

    It never enters the published score (R_lo), only the middle estimate: missing data accuses nobody.
    """
    share = nw.col("n_missing_fields") / n_core_fields
    return Rule(ramp(share, ramp_share), share)
