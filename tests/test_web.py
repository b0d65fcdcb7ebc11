"""The routes and headers, asked without a browser; and what the map and its tables are told."""

import asyncio
import gzip
import json
from datetime import date
from typing import NamedTuple
from urllib.parse import unquote

import brotli
import pyarrow as pa
import pyogrio
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from riskmap import facts, filters, i18n, schema, settings, snapshot, summarise, web
from riskmap.filters import Filter
from riskmap.web import found, tiles, view

HOSTILE = '<img src=x onerror="alert(1)">'


class Answer(NamedTuple):
    status_code: int
    headers: dict
    content: bytes

    @property
    def text(self):
        unpack = {"br": brotli.decompress, "gzip": gzip.decompress}.get(self.headers.get("content-encoding"), bytes)
        return unpack(self.content).decode()

    def json(self):
        return json.loads(self.text)


def ask(app, address, method="GET", **headers):
    """One request to an ASGI application, without a server."""
    path, _, query = address.partition("?")
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "scheme": "http", "method": method, "path": unquote(path), "root_path": "",
        "raw_path": path.encode(), "query_string": query.encode(), "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    start = sent[0]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body)


def _facility(number, **values):
    standard = {
        "facility_id": f"F{number:02}", "title": f"Facility {number}", "facility_type": "school", "region_code": "KZ-75",
        "lat": 43.2 + number / 100, "lon": 76.9, "location_precision": "site", "currency": "KZT", "budget_amount": 10**9,
        "delivery": "overdue", "is_overdue": True, "days_late": 40, "level": "high", "is_flagged": True, "r_lo": 50.0,
        "coverage": 0.9, "exposure_amount": 10**7, "buyer_name": "Demo Buyer", "supplier_name": "Demo Contractor",
    }  # fmt: skip
    return {**standard, **values}


def _write(folder, rows, country=None):
    kinds = pa.schema([(name, pa.type_for_alias(schema.ARROW_TYPES[kind])) for name, kind in schema.SCORED.items()])
    table = pa.table([pa.array([row.get(field.name) for row in rows], field.type) for field in kinds], schema=kinds)
    others = {name: facts.to_table(name, []) for name in snapshot.TABLES if name not in ("facilities", "problems")}
    problems = {"problems": facts.PROBLEM_SCHEMA.empty_table()}
    used = settings.overlay(settings.load(), {"country": country or {}})
    manifest = {"as_of": str(date(2026, 11, 1)), "is_demo": True, "settings": used}
    return snapshot.write(folder, {"facilities": table, **others, **problems}, manifest)


ROWS = [
    _facility(1),
    _facility(2, title=HOSTILE, is_flagged=False, level="low", delivery="not_due", is_overdue=False, days_late=0),
    _facility(3, lat=None, lon=None, region_code=None),
    _facility(
        4, region_code="KZ-71", level=None, delivery=None, is_overdue=None, days_late=None, is_flagged=None, budget_amount=None
    ),
    _facility(5, is_restricted=True),
]


@pytest.fixture
def served(tmp_path, monkeypatch):
    folder = _write(tmp_path / "snapshot", ROWS)
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(folder))
    return snapshot.load(folder)


@pytest.fixture
def client(served):
    app = Starlette(routes=web.routes(), middleware=web.middleware(hosts=()))
    return lambda address, **headers: ask(app, address, **headers)


def test_health_names_the_snapshot_and_says_when_there_is_none(client, served, monkeypatch, tmp_path):
    assert client("/health").json() == {"status": "ok", "snapshot_id": served.id, "as_of": "2026-11-01", "is_demo": True}
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(tmp_path / "nothing"))
    assert client("/health").status_code == 503


def test_a_damaged_snapshot_is_none(client, served):
    (served.folder / "facilities.parquet").write_bytes(b"PAR1 not really")
    assert client("/health").status_code == 503


def tile(client, served, query=""):
    """The tile of the whole world, read by GDAL: layer -> frame."""
    answer = client(f"/tiles/{served.id}/0/0/0.mvt?{query}", accept_encoding="identity")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vnd.mapbox-vector-tile")
    return {name: pyogrio.read_dataframe(answer.content, layer=name) for name in pyogrio.list_layers(answer.content)[:, 0]}


def test_tiles_hold_the_facilities_of_the_filter(client, served):
    layers = tile(client, served)
    ids = [served.facilities["facility_id"].iloc[row] for row in (*layers["points"]["mvt_id"], *layers["flagged"]["mvt_id"])]
    assert sorted(ids) == ["F01", "F02", "F04"]  # one has no place, one is restricted
    unknown = layers["points"].iloc[ids.index("F04")]
    assert (schema.LEVELS[unknown["level"]], schema.DELIVERY[unknown["delivery"]]) == ("not_assessable", "not_known")
    assert list(tile(client, served, "flagged=1")) == ["flagged"]


