"""The charts: what is drawn adds up, what cannot be drawn is None, and each says the same in words."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import draw, i18n

AS_OF = date(2026, 11, 1)
LEVELS = {"medium": 20.0, "high": 40.0, "critical": 60.0}
LANGS = pytest.mark.parametrize("lang", i18n.LANGUAGES)


def told(lang="en"):
    return {
        "footer": draw.footer(as_of=AS_OF, snapshot_id="abc", is_demo=True, lang=lang),
        "ink": draw.INKS["light"],
        "lang": lang,
    }


def tables(paid=(), works=(), value=100, source="reported"):
    progress = [(day, share, source) for day, share in works]
    return {
        "contracts": pd.DataFrame({"value_amount": pd.array([value], "Int64")}),
        "payments": pd.DataFrame(paid, columns=["paid_on", "amount"]).astype({"amount": "Int64"}),
        "progress": pd.DataFrame(progress, columns=["reported_on", "progress_share", "progress_source"]),
    }


PAID = [(date(2025, 1, 1), 30), (date(2025, 3, 1), 30)]
WORKS = [(date(2025, 2, 1), 0.2), (date(2025, 4, 1), 0.4)]


def words_on(chart):
    return " ".join(a.text for a in chart.figure.layout.annotations)


# ---- money against works ----------------------------------------------------------------------------------------------
@LANGS
def test_money_is_cumulative_and_shares_one_axis_with_the_works(lang):
    chart = draw.money_and_works(tables(PAID, WORKS), as_of=AS_OF, **told(lang))
    money, done = (trace for trace in chart.figure.data if trace.mode == "lines+markers")
    assert list(money.x) == [date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1), date(2025, 4, 1), AS_OF]
    assert list(money.y) == pytest.approx([0.3, 0.3, 0.6, 0.6, 0.6])
    assert list(done.y) == pytest.approx([0.0, 0.2, 0.2, 0.4, 0.4])
    assert "yaxis2" not in chart.figure.layout.to_plotly_json()  # never a second axis
    assert i18n.share(0.6, lang) in chart.words and i18n.share(0.4, lang) in chart.words


def test_the_shade_is_the_money_ahead_of_the_works_and_never_below_them():
    chart = draw.money_and_works(tables(PAID, [(date(2024, 1, 1), 0.9)]), as_of=AS_OF, **told())
    low, high = chart.figure.data[:2]
    assert all(top >= bottom for top, bottom in zip(high.y, low.y, strict=True))
    assert list(high.y) == list(low.y)  # 60 % paid for 90 % of works: nothing is ahead


def test_an_independent_observation_is_a_mark_and_not_part_of_the_report():
    both = tables(PAID, WORKS)
    seen = tables(PAID, [(date(2025, 5, 1), 0.1)], source="independent")["progress"]
    both["progress"] = pd.concat([both["progress"], seen])
    chart = draw.money_and_works(both, as_of=AS_OF, **told())
    assert [list(t.y) for t in chart.figure.data if t.mode == "markers"] == [[0.1]]
    assert "works done 40%" in chart.words


@pytest.mark.parametrize(
    "given_tables", [tables((), WORKS), tables(PAID, ()), tables(PAID, WORKS, value=None), tables(PAID, WORKS, value=0)]
)
def test_without_dated_money_dated_works_or_a_value_there_is_no_picture(given_tables):
    assert draw.money_and_works(given_tables, as_of=AS_OF, **told()) is None


# ---- contributions ----------------------------------------------------------------------------------------------------
@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=10))
def test_each_bar_starts_where_the_last_one_ends_and_the_last_reaches_r(points):
    r = sum(points)
    chart = draw.contributions([(f"fact {i}", p) for i, p in enumerate(points)], r=r, level="high", levels=LEVELS, **told())
    bars = chart.figure.data[0]
    ends = [start + length for start, length in zip(bars.base, bars.x, strict=True)]
    assert list(bars.base[1:-1]) == pytest.approx(ends[:-2])
    assert ends[-2] == pytest.approx(r) and bars.base[-1] == 0 and bars.x[-1] == r


def test_no_points_no_picture():
    assert draw.contributions([], r=0.0, level="low", levels=LEVELS, **told()) is None


# ---- dates ------------------------------------------------------------------------------------------------------------
@LANGS
def test_lateness_is_shaded_from_the_date_in_force_to_the_data_date(lang):
    chart = draw.timeline([("due_first_on", date(2026, 1, 1)), ("due_on", date(2026, 10, 2))], as_of=AS_OF, **told(lang))
    shade = next(s for s in chart.figure.layout.shapes if s.type == "rect")
    assert (shade.x0, shade.x1) == (date(2026, 10, 2), AS_OF)
    assert "30" in chart.words and i18n.day(date(2026, 1, 1), lang) in chart.words


def test_a_facility_accepted_in_time_has_no_shade():
    dates = [("due_on", date(2026, 3, 1)), ("completed_on", date(2026, 2, 1))]
    chart = draw.timeline(dates, as_of=AS_OF, **told())
    assert not [s for s in chart.figure.layout.shapes if s.type == "rect"]
    assert draw.timeline((), as_of=AS_OF, **told()) is None


# ---- peers and levels -------------------------------------------------------------------------------------------------
def test_a_facility_is_compared_with_the_others_and_not_with_itself():
    peers = pd.DataFrame({"facility_id": ["own", "a", "b", "c"], "unit_cost": [4.0, 1.0, 2.0, 3.0]})
    chart = draw.unit_cost(peers, facility_id="own", currency="KZT", **told())
    assert chart.words.startswith("2.0 times the median of peers; peers: 3")


@pytest.mark.parametrize("costs", [[None, 1.0], [1.0, None], [0.0, 2.0]])
def test_a_cost_that_is_not_known_is_not_drawn(costs):
    peers = pd.DataFrame({"facility_id": ["own", "a"], "unit_cost": costs})
    assert draw.unit_cost(peers, facility_id="own", currency="KZT", **told()) is None


def test_an_identifier_from_the_data_cannot_put_a_link_into_a_chart():
    peers = pd.DataFrame({"facility_id": ["own", '<a href="https://evil.invalid">x</a>'], "unit_cost": [4.0, 1.0]})
    chart = draw.unit_cost(peers, facility_id="own", currency="KZT", **told())
    assert "<a" not in chart.figure.to_json().encode().decode("unicode_escape")


@LANGS
def test_every_level_is_shown_also_the_one_without_facilities(lang):
    chart = draw.level_counts(pd.Series(["low", "low", "critical", "not_assessable"]), **told(lang))
    assert list(chart.figure.data[0].x) == [2, 0, 0, 1, 1]
    assert i18n.share(0.25, lang) in chart.words
    assert draw.level_counts(pd.Series([], dtype=str), **told(lang)) is None


@LANGS
def test_every_chart_says_when_which_version_and_that_it_is_a_demo(lang):
    charts = [
        draw.timeline([("due_on", date(2026, 3, 1))], as_of=AS_OF, **told(lang)),
        draw.money_and_works(tables(PAID, WORKS), as_of=AS_OF, **told(lang)),
        draw.contributions([("fact", 5.0)], r=5.0, level="low", levels=LEVELS, **told(lang)),
        draw.level_counts(pd.Series(["low"]), **told(lang)),
    ]
    for chart in charts:
        plain = words_on(chart).replace("<br>", " ")
        assert "abc" in plain and ("DEMO" in plain or "ДЕМО" in plain)
        assert {trace.type for trace in chart.figure.data} <= {"bar", "box", "scatter"}  # nothing that fetches a map


# ---- the S-curve ------------------------------------------------------------------------------------------------------
ROW = {
    "start_on": date(2025, 1, 1), "signed_on": date(2024, 12, 1), "due_first_on": date(2026, 1, 1), "due_on": date(2026, 6, 1),
    "forecast_low_on": date(2026, 12, 1), "forecast_finish_on": date(2027, 3, 1), "forecast_high_on": date(2027, 9, 1),
}  # fmt: skip
FORECAST = {"curve_c": 0.134, "curve_k": 3.884, "prior_mean": 0.2}


def test_the_plan_runs_from_the_start_to_the_first_date_along_the_curve():
    plan = draw.plan_of(ROW, FORECAST)
    assert (plan.begun_on, plan.planned_on, plan.due_on) == (date(2025, 1, 1), date(2026, 1, 1), date(2026, 6, 1))
    assert [plan.share(day) for day in (date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1), AS_OF)] == pytest.approx(
        [0, 0, 1, 1]
    )
    assert plan.share(date(2025, 7, 2)) == pytest.approx(0.5 - 0.134 / 4, abs=0.01)  # PV(1/2) = 1/2 + C/4 - C/2
    assert draw.plan_of({**ROW, "start_on": None, "due_first_on": None}, FORECAST).begun_on == date(2024, 12, 1)


@pytest.mark.parametrize("missing", [
    {"start_on": None, "signed_on": None}, {"due_on": None, "due_first_on": None},
    {"due_on": date(2025, 1, 1), "due_first_on": None},
])  # fmt: skip
def test_without_a_begin_or_an_end_after_it_there_is_no_plan(missing):
    assert draw.plan_of({**ROW, **missing}, FORECAST) is None


@LANGS
def test_the_curve_shows_plan_reports_payments_today_and_the_forecast(lang):
    chart = draw.money_and_works(tables(PAID, WORKS), as_of=AS_OF, plan=draw.plan_of(ROW, FORECAST), **told(lang))
    curve = next(t for t in chart.figure.data if t.mode == "lines" and t.hovertext)
    assert (curve.y[0], curve.y[-1]) == (pytest.approx(0), pytest.approx(1)) and list(curve.y) == sorted(curve.y)
    band = next(s for s in chart.figure.layout.shapes if s.type == "rect")
    assert (band.x0, band.x1) == (ROW["forecast_low_on"], ROW["forecast_high_on"])
    lines = [s.x0 for s in chart.figure.layout.shapes if s.type == "line"]
    assert lines == [AS_OF, ROW["due_on"], ROW["forecast_finish_on"]]
    for day in ("due_on", "forecast_low_on", "forecast_finish_on", "forecast_high_on"):
        assert i18n.day(ROW[day], lang) in chart.words
    heads, first, *_ = chart.table
    assert len(heads) == len(first) == 4 and first[0] == i18n.day(date(2025, 1, 1), lang)
    assert len(chart.table) == 1 + 4 + 1  # heads, four dated facts, the data date


def test_the_plan_is_drawn_with_what_is_known_beside_it():
    plan = draw.plan_of(ROW, FORECAST)
    only_paid = draw.money_and_works(tables(PAID, ()), as_of=AS_OF, plan=plan, **told())
    assert only_paid and i18n.text("common.not_known", "en") in only_paid.words
    assert not any(t.fill for t in only_paid.figure.data), "nothing to compare, nothing shaded"
    assert draw.money_and_works(tables((), WORKS), as_of=AS_OF, plan=plan, **told())
    assert draw.money_and_works(tables((), ()), as_of=AS_OF, plan=plan, **told()) is None
