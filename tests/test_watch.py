"""Watch lists: the address and the file give the list back, both are read strictly, and changes are named."""

import json
from datetime import date
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import watch
from riskmap.filters import FLAGGED, Filter
from riskmap.snapshot import Snapshot
from riskmap.watch import Change, View, Watch, WatchError
from riskmap.web import watch as words
from tests.test_search import frame

ROWS = frame(
    {
        "facility_id": "A-1", "title": "Demo: school", "level": "high", "is_flagged": True, "delivery": "overdue",
        "due_on": date(2026, 3, 1),
    },
    {"facility_id": "B,2", "title": "<b>Demo</b>", "level": None, "is_flagged": None, "delivery": "not_known", "due_on": None},
    {
        "facility_id": "007", "title": "Demo: clinic", "level": "low", "is_flagged": False, "delivery": "not_due",
        "due_on": date(2027, 1, 31),
    },
    {"facility_id": "SECRET", "title": "Demo: hidden", "level": "low", "is_restricted": True},
)  # fmt: skip
MANIFEST = {"snapshot_id": "0123456789ab", "as_of": "2026-11-01", "settings": {"country": {"currency": "KZT"}}}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    opened = Snapshot(tmp_path_factory.mktemp("none"), MANIFEST)
    opened.__dict__["facilities"] = ROWS
    return opened


VIEWS = (
    View("map", Filter(regions=("KZ-75",), text="мектеп")),
    View("flagged", FLAGGED),
    View("flagged", Filter(), "Мой | список"),
)
LIST = Watch(("A-1", "B,2", "007", "GONE", "SECRET"), VIEWS[:2])


def code_of(function, *given) -> str:
    with pytest.raises(WatchError) as raised:
        function(*given)
    for lang in ("kk", "ru", "en"):
        assert raised.value.sentence(lang)
    return raised.value.code


# ---- the address ----------------------------------------------------------------------------------------------------
IDS = st.lists(
    st.text(st.characters(min_codepoint=33, max_codepoint=0x4FF).filter(str.isprintable), min_size=1, max_size=20), max_size=20
)


@settings(deadline=None)
@given(IDS)
def test_the_address_gives_the_list_back(ids):
    listed = Watch(tuple(dict.fromkeys(each.strip() for each in ids if each.strip())), VIEWS[:2])
    assert watch.from_query(watch.to_query(listed)) == listed
    assert watch.from_query(parse_qs(words.query(listed))) == listed


def test_a_view_is_read_from_what_a_reader_pastes():
    wanted = View("map", Filter(regions=("KZ-75",)))
    for pasted in (
        "map?region=KZ-75",
        "http://localhost:8501/map?lang=ru&region=KZ-75",
        "https://map.example.kz/x/map/?region=KZ-75",
    ):
        assert watch.view(pasted) == wanted
    assert watch.view("flagged").filter == FLAGGED
    assert watch.view("flagged?flagged=all").address == "flagged?flagged=all"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "facility?id=1",
        "map?level=none",
        "javascript:alert(1)",
        "http://[",
        "map?" + "&".join(f"x{i}=1" for i in range(60)),
        "m" * 2000,
    ],
)
def test_what_is_no_view_is_refused(address):
    assert code_of(watch.view, address) == "view"


def test_limits_of_an_address():
    assert code_of(watch.from_query, {"watch": ",".join(f"X{i}" for i in range(watch.MAX_FACILITIES + 1))}) == "many"
    assert code_of(watch.from_query, {"watch": "x" * (watch.MAX_ADDRESS + 1)}) == "long"
    assert code_of(watch.from_query, {"watch": "x" * (watch.MAX_ID + 1)}) == "id"
    assert code_of(watch.from_query, {"watch": "a\x00b"}) == "id"
    assert code_of(watch.from_query, {"view": [f"map?min={i}" for i in range(watch.MAX_VIEWS + 1)]}) == "many_views"
    assert code_of(watch.joined, Watch(tuple(f"X{i}" for i in range(60))), Watch(tuple(f"Y{i}" for i in range(60)))) == "many"


def test_adding_and_removing():
    assert watch.added({"add": "B,2", "watch": "ignored"}) == Watch(("B,2",))
    assert watch.joined(Watch(("A", "B")), Watch(("B", "C"))).ids == ("A", "B", "C")
    assert watch.without(LIST, facility_id="B,2").ids == ("A-1", "007", "GONE", "SECRET")
    assert watch.without(LIST, view=VIEWS[0]).views == (VIEWS[1],)


# ---- the file -------------------------------------------------------------------------------------------------------
def test_both_files_give_the_list_back(snapshot):
    from_json = watch.read(watch.to_json(LIST, snapshot).decode())
    assert from_json == LIST
    from_csv = watch.read(watch.to_csv(LIST, snapshot).decode())
    assert from_csv.ids == LIST.ids
    for each in (from_json, from_csv):
        assert each.saved.snapshot_id == snapshot.id and each.saved.as_of == snapshot.as_of
        assert each.saved.facilities["A-1"] == {
            "level": "high",
            "is_flagged": True,
            "delivery": "overdue",
            "due_on": date(2026, 3, 1),
        }
        rows = watch.rows_of(each, ROWS)
        assert not any(watch.changes(facility_id, rows.get(facility_id), each.saved) for facility_id in each.ids)


