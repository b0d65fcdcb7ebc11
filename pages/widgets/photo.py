"""A photo for the monitor: mark parts of it, have them covered, publish it, withhold it or remove its pixels."""

from pathlib import Path

import streamlit as st

from pages import lang, md, t
from pages.widgets import done
from riskmap.web import review

COVER_REASONS, ERASE_REASONS = ("person", "plate", "document", "other"), ("person", "home", "law", "other")
_FOLDER = Path(review.__file__).parent
_cover = st.components.v2.component(
    "riskmap_cover",
    html='<div class="cover"><canvas tabindex="0" role="img"></canvas><button type="button"></button><button type="button">'
    "</button></div>",
    css=(_FOLDER / "cover.css").read_text("utf-8"),
    js=(_FOLDER / "cover.js").read_text("utf-8"),
)


def show(token: str, observation_id: str, photo: review.Any) -> None:
    """One photo with its actions."""
    key, of = f"{observation_id}_{photo.position}_{photo.number}", (token, observation_id, photo.position)
    st.write(md(review.photo_state(photo, lang())))
    if photo.state == "erased":
        return
    words = {name: t(f"review.cover.{name}") for name in ("undo", "cover", "label")}
    reason = st.selectbox(t("review.cover.reason"), [t(f"review.reason.{name}") for name in COVER_REASONS], key=f"cover_{key}")
    from_first = photo.number > 1 and st.toggle(t("review.cover.from_first"), key=f"first_{key}")
    told = _cover(key=f"marks_{key}", data={"photo": review.data_url(photo.jpeg), "words": words}, on_marked_change=lambda: None)
    if told.marked:
        done.again(
            lambda: review.cover(*of, told.marked.get("rectangles"), reason=reason, from_first=from_first), "review.cover.done"
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(t("review.photo.do_publish"), key=f"publish_{key}", disabled=photo.state == "publish"):
            done.again(lambda: review.decide_photo(*of, photo.number, decision="publish", reason=""), "review.photo.publish")
        with st.popover(t("review.photo.do_withhold")), st.form(f"withhold_{key}", border=False):
            why = st.text_input(t("review.reason.label"), max_chars=400)
            if st.form_submit_button(t("review.photo.do_withhold")):
                done.again(
                    lambda: review.decide_photo(*of, photo.number, decision="withhold", reason=why), "review.photo.withhold"
                )
        with st.popover(t("review.photo.do_erase")), st.form(f"erase_{key}", border=False):
            st.write(t("review.photo.erase_note"))
            why = st.selectbox(t("review.reason.label"), [t(f"review.reason.{name}") for name in ERASE_REASONS])
            if st.form_submit_button(t("review.photo.do_erase")):
                done.again(lambda: review.erase(*of, reason=why), "review.photo.erased")
