"""OCDS: every wrapping, what the standard says and what a source leaves open, releases merged, hostile JSON."""

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import facts, intake
from riskmap import settings as riskmap_settings
from riskmap.check import check
from riskmap.problem import DataError, describe
from riskmap.read.ocds import is_ocds, read_ocds, tables

SHARED = Path(__file__).parents[2] / "shared" / "data"
COUNTRIES = Path(riskmap_settings.DEFAULT).parent / "countries"
RELEASE = {
    "ocid": "ocds-abc123-1",
    "id": "1",
    "date": "2025-07-01T00:00:00Z",
    "tag": ["compiled"],
    "buyer": {"id": "A", "name": "Demo Department"},
    "parties": [
        {
            "id": "A",
            "name": "Demo Department",
            "roles": ["buyer"],
            "identifier": {"scheme": "KZ-BIN", "id": "240140000011"},
            "contactPoint": {"name": "Secret Person", "email": "secret@example.com"},
        },
        {"id": "B", "name": "Demo Contractor 17", "roles": ["supplier"]},
    ],
    "planning": {"budget": {"amount": {"amount": 4000000000, "currency": "KZT"}}},
    "tender": {
        "id": "t1",
        "title": "School in Sampletown",
        "status": "complete",
        "mainProcurementCategory": "works",
        "procurementMethod": "open",
        "procurementMethodDetails": "Open tender",
        "numberOfTenderers": 2,
        "tenderPeriod": {"startDate": "2024-01-10T00:00:00Z", "endDate": "2024-01-25T00:00:00Z"},
        "items": [
            {
                "id": "1",
                "classification": {"description": "school"},
                "deliveryAddress": {"region": "Almaty", "streetAddress": "Sample street 1"},
                "deliveryLocation": {"geometry": {"type": "Point", "coordinates": [76.94983, 43.23885]}},
            }
        ],
        "documents": [{"id": "d", "url": "https://example.com/tender"}],
    },
    "bids": {
        "details": [
            {"id": "b1", "status": "valid", "value": {"amount": 3000000000, "currency": "KZT"}, "tenderers": [{"id": "B"}]},
            {"id": "b2", "status": "disqualified", "value": {"amount": 2.9e9, "currency": "KZT"}, "tenderers": [{"id": "C"}]},
            {"id": "b3", "status": "withdrawn", "tenderers": [{"id": "D"}]},
        ]
    },
    "awards": [{"id": "a1", "status": "active", "suppliers": [{"id": "B", "name": "Demo Contractor 17"}]}],
    "contracts": [
        {
            "id": "c1",
            "awardID": "a1",
            "status": "active",
            "dateSigned": "2024-02-20T00:00:00Z",
            "value": {"amount": 3500000000, "currency": "KZT"},
            "period": {"startDate": "2024-03-01T00:00:00Z", "endDate": "2025-10-31T00:00:00Z"},
            "amendments": [
                {
                    "id": "x",
                    "date": "2024-12-01T00:00:00Z",
                    "rationale": "Prices",
                    "changes": [{"property": "value.amount", "former_value": 3000000000}],
                },
                {"id": "y", "date": "2025-02-01", "changes": [{"property": "period", "former_value": {"endDate": "2025-06-30"}}]},
            ],
            "implementation": {
                "transactions": [
                    {"id": "p", "date": "2024-04-01T00:00:00Z", "value": {"amount": 900000000, "currency": "KZT"}},
                    {"id": "q", "date": "2024-05-01T00:00:00Z", "amount": {"amount": 100000000, "currency": "KZT"}},
                ]
            },
            "milestones": [{"id": "m", "type": "delivery", "dueDate": "2025-12-01T00:00:00Z"}],
        }
    ],
}  # fmt: skip


def write(tmp_path: Path, content, name: str = "releases.json") -> Path:
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def facts_of(tmp_path: Path, content, settings=None):
    return check(read_ocds(write(tmp_path, content), name="releases.json"), settings=settings or riskmap_settings.load())


def checked_text(content):
    """Facts of a content without a temporary folder of the test, which Hypothesis would share between its examples."""
    with TemporaryDirectory() as folder:
        return facts_of(Path(folder), content)


def codes(checked) -> set[str]:
    return {problem.code for problem in checked.problems}


def with_tender(**tender) -> dict:
    return RELEASE | {"tender": RELEASE["tender"] | tender}


