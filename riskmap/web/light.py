"""The light front for phones: plain pages under /m/, without Streamlit and without any need of JavaScript.

Where the reader is comes in the body of a form and leaves with the answer: never in an address, a log or a file. What
the pages say comes from the same functions and texts as the dashboard.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import anyio
import pandas as pd
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from riskmap import explain, filters, geography, i18n, near, plan, schema, visit
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot
from riskmap.visit import Here
from riskmap.web import current, desk, directions, files, light_page, outcomes, qr

RADII_KM = (2, 5, 10, 25, 100)
ANY_DISTANCE = "any"  # the nearest, however far
NUMBERS = (10, 20, 50)  # facilities on one page
_STANDARD = {"radius": "25", "n": "20"}
MAX_ID = 200  # characters of a facility id in an address
_N_SETTLEMENTS = 8
_SINGLE = (
    "settlement", "coordinates", "lat", "lon", "accuracy", "pick", "place", "radius", "n", "flagged", "questions", "unvisited",
)  # fmt: skip
_LISTS = ("type", "level")
_PARTIES = ("buyer_name", "buyer_contact", "supplier_name")
_DEGREES, _METRES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,6})?"), re.compile(r"[0-9]{1,8}(\.[0-9]{1,9})?")
_ROW = re.compile(r"[0-9]{1,7}")
_few_at_a_time = anyio.CapacityLimiter(2)  # each takes a processor for up to 0.2 s


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
    only_questions: bool = False
    only_unvisited: bool = False


def routes() -> list[Route]:
    """The pages, their script, and a page in words for every other address below them."""
    return [
        Route("/m", _to_slash),
        Route("/m/", light_page.page(near_me), methods=["GET"]),
        Route("/m/", light_page.page(near_me_asked), methods=["POST"]),
        Route("/m/facility/{facility_id:path}", light_page.page(facility)),
        Route("/m/offline", light_page.page(offline)),
        Route("/m/light.js", files.script),
        Route("/m/sw.js", files.script),
        Route("/m/{rest:path}", light_page.page(nothing_here), methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    ]


def door(lang: str) -> str:
    """The way from the dashboard to the light pages."""
    return f'<p class="quiet"><a href="m/?lang={lang}" target="_self">{escape(text("light.door", lang))}</a></p>'


# ---- the pages ------------------------------------------------------------------------------------------------------
async def near_me(request: Request, lang: str) -> Response:
    body = await anyio.to_thread.run_sync(_form, request, lang, dict(_STANDARD), None, None, limiter=_few_at_a_time)
    return light_page.answer(request, body)


async def near_me_asked(request: Request, lang: str) -> Response:
    """The facilities around the place in the form. The answer is kept nowhere: neither here nor by the browser."""
    given = await light_page.fields(request, _SINGLE, _LISTS)
    try:
        status, body = await anyio.to_thread.run_sync(_around, request, lang, given, limiter=_few_at_a_time)
    except (light_page.Refused, DataError):
        raise
    except Exception as error:
        light_page.raise_without_values(error)
    return light_page.private(request, body, status)


async def facility(request: Request, lang: str) -> Response:
    """What a visitor needs of one facility."""
    facility_id = request.path_params["facility_id"]
    found = await anyio.to_thread.run_sync(known, current.current().id, facility_id, lang, limiter=_few_at_a_time)
    said = await anyio.to_thread.run_sync(_answered, facility_id, lang, limiter=_few_at_a_time)
    seen = await anyio.to_thread.run_sync(outcomes.told, facility_id, lang, limiter=_few_at_a_time)
    site = qr.base(request)
    code = Markup(qr.svg(qr.page(site, "facility", facility_id))) if site else ""  # noqa: S704  drawn by us
    return light_page.answer(request, light_page.html(request, "facility.html", lang, qr=code, answered=said, seen=seen, **found))


def _answered(facility_id: str, lang: str) -> list[str]:
    """The reply of the body and the state of the review: newer ones too, so they are not kept with the rest."""
    row = explain.find(current.current().facilities, facility_id)
    return desk.answered(row, lang) if row else []


async def offline(request: Request, lang: str) -> Response:
    """What the service worker shows where the line is gone and the page was never opened; in every language."""
    words = [(each, text("light.offline.title", each), text("light.offline.what", each)) for each in i18n.LANGUAGES]
    return light_page.answer(
        request, light_page.html(request, "offline.html", lang, title=text("light.offline.title", lang), words=words)
    )


async def nothing_here(request: Request, lang: str) -> Response:
    raise light_page.Refused("page", 404)


async def _to_slash(request: Request) -> Response:
    return RedirectResponse("m/" + (f"?{request.url.query}" if request.url.query else ""), 307)


# ---- what is shown --------------------------------------------------------------------------------------------------
def _around(request: Request, lang: str, given: Mapping[str, Any], /) -> tuple[int, bytes]:
    snapshot = current.current()
    asked = _asked(given, snapshot.manifest["settings"]["country"], lang)
    found = sentence = None
    if asked.here is not None:
        rows = _rows(snapshot, asked)
        if asked.radius_km is None:
            found = visit.nearest(snapshot.facilities, asked.here, asked.n, asked.filter_, rows)
            sentence = text("light.nearest", lang, n=i18n.number(found.n, lang), flagged=i18n.number(found.n_flagged, lang))
        else:
            found = visit.around(snapshot.facilities, _index(snapshot.id), asked.here, asked.radius_km, asked.filter_, rows)
            sentence = visit.sentence(found, asked.radius_km, lang)
    kept = {**_STANDARD, **given}
    status = 400 if asked.here is None else 200
    return status, _form(request, lang, kept, asked, found, sentence)


def _rows(snapshot: Snapshot, asked: Asked) -> pd.Series | None:
    """The mask of the two questions that only a visitor asks; None where neither was asked."""
    if not (asked.only_questions or asked.only_unvisited):
        return None
    visited = outcomes.visited() if asked.only_unvisited else frozenset()
    if visited is None:
        raise light_page.Refused("no_store", 503)
    return visit.kept(snapshot.facilities, with_question=asked.only_questions, visited=visited)


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
    return light_page.html(
        request, "near.html", lang, title=text("light.near", lang), kept=filled, asked=asked, cards=cards, found=found,
        sentence=sentence, has_settlements=bool(country["settlements"]), radii=RADII_KM, any_distance=ANY_DISTANCE,
        numbers=NUMBERS, max_places=plan.MAX_PLACES, has_store=outcomes.can_be_reached(),
        types=[(code, filters.value_word("types", code, lang)) for code in (*schema.FACILITY_TYPES, filters.UNKNOWN)],
        levels=[(code, filters.value_word("levels", code, lang)) for code in schema.LEVELS],
        errors={code: text(f"nearby.error.{code}", lang) for code in visit.POSITION_ERRORS},
    )  # fmt: skip


def _asked(given: Mapping[str, Any], country: Mapping[str, Any], lang: str) -> Asked:
    """The form in our terms. A settlement picked from the list wins, then coordinates, a name, and the position."""
    radius, n = given.get("radius", _STANDARD["radius"]), given.get("n", _STANDARD["n"])
    if radius not in (ANY_DISTANCE, *map(str, RADII_KM)) or n not in map(str, NUMBERS):
        raise light_page.Refused("value")
    if any(given.get(name, "") not in ("", "1") for name in ("questions", "unvisited")):
        raise light_page.Refused("value")
    try:
        filter_ = filters.from_query({name: given[name] for name in ("flagged", *_LISTS) if given.get(name)})
    except filters.FilterError:
        raise light_page.Refused("value") from None
    here, around, named, error = _place(given, country, lang)
    return Asked(here, around, named, error, filter_, None if radius == ANY_DISTANCE else float(radius), int(n),
                 bool(given.get("questions")), bool(given.get("unvisited")))  # fmt: skip


def _place(
    given: Mapping[str, Any], country: Mapping[str, Any], lang: str
) -> tuple[Here | None, str, tuple[tuple[int, str], ...], str]:
    typed, name = given.get("coordinates", "").strip(), given.get("settlement", "").strip()
    picked = given.get("pick") or ("" if typed or name else given.get("place", ""))
    if picked:
        places = geography.settlements(country["settlements"])
        if not _ROW.fullmatch(picked) or int(picked) >= len(places):
            raise light_page.Refused("value")
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
        here = position(given)
        return here, visit.accuracy_words(here, lang), (), ""
    return None, "", (), text("light.error.no_place", lang)


def position(given: Mapping[str, Any]) -> Here:
    """The position that the script put into the form, rounded to about 100 m once more."""
    lat, lon, accuracy = (given.get(name, "") for name in ("lat", "lon", "accuracy"))
    if not _DEGREES.fullmatch(lat) or not _DEGREES.fullmatch(lon) or (accuracy and not _METRES.fullmatch(accuracy)):
        raise light_page.Refused("value")
    answer = {"lat": round(float(lat), 3), "lon": round(float(lon), 3), "accuracy": float(accuracy) if accuracy else None}
    here = visit.here_of_browser(answer)
    if here.error:
        raise light_page.Refused("value")
    return here


@lru_cache(maxsize=2)
def _index(snapshot_id: str) -> near.Index:
    facilities = current.get(snapshot_id).facilities
    return near.build(facilities["lat"], facilities["lon"])


@lru_cache(maxsize=500)
def known(snapshot_id: str, facility_id: str, lang: str) -> dict[str, Any]:
    """What the pages of a facility say; restricted facilities are not there at all."""
    snapshot = current.get(snapshot_id)
    row = explain.find(snapshot.facilities, facility_id) if len(facility_id) <= MAX_ID else None
    if row is None:
        raise light_page.Refused("facility", 404)
    explained = explain.explain(row, snapshot.manifest["settings"], lang, n_facilities=len(snapshot.facilities))
    has_place = row["lat"] == row["lat"] and row["lon"] == row["lon"]
    shown = visit.cards(snapshot.facilities[snapshot.facilities["facility_id"] == facility_id], None, lang)[0]
    return {
        "title": shown.title,
        "card": shown,
        "place": explain.place(row, lang),
        "coordinates": f"{row['lat']:.5f}, {row['lon']:.5f}" if has_place else "",
        "precision": visit.precision_words(row, lang) if has_place else "",
        "headline": explained.headline,
        "dates": [(text(f"column.{name}", lang), i18n.day(day, lang)) for name, day in explained.dates],
        "parties": parties(row, lang),
        "works": explained.money,
        "tasks": explain.tasks(explained.firing, "volunteer", lang),
        "unknown": explain.unknown(explained.not_known, lang),
        "source": explain.source(row, lang),
        "source_url": explain.link(row),
        "directions": directions.url(f"{row['lat']:.5f}, {row['lon']:.5f}") if has_place else "",
    }


def parties(row: Mapping[str, Any], lang: str) -> list[tuple[str, str, str]]:
    """Buyer, its contact and contractor: label, words, and where a contact leads."""
    href = {"buyer_contact": explain.contact_url(row.get("buyer_contact"))}
    return [(text(f"column.{name}", lang), _or_unknown(row.get(name), lang), href.get(name, "")) for name in _PARTIES]


def _or_unknown(value: Any, lang: str) -> str:
    return value if isinstance(value, str) else text("common.not_known", lang)
