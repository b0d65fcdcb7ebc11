"""The ledger of planned dates: nothing leaves it, and what changes without a word is said."""

from datetime import date

import pandas as pd
import pytest
from chain import AS_OF, amendment, contract, facility, made, report
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmap import ledger

FIRST, SECOND, THIRD = date(2026, 6, 1), date(2026, 12, 1), date(2027, 6, 1)
GRANTED = amendment(1, amended_on=date(2026, 8, 15), due_before_on=FIRST, due_after_on=SECOND, amendment_kind="duration")


def chain(tmp_path, *steps, facilities=None):
    """One snapshot per step; a step is the tables of it."""
    own = facilities or [[facility(1)]] * len(steps)
    return [made(tmp_path / str(i), AS_OF[i], own[i], **step) for i, step in enumerate(steps)]


def of(kind, found):
    return found[found["kind"] == kind]


def test_every_date_stays_with_the_day_we_learned_it(tmp_path):
    snapshots = chain(
        tmp_path,
        {"contracts": [contract(1)]},
        {"contracts": [contract(1, due_on=SECOND, source_row=7)], "amendments": [GRANTED]},
        {"contracts": [contract(1, due_on=THIRD)], "amendments": [GRANTED]},
    )
    found = ledger.planned_dates(snapshots)
    due = of("due_on", found)
    assert [day.date() for day in due["planned_on"]] == [FIRST, SECOND, THIRD]
    assert [day.date() for day in due["learned_on"]] == list(AS_OF)
    assert due["cover"].tolist() == ["first", "amendment", "none"]
    assert due["moved_days"].tolist() == [pd.NA, 183, 182]
    assert due["source_row"].tolist() == [1, 7, 1] and set(due["source_file"]) == {"contracts.csv"}
    assert len(of("due_after_on", found)) == 1, "an amendment is listed once, with its own day"
    assert of("due_after_on", found)["stated_on"].iloc[0].date() == date(2026, 8, 15)
    assert of("due_first_on", found)["stated_on"].iloc[0].date() == date(2024, 1, 1), "the day of the signing"


OTHER_DATE, OTHER_CONTRACT = {"due_after_on": THIRD, "amendment_kind": None}, {"contract_id": "C8", "facility_id": "F8"}


@pytest.mark.parametrize(
    ("then", "cover"),
    [
        ({"contracts": [contract(1, due_on=SECOND)]}, "none"),
        ({"contracts": [contract(1, due_on=SECOND)], "amendments": [GRANTED]}, "amendment"),
        ({"contracts": [contract(1, due_on=SECOND)], "amendments": [GRANTED | {"contract_id": None}]}, "amendment"),
        ({"contracts": [contract(1, due_on=THIRD)], "amendments": [GRANTED | {"due_after_on": None}]}, "counted"),
        ({"contracts": [contract(1, due_on=SECOND, n_amendments=1)]}, "counted"),
        ({"contracts": [contract(1, due_on=SECOND, n_amendments=None)]}, "none"),
        ({"contracts": [contract(1, due_on=SECOND)], "amendments": [GRANTED | OTHER_DATE]}, "none"),
        ({"contracts": [contract(1, due_on=SECOND)], "amendments": [GRANTED | OTHER_CONTRACT]}, "none"),
        ({"contracts": [contract(1, due_on=None)]}, "withdrawn"),
        ({"contracts": []}, "withdrawn"),
    ],
)  # fmt: skip
def test_what_covers_a_date(tmp_path, then, cover):
    found = ledger.planned_dates(chain(tmp_path, {"contracts": [contract(1)]}, then))
    assert of("due_on", found)["cover"].tolist() == ["first", cover]
    silent = ledger.silent_changes(*chain(tmp_path / "again", {"contracts": [contract(1)]}, then))
    assert ("due_on" in set(silent["what"])) == (cover in ("none", "withdrawn"))


def test_a_date_that_comes_back_is_said(tmp_path):
    snapshots = chain(tmp_path, {"contracts": [contract(1)]}, {"contracts": []}, {"contracts": [contract(1)]})
    assert of("due_on", ledger.planned_dates(snapshots))["cover"].tolist() == ["first", "withdrawn", "back"]


def test_a_facility_that_left_did_not_lose_its_dates(tmp_path):
    steps = [{"contracts": [contract(1)]}, {"contracts": []}, {"contracts": [contract(1, due_on=SECOND)]}]
    found = of("due_on", ledger.planned_dates(chain(tmp_path, *steps, facilities=[[facility(1)], [facility(2)], [facility(1)]])))
    assert found["cover"].tolist() == ["first", "none"] and found["moved_days"].tolist() == [pd.NA, 183]


def test_announced_and_normative_dates_are_there_too(tmp_path):
    rows = [
        [facility(1, due_announced_on=FIRST, due_normative_on=FIRST)],
        [facility(1, due_announced_on=SECOND, due_normative_on=FIRST)],
    ]
    found = ledger.planned_dates(chain(tmp_path, {}, {}, facilities=rows))
    assert of("due_announced_on", found)["cover"].tolist() == ["first", "none"]
    assert of("due_normative_on", found)["cover"].tolist() == ["first"]


def test_one_facility_is_read_alone(tmp_path):
    steps = [{"contracts": [contract(i, due_on=due) for i in (1, 2)]} for due in (FIRST, SECOND)]
    snapshots = chain(tmp_path, *steps, facilities=[[facility(1), facility(2)]] * 2)
    whole, one = ledger.planned_dates(snapshots), ledger.planned_dates(snapshots, facility_id="F2")
    expected = whole[whole["facility_id"] == "F2"].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, expected)
    assert ledger.delays(snapshots, facility_id="F2").equals(
        ledger.delays(snapshots).query("facility_id == 'F2'").reset_index(drop=True)
    )