def test_a_restricted_facility_tells_nothing(snapshot):
    assert "SECRET" not in watch.rows_of(LIST, ROWS)
    kept = json.loads(watch.to_json(LIST, snapshot))["facilities"]
    assert {"facility_id": "SECRET"} in kept and {"facility_id": "GONE"} in kept


def document(**changed: object) -> str:
    whole = {
        "format": "riskmap-watch", "version": 1, "snapshot_id": "0123456789ab", "as_of": "2026-11-01",
        "facilities": [{"facility_id": "A-1", "level": "low"}], "views": [],
    }  # fmt: skip
    return json.dumps({**whole, **changed})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "format"), ("{", "format"), ("[]", "format"), ("{}{}", "format"),
        ('{"format":"riskmap-watch","format":1}', "format"),
        ("{" * 1000, "format"), (document() * 2, "format"), ('{"a":' * 50 + "1" + "}" * 50, "format"),
        (document(format="other"), "format"), (document(version=2), "format"), (document(version="1e999"), "format"),
        (document(facilities={}), "format"), (document(facilities=[1]), "format"), (document(facilities=[{}]), "field"),
        (document(facilities=[{"facility_id": 5}]), "field"), (document(facilities=[{"facility_id": None}]), "field"),
        (document(facilities=[{"facility_id": "A", "level": "worst"}]), "field"),
        (document(facilities=[{"facility_id": "A", "level": ["low"]}]), "field"),
        (document(facilities=[{"facility_id": "A", "is_flagged": "true"}]), "field"),
        (document(facilities=[{"facility_id": "A", "due_on": "2026-02-30"}]), "field"),
        (document(snapshot_id="../../etc"), "field"),
        (document(as_of="yesterday"), "field"),
        (document(facilities=[{"facility_id": f"X{i}"} for i in range(101)]), "many"),
        (document(views=[{"title": "t", "address": "https://evil.example/phish"}]), "view"),
        (document(views=[{"title": 1, "address": "map"}]), "field"),
        ("x" * 100_001, "large"),
        ("id,level\nA,low\n", "format"), ("facility_id,facility_id\nA,B\n", "format"), ('facility_id\n"A\n', "format"),
        ("facility_id,level\nA\n", "line"),
        ("facility_id,level,snapshot_id,as_of\nA,worst,0123456789ab,2026-11-01\n", "field"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_watch_list_is_refused_in_words(content, code):
    assert code_of(watch.read, content) == code


def test_a_plain_list_has_no_past():
    plain = watch.read("facility_id\nA-1\n\n007\n")
    assert plain == Watch(("A-1", "007")) and plain.saved is None
    semicolons = watch.read("\ufefffacility_id;level;snapshot_id;as_of\r\n'007;low;0123456789ab;2026-11-01\r\n")
    assert semicolons.ids == ("007",) and semicolons.saved.facilities["007"] == {"level": "low"}


@settings(deadline=None, max_examples=200)
@given(
    st.one_of(
        st.text(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
        ).map(json.dumps),
    )
)
def test_no_file_does_more_than_be_refused(content):
    try:
        watch.read(content)
    except WatchError as error:
        assert error.sentence("kk")


# ---- now and then ---------------------------------------------------------------------------------------------------
def test_changes_are_named_and_come_first(snapshot):
    facilities = [
        {"facility_id": "B,2", "level": None},
        {"facility_id": "007", "level": "medium", "is_flagged": False, "delivery": "not_due", "due_on": "2026-06-30"},
        {"facility_id": "GONE", "level": "low"},
    ]
    listed = watch.read(document(facilities=facilities, snapshot_id="ffffffffffff", as_of="2026-09-01"))
    rows = watch.rows_of(listed, ROWS)
    assert watch.changes("007", rows["007"], listed.saved) == (
        Change("level", "medium", "low"), Change("due_on", date(2026, 6, 30), date(2027, 1, 31)),
    )  # fmt: skip
    assert watch.changes("B,2", rows["B,2"], listed.saved) == ()  # not known then, not known now
    assert watch.changes("GONE", None, listed.saved) == ()
    assert watch.order(listed, rows) == ["007", "GONE", "B,2"]
    table = words.facilities(listed, snapshot, "en")
    assert "level: medium → low" in table and "June 30, 2026 → January 31, 2027" in table
    sentence = words.answer(listed, snapshot, "en")
    assert "Changed since the file was saved: 1." in sentence and "Not in this version of the data: 1." in sentence


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_the_page_escapes_what_strangers_write(snapshot, lang):
    hostile = '<script>alert(1)</script>"'
    listed = Watch((hostile, "B,2"), (View("map", Filter(text=hostile), hostile),))
    html = words.answer(listed, snapshot, lang) + words.facilities(listed, snapshot, lang) + words.views(listed, snapshot, lang)
    assert "<script" not in html and "<b>Demo" not in html
    assert urlencode({"q": hostile}) in html.replace("&amp;", "&")
