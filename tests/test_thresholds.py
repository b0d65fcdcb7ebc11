"""The numbers inside the indicators: each has a unit, a source and a label; other values are checked."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import i18n, settings, thresholds
from riskmap.indicators import INDICATORS

SETTINGS = settings.load()
EACH = pytest.mark.parametrize("indicator", INDICATORS, ids=lambda i: i.id)


@EACH
def test_every_threshold_names_its_source_and_has_a_label(indicator):
    for name in thresholds.names(indicator, SETTINGS):
        sources = thresholds.sources()[indicator.name, name]
        assert sources and all(i18n.has(f"method.source.{one.kind}", lang) for one in sources for lang in i18n.LANGUAGES)
        assert all(i18n.has(f"parameter.{name}", lang) for lang in i18n.LANGUAGES)
        assert all(one.citation for one in sources if one.kind == "public"), f"{indicator.name}.{name}: which public source?"


def test_tags_are_read_as_they_stand():
    found = thresholds._sources(" 5 [V mondaq 1; gov.kz] and [P: 90] methodology 1.4")
    assert found == (thresholds.Source("public", "mondaq 1; gov.kz"), thresholds.Source("assumption", "90; methodology.md 1.4"))
    assert thresholds._sources("") == (thresholds.Source("assumption", ""),)


@EACH
@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_a_threshold_moves_outwards_and_stays_of_its_kind(indicator, factor):
    for name, parts in thresholds.numbers(indicator, SETTINGS).items():
        after = thresholds.numbers(indicator, settings.overlay(
            SETTINGS, {indicator.name: thresholds.scaled(indicator, SETTINGS, name, factor)}))[name]  # fmt: skip
        for at, before in parts.items():
            assert type(after[at]) is type(before), f"{name} {at}"
            assert (after[at] <= before) if factor < 1 else (after[at] >= before)
            assert isinstance(before, float) or before == 0 or after[at] != before, "a whole number moves by one at least"


@hypothesis_settings(deadline=None, max_examples=50)
@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(allow_nan=True, allow_infinity=True))
def test_a_range_is_taken_only_if_it_rises_within_bounds(low, high):
    one = next(i for i in INDICATORS if i.id == "T01")
    possible = 0 <= low < high <= thresholds.largest("ramp_share")
    try:
        changed = thresholds.changed(one, SETTINGS, {"ramp_share": {0: low, 1: high}})
    except ValueError:
        assert not possible
    else:
        assert possible and (changed == {} or changed["ramp_share"] == [low, high])
