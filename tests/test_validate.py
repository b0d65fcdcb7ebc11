"""The proof: hand-worked measures, worlds that repeat, outcomes that do not leak backwards, the card."""

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import facts, geography, i18n, intake
from riskmap import score as scoring
from riskmap import settings as settings_file
from riskmap.__main__ import main, run
from riskmap.demo.simulate import DEMO
from riskmap.pipeline import score_folder, score_tables
from riskmap.problem import DataError
from riskmap.validate import (
    card,
    ceiling,
    delivery_risk,
    lateness,
    learned,
    outcomes,
    panel,
    simulation,
    stability,
    summary,
    targets,
    worlds,
)
from riskmap.validate import metrics as m
from riskmap.web.backtest import backtest

SETTINGS = settings_file.load()
TOWNS = pd.read_csv(geography.FOLDER / "settlements.csv")
YES, NO = True, False


def numbers(*values):
    return np.array(values, dtype=float)


# ---- measures, worked by hand --------------------------------------------------------------------------------------
def test_auc_counts_a_tie_as_one_half():
    # of the four pairs (finding, none): 3 > 2, 3 > 1, 2 = 2, 2 > 1
    assert m.auc(numbers(3, 2, 2, 1), np.array([YES, NO, YES, NO])) == pytest.approx(3.5 / 4)
    assert m.auc(numbers(1, 2), np.array([YES, NO])) == 0.0
    assert np.isnan(m.auc(numbers(1, 2), np.array([NO, NO])))


def test_average_precision():
    truth = np.array([YES, NO, YES, NO])
    assert m.average_precision(numbers(4, 3, 2, 1), truth) == pytest.approx((1 + 2 / 3) / 2)
    assert m.average_precision(numbers(7, 7, 7, 7), truth) == pytest.approx(0.5)  # one tie: the base rate


def test_the_top_shares_its_last_places_among_ties():
    score, truth = numbers(5, 3, 3, 1), np.array([YES, YES, NO, NO])
    assert m.chosen(score, 2).tolist() == [1, 0.5, 0.5, 0]
    assert m.precision_at(score, truth, 2) == pytest.approx(0.75)
    assert m.lift_at(score, truth, 2) == pytest.approx(1.5)
    assert m.capture_at(score, numbers(10, 20, 30, 40), 2) == pytest.approx(0.35)
    assert m.overlap(score, numbers(5, 4, 1, 1), 2) == pytest.approx(0.75)
    assert np.isnan(m.precision_at(score, truth, 0))


def test_rank_correlation():
    assert m.rank_correlation(numbers(1, 2, 3), numbers(10, 20, 90)) == pytest.approx(1.0)
    assert m.rank_correlation(numbers(1, 2, 3), numbers(3, 2, 1)) == pytest.approx(-1.0)
    assert np.isnan(m.rank_correlation(numbers(1, 1, 1), numbers(3, 2, 1)))


def test_mean_and_p10_leave_out_worlds_without_the_measure():
    assert m.mean_and_p10([1.0, float("nan"), 0.0]) == {"mean": 0.5, "p10": 0.1, "n": 2}
    assert m.mean_and_p10([float("nan")]) == {"mean": None, "p10": None, "n": 0}


def test_auc_interval_by_hand():
    # findings 3 and 2 against 2 and 1: shares of pairs won are 1 and 3/4 (findings), 3/4 and 1 (the others)
    value, low, high = m.auc_interval(numbers(3, 2, 2, 1), np.array([YES, YES, NO, NO]))
    half = 1.96 * np.sqrt(2 * (1 / 32) / 2)
    assert (value, low, high) == (pytest.approx(0.875), pytest.approx(0.875 - half), 1.0)
    assert np.isnan(m.auc_interval(numbers(1, 2), np.array([YES, NO]))[1])


def test_auc_interval_is_that_of_the_bootstrap():
    rng = np.random.default_rng(2)
    truth = rng.random(800) < 0.2
    score = np.round(rng.normal(0.7 * truth, 1.0), 1)
    drawn = [m.auc(score[at], truth[at]) for at in rng.integers(0, 800, (1000, 800))]
    _, low, high = m.auc_interval(score, truth)
    assert np.quantile(drawn, [0.025, 0.975]) == pytest.approx([low, high], abs=0.01)


def test_brier_and_calibration_by_hand():
    chance, truth = numbers(0.2, 0.2, 0.6, 0.6), np.array([NO, NO, YES, NO])
    assert m.brier(chance, truth) == pytest.approx((0.04 + 0.04 + 0.16 + 0.36) / 4)
    assert m.calibration_error(chance, truth, np.array(["a", "a", "b", "b"])) == pytest.approx(0.2 / 2 + 0.1 / 2)


scores = st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=30)


@settings(deadline=None)
@given(scores, st.integers(1, 30))
def test_measures_are_bounded_and_blind_to_order(rows, k):
    score, truth = numbers(*(s for s, _ in rows)), np.array([t for _, t in rows])
    k = min(k, len(rows))
    assert m.chosen(score, k).sum() == pytest.approx(k)
    mixed = np.random.default_rng(1).permutation(len(rows))
    for measure in (m.auc, m.average_precision, lambda s, t: m.precision_at(s, t, k)):
        value = measure(score, truth)
        assert np.isnan(value) or -1e-12 <= value <= 1 + 1e-12
        assert measure(score[mixed], truth[mixed]) == pytest.approx(value, nan_ok=True)
    assert m.auc(-score, truth) == pytest.approx(1 - m.auc(score, truth), nan_ok=True)


