"""Peers: what a place, a bed or a square metre costs at facilities of the same type and unit."""

import narwhals as nw

from riskmap.engine import Frame

_GROUP = ["facility_type", "capacity_unit"]


def peers(facilities: Frame, *, quantile: float) -> dict[str, Frame]:
    """Robust statistics of u = ln(real contract value / capacity).

    Returns `type` (per facility_type and capacity_unit: peer_median, peer_mad, peer_high, n_peers) and `region`
    (the same and region_key: region_median, n_region_peers). `peer_high` is the `quantile` of u. The facility itself is
    among its peers.
    """
    known = facilities.filter(~nw.col("log_unit_cost").is_null()).select(
        *_GROUP, nw.col("region_code").fill_null("-").alias("region_key"), u=nw.col("log_unit_cost"), one=nw.lit(1)
    )
    by_type = known.group_by(*_GROUP).agg(
        peer_median=nw.col("u").median(),
        peer_high=nw.col("u").quantile(quantile, interpolation="linear"),
        n_peers=nw.col("one").sum(),
    )
    distance = known.join(by_type.select(*_GROUP, "peer_median"), on=_GROUP, how="left")
    distance = distance.with_columns(far=(nw.col("u") - nw.col("peer_median")).abs())
    mad = distance.group_by(*_GROUP).agg(peer_mad=nw.col("far").median())
    region = known.group_by(*_GROUP, "region_key").agg(region_median=nw.col("u").median(), n_region_peers=nw.col("one").sum())
    return {
        "type": by_type.join(mad, on=_GROUP, how="left").with_columns(nw.col("n_peers").cast(nw.Int64)),
        "region": region.with_columns(nw.col("n_region_peers").cast(nw.Int64)),
    }


def with_peers(facilities: Frame, groups: dict[str, Frame], *, shrinkage: float) -> Frame:
    """The facilities with their peers' numbers and `peer_log_cost`: the type's median moved towards the region's.

    The regional median counts with weight n / (n + shrinkage), so that a region with few peers says little.
    """
    frame = facilities.with_columns(region_key=nw.col("region_code").fill_null("-"))
    frame = frame.join(groups["type"], on=_GROUP, how="left").join(groups["region"], on=[*_GROUP, "region_key"], how="left")
    weight = nw.col("n_region_peers") / (nw.col("n_region_peers") + shrinkage)
    moved = nw.col("peer_median") + weight * (nw.col("region_median") - nw.col("peer_median"))
    return frame.with_columns(peer_log_cost=nw.coalesce(moved, nw.col("peer_median")))
