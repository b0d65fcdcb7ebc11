"""Validation (c): the backtest card, a JSON file beside this one that the page about the method shows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskmap.indicators import INDICATORS

CARD = Path(__file__).with_name("card.json")


def read(path: Path = CARD) -> dict[str, Any] | None:
    """The report of the last reporting run; None where there is none."""
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def write(report: Mapping[str, Any], path: Path = CARD) -> None:
    """Keep a report; the same report gives the same bytes."""
    path.write_text(json.dumps(report, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")


def versions() -> list[str]:
    """The indicators and their versions, as "T01 1.0": a version changes whenever the same data would give another number."""
    return [f"{i.id} {i.version}" for i in INDICATORS]


def is_of(card: Mapping[str, Any], settings_sha256: str) -> bool:
    """Was the card measured with these settings and with the indicators of this version?"""
    return card["settings_sha256"] == settings_sha256 and card["indicators"] == versions()
