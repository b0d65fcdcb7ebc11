"""Through time in a browser: the slider, the permalink of a past version, and that a reader stays where he is."""

import subprocess
import sys

import pytest

from riskmap import archive
from tests.browser.conftest import ROOT, running_server, settled

SLIDER = "[data-testid=stSlider] input[type=range]"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    out = tmp_path_factory.mktemp("months")
    command = [sys.executable, "-m", "riskmap", "demo", "--facilities", "150", "--months", "2", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True)
    return out / "snapshots"


@pytest.fixture(scope="module")
def kept(place):
    return archive.kept(place)


@pytest.fixture(scope="module")
def months(place):
    with running_server(place) as url:
        yield url


def test_a_past_version_has_an_address_and_its_links_stay_there(months, kept, open_page):
    page = open_page(f"/map?lang=en&snapshot={kept[0].id}", base=months)
    page.locator(".fair").get_by_text(f"version {kept[0].id}").wait_for()
    page.get_by_text("It is not the newest one.").wait_for()
    links = page.eval_on_selector_all("table a[href^='facility?']", "all => all.map(a => a.getAttribute('href'))")
    assert links and all(f"snapshot={kept[0].id}" in link for link in links)
    page.get_by_text("Show the newest version").click()
    page.locator(".fair").get_by_text(f"version {kept[-1].id}").wait_for()
    assert "snapshot=" not in page.url


def test_the_slider_moves_through_time(months, kept, open_page):
    page = open_page("/map?lang=en", base=months)
    page.wait_for_function("() => window.riskmapMap && riskmapMap.loaded()")
    page.evaluate("riskmapMap.jumpTo({center: [71.4, 51.1], zoom: 6.5})")
    page.locator(SLIDER).focus()
    page.keyboard.press("ArrowLeft")
    page.locator(".fair").get_by_text(f"version {kept[-2].id}").wait_for()
    assert f"snapshot={kept[-2].id}" in page.url
    settled(page)
    assert page.evaluate("riskmapMap.getZoom()") == 6.5  # the same map, the same view


def test_a_version_that_is_not_kept_is_said(months, kept, open_page):
    page = open_page("/flagged?lang=en&snapshot=000000000000", base=months)
    page.get_by_text("The version asked for is not kept here.").wait_for()
    page.locator(".fair").get_by_text(f"version {kept[-1].id}").wait_for()


def test_changes_say_why_and_lead_to_the_facility(months, kept, open_page):
    page = open_page("/changes?lang=en", base=months)
    for words in ("Totals that add up", "Newly flagged", "No longer flagged, and why", "Changed without an amendment"):
        page.get_by_text(words, exact=True).first.wait_for()
    answer = page.request.get(f"{months}/feeds/changes.atom?lang=en")
    assert answer.ok and answer.text().startswith("<?xml")
