"""What I saw, over HTTP: the form, the receipt, what is refused, and that nobody who sends leaves a trace."""

import re
import secrets
import tempfile
from collections import Counter
from urllib.parse import quote

import pytest
from starlette import formparsers
from starlette.applications import Starlette
from test_light import ODD, ROWS, ask
from test_store_photos import CANARY, leaked, planted
from test_web import _write

from riskmap import i18n, schema, store, web
from riskmap import settings as settings_file
from riskmap.control.records import GRADES
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.store import codes
from riskmap.store.fate import Fate, Step
from riskmap.web import clock, current, light_form, light_observe, limits, own_settings

OWN = settings_file.load()["observations"]
TODAY = "2026-11-22"
SEEN = {
    "day": "2026-11-21",
    "status": "working",
    "stage": "roof",
    "is_working": "yes",
    "has_passport_board": "no",
    "text": "Кран",
}


@pytest.fixture
def app(tmp_path, monkeypatch):
    folder = _write(tmp_path / "snapshot", [{"source_file": "a.csv", "source_row": 2, **row} for row in ROWS])
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(folder))
    monkeypatch.setenv("RISKMAP_STORE", f"sqlite:///{tmp_path / 'store.db'}")
    monkeypatch.setenv("RISKMAP_TODAY", TODAY)
    monkeypatch.setattr(light_observe, "_windows", limits.Windows())
    return Starlette(routes=web.routes(), middleware=web.middleware(hosts=()))


def multipart(fields, photos=(), boundary="b0undary"):
    """The body of a form as browsers write it."""
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value.encode() for name, value in fields.items()]
    for n, photo in enumerate(photos):
        head = f'Content-Disposition: form-data; name="photos"; filename="{CANARY}-{n}.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts.append(head.encode() + photo)
    return b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def send(app, fields=None, photos=(), facility_id="F01", lang="en", body=None, **headers):
    content = multipart({"key": store.new_key(), **SEEN} if fields is None else fields, photos) if body is None else body
    given = {"content_type": "multipart/form-data; boundary=b0undary", "accept_language": lang} | headers
    return ask(app, f"/m/observe/{quote(facility_id, safe='')}", content, **given)


def code_of(answer):
    assert answer.status_code == 200, answer.text
    return re.search('id="code" translate="no">(.*?)</p>', answer.text)[1]


def kept():
    return store.observations(current.store())


# ---- the way that works --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_form_asks_what_the_store_keeps(app, lang):
    answer = ask(app, f"/m/observe/F01?lang={lang}")
    page = answer.text
    assert answer.headers["cache-control"] == "no-store"
    for group, names in (("status", schema.STATUSES), ("stage", schema.STAGES)):
        assert set(re.findall(f'type="radio" name="{group}" value="([a-z_]*)"', page)) - {""} == set(names)
    assert f'value="{TODAY}" min="2026-08-24" max="{TODAY}"' in page
    for key in ("observe.tip.what", "observe.confidential.title", "observe.confidential.published", "observe.photos.help"):
        assert text(key, lang) in page.replace("&#39;", "'")
    assert page.count("<svg") == len(schema.STAGES) and " style=" not in page
    first, second = (re.search('name="key" value="(.*?)"', each)[1] for each in (page, ask(app, "/m/observe/F01").text))
    assert first != second and codes.hash_of(first)


def test_a_page_that_may_be_kept_has_no_key(app):
    answer = ask(app, "/m/form/F01?lang=kk")
    assert 'name="key" value=""' in answer.text and answer.headers["cache-control"] == "no-cache"
    assert text("observe.door", "kk") in ask(app, "/m/facility/F01?lang=kk").text
    assert "../observe/F01?lang=kk" in ask(app, "/m/visit/F01?lang=kk").text


def test_what_is_sent_is_kept_and_its_receipt_shows_the_fate(app):
    code = code_of(send(app, photos=[planted()]))
    [one] = kept()
    assert (one.facility_id, str(one.day), one.status, one.stage, one.text) == ("F01", "2026-11-21", "working", "roof", "Кран")
    assert (one.is_working, one.has_passport_board) == (True, False)
    assert [leaked(photo.jpeg) for photo in store.photos(current.store(), one.observation_id)] == [[]]
    answer = ask(app, "/m/receipt?lang=en", {"receipt": code.lower().replace("-", " ")})
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    for words in ("Facility 1", text("observe.fate.waiting", "en"), i18n.day(one.day, "en")):
        assert words in answer.text
    assert code not in answer.text  # it is not repeated on a page that somebody may leave open
    store.review(current.store(), one.observation_id, decision="ask", on=clock.today(), reason="Which side?")
    page = ask(app, "/m/receipt?lang=ru", {"receipt": code}).text
    assert text("observe.fate.ask", "ru") in page and "Which side?" in page


