"""The light pages for phones: what they say, what they weigh, what they refuse, and that a position leaves no trace."""

import asyncio
import logging
import re
from urllib.parse import quote, unquote, urlencode

import pytest
from pyproj import Geod
from starlette.applications import Starlette
from starlette.requests import Request
from test_web import HOSTILE, Answer, _facility, _write

from riskmap import i18n, schema, snapshot, visit, web
from riskmap.i18n import text
from riskmap.web import guard, light_page

ODD = "A/B ?&#ә\"'"
ROWS = [
    _facility(1, progress_share=0.8, source_file="a.csv", source_row=2, source_url="javascript:alert(1)"),
    _facility(2, title=HOSTILE, is_flagged=False, level="low", delivery="not_due", is_overdue=False, days_late=0),
    _facility(3, lat=None, lon=None),
    _facility(4, facility_id=ODD, facility_type="hospital", lat=44.0, level="not_assessable", location_precision="district"),
    _facility(5, is_restricted=True, title="Secret place"),
    _facility(6, lat=51.16, lon=71.43, location_precision=None),
]
ALMATY = {"coordinates": "43.25, 76.95"}


@pytest.fixture
def served(tmp_path, monkeypatch):
    folder = _write(tmp_path / "snapshot", [{"source_file": "a.csv", "source_row": 2, **row} for row in ROWS])
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(folder))
    return snapshot.load(folder)


@pytest.fixture
def app(served):
    return Starlette(routes=web.routes(), middleware=web.middleware(hosts=()))


def ask(app, address, body=None, **headers):
    """GET, or POST of `body`: a mapping, or bytes as they are."""
    path, _, query = address.partition("?")
    content = body if isinstance(body, bytes) else urlencode(body or {}, doseq=True).encode()
    given = {"accept_language": "en", "content_type": "application/x-www-form-urlencoded"} | headers
    sent = []

    async def receive():
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "scheme": "http", "method": "GET" if body is None else "POST",
        "path": unquote(path), "root_path": "", "raw_path": path.encode(), "query_string": query.encode(),
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    start = sent[0]
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))


def titles(page):
    return re.findall("<h3>(.*?)</h3>", page)


# ---- what the pages say ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize("path", ("/m/", "/m/facility/F01", "/m/visit/F01", "/m/facility/none"))
def test_every_page_has_its_frame_in_every_language(app, served, path, lang):
    page = ask(app, f"{path}?lang={lang}").text
    assert f'<html lang="{lang}">' in page and '<main id="main">' in page
    for key in ("common.demo", "common.fair_words"):
        assert text(key, lang) in page
    assert text("common.data_date", lang, date=i18n.day(served.as_of, lang)) in page
    assert text("common.version", lang, id=served.id) in page


def test_the_language_is_the_one_asked_for_else_of_the_browser_else_kazakh(app):
    for accepted, expected in (
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("de, en;q=0.5", "en"),
        ("de", "kk"),
        ("", "kk"),
        (";;,,q", "kk"),
    ):
        assert f'<html lang="{expected}">' in ask(app, "/m/", accept_language=accepted).text
    assert '<html lang="kk">' in ask(app, "/m/?lang=kk", accept_language="ru").text
    assert "Accept-Language" in ask(app, "/m/").headers["vary"]


