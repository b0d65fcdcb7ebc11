"""My work list: what waits for a decision, with whom and until when; and the review of one flagged facility."""

import streamlit as st

from pages import carried, lang, md, open_page, put, t
from pages.widgets import desk as forms
from pages.widgets import facts, returned, signin
from riskmap import explain
from riskmap.problem import DataError, describe_error
from riskmap.store.people import GUEST
from riskmap.web import clock, current, desk, own_settings, sheet
from riskmap.work import access, cases, listed

snapshot = open_page("desk")
st.html(sheet.CSS)
wanted = st.query_params.get("id", "")
if not wanted:
    st.title(t("frame.nav.desk"), anchor=False)
    st.write(t("desk.lead"))
    identity, someone = signin.require()
    if someone.role != GUEST:
        settings = own_settings.configured()
        rows = listed.rows(current.store(), identity, snapshot, on=clock.today(), settings=settings, lang=lang())
        st.html(desk.parts(rows, snapshot, lang()))
    st.stop()

try:
    facility = access.facility(snapshot, wanted)
except DataError as error:
    st.title(t("frame.nav.desk"), anchor=False)
    st.warning(md(describe_error(error, lang())))
    st.stop()
row = explain.find(snapshot.facilities, wanted)
st.title(md(explain.name(row, lang())), anchor=False)
with st.container(horizontal=True, key="desk_ways"):
    st.page_link("pages/desk.py", label=t("desk.back"), query_params=carried())
    st.page_link("pages/facility.py", label=t("desk.open"), query_params={**carried(), "id": wanted})
identity, someone = signin.require()
try:
    is_reader = access.reads(someone, facility)
    seen = cases.steps(current.store(), identity, facility) if is_reader else []
    forms.said(desk.offices(seen))
    if not is_reader and someone.role != GUEST:
        st.info(t("desk.elsewhere"))
    if is_reader:
        st.html(desk.history(seen, lang()))
        put(desk.public(row, snapshot, lang()))
        forms.review(identity, someone, facility, snapshot, cases.newest(seen, wanted))
        forms.reply(identity, someone, facility, snapshot)
        facts.decide(identity, someone, facility, snapshot)
    facts.report(identity, someone, facility, snapshot)
    returned.money(identity, someone, facility, snapshot)
except DataError as error:
    st.warning(md(describe_error(error, lang())))
