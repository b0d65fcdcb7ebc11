"""The store: what is kept, what cannot be, what became of it, and what the next snapshot gets from it."""

import re
import threading
from dataclasses import asdict
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st
from sqlalchemy import MetaData, delete, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from riskmap import schema, store
from riskmap import settings as settings_file
from riskmap.problem import DataError, describe_error
from riskmap.store import codes, migrations, tables
from riskmap.store.database import reading, writing

SETTINGS = settings_file.load()
TODAY = date(2026, 11, 22)
FACILITIES = {"F1", "F2"}


def send(db, *, key=None, on=TODAY, facility_id="F1", status="working", stage="frame", **more) -> str:
    return store.submit(
        db, key=key or store.new_key(), facility_id=facility_id, day=on, status=status, stage=stage, snapshot_id="s1",
        facilities=FACILITIES, today=TODAY, settings=SETTINGS, **more,
    )  # fmt: skip


def accepted(db, days_ago: int, stage="frame", **more) -> store.Observation:
    """Send and accept; returns the observation as it stands then."""
    before = {one.observation_id for one in store.observations(db)}
    send(db, on=TODAY - timedelta(days=days_ago), stage=stage, **more)
    [new] = {one.observation_id for one in store.observations(db)} - before
    store.review(db, new, decision="accept", on=TODAY, photos_are_reviewed=bool(more.get("photos")))
    return next(one for one in store.observations(db) if one.observation_id == new)


def usable(db) -> store.Usable:
    return store.accepted_as_progress(db, facilities=FACILITIES, settings=SETTINGS)


def refused(code: str):
    return pytest.raises(DataError, match=f": {code} ")


# ---- the tables --------------------------------------------------------------------------------------------------------
def test_steps_make_the_tables_that_queries_name(db) -> None:
    made = MetaData()
    made.reflect(db)
    made.remove(made.tables["schema_version"])
    assert set(made.tables) == set(tables.metadata.tables)
    for name, table in tables.metadata.tables.items():
        assert [c.name for c in made.tables[name].columns] == [c.name for c in table.columns]
        assert {c.name for c in made.tables[name].columns if not c.nullable} == {c.name for c in table.columns if not c.nullable}
        assert [c.name for c in made.tables[name].primary_key] == [c.name for c in table.primary_key]


def test_there_is_no_column_for_an_identity(db) -> None:
    """Every column that exists for visitors, in words: a new one must be argued for here. Work of offices: test_work.py; public
    control: test_control_store.py."""
    of_offices = {
        "people", "grants", "case_steps", "replies", "corrections", "correction_decisions", "returned_money", "audit",
    }  # fmt: skip
    names = {name for name in inspect(db).get_table_names() if not name.startswith("control_")} - of_offices
    columns = {column["name"] for name in names for column in inspect(db).get_columns(name)}
    assert columns == {
        "version", "observation_id", "facility_id", "day", "status", "stage", "is_working", "has_passport_board", "text",
        "snapshot_id", "position", "jpeg", "receipt_hash", "key_hash", "content_hash", "number", "decision", "reason",
        "are_photos_reviewed", "reviewed_on", "made_on", "decision_number", "decided_on", "erased_on", "as_of",
    }  # fmt: skip


def test_opening_again_takes_no_step_twice(db_url) -> None:
    receipt = send(store.open(db_url))
    again = store.open(db_url)
    assert store.fate(again, receipt).state == "waiting"
    with reading(again) as connection:
        taken = connection.execute(text("SELECT version FROM schema_version ORDER BY 1")).scalars().all()
    assert taken == list(range(1, len(migrations.STEPS) + 1))


def test_a_step_that_fails_leaves_nothing(db_url, monkeypatch) -> None:
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, lambda dialect: ["CREATE TABLE half (a TEXT)", "nonsense"]))
    with refused("store_unavailable"):
        store.open(db_url)
    monkeypatch.undo()
    db = store.open(db_url)
    assert "half" not in inspect(db).get_table_names()
    assert store.fate(db, send(db)).state == "waiting"


def test_a_store_of_a_later_program_is_left_alone(db, db_url) -> None:
    with writing(db) as connection:
        connection.execute(text("INSERT INTO schema_version VALUES (99)"))
    with refused("store_newer"):
        store.open(db_url)


OF_VISITS = (
    "observations", "photos", "receipts", "submission_keys", "reviews", "photo_versions", "photo_decisions", "photo_erasures",
    "uses",
)  # fmt: skip


