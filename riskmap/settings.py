"""The settings: one TOML file with a source beside every number, and single keys overridden by another file."""

import difflib
import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskmap.problem import DataError

DEFAULT = Path(__file__).with_name("settings.toml")
_FREE_TABLES = {"price_index", "region_aliases", "calendar"}  # tables whose keys are data, not names of ours
# ... and those that another file replaces as a whole: a country's law or norm does not mix with another's
_WHOLE_TABLES = {"tender_working_days", "quotation_working_days", "norm_duration_months", "mci_kzt", "mci_sources"}
# how things are drawn, what becomes a row of facts before any rule reads it, and the clock of answers
_NOT_RULES = {
    "map", "publisher", "observations", "reward", "doors", "open_data", "public_control", "calendar", "visits", "office",
}  # fmt: skip
_PLACES = {"districts", "district_properties", "directions_url"}  # of the country: they name places and judge nothing

Settings = Mapping[str, Any]


def load(path: Path | str | None = None) -> dict[str, Any]:
    """The default settings, with the keys of `path` laid over them. An unknown key is a DataError."""
    settings = tomllib.loads(DEFAULT.read_text("utf-8"))
    if path is None:
        return settings
    try:
        changes = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError("settings_unreadable", str(path), reason=str(error)) from error
    return overlay(settings, changes, source=str(path))


def overlay(settings: Settings, changes: Settings, *, source: str = "", at: str = "") -> dict[str, Any]:
    """`settings` with `changes` laid over it, key by key; types must match and names must exist."""
    result = dict(settings)
    for key, value in changes.items():
        name = f"{at}{key}"
        if key not in result and at.rstrip(".").rpartition(".")[2] not in _FREE_TABLES:
            near = difflib.get_close_matches(key, result, n=1)
            raise DataError("settings_unknown_key", source, key=name, suggestion=near[0] if near else "")
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and key not in _WHOLE_TABLES:
            result[key] = overlay(old, value, source=source, at=f"{name}.")
        elif old is not None and not _same_kind(old, value):
            raise DataError("settings_wrong_type", source, key=name, expected=type(old).__name__)
        else:
            result[key] = value
    return result


def _same_kind(old: object, new: object) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return isinstance(old, bool) and isinstance(new, bool)
    if isinstance(old, int | float):
        return isinstance(new, int | float)
    return isinstance(new, type(old))


def judging(settings: Settings) -> dict[str, Any]:
    """The settings without what only draws, names places or takes in observations: no rule reads it."""
    kept = {name: own for name, own in settings.items() if name not in _NOT_RULES}
    if "country" in kept:
        kept["country"] = {name: own for name, own in kept["country"].items() if name not in _PLACES}
    return kept


def digest(settings: Settings) -> str:
    """SHA-256 of the settings that judge, in canonical JSON: two runs with the same digest used the same numbers."""
    text = json.dumps(judging(settings), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
