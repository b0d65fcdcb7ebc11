"""The flagged page: what it says, what it lets people download, in three languages and on a phone."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from riskmap import export, filters, i18n, snapshot
from riskmap.apostrophe import unmark
from riskmap.export.verify import verify
from riskmap.filters import FLAGGED, Filter
from tests.browser.conftest import phone, settled


@pytest.fixture(scope="module")
def served(snapshot_folder):
    return snapshot.load(snapshot_folder)


def download(page, format_):
    with page.expect_download() as waiting:
        page.get_by_role("link", name=format_, exact=True).click()
    return waiting.value


@pytest.mark.parametrize("format_", ["CSV", "XLSX", "GeoJSON"])
def test_a_download_is_the_bytes_that_the_page_and_the_name_promise(open_page, served, format_):
    page = open_page("/flagged?lang=ru")
    got = download(page, format_)
    content = Path(got.path()).read_bytes()
    expected = export.export(served, FLAGGED, format=format_.lower(), lang="ru")
    assert content == expected.content
    assert got.suggested_filename == expected.file_name
    assert hashlib.sha256(content).hexdigest()[:12] in got.suggested_filename
    assert expected.file_name in page.locator("section.files").inner_text()


def test_the_manifest_beside_the_file_verifies_it(open_page, served, tmp_path):
    page = open_page("/flagged?lang=kk")
    file = tmp_path / "list.csv"
    download(page, "CSV").save_as(file)
    with page.expect_download() as waiting:
        page.get_by_role("link", name=i18n.text("flagged.manifest", "kk")).first.click()
    waiting.value.save_as(tmp_path / "list.csv.manifest.json")
    assert verify(file, served.folder).findings == []


def test_the_list_its_totals_and_its_files_agree(open_page, served):
    page = open_page("/flagged?lang=en")
    shown = filters.apply(FLAGGED, served.facilities)
    assert f"Facilities in this list: {len(shown)}." in page.locator("p.answer").inner_text()
    hrefs = page.locator("table.list").first.locator("tbody th a").evaluate_all("links => links.map(a => a.href)")
    ids = [re.search(r"id=([^&]+)", href)[1] for href in hrefs]
    assert ids == list(shown["facility_id"])[: len(ids)]
    assert ids
    for foot in page.locator("table.list tfoot tr").all():
        assert foot.locator("td").first.inner_text() == i18n.number(len(shown), "en")
    manifest = json.loads(
        page.request.get(page.url.split("/flagged")[0] + f"/files/{served.id}/flagged.csv.manifest.json?lang=en").body()
    )
    assert manifest["totals"]["n_flagged"] == served.manifest["totals"]["n_flagged"] == len(shown)


def test_a_filter_in_the_address_is_what_is_listed_and_downloaded(open_page, served):
    region = filters.apply(Filter(), served.facilities)["region_code"].dropna().iloc[0]
    page = open_page(f"/flagged?lang=en&flagged=all&region={region}&sort=-budget_amount")
    wanted = Filter(regions=(region,), sort="-budget_amount")
    shown = filters.apply(wanted, served.facilities)
    assert f"Facilities in this list: {len(shown)}." in page.locator("p.answer").inner_text()
    content = Path(download(page, "CSV").path()).read_text("utf-8-sig")
    ids = [unmark(line.split(",")[0]) for line in content.splitlines()[1:]]
    assert ids == list(shown["facility_id"])


def test_taking_the_chip_away_widens_the_list_and_the_address_says_so(open_page, served):
    page = open_page("/flagged?lang=en")
    page.get_by_role("button", name=re.compile("flagged for checking")).click()
    page.wait_for_url(re.compile("flagged=all"))
    settled(page)
    n = len(filters.apply(Filter(), served.facilities))
    page.get_by_text(f"Facilities in this list: {n}.").wait_for()


def test_an_empty_list_says_what_to_do_and_offers_no_file(open_page):
    page = open_page("/flagged?lang=en&q=nosuchfacilityanywhere")
    page.get_by_text("No facility matches this filter").wait_for()
    assert page.locator("section.files").count() == 0


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_fits_and_says_everything_in_its_language(open_page, lang, width):
    options = phone(width) if width < 500 else {"viewport": {"width": width, "height": 900}}
    page = open_page(f"/flagged?lang={lang}", **options)
    page.locator("section.files").wait_for()
    main = page.locator("[data-testid=stMain]")
    page.wait_for_function("m => m.scrollWidth <= m.clientWidth", arg=main.element_handle())
    words = main.inner_text()
    assert i18n.text("common.fair_words", lang) in words
    assert i18n.text("common.demo", lang) in words
    assert i18n.text("flagged.method", lang) in words
    assert not re.search(r"\b(nan|None|<NA>)\b", words)
