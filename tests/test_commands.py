"""The command line as people use it, and its page of the docs (`make docs` writes it)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click import Group
from click.testing import CliRunner

from riskmap.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "commands.md"
HEAD = "# Commands\n\nWritten by `make docs` from the programs' own help; a test compares.\n"
ROWS = """facility_id,title,facility_type,region,lat,lon,budget,contract_value,due_date,start_date,method,n_bidders
A1,=cmd|calc school,school,Astana,51.13,71.43,100000000,90000000,01.06.2025,01.06.2024,из одного источника,1
A2,Clinic,hospital,Алматы,43.25,76.92,"200 000 000,00",180000000,2027-06-01,2025-06-01,open,3
A3,Broken,hospital,Алматы,43.25,76.92,-5,180000000,2027-06-01,2025-06-01,open,3
,,,,,,,,,,,
"""


def document() -> str:
    """The help of every command, as `python -m riskmap COMMAND --help` prints it."""
    parts = [HEAD]
    groups = {name: command for name, command in main.commands.items() if isinstance(command, Group)}
    within = [[name, own] for name, group in groups.items() for own in group.commands]
    for words in [[], *sorted([*([name] for name in main.commands), *within])]:
        arguments = [*words, "--help"]
        shown = CliRunner().invoke(main, arguments, prog_name="python -m riskmap", terminal_width=110).output
        parts.append(f"```\n$ python -m riskmap {' '.join(arguments)}\n{shown}```\n")
    return "\n".join(parts)


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    assert PAGE.read_text("utf-8") == document(), "run `make docs`"


def run(*arguments: object, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "riskmap", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("command")
    (folder / "works.csv").write_text(ROWS, "utf-8")
    out = run("import", folder / "works.csv", "--out", folder / "facts")
    assert "rows in 4 = accepted 2 + quarantined 1 + blank 1" in out
    assert "negative" in out
    out = run("score", folder / "facts", "--as-of", "2026-11-01", "--out", folder / "snapshot")
    assert "facilities 2, overdue 1" in out
    return folder


def test_export_and_verify(made) -> None:
    file = made / "list.csv"
    out = run("export", made / "snapshot", "--format", "csv", "--out", file, "--overdue", "--region", "KZ-71")
    assert "1 rows" in out
    manifest = json.loads((made / "list.csv.manifest.json").read_text())
    assert manifest["n_rows"] == 1
    assert "identical" in run("verify", file, "--snapshot", made / "snapshot")
    assert "identical" in run("verify", made / "snapshot")
    file.write_bytes(file.read_bytes().replace(b"A1", b"A9"))
    assert "NOT identical" in run("verify", file, "--snapshot", made / "snapshot", code=1)


def test_the_same_file_twice_changes_nothing(made) -> None:
    before = {p: p.read_bytes() for p in (made / "facts").rglob("*") if p.is_file()}
    run("import", made / "works.csv", "--out", made / "facts")
    assert {p: p.read_bytes() for p in (made / "facts").rglob("*") if p.is_file()} == before


def test_snapshots_are_kept_listed_compared_and_verified(made) -> None:
    place = made / "kept"
    ids = []
    for day in ("2025-05-01", "2026-11-01"):
        out = run("score", made / "facts", "--as-of", day, "--keep", place)
        ids.append(out.partition("snapshot ")[2][:12])
    assert "flagged: 0 + 0 new - 0 = 0" in out and "overdue: 0 + 1 new - 0 = 1" in out
    listed = run("snapshots", place)
    assert f"  {ids[0]}  2025-05-01" in listed and f"* {ids[1]}  2026-11-01  facilities 2, overdue 1" in listed
    shown = run("compare", ids[0], ids[1], "--archive", place, "--out", made / "changes.csv")
    assert "overdue: 0 + 1 new - 0 = 1" in shown
    assert json.loads((made / "changes.csv.manifest.json").read_text())["which"] == "changes"
    run("compare", place, made / "nowhere", code=2)
    assert "before" in run("compare", ids[1], ids[0], "--archive", place, code=2)
    assert "snapshots kept: 2" in run("verify", place)
    next(path for path in place.iterdir() if path.name.endswith(ids[0])).joinpath("bids.parquet").write_bytes(b"")
    assert f"2025-05-01-{ids[0]}: bids.parquet" in run("verify", place, code=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["score", "{}/facts", "--as-of", "2026-11-01"], "--keep"),
        (["snapshots", "{}/facts"], "facts"),
        (["compare", "000000000000", "000000000001", "--archive", "{}"], "000000000000"),
        (["score", "{}/nowhere", "--as-of", "2026-11-01", "--out", "{}/x"], "nowhere"),
        (["export", "{}/facts", "--format", "csv", "--out", "{}/x.csv"], "facts"),
        (["export", "{}/snapshot", "--format", "csv", "--out", "{}/x.csv", "--level", "enormous"], "enormous"),
        (["score", "{}/facts", "--as-of", "01.11.2026", "--out", "{}/x"], "01.11.2026"),
        (["import", "{}/works.csv", "--out", "{}/x", "--map", "title"], "column=Header"),
        (["verify", "{}/works.csv"], "--snapshot"),
    ],
)
def test_mistakes_are_one_sentence(made, arguments, words) -> None:
    assert words in run(*(a.format(made) for a in arguments), code=2)
    assert not (made / "x").exists()


if __name__ == "__main__":
    sys.stdout.write(document())
