"""Bytes of a text file -> text. It decides only where the bytes leave no doubt; else the reader must name the encoding.

General guessers are wrong here: charset-normalizer takes three short cp1251 lines for Thai and koi8-r for Japanese.
So only encodings that Kazakh and Russian files really use are compared, by how plausible their letters are.
"""

import codecs
import math
import re

from riskmap.problem import DataError

CANDIDATES = ("cp1251", "kz1048", "cp866", "koi8-r", "mac-cyrillic")
MIN_LETTERS = 80  # fewer letters outside ASCII: no decision
MIN_MARGIN = 25.0  # natural-log likelihood by which the best must beat the next
MIN_PLAUSIBLE = -4.5  # mean log likelihood per letter; Russian and Kazakh text reaches about -3
SAMPLE_WORDS = 3_000
DAMAGED_SHARE = 0.02  # more broken bytes than this share of the letters: not UTF-8 with a few damaged places

# Letters of Russian and Kazakh text, per 1,000 (rounded means of both languages; the order matters, not the digits).
_PER_MILLE = {
    "а": 95, "е": 65, "о": 70, "н": 65, "и": 50, "т": 55, "р": 48, "с": 45, "л": 45, "к": 35, "д": 35, "м": 30, "ы": 40,
    "в": 28, "п": 22, "б": 20, "у": 22, "з": 15, "я": 14, "г": 14, "ь": 10, "й": 14, "ж": 12, "ш": 10, "х": 8, "ч": 9,
    "ц": 5, "ю": 5, "э": 3, "щ": 3, "ф": 3, "ё": 2, "ъ": 1, "і": 20, "қ": 15, "ң": 10, "ғ": 10, "ә": 10, "ү": 8, "ұ": 8,
    "ө": 6, "һ": 0.5,
}  # fmt: skip
_TOTAL = sum(_PER_MILLE.values())
_LETTERS = {letter: math.log(n / _TOTAL) for letter, n in _PER_MILLE.items()}
_SIGNS = dict.fromkeys("«»№–—“”„’…°²³\xa0·", -5.0)
_STRANGE = -12.0  # box drawing, letters of other languages
_BESIDE_LATIN = -8.0  # "Municнpio": a letter of one alphabet inside a word of another
_SMALL_BEFORE_CAPITAL = -8.0
_WORD = re.compile(rb"[A-Za-z]*[\x80-\xff]+[A-Za-z\x80-\xff]*")


def decode(data: bytes, *, encoding: str | None, name: str) -> tuple[str, str, bool]:
    """(text without byte order mark, encoding, was it guessed). Damaged places of UTF-8 become U+FFFD.

    DataError: "encoding_wrong" (the declared one does not fit), "encoding_mixed" (with the byte offset and line),
    "encoding_unknown" (ask for the encoding).
    """
    if encoding is not None:
        return _declared(data, encoding, name), encoding, False
    for mark, found in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return _after_mark(data[len(mark) :], found, name), found, False
    if _looks_like_utf16(data):
        raise DataError("encoding_unknown", name, encodings="utf-16-le, utf-16-be")
    try:
        return data.decode("utf-8"), "utf-8", False
    except UnicodeDecodeError as error:
        first_bad = error.start
    text = data.decode("utf-8", "replace")
    n_broken, n_letters = text.count("\ufffd"), sum(map(len, re.findall("[\u00a0-\u052f]+", text)))
    if n_letters and n_broken <= max(DAMAGED_SHARE * n_letters, 3 if n_letters >= MIN_LETTERS else 0):
        return text, "utf-8", False
    if n_letters > n_broken // 4:
        line = data.count(b"\n", 0, first_bad) + 1
        raise DataError("encoding_mixed", name, offset=str(first_bad), line=str(line))
    return *_guess(data, name), True


def _declared(data: bytes, encoding: str, name: str) -> str:
    try:
        # only codecs between bytes and text; names come from the command line or a form
        if not codecs.lookup(encoding)._is_text_encoding:  # type: ignore[attr-defined]
            raise LookupError(encoding)
        return data.decode(encoding).removeprefix("\ufeff")
    except (LookupError, UnicodeError, ValueError) as error:
        raise DataError("encoding_wrong", name, encoding=encoding) from error


def _after_mark(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8":
            return data.decode("utf-8", "replace")
        raise DataError("encoding_wrong", name, encoding=encoding) from error


def _looks_like_utf16(data: bytes) -> bool:
    """Every second byte of plain UTF-16 is 0 (Latin) or 4 (Cyrillic)."""
    sample = data[:4000]
    return any(sum(byte in (0, 4) for byte in sample[at::2]) * 2 > 0.7 * len(sample) for at in (0, 1)) and b"\x00" in sample


def _guess(data: bytes, name: str) -> tuple[str, str]:
    """(text, encoding) of the most plausible candidate; DataError("encoding_unknown") without a clear winner."""
    words = [match[0] for _, match in zip(range(SAMPLE_WORDS), _WORD.finditer(data), strict=False)]
    n_letters = sum(byte > 127 for word in words for byte in word)
    ranked: list[tuple[float, str, str]] = []
    for candidate in CANDIDATES:
        try:
            sample = [word.decode(candidate) for word in words]
        except UnicodeDecodeError:
            continue
        ranked.append((sum(map(_plausible, sample)), candidate, "\n".join(sample)))
    ranked.sort(key=lambda r: -r[0])
    if n_letters >= MIN_LETTERS and ranked and ranked[0][0] > MIN_PLAUSIBLE * n_letters:
        score, encoding, sample_text = ranked[0]
        rivals = [other for other, _, text in ranked[1:] if text != sample_text]
        if not rivals or score - rivals[0] >= MIN_MARGIN:
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError as error:
                line = data.count(b"\n", 0, error.start) + 1
                raise DataError("encoding_mixed", name, offset=str(error.start), line=str(line)) from error
    raise DataError("encoding_unknown", name, encodings=", ".join(CANDIDATES))


def _plausible(word: str) -> float:
    """Log likelihood of the letters of a word outside ASCII, lower for odd neighbours."""
    total, before = 0.0, ""
    for letter in word:
        small = letter.lower()
        if not letter.isascii():
            total += _LETTERS.get(small, _SIGNS.get(letter, _STRANGE))
            if before.isascii() and before.isalpha() and letter.isalpha():
                total += _BESIDE_LATIN
        elif letter.isalpha() and before.isalpha() and not before.isascii():
            total += _BESIDE_LATIN
        if letter.isupper() and before.islower():
            total += _SMALL_BEFORE_CAPITAL
        before = letter
    return total