def with_contract(**contract) -> dict:
    return RELEASE | {"contracts": [RELEASE["contracts"][0] | contract]}


def test_a_process_is_a_facility_with_all_that_is_said_about_it(tmp_path) -> None:
    checked = facts_of(tmp_path, {"releases": [RELEASE]})
    [facility], [contract] = checked.tables["facilities"], checked.tables["contracts"]
    assert (facility["facility_id"], facility["title"], facility["facility_type"]) == (
        "ocds-abc123-1",
        "School in Sampletown",
        "school",
    )
    assert (facility["buyer_id"], facility["buyer_name"], facility["region_code"]) == ("240140000011", "Demo Department", "KZ-75")
    assert (facility["budget_amount"], str(facility["source_as_of"]), facility["status"]) == (
        4_000_000_000,
        "2025-07-01",
        "active",
    )
    assert (facility["lat"], facility["lon"], facility["completed_on"]) == (43.23885, 76.94983, None)
    assert str(facility["due_announced_on"]) == "2025-12-01" and facility["source_url"] == "https://example.com/tender"
    assert (contract["contract_no"], contract["method"], contract["n_bidders"], contract["n_amendments"]) == ("c1", "open", 2, 2)
    assert [str(contract[c]) for c in ("published_on", "bid_deadline_on", "signed_on", "start_on", "due_on")] == [
        "2024-01-10", "2024-01-25", "2024-02-20", "2024-03-01", "2025-10-31",
    ]  # fmt: skip
    assert contract["value_amount"] == 3_500_000_000 and contract["supplier_name"] == "Demo Contractor 17"
    assert [(p["amount"], p["contract_id"]) for p in checked.tables["payments"]] == [
        (900_000_000, "ocds-abc123-1/c1"), (100_000_000, "ocds-abc123-1/c1"),
    ]  # fmt: skip
    first, second = checked.tables["amendments"]
    assert (first["amendment_kind"], first["value_before_amount"], first["reason"]) == ("value", 3_000_000_000, "Prices")
    assert (second["amendment_kind"], second["due_before_on"]) == ("duration", date(2025, 6, 30))
    assert [(b["bidder_id"], b["is_valid"], b["is_winner"], b["contract_id"]) for b in checked.tables["bids"]] == [
        ("B", True, True, "ocds-abc123-1/c1"), ("C", False, False, "ocds-abc123-1/c1"),
    ]  # fmt: skip
    assert "ocds_bids_not_submitted" in codes(checked)
    assert "Secret" not in str(checked) and "secret@" not in str(checked)


OTHER = RELEASE | {"ocid": "ocds-abc123-2"}


@pytest.mark.parametrize(
    "content",
    [
        {"releases": [RELEASE, OTHER]},
        {"records": [{"ocid": "ocds-abc123-1", "compiledRelease": RELEASE}, {"ocid": "ocds-abc123-2", "releases": [OTHER]}]},
        [RELEASE, OTHER],
        [{"ocid": "ocds-abc123-1", "compiledRelease": RELEASE}, OTHER],
        json.dumps(RELEASE) + "\n" + json.dumps(OTHER) + "\n",
        json.dumps({"releases": [RELEASE]}) + "\n" + json.dumps({"releases": [OTHER]}) + "\n",
    ],
    ids=["release package", "record package", "releases", "mixed list", "lines", "packages in lines"],
)
def test_every_wrapping(tmp_path, content) -> None:
    checked = facts_of(tmp_path, content)
    assert [f["facility_id"] for f in checked.tables["facilities"]] == ["ocds-abc123-1", "ocds-abc123-2"]
    assert len(checked.tables["contracts"]) == 2 and len(checked.tables["bids"]) == 4


@pytest.mark.parametrize("content", [RELEASE, {"ocid": "ocds-abc123-1", "compiledRelease": RELEASE}], ids=["release", "record"])
def test_one_alone(tmp_path, content) -> None:
    assert facts_of(tmp_path, content).tables["facilities"][0]["title"] == "School in Sampletown"


