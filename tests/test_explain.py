"""One scored row in words: the arithmetic that readers are shown, and a text for everything that can be shown."""

import string
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import explain, i18n, schema, score
from riskmap import settings as settings_file
from riskmap.indicators import INDICATORS

SETTINGS = settings_file.load()
RULES = {indicator.id: indicator for indicator in INDICATORS}
MINE = (
    "facility", "method", "data", "indicator", "column", "level", "kind", "reason", "parameter", "explain", "chart",
)  # fmt: skip


def row(**given):
    """A scored row: nothing known but what is given; points and R from the score itself."""
    severity = {k: given.get(f"{k}_severity") for k in score.catalogue(SETTINGS)}
    scored = score.score_case(severity, SETTINGS)
    points = {f"{k}_points": scored["contributions"].get(k, None if x is None else 0.0) for k, x in severity.items()}
    empty = dict.fromkeys(schema.SCORED) | {f"{k}_{part}": None for k in RULES for part in ("severity", "value", "reason")}
    r = {"r_lo": scored["R_lo"], "r_mid": scored["R_mid"], "r_hi": scored["R_hi"], "coverage": scored["coverage"]}
    level = {"level": scored["level"].replace(" ", "_"), "delivery": "not_known", "title": "Demo school"}
    return empty | points | r | level | given


# ---- the arithmetic ---------------------------------------------------------------------------------------------------
def test_the_worked_example_of_the_method():
    known = explain.explain(row(T01_severity=1.0, T09_severity=1.0, T08_severity=0.3), SETTINGS, "en")
    assert [(fact.id, round(fact.points, 1)) for fact in known.facts[:3]] == [("T01", 46.2), ("T09", 8.5), ("T08", 3.6)]
    assert known.facts[0].share_of_r == pytest.approx(46.2 / 58.3, abs=0.001)


def test_r_without_a_fact_gives_the_discounted_one_its_full_weight_back():
    known = explain.explain(row(T08_severity=1.0, T09_severity=1.0, T01_severity=0.0), SETTINGS, "en")
    without = {fact.id: fact.r_without for fact in known.facts}
    assert without["T08"] == pytest.approx(12.0)  # T09 alone: q = 0.12
    assert without["T09"] == pytest.approx(30.0)  # T08 alone: q = 0.30
    assert without["T01"] is None  # only for facts that fire


# ---- what would change it ---------------------------------------------------------------------------------------------
def test_what_becomes_known_can_raise_the_level_and_never_lowers_r():
    known_clear = {f"{k}_severity": 0.0 for k in RULES if k not in ("T01", "X01") and RULES[k].axis == "integrity"}
    known = explain.explain(row(**known_clear, paid_amount=1, T01_reason="missing_columns"), SETTINGS, "en")
    (one,) = known.changes
    assert (one.id, one.level_now, one.level_bad, one.level_clear) == ("T01", "low", "high", "low")
    assert (one.r_now, round(one.r_bad, 1)) == (0.0, 50.0)
    assert one.moves_level and "Paid to date" not in one.needs and one.needs
    assert "low" in explain.change(one, "en")[2] and "high" in explain.change(one, "en")[2]


def test_without_data_a_clear_fact_gives_a_level_only_when_enough_is_known():
    changes = explain.explain(row(), SETTINGS, "en").changes
    assert {one.level_now for one in changes} == {"not_assessable"}
    assert all(one.level_clear == "not_assessable" for one in changes)
    assert not any(one.moves_level for one in changes)


def test_what_does_not_apply_would_change_nothing_and_another_reason_is_said():
    given = row(T13_reason="not_applicable", T07_reason="too_few_peers")
    needs = {one.id: one.needs for one in explain.explain(given, SETTINGS, "en").changes}
    assert "T13" not in needs
    assert needs["T07"] == i18n.text("reason.too_few_peers", "en")


