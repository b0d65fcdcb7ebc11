"""One contractor or buyer: facts and counts, its facilities, who it works with. No score of the firm."""

import pandas as pd
import streamlit as st

from pages import choose, current_table, lang, open_page, t
from pages.widgets import chart
from riskmap import draw_groups, filters, groups
from riskmap.filters import Filter
from riskmap.web import party, sheet, view

PER_PAGE = 50


@st.cache_resource(max_entries=2, show_spinner=False)
def agreements(snapshot_id: str) -> pd.DataFrame:
    """Every contract of the facilities that may be shown, shared by all sessions: never change it."""
    settings = snapshot.manifest["settings"]
    return groups.agreements(visible, current_table("contracts"), settings=settings, as_of=snapshot.as_of)


@st.cache_resource(max_entries=4, show_spinner=False)
def parties(snapshot_id: str, kind: str, lang: str) -> pd.DataFrame:
    """Everyone to look for, by name."""
    return party.everyone(agreements(snapshot_id), kind, lang)


snapshot = open_page("party")
visible = filters.apply(Filter(), snapshot.facilities)
st.html(sheet.CSS)
asked, kind = st.query_params.get("id", ""), st.query_params.get("kind", "")
found = groups.party(visible, agreements(snapshot.id), kind, asked) if kind in groups.PARTIES else None
if found is None:
    st.title(t("frame.nav.party"), anchor=False)
    kind = choose("kind", groups.PARTIES, label=t("party.choose_kind"), words=lambda name: t(f"party.kind.{name}"))
    words = st.text_input(t("party.choose"), key="find_party", type="search", max_chars=filters.MAX_TEXT)
    st.html(party.listed(party.matching(parties(snapshot.id, kind, lang()), words), kind, asked, lang()))
    st.stop()

settings = snapshot.manifest["settings"]
st.html(f"<h1>{party.title(found)}</h1>{party.head(found, snapshot, lang())}{party.names(found, lang())}")
delays = party.delays(found, visible, settings, lang())
if len(delays[0].values):
    title = t("party.delays_title")
    chart.show("delays", draw_groups.spread(delays, measure="days_late", median=None, title=title, **chart.told()))
    st.html(party.delays_table(delays, lang()))
else:
    chart.show("delays", None)
st.html(party.partners(found, snapshot, lang()) + party.register(found, lang()))
rows = visible[visible["facility_id"].isin(found.facility_ids)]
n_pages = -(-len(rows) // PER_PAGE)
page = st.pagination(n_pages, key=f"party_{found.kind}_{found.key}") if n_pages > 1 else 1
st.html(view.facilities_table(rows.iloc[(page - 1) * PER_PAGE : page * PER_PAGE], snapshot, lang()))
