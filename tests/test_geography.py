import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from riskmap import geography
from riskmap import settings as riskmap_settings
from riskmap.problem import DataError

COUNTRY = riskmap_settings.load()["country"]
NOWHERE = {
    **COUNTRY,
    "boundaries": "",
    "settlements": "",
    "region_aliases": {"Metro Manila": "NCR", "National Capital Region": "NCR"},
}


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("KZ-10", "KZ-10"), ("kz 75", "KZ-75"), ("KZ79", "KZ-79"), ("КZ-71", "KZ-71"),  # the last with a Cyrillic К
        ("710000000", "KZ-71"), ("103230100", "KZ-10"), ("35", "KZ-35"), ("750 000 000", "KZ-75"),
        ("Абай облысы", "KZ-10"), ("область Абай", "KZ-10"), ("Абай", "KZ-10"), ("Abai region", "KZ-10"), ("Abay", "KZ-10"),
        ("Абайская область", "KZ-10"),
        ("Алматы", "KZ-75"), ("г. Алматы", "KZ-75"), ("г.Алматы", "KZ-75"), ("Алматы қ.", "KZ-75"), ("Алматы қаласы", "KZ-75"),
        ("город Алматы", "KZ-75"), ("Almaty city", "KZ-75"), ("ALMATY", "KZ-75"), ("Алма-Ата", "KZ-75"),
        ("Алматинская область", "KZ-19"), ("Алматинская", "KZ-19"), ("Алматинская обл.", "KZ-19"), ("Алматы облысы", "KZ-19"),
        ("Almaty region", "KZ-19"), ("Almaty oblast", "KZ-19"), ("Алматинской области", "KZ-19"),
        ("по Алматинской области", None),
        ("Астана", "KZ-71"), ("Нур-Султан", "KZ-71"), ("г. Нур-Султан", "KZ-71"), ("Шымкент", "KZ-79"), ("г. Шымкент", "KZ-79"),
        ("Жамбыл", "KZ-31"), ("Жамбылская область", "KZ-31"), ("Jambyl Region", "KZ-31"), ("Джамбульская область", "KZ-31"),
        ("Turkistan", "KZ-61"), ("Түркістан", "KZ-61"), ("Туркестанская область", "KZ-61"), ("Turkestan region", "KZ-61"),
        ("Түркістан облысы", "KZ-61"), ("Туркистан облысы", "KZ-61"),
        ("ЮКО", None), ("Южно-Казахстанская область", None), ("ОҚО", None),
        ("ВКО", "KZ-63"), ("ЗКО", "KZ-27"), ("БҚО", "KZ-27"), ("СКО", "KZ-59"), ("ШҚО", "KZ-63"), ("WKO", None),
        ("Западно-Казахстанская область", "KZ-27"), ("Батыс Қазақстан облысы", "KZ-27"), ("Батыс Казакстан", "KZ-27"),
        ("East Kazakhstan", "KZ-63"), ("Солтүстік Қазақстан", "KZ-59"), ("Северо-Казахстанская обл", "KZ-59"),
        ("Ұлытау", "KZ-62"), ("Улытау", "KZ-62"), ("область Ұлытау", "KZ-62"), ("Жетысу", "KZ-33"), ("Jetisu", "KZ-33"),
        ("Карагандинская", "KZ-35"), ("Караганда", "KZ-35"), ("Qaraghandy", "KZ-35"), ("г. Караганда", "KZ-35"),
        ("Кызылординская область", "KZ-43"), ("Маңғыстау", "KZ-47"), ("Mangystau", "KZ-47"), ("Kostanay", "KZ-39"),
        ("Қостанай обл.", "KZ-39"), ("Актобе", "KZ-15"), ("Акмола", "KZ-11"), ("Aqmola region", "KZ-11"),
        ("Семей", "KZ-10"), ("г. Темиртау", "KZ-35"), ("Уральск", "KZ-27"), ("Усть-Каменогорск", "KZ-63"),
        ("г. Абай", None),  # two towns of that name, and neither is the region
        ("Алматинская область, Талгарский район", "KZ-19"), ("Алматинская область, г. Талгар", "KZ-19"),
        ("Алматинская область, г. Семей", None),  # two answers are no answer
        ("  Атырау \n облысы ", "KZ-23"),
        ("", None), (None, None), ("nan", None), ("Шымкент облысы", None), ("99", None), ("2023", None), ("Казахстан", None),
    ],
)  # fmt: skip
def test_resolve_region(stated, code):
    assert geography.resolve_region(stated, COUNTRY) == code


def test_every_own_name_leads_back_to_its_region():
    for row in geography.regions().to_dict("records"):
        for name in (row["code"], row["kato"], row["name_kk"], row["name_ru"], row["name_en"], *row["aliases"]):
            assert geography.resolve_region(name, COUNTRY) == row["code"], name


