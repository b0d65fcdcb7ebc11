"""Regions and facilities on the map, with the filter in the address."""

import streamlit as st

from pages import open_page, t

snapshot = open_page("map")
st.title(t("frame.nav.map"))
