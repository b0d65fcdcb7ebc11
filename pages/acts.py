"""Public control of legal acts: drafts that are open for comments, recommendations on them, answers and their grades."""

import streamlit as st

from pages import lang, md, open_page, put, t
from pages.widgets import done, operator, paper
from riskmap.problem import DataError, describe_error
from riskmap.web import acts, control, control_actions, sheet

snapshot = open_page("acts")
st.html(sheet.CSS)
st.title(t("acts.title"), anchor=False)
done.said()
try:
    register, found = acts.listed(), control.found("act")
except DataError as error:
    st.warning(md(describe_error(error, lang())))
    st.stop()
put(acts.said(register, found, lang()))
put(acts.of_register(register, lang()))
put(acts.of_recommendations(register, found, lang()))
put(acts.downloads(lang()))
if taken := st.session_state.pop("acts_taken", None):
    put(acts.report(taken, lang()))
titles = {act.act_id: act.title for act in register}
chosen = st.selectbox(
    t("acts.make"), list(titles), index=None, placeholder=t("acts.choose"), format_func=titles.__getitem__, key="acts_chosen"
)
if chosen:
    paper.draft(control.act_draft(next(act for act in register if act.act_id == chosen), snapshot))
    st.stop()
with st.expander(t("acts.import_title"), key="acts_office"):
    st.write(t("control.office.what"))
    token = operator.require(control_actions.RIGHT)
    with st.form("acts_import"):
        typed = st.text_area(t("acts.import_text"), height=160, max_chars=1_000_000)
        if st.form_submit_button(t("acts.import_button")):
            done.again(lambda: acts.take(token, typed, st.session_state), "control.office.saved")
