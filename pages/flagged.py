"""The flagged list: why a facility is on it, its totals, and the same rows as a file."""

from dataclasses import replace

import streamlit as st

from pages import filter_widgets, lang, open_page, put, set_filter, t
from pages.widgets import columns
from riskmap import filters
from riskmap.filters import FLAGGED
from riskmap.web import desk, flagged, found, official

PER_PAGE = 50

snapshot = open_page("flagged")
st.html(flagged.CSS)
st.title(t("frame.nav.flagged"))
filter_ = filter_widgets(snapshot.facilities, FLAGGED)
shown = filters.apply(filter_, snapshot.facilities)
looked = found.look(snapshot, filter_)
st.html(flagged.answer(looked, snapshot, lang()))

if shown.empty:
    st.info(f"{t('map.nothing')} {t('map.nothing_remove')}")
    st.stop()

sorts = dict.fromkeys((*flagged.SORTS, filter_.sort))
st.session_state["flagged_sort"] = filter_.sort
st.selectbox(
    t("flagged.sort"),
    sorts,
    key="flagged_sort",
    format_func=lambda sort: flagged.sort_words(sort, lang()),
    on_change=lambda: set_filter(replace(filter_, sort=st.session_state["flagged_sort"]), FLAGGED),
    width=380,
)
n_pages = -(-len(shown) // PER_PAGE)
page = st.pagination(n_pages, key=f"flagged_page_{filter_}") if n_pages > 1 else 1  # another filter starts at its first page
st.html(flagged.facilities_table(shown.iloc[(page - 1) * PER_PAGE : page * PER_PAGE], snapshot, lang()))

st.header(t("flagged.download"), anchor="download")
st.html(flagged.downloads(shown, filter_, snapshot, lang(), columns=columns.choose(snapshot)))

if since := flagged.since(filter_, snapshot, lang()):
    st.header(t("flagged.since"), anchor="since")
    st.html(since)

st.header(t("flagged.totals"), anchor="totals")
st.html(flagged.totals_table(looked, shown, snapshot, lang(), by="level"))
st.html(flagged.totals_table(looked, shown, snapshot, lang(), by="region") + official.matrix(shown, filter_, snapshot, lang()))
st.html(flagged.totals_table(looked, shown, snapshot, lang(), by="programme"))
put(desk.all_money(snapshot, lang()))