@pytest.mark.parametrize("name", OF_VISITS)
def test_nothing_is_changed_or_deleted(db, name, photo) -> None:
    one = accepted(db, 1, photos=[photo])
    store.cover(db, one.observation_id, 1, [(0, 0, 20, 20)], on=TODAY, reason="a face", settings=SETTINGS)
    store.decide_photo(db, one.observation_id, 1, number=2, decision="publish", on=TODAY)
    store.erase_photo(db, one.observation_id, 1, on=TODAY, reason="a face")
    assert store.record_uses(db, snapshot_id="s2", as_of=TODAY, seen={("F1", one.day): 0.5}, settings=SETTINGS) == 1
    table = tables.metadata.tables[name]
    column = table.primary_key.columns[0]
    for change in (delete(table), update(table).values({column.name: column})):
        with pytest.raises((DataError, DBAPIError), match="append-only"), writing(db) as connection:
            connection.execute(change)
    with reading(db) as connection:
        assert connection.execute(select(table)).all()


def test_sqlite_is_set_to_lose_nothing(tmp_path) -> None:
    db = store.open(f"sqlite:///{tmp_path / 'store.db'}")
    with reading(db) as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["delete", 2, 1]


def test_only_its_owner_reads_the_file(tmp_path) -> None:
    send(store.open(f"sqlite:///{tmp_path / 'store.db'}"))
    assert (tmp_path / "store.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "sqlite:////proc/none/store.db"])
def test_a_store_that_cannot_be(url) -> None:
    with pytest.raises((DataError, OSError)):
        store.open(url)


def test_a_password_is_in_no_message() -> None:
    with refused("store_unavailable") as error:
        store.open("postgresql+psycopg://someone:CANARY-PASSWORD@127.0.0.1:1/none")
    assert "CANARY" not in describe_error(error.value, "en") + str(error.value)


# ---- sending -----------------------------------------------------------------------------------------------------------
def test_what_was_seen_is_kept(db, photo) -> None:
    send(db, text="  Қоршау бар,\r\nадам жоқ \x1b[31m\u202e", is_working=False, photos=[photo, photo])
    [one] = store.waiting(db)
    assert asdict(one) | {"observation_id": ""} == {
        "observation_id": "", "facility_id": "F1", "day": TODAY, "status": "working", "stage": "frame", "is_working": False,
        "has_passport_board": None, "text": "Қоршау бар,\nадам жоқ [31m", "snapshot_id": "s1", "n_photos": 2, "state": "waiting",
        "reason": "", "photos_are_reviewed": False,
    }  # fmt: skip
    assert [photo.jpeg[:2] for photo in store.photos(db, one.observation_id)] == [b"\xff\xd8"] * 2


def test_sent_twice_is_one_observation_and_one_receipt(db, photo) -> None:
    key = store.new_key()
    assert send(db, key=key, photos=[photo]) == send(db, key=key.lower(), photos=[photo])
    assert len(store.observations(db)) == 1


def test_sent_twice_at_once(db) -> None:
    key, receipts = store.new_key(), []
    threads = [threading.Thread(target=lambda: receipts.append(send(db, key=key))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 8 and len(set(receipts)) == 1
    assert len(store.observations(db)) == 1


def test_a_used_key_hides_no_second_observation(db) -> None:
    """A cached form sent for another facility must not vanish behind the first."""
    key = store.new_key()
    send(db, key=key)
    with refused("observation_key_used"):
        send(db, key=key, facility_id="F2")
    assert [one.facility_id for one in store.observations(db)] == ["F1"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": "short"}, "observation_key"),
        ({"key": "U" * 26}, "observation_key"),
        ({"facility_id": "F9"}, "observation_facility"),
        ({"on": TODAY + timedelta(days=1)}, "observation_day"),
        ({"on": TODAY - timedelta(days=91)}, "observation_day"),
        ({"status": "burnt"}, "observation_status"),
        ({"stage": "sky"}, "observation_stage"),
        ({"status": "nothing_there", "stage": "roof"}, "observation_stage"),
        ({"status": "finished_open", "stage": "frame"}, "observation_stage"),
        ({"text": "x" * 2001}, "observation_text_long"),
        ({"photos": [b"x"] * 6}, "observation_photos_many"),
        ({"photos": [b"x"]}, "photo_kind"),
    ],
)
def test_what_is_refused_leaves_nothing(db, changes, code) -> None:
    with refused(code) as error:
        send(db, **changes)
    assert store.observations(db) == []
    for lang in ("kk", "ru", "en"):
        assert describe_error(error.value, lang) != code and "?" not in describe_error(error.value, lang)


def test_nothing_is_acknowledged_that_was_not_written(tmp_path) -> None:
    db = store.open(f"sqlite:///{tmp_path / 'store.db'}")
    with db.connect() as connection:
        n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    db.dispose()
    full = store.open(f"sqlite:///{tmp_path / 'store.db'}")
    with full.connect() as connection:  # the one connection of the pool: a disk without room
        connection.exec_driver_sql(f"PRAGMA max_page_count={n_pages + 20}")
    with refused("store_unavailable"):
        for _ in range(200):
            receipt = send(full, text="x" * 1500)
    kept = store.observations(store.open(f"sqlite:///{tmp_path / 'store.db'}"))
    assert store.fate(full, receipt).state == "waiting" and all(len(one.text) == 1500 for one in kept)


# ---- receipts ------------------------------------------------------------------------------------------------------------
def test_a_receipt_survives_handwriting(db) -> None:
    receipt = send(db)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{6}", receipt)
    assert store.fate(db, receipt.lower().replace("-", " ").replace("0", "o").replace("1", "l")).facility_id == "F1"
    for wrong in ("", "0" * 26, receipt[:-1], "'; DROP TABLE receipts; --"):
        with refused("receipt_unknown"):
            store.fate(db, wrong)


@quickly(deadline=None, max_examples=50)
@given(st.binary(min_size=16, max_size=16))
def test_codes_keep_all_their_bits(content) -> None:
    written = codes._written(content)
    back = 0
    for letter in written:
        back = back * 32 + codes._LETTERS.index(letter)
    assert back.to_bytes(16, "big") == content
    assert codes.hash_of(written) not in (None, codes.hash_of(codes.receipt_of(written)))


def test_keys_differ() -> None:
    assert len({store.new_key() for _ in range(1000)}) == 1000


# ---- reviews -------------------------------------------------------------------------------------------------------------
def test_the_last_decision_is_in_force_and_all_stay(db) -> None:
    receipt = send(db)
    [one] = store.waiting(db)
    store.review(db, one.observation_id, decision="ask", on=TODAY, reason="Which side?")
    assert (store.fate(db, receipt).state, store.fate(db, receipt).reason) == ("ask", "Which side?")
    assert [o.state for o in store.waiting(db)] == ["ask"]
    store.review(db, one.observation_id, decision="accept", on=TODAY)
    assert store.fate(db, receipt).state == "accept" and store.waiting(db) == []
    store.review(db, one.observation_id, decision="reject", on=TODAY + timedelta(days=1), reason="Another site")
    found = store.fate(db, receipt)
    assert (found.facility_id, found.day, found.state, found.reason) == ("F1", TODAY, "reject", "Another site")
    assert found.reviewed_on == TODAY + timedelta(days=1) and [step.kind for step in found.steps] == ["ask", "accept", "reject"]
    with reading(db) as connection:
        assert connection.execute(select(tables.reviews.c.decision).order_by(tables.reviews.c.number)).scalars().all() == [
            "ask", "accept", "reject",
        ]  # fmt: skip


def test_reviews_that_cannot_be(db) -> None:
    send(db)
    [one] = store.waiting(db)
    for arguments, code in (
        ({"decision": "reject"}, "review_reason"),
        ({"decision": "ask", "reason": " "}, "review_reason"),
        ({"decision": "accept", "photos_are_reviewed": True}, "review_photos"),
    ):
        with refused(code):
            store.review(db, one.observation_id, on=TODAY, **arguments)
    with refused("observation_unknown"):
        store.review(db, "NONE", decision="accept", on=TODAY)
    assert store.waiting(db) == [one]


# ---- use -----------------------------------------------------------------------------------------------------------------
def test_one_visit_is_not_enough_and_two_days_are(db) -> None:
    first = accepted(db, 10)
    assert usable(db).rows == [] and usable(db).unused == [store.Unused(first, "one_visit")]
    same_day = accepted(db, 10, "roof")
    assert {one.reason for one in usable(db).unused} == {"one_visit"}
    third = accepted(db, 3, "roof")
    assert usable(db).unused == []
    rows = usable(db).rows
    # of one day the most counts, and of a stage its upper end
    assert [(row.facility_id, row.reported_on, row.progress_share) for row in rows] == [
        ("F1", first.day, 0.7), ("F1", third.day, 0.7),
    ]  # fmt: skip
    assert {row.progress_source for row in rows} == {"independent"}
    assert set(rows[0].observation_ids.split()) == {first.observation_id, same_day.observation_id}


def test_one_visit_with_reviewed_photos_is_enough(db, photo) -> None:
    seen = accepted(db, 10, photos=[photo])
    assert [row.observation_ids for row in usable(db).rows] == [seen.observation_id]
    store.review(db, seen.observation_id, decision="accept", on=TODAY)  # photos not looked at
    assert usable(db).rows == []


def test_waiting_and_rejected_ones_are_not_used(db) -> None:
    accepted(db, 10)
    send(db)
    assert usable(db).rows == []
    [one] = store.waiting(db)
    store.review(db, one.observation_id, decision="reject", on=TODAY, reason="blurred")
    assert usable(db).rows == []


def test_visits_of_different_seasons_do_not_bear_each_other_out(db) -> None:
    far = SETTINGS | {"observations": SETTINGS["observations"] | {"second_visit_within_days": 30}}
    accepted(db, 60)
    accepted(db, 1)
    assert store.accepted_as_progress(db, facilities=FACILITIES, settings=far).rows == []
    assert len(usable(db).rows) == 2


@pytest.mark.parametrize(
    ("earlier", "later", "is_contradiction"),
    [
        ((80, "finishing"), (1, "frame"), True),  # a building does not shrink
        ((80, "frame"), (1, "finishing"), False),
        ((5, "frame"), (1, "finishing"), True),  # nor leap within days
        ((5, "frame"), (1, "roof"), False),
    ],
)
def test_a_contradiction_is_shown_and_not_averaged(db, photo, earlier, later, is_contradiction) -> None:
    one, two = accepted(db, *earlier, photos=[photo]), accepted(db, *later, photos=[photo])
    found = usable(db)
    assert found.contradictions == ([store.Contradiction("F1", one, two)] if is_contradiction else [])
    assert len(found.rows) == (0 if is_contradiction else 2)
    if is_contradiction:
        assert {item.reason for item in found.unused} == {"contradiction"}
        store.review(db, two.observation_id, decision="reject", on=TODAY, reason="another site")
        assert len(usable(db).rows) == 1


@pytest.mark.parametrize(
    ("status", "stage", "share"),
    [("nothing_there", None, 0.0), ("not_started", None, 0.0), ("finished_open", None, 1.0), ("finished_closed", "done", 1.0),
     ("idle", "foundation", 0.2), ("working", None, None), ("could_not_tell", None, None)],
)  # fmt: skip
def test_what_a_status_says_of_the_works(db, photo, status, stage, share) -> None:
    accepted(db, 1, stage, status=status, photos=[photo])
    assert [row.progress_share for row in usable(db).rows] == ([] if share is None else [share])
    assert [item.reason for item in usable(db).unused] == (["share_not_known"] if share is None else [])


def test_a_facility_that_left_the_data_is_listed(db, photo) -> None:
    accepted(db, 1, photos=[photo])
    found = store.accepted_as_progress(db, facilities={"F2"}, settings=SETTINGS)
    assert found.rows == [] and [item.reason for item in found.unused] == ["not_in_snapshot"]


def test_no_number_below_five(db) -> None:
    for n in range(5):
        accepted(db, n)  # all in November
        expected = {("F1", "2026-11"): 5 if n == 4 else None}
        assert store.public_counts(db, settings=SETTINGS) == expected
    accepted(db, 40, facility_id="F2")
    send(db, facility_id="F2", on=TODAY - timedelta(days=70))  # waiting: not even visited
    assert store.public_counts(db, settings=SETTINGS) == {("F1", "2026-11"): 5, ("F2", "2026-10"): None}


def test_the_settings_are_sound() -> None:
    ranges = SETTINGS["observations"]["stage_share"]
    assert tuple(ranges) == schema.STAGES
    assert all(0 <= low < high <= 1 for low, high in ranges.values())
    assert sorted(ranges.values()) == list(ranges.values())


def test_no_statement_of_another_kind_reaches_the_database(db) -> None:
    with pytest.raises(DBAPIError), db.begin() as connection:
        connection.execute(text("INSERT INTO observations (observation_id) VALUES ('x')"))


# ---- photos --------------------------------------------------------------------------------------------------------------
def with_photo(db, photo) -> str:
    return accepted(db, 1, photos=[photo, photo]).observation_id


def covering(db, one: str, rectangles, *, position=1, reason="a face", **more) -> int:
    return store.cover(db, one, position, rectangles, on=TODAY, reason=reason, settings=SETTINGS, **more)


def is_public(db, one: str, number: int) -> bool:
    return store.published_jpeg(db, one, 1, number) is not None


def test_a_photo_is_public_only_by_a_decision(db, photo) -> None:
    one = with_photo(db, photo)
    assert store.published(db, "F1") == [] and not is_public(db, one, 1)
    store.decide_photo(db, one, 1, number=1, decision="publish", on=TODAY)
    assert store.published(db, "F1") == [store.Published(one, 1, 1, "2026-11")] and store.published(db, "F2") == []
    assert store.published_jpeg(db, one, 1, 1) == store.photos(db, one)[0].jpeg and not is_public(db, one, 2)
    assert [each.state for each in store.photos(db, one)] == ["publish", "held"]
    store.decide_photo(db, one, 1, number=1, decision="withhold", on=TODAY, reason="not the site")
    assert store.published(db, "F1") == [] and not is_public(db, one, 1)


def test_a_photo_of_an_observation_that_is_not_accepted_any_more_is_not_public(db, photo) -> None:
    one = with_photo(db, photo)
    store.decide_photo(db, one, 1, number=1, decision="publish", on=TODAY)
    store.review(db, one, decision="reject", on=TODAY, reason="another site")
    assert store.published(db, "F1") == [] and not is_public(db, one, 1)


def test_covering_takes_a_photo_back_and_the_first_version_is_never_public_again(db, photo) -> None:
    one = with_photo(db, photo)
    store.decide_photo(db, one, 1, number=1, decision="publish", on=TODAY)
    first = store.photos(db, one)[0].jpeg
    assert covering(db, one, [(32, 32, 96, 96)]) == 2
    assert store.published(db, "F1") == [] and not is_public(db, one, 1)
    with refused("photo_version"):
        store.decide_photo(db, one, 1, number=1, decision="publish", on=TODAY)
    store.decide_photo(db, one, 1, number=2, decision="publish", on=TODAY)
    assert store.published_jpeg(db, one, 1, 2) not in (None, first) and not is_public(db, one, 1)
    # covered in the wrong place: begin with the first version again
    assert covering(db, one, [(0, 0, 16, 16)], from_first=True) == 3
    assert store.published(db, "F1") == []
    with reading(db) as connection:  # both stay in the store
        assert connection.execute(select(tables.photos.c.jpeg).where(tables.photos.c.position == 1)).scalar_one() == first


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda db, one: covering(db, one, [(0, 0, 9, 9)], position=9), "photo_unknown"),
        (lambda db, one: covering(db, one, []), "photo_rectangle"),
        (lambda db, one: covering(db, one, [(0, 0, 0, 9)]), "photo_rectangle"),
        (lambda db, one: covering(db, one, [(0, 0, 1601, 9)]), "photo_rectangle"),
        (lambda db, one: covering(db, one, [(0, 0, 9, 9)] * 21), "photo_rectangle"),
        (lambda db, one: covering(db, one, [(0, 0, 9, 9)], reason=" "), "photo_reason"),
        (lambda db, one: store.decide_photo(db, one, 1, number=1, decision="withhold", on=TODAY), "photo_reason"),
        (lambda db, one: store.erase_photo(db, one, 1, on=TODAY, reason=""), "photo_reason"),
        (lambda db, one: store.decide_photo(db, "NONE", 1, number=1, decision="publish", on=TODAY), "photo_unknown"),
    ],
)
def test_what_cannot_be_done_to_a_photo(db, photo, act, code) -> None:
    one = with_photo(db, photo)
    with refused(code) as error:
        act(db, one)
    assert [each.number for each in store.photos(db, one)] == [1, 1]
    for lang in ("kk", "ru", "en"):
        assert describe_error(error.value, lang) != code


