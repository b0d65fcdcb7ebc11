"""From the page of a facility to its final document, its files and its clock; on a phone, in Kazakh."""

import io
from datetime import date

from docx import Document
from playwright.sync_api import expect

from riskmap import i18n, snapshot
from tests.browser.conftest import phone, running_server, settled

TOKEN = "only-for-this-test-0123"


def kk(key: str, **params: object) -> str:
    return i18n.text(f"control.{key}", "kk", **params)


def test_a_document_is_made_changed_saved_finished_and_sent(open_page, snapshot_folder, tmp_path):
    facilities = snapshot.load(snapshot_folder).facilities
    facility = facilities.loc[facilities["is_flagged"].fillna(False), "facility_id"].iloc[0]
    more = {"RISKMAP_STORE": f"sqlite:///{tmp_path / 'store.db'}", "RISKMAP_OPERATOR_TOKEN": TOKEN, "RISKMAP_TODAY": "2026-11-20"}
    with running_server(snapshot_folder, **more) as address:
        page = open_page(f"/control?lang=kk&id={facility}", base=address, **phone())
        box = page.get_by_role("textbox", name=f"{kk('draft.recommendations')} (KK)")
        box.fill("Кестені жариялау\nАктіні көрсету")
        page.get_by_role("textbox", name=f"{kk('draft.recommendations')} (RU)").fill("")
        page.get_by_role("heading", level=1).click()  # leaving the box sends it
        buttons = page.locator(".paper button")
        expect(buttons).to_have_count(2)
        settled(page)
        with page.expect_download() as saved:
            buttons.first.click()
        words = [one.text for one in Document(io.BytesIO(saved.value.path().read_bytes())).paragraphs]
        assert "2.\tАктіні көрсету" in words
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_text(kk("office.title")).click()
        page.locator("input[type=password]").fill(TOKEN)
        page.locator("input[type=password]").press("Enter")
        page.get_by_role("button", name=kk("office.finish")).click()
        expect(page.get_by_text(kk("state.to_send")).first).to_be_visible()
        settled(page)
        page.get_by_text(kk("office.title")).click()
        page.get_by_role("button", name=kk("office.mark")).click()
        expect(page.get_by_text(kk("office.saved"))).to_be_visible()
        expect(page.get_by_text(kk("state.waiting")).first).to_be_visible()
        expect(page.get_by_text(i18n.day(date(2026, 12, 4), "kk")).first).to_be_visible()
