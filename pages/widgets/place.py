"""Where is the reader: position of the browser, a settlement, or typed coordinates."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages import lang, md, t
from riskmap import geography, visit

_WEB = Path(visit.__file__).parent / "web"
_N_SETTLEMENTS = 8
_MAX_QUERY = 100  # characters

_position = st.components.v2.component(
    "riskmap_position",
    html="<button type='button'></button>",
    css=(_WEB / "position.css").read_text("utf-8"),
    js=(_WEB / "position.js").read_text("utf-8"),
)


def ask(country: Mapping[str, Any]) -> visit.Here | None:
    """The place to look around, or None while the reader has not said. What cannot be used is explained in words.

    The place is kept in the session of this reader only: no address, no file, no log.
    """
    ways = {"position": _of_browser, "settlement": _of_settlement, "coordinates": _of_coordinates}
    if not country["settlements"]:
        ways.pop("settlement")
    way = st.segmented_control(
        t("nearby.start_from"), list(ways), default="position", required=True, key="nearby_way", persist_state="session",
        format_func=lambda name: t(f"nearby.way.{name}"), width="stretch",
    )  # fmt: skip
    here = ways[way](country)
    if here is not None and here.error:
        st.warning(t(f"nearby.error.{here.error}"))
        return None
    return here


def _of_browser(_country: Mapping[str, Any]) -> visit.Here | None:
    words = {"button": t("nearby.position.button"), "looking": t("nearby.position.looking")}
    answer = _position(key="nearby_position", data=words, on_position_change=lambda: None).position
    if answer is not None:
        st.session_state["nearby_here"] = visit.here_of_browser(answer)
    here = st.session_state.get("nearby_here")
    st.caption(visit.accuracy_words(here, lang()) if here and not here.error else t("nearby.position.privacy"))
    return here


def _of_settlement(country: Mapping[str, Any]) -> visit.Here | None:
    query = st.text_input(
        t("nearby.settlement.label"), key="nearby_settlement", placeholder=t("nearby.settlement.placeholder"),
        persist_state="session",
    )  # fmt: skip
    found = geography.find_settlement(query[:_MAX_QUERY], _N_SETTLEMENTS, country["settlements"]).to_dict("records")
    if not found:
        if query.strip():
            st.info(t("nearby.settlement.none", query=md(query[:_MAX_QUERY])))
        return None
    chosen = st.radio(t("nearby.settlement.choose"), found, format_func=lambda row: md(visit.place_label(row, lang())))
    return visit.Here(chosen["lat"], chosen["lon"])


def _of_coordinates(country: Mapping[str, Any]) -> visit.Here | None:
    typed = st.text_input(
        t("nearby.coordinates.label"), key="nearby_coordinates", placeholder=t("nearby.coordinates.placeholder"),
        persist_state="session",
    )  # fmt: skip
    st.caption(t("nearby.coordinates.help"))
    return visit.here_of_text(typed, country) if typed.strip() else None
