"""A watch list: facilities and views that a reader follows, in the address and as a file. The server keeps nothing of it.

The address holds identifiers and views. The file also holds the version of the data and how each facility stood when it
was saved, so that a later visit shows what changed since. Addresses and files come from strangers: read strictly.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pandas as pd

from riskmap import apostrophe, filters, schema
from riskmap.filters import FLAGGED, Filter, FilterError
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.read import strict_json
from riskmap.snapshot import Snapshot

FORMAT, VERSION = "riskmap-watch", "1"
MAX_FACILITIES, MAX_VIEWS = 100, 20  # what one person can follow; more is a filter
MAX_ADDRESS = 6_000  # characters of the list in an address: browsers and servers take 8,000
MAX_FILE_BYTES = 100_000
MAX_ID, MAX_TITLE, MAX_VIEW = 100, 80, 1_000  # characters
_MAX_DEPTH = 6
# pages whose address is a filter -> what that page shows without one
VIEW_PAGES: dict[str, Filter] = {"map": Filter(), "flagged": FLAGGED}
# what a file keeps of a facility, and what is compared
KEPT = ("level", "is_flagged", "delivery", "due_on")
_CHOICES = {"level": schema.LEVELS, "delivery": schema.DELIVERY}


class WatchError(ValueError):
    """A list that cannot be: `code` is a key of the locale section `watch.error`, `params` fill its sentence."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(f"{code} {params}")
        self.code, self.params = code, params

    def sentence(self, lang: str) -> str:
        """What is wrong, in words for people."""
        return text(f"watch.error.{self.code}", lang, **self.params)


@dataclass(frozen=True)
class View:
    """A page and the filter that it shows. `title`: the reader's own words, "" = the filter in words."""

    page: str
    filter: Filter
    title: str = ""

    @property
    def address(self) -> str:
        """Relative and without a language: "map?region=KZ-75"."""
        return f"{self.page}?{urlencode(filters.to_query(self.filter, VIEW_PAGES[self.page]))}".rstrip("?")


@dataclass(frozen=True)
class Saved:
    """How the facilities stood when a file was saved: identifier -> {column of KEPT: value, None = not known}."""

    snapshot_id: str
    as_of: date
    facilities: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Watch:
    """Identifiers in the order in which they were added, views, and what a file says about the past, if there is one."""

    ids: tuple[str, ...] = ()
    views: tuple[View, ...] = ()
    saved: Saved | None = field(default=None, compare=False)

    @property
    def is_empty(self) -> bool:
        return not self.ids and not self.views


# ---- the address ----------------------------------------------------------------------------------------------------
def from_query(query: Mapping[str, Any]) -> Watch:
    """The list of an address: `watch=A,B&view=map?region=KZ-75`. WatchError if it cannot be."""
    lists = filters.query_values(query, "watch")
    return _of_address([item for value in lists for item in filters.split_list(value)], filters.query_values(query, "view"))


def added(query: Mapping[str, Any]) -> Watch:
    """What an address adds to the list of this reader: `add=A` and `add_view=map?region=KZ-75`."""
    return _of_address(filters.query_values(query, "add"), filters.query_values(query, "add_view"))


def _of_address(ids: list[str], views: list[str]) -> Watch:
    if sum(map(len, (*ids, *views))) > MAX_ADDRESS:
        raise WatchError("long", limit=str(MAX_ADDRESS))
    return _checked(ids, [_view_of(value) for value in views])


def to_query(watch: Watch) -> dict[str, list[str]]:
    """The address of a list, for `urlencode(..., doseq=True)`; `from_query` gives the list back."""
    query: dict[str, list[str]] = {}
    if watch.ids:
        query["watch"] = [",".join(filters.escape_item(each) for each in watch.ids)]
    if watch.views:
        query["view"] = [f"{view.title}|{view.address}" if view.title else view.address for view in watch.views]
    return query


def view(address: str, title: str = "") -> View:
    """The view that an address shows: a full one of our pages as pasted, or "map?region=KZ-75". WatchError if it is none."""
    if len(address) > MAX_VIEW:
        raise WatchError("view", value=address[:40])
    try:
        parts = urlsplit(address.strip())
        page = parts.path.rstrip("/").rpartition("/")[2]
        query = parse_qs(parts.query, max_num_fields=50)
        found = filters.from_query(query, VIEW_PAGES[page])
    except (ValueError, KeyError, FilterError) as error:
        raise WatchError("view", value=" ".join(address.split())[:40]) from error
    return View(page, found, _title(title))


