"""What every page shares: the frame around it, its language, its snapshot, the filter in the address and the map.

Pages are plain scripts in this folder (Streamlit finds them by name), and each draws its own frame: with `st.navigation`
the first deep link to a freshly started server ran a page without `app.py`, so that nothing may depend on it.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from riskmap import districts, filters, i18n, schema, watch
from riskmap import search as query
from riskmap.filters import Filter, FilterError
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot
from riskmap.web import current, files, guard, search, view

_ROOT = Path(__file__).resolve().parents[1]
_WEB = _ROOT / "riskmap" / "web"
# who comes -> the pages made for them, by name. The name is the script, the address and the text `frame.nav.<name>`;
# the first page of a group is its door. Pages that others lead to (a facility, a firm) stand in none
# and show the first.
GROUPS = {
    "explore": ("overview", "map", "changes", "compare", "watch"),
    "visit": ("nearby", "outcomes", "report"),
    "office": ("flagged", "desk", "review", "control", "acts", "duty"),
    "know": ("method", "whatif", "data", "figures", "reward", "open", "help"),
}


# ---- language and words ---------------------------------------------------------------------------------------------
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


def md(text: str) -> str:
    """Text from data for a place where Streamlit reads Markdown (labels, titles, tables): every mark is only a letter."""
    # an address becomes a link even when its marks are escaped, unless an invisible joiner breaks it
    broken = re.sub(r"(?i)(https?|www|mailto)(?=[:.])|(?<=\w)(?=@\w)", "\\g<0>\u2060", " ".join(text.split()))
    # icons are put in after the marks were read, escaped or not
    broken = re.sub(r"(?i):(?=material|streamlit)", ":\u2060", broken)
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$&@])", r"\\\1", broken)


def put(html: str, width: Literal["stretch", "content"] = "stretch") -> None:
    """HTML of ours; nothing where there is nothing to say, which `st.html` takes for a mistake."""
    if html:
        st.html(html, width=width)


def page_url(name: str, **query: str) -> str:
    """Relative address of a page in the reader's language: `page_url("facility", id="DEMO-1")`; a past version stays chosen."""
    return ("./" if name == "overview" else name) + "?" + urlencode({**carried(), **query})


def carried() -> dict[str, str]:
    """What every link inside the site carries on: the language, and the version asked for."""
    asked = st.query_params.get("snapshot")
    return {"lang": lang()} | ({"snapshot": asked} if asked else {})


# ---- snapshot -------------------------------------------------------------------------------------------------------
def current_snapshot() -> Snapshot:
    """The snapshot of this reader: `?snapshot=`, else the one the session began with, until the reader moves on.

    DataError while there is none. The newest one where what was asked for is not kept.
    """
    newest = current.current()
    for wanted in (st.query_params.get("snapshot"), st.session_state.setdefault("snapshot_id", newest.id)):
        with suppress(DataError):
            if wanted:
                return current.get(wanted)
    st.session_state["snapshot_id"] = newest.id
    return newest


def choose_snapshot(snapshot_id: str | None) -> None:
    """Move on to a snapshot, as a permalink; None: to the newest, now and until the reader moves on."""
    st.session_state["snapshot_id"] = current.current().id
    if snapshot_id in (None, st.session_state["snapshot_id"]):
        st.query_params.pop("snapshot", None)
    else:
        st.query_params["snapshot"] = snapshot_id


def snapshot_slider(snapshot: Snapshot) -> None:
    """The kept snapshots as a slider over time; nothing where there is only one."""
    dates = {one.id: i18n.day(one.as_of, lang()) for one in current.known()}
    if len(dates) < 2 or snapshot.id not in dates:
        return
    st.session_state["shown_snapshot"] = snapshot.id
    moved = lambda: choose_snapshot(st.session_state["shown_snapshot"])  # noqa: E731
    st.select_slider(
        t("changes.slider.label"), list(dates), key="shown_snapshot", format_func=dates.__getitem__, on_change=moved, width=480
    )


def current_table(name: str) -> pd.DataFrame:
    """A table of that snapshot, read once and shared: never change it."""
    return current.table(name, current_snapshot().id)


