"""The draft of a final document: the reader edits it and saves it as files; whoever has the right finishes it."""

from base64 import b64encode
from pathlib import Path

import streamlit as st

from pages import carried, lang, md, t
from pages.widgets import done, operator
from riskmap.control.document import Draft
from riskmap.control.records import LANGUAGES
from riskmap.problem import DataError, describe_error
from riskmap.web import clock, control, control_actions

_WEB = Path(control.__file__).parent
_files = st.components.v2.component(
    "riskmap_paper",
    html='<div class="paper"></div>',
    css=(_WEB / "control.css").read_text("utf-8"),
    js=(_WEB / "control.js").read_text("utf-8"),
)


def draft(made: Draft) -> None:
    """Change the recommendations, see the document, save it as files; with the right to, finish it."""
    key = f"{made.subject}_{made.subject_id}"
    st.subheader(md(made.titles[lang()]), anchor=False)
    typed = {}
    for language, column in zip(LANGUAGES, st.columns(2, gap="large"), strict=True):
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
    try:
        files = control.draft_files(made, typed, body_name=name, body_id=number, finished_on=on)
    except DataError as error:
        st.warning(md(describe_error(error, lang())))
        return
    ready = [{**one, "label": t("control.draft.download", ending=one["label"]), "content": b64encode(one["content"]).decode()}
             for one in files]  # fmt: skip
    _files(key=f"{key}_files", data={"files": ready})
    st.caption(t("control.draft.not_stored"))
    with st.expander(t("control.draft.preview")):
        st.html(control.preview(made, typed, body_name=name, body_id=number, finished_on=on, lang=lang()))
    with st.expander(t("control.office.title"), key=f"{key}_office"):
        st.write(t("control.office.what"))
        token = operator.require(control_actions.RIGHT)
        if st.button(t("control.office.finish"), type="primary"):
            given = {"body_name": name, "body_id": number, "finished_on": on}
            if document_id := done.act(lambda: control_actions.issue(token, made, typed, **given), "control.office.finished"):
                st.switch_page("pages/control.py", query_params={**carried(), "document": document_id})
