"""The worked examples: one per indicator, isolated from each other, and their arithmetic done again by hand."""

from datetime import date
from math import isclose

import pytest

from riskmap import examples, i18n, settings
from riskmap.indicators import INDICATORS
from riskmap.web import method

SETTINGS = settings.load()
WORKED = examples.worked(SETTINGS)
ALL = [(k, i, example) for k, of in WORKED.items() for i, example in enumerate(of)]
EACH = pytest.mark.parametrize("example", [of for _, _, of in ALL], ids=[f"{k}.{i}" for k, i, _ in ALL])


def again(formula, example):
    """The arithmetic of an example, done by Python from its raw numbers."""
    for name in examples.names(formula):
        value, _ = example.values[name]
        formula = formula.replace(f"{{{name}}}", repr(value.toordinal() if isinstance(value, date) else value))
    return eval(formula.replace("×", "*").replace("−", "-").replace(";", ","), {"min": min, "max": max})


def test_every_indicator_has_an_example_and_nothing_else_has():
    assert set(WORKED) == {i.id for i in INDICATORS} == set(examples.read()) - {"as_of"}


@EACH
def test_an_example_counts_in_full_or_in_part_or_says_why_it_is_not_known(example):
    if example.id == "D06":  # no norm is loaded: that is what the page must show
        assert (example.severity, example.reason) == (None, "no_norm")
    elif example is not WORKED["T12"][1]:
        assert 0 < example.severity <= 1


@EACH
def test_the_arithmetic_gives_what_the_indicator_gives(example):
    if formula := example.given.get("value"):
        assert again(formula, example) == pytest.approx(example.value, abs=1e-9)
    if formula := example.given.get("severity"):
        assert again(formula, example) == pytest.approx(example.severity, abs=1e-9)


@EACH
def test_the_points_are_those_of_the_formula(example):
    if example.points is not None:
        q = next(s["q"] for s in SETTINGS.values() if isinstance(s, dict) and s.get("id") == example.id)
        assert isclose(example.points, 100 * (1 - (1 - q) ** example.severity), abs_tol=1e-9)


@pytest.mark.parametrize("k", ["T01", "T07", "T10", "T12", "T15", "D03"])
def test_no_example_touches_another(k, monkeypatch):
    only = {name: of for name, of in examples.read().items() if name in ("as_of", k)}
    alone = examples._country([(f"{k}.{i}", given) for i, given in enumerate(only[k])])
    scored = examples.pipeline.score_tables(alone, as_of=only["as_of"], settings=SETTINGS, engine="polars").to_pylist()
    row = next(row for row in scored if row["facility_id"] == f"{k}.0")
    assert row[f"{k}_severity"] == pytest.approx(WORKED[k][0].severity, abs=1e-9)


def test_a_rule_is_that_of_its_date():
    before, since = WORKED["T12"]
    assert (before.values["least"][0], before.severity) == (15, 1.0)
    assert (since.values["least"][0], since.severity) == (5, 0.0)


def test_another_threshold_gives_another_example():
    changed = settings.overlay(
        SETTINGS, {"paid_ahead": {"ramp_share": [0.0, 0.2]}, "short_submission": {"tender_working_days": {"1992-01-01": 3}}}
    )
    found = examples.worked(changed)
    assert (WORKED["T01"][0].severity, found["T01"][0].severity) == (pytest.approx(0.25), pytest.approx(0.5))
    assert found["T12"][0].severity == 0 and found["T12"][0].values["least"][0] == 3
    one = next(i for i in INDICATORS if i.id == "T01")
    words = " ".join(method.example(found["T01"][0], one, changed, "en"))
    assert "(10% − 0%) / (20% − 0%) = 50%" in words and "= 29.3" in words  # 100 (1 - 0.5^0.5)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@EACH
def test_an_example_is_told_in_every_language(example, lang):
    one = next(i for i in INDICATORS if i.id == example.id)
    lines = method.example(example, one, SETTINGS, lang)
    assert len(lines) >= 2 and all("{" not in line and line for line in lines)
    assert not any(line.endswith("..") for line in lines)
