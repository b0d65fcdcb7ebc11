"""Strict converters: one text -> one typed value, or the reason why not. They never raise and never guess.

What one text alone cannot say ("1,234": decimals or thousands? 03/04/2025: whose order? 0.45 or 45 %?) is decided
once for the whole column by `reading_of`, and where the column cannot say it either, the value is refused.
"""

import calendar
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from riskmap.check.cell import Cell, refused
from riskmap.check.identifiers import company_number, mask
from riskmap.check.words import (
    CURRENCIES,
    DOLLAR_SIGN,
    EXCEL_ERROR,
    FREE_MAIL,
    GENERAL_TYPES,
    MISSING,
    MONTHS,
    NO,
    SCALES,
    UNKNOWN_WORD,
    YES,
    code_of,
)
from riskmap.schema import Column

MAX_CELL = 32_767  # letters, the limit of a spreadsheet cell (B015)
MAX_ID, MAX_WORD, MAX_NUMBER, MAX_URL = 200, 300, 60, 2_000
COMPANY_NUMBERS = ("buyer_id", "supplier_id", "bidder_id")
KEYS = ("facility_id", "contract_no")
NO_ZERO = ("budget_amount", "value_amount", "value_first_amount")  # a zero here means "not filled in" (B042)

_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f]")
_SPACES = "\u0020\u00a0\u2000-\u200a\u202f\u205f\u3000"


@dataclass(frozen=True)
class Reading:
    """How one column of one table is read; decided once, from its header and from all its texts."""

    column: Column
    header: str
    scale: int | None = None  # factor in the header: "млн тенге" -> 1 000 000
    currency: str | None = None  # currency in the header
    decimal_mark: str | None = None  # "," or "." where the column itself shows it
    share_factor: Decimal | None = None  # 1 or 0.01; None = undecidable
    day_first: bool | None = None  # order in 03/04/2025; None = undecidable


def reading_of(column: Column, header: str, unit: str, texts: Iterable[str]) -> Reading:
    """Decide how to read a column from the unit in its header and from all its texts."""
    known = [text for text in texts if not is_missing(text, column.kind)]
    if column.kind == "date":
        return Reading(column, header, day_first=_day_first(known))
    if column.kind not in ("money", "share", "number", "integer"):
        return Reading(column, header)
    scale, currency = unit_of(unit)
    mark = _decimal_mark(known)
    factor = _share_factor(known, unit, mark) if column.kind == "share" else None
    return Reading(column, header, scale, currency, mark, factor)


def convert(reading: Reading, text: str, settings: Mapping[str, Any]) -> Cell:
    """One text -> a Cell. A missing token gives Cell(None) without a code: it is simply not known."""
    column = reading.column
    tidied = tidy(text)
    if tidied.severity in ("cell", "error"):
        return tidied
    clean: str = tidied.value
    if is_missing(clean, column.kind):
        return Cell()
    match column.kind:
        case "date":
            cell = date_of(clean, settings["check"]["year_bounds"], day_first=reading.day_first)
        case "money":
            cell = money_of(clean, reading, settings)
        case "share":
            cell = share_of(clean, reading)
        case "integer":
            cell = integer_of(clean, reading.decimal_mark)
        case "number":
            cell = number_with_unit(clean, reading.decimal_mark)
        case "bool":
            cell = bool_of(clean)
        case "code":
            cell = code_cell(column.name, clean)
        case "id":
            cell = id_of(column.name, clean, settings["country"]["identifier_scheme"])
        case "url":
            cell = url_of(clean)
        case "contact":
            cell = contact_of(clean)
        case _:
            cell = Cell(mask(clean) if settings["country"]["identifier_scheme"] == "KZ-BIN" else clean)
    if not cell.code and tidied.code:
        return Cell(cell.value, tidied.code, "warning", tidied.params, cell.extra)
    return cell


