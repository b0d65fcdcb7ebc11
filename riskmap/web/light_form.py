"""A form with photos, read into memory and nowhere else: no byte of it touches a disk, no file name is kept.

Starlette's own reader puts files above 1 MB into temporary files, and keeps their names.
"""

import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from riskmap.settings import Settings
from riskmap.web import limits
from riskmap.web.light_page import Refused

FILES = "photos"
_TYPE = re.compile(r"multipart/form-data;\s*boundary=\"?([0-9A-Za-z'()+_,./:=?-]{1,70})\"?", re.IGNORECASE)
_OF_ONE_NETWORK = 3  # one part in so many of what is held at once: few slow lines must not shut the door for everybody else
_DRAINED = 4  # times the largest form: so much is read and thrown away, for a browser that is cut off shows no answer
# its warnings repeat signs of what was sent
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


@dataclass
class Form:
    """What was sent. `error`: a key of `problem` or `observe.error` if photos were thrown away while reading, else ""."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[bytes] = field(default_factory=list)
    error: str = ""


_held_bytes = 0  # of all forms that are being read or kept at this moment
_held_of = Counter[str]()  # the same by network, no longer than the form is there


@asynccontextmanager
async def read(request: Request, names: Mapping[str, int], settings: Settings) -> AsyncIterator[Form]:
    """The form of a request: `names` -> bytes allowed, photos as the settings say. Refused for what is no such form.

    Too many, too large, or too much at once: the photos are thrown away, the words are kept, and `error` says why.
    """
    found = _TYPE.fullmatch(request.headers.get("content-type", "").strip())
    if not found:
        raise Refused("form", 415)
    reader = _Reader(found[1], names, settings["observations"], limits.network(request.client.host if request.client else None))
    try:
        with anyio.move_on_after(settings["observations"]["max_upload_seconds"]) as clock:
            async for part in request.stream():
                reader.write(part)
        if clock.cancelled_caught:
            raise Refused("slow", 408)
        yield reader.finished()
    except ClientDisconnect:  # nobody waits for the answer
        raise Refused("form") from None
    finally:
        reader.let_go()


class _Reader:
    """Takes the body in pieces; the parser calls back for each part of it."""

    def __init__(self, boundary: str, names: Mapping[str, int], own: Settings, network: str) -> None:
        self._names, self._own, self._network, self._form = names, own, network, Form()
        self._n_bytes = self._n_held = self._n_parts = 0
        self._is_ended = False
        self._header, self._value, self._disposition = b"", b"", b""
        self._name, self._is_file, self._content = "", False, bytearray()
        calls = {name: getattr(self, f"_{name}") for name in (
            "on_part_begin", "on_part_data", "on_part_end", "on_header_field", "on_header_value", "on_header_end",
            "on_headers_finished", "on_end",
        )}  # fmt: skip
        self._parser = MultipartParser(boundary, calls)  # type: ignore[arg-type]  # the callbacks, by their names

    def write(self, part: bytes) -> None:
        self._n_bytes += len(part)
        if self._n_bytes > _DRAINED * self._own["max_form_bytes"]:
            raise Refused("long", 413)
        if self._n_bytes > self._own["max_form_bytes"]:
            self._throw_away("photos_large")
        try:
            self._parser.write(part)
        except FormParserError:
            raise Refused("form") from None

    def finished(self) -> Form:
        if not self._is_ended:
            raise Refused("form")
        return self._form

    def let_go(self) -> None:
        global _held_bytes  # noqa: PLW0603  one sum for the process
        _held_bytes -= self._n_held
        _held_of[self._network] -= self._n_held
        if not _held_of[self._network]:
            del _held_of[self._network]
        self._n_held = 0
        self._form.files.clear()
        self._content = bytearray()

    def _throw_away(self, why: str) -> None:
        self._form.error = self._form.error or why
        self.let_go()

    def _hold(self, n: int) -> bool:
        global _held_bytes  # noqa: PLW0603
        most = self._own["max_bytes_at_once"]
        if _held_bytes + n > most or _held_of[self._network] + n > most // _OF_ONE_NETWORK:
            self._throw_away("busy")
            return False
        _held_bytes += n
        _held_of[self._network] += n
        self._n_held += n
        return True

    # ---- called by the parser
    def _on_part_begin(self) -> None:
        self._n_parts += 1
        if self._n_parts > len(self._names) + 4 * self._own["max_photos"]:
            raise Refused("long", 413)
        self._disposition, self._content = b"", bytearray()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers_finished(self) -> None:
        kind, options = parse_options_header(self._disposition)
        self._name, self._is_file = options.get(b"name", b"").decode("latin-1"), b"filename" in options
        if kind != b"form-data" or (self._name != FILES and self._name not in self._names):
            raise Refused("parameter")
        if self._is_file != (self._name == FILES):
            raise Refused("form")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            if self._form.error:
                return
            if len(self._content) + end - start > self._own["max_photo_bytes"]:
                return self._throw_away("photo_too_large")
            if not self._hold(end - start):
                return
        elif len(self._content) + end - start > self._names[self._name]:
            raise Refused("long", 413)
        self._content += data[start:end]

    def _on_part_end(self) -> None:
        if self._is_file:
            if self._content and not self._form.error:  # an empty one: none was chosen
                self._form.files.append(bytes(self._content))
                if len(self._form.files) > self._own["max_photos"]:
                    self._throw_away("observation_photos_many")
        else:
            try:
                words = self._content.decode("utf-8")
            except UnicodeDecodeError:
                raise Refused("form") from None
            if self._form.fields.setdefault(self._name, words) != words:
                raise Refused("form")
        self._content = bytearray()

    def _on_end(self) -> None:
        self._is_ended = True
