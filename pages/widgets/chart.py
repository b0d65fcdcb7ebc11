"""A chart with its heading and its text alternative."""

import streamlit as st

from pages import current_snapshot, lang, md, t
from pages.widgets import picture
from riskmap import draw
from riskmap.web import view


def show(section: str, chart: draw.Chart | None) -> None:
    """A chart under its heading; where there is nothing to draw, the sentence that says why."""
    st.subheader(t(f"chart.section.{section}"), anchor=section)
    if chart is None:
        st.markdown(t(f"chart.none.{section}"))
        return
    st.plotly_chart(chart.figure, key=f"chart_{section}", config=draw.CONFIG)
    picture.of_chart(section)
    with st.expander(t("chart.words")):
        st.markdown(md(chart.words))
        if chart.table:
            heads, *rows = chart.table
            cells = [[view.Cell(words) for words in row] for row in rows]
            st.html(view.table(list(heads), cells, caption=t(f"chart.section.{section}")))


def told() -> dict[str, str]:
    """What every chart of a page is told: its footer, the colour of its text, the language."""
    snapshot = current_snapshot()
    words = draw.footer(as_of=snapshot.as_of, snapshot_id=snapshot.id, is_demo=snapshot.is_demo, lang=lang())
    return {"footer": words, "ink": draw.INKS[picture.theme()], "lang": lang()}
