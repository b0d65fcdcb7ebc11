"""A chart with its heading and its text alternative."""

import streamlit as st

from pages import current_snapshot, lang, md, t
from riskmap import draw


def show(section: str, chart: draw.Chart | None) -> None:
    """The chart of a section of the facility page; where there is nothing to draw, the sentence that says why."""
    st.subheader(t(f"facility.section.{section}"), anchor=section)
    if chart is None:
        st.markdown(t(f"facility.none.{section}"))
        return
    picture = {"format": "png", "filename": f"{section}-{current_snapshot().id}", "scale": 2}
    st.plotly_chart(chart.figure, key=f"chart_{section}", config=draw.CONFIG | {"toImageButtonOptions": picture})
    with st.expander(t("facility.words")):
        st.markdown(md(chart.words))


def footer() -> dict[str, str]:
    """What every chart of a page is told: its footer and the language."""
    snapshot = current_snapshot()
    words = draw.footer(as_of=snapshot.as_of, snapshot_id=snapshot.id, is_demo=snapshot.is_demo, lang=lang())
    return {"footer": words, "lang": lang()}
