"""A trial of other settings: the formula of the score, nothing published touched, and a file that scoring accepts."""

import pandas as pd
import pytest
from casebook import AS_OF, CASES, read, tables
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import facts, i18n, pipeline, schema, score, settings, snapshot, thresholds, whatif
from riskmap.__main__ import main
from riskmap.indicators import INDICATORS
from riskmap.web import whatif as shown

SETTINGS = settings.load()
FACTS = [k for k in score.catalogue(SETTINGS) if k != score.DISCLOSURE]
PUBLISHED = {
    "q": {k: SETTINGS[name]["q"] for name, k in ((n, s["id"]) for n, s in SETTINGS.items() if "q" in s) if k in FACTS},
    "bounds": {name: SETTINGS["levels"][name] for name in whatif.BOUNDS},
    "minimum": SETTINGS["flagged"]["minimum_level"],
}  # fmt: skip

_CASES = st.lists(
    st.dictionaries(st.sampled_from(FACTS), st.none() | st.sampled_from([0.0, 1.0]) | st.floats(0, 1)), min_size=1, max_size=10
)
_Q = st.floats(0, whatif.MAX_Q).map(lambda q: round(q, 2))
_TRIALS = st.fixed_dictionaries(
    {
        "q": st.dictionaries(st.sampled_from(FACTS), _Q, max_size=4),
        "bounds": st.lists(st.integers(1, 100), min_size=3, max_size=3, unique=True).map(
            lambda values: dict(zip(whatif.BOUNDS, map(float, sorted(values)), strict=True))
        ),
        "minimum": st.sampled_from(schema.LEVELS[:-1]),
    }
)


def _facilities(cases, own=SETTINGS):
    scored = score.score_cases(cases, own)
    columns = {f"{k}_severity": pd.array([case.get(k) for case in cases], dtype="Float64").to_numpy(float, na_value=float("nan"))
               for k in FACTS}  # fmt: skip
    return pd.DataFrame(
        {"facility_id": [f"F{i:03}" for i in range(len(cases))], "r_lo": [one["R_lo"] for one in scored],
         "level_raw": [one["level"].replace(" ", "_") for one in scored],
         "is_overdue": pd.array([i % 3 != 1 for i in range(len(cases))], "boolean"), "delivery": "overdue", **columns}
    )  # fmt: skip


@hypothesis_settings(deadline=None, max_examples=25)
@given(_CASES)
def test_with_the_published_settings_it_is_the_score(cases):
    facilities = _facilities(cases)
    found = whatif.evaluate(facilities, SETTINGS)
    assert found["r_lo"].tolist() == pytest.approx(facilities["r_lo"].tolist(), abs=1e-9)
    assert found["level"].tolist() == facilities["level_raw"].tolist()


@hypothesis_settings(deadline=None, max_examples=25)
@given(_CASES, _TRIALS)
def test_with_other_settings_it_is_the_score_with_those(cases, trial):
    changed = settings.overlay(SETTINGS, whatif.changes(SETTINGS, **trial))
    found = whatif.evaluate(_facilities(cases), changed)
    for own, one in zip(found.to_dict("records"), score.score_cases(cases, changed), strict=True):
        assert own["r_lo"] == pytest.approx(one["R_lo"], abs=1e-9)
        assert own["level"] == one["level"].replace(" ", "_")


@hypothesis_settings(deadline=None, max_examples=25)
@given(_CASES, _TRIALS)
def test_a_comparison_counts_everyone_once_and_leaves_the_snapshot_alone(cases, trial):
    facilities = _facilities(cases)
    before = facilities.copy(deep=True)
    found = whatif.compare(facilities, SETTINGS, settings.overlay(SETTINGS, whatif.changes(SETTINGS, **trial)))
    pd.testing.assert_frame_equal(facilities, before)
    for i in (0, 1):
        assert sum(counts[i] for counts in found.levels.values()) == len(cases)
    assert not set(found.entering) & set(found.leaving)
    assert found.n_flagged[1] - found.n_flagged[0] == len(found.entering) - len(found.leaving)
    assert 0 <= found.n_top_same <= found.n_top <= len(cases)
    assert found.spearman is None or -1 - 1e-9 <= found.spearman <= 1 + 1e-9


@hypothesis_settings(deadline=None, max_examples=60)
@given(trial=_TRIALS)
def test_the_file_round_trips(tmp_path_factory, trial):
    changed = whatif.changes(SETTINGS, **trial)
    path = tmp_path_factory.mktemp("trial") / "settings.toml"
    path.write_text(whatif.to_toml(changed, comment="A trial\nof two lines"), "utf-8")
    assert settings.load(path) == settings.overlay(SETTINGS, changed)