# ---- the ceiling ---------------------------------------------------------------------------------------------------
def test_models_of_the_ceiling_learn_and_keep_their_signs():
    rng = np.random.default_rng(4)
    x = rng.random((3000, 3))
    truth = (rng.random(3000) < 1 / (1 + np.exp(-(4 * x[:, 0] - 4 * x[:, 1] - 1)))).astype(float)
    signed = ceiling.logistic(x, truth, n_signed=3)
    assert m.auc(signed(x), truth > 0) > 0.68
    only_second = signed(numbers(0, 1, 0).reshape(1, 3)) - signed(numbers(0, 0, 0).reshape(1, 3))
    assert only_second[0] == pytest.approx(0.0)  # it points the wrong way, so it may not count
    free = ceiling.logistic(x, truth, n_signed=1)
    boosted = ceiling.boosted_stumps(x, truth)
    assert m.auc(free(x), truth > 0) > 0.8 and m.auc(boosted(x), truth > 0) > 0.8


SEVERITIES = st.integers(0, 2**31)


@settings(deadline=None, max_examples=15)
@given(SEVERITIES, st.sampled_from(sorted(learned.MODELS)))
def test_models_that_could_be_published_never_fall_and_add_up(seed, kind):
    rng = np.random.default_rng(seed)
    x = np.where(rng.random((300, 4)) < 0.5, 0.0, rng.random((300, 4)))
    chance = 1 / (1 + np.exp(-(3 * x[:, 0] - 3 * x[:, 1] - 0.5)))  # the second one points the wrong way
    model = learned.MODELS[kind](x, (rng.random(300) < chance).astype(float))
    parts = model.parts(x)
    assert parts.shape == x.shape and (parts >= -1e-9).all()  # a fact never lowers the score, nothing known adds nothing
    assert np.abs(model.parts(np.zeros((1, 4)))).max() < 1e-9
    worse = np.minimum(1, x + rng.random((300, 4)) * (rng.random((300, 4)) < 0.5))
    assert (model.parts(worse) >= parts - 1e-9).all()


def test_the_signed_logistic_finds_the_weights():
    rng = np.random.default_rng(6)
    x = np.column_stack([rng.random(20_000), rng.random(20_000), np.full(20_000, 0.3)])
    truth = (rng.random(20_000) < 1 / (1 + np.exp(-(2 * x[:, 0] - 1.5)))).astype(float)
    model = ceiling.signed_logistic(x, truth)
    assert model.parts(np.eye(3)).diagonal() == pytest.approx([2.0, 0.0, 0.0], abs=0.15)
    assert model.base == pytest.approx(-1.5, abs=0.12)


def test_a_stump_has_a_leaf_for_what_is_not_known():
    rng = np.random.default_rng(5)
    x = rng.random((2000, 1))
    x[:1000] = np.nan
    truth = np.r_[np.ones(1000), np.zeros(1000)]
    truth[::7] = 1 - truth[::7]
    model = ceiling.boosted_stumps(x, truth)
    assert model(numbers(np.nan).reshape(1, 1))[0] > model(numbers(0.5).reshape(1, 1))[0]


# ---- worlds --------------------------------------------------------------------------------------------------------
def test_reporting_worlds_are_not_development_worlds():
    assert simulation.DEVELOPMENT_SEED + 100_000 < simulation.REPORTING_SEED


def test_every_world_has_its_own_conditions_and_all_regimes_occur():
    drawn = [worlds.draw(seed) for seed in range(30)]
    assert len({prior.conditions for prior in drawn}) == 30
    assert {prior.regime for prior in drawn} == set(worlds.REGIMES)
    assert worlds.draw(7) == worlds.draw(7)
    for prior in drawn:
        assert sum(prior.conditions.mechanism_shares) == pytest.approx(1)
        assert sum(prior.conditions.advance_shares) == pytest.approx(1)
    base = [prior.conditions.dishonesty[0] / sum(prior.conditions.dishonesty) for prior in drawn]
    assert 0.05 < np.mean(base) < 0.11 and np.ptp(base) > 0.05


def test_adaptive_worlds_differ_only_in_what_is_dressed_up():
    prior = worlds.draw(3)
    twin = worlds.adapted(prior)
    assert twin.conditions.forged_share == twin.conditions.cover_share == worlds.ADAPTED
    same = replace(twin.conditions, forged_share=prior.conditions.forged_share, cover_share=prior.conditions.cover_share)
    assert replace(twin, conditions=same) == prior


@pytest.fixture(scope="module")
def made_world():
    prior = replace(worlds.draw(5), conditions=DEMO, regime="none")
    return worlds.make(prior, seed=5, n_facilities=80, towns=TOWNS)


