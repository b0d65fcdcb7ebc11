"""What a watch list is made of: the list that this browser tab keeps, a file that is opened, an identifier that is typed."""

from typing import Any
from urllib.parse import parse_qs

import streamlit as st

from pages import carried, lang, t
from riskmap import watch
from riskmap.snapshot import Snapshot
from riskmap.watch import Watch, WatchError
from riskmap.web import search
from riskmap.web import watch as words

_keeper = st.components.v2.component(
    "riskmap_watch",
    html=words.HTML,
    css=words.CSS.read_text("utf-8"),
    js=words.SCRIPT.read_text("utf-8"),
)


def buttons(listed: Watch, snapshot: Snapshot, *, is_given: bool) -> Any:
    """The buttons of a list; returns what the script of the page says. `is_given`: the list is that of the address."""
    with st.container(horizontal=True, vertical_alignment="center", key="watch_buttons"):
        told = _keeper(
            key="watch_keeper", data={"list": words.query(listed) if is_given else None, "words": words.words(lang())},
            default={"kept": None}, width="content",
            on_kept_change=lambda: None, on_opened_change=lambda: None, on_cleared_change=lambda: None,
        )  # fmt: skip
        if not listed.is_empty:
            for ending, (content, kind) in words.files(listed, snapshot).items():
                st.download_button(t(f"watch.button.{ending}"), content, f"{words.FILE_NAME}.{ending}", kind, on_click="ignore")
    return told


def follow(listed: Watch, new: Watch, told: Any, *, is_given: bool) -> None:
    """Do what the script says: empty the list, add a file to it, or take up the list of this tab and what the address adds."""
    if told.cleared:
        st.session_state["watch_past"] = ""
        _move_to(Watch())
    if told.opened:
        if told.opened.get("content") is None:
            raise WatchError("large", limit=str(watch.MAX_FILE_BYTES // 1000))
        content = str(told.opened["content"])
        both = watch.joined(listed, watch.read(content))
        st.session_state["watch_past"] = content
        _move_to(both)
    if told.kept is None:  # the script has not answered yet
        return
    if "watch_past" not in st.session_state:
        st.session_state["watch_past"] = str(told.kept.get("past", ""))
        st.rerun()
    mine = watch.from_query(parse_qs(str(told.kept.get("list", "")))) if not is_given else listed
    if not new.is_empty or mine != listed:
        _move_to(watch.joined(mine, new))


def add(listed: Watch, snapshot: Snapshot) -> None:
    """A facility by its identifier or contract number, or a view by its address."""
    with (
        st.form("watch_add", border=False, width=720),
        st.container(horizontal=True, vertical_alignment="bottom", key="watch_add"),
    ):
        value = st.text_input(t("watch.add"), max_chars=watch.MAX_VIEW).strip()
        if not st.form_submit_button(t("watch.button.add")) or not value:
            return
    if exact := search.found(snapshot, value).exact:
        _move_to(watch.joined(listed, Watch(ids=(exact,))))
    if "?" not in value:
        raise WatchError("unknown", value=value[:40])
    _move_to(watch.joined(listed, Watch(views=(watch.view(value),))))


def _move_to(listed: Watch) -> None:
    """Put a list into the address, which is where the page reads it from."""
    st.query_params.from_dict({**carried(), **(watch.to_query(listed) or {"watch": ""})})
    st.rerun()
