"""From a visit to the next snapshot, on the command line: list, decide, export, import, score."""

from datetime import date

import pytest
from click.testing import CliRunner
from test_store import TODAY

from riskmap import archive, snapshot, store
from riskmap import settings as settings_file
from riskmap.__main__ import main
from riskmap.i18n import LANGUAGES, text
from riskmap.problem import DataError
from riskmap.schema import STAGES, STATUSES
from riskmap.store.tables import DECISIONS

WORKS = """facility_id,title,type,region,lat,lon,budget,contract_value,due_date,start_date,progress,report date,source_as_of
A1,School,school,Astana,51.13,71.43,100000000,90000000,2026-06-01,2025-06-01,80 %,2026-09-01,2026-10-01
A2,Clinic,hospital,Алматы,43.25,76.92,200000000,180000000,2027-06-01,2025-06-01,30 %,2026-09-01,2026-10-01
"""


def run(*arguments: object) -> str:
    done = CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def made(tmp_path):
    """A folder with facts, a snapshot of them and a store with three visits; works at A1 were reported as 80 % done."""
    (tmp_path / "works.csv").write_text(WORKS, "utf-8")
    run("import", tmp_path / "works.csv", "--out", tmp_path / "facts")
    run("score", tmp_path / "facts", "--as-of", "2026-11-22", "--out", tmp_path / "before")
    db = store.open(f"sqlite:///{tmp_path / 'store.db'}")
    for facility, day, stage in (
        ("A1", date(2026, 11, 1), "frame"),
        ("A1", date(2026, 11, 20), "frame"),
        ("A2", date(2026, 11, 2), "roof"),
    ):
        store.submit(
            db, key=store.new_key(), facility_id=facility, day=day, status="idle", stage=stage, text="Шатыры жоқ\nадам жоқ",
            snapshot_id="s", facilities={"A1", "A2"}, today=TODAY, settings=settings_file.load(),
        )  # fmt: skip
    return tmp_path


def test_two_visits_change_the_next_snapshot(made, monkeypatch) -> None:
    monkeypatch.setenv("RISKMAP_STORE", f"sqlite:///{made / 'store.db'}")
    listed = run("observations", "list", "--lang", "kk")
    assert listed.count("Тексеруді күтіп тұр") == 3 and "Шатыры жоқ / адам жоқ" in listed
    for one in store.waiting(store.open(f"sqlite:///{made / 'store.db'}")):
        run("observations", "accept", one.observation_id, "--on", "2026-11-22")
    assert run("observations", "list").strip() == text("observation.none", "en")
    said = run("observations", "export", "--snapshot", made / "before", "--out", made / "seen.csv")
    assert "2 rows; contradictions 0; accepted and not used 1" in said and "facility A2" in said
    out = run("import", made / "seen.csv", "--out", made / "facts")
    assert "seen.csv as progress" in out and "rows in 2 = accepted 2 + quarantined 0 + blank 0" in out, out
    run("score", made / "facts", "--as-of", "2026-11-22", "--out", made / "after")
    assert run("observations", "used", made / "after").endswith(": 2\n") and run("observations", "used", made / "after").endswith(
        ": 0\n"
    )
    archive.keep(made / "kept", made / "after")
    assert run("observations", "used", made / "kept").endswith(": 0\n"), "a folder of kept snapshots stands for its current one"
    progress = snapshot.load(made / "after").table("progress")
    seen = progress[progress["progress_source"] == "independent"]
    assert seen["progress_share"].tolist() == [0.5, 0.5] and set(seen["source_file"]) == {"seen.csv"}
    assert seen["reported_on"].tolist() == [date(2026, 11, 1), date(2026, 11, 20)]
    rows = {name: snapshot.load(made / name).facilities.set_index("facility_id").loc["A1"] for name in ("before", "after")}
    # 80 % reported, at most 50 % seen twice: a gap of 0.30 is above the ramp of T06
    assert rows["after"]["T06_severity"] == 1 and rows["before"]["T06_severity"] != 1
    assert rows["after"]["r_mid"] > rows["before"]["r_mid"]


