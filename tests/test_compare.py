"""Two snapshots compared: who, why, by which facts; and totals that add up for any pair."""

from datetime import date

import pytest
from chain import AS_OF, amendment, contract, facility, made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmap import compare, export, filters, summarise
from riskmap.export import changes
from riskmap.problem import DataError

LATER, PAST = date(2027, 3, 1), date(2026, 6, 1)
IN_TIME = {"is_overdue": False, "delivery": "not_due", "is_flagged": False, "days_late": 0}
WEAK = {"level": "low", "is_flagged": False, "r_lo": 5.0}


def pair(tmp_path, old, new, **tables):
    """Compare two snapshots of these facilities; contracts and amendments of the later one, of the earlier as `old_...`."""
    first = {name.removeprefix("old_"): rows for name, rows in tables.items() if name.startswith("old_")}
    second = {name: rows for name, rows in tables.items() if not name.startswith("old_")}
    return compare.compare(made(tmp_path / "a", AS_OF[0], old, **first), made(tmp_path / "b", AS_OF[1], new, **second))


def change_of(compared, facility_id="F1"):
    row = compared.rows.set_index("facility_id").loc[facility_id]
    return row["change"], row["reason"]


# ---- why --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ([], "left"),
        ([facility(1, **IN_TIME | {"delivery": "completed_late", "completed_on": date(2026, 8, 20)})], "finished"),
        ([facility(1, **IN_TIME | {"is_overdue": None, "delivery": "not_known", "due_on": None})], "data_lost"),
        ([facility(1, level="not_assessable", is_flagged=False)], "data_lost"),
        ([facility(1, **WEAK, T01_severity=None)], "data_lost"),
        ([facility(1, **IN_TIME, due_on=LATER, contract_id="C9")], "new_contract"),
        ([facility(1, **IN_TIME, due_on=LATER)], "re_dated"),
        ([facility(1, **WEAK, T01_severity=0.1, n_bidders=3)], "corrected"),
        ([facility(1, **WEAK, T01_severity=0.1, paid_amount=90)], "corrected"),
        ([facility(1, **WEAK, T01_severity=0.1)], "fact_weaker"),
    ],
)
def test_why_a_facility_is_no_longer_flagged(tmp_path, new, reason):
    old = [facility(1, T01_severity=0.9, n_bidders=1, paid_amount=100)]
    new = [{"T01_severity": 0.9, "n_bidders": 1, "paid_amount": 100} | row for row in new]
    assert change_of(pair(tmp_path, old, new)) == ("no_longer_flagged", reason)


def test_re_dated_without_an_amendment_is_said(tmp_path):
    old, new = [facility(1), facility(2)], [facility(i, **IN_TIME, due_on=LATER) for i in (1, 2)]
    compared = pair(
        tmp_path, old, new, old_contracts=[contract(1), contract(2)], contracts=[contract(i, due_on=LATER) for i in (1, 2)],
        amendments=[amendment(2, amended_on=date(2026, 8, 20), due_before_on=PAST, due_after_on=LATER)],
    )  # fmt: skip
    assert change_of(compared, "F1") == ("no_longer_flagged", "re_dated_silently")
    assert change_of(compared, "F2") == ("no_longer_flagged", "re_dated")
    assert compared.silent["facility_id"].tolist() == ["F1"]


@pytest.mark.parametrize(
    ("old", "reason"),
    [
        ([], "entered"),
        ([facility(1, is_overdue=None, is_flagged=False, due_on=None)], "deadline_known"),
        ([facility(1, **IN_TIME, due_on=LATER)], "date_changed"),
        ([facility(1, **IN_TIME)], "deadline_passed"),
        ([facility(1, level="not_assessable", is_flagged=False)], "assessable"),
        ([facility(1, **WEAK, value_first_amount=1)], "corrected"),
        ([facility(1, **WEAK)], "fact_stronger"),
    ],
)
def test_why_a_facility_is_flagged_now(tmp_path, old, reason):
    new = [facility(1, value_first_amount=2)]
    old = [{"value_first_amount": 2} | row for row in old]
    assert change_of(pair(tmp_path, old, new)) == ("newly_flagged", reason)


