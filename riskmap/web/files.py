"""Files over HTTP: compressed once per process, named by their content, cached by the browser for good."""

import gzip
import hashlib
import mimetypes
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import anyio
import brotli
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from riskmap import i18n


def package_folder(name: str) -> Path:
    """Folder of an installed package, without importing it (`maplibre` would pull in and warn)."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    return Path(spec.origin).parent


_STREAMLIT = package_folder("streamlit") / "static"
_MAPLIBRE = package_folder("maplibre") / "srcjs"
# address -> file. MapLibre comes from the installed package; nothing third-party lies in this repository.
_SCRIPTS = {
    "maplibre/maplibre-gl.js": _MAPLIBRE / "maplibre-gl.js",
    "maplibre/maplibre-gl.css": _MAPLIBRE / "maplibre-gl.css",
    "assets/map.js": Path(__file__).with_name("map.js"),
    "m/light.js": Path(__file__).with_name("light") / "light.js",
    "m/observe.js": Path(__file__).with_name("light") / "observe.js",
    "m/sw.js": Path(__file__).with_name("light") / "sw.js",
    "assets/picture.js": Path(__file__).with_name("picture.js"),
}
FOREVER = "public, max-age=31536000, immutable"
_MIN_BYTES = 1000  # smaller answers gain nothing from compression


def url(name: str) -> str:
    """Relative address of a script with its version: "assets/map.js?v=3f2a90c1"."""
    return f"{name}?v={_digest(_read(name))}"


async def script(request: Request) -> Response:
    """Route: one of the scripts above."""
    name = request.url.path.lstrip("/")
    if name not in _SCRIPTS:
        return JSONResponse({"error": "not found"}, 404)
    media_type = "text/css" if name.endswith(".css") else "text/javascript"
    return answer(request, await anyio.to_thread.run_sync(_read, name), media_type, is_versioned="v" in request.query_params)


def asked_language(request: Request) -> tuple[str, Response | None]:
    """The language of an address that may name nothing else; with it the refusal of one that does, or of an unknown language."""
    lang = request.query_params.get("lang", i18n.LANGUAGES[0])
    if set(request.query_params) - {"lang"} or lang not in i18n.LANGUAGES:
        return "", JSONResponse({"error": "unknown parameter"}, 400)
    return lang, None


def answer(request: Request, body: bytes, media_type: str, *, is_versioned: bool = True) -> Response:
    """`body` compressed as the browser likes it; 304 if it has it already. The address must carry the version."""
    encoding = _best(request.headers.get("accept-encoding", ""))
    tag = f'"{_digest(body)}-{encoding or "plain"}"'
    headers = {"ETag": tag, "Vary": "Accept-Encoding", "Cache-Control": FOREVER if is_versioned else "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if encoding and len(body) >= _MIN_BYTES:
        headers["Content-Encoding"] = encoding
        body = compressed(body, encoding)
    return Response(body, media_type=media_type, headers=headers)


@lru_cache(maxsize=256)
def compressed(body: bytes, encoding: str) -> bytes:
    """Brotli or gzip, made once for equal bytes."""
    return brotli.compress(body, quality=6) if encoding == "br" else gzip.compress(body, 6, mtime=0)


def compressed_static(app: Any) -> Callable:
    """Middleware: Streamlit's own bundles, which it sends uncompressed (a phone's first map: 55 s -> 13 s)."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"].startswith("/static/"):
            body = await anyio.to_thread.run_sync(_bundle, scope["path"])
            if body is not None:
                media_type = mimetypes.guess_type(scope["path"])[0] or "application/octet-stream"
                await answer(Request(scope), body, media_type)(scope, receive, send)
                return
        await app(scope, receive, send)

    return wrapped


@lru_cache(maxsize=512)
def _bundle(path: str) -> bytes | None:
    """A script or style of Streamlit; None for anything else, which Streamlit then answers itself."""
    if "\0" in path:
        return None
    file = (_STREAMLIT / path.lstrip("/")).resolve()
    if not file.is_relative_to(_STREAMLIT) or file.suffix not in (".js", ".css") or not file.is_file():
        return None
    return file.read_bytes()


def _best(accepted: str) -> str:
    offered = [part.strip().partition(";") for part in accepted.split(",")]
    names = {name.strip() for name, _, weight in offered if weight.strip() not in ("q=0", "q=0.0")}
    return "br" if "br" in names else "gzip" if "gzip" in names else ""


@cache
def _read(name: str) -> bytes:
    return _SCRIPTS[name].read_bytes()


@lru_cache(maxsize=512)
def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]
