"""The study of a snapshot: worked by hand on a few works, and its two pages of the docs on real files (`make study`)."""

import json
import re
import shlex
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner

from riskmap import facts, i18n, intake, snapshot
from riskmap import settings as settings_file
from riskmap.__main__ import main
from riskmap.engine import session
from riskmap.forecast import reference_class
from riskmap.pipeline import score_folder, score_tables
from riskmap.validate import study

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"study-philippines.md": "philippines_works", "study-brazil.md": "brazil_stalled_works"}
SETTINGS = settings_file.load()
BLOCK = re.compile(r"(<!-- written by make study: (.*?) -->\n)(.*?)(<!-- end -->)", re.S)


# ---- worked by hand ------------------------------------------------------------------------------------------------
# planned 100 days from 2024-01-01 to 2024-04-10 unless said otherwise
WORKS = """facility_id,title,facility_type,region,start_date,due_date,completion_date,status,contract_value,progress,n_bidders
A,Early,school,Astana,2024-01-01,2024-04-10,2024-03-31,completed,100000000,,2
B,The very day,school,Astana,2024-01-01,2024-04-10,2024-04-10,completed,200000000,,2
C,Late by 20,school,Astana,2024-01-01,2024-04-10,2024-04-30,completed,300000000,,1
D,Late by 120,school,Astana,2024-01-01,2024-04-10,2024-08-08,completed,400000000,,1
E,Ended otherwise,school,Astana,2024-01-01,2024-04-10,2024-06-01,handed back,500000000,,2
F,Open and overdue,school,Astana,2024-01-01,2024-04-10,,running,600000000,50,2
G,Open in time,school,Astana,2024-11-01,2025-06-01,,running,,20,2
H,No date due,school,Astana,2024-01-01,,2024-04-10,completed,700000000,,2
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> snapshot.Snapshot:
    folder = tmp_path_factory.mktemp("study")
    (folder / "works.csv").write_text(WORKS, "utf-8")
    intake.import_files([folder / "works.csv"], folder / "facts", settings=SETTINGS)
    return score_folder(folder / "facts", as_of=date(2024, 12, 31), out=folder / "snapshot", settings=SETTINGS)


@pytest.fixture(scope="module")
def tables(made):
    return study.study(made)["tables"]


def row(table, label):
    return next(r for r in table if r["label"] == label)


def test_how_late_finished_works_are(tables) -> None:
    found = {r["label"]: r["n"] for r in tables["finished"]}
    assert found == {
        "finished": 5, "no_dates": 1, "aside": 1, "early": 1, "same_day": 1, "late_0": 2, "late_30": 1, "late_180": 0,
        "late_365": 0, "late_or_open": 3,
    }  # fmt: skip
    # of the four with both dates; late or open: C, D and F of A to D and F
    assert row(tables["finished"], "late_0")["share"] == 0.5
    assert row(tables["finished"], "late_or_open")["share"] == pytest.approx(3 / 5)
    days = row(tables["spread"], "days_late")
    assert (days["n"], days["p50"], days["p25"]) == (4, 10, -2.5)  # of -10, 0, 20, 120
    assert row(tables["spread"], "share_of_plan")["p50"] == pytest.approx(0.10)


def test_an_interval_by_hand() -> None:
    # Wilson for 5 of 10, z = 1.96: (0.2366, 0.7634)
    found = study._interval(5, 10)
    assert found["low"] == pytest.approx(0.2366, abs=1e-3) and found["high"] == pytest.approx(0.7634, abs=1e-3)
    assert study._interval(0, 0)["share"] is None


def test_status_is_told_apart_and_its_money_summed(tables) -> None:
    assert row(tables["status"], "handed back") == {
        "label": "handed back", "n": 1, "accepted": 1, "overdue": 0, "value": 500_000_000
    }  # fmt: skip
    assert row(tables["status"], "completed")["value"] == 1_700_000_000
    assert row(tables["status"], "running")["overdue"] == 1


def test_the_ratio_of_durations(tables) -> None:
    ratio = np.log([0.9, 1.0, 1.2, 2.2])
    found = row(tables["ratio"], "study.row.all")
    assert found["n"] == 4 and found["mean"] == pytest.approx(ratio.mean()) and found["sd"] == pytest.approx(ratio.std(ddof=1))
    # the prior's 80 % reach from 0.20 - 0.51 to 0.20 + 0.51: only ln 2.2 is above
    assert (found["inside"], found["below"], found["above"]) == (0.75, 0.0, 0.25)
    assert row(tables["ratio"], "study.row.not_same_day")["n"] == 3


def test_undated_progress_is_described_and_not_judged_by(made, tables) -> None:
    reported = row(tables["open"], "share_done")
    assert reported["n"] == 2 and reported["p50"] == pytest.approx(0.35)
    assert row(tables["indicators"], "D04")["known"] == 0
    assert not made.facilities["progress_on"].notna().any()


def test_what_the_forecast_said_at_half_of_the_time(tables, made) -> None:
    # nobody had finished by 2024-02-20, so the prior speaks: late by more than 30 days of 100 is ln(1.3) or more;
    # G is not yet due, E ended otherwise, H has no plan
    asked = study.said_at_half(study._works(made), settings=SETTINGS)
    assert asked["facility_id"].tolist() == ["A", "B", "C", "D", "F"]
    assert asked["is_late"].tolist() == [False, False, False, True, True]
    assert asked["chance"].to_numpy() == pytest.approx(0.4374, abs=1e-3)  # 1 - Phi((ln 1.3 - 0.20) / 0.40)
    assert asked["chance"].tolist() == asked["prior_chance"].tolist()
    low, high = np.exp(0.20 - 1.2816 * 0.40) * 100, np.exp(0.20 + 1.2816 * 0.40) * 100  # 73 and 204 days
    begun = asked["begun_day"].to_numpy()
    assert asked["low_day"].to_numpy() - begun == pytest.approx(low, abs=0.51)
    assert asked["high_day"].to_numpy() - begun == pytest.approx(high, abs=0.51)
    found = row(tables["half"], "prior")
    # A (day 90) to C (day 120) lie inside, D (day 220) after it, F was open on the last day of its interval
    assert (found["n"], found["came"], found["held"], found["after"]) == (5, 0.4, 0.6, 0.4)
    assert row(tables["half"], "plan")["brier"] == pytest.approx(0.4)
    assert row(tables["half"], "base_rate")["brier"] == pytest.approx(0.24)


def test_the_reference_of_a_day_is_that_of_the_forecast() -> None:
    rng = np.random.default_rng(3)
    n = 120
    works = pd.DataFrame(
        {"facility_type": rng.choice(["school", "water"], n), "begun_day": rng.integers(0, 900, n).astype(float)}
    )
    works["plan_days"] = rng.integers(50, 400, n).astype(float)
    works["completed_day"] = (works["begun_day"] + works["plan_days"] * np.exp(rng.normal(0.2, 0.8, n))).round()
    day = 900.0
    asked = pd.DataFrame({"half_day": [day, day], "facility_type": ["school", "water"]})
    found = study._reference(works, asked, settings=SETTINGS)
    known = works[works["completed_day"] <= day].rename(columns={"plan_days": "planned_days"})
    table = pa.Table.from_pandas(known, preserve_index=False)
    with session({"facilities": table}) as (frames, _):
        ours = reference_class(frames["facilities"], settings=SETTINGS).collect(backend="pandas").to_native()
    ours = ours.set_index("facility_type").loc[["school", "water"]]
    assert found["n_reference"].tolist() == ours["n_reference"].tolist() and min(found["n_reference"]) > 5
    for name in ("reference_mean", "reference_sd"):
        assert found[name].to_numpy() == pytest.approx(ours[name].to_numpy(float))


def test_small_groups_are_pooled_and_kept() -> None:
    label = pd.Series(["a"] * 12 + ["b"] * 10 + ["c"] * 9)
    pooled = study._pooled(label, n_least=study.MIN_GROUP)
    assert pooled.value_counts().to_dict() == {"a": 12, "b": 10, "study.row.others": 9}
    quarters = study._quarters(pd.Series([1.0, 2.0, 3.0, 4.0, np.nan]))
    assert quarters.tolist() == [f"study.row.quarter{i}" for i in (1, 2, 3, 4)] + ["study.row.not_stated"]


def test_nothing_is_lost_between_the_tables(made, tables) -> None:
    n = len(made.facilities)
    assert sum(r["n"] for r in tables["status"]) == n
    for name in ("year", "type", "value", "duration"):
        assert sum(r["begun"] for r in tables[f"by_{name}"]) == n
    for r in tables["indicators"]:
        assert r["known"] + sum(count for _, count, _ in r["why_not"]) == n
    assert row(tables["coverage"], "study.row.all")["n"] == n


def test_a_snapshot_without_a_finished_or_an_open_work(made) -> None:
    given, _, _ = facts.read(made.folder.parent / "facts")
    for ids in (["F", "G"], ["A", "B"], ["H"]):
        mask = [i in ids for i in given["facilities"]["facility_id"].to_pylist()]
        few = {name: t if name != "facilities" else t.filter(pa.array(mask)) for name, t in given.items()}
        scored = score_tables(few, as_of=made.as_of, settings=SETTINGS)
        folder = made.folder.parent / "few" / "".join(ids)
        folder.parent.mkdir(exist_ok=True)
        manifest = {**made.manifest, "files": {}}
        snapshot.write(folder, {**few, "facilities": scored, "problems": given["bids"].slice(0, 0)}, manifest)
        report = study.study(snapshot.load(folder))
        assert report["n_facilities"] == len(ids) and study.lines(report, "en")


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_command_prints_markdown_and_writes_strict_json(made, tmp_path, lang) -> None:
    file = tmp_path / "study.json"
    shown = CliRunner().invoke(main, ["study", str(made.folder), "--lang", lang, "--json", str(file)])
    assert shown.exit_code == 0, shown.output
    for name in ("status", "finished", "spread", "ratio", "half", "indicators", "coverage", "fields", "open"):
        assert f"**{i18n.text(f'study.table.{name}', lang)}**" in shown.output
    lines = shown.output.splitlines()
    for head, rule in pairwise(lines):
        if rule.startswith("|---"):
            assert head.count("|") == rule.count("|")
    written = json.loads(file.read_text("utf-8"), parse_constant=pytest.fail)
    assert written["kind"] == "study" and written["tables"]["finished"]


# ---- the pages of the docs -----------------------------------------------------------------------------------------
def commands(page: str) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", page, re.S)
    return [line for block in blocks for line in block.replace("\\\n", " ").strip().splitlines()]


def regenerated(page: str, data: Path, folder: Path) -> str:
    """The page with what its commands print today. The first line of `study` names hashes and is left out."""
    for target in (ROOT / "riskmap", *data.glob("*.csv"), *data.glob("*.xlsx")):
        (folder / target.name).symlink_to(target)
    printed = []
    for command in commands(page):
        words = [sys.executable, *shlex.split(command)[1:]]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        if "riskmap study" in command:
            printed.append(done.stdout.split("\n", 1)[1].strip())
        elif "print(" in command:
            printed.append(done.stdout.strip())
    found = iter(printed)
    return BLOCK.sub(lambda block: f"{block[1]}{next(found)}\n{block[4]}", page)


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_say_what_the_commands_print(name, shared, tmp_path) -> None:
    page = (ROOT / "docs" / name).read_text("utf-8")
    assert page == regenerated(page, shared / "data" / PAGES[name], tmp_path), "run `make study`"


def numbers(words: str) -> set[str]:
    """Figures of a text, a share with its sign: "1,036" -> "1036", "31 %" -> "31%"."""
    found = re.findall(r"(?<![\w.])(\d[\d,.]*)(\s?%)?", words)
    return {n.rstrip(".,").replace(",", "") + ("%" if sign else "") for n, sign in found}


# figures of the text that are no result but a threshold of the settings, a target or a percentile
GIVEN = {"0.20", "0.40", "30", "180", "365", "90", "20", "0.5", "80%", "40%", "50%", "30%", "5%", "100%", "0.79", "0.81"}


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_of_the_text_stands_in_a_table(name) -> None:
    page = (ROOT / "docs" / name).read_text("utf-8")
    tables = numbers(" ".join(block[2] for block in BLOCK.findall(page)))
    text = re.sub(r"```console\n.*?```|\[[^]]*\]\([^)]*\)|\d+th\b", "", BLOCK.sub("", page), flags=re.S)
    years = {str(year) for year in range(2010, 2027)}
    assert not numbers(text) - tables - GIVEN - years


@pytest.mark.parametrize("name", PAGES)
def test_no_firm_is_named(name, shared) -> None:
    """No contractor of the files stands on the page, nor a word of the kind by which firms are called."""
    page = (ROOT / "docs" / name).read_text("utf-8").lower()
    assert not re.search(r"\b(ltda|s\.a\.|inc\.|corp\.|construction co|builders)\b", page)
    if name == "study-philippines.md":
        firms = pd.read_csv(shared / "data" / PAGES[name] / "projects_flat.csv", usecols=["winnerNames"])["winnerNames"].dropna()
        assert not [firm for firm in firms.unique() if firm.strip().lower() in page]


def write_pages(data: Path) -> None:
    from tempfile import TemporaryDirectory

    for name, folder in PAGES.items():
        path = ROOT / "docs" / name
        with TemporaryDirectory() as work:
            path.write_text(regenerated(path.read_text("utf-8"), data / folder, Path(work)), "utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT.parent / "shared" / "data").resolve())
