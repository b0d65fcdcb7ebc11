"""What I saw, on the smallest phone, in Kazakh: sent twice, without a line, without a script; a real server and store."""

import io
import re
import sqlite3

import pytest
from PIL import Image
from playwright.sync_api import expect

from riskmap.i18n import text
from tests.browser.conftest import phone, running_server
from tests.browser.test_light import CONTROLLED, TOO_SMALL, WIDER

FORMS = """() => new Promise((resolve) => { const asked = indexedDB.open("observations", 1); asked.onsuccess = () => {
  const got = asked.result.transaction("forms").objectStore("forms").getAll(); got.onsuccess = () => { asked.result.close();
  resolve(got.result.map((one) => [one.state, one.fields.text ?? "", one.photos.length])); }; }; })"""


@pytest.fixture(scope="module")
def served(snapshot_folder, tmp_path_factory):
    """A server of our own, with the file of its store."""
    file = tmp_path_factory.mktemp("store") / "store.db"
    with running_server(snapshot_folder, RISKMAP_STORE=f"sqlite:///{file}") as url:
        yield url, file


@pytest.fixture
def open_form(browser, served):
    """`open_form(lang, **context_options)` -> a page with the form of the first facility near Karaganda."""
    url, _ = served
    opened = []

    def open_(lang="kk", **options):
        context = browser.new_context(**{**phone(360), "color_scheme": "dark", **options})
        context.set_default_timeout(20_000)
        page, faults = context.new_page(), []
        page.on("pageerror", lambda error: faults.append(str(error)))
        context.on("request", lambda one: faults.append(one.url) if not one.url.startswith((url, "data:", "blob:")) else None)
        opened.append((context, faults))
        page.goto(f"{url}/m/?lang={lang}")
        if options.get("java_script_enabled", True):
            page.evaluate(CONTROLLED)
        page.get_by_label(text("nearby.settlement.label", lang)).fill("Караганда")
        page.get_by_label(text("nearby.radius", lang)).select_option("any")
        page.get_by_role("button", name=text("light.show", lang), exact=True).click()
        page.locator(".cards a", has_text=text("nearby.open", lang)).first.click()
        page.get_by_role("link", name=text("observe.door", lang), exact=True).click()
        expect(page.get_by_role("heading", level=1, name=text("observe.title", lang))).to_be_visible()
        return page

    yield open_
    for context, faults in opened:
        context.close()
        assert not faults, faults


def rows(served, what="COUNT(*)"):
    with sqlite3.connect(f"file:{served[1]}?mode=ro", uri=True) as store:
        return store.execute(f"SELECT {what} FROM observations").fetchall()


def choose(page, group, code):
    page.locator(f'input[name="{group}"][value="{code}"]').check()