@settings(deadline=None, max_examples=8)
@given(st.dictionaries(st.sampled_from(sorted(set(RULES) - {"X01"})), st.none() | st.floats(0, 1), max_size=15))
def test_changes_are_what_the_score_says(severity):
    severity = {k: x for k, x in severity.items() if k in score.catalogue(SETTINGS)}
    known = explain.explain(row(**{f"{k}_severity": x for k, x in severity.items()}), SETTINGS, "kk")
    assert {one.id for one in known.changes} == {
        fact.id for fact in known.not_known if fact.axis == "integrity" and fact.id in RULES
    }
    cases = score.score_cases([severity | {one.id: x} for one in known.changes for x in (1.0, 0.0)], SETTINGS)
    for one, bad, clear in zip(known.changes, cases[::2], cases[1::2], strict=True):
        assert one.r_bad == pytest.approx(bad["R_lo"]) and one.r_bad >= one.r_now
        assert clear["R_lo"] == pytest.approx(one.r_now)
        assert (one.level_bad, one.level_clear) == tuple(c["level"].replace(" ", "_") for c in (bad, clear))


# ---- rank and money at risk -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_a_rank_and_an_estimate_never_stand_without_their_interval(lang):
    numbers = {"rank": 12, "rank_low": 8, "rank_high": 19, "top20_share": 0.93}
    money = {"emr_amount": 324_000_000, "emr_low_amount": 133_000_000, "emr_high_amount": 608_000_000}
    known = explain.explain(row(**numbers, **money), SETTINGS, lang, n_facilities=640)
    said = dict(known.summary)
    rank, estimate = said[i18n.text("column.rank", lang)], said[i18n.text("column.emr_amount", lang)]
    assert all(part in rank for part in ("12", "640", "8", "19", "93", "20"))
    assert i18n.text("facility.rank_unsure", lang) in rank  # nothing else is known here
    assert all(i18n.money(amount, lang) in estimate for amount in money.values())
    unknown = dict(explain.explain(row(**numbers, **dict.fromkeys(money)), SETTINGS, lang, n_facilities=640).summary)
    assert unknown[i18n.text("column.emr_amount", lang)] == i18n.text("common.not_known", lang)


@settings(deadline=None, max_examples=10)
@given(st.dictionaries(st.sampled_from(sorted(set(RULES) - {"X01"})), st.none() | st.floats(0, 1), max_size=15))
def test_contributions_add_up_and_nothing_is_left_out(severity):
    given_row = row(**{f"{k}_severity": x for k, x in severity.items()})
    known = explain.explain(given_row, SETTINGS, "ru")
    assert sum(points for _, points in known.parts("ru")) == pytest.approx(given_row["r_lo"], abs=1e-9)
    assert sorted(fact.id for fact in known.facts) == sorted({*RULES, *score.catalogue(SETTINGS)})
    assert len(known.firing) + len(known.clear) + len(known.not_known) == len(known.facts)
    points = [fact.points for fact in known.facts]
    assert points == sorted(points, reverse=True)


# ---- not known --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_nothing_known_is_said_as_not_known_and_never_as_zero(lang):
    known = explain.explain(row(), SETTINGS, lang)
    assert not known.firing and not known.clear and known.n_checked == 0
    assert all(fact.reason and fact.value == i18n.text("common.not_known", lang) for fact in known.not_known)
    assert dict(known.summary)[i18n.text("column.budget_amount", lang)] == i18n.text("common.not_known", lang)
    assert known.dates == ()


def test_the_reason_names_only_the_columns_that_are_missing():
    known = explain.explain(row(paid_amount=1, T01_reason="missing_columns"), SETTINGS, "en")
    reason = next(fact.reason for fact in known.facts if fact.id == "T01")
    assert reason == "These data are not published: contract value in force, works done."


