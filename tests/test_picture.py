"""The tiles and the pictures for print: every region has its tile, every picture its date, source and mark."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pandas as pd
import pytest
from starlette.applications import Starlette
from test_web import HOSTILE, _facility, _write, ask

from riskmap import geography, i18n, snapshot, web
from riskmap.filters import Filter
from riskmap.web import cartogram, picture, shade

LANGS = pytest.mark.parametrize("lang", i18n.LANGUAGES)
KINDS = pytest.mark.parametrize("kind", picture.KINDS)
MEASURES = pytest.mark.parametrize("measure", shade.CHOICES)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Ten facilities each in two regions, one in a third with little known, one without a place."""
    rows = [
        _facility(n, region_code="KZ-71" if n % 2 else "KZ-75", is_flagged=n < 4, coverage=0.9, title=HOSTILE) for n in range(20)
    ]
    rows.append(_facility(50, region_code="KZ-63", budget_amount=None, coverage=0.1, level="not_assessable"))
    rows.append(_facility(51, region_code=None, lat=None, lon=None))
    _write(tmp_path / "snapshot", rows)
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(tmp_path / "snapshot"))
    return snapshot.load(tmp_path / "snapshot")


# ---- the grid -----------------------------------------------------------------------------------------------------------
@LANGS
def test_every_region_has_one_tile_and_no_two_share_a_place(served, lang):
    places = cartogram.grid(served, lang)
    assert sorted(place.code for place in places) == sorted(geography.regions()["code"])
    assert len({(place.column, place.row) for place in places}) == 20
    assert len({place.name for place in places}) == 20
    assert all(0 < len(place.name) <= 9 for place in places)  # what fits a tile on a phone


def test_neighbours_on_the_ground_are_neighbours_on_the_grid(served):
    at = {place.code: (place.column, place.row) for place in cartogram.grid(served, "en")}
    shapes = geography.regions().set_index("code").geometry
    true = [pair for pair in combinations(shapes.index, 2) if shapes[pair[0]].touches(shapes[pair[1]])]

    def far(pair):
        return max(abs(a - b) for a, b in zip(at[pair[0]], at[pair[1]], strict=True))

    assert sum(far(pair) == 1 for pair in true) >= 0.85 * len(true)
    assert max(map(far, true)) == 2


def test_another_country_has_no_tiles(tmp_path):
    opened = snapshot.load(_write(tmp_path / "other", [_facility(1, region_code="North")], {"boundaries": ""}))
    assert cartogram.grid(opened, "en") == []
    assert cartogram.page_part(opened, Filter(), "overdue", "en", shade.LIGHT) == ""


@LANGS
def test_a_tile_is_a_link_with_its_name_and_value_that_can_be_taken_back(served, lang):
    html = cartogram.page_part(served, Filter(flagged=True), "flagged_budget", lang, shade.LIGHT)
    links = re.findall(r'<a href="([^"]+)"[^>]*aria-label="([^"]+)"', html)
    assert len(links) == 20
    href = next(href for href, label in links if i18n.text("map.measures.flagged_budget", lang) in label)
    assert "flagged=1" in href and "view=tiles" in href and "region=KZ-" in href
    beside = cartogram.page_part(served, Filter(), "flagged_budget", lang, shade.LIGHT, view_="both")
    assert "view=both" in beside and "view=tiles" not in beside, "a click beside the map leaves the map there"
    chosen = cartogram.page_part(served, Filter(regions=("KZ-71",)), "flagged_budget", lang, shade.LIGHT)
    assert chosen.count("aria-current=") == 1
    assert "region=KZ-71" not in re.search(r'<a href="([^"]+)"[^>]*aria-current', chosen).group(1)


def test_few_and_unknown_say_so_and_are_not_zero(served):
    html = cartogram.page_part(served, Filter(), "overdue", "en", shade.LIGHT)
    tile = next(part for part in html.split("<a ") if "E. Kaz." in part)
    assert "&lt; 10" in tile and "repeating-linear-gradient" in tile  # too few, and too little disclosed


