"""Expected money at risk: the worked example, the interval, and sums that are drawn together."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import money, schema, settings

SETTINGS = settings.load()
OWN = SETTINGS["money_at_risk"]

_FACILITIES = st.lists(
    st.tuples(
        st.sampled_from(schema.LEVELS), st.none() | st.integers(0, 10**12), st.none() | st.just(0) | st.integers(1, 10**12)
    ),
    min_size=1,
    max_size=25,
)


def _at_risk(facilities):
    names, kinds = ("level", "exposure_amount", "value_sum_amount"), (pa.string(), pa.int64(), pa.int64())
    columns = {name: pa.array([row[i] for row in facilities], kinds[i]) for i, name in enumerate(names)}
    return money.at_risk(pa.table(columns), settings=SETTINGS).to_pylist()


def _sum(facilities):
    lam, p = money.draws(OWN)
    amounts = [np.array([np.nan if row[i] is None else row[i] for row in facilities], float) for i in (1, 2)]
    return money.at_risk_sum(money.grades(row[0] for row in facilities), *amounts, lam=lam, p=p, settings=OWN)


def test_the_example_of_the_methodology():
    """Value 4.0 bn, 30 % paid ahead, level high: 0.27 of 1.2 bn."""
    (row,) = _at_risk([("high", 1_200_000_000, 4_000_000_000)])
    assert row["emr_amount"] == 324_000_000
    assert row["emr_low_amount"] < 200_000_000 < 450_000_000 < row["emr_high_amount"]


def test_without_a_documented_exposure_the_loss_share_speaks():
    (row,) = _at_risk([("low", 0, 1_000_000_000)])
    assert row["emr_amount"] == 7_800_000  # 0.06 of 13 %


def test_not_assessable_is_not_low():
    unknown, medium, low = _at_risk([(level, 0, 10**9) for level in ("not_assessable", "medium", "low")])
    assert unknown == medium | {"level": "not_assessable"}
    assert unknown["emr_amount"] > low["emr_amount"]


def test_without_a_value_nothing_is_estimated():
    (row,) = _at_risk([("critical", 10**9, None)])
    assert [row[f"emr_{name}amount"] for name in ("", "low_", "high_")] == [None, None, None]
    assert np.isnan(_sum([("critical", 10**9, None)])).all()


@hypothesis_settings(deadline=None, max_examples=60)
@given(_FACILITIES)
def test_the_estimate_lies_in_its_interval(facilities):
    for (_, exposure, value), row in zip(facilities, _at_risk(facilities), strict=True):
        if value is None:
            assert row["emr_amount"] is None
            continue
        assert 0 <= row["emr_low_amount"] <= row["emr_amount"] <= row["emr_high_amount"]
        assert row["emr_amount"] <= max(exposure or 0, value)


@hypothesis_settings(deadline=None, max_examples=60)
@given(_FACILITIES)
def test_each_interval_is_that_of_plain_draws(facilities):
    lam, p = money.draws(OWN)
    for (level, exposure, value), row in zip(facilities, _at_risk(facilities), strict=True):
        if value is not None:
            drawn = p[:, money.grades([level])[0]] * np.maximum(exposure or 0, lam * value)
            low, high = np.quantile(drawn, (0.1, 0.9))
            assert row["emr_low_amount"] == pytest.approx(min(low, row["emr_amount"]), rel=1e-9, abs=0.6)
            assert row["emr_high_amount"] == pytest.approx(max(high, row["emr_amount"]), rel=1e-9, abs=0.6)


@hypothesis_settings(deadline=None, max_examples=60)
@given(_FACILITIES)
def test_a_sum_is_drawn_together_and_holds_the_sum_of_the_estimates(facilities):
    known = [(level, exposure or 0, value) for level, exposure, value in facilities if value is not None]
    estimate, low, high = _sum(facilities)
    if not known:
        assert np.isnan([estimate, low, high]).all()
        return
    rows = _at_risk(facilities)
    assert estimate == pytest.approx(sum(row["emr_amount"] or 0 for row in rows), rel=1e-9, abs=len(rows))
    assert low <= estimate <= high
    lam, p = money.draws(OWN)
    drawn = sum(p[:, money.grades([level])[0]] * np.maximum(exposure, lam * value) for level, exposure, value in known)
    assert [low, high] == pytest.approx(
        [min(np.quantile(drawn, 0.1), estimate), max(np.quantile(drawn, 0.9), estimate)], rel=1e-9
    )


def test_the_default_intervals_need_no_stretching():
    """The estimate lies inside the drawn interval by itself, at every level, with and without an exposure."""
    lam, p = money.draws(OWN)
    for number, level in enumerate(("low", "medium", "high", "critical")):
        for exposure in (0.0, 0.1, 0.5):
            low, high = np.quantile(p[:, number] * np.maximum(exposure, lam), (0.1, 0.9))
            estimate = OWN["p_level"][level] * max(exposure, OWN["loss_share"]["mean"])
            assert low < estimate < high, (level, exposure)


def test_levels_keep_their_order_and_the_loss_share_its_range_in_every_draw():
    lam, p = money.draws(OWN)
    assert (np.diff(p, axis=1) >= 0).all() and (p > 0).all() and (p < 1).all()
    assert (lam >= OWN["loss_share"]["low"]).all() and (lam <= OWN["loss_share"]["high"]).all()
    assert lam.mean() == pytest.approx(OWN["loss_share"]["mean"], abs=0.005)
    again = money.draws(OWN)
    assert (lam == again[0]).all() and (p == again[1]).all()
    assert (money.draws({**OWN, "seed": 1})[0] != lam).any()
