"""The large snapshots that the map is measured with: valid, and every place inside its own region."""

from datetime import date

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely

from bench import big
from riskmap import facts, geography, schema, settings, snapshot


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    kinds = pa.schema([(name, pa.type_for_alias(schema.ARROW_TYPES[kind])) for name, kind in schema.SCORED.items()])
    places = [("KZ-75", 76.9, 43.25), ("KZ-71", 71.43, 51.13), ("KZ-27", 51.4, 51.2), (None, None, None)]
    rows = [
        {"facility_id": f"F{i}", "title": f"Facility {i}", "region_code": code, "lon": lon, "lat": lat, "source_row": i}
        for i, (code, lon, lat) in enumerate(places)
    ]
    table = pa.table([pa.array([row.get(field.name) for row in rows], field.type) for field in kinds], schema=kinds)
    others = {name: facts.to_table(name, []) for name in snapshot.TABLES if name not in ("facilities", "problems")}
    manifest = {"as_of": str(date(2026, 11, 1)), "is_demo": True, "settings": settings.load()}
    folder = tmp_path_factory.mktemp("big")
    tables = {"facilities": table, **others, "problems": facts.PROBLEM_SCHEMA.empty_table()}
    source = snapshot.write(folder / "source", tables, manifest)
    return source, big.write(source, folder / "big", 400)


def test_it_is_a_snapshot_of_its_own_with_new_ids(made):
    source, large = made
    assert snapshot.verify(large) == []
    assert snapshot.load(large).id != snapshot.load(source).id
    facilities = snapshot.load(large).facilities
    assert len(facilities) == facilities["facility_id"].nunique() == 400
    assert facilities["lat"].isna().sum() == 100  # what has no place gets none


def test_places_are_spread_inside_their_region(made):
    facilities = snapshot.load(made[1]).facilities.dropna(subset="lat")
    outlines = gpd.read_file(geography.FOLDER / "regions.geojson").set_index("code").geometry
    for code, rows in facilities.groupby("region_code"):
        lon, lat = rows["lon"].to_numpy(float), rows["lat"].to_numpy(float)
        assert shapely.contains_xy(outlines[code], lon, lat).all()
        assert len(np.unique(lon)) > 90


def test_the_same_seed_makes_the_same_country(made, tmp_path):
    source, large = made
    assert snapshot.load(big.write(source, tmp_path / "again", 400)).id == snapshot.load(large).id
