"""The watch list in words and links: HTML in the reader's language, everything escaped."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from riskmap import districts, explain, filters, i18n, watch
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.watch import Change, View, Watch
from riskmap.web import current
from riskmap.web.view import Cell, table

SCRIPT, CSS = (Path(__file__).with_suffix(ending) for ending in (".js", ".css"))
HTML = (
    '<div class="watch"><button type="button"></button><button type="button"></button><button type="button"></button>'
    '<input type="file" accept=".json,.csv" hidden></div>'
)
FILE_NAME = "watch-list"
_COLUMNS = ("facility", "level", "delivery", "due_on", "change", "remove")


def url(listed: Watch, lang: str) -> str:
    """The relative address of a list."""
    return current.link(f"watch?{query(listed) or 'watch='}&{urlencode({'lang': lang})}")


def query(listed: Watch) -> str:
    """A list as it stands in an address."""
    return urlencode(watch.to_query(listed), doseq=True)


def files(listed: Watch, snapshot: Snapshot) -> dict[str, tuple[bytes, str]]:
    """The files of a list: ending -> (content, media type)."""
    return {
        "json": (watch.to_json(listed, snapshot), "application/json"),
        "csv": (watch.to_csv(listed, snapshot), "text/csv; charset=utf-8"),
    }


def answer(listed: Watch, snapshot: Snapshot, lang: str) -> str:
    """How many are watched, how many changed since the file was saved, how many this version does not have."""
    if listed.is_empty:
        return f'<p class="answer">{escape(text("watch.empty", lang))}</p>'
    rows = watch.rows_of(listed, snapshot.facilities)
    changed = [each for each in listed.ids if watch.changes(each, rows.get(each), listed.saved)]
    parts = [text("watch.n", lang, n=i18n.number(len(listed.ids), lang), views=i18n.number(len(listed.views), lang))]
    if listed.saved is None:
        note = text("watch.no_past", lang)
    elif listed.saved.snapshot_id == snapshot.id:
        note = text("watch.same_version", lang)
    else:
        parts.append(text("watch.n_changed", lang, n=i18n.number(len(changed), lang)))
        note = text("watch.past", lang, date=i18n.day(listed.saved.as_of, lang), version=listed.saved.snapshot_id)
    if gone := len(listed.ids) - len(rows):
        parts.append(text("watch.n_gone", lang, n=i18n.number(gone, lang)))
    return f'<p class="answer" role="status">{escape(" ".join(parts))}</p><p class="quiet">{escape(note)}</p>'


def facilities(listed: Watch, snapshot: Snapshot, lang: str) -> str:
    """The watched facilities, those that changed first; one that this version does not have stays on the list."""
    rows = watch.rows_of(listed, snapshot.facilities)
    cells = [_facility(each, rows.get(each), listed, lang) for each in watch.order(listed, rows)]
    heads = [text(f"watch.columns.{name}", lang) for name in _COLUMNS]
    return table(heads, cells, caption=text("watch.facilities", lang), n_text=len(heads)) if cells else ""


def _facility(facility_id: str, row: Mapping[str, Any] | None, listed: Watch, lang: str) -> list[Cell]:
    remove = Cell(text("watch.remove", lang), url(watch.without(listed, facility_id=facility_id), lang))
    if row is None:
        unknown = [Cell(text("common.not_known", lang)) for _ in range(3)]
        return [Cell(facility_id), *unknown, Cell(text("watch.gone", lang)), remove]
    changed = watch.changes(facility_id, row, listed.saved)
    level = _words("level", row["level"] if isinstance(row["level"], str) else "not_assessable", lang)
    return [
        Cell(explain.name(row, lang), current.link(f"facility?{urlencode({'id': facility_id, 'lang': lang})}")),
        Cell(level, mark=f"level {row['level']}"),
        Cell(_words("delivery", row["delivery"], lang)),
        Cell(_words("due_on", row["due_on"], lang)),
        Cell("; ".join(_change(each, lang) for each in changed) or _unchanged(facility_id, listed, lang)),
        remove,
    ]


def _unchanged(facility_id: str, listed: Watch, lang: str) -> str:
    is_compared = bool(listed.saved and listed.saved.facilities.get(facility_id))
    return text("watch.unchanged" if is_compared else "watch.not_compared", lang)


def _change(change: Change, lang: str) -> str:
    before, now = (_words(change.column, value, lang) for value in (change.before, change.now))
    return text("watch.change", lang, name=text(f"watch.kept.{change.column}", lang), before=before, now=now)


def _words(column: str, value: Any, lang: str) -> str:
    """A value of one of the columns that a file keeps."""
    if column == "due_on":
        return i18n.day(value, lang)
    if value is None or not isinstance(value, str):
        return text("common.not_known" if value not in (True, False) else "common.yes" if value else "common.no", lang)
    return text(f"level.{value}.name" if column == "level" else f"kind.delivery.{value}", lang)


def views(listed: Watch, snapshot: Snapshot, lang: str) -> str:
    """The saved views, each to be opened or removed."""
    items = "".join(f"<li>{_view(each, listed, snapshot, lang)}</li>" for each in listed.views)
    return (
        f'<div class="found"><section><h2>{escape(text("watch.views", lang))}</h2><ul>{items}</ul></section></div>'
        if items
        else ""
    )


def _view(view: View, listed: Watch, snapshot: Snapshot, lang: str) -> str:
    names = districts.names(snapshot.manifest, lang)
    words = filters.in_words(view.filter, lang, currency=snapshot.currency, districts=names)
    about = text(f"frame.nav.{view.page}", lang) + (f" · {words}" if view.title else "")
    where = current.link(f"{view.address}{'&' if '?' in view.address else '?'}lang={lang}")
    removed = url(watch.without(listed, view=view), lang)
    return (
        f'<a href="{escape(where)}" target="_self">{escape(view.title or words)}</a><span class="quiet">{escape(about)}</span>'
        f'<a href="{escape(removed)}" target="_self">{escape(text("watch.remove", lang))}</a>'
    )


def words(lang: str) -> dict[str, Any]:
    """What the script of the page says, and the size of file that it refuses to read."""
    names = ("copy", "copied", "open", "clear")
    return {**{name: text(f"watch.button.{name}", lang) for name in names}, "max_bytes": watch.MAX_FILE_BYTES}
