"""Who has signed in: by the provider of `.streamlit/secrets.toml` (docs/roles.md). The store says the role, each time."""

import streamlit as st

from pages import lang, md, t
from riskmap.store.people import GUEST, Identity, Person
from riskmap.web import clock, current, desk, own_settings
from riskmap.work import roles


def is_configured() -> bool:
    """Has this server a sign-in? Without one the public pages work in full, and nobody works on the list."""
    return bool(st.secrets.load_if_toml_exists() and "auth" in st.secrets)


def who() -> Identity | None:
    """The identity of this session, from the checked token; None: nobody, or somebody whose sign-in has become too old."""
    if not is_configured() or not st.user.is_logged_in:
        return None
    claims = st.user.to_dict()
    age = clock.now_seconds() - int(claims.get("iat") or 0)
    if age > own_settings.configured()["office"]["session_hours"] * 3600 or not claims.get("iss") or not claims.get("sub"):
        return None
    return Identity(str(claims["iss"]), str(claims["sub"]))


def person() -> Person | None:
    """The role of now, for what a page offers; every action asks the store itself."""
    return roles.me(current.store(), who()) if is_configured() and st.user.is_logged_in else None


def require() -> tuple[Identity, Person]:
    """Who acts on this page, or the page says how to sign in and ends."""
    if not is_configured():
        st.info(md(t("desk.not_configured")))
        st.stop()
    identity = who()
    if identity is None:
        if st.user.is_logged_in:
            st.warning(t("desk.expired"))
            st.button(t("desk.sign_out"), on_click=st.logout)
        else:
            st.button(t("desk.sign_in"), type="primary", on_click=st.login)
        st.stop()
    someone = roles.me(current.store(), identity) or Person("", GUEST)
    with st.container(horizontal=True, vertical_alignment="center", key="signed_in"):
        role = t("desk.you_are", role=t(f"desk.role.{someone.role}"), scope=someone.office or desk.scope(someone, lang()))
        st.html(desk.paragraph(role, is_quiet=True), width="content")
        st.button(t("desk.sign_out"), type="tertiary", on_click=st.logout)
    if someone.role == GUEST:
        st.info(md(t("desk.guest")))
        st.code(f"{identity.issuer}\n{identity.subject}", language=None)
    return identity, someone
