"""OC4IDS out: valid for the standard, and read back by our own reader to the same facts."""

import json
from pathlib import Path

import pandas as pd
import pytest

from riskmap import export, filters, settings, snapshot
from riskmap.check import check
from riskmap.filters import Filter
from riskmap.problem import DataError
from riskmap.read.oc4ids import read_oc4ids
from riskmap.schema import FACT_TABLES

SCHEMA = Path(__file__).parents[2] / "shared/data/oc4ids_schema"
# made anew at every reading, or derived from the rest, or left to OCDS
NOT_CARRIED = {"source_file", "source_sheet", "source_row", "payment_id", "report_id", "amendment_id", "contract_id"}
TABLES = ("facilities", "contracts", "payments", "progress", "amendments")


@pytest.fixture(scope="module")
def demo_snapshot(snapshot_folder):
    return snapshot.load(snapshot_folder)


@pytest.fixture(scope="module")
def written(demo_snapshot, tmp_path_factory):
    made = export.export(demo_snapshot, Filter(regions=("KZ-75", "KZ-71")), format="oc4ids.json", lang="ru")
    file = tmp_path_factory.mktemp("oc4ids") / "list.json"
    file.write_bytes(made.content)
    return made, file


def read_back(file: Path) -> dict[str, list[dict]]:
    return check(read_oc4ids(file, name=file.name), settings=settings.load()).tables


def plain(rows: list[dict], columns: list[str]) -> list[tuple]:
    """Rows as sets do: in no order, without what is made anew."""
    return sorted(tuple(str(None if pd.isna(row[c]) else row[c]) for c in columns) for row in rows)


@pytest.mark.parametrize("table", TABLES)
def test_our_reader_reads_the_same_facts(written, demo_snapshot, table):
    made, file = written
    ids = {project["x_facts"]["facility_id"] for project in json.loads(made.content)["projects"]}
    expected = demo_snapshot.table(table)
    expected = expected[expected["facility_id"].isin(ids)].to_dict("records")
    columns = [name for name in FACT_TABLES[table] if name not in NOT_CARRIED and name in expected[0]]
    found = read_back(file)[table]
    assert len(found) == len(expected) > 0
    for column in columns:
        assert plain(found, ["facility_id", column]) == plain(expected, ["facility_id", column]), column
    assert plain(found, columns) == plain(expected, columns)


def test_a_contract_whose_numbers_contradict_its_amendments_is_read_back_as_it_is(written, demo_snapshot):
    made, _ = written
    told = [process["summary"] for project in json.loads(made.content)["projects"] for process in project["contractingProcesses"]]
    assert any(summary.get("modifications") for summary in told)
    assert all(summary.get("modifications") != [] for summary in told)  # the standard wants no empty lists


def test_the_file_has_the_form_of_a_package_and_says_what_it_is(written):
    made, _ = written
    package = json.loads(made.content)
    assert {"uri", "publisher", "publishedDate", "version", "projects"} <= set(package)
    assert package["version"] == "0.9" and package["publisher"]["name"]
    assert package["x_notice"] == made.manifest["notice"]
    assert package["x_manifest"]["n_rows"] == len(package["projects"]) == made.manifest["n_rows"]
    assert all(project["id"].startswith("oc4ids-") for project in package["projects"])
    assert not any(value in (None, "", [], {}) for project in package["projects"] for value in project.values())


def test_the_file_is_valid_for_the_standard(written):
    if not SCHEMA.is_dir():
        pytest.skip("the schema of the standard is not here")
    jsonschema = pytest.importorskip("jsonschema")
    referencing = pytest.importorskip("referencing")
    schemas = [json.loads((SCHEMA / f"{name}-schema.json").read_text("utf-8")) for name in ("project-package", "project")]
    resources = [(schema["id"], referencing.Resource.from_contents(schema, referencing.jsonschema.DRAFT4)) for schema in schemas]
    validator = jsonschema.Draft4Validator(
        schemas[0], registry=referencing.Registry().with_resources(resources), format_checker=jsonschema.FormatChecker()
    )
    assert [
        f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(json.loads(written[0].content))
    ] == []


def test_an_empty_list_is_refused_in_words(demo_snapshot):
    with pytest.raises(DataError, match="export_nothing"):
        export.export(demo_snapshot, Filter(text="there is no such facility at all"), format="oc4ids.json", lang="en")
    assert filters.apply(Filter(text="there is no such facility at all"), demo_snapshot.facilities).empty
