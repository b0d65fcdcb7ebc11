"""Plans of visits on the light pages: their order, what they say, what they refuse, and that a position is in no address."""

import logging
import re
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import segno
from test_light import ODD, app, ask, served, titles  # noqa: F401  fixtures
from test_web import _facility, _write

from riskmap import explain, i18n, plan, snapshot, visit
from riskmap import settings as settings_file
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.web import directions, light_plan, outcomes, own_settings, qr


def plan_of(answer):
    """The ids in the address to which an answer leads."""
    assert answer.status_code == 303 and answer.headers["cache-control"] == "no-store"
    return parse_qs(urlsplit(answer.headers["location"]).query)["ids"][0].split(",")


@pytest.fixture
def line(served, tmp_path, monkeypatch):  # noqa: F811
    """Facilities 1 to 25 on a line to the north, the last without a place."""
    rows = [_facility(n, lat=43 + n / 100, lon=77.0) for n in range(1, 25)] + [_facility(25, lat=None, lon=None)]
    folder = _write(tmp_path / "line", [{"source_file": "a.csv", "source_row": 2, **row} for row in rows])
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(folder))
    return snapshot.load(folder)


def test_ticked_places_come_in_the_order_of_the_shortest_way(line, app):  # noqa: F811
    ticked = {"id": ["F03", "F01", "F25", "F04", "F02"]}
    assert plan_of(ask(app, "/m/plan?lang=en", {**ticked, "lat": "43.000", "lon": "77.000"})) == [
        "F01",
        "F02",
        "F03",
        "F04",
        "F25",
    ]
    assert plan_of(ask(app, "/m/plan?lang=en", {**ticked, "lat": "43.900", "lon": "77.000"})) == [
        "F04",
        "F03",
        "F02",
        "F01",
        "F25",
    ]
    found = plan_of(ask(app, "/m/plan?lang=en", ticked))
    assert found in (["F01", "F02", "F03", "F04", "F25"], ["F04", "F03", "F02", "F01", "F25"])
    assert plan_of(ask(app, "/m/plan?lang=en", {"id": ticked["id"][::-1]})) == found  # whatever was ticked first


def test_a_position_leads_to_no_address_and_no_log(line, app, caplog, monkeypatch):  # noqa: F811
    caplog.set_level(logging.DEBUG)
    answer = ask(app, "/m/plan?lang=en", {"id": ["F01", "F02"], "lat": "43.217", "lon": "76.917"})
    assert answer.headers["location"] == "plan?ids=F02%2CF01&lang=en" and not answer.content
    page = ask(app, "/m/" + answer.headers["location"]).text
    assert "43.217" not in page and "76.917" not in page

    def fails(*given):
        raise ValueError(f"could not use {given}")

    monkeypatch.setattr(plan, "shortest", fails)
    assert ask(app, "/m/plan?lang=en", {"id": ["F01"], "lat": "43.217", "lon": "76.917"}).status_code == 500
    assert "ValueError while reading a form" in caplog.text and "43.217" not in caplog.text


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_a_plan_says_order_distance_time_and_a_sheet_for_each(line, app, lang):  # noqa: F811
    page = ask(app, f"/m/plan?ids=F01,F02,F04&lang={lang}", host="map.test").text
    assert re.findall(r'<h2 id="title-\d+">(.*?)</h2>', page) == ["1. Facility 1", "2. Facility 2", "3. Facility 4"]
    legs = plan.legs_metres([(43.01, 77.0), (43.02, 77.0), (43.04, 77.0)])
    for metres in (*legs, sum(legs)):
        assert visit.distance_words(metres, lang) in page
    visits = settings_file.load()["visits"]
    assert plan.duration_words(plan.minutes(sum(legs), 3, visits), lang) in page
    assert text("plan.order_shortest", lang) in page and text("nearby.safety.rules", lang) in page
    assert page.count("<symbol ") == 6 and page.count('<use href="#stage-roof"/>') == 3
    for key in ("plan.sheet.board_where", "plan.sheet.board_phone", "light.sheet.notes", "stages.source"):
        assert page.count(text(key, lang)) == 3
    assert page.count('class="qr"') == 3 and " style=" not in page
    for other in i18n.LANGUAGES:
        assert f'href="?lang={other}&amp;ids=F01%2CF02%2CF04"' in page


