"""Help: what the map is and is not, a tour for each of three users, the words, how to correct us."""

import streamlit as st

from pages import lang, open_page, page_url, t
from riskmap.web import help as guide
from riskmap.web import sheet

open_page("help")
st.html(sheet.CSS)
st.title(t("help.title"), anchor=False)
st.html(f'<p class="answer">{t("help.lead")}</p>')
names = {name for steps in guide.TOURS.values() for name, _ in steps}
st.html(guide.page(lang(), {name: page_url(name) for name in names} | {"m/": f"m/?lang={lang()}"}))
with st.expander(t("help.glossary")):
    st.html(guide.words(lang()))