def test_releases_are_merged_by_date_and_show_the_first_terms(tmp_path) -> None:
    """Second in time, first in the file: 3.0 bn until June became 3.5 bn until October; a null removes."""
    now = with_contract(amendments=None) | {"date": "2025-07-01", "planning": None}
    first = {
        "ocid": "ocds-abc123-1",
        "date": "2024-03-01",
        "planning": {"budget": {"amount": {"amount": 1, "currency": "KZT"}}},
        "contracts": [
            {"id": "c1", "dateSigned": "2024-02-20", "value": {"amount": 3000000000, "currency": "KZT"},
             "period": {"endDate": "2025-06-30"}},
            {"id": "c0", "value": {"amount": 5000000, "currency": "KZT"}},
        ],
    }  # fmt: skip
    checked = facts_of(tmp_path, {"releases": [now, first]})
    contracts = {c["contract_no"]: c for c in checked.tables["contracts"]}
    assert set(contracts) == {"c1", "c0"} and contracts["c0"]["value_amount"] == 5_000_000
    one = contracts["c1"]
    assert (one["value_first_amount"], one["value_amount"]) == (3_000_000_000, 3_500_000_000)
    assert (str(one["due_first_on"]), str(one["due_on"]), str(one["start_on"])) == ("2025-06-30", "2025-10-31", "2024-03-01")
    assert checked.tables["facilities"][0]["budget_amount"] is None
    # one release shows no first terms, and without `amendments` nobody knows how many there were
    [alone] = facts_of(tmp_path, now).tables["contracts"]
    assert alone["value_first_amount"] is None and alone["due_first_on"] is None and alone["n_amendments"] is None


def test_a_compiled_release_goes_before_and_its_history_gives_the_first_terms(tmp_path) -> None:
    old = with_contract(value={"amount": 3_000_000_000, "currency": "KZT"}) | {"date": "2024-03-01"}
    record = {"ocid": "ocds-abc123-1", "releases": [old, RELEASE], "compiledRelease": RELEASE}
    [contract] = facts_of(tmp_path, {"records": [record]}).tables["contracts"]
    assert (contract["value_first_amount"], contract["value_amount"]) == (3_000_000_000, 3_500_000_000)


def test_another_currency_is_never_summed(tmp_path) -> None:
    checked = facts_of(tmp_path, with_contract(value={"amount": 1000, "currency": "USD"}))
    assert checked.tables["contracts"][0]["value_amount"] is None and "currency_mismatch" in codes(checked)
    budget = RELEASE | {"planning": {"budget": {"amount": {"amount": 9, "currency": "EUR"}}}}
    assert facts_of(tmp_path, budget).tables["facilities"][0]["budget_amount"] is None
    bids = {"details": [{"status": "valid", "value": {"amount": 7, "currency": "CAD"}, "tenderers": [{"id": "B"}]}]}
    assert facts_of(tmp_path, RELEASE | {"bids": bids}).tables["bids"][0]["amount"] is None


def test_zero_means_not_filled_in(tmp_path) -> None:
    """A contract of 0 takes the value of its award; a budget of 0 that of the tender."""
    award = RELEASE["awards"][0] | {"value": {"amount": 12_000_000, "currency": "KZT"}}
    release = with_contract(value={"amount": 0.0, "currency": "KZT"}) | {
        "awards": [award],
        "planning": {"budget": {"amount": {"amount": 0, "currency": "KZT"}}},
        "tender": RELEASE["tender"] | {"value": {"amount": 13_000_000, "currency": "KZT"}},
    }
    checked = facts_of(tmp_path, release)
    assert checked.tables["contracts"][0]["value_amount"] == 12_000_000
    assert checked.tables["facilities"][0]["budget_amount"] == 13_000_000


def test_without_contracts_the_active_awards_count(tmp_path) -> None:
    awards = [
        {"id": "a1", "status": "active", "suppliers": [{"id": "B", "name": "Demo Contractor 17"}],
         "value": {"amount": 5_000_000, "currency": "KZT"}, "contractPeriod": {"endDate": "2025-10-31"}},
        {"id": "a2", "status": "unsuccessful"},
    ]  # fmt: skip
    release = {k: v for k, v in RELEASE.items() if k != "contracts"} | {"awards": awards}
    [contract] = facts_of(tmp_path, release).tables["contracts"]
    assert (contract["contract_no"], contract["value_amount"], str(contract["due_on"])) == ("a1", 5_000_000, "2025-10-31")
    assert contract["signed_on"] is None and contract["supplier_name"] == "Demo Contractor 17"


