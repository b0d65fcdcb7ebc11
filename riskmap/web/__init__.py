"""The ASGI side of the same process: routes, headers and what is loaded before the first reader comes.

Pages never send data or scripts that do not change with a filter: the browser fetches them here once, compressed,
under an address that carries their version.
"""

import gc
import importlib
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
from riskmap.web import current, exports, feeds, files, guard, points, region_page

# Imported before gc.freeze(): what pages import late would be walked by every collection after every rerun
# (measured: p95 of 50 sessions 1.5 s without freezing, 0.04 s with).
_WARM = ("pandas", "pyarrow", "pyarrow.parquet", "plotly.graph_objects", "babel.dates", "babel.numbers", "scipy.spatial")


def routes() -> list[Route]:
    """Our routes; they come before Streamlit's own."""
    return [
        Route("/health", _health),
        Route("/maplibre/{name}", files.script),
        Route("/assets/{name}", files.script),
        Route("/data/{snapshot_id}/regions.geojson", _regions),
        Route("/data/{snapshot_id}/facilities.json", _facilities),
        Route(exports.ADDRESS, exports.flagged),
        Route(feeds.FILE, feeds.changes_file),
        Route(feeds.FEED, feeds.changes_feed),
        Route(region_page.ADDRESS, region_page.sheet),
        # Streamlit answers any unknown address with its page and status 200; programs need to be told
        *(Route(f"/{area}/{{rest:path}}", _not_found) for area in ("api", "data", "files", "feeds", "assets", "maplibre")),
    ]


def middleware(*, hosts: Sequence[str]) -> list[Middleware]:
    """What wraps every answer, outermost first. `hosts`: the names under which people reach this server."""
    return [
        Middleware(guard.headers),
        Middleware(guard.errors),
        Middleware(guard.visitors, hosts=hosts),
        Middleware(guard.closed),
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
        for lang in i18n.LANGUAGES:
            points.facilities(opened.id, filters.Filter(), lang)


async def _health(request: Request) -> Response:
    """Ready to serve? Streamlit's own /_stcore/health says only that the process lives."""
    try:
        opened = current.current()
    except DataError:
        return JSONResponse({"status": "no snapshot"}, 503, headers={"Cache-Control": "no-store"})
    body = {"status": "ok", "snapshot_id": opened.id, "as_of": str(opened.as_of), "is_demo": opened.is_demo}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


async def _regions(request: Request) -> Response:
    opened = _served(request)
    body = points.outlines(opened) if opened else None
    if body is None or request.query_params:
        return await _not_found(request)
    return files.answer(request, body, "application/geo+json")


async def _facilities(request: Request) -> Response:
    opened = _served(request)
    if opened is None:
        return await _not_found(request)
    query = request.query_params
    lang = query.get("lang", "kk")
    if unknown := exports.unknown_names(query):
        return JSONResponse({"error": "unknown parameter", "names": unknown}, 400)
    try:
        filter_ = filters.from_query(query)
    except filters.FilterError as error:
        return JSONResponse({"error": error.sentence(lang)}, 400)
    body = await anyio.to_thread.run_sync(points.facilities, opened.id, filter_, lang)
    return files.answer(request, body, "application/json")


async def _not_found(request: Request) -> Response:
    return JSONResponse({"error": "not found"}, 404)


def _served(request: Request) -> Any:
    """The kept snapshot that the address names, else None: a page gets the rows of the version it shows and no other."""
    try:
        return current.get(request.path_params["snapshot_id"])
    except DataError:
        return None
