"""The light pages on the smallest phone, without JavaScript; and what they gain where the browser can."""

import re

import pytest
from playwright.sync_api import expect

from riskmap.i18n import text
from tests.browser.conftest import phone

TOO_SMALL = """() => [...document.querySelectorAll(
    "a.go, nav a, button, select, summary, .check, .stages label, input:not([type=checkbox], [type=radio])")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML)"""
CONTROLLED = """() => new Promise((resolve) => navigator.serviceWorker.controller ? resolve()
  : navigator.serviceWorker.addEventListener("controllerchange", resolve))"""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def visit(browser, server):
    """`visit(**context_options)` -> an empty page of a small phone. At the end: no request elsewhere, no error."""
    opened = []

    def open_(**options):
        context = browser.new_context(**{**phone(360), "locale": "kk-KZ", "color_scheme": "dark", **options})
        context.set_default_timeout(20_000)
        page, faults = context.new_page(), []
        context.on(
            "request", lambda request: faults.append(request.url) if not request.url.startswith((server, "data:")) else None
        )
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        opened.append((context, faults))
        return page, faults

    yield open_
    for context, faults in opened:
        context.close()
        assert not faults, faults


def fits(page):
    assert not page.evaluate(WIDER), page.url
    assert page.evaluate(TOO_SMALL) == []


def test_without_javascript_from_a_village_to_the_visit_sheet(visit, server):
    page, _ = visit(java_script_enabled=False)
    page.goto(f"{server}/m/?lang=kk")
    fits(page)
    expect(page.get_by_role("button", name=text("nearby.position.button", "kk"))).to_have_count(0)
    page.get_by_label(text("nearby.settlement.label", "kk")).fill("Караагнда")
    page.get_by_label(text("nearby.radius", "kk")).select_option("any")
    page.get_by_role("button", name=text("light.show", "kk"), exact=True).click()
    expect(page.get_by_role("heading", name="Қарағанды", level=2)).to_be_visible()
    fits(page)
    assert re.fullmatch(re.escape(server) + r"/m/\?lang=kk(#found)?", page.url)
    first = page.locator(".cards > li").first
    name = first.get_by_role("heading").inner_text()
    first.get_by_role("link", name=text("nearby.open", "kk")).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    fits(page)
    page.get_by_role("link", name=text("light.visit", "kk")).click()
    expect(page.get_by_text(text("nearby.safety.rules", "kk"))).to_be_visible()
    page.get_by_label(text("observation.status.working", "kk")).check()
    fits(page)
    page.locator("header").get_by_role("link", name="ru").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.get_by_text(text("nearby.safety.rules", "ru"))).to_be_visible()


def test_the_position_goes_in_the_body_rounded(visit, server):
    here = {"latitude": 43.25049, "longitude": 76.95051, "accuracy": 30}
    page, _ = visit(geolocation=here, permissions=["geolocation"], service_workers="block")
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url, request.post_data)))
    page.goto(f"{server}/m/?lang=en")
    page.get_by_role("button", name=text("nearby.position.button", "en")).click()
    expect(page.locator("#found-title")).to_be_focused()
    body = next(body for method, _, body in sent if method == "POST")
    assert "lat=43.250&lon=76.951" in body and "43.2504" not in body
    assert not any("43.2" in url or "76.9" in url for _, url, _ in sent)


def test_opened_pages_can_be_read_without_a_line(visit, server):
    page, faults = visit()
    page.goto(f"{server}/m/?lang=ru")
    page.evaluate(CONTROLLED)
    page.get_by_label(text("nearby.settlement.label", "ru")).fill("Караганда")
    page.get_by_label(text("nearby.radius", "ru")).select_option("any")
    page.get_by_role("button", name=text("light.show", "ru"), exact=True).click()
    page.locator(".cards a").first.click()
    page.wait_for_url("**/m/facility/**")
    name = page.locator("h1").inner_text()
    stored = """async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys())
      .map((request) => request.method + " " + request.url)))).flat()"""
    page.evaluate(f"async () => {{ while (!(await ({stored})()).some((one) => one.includes('/m/facility/'))); }}")
    assert all(one.startswith("GET ") for one in page.evaluate(stored))
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.get_by_text(text("light.offline.kept", "ru"))).to_be_visible()
    page.goto(f"{server}/m/facility/never-opened?lang=ru")
    expect(page.get_by_text(text("light.offline.what", "kk"))).to_be_visible()
    page.context.set_offline(False)
    faults[:] = [fault for fault in faults if "Failed to load resource" not in fault]  # there is no line


def test_a_plan_of_three_places_is_read_without_a_line(visit, server):
    """From a village in Kazakh: three places ticked, their order, the sheets; the phone then loses the line."""
    page, faults = visit()
    page.goto(f"{server}/m/?lang=kk")
    page.evaluate(CONTROLLED)
    page.get_by_label(text("nearby.settlement.label", "kk")).fill("Қарағанды")
    page.get_by_label(text("nearby.radius", "kk")).select_option("any")
    page.get_by_role("button", name=text("light.show", "kk"), exact=True).click()
    ticks = page.locator(".cards").get_by_role("checkbox")
    expect(ticks.nth(2)).to_be_visible()
    titles = page.locator(".cards h3").all_inner_texts()[:3]
    for at in range(3):
        ticks.nth(at).check()
    fits(page)
    page.get_by_role("button", name=text("plan.make", "kk")).click()
    page.wait_for_url("**/m/plan?ids=*")
    assert "lat" not in page.url and "lon" not in page.url
    order = page.locator(".order > li > a")
    expect(order).to_have_count(3)
    planned = order.all_inner_texts()
    assert sorted(planned) == sorted(titles)
    expect(page.get_by_text(text("plan.order_shortest", "kk"))).to_be_visible()
    expect(page.locator(".sheet .qr")).to_have_count(3)
    fits(page)
    kept = "async (url) => { while (!(await caches.match(url, { ignoreVary: true }))); }"
    page.evaluate(kept, page.url)
    page.context.set_offline(True)
    page.reload()
    assert page.locator(".order > li > a").all_inner_texts() == planned
    expect(page.get_by_text(text("light.offline.kept", "kk"))).to_be_visible()
    page.context.set_offline(False)
    faults[:] = [fault for fault in faults if "Failed to load resource" not in fault]  # there is no line
