"""A region on one sheet of paper: always one page, searchable text in three alphabets' letters, the page's own counts."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from starlette.applications import Starlette
from test_web import HOSTILE, _facility, _write, ask

from riskmap import archive, i18n, snapshot, web
from riskmap.web.region_page import region_page


@pytest.fixture
def country(tmp_path):
    """128 facilities in one region, some with much text and little known; one facility elsewhere."""
    rows = [_facility(n, title=f"Нысан № {n} ӘҒҚҢӨҰҮҺІ " + "өте ұзын атау " * (n % 7)) for n in range(100)]
    rows += [
        _facility(100 + n, is_flagged=False, is_overdue=None, days_late=None, level="not_assessable", lat=None, lon=None,
                  budget_amount=None, title=HOSTILE)
        for n in range(28)
    ]  # fmt: skip
    rows.append(_facility(200, region_code="KZ-61", lat=43.3, lon=68.3))
    _write(tmp_path / "snapshot", rows)
    return snapshot.load(tmp_path / "snapshot")


def words(content: bytes) -> str:
    pages = PdfReader(BytesIO(content)).pages
    assert len(pages) == 1
    return " ".join(pages[0].extract_text().split())


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_one_page_with_the_counts_of_the_map_page(country, lang) -> None:
    content = region_page(country, "KZ-75", lang)
    said = words(content)
    assert i18n.text("common.fair_words", lang) in said
    assert i18n.text("common.version", lang, id=country.id) in said
    assert " ".join(i18n.day(country.as_of, lang).split()) in said
    for expected in ("128", "100", "28"):  # facilities, overdue and flagged, deadline not known
        assert expected in said.split()
    assert "ӘҒҚҢӨҰҮҺІ" in said
    assert "None" not in said
    shown = said.count("ӘҒҚҢӨҰҮҺІ")
    assert i18n.text("pdf.more", lang, n=i18n.number(100 - shown, lang)) in said  # nothing left out without a word
    assert region_page(country, "KZ-75", lang) == content  # the same snapshot, the same bytes


def test_a_region_with_one_facility_and_one_without_any_outline(country) -> None:
    assert "Нысан" not in words(region_page(country, "KZ-61", "en"))
    assert "Facility 200" in words(region_page(country, "KZ-61", "en"))


def test_the_route_knows_its_snapshot_its_regions_and_its_languages(country, monkeypatch) -> None:
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(country.folder))
    app = Starlette(routes=web.routes())
    found = ask(app, f"/files/{country.id}/region-KZ-75.pdf?lang=kk")
    assert found.status_code == 200
    assert found.content.startswith(b"%PDF")
    assert found.headers["content-disposition"].endswith(f'{country.as_of}-KZ-75-kk.pdf"')
    assert ask(app, f"/files/{country.id}/region-KZ-99.pdf").status_code == 404
    assert ask(app, "/files/0123456789ab/region-KZ-75.pdf").status_code == 404
    assert ask(app, f"/files/{country.id}/region-KZ-75.pdf?lang=de").status_code == 400
    assert ask(app, f"/files/{country.id}/region-KZ-75.pdf?region=KZ-75").status_code == 400


def test_a_page_of_an_earlier_version_has_its_own_sheet(country, tmp_path, monkeypatch) -> None:
    newer = _write(tmp_path / "newer", [_facility(1)])
    for folder in (country.folder, newer):
        archive.keep(tmp_path / "kept", folder)
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(tmp_path / "kept"))
    found = ask(Starlette(routes=web.routes()), f"/files/{country.id}/region-KZ-75.pdf?lang=en")
    assert found.status_code == 200
    assert "Facilities: 128." in words(found.content)
