"""The pages of comparisons, pairs and parties in HTML: what they count, what they escape, what they never say."""

import re
from pathlib import Path

import pandas as pd
import pytest

from riskmap import groups, i18n
from riskmap.filters import Filter
from riskmap.snapshot import Snapshot
from riskmap.web import compare, party
from tests.test_groups import AS_OF, SETTINGS, contracts, facilities

LANGS = pytest.mark.parametrize("lang", i18n.LANGUAGES)
HOSTILE = '<img src=x onerror="alert(1)">'
SNAPSHOT = Snapshot(Path(), {"snapshot_id": "abc", "as_of": str(AS_OF), "is_demo": True, "settings": SETTINGS})


def cells(html):
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", html)]


ROWS = facilities(
    [{"region_code": "KZ-75", "is_overdue": i < 6, "days_late": i, "supplier_name": HOSTILE} for i in range(12)]
    + [{"region_code": "KZ-71", "is_overdue": None, "supplier_id": None}] * 3
    + [{"region_code": None, "supplier_id": None, "supplier_name": None}]
)
SIGNED = contracts([{"facility_id": f"F{i}", "supplier_name": HOSTILE} for i in range(12)])
FOUND = groups.agreements(ROWS, SIGNED, settings=SETTINGS, as_of=AS_OF)


@LANGS
@pytest.mark.parametrize("by", groups.BY)
@pytest.mark.parametrize("measure", groups.MEASURES)
def test_every_comparison_has_its_table_that_adds_up_and_names_nothing_unescaped(by, measure, lang):
    seen = compare.comparison(ROWS, by, measure, SETTINGS, lang)
    html = compare.groups_table(seen.found, seen.total, measure, by, Filter(), lang)
    html += compare.answer(seen.found, seen.total, measure, by, lang) + compare.how_to_read(measure, SNAPSHOT, lang)
    assert "<img" not in html and not re.search(r"\b(nan|None|<NA>)\b", html)
    assert seen.found["n_facilities"].sum() == seen.total["n_facilities"] == len(ROWS)
    assert i18n.number(len(ROWS), lang) in html
    assert bool(seen.funnel) == groups.MEASURES[measure].is_event and bool(seen.spread) != bool(seen.funnel)


def test_groups_are_in_the_order_of_names_small_ones_grey_and_the_unknown_last():
    seen = compare.comparison(ROWS, "region", "overdue", SETTINGS, "en")
    assert seen.found["key"].tolist() == ["KZ-75", "KZ-71", "unknown"]
    html = compare.groups_table(seen.found, seen.total, "overdue", "region", Filter(flagged=True), "en")
    assert html.count("greyed") == 2 and "too few to compare" in html
    assert "map?lang=en&amp;region=KZ-75&amp;flagged=1" in html  # the rest of the filter stays
    assert [mark.label for mark in seen.funnel] == ["Almaty city", "Astana city"]  # who has no region is no mark


def test_the_not_known_are_last_even_where_they_are_many():
    rows = facilities([{"region_code": None}] * 12 + [{"region_code": "KZ-71"}] + [{"region_code": "KZ-75"}] * 11)
    assert compare.comparison(rows, "region", "overdue", SETTINGS, "en").found["key"].tolist() == ["KZ-75", "KZ-71", "unknown"]


def test_firms_and_bodies_are_never_named_in_the_funnel():
    rows = facilities([{"supplier_id": f"10024000000{i % 2}", "is_overdue": i % 2 == 0} for i in range(60)])
    seen = compare.comparison(rows, "supplier", "overdue", SETTINGS, "en")
    assert {mark.place for mark in seen.funnel} == {"far_above", "far_below"}
    assert not any(mark.is_named for mark in seen.funnel)
    by_type = rows.assign(facility_type=["school" if i % 2 else "hospital" for i in range(60)])
    assert all(mark.is_named for mark in compare.comparison(by_type, "type", "overdue", SETTINGS, "en").funnel)


def test_namesakes_are_told_apart():
    keys, names = pd.Series(["1", "2", "name:astra", "3", "unknown"]), pd.Series(["Astra", "Astra", "Astra", None, None])
    assert compare.labels(keys, names, "en") == ["Astra (1)", "Astra (2)", "Astra (no BIN given)", "3", "not known"]


@LANGS
def test_a_party_has_counts_with_denominators_fair_words_and_no_score(lang):
    firm = party.find(ROWS, FOUND, "supplier", "100240000001")
    rows = party.delays(firm, ROWS, SETTINGS, lang)
    html = party.head(firm, SNAPSHOT, lang) + party.partners(firm, SNAPSHOT, lang) + party.register(firm, lang)
    html += party.delays_table(rows, lang)
    assert i18n.text("party.fair", lang) in html and "<img" not in html and "r_lo" not in html
    assert i18n.text("network.of", lang, n="6", known="12") in html
    assert [len(row.values) for row in rows] == [6, 0] and rows[0].is_small
    assert not re.search(r"\b(nan|None|<NA>)\b", html)


@LANGS
def test_pairs_have_their_table_with_the_values_that_are_not_known(lang):
    pairs = compare.pair_labels(groups.pairs(FOUND), FOUND, lang)
    html = compare.pairs_table(pairs, SNAPSHOT, lang)
    html += compare.network_answer(pairs, groups.unpaired(FOUND), len(ROWS), lang) + compare.network_note(SETTINGS, lang)
    assert "<img" not in html and HOSTILE in pairs["supplier"].tolist()
    assert i18n.text("network.share_counts", lang, share=i18n.share(1.0, lang)) == cells(html)[-1]
    assert compare.drawn_pairs(pairs)[0].n_facilities == 12


@pytest.mark.parametrize(
    ("kind", "asked"), [("supplier", "unknown"), ("supplier", HOSTILE * 20), ("facility", "1"), ("", ""), ("buyer", "")]
)
def test_what_nobody_has_is_not_found(kind, asked):
    assert party.find(ROWS, FOUND, kind, asked) is None
    listed = party.listed(party.matching(party.everyone(FOUND, "supplier", "en"), "x"), "supplier", asked, "en")
    assert "<img" not in listed


def test_the_list_of_parties_is_searched_by_name_and_number():
    everyone = party.everyone(FOUND, "supplier", "en")
    assert everyone["key"].tolist() == ["100240000001"]
    assert len(party.matching(everyone, "100240000001")) == 1 and party.matching(everyone, "nobody").empty


def test_a_facility_leads_to_its_buyer_and_contractor_and_a_shared_number_to_nobody():
    row = facilities([{"supplier_id": "******1234", "supplier_name": None}]).iloc[0].to_dict()
    html = party.links(row, "en")
    assert "party?lang=en&amp;kind=buyer&amp;id=100140000001" in html and "kind=supplier" not in html
