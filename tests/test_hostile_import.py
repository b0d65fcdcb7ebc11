"""Files from somebody who wants to break the import, to hide a row in it or to read a person's number out of it."""

import csv
import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmap import export, facts, intake, pipeline, schema, snapshot
from riskmap import settings as riskmap_settings
from riskmap.apostrophe import mark, mark_formulas, unmark
from riskmap.check.identifiers import check_digit_fits, is_person, mask
from riskmap.filters import Filter
from riskmap.intake import import_files
from riskmap.problem import DataError
from riskmap.read import strict_json

SETTINGS = riskmap_settings.load()
ROOT = Path(__file__).resolve().parents[1]
HEADER = "ID;Наименование объекта;Область;Бюджет, тенге;Срок сдачи;Широта;Долгота;БИН заказчика\n"
GOOD = "F{n};Школа {n};г. Алматы;4000000;31.12.2025;43.2;76.9;\n"
IIN = next(d for n in range(10_000) if check_digit_fits(d := f"85011530{n:04}") and is_person(d))  # nobody's: found by counting
TYPO = IIN[:11] + str((int(IIN[11]) + 1) % 10)


def written(folder: Path, *rows: str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text(HEADER + "".join(rows), "utf-8")
    return path


def everything_said(folder: Path) -> str:
    """All that an import writes except the originals, as one text."""
    texts = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and intake.ORIGINALS not in p.parts):
        texts.append(str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else path.read_text("utf-8"))
    return "\n".join(texts)


# ---- persons' numbers ------------------------------------------------------------------------------------------------
FULL_WIDTH = "".join(chr(0xFF10 + int(digit)) for digit in IIN)


@pytest.mark.parametrize(
    "number", (IIN, FULL_WIDTH, f"{IIN[:6]} / {IIN[6:]}", f"{IIN[:6]}_{IIN[6:]}", " ".join(IIN), f"{IIN[:6]}\u2013{IIN[6:]}")
)
def test_a_persons_number_is_masked_however_it_is_written(number) -> None:
    assert mask(f"ИП {number}, 5 этаж") == f"ИП ******{IIN[-4:]}, 5 этаж"


def test_a_persons_number_stands_in_nothing_that_is_written(tmp_path) -> None:
    cells = [f"F-{IIN}", f"Школа {IIN}", IIN, "-1", IIN, IIN, "76.9", TYPO]
    refused, accepted = list(cells), list(cells)
    accepted[0], accepted[3] = f"G-{IIN}", "4000000"
    source = written(tmp_path, ";".join(refused) + "\n", ";".join(accepted) + "\n", name=f"дело {IIN}.csv")
    source.write_text(source.read_text("utf-8").replace("Область", f"Область {IIN}"), "utf-8")
    report = import_files([source], tmp_path / "facts", settings=SETTINGS)
    assert (report["totals"]["accepted"], report["totals"]["quarantined"]) == (1, 1)
    said = everything_said(tmp_path / "facts")
    assert not [number for number in (IIN, TYPO, IIN[6:]) if number in said]
    assert f"******{IIN[-4:]}" in said


# ---- files that cost time --------------------------------------------------------------------------------------------
def test_the_key_that_stands_twice_is_found_in_one_pass(tmp_path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{" + ",".join(f'"k{n}":1' for n in [*range(200_000), 199_999]) + "}", "utf-8")
    with pytest.raises(DataError) as refused:
        strict_json.load(path, name="x.json", max_bytes=10**8, max_depth=64)
    assert (refused.value.code, refused.value.params["key"]) == ("json_duplicate_key", "k199999")


def test_a_million_vertices_cost_one_point_and_no_more(tmp_path) -> None:
    ring = "[" + ",".join(["[71.4,51.1]"] * 1_000_000) + "]"
    properties = '{"id":"F1","name":"Школа","budget":5000000}'
    path = tmp_path / "v.geojson"
    geometry = f'{{"type":"Polygon","coordinates":[{ring}]}}'
    path.write_text(f'{{"type":"Feature","geometry":{geometry},"properties":{properties}}}', "utf-8")
    report = import_files([path], tmp_path / "facts", settings=SETTINGS)
    assert report["totals"]["accepted"] == 1 and report["problems"]["geometry_too_large"] == 1


@pytest.mark.parametrize("name", ("x.geojson", "x.csv", "x.json"))
def test_a_document_of_gdal_reads_nothing(tmp_path, name) -> None:
    path = tmp_path / name
    path.write_text('<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
                    "</OGRVRTDataSource>", "utf-8")  # fmt: skip
    with pytest.raises(DataError, match="not_a_table"):
        import_files([path], tmp_path / "facts", settings=SETTINGS)
    assert not (tmp_path / "facts").exists()


@pytest.mark.parametrize(
    "header", ("Режимный объект", "Закрытый объект", "Гриф секретности", "Жабық нысан", "Құпиялылық белгісі")
)
@pytest.mark.parametrize("answer", ("да", "секретно", "?"))
def test_a_restricted_facility_leaves_no_place_behind(tmp_path, header, answer) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"ID;Наименование объекта;Адрес;Бюджет, тенге;Широта;Долгота;{header}\n"
                    f"F1;Объект;тайная улица;4000000;43.21;76.91;{answer}\n", "utf-8")  # fmt: skip
    report = import_files([path], tmp_path / "facts", settings=SETTINGS)
    said = everything_said(tmp_path / "facts")
    assert report["totals"]["quarantined"] == 1
    assert not [words for words in ("тайная", "43.21", "76.91") if words in said]


