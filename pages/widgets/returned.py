"""The form for money returned."""

from functools import partial

import streamlit as st

from pages import lang, t
from pages.widgets.desk import FIELDS, act, value
from riskmap.snapshot import Snapshot
from riskmap.store.people import Identity, Person
from riskmap.store.work import KINDS
from riskmap.web import clock, current, desk, own_settings
from riskmap.work import access, returned
from riskmap.work.access import Facility


def money(identity: Identity, someone: Person, facility: Facility, snapshot: Snapshot) -> None:
    """Damage established, money recovered, and what it paid for."""
    if not access.allows(someone, "returned_money", facility):
        return
    settings = own_settings.configured()
    everything = returned.every_entry(current.store(), facility.facility_id)
    entries = {one.number: desk.entry_line(one, lang()) for one in returned.valid(everything)}

    def send() -> None:
        returned.add(
            current.store(), identity, facility, expected=len(everything), kind=value("money_kind"),
            amount_kzt=value("money_amount"), happened_on=value("money_day"), paid_for=value("money_paid_for"),
            source=value("money_source"), replaces=value("money_replaces"), on=clock.today(), settings=settings,
        )  # fmt: skip

    st.header(t("desk.form.money"), anchor="money")
    with st.form("money", border=False, width=FIELDS):
        st.selectbox(t("desk.form.kind"), KINDS, key="money_kind", format_func=lambda kind: t(f"desk.kind.{kind}"))
        st.number_input(t("desk.form.amount"), 0, 10**15, None, 1, key="money_amount")
        st.date_input(t("desk.form.day"), clock.today(), key="money_day", format="YYYY-MM-DD")
        st.text_input(t("desk.form.paid_for"), key="money_paid_for")
        st.text_input(t("desk.form.source"), key="money_source")
        st.selectbox(
            t("desk.form.replaces"), [None, *entries], key="money_replaces",
            format_func=lambda n: t("desk.form.nothing_replaced") if n is None else entries[n],
        )  # fmt: skip
        st.form_submit_button(t("desk.form.money_send"), on_click=partial(act, send, form="money"))