def test_cards_are_by_exact_distance_and_ask_what_the_dashboard_asks(app, served):
    page = ask(app, "/m/", {**ALMATY, "radius": "100"}).text
    assert titles(page) == [HOSTILE.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;"), "Facility 1", "Facility 4"]
    rows = served.facilities.set_index("facility_id", drop=False)
    for facility_id in ("F01", ODD):
        row = rows.loc[facility_id]
        metres = Geod(ellps="WGS84").inv(76.95, 43.25, row["lon"], row["lat"])[2]
        card = visit.cards(rows.loc[[facility_id]], [metres], "en")[0]
        assert card.distance in page and card.look in page
        assert f'href="./facility/{quote(facility_id, safe="")}?lang=en"' in page
    assert text("nearby.safety.rules", "en").split(".")[0] in page
    assert "Secret" not in page and HOSTILE not in page


def test_the_nearest_however_far_and_a_limit_that_is_said(app):
    page = ask(app, "/m/", {**ALMATY, "radius": "any", "n": "10"}).text
    assert len(titles(page)) == 4  # one has no place, one is restricted
    assert text("light.nearest", "en", n="4", flagged="3") in page
    assert len(titles(ask(app, "/m/", {"coordinates": "50.1, 60.1", "radius": "2"}).text)) == 4  # none there: the nearest beyond


def test_filters(app):
    base = {**ALMATY, "radius": "any"}
    assert len(titles(ask(app, "/m/", base | {"flagged": "1"}).text)) == 3
    assert titles(ask(app, "/m/", base | {"type": ["hospital"]}).text) == ["Facility 4"]
    assert titles(ask(app, "/m/", base | {"level": ["not_assessable"]}).text) == ["Facility 4"]
    page = ask(app, "/m/", base | {"type": ["hospital", "school"], "n": "50"}).text
    assert page.count(" checked") == 2 and "<option selected>50</option>" in page


@pytest.mark.parametrize("name", ("Қарағанды", "Караганда", "Qaraghandy", "Караагнда"))
def test_a_settlement_in_either_alphabet_and_with_a_typo(app, name):
    page = ask(app, "/m/?lang=ru", {"settlement": name}).text
    assert "Караганда, Карагандинская область" in page or "Караганды, Карагандинская область" in page


def test_places_of_one_name_can_be_chosen_between(app):
    page = ask(app, "/m/?lang=kk", {"settlement": "Абай"}).text
    others = re.findall('<button name="pick" value="([0-9]+)">(.*?)</button>', page)
    assert others
    chosen = ask(app, "/m/?lang=kk", {"settlement": "Абай", "pick": others[0][0]}).text
    assert f'tabindex="-1">{others[0][1]}</h2>' in chosen
    kept = dict(re.findall('<input type="hidden" name="([a-z]+)" value="(.*?)">', chosen))
    assert kept["place"] == others[0][0]
    assert f'tabindex="-1">{others[0][1]}</h2>' in ask(app, "/m/?lang=kk", {**kept, "settlement": "", "radius": "100"}).text
    assert text("nearby.settlement.none", "en", query="Zzxqwv") in ask(app, "/m/", {"settlement": "Zzxqwv"}).text


def test_a_facility_and_its_sheet(app):
    page = ask(app, "/m/facility/F01?lang=en").text
    for words in (
        "Facility 1",
        "Demo Buyer",
        "geo:43.21000,76.90000",
        "../../facility?lang=en&amp;id=F01",
        "../visit/F01?lang=en",
    ):
        assert words in page
    assert "javascript:" not in page  # what a file says is not trusted to be an address
    assert text("nearby.look.unknown", "en") in page  # these rows have no indicators
    sheet = ask(app, "/m/visit/F01?lang=en").text
    assert text("nearby.safety.rules", "en") in sheet
    for name in schema.STATUSES:
        assert text(f"observation.status.{name}", "en") in sheet
    odd = ask(app, f"/m/facility/{quote(ODD, safe='')}")
    assert odd.status_code == 200 and "Facility 4" in odd.text
    assert text("nearby.precision.district", "en") in odd.text
    assert "geo:" not in ask(app, "/m/facility/F03").text


def test_a_first_visit_weighs_little(app):
    js = sum(len(ask(app, f"/m/{name}").content) for name in ("light.js", "observe.js"))
    css = (light_page.FOLDER / "light.css").stat().st_size
    assert js < 16_000 and css < 8_000
    for path in ("/m/?lang=kk", "/m/facility/F01?lang=kk", "/m/visit/F01?lang=kk"):
        assert len(ask(app, path).text.encode()) + js < 60_000  # the style is part of the page; nothing else is loaded


def test_without_data_the_page_says_so(app, monkeypatch, tmp_path):
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(tmp_path / "nothing"))
    for answer in (ask(app, "/m/"), ask(app, "/m/", ALMATY), ask(app, "/m/facility/F01")):
        assert answer.status_code == 503
        assert text("frame.no_snapshot.title", "en") in answer.text


# ---- what they refuse -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("address", "status", "key"),
    [("/m/?lang=de", 400, "language"), ("/m/?lang=en&lang=kk", 400, "language"), ("/m/?lat=43.2", 400, "parameter"),
     ("/m/facility/F01?id=2", 400, "parameter"), ("/m/facility/none", 404, "facility"), ("/m/facility/", 404, "facility"),
     ("/m/facility/F05", 404, "facility"), ("/m/visit/F05", 404, "facility"), ("/m/facility/" + "x" * 5000, 404, "facility"),
     ("/m/facility/%00%3Cscript%3E", 404, "facility"), ("/m/other", 404, "page"), ("/m/../health", 404, "page")],
)  # fmt: skip
def test_an_address_that_cannot_be_is_answered_in_a_sentence(app, address, status, key):
    answer = ask(app, address)
    words = [text(f"light.error.{key}", lang) for lang in i18n.LANGUAGES]
    assert answer.status_code == status and any(each in answer.text for each in words)
    assert "<script>" not in answer.text and answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "body",
    [{"foo": "1"}, {"radius": "3"}, {"n": "1000000"}, {"n": "-1"}, {"lat": "nan", "lon": "1"}, {"lat": "91", "lon": "76"},
     {"lat": "43.2"}, {"lat": "4e1", "lon": "76"}, {"lat": "٤٣", "lon": "76"}, {"lat": "43", "lon": "76", "accuracy": "inf"},
     {"pick": "-1"}, {"pick": "99999999"}, {"pick": "1e3"}, {"place": "9999999"}, {"type": ["prison"]}, {"level": ["x"]},
     {"flagged": "perhaps"}, {"settlement": "a" * 101}, {"settlement": "a\0b"}, {"coordinates": "x"}, {"coordinates": "9" * 100},
     {"coordinates": "76.9, 43.2"}, {"coordinates": "0, 0"}, {}, {"type": ["school"] * 100}, b"%ff", b"settlement=%ff", b"a",
     b"&&&", b"radius=2&radius=5", b"settlement=" + b"a" * 20_000, "🏗".encode(), b"\xff\xfe"],
)  # fmt: skip
def test_a_form_that_cannot_be_is_answered_in_a_sentence(app, body):
    if body in ({"flagged": "perhaps"},):
        body = {**ALMATY, **body}
    answer = ask(app, "/m/", body)
    assert answer.status_code in (400, 413)
    assert 'role="alert"' in answer.text or "<h1>" in answer.text
    assert titles(answer.text) == [] and "Traceback" not in answer.text


