"""Where to report what: a choice that opens and closes in the browser and leads to the right door. Nothing of it is sent."""

import streamlit as st

from pages import lang, open_page, page_url, t
from riskmap.web import clock, report, sheet

open_page("report")
st.html(sheet.CSS)
st.title(t("report.title"), anchor=False)
st.html(f'<p class="answer">{t("report.lead")}</p>')
st.html(report.choice(lang(), clock.today(), {door: page_url(name) for door, name in report.PAGES.items()}))