def test_a_place_has_its_name_on_request(client, served):
    assert client(f"/data/{served.id}/places/0.json?lang=en").json() == {"id": "F01", "title": "Facility 1"}
    for row in ("4", "5", "-1", "x", "00", "1" * 5000, "0?lang=xx", "0?a=b"):  # restricted, beyond the end, no number
        path, _, query = row.partition("?")
        assert client(f"/data/{served.id}/places/{path}.json?{query}").status_code == 404


@pytest.mark.parametrize(
    "path", ("17/0/0", "0/1/0", "0/0/1", "3/8/0", "-1/0/0", "01/0/0", "1.0/0/0", "a/0/0", "1" * 5000 + "/0/0", "٣/0/0")
)
def test_a_tile_that_cannot_be_is_refused(path, client, served):
    answer = client(f"/tiles/{served.id}/{path}.mvt")
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


def test_tiles_are_kept_for_good_only_under_the_version_that_made_them(client, served):
    address = f"/tiles/{served.id}/0/0/0.mvt"
    versioned = client(f"{address}?v={tiles.version()}", accept_encoding="gzip, br")
    assert (versioned.headers["content-encoding"], "immutable" in versioned.headers["cache-control"]) == ("gzip", True)
    for query in ("", "?v=other"):
        assert client(address + query).headers["cache-control"] == "no-cache"
    empty = client(f"/tiles/{served.id}/16/0/0.mvt")
    assert (empty.status_code, empty.content) == (204, b"")


def test_a_restricted_facility_is_in_no_answer(client, served):
    assert 4 not in {row for layer in tile(client, served).values() for row in layer["mvt_id"]}
    shown = filters.apply(Filter(), served.facilities)
    assert "F05" not in view.facilities_table(shown, served, "en")


@pytest.mark.parametrize("query", ("level=x", "foo=1", "lang=xx", "min=-1", "min=9&max=1", "q=" + "a" * 300, "sort=nothing"))
def test_a_wrong_parameter_is_refused(query, client, served):
    answer = client(f"/tiles/{served.id}/0/0/0.mvt?{query}")
    assert answer.status_code == 400
    assert "error" in answer.json()


@pytest.mark.parametrize(
    "path",
    (
        "/data/other/places/0.json",
        "/tiles/other/0/0/0.mvt",
        "/tiles/x",
        "/data/other/regions.geojson",
        "/data/x",
        "/assets/x.js",
        "/maplibre/../app.py",
    ),
)
def test_what_is_not_there_is_a_json_404(path, client):
    answer = client(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "not found"})


def test_without_a_file_of_districts_there_are_no_outlines(client, served):
    for region in ("KZ-35", "..", "%00", "x" * 3000):
        assert client(f"/data/{served.id}/districts/{region}.geojson").status_code == 404


def test_versioned_answers_are_kept_for_good_and_compressed(client, served):
    address = f"/data/{served.id}/regions.geojson"
    for encoding in ("br", "gzip"):
        answer = client(address, accept_encoding=encoding)
        assert answer.headers["content-encoding"] == encoding
        assert "immutable" in answer.headers["cache-control"]
        assert len(answer.json()["features"]) == 20
    plain = client(address, accept_encoding="identity")
    assert "content-encoding" not in plain.headers
    again = client(address, if_none_match=plain.headers["etag"], accept_encoding="identity")
    assert (again.status_code, again.content) == (304, b"")


def test_an_unexpected_error_gives_a_number_and_nothing_else(caplog):
    def broken(request):
        raise RuntimeError("secret path /etc/x")

    answer = ask(Starlette(routes=[Route("/broken", broken)], middleware=web.middleware(hosts=())), "/broken")
    assert answer.status_code == 500
    assert set(answer.json()) == {"error", "reference"}
    assert "secret" not in answer.text
    assert answer.json()["reference"] in caplog.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ("/_stcore/metrics", "/_stcore/agent/mcp", "/page/_stcore/agent/mcp", "/_stcore/upload_file/a/b", "/auth/login",
     "/oauth2callback"),
)  # fmt: skip
@pytest.mark.parametrize("method", ("GET", "POST", "PUT"))
def test_doors_of_streamlit_that_are_not_needed_are_closed(path, method):
    opened = Starlette(routes=[Route("/{rest:path}", lambda request: PlainTextResponse("open"), methods=["GET", "POST", "PUT"])])
    app = web.guard.closed(opened)
    assert ask(app, path, method).status_code == 404
    assert ask(app, "/_stcore/health", method).text == "open"


