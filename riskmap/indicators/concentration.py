import narwhals as nw

from riskmap.indicators.rule import Rule, holds, ramp, strongest


def concentration(
    *, buyer_ramp: list[float], region_ramp: list[float], min_buyer_contracts: int, min_wins: int, min_region_contracts: int
) -> Rule:
    """One supplier holds a large share of what a buyer, or a region, spent on works in the last 36 months.

    The larger of ramp(share of the buyer; 30 %, 60 %), for a buyer with five contracts and a supplier with two wins,
    and ramp(share of the region; 20 %, 40 %), for a region with ten contracts.
    """
    of_buyer = nw.when(holds((nw.col("n_buyer_contracts") >= min_buyer_contracts) & (nw.col("n_wins") >= min_wins))).then(
        nw.col("buyer_share")
    )
    of_region = nw.when(holds(nw.col("n_region_contracts") >= min_region_contracts)).then(nw.col("region_share"))
    severity = strongest(ramp(of_buyer, buyer_ramp), ramp(of_region, region_ramp))
    recent = ~nw.col("buyer_share").is_null()
    return Rule(nw.when(recent).then(severity.fill_null(0.0)), nw.coalesce(of_buyer, of_region))
