"""A day of visits: the order in which a few places are visited with the shortest way, and about how long it takes.

Distances are geodesics on the WGS 84 ellipsoid: no road is known here. Up to `EXACT_UP_TO` places the order is proved the
shortest (dynamic programming of Held and Karp, 1962); beyond it is improved until no turned or moved piece makes it
shorter (2-opt and or-opt from every first place), which is near the shortest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from pyproj import Geod

from riskmap import i18n
from riskmap.i18n import text

MAX_PLACES = 20
EXACT_UP_TO = 12  # 4,096 sets of places, about 50 ms; each place more doubles it
_GEOD = Geod(ellps="WGS84")
_PIECE = 3  # places that or-opt moves together
_SAME_METRES = 1e-6  # a gain below it is rounding
_MINUTES_SAID = 10  # "about": rounded to so many minutes

Point = tuple[float, float]  # latitude, longitude in degrees


@dataclass(frozen=True)
class Route:
    """`order` = positions of the places as they are visited; `legs_metres` between them, before them that from the start if
    there is one."""

    order: tuple[int, ...]
    legs_metres: tuple[float, ...]
    is_exact: bool

    @property
    def metres(self) -> float:
        return sum(self.legs_metres)


def shortest(places: Sequence[Point], start: Point | None = None) -> Route:
    """The way through all `places`, from `start` if it is given, ending at any of them. ValueError beyond `MAX_PLACES`."""
    if len(places) > MAX_PLACES:
        raise ValueError(f"at most {MAX_PLACES} places")
    metres = distances(places)
    first = _from(start, places) if start else np.zeros(len(places))
    is_exact = len(places) <= EXACT_UP_TO
    order = (_held_karp if is_exact else _improved)(metres, first)
    legs = ([float(first[order[0]])] if start and order else []) + [float(metres[a, b]) for a, b in pairwise(order)]
    return Route(tuple(order), tuple(legs), is_exact)


def legs_metres(places: Sequence[Point]) -> list[float]:
    """Geodesic metres from each place to the next, in the order given."""
    return [float(_GEOD.inv(a[1], a[0], b[1], b[0])[2]) for a, b in pairwise(places)]


def distances(places: Sequence[Point]) -> np.ndarray:
    """Geodesic metres between all pairs, shape (n, n): symmetric to the last bit, 0 on the diagonal."""
    metres = np.zeros((len(places), len(places)))
    for a, place in enumerate(places):
        metres[a, a + 1 :] = _from(place, places[a + 1 :])
    return metres + metres.T


def _from(start: Point, places: Sequence[Point]) -> np.ndarray:
    if not places:
        return np.zeros(0)
    lat, lon = np.array(places, dtype=float).T
    return np.asarray(_GEOD.inv(np.full(len(lat), start[1]), np.full(len(lat), start[0]), lon, lat)[2])


def _held_karp(metres: np.ndarray, first: np.ndarray) -> list[int]:
    """The shortest path that visits every place once; `first` = metres from the start to each (0 without one)."""
    n = len(metres)
    if n == 0:
        return []
    # best[set, last] = metres of the shortest way through the places of the set (bits) that ends in `last`
    best = np.full((1 << n, n), np.inf)
    before = np.zeros((1 << n, n), dtype=np.int8)
    best[1 << np.arange(n), np.arange(n)] = first
    for visited in range(1, 1 << n):
        outside = [place for place in range(n) if not visited >> place & 1]
        if not outside:
            break
        ways = best[visited][:, None] + metres[:, outside]  # from each last place to each that is still to come
        came = ways.argmin(axis=0)
        for column, place in enumerate(outside):
            best[visited | 1 << place, place] = ways[came[column], column]
            before[visited | 1 << place, place] = came[column]
    visited, last = (1 << n) - 1, int(best[-1].argmin())
    order = [last]
    while len(order) < n:
        visited, last = visited ^ 1 << last, int(before[visited, last])
        order.append(last)
    return order[::-1]


def _improved(metres: np.ndarray, first: np.ndarray) -> list[int]:
    """The best of the order given and the nearest-next orders from every first place, each improved to the end."""
    n = len(metres)
    begun = [list(range(n)), *(_nearest_next(metres, place) for place in range(n))]
    return min((_until_no_gain(order, metres, first) for order in begun), key=lambda order: _length(order, metres, first))


def _nearest_next(metres: np.ndarray, place: int) -> list[int]:
    order, left = [place], set(range(len(metres))) - {place}
    while left:
        order.append(min(left, key=lambda other: (metres[order[-1], other], other)))
        left.remove(order[-1])
    return order


def _until_no_gain(order: list[int], metres: np.ndarray, first: np.ndarray) -> list[int]:
    length = _length(order, metres, first)
    while True:
        tried = min(_neighbours(order), key=lambda other: _length(other, metres, first))
        if (found := _length(tried, metres, first)) > length - _SAME_METRES:
            return order
        order, length = tried, found


def _neighbours(order: list[int]) -> list[list[int]]:
    """Every order with one piece turned round, or up to three places moved elsewhere."""
    n = len(order)
    turned = [order[:a] + order[a:b][::-1] + order[b:] for a in range(n) for b in range(a + 2, n + 1)]
    moved = []
    for size in range(1, _PIECE + 1):
        for a in range(n - size + 1):
            piece, rest = order[a : a + size], order[:a] + order[a + size :]
            moved += [rest[:to] + piece + rest[to:] for to in range(len(rest) + 1) if to != a]
    return turned + moved


def _length(order: Sequence[int], metres: np.ndarray, first: np.ndarray) -> float:
    at = np.asarray(order)
    return float(first[at[0]] + metres[at[:-1], at[1:]].sum())


# ---- how long it takes ----------------------------------------------------------------------------------------------
def minutes(metres: float, n_places: int, visits: Mapping[str, Any]) -> float:
    """Minutes on the way and at the places; `visits`: the section of the settings."""
    on_the_way = metres / 1000 * visits["detour_factor"] / visits["speed_kmh"] * 60
    return on_the_way + n_places * visits["minutes_per_place"]


def duration_words(n_minutes: float, lang: str) -> str:
    """ "about 2 h 40 min", to ten minutes."""
    hours, rest = divmod(round(n_minutes / _MINUTES_SAID) * _MINUTES_SAID, 60)
    parts = [text("plan.hours", lang, n=i18n.number(hours, lang))] if hours else []
    parts += [text("plan.minutes", lang, n=rest)] if rest or not hours else []
    return text("plan.about", lang, time=" ".join(parts))
