"""The score: the vectors of the methodology, its properties, its gates."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import settings as settings_file
from riskmap.score import catalogue, score_case, score_cases

FACTS = catalogue(settings_file.load())
IDS = sorted(FACTS)
SEVERITY = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1, allow_nan=False))
CASES = st.dictionaries(st.sampled_from(IDS), SEVERITY)
# values of methodology.md 2.3, for a checkout without ../shared
PRINTED = [
    ({}, 0.0, "low"),
    ({"T10": 1, "T08": 0.1}, 18.0, "low"),
    ({"T01": 1, "T09": 1, "T08": 0.3}, 58.3, "high"),
    ({"T01": 1, "T09": 1, "T08": 0.3, "T06": 1, "T16": 1}, 76.1, "critical"),
    ({"T10": 1, "T12": 1, "T13": 1}, 32.3, "medium"),
]


@pytest.mark.parametrize(("severity", "r", "level"), PRINTED)
def test_printed_vectors(severity, r, level) -> None:
    full = {k: 0.0 for k, s in FACTS.items() if not s["optional"]} | severity
    result = score_case(full)
    assert (result["R_lo"], result["level"]) == (pytest.approx(r, abs=0.05), level)


def test_one_known_fact_is_not_assessable() -> None:
    result = score_case({"T11": 1.0})
    assert (result["R_lo"], result["R_hi"]) == (pytest.approx(20.0, abs=0.05), pytest.approx(95.3, abs=0.05))
    assert result["level"] == "not assessable"


def test_a_level_begins_above_its_bound() -> None:
    """Direct award alone is R = 20 on paper: low, on every engine; a trace of anything else is medium."""
    full = {k: 0.0 for k, s in FACTS.items() if not s["optional"]}
    assert score_case(full | {"T11": 1.0})["level"] == "low"
    assert score_case(full | {"T11": 1.0, "T08": 0.001})["level"] == "medium"


def test_shared_vectors(shared: Path) -> None:
    vectors = json.loads((shared / "score_vectors.json").read_text("utf-8"))
    results = score_cases([case["severity"] for case in vectors["cases"]])
    for case, result in zip(vectors["cases"], results, strict=True):
        for key in ("R_lo", "R_mid", "R_hi", "coverage"):
            assert result[key] == pytest.approx(case[key], abs=vectors["tolerance"]), f"{case['case']}: {key}"
        assert result["level"] == case["level"], case["case"]
        assert result["contributions"] == pytest.approx(case["contributions"], abs=vectors["tolerance"]), case["case"]


@settings(deadline=None, max_examples=20)
@given(st.lists(CASES, min_size=20, max_size=40), st.data())
def test_properties(cases, data) -> None:
    """Bounded, ordered, adding up, monotone; revealing a missing fact keeps R_lo inside the old bounds."""
    raised, revealed, where = [], [], []
    for case in cases:
        k = data.draw(st.sampled_from(IDS))
        higher = data.draw(st.floats(case.get(k, 0.0), 1))
        raised.append(case | {k: higher} if k in case else case)
        revealed.append(case if k in case or FACTS[k]["optional"] else case | {k: higher})
        where.append(k)
    n = len(cases)
    results = score_cases([*cases, *raised, *revealed])
    for case, result, up, known in zip(cases, results[:n], results[n : 2 * n], results[2 * n :], strict=True):
        assert 0 <= result["R_lo"] <= result["R_mid"] + 1e-9
        assert result["R_lo"] <= result["R_hi"] + 1e-9 <= 100 + 1e-9
        assert 0 <= result["coverage"] <= 1 + 1e-12
        assert sum(result["contributions"].values()) == pytest.approx(result["R_lo"], abs=1e-9)
        assert set(result["contributions"]) <= {k for k in case if case[k] > 0 and k != "X01"}
        assert up["R_lo"] >= result["R_lo"] - 1e-9
        assert result["R_lo"] - 1e-9 <= known["R_lo"] <= result["R_hi"] + 1e-9
        assert known["R_hi"] <= result["R_hi"] + 1e-9


def test_no_single_fact_is_critical() -> None:
    full = dict.fromkeys(IDS, 0.0)
    for result in score_cases([full | {k: 1.0} for k in IDS]):
        assert result["level"] != "critical"


def test_missing_data_never_raises_the_published_score() -> None:
    case = dict.fromkeys(IDS, 0.4)
    everything = score_case(case)["R_lo"]
    for result in score_cases([{k: x for k, x in case.items() if k != gone} for gone in IDS]):
        assert result["R_lo"] <= everything + 1e-9


@pytest.mark.parametrize("bad", [{"T99": 0.5}, {"T01": 1.2}, {"T01": -0.1}, {"T01": float("nan")}])
def test_nonsense_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="severity"):
        score_case(bad)
