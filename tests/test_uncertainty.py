"""Ranks under many weightings: the same formula as the score, bounded, repeatable, and fair to equal facilities."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import score, settings, uncertainty

SETTINGS = settings.load()
FACTS = {k: s for k, s in score.catalogue(SETTINGS).items() if k != score.DISCLOSURE}
FORMULA = {
    "weights": np.array([score.weight(s["q"]) for s in FACTS.values()]),
    "families": [s["family"] for s in FACTS.values()],
    "discount": SETTINGS["score"]["family_discount"],
}

# six digits: what differs by less than the engines do (1e-9 of a point) is no difference of rank
_SEVERITY = st.none() | st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1).map(lambda x: round(x, 6))
_CASES = st.lists(
    st.dictionaries(st.sampled_from(sorted(FACTS)), _SEVERITY),
    min_size=1,
    max_size=12,
)


def _matrix(cases):
    columns = {f"{k}_severity": [np.nan if case.get(k) is None else case[k] for case in cases] for k in FACTS}
    return uncertainty.severities(columns, list(FACTS), len(cases))


def _table(cases):
    """Facilities as the score leaves them, in the order of their ids."""
    scored = score.score_cases(cases, SETTINGS)
    columns = {f"{k}_severity": pa.array([case.get(k) for case in cases], pa.float64()) for k in FACTS}
    return pa.table(columns | {"r_lo": pa.array([one["R_lo"] for one in scored], pa.float64())})


def _ranked(cases, **changes):
    changed = {**SETTINGS, "uncertainty": {**SETTINGS["uncertainty"], "draws": 60, **changes}}
    return uncertainty.ranked(_table(cases), settings=changed).to_pylist()


@hypothesis_settings(deadline=None, max_examples=40)
@given(_CASES)
def test_evidence_is_the_formula_of_the_score(cases):
    own = 100 * (1 - np.exp(-uncertainty.evidence(np.nan_to_num(_matrix(cases)), **FORMULA)))
    assert own == pytest.approx([one["R_lo"] for one in score.score_cases(cases, SETTINGS)], abs=1e-9)


@hypothesis_settings(deadline=None, max_examples=25)
@given(_CASES)
def test_without_doubt_about_the_weights_every_weighting_is_the_published_one(cases):
    rows = _ranked(cases, sigma=0.0, top_n=1)
    best = max(row["r_lo"] for row in rows)
    for row in rows:
        n_more = sum(round(other["r_lo"], 9) > round(row["r_lo"], 9) for other in rows)
        assert row["rank_low"] <= n_more + 1 <= row["rank"] == row["rank_high"]
        assert row["top20_share"] == (round(row["r_lo"], 9) == round(best, 9))


@hypothesis_settings(deadline=None, max_examples=25)
@given(_CASES)
def test_ranks_are_a_numbering_by_points_inside_their_intervals(cases):
    rows = _ranked(cases)
    assert sorted(row["rank"] for row in rows) == list(range(1, len(rows) + 1))
    in_order = sorted(rows, key=lambda row: row["rank"])
    assert all(a["r_lo"] >= b["r_lo"] - 1e-9 for a, b in pairwise(in_order))
    for row in rows:
        assert 1 <= row["rank_low"] <= row["rank"] <= row["rank_high"] <= len(rows)
        assert 0 <= row["top20_share"] <= 1


def test_equal_points_are_numbered_by_the_id_and_equally_often_on_top():
    same = {"T01": 0.5, "T10": 1.0}
    rows = _ranked([same, {"T01": 1.0}, same], top_n=2)
    assert [row["rank"] for row in rows] == [2, 1, 3]
    assert rows[0]["top20_share"] == rows[2]["top20_share"]
    assert rows[0]["rank_low"] == rows[2]["rank_low"]


def test_the_interval_is_that_of_all_draws_whatever_the_chunk(monkeypatch):
    random = np.random.default_rng(3)
    cases = [{k: float(x) for k, x in zip(FACTS, random.random(len(FACTS)), strict=True)} for _ in range(30)]
    whole = _ranked(cases, draws=50)
    monkeypatch.setattr(uncertainty, "_CHUNK", 7)
    assert _ranked(cases, draws=50) == whole
    section = {**SETTINGS["uncertainty"], "draws": 50}
    factors = np.random.default_rng(section["seed"]).lognormal(0.0, section["sigma"], (50, len(FACTS)))
    severity = _matrix(cases)
    drawn = [
        uncertainty.ranks(
            uncertainty.evidence(severity, FORMULA["weights"] * f, FORMULA["families"], discount=FORMULA["discount"]),
            is_shared=True,
        )
        for f in factors
    ]
    low, high = np.sort(drawn, axis=0)[[4, -5]]  # the 5th of 50 from either end: 10 % beyond
    assert [row["rank_low"] for row in whole] == np.minimum(low, [row["rank"] for row in whole]).tolist()
    assert [row["rank_high"] for row in whole] == np.maximum(high, [row["rank"] for row in whole]).tolist()


def test_the_seed_decides():
    cases = [{"T01": 0.3}, {"T10": 1.0}, {"T08": 0.6}, {"T07": 0.5}]
    assert _ranked(cases) == _ranked(cases)
    assert [row["top20_share"] for row in _ranked(cases, top_n=1)] != [
        row["top20_share"] for row in _ranked(cases, top_n=1, seed=1)
    ]


def test_no_facilities_no_ranks():
    assert _ranked([{"T01": 1.0}])[0]["rank"] == 1
    empty = uncertainty.ranked(_table([{}]).slice(0, 0), settings=SETTINGS)
    assert empty.num_rows == 0 and "top20_share" in empty.column_names
