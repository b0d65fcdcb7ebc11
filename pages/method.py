"""Every indicator, the formula and the levels, from the catalogue and the settings of this version."""

import streamlit as st

from pages import choose, lang, open_page, t
from pages.widgets import chart
from riskmap import draw, whatif
from riskmap.indicators import computed
from riskmap.web import method, sheet

FACTORS = (0.8, 1.2)
NONE = "-"


@st.cache_data(max_entries=6, show_spinner=False)
def page(snapshot_id: str, lang: str) -> str:
    """Kept because the examples of all indicators are worked anew (a second)."""
    return method.page(snapshot, lang)


@st.cache_data(max_entries=50, show_spinner=False)
def effects(snapshot_id: str, k: str) -> list[whatif.Effect]:
    """Kept because every other number has the facts of all facilities judged anew (half a second each)."""
    return whatif.effects(snapshot, rules[k], factors=FACTORS)


snapshot = open_page("method")
rules = {one.id: one for one in computed(snapshot.manifest["settings"])}
st.html(sheet.CSS)
st.title(t("method.title"), anchor=False)
st.html(page(snapshot.id, lang()))
chart.show("levels", draw.level_counts(snapshot.facilities["level"], **chart.told()))
st.header(t("method.effect.title"), anchor="effect")
st.html(sheet.paragraph(t("method.effect.intro")))
if whatif.can_judge(snapshot.manifest["settings"]):
    words = {k: t("method.indicator.line", id=k, title=t(f"indicator.{k}.title")) for k in rules}
    options = {NONE: t("method.effect.choose"), **words}
    chosen = choose("indicator", options, label=t("method.effect.indicator"), words=options.__getitem__)
    if chosen != NONE:
        with st.spinner(t("method.effect.working")):
            found = effects(snapshot.id, chosen)
        st.html(method.effect(found, rules[chosen], snapshot, lang()))
else:
    st.html(sheet.paragraph(t("whatif.old")))
