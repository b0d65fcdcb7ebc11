"""The address under which people reach this site, and QR codes that lead there from paper or another screen."""

import os
import re
from functools import lru_cache
from urllib.parse import quote, urlsplit

import segno
from starlette.requests import Request

from riskmap.problem import DataError

VARIABLE = "RISKMAP_PUBLIC_URL"
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::[0-9]{1,5})?|\[[0-9a-f:.]{2,45}\](?::[0-9]{1,5})?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")


def public_url() -> str:
    """`RISKMAP_PUBLIC_URL` without its last slash; "" where it is not set. DataError for what is no address of a site."""
    given = os.environ.get(VARIABLE, "").strip()
    try:
        parts = urlsplit(given)
        _ = parts.port  # ValueError for what is no port
        is_right = parts.scheme in ("http", "https") and bool(_HOST.fullmatch(parts.netloc.lower()))
        is_right = is_right and bool(_PATH.fullmatch(parts.path)) and not parts.query and not parts.fragment
    except ValueError:
        is_right = False
    if given and not is_right:
        raise DataError("public_url_invalid", VARIABLE)  # without the value: it may hold a password
    return given.rstrip("/")


def base(request: Request) -> str:
    """`public_url`, else the address by which this reader came: its host is one of ours (guard.visitors). "" if it is none."""
    if known := public_url():
        return known
    host = request.headers.get("host", "").lower()
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else ""


def page(site: str, name: str, facility_id: str) -> str:
    """The absolute address of a light page of a facility; no language in it: the reader's browser knows that."""
    return f"{site}/m/{name}/{quote(facility_id, safe='')}"


def svg(address: str) -> str:
    """The QR code of an address as inline SVG, black on white in every theme, with its quiet zone."""
    return _code(address).svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)


def data_uri(address: str) -> str:
    """The same code for an `<img>`: for pages that take no SVG."""
    return _code(address).svg_data_uri(scale=4, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None)


@lru_cache(maxsize=500)
def _code(address: str) -> segno.QRCode:
    return segno.make_qr(address, error="m")  # a quarter of it may be dirty; paper on a fence is