HOSTS = ("localhost", "127.0.0.1", "::1", "*.example.kz")


@pytest.mark.parametrize("host", ("localhost", "localhost:8501", "127.0.0.1:8501", "[::1]:8501", "map.example.kz", "LocalHost:1"))
def test_a_known_host_is_answered(host):
    app = web.guard.visitors(PlainTextResponse("open"), hosts=HOSTS)
    assert ask(app, "/health", host=host).text == "open"


@pytest.mark.parametrize(
    "host", ("evil.example", "localhost.evil.example", "127.0.0.1.nip.io:8501", "", "a b", "[", "example.kz.evil", "example.kz")
)
def test_a_page_of_another_site_cannot_name_this_machine_its_own(host):
    answer = ask(web.guard.visitors(PlainTextResponse("open"), hosts=HOSTS), "/health", host=host)
    assert (answer.status_code, set(answer.json())) == (400, {"error"})


@pytest.mark.parametrize(
    ("origin", "is_ours"),
    (("http://localhost:8501", True), ("http://evil.example", False), ("null", False), ("http://localhost:9999", False)),
)
def test_a_socket_from_another_site_never_reaches_streamlit(origin, is_ours):
    reached, sent = [], []

    async def streamlit(scope, receive, send):
        reached.append(scope)

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "headers": [(b"host", b"localhost:8501"), (b"origin", origin.encode())]}
    asyncio.run(web.guard.visitors(streamlit, hosts=HOSTS)(scope, None, send))
    assert bool(reached) is is_ours
    assert sent == ([] if is_ours else [{"type": "websocket.close", "code": 1008}])


def test_a_zero_byte_in_a_path_is_no_error():
    assert web.files._bundle("/static/js/x\0.js") is None


def test_a_refused_parameter_is_repeated_short(client, served):
    answer = client(f"/tiles/{served.id}/0/0/0.mvt?{'a' * 9000}=1")
    assert answer.status_code == 400
    assert len(answer.text) < 200


def test_names_from_data_are_text_everywhere(served):
    shown = filters.apply(Filter(), served.facilities)
    html = view.facilities_table(shown, served, "en")
    assert HOSTILE not in html
    assert "&lt;img src=x" in html


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_sentence_the_table_and_the_map_say_the_same(lang, served):
    shown = filters.apply(Filter(), served.facilities)
    sums = summarise.totals(shown, served.manifest["settings"])
    sentence = view.sentence(sums, served, lang)
    assert i18n.text("map.facilities_n", lang, n=sums["n_facilities"]) in sentence
    assert i18n.money(sums["flagged_budget"], lang) in sentence
    table = view.regions_table(found.look(served, Filter()), Filter(), served, lang)
    assert i18n.money(sums["flagged_budget"], lang) in table.split("<tfoot>")[1]
    assert i18n.text("common.not_known", lang) in table  # the region that is not known has its row


def test_a_region_keeps_its_colour_while_another_is_chosen(served):
    alone = view.map_data(served, Filter(regions=("KZ-71",)), "flagged_budget", "en")
    assert set(alone["classes"]) == {"KZ-75", "KZ-71"}
    assert alone["selected"] == ["KZ-71"]
    assert "region=KZ-71" in alone["points"]["tiles"]


def test_few_facilities_have_no_share_but_a_sum(served):
    assert view.map_data(served, Filter(), "overdue", "en")["classes"] == {"KZ-75": "small", "KZ-71": "small"}
    assert view.map_data(served, Filter(), "flagged_budget", "en")["classes"]["KZ-75"] == 0


def test_what_the_page_sends_at_a_rerun_is_small(served):
    assert len(json.dumps(view.map_data(served, Filter(), "coverage", "kk"), ensure_ascii=False).encode()) < 20_000


def test_a_country_without_boundaries_has_points_and_no_outlines(tmp_path, monkeypatch):
    folder = _write(tmp_path / "other", [_facility(1, region_code="North")], {"boundaries": ""})
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(folder))
    opened = snapshot.load(folder)
    assert view.map_data(opened, Filter(), "flagged_budget", "en")["regions"] is None
    app = Starlette(routes=web.routes())
    assert ask(app, f"/data/{opened.id}/regions.geojson").status_code == 404
    assert ask(app, f"/tiles/{opened.id}/0/0/0.mvt").status_code == 200
    assert view.map_data(opened, Filter(), "flagged_budget", "en")["points"]["bounds"] == pytest.approx(
        (76.9, 43.21, 76.9, 43.21)
    )
    assert "North" in view.regions_table(found.look(opened, Filter()), Filter(), opened, "en")
