"""What a visitor is told: places, distances in words, and the one question that can be answered from the street."""

from datetime import date
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import near, schema, visit
from riskmap import settings as riskmap_settings
from riskmap.filters import Filter
from riskmap.i18n import LANGUAGES, text
from riskmap.visit import Here

COUNTRY = riskmap_settings.load()["country"]
ALMATY = Here(43.25, 76.95)
COLUMNS = [*schema.SCORED, *(f"{k}_severity" for k in visit.VISIBLE)]


def facility(**values):
    row = dict.fromkeys(COLUMNS) | {
        "facility_id": "F1", "title": "School 5", "facility_type": "school", "region_code": "KZ-75", "level": "medium",
        "delivery": "not_due", "lat": 43.25, "lon": 76.95, "location_precision": "site",
        "is_restricted": False, "is_flagged": False,
    }  # fmt: skip
    return row | values


def frame(*rows):
    table = pd.DataFrame([facility(**row) for row in rows], columns=COLUMNS)
    return table.astype(
        {"lat": float, "lon": float, "is_flagged": "boolean", "is_overdue": "boolean", "is_restricted": "boolean"}
    )


def around(table, here=ALMATY, radius_km=25, filter_=None):
    return visit.around(table, near.build(table["lat"], table["lon"]), here, radius_km, filter_ or Filter())


# ---- where the reader is --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "lat", "lon"),
    [("43.2389, 76.8897", 43.2389, 76.8897), ("43,2389; 76,8897", 43.2389, 76.8897), ("43.2389 76.8897", 43.2389, 76.8897),
     ("43°14'20\"N 76°53'23\"E", 43.238889, 76.889722)],
)  # fmt: skip
def test_typed_coordinates(typed, lat, lon):
    here = visit.here_of_text(typed, COUNTRY)
    assert (here.lat, here.lon) == pytest.approx((lat, lon), abs=1e-5)


@pytest.mark.parametrize(
    ("typed", "error"),
    [("76.8897, 43.2389", "swapped"), ("55.7512, 137.6184", "outside"), ("hello", "unreadable"), ("43", "unreadable"),
     ("43, 76", "rough"), ("0, 0", "unreadable"), ("9" * 500, "unreadable")],
)  # fmt: skip
def test_typed_coordinates_that_cannot_be_used(typed, error):
    assert visit.here_of_text(typed, COUNTRY).error == error


@pytest.mark.parametrize(
    ("answer", "error"),
    [({"error": "denied"}, "denied"), ({"error": "<b>"}, "unavailable"), ({"error": {}}, "unavailable"), ("x", "unavailable"),
     ([], "unavailable"), ({}, "unavailable"), ({"lat": True, "lon": 76}, "unavailable"),
     ({"lat": "43", "lon": 76}, "unavailable"), ({"lat": 91, "lon": 76}, "unavailable"),
     ({"lat": float("nan"), "lon": 76}, "unavailable"), ({"lat": 10**400, "lon": 76}, "unavailable")],
)  # fmt: skip
def test_a_forged_or_refused_position(answer, error):
    assert visit.here_of_browser(answer).error == error


def test_a_position_of_the_browser():
    assert visit.here_of_browser({"lat": 43.25, "lon": 76.95, "accuracy": 120}) == Here(43.25, 76.95, 120.0)


# ---- what is there --------------------------------------------------------------------------------------------------
def test_nearest_first_and_those_without_a_place_apart():
    table = frame(
        {"facility_id": "far", "lat": 43.35}, {"facility_id": "near"}, {"facility_id": "nowhere", "lat": np.nan, "lon": np.nan},
        {"facility_id": "beyond", "lat": 44.5},
    )  # fmt: skip
    found = around(table)
    assert found.rows["facility_id"].tolist() == ["near", "far"]
    assert found.metres == pytest.approx([0, 11_110], abs=10)
    assert not found.is_beyond
    apart = visit.without_place(table, Filter())
    assert {code: group.rows["facility_id"].tolist() for code, group in apart.items()} == {"KZ-75": ["nowhere"]}


