"""The read-only HTTP API: facilities with the filters of the pages, as JSON, GeoJSON and CSV.

An OGC API - Features service (Part 1: Core, 1.0.1), so that QGIS and other maps open it as a layer; its description is
`riskmap.web.openapi`. A page of results names the snapshot it comes from, and its cursor stays on that snapshot, so that
a list read page by page is one list even when a newer snapshot comes meanwhile.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import anyio
import numpy as np
import pandas as pd
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import riskmap
from riskmap import explain, export, filters, i18n
from riskmap.export import csv, geojson, table
from riskmap.problem import DataError, describe_error
from riskmap.snapshot import Snapshot
from riskmap.web import current, found, openapi

FORMATS = {"geojson": geojson.MEDIA_TYPE, "json": "application/json", "csv": csv.MEDIA_TYPE}
CONFORMS_TO = tuple(f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "geojson"))
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
LIMIT, MAX_LIMIT = 100, 1000  # facilities on one page
_OWN = ("f", "limit", "cursor", "bbox", "datetime", "columns", "lang", "snapshot")
_CURSOR = re.compile(r"([0-9a-f]{12})-(0|[1-9][0-9]{0,8})")
_NUMBER = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,9})?")
_two_at_a_time = anyio.CapacityLimiter(2)


class Refused(Exception):
    """A request that cannot be answered: status and a sentence for the programmer who reads it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass(frozen=True)
class Asked:
    """A request for facilities, read strictly. `start`: place of the first one in the order of the filter."""

    snapshot: Snapshot
    filter_: filters.Filter
    format_: str
    limit: int
    start: int
    bbox: tuple[float, float, float, float] | None
    due: tuple[date | None, date | None] | None
    columns: tuple[str, ...]
    lang: str


