"""The small tables that go with a list: its totals by region, level and programme, and what changed since it was last issued."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from riskmap import summarise
from riskmap.export.table import Part, cells
from riskmap.filters import region_name
from riskmap.i18n import text
from riskmap.issued import Delta
from riskmap.snapshot import Snapshot

SUMS = {
    "n_facilities": "integer", "n_overdue": "integer", "n_flagged": "integer", "budget": "money", "n_budget_unknown": "integer",
    "flagged_budget": "money", "exposure": "money",
}  # fmt: skip
_BY: dict[str, tuple[str, Callable[..., pd.DataFrame]]] = {
    "region": ("region_code", summarise.by_region),
    "level": ("level", summarise.by_level),
    "programme": ("programme", summarise.by_programme),
}
# the rows of what changed; `DELTA` is also the order of the separate file
DELTA = {
    "facility_id": "id", "title": "text", "region_name": "text", "move": "code", "what": "code", "also": "text",
    "due_on_before": "date", "due_on_after": "date", "completed_on": "date", "budget_before": "money", "budget_after": "money",
    "level_before": "code", "level_after": "code", "r_lo_before": "number", "r_lo_after": "number",
}  # fmt: skip


def totals(facilities: pd.DataFrame, snapshot: Snapshot, lang: str) -> tuple[Part, ...]:
    """Per region, level and programme, by the code of the pages; each ends in the same sum, that of the whole list."""
    settings = snapshot.manifest["settings"]
    of_all = summarise.totals(facilities, settings)
    whole = tuple(_number(of_all[name]) for name in SUMS)
    kinds = ("text", *SUMS.values())
    found = []
    for by, (column, group) in _BY.items():
        rows = group(facilities, settings)
        lines = [(name_of(by, row[column], lang), *(_number(row[n]) for n in SUMS)) for row in rows.to_dict("records")]
        heads = (text(f"export.by.{by}", lang), *(_head(name, snapshot, lang) for name in SUMS))
        found.append(Part(text(f"export.totals_by.{by}", lang), heads, kinds, lines, (text("flagged.total", lang), *whole)))
    return tuple(found)


def name_of(by: str, code: str, lang: str) -> str:
    """A region, level or programme in words."""
    if by == "level":
        return text(f"level.{code}.name", lang)
    if code == summarise.UNKNOWN:
        return text("common.not_known", lang)
    return region_name(code, lang) if by == "region" else code


def delta(found: Delta, lang: str) -> tuple[Part, Part]:
    """The bridge between the two totals, and the facilities behind it."""
    unit = found.after.currency
    lines = [
        (bridge_words(row, lang), int(row["n_facilities"]), int(row["budget"]), int(row["n_budget_unknown"]))
        for row in found.bridge.to_dict("records")
    ]
    heads = (
        text("export.delta.line", lang), text("export.entry.n_facilities", lang),
        f"{text('export.entry.budget', lang)}, {unit}", text("export.entry.n_budget_unknown", lang),
    )  # fmt: skip
    kinds = ("text", "integer", "money", "integer")
    bridge = Part(text("export.delta.bridge", lang), heads, kinds, lines[:-1], lines[-1])
    named = [text(f"export.label.{name}" if name not in _OWN_COLUMNS else f"column.{name}", lang) for name in DELTA]
    rows = [_in_words(row, lang) for row in cells(found.rows, DELTA, {}, lang)]
    return bridge, Part(text("export.delta.rows", lang), tuple(named), tuple(DELTA.values()), rows)


_OWN_COLUMNS = ("facility_id", "title", "completed_on")


def bridge_words(row: Mapping[Any, Any], lang: str) -> str:
    """ "Left: completed", "On the list before", ..."""
    line = text(f"export.delta.{row['line']}", lang)
    return line if not isinstance(row["what"], str) or row["line"] == "stays" else f"{line}: {change_words(row['what'], lang)}"


def change_words(code: str, lang: str) -> str:
    return text(f"export.change.{code}", lang)


def _in_words(row: Sequence[Any], lang: str) -> tuple[Any, ...]:
    """The codes of a row of the delta in the reader's language."""
    values = dict(zip(DELTA, row, strict=True))
    values["move"] = text(f"export.delta.{values['move']}", lang)
    values["what"] = change_words(values["what"], lang)
    values["also"] = ", ".join(change_words(code, lang) for code in values["also"].split(",")) if values["also"] else None
    for name in ("level_before", "level_after"):
        values[name] = text(f"level.{values[name]}.name", lang) if values[name] else None
    return tuple(values.values())


def _head(name: str, snapshot: Snapshot, lang: str) -> str:
    words = text(f"export.entry.{name}", lang)
    return f"{words}, {snapshot.currency}" if SUMS[name] == "money" else words


def _number(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)
