"""The ASGI side of the same process: routes, headers and what is loaded before the first reader comes."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from riskmap.problem import DataError
from riskmap.web import current


def routes() -> list[Route]:
    """Our routes; they come before Streamlit's own."""
    return [Route("/health", _health)]


def middleware() -> list[Middleware]:
    """What wraps every answer."""
    return []


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Load what every session shares."""
    with suppress(DataError):  # the pages say what to do; the server must live to show them
        current.current()
    gc.collect()
    gc.freeze()
    yield {}


async def _health(request: Request) -> JSONResponse:
    try:
        snapshot = current.current()
    except DataError:
        return JSONResponse({"status": "no snapshot"}, 503)
    return JSONResponse({"status": "ok", "snapshot_id": snapshot.id, "as_of": str(snapshot.as_of)})