def _view_of(value: str) -> View:
    title, bar, address = value.partition("|")
    return view(address, title) if bar else view(value)


def _title(value: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in value[: 10 * MAX_TITLE])
    return " ".join(printable.replace("|", "/").split())[:MAX_TITLE].strip()


def _checked(ids: Iterable[str], views: Iterable[View]) -> Watch:
    cleaned = []
    for given in ids:
        each = given.strip()
        if not each:
            continue
        if len(each) > MAX_ID or not each.isprintable():
            raise WatchError("id", value=ascii(each[:40])[1:-1], limit=str(MAX_ID))
        cleaned.append(each)
    watch = Watch(tuple(dict.fromkeys(cleaned)), tuple(dict.fromkeys(views)))
    if len(watch.ids) > MAX_FACILITIES:
        raise WatchError("many", n=str(len(watch.ids)), limit=str(MAX_FACILITIES))
    if len(watch.views) > MAX_VIEWS:
        raise WatchError("many_views", n=str(len(watch.views)), limit=str(MAX_VIEWS))
    return watch


def joined(first: Watch, second: Watch) -> Watch:
    """Both lists as one; the past of the second, if it has one. WatchError if that is too much."""
    watch = _checked((*first.ids, *second.ids), (*first.views, *second.views))
    return replace(watch, saved=second.saved or first.saved)


def without(watch: Watch, *, facility_id: str = "", view: View | None = None) -> Watch:
    """The list without one facility or one view."""
    ids = tuple(each for each in watch.ids if each != facility_id)
    return replace(watch, ids=ids, views=tuple(each for each in watch.views if each != view))


# ---- the file -------------------------------------------------------------------------------------------------------
def to_json(watch: Watch, snapshot: Snapshot) -> bytes:
    """The file of a list: what is watched, the version of the data, and how each facility stands in it."""
    rows = rows_of(watch, snapshot.facilities)
    kept = [{"facility_id": each, **{name: _plain(rows[each][name]) for name in KEPT if each in rows}} for each in watch.ids]
    views = [{"title": each.title, "address": each.address} for each in watch.views]
    document = {
        "format": FORMAT, "version": int(VERSION), "snapshot_id": snapshot.id, "as_of": str(snapshot.as_of),
        "facilities": kept, "views": views,
    }  # fmt: skip
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def to_csv(watch: Watch, snapshot: Snapshot) -> bytes:
    """The facilities of a list for a spreadsheet; views are in the JSON file only."""
    rows = rows_of(watch, snapshot.facilities)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("facility_id", *KEPT, "snapshot_id", "as_of"))
    for each in watch.ids:
        values = [_cell(_plain(rows[each][name])) if each in rows else "" for name in KEPT]
        writer.writerow((apostrophe.mark(each), *values, snapshot.id, snapshot.as_of))
    return out.getvalue().encode("utf-8-sig")


