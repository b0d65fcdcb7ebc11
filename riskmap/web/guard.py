"""What protects every answer: headers, closed doors, and errors that say a number instead of a traceback."""

import base64
import hashlib
import logging
import re
import secrets
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse

from riskmap.web import background, embed, files

_log = logging.getLogger("riskmap")

# Streamlit's metrics tell a stranger how many people read; the agent routes drive the app; the upload route lets any
# visitor fill the memory (reproduced), and no public page has an uploader.
_CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/upload_file")
_SIGN_IN = ("/auth/", "/oauth2callback")  # open only where a sign-in is configured


@cache
def content_policy(origin: str = "") -> str:
    """The Content-Security-Policy. `origin`: the one other host that pictures and data of the map may come from.

    `blob:` in script-src because Streamlit imports the script of an inline component from a blob address, and in
    worker-src because MapLibre starts its worker from one. Streamlit's page has one inline script: allowed by its
    hash, so that 'unsafe-inline' is not needed. Styles are set inline by every widget.
    """
    page = (files.package_folder("streamlit") / "static" / "index.html").read_text("utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline]
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' blob: " + " ".join(f"'sha256-{digest}'" for digest in hashes),
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: {origin}".rstrip(),
            "font-src 'self' data:",
            f"connect-src 'self' {origin}".rstrip(),
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


@cache
def light_policy() -> str:
    """The Content-Security-Policy of the light pages: stricter, nothing inline but their one stylesheet, by its hash;
    a form may be sent, to this server only."""
    style = (Path(__file__).with_name("light") / "light.css").read_bytes()
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'sha256-{digest}'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def headers(app: Any) -> Callable:
    """Middleware: security headers on every answer. DataError for a background in the settings that cannot be."""
    shown = background.configured()
    policy, policy_light = content_policy(shown.origin if shown else "").encode(), light_policy().encode()
    policy_card = embed.policy().encode()  # the only pages that may stand in a frame of another site
    always = [
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"permissions-policy", b"geolocation=(self), camera=(), microphone=(), payment=(), usb=()"),
        (b"cross-origin-opener-policy", b"same-origin"),
    ]
    names = {b"content-security-policy", b"cross-origin-resource-policy", *(name for name, _ in always)}

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        is_card = path.startswith(embed.FOLDER)
        own = (b"content-security-policy", policy_card if is_card else policy_light if path.startswith("/m/") else policy)
        shared = (b"cross-origin-resource-policy", b"cross-origin" if is_card else b"same-origin")

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in names]
                message = {**message, "headers": [*kept, own, shared, *always]}
            await send(message)

        await app(scope, receive, with_headers if scope["type"] == "http" else send)

    return wrapped


def closed(app: Any, *, has_sign_in: bool = False) -> Callable:
    """Middleware: doors of Streamlit that this site does not need are not there. `has_sign_in`: officials work here."""
    doors = _CLOSED if has_sign_in else (*_CLOSED, *_SIGN_IN)

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and any(door in scope["path"] for door in doors):
            await JSONResponse({"error": "not found"}, 404)(scope, receive, send)
            return
        await app(scope, receive, send)

    return wrapped


def visitors(app: Any, *, hosts: Sequence[str]) -> Callable:
    """Middleware: only requests for one of `hosts` ("*.example.kz" = any below it; none = all), and sockets of our pages.

    A page of another site may make its own name point to this machine and read what only this machine may read. And a
    socket from another site never reaches Streamlit, which would ask the internet for its own address to compare
    (one second per attempt, and nobody else is answered meanwhile).
    """

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            given = {name: value.decode("latin-1") for name, value in scope["headers"]}
            host, origin = given.get(b"host", ""), given.get(b"origin")
            is_foreign = scope["type"] == "websocket" and origin is not None and origin.partition("://")[2] != host
            if is_foreign or not _is_one_of(host, hosts):
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": 1008})
                    return
                body = {"error": "unknown host: an operator adds it to server.allowedHosts in .streamlit/config.toml"}
                await JSONResponse(body, 400)(scope, receive, send)
                return
        await app(scope, receive, send)

    return wrapped


def _is_one_of(host: str, hosts: Sequence[str]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return not hosts or any(known in ("*", name) or (known.startswith("*.") and name.endswith(known[1:])) for known in hosts)


def errors(app: Any) -> Callable:
    """Middleware: an unexpected error of a route is logged under a number, and the reader gets the number only."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        started = False

        async def noted(message: Any) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            answer = JSONResponse({"error": "internal error", "reference": report(error)}, 500)
            await answer(scope, receive, send)

    return wrapped


def report(error: BaseException) -> str:
    """Log an error with its traceback; returns the reference number under which the operator finds it."""
    reference = secrets.token_hex(4)
    _log.error("reference %s", reference, exc_info=error)
    return reference