def test_another_order_is_judged_in_words(line, app):  # noqa: F811
    page = ask(app, "/m/plan?ids=F01,F04,F02,F03&lang=en").text
    assert text("plan.order_longer", "en") in page and "plan?ids=F01%2CF02%2CF03%2CF04&amp;lang=en" in page
    many = ",".join(f"F{n:02d}" for n in range(1, 19))
    page = ask(app, f"/m/plan?ids={many}&lang=en").text
    assert text("plan.order_near", "en", n=plan.EXACT_UP_TO) in page
    assert text("plan.order_shortest", "en") not in page
    two = ask(app, "/m/plan?ids=F01,F25&lang=en").text
    assert text("plan.without_place", "en") in two and text("plan.order_shortest", "en") not in two


def test_what_this_version_does_not_show_is_counted_never_named(app):  # noqa: F811
    page = ask(app, "/m/plan?ids=F01,F05,NONE&lang=en").text
    assert text("plan.gone", "en", n="2") in page and "Secret" not in page
    assert ask(app, "/m/plan?ids=F05&lang=en").status_code == 404
    assert ask(app, "/m/plan?lang=en", {"id": ["F05"]}).status_code == 404


def test_odd_names_keep_their_way(app):  # noqa: F811
    answer = ask(app, "/m/plan?lang=en", {"id": [ODD, "F01"]})
    page = ask(app, "/m/" + answer.headers["location"]).text
    assert "Facility 4" in page and f'href="./observe/{quote(ODD, safe="")}?lang=en"' in page


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("ids=", 400), ("ids=,,,", 400), ("ids=F01,F01", 400), ("ids=" + ",".join(f"F{n}" for n in range(21)), 400),
     ("ids=" + "x" * 201, 400), ("ids=" + "x," * 9_000, 400), ("ids=F01&ids=F02", 400), ("ids=F01&lat=43.2", 400),
     ("ids=%3Cscript%3E", 404), ("ids=%00", 404), ("ids=nowhere", 404)],
)  # fmt: skip
def test_an_address_that_cannot_be_is_answered_in_a_sentence(app, query, status):  # noqa: F811
    answer = ask(app, f"/m/plan?lang=en&{query}")
    assert answer.status_code == status and "<h1>" in answer.text and "<script>" not in answer.text


@pytest.mark.parametrize(
    "body",
    [{}, {"id": []}, {"id": [f"F{n}" for n in range(21)]}, {"id": ["F01"], "lat": "nan", "lon": "1"},
     {"id": ["F01"], "lat": "43.2"}, {"id": ["x" * 201]},
     {"id": ["F01"], "settlement": "x"}, {"id": ["F\x01"]}, b"id=%ff", b"id=" + b"a" * 20_000],
)  # fmt: skip
def test_a_form_that_cannot_be_is_answered_in_a_sentence(app, body):  # noqa: F811
    answer = ask(app, "/m/plan?lang=en", body)
    assert answer.status_code in (400, 413) and "<h1>" in answer.text


def test_a_plan_may_be_kept(line, app):  # noqa: F811
    first = ask(app, "/m/plan?ids=F01,F02&lang=en", accept_encoding="gzip")
    assert first.headers["cache-control"] == "no-cache"
    again = ask(app, "/m/plan?ids=F01,F02&lang=en", accept_encoding="gzip", if_none_match=first.headers["etag"])
    assert again.status_code == 304


def test_twenty_sheets_are_no_burden(line, app):  # noqa: F811
    page = ask(app, f"/m/plan?ids={','.join(f'F{n:02d}' for n in range(1, 21))}&lang=kk", accept_encoding="br")
    assert int(page.headers.get("content-length", len(page.content))) < 60_000


# ---- who was visited, and open questions ----------------------------------------------------------------------------
def test_places_not_visited_and_open_questions(app, monkeypatch):  # noqa: F811
    everywhere = {"coordinates": "43.25, 76.95", "radius": "any"}
    all_ = titles(ask(app, "/m/?lang=en", everywhere).text)
    monkeypatch.setattr(outcomes, "visited", lambda: frozenset({"F01"}))
    page = ask(app, "/m/?lang=en", {**everywhere, "unvisited": "1"}).text
    assert titles(page) == [title for title in all_ if title != "Facility 1"] and page.count(" checked") == 1
    assert titles(ask(app, "/m/?lang=en", {**everywhere, "questions": "1"}).text) == []  # these rows have no indicators
    for name in ("unvisited", "questions"):
        assert ask(app, "/m/?lang=en", {**everywhere, name: "2"}).status_code == 400


