"""Vector tiles made from the columns of a snapshot: the filtered facilities as cells far out, as points near.

How much detail a zoom shows is decided for the whole map and never for one tile, so that no border between tiles can be
seen. A tile holds up to three layers:

`cells`    far out: all facilities of a square of the screen, added up
`points`   near: one by one, without the flagged
`flagged`  always, above the others: one by one; far out, where they cannot be told apart, the one with most points of
           each cell (all of them are counted in the cells)

Cells of one zoom, or points and flagged of one zoom near, add up to exactly the facilities of the filter that have a
place. The encoder is ours: a tile of 500 points takes 0.3 ms, with the package mapbox-vector-tile 12 ms.
"""

import gzip
import hashlib
import math
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from riskmap import filters, schema
from riskmap.filters import Filter
from riskmap.snapshot import Snapshot

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
MAX_ZOOM = 16  # no tile lies deeper
LAST_ZOOM = 12  # deepest zoom that our map asks for: a tile of 4,096 steps is then as fine as 2.5 metres
FEW = 2000  # so many facilities are drawn one by one at any zoom
FEW_FLAGGED = 100  # so many flagged are all marked above cells; more would hide them
FULL_TILE = 400  # a tile of 512 pixels cannot tell more points apart; at the zoom of points most facilities lie in such
HEAVY_TILE = 4000  # and none in a tile with more points than this: 60 kB
_CELL_BITS = 3  # a tile is 8 x 8 cells of 64 pixels
_EXTENT_BITS = 12  # and 4,096 x 4,096 steps
_BITS = 32  # of a coordinate, over the whole world
_MAX_LATITUDE = 85.05112878  # degrees; the web map ends here


class Index(NamedTuple):
    """The placed facilities of a snapshot as arrays, along a curve on which every tile and every cell is one piece.

    `row`: position in the snapshot's table. `code`: position on the curve (Morton code of `x`, `y`). `x`, `y`: Web
    Mercator, 2**32 steps around the world. `order`: 0 = most points. Amounts are whole units of the snapshot's currency,
    0 beside `is_budget_known` = False.
    """

    row: np.ndarray
    code: np.ndarray
    x: np.ndarray
    y: np.ndarray
    level: np.ndarray
    delivery: np.ndarray
    is_flagged: np.ndarray
    is_rough: np.ndarray
    order: np.ndarray
    budget: np.ndarray
    is_budget_known: np.ndarray


class Detail(NamedTuple):
    """How a filter is drawn: from zoom `points_from` on one by one, at zoom z < `points_from` as cells.

    `largest`: facilities of the largest cell at each of those zooms, so that one scale holds for the whole map.
    `is_thinned`: far out not every flagged facility has its own mark. `n_placed`, `bounds` (west, south, east, north in
    degrees; None where nothing has a place): of all that is drawn.
    """

    points_from: int
    largest: list[int]
    is_thinned: bool
    n_placed: int
    bounds: tuple[float, float, float, float] | None


# ---- one snapshot, one filter ---------------------------------------------------------------------------------------
_indexes: OrderedDict[str, Index] = OrderedDict()
_N_INDEXES = 4  # snapshots that are looked at in turn (45 MB each at a million facilities)


def index(snapshot: Snapshot) -> Index:
    """The index of a snapshot, made once (0.5 s at a million facilities)."""
    known = _indexes.get(snapshot.id)
    if known is None:
        known = _built(snapshot)
    keep(_indexes, snapshot.id, known, _N_INDEXES)
    return known


_READ = ("currency", "budget_amount", "r_lo", "level", "delivery", "is_flagged", "location_precision")


