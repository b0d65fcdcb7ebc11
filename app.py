"""Overview page, and the server when `streamlit run app.py` (or `python app.py`, `uvicorn app:app`) imports it."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def failed(error: Exception) -> bool:
    """An unexpected error of a page, shown as a number (imported late: pages need a running server)."""
    from pages import show_error  # noqa: PLC0415

    return show_error(error)


def overview() -> None:
    """The answer in one sentence, the counters, the regions at a glance, and three doors."""
    from pages import lang, open_map_at, open_page, show_map, t  # noqa: PLC0415
    from pages.widgets import picture  # noqa: PLC0415
    from riskmap import filters  # noqa: PLC0415
    from riskmap.web import view  # noqa: PLC0415

    snapshot = open_page("overview")
    found = view.glance(snapshot)
    st.html(view.answer(found, snapshot, lang()) + view.counters(found, snapshot, lang()))
    st.header(t(f"overview.regions.{found.measure}"), anchor=False)
    beside, ranking = st.columns([2, 1], gap="medium")
    has_outlines = bool(snapshot.manifest["settings"]["country"]["boundaries"])
    with beside:
        show_map(snapshot, filters.Filter(), found.measure, on_region=open_map_at, with_points=not has_outlines)
        picture.on_paper(snapshot, filters.Filter(), found.measure)
    ranking.html(view.ranking(found, snapshot, lang()))
    st.html(view.doors(lang()))


if get_script_run_ctx(suppress_warning=True) is None:
    from riskmap import web

    has_sign_in = st.secrets.load_if_toml_exists() and "auth" in st.secrets
    guards = web.middleware(hosts=st.get_option("server.allowedHosts"), has_sign_in=has_sign_in)
    app = st.App(__file__, routes=web.routes(), middleware=guards, lifespan=web.lifespan, on_script_error=failed)
    if __name__ == "__main__":
        app.run()
else:
    overview()
