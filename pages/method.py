"""Every indicator, the formula and the levels, from the catalogue and the settings of this version."""

import streamlit as st

from pages import lang, open_page, t
from pages.widgets import chart
from riskmap import draw
from riskmap.web import method, sheet

snapshot = open_page("method")
st.html(sheet.CSS)
st.title(t("method.title"), anchor=False)
st.html(method.page(snapshot.manifest["settings"], snapshot.manifest["settings_sha256"], lang()))
chart.show("levels", draw.level_counts(snapshot.facilities["level"], **chart.told()))
