"""OC4IDS: what the standard says and what a source leaves open; hostile JSON."""

import json
from pathlib import Path

import pytest

from riskmap import settings as riskmap_settings
from riskmap.check import check
from riskmap.problem import DataError
from riskmap.read.oc4ids import read_oc4ids

SHARED = Path(__file__).parents[2] / "shared" / "data"
COUNTRIES = Path(riskmap_settings.DEFAULT).parent / "countries"
PROJECT = {
    "id": "oc4ids-abc123-1",
    "updated": "2025-07-01T00:00:00Z",
    "title": "School in Sampletown",
    "status": "implementation",
    "sector": ["education"],
    "period": {"startDate": "2024-01-01T00:00:00Z", "endDate": "2025-12-31T00:00:00Z"},
    "locations": [
        {
            "geometry": {"type": "Point", "coordinates": [76.94983, 43.23885]},
            "address": {"region": "Almaty", "streetAddress": "Sample street 1"},
        }
    ],
    "budget": {"amount": {"amount": 4000000000, "currency": "KZT"}},
    "publicAuthority": {"id": "A", "name": "Demo Department"},
    "parties": [
        {
            "id": "A",
            "name": "Demo Department",
            "roles": ["publicAuthority"],
            "identifier": {"scheme": "KZ-BIN", "id": "240140000011"},
            "contactPoint": {"name": "Secret Person", "email": "secret@example.com"},
        },
        {"id": "B", "name": "Demo Contractor 17", "roles": ["supplier"]},
    ],
    "metrics": [
        {
            "id": "physicalProgress",
            "observations": [
                {"id": "1", "measure": 40, "unit": {"name": "percent"}, "period": {"endDate": "2025-06-01T00:00:00Z"}}
            ],
        }
    ],
    "completion": {"endDate": "2026-03-01T00:00:00Z"},
}
SUMMARY = {
    "externalReference": "12",
    "nature": ["construction"],
    "suppliers": [{"id": "B", "name": "Demo Contractor 17"}],
    "contractValue": {"amount": 3000000000, "currency": "KZT"},
    "contractPeriod": {"startDate": "2024-03-01T00:00:00Z", "endDate": "2025-06-30T00:00:00Z"},
    "tender": {"procurementMethod": "open", "numberOfTenderers": 1, "datePublished": "2024-01-10T00:00:00Z"},
    "modifications": [
        {
            "id": "1",
            "date": "2024-12-01T00:00:00Z",
            "type": "duration",
            "newContractPeriod": {"endDate": "2025-10-31T00:00:00Z"},
            "oldContractPeriod": {"endDate": "2025-06-30T00:00:00Z"},
        },
        {
            "id": "2",
            "date": "2025-02-01T00:00:00Z",
            "type": "value",
            "oldContractValue": {"amount": 3000000000, "currency": "KZT"},
            "newContractValue": {"amount": 3500000000, "currency": "KZT"},
        },
    ],
    "transactions": [
        {"id": "1", "date": "2024-04-01T00:00:00Z", "value": {"amount": 900000000, "currency": "KZT"}, "x_type": "advance"}
    ],
}


def write(tmp_path: Path, content) -> Path:
    path = tmp_path / "projects.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def facts_of(tmp_path: Path, content, settings=None):
    return check(read_oc4ids(write(tmp_path, content), name="projects.json"), settings=settings or riskmap_settings.load())


def with_process(**process) -> dict:
    return PROJECT | {"contractingProcesses": [{"id": "ocds-1", **process}]}


