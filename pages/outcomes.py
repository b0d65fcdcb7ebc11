"""What came of visits: counts by state and region, what was put right, and flagged facilities nobody has visited."""

import streamlit as st

from pages import lang, open_page, put, t
from riskmap.problem import DataError
from riskmap.web import flagged, outcomes, sheet

snapshot = open_page("outcomes")
st.html(sheet.CSS)
st.html(flagged.CSS)
st.title(t("frame.nav.outcomes"), anchor=False)
st.write(t("outcomes.lead"))
try:
    found = outcomes.look(snapshot)
except (DataError, OSError):
    st.info(t("outcomes.no_store"))
    st.stop()
st.html(outcomes.answer(found, lang()))
put(outcomes.rate(found, lang()))
put(outcomes.regions(found, lang()))
put(outcomes.gaps(found, snapshot, lang()))
with st.container(horizontal=True):
    for name, content in outcomes.downloads(found, lang()):
        st.download_button(t("outcomes.download", name=name), content, name, "text/csv", on_click="ignore")
st.header(t("outcomes.feeds"), anchor="feeds")
put(outcomes.feed_links(snapshot, lang()))
