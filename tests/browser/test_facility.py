"""The pages of a facility, of the method and of the data in a real browser."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from riskmap import i18n, snapshot
from tests.browser.conftest import phone, running_server


@pytest.fixture(scope="module")
def worst(snapshot_folder):
    """The flagged facility with the most points."""
    facilities = snapshot.load(snapshot_folder).facilities
    flagged = facilities[facilities["is_flagged"].fillna(False)]
    return flagged.sort_values(["r_lo", "facility_id"]).iloc[-1]


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_a_deep_link_says_why_in_every_language_on_a_phone(open_page, worst, lang):
    page = open_page(f"/facility?lang={lang}&id={worst['facility_id']}", **phone())
    level = i18n.text(f"level.{worst['level']}.name", lang)
    page.locator("p.answer", has_text=level).wait_for()
    page.locator(".js-plotly-plot").first.wait_for()
    for section in ("firing", "not_known", "gaps", "clear"):
        assert page.get_by_role("heading", name=i18n.text(f"facility.section.{section}", lang), exact=True).count()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_an_indicator_opens_to_its_innocent_explanation_and_its_threshold(open_page, worst):
    page = open_page(f"/facility?lang=en&id={worst['facility_id']}")
    first = page.locator(".sheet details").first
    assert not first.get_by_text("Most common innocent explanation").is_visible()
    first.locator("summary").click()
    for label in ("Most common innocent explanation", "Thresholds", "R without this fact", "Source of the rule"):
        first.get_by_text(label, exact=True).wait_for()


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_story_and_the_curve_fit_one_screen(open_page, worst, lang):
    page = open_page(f"/facility?lang={lang}&id={worst['facility_id']}", viewport={"width": 1440, "height": 900})
    page.locator(".js-plotly-plot").first.wait_for()
    for name in ("late", "money", "unknown", "officials", "visitors"):
        heading = page.locator(".story").get_by_role("heading", name=i18n.text(f"facility.story.{name}", lang), exact=True)
        assert heading.locator("xpath=..").evaluate("part => part.getBoundingClientRect().bottom") <= 900, name
    curve = page.locator(".js-plotly-plot").first
    assert curve.get_by_text(i18n.text("chart.plan_curve", lang), exact=True).count() == 1
    assert curve.evaluate("chart => chart.querySelector('.cartesianlayer').getBoundingClientRect().bottom") <= 900
    page.locator("[data-testid=stExpander]", has_text=i18n.text("chart.words", lang)).first.locator("summary").click()
    page.get_by_role("columnheader", name=i18n.text("chart.plan_curve", lang), exact=True).wait_for()


@pytest.mark.parametrize("query", ["", "&id=no-such", "&id=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"])
def test_without_a_known_facility_the_page_helps_to_find_one(open_page, query):
    page = open_page(f"/facility?lang=en{query}")
    page.get_by_role("heading", name="Which facility?").wait_for()
    page.locator("[data-testid=stMain] [data-testid=stPageLink] a[href*='id=']").nth(5).wait_for()
    assert page.locator("img[src=x]").count() == 0


def test_the_method_shows_every_indicator_with_the_numbers_of_the_settings(open_page):
    page = open_page("/method?lang=en")
    opening = page.locator("details", has_text="T01 · Paid ahead of the works")
    opening.locator("summary").click()
    opening.get_by_text("5% – 25%").wait_for()
    for words in ("methodology.md 1.4", "Worked example, an invented facility", "(10% − 5%) / (25% − 5%) = 25%"):
        opening.get_by_text(words).first.wait_for()
    page.locator(".js-plotly-plot").wait_for()


def test_a_threshold_shows_what_it_decides(open_page):
    page = open_page("/method?lang=en&indicator=T08")
    table = page.locator("table.list", has_text=i18n.text("parameter.ramp_share", "en"))
    for words in ("10% – 30% (published)", "8% – 24% (−20%)", "12% – 36% (+20%)"):
        table.get_by_text(words).wait_for()


def test_the_sums_of_the_import_stand_on_the_data_page(open_page, snapshot_folder):
    files = snapshot.load(snapshot_folder).manifest["import"]["files"]
    page = open_page("/data?lang=en")
    rows_in, accepted = (i18n.number(sum(file[name] for file in files), "en") for name in ("rows_in", "accepted"))
    page.get_by_text(f"Rows read: {rows_in}. Accepted: {accepted}.").wait_for()
    page.get_by_role("heading", name="Dictionary of columns").wait_for()


HOSTILE = (
    "![x](http://evil.invalid/b.png) https://evil.invalid/a www.evil.invalid a@evil.invalid "
    "<img src=http://evil.invalid/c.png onerror=alert(1)>\n\n# H $x$ :red[x]"
)


@pytest.fixture(scope="module")
def hostile_server(snapshot_folder, tmp_path_factory):
    """The same data with every name replaced by Markdown, HTML and addresses."""
    opened = snapshot.load(snapshot_folder)
    tables = {name: pq.read_table(opened.folder / f"{name}.parquet") for name in snapshot.TABLES}
    for table, columns in {
        "facilities": ("title", "title_kk", "title_ru", "title_en", "district", "source_url"),
        "contracts": ("supplier_name",),
    }.items():
        for column in columns:
            at = tables[table].schema.get_field_index(column)
            names = pa.array([HOSTILE] * tables[table].num_rows)
            tables[table] = tables[table].set_column(at, column, names)
    manifest = {name: value for name, value in opened.manifest.items() if name not in ("files", "snapshot_id")}
    with running_server(snapshot.write(tmp_path_factory.mktemp("hostile") / "snapshot", tables, manifest)) as url:
        yield url


@pytest.mark.parametrize("query", ["", "&id={id}"])
def test_a_name_from_the_data_shows_its_characters_and_does_nothing(open_page, hostile_server, worst, query):
    page = open_page(f"/facility?lang=en{query.format(id=worst['facility_id'])}", base=hostile_server)
    page.locator("[data-testid=stMain]").get_by_text("onerror=alert(1)").nth(0).wait_for()
    assert page.locator("a[href*=evil], img[src*=evil]").count() == 0
