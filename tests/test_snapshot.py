"""Snapshots and settings: written whole, verified, refused when they are something else."""

import json

import pyarrow.parquet as pq
import pytest
from casebook import AS_OF, CASES, read, tables

from riskmap import facts, pipeline, settings, snapshot
from riskmap.problem import DataError


@pytest.fixture()
def made(tmp_path):
    of_cases = tables(read(CASES / "paid_ahead.csv"))
    facts.write(tmp_path / "facts", of_cases, facts.PROBLEM_SCHEMA.empty_table(), {"files": [], "is_demo": True})
    return pipeline.score_folder(tmp_path / "facts", as_of=AS_OF, out=tmp_path / "snapshot", settings=settings.load())


def test_a_snapshot_says_what_it_was_made_from(made) -> None:
    manifest = made.manifest
    assert manifest["as_of"] == "2026-11-01" and made.is_demo
    assert manifest["settings_sha256"] == settings.digest(settings.load())
    assert manifest["totals"]["n_facilities"] == len(made.facilities)
    assert {"budget_kzt", "n_overdue", "n_flagged", "flagged_budget_kzt"} <= set(manifest["totals"])
    assert snapshot.verify(made.folder) == []


def test_the_same_input_gives_the_same_snapshot(made, tmp_path) -> None:
    again = pipeline.score_folder(tmp_path / "facts", as_of=AS_OF, out=tmp_path / "again", settings=settings.load())
    assert again.id == made.id
    assert {p.name: p.read_bytes() for p in again.folder.iterdir()} == {p.name: p.read_bytes() for p in made.folder.iterdir()}


@pytest.mark.parametrize("name", [f"{table}.parquet" for table in snapshot.TABLES])
def test_every_flipped_byte_is_found(made, name) -> None:
    path = made.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert snapshot.verify(made.folder) == [name]


def test_facts_of_an_older_version_still_score(made, tmp_path) -> None:
    """A column that did not exist when the files were imported is not known, not an error."""
    path = tmp_path / "facts" / "contracts.parquet"
    pq.write_table(pq.read_table(path).drop_columns("is_terminated"), path)
    older, _, _ = facts.read(tmp_path / "facts")
    assert older["contracts"].schema == facts.arrow_schema("contracts")
    assert older["contracts"]["is_terminated"].null_count == older["contracts"].num_rows


def test_a_changed_manifest_is_found(made) -> None:
    path = made.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["totals"]["n_flagged"] += 1
    path.write_text(json.dumps(manifest))
    assert snapshot.verify(made.folder) == ["manifest.json"]


def test_a_folder_with_something_else_is_left_alone(made, tmp_path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "precious.txt").write_text("mine")
    with pytest.raises(DataError, match="folder_not_empty"):
        pipeline.score_folder(tmp_path / "facts", as_of=AS_OF, out=tmp_path / "letters", settings=settings.load())
    assert (tmp_path / "letters" / "precious.txt").read_text() == "mine"
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")], "nothing half-written stays behind"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[levels]\nhihg = 3", "settings_unknown_key"),
        ("[levels]\nhigh = 'x'", "settings_wrong_type"),
        ("[levels", "settings_unreadable"),
    ],
)
def test_settings_refuse_what_they_do_not_know(tmp_path, text, code) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=code):
        settings.load(path)


def test_settings_overlay_single_keys(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[levels]\nhigh = 45\n[price_index]\n"2025" = 1.1\n')
    changed = settings.load(path)
    assert changed["levels"]["high"] == 45 and changed["levels"]["medium"] == 20
    assert changed["price_index"]["2025"] == 1.1
    assert settings.digest(changed) != settings.digest(settings.load())
