"""Who works for whom: buyers and contractors as pairs, in a picture and a table."""

from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from pages import filter_widgets, lang, open_page, t
from pages.widgets import chart, parties
from riskmap import draw_network, filters, groups
from riskmap.web import compare

PER_PAGE = 25


@st.cache_data(max_entries=50, show_spinner=False)
def paired(snapshot_id: str, query: str, lang: str) -> tuple[pd.DataFrame, int]:
    """The pairs of a filter and how many of its facilities are in none; kept for everyone who asks the same."""
    shown = filters.apply(filter_, snapshot.facilities)
    rows = parties.agreements(snapshot_id, snapshot)
    rows = rows[rows["facility_id"].isin(set(shown["facility_id"]))]
    return compare.pair_labels(groups.pairs(rows), rows, lang), groups.unpaired(rows)


snapshot = open_page("network")
st.title(t("frame.nav.network"), anchor=False)
filter_ = filter_widgets(snapshot.facilities)
pairs, n_unpaired = paired(snapshot.id, urlencode(filters.to_query(filter_)), lang())
n_facilities = int(filters.mask(filter_, snapshot.facilities).sum())
if not n_facilities:
    st.info(f"{t('map.nothing')} {t('map.nothing_remove')}")
    st.stop()

st.html(compare.network_answer(pairs, n_unpaired, n_facilities, lang()))
drawn = compare.drawn_pairs(pairs)
chart.show("network", draw_network.who_for_whom(drawn, n_left_out=len(pairs) - len(drawn), **chart.told()))
st.html(compare.network_note(snapshot.manifest["settings"], lang()))
n_pages = -(-len(pairs) // PER_PAGE)
page = st.pagination(n_pages, key=f"network_{filter_}") if n_pages > 1 else 1
if len(pairs):
    st.html(compare.pairs_table(pairs.iloc[(page - 1) * PER_PAGE : page * PER_PAGE], snapshot, lang()))
