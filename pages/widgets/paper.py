"""A document of public control: a draft that the reader edits and saves, and the forms with which an operator records."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from pages import lang, md, t
from pages.widgets import operator
from riskmap.control.clock import Clock
from riskmap.control.document import Draft
from riskmap.problem import DataError, describe_error
from riskmap.web import clock, control

_WEB = Path(control.__file__).parent
_files = st.components.v2.component(
    "riskmap_paper",
    html='<div class="paper"></div>',
    css=(_WEB / "control.css").read_text("utf-8"),
    js=(_WEB / "control.js").read_text("utf-8"),
)


def draft(made: Draft) -> None:
    """Change the recommendations, see the document, save it as files; with the operator's token, finish it."""
    key = f"{made.subject}_{made.subject_id}"
    st.subheader(md(made.titles[lang()]), anchor=False)
    typed = {}
    for language, column in zip(control.LANGUAGES, st.columns(2, gap="large"), strict=True):
        proposed = "\n".join(made.recommendations[language])
        label = f"{t('control.draft.recommendations')} ({language.upper()})"
        help_ = t("control.draft.recommendations_help")
        typed[language] = column.text_area(label, proposed, key=f"{key}_{language}", height=220, max_chars=20_000, help=help_)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        today = clock.today()
        on = st.date_input(
            t("control.draft.finished_on"), today, max_value=today, format="YYYY-MM-DD", key=f"{key}_on", width=240
        )
        name = st.text_input(t("control.draft.body"), made.body_name, max_chars=400, key=f"{key}_body")
        number = st.text_input(t("control.draft.bin"), made.body_id, max_chars=12, key=f"{key}_bin", width=200)
    files = control.draft_files(made, typed, body_name=name, body_id=number, finished_on=on)
    ready = [{**one, "label": t("control.draft.download", ending=one["label"]), "content": b64encode(one["content"]).decode()}
             for one in files]  # fmt: skip
    _files(key=f"{key}_files", data={"files": ready})
    st.caption(t("control.draft.not_stored"))
    with st.expander(t("control.draft.preview")):
        st.html(control.preview(made, typed, body_name=name, body_id=number, finished_on=on, lang=lang()))
    with st.expander(t("control.office.title"), key=f"{key}_office"):
        st.write(t("control.office.what"))
        token = operator.require()
        if st.button(t("control.office.finish"), type="primary"):
            given = {"body_name": name, "body_id": number, "finished_on": on}
            act(lambda: control.issue(token, made, typed, **given), "control.office.finished")


def office(one: Clock) -> None:
    """What an operator adds to a document: an event, an answer, a grade."""
    st.write(t("control.office.what"))
    token, key = operator.require(), one.document.document_id
    numbers = [each.number for each in one.document.recommendations]
    event, reply, graded = st.columns(3, gap="large")
    with event, st.form(f"mark_{key}"):
        kind = st.selectbox(t("control.office.kind"), control.EVENTS, format_func=lambda code: t(f"control.event.{code}"))
        on = st.date_input(t("control.office.on"), clock.today(), format="YYYY-MM-DD")
        note = st.text_input(t("control.office.note"), max_chars=400)
        if st.form_submit_button(t("control.office.mark")):
            act(lambda: control.mark(token, key, kind=kind, on=on, note=note))
    with reply, st.form(f"answer_{key}"):
        number = st.selectbox(t("control.office.recommendation"), numbers)
        came = st.date_input(t("control.office.received_on"), clock.today(), format="YYYY-MM-DD")
        words = st.text_area(t("control.office.text"), max_chars=2000)
        if st.form_submit_button(t("control.office.answer")):
            act(lambda: control.answer(token, key, recommendation=number, received_on=came, text=words))
    with graded, st.form(f"grade_{key}"):
        of = st.selectbox(t("control.office.recommendation"), numbers)
        grade = st.selectbox(t("control.office.grade_label"), control.GRADES, format_func=lambda code: t(f"control.grade.{code}"))
        reason = st.text_area(t("control.office.reason"), max_chars=2000)
        if st.form_submit_button(t("control.office.grade")):
            act(lambda: control.grade(token, key, recommendation=of, grade=grade, reason=reason, on=clock.today()))


def act(do: Callable[[], object], words: str = "control.office.saved") -> None:
    """Do it and say so on the page as it is then; a refusal in one sentence."""
    try:
        made = do()
    except DataError as error:
        st.warning(md(describe_error(error, lang())))
        return
    st.session_state["control_done"] = t(words, id=made)
    st.rerun()


def done() -> None:
    """What was recorded just now."""
    if words := st.session_state.pop("control_done", ""):
        st.success(md(words))
