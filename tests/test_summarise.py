"""Summaries per region: what is counted, what is not known, and that everything adds up."""

from itertools import combinations
from urllib.parse import parse_qsl

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import filters, schema, settings, summarise
from riskmap.web import official

SETTINGS = settings.load()


def _facilities(rows):
    standard = {
        "region_code": "KZ-75", "currency": "KZT", "budget_amount": 100, "exposure_amount": 0, "is_flagged": False,
        "is_overdue": False, "days_late": 0, "level": "low", "coverage": 0.8, "lat": 43.2, "lon": 76.9,
        "value_amount": 90, "delay_cause": None, "r_lo": 5.0,
    }  # fmt: skip
    frame = pd.DataFrame([{**standard, **row} for row in rows], columns=list(standard))
    kinds = {
        "budget_amount": "Int64",
        "exposure_amount": "Int64",
        "value_amount": "Int64",
        "days_late": "Int64",
        "is_flagged": "boolean",
        "is_overdue": "boolean",
    }
    return frame.astype(kinds).astype({"coverage": "float64", "lat": "float64", "lon": "float64"})


def _one(rows):
    return summarise.by_region(_facilities(rows), SETTINGS).iloc[0]


def test_unknown_is_counted_and_is_not_zero():
    row = _one([{"is_overdue": True}, {"is_overdue": None}, {"is_overdue": False}, {"budget_amount": None}])
    assert (row["n_overdue"], row["n_overdue_unknown"]) == (1, 1)
    assert row["share_overdue"] == pytest.approx(1 / 3)
    assert (row["budget"], row["n_budget_unknown"]) == (300, 1)


def test_nothing_known_is_null_not_zero():
    row = _one([{"is_overdue": None, "budget_amount": None, "exposure_amount": None, "coverage": None}])
    for name in ("budget", "exposure", "share_overdue", "exposure_share", "median_days_late", "coverage_mean"):
        assert pd.isna(row[name]), name


def test_none_flagged_is_a_known_zero_but_a_flagged_one_without_budget_is_not():
    assert _one([{"is_flagged": False}])["flagged_budget"] == 0
    row = _one([{"is_flagged": True, "budget_amount": None}])
    assert pd.isna(row["flagged_budget"])
    assert row["n_flagged_budget_unknown"] == 1


def test_exposure_share_looks_only_where_both_are_known():
    row = _one([{"exposure_amount": 50}, {"exposure_amount": 70, "budget_amount": None}, {"exposure_amount": None}])
    assert row["exposure"] == 120
    assert row["exposure_share"] == pytest.approx(0.5)


def test_median_days_late_is_that_of_the_overdue():
    rows = [{"is_overdue": True, "days_late": days} for days in (10, 30, 500)] + [{"is_overdue": False, "days_late": 999}]
    assert _one(rows)["median_days_late"] == 30


def test_another_currency_is_never_summed():
    row = _one([{"currency": "USD"}, {}])
    assert (row["budget"], row["n_budget_unknown"], row["n_exposure_unknown"]) == (100, 1, 1)


def test_unknown_region_is_last_and_few_facilities_are_small():
    by_region = summarise.by_region(_facilities([{"region_code": None, "is_flagged": True}] * 20 + [{}] * 3), SETTINGS)
    assert by_region["region_code"].tolist() == ["KZ-75", "unknown"]
    assert by_region["is_small"].tolist() == [True, False]


def test_nothing_at_all():
    none = _facilities([])
    assert summarise.by_region(none, SETTINGS).empty
    sums = summarise.totals(none, SETTINGS)
    assert (sums["n_facilities"], sums["flagged_budget"], sums["budget"]) == (0, 0, None)


_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "region_code": st.sampled_from(["KZ-75", "KZ-71", None]),
            "budget_amount": st.none() | st.integers(0, 10**13),
            "exposure_amount": st.none() | st.integers(0, 10**12),
            "is_flagged": st.booleans(),
            "is_overdue": st.none() | st.booleans(),
            "currency": st.sampled_from(["KZT", "USD"]),
            "value_amount": st.none() | st.integers(0, 10**13),
            "level": st.sampled_from(schema.LEVELS),
            "delay_cause": st.none() | st.sampled_from(schema.DELAY_CAUSES),
            "r_lo": st.floats(0, 100),
            "lat": st.none() | st.just(50.0),
        }
    ),
    min_size=1,
    max_size=40,
)


