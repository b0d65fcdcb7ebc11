"""The watch list of this reader: facilities and views to follow, and what changed since the list was saved as a file."""

from dataclasses import replace

import streamlit as st

from pages import lang, md, open_page, t
from pages.widgets import keeper
from riskmap import watch
from riskmap.watch import Watch, WatchError
from riskmap.web import search, sheet
from riskmap.web import watch as words

snapshot = open_page("watch")
st.html(sheet.CSS)
st.html(search.CSS)
st.title(t("frame.nav.watch"), anchor=False)
is_given = "watch" in st.query_params or "view" in st.query_params
listed, new = Watch(), Watch()
try:
    listed, new = watch.from_query(st.query_params), watch.added(st.query_params)
except WatchError as error:
    is_given = False
    st.warning(md(error.sentence(lang())))
listed = replace(listed, saved=watch.past(st.session_state.get("watch_past", "")))
st.html(words.answer(listed, snapshot, lang()))
told = keeper.buttons(listed, snapshot, is_given=is_given)
try:
    keeper.follow(listed, new, told, is_given=is_given)
    keeper.add(listed, snapshot)
except WatchError as error:
    st.warning(md(error.sentence(lang())))
privacy = sheet.paragraph(t("watch.privacy"), is_quiet=True)
st.html(words.facilities(listed, snapshot, lang()) + words.views(listed, snapshot, lang()) + privacy)
