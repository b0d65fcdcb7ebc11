"""The map in a browser: it paints, keeps the reader's view, answers clicks, and says the same as its table."""

import re

import pytest
from playwright.sync_api import expect

from bench import big
from riskmap import filters, snapshot
from riskmap.i18n import number, text
from tests.browser.conftest import phone, running_server, settled

STEPPE = (57.2, 47.8)  # in Aktobe Region, far from any settlement
PAINTED = "() => window.riskmapMap && riskmapMap.loaded() && riskmapMap.areTilesLoaded()"
# each filter has a source and layers of its own: "cells:3"; features of those that stand
SEEN = """(...names) => {
  const drawn = riskmapMap.getLayersOrder().filter(id => names.includes(id.split(':')[0]));
  const isShown = id => riskmapMap.getPaintProperty(id, id.startsWith('cells') ? 'circle-opacity' : 'icon-opacity') > 0;
  return riskmapMap.queryRenderedFeatures({layers: drawn.filter(isShown)});
}"""
# everything that the tiles of the latest filter hold, by layer
HELD = """(name) => {
  const source = Object.keys(riskmapMap.getStyle().sources).filter(id => id.startsWith('facilities')).at(-1);
  return riskmapMap.querySourceFeatures(source, {sourceLayer: name});
}"""


@pytest.fixture
def facilities(snapshot_folder):
    return snapshot.load(snapshot_folder).facilities


def _painted(page):
    page.wait_for_function(PAINTED)
    page.wait_for_function(f"() => ({SEEN})('points', 'flagged').length > 0")
    return page


def _on_screen(page, lon, lat):
    """Where a place of the map is on the screen, in pixels."""
    page.locator(".map canvas").scroll_into_view_if_needed()
    return page.evaluate(
        "([lon, lat]) => { const p = riskmapMap.project([lon, lat]), box = riskmapMap.getCanvas().getBoundingClientRect();"
        " return [p.x + box.x, p.y + box.y]; }",
        [lon, lat],
    )


def test_the_map_paints_regions_and_points(open_page):
    page = _painted(open_page("/map?lang=en"))
    assert (
        page.evaluate("new Set(riskmapMap.queryRenderedFeatures({layers: ['regions']}).map(f => f.properties.code)).size") == 20
    )
    above = page.evaluate("riskmapMap.getLayersOrder().slice(-2).map(id => id.split(':')[0])")
    assert above == ["flagged", "counts"]  # numbers hide no mark


@pytest.mark.parametrize("options", ({}, phone(), phone(360)))
def test_the_whole_country_fits(options, open_page):
    page = _painted(open_page("/map?lang=kk", **options))
    inside = page.evaluate(
        "() => { const {clientWidth, clientHeight} = riskmapMap.getCanvas();"
        " return [[46.5, 49], [87.3, 49], [67, 40.6], [67, 55.4]].map(p => riskmapMap.project(p))"
        ".every(p => p.x >= 0 && p.y >= 0 && p.x <= clientWidth && p.y <= clientHeight); }"
    )
    assert inside


def test_the_view_survives_a_filter(open_page):
    page = _painted(open_page("/map?lang=en"))
    page.evaluate("riskmapMap.jumpTo({center: [71.4, 51.1], zoom: 6.5})")
    page.get_by_test_id("stCheckbox").get_by_text(text("frame.filter.overdue", "en"), exact=True).click()
    expect(page).to_have_url(re.compile("overdue=1"))
    expect(page.get_by_role("button", name=re.compile("^overdue"))).to_be_visible()
    settled(page)
    page.wait_for_function(PAINTED)
    assert page.evaluate("riskmapMap.getZoom()") == 6.5


def test_a_click_on_a_region_goes_in_and_back_goes_out(open_page):
    page = _painted(open_page("/map?lang=en"))
    before = page.evaluate("riskmapMap.getZoom()")
    page.mouse.click(*_on_screen(page, *STEPPE))
    expect(page).to_have_url(re.compile("region=KZ-15"))
    page.wait_for_function(f"() => riskmapMap.getZoom() > {before} + 0.5 && !riskmapMap.isMoving()")
    page.go_back()
    expect(page).not_to_have_url(re.compile("region="))
    page.wait_for_function(f"() => Math.abs(riskmapMap.getZoom() - {before}) < 0.3 && !riskmapMap.isMoving()")


