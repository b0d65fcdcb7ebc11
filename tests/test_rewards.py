"""The reward for reporting: every year and edge worked by hand, and what is refused."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import i18n, rewards
from riskmap import settings as settings_file
from riskmap.rewards import RewardError, mci, reward

CASES = list(csv.DictReader((Path(__file__).parent / "cases/around/rewards.csv").open(encoding="utf-8", newline="")))
OWN = settings_file.load()["reward"]
FIRST, LAST = date(2019, 1, 1), date(2026, 12, 31)
days = st.dates(FIRST, LAST)
gravities = st.sampled_from(sorted(OWN["tiers_mci"]))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_worked_by_hand(case):
    given_ = int(case["damage_kzt"]), date.fromisoformat(case["on"]), case["gravity"]
    if case["=kzt"].startswith("error:"):
        with pytest.raises(RewardError) as caught:
            reward(*given_)
        assert caught.value.code == case["=kzt"].removeprefix("error:")
        assert all(caught.value.sentence(lang) for lang in i18n.LANGUAGES)
        return
    found = reward(*given_)
    assert (found.kzt, found.rule, found.of_day.kzt) == (int(case["=kzt"]), case["=rule"], int(case["=mci"]))


@pytest.mark.parametrize("wrong", [None, 1.0, "5", True, float("nan"), float("inf")])
def test_a_damage_that_is_no_whole_number_is_refused(wrong):
    with pytest.raises(RewardError, match="damage"):
        reward(wrong, date(2025, 5, 15), "grave")


@pytest.mark.parametrize("wrong", [None, "2025-05-15", 2025, datetime(2025, 5, 15)])
def test_a_day_that_is_no_date_is_refused(wrong):
    with pytest.raises(RewardError, match="date"):
        reward(0, wrong, "grave")


@pytest.mark.parametrize("wrong", [None, "Grave", "grave ", 3, ["grave"]])
def test_an_unknown_gravity_is_refused(wrong):
    with pytest.raises(RewardError, match="gravity"):
        reward(0, date(2025, 5, 15), wrong)


def test_every_day_of_the_table_has_one_value_and_each_begins_when_it_says():
    day, seen = FIRST, []
    while day <= LAST:
        kzt = mci(day).kzt
        if not seen or seen[-1][1] != kzt:
            seen.append((day.isoformat(), kzt))
        day += timedelta(days=1)
    assert dict(seen) == OWN["mci_kzt"]
    assert set(OWN["mci_sources"]) == set(OWN["mci_kzt"])
    assert set(OWN["mci_days_unverified"]) <= set(OWN["mci_kzt"])


def test_what_is_doubtful_is_said():
    assert reward(0, date(2020, 2, 3), "grave").doubts == ("rules_before",)
    assert reward(0, date(2020, 2, 4), "grave").doubts == ()
    assert reward(0, date(2022, 3, 1), "grave").doubts == ("index_day",)
    assert reward(0, date(2025, 6, 28), "grave").doubts == ()
    assert reward(0, date(2025, 6, 29), "grave").doubts == ("rules_after",)


def test_the_article_of_2025_mixes_two_years():
    """Its limit is 1,000 MCI of 2023, its cap 4,000 MCI of 2025, its payment 70 MCI of 2025."""
    assert 1000 * mci(date(2023, 6, 1)).kzt == 3_450_000
    assert 4000 * mci(date(2025, 6, 28)).kzt == 15_728_000
    assert reward(0, date(2025, 5, 1), "grave").kzt == 275_240
    assert 1000 * mci(date(2025, 6, 28)).kzt == 3_932_000


@settings(deadline=None)
@given(st.integers(0, 10**12), days, gravities)
def test_never_above_the_cap_never_below_the_lowest_tier(damage, day, gravity):
    found = reward(damage, day, gravity)
    assert 30 * found.of_day.kzt <= found.kzt <= found.cap_kzt
    assert found.kzt in (found.tier_mci * found.of_day.kzt, found.percent_kzt, found.cap_kzt)


@settings(deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**9), days, gravities)
def test_more_damage_is_never_less_reward(damage, more, day, gravity):
    assert reward(damage + more, day, gravity).kzt >= reward(damage, day, gravity).kzt


def test_the_rules_are_no_part_of_what_judges():
    """They stand in the same file, but another MCI makes no other score, and no other hash."""
    own = settings_file.load()
    changed = settings_file.overlay(own, {"reward": {"mci_kzt": {"2019-01-01": 1}, "cap_mci": 5}})
    assert settings_file.digest(own) == settings_file.digest(changed)
    assert rewards.mci(date(2026, 1, 1), settings=changed).kzt == 1
