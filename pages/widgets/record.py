"""What whoever has the right adds to a document of public control: events, answers of the body, grades."""

import streamlit as st

from pages import t
from pages.widgets import done, operator
from riskmap.control.clock import Clock
from riskmap.control.records import EVENTS, GRADES
from riskmap.web import clock, control_actions


def office(one: Clock) -> None:
    """An event, an answer, a grade."""
    st.write(t("control.office.what"))
    token, key = operator.require(control_actions.RIGHT), one.document.document_id
    numbers = [each.number for each in one.document.recommendations]
    event, reply, graded = st.columns(3, gap="large")
    with event, st.form(f"mark_{key}"):
        kind = st.selectbox(t("control.office.kind"), EVENTS, format_func=lambda code: t(f"control.event.{code}"))
        on = st.date_input(t("control.office.on"), clock.today(), format="YYYY-MM-DD")
        note = st.text_input(t("control.office.note"), max_chars=400)
        if st.form_submit_button(t("control.office.mark")):
            done.again(lambda: control_actions.mark(token, key, kind=kind, on=on, note=note), "control.office.saved")
    with reply, st.form(f"answer_{key}"):
        number = st.selectbox(t("control.office.recommendation"), numbers)
        came = st.date_input(t("control.office.received_on"), clock.today(), format="YYYY-MM-DD")
        words = st.text_area(t("control.office.text"), max_chars=2000)
        if st.form_submit_button(t("control.office.answer")):
            done.again(
                lambda: control_actions.answer(token, key, recommendation=number, received_on=came, text=words),
                "control.office.saved",
            )
    with graded, st.form(f"grade_{key}"):
        of = st.selectbox(t("control.office.recommendation"), numbers)
        grade = st.selectbox(t("control.office.grade_label"), GRADES, format_func=lambda code: t(f"control.grade.{code}"))
        reason = st.text_area(t("control.office.reason"), max_chars=2000)
        if st.form_submit_button(t("control.office.grade")):
            done.again(
                lambda: control_actions.grade(token, key, recommendation=of, grade=grade, reason=reason, on=clock.today()),
                "control.office.saved",
            )