def test_facts_of_a_world_are_typed_like_imported_ones(made_world):
    tables, truth = made_world
    assert {name: table.schema for name, table in tables.items()} == {
        name: facts.arrow_schema(name) for name in facts.FACT_TABLES
    }
    assert tables["facilities"].num_rows == len(truth) == 80
    filled = ("facility_id", "region_code", "facility_type", "buyer_id", "budget_amount", "capacity", "source_as_of")
    assert all(tables["facilities"][name].null_count == 0 for name in filled)
    terms = ("contract_id", "supplier_id", "value_amount", "paid_amount", "advance_amount", "method", "due_on", "signed_on")
    assert all(tables["contracts"][name].null_count == 0 for name in terms)
    assert "mechanisms" not in {name for table in tables.values() for name in table.column_names}
    contracts = set(tables["contracts"]["contract_id"].to_pylist())
    assert all(set(tables[name]["contract_id"].to_pylist()) <= contracts for name in ("payments", "amendments", "bids"))


def test_hiding_hides_more_where_something_is_wrong():
    prior = replace(worlds.draw(5), conditions=replace(DEMO, closedness_sigma=0.01), missing_share=0.2)
    n_missing = {}
    for regime in worlds.REGIMES:
        tables, truth = worlds.make(replace(prior, regime=regime), seed=5, n_facilities=600, towns=TOWNS)
        wrong = dict(zip(truth["facility_id"], truth["mechanisms"] != "", strict=True))
        rows = tables["contracts"].select(["facility_id", "value_first_amount", "n_bidders", "due_first_on", "start_on"])
        frame = rows.to_pandas()
        n_missing[regime] = frame.drop(columns="facility_id").isna().mean(axis=1).groupby(frame["facility_id"].map(wrong)).mean()
    assert n_missing["none"].sum() == 0
    assert n_missing["at_random"][True] == pytest.approx(n_missing["at_random"][False], abs=0.05)
    assert n_missing["hiding"][True] / n_missing["hiding"][False] == pytest.approx(worlds.HIDING, rel=0.25)


def test_mask_hides_the_share_it_is_told(made_world):
    tables, _ = made_world
    half = worlds.mask(tables, share=0.5, seed=1)
    assert half["facilities"]["budget_amount"].null_count / 80 == pytest.approx(0.5, abs=0.2)
    assert half["facilities"]["facility_id"].null_count == 0
    all_gone = worlds.mask(tables, share=1.0, seed=1)
    assert all_gone["progress"].num_rows == 0 and all_gone["contracts"]["value_amount"].null_count == len(all_gone["contracts"])
    assert worlds.mask(tables, share=0.0, seed=1) == tables


@pytest.fixture(scope="module")
def report():
    return simulation.validate(n_worlds=4, n_facilities=60, seed=simulation.DEVELOPMENT_SEED, settings=SETTINGS)


def test_the_report_has_what_is_promised(report):
    for of in (report, report["points_lo"], *report["baselines"].values()):
        for key in simulation.MEASURES:
            assert {"mean", "p10"} <= set(of[key]), key
    assert set(report["baselines"]) == {"random", "budget", "flag_count", "cri_mean"}
    assert report["settings_sha256"] == settings_file.digest(SETTINGS)
    assert report["seeds"] == "development" and report["n_worlds"] == 4
    assert sum(of["n"] for of in report["levels"].values()) == 240
    assert sum(of["share_of_all"] for of in report["levels"].values()) == pytest.approx(1, abs=0.001)
    assert set(report["ceiling"]) >= {"logistic", "boosted", "distance", "relative_position"}
    assert set(report["stability"]) >= {
        "mask_fields_overlap10",
        "mask_facts_overlap10",
        "weights_overlap10",
        "thresholds_overlap10",
    }
    assert set(report["without"]) == set(scoring.catalogue(SETTINGS))
    for name in ("auc", "lift10", "auc_adaptive", "money10"):
        assert report[name]["mean"] >= 0 and report[name]["p10"] <= report[name]["mean"]
    assert list(report["forecast"]) == ["0.25", "0.50", "0.75", "0.95"]
    json.dumps(report, allow_nan=False)


def test_the_report_has_every_target_with_its_distance(report):
    rows = {row["key"]: row for row in report["targets"]}
    assert set(rows) == {target.key for target in targets.TARGETS}
    assert rows["auc"]["value"] == report["auc"]["mean"]
    assert rows["auc"]["missing"] == pytest.approx(max(0, 0.80 - report["auc"]["mean"]), abs=1e-4)
    assert rows["auc"]["to_ceiling"] == pytest.approx(report["ceiling"]["distance"], abs=2e-4)
    assert not rows["replay"]["is_measured"] and rows["replay"]["is_met"] is None
    for lang in i18n.LANGUAGES:
        said = dict(summary.figures(report, lang))[i18n.text("validate.targets", lang)]
        assert len(said) == len(targets.TARGETS)


def test_a_target_may_be_a_range_or_a_most():
    found = {row["key"]: row for row in targets.compared(
        {"forecast": {"0.50": {"auc": 0.95, "p80_coverage": 0.85}}, "critical": {"per_1000_clean": 0.0}}
    )}  # fmt: skip
    assert found["lateness_auc"]["is_met"] and found["critical_per_1000"]["is_met"]
    assert (found["lateness_p80"]["is_met"], found["lateness_p80"]["missing"]) == (False, pytest.approx(0.04))
    assert not found["lateness_p80"]["is_good"] and found["auc"]["value"] is None


