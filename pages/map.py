"""Regions and facilities on the map, and the same in tables."""

from dataclasses import replace

import streamlit as st

from pages import filter_widgets, lang, open_page, set_filter, show_map, t
from riskmap import filters
from riskmap.summarise import MEASURES
from riskmap.web import view

PER_PAGE = 50

snapshot = open_page("map")
st.title(t("frame.nav.map"))
filter_ = filter_widgets(snapshot.facilities)
shown = filters.apply(filter_, snapshot.facilities)
st.html(f'<p class="answer" aria-live="polite">{view.sentence(shown, snapshot, lang())}</p>')

asked = st.query_params.get("measure")
st.session_state["measure"] = asked if asked in MEASURES else next(iter(MEASURES))
measure = st.selectbox(
    t("map.measure"),
    MEASURES,
    key="measure",
    format_func=lambda name: t(f"map.measures.{name}"),
    help=t("map.measure_notes." + st.session_state["measure"]),
    on_change=lambda: st.query_params.update({"measure": st.session_state["measure"]}),
    width=380,
)
picked = show_map(snapshot, filter_, measure, on_region=lambda code: set_filter(replace(filter_, regions=(code,))))
if picked in set(shown["facility_id"]):
    st.html(view.facilities_table(shown[shown["facility_id"] == picked], snapshot, lang()))

if shown.empty:
    st.info(f"{t('map.nothing')} {t('map.nothing_remove')}")
else:
    st.html(view.regions_table(shown, filter_, snapshot, lang()))
    n_pages = -(-len(shown) // PER_PAGE)
    page = st.pagination(n_pages, key="map_page") if n_pages > 1 else 1
    st.html(view.facilities_table(shown.iloc[(page - 1) * PER_PAGE : page * PER_PAGE], snapshot, lang()))
