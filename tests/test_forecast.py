"""The forecast: the normal distribution by a polynomial, the reference class, and an interval that makes sense."""

from datetime import date, timedelta
from math import erf, exp, log, sqrt

import narwhals as nw
import pyarrow as pa
import pytest
from casebook import AS_OF, tables
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import forecast, pipeline, settings
from riskmap.engine import session

SETTINGS = settings.load()


@pytest.mark.parametrize("engine", ["duckdb", "polars", "pandas"])
def test_normal_distribution(engine) -> None:
    points = [x / 50 for x in range(-400, 401)]
    with session({"x": pa.table({"x": points})}, engine=engine) as (frames, _):
        found = frames["x"].with_columns(phi=forecast.normal_cdf(nw.col("x"))).collect(backend="pyarrow").to_native()
    for x, phi in zip(found["x"].to_pylist(), found["phi"].to_pylist(), strict=True):
        assert phi == pytest.approx(0.5 * (1 + erf(x / sqrt(2))), abs=7.5e-8)


def finished(ratio: float) -> dict[str, str]:
    """A school that was planned for 1,000 days and took `ratio` times as long."""
    start, plan = date(2020, 1, 1), timedelta(days=1000)
    done = start + plan * ratio
    return {"facility_type": "school", "start_on": str(start), "due_on": str(start + plan), "completed_on": str(done)}


@pytest.mark.parametrize("n", [19, 20])
def test_twenty_finished_peers_replace_the_prior(n) -> None:
    ratios = [1.2 if i % 2 else 1.5 for i in range(n)]
    running = {"facility_type": "school", "start_on": "2026-01-01", "due_on": str(date(2026, 1, 1) + timedelta(days=1000))}
    rows = pipeline.score_tables(tables([*map(finished, ratios), running]), as_of=AS_OF, settings=SETTINGS).to_pylist()
    mean = sum(map(log, ratios)) / n if n == 20 else SETTINGS["forecast"]["prior_mean"]
    expected = date(2026, 1, 1) + timedelta(days=int(1000 * exp(mean) + 0.5))
    assert rows[-1]["forecast_finish_on"] == expected
    assert rows[-1]["D03_reason"] == "reference_only"


@hypothesis_settings(deadline=None, max_examples=10)
@given(st.lists(st.tuples(st.integers(1, 3000), st.integers(1, 3000), st.floats(0, 1)), min_size=1, max_size=30))
def test_the_interval_holds_the_finish_and_begins_today(works) -> None:
    cases = [
        {"start_on": str(AS_OF - timedelta(days=ago)), "due_on": str(AS_OF - timedelta(days=ago) + timedelta(days=planned)),
         "progress": f"{AS_OF}:{share}"}
        for ago, planned, share in works
    ]  # fmt: skip
    for row in pipeline.score_tables(tables(cases), as_of=AS_OF, settings=SETTINGS, engine="polars").to_pylist():
        assert AS_OF <= row["forecast_low_on"] <= row["forecast_finish_on"] <= row["forecast_high_on"]
        assert 0 <= row["late_probability"] <= 1


@pytest.mark.parametrize(("n", "engine"), [(19, "duckdb"), (20, "duckdb"), (20, "polars"), (20, "pandas")])
def test_the_pace_is_taken_as_well_as_it_foretold_finished_works(n, engine) -> None:
    # half of the works after half of 1,000 days: the pace says "in time"; but those who reported so took 1.2 or 1.5 times as long
    ratios = [1.2 if i % 2 else 1.5 for i in range(n)]
    half = schedule_share(0.5) * 1000
    peers = [finished(ratio) | {"progress": f"{date(2020, 1, 1) + timedelta(days=round(half))}:0.5"} for ratio in ratios]
    start = AS_OF - timedelta(days=round(half))
    running = {
        "facility_type": "hospital", "start_on": str(start), "due_on": str(start + timedelta(days=1000)),
        "progress": f"{AS_OF}:0.5",
    }  # fmt: skip
    row = pipeline.score_tables(tables([*peers, running]), as_of=AS_OF, settings=SETTINGS, engine=engine).to_pylist()[-1]
    logs = [log(ratio) for ratio in ratios]
    mean = sum(logs) / n
    sd = max(0.08, sqrt(sum((x - mean) ** 2 for x in logs) / (n - 1)))
    seen, off = (mean, sd) if n == 20 else (0.0, 0.08 + 0.45 * 0.5)
    m0, s0 = SETTINGS["forecast"]["prior_mean"], SETTINGS["forecast"]["prior_sd"]  # no hospital is finished
    m, s = (seen / off**2 + m0 / s0**2) / (1 / off**2 + 1 / s0**2), (1 / off**2 + 1 / s0**2) ** -0.5
    expected = [start + timedelta(days=1000 * exp(m + z * 1.2816 * s)) for z in (-1, 1)]
    assert abs((row["forecast_low_on"] - max(expected[0], AS_OF)).days) <= 2  # a report falls on a whole day
    assert abs((row["forecast_high_on"] - expected[1]).days) <= 2
    assert abs((row["forecast_finish_on"] - (start + timedelta(days=1000 * exp(seen)))).days) <= 2


def schedule_share(progress: float) -> float:
    table = forecast.schedule_table(curve_c=SETTINGS["forecast"]["curve_c"], curve_k=SETTINGS["forecast"]["curve_k"])
    return table["schedule_share"][round(progress * 1000)]