def test_moved_thresholds_are_a_fifth_away_and_nothing_else_moves():
    before, after = SETTINGS, stability.moved(SETTINGS, np.random.default_rng(3))
    assert settings_file.digest(before) == settings_file.digest(SETTINGS) != settings_file.digest(after)
    low, high = before["paid_ahead"]["ramp_share"]
    factor = after["paid_ahead"]["ramp_share"][0] / low
    assert factor in (pytest.approx(0.8), pytest.approx(1.2))
    assert after["paid_ahead"]["ramp_share"] == pytest.approx([low * factor, high * factor])
    assert after["progress_lag"]["between"][1] <= 1
    for name in ("q", "default_mean", "optional", "id"):
        assert after["paid_ahead"][name] == before["paid_ahead"][name]
    assert after["short_submission"]["tender_working_days"] == before["short_submission"]["tender_working_days"]
    assert isinstance(after["concentration"]["months"], int) and after["levels"] == before["levels"]
    moved_any = [name for name in before if before[name] != after.get(name)]
    assert {"stalled", "unit_cost", "amendments"} <= set(moved_any)


def test_without_no_indicator_the_order_is_that_of_the_score(made_world):
    tables, truth = made_world
    scored = score_tables(tables, as_of=worlds.AS_OF, settings=SETTINGS, engine="polars")
    order = stability.order_without(scored, SETTINGS, engine="polars")
    assert order("") == pytest.approx(scored["r_mid"].to_numpy(), abs=1e-9)
    assert (order("T03") <= order("") + 1e-9).all() and (order("T03") < order("") - 0.1).any()
    found = stability.removals(scored, (truth["mechanisms"] != "").to_numpy(), SETTINGS, engine="polars")
    assert found["T06"]["overlap10"] <= 1 and set(found) == set(scoring.catalogue(SETTINGS))


def test_subgroups_and_mechanisms_by_hand(monkeypatch):
    monkeypatch.setattr(simulation, "_MIN_GROUP", 1)
    rank = np.arange(20.0)  # the two highest are chosen: one in a town and irregular, one in a village and not
    truth = np.arange(20) == 19
    groups = pd.DataFrame({"region_kind": "city", "place": ["village"] * 19 + ["town"], "facility_type": "school"})
    world = {"truth": truth, "level": np.array(["low"] * 20), "rank": rank, "groups": groups}
    found = simulation._subgroups([world])["top10"]
    assert found["precision"] == 0.5
    assert found["place"]["groups"]["town"]["precision"] == 1 and found["place"]["groups"]["village"]["precision"] == 0
    assert found["place"]["largest_difference"] == 0.5 and not found["place"]["is_equal"]
    assert found["region_kind"]["is_equal"] and found["place"]["groups"]["town"]["share_found"] == 1
    world["mechanisms"] = np.array([""] * 17 + ["phantom_acts", "", "advance_diversion,phantom_acts"])
    assert simulation._by_mechanism([world])["phantom_acts"] == {"n": 2, "in_top10": 0.5, "in_top15": 1.0}


def test_truth_knows_its_groups_even_where_they_are_hidden(made_world):
    _, truth = made_world
    assert set(truth["region_kind"]) == {"city", "region"} and set(truth["place"]) == {"town", "village"}
    assert truth["facility_type"].notna().all()


def test_calibration_of_worlds_that_are_alike():
    level = np.array(["low"] * 90 + ["high"] * 10)
    truth = np.r_[np.arange(90) < 9, np.arange(10) < 5]
    world = {"level": level, "truth": truth, "lo": np.where(level == "low", 10.0, 50.0)}
    found = simulation._calibration([world] * 4, SETTINGS)
    assert found["learned"]["ece"]["mean"] == pytest.approx(0, abs=1e-9) and found["ece_of_all"] == pytest.approx(0, abs=1e-9)
    assert found["learned"]["brier"]["mean"] == pytest.approx((90 * 0.09 + 10 * 0.25) / 100)
    assert found["points"]["ece"]["mean"] == pytest.approx(0, abs=1e-9)  # here, and by construction
    assert found["by_level"]["high"] == {"n": 40, "said": 0.5, "seen": 0.5}
    assert simulation._calibration([world] * 3, SETTINGS) == {}


def test_the_same_seed_gives_the_same_report(report):
    again = simulation.validate(n_worlds=4, n_facilities=60, seed=simulation.DEVELOPMENT_SEED, settings=SETTINGS)
    assert json.dumps(again, sort_keys=True) == json.dumps(report, sort_keys=True)


def test_noise_in_the_weights_keeps_the_order_of_magnitude():
    noisy = stability.noisy(SETTINGS, np.random.default_rng(1))
    assert noisy["paid_ahead"]["q"] != SETTINGS["paid_ahead"]["q"]
    assert 0 < noisy["paid_ahead"]["q"] < 1
    assert noisy["levels"] == SETTINGS["levels"]


