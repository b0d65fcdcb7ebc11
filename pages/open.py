"""Open data: every public dataset in its formats, licence, dictionary, citation, permanent links, a card for other pages."""

import streamlit as st

from pages import choose, lang, open_page, t
from riskmap.filters import region_name
from riskmap.web import opendata, sheet

snapshot = open_page("open")
base = opendata.base_of(st.context.url)
st.html(sheet.CSS)
st.title(t("open.title"), anchor=False)
st.html(f'<p class="answer">{t("open.lead")}</p>')
st.html(opendata.page(snapshot, base, lang()))
st.html(opendata.dictionary(snapshot, lang()))
st.header(t("open.card.title"), anchor="card")
names = {code: region_name(code, lang()) for code in opendata.regions(snapshot)}
code = choose("region", names, label=t("open.card.region"), words=names.__getitem__)
st.html(opendata.card(base, code, lang()))
