"""The light front for phones: plain pages under /m/, without Streamlit and without any need of JavaScript.

Where the reader is comes in the body of a form and leaves with the answer: never in an address, a log or a file. What
the pages say comes from the same functions and texts as the dashboard.
"""

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, quote

import anyio
import brotli
import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from riskmap import explain, filters, geography, i18n, near, schema, visit
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot
from riskmap.visit import Here
from riskmap.web import current, files

FOLDER = Path(__file__).with_name("light")
RADII_KM = (2, 5, 10, 25, 100)
ANY_DISTANCE = "any"  # the nearest, however far
NUMBERS = (10, 20, 50)  # facilities on one page
_STANDARD = {"radius": "25", "n": "20"}
_MAX_BODY, _MAX_FIELDS, _MAX_TYPED, _MAX_ID = 8_000, 60, 100, 200
_N_SETTLEMENTS = 8
_SINGLE = ("settlement", "coordinates", "lat", "lon", "accuracy", "pick", "place", "radius", "n", "flagged")
_LISTS = ("type", "level")
_DEGREES, _METRES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,6})?"), re.compile(r"[0-9]{1,8}(\.[0-9]{1,9})?")
_ROW = re.compile(r"[0-9]{1,7}")
_HTML = "text/html"
_few_at_a_time = anyio.CapacityLimiter(2)  # each takes a processor for up to 0.2 s


class Refused(Exception):
    """What came from the reader cannot be used: `key` of the sentence in the section `light.error` that says why."""

    def __init__(self, key: str, status: int = 400) -> None:
        super().__init__(key)
        self.key, self.status = key, status


@dataclass(frozen=True)
class Asked:
    """A form that was read: the place, or in `error` why there is none; settlements of that name; what to show."""

    here: Here | None
    around: str
    settlements: tuple[tuple[int, str], ...]
    error: str
    filter_: filters.Filter
    radius_km: float | None
    n: int


