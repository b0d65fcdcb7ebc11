"""The filter: its address, its rows, its words."""

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import filters, schema
from riskmap.filters import FLAGGED, UNKNOWN, Filter, FilterError, from_query, to_query
from riskmap.i18n import LANGUAGES
from riskmap.snapshot import NULLABLE

SCHEMA = pa.schema([(name, pa.type_for_alias(schema.ARROW_TYPES[kind])) for name, kind in schema.SCORED.items()])


def frame(*rows: dict) -> pd.DataFrame:
    """Facilities as a snapshot gives them."""
    columns = {f.name: pa.array([row.get(f.name) for row in rows], f.type) for f in SCHEMA}
    return pa.table(columns, schema=SCHEMA).to_pandas(types_mapper=NULLABLE.get)


ROWS = frame(
    {
        "facility_id": "A", "title": "Қарағанды мектебі", "region_code": "KZ-35", "district_code": "350000001",
        "facility_type": "school", "level": "high",
        "delivery": "overdue",
        "is_overdue": True, "is_flagged": True, "budget_amount": 300, "r_lo": 50.0,
        "programme": "Roads, phase 2", "buyer_name": "Demo Astra", "buyer_id": "010140000123",
    },
    {
        "facility_id": "B", "title": "Hospital", "region_code": None, "facility_type": "hospital", "level": "not_assessable",
        "delivery": "not_known", "is_overdue": None, "is_flagged": False, "budget_amount": None, "r_lo": None,
        "buyer_name": "Demo Astra Plus", "buyer_id": "020240000456",
    },
    {
        "facility_id": "C", "title": "Школа № 12", "region_code": "KZ-75", "district_code": "Abay, \\ east",
        "facility_type": "school", "level": "low",
        "delivery": "not_due", "is_overdue": False, "is_flagged": False, "budget_amount": 100, "r_lo": 5.0,
    },
    {
        "facility_id": "D", "title": "Школа № 120", "region_code": "KZ-75", "facility_type": None, "level": None,
        "delivery": None, "is_overdue": None, "is_flagged": None, "budget_amount": 200, "r_lo": 50.0,
    },
    {
        "facility_id": "SECRET", "title": "Special", "region_code": "KZ-75", "is_restricted": True, "is_flagged": True,
        "is_overdue": True,
    },
)  # fmt: skip


def ids(**conditions: object) -> str:
    return "".join(filters.apply(Filter(**conditions), ROWS)["facility_id"])


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, "ADCB"),  # most points first, equal ones by identifier, not known last
        ({"sort": "r_lo"}, "CADB"),  # not known is last in either direction
        ({"sort": "-budget_amount"}, "ADCB"),
        ({"sort": "level"}, "BCAD"),  # not assessable below low; a level that is missing comes last
        ({"sort": "-delivery"}, "ACBD"),
        ({"regions": ("KZ-75",)}, "DC"),
        ({"regions": (UNKNOWN,)}, "B"),
        ({"regions": ("KZ-35", UNKNOWN)}, "AB"),
        ({"districts": ("350000001",)}, "A"),
        ({"districts": ("Abay, \\ east", UNKNOWN), "regions": ("KZ-75",)}, "DC"),
        ({"types": ("school",)}, "AC"),
        ({"types": (UNKNOWN,)}, "D"),
        ({"programmes": ("Roads, phase 2",)}, "A"),
        ({"programmes": (UNKNOWN,)}, "DCB"),
        ({"levels": ("not_assessable",)}, "DB"),
        ({"levels": (UNKNOWN,)}, "DB"),
        ({"delivery": (UNKNOWN,)}, "DB"),
        ({"overdue": True}, "A"),
        ({"overdue": False}, "C"),  # not known is not "no"
        ({"flagged": False}, "CB"),
        ({"budget_min": 200}, "AD"),
        ({"budget_min": 100, "budget_max": 200}, "DC"),
        ({"buyer": "010140000123"}, "A"),
        ({"buyer": "demo astra"}, "A"),  # exactly that name, so not "Plus"
        ({"buyer": "astra"}, "AB"),  # part of a name
        ({"text": "караганды"}, "A"),
        ({"text": "qaraghandy mektebi"}, "A"),
        ({"text": "shkola 12"}, "C"),
        ({"text": "020240000456"}, "B"),
        ({"regions": ("KZ-75",), "types": ("school",)}, "C"),
        ({"regions": ("XX",)}, ""),
    ],
)
def test_rows(conditions, expected):
    assert ids(**conditions) == expected


def test_restricted_facilities_are_never_shown():
    for conditions in ({}, {"flagged": True}, {"overdue": True}, {"text": "special"}, {"regions": ("KZ-75",)}):
        assert "SECRET" not in ids(**conditions)


def test_unknown_rows_are_counted_once_over_the_values_of_a_list():
    """Choosing every value of a list one by one gives every row exactly once: nothing is dropped for being not known."""
    for field, column in filters._COLUMNS.items():
        values = {*ROWS[column].dropna(), UNKNOWN}
        if field in filters._UNKNOWN_CODES:
            values = values - {UNKNOWN} | {filters._UNKNOWN_CODES[field]}
        assert sorted("".join(ids(**{field: (value,)}) for value in values)) == list("ABCD")


