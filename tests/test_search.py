"""Search: what a query finds in three languages and with typos, its order, its counts, and hostile queries."""

import re
from urllib.parse import unquote_plus

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import filters, groups, schema, search
from riskmap.fold import fold
from riskmap.search import Index
from riskmap.snapshot import NULLABLE
from riskmap.web import search as words

COUNTRY = {"boundaries": "regions.geojson", "settlements": "settlements.csv"}
SCHEMA = pa.schema([(name, pa.type_for_alias(schema.ARROW_TYPES[kind])) for name, kind in schema.SCORED.items()])


def frame(*rows: dict) -> pd.DataFrame:
    """Facilities as a snapshot gives them."""
    columns = {f.name: pa.array([row.get(f.name) for row in rows], f.type) for f in SCHEMA}
    return pa.table(columns, schema=SCHEMA).to_pandas(types_mapper=NULLABLE.get)


ROWS = frame(
    {
        "facility_id": "DEMO-01", "title": "Демо: школа № 5, Кульсары", "facility_type": "school", "region_code": "KZ-23",
        "settlement": "Кульсары", "buyer_id": "990140000011", "buyer_name": "Demo Buyer West", "contract_no": "D-01/1",
        "supplier_id": "990240000022", "supplier_name": "Demo Builder", "r_lo": 10.0,
    },
    {
        "facility_id": "DEMO-02", "title": "Demo: № 7 мектеп", "facility_type": "school", "region_code": "KZ-23",
        "settlement": "Құлсары қ.", "buyer_name": "Demo Buyer West", "contract_no": "D-02/1", "supplier_name": "Demo Builder",
        "r_lo": 60.0,
    },
    {
        "facility_id": "DEMO-03", "title": "Демо: больница", "facility_type": "hospital", "region_code": "KZ-23",
        "settlement": "Кульсары", "buyer_id": "990140000011", "buyer_name": "Demo Buyer West", "contract_no": "А-77",
        "r_lo": 30.0,
    },
    {
        "facility_id": "DEMO-04", "title": "Демо: спортивная школа", "facility_type": "sport", "region_code": "KZ-27",
        "settlement": "Уральск", "contract_no": "D-04", "r_lo": None,
    },
    {"facility_id": "DEMO-05", "title": "Демо: тайный объект Кульсары", "region_code": "KZ-23", "is_restricted": True},
    {
        "facility_id": "DEMO-06", "title": "Демо: водопровод", "facility_type": "water", "region_code": None,
        "settlement": "Жолымбет", "contract_no": "D-04", "supplier_id": "990240000033", "supplier_name": "Demo Digger",
        "r_lo": 1.0,
    },
)  # fmt: skip
# DEMO-03 has a second contract with a firm that holds no main contract; one contract belongs to the restricted facility
CONTRACTS = pd.DataFrame(
    {
        "facility_id": ["DEMO-01", "DEMO-03", "DEMO-03", "DEMO-05"],
        "contract_no": ["D-01/1", "А-77", "A-78", "SECRET-1"],
        "supplier_id": ["990240000022", None, "990240000044", "990240000055"],
        "supplier_name": ["Demo Builder", None, "Demo Second", "Demo Hidden"],
    }
).convert_dtypes()


@pytest.fixture(scope="module")
def index() -> Index:
    return search.build(ROWS, CONTRACTS, COUNTRY)


def ids(index: Index, query: str) -> list[str]:
    return [ROWS["facility_id"].iloc[i] for i in search.search(index, query).rows]


@pytest.mark.parametrize(
    "query",
    [
        "школа Кульсары", "мектеп Құлсары", "Kulsary school", "ШКОЛЫ в г. Кульсары", "shkola kulsary", "мектебі Құлсары қаласы",
        "Кульсары, школа",
    ],
)  # fmt: skip
def test_a_school_of_a_town_in_every_language(index, query):
    assert ids(index, query) == ["DEMO-02", "DEMO-01"]  # equally good: most points first