def test_pixels_are_erased_with_a_trace(db, photo) -> None:
    one = with_photo(db, photo)
    covering(db, one, [(0, 0, 20, 20)])
    store.decide_photo(db, one, 1, number=2, decision="publish", on=TODAY)
    store.erase_photo(db, one, 1, on=TODAY, reason="asked for by the person shown")
    gone, other = store.photos(db, one)
    assert gone == store.Photo(1, 2, b"", "erased", "asked for by the person shown", TODAY) and other.jpeg
    assert store.published(db, "F1") == [] and not is_public(db, one, 2)
    with reading(db) as connection:
        for of in (tables.photos, tables.photo_versions):
            assert connection.execute(select(of.c.jpeg).where(of.c.position == 1)).scalars().all() == [b""]
    for act in (
        lambda: store.erase_photo(db, one, 1, on=TODAY, reason="again"),
        lambda: store.decide_photo(db, one, 1, number=2, decision="publish", on=TODAY),
        lambda: covering(db, one, [(0, 0, 9, 9)]),
    ):
        with refused("photo_erased"):
            act()


def test_pixels_cannot_be_emptied_without_a_trace_nor_replaced_with_one(db, photo) -> None:
    one = with_photo(db, photo)
    for jpeg, position in ((b"", 2), (b"other", 1)):
        if jpeg:
            with writing(db) as connection:
                row = {"observation_id": one, "position": position, "reason": "x", "erased_on": TODAY}
                connection.execute(insert(tables.photo_erasures), row)
        with pytest.raises((DataError, DBAPIError), match="append-only"), writing(db) as connection:
            connection.execute(update(tables.photos).where(tables.photos.c.position == position).values(jpeg=jpeg))