# ---- the picture --------------------------------------------------------------------------------------------------------
@LANGS
@KINDS
@MEASURES
def test_every_picture_says_what_it_shows_when_and_that_it_is_a_demo(served, kind, measure, lang):
    svg = picture.picture(served, kind, Filter(), measure, lang)
    root = ElementTree.fromstring(svg)  # well formed
    said = " ".join(" ".join(root.itertext()).split())
    for expected in (
        i18n.text(f"map.measures.{measure}", lang), i18n.text("common.demo", lang), i18n.text("common.fair_words", lang),
        i18n.day(served.as_of, lang), served.id, i18n.text("common.app", lang),
    ):  # fmt: skip
        assert " ".join(expected.split()) in said
    assert not re.search(r'(?:href|src)="(?!#)|url\((?!#)|<script|<style|<foreignObject|@import', svg)
    assert svg == picture.picture(served, kind, Filter(), measure, lang)


def test_marks_are_the_placed_facilities_and_of_many_only_flagged_ones(served, monkeypatch):
    svg = picture.picture(served, "map", Filter(), "overdue", "en")
    assert len(re.findall(r'<use href="#[lf]\d" x="[\d.]+" y="[\d.]+"/>', svg)) >= 21
    monkeypatch.setattr(picture.tiles, "FEW", 5)
    few = picture.picture(served, "map", Filter(), "overdue", "en")
    assert i18n.text("map.picture.thinned", "en", n="5", all="22") in few


@KINDS
def test_the_route_is_strict(served, kind):
    app = Starlette(routes=web.routes())
    base = f"/files/{served.id}/{kind}.svg"
    good = ask(app, base + "?measure=overdue&lang=ru&region=KZ-71")
    assert good.status_code == 200 and good.headers["content-type"].startswith("image/svg+xml")
    assert "attachment" in good.headers["content-disposition"]
    for bad in ("?measure=x", "?lang=fr", "?evil=1", "?level=awful", "?min=-1", "?measure=%3Cscript%3E"):
        assert ask(app, base + bad).status_code == 400, bad
    assert ask(app, f"/files/000000000000/{kind}.svg").status_code == 404
    assert ask(app, f"/files/{served.id}/other.svg").status_code == 404


def test_a_hostile_filter_is_only_words(served):
    svg = picture.picture(served, "map", Filter(text='"><script>alert(1)</script>'), "overdue", "en")
    ElementTree.fromstring(svg)
    assert "<script" not in svg


def test_a_country_without_boundaries_has_a_picture_of_its_facilities(tmp_path):
    opened = snapshot.load(_write(tmp_path / "other", [_facility(1, region_code="North")], {"boundaries": ""}))
    svg = picture.picture(opened, "map", Filter(), "overdue", "en")
    ElementTree.fromstring(svg)
    assert '<use href="#' in svg and "COD-AB" not in svg


def test_areas_are_true(served):
    """Albers is equal-area: a region twice as large is twice as large on paper."""
    country = served.manifest["settings"]["country"]
    west, south, east, north = map(float, country["bounds"])
    frame = picture._frame((west, south, east, north))
    shapes = geography.regions().set_index("code").geometry
    ratio = {}
    for code, km2 in (("KZ-35", 239_045), ("KZ-27", 151_339), ("KZ-61", 117_280)):
        lon, lat = pd.DataFrame(max(getattr(shapes[code], "geoms", [shapes[code]]), key=lambda p: p.area).exterior.coords)[
            [0, 1]
        ].T.to_numpy()
        x, y = frame.at(lon, lat)
        ratio[code] = abs((x * pd.Series(y).shift(-1).fillna(y[0]) - y * pd.Series(x).shift(-1).fillna(x[0])).sum()) / 2 / km2
    assert max(ratio.values()) / min(ratio.values()) < 1.02
