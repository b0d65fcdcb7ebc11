"""The archive: append-only, whole or not at all, one current."""

import json
import os
import shutil
from datetime import date

import pytest
from chain import AS_OF, contract, facility, made, report

from riskmap import archive, filters, folder, ledger, snapshot
from riskmap.problem import DataError
from riskmap.web import history


def content(path):
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


@pytest.fixture
def three(tmp_path):
    return [made(tmp_path / f"s{i}", day, [facility(i + 1)]) for i, day in enumerate(AS_OF)]


def test_each_is_kept_and_the_last_day_is_shown(three, tmp_path):
    place = tmp_path / "kept"
    for at, one in enumerate(three):
        assert archive.keep(place, one.folder).id == one.id
        assert archive.load(place).id == one.id
        assert [k.id for k in archive.kept(place)] == [s.id for s in three[: at + 1]]
    assert archive.is_archive(place) and not archive.is_archive(three[0].folder)
    assert archive.opened(place).id == three[2].id and archive.opened(three[0].folder).id == three[0].id
    assert archive.verify(place) == {f"{s.as_of}-{s.id}": [] for s in three}
    assert archive.load(place, three[0].id).facilities.equals(three[0].facilities)


def test_a_snapshot_of_an_earlier_day_comes_late_and_is_not_shown(three, tmp_path):
    place = tmp_path / "kept"
    archive.keep(place, three[2].folder)
    archive.keep(place, three[0].folder)
    assert archive.current_id(place) == three[2].id
    assert [k.as_of for k in archive.kept(place)] == [AS_OF[0], AS_OF[2]]
    assert archive.before(place, AS_OF[2]).id == three[0].id and archive.before(place, AS_OF[0]) is None


def test_of_one_day_the_later_one_is_later(three, tmp_path):
    """A correction on the day of publication: the order in which they came, whatever their hashes are."""
    place = tmp_path / "kept"
    same = [made(tmp_path / f"again{i}", AS_OF[2], [facility(i)]) for i in range(4)]
    for one in same:
        archive.keep(place, one.folder)
    assert [k.id for k in archive.kept(place)] == [s.id for s in same] and archive.current_id(place) == same[-1].id


def test_keeping_again_changes_nothing(three, tmp_path):
    place = tmp_path / "kept"
    for one in three:
        archive.keep(place, one.folder)
    before = content(place)
    for one in three:
        archive.keep(place, one.folder)
    assert content(place) == before


@pytest.mark.parametrize("at", range(12))
def test_killed_anywhere_the_archive_is_as_before_or_as_after(three, tmp_path, monkeypatch, at):
    """The n-th wait for the disk never returns: what was kept is there, and the next attempt succeeds."""
    place = tmp_path / "kept"
    archive.keep(place, three[0].folder)
    calls = iter(range(100))

    def killed(path):
        if next(calls) == at:
            raise KeyboardInterrupt

    monkeypatch.setattr(folder, "fsync", killed)
    monkeypatch.setattr(archive, "fsync", killed)
    try:
        archive.keep(place, three[1].folder)
    except KeyboardInterrupt:
        assert archive.current_id(place) == three[0].id or at >= 11
    monkeypatch.undo()
    assert archive.load(place, three[0].id).id == three[0].id
    assert all(snapshot.verify(one.folder) == [] for one in archive.kept(place)), "never half a snapshot in its place"
    archive.keep(place, three[1].folder)
    assert archive.current_id(place) == three[1].id and not any(v for v in archive.verify(place).values())


def test_what_a_killed_process_left_is_no_obstacle(three, tmp_path):
    place = tmp_path / "kept"
    left = place / f".{three[0].as_of}-{three[0].id}.writing-999999999"
    left.mkdir(parents=True)
    (left / "facilities.parquet").write_text("half")
    archive.keep(place, three[0].folder)
    assert not left.exists() and archive.verify(place) == {f"{three[0].as_of}-{three[0].id}": []}


def test_a_damaged_snapshot_is_not_kept(three, tmp_path):
    path = three[0].folder / "facilities.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(DataError, match="snapshot_damaged"):
        archive.keep(tmp_path / "kept", three[0].folder)
    assert not (tmp_path / "kept").exists()


