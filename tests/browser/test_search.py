"""The search box of every page and the watch list, as a reader uses them: keyboard, phone, files, the Back button."""

import json
import re

import pytest
from playwright.sync_api import expect

from riskmap import snapshot, watch
from riskmap.i18n import text
from riskmap.watch import Watch
from tests.browser.conftest import phone, settled


@pytest.fixture(scope="module")
def row(snapshot_folder):
    """A facility with a contract number, a settlement and a type."""
    rows = snapshot.load(snapshot_folder).facilities
    return rows.dropna(subset=["contract_no", "settlement", "facility_type", "title_ru"]).iloc[0]


def ask(page, words, lang="en"):
    box = page.get_by_role("searchbox", name=text("search.box", lang))
    box.fill(words)
    box.press("Enter")
    return page


@pytest.mark.parametrize("path", ["/", "/map", "/flagged", "/method"])
def test_the_box_leads_to_the_results_from_every_page(path, open_page, row):
    page = ask(open_page(f"{path}?lang=en"), row["settlement"])
    page.wait_for_url(re.compile("/search\\?"))
    expect(page.get_by_role("heading", level=1, name=text("frame.nav.search", "en"))).to_be_visible()
    expect(page.locator(".found a").first).to_be_visible()
    expect(page.get_by_role("searchbox", name=text("search.box", "en"))).to_have_value(row["settlement"])


def test_an_identifier_or_a_contract_number_opens_the_facility_and_back_returns(open_page, row):
    page = ask(open_page("/map?lang=ru"), row["contract_no"], "ru")
    page.wait_for_url(re.compile("/facility\\?"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(row["title_ru"])
    page.go_back()
    page.wait_for_url(re.compile("/map\\?"))
    expect(page.get_by_role("heading", level=1, name=text("frame.nav.map", "ru"))).to_be_visible()


def test_on_a_phone_with_a_hostile_query(open_page):
    page = ask(open_page("/search?lang=kk", **phone()), '<img src=x onerror="document.title=1">', "kk")
    expect(page.get_by_text(text("search.where", "kk"))).to_be_visible()
    assert page.locator("[data-testid=stHtml] img").count() == 0
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth") <= 0


def test_a_facility_is_watched_the_tab_remembers_and_forgets(open_page, row):
    page = open_page(f"/facility?lang=en&id={row['facility_id']}")
    page.get_by_role("link", name=text("watch.link", "en")).click()
    page.wait_for_url(re.compile(r"/watch\?.*watch="))
    expect(
        page.get_by_role("row", name=re.compile(re.escape(row["facility_id"]))).or_(page.locator("table.list tbody tr"))
    ).to_have_count(1)
    page.goto(page.url.split("/watch")[0] + "/watch?lang=en&add_view=map%3Fregion%3DKZ-75")  # another page load
    page.wait_for_url(re.compile(r"/watch\?.*view="))
    expect(page.locator("table.list tbody tr")).to_have_count(1)
    expect(page.locator(".found li")).to_have_count(1)
    page.get_by_role("button", name=text("watch.button.clear", "en")).click()
    expect(page.get_by_text(text("watch.empty", "en"))).to_be_visible()
    page.goto(page.url.split("?")[0] + "?lang=en")
    expect(settled(page).get_by_text(text("watch.empty", "en"))).to_be_visible()


def test_a_saved_file_is_opened_again_and_says_what_changed(open_page, snapshot_folder, row, tmp_path):
    opened = snapshot.load(snapshot_folder)
    saved = json.loads(watch.to_json(Watch((row["facility_id"],)), opened))
    before = "critical" if saved["facilities"][0]["level"] != "critical" else "low"
    saved |= {"snapshot_id": "f" * 12, "facilities": [{**saved["facilities"][0], "level": before}]}
    (tmp_path / "list.json").write_text(json.dumps(saved), "utf-8")
    (tmp_path / "bad.json").write_text("{}", "utf-8")
    (tmp_path / "large.json").write_text(" " * (watch.MAX_FILE_BYTES + 1), "utf-8")
    page = open_page("/watch?lang=en")
    for name, code in (("bad.json", "format"), ("large.json", "large")):
        page.locator(".watch input[type=file]").set_input_files(tmp_path / name)
        expect(page.get_by_text(text(f"watch.error.{code}", "en", limit=watch.MAX_FILE_BYTES // 1000))).to_be_visible()
    page.locator(".watch input[type=file]").set_input_files(tmp_path / "list.json")
    expect(page.get_by_text(text("watch.n_changed", "en", n=1))).to_be_visible()
    expect(page.locator("table.list")).to_contain_text(f"{before} →")
    with page.expect_download() as download:
        page.get_by_role("button", name=text("watch.button.json", "en")).click()
    assert watch.read(download.value.path().read_text("utf-8")).saved.snapshot_id == opened.id
