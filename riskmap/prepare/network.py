"""Network: who wins how much, over the contracts of the whole country."""

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from riskmap.engine import Frame

DAYS_PER_MONTH = 365.2425 / 12


def supplier_key() -> nw.Expr:
    """Who a contractor is: the identifier, else the name. Four digits of a masked number are shared by many persons: with
    such a number only the name tells them apart."""
    is_masked = nw.col("supplier_id").str.starts_with("*").fill_null(False)
    return nw.coalesce(nw.when(~is_masked).then(nw.col("supplier_id")), nw.col("supplier_name"))


def network(contracts: Frame, *, settings: Mapping[str, Any], as_of_day: int) -> dict[str, Frame]:
    """Shares of the contract value signed in the last months (`concentration.months`), as of the snapshot.

    Returns three tables: `buyer` (per buyer_key and supplier_key: buyer_share, n_buyer_contracts, n_wins), `region`
    (per region_key and supplier_key: region_share, n_region_contracts) and `bidders` (per region_key: median_bidders).
    Contracts without a date, value, supplier or buyer do not take part.
    """
    since = as_of_day - round(settings["concentration"]["months"] * DAYS_PER_MONTH)
    recent = contracts.filter(
        (nw.col("signed_day") >= since) & (nw.col("signed_day") <= as_of_day) & (nw.col("value_amount") > 0)
        & ~nw.col("supplier_key").is_null() & ~nw.col("buyer_key").is_null()
    ).with_columns(one=nw.lit(1), value=nw.col("value_amount").cast(nw.Float64))  # fmt: skip
    bidders = (
        contracts.filter(~nw.col("n_bidders").is_null()).group_by("region_key").agg(median_bidders=nw.col("n_bidders").median())
    )
    return {
        "buyer": _shares(recent, "buyer").with_columns(n_wins=nw.col("n_wins").cast(nw.Int64)),
        "region": _shares(recent, "region").drop("n_wins"),
        "bidders": bidders,
    }


def _shares(contracts: Frame, group: str) -> Frame:
    """Share of each supplier in the value of a group of contracts."""
    key = f"{group}_key"
    own = contracts.group_by(key, "supplier_key").agg(own=nw.col("value").sum(), n_wins=nw.col("one").sum())
    whole = contracts.group_by(key).agg(whole=nw.col("value").sum(), n_group=nw.col("one").sum())
    joined = own.join(whole, on=key, how="left")
    return joined.select(
        key, "supplier_key", "n_wins",
        **{f"{group}_share": nw.col("own") / nw.col("whole"), f"n_{group}_contracts": nw.col("n_group").cast(nw.Int64)},
    )  # fmt: skip