def test_a_missing_field_says_what_it_would_allow_to_check():
    gaps = {
        one.column: one.would_check for one in explain.explain(row(missing_fields="advance_amount,buyer_id"), SETTINGS, "en").gaps
    }
    assert gaps["advance_amount"] == ("High advance",)
    assert "High share of one contractor" in gaps["buyer_id"]


def test_the_catalogue_without_a_rule_counts_as_not_checked_and_says_so():
    known = explain.explain(row(T01_severity=0.0), SETTINGS, "en")
    assert (known.n_checked, known.n_checkable) == (1, 15)
    unbuilt = set(score.catalogue(SETTINGS)) - set(RULES)
    not_computed = i18n.text("reason.not_computed", "en")
    assert {fact.id for fact in known.not_known if fact.reason == not_computed} == unbuilt


# ---- words ------------------------------------------------------------------------------------------------------------
def test_re_dating_is_said_in_months():
    moved = row(delivery="not_due", due_first_on=date(2025, 1, 1), due_on=date(2026, 1, 1))
    assert "months gained: 12.0" in explain.explain(moved, SETTINGS, "en").delivery
    kept = row(delivery="not_due", due_first_on=date(2025, 1, 1), due_on=date(2025, 1, 1))
    assert "moved" not in explain.explain(kept, SETTINGS, "en").delivery


def test_a_finding_says_its_value_and_its_threshold():
    known = explain.explain(row(T01_severity=1.0, T01_value=0.3), SETTINGS, "en")
    assert known.facts[0].finding == "Payments are ahead of the works by 30% of the contract value; up to 5% is tolerated."


@pytest.mark.parametrize(("value", "unit", "words"), [
    (0.456, "share", "46%"), (1234, "days", "1,234 days"), (0.62, "ratio", "0.62"), (3.14, "z", "3.1"), (2, "count", "2"),
    (1, "flag", "yes"), (0, "flag", "no"), (0, "count", "0"), (None, "share", "not known"),
])  # fmt: skip
def test_a_value_is_written_with_its_unit(value, unit, words):
    assert explain.quantity(value, unit, "en") == words


def test_a_link_must_be_a_web_address():
    assert explain.link({"source_url": "javascript:alert(1)"}) == ""
    assert explain.link({"source_url": pd.NA}) == ""
    assert explain.link({"source_url": "https://example.invalid/a"}) == "https://example.invalid/a"


def test_an_unknown_id_finds_nothing():
    frame = pd.DataFrame({"facility_id": ["A", "C"], "is_restricted": pd.array([None, True], "boolean")})
    assert explain.find(frame, "B") is None
    assert explain.find(frame, "C") is None  # restricted: as if it were not there
    assert explain.find(frame, "A")["facility_id"] == "A"


# ---- a text for everything --------------------------------------------------------------------------------------------
def keys(lang, section):
    return {key: words for key, words in i18n.words(lang).items() if key.startswith(f"{section}.")}


