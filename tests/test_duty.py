"""Leaders' duty: the four cases of the press, the clock of ten days, what is refused, and that nothing is lost on the way."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import duty, i18n
from riskmap.duty import COLUMNS, Case, judge
from riskmap.problem import DataError, describe
from riskmap.web import duty as shown

TODAY = date(2026, 11, 22)
GOOD = {
    "case_id": "a-2024", "office_ru": "Аким района", "post": "district_akim", "region_code": "KZ-27", "ground": "verdict",
    "appointed_on": "2023-01-10", "in_force_on": "2024-03-01", "submitted_on": "2024-03-11", "outcome": "submitted",
    "stated": "2024", "source": "press", "source_url": "https://example.kz/1",
}  # fmt: skip


def file_of(*changes):
    lines = [",".join(COLUMNS)]
    for number, change in enumerate(changes):
        row = {**GOOD, "case_id": f"a-{number}", **change}
        lines.append(",".join(str(row.get(column, "")) for column in COLUMNS))
    return "\n".join(lines).encode()


def case_of(**change):
    [case], problems = duty.read(file_of(change), "f.csv")
    assert not problems
    return case


def test_the_four_cases_of_the_press():
    cases = {case.case_id: case for case in duty.load()}
    assert {name: case.outcome for name, case in cases.items()} == {
        "shu-2020": "submitted", "chingirlau-2020": "submitted", "satpayev-2020": "refused_reprimand",
        "rudny-2020": "left_before_verdict",
    }  # fmt: skip
    assert {case.region_code for case in cases.values()} == {"KZ-31", "KZ-27", "KZ-35", "KZ-39"}
    for case in cases.values():
        judged = judge(case, TODAY)
        assert (judged.due_on, judged.days_late) == (None, None)  # the source dates no verdict: nothing is worked out
        assert case.year == "2020" and case.source_url.startswith("https://")
    assert judge(cases["rudny-2020"], TODAY)[:2] == ("no", "no_verdict")
    assert judge(cases["chingirlau-2020"], TODAY)[:2] == ("unknown", "time_in_post")
    assert judge(cases["shu-2020"], TODAY)[:2] == ("unknown", "post_not_read")


@pytest.mark.parametrize(
    ("change", "applies", "reason", "due", "late"),
    [
        ({}, "yes", "all_met", "2024-03-11", 0),
        ({"submitted_on": "2024-03-12"}, "yes", "all_met", "2024-03-11", 1),
        ({"submitted_on": "2024-03-01"}, "yes", "all_met", "2024-03-11", 0),
        ({"submitted_on": ""}, "yes", "all_met", "2024-03-11", None),
        ({"submitted_on": "", "outcome": "not_submitted"}, "yes", "all_met", "2024-03-11", 986),
        ({"ground": "closed"}, "yes", "all_met", "2024-03-11", 0),
        ({"appointed_on": "2023-12-01"}, "no", "first_months", None, None),
        ({"appointed_on": "2023-11-30"}, "yes", "all_met", "2024-03-11", 0),
        ({"appointed_on": "2023-11-30", "in_force_on": "2024-02-29", "submitted_on": ""}, "no", "first_months", None, None),
        ({"appointed_on": ""}, "unknown", "time_in_post", "2024-03-11", 0),
        ({"in_force_on": "", "submitted_on": ""}, "unknown", "time_in_post", None, None),
        ({"post": "chief_of_staff"}, "unknown", "post_not_read", "2024-03-11", 0),
        ({"appointed_on": "2018-01-01", "in_force_on": "2019-11-25", "submitted_on": ""}, "no", "before_law", None, None),
        ({"appointed_on": "2018-01-01", "in_force_on": "2019-11-26", "submitted_on": ""}, "yes", "all_met", "2019-12-06", None),
        ({"in_force_on": "2023-12-28", "submitted_on": ""}, "yes", "all_met", "2024-01-07", None),
    ],
)  # fmt: skip
def test_the_clock(change, applies, reason, due, late):
    judged = judge(case_of(**change), TODAY)
    assert (judged.applies, judged.reason, judged.days_late) == (applies, reason, late)
    assert judged.due_on == (date.fromisoformat(due) if due else None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ground": "none", "in_force_on": "", "submitted_on": ""}, "duty_no_verdict"),
        ({"ground": "none", "outcome": "left_before_verdict", "submitted_on": ""}, "duty_no_verdict"),
        ({"outcome": "left_before_verdict", "submitted_on": ""}, "duty_no_verdict"),
        ({"ground": "suspicion"}, "duty_value"),
        ({"outcome": "guilty"}, "duty_value"),
        ({"region_code": "KZ-99"}, "duty_value"),
        ({"office_ru": ""}, "duty_value"),
        ({"source": ""}, "duty_source"),
        ({"source_url": "javascript:alert(1)"}, "duty_source"),
        ({"stated": "soon"}, "duty_source"),
        ({"in_force_on": "01.03.2024"}, "duty_day"),
        ({"in_force_on": "2024-02-30"}, "duty_day"),
        ({"submitted_on": "2024-02-29"}, "duty_order"),
        ({"appointed_on": "2024-03-02"}, "duty_order"),
        ({"outcome": "not_submitted"}, "duty_order"),
        ({"office_ru": "x" * 201}, "duty_text"),
        ({"office_ru": "аким 880101300123"}, "duty_text"),
        ({"case_id": "../x"}, "duty_id"),
        ({"case_id": "a-0,a"}, "register_cells"),
    ],
)
def test_a_wrong_row_is_refused_with_its_number_and_the_others_stay(change, code):
    cases, [problem] = duty.read(file_of({}, change, {}), "f.csv")
    assert [case.case_id for case in cases] == ["a-0", "a-2"]
    assert (problem.code, problem.row) == (code, 3)
    for lang in i18n.LANGUAGES:
        assert describe(problem, lang) != code


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2", b"\xff\xfe", b"x" * 1_000_001, ",".join(COLUMNS).encode() + b'\n"open'])
def test_an_unusable_file_is_one_error(data):
    with pytest.raises(DataError):
        duty.read(data, "f.csv")


def test_a_second_row_of_the_same_case_is_refused():
    cases, [problem] = duty.read(file_of({}, {"case_id": "a-0"}), "f.csv")
    assert len(cases) == 1 and problem.code == "duty_id"


words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z", "N")), min_size=1, max_size=20)
days = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))


@settings(deadline=None)
@given(st.lists(st.tuples(words, words, days, st.sampled_from(duty.OBLIGED)), max_size=6))
def test_what_is_written_is_read_again(rows):
    cases = [
        Case(f"c-{n}", (kk, ru, ""), post, "KZ-27", "verdict", None, day, None, "accepted", "2024", "s", "https://a.kz")
        for n, (kk, ru, day, post) in enumerate(rows)
    ]
    assert duty.read(duty.write(cases), "f.csv") == (cases, [])


@settings(deadline=None)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_late_is_counted_from_the_tenth_day(in_force, after):
    submitted = in_force + timedelta(days=after)
    own = {"appointed_on": "2019-01-01", "in_force_on": in_force.isoformat(), "submitted_on": submitted.isoformat()}
    assert judge(case_of(**own), TODAY).days_late == max(0, after - 10)


@pytest.mark.parametrize("by", ["region_code", "year"])
def test_the_totals_lose_no_case(by):
    *groups, (name, all_) = duty.totals(duty.load(), by)
    assert name == "" and sum(all_.values()) == len(duty.load())
    assert {outcome: sum(found[outcome] for _, found in groups) for outcome in all_} == all_


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_page_says_not_known_where_nothing_is_known(lang, monkeypatch, tmp_path):
    html = shown.rows(duty.load(), TODAY, lang)
    assert html.count(i18n.text("common.not_known", lang)) >= 9  # date, due and days of three cases
    assert ">0<" not in html
    own = tmp_path / "own.csv"
    own.write_bytes(file_of({"office_ru": "<b>x</b>"}))
    monkeypatch.setenv("RISKMAP_DUTY", str(own))
    assert "&lt;b&gt;" in shown.rows(shown.register(), TODAY, lang)
    own.write_bytes(file_of({"ground": "none"}))
    with pytest.raises(DataError):
        shown.register()
