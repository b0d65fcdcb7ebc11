"""The numbers inside the indicators: what they are called in the settings, their unit, their source, other values.

Weights are not among them; they are tried by `riskmap.whatif` like any other number, but belong to the score.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from inspect import signature
from itertools import pairwise
from math import ceil, floor, isfinite
from typing import Any

from riskmap import settings as settings_file
from riskmap.indicators import Indicator

Settings = Mapping[str, Any]

# keys of every indicator's settings section that are weights, not thresholds
WEIGHTS = {"id", "family", "q", "optional", "default_mean"}
# unit of a number in the settings where its name does not end in one
_UNITS = {
    "between": "share", "rise": "share", "ramp_over_cap": "share", "unamortised_ramp": "share", "extension_ramp": "share",
    "early_growth": "share", "limited_severity": "share", "listed_later_severity": "share", "buyer_ramp": "share",
    "region_ramp": "share", "thin_market_factor": "ratio", "by_agreement_severity": "share", "pilot_severity": "share",
    "tender_working_days": "working_days", "quotation_working_days": "working_days", "equal_and_single_severity": "share",
    "norm_duration_months": "count",
}  # fmt: skip
_WITHIN_ONE = ("severity", "factor", "between", "rise")  # names (or their ends) of numbers that cannot pass 1
_TAGS = {"V": "public", "M": "memory", "P": "assumption", "SIM": "simulation"}
_MAX = 100_000.0  # no day, count or share of an indicator is larger


@dataclass(frozen=True)
class Source:
    """Where a number comes from. `kind`: public | memory | assumption | simulation; `citation` as it stands in settings.toml."""

    kind: str
    citation: str


def names(indicator: Indicator, settings: Settings) -> list[str]:
    """The settings of an indicator that are no weights: those its rule takes first, in the rule's own order."""
    own = [name for name in settings[indicator.name] if name not in WEIGHTS]
    of_rule = [name for name in signature(indicator.rule).parameters if name in own]
    return of_rule + sorted(set(own) - set(of_rule))


def unit(name: str) -> str:
    """The unit of a threshold by its name: share, days, working_days, ratio, z or count."""
    found = _UNITS.get(name) or name.rpartition("_")[2]
    return found if found in ("share", "days", "working_days", "ratio", "z") else "count"


def numbers(indicator: Indicator, settings: Settings) -> dict[str, dict[Any, float]]:
    """Threshold -> its numbers by place: None for a single one, 0, 1, ... in a list, the first day in a dated table.

    Lists of words and tables without a line have no number.
    """
    found = {name: _parts(settings[indicator.name][name]) for name in names(indicator, settings)}
    return {name: parts for name, parts in found.items() if parts}


def _parts(value: Any) -> dict[Any, float]:
    if isinstance(value, Mapping):
        return {at: part for at, part in value.items() if isinstance(part, int | float)}
    if isinstance(value, list):
        return {i: part for i, part in enumerate(value) if isinstance(part, int | float)}
    return {None: value} if isinstance(value, int | float) and not isinstance(value, bool) else {}


def changed(indicator: Indicator, settings: Settings, tried: Mapping[str, Mapping[Any, float]]) -> dict[str, Any]:
    """The settings section of an indicator with other numbers: only the thresholds that differ, whole ones stay whole.

    ValueError, naming the threshold, for a number below 0 or absurdly large, a share of severity above 1, or a range
    that does not rise.
    """
    own, result = settings[indicator.name], {}
    for name, parts in tried.items():
        value = _with(own[name], parts)
        _check(name, _parts(value))
        if value != own[name]:
            result[name] = value
    return result


def _with(value: Any, parts: Mapping[Any, float]) -> Any:
    if isinstance(value, Mapping):
        return {at: _alike(old, parts.get(at, old)) for at, old in value.items()}
    if isinstance(value, list):
        return [_alike(old, parts.get(i, old)) for i, old in enumerate(value)]
    return _alike(value, parts[None])


def _alike(old: float, new: float) -> float:
    return int(new) if isinstance(old, int) and float(new).is_integer() else float(new)


def largest(name: str) -> float:
    """The largest number that makes sense for a threshold, in its own unit."""
    return 1.0 if name.endswith(_WITHIN_ONE) else _MAX


def _check(name: str, parts: Mapping[Any, float]) -> None:
    values = list(parts.values())
    rises = all(low < high for low, high in pairwise(values))
    is_range = 0 in parts and len(values) > 1
    if not all(isfinite(value) and 0 <= value <= largest(name) for value in values) or (is_range and not rises):
        raise ValueError(name)


def scaled(indicator: Indicator, settings: Settings, name: str, factor: float) -> dict[str, Any]:
    """`changed` with one threshold times `factor`: whole numbers move at least by one, nothing leaves its bounds."""
    parts = numbers(indicator, settings)[name]
    outward = ceil if factor > 1 else floor
    moved = {
        at: max(outward(value * factor), 0) if isinstance(value, int) else round(value * factor, 6) for at, value in parts.items()
    }
    moved = {at: min(value, largest(name)) for at, value in moved.items()}
    return changed(indicator, settings, {name: moved})


@cache
def sources() -> dict[tuple[str, str], tuple[Source, ...]]:
    """(section, threshold) -> sources, from the comments of settings.toml, where every number stands with its source.

    A tag is [V source], [M], [P] or [SIM], perhaps with the numbers it speaks of; without one it is our assumption. The
    chapter of the methodology is the source of what has no other.
    """
    found, section = {}, ""
    for line in settings_file.DEFAULT.read_text("utf-8").splitlines():
        if header := re.match(r"\[([\w.]+)\]", line):
            section = header[1]
        elif key := re.match(r"(\w+)\s*=", line):
            found[section, key[1]] = _sources(line.partition("#")[2])
    return found


def _sources(comment: str) -> tuple[Source, ...]:
    tags = re.findall(r"\[(V|M|P|SIM)\b[:\s]*([^\]]*)\]", comment) or [("P", "")]
    chapter = re.search(r"methodology (\d\.\d)", comment)
    at = f"methodology.md {chapter[1]}" if chapter else ""
    return tuple(Source(_TAGS[tag], words if tag == "V" else "; ".join(filter(None, (words, at)))) for tag, words in tags)
