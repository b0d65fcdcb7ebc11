"""Trying other weights in a real browser: the result moves, the file is saved, the reset brings everything back."""

import tomllib
from pathlib import Path

from riskmap.i18n import text
from tests.browser.conftest import settled


def test_a_bound_is_moved_saved_and_taken_back(open_page):
    page = open_page("/whatif?lang=en")
    page.get_by_text(text("whatif.not_published", "en")).wait_for()
    page.get_by_text(text("whatif.unchanged", "en")).wait_for()
    high = page.get_by_label(text("whatif.from", "en", level=text("level.high.name", "en")))
    high.fill("30")
    high.press("Enter")
    page.get_by_text(text("whatif.changed", "en", n=1)).wait_for()
    settled(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=text("whatif.download", "en")).click()
    assert tomllib.loads(Path(waiting.value.path()).read_text("utf-8")) == {"levels": {"high": 30.0}}
    page.get_by_role("button", name=text("whatif.reset", "en")).click()
    page.get_by_text(text("whatif.unchanged", "en")).wait_for()
    assert high.input_value() == "40"


def test_bounds_that_do_not_rise_are_explained(open_page):
    page = open_page("/whatif?lang=en")
    medium = page.get_by_label(text("whatif.from", "en", level=text("level.medium.name", "en")))
    medium.fill("90")
    medium.press("Enter")
    page.get_by_text(text("whatif.wrong_bounds", "en")).wait_for()


def test_a_threshold_inside_an_indicator_moves_ranks_and_stands_in_the_file(open_page):
    page = open_page("/whatif?lang=en")
    page.locator("[data-testid=stExpander] summary", has_text=text("kind.family.money", "en")).click()
    name = text("whatif.unit.share", "en", label=text("parameter.ramp_share", "en"))
    first = page.get_by_label(f"{name} · 1").first
    first.fill("1")
    first.press("Enter")
    page.get_by_text(text("whatif.changed", "en", n=1)).wait_for()
    settled(page)
    page.get_by_text(text("whatif.moves_note", "en")).wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=text("whatif.download", "en")).click()
    assert tomllib.loads(Path(waiting.value.path()).read_text("utf-8")) == {"paid_ahead": {"ramp_share": [0.01, 0.25]}}
    second = page.get_by_label(f"{name} · 2").first
    second.fill("0.5")
    second.press("Enter")
    page.get_by_text(text("whatif.wrong_threshold", "en", title="", name="").strip(": .")[:20]).wait_for()