def tidy(text: str) -> Cell:
    """The visible text in NFC with single spaces; refused where it holds what no cell should hold."""
    if len(text) > MAX_CELL:
        return refused("cell_too_long", "error", limit=str(MAX_CELL))
    if any("\ud800" <= c <= "\udfff" for c in text) or "\ufffd" in text:
        return refused("broken_characters")
    if _CONTROL.search(text):
        return refused("control_characters")
    visible = _HIDDEN.sub("", text)
    clean = unicodedata.normalize("NFC", " ".join(visible.split()))
    if EXCEL_ERROR.fullmatch(clean):
        return refused("formula_error")
    return Cell(clean) if len(visible) == len(text) else Cell(clean, "invisible_characters", "warning", {"n": "1"})


def is_missing(text: str, kind: str) -> bool:
    """Does the text say "no data"? A text column keeps words like "NA": a place may be called so (B045)."""
    folded = text.strip().casefold()
    return folded in MISSING and (kind not in ("text", "url", "contact") or not any(c.isalpha() for c in folded))


# ---- dates -----------------------------------------------------------------------------------------------------------
_TIME = r"(?:[t ] ?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)? ?(z|utc|[+-][0-9]{2}:?[0-9]{2})?)?"
_YEAR_WORD = r"(?: ?(?:г|год|года|году|ж|жыл|жылы|жылғы|жылдың)\.?)?"
_DOTTED = re.compile(rf"([0-9]{{1,2}})\. ?([0-9]{{1,2}})\. ?([0-9]{{4}}){_YEAR_WORD}{_TIME}")
_ISO = re.compile(rf"([0-9]{{4}})([-./])([0-9]{{1,2}})\2([0-9]{{1,2}}){_TIME}")
_SLASHED = re.compile(rf"([0-9]{{1,2}})([/-])([0-9]{{1,2}})\2([0-9]{{4}}){_TIME}")
_TWO_DIGITS = re.compile(rf"[0-9]{{1,2}}([-./])[0-9]{{1,2}}\1[0-9]{{2}}{_YEAR_WORD}{_TIME}")
_YEAR = re.compile(rf"([0-9]{{4}}){_YEAR_WORD}")
_MONTH = re.compile(r"(?:([0-9]{1,2})[./]([0-9]{4})|([0-9]{4})[-./]([0-9]{1,2}))")
_QUARTER_WORD = r"(?:кв\.?|квартал\w{0,3}|тоқсан\w{0,3}|quarter|q)"
_QUARTER_FIRST = re.compile(
    rf"(?:q ?([1-4])|(iv|i{{1,3}}|[1-4])(?:-?(?:й|ый|ий|ой|ші|шi|st|nd|rd|th))? ?{_QUARTER_WORD}),? ?([0-9]{{4}}){_YEAR_WORD}"
)
_QUARTER_LAST = re.compile(
    rf"([0-9]{{4}}){_YEAR_WORD},? ?(?:q ?([1-4])|(iv|i{{1,3}}|[1-4])(?:-?(?:й|ый|ші|шi))? ?{_QUARTER_WORD})"
)
_DAY_WORD = re.compile(
    rf"[«\"]?([0-9]{{1,2}})[»\"]?(?:st|nd|rd|th)?[ -]([^\W\d_]{{3,12}})\.?,?[ -]([0-9]{{4}}){_YEAR_WORD}{_TIME}"
)
_WORD_DAY = re.compile(r"([^\W\d_]{3,12})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})")
_YEAR_DAY_WORD = re.compile(rf"([0-9]{{4}}){_YEAR_WORD} ([0-9]{{1,2}}) ([^\W\d_]{{3,12}})")
_WORD_YEAR = re.compile(rf"([^\W\d_]{{3,12}})\.?,? ([0-9]{{4}}){_YEAR_WORD}")
_YEAR_WORD_MONTH = re.compile(rf"([0-9]{{4}}){_YEAR_WORD} ([^\W\d_]{{3,12}})")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}