def _built(snapshot: Snapshot) -> Index:
    rows = snapshot.facilities
    lon, lat = (rows[name].to_numpy(float, na_value=np.nan) for name in ("lon", "lat"))
    row = np.flatnonzero(~np.isnan(lon) & ~np.isnan(lat)).astype(np.int32)
    x, y = _world(lon[row], lat[row])
    code = _morton(x, y)
    along = np.argsort(code, kind="stable")
    row = row[along]
    placed = rows[list(_READ)].iloc[row]
    is_summed = placed["currency"].eq(snapshot.currency).fillna(False).astype(bool)
    budget = placed["budget_amount"].where(is_summed)
    points = placed["r_lo"].to_numpy(float, na_value=-1.0)
    order = np.empty(len(row), np.int32)
    order[np.lexsort((row, -points))] = np.arange(len(row), dtype=np.int32)
    return Index(
        row=row,
        code=code[along],
        x=x[along],
        y=y[along],
        level=_indices(placed["level"], schema.LEVELS, "not_assessable"),
        delivery=_indices(placed["delivery"], schema.DELIVERY, "not_known"),
        is_flagged=placed["is_flagged"].fillna(False).to_numpy(bool),
        is_rough=~placed["location_precision"].isin(("site", "settlement")).to_numpy(bool),
        order=order,
        budget=budget.fillna(0).to_numpy(np.int64),
        is_budget_known=budget.notna().to_numpy(bool),
    )


def _indices(codes: pd.Series, names: tuple[str, ...], unknown: str) -> np.ndarray:
    found = pd.Index(names).get_indexer(codes.fillna(unknown).astype(object))
    return np.where(found < 0, names.index(unknown), found).astype(np.uint8)


