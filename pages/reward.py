"""The reward for reporting: what the rules give for a damage, a day and a gravity, and how it is worked out."""

from datetime import date

import streamlit as st

from pages import lang, open_page, t
from riskmap.rewards import MAX_DAMAGE_KZT
from riskmap.web import reward, sheet

DAYS = date(2015, 1, 1), date(2035, 12, 31)  # wider than the table: a day outside it is refused in words, not hidden

open_page("reward")
st.html(sheet.CSS)
st.title(t("reward.title"), anchor=False)
st.html(reward.introduction(lang()))
asked, found = st.columns([2, 3], gap="large")
with asked:
    st.subheader(t("reward.form"), anchor=False)
    damage_kzt = st.number_input(t("reward.damage"), 0, MAX_DAMAGE_KZT, None, 1000, key="reward_damage")
    on = st.date_input(t("reward.on"), None, *DAYS, key="reward_on", format="YYYY-MM-DD", help=t("reward.on_help"))
    gravity = st.selectbox(
        t("reward.gravity"), reward.gravities(), None, key="reward_gravity", placeholder=t("reward.choose"),
        format_func=lambda name: t(f"reward.gravity_name.{name}"),
    )  # fmt: skip
with found:
    st.html(reward.outcome(damage_kzt, on, gravity, lang()))
st.html(reward.press(lang()))
st.html(reward.indices(lang()))