def test_a_forecast_is_judged_by_what_came_later():
    said = pd.DataFrame(
        [  # due 1 June 2023, so late after 1 July
            (0.50, 0.9, "2023-06-01", "2023-05-01", "2024-01-01", "2023-12-01"),  # late, held
            (0.55, 0.2, "2023-06-01", "2023-05-01", "2023-08-01", "2023-07-01"),  # in time to the day, held
            (0.45, 0.6, "2023-06-01", "2023-05-01", "2023-08-01", None),  # never finished: late, not held
            (0.50, 0.1, "2026-12-01", "2026-05-01", "2027-08-01", None),  # not known what came
            (0.80, 0.1, "2023-06-01", "2023-05-01", "2023-08-01", "2023-06-01"),  # of another share
        ],
        columns=["elapsed", "late_probability", "due_on", "forecast_low_on", "forecast_high_on", "finished_on"],
    )
    for name in ("due_on", "forecast_low_on", "forecast_high_on", "finished_on"):
        said[name] = pd.to_datetime(said[name])
    found = lateness.judge(said)["0.50"]
    assert found == {"n": 3, "share_late": 0.6667, "auc": 1.0, "p80_coverage": 0.6667}
    assert lateness.judge(said)["0.25"] == {"n": 0, "share_late": None, "auc": None, "p80_coverage": None}


def test_a_forecast_knows_nothing_of_later_days(made_world):
    prior = replace(worlds.draw(5), conditions=DEMO)
    said = lateness.forecasts(prior, seed=5, n_facilities=150, settings=SETTINGS, towns=TOWNS, engine="polars")
    assert len(said) > 5 and said["finished_on"].isna().mean() < 0.5
    assert (said["start_on"] <= pd.Timestamp(lateness.SAID_ON) + pd.Timedelta(90, "D")).all()
    assert (said["forecast_low_on"] >= pd.Timestamp(lateness.SAID_ON)).all()
    assert said["completed_on"].isna().all() or (said["finished_on"] > pd.Timestamp(lateness.SAID_ON)).all()


# ---- outcomes ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def snapshot_and_truth(tmp_path_factory, made_world):
    tables, truth = made_world
    folder = tmp_path_factory.mktemp("outcomes")
    facts.write(folder / "facts", tables, facts.PROBLEM_SCHEMA.empty_table(), {"files": [], "is_demo": True})
    return score_folder(folder / "facts", as_of=worlds.AS_OF, out=folder / "snapshot", settings=SETTINGS), truth


def write(folder, rows, head="facility_id,date,outcome,source"):
    path = folder / "outcomes.csv"
    path.write_text("\n".join([head, *(",".join(row) for row in rows)]) + "\n", "utf-8")
    return path


def truly(truth, day="2027-03-01"):
    return [
        (i, day, "confirmed" if how else "cleared", "audit")
        for i, how in zip(truth["facility_id"], truth["mechanisms"], strict=True)
    ]


def test_outcomes_are_judged_like_worlds(tmp_path, snapshot_and_truth):
    made, truth = snapshot_and_truth
    found = outcomes.validate(write(tmp_path, truly(truth)), made, seed=1)
    assert found["n_facilities"] == 80 and found["n_findings"] == (truth["mechanisms"] != "").sum()
    scored = made.facilities.set_index("facility_id").loc[truth["facility_id"]]
    assert found["auc"]["value"] == pytest.approx(
        m.auc(scored["r_mid"].to_numpy(float), (truth["mechanisms"] != "").to_numpy()), abs=1e-4
    )
    assert found["auc"]["low"] <= found["auc"]["value"] <= found["auc"]["high"]
    assert set(found["baselines"]) == set(simulation.BASELINES)
    assert found["single_rules"]["T03"]["n_known"] == 80
    assert not found["learned"]["is_possible"] and found["learned"]["n"] == 80 and found["learned"]["needed"] == 400
    assert found["settings_sha256"] == settings_file.digest(SETTINGS)
    json.dumps(found, allow_nan=False)
    assert outcomes.validate(write(tmp_path, truly(truth)), made, seed=1) == found
    for lang in i18n.LANGUAGES:
        assert any("80" in line for line in summary.lines(found, lang))


def test_nothing_later_leaks_backwards(tmp_path, snapshot_and_truth):
    made, truth = snapshot_and_truth
    with pytest.raises(DataError) as refused:  # the day of the snapshot itself is already too early
        outcomes.validate(write(tmp_path, truly(truth, "2026-11-01")), made, seed=1)
    assert refused.value.code == "outcomes_leak"
    rows = truly(truth)
    rows[:10] = [(i, "2025-01-01", "confirmed", source) for i, _, _, source in rows[:10]]
    found = outcomes.validate(write(tmp_path, rows), made, seed=1)
    assert found["rows"]["not_after_snapshot"] == 10 and found["n_facilities"] == 70
    assert found["n_findings"] == (truth["mechanisms"][10:] != "").sum()


def test_a_register_taken_later_already_knows(tmp_path):
    rows = [
        {"facility_id": i, "date": date(2026, 12, 1), "is_finding": yes, "about": "", "source": ""}
        for i, yes in (("a", YES), ("b", NO), ("c", NO))
    ]
    scored = pa.table({"facility_id": ["a", "b", "c"], "source_as_of": [date(2026, 10, 1), date(2027, 1, 5), None]})
    at, truth, _, counted, _ = outcomes._labels(rows, scored, worlds.AS_OF, "o.csv")
    assert counted["not_after_its_facts"] == 1
    assert at.tolist() == [0, 2] and truth.tolist() == [True, False]


