"""The HTTP API: what its description promises, the rows of the pages, page by page, and strict answers to wrong questions."""

import csv
import io
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from starlette.applications import Starlette

from riskmap import archive, filters, schema, snapshot, web
from tests.test_web import ask

ITEMS = "/api/collections/facilities/items"


@pytest.fixture(scope="module")
def place(snapshot_folder):
    return snapshot_folder


@pytest.fixture
def client(place, monkeypatch):
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(place))
    app = Starlette(routes=web.routes(), middleware=web.middleware(hosts=()))
    return lambda address, **more: ask(app, address, **more)


@pytest.fixture
def opened(place):
    return snapshot.load(place)


def _pages(client, address):
    """Every page of a list by its links."""
    while address:
        page = client(address).json()
        yield page
        address = next((link["href"].removeprefix("http://127.0.0.1") for link in page["links"] if link["rel"] == "next"), None)


def test_its_description_is_valid_openapi_and_names_every_parameter(client):
    described = client("/api/openapi.json")
    assert described.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    validate(described.json())
    operation = described.json()["paths"][ITEMS]["get"]
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert names == {*filters.QUERY_NAMES, "f", "limit", "cursor", "bbox", "datetime", "columns", "lang", "snapshot"}
    for path in described.json()["paths"]:
        if "{" not in path:
            assert client(path).status_code == 200, path


def test_a_map_program_finds_its_way_from_the_door(client):
    door = client("/api").json()
    links = {link["rel"]: link["href"].removeprefix("http://127.0.0.1") for link in door["links"]}
    assert "ogcapi-features-1/1.0/conf/core" in client(links["conformance"]).text
    (only,) = client(links["data"]).json()["collections"]
    item_links = [link for link in only["links"] if link["rel"] == "items" and link["type"] == "application/geo+json"]
    answer = client(item_links[0]["href"].removeprefix("http://127.0.0.1"))
    assert answer.headers["content-type"] == "application/geo+json"
    west, south, east, north = only["extent"]["spatial"]["bbox"][0]
    for feature in answer.json()["features"]:
        if feature["geometry"]:
            lon, lat = feature["geometry"]["coordinates"]
            assert west <= lon <= east and south <= lat <= north


@pytest.mark.parametrize(
    "query", ("", "flagged=1", "overdue=1&level=high,critical", "region=KZ-75,KZ-71&sort=-days_late", "q=zzzz")
)
def test_page_by_page_it_is_the_list_of_the_filter(client, opened, query):
    expected = filters.apply(filters.from_query(dict(re.findall(r"(\w+)=([^&]*)", query))), opened.facilities)
    pages = list(_pages(client, f"{ITEMS}?f=json&limit=17&{query}"))
    ids = [one["facility_id"] for page in pages for one in page["facilities"]]
    assert ids == list(expected["facility_id"])
    assert all(page["numberMatched"] == len(expected) for page in pages)
    assert sum(page["numberReturned"] for page in pages) == len(expected)


def test_every_form_holds_the_same_rows(client):
    record = client(f"{ITEMS}?f=json&limit=5&flagged=1").json()["facilities"]
    feature = client(f"{ITEMS}?limit=5&flagged=1").json()["features"]
    answer = client(f"{ITEMS}?f=csv&limit=5&flagged=1")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [one["facility_id"] for one in record] == [one["id"] for one in feature] == [one["facility_id"] for one in rows]
    assert [one["properties"] for one in feature] == record
    assert 'rel="next"' in answer.headers["link"]


def test_every_answer_says_what_it_is(client, opened):
    for path in ("/api", f"{ITEMS}?limit=1", f"{ITEMS}?f=json&limit=1", f"{ITEMS}/{opened.facilities['facility_id'].iloc[0]}"):
        answer = client(path).json()
        assert (answer["snapshot_id"], answer["as_of"], answer["is_demo"]) == (opened.id, str(opened.as_of), True)
        assert "not evidence" in answer["notice"]
    (row,) = csv.DictReader(io.StringIO(client(f"{ITEMS}?f=csv&limit=1").text.removeprefix("\ufeff")))
    assert row["snapshot_id"] == opened.id and "not evidence" in row["notice"]


