"""A background map from elsewhere under the regions, for those who have one. Off unless the server's settings name it.

The settings file of a server is named by RISKMAP_SETTINGS; of it only `[map]` is read here.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from riskmap.problem import DataError
from riskmap.web import own_settings

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")  # nothing that could end a rule of the CSP
_PLACES = {"{z}", "{x}", "{y}"}
_MAX_LETTERS = 500


class Background(NamedTuple):
    """`url`: a template of raster tiles, or a MapLibre style; `origin`: the one host that a page may then ask."""

    url: str
    attribution: str
    is_style: bool
    origin: str


@cache
def configured() -> Background | None:
    """The background of this server; None where there is none. DataError for a setting that cannot be."""
    return of(own_settings.configured()["map"], source=own_settings.source())


def of(own: Mapping[str, Any], *, source: str = "") -> Background | None:
    """The background that a `[map]` section describes. Only https, or http on this machine; no name, no password."""
    url, attribution = own["background"], " ".join(own["attribution"].split())
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, found = parts.netloc.lower(), re.findall(r"\{[^}]*\}", url)
        is_secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "127.0.0.1")
        is_plain = all(" " < letter < "\x7f" and letter not in "\"'<>\\`" for letter in url) and len(url) <= _MAX_LETTERS
        is_right = is_secure and is_plain and _HOST.fullmatch(host) and (not found or sorted(found) == sorted(_PLACES))
        _ = parts.port  # ValueError for what is no port
    except ValueError:
        is_right = False
    if not is_right:
        raise DataError("background_invalid", source, value=url[:_MAX_LETTERS])
    if not attribution:
        raise DataError("background_unattributed", source)
    return Background(url, attribution, not found, f"{parts.scheme}://{host}")