def test_of_several_outcomes_one_finding_makes_a_finding():
    rows = [
        {"facility_id": i, "date": date(2027, month, 1), "is_finding": yes, "about": "", "source": ""}
        for i, month, yes in (("a", 1, NO), ("a", 5, YES), ("a", 8, NO), ("b", 2, NO), ("x", 2, YES))
    ]
    at, truth, day, counted, _ = outcomes._labels(rows, pa.table({"facility_id": ["b", "a"]}), worlds.AS_OF, "o.csv")
    assert dict(zip(at.tolist(), truth.tolist(), strict=True)) == {0: False, 1: True}
    assert date(2027, 5, 1).toordinal() in day
    assert counted["not_in_snapshot"] == 1 and counted["counted"] == 4


@pytest.mark.parametrize(
    ("rows", "head", "code"),
    [
        ([("A", "2027-01-01", "guilty", "x")], "facility_id,date,outcome,source", "outcomes_word"),
        ([("A", "1/2/27", "confirmed", "x")], "facility_id,date,outcome,source", "outcomes_date"),
        ([("A", "confirmed")], "facility_id,outcome", "outcomes_columns"),
        ([], "", "outcomes_columns"),
    ],
)
def test_files_that_cannot_be_used_are_refused(tmp_path, rows, head, code):
    with pytest.raises(DataError) as refused:
        outcomes.read(write(tmp_path, rows, head))
    assert refused.value.code == code


def test_words_semicolons_and_rows_that_say_nothing(tmp_path):
    path = tmp_path / "o.csv"
    lines = [
        "Facility_ID;Date;Outcome;Source",
        "A;01.03.2027;Нарушение;аудит",
        ";;;",
        "B;2027-03-02;unclear;x",
        "C;2027-03-02;Cleared;x",
    ]
    text = "\r\n".join(lines)
    path.write_bytes(text.encode("utf-8-sig"))
    rows, aside = outcomes.read(path)
    assert [(r["facility_id"], r["date"], r["is_finding"]) for r in rows] == [
        ("A", date(2027, 3, 1), YES),
        ("C", date(2027, 3, 2), NO),
    ]
    assert aside == {"undecided": 1, "blank": 1, "unknown": 0, "unknown_words": {}}


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Stalled", (YES, "delivery")), ("stalled_or_cancelled", (YES, "delivery")), ("Obra Cancelada", (YES, "delivery")),
        ("PARALISADA", (YES, "delivery")), ("Приостановлено", (YES, "delivery")), ("тоқтап  тұр", (YES, "delivery")),
        ("нарушение", (YES, "integrity")), ("1", (YES, "")), ("да", (YES, "")), ("Завершён", (NO, "")), ("Não", (NO, "")),
        ("Em Execução", (NO, "")), ("execução", (NO, "")), ("Concluída", (NO, "")), ("in-progress", (NO, "")), ("0", (NO, "")),
        ("аяқталды", (NO, "")), ("неясно", (None, "")),
    ],
)  # fmt: skip
def test_words_of_several_languages(word, meaning):
    assert outcomes.MEANING[outcomes._folded(word)] == meaning


def test_no_word_has_two_meanings():
    kinds = (outcomes.STANDSTILL, outcomes.VIOLATION, outcomes.FINDING, outcomes.NO_FINDING, outcomes.UNDECIDED)
    words = [{outcomes._folded(word) for word in kind} for kind in kinds]
    assert sum(map(len, words)) == len(set().union(*words))


def test_words_not_understood_are_listed_and_not_counted(tmp_path):
    rows = [("A", "2027-01-01", "stalled", "x"), ("B", "2027-01-01", "on hold?", "x"), ("C", "2027-01-01", "running", "x")]
    found, aside = outcomes.read(write(tmp_path, rows))
    assert len(found) == 2 and aside["unknown"] == 1 and aside["unknown_words"] == {"on hold?": 1}


