"""Working days of the official clock: Nauryz, the May holidays, New Year, moved days; and when a count is not certain."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st

from riskmap import settings as settings_file
from riskmap import workdays
from riskmap.workdays import Doubt

SETTINGS = settings_file.load()
KZ = workdays.calendar(SETTINGS)
DAYS = st.dates(date(2024, 1, 10), date(2026, 11, 30))


def day(text: str) -> date:
    return date.fromisoformat(text)


# counted by hand in the calendars of these years
@pytest.mark.parametrize(
    ("after", "n", "last"),
    [
        ("2026-11-22", 7, "2026-12-01"),  # a Sunday: Monday is day 1
        ("2026-11-20", 7, "2026-12-01"),  # a Friday gives the same term as the weekend after it
        ("2026-03-18", 7, "2026-04-01"),  # 19, 20 March; 21 to 25 Nauryz; 26, 27, 30, 31 March, 1 April
        ("2026-04-29", 10, "2026-05-18"),  # 30 April; 1 and 7 May and Monday 11 May are off
        ("2025-12-30", 7, "2026-01-13"),  # 31 December; 1, 2 and 7 January are off
        ("2024-12-31", 2, "2025-01-06"),  # 3 January was moved to Sunday 5 January, which is worked
        ("2024-05-02", 2, "2024-05-04"),  # Saturday 4 May was worked
        ("2024-05-04", 2, "2024-05-10"),  # and Wednesday 8 May was off, between the 7th and the 9th
        ("2025-03-07", 1, "2025-03-11"),  # 8 March was a Saturday: Monday the 10th is off
        ("2026-10-23", 1, "2026-10-27"),  # 25 October is a Sunday: Monday the 26th is off
        ("2026-12-15", 1, "2026-12-17"),  # 16 December
        ("2026-05-26", 1, "2026-05-28"),  # Kurban Ait on the 27th
    ],
)
def test_terms_counted_by_hand(after, n, last) -> None:
    assert workdays.add(day(after), n, KZ) == day(last)


@quickly(deadline=None, max_examples=60)
@given(DAYS, st.integers(1, 15))
def test_a_term_ends_on_a_working_day_and_counts_back(after, n) -> None:
    last = workdays.add(after, n, KZ)
    assert workdays.is_working(last, KZ)
    assert workdays.count(after, last, KZ) == n == -workdays.count(last, after, KZ)
    assert last < workdays.add(after, n + 1, KZ)


@quickly(deadline=None, max_examples=60)
@given(DAYS, st.integers(0, 60))
def test_the_clock_and_the_indicator_count_the_same_days(begin, length) -> None:
    """`between` counts from the first day, the clock from the day after it."""
    end = begin + timedelta(days=length)
    pair = [np.array([one + timedelta(days=1)], dtype="datetime64[D]") for one in (begin, end)]
    assert workdays.between(*pair, calendar="KZ")[0] == workdays.count(begin, end, KZ)


def test_a_year_without_a_calendar_is_counted_and_said_to_be_a_guess() -> None:
    last = workdays.add(day("2026-12-25"), 7, KZ)
    assert last.year == 2027
    assert workdays.doubts(day("2026-12-25"), last, KZ) == (Doubt("year_unknown", day("2027-01-01")),)
    assert workdays.doubts(day("2026-12-01"), day("2026-12-10"), KZ) == ()


def test_days_in_dispute_and_feasts_after_the_moon() -> None:
    assert workdays.doubts(day("2026-08-24"), day("2026-09-02"), KZ) == (Doubt("disputed", day("2026-08-31")),)
    unconfirmed = settings_file.overlay(SETTINGS, {"calendar": {"2026": {"confirmed": []}}})
    known = workdays.calendar(unconfirmed)
    for at in ("2026-05-26", "2026-05-27", "2026-05-28"):  # it may fall a day earlier or later
        on = day(at)
        assert workdays.doubts(on - timedelta(days=1), on, known) == (Doubt("estimated", day("2026-05-27")),)
        assert workdays.doubts(on - timedelta(days=1), on, KZ) == ()


def test_exceptions_of_the_settings_win() -> None:
    changed = {"calendar": {"2026": {"days_off": ["2026-11-23"], "working_days": ["2026-11-28"]}}}
    known = workdays.calendar(settings_file.overlay(SETTINGS, changed))
    assert workdays.add(day("2026-11-22"), 1, known) == day("2026-11-24")
    assert workdays.is_working(day("2026-11-28"), known) and not workdays.is_working(day("2026-11-28"), KZ)


def test_a_new_year_is_a_table_of_the_settings() -> None:
    known = workdays.calendar(settings_file.overlay(SETTINGS, {"calendar": {"2027": {"source": "order X"}}}))
    assert {number for number, _ in known.years} == {2024, 2025, 2026, 2027}
    assert workdays.doubts(day("2026-12-25"), day("2027-01-08"), known) == ()


def test_every_year_has_its_source_and_only_its_own_days() -> None:
    for number, year in KZ.years:
        assert year.source
        assert {one.year for one in (*year.days_off, *year.working_days, *year.confirmed, *year.disputed)} <= {number}


def test_a_country_without_holidays_has_weekends() -> None:
    bare = workdays.Calendar("", ())
    assert workdays.add(day("2026-11-20"), 1, bare) == day("2026-11-23")


@pytest.mark.parametrize("n", [0, -1])
def test_a_term_has_at_least_a_day(n) -> None:
    with pytest.raises(ValueError, match=str(n)):
        workdays.add(day("2026-11-20"), n, KZ)


def test_the_clock_is_no_rule() -> None:
    changed = settings_file.overlay(SETTINGS, {"public_control": {"send_working_days": 5}, "calendar": {"2027": {"source": "x"}}})
    assert settings_file.digest(changed) == settings_file.digest(SETTINGS)
