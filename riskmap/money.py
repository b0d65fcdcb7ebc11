"""Documented exposure: money that arithmetic alone shows, which an official can verify without believing any model."""

import narwhals as nw

from riskmap.engine import Frame


def exposure(frame: Frame) -> Frame:
    """Adds the parts of the documented exposure and their sum, in whole currency units (methodology.md 2.4).

    E1 paid ahead of works, E2 paid above the contracts, E3 price above the upper quartile of peers, E4 growth beyond
    the tolerance; E_doc = min(max(paid, value), max(E1, E2) + max(E3, E4)). A part whose facts are not known is null;
    the sum counts it as nothing and is null only if all four are.
    """
    value, paid = nw.col("value_sum_amount").cast(nw.Float64), nw.col("paid_amount").cast(nw.Float64)
    peers_price = nw.col("capacity") * nw.col("peer_high").exp() * nw.col("price_level")
    parts = {
        "exposure_paid_ahead_amount": nw.when(~nw.col("T01_severity").is_null()).then(
            nw.col("paid_gap_share").clip(lower_bound=0.0) * value
        ),
        "exposure_overpaid_amount": (paid - value).clip(lower_bound=0.0),
        "exposure_price_amount": nw.when(~nw.col("T07_severity").is_null()).then(
            (nw.col("value_amount").cast(nw.Float64) - peers_price).clip(lower_bound=0.0)
        ),
        "exposure_growth_amount": nw.when(nw.col("n_growth_known") > 0).then(nw.col("growth_excess")),
    }
    frame = frame.with_columns(**{name: whole_units(part) for name, part in parts.items()})
    e1, e2, e3, e4 = (nw.col(name) for name in parts)
    known = nw.coalesce(e1, e2, e3, e4)
    added = nw.max_horizontal(e1.fill_null(0), e2.fill_null(0)) + nw.max_horizontal(e3.fill_null(0), e4.fill_null(0))
    most = nw.max_horizontal(nw.col("paid_amount").fill_null(0), nw.coalesce("value_sum_amount", "value_amount").fill_null(0))
    return frame.with_columns(exposure_amount=nw.when(~known.is_null()).then(nw.min_horizontal(added, most)))


def whole_units(amount: nw.Expr) -> nw.Expr:
    """Rounded to whole currency units, half up: the engines differ in how they round a half."""
    return (amount + 0.5).floor().cast(nw.Int64)
