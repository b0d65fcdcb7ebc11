"""Forms about facts: reports of wrong ones, and decisions about reports."""

from functools import partial

import streamlit as st

from pages import current_table, lang, t
from pages.widgets.desk import FIELDS, act, value
from riskmap import corrections as overlay
from riskmap.snapshot import Snapshot
from riskmap.store.people import Identity, Person
from riskmap.store.work import ACCEPT, REFUSE
from riskmap.web import clock, current, desk, own_settings
from riskmap.work import access, corrections
from riskmap.work.access import Facility


def report(identity: Identity, someone: Person, facility: Facility, snapshot: Snapshot) -> None:
    """Anybody who has signed in says which fact is wrong, what is right, and where that stands."""
    if not access.allows(someone, "correction", facility):
        return
    settings, contracts = own_settings.configured(), current_table("contracts")
    st.header(t("desk.form.correction"), anchor="correction")
    names = [name for names in overlay.COLUMNS.values() for name in names]
    column = st.selectbox(
        t("desk.form.column"), names, key="report_column", format_func=lambda name: desk.column_label(name, lang()), width=FIELDS
    )
    contract = ""
    if overlay.table_of(column) == "contracts":
        numbers = corrections.contracts_of(contracts, facility.facility_id)
        contract = st.selectbox(t("desk.form.contract"), numbers, key="report_contract", width=FIELDS) or ""
    stated = corrections.stated(snapshot, contracts, facility.facility_id, column, contract)
    if stated is None:
        return
    st.text(t("desk.form.stated", value=desk.exact(stated, column, lang())))

    def send() -> None:
        corrections.report(
            current.store(), identity, facility, column=column, contract_no=contract, stated=stated,
            right_value=value("report_right"), source=value("report_source"), on=clock.today(), settings=settings,
        )  # fmt: skip

    with st.form("report", border=False, width=FIELDS):
        st.text_input(t("desk.form.right"), key="report_right", max_chars=40)
        st.text_input(t("desk.form.source"), key="report_source", max_chars=settings["office"]["max_text_characters"])
        st.form_submit_button(t("desk.form.correction_send"), on_click=partial(act, send, form="report"))


def decide(identity: Identity, someone: Person, facility: Facility, snapshot: Snapshot) -> None:
    """Accept or refuse what was reported."""
    found = {one.correction_id: one for one in corrections.of_facility(current.store(), identity, facility)}
    st.html(desk.reports(list(found.values()), lang()))
    if not found or not access.allows(someone, "decide_correction", facility):
        return

    def send() -> None:
        one = found[value("decide_which")]
        corrections.decide(
            current.store(), identity, facility, one.correction_id, expected=one.number, decision=value("decide_decision"),
            reason=value("decide_reason"), on=clock.today(), settings=own_settings.configured(),
        )  # fmt: skip

    with st.form("decide", border=False, width=FIELDS):
        st.selectbox(
            t("desk.form.which"), found, key="decide_which",
            format_func=lambda id_: desk.correction_line(found[id_], lang()),
        )  # fmt: skip
        st.radio(
            t("desk.form.decision"), (ACCEPT, REFUSE), key="decide_decision", horizontal=True,
            format_func=lambda one: t(f"desk.form.{one}"),
        )  # fmt: skip
        st.text_input(t("desk.form.reason"), key="decide_reason")
        st.form_submit_button(t("desk.form.decide_send"), on_click=partial(act, send, form="decide"))