@pytest.mark.parametrize("query", ["школа Кулсаы", "шклоа Кульсары", "mektpe Kulsari", "Kulsarry scholo"])
def test_a_typo_finds_the_same_and_says_so(index, query):
    found = search.search(index, query)
    assert [ROWS["facility_id"].iloc[i] for i in found.rows] == ["DEMO-02", "DEMO-01"]
    assert found.n_similar or query == "Kulsarry scholo"  # doubled letters are no typo


def test_exact_words_come_before_typos(index):
    assert ids(index, "школа") == ["DEMO-02", "DEMO-01", "DEMO-04"]  # a type, then only the name of another type
    found = search.search(index, "Buyer")
    assert found.n_similar == 0 and found.n == 3


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("DEMO-01", "DEMO-01"), ("demo 01", "DEMO-01"), (" Demo01 ", "DEMO-01"), ("D-01/1", "DEMO-01"), ("d 02 1", "DEMO-02"),
        ("A-77", "DEMO-03"),  # Latin A for the Cyrillic one of the data
        ("A-78", "DEMO-03"),  # not its main contract
        ("D-04", ""),  # two facilities have a contract of that number
        ("DEMO-05", ""), ("SECRET-1", ""),  # restricted
        ("990140000011", ""), ("школа", ""), ("", ""),
    ],
)  # fmt: skip
def test_one_identifier_or_contract_number_leads_to_its_facility(index, query, expected):
    assert search.search(index, query).exact == expected
    if expected:
        assert ids(index, query)[0] == expected


def test_restricted_facilities_and_their_firms_are_never_found(index):
    for query in ("тайный", "DEMO-05", "SECRET-1", "Demo Hidden", "990240000055"):
        found = search.search(index, query)
        assert "DEMO-05" not in ids(index, query)
        assert not [hit for hit in found.hits if "Hidden" in hit.name]


def hits(index: Index, query: str) -> list[tuple[str, str, int, int]]:
    return [(hit.kind, hit.name, hit.n, hit.n_all) for hit in search.search(index, query).hits]


def test_places_narrowed_to_the_type_that_is_named(index):
    assert hits(index, "Кульсары") == [("settlement", "Кульсары", 3, 3)]  # three spellings, one place
    assert hits(index, "школа Кульсары") == [("settlement", "Кульсары", 2, 2)]
    assert hits(index, "школы") == [("facility_type", "school", 2, 2)]
    assert hits(index, "Атырауская область") == [("region", "KZ-23", 3, 3)]
    assert hits(index, "мектеп Орал") == []  # the sports school of Uralsk is not of the type
    assert ids(index, "мектеп Орал") == []
    assert hits(index, "Oral") == [("settlement", "Уральск", 1, 1)]  # its Kazakh name
    assert hits(index, "Жолымбет") == [("settlement", "Жолымбет", 1, 1)]  # begins like жол, a road


def test_firms_by_name_and_number(index):
    assert hits(index, "990140000011") == [("buyer", "Demo Buyer West", 2, 2)]
    by_name = [hit for hit in search.search(index, "demo buyer west").hits if not hit.id]
    assert [(hit.kind, hit.n) for hit in by_name] == [("buyer", 3)]  # also where the source gives no number
    assert hits(index, "990240000044") == [("supplier", "Demo Second", 0, 1)]  # no main contract, and still found
    assert ids(index, "990240000044") == ["DEMO-03"]


def test_every_count_is_the_count_of_its_filter(index):
    for query in ("Кульсары", "школа Кульсары", "школы", "demo", "Demo Builder", "990240000022", "Атырау", "Жолымбет", "KZ-27"):
        for hit in search.search(index, query).hits:
            assert len(filters.apply(hit.filter, ROWS)) == hit.n, hit