def test_without_boundaries_the_stated_name_is_the_code():
    assert geography.resolve_region("Region  IV-A", NOWHERE) == "Region IV-A"
    assert geography.resolve_region("metro manila", NOWHERE) == "NCR"
    assert geography.resolve_region("", NOWHERE) is None
    assert geography.region_name("Region IV-A", "kk", "") == "Region IV-A"
    assert geography.regions("").empty
    assert geography.region_of([121.0], [14.6], "").tolist() == [None]


def test_aliases_of_the_settings_come_first():
    country = {**COUNTRY, "region_aliases": {"ЮКО": "KZ-61"}}
    assert geography.resolve_region("юко", country) == "KZ-61"


def test_boundaries_that_cannot_be_read():
    with pytest.raises(DataError):
        geography.regions("no-such-file.geojson")


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_resolves_to_a_code_or_none(text):
    assert geography.resolve_region(text, COUNTRY) in {None, *geography.regions()["code"]}


def test_points_outside_and_missing():
    lon, lat = [71.43, np.nan, 0.0, 76.93, 37.6], [51.13, 43.0, 0.0, np.nan, 55.75]
    assert geography.region_of(lon, lat).tolist() == ["KZ-71", None, None, None, None]
    assert geography.region_of([], []).tolist() == []
    assert geography.region_of([71.4, 500.0, 71.4], [np.inf, 50.0, 200.0]).tolist() == [None, None, None]


def test_a_point_just_outside_the_border_belongs_to_the_nearest_region():
    country = shapely.union_all(geography.regions().geometry.to_numpy())
    border = max(shapely.get_parts(country), key=shapely.area).exterior
    geod = Geod(ellps="WGS84")
    points, expected = [], []
    for fraction in np.linspace(0, 1, 60, endpoint=False):
        on = border.interpolate(fraction, normalized=True)
        for metres in (1500, 3500):
            for azimuth in (0, 90, 180, 270):
                lon, lat, _ = geod.fwd(on.x, on.y, azimuth, metres)
                point = shapely.Point(lon, lat)
                near = shapely.ops.nearest_points(border, point)[0]
                distance = geod.inv(lon, lat, near.x, near.y)[2]
                if not country.covers(point) and abs(distance - 3000) > 400:
                    points.append((lon, lat))
                    expected.append(distance < 3000)
    found = geography.region_of(*np.array(points).T)
    assert [code is not None for code in found] == expected
    assert 20 < sum(expected) < len(expected)


def test_region_of_agrees_with_a_plain_look_at_every_polygon():
    random = np.random.default_rng(1)
    lon, lat = random.uniform(46, 88, 4000), random.uniform(40, 56, 4000)
    frame = geography.regions()
    found = geography.region_of(lon, lat)
    for x, y, code in zip(lon, lat, found, strict=True):
        inside = [c for c, shape in zip(frame["code"], frame.geometry, strict=True) if shape.covers(shapely.Point(x, y))]
        if inside:
            assert code == inside[0]


def test_first_by_code_wins_on_a_common_border():
    frame = geography.regions().set_index("code")
    shared = frame.geometry["KZ-11"].intersection(frame.geometry["KZ-71"])
    x, y = shapely.get_coordinates(shared)[0]
    assert geography.region_of([x], [y]).tolist() == ["KZ-11"]


def test_settlements_lie_in_the_region_the_list_says():
    places = geography.settlements()
    assert (geography.region_of(places["lon"], places["lat"]) == places["region_code"].to_numpy()).all()


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_region_names(lang):
    names = {code: geography.region_name(code, lang) for code in geography.regions()["code"]}
    assert len(set(names.values())) == 20
    assert (
        names["KZ-63"]
        == {"kk": "Шығыс Қазақстан облысы", "ru": "Восточно-Казахстанская область", "en": "East Kazakhstan Region"}[lang]
    )


@pytest.mark.parametrize(
    ("query", "first"),
    [("Караганда", "Қарағанды"), ("Karaganda", "Қарағанды"), ("карагнада", "Қарағанды"), ("Усть-Каменогорск", "Өскемен"),
     ("оскемен", "Өскемен"), ("Semey", "Семей"), ("шу", "Шу"), ("алмата", "Алматы"), ("Екибастуз", "Екібастұз"),
     ("косшы", "Қосшы")],
)  # fmt: skip
def test_find_settlement(query, first):
    assert geography.find_settlement(query)["name_kk"].tolist()[0] == first


def test_find_settlement_by_population_and_limit():
    found = geography.find_settlement("Абай", n=2)
    assert found["region_code"].tolist() == ["KZ-35", "KZ-61"]
    assert geography.find_settlement("").empty
    assert geography.find_settlement("щбфгюкл").empty
    assert geography.find_settlement("Семей", file="").empty
