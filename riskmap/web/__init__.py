"""The ASGI side of the same process: routes, headers and what is loaded before the first reader comes.

Pages never send data or scripts that do not change with a filter: the browser fetches them here once, compressed,
under an address that carries their version.
"""

import gc
import gzip
import importlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from riskmap import filters, i18n
from riskmap.problem import DataError
from riskmap.web import (
    acts,
    api,
    control_routes,
    current,
    directions,
    districts,
    embed,
    exports,
    feeds,
    files,
    found,
    guard,
    light,
    light_observe,
    light_plan,
    opendata,
    outcomes,
    picture,
    points,
    qr,
    region_page,
    report,
    tiles,
)
from riskmap.web import help as guide

# Imported before gc.freeze(): what pages import late would be walked by every collection after every rerun
# (measured: p95 of 50 sessions 1.5 s without freezing, 0.04 s with).
_WARM = (
    "pandas", "pyarrow", "pyarrow.parquet", "plotly.graph_objects", "babel.dates", "babel.numbers", "scipy.spatial",
    "riskmap.web.desk",
)  # fmt: skip


def routes() -> list[Route]:
    """Our routes; they come before Streamlit's own."""
    return [
        Route("/health", _health),
        Route("/maplibre/{name}", files.script),
        Route("/assets/{name}", files.script),
        Route("/data/{snapshot_id}/regions.geojson", _regions),
        Route("/data/{snapshot_id}/districts/{region}.geojson", _districts),
        Route("/data/{snapshot_id}/places/{row}.json", _place),
        Route("/tiles/{snapshot_id}/{z}/{x}/{y}.mvt", _tile),
        Route(exports.ADDRESS, exports.flagged),
        Route(feeds.FILE, feeds.changes_file),
        Route(feeds.FEED, feeds.changes_feed),
        Route(outcomes.FEED, outcomes.feed),
        Route(outcomes.PHOTO, outcomes.photo),
        Route(region_page.ADDRESS, region_page.sheet),
        *light_observe.routes(),
        *light_plan.routes(),
        *report.routes(),
        *opendata.routes(),
        *embed.routes(),
        *guide.routes(),
        *light.routes(),
        *api.routes(),
        *control_routes.routes(),
        *acts.routes(),
        Route(picture.ADDRESS, picture.svg),
        # Streamlit answers any unknown address with its page and status 200; programs need to be told
        *(
            Route(f"/{area}/{{rest:path}}", _not_found)
            for area in ("data", "files", "feeds", "photos", "tiles", "assets", "maplibre")
        ),
    ]


def middleware(*, hosts: Sequence[str], has_sign_in: bool = False) -> list[Middleware]:
    """What wraps every answer, outermost first. `hosts`: the names under which people reach this server."""
    qr.public_url(), directions.template()  # an operator learns of a wrong address at the start, not a reader
    return [
        Middleware(guard.headers),
        Middleware(guard.errors),
        Middleware(guard.visitors, hosts=hosts),
        Middleware(guard.closed, has_sign_in=has_sign_in),
        Middleware(files.compressed_static),
    ]


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Load what every session shares, once, and take it out of the garbage collector's rounds."""
    await anyio.to_thread.run_sync(_warm)
    gc.collect()
    gc.freeze()
    yield {}


def _warm() -> None:
    for module in _WARM:
        importlib.import_module(module)
    with suppress(DataError):  # the pages say what to do; the server must live to show them
        opened = current.current()
        tiles.detail(opened, filters.Filter())
        found.look(opened, filters.Filter())


async def _health(request: Request) -> Response:
    """Ready to serve? Streamlit's own /_stcore/health says only that the process lives."""
    try:
        opened = current.current()
    except DataError:
        return JSONResponse({"status": "no snapshot"}, 503, headers={"Cache-Control": "no-store"})
    body = {"status": "ok", "snapshot_id": opened.id, "as_of": str(opened.as_of), "is_demo": opened.is_demo}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


async def _regions(request: Request) -> Response:
    opened = current.named(request.path_params["snapshot_id"])
    body = points.outlines(opened) if opened else None
    if body is None or request.query_params:
        return await _not_found(request)
    return files.answer(request, body, "application/geo+json")


async def _districts(request: Request) -> Response:
    """The districts of one region, simplified; 404 where no file of them is configured."""
    opened = current.named(request.path_params["snapshot_id"])
    body = await anyio.to_thread.run_sync(districts.outlines, opened, request.path_params["region"]) if opened else None
    if body is None or request.query_params:
        return await _not_found(request)
    return files.answer(request, body, "application/geo+json")


_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")  # one way to write a number, and none that is too long to be one
_one_tile_at_a_time = anyio.CapacityLimiter(1)  # they share the work on a filter; two at once would do it twice


async def _tile(request: Request) -> Response:
    """One vector tile; 204 where nothing is, 400 in words for an address that cannot be."""
    opened = current.named(request.path_params["snapshot_id"])
    if opened is None:
        return await _not_found(request)
    query = request.query_params
    try:
        z, x, y = _tile_numbers(request)
        if unknown := exports.unknown_names({name: "" for name in query if name != "v"}):
            raise ValueError("unknown parameter: " + ", ".join(unknown))
        filter_ = filters.from_query(query)
    except ValueError as error:
        sentence = error.sentence("en") if isinstance(error, filters.FilterError) else str(error)
        return JSONResponse({"error": sentence}, 400)
    body = await anyio.to_thread.run_sync(tiles.tile, opened, filter_, z, x, y, limiter=_one_tile_at_a_time)
    headers = {"Cache-Control": files.FOREVER if query.get("v") == tiles.version() else "no-cache", "Vary": "Accept-Encoding"}
    if not body:
        return Response(status_code=204, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(body, media_type=tiles.MEDIA_TYPE, headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(body), media_type=tiles.MEDIA_TYPE, headers=headers)


def _tile_numbers(request: Request) -> list[int]:
    """z, x and y of the address; ValueError for what is no tile."""
    written = [request.path_params[name] for name in "zxy"]
    if not all(_WHOLE.fullmatch(number) for number in written):
        raise ValueError("z, x and y are whole numbers")
    z, x, y = numbers = [int(number) for number in written]
    if z > tiles.MAX_ZOOM or max(x, y) >= 2**z:
        raise ValueError(f"no such tile: z is at most {tiles.MAX_ZOOM}, x and y are below 2^z")
    return numbers


async def _place(request: Request) -> Response:
    """Identifier and name of one facility that the reader points at: tiles carry neither."""
    opened, query = current.named(request.path_params["snapshot_id"]), request.query_params
    row, lang = request.path_params["row"], query.get("lang", i18n.LANGUAGES[0])
    found = points.place(opened, int(row), lang) if opened and _WHOLE.fullmatch(row) and lang in i18n.LANGUAGES else None
    if found is None or set(query) - {"lang"}:
        return await _not_found(request)
    return JSONResponse(found, headers={"Cache-Control": "public, max-age=3600"})


async def _not_found(request: Request) -> Response:
    return JSONResponse({"error": "not found"}, 404)