@hypothesis_settings(deadline=None, max_examples=60)
@given(_ROWS)
def test_regions_add_up_to_the_totals(rows):
    frame = _facilities(rows)
    by_region, sums = summarise.by_region(frame, SETTINGS), summarise.totals(frame, SETTINGS)
    assert sums["n_facilities"] == len(rows)
    for name, total in sums.items():
        if name.startswith("n_") or name in ("budget", "flagged_budget", "exposure"):
            counted = by_region[by_region["n_flagged"] > 0] if name == "flagged_budget" and sums["n_flagged"] else by_region
            expected = counted[name].sum(min_count=1)
            assert (pd.isna(expected) and total is None) or expected == total, name


@hypothesis_settings(deadline=None, max_examples=60)
@given(_ROWS, st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    left, right = (summarise.by_region(_facilities(r), SETTINGS) for r in (rows, shuffled))
    pd.testing.assert_frame_equal(left, right, check_exact=False, rtol=1e-12)


def test_breaks_are_round_inside_the_values_and_rising():
    values = pd.Series([3.4e8, 2e9, 6.3e10, 0, None], dtype="Float64")
    assert summarise.class_breaks(values, is_log=True) == [2e9, 5e10]  # each in the gap between two of the three
    assert summarise.class_breaks(pd.Series([0.1, 0.6], dtype="Float64"), is_log=False) == [0.5]
    assert summarise.class_breaks(pd.Series([5.0, 5.0, None], dtype="Float64"), is_log=False) == []
    assert summarise.class_breaks(pd.Series([None], dtype="Float64"), is_log=True) == []


def test_a_border_is_a_number_that_the_legend_can_print():
    shares = pd.Series([0.100, 0.104, 0.30, 0.306], dtype="Float64")
    assert summarise.class_breaks(shares, is_log=False, n_classes=2, finest=0.01) == [0.2]
    close = summarise.class_breaks(shares, is_log=False, n_classes=4, finest=0.01)
    assert all(round(border * 100, 9) == round(border * 100) for border in close)


@pytest.mark.parametrize("is_log", [False, True])
@hypothesis_settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 60), min_size=3, max_size=9), st.integers(2, 4))
def test_no_other_cut_leaves_less_deviation_inside_the_classes(is_log, numbers, n_classes):
    values = np.sort(np.array(numbers, float))
    values = np.log(values) if is_log else values

    def deviation(cuts):
        return sum(((part - part.mean()) ** 2).sum() for part in np.split(values, cuts) if len(part))

    n = min(n_classes, len(np.unique(values)))
    every = combinations(range(1, len(values)), n - 1)
    assert deviation(summarise._natural(values, n_classes)) == pytest.approx(min(map(deviation, every)), abs=1e-9)


def test_classes_go_by_the_breaks_and_unknown_has_none():
    classes = summarise.class_of(pd.Series([0, 1, 1.5, 2, 9, None], dtype="Float64"), [1, 2])
    assert classes.tolist() == [0, 1, 1, 2, 2, pd.NA]


@hypothesis_settings(deadline=None)
@given(st.lists(st.floats(1e-3, 1e15), min_size=2, max_size=30), st.booleans())
def test_every_known_value_has_a_class_and_more_is_never_lighter(numbers, is_log):
    values = pd.Series(sorted(numbers), dtype="Float64")
    breaks = summarise.class_breaks(values, is_log=is_log)
    classes = summarise.class_of(values, breaks)
    assert len(breaks) <= 4 and breaks == sorted(breaks)
    assert classes.is_monotonic_increasing and classes.notna().all()


# ---- money at risk ----------------------------------------------------------------------------------------------------
@hypothesis_settings(deadline=None, max_examples=40)
@given(_ROWS)
def test_money_at_risk_of_a_region_lies_in_its_interval_and_estimates_add_up(rows):
    frame = _facilities(rows)
    by_region, sums = summarise.by_region(frame, SETTINGS), summarise.totals(frame, SETTINGS)
    for row in [*by_region.to_dict("records"), sums]:
        if row["emr"] is None or pd.isna(row["emr"]):
            assert row["n_emr_unknown"] == row["n_facilities"]
        else:
            assert 0 <= row["emr_low"] <= row["emr"] <= row["emr_high"]
    if sums["emr"] is not None:
        assert by_region["emr"].sum() == pytest.approx(sums["emr"], rel=1e-9)
        assert sums["emr_low"] <= by_region["emr"].sum() * (1 + 1e-9)
        assert sums["emr_high"] >= by_region["emr"].sum() * (1 - 1e-9)