@pytest.mark.parametrize(
    ("query", "kind", "suggested"),
    [
        ("irjkf rekmcfhs", "keyboard", "школа кульсары"),
        ("rekmcfhs", "keyboard", "кульсары"),
        ("990140000019", "number", "990140000011"),
        ("школа Гадюкино99", "fewer", "школа"),
        ("вадапровот", "spelling", "водопровод"),
        ("абракадабра больница", "fewer", "больница"),
    ],
)
def test_an_empty_result_offers_what_would_find_something(index, query, kind, suggested):
    found = search.search(index, query)
    assert found.is_empty
    assert (kind, suggested) in [(each.kind, each.query) for each in found.suggestions]
    for each in found.suggestions:
        again = search.search(index, each.query)
        assert not again.is_empty
        assert each.n == max(again.n, *(hit.n_all for hit in again.hits), 0)


def test_more_than_asked_for_is_counted(index):
    few = search.search(index, "demo", n_rows=2)
    everything = search.search(index, "demo", n_rows=100)
    assert len(few.rows) == 2 and few.n == everything.n == 5
    assert list(few.rows) == list(everything.rows[:2])


def test_an_empty_snapshot_has_an_index():
    nothing = search.build(ROWS.head(0), CONTRACTS.head(0), COUNTRY)
    assert search.search(nothing, "школа Кульсары 990140000011").is_empty


def test_a_country_without_boundaries_has_one():
    rows = ROWS.assign(region_code=pd.array(["Ceará"] * len(ROWS), dtype=ROWS["region_code"].dtype))
    index = search.build(rows, CONTRACTS, {"boundaries": "", "settlements": ""})
    assert [hit.name for hit in search.search(index, "ceara").hits] == ["Ceará"]


TEXTS = st.text(alphabet="АаӘәҚқҢңҰұІіЁёЙйЫыЬьЩщЮюGgHhSsZzQqXxJjY №-'’0123456789ñÄ,./", max_size=40)


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_words_of_the_index_are_those_of_the_skeleton(text):
    """Cutting first and folding each word gives the words that `fold` gives for the whole text."""
    facet = search._facet([pa.array([text])], 1, codes=np.zeros(1, dtype=np.int32))
    assert set(facet.words.to_pylist()) == set(fold(text).split())


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.text(max_size=300), TEXTS, st.sampled_from(["%", "\\", "<script>", "*", "[", "a" * 5000, "\x00", "\ud800", "1" * 400])
    )
)
def test_any_query_is_answered_and_escaped(index, query):
    found = search.search(index, query)
    assert len(found.query) <= search.MAX_QUERY and len(found.units) <= search.MAX_WORDS
    assert found.n_similar <= found.n and len(set(found.rows)) == len(found.rows)
    for lang in ("kk", "ru", "en"):
        html = words.answer(found, lang) + words.groups(found, lang)
        assert "<script" not in html


def test_the_page_escapes_the_query():
    index = search.build(ROWS, CONTRACTS, COUNTRY)
    html = words.answer(search.search(index, '<img src=x onerror=alert(1)> "школа'), "en")
    assert "<img" not in html and "&lt;img" in html


def test_the_page_of_a_firm_knows_it_by_the_same_key(index):
    rows = ROWS[~ROWS["is_restricted"].fillna(False).astype(bool)]
    for kind, query in (("buyer", "demo buyer west"), ("supplier", "demo builder")):
        keys = set(groups.party_keys(rows[f"{kind}_id"], rows[f"{kind}_name"]))
        found = search.search(index, query)
        linked = {unquote_plus(key) for key in re.findall(r"party\?kind=\w+&amp;id=([^&]+)", words.groups(found, "en"))}
        assert linked and linked <= keys


def test_a_masked_number_is_not_a_key():
    """It is shared by many persons."""
    masked = ROWS.assign(supplier_id=pd.array(["******1234"] * len(ROWS), dtype=ROWS["supplier_id"].dtype))
    found = search.search(search.build(masked, CONTRACTS.head(0), COUNTRY), "demo")
    assert sorted((hit.name, hit.id) for hit in found.hits if hit.kind == "supplier") == [
        ("Demo Builder", ""),
        ("Demo Digger", ""),
    ]
