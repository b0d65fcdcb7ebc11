"""Tiles and pictures in a browser: a tile filters by its region without a mouse, and what is saved is a picture."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import expect

from riskmap import filters
from riskmap.i18n import text
from tests.browser.conftest import phone


@pytest.mark.parametrize("lang", ["kk", "en"])
def test_a_tile_filters_by_its_region_without_a_mouse(open_page, lang):
    page = open_page(f"/map?lang={lang}&view=tiles&measure=money_and_overdue", **phone())
    tiles = page.locator(".tiles a")
    expect(tiles).to_have_count(20)
    cut = "els => els.filter(e => [e, ...e.children].some(c => c.scrollWidth > e.clientWidth + 2)).map(e => e.innerText)"
    assert tiles.evaluate_all(cut) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    astana = page.locator(".tiles").get_by_role("link", name=filters.region_name("KZ-71", lang))
    astana.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tiles a[aria-current]")).to_have_count(1)
    assert "region=KZ-71" in page.url and "view=tiles" in page.url


def test_maps_and_charts_are_saved_as_pictures_and_paper_has_the_map(open_page):
    page = open_page("/map?lang=ru&measure=overdue")
    saved = {}
    for ending in ("svg", "png"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=text(f"map.picture.{ending}", "ru")).click()
        saved[ending] = Path(waiting.value.path())
    words = " ".join(ElementTree.parse(saved["svg"]).getroot().itertext())
    assert text("common.demo", "ru") in words
    with Image.open(saved["png"]) as image:
        assert image.format == "PNG" and image.width == 2400 and len(image.convert("RGB").getcolors(1 << 24)) > 20
    paper = page.locator("img.on-paper")
    expect(paper).not_to_be_visible()
    page.emulate_media(media="print")
    expect(paper).to_be_visible()
    assert paper.evaluate("image => image.complete && image.naturalWidth") == 1200
    expect(page.locator(".st-key-map")).not_to_be_visible()
    chart = open_page("/compare?lang=kk", color_scheme="dark")
    chart.locator(".js-plotly-plot .main-svg").first.wait_for()
    with chart.expect_download() as waiting:
        chart.get_by_role("button", name=text("map.picture.svg", "kk")).first.click()
    root = ElementTree.parse(waiting.value.path()).getroot()
    assert "ДЕМО" in " ".join(root.itertext())
    assert "232, 237, 241" not in ElementTree.tostring(root, "unicode")  # dark letters on white, whatever the theme
