"""The files in geodata/: what their source cards promise, and that the build script still makes the same bytes."""

import importlib.util
import json
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
import shapely
from pyproj import Geod

FOLDER = Path(__file__).parents[1] / "geodata"
GEOD = Geod(ellps="WGS84")
STATED_KM2 = 2_724_902  # official area of the country
CITIES = {  # a point in the middle of each seat: lon, lat
    "KZ-10": (80.25, 50.42), "KZ-11": (69.39, 53.28), "KZ-15": (57.21, 50.28), "KZ-19": (77.06, 43.87), "KZ-23": (51.88, 47.10),
    "KZ-27": (51.37, 51.23), "KZ-31": (71.37, 42.90), "KZ-33": (78.37, 45.02), "KZ-35": (73.10, 49.80), "KZ-39": (63.62, 53.21),
    "KZ-43": (65.51, 44.85), "KZ-47": (51.17, 43.66), "KZ-55": (76.97, 52.28), "KZ-59": (69.15, 54.87), "KZ-61": (68.26, 43.30),
    "KZ-62": (67.71, 47.79), "KZ-63": (82.61, 49.97), "KZ-71": (71.43, 51.13), "KZ-75": (76.93, 43.24), "KZ-79": (69.60, 42.32),
}  # fmt: skip


def km2(geometry):
    polygons = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return sum(abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(part))[0]) for part in polygons) / 1e6


@pytest.fixture(scope="module")
def features():
    return json.loads((FOLDER / "regions.geojson").read_text("utf-8"))["features"]


@pytest.fixture(scope="module")
def shapes(features):
    return {f["properties"]["code"]: shapely.from_geojson(json.dumps(f["geometry"])) for f in features}


@pytest.fixture(scope="module")
def settlements():
    return pd.read_csv(FOLDER / "settlements.csv", keep_default_na=False)


def test_the_20_units_sorted_with_names_in_three_languages(features):
    codes = [f["properties"]["code"] for f in features]
    assert codes == sorted(CITIES)
    for feature in features:
        row = feature["properties"]
        assert row["kato"] == row["code"][3:] + "0000000"
        assert all(row[f"name_{lang}"] for lang in ("kk", "ru", "en"))
    for name in ("kato", "name_kk", "name_ru", "name_en"):
        assert len({f["properties"][name] for f in features}) == 20


def test_polygons_are_valid_and_form_one_coverage(shapes):
    assert all(shape.is_valid and not shape.is_empty for shape in shapes.values())
    assert shapely.coverage_is_valid(list(shapes.values()))
    for a, b in combinations(shapes, 2):
        assert km2(shapes[a].intersection(shapes[b])) < 1, (a, b)


def test_no_gap_between_the_regions(shapes):
    holes = [
        shapely.Polygon(ring) for part in shapely.get_parts(shapely.union_all(list(shapes.values()))) for ring in part.interiors
    ]
    assert sum(map(km2, holes)) < 0.01


def test_total_area(shapes):
    assert sum(map(km2, shapes.values())) == pytest.approx(STATED_KM2, rel=0.001)


def test_seats_fall_in_their_region(shapes):
    for code, (lon, lat) in CITIES.items():
        assert [c for c, shape in shapes.items() if shape.covers(shapely.Point(lon, lat))] == [code]


def test_label_points_and_boxes(features, shapes):
    for feature in features:
        row, shape = feature["properties"], shapes[feature["properties"]["code"]]
        assert shape.contains(shapely.Point(row["label_lon"], row["label_lat"]))
        assert feature["bbox"] == pytest.approx(shape.bounds, abs=1e-4)


def test_file_is_light_enough_for_a_phone():
    assert (FOLDER / "regions.geojson").stat().st_size < 260_000


def test_settlements(settlements, shapes):
    assert list(settlements) == ["name_kk", "name_ru", "name_en", "lat", "lon", "population", "region_code"]
    assert len(settlements) > 300
    assert set(settlements["region_code"]) == set(CITIES)
    assert settlements["lat"].between(40.5, 55.5).all() and settlements["lon"].between(46.4, 87.4).all()
    largest = settlements.iloc[0]
    assert (largest["name_kk"], largest["name_ru"], largest["name_en"], largest["region_code"]) == (
        "Алматы",
        "Алматы",
        "Almaty",
        "KZ-75",
    )


@pytest.mark.parametrize(
    ("kk", "ru", "code"),
    [("Өскемен", "Усть-Каменогорск", "KZ-63"), ("Қарағанды", "Караганда", "KZ-35"), ("Орал", "Уральск", "KZ-27"),
     ("Теміртау", "Темиртау", "KZ-35"), ("Қосшы", "Косшы", "KZ-11"), ("Қонаев", "Конаев", "KZ-19")],
)  # fmt: skip
def test_known_towns(settlements, kk, ru, code):
    found = settlements[settlements["name_kk"] == kk]
    assert found["name_ru"].tolist() == [ru]
    assert found["region_code"].tolist() == [code]


def test_building_again_gives_the_same_bytes(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("geodata_build", FOLDER / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    build.main()
    for name in ("regions.geojson", "settlements.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name