@pytest.mark.parametrize(("own", "reason"), [({}, "rules_changed"), ({"value_amount": 7}, "fact_weaker")])
def test_the_rules_are_the_reason_only_where_the_facts_are_the_same(tmp_path, own, reason):
    compared = pair(tmp_path, [facility(1)], [facility(1, **WEAK, **own)], manifest={"settings_sha256": "other"})
    assert compared.rules_changed and change_of(compared) == ("no_longer_flagged", reason)


# ---- levels -----------------------------------------------------------------------------------------------------------
def test_levels_and_the_facts_that_moved_them(tmp_path):
    levels = [("low", "high"), ("critical", "medium"), ("not_assessable", "low"), ("low", "not_assessable"), ("low", "low")]
    old = [facility(i, level=a, T01_severity=0.2, T01_points=4.0, T08_severity=0.5) for i, (a, _) in enumerate(levels)]
    new = [facility(i, level=b, T01_severity=0.8, T01_points=30.0, T08_severity=None) for i, (_, b) in enumerate(levels)]
    compared = pair(tmp_path, old, new)
    assert compared.rows["level_move"].dropna().to_dict() == dict(enumerate(("up", "down", "assessable", "not_assessable")))
    mine = compared.facts[compared.facts["facility_id"] == "F0"]
    assert mine["indicator"].tolist() == ["T01", "T08"], "the largest change of points first"
    assert mine.iloc[0][["severity_before", "severity_after", "points_after"]].tolist() == [0.2, 0.8, 30.0]
    assert mine["severity_after"].isna().tolist() == [False, True], "not known is not zero"
    assert "F4" not in set(compared.facts["facility_id"])


def test_who_enters_or_leaves_has_no_change_of_level(tmp_path):
    assert pair(tmp_path, [facility(1, level="low")], [facility(2)]).rows["level_move"].isna().all()


# ---- what may be compared ---------------------------------------------------------------------------------------------
def test_the_earlier_one_comes_first(tmp_path):
    one, two = (made(tmp_path / str(i), day, [facility(1)]) for i, day in enumerate(AS_OF[:2]))
    with pytest.raises(DataError, match="compare_order"):
        compare.compare(two, one)


def test_other_countries_are_not_compared(tmp_path):
    one, two = (made(tmp_path / str(i), AS_OF[0], [facility(1)]) for i in range(2))
    two.manifest["settings"]["country"]["code"] = "XX"
    with pytest.raises(DataError, match="compare_other_country"):
        compare.compare(one, two)


def test_restricted_facilities_are_nowhere(tmp_path):
    secret = [facility(1, is_restricted=True)]
    compared = pair(tmp_path, secret, [*secret, facility(2)], old_contracts=[contract(1)], contracts=[contract(1, due_on=LATER)])
    assert compared.rows["facility_id"].tolist() == ["F2"] and compared.silent.empty


def test_a_snapshot_compared_with_itself_says_nothing(tmp_path):
    rows = [facility(i) for i in range(3)]
    one = made(tmp_path / "a", AS_OF[0], rows, contracts=[contract(i) for i in range(3)])
    compared = compare.compare(one, one)
    assert compared.rows["change"].isna().all() and compared.rows["level_move"].isna().all()
    assert compared.facts.empty and compared.silent.empty and not compared.rules_changed