def test_without_a_store_that_condition_is_not_offered(app, monkeypatch):  # noqa: F811
    def fails():
        raise DataError("store_unavailable")

    monkeypatch.setattr(outcomes.current, "store", fails)
    page = ask(app, "/m/?lang=en").text
    assert text("nearby.no_store", "en") in page and 'name="unvisited"' not in page
    assert ask(app, "/m/?lang=en", {"coordinates": "43.25, 76.95", "unvisited": "1"}).status_code == 503


# ---- QR codes and directions ----------------------------------------------------------------------------------------
def test_codes_lead_to_the_public_address_or_the_one_asked(app, monkeypatch):  # noqa: F811
    def code(address):
        return segno.make_qr(address, error="m").svg_inline(
            scale=4, border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
        )

    assert code("http://map.test/m/facility/F01") in ask(app, "/m/facility/F01?lang=en", host="map.test").text
    assert code("http://map.test/m/observe/F01") in ask(app, "/m/visit/F01?lang=en", host="map.test").text
    monkeypatch.setenv("RISKMAP_PUBLIC_URL", "https://map.example.kz/")
    assert code("https://map.example.kz/m/facility/F01") in ask(app, "/m/facility/F01?lang=en", host="other.test").text
    monkeypatch.delenv("RISKMAP_PUBLIC_URL")
    for host in ("a b", "user:word@map.test", '"><script>', "map.test/../x", ""):
        page = ask(app, "/m/facility/F01?lang=en", host=host).text
        assert 'class="qr"' not in page and text("plan.qr.none", "en") in page


@pytest.mark.parametrize(
    "given",
    ["ftp://map.kz", "https://me:word@map.kz", "map.kz", "https://", "https://map.kz/?a=1", "https://map.kz/#a",
     "https://map.kz/a b", "https://map.kz:x", "javascript:alert(1)"],
)  # fmt: skip
def test_a_public_address_that_cannot_be(monkeypatch, given):
    monkeypatch.setenv("RISKMAP_PUBLIC_URL", given)
    with pytest.raises(DataError) as raised:
        qr.public_url()
    assert raised.value.code == "public_url_invalid" and "word" not in str(raised.value)


@pytest.mark.parametrize(
    "template",
    ["http://maps.example/{lat},{lon}", "https://maps.example/{lat}", "https://maps.example/{lat},{lon},{x}", "https://{lat}.x/{lon}",
     "https://me:word@maps.example/{lat},{lon}", 'https://maps.example/"{lat},{lon}', "javascript:{lat}{lon}"],
)  # fmt: skip
def test_directions_that_cannot_be(template):
    with pytest.raises(DataError):
        directions.of(template)


def test_directions_are_off_unless_configured(app, tmp_path, monkeypatch):  # noqa: F811
    assert directions.url("43.25000, 76.95000") == ""
    own = tmp_path / "own.toml"
    own.write_text('[country]\ndirections_url = "https://maps.example/dir?to={lat},{lon}"\n')
    monkeypatch.setenv("RISKMAP_SETTINGS", str(own))
    own_settings.configured.cache_clear()
    directions.template.cache_clear()
    try:
        assert directions.url("43.25000, 76.95000") == "https://maps.example/dir?to=43.25000,76.95000"
        assert directions.url("") == ""
    finally:
        own_settings.configured.cache_clear()
        directions.template.cache_clear()


def test_the_address_of_a_plan_gives_its_facilities_back():
    ids = ["A,B", "all", "a\\b", "ә &=?"]
    query = parse_qs(urlsplit(light_plan.address(ids, "kk")).query)
    assert light_plan.filters.split_list(query["ids"][0]) == ids and query["lang"] == ["kk"]
    assert urlencode({"lang": "kk"}) in light_plan.address(ids, "kk")


@pytest.mark.parametrize(
    ("contact", "href"),
    [("https://uks.example.kz/a?b=1", "https://uks.example.kz/a?b=1"), ("kense@uks.example.kz", "mailto:kense@uks.example.kz"),
     ("+7 (7172) 55-12-34", "tel:+77172551234"), ("8 7172 551234 доб. 12", "tel:87172551234"), (None, ""), (float("nan"), "")],
)  # fmt: skip
def test_where_a_contact_leads(contact, href):
    assert explain.contact_url(contact) == href
