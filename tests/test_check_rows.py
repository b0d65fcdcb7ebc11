"""Rows into facts: what is accepted, emptied or quarantined, and that no row disappears."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import facts, schema
from riskmap import settings as riskmap_settings
from riskmap.check import Checked, check, portfolio
from riskmap.i18n import LANGUAGES, has
from riskmap.problem import Problem, describe
from riskmap.read import RawRow, RawTable

SETTINGS = riskmap_settings.load()
GOOD = {
    "facility_id": "F1", "title": "Школа в селе Примерное", "facility_type": "Школа", "region": "г. Алматы",
    "lat": "43.23885", "lon": "76.94983", "budget_amount": "4000000000", "contract_no": "12",
    "signed_on": "01.02.2024", "start_on": "01.03.2024", "due_on": "31.12.2025", "value_amount": "3500000000",
    "paid_amount": "1000000000", "progress_share": "40%", "reported_on": "01.06.2025", "source_as_of": "01.07.2025",
}  # fmt: skip
NOTHING_SAID = dict.fromkeys(
    ("budget_amount", "signed_on", "start_on", "due_on", "value_amount", "paid_amount", "reported_on"), ""
)


def table(rows: list[dict[str, str]], name: str = "facilities", file: str = "a.csv", **more) -> RawTable:
    headers = {column: f"«{column}»" for row in rows for column in row}
    return RawTable(file, None, name, headers, {}, [RawRow(i, cells) for i, cells in enumerate(rows, start=2)], **more)


def run(*tables: RawTable, **options) -> Checked:
    checked = check(tables, settings=SETTINGS, **options)
    for name, rows in checked.tables.items():
        facts.to_table(name, rows)  # every name and type fits the schema
    assert len(checked.problems) == len(checked.facility_ids)
    for count in checked.counts:
        assert count["rows_in"] == count["accepted"] + count["quarantined"] + count["blank"]
    assert sum(c["quarantined"] for c in checked.counts) == len(checked.quarantined)
    for problem in checked.problems:
        assert all(has(f"problem.{problem.code}", lang) for lang in LANGUAGES), problem.code
        assert "?" not in describe(problem, "en").replace(str(problem.value), "").rstrip("?"), describe(problem, "en")
    return checked


def codes(checked: Checked, severity: str | None = None) -> list[str]:
    return sorted(p.code for p in checked.problems if severity in (None, p.severity) and p.row is not None)


def test_one_row_becomes_a_facility_a_contract_and_a_report() -> None:
    checked = run(table([GOOD]))
    [facility], [contract], [report] = (checked.tables[name] for name in ("facilities", "contracts", "progress"))
    assert facility["region_code"] == "KZ-75" and facility["location_precision"] == "site" and facility["currency"] == "KZT"
    assert (facility["facility_type"], facility["facility_type_stated"], facility["due_precision"]) == ("school", "Школа", "day")
    assert contract["contract_id"] == "F1/12" and contract["value_amount"] == 3_500_000_000
    assert (report["reported_on"], report["progress_share"], report["progress_source"]) == (date(2025, 6, 1), 0.4, "reported")
    assert (facility["source_file"], facility["source_row"]) == ("a.csv", 2)
    assert codes(checked) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": ""}, "no_title"),
        ({"value_amount": "-5"}, "negative_money"),
        ({"paid_amount": "6000000000"}, "paid_over_value"),
        ({"facility_id": "9.8E+11"}, "id_shortened"),
        ({"is_restricted": "да"}, "restricted"),
        ({"is_restricted": "не знаю"}, "restricted_unclear"),
        ({"facility_id": "", "title": "Итого по области"}, "total_row"),
        (NOTHING_SAID, "no_amount_no_date"),
    ],
)  # fmt: skip
def test_quarantine(change, code) -> None:
    checked = run(table([GOOD | change]))
    assert [p.code for row in checked.quarantined for p in row.problems] == [code]
    assert not any(checked.tables.values())


@pytest.mark.parametrize(
    ("change", "code", "table_name", "emptied"),
    [
        ({"due_on": "31.02.2025"}, "date_impossible", "contracts", ["due_on"]),
        ({"due_on": "31.12.2023"}, "due_before_start", "contracts", ["due_on"]),
        ({"completed_on": "31.12.2025"}, "completed_in_future", "facilities", ["completed_on"]),
        ({"published_on": "20.01.2024", "bid_deadline_on": "10.01.2024"}, "deadline_before_publication", "contracts",
         ["published_on", "bid_deadline_on"]),
        ({"value_amount": "много"}, "number_unreadable", "contracts", ["value_amount"]),
        ({"value_amount": "100 USD"}, "currency_mismatch", "contracts", ["value_amount"]),
        ({"lat": "76.94983", "lon": "43.23885"}, "coordinates_swapped", "facilities", ["lat", "lon"]),
        ({"lat": "50.0", "lon": "87.30001"}, "coordinates_outside", "facilities", ["lat", "lon"]),
    ],
)  # fmt: skip
def test_a_refused_value_is_not_known_and_the_row_stays(change, code, table_name, emptied) -> None:
    checked = run(table([GOOD | change]))
    assert code in codes(checked, "cell")
    assert [checked.tables[table_name][0][name] for name in emptied] == [None] * len(emptied)
    assert checked.tables["facilities"][0]["region_code"] == "KZ-75"  # a facility without a point keeps its region


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"region": "Область Абай"}, "region_mismatch"),
        ({"region": "Нигде"}, "region_unknown"),
        ({"start_on": "01.01.2024"}, "start_before_signing"),
        ({"value_amount": "7000000000"}, "value_over_budget"),
        ({"value_amount": "500000", "paid_amount": "0"}, "value_unusual"),
        ({"buyer_id": "123456789012"}, "bin_check_digit"),
        ({"due_on": "IV кв. 2025"}, "date_imprecise"),
        ({"facility_id": ""}, "id_made"),
    ],
)
def test_warnings_keep_the_value(change, code) -> None:
    checked = run(table([GOOD | change]))
    assert codes(checked, "warning") == [code] and codes(checked, "cell") == []


def test_region_mismatch_trusts_an_exact_point_and_a_name_over_a_rough_one() -> None:
    assert run(table([GOOD | {"region": "Область Абай"}])).tables["facilities"][0]["region_code"] == "KZ-75"
    rough = run(table([GOOD | {"region": "Область Абай", "lat": "43.2", "lon": "76.9"}])).tables["facilities"][0]
    assert rough["region_code"] == "KZ-10"


def test_swapped_coordinates_are_corrected_per_file_and_only_when_asked() -> None:
    swapped = GOOD | {"lat": "76.94983", "lon": "43.23885"}
    checked = run(table([swapped]), table([swapped | {"facility_id": "F2"}], file="b.csv"), fix_swapped={"b.csv"})
    assert [f["lat"] for f in checked.tables["facilities"]] == [None, 43.23885]


def test_amounts_in_another_currency_never_enter_a_sum() -> None:
    checked = run(table([GOOD | {"currency": "USD"}]))
    assert checked.tables["contracts"][0]["value_amount"] is None and checked.tables["facilities"][0]["budget_amount"] is None
    assert codes(checked).count("currency_mismatch") == 3


def test_rows_with_one_id() -> None:
    duplicate = run(table([GOOD, GOOD]))
    assert (
        len(duplicate.tables["facilities"]) == 1
        and codes(duplicate) == ["duplicate_row"]
        and duplicate.counts[0]["accepted"] == 2
    )
    two_contracts = run(table([GOOD, GOOD | {"contract_no": "13", "value_amount": "20000000", "paid_amount": ""}]))
    assert sorted(c["contract_id"] for c in two_contracts.tables["contracts"]) == ["F1/12", "F1/13"]
    conflict = run(table([GOOD, GOOD | {"title": "Больница"}, GOOD | {"facility_id": "F2"}]))
    assert [f["facility_id"] for f in conflict.tables["facilities"]] == ["F2"]
    assert [p.code for row in conflict.quarantined for p in row.problems] == ["id_conflict"] * 2


def test_a_newer_file_supersedes_an_older_one_and_keeps_its_progress() -> None:
    newer = GOOD | {"source_as_of": "01.10.2025", "reported_on": "01.09.2025", "progress_share": "55%", "due_on": "30.06.2026"}
    checked = run(table([GOOD]), table([newer], file="b.csv"))
    [facility], [contract] = checked.tables["facilities"], checked.tables["contracts"]
    assert facility["source_as_of"] == date(2025, 10, 1) and contract["due_on"] == date(2026, 6, 30)
    assert sorted(p["progress_share"] for p in checked.tables["progress"]) == [0.4, 0.55]
    assert codes(checked) == ["superseded"]


def test_made_ids_are_stable() -> None:
    nameless = GOOD | {"facility_id": ""}
    one = run(table([nameless])).tables["facilities"][0]["facility_id"]
    assert one == run(table([GOOD, nameless], file="other.csv")).tables["facilities"][1]["facility_id"]


def test_other_tables_join_by_facility_or_contract() -> None:
    payments = [
        {"contract_no": "12", "paid_on": "01.05.2024", "amount": "5 000 000", "payment_kind": "аванс"},
        {"facility_id": "F1", "paid_on": "01.06.2024", "amount": "7000000"},
        {"facility_id": "F9", "paid_on": "01.06.2024", "amount": "7000000"},
        {"facility_id": "F1", "contract_no": "99", "amount": "7000000"},
        {"facility_id": "F1", "paid_on": "01.08.2025", "amount": "7000000"},
        {"facility_id": "F1", "paid_on": "01.06.2024", "amount": ""},
    ]
    progress = [{"facility_id": "F1", "reported_on": "01.05.2025", "progress_share": "30%", "progress_source": "независимый"}]
    checked = run(table([GOOD]), table(payments, "payments", "p.csv"), table(progress, "progress", "w.csv"))
    assert [(p["facility_id"], p["contract_id"], p["amount"], p["payment_kind"]) for p in checked.tables["payments"]] == [
        ("F1", "F1/12", 5_000_000, "advance"), ("F1", "F1/12", 7_000_000, None),
    ]  # fmt: skip
    assert [row.problems[0].code for row in checked.quarantined] == [
        "facility_missing", "contract_missing", "payment_in_future", "row_without_content",
    ]  # fmt: skip
    assert sorted(p["progress_source"] for p in checked.tables["progress"]) == ["independent", "reported"]


def test_a_visit_may_be_later_than_what_the_source_says() -> None:
    """The source speaks of its own day; who went there since then did not come from the future. A report of the parties did."""
    row = {"facility_id": "F1", "reported_on": "01.08.2025", "progress_share": "30%"}
    seen, said = row | {"progress_source": "independent"}, row | {"progress_source": "reported"}
    checked = run(table([GOOD]), table([seen, said], "progress", "w.csv"))
    assert [p["reported_on"] for p in checked.tables["progress"] if p["progress_source"] == "independent"] == [date(2025, 8, 1)]
    assert [row.problems[0].code for row in checked.quarantined] == ["report_in_future"]


def test_contracts_of_their_own_table_make_a_bare_facility_worth_keeping() -> None:
    bare = {"facility_id": "F1", "title": "Школа"}
    contracts = [{"facility_id": "F1", "contract_no": "1", "due_on": "31.12.2025"}, {"facility_id": "F7", "contract_no": "1"}]
    checked = run(table([bare]), table(contracts, "contracts", "c.csv"))
    assert [c["contract_id"] for c in checked.tables["contracts"]] == ["F1/1"]
    assert [row.problems[0].code for row in checked.quarantined] == ["facility_missing"]
    assert checked.tables["facilities"][0]["due_precision"] == "day"


def test_restricted_facilities_leave_no_place_and_no_children() -> None:
    payments = table([{"facility_id": "F1", "amount": "7000000"}], "payments", "p.csv")
    told = [Problem("short_row", "error", "a.csv", None, 2, None, "F1 | 43.23885 | 76.94983")]
    for problems in ([], told):
        row = GOOD | {"is_restricted": "да", "address": "тайный адрес"}
        checked = run(table([row], problems=list(problems)), payments)
        restricted = checked.quarantined[0]
        assert not {"lat", "lon", "address", "settlement"} & set(restricted.cells)
        assert [q.problems[-1].code for q in checked.quarantined] == ["restricted", "facility_missing"]
        everything = str(checked.problems) + str(checked.tables) + str(restricted.cells)
        assert "43.23885" not in everything and "тайный" not in everything


def test_a_persons_number_is_masked_in_facts_problems_and_quarantine() -> None:
    person = "860101300126" if _fits("860101300126") else next(f"86010130012{d}" for d in range(10) if _fits(f"86010130012{d}"))
    rows = [
        GOOD | {"supplier_id": person, "supplier_name": f"ИП Пример {person}", "due_on": f"{person} г."},
        GOOD | {"facility_id": "F2", "title": "", "supplier_id": person},
    ]
    checked = run(table(rows, problems=[Problem("mixed_script", "warning", "a.csv", None, 2, "x", person, {"n": "1"})]))
    everything = f"{checked.tables}{checked.problems}{[q.cells for q in checked.quarantined]}"
    assert person not in everything and f"******{person[-4:]}" in everything


def _fits(digits: str) -> bool:
    from riskmap.check.identifiers import check_digit_fits

    return check_digit_fits(digits)


def test_many_facilities_on_one_point_and_near_twins_are_shown() -> None:
    rows = [
        GOOD | {"facility_id": f"F{n}", "title": f"{name} школа", "contract_no": f"{n}"}
        for n, name in enumerate(["Первая", "Вторая", "Третья", "Новая"])
    ]
    assert codes(run(table(rows))).count("many_on_one_point") == 4
    twins = run(table([GOOD, GOOD | {"facility_id": "F2", "contract_no": "77"}]))
    assert codes(twins) == ["perhaps_twice"]


def test_a_row_that_the_reader_refused_is_quarantined() -> None:
    checked = run(table([GOOD], problems=[Problem("short_row", "error", "a.csv", None, 2, None, "x")], n_blank=3))
    assert checked.counts[0] == {
        "source_file": "a.csv", "sheet": None, "table": "facilities", "rows_in": 4, "accepted": 0, "quarantined": 1, "blank": 3,
    }  # fmt: skip


CELLS = st.one_of(
    st.text(max_size=15),
    st.sampled_from(["", "1", "100", "да", "31.12.2025", "51.1", "71.4", "12,5 млн", "50%", "F1", "F2", "Школа"]),
)


@hypothesis_settings(deadline=None, max_examples=150)
@given(
    data=st.lists(
        st.tuples(
            st.sampled_from(sorted(schema.INPUT_TABLES)),
            st.lists(
                st.dictionaries(
                    st.sampled_from(sorted({c.name for t in schema.INPUT_TABLES.values() for c in t})), CELLS, max_size=12
                ),
                max_size=4,
            ),
        ),
        max_size=3,
    ),
    fix=st.booleans(),
)
def test_any_rows_are_accepted_or_quarantined_and_nothing_raises(data, fix) -> None:
    tables = []
    for n, (name, rows) in enumerate(data):
        known = {c.name for c in schema.INPUT_TABLES[name]}
        tables.append(table([{k: v for k, v in row.items() if k in known} for row in rows], name, f"{n}.csv"))
    checked = check(tables, settings=SETTINGS, fix_swapped=fix)
    for name, rows in checked.tables.items():
        facts.to_table(name, rows)
    assert sum(c["rows_in"] for c in checked.counts) == sum(len(t.rows) for t in tables)
    for count in checked.counts:
        assert count["rows_in"] == count["accepted"] + count["quarantined"] + count["blank"]
    ids = {f["facility_id"] for f in checked.tables["facilities"]}
    assert len(ids) == len(checked.tables["facilities"])
    assert all(row["facility_id"] in ids for name, rows in checked.tables.items() for row in rows)
    contract_ids = {c["contract_id"] for c in checked.tables["contracts"]}
    assert all(row["contract_id"] in contract_ids | {None} for row in checked.tables["payments"])
    facts.problem_table(checked.problems, checked.facility_ids)


def test_nothing_paid_anywhere_is_not_known_rather_than_zero():
    """A file with 0 paid for every contract, finished ones too, publishes no payments; one payment makes the zeros facts."""

    def country(paid):
        facilities = [{"facility_id": str(i), "completed_on": None} for i in range(8)]
        contracts = [{"facility_id": str(i), "source_file": "works.csv", "paid_amount": amount} for i, amount in enumerate(paid)]
        return {"facilities": facilities, "contracts": contracts, "progress": [{"facility_id": "1", "progress_share": 0.4}]}

    silent, spoken, few = country([0] * 8), country([0] * 7 + [5]), country([0] * 3)
    ((problem, _),) = portfolio.not_paid_anywhere(silent, 8)
    assert problem.code == "paid_all_zero" and {c["paid_amount"] for c in silent["contracts"]} == {None}
    assert not portfolio.not_paid_anywhere(spoken, 8) and spoken["contracts"][0]["paid_amount"] == 0
    assert not portfolio.not_paid_anywhere(few, 8) and few["contracts"][0]["paid_amount"] == 0
