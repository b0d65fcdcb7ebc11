"""Inputs for the numbers of the settings: bounds of the levels, weights and thresholds of the indicators."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages import lang, t
from riskmap.web import whatif
from riskmap.whatif import BOUNDS, MAX_Q


def bounds(settings: Mapping[str, Any], *, key: str) -> dict[str, float]:
    """The bound of each level, side by side."""
    found = {}
    for column, name in zip(st.columns(len(BOUNDS)), BOUNDS, strict=True):
        label, value = t("whatif.from", level=t(f"level.{name}.name")), float(settings["levels"][name])
        found[name] = column.number_input(label, 1.0, 100.0, value, 1.0, format="%g", key=f"{key}_{name}")
    return found


def indicators(settings: Mapping[str, Any], *, key: str) -> tuple[dict[str, float], dict[str, dict[str, dict[Any, float]]]]:
    """Per group an expander with the numbers of its indicators: (id -> q, id -> threshold -> place -> number)."""
    q: dict[str, float] = {}
    tried: dict[str, dict[str, dict[Any, float]]] = {}
    for group, members in whatif.groups(settings).items():
        with st.expander(t(f"kind.{group}")):
            if None in members.values():
                st.caption(t("whatif.delivery_note"))
            for k, value in members.items():
                st.markdown(f"**{t(f'indicator.{k}.title')}**")
                if value is not None:
                    q[k] = st.slider(t("whatif.q"), 0.0, MAX_Q, value, 0.01, key=f"{key}_{k}")
                tried[k] = _thresholds(k, settings, key=f"{key}_{k}")
    if not any(tried.values()):
        st.caption(t("whatif.old"))
    return q, tried


def _thresholds(k: str, settings: Mapping[str, Any], *, key: str) -> dict[str, dict[Any, float]]:
    """The numbers of one indicator that the reader has moved; what was not touched is as published, to the last digit."""
    found: dict[str, dict[Any, float]] = {}
    for field in whatif.fields(k, settings, lang()):
        name = f"{key}_{field.name}_{field.at}"
        typed = st.number_input(field.label, 0.0, field.largest, field.value, field.step, format="%g", key=name)
        if typed != field.value:
            found.setdefault(field.name, {})[field.at] = field.read(typed)
    return found