def test_none_within_the_radius_shows_the_nearest_beyond():
    table = frame(*({"facility_id": f"F{n}", "lat": 44.0 + n / 10} for n in range(8)))
    found = around(table, radius_km=2)
    assert found.is_beyond
    assert found.rows["facility_id"].tolist() == ["F0", "F1", "F2", "F3", "F4"]
    assert "2 km" in visit.sentence(found, 2, "en")


def test_filters_and_restricted_facilities():
    table = frame(
        {"facility_id": "a", "is_flagged": True}, {"facility_id": "b", "facility_type": "sport"},
        {"facility_id": "c", "level": "high"},
        {"facility_id": "hidden", "is_restricted": True}, {"facility_id": "hidden2", "is_restricted": True, "lat": np.nan},
    )  # fmt: skip
    ids = lambda **conditions: sorted(around(table, filter_=Filter(**conditions)).rows["facility_id"])  # noqa: E731
    assert ids() == ["a", "b", "c"]
    assert ids(flagged=True) == ["a"]
    assert ids(types=("sport",)) == ["b"]
    assert ids(levels=("high",)) == ["c"]
    assert around(table, filter_=Filter(types=("water",))).n == 0
    assert visit.without_place(table, Filter()) == {}


def test_pages_of_cards():
    table = frame(*({"facility_id": f"F{n:02d}"} for n in range(5)))
    found = around(table)
    assert found.n_pages(2) == 3
    assert [card.facility_id for page in (1, 2, 3) for card in found.cards(page, 2, "en")] == [f"F{n:02d}" for n in range(5)]


def test_nothing_at_all():
    found = around(frame())
    assert found.n == 0 and found.cards(1, 24, "kk") == []
    assert visit.sentence(found, 25, "en")


# ---- in words -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("metres", "is_exact", "words"),
    [(0, True, "0 m"), (848, True, "850 m"), (996, True, "1.0 km"), (12_340, True, "12.3 km"), (99_960, True, "100 km"),
     (1_234_567, True, "1,235 km"), (12_340, False, "≈ 12 km"), (400, False, "less than 1 km")],
)  # fmt: skip
def test_distance_words(metres, is_exact, words):
    assert visit.distance_words(metres, "en", is_exact=is_exact) == words


MARCH = date(2026, 3, 1)
NOTHING_SPECIAL = "Nothing special stands out in the data. Does the information board show the name, deadline and contractor?"
LITTLE_KNOWN = "Too little is published. What does the information board say about the deadline and contractor?"
LOOKS = [
    ({"D01_severity": 1.0, "delivery": "overdue", "days_late": 210}, "The deadline passed 210 days ago: is the facility open?"),
    ({"D04_severity": 0.6, "progress_share": 0.8, "progress_on": MARCH},
     "The works are behind schedule. Reported 80% complete (March 1, 2026): is the roof on?"),
    ({"T01_severity": 0.4, "progress_share": 0.03, "progress_on": MARCH},
     "Payments run ahead of the works. Reported 3% complete (March 1, 2026): have the works begun?"),
    ({"T01_severity": 0.4, "progress_share": 0.8, "progress_on": MARCH, "facility_type": "water"},
     "Payments run ahead of the works. Reported 80% complete (March 1, 2026): does it match what you see?"),
    ({"D05_severity": 1.0, "stalled_since_on": MARCH}, "No progress reported since March 1, 2026: is anybody working?"),
    ({"D01_severity": 0.3, "D05_severity": 0.9, "days_late": 9, "stalled_since_on": MARCH, "delivery": "overdue"},
     "No progress reported since March 1, 2026: is anybody working?"),
    ({"D01_severity": 1.0, "T06_severity": 1.0, "progress_share": 0.4, "delivery": "overdue"},
     "An earlier visit showed less than was reported (40%): are there foundations and walls?"),
    ({"D01_severity": 1.0, "delivery": "completed_late", "completed_on": MARCH},
     "Reported as completed (March 1, 2026): is it open and in use?"),
    ({"D01_severity": 0.0}, NOTHING_SPECIAL),
    ({}, LITTLE_KNOWN),
    ({"T11_severity": 1.0, "T08_severity": 1.0}, LITTLE_KNOWN),  # papers are not for visitors
]  # fmt: skip


