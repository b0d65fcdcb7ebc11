"""What only all facilities together show: one point for many, one facility twice, an amount in the wrong unit.

Nothing here changes a fact but `not_paid_anywhere`; every other finding is a warning for a person to look at.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from pyproj import Geod
from rapidfuzz import fuzz

from riskmap.fold import fold
from riskmap.problem import Problem

_GEOD = Geod(ellps="WGS84")
_CROWD = 50  # more facilities in one cell of the grid are a geocoder's default, not pairs worth comparing

Found = tuple[Problem, str | None]


def findings(tables: Mapping[str, list[dict[str, Any]]], settings: Mapping[str, Any]) -> list[Found]:
    """Problems with the facility each belongs to."""
    facilities, limits = tables["facilities"], settings["check"]
    return [
        *_one_point(facilities, limits["max_on_one_point"]),
        *_perhaps_twice(facilities, limits["duplicate_similarity"], limits["duplicate_metres"]),
        *_similar_ids(facilities),
        *_repeated_contracts(tables["contracts"]),
        *_unit_errors(tables, limits["unit_error_factor"], limits["unit_error_min_n"]),
    ]


def not_paid_anywhere(tables: Mapping[str, list[dict[str, Any]]], min_n: int) -> list[Found]:
    """A file that says 0 paid for every contract, finished ones too, does not publish payments: not known is never 0.

    Empties `paid_amount` of the contracts of such a file and says so once a file.
    """
    worked = {f["facility_id"] for f in tables["facilities"] if f["completed_on"]}
    worked |= {report["facility_id"] for report in tables["progress"] if report["progress_share"]}
    files: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for contract in tables["contracts"]:
        if contract["paid_amount"] is not None:
            files[contract["source_file"]].append(contract)
    found: list[Found] = []
    for name, contracts in files.items():
        if len(contracts) < min_n or any(c["paid_amount"] for c in contracts):
            continue
        if any(c["facility_id"] in worked for c in contracts):
            for contract in contracts:
                contract["paid_amount"] = None
            found.append((Problem("paid_all_zero", "cell", name, None, None, None, "0", {"n": str(len(contracts))}), None))
    return found


def _warn(row: Mapping[str, Any], code: str, value: str | None = None, **params: str) -> Found:
    where = (row["source_file"], row["source_sheet"], row["source_row"])
    return Problem(code, "warning", *where, None, value, params), row["facility_id"]


def _one_point(facilities: list[dict[str, Any]], limit: int) -> Iterator[Found]:
    points: dict[tuple[float, float], list[dict[str, Any]]] = defaultdict(list)
    for facility in facilities:
        if facility["lat"] is not None:
            points[facility["lat"], facility["lon"]].append(facility)
    for (lat, lon), here in points.items():
        if len(here) > limit:
            yield from (_warn(facility, "many_on_one_point", f"{lat}, {lon}", n=str(len(here))) for facility in here)


def _perhaps_twice(facilities: list[dict[str, Any]], similarity: float, metres: float) -> Iterator[Found]:
    """Pairs with nearly the same title within some metres; the second of each pair carries the warning."""
    size = metres / 111_000 * 2  # degrees of latitude of a grid cell
    cells: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    folded = {facility["facility_id"]: fold(facility["title"]) for facility in facilities}
    for facility in facilities:
        if facility["lat"] is None:
            continue
        width = size / max(math.cos(math.radians(facility["lat"])), 0.05)
        row, column = int(facility["lat"] // size), int(facility["lon"] // width)
        near = [other for r in (-1, 0, 1) for c in (-1, 0, 1) for other in cells.get((row + r, column + c), [])]
        if len(near) <= _CROWD:
            for other in near:
                alike = fuzz.ratio(folded[facility["facility_id"]], folded[other["facility_id"]]) / 100
                if alike >= similarity and _metres(facility, other) <= metres:
                    yield _warn(facility, "perhaps_twice", facility["title"], other=other["facility_id"])
                    break
        cells[row, column].append(facility)


def _metres(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    return _GEOD.inv(one["lon"], one["lat"], other["lon"], other["lat"])[2]


def _similar_ids(facilities: list[dict[str, Any]]) -> Iterator[Found]:
    """Ids that differ only by case, spaces, hyphens or look-alike letters (B071)."""
    first: dict[str, str] = {}
    for facility in facilities:
        skeleton = fold(facility["facility_id"]).replace(" ", "")
        other = first.setdefault(skeleton, facility["facility_id"]) if skeleton else facility["facility_id"]
        if other != facility["facility_id"]:
            yield _warn(facility, "id_similar", facility["facility_id"], other=other)


def _repeated_contracts(contracts: list[dict[str, Any]]) -> Iterator[Found]:
    """The same number between the same buyer and supplier under several facilities: is the amount there twice?"""
    same: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for contract in contracts:
        if contract["contract_no"] and contract["buyer_id"] and contract["supplier_id"]:
            same[contract["buyer_id"], contract["supplier_id"], contract["contract_no"]].append(contract)
    for rows in same.values():
        for contract in rows[1:]:
            yield _warn(contract, "contract_repeated", contract["contract_no"], other=rows[0]["facility_id"])


def _unit_errors(tables: Mapping[str, list[dict[str, Any]]], factor: int, min_n: int) -> Iterator[Found]:
    """Amounts far from the median of their facility type: thousands taken for tenge, or tenge for thousands (B043)."""
    kind = {f["facility_id"]: f["facility_type"] for f in tables["facilities"]}
    for name, column in (("facilities", "budget_amount"), ("contracts", "value_amount")):
        amounts: dict[str | None, list[int]] = defaultdict(list)
        for row in tables[name]:
            if row[column]:
                amounts[kind[row["facility_id"]]].append(row[column])
        middle = {k: median(v) for k, v in amounts.items() if len(v) >= min_n}
        for row in tables[name]:
            usual = middle.get(kind[row["facility_id"]])
            if row[column] and usual and not usual / factor <= row[column] <= usual * factor:
                yield _warn(row, "unit_suspect", str(row[column]), usual=str(round(usual)))