def test_a_tender_alone_keeps_what_it_says(tmp_path) -> None:
    release = {k: v for k, v in RELEASE.items() if k not in ("contracts", "awards", "bids")}
    checked = facts_of(tmp_path, release)
    [contract], [facility] = checked.tables["contracts"], checked.tables["facilities"]
    assert contract["method"] == "open" and contract["value_amount"] is None
    assert facility["status"] is None  # "complete" is said of the tender, not of the works
    failed = release | {"tender": RELEASE["tender"] | {"status": "cancelled"}}
    assert facts_of(tmp_path, failed).tables["facilities"][0]["status"] == "cancelled"


def test_the_planned_end_of_the_tender_stands_in_with_a_warning(tmp_path) -> None:
    release = with_contract(period=None) | {"tender": RELEASE["tender"] | {"contractPeriod": {"endDate": "2025-09-30"}}}
    checked = facts_of(tmp_path, release)
    assert str(checked.tables["contracts"][0]["due_on"]) == "2025-09-30" and "due_from_tender" in codes(checked)


def test_delivered_only_when_every_contract_has_ended(tmp_path) -> None:
    met = [{"id": "m", "type": "delivery", "dueDate": "2025-05-01", "dateMet": "2025-06-01"}]
    running = facts_of(tmp_path, with_contract(milestones=met))
    assert running.tables["facilities"][0]["completed_on"] is None
    ended = facts_of(tmp_path, with_contract(milestones=met, status="terminated"))
    assert str(ended.tables["facilities"][0]["completed_on"]) == "2025-06-01"
    assert ended.tables["contracts"][0]["is_terminated"] is None  # OCDS: "terminated" is a contract that came to its end
    broken = facts_of(tmp_path, with_contract(status="cancelled"))
    assert broken.tables["contracts"][0]["is_terminated"] is True


def test_goods_and_services_are_no_facility(tmp_path) -> None:
    checked = facts_of(tmp_path, [with_tender(mainProcurementCategory="goods"), OTHER])
    assert [f["facility_id"] for f in checked.tables["facilities"]] == ["ocds-abc123-2"]
    assert [p.code for q in checked.quarantined for p in q.problems] == ["ocds_not_works"]
    both = with_tender(mainProcurementCategory="goods", additionalProcurementCategories=["works"])
    assert len(facts_of(tmp_path, both).tables["facilities"]) == 1


def test_more_tenderers_listed_than_stated(tmp_path) -> None:
    three = [{"id": "B"}, {"id": "C"}, {"id": "D"}]
    checked = facts_of(tmp_path, with_tender(numberOfTenderers=1, tenderers=three))
    assert checked.tables["contracts"][0]["n_bidders"] == 3 and "ocds_more_tenderers" in codes(checked)
    assert facts_of(tmp_path, with_tender(tenderers=three[:1])).tables["contracts"][0]["n_bidders"] == 2


def test_who_won_is_not_known_while_an_award_is_open(tmp_path) -> None:
    awards = [*RELEASE["awards"], {"id": "a9", "status": "pending"}]
    assert {b["is_winner"] for b in facts_of(tmp_path, RELEASE | {"awards": awards}).tables["bids"]} == {None}
    signed = [{"id": "a1", "suppliers": [{"id": "B"}]}]  # without a status, but a contract was signed on it
    assert [b["is_winner"] for b in facts_of(tmp_path, RELEASE | {"awards": signed}).tables["bids"]] == [True, False]
    named = [{"id": "a1", "status": "active", "relatedBids": ["b1"]}]
    assert [b["is_winner"] for b in facts_of(tmp_path, RELEASE | {"awards": named}).tables["bids"]] == [True, False]


def test_bids_of_lots_go_to_the_contract_of_their_lot(tmp_path) -> None:
    awards = [
        {"id": f"a{n}", "status": "active", "relatedLots": [f"lot{n}"], "suppliers": [{"id": s}]} for n, s in ((1, "B"), (2, "C"))
    ]
    contracts = [{"id": f"c{n}", "awardID": f"a{n}", "value": {"amount": n * 10**6, "currency": "KZT"}} for n in (1, 2)]
    details = [
        {"id": "x", "status": "valid", "relatedLots": ["lot1"], "tenderers": [{"id": "B"}]},
        {"id": "y", "status": "valid", "relatedLots": ["lot2"], "tenderers": [{"id": "B"}]},
        {"id": "z", "status": "valid", "tenderers": [{"id": "C"}]},
    ]
    checked = facts_of(tmp_path, RELEASE | {"awards": awards, "contracts": contracts, "bids": {"details": details}})
    assert [(b["contract_id"], b["is_winner"]) for b in checked.tables["bids"]] == [
        ("ocds-abc123-1/c1", True), ("ocds-abc123-1/c2", False), (None, True),
    ]  # fmt: skip


