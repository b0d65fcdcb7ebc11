"""What if the weights and thresholds were others? A trial that nobody publishes: levels, flags and ranks again."""

import streamlit as st

from pages import lang, open_page, t
from riskmap import schema, settings
from riskmap import whatif as trial
from riskmap.web import sheet, whatif

snapshot = open_page("whatif")
published = snapshot.manifest["settings"]
st.html(sheet.CSS)
st.title(t("whatif.title"), anchor=False)
st.html(whatif.introduction(lang()))


def reset() -> None:
    """Back to the published settings: new widgets, since one whose state is deleted goes on showing its old value."""
    st.session_state["trial"] += 1


n = st.session_state.setdefault("trial", 0)
inputs, outcome = st.columns([2, 3], gap="large")
q, bounds = {}, {}
with inputs:
    st.subheader(t("whatif.levels"), anchor=False)
    for column, name in zip(st.columns(3), trial.BOUNDS, strict=True):
        label, value = t("whatif.from", level=t(f"level.{name}.name")), float(published["levels"][name])
        bounds[name] = column.number_input(label, 1.0, 100.0, value, 1.0, format="%g", key=f"try_{n}_{name}")
    levels = schema.LEVELS[:-1]
    minimum = st.selectbox(
        t("whatif.minimum"), levels, levels.index(published["flagged"]["minimum_level"]), key=f"try_{n}_minimum",
        format_func=lambda level: t(f"level.{level}.name"),
    )  # fmt: skip
    st.subheader(t("whatif.weights"), anchor=False)
    for family, facts in whatif.families(published).items():
        with st.expander(t(f"kind.family.{family}")):
            for k, value in facts.items():
                q[k] = st.slider(t(f"indicator.{k}.title"), 0.0, trial.MAX_Q, value, 0.01, key=f"try_{n}_{k}")
    st.button(t("whatif.reset"), on_click=reset)

with outcome:
    try:
        changed = trial.changes(published, q=q, bounds=bounds, minimum=minimum)
    except ValueError:
        st.error(t("whatif.wrong_bounds"))
        st.stop()
    found = trial.compare(snapshot.facilities, published, settings.overlay(published, changed))
    st.html(whatif.outcome(found, changed, snapshot, lang()))
    st.download_button(
        t("whatif.download"), trial.to_toml(changed, comment=whatif.comment(snapshot, lang())), "settings-trial.toml",
        "application/toml", disabled=not changed, on_click="ignore",
    )  # fmt: skip
    st.html(sheet.paragraph(t("whatif.how_to_use"), is_quiet=True))