def date_of(text: str, year_bounds: list[int], *, day_first: bool | None = None) -> Cell:
    """A date; `extra["precision"]` is day, month, quarter or year (then the last day of it, with a warning)."""
    if len(text) > MAX_NUMBER:
        return refused("date_unreadable")
    lower = text.casefold().rstrip(",; ")
    if m := _DOTTED.fullmatch(lower):
        return _day(m[3], m[2], m[1], year_bounds, zone=m[4], text=lower)
    if m := _ISO.fullmatch(lower):
        return _day(m[1], m[3], m[4], year_bounds, zone=m[5], text=lower)
    if m := _SLASHED.fullmatch(lower):
        if not day_first:
            return refused("date_ambiguous")
        return _day(m[4], m[3], m[1], year_bounds, zone=m[5], text=lower)
    if _TWO_DIGITS.fullmatch(lower):
        return refused("date_two_digit_year")
    return _period(lower, year_bounds) or _worded(lower, year_bounds) or refused(
        "date_number" if _NUMBER.fullmatch(lower) else "date_unreadable"
    )  # fmt: skip


def _period(lower: str, year_bounds: list[int]) -> Cell | None:
    if m := _YEAR.fullmatch(lower):
        return _last_day(m[1], 12, "year", year_bounds)
    if m := _MONTH.fullmatch(lower):
        return _last_day(m[2] or m[3], int(m[1] or m[4]), "month", year_bounds)
    latin = lower.translate(str.maketrans("іӏ", "ii"))  # Roman numerals are often typed with the Kazakh letter
    if m := _QUARTER_FIRST.fullmatch(latin):
        return _last_day(m[3], 3 * _quarter(m[1] or m[2]), "quarter", year_bounds)
    if m := _QUARTER_LAST.fullmatch(latin):
        return _last_day(m[1], 3 * _quarter(m[2] or m[3]), "quarter", year_bounds)
    return None


def _worded(lower: str, year_bounds: list[int]) -> Cell | None:
    for pattern, (year, month, day) in ((_DAY_WORD, (3, 2, 1)), (_WORD_DAY, (3, 1, 2)), (_YEAR_DAY_WORD, (1, 3, 2))):
        if (m := pattern.fullmatch(lower)) and m[month] in MONTHS:
            return _day(m[year], str(MONTHS[m[month]]), m[day], year_bounds)
    for pattern, (year, month) in ((_WORD_YEAR, (2, 1)), (_YEAR_WORD_MONTH, (1, 2))):
        if (m := pattern.fullmatch(lower)) and m[month] in MONTHS:
            return _last_day(m[year], MONTHS[m[month]], "month", year_bounds)
    return None


def _quarter(word: str) -> int:
    return _ROMAN.get(word) or int(word)


def _day(year: str, month: str, day: str, bounds: list[int], *, zone: str | None = None, text: str = "") -> Cell:
    if not bounds[0] <= int(year) <= bounds[1]:
        return refused("date_out_of_range", first=str(bounds[0]), last=str(bounds[1]))
    try:
        value = date(int(year), int(month), int(day))
    except ValueError:
        return refused("date_impossible")
    is_utc = zone in ("z", "utc", "+00:00", "+0000") and not re.search(r"[t ]0?0:00", text)
    extra = {"precision": "day"}
    return Cell(value, "date_in_utc", "warning", {}, extra) if is_utc else Cell(value, extra=extra)


def _last_day(year: str, month: int, precision: str, bounds: list[int]) -> Cell:
    if not bounds[0] <= int(year) <= bounds[1]:
        code = "date_number" if precision == "year" else "date_out_of_range"
        return refused(code, first=str(bounds[0]), last=str(bounds[1]))
    if not 1 <= month <= 12:
        return refused("date_impossible")
    value = date(int(year), month, calendar.monthrange(int(year), month)[1])
    return Cell(value, "date_imprecise", "warning", {"taken": value.isoformat()}, {"precision": precision})


def _day_first(texts: list[str]) -> bool | None:
    """Order of 03/04/2025 in a column: True where some value can only be day first and none can only be month first."""
    pairs = [(int(m[1]), int(m[3])) for t in texts if (m := _SLASHED.fullmatch(t.strip().casefold()))]
    if any(second > 12 for _, second in pairs):
        return None
    return True if any(first > 12 for first, _ in pairs) else None