def test_a_manifest_that_names_foreign_files_is_refused(three, tmp_path):
    (tmp_path / "secret").write_text("mine")
    path = three[0].folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["../secret"] = {"sha256": snapshot._sha256(tmp_path / "secret"), "rows": 0}
    manifest["snapshot_id"] = snapshot.snapshot_id(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="snapshot_damaged"):
        archive.keep(tmp_path / "deep" / "kept", three[0].folder)


def test_a_folder_with_something_else_is_left_alone(three, tmp_path):
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "precious.txt").write_text("mine")
    with pytest.raises(DataError, match="not_an_archive"):
        archive.keep(letters, three[0].folder)
    assert content(letters) == {"precious.txt": b"mine"}


@pytest.mark.parametrize("asked", ["", "..", "../s0", "000000000000", "x" * 12, "ABCDEF123456", "1" * 13, "%2e%2e", "\0"])
def test_only_ids_reach_the_disk(three, tmp_path, asked):
    archive.keep(tmp_path / "kept", three[0].folder)
    with pytest.raises(DataError, match="not_kept"):
        archive.find(tmp_path / "kept", asked)


def test_damage_is_found_and_named(three, tmp_path):
    place = tmp_path / "kept"
    for one in three:
        archive.keep(place, one.folder)
    names = [one.folder.name for one in archive.kept(place)]
    (place / names[0] / "payments.parquet").write_bytes(b"")
    shutil.rmtree(place / names[1])
    os.rename(place / names[2], place / names[2].replace("2026-10-01", "2026-10-02"))
    wrong = archive.verify(place)
    assert (
        wrong[names[0]] == ["payments.parquet"] and wrong[names[1]] == ["manifest.json"] and wrong[names[2]] == ["manifest.json"]
    )
    assert wrong[names[2].replace("2026-10-01", "2026-10-02")] == ["manifest.json"]


def test_a_broken_pointer_is_an_error_in_words(three, tmp_path):
    place = tmp_path / "kept"
    archive.keep(place, three[0].folder)
    for text in ("", "../../etc", "0" * 12):
        (place / "current").write_text(text)
        with pytest.raises(DataError):
            archive.load(place)
        assert archive.verify(place)["current"] == ["current"]


def test_kept_of_a_folder_that_is_not_there(tmp_path):
    assert archive.kept(tmp_path / "nowhere") == []
    with pytest.raises(DataError, match="not_an_archive"):
        archive.load(tmp_path / "nowhere")
    assert archive.before(tmp_path / "nowhere", date(2026, 1, 1)) is None


def test_a_withdrawn_facility_is_in_no_version_and_the_snapshots_stay_as_they_are(tmp_path):
    place = tmp_path / "kept"
    for at, day in enumerate(AS_OF):
        rows = {"contracts": [contract(1), contract(2)], "progress": [report(1, day, 0.5), report(2, day, 0.5)]}
        archive.keep(place, made(tmp_path / f"s{at}", day, [facility(1), facility(2)], **rows).folder)
    opened = [snapshot.load(one.folder) for one in archive.kept(place)]
    shut, left = opened[0].facilities["facility_id"].sort_values()
    assert shut in set(ledger.planned_dates(opened)["facility_id"])
    with pytest.raises(DataError, match="observation_facility"):
        archive.withdraw(place, "no such facility")
    archive.withdraw(place, shut)
    archive.withdraw(place, shut)
    assert (place / snapshot.WITHDRAWN).read_text("utf-8") == f"{shut}\n"
    after = [snapshot.load(one.folder) for one in archive.kept(place)]
    for one in after:
        assert list(filters.apply(filters.Filter(), one.facilities)["facility_id"]) == [left]
        assert all(shut not in set(table.get("facility_id", ())) for table in map(one.table, ("contracts", "progress")))
    assert shut not in set(ledger.planned_dates(after)["facility_id"]) | set(ledger.delays(after)["facility_id"])
    assert history._row(after[0], shut) is None and history._row(after[0], left) is not None
    assert archive.verify(place) == {one.folder.name: [] for one in archive.kept(place)}
