"""Districts: who belongs to which, that they add up to their region, and what is refused."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import districts, filters, geography, i18n, schema, settings, summarise
from riskmap.problem import DataError, describe_error
from riskmap.snapshot import NULLABLE

REAL = Path(__file__).resolve().parents[2] / "shared/data/kz_boundaries/kz_adm2_2024.geojson"
COUNTRY = settings.load()["country"]
COLUMNS = {name: pa.type_for_alias(schema.ARROW_TYPES[schema.SCORED[name]]) for name in
           ("facility_id", "region_code", "district", "lat", "lon", "location_precision", "district_code")}  # fmt: skip


def scored(*rows):
    """Scored facilities as they are before districts are known: `district_code` is what is stated."""
    full = [{"district_code": row.get("district"), "location_precision": "site", **row} for row in rows]
    return pa.table({name: pa.array([row.get(name) for row in full], kind) for name, kind in COLUMNS.items()})


def codes(country, *rows):
    return districts.with_codes(scored(*rows), country)["district_code"].to_pylist()


def feature(code, region, box, **names):
    properties = {"KATO": code, "ISO_OFFICIAL": region, "ADM2_RU": names.get("ru", ""), "ADM2_EN": names.get("en", "")}
    return {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(shapely.box(*box)))}


@pytest.fixture
def country(tmp_path):
    """Two districts in Karaganda Region side by side, one in Astana's."""
    file = tmp_path / "districts.geojson"
    features = [
        feature("350000001", "KZ-35", (72, 48, 73, 49), ru="Западный", en="West"),
        feature("350000002", "KZ-35", (73, 48, 74, 49), ru="Восточный", en="East"),
        feature("710000001", "KZ71", (71, 51, 72, 52), en="West"),
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return {**COUNTRY, "districts": str(file)}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"lon": 72.5, "lat": 48.5}, "350000001"),
        ({"lon": 73.5, "lat": 48.5}, "350000002"),
        ({"lon": 73.0, "lat": 48.5}, "350000001"),  # on the border: the first by code
        ({"lon": 74.01, "lat": 48.5}, "350000002"),  # 740 m outside: borders are drawn that roughly
        ({"lon": 74.5, "lat": 48.5}, None),  # 37 km outside
        ({"lon": 71.5, "lat": 51.5}, None),  # in a district of another region than the facility's
        ({"lon": 72.5, "lat": 48.5, "district": "Восточный район"}, "350000001"),  # an exact point says more
        ({"lon": 72.5, "lat": 48.5, "district": "Восточный", "location_precision": "district"}, "350000002"),
        ({"lon": 72.5, "lat": 48.5, "district": "Nowhere", "location_precision": "region"}, "350000001"),
        ({"district": "East district"}, "350000002"),
        ({"district": "350000002"}, "350000002"),
        ({"district": "Third"}, None),
        ({}, None),
        ({"district": "West", "region_code": None}, None),
    ],
)
def test_a_facility_lies_in_one_district_of_its_region(country, row, code):
    assert codes(country, {"region_code": "KZ-35", **row}) == [code]


def test_without_a_file_a_district_is_what_the_source_states():
    rows = {"region_code": "KZ-35", "district": "Abay", "lon": 72.5, "lat": 48.5}, {"region_code": "KZ-35"}
    assert codes(COUNTRY, *rows) == ["Abay", None]
    assert districts.described(COUNTRY) is None
    assert districts.names({}, "en") == {}
    assert districts.outlines({}, "KZ-35") is None
    older = {name: value for name, value in COUNTRY.items() if not name.startswith("district")}
    assert codes(older, *rows) == ["Abay", None]


def test_the_manifest_knows_the_names(country):
    told = {"districts": districts.described(country), "settings": {"country": country}}
    assert districts.names(told, "ru")["350000001"] == "Западный"
    assert districts.names(told, "kk")["710000001"] == "West"  # no name in Kazakh: another one, never a gap
    assert filters.in_words(filters.Filter(districts=("350000002",)), "en", districts=districts.names(told, "en")).endswith(
        "East"
    )


