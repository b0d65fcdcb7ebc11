"""Which columns a file has: a ready set, or the reader's own choice. The choice stands in the address."""

import streamlit as st

from pages import lang, t
from riskmap.export import table
from riskmap.snapshot import Snapshot

_NAME = "columns"  # in the address


def choose(snapshot: Snapshot) -> str:
    """The choice as the address has it: "" for the usual columns, the name of a set, or columns with commas between."""
    known = table.kinds_of(snapshot)
    asked = [name for name in st.query_params.get(_NAME, "").split(",") if name in known or name in table.COLUMN_SETS]
    name = table.set_of(asked or None)
    own = asked if name == table.OWN_SET else list(table.choose(asked or None, snapshot))

    def put(columns: str) -> None:
        others = {key: value for key, value in st.query_params.to_dict().items() if key != _NAME}
        st.query_params.from_dict(others | ({_NAME: columns} if columns else {}))

    def set_changed() -> None:
        picked = st.session_state["file_columns"]
        put(",".join(own) if picked == table.OWN_SET else "" if picked == "standard" else picked)

    def own_changed() -> None:
        put(",".join(st.session_state["own_columns"]))

    st.session_state["file_columns"] = name
    st.selectbox(
        t("flagged.columns_set"), (*table.COLUMN_SETS, table.OWN_SET), key="file_columns", on_change=set_changed, width=380,
        format_func=lambda one: t(f"export.set.{one}"),
    )  # fmt: skip
    if name == table.OWN_SET:
        st.session_state["own_columns"] = own
        st.multiselect(
            t("flagged.columns_own"), list(known), key="own_columns", on_change=own_changed,
            format_func=lambda one: table.label(one, lang()),
        )  # fmt: skip
    return ",".join(asked) if name != "standard" else ""