def test_no_byte_of_an_erased_photo_is_left_in_the_file(tmp_path, photo) -> None:
    db = store.open(f"sqlite:///{tmp_path / 'store.db'}")
    one = accepted(db, 1, photos=[photo])
    kept = store.photos(db, one.observation_id)[0].jpeg
    piece = kept[len(kept) // 2 :][:64]  # pages cut a value, but not every piece of it
    assert piece in (tmp_path / "store.db").read_bytes()
    store.erase_photo(db, one.observation_id, 1, on=TODAY, reason="a face")
    assert piece not in (tmp_path / "store.db").read_bytes()


# ---- fate ----------------------------------------------------------------------------------------------------------------
def test_the_stamp_tells_whenever_a_journey_would(db) -> None:
    stamps, told = [store.stamp(db)], [store.journeys(db)]

    def note() -> None:
        stamps.append(store.stamp(db))
        told.append(store.journeys(db))
        assert store.stamp(db) == stamps[-1]

    send(db, on=TODAY - timedelta(days=40))
    note()
    for decision in ("accept", "ask", "accept"):
        store.review(db, told[-1][0].observation.observation_id, decision=decision, on=TODAY, reason="why")
        note()
    accepted(db, 1, stage="roof")
    note()
    store.record_uses(db, snapshot_id="s", as_of=TODAY, seen={("F1", TODAY - timedelta(days=40)): 1.0}, settings=SETTINGS)
    note()
    assert len(set(stamps)) == len(stamps) and all(one != other for one, other in pairwise(told))


def test_an_observation_is_used_once_in_the_first_snapshot_that_has_it(db) -> None:
    receipt = send(db, on=TODAY - timedelta(days=3))
    [one] = store.waiting(db)
    seen = {("F1", one.day): 0.5}
    assert store.record_uses(db, snapshot_id="s2", as_of=TODAY, seen=seen, settings=SETTINGS) == 0  # nobody accepted it
    store.review(db, one.observation_id, decision="accept", on=TODAY)
    for missing in ({("F2", one.day): 0.5}, {("F1", TODAY): 0.5}, {("F1", one.day): 0.4}):
        assert store.record_uses(db, snapshot_id="s2", as_of=TODAY, seen=missing, settings=SETTINGS) == 0
    assert store.record_uses(db, snapshot_id="s2", as_of=TODAY, seen=seen, settings=SETTINGS) == 1
    assert store.record_uses(db, snapshot_id="s3", as_of=TODAY, seen=seen, settings=SETTINGS) == 0
    steps = (store.Step("accept", TODAY), store.Step("used", TODAY, "s2"))
    assert store.fate(db, receipt).steps == steps and store.fate(db, receipt).state == "accept"
    [journey] = store.journeys(db)
    assert journey.steps == steps and journey.on("used") == TODAY and journey.on("sent") is None
    assert store.decisions(db, one.observation_id) == [steps[0]]
