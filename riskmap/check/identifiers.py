"""BIN and IIN: the check digit, leading zeros that a spreadsheet dropped, and the masking of a person's number.

A BIN (12 digits) names a legal entity, an IIN names a person and never leaves this module whole: `mask` replaces it by
`******1234` wherever it stands. The check digit only says "well-formed": 9 % of single-digit typos pass it, because the
weight of the eleventh digit is 0 modulo 11. That is why a wrong one is a warning and no more.
"""

import re
from datetime import date

from riskmap.check.cell import Cell

_WEIGHTS = (tuple(range(1, 12)), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2))
# any decimal digits (full-width ones are digits to a reader too), in groups however they are set apart
_TWELVE = re.compile(r"(?<!\d)\d(?:[\s._/\u2010-\u2015-]{0,3}\d){11}(?!\d)")
_LABELLED = re.compile(r"((?:иин|жсн|iin)[\s:№.-]{0,5})(\d{9,12})(?!\d)", re.I)
_SCHEME = re.compile(r"^\s*(?:KZ[-\s]?BIN|БИН|БСН|BIN|ИИН|ЖСН|IIN)?[\s:№.-]*", re.I)
_CENTURIES = {"1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000}  # seventh digit of an IIN


def check_digit_fits(digits: str) -> bool:
    """Does the twelfth digit of a BIN or IIN fit the eleven before it?"""
    for weights in _WEIGHTS:
        remainder = sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 11
        if remainder != 10:
            return remainder == int(digits[11])
    return False


def is_person(digits: str) -> bool:
    """Is the number built like an IIN: a date of birth, then a digit for century and sex? (A BIN has 4 to 6 fifth.)"""
    century = _CENTURIES.get(digits[6])
    if century is None:
        return False
    try:
        date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    return True


def mask(text: str) -> str:
    """The text with every person's number in it as `******1234`; nothing else is changed."""
    if not any(c.isdigit() for c in text):
        return text
    text = _LABELLED.sub(lambda m: m[1] + _masked(_digits(m[2])), text)
    return _TWELVE.sub(lambda m: _masked(d) if is_person(d := _digits(m[0])) and check_digit_fits(d) else m[0], text)


def mask_company_number(text: str) -> str:
    """The text of a cell that should hold a BIN, a person's number masked: there its shape is enough, typo or not."""
    cell = company_number(text)
    return cell.value if cell.code == "iin_masked" else mask(text)


def _digits(text: str) -> str:
    return "".join(str(int(c)) for c in text if c.isdecimal())


def _masked(digits: str) -> str:
    return f"******{digits[-4:]}"


def company_number(text: str) -> Cell:
    """A BIN as 12 digits. Zeros are restored only where the check digit then fits; an IIN comes back masked."""
    digits = re.sub(r"[\s\u00a0.-]", "", _SCHEME.sub("", text))
    if re.fullmatch(r"\*{6}[0-9]{4}", digits):  # masked on an earlier import
        return Cell(digits)
    if not re.fullmatch(r"[0-9]{1,12}", digits):
        return Cell(mask(text), "bin_malformed", "warning")
    padded = digits.zfill(12)
    restored = 9 <= len(digits) < 12 and check_digit_fits(padded)
    if (len(digits) == 12 or restored) and is_person(padded):
        return Cell(_masked(padded), "iin_masked", "warning")
    if restored:
        return Cell(padded, "bin_padded", "warning", {"restored": padded})
    if len(digits) < 12:
        return Cell(digits, "bin_malformed", "warning")
    return Cell(digits) if check_digit_fits(digits) else Cell(digits, "bin_check_digit", "warning")
