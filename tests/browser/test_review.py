"""A monitor accepts an observation, covers a part of its photo, publishes it, and the public sees it on the facility's page."""

import io
from datetime import date

import pytest
from PIL import Image
from playwright.sync_api import expect

from riskmap import settings as settings_file
from riskmap import snapshot, store
from tests.browser.conftest import running_server, settled

SLOW = 60_000  # milliseconds: a busy machine decodes and draws slowly
TOKEN = "only-for-this-test-0123"


@pytest.fixture(scope="module")
def reviewed(snapshot_folder, tmp_path_factory):
    """A server with one observation that waits; (address, store, facility)."""
    made, url = snapshot.load(snapshot_folder), f"sqlite:///{tmp_path_factory.mktemp('review') / 'store.db'}"
    facility, db = made.facilities["facility_id"].iloc[0], store.open(url)
    content = io.BytesIO()
    Image.new("RGB", (640, 480), "white").save(content, "PNG")
    store.submit(
        db, key=store.new_key(), facility_id=facility, day=date(2026, 11, 20), status="idle", stage="frame", text="SEEN<b>7431",
        photos=[content.getvalue()], snapshot_id=made.id, facilities={facility}, today=date(2026, 11, 22),
        settings=settings_file.load(),
    )  # fmt: skip
    more = {"RISKMAP_STORE": url, "RISKMAP_OPERATOR_TOKEN": TOKEN, "RISKMAP_TODAY": "2026-11-22"}
    with running_server(snapshot_folder, **more) as address:
        yield address, db, facility


def test_accept_cover_and_publish(open_page, reviewed):
    address, db, facility = reviewed
    page = open_page("/review?lang=en", base=address)
    assert "SEEN" not in page.content()
    door = page.get_by_label("Token of the operator")
    door.fill("not the token at all")
    door.press("Enter")
    expect(page.get_by_text("This is not the token of the operator.")).to_be_visible(timeout=SLOW)
    door.fill(TOKEN)
    door.press("Enter")
    expect(page.get_by_text("SEEN<b>7431")).to_be_visible(timeout=SLOW)
    canvas = page.locator(".cover canvas")
    expect(canvas).to_have_attribute("width", "640", timeout=SLOW)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=3)
    page.mouse.up()
    page.get_by_role("button", name="Cover the marked parts").click()
    expect(page.get_by_text("Parts are covered. Not published")).to_be_visible(timeout=SLOW)
    settled(page)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Parts are covered. Published")).to_be_visible(timeout=SLOW)
    settled(page)
    page.get_by_text("I looked at the photos").click()
    expect(page.get_by_role("checkbox", name="I looked at the photos")).to_be_checked(timeout=SLOW)
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible(timeout=SLOW)
    settled(page)
    [one] = store.observations(db)
    assert (one.state, one.photos_are_reviewed) == ("accept", True)

    public = open_page(f"/facility?lang=en&id={facility}", base=address)
    expect(public.get_by_text("November 2026: visited. Seen: nobody works")).to_be_visible(timeout=SLOW)
    photo = public.locator(".photos img")
    photo.scroll_into_view_if_needed()
    expect(photo).to_have_js_property("naturalWidth", 640, timeout=SLOW)
    shown = public.request.get(public.evaluate("document.querySelector('.photos img').src")).body()
    picture = Image.open(io.BytesIO(shown))
    assert all(abs(value - 128) < 8 for value in picture.getpixel((240, 180))), "covered where it was marked"
    assert min(picture.getpixel((480, 360))) > 240, "and nowhere else"
    assert "SEEN" not in public.content()


def test_without_a_token_the_page_shows_nothing(open_page):
    page = open_page("/review?lang=en")
    expect(page.get_by_text("RISKMAP_OPERATOR_TOKEN")).to_be_visible(timeout=SLOW)
    assert page.locator("input[type=password], .cover, [data-testid=stRadio]").count() == 0