def test_another_language_of_a_receipt_leads_to_where_it_is_typed_in(app):
    answer = send(app, lang="kk")
    code = code_of(answer)
    assert text("observe.receipt.language", "kk") in answer.text
    for page, lead in ((answer.text, "../receipt"), (ask(app, "/m/receipt?lang=kk", {"receipt": code}).text, "./receipt")):
        links = re.findall('<a href="([^"]*)" lang="(..)" hreflang', page)
        assert links == [(f"{lead}?lang={lang}", lang) for lang in i18n.LANGUAGES]
    assert text("observe.receipt.label", "ru") in ask(app, "/m/receipt?lang=ru").text


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_step_is_said(app, monkeypatch, lang):
    day = clock.today()
    steps = [("ask", "Which side?"), ("accept", ""), ("used", "56e062613165"), ("sent", "Akimat <b>"),
             ("answered", ""), *(("answered", grade) for grade in GRADES)]  # fmt: skip
    fate = Fate("F01", day, "accept", "", day, tuple(Step(kind, day, detail) for kind, detail in steps))
    monkeypatch.setattr(store, "fate", lambda *given: fate)
    page = ask(app, f"/m/receipt?lang={lang}", {"receipt": "x"}).text
    assert page.count("<li>") == len(steps) and "Which side?" in page and "Akimat &lt;b&gt;" in page
    assert text("control.grade.promise", lang) in page and text("observe.step.used", lang, detail="56e062613165") in page


def test_sent_twice_it_is_one_observation_with_one_receipt(app):
    fields = {"key": store.new_key(), **SEEN}
    photo = planted()
    receipts = {
        code_of(send(app, fields, [photo])),
        code_of(send(app, fields, [photo])),
        code_of(send(app, fields, [photo], lang="kk")),
    }
    assert len(receipts) == len(kept()) == 1


def test_the_same_form_with_other_words_shows_the_first_receipt_and_gives_a_new_key(app):
    fields = {"key": store.new_key(), **SEEN}
    code = code_of(send(app, fields))
    answer = send(app, fields | {"text": "Another"})
    assert answer.status_code == 400 and code in answer.text and "Another</textarea>" in answer.text
    key = re.search('name="key" value="(.*?)"', answer.text)[1]
    assert key != fields["key"]
    assert code_of(send(app, fields | {"text": "Another", "key": key})) != code and len(kept()) == 2


def test_programs_of_the_browser_get_json(app):
    said = send(app, accept="application/json").json()
    assert set(said) == {"receipt", "page"} and said["receipt"] in said["page"]
    gone = send(app, facility_id="gone", lang="kk", accept="application/json")
    assert gone.status_code == 404 and gone.json() == {"errors": {"": text("light.error.facility", "kk")}}
    bad = send(app, {**SEEN, "key": store.new_key(), "day": "2020-01-01"}, accept="application/json")
    assert bad.status_code == 400 and set(bad.json()["errors"]) == {"day"}


def test_no_byte_goes_through_a_file(app, monkeypatch):
    def fails(*given, **named):
        raise AssertionError("a temporary file")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, fails)
    monkeypatch.setattr(formparsers, "SpooledTemporaryFile", fails)
    assert code_of(send(app, photos=[planted() + b"x" * 3_000_000]))


# ---- what is refused, beside its field, with nothing lost --------------------------------------------------------------
@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [({"day": ""}, "day", "observation_day"), ({"day": "21.11.2026"}, "day", "observation_day"),
     ({"day": "2026-11-23"}, "day", "observation_day"), ({"day": "2026-08-23"}, "day", "observation_day"),
     ({"status": ""}, "status", "observation_status"), ({"status": "unheard_of"}, "status", "observation_status"),
     ({"status": "nothing_there"}, "stage", "observation_stage"), ({"stage": "cellar"}, "stage", "observation_stage"),
     ({"text": "ә" * (OWN["max_text_characters"] + 1)}, "text", "observation_text_long"),
     ({"key": "short"}, "", "observation_key")],
)  # fmt: skip
def test_what_cannot_be_is_said_beside_the_field(app, changed, field, code):
    answer = send(app, {"key": store.new_key(), **SEEN, **changed})
    sentence = light_observe._sentence(DataError(code, limit=str(OWN.get({"observation_day": "max_visit_age_days",
               "observation_text_long": "max_text_characters"}.get(code), ""))), "en")  # fmt: skip
    assert answer.status_code == 400 and answer.headers["cache-control"] == "no-store"
    assert re.search(f'id="error{"-" + field if field else ""}"[^>]*>{re.escape(sentence)}', answer.text)
    filled = SEEN | changed
    assert (filled["text"] + "</textarea>") in answer.text
    for name in ("status", "stage", "is_working"):
        if re.search(f'name="{name}" value="{filled[name]}"', answer.text) and filled[name]:
            assert f'name="{name}" value="{filled[name]}" checked' in answer.text
    assert not kept()


