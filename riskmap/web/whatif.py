"""The what-if page in HTML: what a trial of other settings changes, marked as not published. Everything escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

from riskmap import explain, filters, i18n, schema, score
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web.sheet import labelled, paragraph, sheet
from riskmap.web.view import Cell, table
from riskmap.whatif import Outcome

_N_NAMED = 20


def families(settings: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Family -> indicator id -> q, for every indicator that adds points to R."""
    result: dict[str, dict[str, float]] = {}
    for k, section in score.catalogue(settings).items():
        if k != score.DISCLOSURE:
            result.setdefault(section["family"], {})[k] = float(section["q"])
    return result


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
    same = text("whatif.top_same", lang, n=found.n_top_same, of=found.n_top)
    spearman = i18n.number(found.spearman, lang, 3)
    stable = sheet(labelled([(text("whatif.spearman", lang), spearman), (text("whatif.top", lang), same)]))
    return (
        f'<p class="answer" aria-live="polite">{escape(words or text("whatif.unchanged", lang))}</p>'
        + table(heads, rows, caption=text("whatif.outcome", lang), total=flagged)
        + stable
        + _facilities("entering", found.entering, snapshot, lang)
        + _facilities("leaving", found.leaving, snapshot, lang)
    )


def _numbers(before: int, after: int, lang: str) -> list[Cell]:
    change = after - before
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return [Cell(i18n.number(before, lang)), Cell(i18n.number(after, lang)), Cell(sign + i18n.number(abs(change), lang))]


def _facilities(name: str, ids: Sequence[str], snapshot: Snapshot, lang: str) -> str:
    """The first of the facilities that enter or leave the list, as links; restricted ones are only counted."""
    shown = filters.apply(filters.Filter(), snapshot.facilities)
    shown = shown[shown["facility_id"].isin(ids)].head(_N_NAMED)
    items = "".join(
        f'<li><a href="facility?{urlencode({"lang": lang, "id": row["facility_id"]})}" target="_self">'
        f"{escape(explain.name(row, lang))}</a></li>"
        for row in shown.to_dict("records")
    )
    title = escape(text(f"whatif.{name}", lang, n=i18n.number(len(ids), lang)))
    more = paragraph(text("whatif.first_only", lang, n=_N_NAMED), is_quiet=True) if len(ids) > len(shown) else ""
    return f"<h3>{title}</h3>" + (f"<ul>{items}</ul>{more}" if items else "")
