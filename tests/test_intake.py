"""Importing files: repeatable, additive, all or nothing, and a quarantine that can be fixed and imported again."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from riskmap import facts
from riskmap import settings as riskmap_settings
from riskmap.apostrophe import mark_formulas, unmark
from riskmap.intake import import_files
from riskmap.problem import DataError

SETTINGS = riskmap_settings.load()
SHARED = Path(__file__).parents[2] / "shared" / "data"
COUNTRIES = Path(riskmap_settings.DEFAULT).parent / "countries"
HEADER = "ID;Наименование объекта;Область;Бюджет, млн тенге;Срок сдачи;Широта;Долгота\n"


def facilities_csv(folder: Path, *rows: str, name: str = "объекты.csv") -> Path:
    path = folder / name
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


def content_of(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()
    }


GOOD = "F1;Школа;г. Алматы;4000,5;31.12.2025;43.23885;76.94983"
BAD = "F2;=cmd();г. Алматы;-1;31.12.2025;;"


def test_import_and_report(tmp_path) -> None:
    source = facilities_csv(tmp_path, GOOD, BAD, ";;;;;;")
    report = import_files([source], tmp_path / "facts", settings=SETTINGS)
    assert report["totals"] == {"rows_in": 3, "accepted": 1, "quarantined": 1, "blank": 1}
    [file] = report["files"]
    assert file["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest() and file["kind"] == "csv" and file["bytes"] > 0
    tables, problems, stored = facts.read(tmp_path / "facts")
    assert stored == report and tables["facilities"].to_pylist()[0]["budget_amount"] == 4_000_500_000
    assert (tmp_path / "facts" / "originals" / f"{file['sha256']}.csv").read_bytes() == source.read_bytes()
    assert "negative_money" in problems["code"].to_pylist()


def test_the_same_import_again_changes_nothing(tmp_path) -> None:
    source, out = facilities_csv(tmp_path, GOOD, BAD), tmp_path / "facts"
    import_files([source], out, settings=SETTINGS)
    before, inodes = content_of(out), {p.name: p.stat().st_ino for p in out.iterdir()}
    import_files([source], out, settings=SETTINGS)
    assert content_of(out) == before and {p.name: p.stat().st_ino for p in out.iterdir()} == inodes


def test_files_are_added_in_any_order(tmp_path) -> None:
    one, two = facilities_csv(tmp_path, GOOD), facilities_csv(tmp_path, GOOD.replace("F1", "F3"), name="b.csv")
    import_files([one], tmp_path / "x", settings=SETTINGS)
    import_files([two], tmp_path / "x", settings=SETTINGS)
    import_files([two, one], tmp_path / "y", settings=SETTINGS)
    assert content_of(tmp_path / "x") == content_of(tmp_path / "y")
    assert facts.read(tmp_path / "x")[0]["facilities"].num_rows == 2


def test_new_options_for_a_file_replace_the_old_ones(tmp_path) -> None:
    swapped = facilities_csv(tmp_path, "F1;Школа;г. Алматы;4000;31.12.2025;76.94983;43.23885")
    first = import_files([swapped], tmp_path / "facts", settings=SETTINGS)
    assert first["problems"]["coordinates_swapped"] == 1
    second = import_files([swapped], tmp_path / "facts", settings=SETTINGS, fix_swapped=True)
    assert len(second["files"]) == 1 and second["problems"]["coordinates_swapped_back"] == 1
    assert facts.read(tmp_path / "facts")[0]["facilities"].to_pylist()[0]["lat"] == 43.23885


def test_two_files_of_one_name_are_told_apart(tmp_path) -> None:
    (tmp_path / "other").mkdir()
    one, two = facilities_csv(tmp_path, GOOD), facilities_csv(tmp_path / "other", GOOD.replace("F1", "F9"))
    report = import_files([one, two], tmp_path / "facts", settings=SETTINGS)
    assert sorted(f["shown"] for f in report["files"]) == ["объекты.csv", "объекты.csv (2)"] and report["totals"]["accepted"] == 2


def test_the_quarantine_can_be_fixed_and_imported_again(tmp_path) -> None:
    import_files([facilities_csv(tmp_path, GOOD, BAD)], tmp_path / "facts", settings=SETTINGS)
    path = tmp_path / "facts" / "quarantine.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(path.open(encoding="utf-8-sig", newline=""))
    assert row["_code"] == "negative_money" and row["_row"] == "3" and row["Наименование объекта"] == "'=cmd()"
    fixed = tmp_path / "fixed.csv"
    row["Бюджет, млн тенге"] = "700"
    with fixed.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    report = import_files([fixed], tmp_path / "facts", settings=SETTINGS)
    found = {f["facility_id"]: f for f in facts.read(tmp_path / "facts")[0]["facilities"].to_pylist()}
    assert found["F2"]["budget_amount"] == 700_000_000 and found["F2"]["title"] == "=cmd()"
    assert report["totals"] == {"rows_in": 3, "accepted": 2, "quarantined": 1, "blank": 0}  # what each file held stays said
    assert report["n_returned"] == 1 and [f["rows"] for f in report["quarantine_files"]] == [0]
    assert not list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@SUM(A1)", "\t=1", "＝1"])
def test_formulas_are_stopped(text) -> None:
    assert mark_formulas(text).startswith("'")
    assert unmark(mark_formulas(text)) == text


@pytest.mark.parametrize("text", ["Школа", "-5", "-5 000,5", "007", ""])
def test_plain_texts_stay(text) -> None:
    assert mark_formulas(text) == text


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("x.csv", b"", "file_empty"),
        ("x.json", b'{"a": 1}', "json_unknown"),
        ("x.json", b'{"a": ', "json_broken"),
        ("x.geojson", b"<OGRVRTDataSource></OGRVRTDataSource>", "not_a_table"),
        ("x.csv", "ID;Область;Бюджет;Срок сдачи\n1;г. Алматы;5;31.12.2025\n".encode(), "title_missing"),
    ],
)
def test_unusable_files_write_nothing(tmp_path, name, data, code) -> None:
    good, bad, out = facilities_csv(tmp_path, GOOD), tmp_path / name, tmp_path / "facts"
    bad.write_bytes(data)
    for paths in ([bad], [good, bad]):
        with pytest.raises(DataError) as error:
            import_files(paths, out, settings=SETTINGS)
        assert error.value.code == code and not out.exists()
    import_files([good], out, settings=SETTINGS)
    before = content_of(out)
    with pytest.raises(DataError):
        import_files([bad], out, settings=SETTINGS)
    assert content_of(out) == before and not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_a_folder_of_other_things_is_not_touched(tmp_path) -> None:
    out = tmp_path / "documents"
    out.mkdir()
    (out / "letter.txt").write_text("x")
    with pytest.raises(DataError) as error:
        import_files([facilities_csv(tmp_path, GOOD)], out, settings=SETTINGS)
    assert error.value.code == "folder_not_empty" and [p.name for p in out.iterdir()] == ["letter.txt"]


def test_what_others_keep_beside_the_facts_stays(tmp_path) -> None:
    out = tmp_path / "facts"
    import_files([facilities_csv(tmp_path, GOOD)], out, settings=SETTINGS)
    (out / "snapshot").mkdir()
    (out / "snapshot" / "manifest.json").write_text("{}")
    import_files([facilities_csv(tmp_path, GOOD.replace("F1", "F4"), name="b.csv")], out, settings=SETTINGS)
    assert (out / "snapshot" / "manifest.json").read_text() == "{}" and facts.read(out)[0]["facilities"].num_rows == 2


def test_facts_of_two_countries_are_not_mixed(tmp_path) -> None:
    source = facilities_csv(tmp_path, GOOD)
    import_files([source], tmp_path / "facts", settings=SETTINGS)
    with pytest.raises(DataError) as error:
        import_files([source], tmp_path / "facts", settings=riskmap_settings.load(COUNTRIES / "brazil.toml"))
    assert error.value.code == "other_country"


def test_json_is_known_by_its_content_and_progress_is_told(tmp_path) -> None:
    source = tmp_path / "data.txt"
    source.write_text(
        json.dumps([{"id": "oc4ids-x-1", "title": "School", "budget": {"amount": {"amount": 5e9, "currency": "KZT"}}}])
    )
    told = []
    report = import_files([source], tmp_path / "facts", settings=SETTINGS, progress=lambda *step: told.append(step))
    assert report["files"][0]["kind"] == "oc4ids" and told == [(0, 1, "data.txt"), (1, 1, "")]


@pytest.mark.skipif(not (SHARED / "brazil_stalled_works").is_dir(), reason="real data are not beside the project")
def test_real_workbook_with_degrees_minutes_and_west_as_o(tmp_path) -> None:
    column_map = {
        "title": "Empreendimento", "region": "UF", "facility_type": "Tipo", "progress_share": "% da Execução Física",
        "value_amount": "Total PAC (Milhões R$) - valor do contrato", "start_on": "Data de Início Revisada",
        "due_on": "Data de Conclusão Revisada", "lat": "Latitude", "lon": "Longitude",
    }  # fmt: skip
    settings = riskmap_settings.load(COUNTRIES / "brazil.toml")
    source = SHARED / "brazil_stalled_works" / "TCU.xlsx"
    report = import_files([source], tmp_path / "facts", settings=settings, column_map=column_map, sheets=["pac"])
    assert report["totals"] == {"rows_in": 874, "accepted": 874, "quarantined": 0, "blank": 0}
    tables = facts.read(tmp_path / "facts")[0]
    first = tables["facilities"].to_pylist()[0]
    assert (first["lat"], first["lon"]) == (pytest.approx(-3.178231, abs=1e-5), pytest.approx(-51.589065, abs=1e-5))
    assert tables["contracts"].to_pylist()[0]["value_amount"] == 408_000
    assert max(p["progress_share"] for p in tables["progress"].to_pylist()) <= 1


@pytest.mark.skipif(not (SHARED / "philippines_works").is_dir(), reason="real data are not beside the project")
def test_real_csv_of_contracts(tmp_path) -> None:
    column_map = {"facility_id": "contractId", "title": "description", "value_amount": "proc_awardAmount", "due_on": "expiryDate",
                  "completed_on": "completionDate", "signed_on": "proc_dateOfAward", "lat": "lat", "lon": "lon"}  # fmt: skip
    settings = riskmap_settings.load(COUNTRIES / "philippines.toml")
    source = SHARED / "philippines_works" / "projects_flat.csv"
    report = import_files([source], tmp_path / "facts", settings=settings, column_map=column_map)
    assert report["totals"] == {"rows_in": 1044, "accepted": 1044, "quarantined": 0, "blank": 0}
    assert report["facts"]["facilities"] == 1036  # eight rows stand twice
