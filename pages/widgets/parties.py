"""Contracts as pairs and the list of firms and bodies: made once per snapshot, shared by all sessions, never changed."""

import pandas as pd
import streamlit as st

from riskmap.snapshot import Snapshot
from riskmap.web import party


@st.cache_resource(max_entries=2, show_spinner=False)
def agreements(snapshot_id: str, _snapshot: Snapshot) -> pd.DataFrame:
    """`groups.agreements` of a snapshot; two seconds at 100,000 facilities."""
    return party.agreements(_snapshot)


@st.cache_resource(max_entries=6, show_spinner=False)
def everyone(snapshot_id: str, kind: str, lang: str, _snapshot: Snapshot) -> pd.DataFrame:
    """All contractors or all buyers, to look for by name."""
    return party.everyone(agreements(snapshot_id, _snapshot), kind, lang)
