"""GeoJSON as JSON and shapely: feature by feature, hostile ones refused, nothing through GDAL."""

import json
from pathlib import Path

import pytest

from riskmap import settings as riskmap_settings
from riskmap.check import check
from riskmap.problem import DataError
from riskmap.read.geojson import read_geojson

REAL = Path(__file__).parents[2] / "shared" / "data" / "kz_almaty_works" / "almaty_works.geojson"
SQUARE = [[[76.94, 43.23], [76.942, 43.23], [76.942, 43.232], [76.94, 43.232], [76.94, 43.23]]]


def feature(geometry, **properties) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": {"name": "School", "due_date": "31.12.2025"} | properties}


def read(tmp_path: Path, content, **options):
    path = tmp_path / "x.geojson"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    [table] = read_geojson(path, name="x.geojson", **options)
    return table


def collection(*features, **more) -> dict:
    return {"type": "FeatureCollection", "features": list(features), **more}


def test_points_and_polygons(tmp_path) -> None:
    table = read(
        tmp_path,
        collection(
            feature({"type": "Point", "coordinates": [76.949, 43.238, 800]}, id=1),
            feature({"type": "Polygon", "coordinates": SQUARE}, id=2),
            feature({"type": "MultiPolygon", "coordinates": [SQUARE]}, id=3),
            feature(None, id=4),
            feature({"type": "LineString", "coordinates": [[76.9, 43.2], [77.0, 43.2]]}, id=5),
        ),
    )
    cells = [row.cells for row in table.rows]
    assert (cells[0]["lon"], cells[0]["lat"]) == ("76.9490", "43.2380") and "location_precision" not in cells[0]
    assert (cells[1]["lon"], cells[1]["lat"], cells[1]["location_precision"]) == ("76.941000", "43.231000", "site")
    assert cells[2]["lat"] == cells[1]["lat"] and "lat" not in cells[3]
    assert (cells[4]["lon"], cells[4]["location_precision"]) == ("76.950000", "district")
    assert [c["facility_id"] for c in cells] == ["1", "2", "3", "4", "5"] and cells[0]["due_on"] == "31.12.2025"


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        ({"type": "Point", "coordinates": ["76", "43"]}, "geometry_broken"),
        ({"type": "Point", "coordinates": []}, "geometry_broken"),
        ({"type": "Point"}, "geometry_broken"),
        ("POINT (1 2)", "geometry_broken"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [0, 2], [2, 0], [0, 0]]]}, "geometry_invalid"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "geometry_broken"),
        ({"type": "Polygon", "coordinates": []}, "geometry_empty"),
        ({"type": "Polygon", "coordinates": [[[-179, 0], [179, 0], [179, 1], [-179, 0]]]}, "geometry_too_wide"),
        ({"type": "GeometryCollection", "geometries": []}, "geometry_kind"),
        ({"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}, "geometry_kind"),
        ({"type": "LineString", "coordinates": [[0, 0]] * 200_000}, "geometry_too_large"),
    ],
)
def test_one_broken_geometry_spoils_no_other(tmp_path, geometry, code) -> None:
    table = read(tmp_path, collection(feature(geometry, id=1), feature({"type": "Point", "coordinates": [76.949, 43.238]}, id=2)))
    assert [(p.code, p.row, p.severity) for p in table.problems] == [(code, 1, "cell")]
    assert len(table.rows) == 2 and "lat" in table.rows[1].cells


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (collection(), "no_rows"),
        ({"type": "FeatureCollection", "features": {}}, "geojson_features_not_list"),
        ({"type": "Topology"}, "not_geojson"),
        (collection(feature(None), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}), "geojson_crs"),
        (collection(feature(None), crs=7), "geojson_crs"),
        ("<OGRVRTDataSource/>", "json_broken"),
        (collection(feature(None, **{f"p{n}": 1 for n in range(300)})), "too_many_columns"),
    ],
)
def test_unusable_files(tmp_path, content, code) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, content)
    assert error.value.code == code


def test_features_that_are_none_and_ids_that_differ_are_quarantined(tmp_path) -> None:
    table = read(tmp_path, collection(5, feature(None, id=1) | {"id": 2}, feature(None, id=3)))
    checked = check([table], settings=riskmap_settings.load())
    assert [row.problems[0].code for row in checked.quarantined] == ["feature_not_object", "feature_id_differs"]
    assert checked.counts[0]["rows_in"] == 3 and len(checked.tables["facilities"]) == 1


def test_crs84_and_the_column_map(tmp_path) -> None:
    content = collection(
        feature(None, ort="Sample street", name=None),
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
    )
    assert read(tmp_path, content, column_map={"title": "ort"}).rows[0].cells["title"] == "Sample street"


@pytest.mark.skipif(not REAL.is_file(), reason="real data are not beside the project")
def test_real_file() -> None:
    column_map = {"title": "address", "start_on": "startDate", "due_on": "endDate", "facility_type": "category_ru"}
    tables = read_geojson(REAL, name="almaty.geojson", column_map=column_map)
    checked = check(tables, settings=riskmap_settings.load())
    assert checked.counts[0]["rows_in"] == 69 and len(checked.tables["facilities"]) == 68
    assert {f["region_code"] for f in checked.tables["facilities"] if f["lat"] is not None} == {"KZ-75"}
    assert sorted(p.code for p in checked.problems if p.severity == "cell") == ["geometry_invalid"] * 2