# ---- the quarantine and our own files come back ----------------------------------------------------------------------
def corrected(folder: Path, name: str, **cells: str) -> Path:
    """`quarantine.csv` with cells of its only row changed."""
    [row] = csv.DictReader((folder / "quarantine.csv").open(encoding="utf-8-sig", newline=""))
    path = folder.parent / name
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row | cells)
    return path


def test_a_corrected_row_is_open_no_more_and_one_that_is_still_wrong_stays_open_once(tmp_path) -> None:
    out = tmp_path / "facts"
    import_files([written(tmp_path, GOOD.format(n=1), GOOD.format(n=2).replace("4000000", "-1"))], out, settings=SETTINGS)
    again = import_files([corrected(out, "quarantine.csv", **{"Бюджет, тенге": "-2"})], out, settings=SETTINGS)
    assert again["n_returned"] == 1 and [file["rows"] for file in again["quarantine_files"]] == [1]
    # the correction of the correction has the name of the first one: files are told apart by content
    last = import_files([corrected(out, "quarantine.csv", **{"Бюджет, тенге": "7000000"})], out, settings=SETTINGS)
    assert last["n_returned"] == 2 and [file["rows"] for file in last["quarantine_files"]] == [0]
    assert facts.read(out)[0]["facilities"].num_rows == 2
    assert all(f["rows_in"] == f["accepted"] + f["quarantined"] + f["blank"] for f in last["files"])