def test_a_click_on_a_facility_shows_it_with_its_link(open_page, facilities):
    flagged = facilities[facilities["is_flagged"].fillna(False) & facilities["lat"].notna()].iloc[0]
    page = _painted(open_page("/map?lang=en&flagged=1"))
    page.evaluate(f"riskmapMap.jumpTo({{center: [{flagged['lon']}, {flagged['lat']}], zoom: 15}})")
    page.wait_for_function(f"() => ({SEEN})('flagged').length > 0")
    page.mouse.click(*_on_screen(page, flagged["lon"], flagged["lat"]))
    expect(page.locator(".maplibregl-popup a")).to_have_attribute("href", re.compile("/facility.*id=" + flagged["facility_id"]))
    expect(page.locator("[data-testid=stHtml] a[href*='facility']").first).to_have_attribute(
        "href", re.compile(flagged["facility_id"])
    )


def test_hover_names_the_region(open_page):
    page = _painted(open_page("/map?lang=ru"))
    page.mouse.move(*_on_screen(page, *STEPPE))
    expect(page.locator(".tip")).to_contain_text("Актюбинская область")


def test_sentence_table_and_map_say_the_same(open_page, facilities):
    shown = filters.apply(filters.Filter(overdue=True), facilities)
    page = open_page("/map?lang=en&overdue=1")
    expect(page.locator("p.answer")).to_contain_text(text("map.facilities_n", "en", n=number(len(shown), "en")))
    expect(page.locator("tfoot td").first).to_have_text(number(len(shown), "en"))
    page.wait_for_function(PAINTED)
    n_placed = int((shown["lat"].notna() & shown["lon"].notna()).sum())
    page.wait_for_function(f"() => new Set(['points', 'flagged'].flatMap({HELD}).map(f => f.id)).size === {n_placed}")


def test_a_chip_takes_its_condition_away(open_page):
    page = open_page("/map?lang=en&overdue=1&level=high,critical")
    page.get_by_role("button", name=re.compile("^level: high")).click()
    expect(page).to_have_url(re.compile(r"level=critical"))
    expect(page).to_have_url(re.compile(r"overdue=1"))


def test_a_filter_that_nothing_matches_says_so(open_page):
    page = open_page("/map?lang=en&q=xylophone+17b")
    expect(page.get_by_text(text("map.nothing", "en"))).to_be_visible()


def test_a_wrong_filter_is_named_and_everything_is_shown(open_page, facilities):
    page = open_page("/map?lang=en&level=terrible")
    expect(page.get_by_text("terrible")).to_be_visible()
    expect(page.locator("p.answer")).to_contain_text(number(len(filters.apply(filters.Filter(), facilities)), "en"))


def test_the_measure_is_in_the_address(open_page):
    page = _painted(open_page("/map?lang=en&measure=coverage"))
    expect(page.locator(".legend")).to_contain_text(text("map.measures.coverage", "en"))


@pytest.mark.parametrize("scheme", ("light", "dark"))
def test_the_map_follows_the_theme(scheme, open_page):
    page = _painted(open_page("/map?lang=en", color_scheme=scheme))
    assert (
        page.evaluate("riskmapMap.getPaintProperty('page', 'background-color')")
        == {"light": "#ffffff", "dark": "#11171d"}[scheme]
    )


def test_the_map_answers_the_keyboard(open_page):
    page = _painted(open_page("/map?lang=en"))
    before = page.evaluate("riskmapMap.getZoom()")
    page.locator(".map canvas").focus()
    page.keyboard.press("+")
    page.wait_for_function(f"() => riskmapMap.getZoom() > {before} + 0.5")


def test_on_a_phone_one_finger_scrolls_the_page(open_page):
    page = _painted(open_page("/map?lang=en", **phone()))
    assert page.evaluate("riskmapMap.cooperativeGestures.isEnabled()")


