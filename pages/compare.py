"""Regions, buyers, contractors, programmes and types side by side: what is usual, what scatters, what lies outside."""

from urllib.parse import urlencode

import streamlit as st

from pages import choose, filter_widgets, lang, open_page, page_url, t
from pages.widgets import chart
from riskmap import draw_groups, filters, groups
from riskmap.web import compare

PER_PAGE = 25


@st.cache_data(max_entries=200, show_spinner=False)
def compared(snapshot_id: str, query: str, by: str, measure: str, lang: str) -> compare.Comparison:
    """Kept for everyone who asks the same: a large country takes up to a second."""
    return compare.comparison(filters.apply(filter_, snapshot.facilities), by, measure, snapshot.manifest["settings"], lang)


snapshot = open_page("compare")
st.title(t("frame.nav.compare"), anchor=False)
filter_ = filter_widgets(snapshot.facilities)
left, right = st.columns(2)
with left:
    by = choose("by", groups.BY, label=t("compare.choose_by"), words=lambda name: t(f"compare.by.{name}"))
with right:
    offered = groups.measures(snapshot.facilities)
    measure = choose("measure", offered, label=t("compare.choose_measure"), words=lambda name: t(f"compare.measure.{name}"))

query = filters.to_query(filter_)
seen = compared(snapshot.id, urlencode(query), by, measure, lang())
if seen.found.empty:
    st.info(f"{t('map.nothing')} {t('map.nothing_remove')}")
    st.stop()

st.html(compare.answer(seen.found, seen.total, measure, by, lang()))
if groups.MEASURES[measure].is_event:
    chart.show("funnel", draw_groups.funnel(seen.funnel, rate=seen.total["share"], measure=measure, **chart.told()))
else:
    chart.show("spread", draw_groups.spread(seen.spread, measure=measure, median=seen.total["median"], **chart.told()))
st.html(compare.not_drawn(seen, lang()) + compare.how_to_read(measure, snapshot, lang()))
n_pages = -(-len(seen.found) // PER_PAGE)
page = st.pagination(n_pages, key=f"compare_{by}_{measure}_{query}") if n_pages > 1 else 1
rows = seen.found.iloc[(page - 1) * PER_PAGE : page * PER_PAGE]
st.html(compare.groups_table(rows, seen.total, measure, by, filter_, lang()))
st.html(f'<p><a href="{page_url("network", **query)}" target="_self">{t("compare.network")}</a></p>')
