"""The nearby page as a volunteer uses it: position given, refused or impossible, a settlement with a typo, coordinates."""

import re

import pytest
from playwright.sync_api import expect

from riskmap.i18n import text
from tests.browser.conftest import open_list, phone, settled

HERE = {"latitude": 43.25049, "longitude": 76.95051, "accuracy": 30}
GIVEN = {"geolocation": HERE, "permissions": ["geolocation"]}


def way(page, name, lang="en"):
    page.get_by_role("radio", name=text(f"nearby.way.{name}", lang)).click()
    return settled(page)


def typed(page, name, words, lang="en"):
    field = way(page, name, lang).get_by_role("textbox", name=text(f"nearby.{name}.label", lang))
    field.fill(words)
    field.press("Enter")
    return settled(page)


def ask(page, lang="en"):
    page.get_by_role("button", name=text("nearby.position.button", lang)).click()
    return settled(page)


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_my_position_gives_cards_by_distance_on_a_phone(open_page, lang):
    page = ask(open_page(f"/nearby?lang={lang}", **GIVEN, **phone()), lang)
    cards = page.locator("article.near")
    expect(cards.first).to_be_visible()
    expect(cards.first.locator(".look")).to_contain_text(text("nearby.look_at", lang))
    expect(page.get_by_text(text("nearby.safety.rules", lang))).to_be_visible()
    metres = [_metres(words) for words in page.locator("article.near .distance").all_inner_texts()]
    assert metres == sorted(metres)
    first = page.get_by_role("link", name=text("nearby.maps", lang)).first
    assert re.fullmatch(r"geo:[0-9.]+,[0-9.]+", first.get_attribute("href"))


def _metres(words):
    """ "≈ 12 км" -> 12000; rounded words are compared with the coarseness of a kilometre."""
    number = float(re.sub(r"[^0-9.,]", "", words).replace(",", "."))
    return round(number) * (1000 if re.search("km|км", words) else 1)


def test_the_position_stays_out_of_the_address_and_survives_a_look_at_a_facility(open_page):
    page = ask(open_page("/nearby?lang=en", **GIVEN))
    expect(page.locator("article.near").first).to_be_visible()
    assert "43.2" not in page.url and "76.9" not in page.url
    page.get_by_role("link", name=text("nearby.open", "en")).first.click()
    page.wait_for_url("**/facility?**")
    page.get_by_role("link", name=text("frame.group.visit", "en")).first.click()
    page.wait_for_url("**/nearby?**")
    expect(page.locator("article.near").first).to_be_visible()


def test_nobody_is_asked_before_the_click(open_page):
    page = open_page("/nearby?lang=en", **GIVEN)
    expect(page.get_by_text(text("nearby.position.privacy", "en"))).to_be_visible()
    assert page.locator("article.near").count() == 0


def test_a_refusal_is_explained_and_another_way_is_open(open_page):
    page = ask(open_page("/nearby?lang=en"))
    expect(page.get_by_text(text("nearby.error.denied", "en"))).to_be_visible()
    typed(page, "settlement", "карагнада")
    expect(page.locator("article.near").first).to_be_visible()


def test_a_browser_without_geolocation(open_page):
    page = open_page("/nearby?lang=ru")
    page.evaluate("Object.defineProperty(navigator, 'geolocation', {value: undefined})")
    ask(page, "ru")
    expect(page.get_by_text(text("nearby.error.unsupported", "ru"))).to_be_visible()


@pytest.mark.parametrize("query", ["Караганда", "Қарағанды", "qaraghandy", "karagnada"])
def test_a_settlement_in_any_alphabet(open_page, query):
    page = typed(open_page("/nearby?lang=en", **phone()), "settlement", query)
    expect(page.get_by_text("Karagandy, Karaganda Region")).to_be_visible()
    expect(page.locator("article.near").first).to_be_visible()


def test_an_unknown_settlement_is_only_words(open_page):
    page = typed(open_page("/nearby?lang=en"), "settlement", "**щюбф** <img src=x onerror=alert(1)>")
    expect(page.get_by_text("No place like", exact=False)).to_contain_text("**щюбф** <img")


def test_typed_coordinates_and_those_that_cannot_be(open_page):
    page = typed(open_page("/nearby?lang=en"), "coordinates", "76.95, 43.25")
    expect(page.get_by_text(text("nearby.error.swapped", "en"))).to_be_visible()
    typed(page, "coordinates", "43.25, 76.95")
    expect(page.locator("article.near").first).to_be_visible()


def test_facilities_without_a_place_are_counted_and_listed_by_region(open_page):
    page = open_page("/nearby?lang=en")
    page.get_by_text(text("nearby.without_place", "en", n="").strip(), exact=False).click()
    choice = page.get_by_role("combobox", name=text("nearby.show_region", "en"))
    open_list(page, choice)
    choice.press("Enter")
    expect(page.locator("article.near").first).to_be_visible()


def test_targets_are_large_enough_for_a_thumb(open_page):
    page = ask(open_page("/nearby?lang=kk", **GIVEN, **phone()), "kk")
    expect(page.locator("article.near").first).to_be_visible()
    targets = page.locator(".st-key-nearby_way button, .st-key-nearby_radius button, [class*='st-key-near_links_'] a")
    assert min(box["height"] for box in (t.bounding_box() for t in targets.all())) >= 44