def test_the_share_of_high_levels_is_drawn_towards_that_of_all():
    high = [{"region_code": "KZ-71", "level": "high"}] * 2
    by_region = summarise.by_region(_facilities([*high, *[{}] * 17, {"level": "not_assessable"}]), SETTINGS)
    shares = dict(zip(by_region["region_code"], by_region["share_high"], strict=True))
    of_all = 2 / 19  # what is not assessable has no level
    assert shares["KZ-71"] == pytest.approx((2 + 10 * of_all) / 12)
    assert shares["KZ-75"] == pytest.approx((0 + 10 * of_all) / 27)


def test_where_nothing_has_a_level_there_is_no_share():
    assert pd.isna(_one([{"level": "not_assessable"}])["share_high"])


def test_a_snapshot_of_an_earlier_version_has_no_estimate():
    older = {name: section for name, section in SETTINGS.items() if name != "money_at_risk"}
    assert "emr" not in summarise.by_region(_facilities([{}]), older)


# ---- causes -----------------------------------------------------------------------------------------------------------
def test_causes_of_the_overdue_with_what_is_not_known():
    late = {"is_overdue": True}
    rows = [late | {"delay_cause": "money"}, late, late | {"delay_cause": "unknown"}, {"delay_cause": "weather"}]
    causes = summarise.by_cause(
        _facilities([*rows, late | {"region_code": None, "delay_cause": "land"}, {"region_code": "KZ-71"}])
    )
    assert causes["region_code"].tolist() == ["KZ-75", "unknown"]
    row = causes.iloc[0]
    assert (row["n_overdue"], row["money"], row["unknown"], row["weather"]) == (3, 1, 2, 0)


@hypothesis_settings(deadline=None, max_examples=40)
@given(_ROWS)
def test_every_overdue_facility_has_one_cause_and_every_facility_one_place_in_the_official_view(rows):
    frame = _facilities(rows)
    causes = summarise.by_cause(frame)
    assert causes["n_overdue"].sum() == summarise.totals(frame, SETTINGS)["n_overdue"]
    assert causes[list(schema.DELAY_CAUSES)].sum(axis=1).equals(causes["n_overdue"])
    view = summarise.official_view(frame, SETTINGS)
    assert view.shape == (6, 6)
    assert view.to_numpy().sum() == len(frame)
    assert view.loc["not_assessable"].sum() == frame["level"].eq("not_assessable").sum()


def test_the_official_view_at_its_borders():
    rows = [
        {"r_lo": 9.99, "budget_amount": 499_999_999}, {"r_lo": 10.0, "budget_amount": 500_000_000},
        {"level": "critical", "budget_amount": 15_000_000_000}, {"level": "high", "budget_amount": None},
        {"level": "medium", "budget_amount": 10**9, "currency": "USD"}, {"level": "not_assessable", "budget_amount": 1},
    ]  # fmt: skip
    view = summarise.official_view(_facilities(rows), SETTINGS)
    filled = {(row, column) for row in view.index for column in view.columns if view.loc[row, column]}
    assert filled == {
        ("very_rare", "minor"), ("rare", "moderate"), ("very_often", "severe"), ("often", "unknown"), ("possible", "unknown"),
        ("not_assessable", "minor"),
    }  # fmt: skip


@hypothesis_settings(deadline=None, max_examples=40)
@given(_ROWS, st.sampled_from(["medium", "high", "critical", "not_assessable"]), st.integers(0, 4))
def test_the_list_behind_a_cell_has_as_many_rows_as_the_cell(rows, level, band):
    frame = _facilities(rows).assign(is_restricted=False, facility_id=[f"F{i:03}" for i in range(len(rows))])
    frame = frame[frame["currency"] == "KZT"]
    likelihood = {"medium": "possible", "high": "often", "critical": "very_often"}.get(level, level)
    counted = summarise.official_view(frame, SETTINGS).loc[likelihood, summarise.IMPACTS[band]]
    borders = [None, *SETTINGS["official_view"]["budget_bands"], None]
    query = dict(parse_qsl(official._href(filters.Filter(), level, borders[band], borders[band + 1], "en").partition("?")[2]))
    shown = filters.apply(filters.from_query(query, filters.FLAGGED), frame)
    assert len(shown) == counted
