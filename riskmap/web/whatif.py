"""The what-if page in HTML: what a trial of other settings changes, marked as not published. Everything escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode

from riskmap import explain, filters, i18n, schema, score, thresholds
from riskmap.i18n import text
from riskmap.indicators import INDICATORS, computed
from riskmap.snapshot import Snapshot
from riskmap.web import current
from riskmap.web.sheet import labelled, paragraph, sheet
from riskmap.web.view import Cell, table
from riskmap.whatif import Outcome, Rank, can_judge

_N_NAMED = 20


class Field(NamedTuple):
    """One number of an indicator as a reader types it: shares in percent. `at`: its place in a threshold of several."""

    k: str
    name: str
    at: Any
    label: str
    value: float
    largest: float
    step: float

    def read(self, typed: float) -> float:
        """What was typed, in the unit of the settings."""
        return round(typed / 100.0, 8) if thresholds.unit(self.name) == "share" else typed


_STEPS = {"share": 1.0, "days": 10.0, "ratio": 0.1, "z": 0.1}


def groups(settings: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """Group -> indicator id -> q: the families whose facts add points to R, then delivery, which has no q."""
    result: dict[str, dict[str, float | None]] = {}
    for k, section in score.catalogue(settings).items():
        if k != score.DISCLOSURE:
            result.setdefault(f"family.{section['family']}", {})[k] = float(section["q"])
    return result | {"axis.delivery": {i.id: None for i in computed(settings) if i.axis == "delivery"}}


def fields(k: str, settings: Mapping[str, Any], lang: str) -> list[Field]:
    """The thresholds of an indicator that can be tried; none under the settings of an older version."""
    if not can_judge(settings):
        return []
    indicator = next(i for i in INDICATORS if i.id == k)
    found = []
    for name, parts in thresholds.numbers(indicator, settings).items():
        unit = thresholds.unit(name)
        scale = 100.0 if unit == "share" else 1.0
        for at, value in parts.items():
            label = text(f"whatif.unit.{unit}", lang, label=text(f"parameter.{name}", lang))
            label += "" if at is None else f" · {at + 1}" if isinstance(at, int) else f" · {at}"
            shown, most = round(value * scale, 6), thresholds.largest(name) * scale
            found.append(Field(k, name, at, label, shown, most, _STEPS.get(unit, 1.0)))
    return found


def wrong(error: ValueError, lang: str) -> str:
    """Why a trial cannot be, in words: bounds that do not rise, or a threshold of an indicator."""
    k, _, name = str(error).partition(".")
    if not name:
        return text("whatif.wrong_bounds", lang)
    return text("whatif.wrong_threshold", lang, title=text(f"indicator.{k}.title", lang), name=text(f"parameter.{name}", lang))


def introduction(lang: str) -> str:
    """What this page is, and that nothing of it is published."""
    mark = f'<p class="demo" role="note">{escape(text("whatif.not_published", lang))}</p>'
    return mark + sheet(paragraph(text("whatif.intro", lang)))


def comment(snapshot: Snapshot, lang: str) -> str:
    """First lines of the settings file: what it is and which version of the data it was tried on."""
    return "\n".join((text("whatif.not_published", lang), text("whatif.tried_on", lang, id=snapshot.id)))


def outcome(found: Outcome, changed: Mapping[str, Any], snapshot: Snapshot, lang: str) -> str:
    """Levels and flags before and after, how stable the order is, and who enters and leaves the list."""
    words = text("whatif.changed", lang, n=sum(len(values) for values in changed.values())) if changed else ""
    rows = [
        [Cell(text(f"level.{level}.name", lang), mark=f"level {level}"), *_numbers(*found.levels[level], lang)]
        for level in reversed(schema.LEVELS)
    ]
    flagged = [Cell(text("map.columns.flagged", lang)), *_numbers(*found.n_flagged, lang)]
    heads = [text(f"whatif.columns.{name}", lang) for name in ("level", "before", "after", "change")]
    words += " " + text("whatif.levels_changed", lang, n=i18n.number(found.n_levels_changed, lang)) if changed else ""
    same = text("whatif.top_same", lang, n=found.n_top_same, of=found.n_top)
    spearman = i18n.number(found.spearman, lang, 3)
    stable = sheet(labelled([(text("whatif.spearman", lang), spearman), (text("whatif.top", lang), same)]))
    return (
        f'<p class="answer" aria-live="polite">{escape(words or text("whatif.unchanged", lang))}</p>'
        + table(heads, rows, caption=text("whatif.outcome", lang), total=flagged)
        + stable
        + (_moves(found, snapshot, lang) + _facts(found, lang) if changed else "")
        + _facilities("entering", found.entering, snapshot, lang)
        + _facilities("leaving", found.leaving, snapshot, lang)
    )


def _numbers(before: int, after: int, lang: str) -> list[Cell]:
    change = after - before
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return [Cell(i18n.number(before, lang)), Cell(i18n.number(after, lang)), Cell(sign + i18n.number(abs(change), lang))]


def _moves(found: Outcome, snapshot: Snapshot, lang: str) -> str:
    """Those among the highest before or after: ranks with their intervals, and levels; restricted ones are left out."""
    shown = filters.apply(filters.Filter(), snapshot.facilities)
    rows_of = {
        row["facility_id"]: row
        for row in shown[shown["facility_id"].isin([m.facility_id for m in found.moves])].to_dict("records")
    }
    rows = []
    for move in found.moves:
        if row := rows_of.get(move.facility_id):
            href = f"facility?{urlencode({'lang': lang, 'id': move.facility_id})}"
            before, after = (text(f"level.{level}.name", lang) for level in move.levels)
            level = after if before == after else f"{before} → {after}"
            ranks = [Cell(_rank(rank, lang)) for rank in move.ranks]
            rows.append([Cell(explain.name(row, lang), href), Cell(level, mark=f"level {move.levels[1]}"), *ranks])
    heads = [text(f"whatif.columns.{name}", lang) for name in ("facility", "level", "before", "after")]
    return table(heads, rows, caption=text("whatif.moves", lang, n=found.n_top), n_text=2) + paragraph(
        text("whatif.moves_note", lang), is_quiet=True
    )


def _rank(rank: Rank, lang: str) -> str:
    numbers = {name: i18n.number(getattr(rank, name), lang) for name in ("rank", "low", "high")}
    return text("whatif.rank", lang, **numbers)


def _facts(found: Outcome, lang: str) -> str:
    """Per indicator whose facts differ: how many facilities have it, before and after."""
    rows = [[Cell(text(f"indicator.{k}.title", lang)), *_numbers(*n, lang)] for k, n in found.facts.items()]
    heads = [text(f"whatif.columns.{name}", lang) for name in ("indicator", "before", "after", "change")]
    return table(heads, rows, caption=text("whatif.facts", lang)) if rows else ""


def _facilities(name: str, ids: Sequence[str], snapshot: Snapshot, lang: str) -> str:
    """The first of the facilities that enter or leave the list, as links; restricted ones are only counted."""
    shown = filters.apply(filters.Filter(), snapshot.facilities)
    shown = shown[shown["facility_id"].isin(ids)].head(_N_NAMED)
    items = "".join(
        f'<li><a href="{escape(current.link("facility?" + urlencode({"lang": lang, "id": row["facility_id"]})))}" target="_self">'
        f"{escape(explain.name(row, lang))}</a></li>"
        for row in shown.to_dict("records")
    )
    title = escape(text(f"whatif.{name}", lang, n=i18n.number(len(ids), lang)))
    more = paragraph(text("whatif.first_only", lang, n=_N_NAMED), is_quiet=True) if len(ids) > len(shown) else ""
    return f"<h3>{title}</h3>" + (f"<ul>{items}</ul>{more}" if items else "")