def routes() -> list[Route]:
    """The pages, their script, and a page in words for every other address below them."""
    return [
        Route("/m", _to_slash),
        Route("/m/", _page(near_me), methods=["GET"]),
        Route("/m/", _page(near_me_asked), methods=["POST"]),
        Route("/m/facility/{facility_id:path}", _page(facility)),
        Route("/m/visit/{facility_id:path}", _page(visit_sheet)),
        Route("/m/offline", _page(offline)),
        Route("/m/light.js", files.script),
        Route("/m/sw.js", files.script),
        Route("/m/{rest:path}", _page(nothing_here), methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    ]


def door(lang: str) -> str:
    """The way from the dashboard to the light pages."""
    return f'<p class="quiet"><a href="m/?lang={lang}" target="_self">{escape(text("light.door", lang))}</a></p>'


def url(root: str, page: str, facility_id: str = "", *, lang: str) -> str:
    """Address of a light page, relative to `root`: `url("../", "facility", "DEMO-1", lang="kk")`."""
    return f"{root or './'}{f'{page}/' if page else ''}{quote(facility_id, safe='')}?lang={lang}"


# ---- the pages ------------------------------------------------------------------------------------------------------
async def near_me(request: Request, lang: str) -> Response:
    return _answer(request, _form(request, lang, dict(_STANDARD), None, None))


async def near_me_asked(request: Request, lang: str) -> Response:
    """The facilities around the place in the form. The answer is kept nowhere: neither here nor by the browser."""
    given = await _fields(request)
    try:
        status, body = await anyio.to_thread.run_sync(_around, request, lang, given, limiter=_few_at_a_time)
    except (Refused, DataError):
        raise
    except Exception as error:
        _raise_without_values(error)
    return _private(request, body, status)


async def facility(request: Request, lang: str) -> Response:
    """What a visitor needs of one facility."""
    return await _of_facility(request, lang, "facility.html")


async def visit_sheet(request: Request, lang: str) -> Response:
    """The sheet to take along: what to look at, boxes to tick, how to stay safe."""
    return await _of_facility(request, lang, "visit.html")


async def offline(request: Request, lang: str) -> Response:
    """What the service worker shows where the line is gone and the page was never opened; in every language."""
    words = [(each, text("light.offline.title", each), text("light.offline.what", each)) for each in i18n.LANGUAGES]
    return _answer(request, _html(request, "offline.html", lang, title=text("light.offline.title", lang), words=words))


async def nothing_here(request: Request, lang: str) -> Response:
    raise Refused("page", 404)


async def _to_slash(request: Request) -> Response:
    return RedirectResponse("m/" + (f"?{request.url.query}" if request.url.query else ""), 307)


def _page(of: Callable) -> Callable:
    """A route that speaks the reader's language, also where it refuses or has no data to show."""

    async def route(request: Request) -> Response:
        lang = _lang(request)
        try:
            if set(request.query_params) - {"lang"}:
                raise Refused("parameter")
            if request.query_params.get("lang", lang) != lang or len(request.query_params.multi_items()) > 1:
                raise Refused("language")
            return await of(request, lang)
        except Refused as refused:
            words = text(f"light.error.{refused.key}", lang)
            return _private(request, _html(request, "error.html", lang, title=words, words=""), refused.status)
        except DataError:
            parts = {part: text(f"frame.no_snapshot.{part}", lang) for part in ("title", "what")}
            return _private(request, _html(request, "error.html", lang, title=parts["title"], words=parts["what"]), 503)

    return route


async def _of_facility(request: Request, lang: str, template: str) -> Response:
    facility_id = request.path_params["facility_id"]
    known = await anyio.to_thread.run_sync(_known, current.current().id, facility_id, lang, limiter=_few_at_a_time)
    return _answer(request, _html(request, template, lang, **known))


# ---- what is shown --------------------------------------------------------------------------------------------------
def _around(request: Request, lang: str, given: Mapping[str, Any], /) -> tuple[int, bytes]:
    snapshot = current.current()
    asked = _asked(given, snapshot.manifest["settings"]["country"], lang)
    found = sentence = None
    if asked.here is not None:
        if asked.radius_km is None:
            found = visit.nearest(snapshot.facilities, asked.here, asked.n, asked.filter_)
            sentence = text("light.nearest", lang, n=i18n.number(found.n, lang), flagged=i18n.number(found.n_flagged, lang))
        else:
            found = visit.around(snapshot.facilities, _index(snapshot.id), asked.here, asked.radius_km, asked.filter_)
            sentence = visit.sentence(found, asked.radius_km, lang)
    kept = {**_STANDARD, **given}
    status = 400 if asked.here is None else 200
    return status, _form(request, lang, kept, asked, found, sentence)


def _form(
    request: Request,
    lang: str,
    kept: Mapping[str, Any],
    asked: Asked | None,
    found: visit.Found | None,
    sentence: str | None = None,
) -> bytes:
    country = current.current().manifest["settings"]["country"]
    cards = found.cards(1, asked.n, lang) if found and asked else []
    filled = {**dict.fromkeys((*_SINGLE, *_LISTS), ""), **kept}
    return _html(
        request, "near.html", lang, title=text("light.near", lang), kept=filled, asked=asked, cards=cards, found=found,
        sentence=sentence, has_settlements=bool(country["settlements"]), radii=RADII_KM, any_distance=ANY_DISTANCE,
        numbers=NUMBERS,
        types=[(code, filters.value_word("types", code, lang)) for code in (*schema.FACILITY_TYPES, filters.UNKNOWN)],
        levels=[(code, filters.value_word("levels", code, lang)) for code in schema.LEVELS],
        errors={code: text(f"nearby.error.{code}", lang) for code in visit.POSITION_ERRORS},
    )  # fmt: skip


def _asked(given: Mapping[str, Any], country: Mapping[str, Any], lang: str) -> Asked:
    """The form in our terms. A settlement picked from the list wins, then coordinates, a name, and the position."""
    radius, n = given.get("radius", _STANDARD["radius"]), given.get("n", _STANDARD["n"])
    if radius not in (ANY_DISTANCE, *map(str, RADII_KM)) or n not in map(str, NUMBERS):
        raise Refused("value")
    try:
        filter_ = filters.from_query({name: given[name] for name in ("flagged", *_LISTS) if given.get(name)})
    except filters.FilterError:
        raise Refused("value") from None
    here, around, named, error = _place(given, country, lang)
    return Asked(here, around, named, error, filter_, None if radius == ANY_DISTANCE else float(radius), int(n))


def _place(
    given: Mapping[str, Any], country: Mapping[str, Any], lang: str
) -> tuple[Here | None, str, tuple[tuple[int, str], ...], str]:
    typed, name = given.get("coordinates", "").strip(), given.get("settlement", "").strip()
    picked = given.get("pick") or ("" if typed or name else given.get("place", ""))
    if picked:
        places = geography.settlements(country["settlements"])
        if not _ROW.fullmatch(picked) or int(picked) >= len(places):
            raise Refused("value")
        row = places.iloc[int(picked)].to_dict()
        return Here(row["lat"], row["lon"]), visit.place_label(row, lang), (), ""
    if typed:
        here = visit.here_of_text(typed, country)
        return (None, "", (), text(f"nearby.error.{here.error}", lang)) if here.error else (here, typed, (), "")
    if name:
        rows = geography.find_settlement(name, _N_SETTLEMENTS, country["settlements"])
        labels = tuple(
            (int(at), visit.place_label(row, lang)) for at, row in zip(rows.index, rows.to_dict("records"), strict=True)
        )
        if not labels:
            return None, "", (), text("nearby.settlement.none", lang, query=name)
        first = rows.iloc[0]
        return Here(first["lat"], first["lon"]), labels[0][1], labels[1:], ""
    if given.get("lat") or given.get("lon"):
        here = _position(given)
        return here, visit.accuracy_words(here, lang), (), ""
    return None, "", (), text("light.error.no_place", lang)


def _position(given: Mapping[str, Any]) -> Here:
    """The position that the script put into the form, rounded to about 100 m once more."""
    lat, lon, accuracy = (given.get(name, "") for name in ("lat", "lon", "accuracy"))
    if not _DEGREES.fullmatch(lat) or not _DEGREES.fullmatch(lon) or (accuracy and not _METRES.fullmatch(accuracy)):
        raise Refused("value")
    answer = {"lat": round(float(lat), 3), "lon": round(float(lon), 3), "accuracy": float(accuracy) if accuracy else None}
    here = visit.here_of_browser(answer)
    if here.error:
        raise Refused("value")
    return here


@lru_cache(maxsize=2)
def _index(snapshot_id: str) -> near.Index:
    facilities = current.get(snapshot_id).facilities
    return near.build(facilities["lat"], facilities["lon"])


@lru_cache(maxsize=500)
def _known(snapshot_id: str, facility_id: str, lang: str) -> dict[str, Any]:
    """What the pages of a facility say; restricted facilities are not there at all."""
    snapshot = current.get(snapshot_id)
    row = explain.find(snapshot.facilities, facility_id) if len(facility_id) <= _MAX_ID else None
    if row is None:
        raise Refused("facility", 404)
    known = explain.explain(row, snapshot.manifest["settings"], lang, n_facilities=len(snapshot.facilities))
    has_place = row["lat"] == row["lat"] and row["lon"] == row["lon"]
    shown = visit.cards(snapshot.facilities[snapshot.facilities["facility_id"] == facility_id], None, lang)[0]
    return {
        "title": shown.title,
        "card": shown,
        "place": explain.place(row, lang),
        "coordinates": f"{row['lat']:.5f}, {row['lon']:.5f}" if has_place else "",
        "precision": _precision(row, lang) if has_place else "",
        "headline": known.headline,
        "dates": [(text(f"column.{name}", lang), i18n.day(day, lang)) for name, day in known.dates],
        "parties": [(text(f"column.{name}", lang), _or_unknown(row[name], lang)) for name in ("buyer_name", "supplier_name")],
        "works": known.money,
        "tasks": explain.tasks(known.firing, "volunteer", lang),
        "unknown": explain.unknown(known.not_known, lang),
        "source": explain.source(row, lang),
        "source_url": explain.link(row),
        "statuses": [text(f"observation.status.{name}", lang) for name in schema.STATUSES],
        "stages": [text(f"observation.stage.{name}", lang) for name in schema.STAGES],
    }


def _precision(row: Mapping[str, Any], lang: str) -> str:
    stated = row["location_precision"]
    return "" if stated == "site" else text(f"nearby.precision.{stated if isinstance(stated, str) else 'unknown'}", lang)


def _or_unknown(value: Any, lang: str) -> str:
    return value if isinstance(value, str) else text("common.not_known", lang)


# ---- what comes in --------------------------------------------------------------------------------------------------
def _lang(request: Request) -> str:
    """`?lang=`, else the first language of the browser that we speak, else Kazakh."""
    if (asked := request.query_params.get("lang")) in i18n.LANGUAGES:
        return str(asked)
    wanted = [
        part.strip().partition("-")[0].partition(";")[0].lower()
        for part in request.headers.get("accept-language", "").split(",")[:20]
    ]
    return next((name for name in wanted if name in i18n.LANGUAGES), i18n.LANGUAGES[0])


async def _fields(request: Request) -> dict[str, Any]:
    """The fields of the form: each known, none too long, single ones at most once."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Refused("form", 415)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BODY:
            raise Refused("long", 413)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=_MAX_FIELDS, errors="strict"
        )
    except ValueError:
        raise Refused("form") from None
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name not in (*_SINGLE, *_LISTS):
            raise Refused("parameter")
        if len(value) > _MAX_TYPED or any(ord(sign) < 32 or ord(sign) == 127 for sign in value):
            raise Refused("long" if len(value) > _MAX_TYPED else "value")
        if name in _LISTS:
            given.setdefault(name, []).append(value)
        elif given.setdefault(name, value) != value:
            raise Refused("form")
    return given


def _raise_without_values(error: Exception) -> NoReturn:
    """The same error for the log, without its message: that could repeat what the reader typed."""
    raise RuntimeError(f"{type(error).__name__} while reading a form").with_traceback(error.__traceback__) from None


# ---- what goes out --------------------------------------------------------------------------------------------------
@cache
def _content(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _html(request: Request, template: str, lang: str, **values: Any) -> bytes:
    try:
        snapshot: Snapshot | None = current.current()
    except DataError:
        snapshot = None
    below = request.scope.get("raw_path", request.url.path.encode()).partition(b"?")[0].partition(b"/m/")[2]
    root = "../" * below.count(b"/")
    own = url(root, "", lang=lang).partition("?")[0] if request.method == "POST" else ""
    shared = {
        "lang": lang, "root": root, "snapshot": snapshot, "css": Markup(_content("light.css")),  # noqa: S704  our own file
        "languages": [(each, f"{own}?lang={each}") for each in i18n.LANGUAGES],
        "script": files.url("m/light.js").removeprefix("m/"),
        "worker": f"sw.js?v={snapshot.id}" if snapshot else "",
        "data_date": text("common.data_date", lang, date=i18n.day(snapshot.as_of, lang)) if snapshot else "",
        "version": text("common.version", lang, id=snapshot.id) if snapshot else "",
        "t": lambda key, **params: text(key, lang, **params), "url": lambda page, of="": url(root, page, of, lang=lang),
    }  # fmt: skip
    return _templates().get_template(template).render(**shared, **values).encode()


def _answer(request: Request, body: bytes) -> Response:
    """A page that may be kept and asked for again."""
    found = files.answer(request, body, _HTML, is_versioned=False)
    found.headers["Vary"] = "Accept-Encoding, Accept-Language"
    return found


def _private(request: Request, body: bytes, status: int) -> Response:
    """A page that nobody keeps, compressed for this answer only."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding, Accept-Language"}
    accepted = request.headers.get("accept-encoding", "")
    if "br" in accepted or "gzip" in accepted:
        name = "br" if "br" in accepted else "gzip"
        body = brotli.compress(body, quality=5) if name == "br" else gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = name
    return Response(body, status, headers, _HTML)