def test_headers_of_the_quarantine_are_no_formulas_either(tmp_path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('ID,Наименование объекта,"=2+5;Бюджет, тенге"\nF1,Школа,-1\n', "utf-8")
    import_files([path], tmp_path / "facts", settings=SETTINGS, column_map={"budget_amount": "=2+5;Бюджет, тенге"})
    assert "'=2+5;" in (tmp_path / "facts" / "quarantine.csv").read_text("utf-8-sig")


@given(text=st.text(st.characters(codec="utf-8"), max_size=40) | st.text("'=+-@|;,\t 1aя", max_size=12))
@settings(deadline=None, max_examples=300)
def test_what_is_marked_can_be_unmarked(text) -> None:
    assert unmark(mark(text)) == unmark(mark_formulas(text)) == text


def scored(folder: Path, titles: list[str]) -> snapshot.Snapshot:
    """A snapshot whose facilities have these titles and ids that a spreadsheet would rewrite."""
    kinds = pa.schema([(name, pa.type_for_alias(schema.ARROW_TYPES[kind])) for name, kind in schema.SCORED.items()])
    rows = [
        {"facility_id": f"{n:04}", "title": title, "budget_amount": 10**6 + n, "currency": "KZT"}
        for n, title in enumerate(titles)
    ]
    table = pa.table([pa.array([row.get(f.name) for row in rows], f.type) for f in kinds], schema=kinds)
    others = {name: facts.to_table(name, []) for name in snapshot.TABLES if name not in ("facilities", "problems")}
    manifest = {"as_of": "2026-01-01", "is_demo": False, "settings": SETTINGS, "settings_sha256": "0"}
    written_ = {"facilities": table, **others, "problems": facts.PROBLEM_SCHEMA.empty_table()}
    return snapshot.load(snapshot.write(folder, written_, manifest))


FORMULAS = (
    "=1+1",
    "'=1+1",
    "''x",
    "+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "＝1",
    "a;=b,'c",
    '"=1',
    "007",
    "1e5",
    "2025-01-02",
    "TRUE",
    "-5 школа",
)
VISIBLE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z", "M")), min_size=1, max_size=30)


@given(drawn=st.lists(VISIBLE | st.text("'=+-@|;,1aя", min_size=1, max_size=8), min_size=1, max_size=5))
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_of_ours_imported_again_has_the_same_names(drawn, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("again")
    titles = [*FORMULAS, *(f"ж{title}" if mask(title) == title else "ж" for title in drawn)]
    made = export.export(scored(folder / "snapshot", titles), Filter(), format="csv", lang="en")
    (folder / made.file_name).write_bytes(made.content)
    import_files([folder / made.file_name], folder / "facts", settings=SETTINGS)
    found = {row["facility_id"]: row["title"] for row in facts.read(folder / "facts")[0]["facilities"].to_pylist()}
    plain = [unicode_plain(title) for title in titles]
    assert found == {f"{n:04}": title for n, title in enumerate(plain) if title}


def unicode_plain(text: str) -> str:
    from riskmap.check.values import tidy

    return tidy(text).value


# ---- killed, full, read-only -----------------------------------------------------------------------------------------
KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from riskmap import intake, pipeline, settings
rename, left = Path.rename, [int(sys.argv[1])]
def counted(self, target):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.rename = counted
if sys.argv[2] == "import":
    intake.import_files([sys.argv[3]], sys.argv[4], settings=settings.load())
else:
    day, out = date(2026, 1, int(sys.argv[5])), Path(sys.argv[4])
    pipeline.score_folder(Path(sys.argv[3]), as_of=day, out=out, settings=settings.load())
"""


def content(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


def killed(n_renames: int, *arguments: object) -> None:
    command_line = [sys.executable, "-c", KILLED, str(n_renames), *map(str, arguments)]
    done = subprocess.run(command_line, cwd=ROOT, stderr=subprocess.DEVNULL, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("n_renames", (0, 1, 2))
def test_an_import_killed_between_two_renames_loses_nothing(tmp_path, n_renames) -> None:
    out, more = tmp_path / "facts", written(tmp_path, GOOD.format(n=2), name="b.csv")
    import_files([written(tmp_path, GOOD.format(n=1))], out, settings=SETTINGS)
    (out / "notes.txt").write_text("mine")
    before = content(out)
    killed(n_renames, "import", more, out)
    assert not out.exists() or content(out) == before or (out / "import.json").is_file()
    import_files([more], out, settings=SETTINGS)
    assert facts.read(out)[0]["facilities"].num_rows == 2 and (out / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv", "facts"]


@pytest.mark.parametrize("n_renames", (0, 1))
def test_a_score_killed_between_two_renames_leaves_a_whole_snapshot_or_none(tmp_path, n_renames) -> None:
    from datetime import date

    import_files([written(tmp_path, GOOD.format(n=1))], tmp_path / "facts", settings=SETTINGS)
    out = tmp_path / "snapshot"
    first = pipeline.score_folder(tmp_path / "facts", as_of=date(2026, 1, 1), out=out, settings=SETTINGS)
    killed(n_renames, "score", tmp_path / "facts", out, 2)
    assert not out.exists() or (snapshot.load(out).id == first.id and not snapshot.verify(out))
    second = pipeline.score_folder(tmp_path / "facts", as_of=date(2026, 1, 2), out=out, settings=SETTINGS)
    assert second.id != first.id and not snapshot.verify(out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "facts", "snapshot"]


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "riskmap", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_full_disk_is_one_sentence_and_the_old_facts_stay(tmp_path) -> None:
    out = tmp_path / "facts"
    import_files([written(tmp_path, GOOD.format(n=1))], out, settings=SETTINGS)
    before = content(out)
    more = written(tmp_path, *(GOOD.format(n=n) for n in range(2, 3000)), name="b.csv")
    # a limit on the size of a file fails in the same place as a full disk, and needs no rights
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000));"
        "from riskmap.__main__ import run; run(['import', sys.argv[1], '--out', sys.argv[2]])"
    )
    done = subprocess.run([sys.executable, "-c", limited, more, out], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr and "a.csv" not in done.stdout
    assert content(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv", "facts"]


def test_a_place_where_nothing_can_be_written_is_one_sentence(tmp_path) -> None:
    source = written(tmp_path, GOOD.format(n=1))
    for out in ("/proc/riskmap/facts", source / "facts"):
        done = command("import", source, "--out", out)
        assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