def photo():
    content = io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (51.0, 7.0, 43.0)}
    Image.effect_noise((2400, 1200), 60).convert("RGB").save(content, "JPEG", exif=exif.tobytes())
    return {"name": "CANARY.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


def test_a_draft_outlives_the_page_and_two_clicks_make_one_observation(open_form, served):
    page = open_form()
    assert not page.evaluate(WIDER) and page.evaluate(TOO_SMALL) == []
    before = rows(served)[0][0]
    page.get_by_role("button", name=text("observe.send", "kk")).click()
    expect(page.locator("#error-status")).to_have_text(text("problem.observation_status", "kk"))
    assert page.evaluate("document.activeElement.name") == "status"
    expect(page.locator("#field-stage")).to_be_hidden()  # nothing is being built as far as is said
    choose(page, "status", "working")
    choose(page, "stage", "roof")
    page.locator("#text").fill("Кран тұр")
    page.locator("#photos").set_input_files(photo())
    expect(page.locator("#photos-kept span")).to_have_text(re.compile(" 1\\."))
    page.wait_for_function(f'async () => JSON.stringify(await ({FORMS})()).includes(\'["draft","Кран тұр",1]\')')
    page.reload()
    expect(page.locator("#text")).to_have_value("Кран тұр")
    expect(page.locator('input[name="stage"][value="roof"]')).to_be_checked()
    expect(page.locator("#photos-kept span")).to_have_text(re.compile(" 1\\."))
    page.evaluate("() => { const send = document.querySelector('button.main'); send.click(); send.click(); }")
    code = page.locator("#code").inner_text()
    assert re.fullmatch("([0-9A-Z]{5}-){4}[0-9A-Z]{6}", code) and not page.evaluate(WIDER)
    assert rows(served)[0][0] == before + 1 and page.evaluate(FORMS) == [] and code not in page.url
    page.locator('header a[hreflang="ru"]').click()
    expect(page.get_by_label(text("observe.receipt.label", "ru"))).to_be_visible()
    page.locator('header a[hreflang="kk"]').click()
    page.get_by_label(text("observe.receipt.label", "kk")).fill(code.lower())
    page.get_by_role("button", name=text("observe.receipt.show", "kk")).click()
    expect(page.get_by_role("heading", name=text("observe.fate.waiting", "kk"))).to_be_visible()
    assert code not in page.url


def test_filled_in_without_a_line_it_is_sent_when_the_line_returns(open_form, served):
    page = open_form()
    before = rows(served)[0][0]
    kept = """async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys())
      .map((one) => one.url)))).flat()"""
    page.wait_for_function(f"async () => (await ({kept})()).some((one) => one.includes('/m/form/'))")
    assert not any("/m/observe/" in one for one in page.evaluate(kept))  # a page with a key is never kept
    page.context.set_offline(True)
    page.reload()
    key = page.locator("input[name=key]").input_value()
    assert len(key) == 26
    choose(page, "status", "idle")
    page.locator("#text").fill("Байланыссыз")
    page.get_by_role("button", name=text("observe.send", "kk")).click()
    expect(page.locator("#later")).to_be_focused()
    expect(page.locator("#waiting li")).to_contain_text(text("observe.device.waiting", "kk"))
    assert rows(served)[0][0] == before
    answers = []

    def lose_first(route):
        """The first answer is lost on the way; what was sent has arrived."""
        answers.append(route.fetch())
        route.abort() if len(answers) == 1 else route.fulfill(response=answers[-1])

    page.route("**/m/observe/**", lose_first)
    page.context.set_offline(False)
    expect(page.locator("#waiting li")).to_be_visible()
    again = """() => { dispatchEvent(new Event("online")); return document.querySelector("#waiting .receipt"); }"""
    page.wait_for_function(again, polling=500)
    expect(page.locator("#waiting .receipt")).to_have_text(re.compile("^([0-9A-Z]{5}-){4}[0-9A-Z]{6}$"))
    assert rows(served)[0][0] == before + 1 and ("Байланыссыз",) in rows(served, "text")
    page.get_by_role("button", name=re.compile(text("observe.device.delete", "kk"))).click()
    expect(page.locator("#waiting")).to_be_hidden()
    assert page.evaluate(FORMS) == [] and not page.evaluate(WIDER)


def test_without_a_script_what_is_refused_comes_back_filled(open_form, served):
    page = open_form("ru", java_script_enabled=False)
    before = rows(served)[0][0]
    page.locator("#text").fill("Щит есть\nзабор цел")
    choose(page, "has_passport_board", "yes")
    page.locator("#photos").set_input_files(photo())
    page.get_by_role("button", name=text("observe.send", "ru")).click()
    expect(page.locator("#error-status")).to_have_text(text("problem.observation_status", "ru"))
    expect(page.get_by_text(text("observe.photos.lost", "ru"))).to_be_visible()
    expect(page.locator("#text")).to_have_value("Щит есть\nзабор цел")
    choose(page, "status", "nothing_there")
    page.locator("#photos").set_input_files(photo())
    page.get_by_role("button", name=text("observe.send", "ru")).click()
    expect(page.locator("#code")).to_be_visible()
    assert rows(served)[0][0] == before + 1 and rows(served, "has_passport_board, status")[-1]
