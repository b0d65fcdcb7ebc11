"""What a filter finds in a snapshot: which rows, and their sums. Worked out once for all readers and all parts of a page."""

from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskmap import filters, summarise
from riskmap.filters import Filter
from riskmap.snapshot import Snapshot
from riskmap.web import tiles


class Found(NamedTuple):
    """`positions`: rows of the snapshot's table in the order of the filter; the rest as `riskmap.summarise` gives it.

    `by_district`: only where the filter is about one region.
    """

    positions: np.ndarray
    sums: dict[str, Any]
    by_region: pd.DataFrame
    causes: pd.DataFrame
    by_district: pd.DataFrame | None


_found: OrderedDict[tuple[str, Filter], Found] = OrderedDict()
_N_FOUND = 32  # filters that readers look at (4 MB each at a million facilities)


def look(snapshot: Snapshot, filter_: Filter) -> Found:
    """What the filter finds. Shared by everyone: do not change it."""
    key = (snapshot.id, filter_)
    known = _found.get(key)
    if known is None:
        positions = filters.positions(filter_, snapshot.facilities).astype(np.int32)
        # the few columns of the sums, not two hundred: taking the rows of a million is most of the work
        rows = snapshot.facilities[list(summarise.READ)].take(positions)
        by_region, sums = summarise.regions_and_total(rows, snapshot.manifest["settings"])
        is_inside = len(filter_.regions) == 1
        by_district = summarise.by_district(rows, snapshot.manifest["settings"]) if is_inside else None
        known = Found(positions, sums, by_region, summarise.by_cause(rows), by_district)
    tiles.keep(_found, key, known, _N_FOUND)
    return known


# what a list of facilities reads; the other two hundred columns would be most of the time
_LISTED = (
    "facility_id", "title", "title_kk", "title_ru", "title_en", "region_code", "level", "is_flagged", "delivery", "is_overdue",
    "days_late", "currency", "budget_amount", "r_lo",
)  # fmt: skip


def rows(snapshot: Snapshot, found: Found, start: int, end: int) -> pd.DataFrame:
    """Some of the rows, as a list of facilities reads them."""
    return snapshot.facilities[list(_LISTED)].take(found.positions[start:end])


def row_of(snapshot: Snapshot, found: Found, facility_id: str | None) -> pd.DataFrame:
    """The row of one facility if it is among those found, else none."""
    is_it = snapshot.facilities["facility_id"].eq(facility_id or "").fillna(False).to_numpy(bool)
    at = np.intersect1d(np.flatnonzero(is_it), found.positions) if is_it.any() else np.array([], int)
    return snapshot.facilities[list(_LISTED)].take(at)
