import narwhals as nw

from riskmap.indicators.rule import Rule, holds


def only_winner_valid(*, min_bids: int) -> Rule:
    """At least two tenders were submitted, exactly one was admitted, and that one won (OCP R035).

    Two tenders admitted are enough to rule it out. Otherwise every tender must be listed and its admission known.
    """
    n_bids, n_valid = nw.col("n_bids"), nw.col("n_valid_bids")
    listed = holds(n_bids >= 1) & ~holds(n_bids < nw.col("n_bidders"))
    settled = listed & holds(nw.col("n_bids_not_settled") == 0)
    only_winner = holds((n_bids >= min_bids) & (n_valid == 1) & (nw.col("n_valid_winners") == 1))
    certain = nw.when(only_winner).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
    severity = nw.when(holds(n_valid >= 2)).then(nw.lit(0.0)).otherwise(nw.when(settled).then(certain))
    return Rule(severity, n_bids - n_valid, {"bids_incomplete": holds(n_bids >= 1) & holds(n_valid < 2) & ~settled})
