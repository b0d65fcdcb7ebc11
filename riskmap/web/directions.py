"""The way to a place on a map of somebody else, for those who want one. Off unless the server's settings name it."""

import re
from functools import cache
from urllib.parse import urlsplit

from riskmap.problem import DataError
from riskmap.web import own_settings

_MAX_LETTERS = 500


@cache
def template() -> str:
    """`[country] directions_url` of this server, "" where there is none. DataError for an address that cannot be."""
    return of(own_settings.configured()["country"]["directions_url"], source=own_settings.source())


def of(url: str, *, source: str = "") -> str:
    """The template if it can be used: https, no name or password, {lat} and {lon} each once and nothing else in braces."""
    try:
        parts = urlsplit(url)
        is_plain = all(" " < letter < "\x7f" and letter not in "\"'<>\\`" for letter in url) and len(url) <= _MAX_LETTERS
        is_right = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and "{" not in parts.netloc
        is_right = is_right and is_plain and sorted(re.findall(r"\{[^}]*\}", url)) == ["{lat}", "{lon}"]
        _ = parts.port  # ValueError for what is no port
    except ValueError:
        is_right = False
    if url and not is_right:
        raise DataError("directions_invalid", source, value=url[:_MAX_LETTERS])
    return url


def url(coordinates: str) -> str:
    """The address that shows the way to "43.25000, 76.95000"; "" where none is configured or the place is not known."""
    if not template() or not coordinates:
        return ""
    lat, lon = coordinates.replace(" ", "").split(",")
    return template().replace("{lat}", lat).replace("{lon}", lon)
