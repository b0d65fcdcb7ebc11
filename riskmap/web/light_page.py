"""What every light page shares: the reader's language, the frame, and a sentence for whatever cannot be."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, quote

import anyio
import brotli
import jinja2
from markupsafe import Markup
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from riskmap import i18n
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot
from riskmap.web import current, files

FOLDER = Path(__file__).with_name("light")
_HTML = "text/html"
_MAX_BODY, _MAX_FIELDS, _MAX_TYPED = 8_000, 60, 100
_MAX_SECONDS = 60  # a few words need no longer on any line


class Refused(Exception):
    """What came from the reader cannot be used: `key` of the sentence in the section `light.error` that says why."""

    def __init__(self, key: str, status: int = 400, **params: str) -> None:
        super().__init__(key)
        self.key, self.status, self.params = key, status, params


def url(root: str, page: str, facility_id: str = "", *, lang: str) -> str:
    """Address of a light page, relative to `root`: `url("../", "facility", "DEMO-1", lang="kk")`."""
    below = f"{page}/{quote(facility_id, safe='')}" if facility_id else page
    return f"{root or './'}{below}?lang={lang}"


def page(of: Callable, *names: str) -> Callable:
    """A route that speaks the reader's language, also where it refuses or has no data to show.

    `names`: what its address may hold besides `lang`, each once.
    """

    async def route(request: Request) -> Response:
        lang = language(request)
        try:
            if set(request.query_params) - {"lang", *names}:
                raise Refused("parameter")
            if request.query_params.get("lang", lang) != lang or len(request.query_params.multi_items()) > len(
                request.query_params
            ):
                raise Refused("language")
            return await of(request, lang)
        except Refused as refused:
            words = text(f"light.error.{refused.key}", lang, **refused.params)
            if wants_json(request):
                return json({"errors": {"": words}}, refused.status)
            return private(request, html(request, "error.html", lang, title=words, words=""), refused.status)
        except DataError:
            parts = {part: text(f"frame.no_snapshot.{part}", lang) for part in ("title", "what")}
            return private(request, html(request, "error.html", lang, title=parts["title"], words=parts["what"]), 503)

    return route


def wants_json(request: Request) -> bool:
    """Is it our script that asks? It shows the words itself."""
    return request.headers.get("accept", "") == "application/json"


def json(body: Mapping[str, Any], status: int) -> Response:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})


def language(request: Request) -> str:
    """`?lang=`, else the first language of the browser that we speak, else Kazakh."""
    if (asked := request.query_params.get("lang")) in i18n.LANGUAGES:
        return str(asked)
    wanted = [
        part.strip().partition("-")[0].partition(";")[0].lower()
        for part in request.headers.get("accept-language", "").split(",")[:20]
    ]
    return next((name for name in wanted if name in i18n.LANGUAGES), i18n.LANGUAGES[0])


def raise_without_values(error: Exception) -> NoReturn:
    """The same error for the log, without its message: that could repeat what the reader typed."""
    raise RuntimeError(f"{type(error).__name__} while reading a form").with_traceback(error.__traceback__) from None


async def fields(request: Request, single: Sequence[str], lists: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of the form: each known, none too long, single ones at most once."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Refused("form", 415)
    body = b""
    try:
        with anyio.move_on_after(_MAX_SECONDS) as clock:
            async for part in request.stream():
                body += part
                if len(body) > _MAX_BODY:
                    raise Refused("long", 413)
    except ClientDisconnect:  # nobody waits for the answer, and it is no error of ours to be logged
        raise Refused("form") from None
    if clock.cancelled_caught:
        raise Refused("slow", 408)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=_MAX_FIELDS, errors="strict"
        )
    except ValueError:
        raise Refused("form") from None
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name not in (*single, *lists):
            raise Refused("parameter")
        if len(value) > _MAX_TYPED or any(ord(sign) < 32 or ord(sign) == 127 for sign in value):
            raise Refused("long" if len(value) > _MAX_TYPED else "value")
        if name in lists:
            given.setdefault(name, []).append(value)
        elif given.setdefault(name, value) != value:
            raise Refused("form")
    return given


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


def html(request: Request, template: str, lang: str, *, more: str = "", after: str = "", **values: Any) -> bytes:
    """A page from its template. `more`: what the addresses of its other languages hold besides `lang`, from "&" on; `after`: the
    page to which the other languages lead once a form was sent, because what was sent cannot be shown again."""
    try:
        snapshot: Snapshot | None = current.current()
    except DataError:
        snapshot = None
    below = request.scope.get("raw_path", request.url.path.encode()).partition(b"?")[0].partition(b"/m/")[2]
    root = "../" * below.count(b"/")
    own = url(root, after, lang=lang).partition("?")[0] if request.method == "POST" else ""
    shared = {
        "lang": lang, "root": root, "snapshot": snapshot, "css": Markup(_content("light.css")),  # noqa: S704  our own file
        "languages": [(each, f"{own}?lang={each}{more}") for each in i18n.LANGUAGES],
        "script": files.url("m/light.js").removeprefix("m/"),
        "form_script": files.url("m/observe.js").removeprefix("m/"),
        "worker": f"sw.js?v={snapshot.id}" if snapshot else "",
        "data_date": text("common.data_date", lang, date=i18n.day(snapshot.as_of, lang)) if snapshot else "",
        "version": text("common.version", lang, id=snapshot.id) if snapshot else "",
        "t": lambda key, **params: text(key, lang, **params), "url": lambda page, of="": url(root, page, of, lang=lang),
    }  # fmt: skip
    return _templates().get_template(template).render(**shared, **values).encode()


def answer(request: Request, body: bytes) -> Response:
    """A page that may be kept and asked for again."""
    found = files.answer(request, body, _HTML, is_versioned=False)
    found.headers["Vary"] = "Accept-Encoding, Accept-Language"
    return found


def private(request: Request, body: bytes, status: int) -> Response:
    """A page that nobody keeps, compressed for this answer only."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding, Accept-Language"}
    accepted = request.headers.get("accept-encoding", "")
    if "br" in accepted or "gzip" in accepted:
        name = "br" if "br" in accepted else "gzip"
        body = brotli.compress(body, quality=5) if name == "br" else gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = name
    return Response(body, status, headers, _HTML)