def test_outlines_come_only_from_the_file_that_the_snapshot_was_made_by(country, tmp_path):
    told = {"districts": districts.described(country), "settings": {"country": country}}
    found = districts.outlines(told, "KZ-35")
    assert list(found["code"]) == ["350000001", "350000002"]
    drawn = json.loads(districts.geojson(found))
    assert [f["properties"] for f in drawn["features"]] == [{"code": "350000001"}, {"code": "350000002"}]
    assert districts.outlines(told, "KZ-10") is None
    other = {**told, "districts": {**told["districts"], "sha256": "0" * 64}}
    assert districts.outlines(other, "KZ-35") is None
    gone = {**told, "settings": {"country": {**country, "districts": str(tmp_path / "gone.geojson")}}}
    assert districts.outlines(gone, "KZ-35") is None


@pytest.mark.parametrize(
    "features",
    [
        [feature("1", "KZ-35", (72, 48, 73, 49)), feature("1", "KZ-35", (73, 48, 74, 49))],
        [feature("", "KZ-35", (72, 48, 73, 49))],
        [feature("1", "Atlantis", (72, 48, 73, 49))],
        [{"type": "Feature", "properties": None, "geometry": None}],
        "x",
    ],
)
def test_a_file_that_cannot_be_is_refused_in_words(features, tmp_path):
    file = tmp_path / "bad.geojson"
    file.write_text(json.dumps({"features": features}), "utf-8")
    with pytest.raises(DataError) as refused:
        districts.load({**COUNTRY, "districts": str(file)})
    for lang in i18n.LANGUAGES:
        assert "district_properties" in describe_error(refused.value, lang)


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(DataError, match="districts_unreadable"):
        districts.load({**COUNTRY, "districts": "nowhere.geojson"})


def _facilities(rows):
    columns = {name: pa.type_for_alias(schema.ARROW_TYPES[kind]) for name, kind in schema.SCORED.items()}
    table = pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in columns.items()})
    return table.to_pandas(types_mapper=NULLABLE.get)


ROW = st.fixed_dictionaries(
    {
        "district_code": st.sampled_from(["350000001", "350000002", None]),
        "budget_amount": st.none() | st.integers(0, 10**12),
        "exposure_amount": st.none() | st.integers(0, 10**9),
        "is_flagged": st.booleans(),
        "is_overdue": st.none() | st.booleans(),
        "level": st.sampled_from(schema.LEVELS),
    }
)


@given(st.lists(ROW, min_size=1, max_size=30))
@hypothesis_settings(deadline=None, max_examples=25)
def test_districts_add_up_to_their_region(rows):
    frame = _facilities([{"region_code": "KZ-35", "currency": "KZT", "coverage": 0.5, **row} for row in rows])
    own = settings.load()
    found, region = summarise.by_district(frame, own), summarise.by_region(frame, own).iloc[0]
    assert set(found.columns) - {"district_code"} == set(region.index) - {"region_code"}
    for name in (
        "n_facilities",
        "n_placed",
        "n_overdue",
        "n_overdue_unknown",
        "n_flagged",
        "n_not_assessable",
        "n_budget_unknown",
    ):
        assert found[name].sum() == region[name], name
    for name in ("budget", "flagged_budget", "exposure"):
        if pd.notna(region[name]):
            assert found[name].sum() == region[name], name
    if frame["district_code"].isna().any():
        assert found["district_code"].iloc[-1] == summarise.UNKNOWN  # kept, and last
    for code in found["district_code"]:
        chosen = filters.apply(filters.Filter(regions=("KZ-35",), districts=(code,)), frame)
        assert len(chosen) == found.set_index("district_code").loc[code, "n_facilities"]


@pytest.mark.skipif(not REAL.is_file(), reason="no shared data beside the project")
def test_the_real_districts_of_2024():
    country = {**COUNTRY, "districts": str(REAL)}
    known = districts.load(country)
    assert len(known) == 224
    assert set(known["region_code"]) == set(geography.regions()["code"])
    inside = known.geometry.representative_point()
    rows = [
        {"region_code": region, "lon": point.x, "lat": point.y}
        for region, point in zip(known["region_code"], inside, strict=True)
    ]
    assert codes(country, *rows) == list(known["code"])
    told = {"districts": districts.described(country), "settings": {"country": country}}
    assert districts.names(told, "ru")["153200000"] == "Алгинский"
    sizes = [len(districts.geojson(districts.outlines(told, code))) for code in pd.unique(known["region_code"])]
    assert max(sizes) < 300_000
