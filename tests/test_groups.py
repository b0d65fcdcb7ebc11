"""Groups side by side: nothing is lost, unknown stays unknown, and the limits are those of the binomial distribution."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.stats import binom

from riskmap import groups, schema, settings

SETTINGS = settings.load()
AS_OF = date(2026, 11, 1)
_STANDARD = {
    "facility_id": "F", "region_code": "KZ-75", "programme": "P", "facility_type": "school", "currency": "KZT",
    "buyer_id": "100140000001", "buyer_name": "Buyer", "supplier_id": "100240000001", "supplier_name": "Firm",
    "is_overdue": False, "days_late": 0, "is_flagged": False, "level": "low", "r_mid": 5.0, "T01_value": 0.0,
    "unit_cost": 2.0, "peer_unit_cost": 1.0, "n_peers": 50,
}  # fmt: skip
_KINDS = {
    "is_overdue": "boolean", "is_flagged": "boolean", "days_late": "Int64", "n_peers": "Int64", "r_mid": "float64",
    "T01_value": "float64", "unit_cost": "float64", "peer_unit_cost": "float64",
    **dict.fromkeys(("buyer_id", "buyer_name", "supplier_id", "supplier_name", "region_code", "programme", "currency"), "string"),
}  # fmt: skip


def facilities(rows):
    named = [{**_STANDARD, "facility_id": f"F{i}", **row} for i, row in enumerate(rows)]
    return pd.DataFrame(named, columns=list(_STANDARD)).astype(_KINDS)


def contracts(rows):
    standard = {
        "facility_id": "F0", "contract_id": "C", "supplier_id": "100240000001", "supplier_name": "Firm", "buyer_id": None,
        "value_amount": 100, "signed_on": date(2026, 1, 1), "is_on_rnu": None, "rnu_from_on": None, "rnu_to_on": None,
    }  # fmt: skip
    frame = pd.DataFrame([{**standard, "contract_id": f"C{i}", **row} for i, row in enumerate(rows)], columns=list(standard))
    kinds = {"value_amount": "Int64", "is_on_rnu": "boolean"}
    return frame.astype({**kinds, **dict.fromkeys(("supplier_id", "supplier_name", "buyer_id"), "string")})


def compared(rows, by="region", measure="overdue"):
    return groups.compared(facilities(rows), by, measure, SETTINGS).set_index("key")


# ---- the limits -----------------------------------------------------------------------------------------------------
def test_the_limits_of_ten_facilities_at_a_rate_of_one_half():
    """By hand: of 1,024 outcomes 1 has no success, 10 have one, 45 two. P(X <= 1) = 11/1024 = 0.0107 < 0.025 <= 56/1024.

    So r = 2, passed by (56 - 25.6) / 45 of a step: lower limit (2 - 0.675556) / 10 = 0.132444; above it is the mirror.
    """
    low, high = groups.limits(np.array([10]), 0.5, 0.95)
    assert low[0] == pytest.approx(0.1324444, abs=1e-7)
    assert high[0] == pytest.approx(1 - 0.1324444, abs=1e-7)


def test_who_is_outside_by_hand():
    """Ten facilities at one half: 1 of 10 is outside the inner limits (0.0107), 0 of 10 the outer (0.00098 < 0.001)."""
    counts = np.array([0, 1, 2, 5, 8, 9, 10])
    expected = ["far_below", "below", "inside", "inside", "inside", "above", "far_above"]
    assert groups.places(counts, np.full(7, 10), 0.5) == expected


_N, _RATE = st.integers(1, 3000), st.floats(0.001, 0.999)


@hypothesis_settings(deadline=None, max_examples=200)
@given(_N, _RATE, st.sampled_from([groups.INNER, groups.OUTER]))
def test_a_count_is_outside_exactly_when_its_tail_is_below_half_of_the_rest(n, rate, share):
    low, high = (side[0] for side in groups.limits(np.array([n]), rate, share))
    tail, counts = (1 - share) / 2, np.arange(n + 1)
    below, above = binom.cdf(counts, n, rate), binom.sf(counts - 1, n, rate)
    clear = np.minimum(abs(below - tail), abs(above - tail)) > 1e-9  # a tie is decided by the last digit
    assert ((counts / n < low - 1e-12) == (below < tail))[clear].all()
    assert ((counts / n > high + 1e-12) == (above < tail))[clear].all()


@hypothesis_settings(deadline=None, max_examples=200)
@given(_N, _RATE)
def test_limits_hold_the_rate_lie_in_each_other_and_widen_with_fewer_facilities(n, rate):
    many = np.array([n, 4 * n])
    (low, low_4), (high, high_4) = groups.limits(many, rate, groups.INNER)
    (out, _), (out_high, _) = groups.limits(many, rate, groups.OUTER)
    assert 0 <= out <= low <= rate + 1e-12 and rate - 1e-12 <= high <= out_high <= 1
    assert high_4 - low_4 <= high - low + 1e-12


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_where_nothing_varies_nothing_is_outside(rate):
    assert [side.tolist() for side in groups.limits(np.array([0, 5]), rate, 0.95)] == [[0, 0], [1, 1]]
    assert groups.places(np.array([0, 5]), np.array([5, 5]), rate) == ["inside", "inside"]


# ---- counts ---------------------------------------------------------------------------------------------------------
_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "region_code": st.sampled_from(["KZ-75", "KZ-71", None]),
            "programme": st.sampled_from(["A", "B", None]),
            "buyer_id": st.sampled_from(["100140000001", "******1234", None]),
            "buyer_name": st.sampled_from(["Buyer", "БАЙЕР", "№", None]),
            "supplier_id": st.sampled_from(["100240000001", None]),
            "supplier_name": st.sampled_from(["Firm", None]),
            "is_overdue": st.none() | st.booleans(),
            "days_late": st.none() | st.integers(0, 2000),
            "is_flagged": st.booleans(),
            "level": st.sampled_from(schema.LEVELS),
            "r_mid": st.floats(0, 100),
            "T01_value": st.none() | st.floats(-1, 1),
            "unit_cost": st.none() | st.floats(0.1, 10),
            "n_peers": st.none() | st.integers(0, 50),
        }
    ),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize("by", groups.BY)
@pytest.mark.parametrize("measure", groups.MEASURES)
@hypothesis_settings(deadline=None, max_examples=20)
@given(rows=_ROWS)
def test_groups_add_up_to_the_total_with_the_unknown_as_their_own_line(by, measure, rows):
    frame = facilities(rows)
    found, total = groups.compared(frame, by, measure, SETTINGS), groups.overall(frame, measure, SETTINGS)
    counted = ["n_facilities", "n_known", "n_unknown", "n_other", *(["n_yes"] if groups.MEASURES[measure].is_event else [])]
    for name in counted:
        assert found[name].sum() == total[name], name
    assert total["n_facilities"] == len(rows)
    assert (found["n_known"] + found["n_unknown"] + found["n_other"] == found["n_facilities"]).all()
    unknown = found.loc[found["key"] == groups.UNKNOWN, "n_facilities"].sum()
    assert unknown == (groups.keys(frame, by) == groups.UNKNOWN).sum()
    assert found["key"].is_unique and found["key"].notna().all()


@hypothesis_settings(deadline=None, max_examples=40)
@given(_ROWS, st.randoms(), st.sampled_from(list(groups.MEASURES)))
def test_the_order_of_rows_does_not_matter(rows, random, measure):
    shuffled = random.sample(rows, len(rows))
    left, right = (groups.compared(facilities(r), "buyer", measure, SETTINGS) for r in (rows, shuffled))
    pd.testing.assert_frame_equal(left, right, check_exact=False, rtol=1e-12)


def test_an_unknown_deadline_is_in_no_share():
    row = compared([{"is_overdue": True}, {"is_overdue": None}, {"is_overdue": False}]).iloc[0]
    assert (row["n_known"], row["n_unknown"], row["n_yes"]) == (2, 1, 1)
    assert row["share"] == pytest.approx(0.5)


def test_who_is_not_overdue_is_not_flagged_but_overdue_and_not_assessable_is_not_known():
    rows = [
        {"is_overdue": False, "level": "not_assessable"},
        {"is_overdue": True, "level": "not_assessable"},
        {"is_overdue": None, "level": "high"},
        {"is_overdue": True, "level": "high", "is_flagged": True},
    ]
    row = compared(rows, measure="flagged").iloc[0]
    assert (row["n_known"], row["n_unknown"], row["n_yes"]) == (2, 2, 1)


def test_lateness_speaks_of_the_overdue_only():
    rows = [{"is_overdue": True, "days_late": d} for d in (10, 30, 500)]
    rows += [{"is_overdue": False, "days_late": 999}, {"is_overdue": None, "days_late": None}]
    row = compared(rows, measure="days_late").iloc[0]
    assert (row["n_known"], row["n_unknown"], row["n_other"], row["median"]) == (3, 1, 1, 30)


def test_points_of_what_cannot_be_assessed_are_not_known():
    row = compared([{"level": "not_assessable", "r_mid": 40.0}, {"r_mid": 8.0}], measure="points").iloc[0]
    assert (row["n_known"], row["n_unknown"], row["median"]) == (1, 1, 8.0)


def test_a_price_among_few_peers_is_not_known():
    few = SETTINGS["unit_cost"]["min_n"] - 1
    row = compared([{"n_peers": few}, {"unit_cost": 3.0}, {"unit_cost": None}], measure="price").iloc[0]
    assert (row["n_known"], row["n_unknown"], row["median"]) == (1, 2, 3.0)


def test_fewer_than_ten_known_facilities_are_too_few_to_compare():
    rows = [{"region_code": "A"}] * 10 + [{"region_code": "B"}] * 9 + [{"region_code": "B", "is_overdue": None}] * 5
    assert compared(rows)["is_small"].to_dict() == {"A": False, "B": True}


def test_dots_stand_for_equal_parts():
    assert groups.dots(np.array([3.0, np.nan, 1.0])).tolist() == [1.0, 3.0]
    many = groups.dots(np.arange(1001.0))
    assert len(many) == groups.N_DOTS and many[0] == 25.0 and many[-1] == 975.0


# ---- who is who -----------------------------------------------------------------------------------------------------
def test_a_number_goes_before_a_name_and_a_shared_name_joins_nobody():
    ids = pd.Series(["100240000001", None, None, "100240000002", None, "******1234", "******1234", "******9999"], dtype="string")
    said = pd.Series(["Астра", "ТОО Астра", "тоо  астра", "Астра", None, "Ахметов А", "Омаров Б", None], dtype="string")
    keys = groups.party_keys(ids, said).tolist()
    assert keys[:5] == ["100240000001", "name:to astra", "name:to astra", "100240000002", groups.UNKNOWN]
    assert keys[5] != keys[6] and "1234" not in "".join(keys[5:7])  # four digits are shared by many persons
    assert keys[7] == groups.UNKNOWN


def test_the_name_is_the_one_that_most_rows_give():
    keys = pd.Series(["1", "1", "1", "2", "2", "3"])
    said = pd.Series(["B", "B", "A", "D", "C", None])
    assert groups.names(keys, said).to_dict() == {"1": "B", "2": "C"}


# ---- pairs ----------------------------------------------------------------------------------------------------------
def agreements(rows, signed):
    return groups.agreements(facilities(rows), contracts(signed), settings=SETTINGS, as_of=AS_OF)


def test_a_pair_counts_facilities_once_and_contracts_each():
    rows = agreements(
        [{"is_overdue": True}, {"is_overdue": None}, {}],
        [
            {"facility_id": "F0", "value_amount": 100},
            {"facility_id": "F0", "value_amount": None},
            {"facility_id": "F1", "value_amount": 30},
        ],
    )
    pair = groups.pairs(rows).iloc[0]
    assert (pair["n_facilities"], pair["n_contracts"], pair["value"], pair["n_value_unknown"]) == (2, 3, 130, 1)
    assert (pair["n_overdue"], pair["n_overdue_known"]) == (1, 1)
    assert groups.unpaired(rows) == 1  # F2 has no contract


def test_the_buyer_of_the_contract_goes_before_that_of_the_facility_and_another_currency_is_no_value():
    rows = agreements([{"currency": "USD"}], [{"buyer_id": "100140000009"}])
    pair = groups.pairs(rows).iloc[0]
    assert pair["buyer_key"] == "100140000009" and pd.isna(pair["value"]) and pair["n_value_unknown"] == 1
    assert rows["buyer_name"].isna().all()  # the name is that of the facility's own buyer


def test_the_share_is_that_of_t15():
    """Six contracts of one buyer, 100 each but one of 300; the firm holds 300 + 100 of 800: one half, five or more, two wins."""
    other = {"supplier_id": "100240000099", "value_amount": 100}
    rows = agreements([{}] * 6, [{"facility_id": f"F{i}", **other} for i in range(4)] + [
        {"facility_id": "F4", "value_amount": 300}, {"facility_id": "F5", "value_amount": 100},
    ])  # fmt: skip
    pairs = groups.pairs(rows).set_index("supplier_key")
    assert pairs.loc["100240000001", "buyer_share"] == pytest.approx(0.5)
    assert pairs["is_concentrated"].tolist() == [True, True]
    four = groups.pairs(rows[rows["facility_id"] != "F0"])  # shares are those of the whole, whatever part is shown
    assert four["buyer_share"].sum() == pytest.approx(1.0)


def test_persons_with_the_same_masked_number_are_not_one_firm_here_either():
    """T15 tells them apart by their names; so must the numbers shown beside it."""
    masked = {"supplier_id": "******1234", "value_amount": 100}
    rows = agreements([{}] * 6, [{"facility_id": f"F{i}", "supplier_name": f"Demo Trader {i % 2}", **masked} for i in range(6)])
    pairs = groups.pairs(rows)
    assert pairs["buyer_share"].tolist() == pytest.approx([0.5, 0.5])


def test_too_few_contracts_are_no_concentration():
    pairs = groups.pairs(agreements([{}] * 3, [{"facility_id": f"F{i}"} for i in range(3)]))
    assert pairs["buyer_share"].tolist() == [1.0] and pairs["is_concentrated"].tolist() == [False]


@hypothesis_settings(deadline=None, max_examples=40)
@given(
    _ROWS, st.lists(st.tuples(st.integers(0, 39), st.sampled_from(["1", "2", None]), st.none() | st.integers(1, 9)), max_size=60)
)
def test_every_contract_and_facility_is_in_a_pair_or_counted_as_unpaired(rows, signed):
    said = [
        {"facility_id": f"F{f}", "supplier_id": s, "supplier_name": None, "value_amount": v}
        for f, s, v in signed
        if f < len(rows)
    ]
    found = agreements(rows, said)
    pairs, paired = groups.pairs(found), found["facility_id"].nunique() - groups.unpaired(found)
    in_pair = found[found["contract_id"].notna() & found["buyer_key"].ne("unknown") & found["supplier_key"].ne("unknown")]
    assert pairs["n_contracts"].sum() == len(in_pair)
    assert pairs["value"].sum() == in_pair["value"].sum()
    assert found["facility_id"].nunique() == len(rows) and paired == in_pair["facility_id"].nunique()


# ---- one firm or body -----------------------------------------------------------------------------------------------
def test_a_firm_has_the_facilities_of_all_its_contracts_and_its_namesakes_are_only_named():
    rows = facilities([{"is_overdue": True, "is_flagged": True}, {}, {"supplier_id": None}])
    signed = contracts([
        {"facility_id": "F0"}, {"facility_id": "F1", "supplier_id": "100240000077", "supplier_name": "Lot 2"},
        {"facility_id": "F1", "value_amount": None}, {"facility_id": "F2", "supplier_id": None},
    ])  # fmt: skip
    found = groups.agreements(rows, signed, settings=SETTINGS, as_of=AS_OF)
    firm = groups.party(rows, found, "supplier", "100240000001")
    assert firm.facility_ids == ("F0", "F1") and firm.same_name == ("name:firm",)
    assert (firm.sums["n_contracts"], firm.sums["value"], firm.sums["n_value_unknown"]) == (2, 100, 1)
    assert (firm.sums["n_overdue"], firm.sums["n_overdue_known"], firm.sums["n_flagged"]) == (1, 2, 1)
    assert groups.party(rows, found, "supplier", "100240000077").facility_ids == ("F1",)
    assert groups.partners(firm.rows, "supplier")["n_contracts"].tolist() == [2]
    for key in ("unknown", "nobody", "", "name:"):
        assert groups.party(rows, found, "supplier", key) is None


def test_a_name_finds_its_only_bearer_and_never_one_of_two():
    rows = agreements([{}] * 3, [
        {"facility_id": "F0", "supplier_name": "Астра"}, {"facility_id": "F1", "supplier_id": "2", "supplier_name": "Вега"},
        {"facility_id": "F2", "supplier_id": "3", "supplier_name": "Вега"},
    ])  # fmt: skip
    assert groups.find_key(rows, "supplier", "астра") == "100240000001"
    assert groups.find_key(rows, "supplier", "2") == "2"
    assert groups.find_key(rows, "supplier", "Вега") == "Вега"  # two firms: neither is meant
    assert groups.find_key(rows, "supplier", "№") == "№"


def test_a_buyer_has_its_facilities_without_contracts_too():
    rows = facilities([{}, {}])
    found = groups.agreements(rows, contracts([{"facility_id": "F0"}]), settings=SETTINGS, as_of=AS_OF)
    body = groups.party(rows, found, "buyer", "100140000001")
    assert body.sums["n_facilities"] == 2 and body.sums["n_contracts"] == 1


def test_register_entries_are_told_with_their_dates_and_silence_is_not_a_no():
    span = {"is_on_rnu": True, "rnu_from_on": date(2024, 1, 1), "rnu_to_on": date(2026, 1, 1)}
    rows = agreements(
        [{}] * 5,
        [
            {"facility_id": "F0", **span},
            {"facility_id": "F1", **span},
            {"facility_id": "F2", **span, "rnu_to_on": None},
            {"facility_id": "F3", "is_on_rnu": False},
            {"facility_id": "F4"},
        ],
    )
    entries, n_no, n_unknown = groups.register(rows)
    assert entries == [(date(2024, 1, 1), None), (date(2024, 1, 1), date(2026, 1, 1))]
    assert (n_no, n_unknown) == (1, 1)