def test_reject_ask_and_photos(made, photo, monkeypatch) -> None:
    url = f"sqlite:///{made / 'store.db'}"
    monkeypatch.setenv("RISKMAP_STORE", url)
    db = store.open(url)
    first, second, third = store.waiting(db)
    run("observations", "reject", first.observation_id, "--on", "2026-11-22", "--reason", "Another site")
    assert "Not accepted" not in run("observations", "list")
    assert "reason: Another site" in run("observations", "list", "--all")
    run("observations", "ask", second.observation_id, "--on", "2026-11-22", "--reason", "Which side?")
    assert "A question is open" in run("observations", "list")
    with pytest.raises(DataError, match="review_photos"):
        run("observations", "photos", third.observation_id)
    store.submit(
        db, key=store.new_key(), facility_id="A2", day=TODAY, status="idle", stage="frame", photos=[photo], snapshot_id="s",
        facilities={"A2"}, today=TODAY, settings=settings_file.load(),
    )  # fmt: skip
    newest = next(one for one in store.waiting(db) if one.n_photos)
    assert "delete it" in run("observations", "photos", newest.observation_id, "--out", made / "look")
    [file] = (made / "look").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600 and file.read_bytes() == store.photos(db, newest.observation_id)[0].jpeg
    run("observations", "accept", newest.observation_id, "--photos-reviewed", "--on", "2026-11-22")
    run("observations", "accept", third.observation_id, "--on", "2026-11-22")
    said = run("observations", "export", "--snapshot", made / "before", "--out", made / "seen.csv")
    assert "1 rows; contradictions 0" in said and newest.observation_id in (made / "seen.csv").read_text("utf-8")


def test_photos_are_covered_published_withheld_and_erased(made, photo, monkeypatch) -> None:
    url = f"sqlite:///{made / 'store.db'}"
    monkeypatch.setenv("RISKMAP_STORE", url)
    db = store.open(url)
    store.submit(
        db, key=store.new_key(), facility_id="A2", day=TODAY, status="idle", stage="frame", photos=[photo], snapshot_id="s",
        facilities={"A2"}, today=TODAY, settings=settings_file.load(),
    )  # fmt: skip
    one = next(one.observation_id for one in store.waiting(db) if one.n_photos)
    run("observations", "accept", one, "--photos-reviewed", "--on", "2026-11-22")
    command, day = ("observations", "photos", one), ("--on", "2026-11-22")
    assert "photo 1, version 1. Not published" in run(*command)
    assert "version 2. Not published" in run(*command, "--cover", 1, "--part", 0, 0, 20, 20, "--reason", "a face", *day)
    assert "Published" in run(*command, "--publish", 1, *day) and len(store.published(db, "A2")) == 1
    assert "Withheld. another site" in run(*command, "--withhold", 1, "--reason", "another site", *day)
    assert store.published(db, "A2") == []
    assert "removed. the law" in run(*command, "--erase", 1, "--reason", "the law", "--out", made / "look", *day)
    assert list((made / "look").iterdir()) == []
    for wrong in (("--publish", 1), ("--publish", 1, "--erase", 1, *day)):
        assert CliRunner().invoke(main, list(map(str, (*command, *wrong)))).exit_code == 2


def test_contradictions_are_said(made, photo) -> None:
    url = f"sqlite:///{made / 'store.db'}"
    db = store.open(url)
    store.submit(
        db, key=store.new_key(), facility_id="A1", day=date(2026, 11, 21), status="finished_open", photos=[photo],
        snapshot_id="s", facilities={"A1"}, today=TODAY, settings=settings_file.load(),
    )  # fmt: skip
    for one in store.waiting(db):
        store.review(db, one.observation_id, decision="accept", on=TODAY, photos_are_reviewed=bool(one.n_photos))
    said = run("observations", "export", "--snapshot", made / "before", "--out", made / "seen.csv", "--store", url)
    assert "Contradiction at facility A1" in said and "finished and open" in said and "walls or frame" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_of_the_form_has_a_text(lang) -> None:
    for group, names in (("status", STATUSES), ("stage", STAGES), ("state", ("waiting", *DECISIONS))):
        for name in names:
            assert text(f"observation.{group}.{name}", lang)
    for reason in ("not_in_snapshot", "share_not_known", "contradiction", "one_visit"):
        assert text(f"observation.unused.{reason}", lang)
