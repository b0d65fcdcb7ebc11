"""Facilities near a place, by distance, with what a visitor can look at from outside."""

from pathlib import Path

import streamlit as st

from pages import current_snapshot, lang, md, open_page, t
from pages.widgets import place, visits
from riskmap import near, visit
from riskmap.filters import Filter, in_words
from riskmap.i18n import number
from riskmap.web import card, light, light_observe

RADII_KM, PER_PAGE = (2, 5, 10, 25, 100), 24


@st.cache_resource(max_entries=2)
def index_of(snapshot_id: str) -> near.Index:
    """The index of a snapshot, shared by all sessions."""
    facilities = current_snapshot().facilities
    return near.build(facilities["lat"], facilities["lon"])


def show(found: visit.Found, key: str, here: visit.Here | None = None) -> None:
    page = st.pagination(found.n_pages(PER_PAGE), key=key) if found.n > PER_PAGE else 1
    shown = found.cards(page, PER_PAGE, lang())
    if here and shown:
        visits.bar(shown, here)
    with st.grid(min_column_width=320):
        for each in shown:
            with st.container(border=True):
                st.html(card.card(each, lang()))
                with st.container(horizontal=True, vertical_alignment="center", key=f"near_links_{key}_{each.facility_id}"):
                    st.page_link(
                        "pages/facility.py", label=t("nearby.open"), query_params={"lang": lang(), "id": each.facility_id}
                    )
                    if each.coordinates:
                        st.link_button(t("nearby.maps"), each.geo_uri, type="tertiary")
                    st.link_button(t("observe.door"), light_observe.address(each.facility_id, lang()), type="tertiary")
                if here:
                    visits.tick(each.facility_id)


snapshot = open_page("nearby")
st.html(Path(card.__file__).with_name("nearby.css"))
st.title(t("frame.nav.nearby"))
st.write(t("nearby.lead"))
st.html(light.door(lang()))
with st.container(width=720):
    here = place.ask(snapshot.manifest["settings"]["country"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        radius_km = st.segmented_control(
            t("nearby.radius"), RADII_KM, default=25, required=True, key="nearby_radius", persist_state="session",
            format_func=lambda km: t("nearby.km", n=km),
        )  # fmt: skip
        filter_, rows, asked = visits.chosen_filter(snapshot.facilities)
    if filter_ != Filter() or asked:
        st.caption(md(" · ".join([*([in_words(filter_, lang())] if filter_ != Filter() else []), *asked])))
st.html(card.safety(lang()))
if here is not None:
    found = visit.around(snapshot.facilities, index_of(snapshot.id), here, radius_km, filter_, rows)
    st.subheader(visit.sentence(found, radius_km, lang()))
    show(found, "placed", here)
unplaced = visit.without_place(snapshot.facilities, filter_, rows)
with st.expander(t("nearby.without_place", n=number(sum(group.n for group in unplaced.values()), lang()))):
    st.write(t("nearby.without_place_why"))
    code = st.selectbox(
        t("nearby.show_region"), list(unplaced), index=None, placeholder="", key="nearby_region",
        format_func=lambda code: visit.region_count(code, unplaced, lang()),
    )  # fmt: skip
    if code:
        show(unplaced[code], "unplaced")