def test_the_file_scores_the_same_facts_as_the_trial_said(tmp_path):
    facts = tables(read(CASES / "paid_ahead.csv"))
    scored = pipeline.score_tables(facts, as_of=AS_OF, settings=SETTINGS).to_pandas()
    changed = whatif.changes(
        SETTINGS, q=PUBLISHED["q"] | {"T01": 0.2}, bounds=PUBLISHED["bounds"] | {"high": 15.0, "medium": 10.0}, minimum="high"
    )
    path = tmp_path / "settings.toml"
    path.write_text(whatif.to_toml(changed, comment="A trial"), "utf-8")
    again = pipeline.score_tables(facts, as_of=AS_OF, settings=settings.load(path)).to_pandas()
    said = whatif.evaluate(scored, settings.load(path))
    assert said["level"].tolist() == again["level"].tolist()
    assert said["level"].tolist() != scored["level"].tolist()
    assert said["is_flagged"].tolist() == again["is_flagged"].tolist()


def test_the_published_settings_change_nothing():
    assert whatif.changes(SETTINGS, **PUBLISHED) == {}
    facilities = _facilities([{"T01": 1.0}, {"T10": 1.0, "T01": 0.4}, {}])
    found = whatif.compare(facilities, SETTINGS, SETTINGS)
    assert (found.entering, found.leaving, found.n_top_same) == ((), (), 3)
    assert found.spearman == pytest.approx(1)


@pytest.mark.parametrize(("change", "what"), [
    ({"bounds": {"medium": 40.0, "high": 40.0, "critical": 60.0}}, "bounds"),
    ({"bounds": {"medium": 20.0, "high": 40.0, "critical": 101.0}}, "bounds"),
    ({"q": {"T01": 0.99}}, "q"), ({"q": {"T01": float("nan")}}, "q"), ({"minimum": "not_assessable"}, "minimum"),
])  # fmt: skip
def test_what_cannot_be_is_refused(change, what):
    with pytest.raises(ValueError, match=what):
        whatif.changes(SETTINGS, **(PUBLISHED | change))


def test_every_weight_that_adds_points_can_be_moved():
    assert {k for facts in shown.groups(SETTINGS).values() for k, q in facts.items() if q is not None} == set(FACTS)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_page_says_that_nothing_is_published(lang):
    assert i18n.text("whatif.not_published", lang) in shown.introduction(lang)


# ---- thresholds inside the indicators ---------------------------------------------------------------------------------
TRIED = {
    "T01": {"ramp_share": {0: 0.01, 1: 0.10}, "max_advance_share": {None: 0.10}},
    "T08": {"ramp_share": {1: 0.20}},
    "D05": {"rise": {None: 0.02}},
    "T12": {"tender_working_days": {"2025-01-01": 12.0}},
}


@pytest.fixture(scope="module")
def facts_folder(tmp_path_factory):
    """A small country from several case files, as an import would write it."""
    cases = [
        case for name in ("paid_ahead", "cost_growth", "stalled", "short_submission") for case in read(CASES / f"{name}.csv")
    ]
    folder = tmp_path_factory.mktemp("facts")
    facts.write(folder, tables(cases), facts.PROBLEM_SCHEMA.empty_table(), {"files": []})
    return folder


@pytest.fixture(scope="module")
def published(facts_folder, tmp_path_factory):
    return pipeline.score_folder(facts_folder, as_of=AS_OF, out=tmp_path_factory.mktemp("out") / "snapshot", settings=SETTINGS)


def test_judging_a_snapshot_anew_under_its_own_settings_gives_its_own_facts(published):
    again = whatif.judged(facts.read_tables(published.folder), published, SETTINGS)
    assert again["facility_id"].tolist() == published.facilities["facility_id"].tolist()
    for name in [n for n in again if n.endswith("_severity")]:
        assert again[name].tolist() == pytest.approx(published.facilities[name].astype(float).tolist(), abs=1e-9, nan_ok=True), (
            name
        )


