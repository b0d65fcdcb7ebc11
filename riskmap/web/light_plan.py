"""A plan of visits on the light pages: ticked places in a good order, and a sheet for each to read without a line or on paper.

Where the reader starts comes in the body of a form and is used for the order only: the address of a plan holds facilities.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import anyio
import pandas as pd
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from riskmap import explain, filters, plan, schema, stages, visit
from riskmap.i18n import number, text
from riskmap.problem import DataError
from riskmap.web import current, directions, light, light_page, own_settings, qr
from riskmap.web.light_page import Refused

_MAX_ADDRESS = 8_000  # characters of the list of facilities in an address
_SAME_METRES = 1.0  # an order longer by less is no other order to a visitor
_few_at_a_time = anyio.CapacityLimiter(2)  # the order of 20 places takes a processor for half a second


def routes() -> list[Route]:
    return [
        Route("/m/plan", light_page.page(make), methods=["POST"]),
        Route("/m/plan", light_page.page(planned, "ids"), methods=["GET"]),
        Route("/m/visit/{facility_id:path}", light_page.page(visit_sheet)),
    ]


def address(facility_ids: Sequence[str], lang: str) -> str:
    """Address of the plan of these facilities in this order, below /m/: "plan?ids=A,B&lang=kk"."""
    ids = ",".join(filters.escape_item(facility_id) for facility_id in facility_ids)
    return "plan?" + urlencode({"ids": ids, "lang": lang})


def link(facility_ids: Sequence[str], here: visit.Here, lang: str) -> str:
    """Address of the plan of these facilities from the dashboard, in the order of the shortest way from `here`."""
    try:
        return "m/" + address(_ordered(facility_ids, here), lang)
    except Refused:  # ticked in an earlier version of the data
        return "m/" + address(facility_ids, lang)


# ---- the pages ------------------------------------------------------------------------------------------------------
async def make(request: Request, lang: str) -> Response:
    """The ticked places in the order of the shortest way; the answer is the address of their plan."""
    given = await light_page.fields(request, ("lat", "lon"), ("id",))
    try:
        ids = _allowed(dict.fromkeys(given.get("id", [])))
        start = light.position(given) if given.get("lat") or given.get("lon") else None
        ordered = await anyio.to_thread.run_sync(_ordered, ids, start, limiter=_few_at_a_time)
    except (Refused, DataError):
        raise
    except Exception as error:
        light_page.raise_without_values(error)
    return RedirectResponse(address(ordered, lang), 303, {"Cache-Control": "no-store"})


async def planned(request: Request, lang: str) -> Response:
    """The plan in the order of its address. It may be kept and read without a line."""
    asked = request.query_params.get("ids", "")
    if len(asked) > _MAX_ADDRESS:
        raise Refused("long")
    ids = filters.split_list(asked)
    if len(set(ids)) < len(ids):
        raise Refused("value")
    found = await anyio.to_thread.run_sync(_plan, current.current().id, _allowed(ids), lang, limiter=_few_at_a_time)
    known = [_with_codes(one, request) for one in found["places"]]
    more = "&" + urlencode({"ids": asked})
    page = light_page.html(request, "plan.html", lang, more=more, **{**found, "places": known}, **_shared(lang))
    return light_page.answer(request, page)


async def visit_sheet(request: Request, lang: str) -> Response:
    """The sheet of one facility to take along."""
    facility_id = request.path_params["facility_id"]
    found = await anyio.to_thread.run_sync(_sheet, current.current().id, facility_id, lang, limiter=_few_at_a_time)
    if found is None:
        raise Refused("facility", 404)
    one, title = _with_codes(found, request), f"{text('light.visit', lang)}: {found['card'].title}"
    return light_page.answer(request, light_page.html(request, "visit.html", lang, one=one, title=title, **_shared(lang)))


# ---- what is shown --------------------------------------------------------------------------------------------------
def _allowed(ids: Sequence[str] | Mapping[str, Any]) -> tuple[str, ...]:
    if not ids:
        raise Refused("plan_none")
    if len(ids) > plan.MAX_PLACES:
        raise Refused("plan_many", n=str(plan.MAX_PLACES))
    if any(len(facility_id) > light.MAX_ID for facility_id in ids):
        raise Refused("long")
    return tuple(ids)


def _rows(snapshot_id: str, ids: Sequence[str]) -> pd.DataFrame:
    """The facilities that may be shown, in the order of `ids`; the others are left out."""
    facilities = current.get(snapshot_id).facilities
    rows = facilities[facilities["facility_id"].isin(list(ids)) & filters.public(facilities)]
    return rows.set_index("facility_id", drop=False).loc[[i for i in ids if i in set(rows["facility_id"])]]


def _ordered(ids: Sequence[str], start: visit.Here | None) -> list[str]:
    """Facilities with a place in the order of the shortest way, whatever the order of `ids`; those without one at the end."""
    rows = _rows(current.current().id, sorted(ids))
    placed = rows["lat"].notna() & rows["lon"].notna()
    at = rows[placed]
    found = plan.shortest(_points(at), (start.lat, start.lon) if start else None)
    ordered = [*at["facility_id"].iloc[list(found.order)], *rows.loc[~placed, "facility_id"]]
    if not ordered:
        raise Refused("plan_unknown", 404)
    return ordered


def _points(rows: pd.DataFrame) -> list[plan.Point]:
    return list(zip(rows["lat"].astype(float), rows["lon"].astype(float), strict=True))


@lru_cache(maxsize=100)
def _plan(snapshot_id: str, ids: tuple[str, ...], lang: str) -> dict[str, Any]:
    """Sums, the list and the sheets of a plan."""
    rows = _rows(snapshot_id, ids)
    if rows.empty:
        raise Refused("plan_unknown", 404)
    at = rows[rows["lat"].notna() & rows["lon"].notna()]
    legs = plan.legs_metres(_points(at))
    after = dict(zip(at["facility_id"].iloc[1:], zip(legs, _both_exact(at), strict=True), strict=True))
    places = []
    for facility_id in rows["facility_id"]:
        leg = after.get(facility_id)
        words = text("plan.next", lang, distance=visit.distance_words(leg[0], lang, is_exact=leg[1])) if leg else ""
        if facility_id not in at.index:
            words = text("plan.without_place", lang)
        places.append({**(_sheet(snapshot_id, facility_id, lang) or {}), "leg": words})
    total, is_exact = sum(legs), all(exact for _, exact in after.values())
    n_minutes = plan.minutes(total, len(rows), own_settings.configured()["visits"])
    return {
        "title": text("plan.title", lang),
        "places": places,
        "n_places": number(len(rows), lang),
        "way": visit.distance_words(total, lang, is_exact=is_exact) if legs else "",
        "time": plan.duration_words(n_minutes, lang),
        "gone": number(len(ids) - len(rows), lang) if len(rows) < len(ids) else "",
        **_judged(at, total, lang),
    }


def _both_exact(rows: pd.DataFrame) -> list[bool]:
    return [a == b == "site" for a, b in pairwise(rows["location_precision"])]


def _judged(rows: pd.DataFrame, metres: float, lang: str) -> dict[str, str]:
    """In words whether another order of the places after the first has a shorter way, and the address of that one.

    The start is not in the address. But the rest of a shortest way from any start is the shortest from its first place.
    """
    if len(rows) < 3:
        return {"order": "", "shorter": ""}
    points = _points(rows)
    found = plan.shortest(points[1:], points[0])
    if found.metres < metres - _SAME_METRES:
        ids = rows["facility_id"].tolist()
        return {"order": text("plan.order_longer", lang), "shorter": address([ids[0], *(ids[1 + i] for i in found.order)], lang)}
    words = text("plan.order_shortest" if found.is_exact else "plan.order_near", lang, n=plan.EXACT_UP_TO)
    return {"order": words, "shorter": ""}


@lru_cache(maxsize=500)
def _sheet(snapshot_id: str, facility_id: str, lang: str) -> dict[str, Any] | None:
    """What the sheet of a facility says; None for one that is not shown."""
    snapshot, rows = current.get(snapshot_id), _rows(snapshot_id, [facility_id])
    if rows.empty:
        return None
    row = visit.records(rows)[0]
    has_place = row["lat"] is not None and row["lon"] is not None
    coordinates = f"{row['lat']:.5f}, {row['lon']:.5f}" if has_place else ""
    return {
        "card": visit.cards(rows, None, lang)[0],
        "place": explain.place(rows.iloc[0].to_dict(), lang),
        "coordinates": coordinates,
        "geo": f"geo:{coordinates.replace(' ', '')}" if has_place else "",
        "directions": directions.url(coordinates),
        "precision": visit.precision_words(row, lang) if has_place else "",
        "tasks": visit.tasks(row, lang),
        "works": explain.works(row, explain.currency(row, snapshot.currency), lang),
        "parties": light.parties(row, lang),
        "is_building": visit.is_building(row),
    }


def _with_codes(one: Mapping[str, Any], request: Request) -> dict[str, Any]:
    """The same with the QR code of its form, "" where the address of this site is not known."""
    site = qr.base(request)
    code = qr.svg(qr.page(site, "observe", one["card"].facility_id)) if site else ""
    return {**one, "qr": Markup(code)}  # noqa: S704  drawn by us


def _shared(lang: str) -> dict[str, Any]:
    """What every sheet shows: statuses, and the drawings with their names and shares."""
    shares = own_settings.configured()["observations"]["stage_share"]
    return {
        "symbols": Markup(stages.symbols()),  # noqa: S704  our own drawings
        "stages": [
            {"id": stage, "name": stages.name(stage, lang), "shows": text(f"stages.shows.{stage}", lang),
             "share": stages.share_words(stage, shares, lang)}
            for stage in schema.STAGES
        ],
        "statuses": [text(f"observation.status.{status}", lang) for status in schema.STATUSES],
    }  # fmt: skip
