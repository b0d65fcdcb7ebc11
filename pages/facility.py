"""One facility: dates, money, works, why it is flagged, what is not known, what to check."""

import streamlit as st

from pages import carried, current_table, lang, md, open_page, put, t
from pages.widgets import chart, signin
from riskmap import draw, explain, filters
from riskmap.web import desk, facility, history, light_observe, outcomes, sheet

N_FOUND = 20


@st.cache_data(max_entries=1000, show_spinner=False)
def explained(snapshot_id: str, facility_id: str, lang: str) -> explain.Explanation:
    """Kept because R without each fact runs the score again (0.2 s)."""
    found, settings = explain.find(snapshot.facilities, facility_id), snapshot.manifest["settings"]
    return explain.explain(found, settings, lang, n_facilities=len(snapshot.facilities))


def choose() -> None:
    """Without a facility: a search box, and the facilities that match as links."""
    st.title(t("facility.title_unknown"), anchor=False)
    words = st.text_input(t("facility.choose"), key="find", type="search", max_chars=filters.MAX_TEXT)
    matching = filters.apply(filters.Filter(text=words), snapshot.facilities)
    st.html(facility.found(matching, wanted, N_FOUND, lang()))
    for row in matching.head(N_FOUND).to_dict("records"):
        query = {"id": row["facility_id"], "lang": lang()}
        st.page_link("pages/facility.py", label=md(explain.name(row, lang())), query_params=query)


snapshot = open_page("facility")
wanted = st.query_params.get("id", "")
row = explain.find(snapshot.facilities, wanted)
if row is None:
    choose()
    st.stop()

settings, currency = snapshot.manifest["settings"], explain.currency(row, snapshot.currency)
known = explained(snapshot.id, wanted, lang())
tables = {name: explain.of_facility(current_table(name), wanted) for name in explain.TABLES}
same = explain.peers(snapshot.facilities, row)
told = chart.told()

st.html(sheet.CSS)
st.title(md(explain.name(row, lang())), anchor=False)
st.html(facility.head(row, known, lang()))
tells, curve = st.columns([3, 2], gap="large")
tells.html(facility.story(row, known, lang()))
plan = draw.plan_of(row, settings["forecast"])
with curve:
    chart.show("money", draw.money_and_works(tables, as_of=snapshot.as_of, plan=plan, **told))
put(desk.public(row, snapshot, lang()))
put(facility.estimates(known))
about = {**carried(), "id": wanted}
with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="ways"):
    put(light_observe.door(wanted, lang()) + facility.dossier(wanted, snapshot.id, lang()), width="content")
    st.page_link("pages/control.py", label=t("control.link"), icon=":material/description:", query_params=about)
    st.page_link(
        "pages/watch.py", label=t("watch.link"), icon=":material/bookmark_add:", query_params={**carried(), "add": wanted}
    )
    if signin.is_configured():
        st.page_link("pages/desk.py", label=t("desk.work_link"), query_params=about)
left, right = st.columns(2, gap="large")
with left:
    chart.show(
        "why", draw.contributions(known.parts(lang()), r=row["r_lo"], level=row["level"], levels=settings["levels"], **told)
    )
with right:
    chart.show("dates", draw.timeline(known.dates, as_of=snapshot.as_of, **told))
    chart.show("peers", draw.unit_cost(same, facility_id=wanted, currency=currency, **told))
st.html(facility.facts(known, lang()))
put(outcomes.facility(wanted, lang()))
st.html(facility.records(row, tables, currency, lang()))
put(history.facility(wanted, snapshot, lang()))
