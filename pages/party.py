"""One contractor or buyer: facts and counts, its facilities, who it works with. No score of the firm."""

import streamlit as st

from pages import choose, lang, md, open_page, t
from pages.widgets import chart, parties
from riskmap import draw_groups, filters, groups
from riskmap.filters import Filter
from riskmap.web import party, sheet, view

PER_PAGE = 50

snapshot = open_page("party")
visible = filters.apply(Filter(), snapshot.facilities)
st.html(sheet.CSS)
asked, kind = st.query_params.get("id", ""), st.query_params.get("kind", "")
found = party.find(visible, parties.agreements(snapshot.id, snapshot), kind, asked)
if found is None:
    st.title(t("frame.nav.party"), anchor=False)
    kind = choose("kind", groups.PARTIES, label=t("party.choose_kind"), words=lambda name: t(f"party.kind.{name}"))
    words = st.text_input(
        t("party.choose"), asked[: filters.MAX_TEXT], key="find_party", type="search", max_chars=filters.MAX_TEXT
    )
    everyone = parties.everyone(snapshot.id, kind, lang(), snapshot)
    st.html(party.listed(party.matching(everyone, words), kind, asked, lang()))
    st.stop()

settings = snapshot.manifest["settings"]
st.title(md(found.name), anchor=False)
st.html(party.head(found, snapshot, lang()))
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
