"""The national picture: published figures with their sources, the survey beside the map, recovered money and what it built."""

import streamlit as st

from pages import lang, open_page, t
from pages.widgets import chart
from riskmap.web import figures, sheet

open_page("figures")
ink = chart.told()["ink"]
st.html(sheet.CSS)
st.title(t("figures.title"), anchor=False)
st.html(figures.introduction(lang()))
chart.show("figures", figures.over_time(ink, lang()))
st.html(figures.definitions(lang()))
with st.expander(t("figures.table")):
    st.html(figures.national_table(lang()))
st.download_button(
    t("figures.download"), figures.file(lang()), "figures.csv", "text/csv", help=t("figures.download_what"), on_click="ignore"
)
chart.show("survey", figures.survey(ink, lang()))
st.html(figures.survey_caution(lang()))
chart.show("recovered", figures.recovered_facilities(ink, lang()))
chart.show("recovered_money", figures.recovered_money(ink, lang()))
st.html(figures.recovered_note(lang()))
with st.expander(t("figures.recovered.table")):
    st.html(figures.recovered_table(lang()))
