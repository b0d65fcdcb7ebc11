"""What every page shares: the frame around it, its language, its snapshot and the filter in the address."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from riskmap import filters, i18n
from riskmap.filters import Filter, FilterError
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot
from riskmap.web import current

_ROOT = Path(__file__).resolve().parents[1]
_WEB = _ROOT / "riskmap" / "web"
# name of the page -> its script; the name is also its address and the locale key `frame.nav.<name>`
PAGES = {
    "overview": "app.py",
    "map": "pages/map.py",
    "nearby": "pages/nearby.py",
    "flagged": "pages/flagged.py",
    "method": "pages/method.py",
    "data": "pages/data.py",
}


# ---- language -------------------------------------------------------------------------------------------------------
def lang() -> str:
    """The language of this reader: `?lang=`, else that of the browser, else Kazakh."""
    asked = st.query_params.get("lang")
    if asked in i18n.LANGUAGES:
        return asked
    of_browser = (st.context.locale or "").partition("-")[0]
    return of_browser if of_browser in i18n.LANGUAGES else "kk"


def t(key: str, **params: object) -> str:
    """The text of `key` in the reader's language."""
    return i18n.text(key, lang(), **params)


def page_url(name: str, **query: str) -> str:
    """Relative address of a page in the reader's language: `page_url("facility", id="DEMO-1")`."""
    return ("./" if name == "overview" else name) + "?" + urlencode({"lang": lang(), **query})


# ---- frame ----------------------------------------------------------------------------------------------------------
def open_page(name: str) -> Snapshot:
    """Draw the frame of a page and return the snapshot it shows. First line of every page.

    `name` is the file's name; its title is the text `frame.nav.<name>`. Without a snapshot the page says what to do
    and stops.
    """
    st.set_page_config(page_title=f"{t(f'frame.nav.{name}')} · {t('common.app')}", page_icon=str(_WEB / "icon.png"), layout="wide")
    st.html(_WEB / "page.css")
    _document_language(key="document_language", data={"lang": lang()})
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="frame"):
        st.html(f'<a class="app" href="{page_url("overview")}" target="_self">{escape(t("common.app"))}</a>', width="content")
        for page, script in PAGES.items():
            if (_ROOT / script).is_file():
                st.page_link(script, label=t(f"frame.nav.{page}"), query_params={"lang": lang()})
        _language_switch()
    try:
        snapshot = current.current()
    except DataError:
        st.html(_no_snapshot())
        st.stop()
    st.html(_banner(snapshot))
    return snapshot


def current_snapshot() -> Snapshot:
    """The snapshot of this process: one, shared by all sessions."""
    return current.current()


def current_table(name: str) -> "current.pd.DataFrame":
    """A table of that snapshot, read once and shared: never change it."""
    return current.table(name)


def _language_switch() -> None:
    st.session_state["language"] = lang()
    st.segmented_control(
        t("frame.language"), i18n.LANGUAGES, key="language", required=True, label_visibility="collapsed", on_change=_change_language
    )


def _change_language() -> None:
    st.query_params["lang"] = st.session_state["language"]


def _banner(snapshot: Snapshot) -> str:
    date = t("common.data_date", date=i18n.day(snapshot.as_of, lang()))
    version = t("common.version", id=snapshot.id)
    demo = f'<p class="demo" role="note">{escape(t("common.demo"))}</p>' if snapshot.is_demo else ""
    return (
        f'{demo}<p class="fair"><strong>{escape(t("common.fair_words"))}</strong> '
        f'<span>{escape(date)} · <a href="{page_url("data")}" target="_self">{escape(version)}</a></span></p>'
    )


def _no_snapshot() -> str:
    return (
        f"<h1>{escape(t('frame.no_snapshot.title'))}</h1><p>{escape(t('frame.no_snapshot.what'))}</p>"
        f"<pre>python -m riskmap demo --out data/demo</pre><p>{escape(t('frame.no_snapshot.then'))}</p>"
    )


# `lang` of the document is fixed to "en" in Streamlit; screen readers need the language they are to speak
_document_language = st.components.v2.component(
    "riskmap_document_language",
    js="""
export default function({data}) {
  document.documentElement.lang = data.lang;
}
""",
)
