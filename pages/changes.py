"""What changed between two versions of the data: who is flagged, who no longer and why, levels, silent changes, delay."""

import streamlit as st

from pages import choose, choose_snapshot, lang, open_page, t
from pages.widgets import chart
from riskmap import compare, i18n
from riskmap.filters import region_name
from riskmap.web import changes, current, flagged, history, sheet

ALL = "all"


def version(snapshot_id: str) -> str:
    """A kept snapshot by its date and id."""
    return t("changes.version", date=i18n.day(as_of[snapshot_id], lang()), id=snapshot_id)


snapshot = open_page("changes")
as_of = {one.id: one.as_of for one in current.known()}
ids = list(as_of)
st.html(sheet.CSS)
st.html(flagged.CSS)
st.title(t("frame.nav.changes"), anchor=False)
if len(ids) < 2:
    st.info(t("changes.only_one"))
    st.stop()

at = max(1, ids.index(snapshot.id))
earlier, later, where = st.columns(3)
with later:
    st.session_state["after"] = ids[at]
    st.selectbox(
        t("changes.compare_to"), ids[:0:-1], key="after", format_func=version,
        on_change=lambda: choose_snapshot(st.session_state["after"]),
    )  # fmt: skip
with earlier:
    before = choose("before", ids[:at][::-1], label=t("changes.compare_from"), words=version)
compared = history.compared(before, ids[at])
with where:
    regions = [ALL, *compare.regions_of(compared.rows)]
    names = {ALL: t("changes.all_regions")} | {code: region_name(code, lang()) for code in regions[1:]}
    asked = choose("region", regions, label=t("changes.region"), words=names.__getitem__)
region = None if asked == ALL else asked

st.html(changes.answer(compared, region, lang()))
st.html(changes.totals(compared, region, lang()))
for change in ("newly_flagged", "no_longer_flagged"):
    st.html(changes.flagged(compared, region, lang(), change=change))
for part in (changes.silent, changes.levels, changes.bought):
    st.html(part(compared, region, lang()))
told = chart.told()
chart.show("over_time", changes.over_time(compared, lang(), footer=told["footer"], ink=told["ink"]))
with st.expander(t("changes.over_time.table")):
    st.html(changes.over_time_table(compared, lang()))
st.header(t("changes.download.title"), anchor="download")
st.html(changes.downloads(compared, region, lang()))
