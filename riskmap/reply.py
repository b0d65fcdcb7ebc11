"""The reply of the body and the state of the review, in words: they stand beside the flag on pages, on paper and in files."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskmap import i18n
from riskmap.i18n import text


def of_row(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The reply that a snapshot carries for a facility (text, office, day); None where it carries none."""
    found = {name: row.get(f"buyer_{name}") for name in ("reply", "reply_office", "replied_on")}
    return None if any(value is None or pd.isna(value) for value in found.values()) else found


def state(row: Mapping[str, Any], lang: str) -> str:
    """The state of the review that a snapshot carries; "" where it carries none, or nobody has begun."""
    code, since = row.get("review_state"), row.get("review_since_on")
    if code is None or since is None or pd.isna(code) or pd.isna(since):
        return ""
    return text("desk.public.state", lang, state=text(f"desk.state.{code}", lang), day=i18n.day(since, lang))


def lines(row: Mapping[str, Any], lang: str) -> list[str]:
    """Reply and state for a file or a light page; a flagged facility without a reply says so."""
    is_silent = of_row(row) is None and row.get("is_flagged") is True and "buyer_reply" in row
    return [*([text("desk.public.no_reply", lang)] if is_silent else []), *given(row, lang)]


def given(row: Mapping[str, Any], lang: str) -> list[str]:
    """Reply and state, where there are any: for a list, which has no room to say each time that there is none."""
    found = of_row(row)
    said = []
    if found:
        by = text("desk.public.by", lang, office=found["reply_office"], day=i18n.day(found["replied_on"], lang))
        said = [f"{text('desk.public.reply', lang)} ({by}): {' '.join(found['reply'].split())}"]
    return [*said, *filter(None, [state(row, lang)])]