def test_a_joint_bid_is_one_bidder_whatever_the_order(tmp_path) -> None:
    details = [{"status": "valid", "tenderers": [{"id": a}, {"id": b}], "value": {"amount": 5, "currency": "KZT"}}
               for a, b in ("BC", "CB")]  # fmt: skip
    checked = facts_of(tmp_path, RELEASE | {"bids": {"details": details}})
    assert {b["bidder_id"] for b in checked.tables["bids"]} == {"B + C"} and "duplicate_row" in codes(checked)


def test_a_wrong_shape_is_told_with_its_path_and_what_was_expected(tmp_path) -> None:
    release = RELEASE | {"awards": {"id": "a"}, "contracts": [17, *RELEASE["contracts"]], "bids": []}
    checked = facts_of(tmp_path, {"releases": [release]})
    told = {(p.column, p.params["expected"]) for p in checked.problems if p.code == "json_shape"}
    assert told == {("releases[0].awards", "list"), ("releases[0].contracts[0]", "object"), ("releases[0].bids", "object")}
    assert len(checked.tables["contracts"]) == 1
    for lang in ("kk", "ru", "en"):
        sentence = describe(next(p for p in checked.problems if p.code == "json_shape"), lang)
        assert "releases.json" in sentence and "releases[0].awards" in sentence and "list" in sentence


def test_one_bad_process_spoils_no_other_and_none_disappears(tmp_path) -> None:
    bad = [
        17,
        None,
        "x",
        {"ocid": 5, "tender": 7},
        {"ocid": "ocds-abc123-8", "url": "https://example.com"},
        {"ocid": "ocds-abc123-9", "releases": [{"url": "https://example.com", "date": "2024-01-01"}]},
        {"ocid": "a<b", "tender": {"title": "Odd"}},
    ]
    checked = facts_of(tmp_path, {"releases": [*bad, RELEASE]})
    assert [f["facility_id"] for f in checked.tables["facilities"]] == ["ocds-abc123-1"]
    [count] = [c for c in checked.counts if c["table"] == "facilities"]
    assert (count["rows_in"], count["quarantined"], count["blank"]) == (8, 7, 0)
    reasons = [q.problems[0].code for q in checked.quarantined if q.table.table == "facilities"]
    assert reasons.count("json_shape") == 3 and reasons.count("ocds_only_linked") == 3


def test_without_a_title_it_is_called_by_its_identifier(tmp_path) -> None:
    release = {"ocid": "ocds-abc123-7", "tender": {"numberOfTenderers": 1, "procurementMethod": "open"}}
    checked = facts_of(tmp_path, release)
    assert checked.tables["facilities"][0]["title"] == "ocds-abc123-7" and "title_from_id" in codes(checked)
    nobody = facts_of(tmp_path, {"releases": [{"tender": {"numberOfTenderers": 1}}]})
    assert not nobody.tables["facilities"] and nobody.quarantined


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "file_empty"),
        ('{"releases": [', "json_broken"),
        ('{"releases": [], "releases": []}', "json_duplicate_key"),
        ('{"releases": ' + "[" * 100_000, "json_too_deep"),
        ('{"releases": ' + "[" * 100 + "]" * 100 + "}", "json_too_deep"),
        ('{"releases": {"a": 1}}', "ocds_not_list"),
        ('{"records": 5}', "ocds_not_list"),
        ('{"releases": []}', "no_rows"),
        ("12", "not_ocds"),
        ('{"ocid": "x", "n": ' + "9" * 5000 + "}", "json_number_too_long"),
    ],
)
def test_unusable_files(tmp_path, text, code) -> None:
    with pytest.raises(DataError) as error:
        read_ocds(write(tmp_path, text), name="releases.json")
    assert error.value.code == code