def _world(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees -> Web Mercator steps from the north-western corner."""
    sine = np.sin(np.radians(np.clip(lat, -_MAX_LATITUDE, _MAX_LATITUDE)))
    east, south = (lon + 180) / 360, 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    x, y = (np.clip(part * 2.0**_BITS, 0, 2.0**_BITS - 1).astype(np.uint64) for part in (east, south))
    return x, y


def _degrees(x: float, y: float) -> tuple[float, float]:
    """The way back: longitude and latitude of a step."""
    mercator = math.pi * (1 - 2 * y / 2**_BITS)
    return x / 2**_BITS * 360 - 180, math.degrees(math.atan(math.sinh(mercator)))


def _morton(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """One number of the bits of both: squares of any size are then one piece of the sorted numbers."""
    return _spread(x) | (_spread(y) << np.uint64(1))


def _spread(values: np.ndarray) -> np.ndarray:
    """The low 32 bits of each value on every second bit."""
    spread = values.astype(np.uint64)
    for shift, keep in _SPREADING:
        spread = (spread | (spread << np.uint64(shift))) & np.uint64(keep)
    return spread


_SPREADING = (
    (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F), (2, 0x3333333333333333), (1, 0x5555555555555555),
)  # fmt: skip


def without_sort(filter_: Filter) -> Filter:
    """The filter as a map sees it: its order is of no matter there."""
    return replace(filter_, sort=filters.DEFAULT_SORT)


class _Selection(NamedTuple):
    """Which entries of the index a filter shows, and how they are drawn."""

    of: Index
    is_shown: np.ndarray
    detail: Detail


_selections: OrderedDict[tuple[str, Filter], _Selection] = OrderedDict()
_N_SELECTIONS = 48  # filters that readers look at (1 MB each at a million facilities)


def detail(snapshot: Snapshot, filter_: Filter) -> Detail:
    """How the facilities of a filter are drawn at every zoom."""
    return _selected(snapshot, without_sort(filter_)).detail


def _selected(snapshot: Snapshot, filter_: Filter) -> _Selection:
    key = (snapshot.id, filter_)
    known = _selections.get(key)
    if known is None:
        of = index(snapshot)
        is_shown = filters.mask(filter_, snapshot.facilities)[of.row]
        known = _Selection(of, is_shown, _detail(of, is_shown))
    keep(_selections, key, known, _N_SELECTIONS)
    return known


def _detail(of: Index, is_shown: np.ndarray) -> Detail:
    code = of.code[is_shown]
    if not len(code):
        return Detail(0, [], False, 0, None)
    x, y = of.x[is_shown], of.y[is_shown]
    west, north = _degrees(int(x.min()), int(y.min()))
    east, south = _degrees(int(x.max()), int(y.max()))
    bounds = (west, south, east, north)
    if len(code) <= FEW:
        return Detail(0, [], False, len(code), bounds)
    # facilities of the fullest square at each depth, from fine to coarse: each step adds up four squares
    fullest, is_clear = {}, {}
    squares, counts = code, np.ones(len(code), np.int64)
    for depth in range(LAST_ZOOM + _CELL_BITS, -1, -1):
        squares, counts = _added_up(_at_depth(squares, depth) if squares is code else squares >> np.uint64(2), counts)
        fullest[depth] = int(counts.max())
        is_clear[depth] = fullest[depth] <= HEAVY_TILE and counts[counts <= FULL_TILE].sum() * 2 > len(code)
    points_from = next((z for z in range(LAST_ZOOM) if is_clear[z]), LAST_ZOOM)
    largest = [fullest[z + _CELL_BITS] for z in range(points_from)]
    return Detail(points_from, largest, int(of.is_flagged[is_shown].sum()) > FEW_FLAGGED, len(code), bounds)


def _added_up(squares: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    starts = _starts(squares)
    return squares[starts], np.add.reduceat(counts, starts)


def _starts(squares: np.ndarray) -> np.ndarray:
    """Where a new square begins in numbers that are sorted."""
    return np.flatnonzero(np.r_[True, squares[1:] != squares[:-1]])


def _at_depth(code: np.ndarray, depth: int) -> np.ndarray:
    """The square of 2**depth by 2**depth that each place lies in."""
    return code >> np.uint64(2 * (_BITS - depth)) if depth else np.zeros_like(code)


# ---- one tile -------------------------------------------------------------------------------------------------------
@cache
def version() -> str:
    """Changes whenever this file does: what a browser keeps for good must not outlive the program that made it."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]


_tiles: OrderedDict[tuple[str, Filter, int, int, int], bytes] = OrderedDict()
_N_TILES = 2048  # of a few kB each


def tile(snapshot: Snapshot, filter_: Filter, z: int, x: int, y: int) -> bytes:
    """One tile, compressed with gzip; empty where nothing is. ValueError for a tile that cannot be."""
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise ValueError(f"no tile {z}/{x}/{y}")
    shown = without_sort(filter_)
    key = (snapshot.id, shown, z, x, y)
    body = _tiles.get(key)
    if body is None:
        made = _tile(_selected(snapshot, shown), z, x, y)
        body = gzip.compress(made, 6, mtime=0) if made else b""
    keep(_tiles, key, body, _N_TILES)
    return body


def keep(kept: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
    """Put the latest last and let the oldest go; other threads may do the same at the same time."""
    kept[key] = value
    with suppress(KeyError):
        kept.move_to_end(key)
        while len(kept) > most:
            kept.popitem(last=False)


def _tile(selected: _Selection, z: int, x: int, y: int) -> bytes:
    of, how = selected.of, selected.detail
    low = int(_morton(np.array([x]), np.array([y]))[0]) << 2 * (_BITS - z)
    first = np.searchsorted(of.code, np.uint64(low))
    last = np.searchsorted(of.code, np.uint64(low + (1 << 2 * (_BITS - z)) - 1), side="right")
    at = first + np.flatnonzero(selected.is_shown[first:last])
    if not len(at):
        return b""
    shift = np.uint64(_BITS - z - _EXTENT_BITS)
    px = ((of.x[at] - np.uint64(x << (_BITS - z))) >> shift).astype(np.int64)
    py = ((of.y[at] - np.uint64(y << (_BITS - z))) >> shift).astype(np.int64)
    is_flagged = of.is_flagged[at]
    if z >= how.points_from:
        return _one_by_one("points", of, at, px, py, ~is_flagged) + _one_by_one("flagged", of, at, px, py, is_flagged)
    named = is_flagged
    if how.is_thinned:
        named = np.zeros(len(at), bool)
        flagged = np.flatnonzero(is_flagged)
        if len(flagged):
            starts = _starts(_at_depth(of.code[at[flagged]], z + _CELL_BITS))
            best = np.minimum.reduceat(of.order[at[flagged]], starts)
            named[flagged] = np.isin(of.order[at[flagged]], best)
    return _cells(of, at, px, py, z) + _one_by_one("flagged", of, at, px, py, named)


def _one_by_one(name: str, of: Index, at: np.ndarray, px: np.ndarray, py: np.ndarray, keep: np.ndarray) -> bytes:
    at = at[keep]
    properties = {"level": of.level[at], "delivery": of.delivery[at], "rough": of.is_rough[at]}
    return encode(name, px[keep], py[keep], of.row[at], properties)


def _cells(of: Index, at: np.ndarray, px: np.ndarray, py: np.ndarray, z: int) -> bytes:
    """Each cell stands where its facilities are on average."""
    starts = _starts(_at_depth(of.code[at], z + _CELL_BITS))
    count = np.diff(np.r_[starts, len(at)])

    def summed(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values.astype(np.int64), starts)

    flagged, known, budget = of.is_flagged[at], of.is_budget_known[at], of.budget[at]
    properties = {
        "n_facilities": count,
        "n_flagged": summed(flagged),
        "n_not_assessable": summed(of.level[at] == schema.LEVELS.index("not_assessable")),
        "budget": summed(budget),
        "n_budget_unknown": summed(~known),
        "flagged_budget": summed(budget * flagged),
        "n_flagged_budget_unknown": summed(flagged & ~known),
    }
    # the number of a cell within its tile is its id there
    ids = _at_depth(of.code[at][starts], z + _CELL_BITS) & np.uint64(4**_CELL_BITS - 1)
    return encode("cells", summed(px) // count, summed(py) // count, ids, properties)


# ---- the format -----------------------------------------------------------------------------------------------------
def encode(name: str, px: np.ndarray, py: np.ndarray, ids: np.ndarray, properties: Mapping[str, np.ndarray]) -> bytes:
    """A layer of points as a Mapbox Vector Tile 2.1 writes it, without a loop over its features.

    `px`, `py`: place in the tile, 0 to 4,095; `properties`: whole numbers from 0. Nothing for no points.
    """
    n = len(px)
    if not n:
        return b""
    values: list[int] = []
    tags = []
    for number, column in enumerate(properties.values()):
        found, which = np.unique(column, return_inverse=True)
        tags += [_bytes(number, n), _varints(which + len(values))]
        values += [int(value) for value in found]
    tag, place = _joined(*tags), _joined(_bytes(9, n), _varints(px << 1), _varints(py << 1))  # 9: move to one point
    feature = _joined(
        _bytes(0x08, n), _varints(ids), _bytes(0x12, n), _lengths(tag), tag, _bytes(0x18, n), _bytes(1, n),
        _bytes(0x22, n), _lengths(place), place,
    )  # fmt: skip
    digits, is_used = _joined(_bytes(0x12, n), _lengths(feature), feature)
    body = _field(1, name.encode()) + digits[is_used].tobytes()
    body += b"".join(_field(3, key.encode()) for key in properties)
    body += b"".join(_field(4, b"\x28" + _varint(value)) for value in values)
    return _field(3, body + b"\x28" + _varint(1 << _EXTENT_BITS) + b"\x78\x02")


_Digits = tuple[np.ndarray, np.ndarray]  # bytes of each feature in a row of their own, and which of them are there


def _bytes(value: int, n: int) -> _Digits:
    return np.full((n, 1), value, np.uint8), np.ones((n, 1), bool)


def _varints(values: np.ndarray) -> _Digits:
    rest = values.astype(np.uint64)
    width = max(1, -(-int(rest.max()).bit_length() // 7))
    digits, is_used = np.zeros((len(rest), width), np.uint8), np.zeros((len(rest), width), bool)
    for at in range(width):
        is_used[:, at] = True if at == 0 else rest > 0
        digits[:, at] = (rest & np.uint64(127)).astype(np.uint8)
        rest >>= np.uint64(7)
        digits[:, at] |= np.where(rest > 0, 128, 0).astype(np.uint8)
    return digits, is_used


def _joined(*parts: _Digits) -> _Digits:
    return np.concatenate([digits for digits, _ in parts], axis=1), np.concatenate([is_used for _, is_used in parts], axis=1)


def _lengths(part: _Digits) -> _Digits:
    return _varints(part[1].sum(axis=1))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body
