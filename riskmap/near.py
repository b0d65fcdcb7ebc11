"""Points within r km of a place, and the k nearest: exact on the WGS 84 ellipsoid.

A k-d tree over earth-centred coordinates finds candidates, geodesics (pyproj Geod) decide. The straight line through
the earth is never longer than the way along its surface, so the candidates always include every true answer.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyproj import Geod
from scipy.spatial import cKDTree

_GEOD = Geod(ellps="WGS84")
_AXIS_METRES, _ECCENTRICITY_2 = _GEOD.a, _GEOD.es
_ROUNDING_METRES = 1e-3  # of the coordinates of the tree, so that a point exactly on the edge is a candidate

Found = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Index:
    """The points that have coordinates; `positions` are their places in the arrays given to `build`."""

    tree: cKDTree
    lat: np.ndarray
    lon: np.ndarray
    positions: np.ndarray


def build(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Index:
    """Index of points in degrees; a point with a missing or impossible coordinate is left out."""
    y, x = np.asarray(lat, dtype=float), np.asarray(lon, dtype=float)
    positions = np.flatnonzero((np.abs(y) <= 90) & (np.abs(x) <= 180))
    y, x = y[positions], x[positions]
    return Index(cKDTree(_ecef_metres(y, x)), y, x, positions)


def within(index: Index, lat: float, lon: float, radius_km: float) -> Found:
    """(positions, geodesic metres) of all points at most `radius_km` away, nearest first, ties by position."""
    return _ranked(index, lat, lon, radius_km * 1000)


def nearest(index: Index, lat: float, lon: float, k: int) -> Found:
    """(positions, geodesic metres) of the `k` nearest points (fewer if there are fewer), ties by position."""
    k = min(k, len(index.positions))
    if k <= 0:
        return np.empty(0, dtype=int), np.empty(0)
    by_chord = np.atleast_1d(index.tree.query(_ecef_metres(lat, lon), k)[1])
    # the k nearest by chord are k points; the true k nearest are none of them further than their furthest
    positions, metres = _ranked(index, lat, lon, float(_geodesic_metres(index, by_chord, lat, lon).max()))
    return positions[:k], metres[:k]


def _ranked(index: Index, lat: float, lon: float, radius_metres: float) -> Found:
    candidates = np.array(index.tree.query_ball_point(_ecef_metres(lat, lon), radius_metres + _ROUNDING_METRES), dtype=int)
    metres = _geodesic_metres(index, candidates, lat, lon)
    inside = metres <= radius_metres
    candidates, metres = candidates[inside], metres[inside]
    order = np.lexsort((candidates, metres))
    return index.positions[candidates[order]], metres[order]


def _geodesic_metres(index: Index, chosen: np.ndarray, lat: float, lon: float) -> np.ndarray:
    here = np.full(len(chosen), lon), np.full(len(chosen), lat)
    return np.asarray(_GEOD.inv(*here, index.lon[chosen], index.lat[chosen])[2])


def _ecef_metres(lat: npt.ArrayLike, lon: npt.ArrayLike) -> np.ndarray:
    """Earth-centred, earth-fixed coordinates of points at height 0, shape (..., 3)."""
    phi, lam = np.radians(lat), np.radians(lon)
    normal = _AXIS_METRES / np.sqrt(1 - _ECCENTRICITY_2 * np.sin(phi) ** 2)
    return np.stack(
        [normal * np.cos(phi) * np.cos(lam), normal * np.cos(phi) * np.sin(lam), normal * (1 - _ECCENTRICITY_2) * np.sin(phi)],
        axis=-1,
    )
