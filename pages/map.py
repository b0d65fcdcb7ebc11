"""Regions and facilities on the map, and the same in tables."""

from dataclasses import replace

import streamlit as st

from pages import choose, filter_widgets, lang, open_page, others, set_filter, show_map, snapshot_slider, t
from pages.widgets import picture
from riskmap.web import cartogram, districts, found, regions, shade, view

PER_PAGE = 50

snapshot = open_page("map")
st.title(t("frame.nav.map"), anchor=False)
crumbs = st.container()
filter_ = filter_widgets(snapshot.facilities)
shown = found.look(snapshot, filter_)
words, choice, place, time = st.columns([3, 2, 1.4, 2], vertical_alignment="bottom", gap="medium")
words.html(f'<p class="answer" aria-live="polite">{view.sentence(shown.sums, snapshot, lang())}</p>')
with choice:
    measure = choose("measure", shade.CHOICES, label=t("map.measure"), words=lambda name: t(f"map.measures.{name}"))
with time:
    snapshot_slider(snapshot)
kinds = ("map", "tiles", "both") if cartogram.grid(snapshot, lang()) else ("map",)
with place:
    kind = choose("view", kinds, label=t("map.view.label"), words=lambda name: t(f"map.view.{name}"))
picked = None
on_map, in_tiles = st.columns([3, 2]) if kind == "both" else (st.container(), st.container())
if kind != "tiles":
    with on_map:
        go = lambda code: set_filter(replace(filter_, regions=(code,), districts=()))  # noqa: E731
        picked = show_map(snapshot, filter_, measure, on_region=go)
        picture.on_paper(snapshot, filter_, measure)
if kind != "map":
    with in_tiles:
        picture.tiles(snapshot, kind, filter_, measure)
picture.of_map(snapshot, "tiles" if kind == "tiles" else "map", filter_, measure)
if path := districts.breadcrumbs(filter_, snapshot, lang(), others()):
    crumbs.html(path)
st.html(f'<p class="note">{view.note(measure, snapshot, lang())}</p>')
if len(chosen := found.row_of(snapshot, shown, picked)):
    st.html(view.facilities_table(chosen, snapshot, lang()))

if not (n_shown := len(shown.positions)):
    st.info(f"{t('map.nothing')} {t('map.nothing_remove')}")
else:
    level = "regions" if shown.by_district is None else "districts"
    by_region, one_by_one = st.tabs([t(f"map.{level}_table"), t("map.facilities_table")])
    beside = regions.estimates_table(shown, snapshot, lang()) + regions.causes_table(shown, lang())
    paper = regions.sheets(filter_, snapshot, lang())
    by_region.html(paper + view.regions_table(shown, filter_, snapshot, lang(), others()) + beside)
    with one_by_one:
        n_pages = -(-n_shown // PER_PAGE)
        page = st.pagination(n_pages, key=f"map_page_{filter_}") if n_pages > 1 else 1  # another filter starts at its first page
        st.html(view.facilities_table(found.rows(snapshot, shown, (page - 1) * PER_PAGE, page * PER_PAGE), snapshot, lang()))