def placeholders(words):
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("section", MINE)
def test_three_languages_have_the_same_keys_and_placeholders(section):
    english = keys("en", section)
    assert english
    for lang in ("kk", "ru"):
        other = keys(lang, section)
        assert other.keys() == english.keys()
        assert {k for k in english if bool(english[k]) != bool(other[k])} == set()
        if section != "indicator":  # a finding need not use every number that it is offered
            assert {k for k in english if placeholders(english[k]) != placeholders(other[k])} == set()


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_indicator_has_its_texts_and_every_number_its_label(lang):
    for k in {*RULES, *score.catalogue(SETTINGS)}:
        for part in ("title", "definition", "why", "caveat", "official", "finding", "source"):
            assert i18n.text(f"indicator.{k}.{part}", lang), (k, part)
    for indicator in INDICATORS:
        numbers = explain.thresholds(indicator, SETTINGS, lang)
        assert len(numbers) == len(set(SETTINGS[indicator.name]) - {"id", "family", "q", "optional", "default_mean"})
        assert bool(i18n.text(f"indicator.{indicator.id}.volunteer", lang)) or not indicator.visible, indicator.id


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_reason_in_the_code_has_a_text(lang):
    reasons = {"missing_columns", "no_contract", explain.NOT_COMPUTED}
    for indicator in INDICATORS:
        reasons |= set(indicator.evaluate(SETTINGS, as_of_day=20000).unknown)
    assert {r for r in reasons if not i18n.has(f"reason.{r}", lang)} == set()


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_column_and_every_code_has_a_word(lang):
    names = {*schema.SCORED, *(name for table in schema.FACT_TABLES.values() for name in table)}
    names |= {column.name for columns in schema.INPUT_TABLES.values() for column in columns}
    assert {name for name in names if not i18n.has(f"column.{name}", lang)} == set()
    coded = [column for columns in schema.INPUT_TABLES.values() for column in columns if column.choices]
    codes = {(column.name, code) for column in coded for code in column.choices} | {
        ("delivery", code) for code in schema.DELIVERY
    }
    assert {pair for pair in codes if not i18n.has(f"kind.{pair[0]}.{pair[1]}", lang)} == set()
    assert {level for level in schema.LEVELS if not i18n.has(f"level.{level}.name", lang)} == set()
    families = {settings_["family"] for settings_ in score.catalogue(SETTINGS).values()}
    assert {family for family in families if not i18n.has(f"kind.family.{family}", lang)} == set()
    assert {kind for kind in schema.KINDS if not i18n.has(f"data.kind.{kind}", lang)} == set()


def test_no_text_accuses():
    forbidden = ("corrupt", "thief", "theft", "fraud", "steal", "вор", "кража", "хищен", "мошен", "ұрлық", "ұры ", "алаяқ")
    for lang in i18n.LANGUAGES:
        for section in MINE:
            for key, words in keys(lang, section).items():
                if key == "chart.section.survey":  # the name of a published survey, beside no facility
                    continue
                own = f" {words.replace(i18n.text('common.app', lang), '').lower()} "  # the name of the map accuses nobody
                assert not any(f" {word}" in own for word in forbidden), (lang, key)


# ---- the story on one screen ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_story_answers_five_questions_even_where_nothing_is_known(lang):
    told = explain.story(row(), explain.explain(row(), SETTINGS, lang), lang)
    assert [title for title, _ in told] == [
        i18n.text(f"facility.story.{name}", lang) for name in ("late", "money", "unknown", "officials", "visitors")
    ]
    assert all(lines and all(lines) for _, lines in told)
    assert i18n.text("facility.story.ahead_unknown", lang) in told[1][1], "unknown money is not no money"


def test_the_story_names_the_money_ahead_the_forecast_and_the_first_tasks():
    given = row(
        T01_severity=1.0, T05_severity=0.5, T08_severity=0.4, exposure_paid_ahead_amount=5_000_000, currency="KZT",
        forecast_low_on=date(2026, 12, 1), forecast_finish_on=date(2027, 1, 1), forecast_high_on=date(2027, 2, 1),
    )  # fmt: skip
    told = dict(explain.story(given, explain.explain(given, SETTINGS, "en"), "en"))
    assert any("January 1, 2027" in line for line in told["What is late"])
    assert any("KZT\xa05.00\xa0m" in line for line in told["What money is ahead of the works"])
    assert len(told["What an official must check"]) == 2
    zero = given | {"exposure_paid_ahead_amount": 0}
    said = dict(explain.story(zero, explain.explain(zero, SETTINGS, "en"), "en"))["What money is ahead of the works"]
    assert i18n.text("facility.story.not_ahead", "en") in said


def test_exactly_at_a_threshold_is_clear_whatever_the_last_binary_digit():
    known = explain.explain(row(T01_severity=2.1e-16, T08_severity=0.5), SETTINGS, "en")
    assert [fact.id for fact in known.firing] == ["T08"]
    assert "T01" in [fact.id for fact in known.clear]
