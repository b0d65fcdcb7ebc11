"""What changed, over HTTP: the files of the page of changes, and an Atom feed (RFC 4287) of the country or of one region."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid5
from xml.etree import ElementTree as xml

import anyio
import pandas as pd
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from riskmap import explain, export, i18n
from riskmap.compare import Comparison
from riskmap.export import Export, changes
from riskmap.filters import region_name
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.web import current, exports, files, history

FEED = "/feeds/changes.atom"
FILE = "/files/{before_id}/{snapshot_id}/{ending}"
_ATOM = "http://www.w3.org/2005/Atom"
_NAMESPACE = UUID("6f0b3f0e-3c5d-5c1e-9a51-1f2f7a0c7e11")  # of our ids: any constant
_N_PAIRS, _N_ENTRIES = 6, 200  # versions a feed looks back, and changes it lists of each
_one_at_a_time = anyio.CapacityLimiter(1)


# ---- files ------------------------------------------------------------------------------------------------------------
def file_url(compared: Comparison, which: str, *, format: str, lang: str, region: str | None, is_manifest: bool = False) -> str:
    """Relative address of a file of changes: "files/1f2a.../3f2a.../silent.csv?lang=kk"."""
    query = urlencode({"lang": lang} | ({"region": region} if region else {}))
    suffix = export.MANIFEST_SUFFIX if is_manifest else ""
    return f"files/{quote(compared.before.id)}/{quote(compared.after.id)}/{which}.{format}{suffix}?{query}"


async def changes_file(request: Request) -> Response:
    """Route: a list of changes as a file, or its manifest where the address ends in .manifest.json."""
    ending = request.path_params["ending"]
    which, _, format_ = ending.removesuffix(export.MANIFEST_SUFFIX).partition(".")
    query = request.query_params
    if unknown := _unknown(query):
        return JSONResponse({"error": "unknown parameter", "names": unknown}, 400)
    ids = (request.path_params["before_id"], request.path_params["snapshot_id"])
    asked = (*ids, which, format_, query.get("lang", i18n.LANGUAGES[0]), query.get("region"))
    try:
        made = await anyio.to_thread.run_sync(_file, *asked, limiter=_one_at_a_time)
    except DataError:
        return JSONResponse({"error": "not found"}, 404)
    if ending == f"{which}.{format_}":
        return exports.attachment(request, made.content, made.file_name, made.media_type)
    name = made.file_name + export.MANIFEST_SUFFIX
    return exports.attachment(request, export.manifest_bytes(made.manifest), name, "application/json")


@lru_cache(maxsize=16)
def _file(before_id: str, after_id: str, which: str, format_: str, lang: str, region: str | None) -> Export:
    compared = history.compared(before_id, after_id)
    snapshots = current.up_to(after_id) if which == "planned_dates" else ()
    return changes.export(compared, which, format=format_, lang=lang, region=region, snapshots=snapshots)


# ---- feed -------------------------------------------------------------------------------------------------------------
def feed_url(lang: str, region: str | None) -> str:
    """Relative address of the feed of a region, or of all."""
    return FEED.lstrip("/") + "?" + urlencode({"lang": lang} | ({"region": region} if region else {}))


async def changes_feed(request: Request) -> Response:
    """Route: the feed. Its entries have the same ids for every reader and in every language."""
    query = request.query_params
    if unknown := _unknown(query):
        return JSONResponse({"error": "unknown parameter", "names": unknown}, 400)
    base = str(request.base_url)
    asked = (base, query.get("lang", i18n.LANGUAGES[0]), query.get("region"))
    try:
        latest = current.current().id
        body = await anyio.to_thread.run_sync(_feed, latest, *asked, limiter=_one_at_a_time)
    except DataError:
        return JSONResponse({"error": "not found"}, 404)
    return files.answer(request, body, "application/atom+xml", is_versioned=False)


@lru_cache(maxsize=64)
def _feed(latest: str, base: str, lang: str, region: str | None) -> bytes:
    """The feed of the snapshots up to `latest`, newest first; DataError for a region that no facility is in."""
    kept = [one.id for one in current.known()]
    pairs = [*pairwise(kept[: kept.index(latest) + 1])][-_N_PAIRS:]
    regions = set(history.regions(latest)["region_code"])
    if region is not None and region not in regions:
        raise DataError("export_unknown_region", given=region[:40], known=", ".join(sorted(regions)))
    shown = current.get(latest)
    key = "changes.feed.title_region" if region else "changes.feed.title"
    page = {"lang": lang} | ({"region": region} if region else {})
    root = head(
        f"feed {region or 'all'} {lang}", text(key, lang, region=region_name(region, lang)), lang, updated=shown.as_of,
        rights=export.notice(shown, lang), own=base + feed_url(lang, region), page=f"{base}changes?{urlencode(page)}",
    )  # fmt: skip
    for before_id, after_id in reversed(pairs):
        for each in _entries(history.compared(before_id, after_id), base, lang, region):
            root.append(each)
    return xml.tostring(root, encoding="utf-8", xml_declaration=True)


def head(key: str, title: str, lang: str, *, updated: date, own: str, page: str, rights: str = "") -> xml.Element:
    """An empty feed. `key` makes its id; `own`: its address; `page`: the page that shows the same."""
    root = xml.Element("feed", {"xmlns": _ATOM, "xml:lang": lang})
    _add(root, "id", f"urn:uuid:{uuid5(_NAMESPACE, key)}")
    _add(root, "title", title)
    _add(root, "updated", _time(updated))
    _add(_add(root, "author"), "name", text("common.app", lang))
    if rights:
        _add(root, "rights", rights)
    xml.SubElement(root, "link", {"rel": "self", "href": own, "type": "application/atom+xml"})
    xml.SubElement(root, "link", {"rel": "alternate", "href": page, "type": "text/html"})
    return root


def entry(key: str, title: str, summary: str, on: date, page: str) -> xml.Element:
    """One entry of a feed; the same `key` gives the same id for every reader and in every language."""
    made = xml.Element("entry")
    _add(made, "id", f"urn:uuid:{uuid5(_NAMESPACE, key)}")
    _add(made, "title", title)
    _add(made, "updated", _time(on))
    _add(made, "summary", summary)
    xml.SubElement(made, "link", {"rel": "alternate", "href": page, "type": "text/html"})
    return made


def _entries(compared: Comparison, base: str, lang: str, region: str | None) -> Iterator[xml.Element]:
    """One entry per change of a facility: flagged or not, else its level; and what changed without an amendment."""
    rows = compared.rows
    if region is not None:
        rows = rows[rows["region_after"].fillna(rows["region_before"]).eq(region)]
    notice = export.notice(compared.after, lang)
    told = rows[rows["change"].notna() | rows["level_move"].notna()]
    silent = compared.silent.merge(rows, on="facility_id")
    n_more = max(0, len(told) + len(silent) - _N_ENTRIES)
    for row in told.head(_N_ENTRIES).to_dict("records"):
        kind = row["change"] if isinstance(row["change"], str) else row["level_move"]
        why = (
            text(f"kind.reason.{row['reason']}", lang)
            if isinstance(row["reason"], str)
            else text(f"kind.level_move.{kind}", lang)
        )
        levels = [_level(row[f"level_{end}"], lang) for end in ("before", "after")]
        budget = row["budget_after"] if pd.notna(row["budget_after"]) else row["budget_before"]
        summary = text(
            "changes.feed.summary", lang, region=region_name(_region(row), lang), why=why, before=levels[0], after=levels[1],
            budget=i18n.money(budget, lang, compared.after.currency), notice=notice,
        )  # fmt: skip
        yield _entry(compared, row, kind, summary, base, lang)
    for row in silent.head(max(0, _N_ENTRIES - len(told))).to_dict("records"):
        summary = text(
            "changes.feed.silent_summary", lang, region=region_name(_region(row), lang),
            what=text(f"kind.what.{row['what']}", lang),
            before=value(row["before"], row["unit"], compared, lang), after=value(row["after"], row["unit"], compared, lang),
            source=source(row, lang), notice=notice,
        )  # fmt: skip
        yield _entry(compared, row, "silent", summary, base, lang, part=f"{row['contract_id']} {row['what']}")
    if n_more:
        summary = text("changes.feed.more_summary", lang, limit=_N_ENTRIES, notice=notice)
        query = {"lang": lang, "snapshot": compared.after.id, "before": compared.before.id}
        title = text("changes.feed.more", lang, n=i18n.number(n_more, lang))
        yield _element(compared, f"more {region or 'all'}", title, summary, f"{base}changes?{urlencode(query)}")


def _entry(
    compared: Comparison, row: Mapping[Any, Any], kind: str, summary: str, base: str, lang: str, *, part: str = ""
) -> xml.Element:
    title = text(f"changes.feed.{kind}", lang, name=explain.name(row, lang))
    in_after = {"snapshot": compared.after.id} if row["in_register_after"] else {"snapshot": compared.before.id}
    page = f"{base}facility?{urlencode({'lang': lang, 'id': row['facility_id'], **in_after})}"
    return _element(compared, f"{kind} {row['facility_id']} {part}", title, summary, page)


def _element(compared: Comparison, key: str, title: str, summary: str, page: str) -> xml.Element:
    return entry(f"{compared.before.id} {compared.after.id} {key}", title, summary, compared.after.as_of, page)


def _add(parent: xml.Element, name: str, words: str | None = None) -> xml.Element:
    child = xml.SubElement(parent, name)
    # a control character of a source would make the whole feed unreadable
    child.text = (
        None if words is None else "".join(c for c in words if c >= " " and not 0xD800 <= ord(c) < 0xE000 and ord(c) < 0xFFFE)
    )
    return child


# ---- words ------------------------------------------------------------------------------------------------------------
def value(given: Any, unit: str, compared: Comparison, lang: str) -> str:
    """A value of the list of silent changes in words."""
    if given is None or pd.isna(given):
        return text("changes.history.withdrawn", lang)
    if unit == "money":
        return i18n.money(int(given), lang, compared.after.currency)
    return i18n.share(given, lang) if unit == "share" else i18n.day(given, lang)


def source(row: Mapping[Any, Any], lang: str) -> str:
    """Where a changed value stands now; nothing where it stands nowhere any more."""
    known = pd.notna(row["source_file"])
    return (
        explain.where(row["source_file"], row["source_sheet"], row["source_row"], lang)
        if known
        else text("common.not_known", lang)
    )


def _level(level: Any, lang: str) -> str:
    return text(f"level.{'not_assessable' if pd.isna(level) else level}.name", lang)


def _region(row: Mapping[Any, Any]) -> str | None:
    return None if pd.isna(row["region_code"]) else row["region_code"]


def _time(day: Any) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _unknown(query: Mapping[str, str]) -> list[str]:
    unknown = sorted({name[:40] for name in query} - {"lang", "region"})[:10]
    return unknown or ([] if query.get("lang", i18n.LANGUAGES[0]) in i18n.LANGUAGES else ["lang"])
