"""A map or a chart as a picture for print: two buttons, and on paper the picture of the map in place of the map itself."""

from html import escape
from pathlib import Path

import streamlit as st

from pages import current_snapshot, lang, t
from riskmap.filters import Filter
from riskmap.snapshot import Snapshot
from riskmap.web import cartogram, files, picture, shade

_buttons = st.components.v2.component(
    "riskmap_picture",
    html='<div class="picture"><button type="button"></button><button type="button"></button></div>',
    css=Path(picture.__file__).with_name("picture.css").read_text("utf-8"),
    js="""
export default async function(component) {
  const script = await import(new URL(component.data.script, document.baseURI).href);
  return script.default(component);
}
""",
)
_INKS = {"light": "rgb(27, 36, 48)", "dark": "rgb(232, 237, 241)"}  # `draw.INKS` as browsers write them


def theme() -> str:
    """The theme of this reader: light or dark."""
    return st.context.theme.type or "light"


def of_map(snapshot: Snapshot, kind: str, filter_: Filter, measure: str) -> None:
    """The picture of a map, or of its tiles, as files."""
    address = picture.url(snapshot.id, kind, filter_, measure, lang())
    name = picture.name(snapshot, kind, measure, lang())
    _buttons(key=f"picture_{kind}", data={"url": address, "name": name, **_told()})


def on_paper(snapshot: Snapshot, filter_: Filter, measure: str) -> None:
    """The picture of a map for a printed page: what the graphics card draws is blank there. Not seen on a screen."""
    address = picture.url(snapshot.id, "map", filter_, measure, lang())
    st.html(f'<img class="on-paper" src="{escape(address)}" alt="{escape(t(f"map.measures.{measure}"))}">')


def of_chart(section: str) -> None:
    """The chart just above as files."""
    name = f"riskmap_{section}-{current_snapshot().id}-{lang()}"
    _buttons(key=f"picture_{section}", data={"url": None, "name": name, "ink": _INKS[theme()], **_told()})


def tiles(snapshot: Snapshot, kind: str, filter_: Filter, measure: str) -> None:
    """The regions as tiles, each a link that filters by it and stays in the view `kind`."""
    palette = shade.DARK if theme() == "dark" else shade.LIGHT
    st.html(Path(cartogram.__file__).with_name("cartogram.css"))
    st.html(cartogram.page_part(snapshot, filter_, measure, lang(), palette, view_=kind))


def _told() -> dict[str, object]:
    words = {ending: t(f"map.picture.{ending}") for ending in ("svg", "png")}
    return {"words": words, "script": files.url("assets/picture.js")}
