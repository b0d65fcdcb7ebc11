"""Down to a district and up again: path, table, map, the Back button; and a background, where there is one."""

import base64
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from playwright.sync_api import expect

from riskmap import districts, filters, geography, settings, snapshot
from riskmap.i18n import number, text
from tests.browser.conftest import running_server, settled

PAINTED = "() => window.riskmapMap && riskmapMap.loaded() && riskmapMap.areTilesLoaded()"
IN_TABLE = "table.list tbody th a"


def _halves():
    """Every region cut in two: districts that need no file from elsewhere."""
    for region in geography.regions().to_dict("records"):
        west, south, east, north = region["geometry"].bounds
        middle = (west + east) / 2
        for number_, (low, high) in enumerate(((west, middle), (middle, east)), start=1):
            shape = region["geometry"].intersection(shapely.box(low, south, high, north))
            code = f"{region['kato'][:2]}000000{number_}"
            properties = {"code": code, "region_code": region["code"], "name": f"Half {code}"}
            yield {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(shape))}


@pytest.fixture(scope="module")
def divided(snapshot_folder, tmp_path_factory):
    """The folder of a snapshot whose country has districts."""
    folder = tmp_path_factory.mktemp("divided")
    file = folder / "halves.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": list(_halves())}), "utf-8")
    made = snapshot.load(snapshot_folder)
    own = settings.overlay(
        made.manifest["settings"] | {"country": settings.load()["country"]}, {"country": {"districts": str(file)}}
    )
    tables = {name: pq.read_table(made.folder / f"{name}.parquet") for name in snapshot.TABLES}
    if "district_code" not in tables["facilities"].column_names:
        nothing = pa.nulls(tables["facilities"].num_rows, pa.string())
        tables["facilities"] = tables["facilities"].append_column("district_code", nothing)
    tables["facilities"] = districts.with_codes(tables["facilities"], own["country"])
    manifest = {**made.manifest, "settings": own, "districts": districts.described(own["country"])}
    return snapshot.write(folder / "snapshot", tables, manifest)


@pytest.fixture(scope="module")
def divided_server(divided):
    with running_server(divided) as url:
        yield url


def _crumbs(page):
    return page.locator("nav.crumbs li")


def _drawn(page, n):
    page.wait_for_function(PAINTED)
    codes = "riskmapMap.querySourceFeatures('regions').map(f => f.properties.code).filter(code => code.includes('000000'))"
    page.wait_for_function(f"() => new Set({codes}).size === {n}")


def test_down_twice_back_twice_and_forward(divided_server, divided, open_page):
    facilities = snapshot.load(divided).facilities
    page = open_page("/map?lang=en&measure=overdue", base=divided_server)
    expect(_crumbs(page)).to_have_count(0)
    page.locator(IN_TABLE).filter(has_text="Karaganda").click()
    expect(_crumbs(page)).to_have_count(2)
    expect(page).to_have_url(re.compile("measure=overdue"))
    region = page.url
    whole = filters.apply(filters.Filter(regions=("KZ-35",)), facilities)
    expect(page.locator("tfoot td").first).to_have_text(number(len(whole), "en"))
    _drawn(page, 2)
    expect(page.locator(".legend")).to_contain_text("by district")
    page.locator(IN_TABLE).first.focus()
    page.keyboard.press("Enter")  # the table does what a click on the map does
    expect(_crumbs(page)).to_have_count(3)
    district = page.url
    code = re.search(r"district=(\w+)", district)[1]
    shown = filters.apply(filters.Filter(regions=("KZ-35",), districts=(code,)), facilities)
    expect(page.locator("tfoot td").first).to_have_text(number(len(shown), "en"))
    expect(_crumbs(page).last.locator("[aria-current=page]")).to_contain_text("Half")
    page.go_back()
    expect(_crumbs(page)).to_have_count(2)
    assert page.url == region
    page.go_back()
    expect(_crumbs(page)).to_have_count(0)
    page.go_forward()
    expect(_crumbs(page)).to_have_count(2)
    again = open_page(district.removeprefix(divided_server), base=divided_server)  # a permalink
    expect(_crumbs(again)).to_have_count(3)
    _crumbs(again).nth(0).locator("a").click()
    expect(_crumbs(again)).to_have_count(0)


def test_a_click_on_a_district_goes_in_and_back_goes_out(divided_server, open_page):
    page = open_page("/map?lang=ru&region=KZ-35", base=divided_server)
    _drawn(page, 2)
    page.locator(".map canvas").scroll_into_view_if_needed()
    page.wait_for_function("() => !riskmapMap.isMoving()")
    box = page.evaluate("(() => { const p = riskmapMap.project([76.6, 47.6]), b = riskmapMap.getCanvas().getBoundingClientRect();"
                        " return [p.x + b.x, p.y + b.y]; })()")  # fmt: skip
    page.mouse.click(*box)
    expect(page).to_have_url(re.compile("district=350000002"))
    expect(page.get_by_role("button", name=re.compile("^район"))).to_be_visible()
    expect(_crumbs(page)).to_have_count(3)
    expect(page.locator("nav.crumbs")).to_contain_text("Казахстан")
    page.go_back()
    expect(page).not_to_have_url(re.compile("district="))
    expect(_crumbs(page)).to_have_count(2)


def test_without_a_file_the_districts_are_not_known_and_nobody_is_lost(open_page):
    page = open_page("/map?lang=en&region=KZ-35")
    expect(page.locator("table.list").first).to_contain_text(text("map.district_unknown", "en"))


PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")


def test_a_background_is_asked_of_its_host_and_named(snapshot_folder, browser, tmp_path, monkeypatch):
    asked = []

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            for name, value in (("Content-Type", "image/png"), ("Access-Control-Allow-Origin", "*")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(PIXEL)

        def log_message(self, *_):
            pass

    tiles = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=tiles.serve_forever, daemon=True).start()
    own = f"http://127.0.0.1:{tiles.server_port}"
    file = tmp_path / "own.toml"
    file.write_text(f'[map]\nbackground = "{own}/{{z}}/{{x}}/{{y}}.png"\nattribution = "© <b>Example</b>"\n', "utf-8")
    monkeypatch.setenv("RISKMAP_SETTINGS", str(file))
    try:
        with running_server(snapshot_folder) as url:
            context, elsewhere = browser.new_context(locale="en-US"), []
            context.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(
                (url, url.replace("http", "ws"), own, "data:", "blob:")) else None)  # fmt: skip
            page = context.new_page()
            answer = page.goto(url + "/map?lang=en")
            settled(page)
            page.wait_for_function(PAINTED, timeout=60_000)
            policy = answer.headers["content-security-policy"]
            expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("© <b>Example</b>")
            assert page.evaluate("riskmapMap.getLayersOrder().slice(0, 3)") == ["page", "background", "regions"]
            context.close()
    finally:
        tiles.shutdown()
    assert asked and all(re.fullmatch(r"/\d+/\d+/\d+\.png", path) for path in asked)
    assert not elsewhere
    assert policy.count(own) == 2