def routes() -> list[Route]:
    """Every address of the API; what is below `/api` and not here answers 404 as JSON."""
    return [
        Route("/api", _route(landing)),
        Route("/api/conformance", _route(conformance)),
        Route("/api/openapi.json", _route(description, media_type="application/vnd.oai.openapi+json;version=3.0")),
        Route("/api/snapshots", _route(snapshots)),
        Route("/api/collections", _route(collections)),
        Route("/api/collections/facilities", _route(collection)),
        Route("/api/collections/facilities/schema", _route(schema, media_type="application/schema+json")),
        Route("/api/collections/facilities/items", _route(items)),
        Route("/api/collections/facilities/items/{facility_id:path}", _route(item)),
        Route("/api/{rest:path}", _route(_nothing), methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    ]


# ---- what can be asked ----------------------------------------------------------------------------------------------
def landing(request: Request) -> Any:
    _only(request, ())
    snapshot = current.current()
    words = {"title": i18n.text("common.app", "en"), "description": openapi.WHAT}
    return {**words, **_stamp(snapshot, "en"), "links": [
        _link(request, "/api", "self", "application/json"),
        _link(request, "/api/openapi.json", "service-desc", "application/vnd.oai.openapi+json;version=3.0"),
        _link(request, "/api/conformance", "conformance", "application/json"),
        _link(request, "/api/collections", "data", "application/json"),
        _link(request, "/api/snapshots", "version-history", "application/json"),
    ]}  # fmt: skip


def conformance(request: Request) -> Any:
    _only(request, ())
    return {"conformsTo": list(CONFORMS_TO)}


def description(request: Request) -> Any:
    _only(request, ())
    return openapi.describe(current.current(), server=_root(request), formats=FORMATS, limit=LIMIT, max_limit=MAX_LIMIT)


def snapshots(request: Request) -> Any:
    """Every version that is kept, oldest first: any of them can be asked for by its id."""
    _only(request, ())
    newest = current.current().id
    kept = [{"snapshot_id": one.id, "as_of": str(one.as_of), "is_current": one.id == newest} for one in current.known()]
    return {"snapshots": kept}


def collections(request: Request) -> Any:
    _only(request, ())
    return {"links": [_link(request, "/api/collections", "self", "application/json")], "collections": [_facilities(request)]}


def collection(request: Request) -> Any:
    _only(request, ())
    return _facilities(request)


def schema(request: Request) -> Any:
    """The columns as JSON Schema: without it a map program guesses their kinds from the first page, and amounts overflow."""
    _only(request, ())
    return openapi.json_schema(current.current(), address=_root(request) + "/api/collections/facilities/schema")


def items(request: Request) -> Any:
    """A page of facilities in the order of the filter; everything the pages show can be asked for, and nothing else."""
    asked = _asked(request)
    positions = found.look(asked.snapshot, asked.filter_).positions
    positions = positions[_inside(asked, positions)]
    part = asked.snapshot.facilities.take(positions[asked.start : asked.start + asked.limit])
    links = [_page(request, asked, asked.start, "self")]
    if asked.start + asked.limit < len(positions):
        links.append(_page(request, asked, asked.start + asked.limit, "next"))
    if asked.start:
        links.append(_page(request, asked, max(0, asked.start - asked.limit), "prev"))
    notice = export.notice(asked.snapshot, asked.lang)
    rows = table.build(part, asked.columns, asked.snapshot, asked.lang, notice)
    if asked.format_ == "csv":
        others = ", ".join(f'<{link["href"]}>; rel="{link["rel"]}"' for link in links if link["rel"] != "self")
        return Response(
            csv.encode(table.Listing(rows), {}), headers={"Link": others} if others else {}, media_type=csv.MEDIA_TYPE
        )
    head = {**_stamp(asked.snapshot, asked.lang), "numberMatched": len(positions), "numberReturned": len(part), "links": links}
    records = [dict(zip(rows.kinds, row, strict=True)) for row in rows.rows]
    if asked.format_ == "json":
        return {**head, "facilities": records}
    return {"type": "FeatureCollection", **head, "features": [geojson.feature(record) for record in records]}


def item(request: Request) -> Any:
    """One facility with all its columns."""
    _only(request, ("f", "lang", "snapshot", "columns"))
    asked = _asked(request, columns=request.query_params.get("columns", "all"))
    row = explain.find(asked.snapshot.facilities, request.path_params["facility_id"][:200])
    if row is None:
        raise Refused(404, "no facility has this identifier in this snapshot")
    at = asked.snapshot.facilities["facility_id"].eq(row["facility_id"]).fillna(False).to_numpy(bool)
    notice = export.notice(asked.snapshot, asked.lang)
    rows = table.build(asked.snapshot.facilities[at], asked.columns, asked.snapshot, asked.lang, notice)
    record = dict(zip(rows.kinds, rows.rows[0], strict=True))
    if asked.format_ == "csv":
        return Response(csv.encode(table.Listing(rows), {}), media_type=csv.MEDIA_TYPE)
    own = "/api/collections/facilities/items/" + request.path_params["facility_id"]
    links = [_link(request, own, "self", FORMATS[asked.format_]),
             _link(request, "/api/collections/facilities", "collection", "application/json")]  # fmt: skip
    shown = record if asked.format_ == "json" else geojson.feature(record)
    return {**_stamp(asked.snapshot, asked.lang), "links": links, **shown}


def _nothing(request: Request) -> Any:
    raise Refused(404, "nothing is at this address; see /api")


# ---- how it is asked ------------------------------------------------------------------------------------------------
def _asked(request: Request, *, columns: str | None = None) -> Asked:
    query = request.query_params
    _only(request, (*_OWN, *filters.QUERY_NAMES))
    lang, format_ = query.get("lang", "en"), query.get("f", "geojson")
    if lang not in i18n.LANGUAGES:
        raise Refused(400, "lang: one of " + ", ".join(i18n.LANGUAGES))
    if format_ not in FORMATS:
        raise Refused(400, "f: one of " + ", ".join(FORMATS))
    limit = query.get("limit", str(LIMIT))
    if not re.fullmatch(r"[1-9][0-9]{0,8}", limit):
        raise Refused(400, f"limit: a whole number from 1; more than {MAX_LIMIT} gives {MAX_LIMIT}")
    snapshot_id, start = query.get("snapshot"), 0
    if "cursor" in query:
        parts = _CURSOR.fullmatch(query["cursor"])
        if not parts or snapshot_id not in (None, parts[1]):
            raise Refused(400, "cursor: as it stood in the link to the next page")
        snapshot_id, start = parts[1], int(parts[2])
    snapshot = current.named(snapshot_id) if snapshot_id is not None else current.current()
    if snapshot is None:
        raise Refused(410 if "cursor" in query else 404, "this snapshot is not kept here; see /api/snapshots")
    names = columns or query.get("columns")
    try:
        filter_ = filters.from_query(query)
        chosen = table.choose(names.split(",") if names else None, snapshot)
    except filters.FilterError as error:
        raise Refused(400, error.sentence("en")) from None
    except DataError as error:
        raise Refused(400, describe_error(error, "en")) from None
    if format_ == "geojson":  # a feature without them would be nowhere
        chosen = tuple(dict.fromkeys((*chosen, "facility_id", "lat", "lon")))
    bbox, due = _bbox(query.get("bbox")), _interval(query.get("datetime"))
    return Asked(snapshot, filter_, format_, min(int(limit), MAX_LIMIT), start, bbox, due, chosen, lang)


def _bbox(given: str | None) -> tuple[float, float, float, float] | None:
    """ "west,south,east,north" in degrees; west may be greater than east where the box goes over the date line."""
    if given is None:
        return None
    parts = given.split(",")
    if len(parts) != 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise Refused(400, "bbox: west,south,east,north in degrees")
    west, south, east, north = map(float, parts)
    if south > north or max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise Refused(400, "bbox: west,south,east,north in degrees; south is not above north")
    return west, south, east, north


def _interval(given: str | None) -> tuple[date | None, date | None] | None:
    """A day, or "from/to" with ".." for an open end (RFC 3339, of which the day counts)."""
    if given is None:
        return None
    ends = [None if part in ("", "..") else _day(part) for part in given.split("/")]
    if len(ends) > 2 or ends in ([None], [None, None]) or (len(ends) == 2 and None not in ends and ends[0] > ends[1]):  # type: ignore[operator]
        raise Refused(400, "datetime: a day, or two days with a slash between; .. for an open end")
    return ends[0], ends[-1]


def _day(given: str) -> date:
    try:
        return date.fromisoformat(re.sub(r"T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})$", "", given[:40]))
    except ValueError:
        raise Refused(400, "datetime: a day as 2026-11-01") from None


def _inside(asked: Asked, positions: np.ndarray) -> np.ndarray:
    """Which of these rows lie in the box and are planned for the interval; without a planned date a row is always inside."""
    keep = np.ones(len(positions), bool)
    if asked.bbox is not None:
        west, south, east, north = asked.bbox
        lon, lat = (asked.snapshot.facilities[name].to_numpy(float, na_value=math.nan)[positions] for name in ("lon", "lat"))
        within = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
        keep &= within & (lat >= south) & (lat <= north)
    if asked.due is not None:
        days = pd.to_datetime(asked.snapshot.facilities["due_on"]).take(positions)
        for end, is_out in zip(asked.due, (days.lt, days.gt), strict=True):
            if end is not None:
                keep &= ~is_out(pd.Timestamp(end)).fillna(False).to_numpy(bool)
    return keep


def _only(request: Request, known: tuple[str, ...]) -> None:
    """A misspelt condition must not be answered as if it had not been set."""
    given = [name for name, _ in request.query_params.multi_items()]
    unknown = sorted({name[:40] for name in given if name not in known})[:10]
    if unknown:
        raise Refused(400, "unknown parameter: " + ", ".join(unknown))
    if twice := [name for name in _OWN if given.count(name) > 1]:
        raise Refused(400, f"{twice[0]}: once only")


# ---- how it is answered ---------------------------------------------------------------------------------------------
def _route(answer: Callable[[Request], Any], media_type: str = "application/json") -> Callable:
    """A route: 304 where the asker has this page of this snapshot already, else the answer; errors as JSON."""

    async def route(request: Request) -> Response:
        try:
            if request.method not in ("GET", "HEAD"):
                raise Refused(405 if answer is not _nothing else 404, "read only")
            tag = _tag(request)
            headers = {"ETag": tag, "Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
            if tag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers=headers)
            found_ = await anyio.to_thread.run_sync(answer, request, limiter=_two_at_a_time)
            if isinstance(found_, Response):
                found_.headers.update(headers)
                return found_
            is_geojson = isinstance(found_, Mapping) and str(found_.get("type", "")).startswith("Feature")
            return Response(_json(found_), headers=headers, media_type=geojson.MEDIA_TYPE if is_geojson else media_type)
        except Refused as refused:
            return _error(refused.status, refused.sentence)
        except DataError:
            return _error(503, "no snapshot is loaded yet")

    return route


def _tag(request: Request) -> str:
    """The answer depends on the snapshot in service, the program and the address alone."""
    asked = f"{current.current().id} {riskmap.__version__} {request.url.path}?{request.url.query} {_root(request)}"
    return f'"{current.current().id}-{hashlib.sha256(asked.encode()).hexdigest()[:16]}"'


def _error(status: int, sentence: str) -> Response:
    headers = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
    return Response(_json({"code": str(status), "description": sentence}), status, headers, "application/json")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=date.isoformat).encode()


