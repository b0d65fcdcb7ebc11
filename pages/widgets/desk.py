"""The forms of the desk. A form sends what its reader has read (the number of the last step), so that no edit is lost."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from pages import lang, md, put, t
from riskmap.problem import DataError, describe_error
from riskmap.snapshot import Snapshot
from riskmap.store.people import Identity, Person
from riskmap.web import clock, current, desk, own_settings
from riskmap.work import access, cases, replies
from riskmap.work.access import Facility

FIELDS = 720


def act(action: Callable[[], Any], *, form: str) -> None:
    """Do what a form asks for. What is refused leaves the typed words in the form; what is kept empties it."""
    try:
        action()
    except cases.Stale as error:
        st.session_state["desk_said"] = ("warning", describe_error(error, lang()), error.since)
    except DataError as error:
        st.session_state["desk_said"] = ("warning", describe_error(error, lang()), ())
    else:
        st.session_state["desk_said"] = ("success", t("desk.saved"), ())
        for key in [key for key in st.session_state if str(key).startswith(f"{form}_")]:
            del st.session_state[key]


def said(offices: dict[str, str]) -> None:
    """What became of the last action, and what others wrote meanwhile."""
    if "desk_said" in st.session_state:
        kind, words, since = st.session_state.pop("desk_said")
        getattr(st, kind)(md(words))
        put(desk.meanwhile(since, offices, lang()))


def value(key: str) -> Any:
    return st.session_state[key]


def review(identity: Identity, someone: Person, facility: Facility, snapshot: Snapshot, seen: cases.Case) -> None:
    """The next step of a review."""
    after = cases.next_states(someone, seen.state, facility)
    if not after:
        return
    settings, store = own_settings.configured(), current.store()
    offices = {"": t("desk.not_assigned")}
    offices |= {one.person_id: one.office for one in cases.assignees(store, identity, facility)}
    st.session_state.setdefault("review_assignee", seen.assignee.person_id if seen.assignee else "")
    st.session_state.setdefault("review_due", seen.due_on or cases.due_day(clock.today(), settings=settings))

    def send() -> None:
        cases.move(
            store, identity, facility, expected=seen.number, state=value("review_state"),
            assignee_id=value("review_assignee") or None, due_on=value("review_due"), reason=value("review_reason"),
            documents=value("review_documents"),
            snapshot_id=snapshot.id, on=clock.today(), settings=settings,
        )  # fmt: skip

    st.header(t("desk.form.review"), anchor="review")
    with st.form("review", border=False, width=FIELDS):
        st.selectbox(t("desk.form.state"), after, key="review_state", format_func=lambda state: t(f"desk.state.{state}"))
        st.selectbox(t("desk.form.assignee"), offices, key="review_assignee", format_func=offices.__getitem__)
        st.date_input(t("desk.form.due"), key="review_due", format="YYYY-MM-DD")
        st.text_area(t("desk.form.reason"), key="review_reason", max_chars=settings["office"]["max_text_characters"])
        st.text_area(t("desk.form.documents"), key="review_documents", max_chars=settings["office"]["max_text_characters"])
        st.form_submit_button(t("desk.form.send"), type="primary", on_click=partial(act, send, form="review"))


def reply(identity: Identity, someone: Person, facility: Facility, snapshot: Snapshot) -> None:
    """The body's answer."""
    if not access.allows(someone, "reply", facility):
        return
    settings, store = own_settings.configured(), current.store()
    number = len(replies.of_facility(store, facility.facility_id))

    def send() -> None:
        words = value("reply_text")
        replies.add(store, identity, facility, expected=number, text=words, on=clock.today(), settings=settings)

    st.header(t("desk.form.reply"), anchor="reply")
    with st.form("reply", border=False, width=FIELDS):
        st.text_area(t("desk.form.reply_text"), key="reply_text", max_chars=settings["office"]["max_text_characters"])
        st.form_submit_button(t("desk.form.reply_send"), on_click=partial(act, send, form="reply"))