def test_summary_first_values_and_values_in_force(tmp_path) -> None:
    checked = facts_of(tmp_path, {"projects": [with_process(summary=SUMMARY)]})
    [contract] = checked.tables["contracts"]
    assert (contract["value_first_amount"], contract["value_amount"]) == (3_000_000_000, 3_500_000_000)
    assert (str(contract["due_first_on"]), str(contract["due_on"])) == ("2025-06-30", "2025-10-31")
    assert (contract["n_amendments"], contract["method"], contract["n_bidders"], contract["contract_no"]) == (2, "open", 1, "12")
    assert [a["amendment_kind"] for a in checked.tables["amendments"]] == ["duration", "value"]
    [payment] = checked.tables["payments"]
    assert (payment["contract_id"], payment["amount"], payment["payment_kind"]) == ("oc4ids-abc123-1/12", 900_000_000, "advance")
    [facility] = checked.tables["facilities"]
    assert (facility["buyer_id"], facility["facility_type"], facility["region_code"]) == ("240140000011", "school", "KZ-75")
    assert checked.tables["progress"][0]["progress_share"] == 0.4
    assert "Secret" not in str(checked) and "secret@" not in str(checked)


def test_without_modifications_growth_is_not_known(tmp_path) -> None:
    summary = {k: v for k, v in SUMMARY.items() if k != "modifications"}
    [contract] = facts_of(tmp_path, with_process(summary=summary)).tables["contracts"]
    assert (
        contract["value_first_amount"] is None and contract["n_amendments"] is None and contract["value_amount"] == 3_000_000_000
    )


def test_completion_of_an_unfinished_project_is_a_plan(tmp_path) -> None:
    checked = facts_of(tmp_path, [PROJECT])
    assert checked.tables["facilities"][0]["completed_on"] is None
    assert str(checked.tables["contracts"][0]["due_on"]) == "2026-03-01"
    done = facts_of(tmp_path, PROJECT | {"status": "completion", "completion": {"endDate": "2025-05-01T00:00:00Z"}})
    assert str(done.tables["facilities"][0]["completed_on"]) == "2025-05-01"
    assert str(done.tables["contracts"][0]["due_on"]) == "2025-12-31"  # the planned period of the project


def test_process_without_summary(tmp_path) -> None:
    linked = facts_of(tmp_path, with_process(releases=[{"id": "1", "url": "https://example.com"}]))
    [contract] = linked.tables["contracts"]
    assert contract["value_amount"] is None and contract["supplier_name"] == "Demo Contractor 17"
    assert "contract_only_linked" in {p.code for p in linked.problems}
    release = {
        "id": "1",
        "date": "2024-05-01",
        "tender": {"procurementMethod": "direct"},
        "awards": [{"id": "a", "suppliers": [{"name": "Demo Contractor 3"}]}],
        "contracts": [
            {"id": "c1", "awardID": "a", "value": {"amount": 5.5e7, "currency": "KZT"}, "period": {"endDate": "2025-01-31"}}
        ],
    }
    [contract] = facts_of(tmp_path, with_process(releases=[release])).tables["contracts"]
    assert (contract["value_amount"], contract["method"], contract["supplier_name"]) == (
        55_000_000,
        "direct",
        "Demo Contractor 3",
    )


def test_design_contracts_do_not_count_as_works(tmp_path) -> None:
    checked = facts_of(tmp_path, with_process(summary=SUMMARY | {"nature": ["design"]}))
    assert "contract_not_works" in {p.code for p in checked.problems} and checked.tables["contracts"][0]["value_amount"] is None


def test_contract_in_another_currency_is_not_summed(tmp_path) -> None:
    summary = SUMMARY | {"contractValue": {"amount": 1000, "currency": "USD"}, "modifications": []}
    checked = facts_of(tmp_path, with_process(summary=summary))
    assert checked.tables["contracts"][0]["value_amount"] is None and "currency_mismatch" in {p.code for p in checked.problems}


@pytest.mark.parametrize(
    "content",
    [
        {"projects": [PROJECT]},
        PROJECT,
        [PROJECT],
        json.dumps(PROJECT) + "\n" + json.dumps(PROJECT | {"id": "oc4ids-abc123-2"}) + "\n",
    ],
    ids=["package", "bare", "list", "lines"],
)
def test_every_wrapping(tmp_path, content) -> None:
    assert facts_of(tmp_path, content).tables["facilities"][0]["title"] == "School in Sampletown"


