"""What a query finds: facilities, places, buyers and contractors, each as a link."""

import streamlit as st

from pages import lang, open_page, t
from riskmap.web import search

snapshot = open_page("search")
st.html(search.CSS)
st.title(t("frame.nav.search"), anchor=False)
with st.spinner(t("search.preparing")):
    found = search.found(snapshot, st.query_params.get("q", ""))
st.html(search.answer(found, lang()) + search.groups(found, lang()))
n_pages = -(-len(found.rows) // search.PER_PAGE)
if n_pages:
    page = st.pagination(n_pages, key=f"search_page_{found.query}") if n_pages > 1 else 1
    st.html(search.facilities(found, snapshot, lang(), page=page))
