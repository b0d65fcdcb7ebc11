"""Leaders' duty: which office had to offer its resignation after a subordinate's verdict, by when, and what came of it."""

import streamlit as st

from pages import lang, open_page, put, t
from riskmap import duty as register
from riskmap.web import clock, duty, sheet

open_page("duty")
cases = duty.register()
st.html(sheet.CSS)
st.title(t("duty.title"), anchor=False)
st.html(duty.introduction(cases, lang()))
st.html(duty.rows(cases, clock.today(), lang()))
st.download_button(t("duty.download"), register.write(cases), "duty.csv", "text/csv", on_click="ignore")
for by in ("region_code", "year"):
    put(duty.totals(cases, by, lang()))
put(duty.published(lang()))