# ---- totals add up ----------------------------------------------------------------------------------------------------
LEVELS = st.sampled_from(["low", "medium", "high", "critical", "not_assessable", None])
ROW = st.fixed_dictionaries({
    "is_flagged": st.sampled_from([True, False, None]), "is_overdue": st.sampled_from([True, False, None]), "level": LEVELS,
    "delivery": st.sampled_from(["overdue", "not_due", "completed_late", "not_known", None]),
    "budget_amount": st.one_of(st.none(), st.integers(0, 10**14)), "currency": st.sampled_from(["KZT", "KZT", "USD", None]),
    "region_code": st.sampled_from(["KZ-75", "KZ-71", "KZ-10", None]), "is_restricted": st.sampled_from([None, False, True]),
    "due_on": st.one_of(st.none(), st.dates(date(2020, 1, 1), date(2030, 1, 1))),
    "contract_id": st.sampled_from(["C1", "C2", None]),
    "T01_severity": st.one_of(st.none(), st.floats(0, 1)), "T01_points": st.floats(0, 40),
})  # fmt: skip
REGISTER = st.dictionaries(st.integers(0, 12), ROW, max_size=10)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(old=REGISTER, new=REGISTER)
def test_totals_add_up_for_any_pair(tmp_path_factory, old, new):
    folder = tmp_path_factory.mktemp("pair")
    one, two = (
        made(folder / name, day, [facility(i, **row) for i, row in rows.items()])
        for name, day, rows in (("a", AS_OF[0], old), ("b", AS_OF[1], new))
    )
    compared = compare.compare(one, two)
    parts = [compare.reconciled(compared.rows, region=code) for code in compare.regions_of(compared.rows)]
    whole = compare.reconciled(compared.rows)
    for totals in (whole, *parts):
        assert (totals["n_opening"] + totals["n_new"] - totals["n_resolved"] == totals["n_closing"]).all()
        amounts = totals["opening"] + totals["new"] - totals["resolved"] + totals["revalued"]
        assert (amounts == totals["closing"]).all()
    for name in ("n_opening", "n_closing", "opening", "closing"):
        assert sum((part[name] for part in parts), start=whole[name] * 0).tolist() == whole[name].tolist(), "regions add up"
    for end, snapshot in (("opening", one), ("closing", two)):
        shown = summarise.totals(filters.apply(filters.Filter(), snapshot.facilities), snapshot.manifest["settings"])
        own = whole.set_index("measure")
        assert [own.loc[m, f"n_{end}"] for m in compare.MEASURES] == [shown[f"n_{m}"] for m in compare.MEASURES]
        assert own.loc["facilities", end] == (shown["budget"] or 0) and own.loc["flagged", end] == (shown["flagged_budget"] or 0)
    rows = compared.rows
    assert (rows["change"].notna() == rows["reason"].notna()).all()
    assert set(rows.loc[rows["change"] == "newly_flagged", "reason"]) <= set(compare.NEW_REASONS)
    assert set(rows.loc[rows["change"] == "no_longer_flagged", "reason"]) <= set(compare.RESOLVED_REASONS)
    assert (rows["change"] == "newly_flagged").sum() == whole.set_index("measure").loc["flagged", "n_new"]


# ---- the file ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("format_", changes.ENCODERS)
@pytest.mark.parametrize("which", changes.LISTS)
@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_every_list_in_every_format(tmp_path, which, format_, lang):
    old = [facility(1), facility(2, region_code="KZ-71")]
    new = [facility(1, **IN_TIME, due_on=LATER), facility(2, region_code="KZ-71", level="low", is_flagged=False)]
    compared = pair(tmp_path, old, new, old_contracts=[contract(1)], contracts=[contract(1, due_on=LATER, paid_amount=1)])
    one, two = (changes.export(compared, which, format=format_, lang=lang) for _ in range(2))
    assert one.content == two.content and one.manifest == two.manifest
    assert one.manifest["n_rows"] == {"changes": 2, "silent": 2, "planned_dates": 3}[which]
    assert one.manifest["totals"] | {"n_opening": 2, "n_closing": 0, "opening_kzt": 2000} == one.manifest["totals"]
    assert compared.before.id in one.file_name and compared.after.id in one.file_name and "demo" in one.file_name
    of_region = changes.export(compared, which, format=format_, lang=lang, region="KZ-71")
    assert of_region.manifest["n_rows"] == {"changes": 1, "silent": 0, "planned_dates": 0}[which]
    export.write(one, tmp_path / "file")
    if format_ == "csv":
        text = one.content.decode("utf-8-sig")
        assert len(text.splitlines()) == one.manifest["n_rows"] + 1 and "KZ-75" in text


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"format": "geojson"}, "export_unknown_format"),
        ({"lang": "de"}, "export_unknown_language"),
        ({"which": "secrets"}, "export_unknown_list"),
        ({"region": "KZ-99"}, "export_unknown_region"),
    ],
)
def test_what_is_not_there_is_refused(tmp_path, given_, code):
    compared = pair(tmp_path, [facility(1)], [facility(1)])
    with pytest.raises(DataError, match=code):
        changes.export(compared, **({"which": "changes", "format": "csv", "lang": "en"} | given_))