def test_restricted_facilities_have_no_ledger(tmp_path):
    snapshots = chain(tmp_path, {"contracts": [contract(1)]}, facilities=[[facility(1, is_restricted=True)]])
    assert ledger.planned_dates(snapshots).empty and ledger.delays(snapshots).empty


# ---- delay ------------------------------------------------------------------------------------------------------------
def test_the_first_promise_counts_even_when_the_source_forgets_it(tmp_path):
    """Both dates of the contract are moved silently by six months: the delay runs from the date as first learned."""
    later = {"due_on": SECOND, "due_first_on": SECOND}
    rows = [[facility(1)], [facility(1, **later, delivery="not_due", is_overdue=False)]]
    snapshots = chain(tmp_path, {"contracts": [contract(1)]}, {"contracts": [contract(1, **later)]}, facilities=rows)
    one = ledger.delays(snapshots).iloc[0]
    assert one["baseline_on"].date() == FIRST and one["planned_on"].date() == SECOND
    assert (one["bought_days"], one["silent_days"]) == (183, 183)
    assert (one["delay_baseline_days"], one["delay_plan_days"]) == (92, 0), "2026-09-01 - 2026-06-01"


@pytest.mark.parametrize(
    ("row", "delays"),
    [
        ({"delivery": "completed_late", "completed_on": date(2026, 7, 1), "is_overdue": False}, (30, 30)),
        ({"delivery": "not_known", "is_overdue": False}, (pd.NA, pd.NA)),
        ({"due_first_on": None}, (pd.NA, 61)),
        ({"due_on": None, "delivery": "not_known"}, (pd.NA, pd.NA)),
    ],
)
def test_delay_of_what_is_finished_or_not_known(tmp_path, row, delays):
    one = ledger.delays(chain(tmp_path, {}, facilities=[[facility(1, **row)]])).iloc[0]
    assert (one["delay_baseline_days"], one["delay_plan_days"]) == delays


def test_the_first_plan_of_a_replaced_contract_is_the_baseline(tmp_path):
    rows = [contract(1, due_first_on=date(2025, 1, 1), is_terminated=True), contract(1, contract_id="C1b", due_first_on=FIRST)]
    one = ledger.delays(chain(tmp_path, {"contracts": rows})).iloc[0]
    assert one["baseline_on"].date() == date(2025, 1, 1)


# ---- other silent changes ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({}, {"value_amount": 950}, [("value_amount", 900, 950)]),
        ({}, {"value_amount": 950, "n_amendments": 1}, []),
        ({}, {"value_first_amount": 800}, [("value_first_amount", 900, 800)]),
        ({}, {"paid_amount": 400}, [("paid_amount", 500, 400)]),
        ({}, {"paid_amount": 600}, []),
        ({}, {"value_amount": None}, []),
        ({"value_amount": None}, {"value_amount": 900}, []),
    ],
)
def test_values_that_change_without_a_word(tmp_path, old, new, found):
    one, two = chain(tmp_path, {"contracts": [contract(1, **old)]}, {"contracts": [contract(1, **new)]})
    rows = ledger.silent_changes(one, two)
    assert list(rows[["what", "before", "after"]].itertuples(index=False, name=None)) == found


def test_an_amendment_of_value_covers_it(tmp_path):
    given_ = amendment(1, value_before_amount=900, value_after_amount=950, amendment_kind="value")
    one, two = chain(
        tmp_path, {"contracts": [contract(1)]}, {"contracts": [contract(1, value_amount=950)], "amendments": [given_]}
    )
    assert ledger.silent_changes(one, two).empty


@pytest.mark.parametrize(
    ("new", "found"),
    [
        ([report(1, date(2026, 7, 1), 0.4), report(1, date(2026, 8, 20), 0.5)], []),
        ([report(1, date(2026, 7, 1), 0.3), report(1, date(2026, 8, 20), 0.5)], [(0.4, 0.3)]),
        ([report(1, date(2026, 7, 1), 0.4), report(1, date(2026, 8, 20), 0.35)], [(0.4, 0.35)]),
        ([], []),
    ],
)
def test_works_that_go_backwards_or_are_rewritten(tmp_path, new, found):
    one, two = chain(tmp_path, {"progress": [report(1, date(2026, 7, 1), 0.4)]}, {"progress": new})
    rows = ledger.silent_changes(one, two)
    assert list(rows[["before", "after"]].itertuples(index=False, name=None)) == found
    assert set(rows["what"]) <= {"progress_share"}


# ---- nothing is lost --------------------------------------------------------------------------------------------------
DUE = st.one_of(st.none(), st.sampled_from([FIRST, SECOND, THIRD]))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.lists(DUE, min_size=3, max_size=3), min_size=1, max_size=3))
def test_a_longer_chain_only_adds(tmp_path_factory, steps):
    """Every date that any snapshot gives is in the ledger, and what was there before stays exactly as it was."""
    folder = tmp_path_factory.mktemp("chain")
    rows = [facility(i) for i in range(3)]
    snapshots = [
        made(folder / str(at), AS_OF[at], rows, contracts=[contract(i, due_on=day) for i, day in enumerate(step)])
        for at, step in enumerate(steps)
    ]
    before = None
    for n in range(1, len(snapshots) + 1):
        now = ledger.planned_dates(snapshots[:n])
        if before is not None:
            pd.testing.assert_frame_equal(now.iloc[: len(before)], before)
        before = now
    for i in range(3):
        given_ = {step[i] for step in steps} - {None}
        mine = of("due_on", before[before["facility_id"] == f"F{i}"])
        assert {day.date() for day in mine["planned_on"].dropna()} == given_


def test_no_snapshots_no_ledger():
    assert ledger.planned_dates([]).empty and ledger.delays([]).empty
