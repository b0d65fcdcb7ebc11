"""What a page does for its reader: an action, a refusal in one sentence, and a word about it on the page as it is then."""

from collections.abc import Callable

import streamlit as st

from pages import lang, md, t
from riskmap.problem import DataError, describe_error


def act(do: Callable[[], object], words: str) -> object:
    """Do it and keep a word about it for `said`; what it returned, or True. A refusal is said at once, and None."""
    try:
        made = do()
    except DataError as error:
        st.warning(md(describe_error(error, lang())))
        return None
    st.session_state["done"] = t(words, id=made)
    return True if made is None else made


def again(do: Callable[[], object], words: str) -> None:
    """Do it and show the page anew."""
    if act(do, words) is not None:
        st.rerun()


def said() -> None:
    """What was done just now."""
    if words := st.session_state.pop("done", ""):
        st.success(md(words))
