"""The order of a day of visits: against every other order, from any start, whatever the order in which places are named."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from riskmap import plan
from riskmap import settings as settings_file
from riskmap.i18n import LANGUAGES

GEOD = Geod(ellps="WGS84")
VISITS = settings_file.load()["visits"]
points = st.tuples(st.floats(41, 55), st.floats(47, 87))
starts = st.none() | points


def metres(places, order, start=None):
    at = ([start] if start else []) + [places[i] for i in order]
    return sum(GEOD.inv(a[1], a[0], b[1], b[0])[2] for a, b in pairwise(at))


def test_places_on_a_line_are_visited_along_it():
    places = [(43.0, 77.3), (43.0, 77.0), (43.0, 77.2), (43.0, 77.1)]
    assert plan.shortest(places).order in ((1, 3, 2, 0), (0, 2, 3, 1))
    assert plan.shortest(places, start=(43.0, 76.9)).order == (1, 3, 2, 0)
    assert plan.shortest(places, start=(43.0, 77.4)).order == (0, 2, 3, 1)
    assert len(plan.shortest(places).legs_metres) == 3 and len(plan.shortest(places, start=(43.0, 76.9)).legs_metres) == 4


def test_none_one_and_the_same_place_twice():
    assert plan.shortest([]).order == ()
    assert plan.shortest([], start=(43.0, 76.9)).metres == 0
    assert plan.shortest([(43.0, 77.0)]) == plan.Route((0,), (), True)
    assert plan.shortest([(43.0, 77.0), (43.0, 77.0)]).metres == 0
    with pytest.raises(ValueError, match="at most 20"):
        plan.shortest([(43.0, 77.0)] * 21)


@settings(deadline=None, max_examples=40)
@given(st.lists(points, min_size=1, max_size=7), starts)
def test_no_order_is_shorter(places, start):
    found = plan.shortest(places, start)
    assert found.is_exact and sorted(found.order) == list(range(len(places)))
    assert found.metres == pytest.approx(metres(places, found.order, start), abs=1e-3)
    assert found.metres <= min(metres(places, order, start) for order in permutations(range(len(places)))) + 1e-3


@settings(deadline=None, max_examples=15)
@given(st.lists(points, min_size=2, max_size=9), starts, st.randoms(use_true_random=False))
def test_the_length_does_not_depend_on_how_the_places_are_named(places, start, random):
    mixed = places[:]
    random.shuffle(mixed)
    assert plan.shortest(places, start).metres == pytest.approx(plan.shortest(mixed, start).metres, abs=1e-3)


@settings(deadline=None, max_examples=15)
@given(st.lists(points, min_size=2, max_size=9))
def test_the_way_back_is_as_long(places):
    found = plan.shortest(places)
    assert sum(plan.legs_metres([places[i] for i in found.order[::-1]])) == pytest.approx(found.metres, abs=1e-3)
    assert (plan.distances(places) == plan.distances(places).T).all()


@settings(deadline=None, max_examples=5)
@given(st.lists(points, min_size=13, max_size=20), starts)
def test_many_places_get_an_order_that_says_it_is_not_proved_and_is_never_worse(places, start):
    found = plan.shortest(places, start)
    assert not found.is_exact and sorted(found.order) == list(range(len(places)))
    assert found.metres <= metres(places, range(len(places)), start) + 1e-3


def test_many_places_come_near_the_shortest():
    ring = [(43 + 0.01 * (i * 7 % 16), 77.0) for i in range(16)]  # on a line, so the shortest way is known
    assert plan.shortest(ring).metres == pytest.approx(metres([(43.0, 77.0), (43.15, 77.0)], (0, 1)), abs=1e-3)


def test_the_rest_of_a_shortest_way_is_the_shortest_from_its_first_place():
    """The page of a plan knows no start: it judges the order from its first place on."""
    places = [(43.2, 76.8), (43.3, 77.1), (43.1, 76.9), (43.25, 77.0), (43.4, 76.7)]
    found = plan.shortest(places, start=(43.0, 76.5))
    ordered = [places[i] for i in found.order]
    rest = plan.shortest(ordered[1:], start=ordered[0])
    assert rest.metres == pytest.approx(sum(plan.legs_metres(ordered)), abs=1e-3)


def test_time_is_the_way_and_the_places():
    visits = {"detour_factor": 1.5, "speed_kmh": 30, "minutes_per_place": 20}
    assert plan.minutes(10_000, 3, visits) == pytest.approx(30 + 60)
    assert plan.minutes(0, 1, VISITS) == VISITS["minutes_per_place"]


@pytest.mark.parametrize(
    ("n_minutes", "words"), [(4, "about 0 min"), (20, "about 20 min"), (92, "about 1 h 30 min"), (118, "about 2 h")]
)
def test_time_in_words(n_minutes, words):
    assert plan.duration_words(n_minutes, "en").replace("\u00a0", " ") == words
    for lang in LANGUAGES:
        assert "{" not in plan.duration_words(n_minutes, lang)
