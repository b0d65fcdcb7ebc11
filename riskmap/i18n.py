"""Every word a reader sees, in Kazakh, Russian and English, and the formats of numbers, money and dates.

The words live in `locales/<language>/<section>.toml`; a key is `section.name` or `section.group.name`.
"""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

LANGUAGES = ("kk", "ru", "en")
# CLDR writes "2026 ж. 1 қараша"; a Kazakh text says the year in full
_DATES = {"kk": "y 'жылғы' d MMMM", "ru": "long", "en": "long"}
_FOLDER = Path(__file__).with_name("locales")


@cache
def words(lang: str) -> dict[str, str]:
    """All texts of one language, flat: "section.group.name" -> text."""
    flat: dict[str, str] = {}
    for file in sorted((_FOLDER / lang).glob("*.toml")):
        _flatten(tomllib.loads(file.read_text("utf-8")), f"{file.stem}.", flat)
    return flat


def _flatten(tree: dict[str, Any], prefix: str, into: dict[str, str]) -> None:
    for key, value in tree.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{key}.", into)
        else:
            into[prefix + key] = value


def text(key: str, lang: str, **params: object) -> str:
    """The text of `key` in `lang` with `{placeholders}` filled; KeyError if there is no such key."""
    found = words(lang)[key]
    return found.format_map(params) if params else found


def has(key: str, lang: str) -> bool:
    """Is there a text of that key?"""
    return key in words(lang)


def number(value: float | None, lang: str, digits: int = 0) -> str:
    """1234.5 -> "1 234,5" in Kazakh and Russian, "1,234.5" in English; None -> the words for not known."""
    if value is None or pd.isna(value):
        return text("common.not_known", lang)
    return format_decimal(round(value, digits), format="#,##0." + "0" * digits if digits else "#,##0", locale=lang)


def share(value: float | None, lang: str) -> str:
    """0.456 -> "46 %"; None -> the words for not known."""
    if value is None or pd.isna(value):
        return text("common.not_known", lang)
    return format_percent(value, locale=lang)


def money(value: float | None, lang: str, currency: str = "KZT", *, full: bool = False, is_round: bool = False) -> str:
    """2.44e12 -> "KZT 2.44 tn" / "2,44 трлн ₸"; `full` writes every digit, `is_round` no zeros after the comma (2e9 -> "2 bn").

    Amounts are whole currency units.
    """
    if value is None or pd.isna(value):
        return text("common.not_known", lang)
    if full:
        return text("common.money", lang, amount=number(value, lang), currency=_sign(currency, lang))
    for limit, name in ((1e12, "tn"), (1e9, "bn"), (1e6, "mn")):
        if abs(value) >= limit * 0.9995:
            scaled = value / limit
            digits = 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
            while is_round and digits and round(scaled, digits) == round(scaled, digits - 1):
                digits -= 1
            amount = f"{number(scaled, lang, digits)} {text(f'common.{name}', lang)}"
            # a line never breaks inside "537 млрд ₸"
            return text("common.money", lang, amount=amount, currency=_sign(currency, lang)).replace(" ", "\u00a0")
    return text("common.money", lang, amount=number(value, lang), currency=_sign(currency, lang))


def _sign(currency: str, lang: str) -> str:
    return "₸" if currency == "KZT" and lang != "en" else currency


def day(value: date | None, lang: str) -> str:
    """A date in words, or the words for not known."""
    if value is None or pd.isna(value):
        return text("common.not_known", lang)
    return format_date(value, format=_DATES[lang], locale=lang)