# ---- frame ----------------------------------------------------------------------------------------------------------
def open_page(name: str) -> Snapshot:
    """Draw the frame of a page and return the snapshot it shows. First line of every page.

    `name` is the file's name; its title is the text `frame.nav.<name>`. Without a snapshot the page says what to do
    and stops.
    """
    title = f"{t(f'frame.nav.{name}')} · {t('common.app')}"
    st.set_page_config(page_title=title, page_icon=str(_WEB / "icon.png"), layout="wide")
    st.html(_WEB / "page.css")
    _document_language(key="document_language", data={"lang": lang()})
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="frame"):
        st.html(f'<a class="app" href="{page_url("overview")}" target="_self">{escape(t("common.app"))}</a>', width="content")
        asked = _search_box(name)
        _language_switch()
    _navigation(name)
    try:
        snapshot = current_snapshot()
    except DataError:
        st.html(_no_snapshot())
        st.stop()
    current.stay(st.query_params.get("snapshot"))
    st.html(_banner(snapshot))
    _offer_newest(snapshot)
    if asked:
        with st.spinner(t("search.preparing")):
            page, parameters = search.destination(snapshot, asked)
        st.switch_page(f"pages/{page}.py", query_params={**carried(), **parameters})
    return snapshot


def _navigation(page: str) -> None:
    """Two rows of links: who comes, and the pages made for them."""
    own = next((group for group, names in GROUPS.items() if page in names), "explore")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="groups"):
        for group, names in GROUPS.items():
            with st.container(width="content", key=f"group_{'own' if group == own else group}"):
                _link(names[0], f"frame.group.{group}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="navigation"):
        for name in GROUPS[own]:
            _link(name, f"frame.nav.{name}")


def _link(page: str, label: str) -> None:
    st.page_link("app.py" if page == "overview" else f"pages/{page}.py", label=t(label), query_params=carried())


def show_error(error: Exception) -> bool:
    """An unexpected error of a page: the traceback goes to the log, the reader gets its number."""
    reference = guard.report(error)
    st.html(
        f'<div role="alert"><h1>{escape(t("frame.error.title"))}</h1>'
        f"<p>{escape(t('frame.error.what'))} <code>{reference}</code></p></div>"
    )
    return True


def _search_box(page: str) -> str:
    """One box on every page; returns what was asked for just now. A form, so that leaving the box asks nothing."""
    before = query.clean(st.query_params.get("q", "")) if page == "search" else ""
    with st.form(f"search_{page}", border=False, width=320), st.container(horizontal=True, gap="small", key="search_box"):
        typed = st.text_input(  # without a key: another question in the address is another box
            t("search.box"),
            before,
            type="search",
            placeholder=t("search.box"),
            label_visibility="collapsed",
            max_chars=query.MAX_QUERY,
        )
        is_asked = st.form_submit_button(t("search.button"))
    return query.clean(typed) if is_asked else ""


def _offer_newest(snapshot: Snapshot) -> None:
    """Say that this is not the newest version, or not the one asked for, and lead to the newest."""
    asked = st.query_params.get("snapshot")
    is_past, is_kept = snapshot.id != current.current().id, asked in (None, snapshot.id)
    words = "shown_past" if asked and is_kept else "newer" if is_kept else "not_kept"
    with st.container(horizontal=True, vertical_alignment="center", key="past"):  # there even when empty, as the chips are
        if is_kept and not is_past:
            return
        st.html(f'<p role="status">{escape(t(f"changes.{words}", date=i18n.day(snapshot.as_of, lang())))}</p>', width="content")
        st.button(t("changes.to_newest"), key="to_newest", type="tertiary", on_click=choose_snapshot, args=(None,))


def _language_switch() -> None:
    st.session_state["language"] = lang()
    st.segmented_control(
        t("frame.language"),
        i18n.LANGUAGES,
        key="language",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: st.query_params.update({"lang": st.session_state["language"]}),
    )


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


# ---- filter ---------------------------------------------------------------------------------------------------------
def current_filter(default: Filter | None = None) -> Filter:
    """The filter of the address; a wrong one is named and the page shows `default`."""
    try:
        return filters.from_query(st.query_params, default)
    except FilterError as error:
        st.warning(md(error.sentence(lang())))
        return default or Filter()


def set_filter(filter_: Filter, default: Filter | None = None) -> None:
    """Put a filter into the address; what else stands there (language, page's own words) stays."""
    st.query_params.from_dict({**others(), **filters.to_query(filter_, default)})


def others() -> dict[str, str]:
    """What stands in the address beside the filter: the language, the version, the page's own words."""
    return {name: value for name, value in st.query_params.to_dict().items() if name not in filters.QUERY_NAMES}


def filter_widgets(facilities: pd.DataFrame, default: Filter | None = None) -> Filter:
    """Search, filters in an expander, and a chip for each condition. Returns the filter.

    The address is the truth: widgets are set from it at every run and write to it when the reader changes them, so that
    links, the Back button and reloads give the same view in any language.
    """
    filter_ = current_filter(default)
    _fill_widgets(filter_)

    def changed() -> None:
        try:
            set_filter(_from_widgets(filter_), default)
        except FilterError as error:
            st.session_state["filter_error"] = error.sentence(lang())

    n_active = len(filters.chips(replace(filter_, text=""), lang()))
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        st.text_input(
            t("frame.filter.search"),
            key="f_text",
            type="search",
            placeholder=t("frame.filter.search"),
            label_visibility="collapsed",
            max_chars=filters.MAX_TEXT,
            on_change=changed,
        )
        st.toggle(t("frame.filter.flagged"), key="f_flagged", on_change=changed)
        st.toggle(t("frame.filter.overdue"), key="f_overdue", on_change=changed)
    label = t("frame.filter.more") + (f" · {n_active}" if n_active else "")
    with st.expander(label, key="filter_expander"), st.container(horizontal=True, key="filter_fields"):
        _choices("regions", filters.values(facilities, "region_code"), changed)
        if 0 < len(filter_.regions) <= _FEW_REGIONS or filter_.districts:
            _choices("districts", filters.districts_of(facilities, filter_.regions), changed)
        _choices("types", filters.values(facilities, "facility_type"), changed)
        _choices("programmes", filters.values(facilities, "programme"), changed)
        _choices("levels", filters.values(facilities, "level"), changed, order=schema.LEVELS)
        for name in ("buyer", "supplier"):
            st.text_input(_capital(t(f"filter.name.{name}")), key=f"f_{name}", max_chars=filters.MAX_TEXT, on_change=changed)
        for name in ("budget_min", "budget_max"):
            unit = t("frame.filter.in_millions", name=_capital(t(f"filter.name.{name}")))
            st.number_input(unit, key=f"f_{name}", min_value=0.0, max_value=1e9, step=100.0, format="%g", on_change=changed)
    if "filter_error" in st.session_state:
        st.warning(md(st.session_state.pop("filter_error")))
    _chips(filter_, default)
    return filter_


def _keep_view(filter_: Filter, default: Filter | None) -> None:
    """A way to put the view into the watch list; a page without conditions needs no keeping."""
    page = next((name for name, standard in watch.VIEW_PAGES.items() if standard == (default or Filter())), "")
    if page and filters.to_query(filter_, default):
        query = {**carried(), "add_view": watch.View(page, filter_).address}
        st.page_link("pages/watch.py", label=t("watch.keep_view"), icon=":material/bookmark_add:", query_params=query)


def choose(name: str, options: Iterable[str], *, label: str, words: Callable[[str], str]) -> str:
    """A choice kept in the address as `?name=`; the first option is the default."""
    codes = list(options)
    asked = st.query_params.get(name)
    st.session_state[name] = asked if asked in codes else codes[0]
    changed = lambda: st.query_params.update({name: st.session_state[name]})  # noqa: E731
    return st.selectbox(label, codes, key=name, format_func=words, on_change=changed)


def _chips(filter_: Filter, default: Filter | None) -> None:
    snapshot = current_snapshot()
    names = districts.names(snapshot.manifest, lang())
    active = filters.chips(filter_, lang(), currency=snapshot.currency, districts=names)
    # there even without chips: what comes after must keep its place, or the browser draws the map anew and loses the view
    with st.container(horizontal=True, gap="small", key="chips"):
        if not active:
            return
        for label, rest in active:
            words = f"{md(label)}  ✕"
            st.button(words, key=f"chip_{label}", help=t("frame.filter.remove"), on_click=set_filter, args=(rest, default))
        if len(active) > 1:
            cleared = replace(Filter(), sort=filter_.sort)
            st.button(t("frame.filter.clear"), key="chip_all", type="tertiary", on_click=set_filter, args=(cleared, default))
        _keep_view(filter_, default)


_MILLION = 1_000_000
_FEW_REGIONS = 3  # of more, the list of districts is too long to choose from
_LISTS = ("regions", "districts", "types", "programmes", "levels")


def _fill_widgets(filter_: Filter) -> None:
    state = st.session_state
    for name in _LISTS:
        state[f"f_{name}"] = list(getattr(filter_, name))
    for name in ("text", "buyer", "supplier"):
        state[f"f_{name}"] = getattr(filter_, name)
    for name in ("overdue", "flagged"):
        state[f"f_{name}"] = getattr(filter_, name) is True
    for name in ("budget_min", "budget_max"):
        value = getattr(filter_, name)
        state[f"f_{name}"] = None if value is None else min(value / _MILLION, 1e9)


def _from_widgets(before: Filter) -> Filter:
    """The filter as the widgets have it now; conditions without a widget stay as they were."""
    state = st.session_state
    changed: dict[str, object] = {name: tuple(state[f"f_{name}"]) for name in _LISTS if f"f_{name}" in state}
    if set(state["f_regions"]) != set(before.regions):
        changed["districts"] = ()  # they were of the regions before
    changed |= {name: state[f"f_{name}"] or "" for name in ("text", "buyer", "supplier")}
    for name in ("overdue", "flagged"):
        was = getattr(before, name)
        changed[name] = True if state[f"f_{name}"] else (None if was else was)
    for name in ("budget_min", "budget_max"):
        value = state[f"f_{name}"]
        changed[name] = None if value is None else round(value * _MILLION)
    return replace(before, **changed)


def _choices(field: str, values: Iterable[str], changed: Callable[[], None], order: tuple[str, ...] = ()) -> None:
    """A list to choose from: what the data has, and what the address asks for."""
    found = set(values) - ({filters.UNKNOWN} if order else set()) | set(st.session_state[f"f_{field}"])
    if not found:
        return
    names = districts.names(current_snapshot().manifest, lang()) if field == "districts" else {}
    named = {code: filters.value_word(field, code, lang(), names) for code in found}
    ranked = sorted(named, key=lambda code: (order.index(code) if code in order else 0, code == filters.UNKNOWN, named[code]))
    st.multiselect(
        _capital(t(f"filter.name.{field}")),
        ranked,
        key=f"f_{field}",
        format_func=named.__getitem__,
        placeholder=t("frame.filter.any"),
        on_change=changed,
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


# ---- map ------------------------------------------------------------------------------------------------------------
# Three lines only: what stands here is sent again with every rerun; the map's script comes once, by its own route.
_map = st.components.v2.component(
    "riskmap_map",
    html='<div class="frame"><div class="map"></div><div class="legend"></div></div>',
    css=(_WEB / "map.css").read_text("utf-8"),
    js="""
export default async function(component) {
  const script = await import(new URL(component.data.script, document.baseURI).href);
  return script.default(component);
}
""",
)


def show_map(
    snapshot: Snapshot, filter_: Filter, measure: str, *, on_region: Callable[[str], None], with_points: bool = True
) -> str | None:
    """The map of a filter. A click on a region calls `on_region(code)`, one on a district goes into it.

    Returns the facility clicked last, or None.
    """
    data = view.map_data(snapshot, filter_, measure, lang(), with_points=with_points)

    def region_clicked() -> None:
        if code := st.session_state["map"].get("region"):
            on_region(code)

    def district_clicked() -> None:
        if code := st.session_state["map"].get("district"):
            set_filter(replace(filter_, districts=(code,)))

    result = _map(
        key="map",
        data={**data, "script": files.url("assets/map.js")},
        on_region_change=region_clicked,
        on_district_change=district_clicked,
        on_picked_change=lambda: None,
    )
    return result.picked


def open_map_at(code: str) -> None:
    """Go to the map page, inside one region."""
    st.switch_page("pages/map.py", query_params={**carried(), "region": code})
