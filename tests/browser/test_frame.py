"""The frame: deep links, languages, banner, phone, keyboard, headers, closed doors, a missing snapshot."""

import json
import re
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from riskmap import snapshot
from riskmap.i18n import text
from tests.browser.conftest import ROOT, phone, running_server, settled

PAGES = ("", *sorted(file.stem for file in (ROOT / "pages").glob("*.py") if file.stem != "__init__"))
LANGUAGES = ("kk", "ru", "en")


def _get(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def _needs(page, folder):
    """The facility page needs a facility."""
    if page != "facility":
        return page
    return f"facility?id={snapshot.load(folder).facilities['facility_id'].iloc[0]}"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_works_as_the_first_deep_link_of_a_fresh_server(page, open_page, snapshot_folder):
    with running_server(snapshot_folder) as fresh:
        opened = open_page(f"/{_needs(page, snapshot_folder)}", base=fresh)
        expect(opened.get_by_text(text("common.fair_words", "en"))).to_be_visible()
        expect(opened.get_by_role("heading", level=1).first).to_be_visible()
        assert opened.locator("[data-testid=stException]").count() == 0
        opened.context.close()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_says_demo_and_fair_words_in_every_language(page, lang, open_page, snapshot_folder):
    path = _needs(page, snapshot_folder)
    opened = open_page(f"/{path}{'&' if '?' in path else '?'}lang={lang}")
    expect(opened.get_by_text(text("common.demo", lang))).to_be_visible()
    expect(opened.get_by_text(text("common.fair_words", lang))).to_be_visible()
    expect(opened.get_by_text(snapshot.load(snapshot_folder).id).first).to_be_visible()
    expect(opened.locator(f"html[lang={lang}]")).to_have_count(1)


@pytest.mark.parametrize("page", PAGES)
def test_a_phone_never_scrolls_sideways(page, open_page, snapshot_folder):
    path = _needs(page, snapshot_folder)
    opened = open_page(f"/{path}{'&' if '?' in path else '?'}lang=kk", **phone(360))  # Kazakh words are the longest
    expect(opened.get_by_role("heading", level=1).first).to_be_visible()
    sizes = opened.evaluate(
        "[document.documentElement, document.querySelector('[data-testid=stMain]')].map(e => e.scrollWidth - e.clientWidth)"
    )
    assert sizes == [0, 0]


def test_without_lang_the_browser_decides_and_kazakh_is_the_default(open_page):
    expect(open_page("/map", locale="ru-RU").get_by_role("heading", name=text("frame.nav.map", "ru")).first).to_be_visible()
    expect(open_page("/", locale="de-DE").get_by_role("heading", level=1).first).to_be_visible()
    expect(open_page("/", locale="de-DE").get_by_text(text("common.fair_words", "kk"))).to_be_visible()


def test_language_switch_changes_words_and_address_and_back_returns(open_page):
    page = open_page("/map?lang=ru&overdue=1")
    page.get_by_test_id("stButtonGroup").get_by_text("kk", exact=True).click()
    expect(page).to_have_url(re.compile("lang=kk"))
    expect(page).to_have_url(re.compile("overdue=1"))
    expect(page.get_by_text(text("common.fair_words", "kk"))).to_be_visible()
    page.go_back()
    expect(page.get_by_text(text("common.fair_words", "ru"))).to_be_visible()


def test_links_between_pages_keep_the_language(open_page):
    page = open_page("/?lang=kk")
    page.get_by_test_id("stPageLink").get_by_text(text("frame.nav.map", "kk"), exact=True).click()
    expect(page).to_have_url(re.compile(r"/map\?.*lang=kk"))
    expect(page.get_by_text(text("common.fair_words", "kk"))).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/\?.*lang=kk"))


def test_the_keyboard_reaches_every_link_of_the_frame(open_page):
    page = open_page("/map?lang=en")
    wanted = {text("common.app", "en"), text("frame.nav.overview", "en"), text("frame.nav.map", "en")}
    reached = set()
    for _ in range(400):  # the walk may begin in the middle of the page: it comes round
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.innerText.trim()"))
        if wanted <= reached:
            break
    assert wanted <= reached


def test_every_answer_has_the_security_headers(server, snapshot_folder):
    known = snapshot.load(snapshot_folder).id
    for path in ("/", "/map", "/health", f"/data/{known}/regions.geojson", "/_stcore/health", "/api/nothing"):
        _, headers, _ = _get(server + path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "geolocation=(self)" in headers["permissions-policy"]
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    (
        "/_stcore/metrics",
        "/_stcore/agent/openapi.json",
        "/_stcore/upload_file/a/b",
        "/data/x/y",
        "/maplibre/other.js",
    ),
)
def test_closed_doors_are_not_there(path, server):
    status, headers, body = _get(server + path)
    assert status == 404
    assert headers.get_content_type() == "application/json"
    assert json.loads(body) == {"error": "not found"}


def test_scripts_come_compressed_and_are_kept(server):
    page = _get(server + "/")[2].decode()
    script = re.search(r'src="\./(static/js/[^"]+)"', page)[1]
    status, headers, _ = _get(f"{server}/{script}", **{"Accept-Encoding": "br"})
    assert status == 200 and headers["content-encoding"] == "br" and "immutable" in headers["cache-control"]
    assert _get(f"{server}/{script}", **{"Accept-Encoding": "br", "If-None-Match": headers["etag"]})[0] == 304


def test_an_unexpected_error_shows_a_number_and_no_traceback(open_page, snapshot_folder, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(snapshot_folder, broken)
    manifest = json.loads((broken / "manifest.json").read_text("utf-8"))
    (broken / "manifest.json").write_text(json.dumps({name: manifest[name] for name in manifest if name != "as_of"}), "utf-8")
    with running_server(broken) as url:
        page = open_page("/map?lang=en", base=url, is_broken=True)
        alert = page.get_by_role("alert").filter(has_text=text("frame.error.title", "en"))
        expect(alert.locator("code")).to_have_text(re.compile("^[0-9a-f]{8}$"))
        assert "KeyError" not in page.content() and "Traceback" not in page.content()
        assert set(json.loads(_get(url + "/health")[2])) == {"error", "reference"}
        page.context.close()


def test_a_missing_snapshot_says_what_to_do(open_page, tmp_path):
    with running_server(Path(tmp_path / "nothing")) as url:
        assert _get(url + "/health")[0] == 503
        page = open_page("/map?lang=en", base=url)
        expect(page.get_by_role("heading", name=text("frame.no_snapshot.title", "en"))).to_be_visible()
        expect(page.get_by_text("python -m riskmap demo")).to_be_visible()
        settled(page).context.close()
