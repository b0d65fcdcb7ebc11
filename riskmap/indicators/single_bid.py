from math import log

import narwhals as nw

from riskmap.indicators.rule import Rule, holds


def single_bid(*, q: float, thin_market_bidders: int, thin_market_factor: float) -> Rule:
    """One tenderer in an open or selective procedure.

    In a region where the median tender has two bidders or fewer the prior q is halved: the severity is lowered to
    ln(1 - q/2) / ln(1 - q).
    """
    competitive = nw.col("method").is_in(["open", "selective"])
    alone = nw.col("n_bidders") <= 1
    thin = holds(nw.col("median_bidders") <= thin_market_bidders)
    strength = nw.when(thin).then(nw.lit(log(1 - q * thin_market_factor) / log(1 - q))).otherwise(nw.lit(1.0))
    no = holds(nw.col("n_bidders") > 1) | (~nw.col("method").is_null() & ~holds(competitive))
    yes = holds(alone) & holds(competitive)
    return Rule(nw.when(yes).then(strength).otherwise(nw.when(no).then(nw.lit(0.0))), nw.col("n_bidders"))
