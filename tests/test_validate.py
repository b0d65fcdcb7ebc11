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

from riskmap import facts, geography, i18n
from riskmap import score as scoring
from riskmap import settings as settings_file
from riskmap.__main__ import main, run
from riskmap.demo.simulate import DEMO
from riskmap.pipeline import score_folder
from riskmap.problem import DataError
from riskmap.validate import card, ceiling, lateness, outcomes, simulation, stability, summary, worlds
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


@pytest.mark.parametrize("arguments", [["--card", "--seed", "5"], ["--outcomes", "x.csv"], ["--snapshot", "x"]])
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