def test_one_bad_project_spoils_no_other(tmp_path) -> None:
    bad = [
        17,
        None,
        "x",
        {"id": 5, "title": []},
        {"id": "z", "title": "T", "locations": "no", "budget": [], "parties": {}, "contractingProcesses": [1]},
    ]
    checked = facts_of(tmp_path, [*bad, PROJECT])
    assert [f["facility_id"] for f in checked.tables["facilities"]] == ["oc4ids-abc123-1"]
    assert checked.counts[0]["rows_in"] == 6 and checked.counts[0]["quarantined"] == 5


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "file_empty"),
        ('{"projects": [', "json_broken"),
        ('{"projects": [], "projects": []}', "json_duplicate_key"),
        ("[" * 100_000, "json_too_deep"),
        ("[" * 100 + "]" * 100, "json_too_deep"),
        ('{"projects": {"a": 1}}', "oc4ids_projects_not_list"),
        ('{"projects": []}', "no_rows"),
        ('{"releases": []}', "not_oc4ids"),
        ("12", "not_oc4ids"),
        ('{"id": "x", "title": "y", "n": ' + "9" * 5000 + "}", "json_number_too_long"),
    ],
)
def test_unusable_files(tmp_path, text, code) -> None:
    with pytest.raises(DataError) as error:
        read_oc4ids(write(tmp_path, text), name="projects.json")
    assert error.value.code == code


def test_not_a_number_is_one_refused_value(tmp_path) -> None:
    text = json.dumps(PROJECT).replace("4000000000", "NaN")
    checked = facts_of(tmp_path, text)
    assert checked.tables["facilities"][0]["budget_amount"] is None
    infinite = facts_of(tmp_path, json.dumps(PROJECT).replace("4000000000", "1e999"))
    assert infinite.tables["facilities"][0]["budget_amount"] is None and "number_shortened" in {p.code for p in infinite.problems}


@pytest.mark.skipif(not (SHARED / "mexico_oc4ids").is_dir(), reason="real data are not beside the project")
def test_real_files_with_swapped_coordinates() -> None:
    settings = riskmap_settings.load(COUNTRIES / "mexico.toml")
    files = sorted((SHARED / "mexico_oc4ids" / "oc4ids").glob("*.json"))
    tables = [table for file in files for table in read_oc4ids(file, name=file.name)]
    checked = check(tables, settings=settings)
    assert len(checked.tables["facilities"]) == 10 and len(checked.tables["contracts"]) == 24
    assert [p.code for p in checked.problems].count("coordinates_swapped") == 9
    assert all(f["lat"] is None for f in checked.tables["facilities"])
    fixed = check(tables, settings=settings, fix_swapped=True)
    assert sum(f["lat"] is not None for f in fixed.tables["facilities"]) == 9
    assert not any(row.problems for row in fixed.quarantined)


@pytest.mark.parametrize(
    ("point", "taken"),
    [
        ({"url": "https://demo-buyer-7.example"}, "https://demo-buyer-7.example"),
        ({"email": "office@demo-buyer-7.example"}, "office@demo-buyer-7.example"),
        ({"email": "someone@gmail.com", "telephone": "+7 7172 551234"}, "+7 7172 551234"),
        ({"email": "someone@gmail.com"}, ""), ({"telephone": "900101300123"}, ""), ({"url": "javascript:alert(1)"}, ""),
        ({"name": "Secret Person", "email": "office@demo-buyer-7.example"}, ""), ("x", ""), ({"url": ["https://a.example"]}, ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_referenced", [True, False])
def test_a_contact_of_the_office_is_taken_and_one_of_a_person_is_not(tmp_path, point, taken, is_referenced) -> None:
    buyer = {"id": "A", "name": "Demo Department"}
    party = {**buyer, "roles": ["publicAuthority"], "contactPoint": point}
    told = {"publicAuthority": buyer, "parties": [party]} if is_referenced else {"publicAuthority": party}
    file = tmp_path / "one.json"
    file.write_text(json.dumps({**PROJECT, **told}), "utf-8")
    [row] = check(read_oc4ids(file, name="one.json"), settings=riskmap_settings.load()).tables["facilities"]
    assert (row["buyer_contact"] or "") == taken
