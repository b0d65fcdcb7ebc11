"""Public control: what is due from which body, what it answered, and the document of one facility."""

import streamlit as st

from pages import lang, md, open_page, put, t
from pages.widgets import done, paper, record
from riskmap import filters
from riskmap.problem import DataError, describe_error
from riskmap.web import control, sheet

snapshot = open_page("control")
st.html(sheet.CSS)
st.title(t("control.title"), anchor=False)
done.said()
try:
    found, is_open = control.found(), True
except DataError as error:
    found, is_open = [], False
    st.warning(md(describe_error(error, lang())))
asked = st.query_params.get("document", "")
chosen = next((one for one in found if one.document.document_id == asked), None)
if chosen is not None:
    st.subheader(md(chosen.document.title), anchor=False)
    put(control.document(chosen, lang()))
    for language, content in chosen.document.papers.items():
        with st.expander(f"{t('control.read')} ({language.upper()})"):
            put(control.shown(content))
    with st.expander(t("control.office.title"), key="control_office"):
        record.office(chosen)
    st.stop()

wanted = st.query_params.get("id", "")
if asked:
    st.warning(t("control.unknown_document"))
if not wanted:
    put(control.said(found, lang()))
    put(control.of_documents(found, lang()))
    put(control.of_bodies(found, lang()))
    put(control.downloads(lang()))
st.header(t("control.draft.title"), anchor=False)
if not is_open:
    st.info(t("control.draft.no_store"))
words = st.text_input(
    t("control.draft.choose"), key="control_find", type="search", placeholder=t("control.find"), max_chars=filters.MAX_TEXT
)
known = control.facilities(snapshot, words, lang(), wanted=wanted)
chosen_id = st.selectbox(t("control.paper.facility"), list(known), format_func=known.__getitem__) if known else ""
made = control.draft(snapshot, chosen_id, with_store=is_open) if chosen_id else None
put(control.earlier(found, chosen_id, lang()) + ("" if made else control.law(lang())))
if made:
    paper.draft(made)
