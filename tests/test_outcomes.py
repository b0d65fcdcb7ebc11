"""What came of visits: counts that tell nobody apart, the fix rate, and where nobody has been."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st

from riskmap import outcomes
from riskmap.web import outcomes as page

TODAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Seen:
    facility_id: str
    day: date
    status: str = "idle"
    state: str = "accept"


@dataclass(frozen=True)
class Journey:
    observation: Seen
    steps: tuple[tuple[str, date], ...] = ()

    def on(self, *kinds: str) -> date | None:
        return next((day for kind, day in self.steps if kind in kinds), None)


FACILITIES = pd.DataFrame(
    {
        "facility_id": ["A", "B", "C", "D"],
        "region_code": ["KZ-75", "KZ-75", "KZ-10", None],
        "district_code": ["1", "2", None, None],
        "is_flagged": [True, True, True, None],
        "is_restricted": [None, None, None, None],
        "completed_on": [None, date(2026, 11, 10), date(2026, 1, 1), None],
    }
)


def reports(*rows: tuple) -> pd.DataFrame:
    columns = ["facility_id", "reported_on", "progress_share", "progress_source"]
    return pd.DataFrame([(*row, "reported")[:4] for row in rows], columns=columns)


def test_visited_means_accepted_and_lately() -> None:
    seen = [
        Seen("A", TODAY), Seen("B", TODAY - timedelta(days=31)), Seen("C", TODAY, state="waiting"),
        Seen("D", TODAY, state="reject"), Seen("E", TODAY + timedelta(days=1)),
    ]  # fmt: skip
    assert outcomes.visited(seen, today=TODAY, within_days=30) == {"A"}
    assert outcomes.visited(seen, today=TODAY, within_days=31) == {"A", "B"}


def test_counts_add_up_by_region() -> None:
    journeys = [
        Journey(Seen("A", TODAY), (("accept", TODAY), ("used", TODAY))),
        Journey(Seen("B", TODAY, state="ask")),
        Journey(Seen("C", TODAY), (("sent", TODAY), ("answered", TODAY))),
        Journey(Seen("gone", TODAY, state="reject")),
    ]
    found = outcomes.counts(journeys, FACILITIES).set_index("region_code")
    assert found.loc["KZ-75"].to_dict() == {
        "sent_in": 2, "waiting": 1, "accepted": 1, "rejected": 0, "used": 1, "to_body": 0, "answered": 0,
    }  # fmt: skip
    assert found.loc["KZ-10", ["to_body", "answered"]].tolist() == [1, 1] and found.loc["unknown", "rejected"] == 1
    assert (found["waiting"] + found["accepted"] + found["rejected"]).tolist() == found["sent_in"].tolist()
    assert outcomes.counts([], FACILITIES).empty


def _counted(**columns: list[int]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(
        {"region_code": list(map(str, range(n)))} | {name: columns.get(name, [0] * n) for name in outcomes.COUNTS}
    )


@pytest.mark.parametrize(
    ("column", "shown", "total"),
    [
        ([7, 0, 12], [7, 0, 12], 19),
        ([3, 7, 12], [None, None, 12], 22),  # one alone could be worked out from the sum
        ([3, 1, 12], [None, None, 12], 16),
        ([1, 1, 12], [None, None, None], 14),  # two that make 2 are 1 and 1
        ([1, 1, 1, 1, 1], [None] * 5, None),
        ([3, 0, 0], [None, 0, 0], None),
        ([5], [5], 5),
        ([], [], 0),
    ],
)
def test_small_counts_are_not_told(column, shown, total) -> None:
    rows, sums = outcomes.told(_counted(used=column), k=5)
    assert [row["used"] for row in rows] == shown and sums["used"] == total


@quickly(deadline=None, max_examples=200)
@given(st.lists(st.tuples(*[st.integers(0, 12)] * 3), max_size=6), st.integers(2, 6))
def test_no_count_below_k_can_be_worked_out_from_a_sum(parts, k) -> None:
    """A reader knows every number that is told, and that one that is not told is at least 1."""
    waiting, accepted, rejected = ([row[at] for row in parts] for at in range(3))
    sent_in = [sum(row) for row in parts]
    counted = _counted(sent_in=sent_in, waiting=waiting, accepted=accepted, rejected=rejected)
    rows, total = outcomes.told(counted, k=k)
    for row, known in zip([*rows, total], [*counted.to_dict("records"), counted[[*outcomes.COUNTS]].sum()], strict=True):
        assert all(row[name] in (known[name], None) for name in outcomes.COUNTS)
        assert not [name for name in outcomes.COUNTS if row[name] is not None and 0 < row[name] < k]
        assert all(row[name] == 0 for name in outcomes.COUNTS if known[name] == 0)
    lines = [[total[name], *(row[name] for row in rows)] for name in outcomes.COUNTS]
    lines += [[row[name] for name in ("sent_in", "waiting", "accepted", "rejected")] for row in [*rows, total]]
    for of, *own in lines:
        n_hidden = own.count(None)
        if of is None:
            assert n_hidden, (of, own)
        elif n_hidden:
            assert n_hidden > 1 and of - sum(filter(None, own)) > n_hidden, (of, own)


def test_days_to_review_from_the_visit_to_the_first_decision() -> None:
    decided = [
        Journey(Seen("A", TODAY - timedelta(days=n)), (("ask", TODAY), ("accept", TODAY + timedelta(9)))) for n in range(5)
    ]
    assert outcomes.days_to_review(decided, k=5) == 2
    assert outcomes.days_to_review([*decided[:4], Journey(Seen("A", TODAY))], k=5) is None


@pytest.mark.parametrize(
    ("facility_id", "status", "rows", "fix"),
    [
        ("A", "idle", [], ("not_known", None)),
        ("A", "idle", [("A", date(2026, 11, 15), 0.9)], ("not_known", None)),  # nobody said how far they were
        ("A", "not_started", [("A", date(2026, 11, 15), 0.02)], ("resumed", date(2026, 11, 15))),
        ("A", "idle", [("A", date(2026, 10, 1), 0.5), ("A", date(2026, 11, 15), 0.505)], ("not_yet", None)),
        (
            "A", "idle",
            [("A", date(2026, 10, 1), 0.5), ("A", date(2026, 11, 9), 0.505), ("A", date(2026, 11, 15), 0.51)],
            ("resumed", date(2026, 11, 15)),
        ),
        ("A", "idle", [("A", date(2026, 10, 1), 0.5), ("A", date(2026, 11, 15), 0.9, "independent")], ("not_known", None)),
        ("A", "idle", [("A", date(2026, 10, 1), 0.5), ("A", date(2026, 11, 1), 0.9)], ("not_known", None)),  # of that very day
        ("B", "idle", [], ("delivered", date(2026, 11, 10))),
        ("C", "idle", [], ("not_known", None)),  # said to be complete before it was seen idle: that puts nothing right
        ("B", "finished_closed", [], ("not_known", None)),
    ],
)  # fmt: skip
def test_what_was_put_right_after_a_visit(facility_id, status, rows, fix) -> None:
    seen = [Seen(facility_id, date(2026, 11, 1), status)]
    [row] = outcomes.fixes(seen, FACILITIES, reports(*rows), rise_share=0.01).to_dict("records")
    assert (row["fix"], row["fixed_on"]) == fix


def test_one_row_a_facility_and_the_last_visit_counts() -> None:
    seen = [
        Seen("B", date(2026, 11, 20)),  # idle again after it was said to be complete
        Seen("B", date(2026, 11, 1)), Seen("A", TODAY, "working"), Seen("A", TODAY, state="waiting"),
    ]  # fmt: skip
    found = outcomes.fixes(seen, FACILITIES, reports(), rise_share=0.01)
    assert found[["facility_id", "seen_on", "fix"]].to_numpy().tolist() == [["B", date(2026, 11, 20), "not_known"]]


def test_the_fix_rate_leaves_out_what_is_not_known() -> None:
    found = pd.DataFrame({"fix": ["resumed"] * 3 + ["delivered"] + ["not_yet"] * 4 + ["not_known"] * 9})
    rate = outcomes.fix_rate(found, k=5)
    assert (rate.n_fixed, rate.n_not_yet, rate.n_not_known, rate.share) == (4, 4, 9, 0.5)
    assert rate.low == pytest.approx(0.2152, abs=1e-4) and rate.high == pytest.approx(0.7848, abs=1e-4)  # Wilson, by hand
    assert outcomes.fix_rate(found, k=9).share is None


def test_gaps_are_flagged_facilities_that_nobody_visited() -> None:
    found = outcomes.gaps(FACILITIES, {"A"})
    assert found.to_dict("split")["data"] == [
        ["KZ-10", "unknown", 1, 1], ["KZ-75", "2", 1, 1], ["KZ-75", "1", 1, 0],
    ]  # fmt: skip
    assert outcomes.gaps(FACILITIES, (), by=("region_code",))["n_not_visited"].sum() == 3


def test_months_of_a_facility_say_each_status_once() -> None:
    seen = [
        Seen("A", date(2026, 11, 2), "working"), Seen("A", date(2026, 11, 3)), Seen("A", date(2026, 11, 4)),
        Seen("A", date(2026, 10, 4), state="reject"), Seen("A", date(2026, 9, 4)),
    ]  # fmt: skip
    assert outcomes.months(seen, {("A", "2026-11"): None, ("A", "2026-09"): 6}) == [
        ("2026-11", None, ["idle", "working"]), ("2026-09", 6, ["idle"]),
    ]  # fmt: skip


def test_a_place_from_a_source_runs_in_no_spreadsheet() -> None:
    gaps = pd.DataFrame(
        {"region_code": ["KZ-75", "KZ-75"], "district_code": ['=HYPERLINK("x")', None], "n_flagged": [4, 4]}, dtype=object
    )
    rate = outcomes.FixRate(0, 0, 0, None, None, None)
    found = page.Found(0, [], {}, None, rate, gaps.assign(n_not_visited=[3, 0]), 5)
    made = dict(page.downloads(found, "en"))["not-visited.csv"]
    assert made.decode("utf-8-sig").splitlines()[1:] == ['KZ-75,"\'=HYPERLINK(""x"")",4,3', "KZ-75,,4,0"]
