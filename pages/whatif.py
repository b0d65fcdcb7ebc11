"""What if the weights and thresholds were others? A trial that nobody publishes: levels, flags and ranks again."""

import json

import streamlit as st

from pages import lang, open_page, t
from pages.widgets import numbers
from riskmap import schema
from riskmap import whatif as trial
from riskmap.web import sheet, whatif


@st.cache_data(max_entries=50, show_spinner=False)
def tried(snapshot_id: str, changed: str) -> trial.Outcome:
    """What the page shows for one set of settings, kept because a threshold has every fact judged anew (half a second)."""
    return trial.trial(snapshot, json.loads(changed))


def reset() -> None:
    """Back to the published settings: new widgets, since one whose state is deleted goes on showing its old value."""
    st.session_state["trial"] += 1


snapshot = open_page("whatif")
published = snapshot.manifest["settings"]
st.html(sheet.CSS)
st.title(t("whatif.title"), anchor=False)
st.html(whatif.introduction(lang()))
n = st.session_state.setdefault("trial", 0)
inputs, outcome = st.columns([2, 3], gap="large")
with inputs:
    st.subheader(t("whatif.levels"), anchor=False)
    bounds = numbers.bounds(published, key=f"try_{n}")
    levels = schema.LEVELS[:-1]
    minimum = st.selectbox(
        t("whatif.minimum"), levels, levels.index(published["flagged"]["minimum_level"]), key=f"try_{n}_minimum",
        format_func=lambda level: t(f"level.{level}.name"),
    )  # fmt: skip
    st.subheader(t("whatif.weights"), anchor=False)
    q, thresholds = numbers.indicators(published, key=f"try_{n}")
    st.button(t("whatif.reset"), on_click=reset)

with outcome:
    try:
        changed = trial.changes(published, q=q, bounds=bounds, minimum=minimum, tried=thresholds)
    except ValueError as error:
        st.error(whatif.wrong(error, lang()))
        st.stop()
    with st.spinner(t("whatif.judging")):
        found = tried(snapshot.id, json.dumps(changed))
    st.html(whatif.outcome(found, changed, snapshot, lang()))
    st.download_button(
        t("whatif.download"), trial.to_toml(changed, comment=whatif.comment(snapshot, lang())), "settings-trial.toml",
        "application/toml", disabled=not changed, on_click="ignore",
    )  # fmt: skip
    st.html(sheet.paragraph(t("whatif.how_to_use"), is_quiet=True))