def test_only_an_ordinary_form_is_read(app):
    assert ask(app, "/m/", b'{"lat": 43}', content_type="application/json").status_code == 415
    assert ask(app, "/m/", b"x", content_type="multipart/form-data; boundary=x").status_code == 415


def test_what_was_typed_is_text_and_nothing_else(app):
    for field in ("settlement", "coordinates"):
        page = ask(app, "/m/", {field: '"><script>alert(1)</script>'}).text
        assert "<script>alert" not in page and "&lt;script&gt;" in page
    assert "{{" not in ask(app, "/m/", {"settlement": "{{ 7*7 }}"}).text.replace("{{ 7*7 }}", "")


def test_strict_headers_that_the_pages_can_live_with(app):
    answer = ask(app, "/m/")
    policy = answer.headers["content-security-policy"]
    assert policy == guard.light_policy() and "unsafe" not in policy and "form-action 'self'" in policy
    assert len(re.findall("<style", answer.text)) == 1 and " style=" not in answer.text
    assert not re.search("<script(?! defer src=)", answer.text) and not re.search(r"\son[a-z]+=", answer.text)
    assert "form-action 'none'" in ask(app, "/health").headers["content-security-policy"]


# ---- the position leaves no trace -----------------------------------------------------------------------------------
POSITION = {"lat": "43.217", "lon": "76.917", "accuracy": "123.7"}


def test_a_position_is_used_once_and_is_in_no_address(app):
    answer = ask(app, "/m/", {**POSITION, "radius": "100"})
    assert "Facility 1" in titles(answer.text)
    assert answer.headers["cache-control"] == "no-store" and "etag" not in answer.headers
    for address in re.findall('(?:href|action|src)="(.*?)"', answer.text):
        assert "43.217" not in address and "76.917" not in address
    assert "43.217" not in ask(app, "/m/").text


def test_nothing_of_a_form_reaches_the_log(app, caplog, capfd, monkeypatch):
    caplog.set_level(logging.DEBUG)
    planted = {"settlement": "Құпия-канарейка", "coordinates": "43.2173, 76.9171"}
    ask(app, "/m/", POSITION)
    ask(app, "/m/", planted)
    ask(app, "/m/", {"coordinates": "canary-typed"})
    ask(app, "/m/", {"canary-name": "canary-value"})

    def fails(*given):
        raise ValueError(f"could not use {given}")

    monkeypatch.setattr(visit, "around", fails)
    answer = ask(app, "/m/", POSITION)
    assert answer.status_code == 500 and "reference" in answer.json()
    out, err = capfd.readouterr()
    written = out + err + caplog.text
    assert "ValueError while reading a form" in written  # the operator sees where it failed, not what was typed
    for canary in ("43.21", "76.91", "123.7", "канарейка", "canary"):
        assert canary not in written


def test_the_pages_that_may_be_kept_can_be_asked_for_again(app):
    first = ask(app, "/m/facility/F01?lang=en", accept_encoding="gzip")
    again = ask(app, "/m/facility/F01?lang=en", accept_encoding="gzip", if_none_match=first.headers["etag"])
    assert (first.headers["content-encoding"], again.status_code) == ("gzip", 304)
    assert ask(app, "/m/", POSITION, accept_encoding="br").text == ask(app, "/m/", POSITION).text
    worker = ask(app, f"/m/sw.js?v={'0' * 12}")
    assert worker.headers["content-type"].startswith("text/javascript") and 'method !== "GET"' in worker.text


@pytest.mark.parametrize(("last", "status"), [({"type": "http.disconnect"}, 400), (None, 408)])
def test_a_form_that_never_ends_is_refused_and_is_no_error_of_ours(monkeypatch, last, status):
    """Somebody who hangs up must not fill the log with tracebacks, nor keep a line open by sending nothing."""
    monkeypatch.setattr(light_page, "_MAX_SECONDS", 0 if last is None else 60)
    parts = [{"type": "http.request", "body": b"lat=", "more_body": True}]

    async def receive():
        return parts.pop() if parts else last or await asyncio.Event().wait()

    head = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request({"type": "http", "method": "POST", "path": "/m/", "query_string": b"", "headers": head}, receive)
    with pytest.raises(light_page.Refused) as refused:
        asyncio.run(asyncio.wait_for(light_page.fields(request, ("lat",)), 10))
    assert refused.value.status == status
