"""What a visitor asks of the list nearby: open questions, places not visited, and a plan of the ticked ones."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages import lang, t
from riskmap import plan, schema, visit
from riskmap.filters import Filter, value_word
from riskmap.visit import Card, Here
from riskmap.web import light_plan, outcomes

_CHOSEN = "nearby_plan"


def chosen_filter(facilities: pd.DataFrame) -> tuple[Filter, pd.Series, list[str]]:
    """The filter, the rows that the visitor's own questions leave, and those questions in words."""
    with st.popover(t("nearby.filter")):
        flagged, questions = (_toggle(name) for name in ("flagged", "questions"))
        has_store = outcomes.can_be_reached()
        unvisited = _toggle("unvisited") if has_store else False
        if not has_store:
            st.caption(t("nearby.no_store"))
        types, levels = (
            st.multiselect(t(f"nearby.{name}"), codes, key=f"nearby_{name}", placeholder=t("nearby.any"), persist_state="session",
                           format_func=lambda code, name=name: value_word(name, code, lang()))
            for name, codes in (("types", schema.FACILITY_TYPES), ("levels", schema.LEVELS))
        )  # fmt: skip
    visited = (outcomes.visited() if unvisited else None) or frozenset()
    rows = visit.kept(facilities, with_question=questions, visited=visited)
    asked = [t(f"nearby.only_{name}") for name, is_on in (("questions", questions), ("unvisited", unvisited)) if is_on]
    return Filter(flagged=True if flagged else None, types=tuple(types), levels=tuple(levels)), rows, asked


def _toggle(name: str) -> bool:
    return st.toggle(t(f"nearby.only_{name}"), key=f"nearby_{name}", persist_state="session")


def bar(shown: Sequence[Card], here: Here) -> None:
    """How many places are ticked, a button for the whole page, and the way to their plan."""
    chosen = st.session_state.get(_CHOSEN, [])
    with st.container(horizontal=True, vertical_alignment="center", key="nearby_plan_bar"):
        st.text(t("plan.chosen", n=len(chosen)))
        ids = [card.facility_id for card in shown if card.coordinates][: plan.MAX_PLACES]
        st.button(t("nearby.tick_page"), on_click=_take, args=(ids,), type="tertiary")
        if 0 < len(chosen) <= plan.MAX_PLACES:
            st.link_button(t("plan.make"), light_plan.link(chosen, here, lang()), type="primary")
    if len(chosen) > plan.MAX_PLACES:
        st.warning(t("light.error.plan_many", n=plan.MAX_PLACES))


def tick(facility_id: str) -> None:
    """The box of one card; what is ticked stays so on every page of the list."""
    key = f"nearby_tick_{facility_id}"
    st.session_state[key] = facility_id in st.session_state.get(_CHOSEN, [])
    st.checkbox(t("nearby.tick"), key=key, on_change=_turn, args=(facility_id,))


def _turn(facility_id: str) -> None:
    chosen = [each for each in st.session_state.get(_CHOSEN, []) if each != facility_id]
    is_ticked = st.session_state[f"nearby_tick_{facility_id}"]
    st.session_state[_CHOSEN] = [*chosen, *([facility_id] if is_ticked else [])]


def _take(ids: Sequence[str]) -> None:
    st.session_state[_CHOSEN] = list(ids)