# ---- numbers ---------------------------------------------------------------------------------------------------------
_GROUPED = re.compile(rf"[0-9]{{1,3}}(?:[{_SPACES}'’ʼ`][0-9]{{3}})+(?:[.,][0-9]+)?")
_ONE_MARK = re.compile(r"([0-9]+)([.,])([0-9]+)")
_SAME_MARKS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){2,}|[0-9]{1,3}(?:\.[0-9]{3}){2,}")
_BOTH_MARKS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
_SHORTENED = re.compile(r"[0-9]+(?:[.,][0-9]+)?e[+-]?[0-9]+", re.I)
_PARTS = re.compile(
    r"(?P<before>[^0-9()−–-]*)(?P<open>\()?(?P<sign>[−–-] ?)?"
    rf"(?P<number>[0-9][0-9.,{_SPACES}'’ʼ`]*(?:e[+-]?[0-9]+)?)(?P<close>\))?(?P<after>[^0-9]*)",
    re.I,
)
_WORDS = re.compile(r"r\$|us\$|mx\$|s/|[$€₸₽₱£₴₲₹₦%‰]|[^\W\d_]+", re.I)


def _split(text: str) -> tuple[str, str] | None:
    """(number with its sign, the words around it), or None where the text is not one number with words."""
    m = _PARTS.fullmatch(text)
    if not m or (m["open"] is None) != (m["close"] is None):
        return None
    sign = "-" if m["sign"] or m["open"] else ""
    return sign + m["number"].strip(_strip_spaces), f"{m['before']} {m['after']}"


_strip_spaces = "".join(chr(c) for c in (0x20, 0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000))


def _decimal(number: str, decimal_mark: str | None) -> Decimal | str:
    """A number as Decimal, or the code of the problem. `decimal_mark` decides "1,234" where the column knows it."""
    sign, digits = (-1, number[1:]) if number.startswith("-") else (1, number)
    if len(digits) > MAX_NUMBER:
        return "number_too_long"
    if _SHORTENED.fullmatch(digits):
        return "number_shortened"
    if re.fullmatch(r"[0-9]+", digits):
        plain = digits
    elif m := _ONE_MARK.fullmatch(digits):
        whole, mark, fraction = m.groups()
        looks_grouped = len(fraction) == 3 and len(whole) <= 3 and whole.lstrip("0") == whole
        if looks_grouped and decimal_mark is None:
            return "number_ambiguous"
        plain = whole + fraction if looks_grouped and mark != decimal_mark else f"{whole}.{fraction}"
    elif _SAME_MARKS.fullmatch(digits):
        plain = re.sub(r"[.,]", "", digits)
    elif _BOTH_MARKS.fullmatch(digits):
        mark = max(digits.rfind("."), digits.rfind(","))
        plain = re.sub(r"[.,]", "", digits[:mark]) + "." + digits[mark + 1 :]
    elif _GROUPED.fullmatch(digits):
        plain = re.sub(rf"[{_SPACES}'’ʼ`]", "", digits).replace(",", ".")
    else:
        return "number_unreadable"
    return sign * Decimal(plain)


def _decimal_mark(texts: list[str]) -> str | None:
    """The decimal mark that the column itself shows beyond doubt; None where it shows none or both."""
    seen = set()
    for text in texts:
        parts = _split(text.strip())
        number = parts[0].lstrip("-") if parts else ""
        if m := _ONE_MARK.fullmatch(number):
            if len(m[3]) != 3 or len(m[1]) > 3 or m[1].startswith("0"):
                seen.add(m[2])
        elif _BOTH_MARKS.fullmatch(number):
            seen.add("." if number.rfind(".") > number.rfind(",") else ",")
        elif _SAME_MARKS.fullmatch(number):
            seen.add("," if "." in number else ".")
        elif (m := _GROUPED.fullmatch(number)) and (marks := re.findall(r"[.,]", number)):
            seen.add(marks[0])
    return seen.pop() if len(seen) == 1 else None


def unit_of(text: str) -> tuple[int | None, str | None]:
    """Factor and currency that a header or a cell names: "млн тенге" -> (1000000, "KZT"). Other words are ignored."""
    words = [w.casefold() for w in _WORDS.findall(text)]
    factors = {SCALES[w] for w in words if w in SCALES}
    currencies = {"$" if w == "$" else CURRENCIES[w] for w in words if w == "$" or w in CURRENCIES}
    return (factors.pop() if len(factors) == 1 else None), (currencies.pop() if len(currencies) == 1 else None)


