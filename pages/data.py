"""Where the data come from, what was refused and why, how complete they are."""

import streamlit as st

from pages import current_table, lang, open_page, t
from riskmap.web import data, sheet

PER_PAGE = 20

snapshot = open_page("data")
problems = current_table("problems")
st.html(sheet.CSS)
st.title(t("data.title"), anchor=False)
st.html(f'<p class="answer">{data.answer(snapshot, lang())}</p>')
st.html(data.page(snapshot, problems, lang()))
n_pages = -(-len(problems) // PER_PAGE)
page = st.pagination(n_pages, key="data_page") if n_pages > 1 else 1
st.html(data.examples(problems.iloc[(page - 1) * PER_PAGE : page * PER_PAGE], len(problems), lang()))