@pytest.mark.parametrize(("values", "words"), LOOKS)
def test_what_to_look_at(values, words):
    assert visit.look(facility(**values), "en") == words


def test_every_card_speaks_every_language_whatever_is_known():
    given_values = product(visit.VISIBLE, schema.DELIVERY, [None, 0.0, 0.8, 1.0], [None, *schema.PRECISIONS])
    rows = [
        {f"{k}_severity": 1.0, "delivery": delivery, "progress_share": share, "location_precision": precision,
         "facility_type": None, "region_code": None, "title": None}
        for k, delivery, share, precision in given_values
    ]  # fmt: skip
    table = frame(*rows)
    for lang in LANGUAGES:
        for card in visit.cards(table, [1500.0] * len(table), lang):
            assert "{" not in "".join(map(str, vars(card).values()))
            assert card.look and card.distance and card.kind and card.planned


def test_a_card_of_a_place_known_only_roughly_says_so():
    table = frame({"location_precision": "settlement", "settlement": "Abai"})
    card = visit.cards(table, [4_000.0], "en")[0]
    assert (card.distance, card.place, card.geo_uri) == ("≈ 4 km", "Abai, Almaty city", "geo:43.25000,76.95000")
    assert "settlement" in card.precision
    assert visit.cards(table, None, "en")[0].distance == ""


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(41, 55), st.floats(47, 87), st.booleans()), max_size=12), st.floats(1, 3000))
def test_nothing_is_lost_between_the_two_lists(points, radius_km):
    table = frame(
        *({"facility_id": f"F{n}", "lat": np.nan if gone else lat, "lon": lon} for n, (lat, lon, gone) in enumerate(points))
    )
    everywhere = around(table, radius_km=20_100).rows["facility_id"].tolist()
    apart = [i for group in visit.without_place(table, Filter()).values() for i in group.rows["facility_id"]]
    assert sorted(everywhere + apart) == sorted(table["facility_id"])
    found = around(table, radius_km=radius_km)
    assert found.metres == sorted(found.metres)


def test_open_questions_and_places_not_visited():
    table = frame(
        {"facility_id": "asks", "T16_severity": 1.0}, {"facility_id": "quiet", "D01_severity": 0.0},
        {"facility_id": "over", "D01_severity": 1.0, "delivery": "completed_late"}, {"facility_id": "paper"},
        {"facility_id": "seen", "D05_severity": 0.4},
    )  # fmt: skip
    ids = lambda **asked: table[visit.kept(table, **asked)]["facility_id"].tolist()  # noqa: E731
    assert ids() == ["asks", "quiet", "over", "paper", "seen"]
    assert ids(with_question=True) == ["asks", "seen"]
    assert ids(with_question=True, visited={"seen"}) == ["asks"]
    assert ids(visited={"seen", "asks"}) == ["quiet", "over", "paper"]
    rows = visit.kept(table, with_question=True)
    index = near.build(table["lat"], table["lon"])
    assert visit.around(table, index, ALMATY, 25, Filter(), rows).rows["facility_id"].tolist() == ["asks", "seen"]
    assert visit.nearest(table, ALMATY, 1, Filter(), rows).n == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_visible_indicator_asks_a_question(lang):
    known = {"days_late": 9, "stalled_since_on": MARCH, "progress_share": 0.8, "progress_on": MARCH}
    asked = {k: visit.look(facility(**{f"{k}_severity": 1.0}, **known), lang) for k in visit.VISIBLE}
    assert len(set(asked.values())) == len(visit.VISIBLE)
    for words in asked.values():
        assert words.endswith("?") and ".." not in words and text("common.not_known", lang) not in words


def test_tasks_are_what_a_visitor_can_do_gravest_first():
    row = facility(D01_severity=0.4, D05_severity=1.0) | {"T09_severity": 1.0}
    assert visit.tasks(row, "en")[0] == text("indicator.D05.volunteer", "en")
    assert visit.tasks(facility(), "en") == [] and "" not in visit.tasks(row, "en")
