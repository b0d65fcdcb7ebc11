"""Overview page, and the server when `streamlit run app.py` (or `python app.py`, `uvicorn app:app`) imports it."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from riskmap import web

    app = st.App(__file__, routes=web.routes(), middleware=web.middleware(), lifespan=web.lifespan)
    if __name__ == "__main__":
        app.run()
else:
    from pages import open_page, t

    snapshot = open_page("overview")
    st.title(t("frame.nav.overview"))