def _stamp(snapshot: Snapshot, lang: str) -> dict[str, Any]:
    """What every answer carries: which data this is, and what it is not."""
    notice = export.notice(snapshot, lang)
    return {"notice": notice, "snapshot_id": snapshot.id, "as_of": str(snapshot.as_of), "is_demo": snapshot.is_demo}


def _facilities(request: Request) -> dict[str, Any]:
    snapshot = current.current()
    shown = snapshot.facilities[filters.public(snapshot.facilities)]
    lon, lat = shown["lon"].dropna(), shown["lat"].dropna()
    box = [float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())] if len(lon) else [-180.0, -90.0, 180.0, 90.0]
    return {
        "id": "facilities", "title": i18n.text("common.app", "en"), "description": openapi.WHAT, "itemType": "feature",
        "extent": {"spatial": {"bbox": [box], "crs": CRS84}}, "crs": [CRS84],
        "links": [
            _link(request, "/api/collections/facilities", "self", "application/json"),
            _link(request, "/api/collections/facilities/schema", "describedby", "application/schema+json"),
        ]
        + [_link(request, f"/api/collections/facilities/items?f={name}", "items", kind) for name, kind in FORMATS.items()],
    }  # fmt: skip


def _page(request: Request, asked: Asked, start: int, rel: str) -> dict[str, str]:
    """The address of a page of the same list; all but the first of the newest snapshot name the snapshot."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name not in ("cursor", "snapshot")]
    address = "/api/collections/facilities/items?" + urlencode([*query, ("cursor", f"{asked.snapshot.id}-{start}")])
    return _link(request, address, rel, FORMATS[asked.format_])


def _link(request: Request, path: str, rel: str, media_type: str) -> dict[str, str]:
    return {"href": _root(request) + path, "rel": rel, "type": media_type}


def _root(request: Request) -> str:
    return str(request.base_url).rstrip("/")
