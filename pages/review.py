"""Observations that wait for a monitor: what was seen beside the facts of the facility, photos, a decision with its reason."""

import streamlit as st

from pages import lang, md, open_page, t
from pages.widgets import operator, photo
from riskmap import explain
from riskmap.problem import DataError, describe_error
from riskmap.web import review, sheet

snapshot = open_page("review")
st.html(sheet.CSS)
st.title(t("frame.nav.review"), anchor=False)
st.write(t("review.lead"))
token = operator.require()
if done := st.session_state.pop("review_done", ""):
    st.success(md(done))
try:
    st.html(review.answer(review.waiting(token), lang()))
    with_decided = st.toggle(t("review.with_decided"), key="review_decided")
    listed = {one.observation_id: one for one in review.waiting(token, with_decided=with_decided)}
except DataError as error:
    st.warning(md(describe_error(error, lang())))
    st.stop()
if not listed:
    st.stop()

rows = {one.facility_id: explain.find(snapshot.facilities, one.facility_id) for one in listed.values()}
names = {facility_id: explain.name(row, lang()) for facility_id, row in rows.items() if row is not None}
chosen = st.selectbox(
    t("review.choose"), list(listed), format_func=lambda i: review.label(listed[i], names, lang()), key="review_chosen"
)
one = listed[chosen]
row = rows[one.facility_id]
settings = snapshot.manifest["settings"]
known = row and explain.explain(row, settings, lang(), n_facilities=len(snapshot.facilities))
left, right = st.columns(2, gap="large")
left.html(review.seen(one, lang()) + review.past(review.decisions(token, chosen), lang()))
right.html(review.facility(row, known, lang()))
if row is not None:
    right.page_link("pages/facility.py", label=t("nearby.open"), query_params={"id": one.facility_id, "lang": lang()})
for each in review.photos(token, chosen):
    with st.container(border=True):
        photo.show(token, chosen, each)
with st.form(f"decide_{chosen}", width=720):
    decision = st.radio(t("review.decide"), ("accept", "ask", "reject"), format_func=lambda c: t(f"review.decision.{c}"))
    looked = bool(one.n_photos) and st.checkbox(t("review.photos_reviewed"))
    reason = st.text_area(t("review.reason.label"), max_chars=1000, help=t("review.reason.help"))
    if st.form_submit_button(t("review.decide")):
        decided = {"decision": decision, "reason": reason, "photos_are_reviewed": looked}
        photo.act(lambda: review.decide(token, chosen, **decided), "review.decided")
