"""Through time on the web: kept snapshots by id, the feed, the files and the page of changes in words."""

import asyncio
import json
from datetime import date
from xml.etree import ElementTree as xml

import pytest
from chain import AS_OF, contract, facility, made
from starlette.applications import Starlette
from test_web import HOSTILE, ask

from riskmap import archive, i18n, web
from riskmap.problem import DataError
from riskmap.web import changes, current, feeds, history

ATOM = "{http://www.w3.org/2005/Atom}"
LATER = date(2027, 3, 1)
CALM = {"is_overdue": False, "delivery": "not_due", "is_flagged": False, "days_late": 0, "due_on": LATER}


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Three snapshots: F1 is re-dated silently in the second, F2 with a hostile name is flagged in the third."""
    rows = [
        [facility(1), facility(2, title=HOSTILE + "\x07", **CALM, region_code="KZ-71")],
        [facility(1, **CALM), facility(2, title=HOSTILE, **CALM, region_code="KZ-71")],
        [facility(1, **CALM), facility(2, title=HOSTILE, region_code="KZ-71")],
    ]
    dues = (date(2026, 6, 1), LATER, LATER)
    place = tmp_path / "kept"
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(place))
    for cached in (history.compared, history.delays, history.regions, feeds._file, feeds._feed):
        cached.cache_clear()
    snapshots = []
    for at, day in enumerate(AS_OF):
        one = made(tmp_path / f"s{at}", day, rows[at], contracts=[contract(1, due_on=dues[at])])
        snapshots.append(archive.keep(place, one.folder))
    return snapshots


@pytest.fixture
def app():
    return Starlette(routes=web.routes())


def test_a_new_current_one_is_seen_at_once_and_the_others_stay(kept, tmp_path, app):
    assert current.current().id == kept[2].id
    assert [one.id for one in current.known()] == [one.id for one in kept]
    newer = made(tmp_path / "newer", date(2026, 11, 1), [facility(9)])
    archive.keep(current.folder(), newer.folder)
    assert current.current().id == newer.id == ask(app, "/health").json()["snapshot_id"]
    for one in kept:
        assert current.get(one.id).as_of == one.as_of
        assert ask(app, f"/data/{one.id}/regions.geojson").status_code == 200
        assert ask(app, f"/files/{one.id}/flagged.csv?lang=en").headers["content-disposition"].count(one.id) == 1
    assert [one.id for one in current.up_to(kept[1].id)] == [kept[0].id, kept[1].id]


@pytest.mark.parametrize("wrong", ["000000000000", "..%2f..", "x", "%00", "a" * 5000])
def test_what_is_not_kept_is_not_found(kept, app, wrong):
    assert ask(app, f"/data/{wrong}/regions.geojson").status_code == 404
    assert ask(app, f"/files/{wrong}/{kept[0].id}/changes.csv").status_code == 404
    with pytest.raises(DataError):
        current.get(wrong)


def test_a_single_snapshot_is_served_as_before(kept, monkeypatch, app):
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(kept[0].folder))
    assert [one.id for one in current.known()] == [kept[0].id] and current.get(kept[0].id).id == current.current().id
    with pytest.raises(DataError, match="not_kept"):
        current.get(kept[1].id)
    assert ask(app, "/feeds/changes.atom").status_code == 200


def test_links_stay_on_the_snapshot_asked_for():
    def run():
        current.stay("0123456789ab")
        return [current.link(href) for href in ("facility?id=1", "map", "map?snapshot=x", "#a", "")]

    found = asyncio.run(asyncio.to_thread(run))
    assert found == ["facility?id=1&snapshot=0123456789ab", "map?snapshot=0123456789ab", "map?snapshot=x", "#a", ""]
    assert current.link("map") == "map", "of this reader's thread only"


# ---- feed -------------------------------------------------------------------------------------------------------------
def feed(app, query=""):
    answer = ask(app, f"/feeds/changes.atom{query}", host="map.example")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/atom+xml")
    return xml.fromstring(answer.text)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_feed_is_atom(kept, app, lang):
    root = feed(app, f"?lang={lang}")
    for parent in (root, *root.iter(f"{ATOM}entry")):
        assert all(len(parent.findall(ATOM + name)) == 1 for name in ("id", "title", "updated"))
        assert parent.find(f"{ATOM}id").text.startswith("urn:uuid:") and parent.find(f"{ATOM}updated").text.endswith("T00:00:00Z")
    assert root.find(f"{ATOM}author/{ATOM}name").text and root.find(f"{ATOM}link[@rel='self']") is not None
    links = [entry.find(f"{ATOM}link").get("href") for entry in root.iter(f"{ATOM}entry")]
    assert all(link.startswith("http://map.example/facility?") for link in links)
    ids = [one.text for one in root.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids)) == 4, "the feed; newly flagged; no longer flagged; a silent change"


def test_entries_keep_their_ids(kept, app):
    ids = [{one.text for one in feed(app, f"?lang={lang}").findall(f"{ATOM}entry/{ATOM}id")} for lang in i18n.LANGUAGES]
    assert ids[0] == ids[1] == ids[2]
    assert ids[0] >= {one.text for one in feed(app, "?region=KZ-71").findall(f"{ATOM}entry/{ATOM}id")}


def test_the_feed_of_a_region_and_what_it_refuses(kept, app):
    titles = [one.text for one in feed(app, "?lang=en&region=KZ-71").findall(f"{ATOM}entry/{ATOM}title")]
    assert titles == [f"Newly flagged: {HOSTILE}"], "a hostile name is a text, not a mark"
    assert ask(app, "/feeds/changes.atom?region=KZ-99").status_code == 404
    assert ask(app, "/feeds/changes.atom?lang=de").status_code == 400
    assert ask(app, "/feeds/changes.atom?evil=1").status_code == 400
    assert ask(app, "/feeds/other").status_code == 404


# ---- files ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("which", ["changes", "silent", "planned_dates"])
def test_files_and_their_manifests(kept, app, which):
    compared = history.compared(kept[0].id, kept[1].id)
    answer = ask(app, "/" + feeds.file_url(compared, which, format="csv", lang="en", region=None))
    beside = ask(app, "/" + feeds.file_url(compared, which, format="csv", lang="en", region=None, is_manifest=True)).json()
    assert answer.status_code == 200 and beside["which"] == which and beside["file"] in answer.headers["content-disposition"]
    assert len(answer.text.splitlines()) == beside["n_rows"] + 1 == 2 + 2 * (which == "planned_dates")
    assert ask(app, f"/files/{kept[1].id}/{kept[0].id}/{which}.csv").status_code == 404, "the wrong way round"
    assert ask(app, f"/files/{kept[0].id}/{kept[1].id}/{which}.exe").status_code == 404
    assert ask(app, f"/files/{kept[0].id}/{kept[1].id}/{which}.csv?x=1").status_code == 400
    assert json.dumps(beside)


# ---- the page ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize("region", [None, "KZ-71"])
def test_the_page_in_words(kept, lang, region):
    compared = history.compared(kept[0].id, kept[2].id)
    parts = [changes.answer, changes.totals, changes.silent, changes.levels, changes.bought, changes.downloads]
    html = "".join(part(compared, region, lang) for part in parts)
    html += "".join(changes.flagged(compared, region, lang, change=c) for c in ("newly_flagged", "no_longer_flagged"))
    html += changes.over_time_table(compared, lang) + history.facility("F1", kept[2], lang)
    assert HOSTILE not in html and "{" not in html and "nan" not in html.lower().replace("finan", "")
    chart = changes.over_time(compared, lang, footer="", ink="#000000")
    assert chart is not None and chart.words


def test_the_history_of_a_facility_ends_at_the_snapshot_shown(kept):
    first, last = (history.facility("F1", one, "en") for one in (kept[0], kept[2]))
    assert "March 1, 2027" not in first and "March 1, 2027" in last
    assert last.count("June 1, 2026") >= 2, "the earlier date stays in the ledger"
    assert history.before(kept[0].id) is None and history.before(kept[2].id) == kept[1].id