def test_a_box_holds_what_lies_in_it_and_nothing_without_a_place(client, opened):
    shown = opened.facilities[filters.public(opened.facilities)]
    inside = shown[shown["lon"].between(70, 80) & shown["lat"].between(42, 52)]
    ids = {f["id"] for page in _pages(client, f"{ITEMS}?bbox=70,42,80,52&limit=50") for f in page["features"]}
    assert ids == set(inside["facility_id"]) and ids


def test_an_interval_keeps_what_has_no_planned_date(client, opened):
    shown = opened.facilities[filters.public(opened.facilities)]
    due = shown["due_on"].astype("datetime64[s]")
    expected = shown[due.isna() | due.between("2026-01-01", "2026-06-30")]
    address = f"{ITEMS}?datetime=2026-01-01/2026-06-30T00:00:00Z&limit=50&f=json"
    ids = {one["facility_id"] for page in _pages(client, address) for one in page["facilities"]}
    assert ids == set(expected["facility_id"]) and 0 < len(ids) < len(shown)


def test_what_is_known_already_is_not_sent_again(client):
    first = client(f"{ITEMS}?limit=3")
    again = client(f"{ITEMS}?limit=3", if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert client(f"{ITEMS}?limit=4", if_none_match=first.headers["etag"]).status_code == 200
    assert client(f"{ITEMS}?limit=3", accept="*/*").headers["access-control-allow-origin"] == "*"


def test_a_restricted_facility_is_not_there(client, opened, monkeypatch):
    shut = opened.facilities["facility_id"].iloc[3]
    monkeypatch.setattr(filters, "public", lambda facilities: facilities["facility_id"] != shut)
    assert client(f"{ITEMS}/{shut}").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    (
        ("/api/nothing", 404), ("/api/", 404), ("/api/collections/persons", 404), (f"{ITEMS}/no-such-facility", 404),
        (f"{ITEMS}?snapshot=000000000000", 404), (f"{ITEMS}?cursor=000000000000-5", 410), (f"{ITEMS}?cursor=5", 400),
        (f"{ITEMS}?limit=0", 400), (f"{ITEMS}?limit=-1", 400), (f"{ITEMS}?limit=1e3", 400), (f"{ITEMS}?bbox=1,2,3", 400),
        (f"{ITEMS}?bbox=0,91,1,92", 400), (f"{ITEMS}?bbox=0,nan,1,1", 400), (f"{ITEMS}?datetime=yesterday", 400),
        (f"{ITEMS}?datetime=../..", 400), (f"{ITEMS}?datetime=2026-02-01/2026-01-01", 400), (f"{ITEMS}?level=terrible", 400),
        (f"{ITEMS}?flaged=1", 400), (f"{ITEMS}?f=xml", 400), (f"{ITEMS}?lang=de", 400), (f"{ITEMS}?columns=secret", 400),
        (f"{ITEMS}?columns=facility_id,is_restricted", 400), (f"{ITEMS}?limit=1&limit=2", 400), ("/api?x=1", 400),
        (f"{ITEMS}?bbox=" + "1" * 5000, 400), (f"{ITEMS}?cursor=" + "a" * 5000, 400),
    ),
)  # fmt: skip
def test_what_cannot_be_answered_says_why_as_json(client, path, status):
    answer = client(path)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == str(status) and len(answer.json()["description"]) < 400


@pytest.mark.parametrize("method", ("POST", "PUT", "DELETE", "PATCH"))
def test_nothing_can_be_written(client, method):
    assert client(ITEMS, method=method).status_code in (404, 405)


def test_a_list_read_page_by_page_stays_on_its_snapshot(client, opened):
    first = client(f"{ITEMS}?limit=10").json()
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    assert f"cursor={opened.id}-10" in following
    assert archive.is_id(opened.id)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from([*filters.QUERY_NAMES, "f", "limit", "cursor", "bbox", "datetime", "columns", "lang", "snapshot"]),
        st.text(st.characters(codec="ascii", exclude_characters="&#%+"), max_size=12) | st.sampled_from(schema.LEVELS),
        max_size=4,
    )
)
def test_no_question_breaks_it(client, query):
    answer = client(f"{ITEMS}?" + "&".join(f"{name}={value}" for name, value in query.items()))
    assert answer.status_code in (200, 400, 404, 410)