@pytest.mark.parametrize(
    ("photos", "code"),
    [([b"GIF89a not a photo"], "photo_kind"), ([b"\xff\xd8\xff\xe0 broken"], "photo_kind"),
     ([b"x" * (OWN["max_photo_bytes"] + 1)], "photo_too_large"), ([b"x"] * 6, "observation_photos_many")],
)  # fmt: skip
def test_photos_that_cannot_be(app, photos, code):
    answer = send(app, photos=photos)
    limit = {"photo_too_large": OWN["max_photo_bytes"] >> 20}.get(code, OWN["max_photos"])
    assert answer.status_code == 400
    assert re.search(f'id="error-photos">{re.escape(text(f"problem.{code}", "en", limit=limit))}', answer.text)
    assert "Кран</textarea>" in answer.text and text("observe.photos.lost", "en") in answer.text
    assert not kept() and light_form._held_bytes == 0


def test_more_than_the_server_takes_at_once_loses_no_word(app, monkeypatch):
    monkeypatch.setattr(light_form, "_held_bytes", OWN["max_bytes_at_once"])
    answer = send(app, photos=[planted()])
    assert answer.status_code == 503 and text("observe.error.busy", "en") in answer.text and "Кран</textarea>" in answer.text
    assert code_of(send(app))  # without photos it goes through


def test_one_network_does_not_shut_the_door_for_everybody(app, monkeypatch):
    """Slow forms of one sender, each below every other limit, would hold all the memory there is for photos for minutes."""
    held = Counter({"198.51.100.0/24": OWN["max_bytes_at_once"] // 3})
    monkeypatch.setattr(light_form, "_held_of", held)
    monkeypatch.setattr(limits, "network", lambda host: "198.51.100.0/24")
    answer = send(app, photos=[planted()])
    assert answer.status_code == 503 and text("observe.error.busy", "en") in answer.text and "Кран</textarea>" in answer.text
    monkeypatch.setattr(limits, "network", lambda host: "203.0.113.0/24")
    assert code_of(send(app, photos=[planted()]))
    assert list(held) == ["198.51.100.0/24"] and light_form._held_bytes == 0  # and nothing is left of who sent it


def test_a_form_that_is_too_large(app, monkeypatch):
    small = OWN | {"max_form_bytes": 100_000, "max_photo_bytes": 90_000}
    monkeypatch.setattr(own_settings, "configured", lambda: {"observations": small})
    answer = send(app, photos=[b"x" * 80_000] * 2)
    assert answer.status_code == 400 and re.search('id="error-photos">The photos together', answer.text)
    assert "Кран</textarea>" in answer.text
    assert send(app, photos=[b"x" * 80_000] * 5).status_code == 413  # what is thrown away has an end as well
    assert not kept() and light_form._held_bytes == 0


HEAD = b'--b0undary\r\nContent-Disposition: form-data; name="'


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"--b0undary", b"--b0undary--\r\n", HEAD + b'text"\r\n\r\ncut', HEAD + b'who"\r\n\r\nme\r\n--b0undary--\r\n',
     HEAD + b'text"; filename="a"\r\n\r\nx\r\n--b0undary--\r\n', HEAD + b'photos"\r\n\r\nx\r\n--b0undary--\r\n',
     HEAD + b'text"\r\n\r\n\xff\r\n--b0undary--\r\n', HEAD + b'day"\r\n\r\n' + b"x" * 33 + b"\r\n--b0undary--\r\n",
     HEAD + b'day"\r\n\r\na\r\n' + HEAD + b'day"\r\n\r\nb\r\n--b0undary--\r\n',
     b"--b0undary\r\nX: y\r\n\r\nx\r\n--b0undary--\r\n",
     b"--b0undary\r\n" + b"X: y\r\n" * 50 + b"\r\nx\r\n--b0undary--\r\n", b"--b0undary\r\nX: " + b"y" * 9000,
     HEAD + b'is_working"\r\n\r\nperhaps\r\n' + HEAD + b'day"\r\n\r\n2026-11-22\r\n--b0undary--\r\n', secrets.token_bytes(2000),
     (HEAD + b'photos"; filename=""\r\n\r\n\r\n') * 40 + b"--b0undary--\r\n"],
)  # fmt: skip
def test_a_body_that_is_no_such_form_is_answered_in_a_sentence(app, body):
    answer = send(app, body=body)
    assert answer.status_code in (400, 413) and "<h1>" in answer.text and "Traceback" not in answer.text
    assert not kept() and light_form._held_bytes == 0


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data", "multipart/mixed; boundary=b0undary", "",
             "multipart/form-data; boundary=b0undary; charset=utf-7", "text/plain"],
)  # fmt: skip
def test_only_such_a_form_is_read(app, kind):
    assert send(app, content_type=kind).status_code == 415 and not kept()


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"sec_fetch_site": "cross-site"}, 403), ({"sec_fetch_site": "same-site"}, 403), ({"sec_fetch_site": "none"}, 403),
     ({"origin": "https://elsewhere.example", "host": "map.example"}, 403), ({"origin": "null", "host": "map.example"}, 200),
     ({"sec_fetch_site": "same-origin", "origin": "null"}, 200), ({"origin": "https://map.example", "host": "map.example"}, 200)],
)  # fmt: skip
def test_other_sites_send_nothing_here(app, headers, status):
    assert send(app, **headers).status_code == status and len(kept()) == (status == 200)
    assert ask(app, "/m/receipt", {"receipt": "x"}, **headers).status_code == (403 if status == 403 else 404)


