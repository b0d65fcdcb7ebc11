"""Compare, network and party pages in a browser: the address, the keyboard, three languages, a phone."""

import re

import pytest

from riskmap import filters, i18n, snapshot
from riskmap.filters import Filter
from tests.browser.conftest import phone, settled


@pytest.fixture(scope="module")
def served(snapshot_folder):
    return snapshot.load(snapshot_folder)


@pytest.fixture(scope="module")
def a_firm(served):
    return filters.apply(Filter(), served.facilities)["supplier_id"].dropna().value_counts().index[0]


def test_the_address_says_what_is_compared_and_the_total_is_that_of_the_filter(open_page, served):
    page = open_page("/compare?lang=en&by=type&measure=points&overdue=1")
    n = len(filters.apply(Filter(overdue=True), served.facilities))
    foot = page.locator("table.list tfoot td").first
    assert foot.inner_text().strip().endswith(i18n.number(n, "en"))
    page.get_by_role("combobox", name=re.compile("Groups")).focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name=i18n.text("compare.by.programme", "en")).wait_for()
    page.keyboard.type(i18n.text("compare.by.programme", "en"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("by=programme"))
    settled(page)
    assert "measure=points" in page.url and "overdue=1" in page.url


def test_a_contractor_is_reached_from_the_comparison_and_leads_to_its_facilities(open_page, a_firm):
    page = open_page(f"/party?lang=en&kind=supplier&id={a_firm}")
    assert i18n.text("party.fair", "en") in page.locator("[data-testid=stMain]").inner_text()
    page.locator("a[href*='facility?']").first.click()
    page.wait_for_url(re.compile("/facility"))
    settled(page)
    page.locator(f"a[href*='party?'][href*='{a_firm}']").first.click()
    page.wait_for_url(re.compile(f"/party.*{a_firm}"))


def test_a_hostile_key_is_only_words(open_page):
    page = open_page("/party?lang=en&kind=supplier&id=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    page.get_by_role("alert").wait_for()
    assert page.locator("[data-testid=stMain] img").count() == 0


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize("width", [390, 1440])
def test_pages_fit_and_say_everything_in_their_language(open_page, a_firm, lang, width):
    options = phone(width) if width < 500 else {"viewport": {"width": width, "height": 900}}
    paths = (
        f"/compare?lang={lang}", f"/compare?lang={lang}&by=supplier&measure=days_late", f"/network?lang={lang}",
        f"/party?lang={lang}&kind=supplier&id={a_firm}",
    )  # fmt: skip
    for path in paths:
        page = open_page(path, **options)
        page.locator("table.list").first.wait_for()
        main = page.locator("[data-testid=stMain]")
        page.wait_for_function("m => m.scrollWidth <= m.clientWidth", arg=main.element_handle())
        words = main.inner_text()
        assert i18n.text("common.fair_words", lang) in words and i18n.text("common.demo", lang) in words
        assert not re.search(r"\b(nan|None|<NA>)\b", words)