def _plain(value: Any) -> Any:
    if value is None or pd.isna(value):
        return None
    return value.isoformat() if isinstance(value, date) else bool(value) if not isinstance(value, str) else value


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def read(content: str) -> Watch:
    """The list of a file's text, JSON or CSV. WatchError says what is wrong with it; nothing is guessed."""
    if len(content.encode("utf-8", "replace")) > MAX_FILE_BYTES:
        raise WatchError("large", limit=str(MAX_FILE_BYTES // 1000))
    content = content.removeprefix("\ufeff")
    return _from_json(content) if content.lstrip().startswith("{") else _from_csv(content)


def _from_json(content: str) -> Watch:
    try:
        [document] = strict_json.loads(content, name="", max_depth=_MAX_DEPTH)
    except (DataError, ValueError) as error:  # not JSON, or several documents
        raise WatchError("format") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("version") != VERSION:
        raise WatchError("format")
    facilities, views = document.get("facilities", []), document.get("views", [])
    if not _are_objects(facilities) or not _are_objects(views):
        raise WatchError("format")
    watch = _checked(
        (_string(each, "facility_id") for each in facilities),
        (view(_string(each, "address"), _string(each, "title", "")) for each in views),
    )
    stood = {_string(each, "facility_id").strip(): _stood(each, _of_json) for each in facilities}
    return replace(watch, saved=_saved(_string(document, "snapshot_id"), _string(document, "as_of"), stood))


def _from_csv(content: str) -> Watch:
    first = content.partition("\n")[0]
    separator = max(",;\t", key=first.count)  # a spreadsheet set to Kazakhstan writes semicolons
    try:
        lines = list(csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise WatchError("format") from error
    head = [cell.strip() for cell in lines[0]] if lines else []
    if "facility_id" not in head or len(set(head)) != len(head):
        raise WatchError("format")
    is_ours = {"snapshot_id", "as_of"} <= set(head)
    records = []
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(head):
            raise WatchError("line", line=str(number))
        cells = [apostrophe.unmark(cell.strip()) if is_ours else cell.strip() for cell in line]
        records.append(dict(zip(head, cells, strict=True)))
    watch = _checked((each["facility_id"] for each in records), ())
    versions = {(each["snapshot_id"], each["as_of"]) for each in records} if is_ours else set()
    if len(versions) != 1:
        return watch  # a plain list, or one of several versions: there is no one past to compare with
    stood = {each["facility_id"].strip(): _stood(each, _of_csv) for each in records}
    return replace(watch, saved=_saved(*versions.pop(), stood))


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _string(record: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = record.get(name, default)
    if not isinstance(value, str) or isinstance(value, strict_json.Number):
        raise WatchError("field", name=name)
    return value


def _saved(snapshot_id: str, as_of: str, facilities: Mapping[str, Mapping[str, Any]]) -> Saved:
    if not re.fullmatch(r"[0-9a-f]{12}", snapshot_id):
        raise WatchError("field", name="snapshot_id")
    return Saved(snapshot_id, _date(as_of, "as_of"), facilities)


def _stood(record: Mapping[str, Any], convert: Callable[[str, Any], Any]) -> dict[str, Any]:
    """What a file says of one facility; a column that it does not have is left out, so it is not compared."""
    return {name: convert(name, record[name]) for name in KEPT if name in record}


def _of_json(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "is_flagged":
        if not isinstance(value, bool):
            raise WatchError("field", name=name)
        return value
    if not isinstance(value, str):
        raise WatchError("field", name=name)
    return _known(name, value)


def _of_csv(name: str, value: str) -> Any:
    if value == "":
        return None
    if name == "is_flagged":
        if value.lower() not in ("true", "false"):  # a spreadsheet writes them in capitals
            raise WatchError("field", name=name)
        return value.lower() == "true"
    return _known(name, value)


def _known(name: str, value: str) -> Any:
    if name == "due_on":
        return _date(value, name)
    if value not in _CHOICES[name]:
        raise WatchError("field", name=name)
    return value


def _date(value: str, name: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise WatchError("field", name=name)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise WatchError("field", name=name) from error


def past(content: str) -> Saved | None:
    """How things stood by the file of which this is the text; None without one."""
    try:
        return read(content).saved if content else None
    except WatchError:
        return None


# ---- now and then ---------------------------------------------------------------------------------------------------
def rows_of(watch: Watch, facilities: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The watched facilities that this version has and may show: identifier -> row."""
    shown = facilities["facility_id"].isin(watch.ids) & filters.public(facilities)
    return {row["facility_id"]: row for row in facilities[shown].to_dict("records")}


@dataclass(frozen=True)
class Change:
    """One thing about one facility that is not as the file has it. `column` of KEPT; None = not known."""

    column: str
    before: Any
    now: Any


def changes(facility_id: str, row: Mapping[str, Any] | None, saved: Saved | None) -> tuple[Change, ...]:
    """What changed about a facility since the file was saved; nothing where the file does not know it or it is gone."""
    stood = saved.facilities.get(facility_id, {}) if saved else {}
    if row is None:
        return ()
    now = {name: None if row[name] is None or pd.isna(row[name]) else row[name] for name in stood}
    return tuple(Change(name, stood[name], now[name]) for name in KEPT if name in stood and now[name] != stood[name])


def order(watch: Watch, rows: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    """Identifiers with those that changed first, then those that this version does not have, then as they were added."""
    rank = {each: 0 if changes(each, rows.get(each), watch.saved) else 1 if each not in rows else 2 for each in watch.ids}
    return sorted(watch.ids, key=rank.__getitem__)
