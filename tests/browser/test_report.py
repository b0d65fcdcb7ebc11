"""Where do I report, in a real browser: the choice opens, leads to its door, and not one request leaves while it is made."""

from riskmap import doors
from riskmap.i18n import text


def test_a_choice_opens_its_door_and_sends_nothing(open_page):
    page = open_page("/report?lang=en")
    sent, frames = [], []
    page.on(
        "request", lambda request: None if request.url.startswith("blob:") else sent.append(request.url)
    )  # blob: of this page
    page.on("websocket", lambda socket: frames.append(socket.url))
    for group, situations in doors.GROUPS.items():
        page.locator("details.choice > summary", has_text=text(f"report.group.{group}", "en")).click()
        for name in situations:
            page.get_by_text(text(f"report.situation.{name}", "en"), exact=True).click()
            door = text(f"report.door.{doors.LEADS[name][0]}.name", "en")
            page.locator("details.situation[open] b", has_text=door).last.wait_for()
    assert not sent and not frames and "situation" not in page.url
    assert page.locator(".report input, .report textarea").count() == 0


def test_the_light_page_works_without_scripts(open_page, browser, server):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(server + "/m/report?lang=en")
    page.locator("summary", has_text=text("report.group.bribe", "en")).click()
    page.get_by_text(text("report.situation.asked", "en"), exact=True).click()
    page.locator("details.situation[open] b", has_text=text("report.door.call.name", "en")).first.wait_for()
    context.close()