def test_the_frame_is_not_changed_and_the_search_column_is_made_once(monkeypatch):
    before = ROWS.copy(deep=True)
    rows = ROWS.copy()
    filters.apply(Filter(text="school"), rows)
    monkeypatch.setattr(filters, "fold_column", lambda column: pytest.fail("folded again"))
    filters.apply(Filter(text="hospital", buyer="astra"), rows)
    pd.testing.assert_frame_equal(ROWS, before)


def test_the_search_column_goes_with_its_frame():
    rows = ROWS.copy()
    filters.apply(Filter(text="school"), rows)
    key = id(rows)
    assert key in filters._made
    del rows
    assert key not in filters._made


# ---- the address ----------------------------------------------------------------------------------------------------
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
codes = lambda values: st.lists(st.sampled_from(values), max_size=4).map(tuple)  # noqa: E731
amounts = st.none() | st.integers(0, 10**18 - 1)


@st.composite
def any_filter(draw):
    low, high = draw(amounts), draw(amounts)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Filter(
        regions=tuple(draw(st.lists(words, max_size=3))),
        settlements=tuple(draw(st.lists(words, max_size=3))),
        types=draw(codes([*schema.FACILITY_TYPES, UNKNOWN])),
        programmes=tuple(draw(st.lists(words | st.sampled_from(["all", "\\", ",", "\\,", "a,b"]), max_size=4))),
        levels=draw(codes([*schema.LEVELS, UNKNOWN])),
        delivery=draw(codes([*schema.DELIVERY, UNKNOWN])),
        overdue=draw(st.sampled_from([None, True, False])),
        flagged=draw(st.sampled_from([None, True, False])),
        budget_min=low,
        budget_max=high,
        buyer=draw(words),
        supplier=draw(words),
        text=draw(words),
        sort=draw(st.sampled_from(["", "-"])) + draw(st.sampled_from(list(schema.SCORED))),
    )


@settings(deadline=None)
@given(any_filter(), st.sampled_from([Filter(), FLAGGED]))
def test_a_filter_survives_its_address(filter_, default):
    query = to_query(filter_, default)
    assert from_query(query, default) == filter_
    assert from_query({name: [value] for name, value in query.items()}, default) == filter_
    assert list(query) == [name for name in filters.QUERY_NAMES if name in query]  # one order


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*filters.QUERY_NAMES, "nonsense"]), st.text(max_size=20), max_size=6))
def test_any_address_gives_a_filter_or_a_sentence(query):
    try:
        filter_ = from_query(query)
    except FilterError as error:
        for lang in LANGUAGES:
            assert "{" not in error.sentence(lang).replace(error.params.get("value", ""), "")
    else:
        assert from_query(to_query(filter_)) == filter_
        filters.apply(filter_, ROWS)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"type": "palace"}, "value"),
        ({"level": "corrupt"}, "value"),
        ({"delivery": "late"}, "value"),
        ({"flagged": "maybe"}, "value"),
        ({"sort": "facility_id;drop"}, "value"),
        ({"q": "a\x00b"}, "value"),
        ({"q": "\ud800"}, "value"),
        ({"min": "1e9"}, "amount"),
        ({"min": "-1"}, "amount"),
        ({"min": "１２"}, "amount"),
        ({"max": "9" * 19}, "amount"),
        ({"min": "2", "max": "1"}, "budget"),
        ({"q": "x" * 201}, "long"),
        ({"region": ",".join(map(str, range(201)))}, "many"),
    ],
)
def test_bad_values_are_refused_with_a_sentence(query, code):
    with pytest.raises(FilterError) as error:
        from_query(query)
    assert error.value.code == code
    sentences = {error.value.sentence(lang) for lang in LANGUAGES}
    assert len(sentences) == 3


def test_lists_may_be_repeated_or_separated_by_commas():
    wanted = Filter(regions=("KZ-10", "KZ-75"), types=("school",))
    assert from_query({"region": ["KZ-75", "KZ-10"], "type": "school", "utm_source": "x"}) == wanted
    assert from_query({"region": "KZ-10, KZ-75,,KZ-10", "type": "school"}) == wanted
    assert to_query(wanted) == {"region": "KZ-10,KZ-75", "type": "school"}


def test_what_the_address_does_not_name_comes_from_the_default():
    assert from_query({}, FLAGGED) == FLAGGED
    assert from_query({"flagged": "all", "region": "KZ-75"}, FLAGGED) == Filter(regions=("KZ-75",))
    assert to_query(Filter(), FLAGGED) == {"flagged": "all"}
    assert to_query(FLAGGED) == {"flagged": "1"}


# ---- the words ------------------------------------------------------------------------------------------------------
@settings(deadline=None)
@given(any_filter())
def test_every_chip_takes_its_condition_away(filter_):
    for lang in LANGUAGES:
        chips = filters.chips(filter_, lang)
        for label, rest in chips:
            assert label
            assert len(filters.chips(rest, lang)) == len(chips) - 1
        assert filters.in_words(filter_, lang)


def test_words():
    filter_ = Filter(regions=("KZ-75", UNKNOWN), types=("school",), flagged=True, budget_min=10**9, text="a")
    assert [label for label, _ in filters.chips(filter_, "en")] == [
        "region: Almaty city", "region: not known", "type: school", "flagged for checking",
        "budget from KZT 1,000,000,000", "search: “a”",
    ]  # fmt: skip
    assert filters.in_words(Filter(), "ru") == "все объекты"
    assert "бюджеті туралы дерек жоқ нысандар көрсетілмейді" in filters.in_words(filter_, "kk")
