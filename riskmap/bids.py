"""Three facts about bids that no score contains: identical prices (OCP R028), the lowest bid refused (R036), and buyers and
tenderers with unusually many refused bids (R038).

The catalogue leaves them out (methodology: optional, off), because few sources list bids. They are given in the form of the
tool Cardinal, so that the two can be laid side by side. What cannot be known is listed as that, and is never a flag.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

Flags = dict[str, dict[str, dict[str, float]]]


def bid_flags(
    tables: Mapping[str, pa.Table], *, min_bids: int, fence_iqr: float, no_price_comparison: Collection[str] = ()
) -> dict[str, Any]:
    """From fact tables: {"OCID" | "Buyer" | "Tenderer": {id: {code: value}}, "NotKnown": {code: [facility ids]}}.

    R028 and R036 have the value 1 and are judged per contract; R038 is the share of bids that were refused. A buyer or
    tenderer with fewer than `min_bids` bids is not compared; `fence_iqr` is the factor of the interquartile range (Tukey:
    1.5). Prices are not compared where the method in the words of the source is one of `no_price_comparison`.
    """
    facilities = {row["facility_id"]: row["buyer_id"] or row["buyer_name"] for row in tables["facilities"].to_pylist()}
    methods = {row["contract_id"]: row["method_details"] for row in tables["contracts"].to_pylist()}
    groups: dict[tuple[str, str | None], list[dict[str, Any]]] = defaultdict(list)
    refused: dict[str, dict[str, list[bool]]] = {"Buyer": defaultdict(list), "Tenderer": defaultdict(list)}
    for bid in tables["bids"].to_pylist():
        groups[bid["facility_id"], bid["contract_id"]].append(bid)
        for group, key in (("Buyer", facilities.get(bid["facility_id"])), ("Tenderer", bid["bidder_id"])):
            if key and not key.startswith("*"):  # the masked number of a person names nobody
                refused[group][key].append(bid["is_valid"] is False)
    of_facility: dict[str, dict[str, float]] = defaultdict(dict)
    not_known: dict[str, set[str]] = {"R028": set(), "R036": set()}
    for (facility_id, contract_id), bids in sorted(groups.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        if methods.get(contract_id or "") in no_price_comparison:
            continue
        for code, found in (("R028", identical_prices(bids)), ("R036", lowest_refused(bids))):
            if found:
                of_facility[facility_id][code] = 1.0
            elif found is None:
                not_known[code].add(facility_id)
    flags: Flags = {"OCID": dict(of_facility)}
    for group, by_key in refused.items():
        shares = {key: sum(marks) / len(marks) for key, marks in sorted(by_key.items()) if len(marks) >= min_bids}
        flags[group] = {key: {"R038": share} for key, share in _outliers(shares, fence_iqr).items()}
    open_ = {c: sorted(i for i in ids if c not in of_facility.get(i, {})) for c, ids in not_known.items()}
    return {**flags, "NotKnown": open_}


def identical_prices(bids: Collection[Mapping[str, Any]]) -> bool | None:
    """Did different tenderers offer the same amount? None where a bid without its tenderer or amount leaves that open."""
    bidders: dict[int, set[str]] = defaultdict(set)
    for bid in bids:
        if bid["bidder_id"] and bid["amount"] is not None:
            bidders[bid["amount"]].add(bid["bidder_id"])
    if any(len(names) > 1 for names in bidders.values()):
        return True
    return False if all(bid["bidder_id"] and bid["amount"] is not None for bid in bids) else None


def lowest_refused(bids: Collection[Mapping[str, Any]]) -> bool | None:
    """Was every bid of the lowest amount refused, although one was admitted and somebody won?

    None until it is settled who won, and where a bid without an amount could be the lowest one.
    """
    if all(bid["is_winner"] is None for bid in bids) or any(bid["amount"] is None for bid in bids):
        return None
    least = min(bid["amount"] for bid in bids)
    is_refused = all(bid["is_valid"] is False for bid in bids if bid["amount"] == least)
    return is_refused and any(bid["is_valid"] for bid in bids)


def _outliers(shares: Mapping[str, float], fence_iqr: float) -> dict[str, float]:
    """The shares at or above Q3 + factor x IQR; none where most have no refused bid at all (the fence is 0 then)."""
    if not shares:
        return {}
    q1, q3 = np.quantile(list(shares.values()), [0.25, 0.75], method="median_unbiased")
    fence = q3 + fence_iqr * (q3 - q1)
    return {key: share for key, share in shares.items() if share >= fence > 0}