def money_of(text: str, reading: Reading, settings: Mapping[str, Any]) -> Cell:
    """An amount in whole units of the country's currency. `extra`: currency said in the cell or header, is_rounded."""
    parts = _split(text)
    if parts is None:
        return refused("number_unreadable")
    words = [w.casefold() for w in _WORDS.findall(parts[1])]
    home = settings["country"]["currency"]
    words = [w for w in words if w != home.casefold()]
    if any(w not in SCALES and w not in CURRENCIES and w != "$" for w in words):
        return refused("money_unit_unknown")
    scale, currency = unit_of(parts[1])
    if sum(w in SCALES for w in words) > 1 or (scale and reading.scale and scale != reading.scale):
        return refused("money_units_contradict", "error")
    number = _decimal(parts[0], reading.decimal_mark)
    if isinstance(number, str):
        return refused(number)
    amount = number * (scale or reading.scale or 1)
    if amount < 0:
        return refused("negative_money", "error")
    if amount > settings["check"]["max_amount"]:
        return refused("money_too_large")
    said = currency or reading.currency
    if said == "$":
        said = home if home in DOLLAR_SIGN else "USD"
    if said and said != home:
        return refused("currency_mismatch", found=said, expected=home)
    whole = int(amount.to_integral_value(ROUND_HALF_UP))
    if whole == 0 and reading.column.name in NO_ZERO:
        return refused("zero_amount")
    return Cell(whole, extra={"currency": said, "is_rounded": whole != amount})


def currency_of(text: str) -> Cell:
    """ISO 4217 code of a currency column."""
    word = text.strip().strip(".").casefold()
    if word in CURRENCIES:
        return Cell(CURRENCIES[word])
    if re.fullmatch(r"[a-z]{3}", word):
        return Cell(word.upper())
    return refused("currency_unknown")


def share_of(text: str, reading: Reading) -> Cell:
    """A share from 0 to 1. A cell with "%" decides for itself, any other by the whole column."""
    parts = _split(text)
    if parts is None or any(w != "%" for w in _WORDS.findall(parts[1])):
        return refused("number_unreadable")
    number = _decimal(parts[0], reading.decimal_mark or ("." if "." in parts[0] else ","))
    if isinstance(number, str):
        return refused(number)
    factor = Decimal("0.01") if "%" in parts[1] else reading.share_factor
    if factor is None and number != 0:
        return refused("share_undecided")
    share = number * (factor or 1)
    return Cell(float(share)) if 0 <= share <= 1 else refused("share_out_of_range")


def _share_factor(texts: list[str], unit: str, mark: str | None) -> Decimal | None:
    """1 where the column holds fractions, 0.01 where it holds percent, None where it could be either."""
    plain = []
    for text in texts:
        parts = _split(text.strip())
        if parts and "%" not in parts[1]:
            number = _decimal(parts[0], mark or ("." if "." in parts[0] else ","))
            if isinstance(number, Decimal) and number >= 0:
                plain.append(number)
    largest = max(plain, default=Decimal(0))
    fractions = {n for n in plain if 0 < n < 1}
    if largest > (1 if "%" in unit else Decimal("1.5")):
        return Decimal("0.01")
    if largest > 1:
        return None  # 1.2: a fraction that is too large, or one percent?
    return Decimal(1) if len(fractions) >= (3 if "%" in unit else 1) else None


def integer_of(text: str, decimal_mark: str | None) -> Cell:
    """A whole number from 0 up."""
    number = _decimal(text, decimal_mark)
    if isinstance(number, str):
        return refused(number)
    if number < 0:
        return refused("negative_number")
    if number != int(number):
        return refused("not_whole")
    return Cell(int(number)) if number < 10**9 else refused("number_too_long")