_anything = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@hypothesis_settings(deadline=None, max_examples=150)
@given(st.data())
def test_anything_anywhere_is_a_problem_and_never_a_traceback(data) -> None:
    """One part of a good release, at any depth, becomes something else: every row is accepted or refused."""
    release = json.loads(json.dumps(RELEASE))
    node = release
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
            node = node[key]
            continue
        node[key] = data.draw(_anything)
        break
    checked = checked_text({"releases": [release, OTHER]})
    assert all(c["rows_in"] == c["accepted"] + c["quarantined"] + c["blank"] for c in checked.counts)
    assert sum(c["rows_in"] for c in checked.counts if c["table"] == "facilities") in (1, 2)
    assert "ocds-abc123-2" in {f["facility_id"] for f in checked.tables["facilities"]}


@hypothesis_settings(deadline=None, max_examples=50)
@given(st.permutations(range(4)))
def test_the_order_of_releases_in_the_file_does_not_matter(order) -> None:
    steps = [with_contract(value={"amount": 10**9 + n, "currency": "KZT"}) | {"date": f"2025-0{n + 1}-01"} for n in range(4)]
    [contract] = checked_text([steps[n] for n in order]).tables["contracts"]
    assert (contract["value_first_amount"], contract["value_amount"]) == (10**9, 10**9 + 3)


def test_thousands_of_releases_of_one_process_take_no_square_of_time(tmp_path) -> None:
    """20,000 releases, each with a contract, a party and a bid of its own: a quadratic reader would not return."""
    many = [
        {"ocid": "ocds-abc123-1", "date": f"{n:05}", "parties": [{"id": f"p{n}"}],
         "bids": {"details": [{"id": f"b{n}", "status": "valid", "tenderers": [{"id": f"p{n}"}]}]},
         "awards": [{"id": f"a{n}", "status": "active", "suppliers": [{"id": f"p{n}"}]}],
         "contracts": [{"id": f"c{n}", "awardID": f"a{n}", "value": {"amount": 5, "currency": "KZT"}}]}
        for n in range(20_000)
    ]  # fmt: skip
    by_table = {t.table: t for t in tables([{"releases": many}], name="r.json", max_vertices=10)}
    assert len(by_table["contracts"].rows) == len(by_table["bids"].rows) == 20_000


def test_import_recognises_ocds_and_its_correction_comes_back(tmp_path) -> None:
    settings, out = riskmap_settings.load(), tmp_path / "facts"
    path = write(tmp_path, {"releases": [RELEASE, OTHER | {"tender": {"mainProcurementCategory": "goods", "title": "Desks"}}]})
    report = intake.import_files([path], out, settings=settings)
    assert report["files"][0]["kind"] == "ocds" and report["quarantine_reasons"] == {"ocds_not_works": 1}
    totals = report["totals"]
    assert totals["rows_in"] == totals["accepted"] + totals["quarantined"] + totals["blank"]
    again = intake.import_files([path], out, settings=settings)
    assert again == report
    read, _, _ = facts.read(out)
    assert read["facilities"]["title"].to_pylist() == ["School in Sampletown"]
    text = (out / "quarantine.csv").read_text("utf-8-sig").replace("Desks", "Desks for a school").replace("ocds_not_works", "")
    back = tmp_path / "corrected.csv"
    back.write_text(text.replace("ocds-abc123-2", "ocds-abc123-2", 1), "utf-8-sig")
    assert intake.import_files([back], out, settings=settings)["n_returned"] == 1


def test_what_is_ocds_and_what_is_not() -> None:
    assert is_ocds([RELEASE]) and is_ocds([[RELEASE]]) and is_ocds([{"records": []}]) and is_ocds([{"releases": []}])
    project = {"id": "oc4ids-1", "title": "School", "contractingProcesses": [{"id": "ocds-1", "releases": []}]}
    assert not is_ocds([project]) and not is_ocds([{"projects": []}]) and not is_ocds([[project]]) and not is_ocds([])


@pytest.mark.skipif(not (SHARED / "mexico_oc4ids").is_dir(), reason="real data are not beside the project")
def test_real_records() -> None:
    settings = riskmap_settings.load(COUNTRIES / "mexico.toml")

    def checked(folder: str):
        files = sorted((SHARED / "mexico_oc4ids" / folder).glob("*.json"))
        return check([table for file in files for table in read_ocds(file, name=file.name)], settings=settings)

    works = checked("ocds_records")
    assert [len(works.tables[t]) for t in ("facilities", "contracts", "payments")] == [24, 24, 319] and not works.quarantined
    services = checked("inai_ocds")
    assert not services.tables["facilities"] and [q.problems[0].code for q in services.quarantined] == ["ocds_not_works"] * 5
