"""Every indicator against its hand-worked cases, and the catalogue against the rest of the house."""

from datetime import date

import pytest
from casebook import AS_OF, CASES, expected, read, settings_of, tables

from riskmap import i18n, pipeline, schema, settings
from riskmap.indicators import INDICATORS

SETTINGS = settings.load()


@pytest.mark.parametrize("name", [i.name for i in INDICATORS])
def test_cases(name: str) -> None:
    path = CASES / f"{name}.csv"
    cases = read(path)
    # the quickest engine for small tables; tests/test_engines.py compares all of these cases on the others
    scored = pipeline.score_tables(tables(cases), as_of=AS_OF, settings=settings_of(path), engine="polars").to_pylist()
    for case, row in zip(cases, scored, strict=True):
        for column, value in expected(case).items():
            found = row[column]
            if isinstance(value, float):
                assert found == pytest.approx(value, abs=5e-5), f"{name}: {case['case']}: {column}"
            else:
                assert (found.isoformat() if isinstance(found, date) else found) == value, f"{name}: {case['case']}: {column}"


def test_every_case_file_belongs_to_an_indicator() -> None:
    assert {path.stem for path in CASES.glob("*.csv")} == {i.name for i in INDICATORS}


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda i: i.id)
def test_the_catalogue_is_complete(indicator) -> None:
    """One word finds everything: settings section, texts, columns that exist, and cases for threshold and "not known"."""
    assert indicator.name in SETTINGS, "settings section"
    assert indicator.rule.__name__ == indicator.name
    assert SETTINGS[indicator.name].get("id", indicator.id) == indicator.id
    assert indicator.definition
    known = {name for table in schema.FACT_TABLES.values() for name in table} | set(schema.SCORED)
    assert set(indicator.columns) <= known
    for lang in i18n.LANGUAGES:
        for word in ("title", "definition", "why", "caveat", "official", "finding"):
            assert i18n.has(f"indicator.{indicator.id}.{word}", lang), f"{lang} indicator.{indicator.id}.{word}"
    severities = {case[f"={indicator.id}_severity"] for case in read(CASES / f"{indicator.name}.csv")}
    assert "0" in severities and severities - {"0", "", "null"}, "cases on both sides of the threshold"
    assert "null" in severities or indicator.id == "X01", "a case of not known"


def test_reasons_have_words() -> None:
    codes = {"missing_columns", "no_contract"}
    for indicator in INDICATORS:
        codes |= set(indicator.evaluate(SETTINGS, as_of_day=0).unknown)
    for lang in i18n.LANGUAGES:
        assert all(i18n.has(f"reason.{code}", lang) for code in codes), lang


def test_weighted_indicators_in_settings_match_the_catalogue() -> None:
    weighted = {s["id"]: name for name, s in SETTINGS.items() if isinstance(s, dict) and "q" in s}
    for indicator in INDICATORS:
        if indicator.axis != "delivery":
            assert weighted[indicator.id] == indicator.name