def number_with_unit(text: str, decimal_mark: str | None) -> Cell:
    """A positive number; `extra["unit"]` are the words that stand after it ("300 мест")."""
    if m := re.match(r"([0-9][0-9 \u00a0\u202f.,']*) ?([^0-9].*)?$", text):
        digits, unit = m[1].strip(" ,.\u00a0\u202f"), (m[2] or "").strip()
        number = _decimal(digits, decimal_mark)
        if isinstance(number, str):
            return refused(number)
        if number == 0:
            return refused("zero_number")
        if number >= 10**12 or len(unit) > 40:
            return refused("number_unreadable")
        return Cell(float(number), extra={"unit": unit})
    return refused("negative_number" if re.match(r"[−–-] ?[0-9]", text) else "number_unreadable")


# ---- words and identifiers -------------------------------------------------------------------------------------------
def bool_of(text: str) -> Cell:
    """Yes or no."""
    word = text.casefold().strip(" .!")
    if word in YES:
        return Cell(True)
    return Cell(False) if word in NO else refused("bool_unknown")


def code_cell(name: str, text: str) -> Cell:
    """A code; several words in one cell ("education; health") are taken by the first that we know."""
    if len(text) > MAX_WORD:
        return refused("word_too_long")
    lower = text.casefold()
    if name == "facility_type":
        return _facility_type(lower)
    code = code_of(name, lower)
    if code is not None:
        return Cell(code)
    fallback = UNKNOWN_WORD.get(name)
    return Cell(fallback, "word_unknown", "warning" if fallback else "cell", {"taken": fallback or ""})


def _facility_type(lower: str) -> Cell:
    """The first word that names a type; a general one ("education") counts only where no other word is clearer."""
    words = [part.strip(" .") for part in re.split(r"[;/|]|, ", lower)]
    for word in words:
        if word not in GENERAL_TYPES and (code := code_of("facility_type", word)) is not None:
            return Cell(code)
    general = next((GENERAL_TYPES[word] for word in words if word in GENERAL_TYPES), None)
    taken = general or "other"
    return Cell(taken, "type_general" if general else "word_unknown", "warning", {"taken": taken})


def id_of(name: str, text: str, scheme: str) -> Cell:
    """An identifier as text. BINs are checked where the country uses them, keys of rows must be harmless."""
    is_key = name in KEYS
    if len(text) > MAX_ID:
        return refused("id_too_long", "error" if is_key else "cell", limit=str(MAX_ID))
    if re.fullmatch(r"[0-9]+[.,][0-9]+e\+?[0-9]+", text, re.I):
        return refused("id_shortened", "error" if is_key else "cell")
    if name in COMPANY_NUMBERS and scheme == "KZ-BIN":
        return company_number(text)
    if is_key and (re.search(r"[<>\"'`;\\{}$%|]", text) or ".." in text):
        return refused("id_bad_characters", "error" if name == "facility_id" else "cell")
    return Cell(mask(text) if scheme == "KZ-BIN" else text)


def url_of(text: str) -> Cell:
    """A web address, http or https only: `javascript:` and files never become links. Spaces are written as %20."""
    address = text.replace(" ", "%20")
    is_plain = re.fullmatch(r"https?://[^\s<>\"'\\]+", address, re.I) and len(address) <= MAX_URL
    return Cell(address) if is_plain else refused("url_bad")


_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@((?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,30}(?:(?:ext|доб|вн|ішкі)\.? ?[0-9]{1,6})?", re.I)
_N_DIGITS = range(5, 16)  # of a telephone number with its country code (E.164)


def contact_of(text: str) -> Cell:
    """A public contact of an office: a web address, an e-mail of its own domain, or a telephone number.

    A mailbox at a free provider may be a person's, twelve bare digits may be a person's number: neither is kept.
    """
    if text.casefold().startswith(("http://", "https://")):
        return url_of(text)
    if mail := _MAIL.fullmatch(text):
        return refused("contact_private") if mail[1].casefold() in FREE_MAIL else Cell(text)
    n_digits = sum(c.isdigit() for c in text)
    if _PHONE.fullmatch(text) and n_digits in _N_DIGITS and not re.fullmatch("[0-9]{12}", text):
        return Cell(text)
    return refused("contact_bad")