def test_enter_opens_what_lies_under_the_cross(open_page, facilities):
    flagged = facilities[facilities["is_flagged"].fillna(False) & facilities["lat"].notna()].iloc[0]
    page = _painted(open_page("/map?lang=en&flagged=1"))
    page.locator(".map canvas").focus()
    page.evaluate(f"riskmapMap.jumpTo({{center: [{flagged['lon']}, {flagged['lat']}], zoom: 15}})")
    page.wait_for_function(f"() => riskmapMap.areTilesLoaded() && ({SEEN})('flagged').length > 0")
    page.keyboard.press("Enter")
    expect(page.locator(".maplibregl-popup a").first).to_have_attribute("href", re.compile("/facility.*id="))


# ---- many facilities ------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def crowded(snapshot_folder, tmp_path_factory):
    """A server with 5,000 facilities: too many to be drawn one by one."""
    folder = big.write(snapshot_folder, tmp_path_factory.mktemp("big") / "snapshot", 5000)
    with running_server(folder) as url:
        yield url, snapshot.load(folder).facilities


CELLS = f"""() => {{
  const cells = new Map(({HELD})('cells').map(f => [f.geometry.coordinates.join(), f.properties]));
  return [...cells.values()].reduce((sum, p) => [sum[0] + p.n_facilities, sum[1] + p.n_flagged], [0, 0]);
}}"""
# the largest cell without a mark on it
FREE = f"""() => {{
  const marks = ({SEEN})('flagged').map(f => riskmapMap.project(f.geometry.coordinates));
  const isFree = f => {{
    const at = riskmapMap.project(f.geometry.coordinates);
    return marks.every(mark => Math.hypot(mark.x - at.x, mark.y - at.y) > 25);
  }};
  return ({SEEN})('cells').filter(isFree).reduce((a, b) => a.properties.n_facilities > b.properties.n_facilities ? a : b)
    .geometry.coordinates;
}}"""


def _cells_shown(page):
    page.wait_for_function(PAINTED)
    page.wait_for_function(f"() => ({SEEN})('cells').length > 0")
    return page


def test_many_are_counted_in_cells_and_nobody_is_lost(crowded, open_page):
    url, facilities = crowded
    page = _cells_shown(open_page("/map?lang=en", base=url))
    shown = filters.apply(filters.Filter(), facilities)
    placed = shown[shown["lat"].notna()]
    assert page.evaluate(CELLS) == [len(placed), int(placed["is_flagged"].sum())]
    expect(page.locator(".legend")).to_contain_text(text("map.cells_title", "en"))
    assert page.evaluate(f"({SEEN})('flagged').length") > 0
    page.mouse.move(*_on_screen(page, *page.evaluate(FREE)))
    expect(page.locator(".tip")).to_contain_text("Facilities:")
    expect(page.locator(".tip")).to_contain_text("KZT")


def test_a_click_on_a_cell_goes_in_until_facilities_stand_alone(crowded, open_page):
    url, _ = crowded
    page = _cells_shown(open_page("/map?lang=en", base=url))
    before = page.evaluate("riskmapMap.getZoom()")
    page.mouse.click(*_on_screen(page, *page.evaluate(FREE)))
    page.wait_for_function(f"() => riskmapMap.getZoom() >= {before} + 1 && !riskmapMap.isMoving()")
    page.evaluate("riskmapMap.jumpTo({zoom: 7})")
    page.wait_for_function(f"() => ({SEEN})('points', 'flagged').length > 0 && !({SEEN})('cells').length")


def test_nothing_goes_blank_while_a_filter_changes(crowded, open_page):
    url, _ = crowded
    page = _cells_shown(open_page("/map?lang=en", base=url))
    page.evaluate(  # at every frame: is anything of the facilities on screen?
        f"() => {{ window.least = Infinity; const seen = {SEEN};"
        " riskmapMap.on('render', () => { window.least = Math.min(window.least, seen('cells', 'points', 'flagged').length); }); }"
    )
    page.get_by_test_id("stCheckbox").get_by_text(text("frame.filter.overdue", "en"), exact=True).click()
    expect(page).to_have_url(re.compile("overdue=1"))
    page.wait_for_function("() => riskmapMap.getLayersOrder().includes('cells:2') && !riskmapMap.getLayer('cells:1')")
    assert 0 < page.evaluate("window.least") < float("inf")
