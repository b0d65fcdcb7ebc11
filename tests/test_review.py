"""The page of the monitor and what the public reads of visits, without a browser: who may, what is refused, what is told."""

import asyncio
import re
from datetime import date, timedelta
from xml.etree import ElementTree as xml

import pytest
from starlette.applications import Starlette
from test_store import SETTINGS

from riskmap import i18n, snapshot, store, web
from riskmap import settings as settings_file
from riskmap.demo import visits
from riskmap.problem import DataError, describe_error
from riskmap.web import current, outcomes, review

TOKEN = "0123456789abcdefghij"
TODAY = date(2026, 11, 22)


def refused(code: str):
    return pytest.raises(DataError, match=f": {code} ")


@pytest.fixture
def desk(made_snapshot, tmp_path, monkeypatch):
    """The small snapshot with an empty store and a configured token; returns the store."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(made_snapshot.folder))
    monkeypatch.setenv("RISKMAP_STORE", url)
    monkeypatch.setenv("RISKMAP_OPERATOR_TOKEN", TOKEN)
    monkeypatch.setenv("RISKMAP_TODAY", TODAY.isoformat())
    review._wrong_at.clear()
    yield current.store()
    review._wrong_at.clear()


@pytest.fixture(scope="session")
def made_snapshot(tmp_path_factory):
    from test_observed import WORKS, run

    folder = tmp_path_factory.mktemp("works")
    (folder / "works.csv").write_text(WORKS, "utf-8")
    run("import", folder / "works.csv", "--out", folder / "facts")
    run("score", folder / "facts", "--as-of", "2026-11-22", "--out", folder / "snapshot")
    return snapshot.load(folder / "snapshot")


def send(db, days_ago=1, facility_id="A1", decision="accept", **more) -> str:
    seen = {"status": "idle", "stage": "frame", "photos": (), **more}
    before = {one.observation_id for one in store.observations(db)}
    store.submit(
        db, key=store.new_key(), facility_id=facility_id, day=TODAY - timedelta(days=days_ago), snapshot_id="s",
        facilities={"A1", "A2"}, today=TODAY, settings=SETTINGS, **seen,
    )  # fmt: skip
    [one] = {each.observation_id for each in store.observations(db)} - before
    if decision:
        store.review(db, one, decision=decision, on=TODAY, reason="x")
    return one


def get(address: str, *, query: str = ""):
    """(status, headers, body) of one request to our routes."""
    sent: list[dict] = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def answer(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": address, "raw_path": address.encode(), "query_string": query.encode(),
        "headers": [(b"host", b"map.test")], "server": ("map.test", 80), "scheme": "http", "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    asyncio.run(Starlette(routes=web.routes())(scope, receive, answer))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


# ---- who may -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("token", [None, "", "short", "x" * 19])
def test_no_token_or_a_short_one_opens_nothing(desk, monkeypatch, token) -> None:
    one = send(desk, decision=None)
    if token is None:
        monkeypatch.delenv("RISKMAP_OPERATOR_TOKEN")
    else:
        monkeypatch.setenv("RISKMAP_OPERATOR_TOKEN", token)
    assert not review.is_configured()
    for given in ("", token or "", TOKEN):
        with refused("operator_wrong"):
            review.waiting(given)
        with refused("operator_wrong"):
            review.decide(given, one, decision="accept", reason="", photos_are_reviewed=False)


def test_every_action_asks_for_the_token(desk, photo) -> None:
    one = send(desk, decision=None, photos=[photo])
    acts = (
        review.waiting,
        lambda token: review.photos(token, one),
        lambda token: review.decisions(token, one),
        lambda token: review.cover(token, one, 1, [[0, 0, 20, 20]], reason="a face"),
        lambda token: review.decide_photo(token, one, 1, 2, decision="publish", reason=""),
        lambda token: review.decide(token, one, decision="accept", reason="", photos_are_reviewed=True),
        lambda token: review.erase(token, one, 1, reason="the law"),
    )
    for act in acts:
        for wrong in ("", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ұ" * 20):
            with refused("operator_wrong"):
                act(wrong)
    assert store.observations(desk)[0].state == "waiting" and store.photos(desk, one)[0].number == 1
    for act in acts:
        act(TOKEN)
    assert store.observations(desk)[0].state == "accept" and store.photos(desk, one)[0].state == "erased"


def test_few_tries_a_minute_and_then_a_right_one_waits_too(desk, monkeypatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(review.time, "monotonic", lambda: now[0])
    review.sign_in(TOKEN)
    for _ in range(review.TRIES_A_MINUTE):
        with refused("operator_wrong"):
            review.sign_in("wrong")
    with refused("operator_wait") as error:
        review.sign_in(TOKEN)
    assert describe_error(error.value, "kk") != "operator_wait"
    now[0] += 61
    review.sign_in(TOKEN)


def test_a_stranger_who_tries_does_not_shut_the_door_for_the_operator(desk, monkeypatch) -> None:
    monkeypatch.setattr(review.time, "monotonic", lambda: 1000.0)
    for code in ["operator_wrong"] * review.TRIES_A_MINUTE + ["operator_wait"] * 3:
        with refused(code):
            review.sign_in("wrong", "198.51.100.7")
    with refused("operator_wait"):
        review.sign_in(TOKEN, "198.51.100.99")  # of the same network
    review.sign_in(TOKEN, "203.0.113.5")
    assert "198.51" not in str(review._wrong_at)
    monkeypatch.setattr(review, "TRIES_OF_ALL", review.TRIES_A_MINUTE)
    with refused("operator_wait"):
        review.sign_in(TOKEN, "203.0.113.5")


@pytest.mark.parametrize(
    "given",
    [None, "x", {}, [], [[1, 2, 3]], [["0", 0, 5, 5]], [[True, 0, 5, 5]], [[0, 0, float("nan"), 5]], [[0, 0, 1e300, 5]],
     [[5, 5, 5, 9]], [[-1, 0, 5, 5]], [[0, 0, 9, 9]] * 21],
)  # fmt: skip
def test_marks_from_a_browser_may_be_anything(desk, photo, given) -> None:
    one = send(desk, photos=[photo])
    with refused("photo_rectangle"):
        review.cover(TOKEN, one, 1, given, reason="a face")
    assert store.photos(desk, one)[0].number == 1


def test_words_of_a_visitor_are_only_words(desk) -> None:
    one = send(desk, decision=None, text="<img src=x onerror=alert(1)>")
    [seen] = review.waiting(TOKEN)
    assert seen.observation_id == one and "<img" not in review.seen(seen, "en")
    store.review(desk, one, decision="ask", reason="<script>1</script>", on=TODAY)
    assert "<script" not in review.past(review.decisions(TOKEN, one), "ru")


# ---- what the public reads -----------------------------------------------------------------------------------------------
def test_a_month_is_told_and_a_number_only_from_five(desk) -> None:
    for n in range(4):
        send(desk, days_ago=n)
    assert outcomes.told("A1", "en") == outcomes.Told(("November 2026: visited. Seen: nobody works",), ())
    send(desk, days_ago=4, status="working")
    assert outcomes.told("A1", "en").lines == ("November 2026: 5 observations. Seen: nobody works; works go on",)
    assert outcomes.told("A2", "en").lines == ()
    html = outcomes.facility("A1", "kk")
    assert "2026 жылғы қараша" in html and TODAY.isoformat() not in html


def test_what_was_read_is_kept_until_there_is_something_new(desk, monkeypatch) -> None:
    one = send(desk, decision=None)
    opened = current.current()
    assert outcomes.visited() == frozenset() and outcomes.told("A1", "en").lines == ()
    store.review(desk, one, decision="accept", on=TODAY)
    assert outcomes.visited() == {"A1"} and outcomes.told("A1", "en").lines, "a new decision is seen at the next reading"
    found = outcomes.look(opened)
    with monkeypatch.context() as patched:
        patched.setattr(store, "journeys", lambda _: pytest.fail("read again"))
        assert outcomes.look(opened) is found and outcomes.visited() == {"A1"} and outcomes.told("A1", "ru").lines
    store.review(desk, one, decision="reject", on=TODAY, reason="taken back")
    assert outcomes.visited() == frozenset() and outcomes.look(opened).n_visited == 0


def test_a_contradiction_is_told_as_one(desk) -> None:
    send(desk, days_ago=5, stage="foundation")
    send(desk, days_ago=1, status="finished_open", stage=None)
    lines = outcomes.told("A1", "en").lines
    assert any(line.startswith("Observations contradict each other") for line in lines), lines


def test_a_photo_is_served_only_while_it_is_published(desk, photo) -> None:
    one = send(desk, photos=[photo])
    address = f"/photos/{one}-1-1.jpg"
    assert get(address)[0] == 404
    store.decide_photo(desk, one, 1, number=1, decision="publish", on=TODAY)
    [(relative, words)] = outcomes.told("A1", "ru").photos
    assert "/" + relative == address and words.startswith("Ноябрь 2026")
    status, headers, body = get(address)
    assert status == 200 and body[:2] == b"\xff\xd8" and headers["cache-control"] == "no-cache"
    assert get(address, query="x=1")[0] == 404
    store.erase_photo(desk, one, 1, on=TODAY, reason="the law")
    assert get(address)[0] == 404
    for wrong in ("../store.db", f"{one}-0-1.jpg", f"{one}-1-1.jpg.exe", "x" * 400, f"{one}-1-1000.jpg"):
        assert get(f"/photos/{wrong}")[0] == 404


def test_the_page_of_outcomes_tells_no_small_number(desk) -> None:
    for n in range(6):
        send(desk, days_ago=n)
    send(desk, facility_id="A2", decision=None)
    found = outcomes.look(current.current())
    assert found.n_visited == 1 and found.total["waiting"] is None and found.total["rejected"] == 0
    assert found.total["accepted"] is None or found.total["sent_in"] is None, "6 accepted of 7 would tell that one waits"
    page = outcomes.answer(found, "en") + outcomes.regions(found, "en") + outcomes.rate(found, "en")
    assert i18n.text("outcomes.not_told", "en") in page and ">1<" not in page and not (">6<" in page and ">7<" in page)
    assert "1" not in re.split("[,\r\n]+", outcomes.downloads(found, "en")[0][1].decode())


def test_feeds_of_regions_have_the_month_of_a_visit_alone(desk) -> None:
    one = send(desk, days_ago=40)  # in October
    send(desk, days_ago=1)
    store.record_uses(desk, snapshot_id="abc", as_of=TODAY, seen={("A1", TODAY - timedelta(days=40)): 0.5}, settings=SETTINGS)
    region = current.current().facilities.set_index("facility_id").loc["A1", "region_code"]
    for address in ("/feeds/outcomes/all.atom", f"/feeds/outcomes/{region}.atom"):
        status, headers, body = get(address, query="lang=en")
        assert status == 200 and "atom+xml" in headers["content-type"]
        titles = [entry.findtext("{*}title") for entry in xml.fromstring(body).iter("{http://www.w3.org/2005/Atom}entry")]
        assert titles == ["School: observations used in version abc of the data", "School: visited, October 2026"]
        assert one.encode() not in body and b"2026-10-13" not in body
    other = get("/feeds/outcomes/KZ-79.atom", query="lang=en")
    assert other[0] == 404 and get("/feeds/outcomes/all.atom", query="x=1")[0] == 400


def test_what_was_put_right_stands_beside_the_receipt(desk) -> None:
    assert outcomes.fixed("A1", date(2026, 8, 1), "not_started") == ("resumed", date(2026, 9, 1))
    assert outcomes.fixed("A1", date(2026, 10, 1), "not_started") is None
    assert outcomes.fixed("A1", date(2026, 8, 1), "working") is None


# ---- the demo ------------------------------------------------------------------------------------------------------------
def test_demo_visits_fill_an_empty_store_once(made_snapshot, tmp_path) -> None:
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    n = visits.write(url, made_snapshot, seed=1, settings=settings_file.load())
    db = store.open(url)
    states = {one.state for one in store.observations(db)}
    assert n == len(store.observations(db)) > 0 and "accept" in states
    assert all("DEMO" in one.text or not one.text for one in store.observations(db))
    assert visits.write(url, made_snapshot, seed=1, settings=settings_file.load()) == 0
