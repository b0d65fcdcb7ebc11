"""Prepare: everything that looks across rows, so that judging can look at one row at a time.

The steps are `network` (contracts of the whole country), `features` (sums and latest values per facility) and `peers`
(one row per peer group, and the forecast that leans on finished ones). Written in Narwhals: the same functions run on
DuckDB, Polars and pandas. Dates are days since 1970-01-01 (`_day`), money is int64. Two rules keep the engines equal:
only bare columns are aggregated, and every order is total (ties end with an id). `cut` materialises a frame between
steps; one giant lazy expression is 4 to 8 times slower.
"""

from collections.abc import Mapping
from typing import Any

from riskmap.engine import Cut, Frame
from riskmap.forecast import forecast, pace_class, reference_class
from riskmap.prepare.features import contract_features, facility_features, reports_of_works
from riskmap.prepare.network import network
from riskmap.prepare.peers import peers, with_peers


def facts(tables: Mapping[str, Frame], *, settings: Mapping[str, Any], as_of_day: int, cut: Cut) -> tuple[Frame, Frame]:
    """The prepared contracts (one row per contract) and facilities (one row per facility) of a country."""
    contracts = cut(contract_features(tables, settings=settings, as_of_day=as_of_day))
    market = {name: cut(frame) for name, frame in network(contracts, settings=settings, as_of_day=as_of_day).items()}
    contracts = contracts.join(market["buyer"], on=["buyer_key", "supplier_key"], how="left")
    contracts = contracts.join(market["region"], on=["region_key", "supplier_key"], how="left")
    contracts = cut(contracts.join(market["bidders"], on="region_key", how="left"))
    facilities = cut(facility_features(tables, contracts, settings=settings, as_of_day=as_of_day))
    groups = {name: cut(frame) for name, frame in peers(facilities, quantile=settings["exposure"]["peer_quantile"]).items()}
    reference = cut(reference_class(facilities, settings=settings))
    reports = reports_of_works(tables, as_of_day=as_of_day)
    pace = cut(pace_class(facilities, reports, tables["curve"], settings=settings))
    facilities = cut(with_peers(facilities, groups, shrinkage=settings["peers"]["shrinkage"]))
    return contracts, cut(forecast(facilities, reference, pace, settings=settings, as_of_day=as_of_day))
