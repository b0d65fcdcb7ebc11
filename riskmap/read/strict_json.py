"""JSON as strictly as our input deserves: every number stays the text it was, and what `json` lets pass is refused.

No duplicate keys, no text after the end, a limit of bytes, of depth and of digits. `NaN` and `Infinity` become texts,
so that the one value is refused later and not the file.
"""

import json
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from riskmap.problem import DataError

MAX_NUMBER = 400  # digits; longer ones are an attack on the parser, not an amount
_MAX_EXPONENT = 30


class Number(str):
    """The digits of a JSON number, which a text of the same letters is not."""

    __slots__ = ()


class _Refused(Exception):
    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def load(path: Path, *, name: str, max_bytes: int, max_depth: int) -> list[Any]:
    """The documents of a file: one, or one per line (JSON lines). DataError if any of it is not strict JSON."""
    if path.stat().st_size > max_bytes:
        raise DataError("file_too_large", name, limit=str(max_bytes >> 20))
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError("json_encoding", name, offset=str(error.start)) from error
    if not text.strip():
        raise DataError("file_empty", name)
    return loads(text, name=name, max_depth=max_depth)


def loads(text: str, *, name: str, max_depth: int) -> list[Any]:
    """`load` for a text that is already read."""
    try:
        documents = _documents(text)
    except _Refused as error:
        raise DataError(error.code, name, **error.params) from error
    except json.JSONDecodeError as error:
        raise DataError("json_broken", name, line=str(error.lineno), offset=str(error.pos)) from error
    except RecursionError as error:
        raise DataError("json_too_deep", name, limit=str(max_depth)) from error
    if _depth(documents) > max_depth + 1:
        raise DataError("json_too_deep", name, limit=str(max_depth))
    return documents


def _documents(text: str) -> list[Any]:
    try:
        return [_parse(text)]
    except json.JSONDecodeError as error:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2 or not error.msg.startswith("Extra data"):
            raise
    return [_parse(line) for line in lines]


def _parse(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_int=_number, parse_float=_number, parse_constant=str)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise _Refused("json_duplicate_key", key=twice[:100])
    return found


def _number(digits: str) -> Number:
    if len(digits) > MAX_NUMBER:
        raise _Refused("json_number_too_long", limit=str(MAX_NUMBER))
    return Number(digits)


def _depth(documents: list[Any]) -> int:
    """Levels of lists and objects, found without recursion."""
    deepest = 0
    level: list[Any] = [documents]
    while level:
        deepest += 1
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
    return deepest


def text_of(value: Any) -> str:
    """A JSON value as the text of a cell; objects, lists and null give "".

    A number is written out in full, with a fourth decimal where it has exactly three: "1.234" of a JSON number is one
    and a bit, while in a spreadsheet it may be one thousand.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return ""
    if not isinstance(value, Number):
        return value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return str(value)
    if not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT:
        return str(value)
    digits = format(number, "f")
    return digits + "0" if len(digits.partition(".")[2]) == 3 else digits
