"""Published levels over several snapshots, by hand: what holds, what moves at once."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest
from casebook import CASES, read, tables
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import hysteresis, pipeline, schema, settings
from riskmap.engine import session
from riskmap.problem import DataError

SETTINGS = settings.load()


def _snapshots(steps):
    """Published levels of one facility over snapshots (R_lo, level by the formula)."""
    published, before = [], None
    for r_lo, raw in steps:
        frame = pa.table({"facility_id": ["A"], "r_lo": [float(r_lo)], "level": [raw]})
        with session({"now": frame, "before": hysteresis.before(before)}) as (frames, _):
            done = hysteresis.published(frames["now"], frames["before"], settings=SETTINGS).collect(backend="pyarrow")
        rows = done.to_native().to_pandas()
        assert rows["level_raw"].tolist() == [raw]
        published.append(rows["level"].iloc[0])
        before = SimpleNamespace(facilities=rows)
    return published


@pytest.mark.parametrize(("steps", "levels"), [
    pytest.param([(39, "medium"), (41, "high"), (41, "high")], ["medium", "medium", "high"], id="the second time it moves"),
    pytest.param([(39, "medium"), (41, "high"), (39, "medium")], ["medium", "medium", "medium"], id="back again: nothing seen"),
    pytest.param([(39, "medium"), (45, "high"), (44, "high")], ["medium", "high", "high"], id="more than five points"),
    pytest.param([(39, "medium"), (44, "high"), (44, "high")], ["medium", "medium", "high"], id="just five points are not more"),
    pytest.param([(41, "high"), (39, "medium"), (39, "medium")], ["high", "high", "medium"], id="down is as slow as up"),
    pytest.param([(41, "high"), (30, "medium"), (30, "medium")], ["high", "medium", "medium"], id="down by a fall"),
    pytest.param([(39, "medium"), (42, "high"), (45, "high"), (48, "high")], ["medium", "medium", "high", "high"], id="drift"),
    pytest.param([(10, "low"), (10, "not_assessable"), (11, "low")], ["low", "not_assessable", "low"], id="no low without data"),
    pytest.param([(41, "high"), (41, "high"), (41, "high")], ["high", "high", "high"], id="nothing moves"),
])  # fmt: skip
def test_three_snapshots(steps, levels):
    assert _snapshots(steps) == levels


@hypothesis_settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from(schema.LEVELS)), min_size=2, max_size=5))
def test_what_is_published_was_the_level_of_this_snapshot_or_is_the_one_published_before(steps):
    published = _snapshots(steps)
    assert published[0] == steps[0][1]
    for i in range(1, len(steps)):
        (r_before, raw_before), (r, raw) = steps[i - 1], steps[i]
        assert published[i] in (raw, published[i - 1])
        if raw == raw_before or abs(r - r_before) > 5 or raw == "not_assessable":
            assert published[i] == raw


def test_a_new_facility_has_its_level_at_once():
    before = SimpleNamespace(
        facilities=pd.DataFrame({"facility_id": ["B"], "level": ["low"], "level_raw": ["low"], "r_lo": [1.0]})
    )
    frame = pa.table({"facility_id": ["A"], "r_lo": [41.0], "level": ["high"]})
    with session({"now": frame, "before": hysteresis.before(before)}) as (frames, _):
        rows = hysteresis.published(frames["now"], frames["before"], settings=SETTINGS).collect(backend="pyarrow").to_native()
    assert rows["level"].to_pylist() == ["high"]


# ---- through the pipeline ---------------------------------------------------------------------------------------------
FACTS = tables(read(CASES / "overdue.csv"))


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pandas"])
def test_without_a_previous_snapshot_the_level_is_that_of_the_formula(engine):
    scored = pipeline.score_tables(FACTS, as_of=date(2026, 11, 1), settings=SETTINGS, engine=engine)
    assert scored["level"].to_pylist() == scored["level_raw"].to_pylist()


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pandas"])
def test_the_flag_follows_the_published_level(engine):
    lenient = settings.overlay(SETTINGS, {"levels": {"min_coverage": 0.0}})  # the cases tell little but their dates
    first = pipeline.score_tables(FACTS, as_of=date(2026, 11, 1), settings=lenient)
    # published before: everyone medium with the same points, so that nothing may move
    held = pd.DataFrame({"facility_id": first["facility_id"].to_pylist(), "r_lo": first["r_lo"].to_pylist()})
    held = held.assign(level="medium", level_raw="medium")
    before = SimpleNamespace(facilities=held)
    again = pipeline.score_tables(FACTS, as_of=date(2026, 11, 1), settings=lenient, engine=engine, previous=before).to_pylist()
    assert {row["level_raw"] for row in again} == set(first["level_raw"].to_pylist()) == {"low"}
    assert {row["level"] for row in again} == {"medium"}
    assert not any(first["is_flagged"].to_pylist())
    assert [row["is_flagged"] for row in again] == [row["is_overdue"] is True for row in again]
    assert any(row["is_flagged"] for row in again)


def test_a_previous_snapshot_must_be_older(tmp_path):
    later = SimpleNamespace(as_of=date(2026, 11, 1), folder=tmp_path, id="x")
    with pytest.raises(DataError) as error:
        pipeline.score_folder(tmp_path, as_of=date(2026, 11, 1), out=tmp_path / "s", settings=SETTINGS, previous=later)
    assert error.value.code == "previous_not_earlier"
    assert not (tmp_path / "s").exists()
