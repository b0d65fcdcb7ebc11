"""Observations that wait for a monitor: what was seen beside the facts of the facility, photos, a decision with its reason."""

import streamlit as st

from pages import lang, md, open_page, t
from pages.widgets import done, operator, photo
from riskmap import explain
from riskmap.problem import DataError, describe_error
from riskmap.web import review, sheet

snapshot = open_page("review")
st.html(sheet.CSS)
st.title(t("frame.nav.review"), anchor=False)
st.write(t("review.lead"))
token = operator.require()
done.said()
try:
    everything = review.waiting(token, with_decided=True)
except DataError as error:
    st.warning(md(describe_error(error, lang())))
    st.stop()
waiting = [one for one in everything if one.is_waiting]
st.html(review.answer(waiting, lang()))
with_decided = st.toggle(t("review.with_decided"), key="review_decided")
listed = {one.observation_id: one for one in (everything if with_decided else waiting)}
if not listed:
    st.stop()

names = review.names(listed.values(), snapshot, lang())
chosen = st.selectbox(
    t("review.choose"), list(listed), format_func=lambda i: review.label(listed[i], names, lang()), key="review_chosen"
)
one = listed[chosen]
row = explain.find(snapshot.facilities, one.facility_id)
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
        done.again(lambda: review.decide(token, chosen, **decided), "review.decided")
