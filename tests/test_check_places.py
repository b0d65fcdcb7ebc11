"""Coordinates in the ways people write them."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import settings as riskmap_settings
from riskmap.check.places import place_of, region_codes

CASES = Path(__file__).parent / "cases" / "check" / "coordinates.csv"
COUNTRIES = Path(riskmap_settings.DEFAULT).parent / "countries"
BOUNDS = {
    "KZ": riskmap_settings.load()["country"]["bounds"],
    "BR": riskmap_settings.load(COUNTRIES / "brazil.toml")["country"]["bounds"],
    "MX": riskmap_settings.load(COUNTRIES / "mexico.toml")["country"]["bounds"],
}


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case['country']} {case['lat']} {case['lon']}")
def test_cases(case) -> None:
    place = place_of(case["lat"], case["lon"], BOUNDS[case["country"]], stated_precision=None, fix_swapped=False)
    assert [code for code, _, _ in place.findings] == ([case["code"]] if case["code"] else [])
    assert place.precision == case["precision"]
    assert place.lat == (pytest.approx(float(case["found_lat"]), abs=1e-6) if case["found_lat"] else None)
    assert place.lon == (pytest.approx(float(case["found_lon"]), abs=1e-6) if case["found_lon"] else None)


def test_swapped_coordinates_are_put_right_only_when_asked() -> None:
    place = place_of("71.4305", "51.12826", BOUNDS["KZ"], stated_precision=None, fix_swapped=True)
    assert (place.lat, place.lon) == (51.12826, 71.4305)
    assert place.findings == (("coordinates_swapped_back", "warning", {}),)


def test_a_stated_precision_is_kept() -> None:
    assert place_of("51.12826", "71.4305", BOUNDS["KZ"], stated_precision="district", fix_swapped=False).precision == "district"


def test_regions_of_known_cities() -> None:
    country = riskmap_settings.load()["country"]
    assert region_codes([(51.128, 71.43), (43.238, 76.945), (42.315, 69.59), (None, None), (55.75, 37.6)], country) == [
        "KZ-71", "KZ-75", "KZ-79", None, None,
    ]  # fmt: skip


@hypothesis_settings(deadline=None, max_examples=300)
@given(
    lat=st.text(alphabet="0123456789.,-°'\"NSEWсшвдO; ", max_size=30) | st.text(max_size=10),
    lon=st.text(alphabet="0123456789.,-°'\"NSEWсшвдO; ", max_size=30) | st.text(max_size=10),
    country=st.sampled_from(sorted(BOUNDS)),
    fix=st.booleans(),
)
def test_any_text_gives_a_point_inside_the_bounds_or_none(lat, lon, country, fix) -> None:
    place = place_of(lat, lon, BOUNDS[country], stated_precision=None, fix_swapped=fix)
    west, south, east, north = BOUNDS[country]
    if place.lat is None:
        assert place.lon is None and place.precision == "unknown"
    else:
        assert south <= place.lat <= north and west <= place.lon <= east