def test_headers_of_other_registers(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("Project ID,Outcome date,Status\nA,2027-01-01,Paralisada\n", "utf-8")
    rows, _ = outcomes.read(path)
    assert rows == [
        {"facility_id": "A", "date": date(2027, 1, 1), "is_finding": True, "about": "delivery", "source": ""}
    ]  # fmt: skip


# ---- delivery as one order -----------------------------------------------------------------------------------------
def scored_works(**columns):
    names = ("due_on", "start_on", "signed_on", "progress_on", "last_paid_on", "completed_on")
    n = len(next(iter(columns.values())))
    table = {name: pa.array(columns.get(name, [None] * n), pa.date32()) for name in names}
    floats = ("progress_share", "value_amount", "paid_amount", "late_probability", "D02_severity", "D02_value", "D04_severity",
              "D04_value", "D05_severity", "D05_value")  # fmt: skip
    return pa.table(table | {name: pa.array(columns.get(name, [None] * n), pa.float64()) for name in floats})


def test_delivery_facts_by_hand():
    works = scored_works(
        start_on=[date(2024, 1, 1)] * 2, due_on=[date(2025, 1, 1)] * 2, progress_share=[0.4, None], value_amount=[100.0, 100.0],
        paid_amount=[70.0, None], progress_on=[date(2025, 1, 1), None], D04_value=[0.7, None], D04_severity=[0.5, None],
        completed_on=[None, date(2025, 2, 1)],
    )  # fmt: skip
    found = delivery_risk.facts(works, settings=SETTINGS, as_of=date(2025, 6, 30))  # 180 days after the date in force
    first = {name: values[0] for name, values in found.items()}
    assert first["past_due"] == pytest.approx(0.5) and first["no_report"] == pytest.approx(0.5)
    assert [first["works_left"], first["behind_plan"]] == pytest.approx([0.6, 0.6])  # the whole plan is due
    assert first["money_behind_plan"] == pytest.approx(0.3) and first["slow_pace"] == pytest.approx(0.3)
    assert np.isnan([first[name] for name in ("moved_date", "no_rise", "no_payment", "likely_late")]).all()
    assert all(values[1] == 0 for values in found.values())  # accepted
    # left x mean of: date 0.5, pace (0.6 + 0.3) / 2, standstill 0.5, money 0.3
    assert delivery_risk.order(found)[0] == pytest.approx(0.6 * (0.5 + 0.45 + 0.5 + 0.3) / 4)


def test_what_nobody_says_neither_raises_nor_lowers_the_delivery_order():
    known = {name: np.full(3, np.nan) for name in delivery_risk.FACTS}
    assert delivery_risk.order(known).tolist() == [1, 1, 1]
    known["past_due"] = numbers(0.2, 0.6, np.nan)
    assert delivery_risk.order(known) == pytest.approx([0.2, 0.6, 0.4])
    known["no_report"] = numbers(0.2, np.nan, np.nan)
    assert delivery_risk.order(known)[1] == pytest.approx((0.6 + 0.2) / 2)


# ---- a panel of thousands of works ---------------------------------------------------------------------------------
PANEL_DAY = date(2025, 6, 1)


@pytest.fixture(scope="module")
def judged_panel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel")
    register, known = panel.write(folder, seed=simulation.DEVELOPMENT_SEED, n_worlds=2, as_of=PANEL_DAY, towns=TOWNS)
    intake.import_files((register,), folder / "facts", settings=SETTINGS)
    return score_folder(folder / "facts", as_of=PANEL_DAY, out=folder / "snapshot", settings=SETTINGS), known


def rewritten(folder, known, change):
    rows = change(pd.read_csv(known, dtype=str))
    path = folder / "changed.csv"
    rows.to_csv(path, index=False)
    return path


def test_a_panel_with_one_date_is_judged_across_regions(judged_panel):
    made, known = judged_panel
    found = outcomes.validate(known, made, seed=1)
    assert found["n_facilities"] > 1000 and found["about"] == "delivery"
    assert found["headline"]["order"] == "delivery_risk" and found["headline"]["auc"] == found["delivery_risk"]["auc"]
    assert found["single_rules"]["D01"]["n_known"] > 900 and found["single_rules"]["T10"]["n_known"] == 0
    assert found["delivery_facts"]["works_left"]["value"] > 0.6
    learned_here = found["learned"]
    assert learned_here["split"] == "other_regions" and learned_here["n_groups"] == 20
    assert not learned_here["is_publishable"]  # whatever it reaches: no later period
    assert learned_here["published"]["delivery_risk"] == pytest.approx(found["delivery_risk"]["auc"]["value"], abs=1e-4)
    for of in learned_here["models"].values():
        example = of["example"]
        assert example["base"] + sum(example["parts"].values()) == pytest.approx(example["score"], abs=1e-4)
        assert of["gain_low"] <= of["gain"] <= of["gain_high"]
    json.dumps(found, allow_nan=False)
    for lang in i18n.LANGUAGES:
        said = "\n".join(summary.lines(found, lang))
        assert i18n.text("validate.verdict.not_later", lang) in said and "{" not in said


def test_a_panel_with_dates_is_split_in_time(tmp_path, judged_panel):
    made, known = judged_panel
    early = rewritten(tmp_path, known, lambda rows: rows.assign(date=["2026-01-31", "2026-05-31"] * (len(rows) // 2)
                                                                + ["2026-01-31"] * (len(rows) % 2)))  # fmt: skip
    found = outcomes.validate(early, made, seed=1)["learned"]
    assert found["split"] == "later_period" and found["split_after"] == "2026-01-31"
    assert found["n_train"] + found["n_test"] == len(pd.read_csv(known))
    better = [of["is_better"] for of in found["models"].values()]
    assert found["is_publishable"] == any(better)


def test_models_may_learn_from_an_earlier_snapshot(tmp_path, judged_panel):
    made, known = judged_panel
    day = date(2024, 6, 1)
    register, before = panel.write(tmp_path / "b", seed=simulation.DEVELOPMENT_SEED + 50, n_worlds=1, as_of=day, towns=TOWNS)
    intake.import_files((register,), tmp_path / "facts", settings=SETTINGS)
    earlier = score_folder(tmp_path / "facts", as_of=day, out=tmp_path / "snapshot", settings=SETTINGS)
    found = outcomes.validate(known, made, seed=1, earlier=(before, earlier))
    here = found["learned"]
    assert here["split"] == "earlier_snapshot" and here["n_test"] == found["n_facilities"]
    assert here["n_train"] == len(pd.read_csv(before))
    assert here["published"]["points"] == found["auc"]["value"]  # the order of all that is judged
    assert all(of["example"]["facility_id"] in set(made.facilities["facility_id"]) for of in here["models"].values())
    assert i18n.text("validate.verdict.not_later", "en") not in summary.lines(found, "en")
    with pytest.raises(DataError) as refused:  # what the judged snapshot could not know
        outcomes.validate(known, made, seed=1, earlier=(known, made))
    assert refused.value.code == "outcomes_not_earlier"
    late = rewritten(tmp_path, before, lambda rows: rows.assign(date=["2025-05-31"] * 300 + ["2025-07-01"] * (len(rows) - 300)))
    assert outcomes._before(late, earlier, made).truth.size == 300  # the rest was not known on the day of the judged snapshot


def test_strange_rows_of_a_panel_are_counted(tmp_path, judged_panel):
    made, known = judged_panel

    def change(rows):
        twice = rows.head(30).assign(outcome="stalled")
        strangers = rows.head(5).assign(facility_id="nobody")
        return pd.concat([rows, twice, strangers])

    found = outcomes.validate(rewritten(tmp_path, known, change), made, seed=1)
    assert found["rows"]["repeated"] == 30 and found["rows"]["not_in_snapshot"] == 5
    assert found["n_facilities"] == len(pd.read_csv(known))


def test_a_half_without_findings_is_no_later_period():
    truth = np.arange(1000) < 100
    day = np.where(truth, 1.0, 2.0)  # a finding is dated when it happened, everything else at the end
    assert learned._later(truth, day) is None
    split, folds = learned._others(truth, ["one"] * 1000, 0)
    assert split["split"] == "other_facilities" and sum(test.sum() for _, test in folds) == 1000
    split, folds = learned._others(truth, [f"r{i % 9}" for i in range(1000)], 0)
    regions = np.arange(1000) % 9
    assert split["split"] == "other_regions"
    assert all(not set(regions[train]) & set(regions[test]) for train, test in folds)


def test_interval_of_a_share():
    # Wilson for 2 of 10, by hand: (0.2 + 0.19208) / 1.38416 -+ 1.96 / 1.38416 x sqrt(0.016 + 0.009604)
    assert outcomes._of_level(np.array([YES] * 2 + [NO] * 8)) == {
        "n": 10,
        "n_findings": 2,
        "value": 0.2,
        "low": 0.0567,
        "high": 0.5098,
    }
    assert outcomes._of_level(np.array([], dtype=bool))["value"] is None


# ---- the command and the card --------------------------------------------------------------------------------------
def test_the_command_writes_the_report(tmp_path):
    file = tmp_path / "report.json"
    shown = CliRunner().invoke(main, ["validate", "--worlds", "2", "--facilities", "60", "--json", str(file)])
    assert shown.exit_code == 0, shown.output
    written = json.loads(file.read_text("utf-8"))
    assert written["n_worlds"] == 2 and set(simulation.MEASURES) <= set(written)
    assert written["ceiling"] == {}  # too few worlds to train on some and judge in others
    assert "Not measured" in shown.output


def test_the_command_refuses_a_leak_in_one_sentence(tmp_path, snapshot_and_truth, capsys):
    made, truth = snapshot_and_truth
    path = write(tmp_path, truly(truth, "2026-10-01"))
    with pytest.raises(SystemExit) as ended:
        run(["validate", "--outcomes", str(path), "--snapshot", str(made.folder)])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and "2026-11-01" in said and "Traceback" not in said


@pytest.mark.parametrize(
    "arguments", [["--card", "--seed", "5"], ["--outcomes", "x.csv"], ["--snapshot", "x"], ["--earlier-snapshot", "x"]]
)
def test_options_that_do_not_go_together(arguments):
    assert CliRunner().invoke(main, ["validate", *arguments]).exit_code == 2


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_card_says_whose_settings_it_measured(tmp_path, monkeypatch, report, lang):
    own = report["settings_sha256"]
    path = tmp_path / "card.json"
    card.write(report, path)
    monkeypatch.setattr(card, "read", lambda: json.loads(path.read_text("utf-8")))
    shown = backtest(own, lang)
    assert i18n.text("validate.current", lang, hash=own[:12]) in shown
    assert i18n.number(report["auc"]["mean"], lang, 2) in shown
    assert i18n.text("validate.not_measured", lang) in shown
    other = backtest("0" * 64, lang)
    assert i18n.text("validate.other", lang, hash="0" * 12, card=own[:12]) in other
    assert i18n.text("validate.current", lang, hash="0" * 12) not in other
    monkeypatch.setattr(card, "versions", lambda: ["T01 9.9"])
    assert i18n.text("validate.other", lang, hash=own[:12], card=own[:12]) in backtest(own, lang)
    monkeypatch.setattr(card, "read", lambda: None)
    assert "make card" in backtest(own, lang)


def test_the_card_in_the_repository_is_a_reporting_run():
    found = card.read()
    assert found is not None, "run `make card`"
    assert found["seeds"] == "reporting" and found["n_worlds"] >= 50 and found["kind"] == "simulation"
    assert set(summary.FIGURES) <= set(found)


def document() -> str:
    """The card in words, as docs/card.txt has it."""
    return "\n".join(summary.lines(card.read() or {}, "en")) + "\n"


def test_the_printed_card_is_the_card():
    page = Path(__file__).resolve().parents[1] / "docs" / "card.txt"
    assert page.read_text("utf-8") == document(), "run `make docs`"


if __name__ == "__main__":
    sys.stdout.write(document())