def test_facilities_that_are_not_shown_take_nothing(app):
    for facility_id in ("F05", "none", "x" * 300):
        assert send(app, facility_id=facility_id).status_code == 404
        assert ask(app, f"/m/observe/{facility_id}").status_code == 404
    assert not kept()
    assert send(app, facility_id=ODD).status_code == 200


def test_what_was_typed_comes_back_as_text(app):
    hostile = '</textarea><script>alert(1)</script>{{ 7*7 }}"'
    page = send(app, {"key": hostile[:60], **SEEN, "day": '"><b>', "text": hostile}).text
    assert "<script>alert" not in page and 'value=""><b>' not in page and "{{ 7*7 }}" in page


def test_a_store_that_is_away_says_so_and_keeps_its_address_to_itself(app, monkeypatch, caplog):
    monkeypatch.setenv("RISKMAP_STORE", "sqlite:////proc/nowhere/store.db")
    for answer in (send(app), ask(app, "/m/receipt", {"receipt": "x"}, accept_language="en")):
        assert answer.status_code in (500, 503) and "nowhere" not in answer.text
    assert text("observe.error.store_away", "en") in send(app).text


@pytest.mark.parametrize("code", ["", "x", "0" * 26, "' OR 1=1 --", "ә" * 30])
def test_a_receipt_that_is_none(app, code):
    answer = ask(app, "/m/receipt?lang=en", {"receipt": code})
    assert answer.status_code == 404 and text("problem.receipt_unknown", "en") in answer.text


# ---- limits without knowing who ----------------------------------------------------------------------------------------
def test_a_network_may_send_so_many_and_its_words_come_back(app, monkeypatch):
    most = OWN["sent_per_window"]["network"]
    monkeypatch.setattr(light_observe.time, "monotonic", lambda: 1000.0)
    for _ in range(most):
        assert send(app, {**SEEN, "key": ""}).status_code == 400
    answer = send(app)
    assert answer.status_code == 429 and 0 < int(answer.headers["retry-after"]) <= 900 and "Кран</textarea>" in answer.text
    monkeypatch.setattr(light_observe.time, "monotonic", lambda: 1900.0)
    assert code_of(send(app))


def test_windows_count_and_forget():
    counted = limits.Windows()

    def wait(of, now):
        return counted.wait_seconds("network", of, at_most=2, window_seconds=900, now_seconds=now)

    assert [wait("a", 0), wait("a", 1), wait("a", 2), wait("b", 3), wait("a", 899.5), wait("a", 900)] == [0, 0, 898, 0, 1, 0]
    assert not any(name == b"b" or b"network" in name for name in counted._counts)
    for n in range(20_000):
        wait(str(n), 901)
    assert len(counted._counts) <= limits._MAX_COUNTERS + 1
    assert wait("a new one", 902) > 0  # those who come late share one counter


@pytest.mark.parametrize(
    ("host", "found"),
    [("203.0.113.77", "203.0.113.0/24"), ("::ffff:203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"),
     ("fe80::1%eth0", "fe80::/48"), (None, "unknown"), ("", "unknown"), ("testclient", "unknown")],
)  # fmt: skip
def test_a_network_is_coarser_than_a_household(host, found):
    assert limits.network(host) == found