def test_the_saved_file_scored_by_the_command_gives_the_figures_of_the_page(facts_folder, published, tmp_path):
    changed = whatif.changes(SETTINGS, **(PUBLISHED | {"q": PUBLISHED["q"] | {"T08": 0.5}}), tried=TRIED)
    found = whatif.trial(published, changed)
    file, out = tmp_path / "settings-trial.toml", tmp_path / "scored"
    file.write_text(whatif.to_toml(changed, comment="A trial"), "utf-8")
    command = ["score", str(facts_folder), "--as-of", AS_OF.isoformat(), "--out", str(out), "--settings", str(file)]
    assert CliRunner().invoke(main, command).exit_code == 0
    scored = snapshot.load(out).facilities
    assert found.levels != {level: (n, n) for level, (n, _) in found.levels.items()}, "the trial must change something"
    assert {level: after for level, (_, after) in found.levels.items()} == {
        level: int((scored["level"] == level).sum()) for level in schema.LEVELS
    }
    assert found.n_flagged[1] == int(scored["is_flagged"].sum())
    ranks = scored.set_index("facility_id")[["rank", "rank_low", "rank_high"]]
    assert found.moves
    for move in found.moves:
        assert (move.ranks[1].rank, move.ranks[1].low, move.ranks[1].high) == tuple(ranks.loc[move.facility_id]), move
    assert found.facts["T01"][1] == int((scored["T01_severity"] > score.SEVERITY_NOISE).sum())
    assert snapshot.verify(published.folder) == []


def test_a_file_holds_only_the_thresholds_that_differ():
    same = {"T01": {"ramp_share": {0: 0.05}}, "T09": {"count_ramp": {0: 2.0}}}
    assert whatif.changes(SETTINGS, **PUBLISHED, tried=same) == {}
    changed = whatif.changes(SETTINGS, **PUBLISHED, tried=TRIED)
    assert changed["short_submission"] == {"tender_working_days": {"1992-01-01": 15, "2025-01-01": 12}}
    assert changed["cost_growth"] == {"ramp_share": [0.1, 0.2]}
    assert set(changed) == {"paid_ahead", "cost_growth", "stalled", "short_submission"}


@pytest.mark.parametrize(("tried", "what"), [
    ({"T01": {"ramp_share": {0: 0.30}}}, "T01.ramp_share"),
    ({"T01": {"max_advance_share": {None: -0.1}}}, "T01.max_advance_share"),
    ({"T16": {"by_agreement_severity": {None: 1.5}}}, "T16.by_agreement_severity"),
    ({"T03": {"after_days": {None: float("nan")}}}, "T03.after_days"),
    ({"T08": {"ramp_share": {1: float("inf")}}}, "T08.ramp_share"),
])  # fmt: skip
def test_a_threshold_that_cannot_be_is_refused_by_name(tried, what):
    with pytest.raises(ValueError, match=what) as caught:
        whatif.changes(SETTINGS, **PUBLISHED, tried=tried)
    for lang in i18n.LANGUAGES:
        assert i18n.text(f"indicator.{what[:3]}.title", lang) in shown.wrong(caught.value, lang)


@pytest.mark.parametrize("indicator", [i for i in INDICATORS if i.axis != "disclosure"], ids=lambda i: i.id)
def test_every_number_of_every_indicator_can_be_tried_and_comes_back_unchanged(indicator):
    fields = shown.fields(indicator.id, SETTINGS, "kk")
    assert len(fields) == sum(map(len, thresholds.numbers(indicator, SETTINGS).values()))
    for field in fields:
        assert whatif.changes(SETTINGS, **PUBLISHED, tried={field.k: {field.name: {field.at: field.read(field.value)}}}) == {}


def test_settings_of_an_older_version_offer_no_thresholds():
    older = {name: own for name, own in SETTINGS.items() if name != "uncertainty"}
    assert not whatif.can_judge(older) and shown.fields("T01", older, "en") == []
    assert whatif.compare(_facilities([{"T01": 1.0}]), older, older).n_top == 1


def test_the_effect_of_a_threshold_is_what_scoring_with_it_gives(facts_folder, published):
    one = next(i for i in INDICATORS if i.id == "T01")
    found = whatif.effects(published, one, factors=(0.8, 1.2))
    assert {e.name for e in found} == set(thresholds.numbers(one, SETTINGS))
    lower = next(e for e in found if (e.name, e.factor) == ("ramp_share", 0.8))
    assert lower.numbers == pytest.approx([0.04, 0.20])
    own = settings.overlay(SETTINGS, {"paid_ahead": {"ramp_share": lower.numbers}})
    scored = pipeline.score_tables(facts.read_tables(facts_folder), as_of=AS_OF, settings=own).to_pandas()
    assert lower.n_facts == (scored["T01_severity"] > score.SEVERITY_NOISE).sum()
    assert lower.n_flagged == scored["is_flagged"].sum()
    assert lower.n_levels_changed == (scored["level"] != published.facilities["level_raw"]).sum()
    assert lower.n_facts > (published.facilities["T01_severity"] > score.SEVERITY_NOISE).sum(), "a lower threshold finds more"
