"""The nearest by the k-d tree are the nearest by geodesics alone, everywhere on the ellipsoid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from riskmap import near

GEOD = Geod(ellps="WGS84")
LAT, LON = st.floats(-90, 90), st.floats(-180, 180)
POINTS = st.lists(st.tuples(st.one_of(LAT, st.just(float("nan"))), LON), max_size=40)


def brute_metres(lats, lons, lat, lon):
    n = len(lats)
    return np.asarray(GEOD.inv(np.full(n, lon), np.full(n, lat), np.asarray(lons), np.asarray(lats))[2])


def split(points):
    return np.array([p[0] for p in points], dtype=float), np.array([p[1] for p in points], dtype=float)


@settings(deadline=None)
@given(POINTS, LAT, LON, st.floats(0, 20_100))
def test_within_is_brute_force(points, lat, lon, radius_km):
    lats, lons = split(points)
    known = np.flatnonzero(np.isfinite(lats))
    metres = brute_metres(lats[known], lons[known], lat, lon)
    expected = known[metres <= radius_km * 1000]
    positions, found = near.within(near.build(lats, lons), lat, lon, radius_km)
    assert sorted(positions) == sorted(expected)
    assert np.array_equal(found, np.sort(metres[metres <= radius_km * 1000]))


@settings(deadline=None)
@given(POINTS, LAT, LON, st.integers(0, 12))
def test_nearest_is_brute_force(points, lat, lon, k):
    lats, lons = split(points)
    known = np.flatnonzero(np.isfinite(lats))
    metres = brute_metres(lats[known], lons[known], lat, lon)
    order = np.lexsort((known, metres))[:k]
    positions, found = near.nearest(near.build(lats, lons), lat, lon, k)
    assert found.tolist() == metres[order].tolist()
    assert positions.tolist() == known[order].tolist()


@pytest.mark.parametrize("radius_km", [5, 25, 300])
def test_a_dense_country(radius_km):
    random = np.random.default_rng(3)
    lats, lons = random.uniform(40.5, 55.5, 20_000), random.uniform(46.4, 87.4, 20_000)
    index = near.build(lats, lons)
    for lat, lon in zip(random.uniform(41, 55, 20), random.uniform(47, 87, 20), strict=True):
        metres = brute_metres(lats, lons, lat, lon)
        positions, found = near.within(index, lat, lon, radius_km)
        assert positions.tolist() == [i for i in np.argsort(metres, kind="stable") if metres[i] <= radius_km * 1000]
        assert np.array_equal(found, metres[positions])
        assert near.nearest(index, lat, lon, 10)[0].tolist() == np.argsort(metres, kind="stable")[:10].tolist()


def test_a_point_exactly_on_the_edge_counts():
    lon, lat, _ = GEOD.fwd(76.9, 43.2, 30.0, 25_000)
    distance = brute_metres([lat], [lon], 43.2, 76.9)[0]
    positions, metres = near.within(near.build([lat], [lon]), 43.2, 76.9, distance / 1000)
    assert positions.tolist() == [0] and metres[0] == pytest.approx(25_000, abs=1e-6)


def test_nothing_to_find():
    for index in (near.build([], []), near.build([np.nan, 95.0], [70.0, 70.0])):
        assert near.within(index, 43.2, 76.9, 100)[0].tolist() == []
        assert near.nearest(index, 43.2, 76.9, 3)[0].tolist() == []


def test_positions_are_those_of_the_input_with_gaps():
    index = near.build([np.nan, 43.3, 43.2], [76.9, 76.9, 76.9])
    assert near.nearest(index, 43.2, 76.9, 5)[0].tolist() == [2, 1]
