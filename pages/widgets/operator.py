"""The door of the pages for operators: one place where it is asked who may."""

import streamlit as st

from pages import lang, md, t
from pages.widgets import signin
from riskmap.problem import DataError, describe_error
from riskmap.web import review


def require(action: str = "observation") -> review.Key:
    """Somebody signed in who may do this, or the token of the operator; otherwise the page ends here. The token is kept in the
    session of this browser tab only; every action asks again for the one or the other."""
    identity = signin.who()
    if identity and review.may(identity, action):
        return identity
    if signin.is_configured() and identity is None:
        st.button(t("desk.sign_in"), key="operator_sign_in", on_click=st.login)
    if not review.is_configured():
        st.info(md(t("review.door.not_configured", name=review.TOKEN, n=review.MIN_CHARACTERS)))
        st.stop()
    if "operator" not in st.session_state:
        with st.form("operator_door", border=False, width=480):
            token = st.text_input(t("review.door.token"), type="password", max_chars=200, autocomplete="off")
            if st.form_submit_button(t("review.door.open")):
                try:
                    review.sign_in(token, st.context.ip_address)
                except DataError as error:
                    st.warning(md(describe_error(error, lang())))
                else:
                    st.session_state["operator"] = token
                    st.rerun()
        st.stop()
    if st.button(t("review.door.leave"), type="tertiary"):
        del st.session_state["operator"]
        st.rerun()
    return st.session_state["operator"]
