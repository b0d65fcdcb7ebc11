"""Tolerant search: one Latin skeleton for a name, whichever alphabet, spelling or keyboard it was written with.

"Қарағанды", "Караганды", "Qaraghandy" and "Karagandy" fold to the same text; "Karaganda" is one typo away.
The skeleton is for comparing only and is never shown.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz.distance import OSA

# Cyrillic -> Latin. Letters that people swap when their keyboard lacks Kazakh ones share a value.
# й and ё are not here: decomposition makes и and е of them before.
_LETTERS = str.maketrans({
    "а": "a", "ә": "a", "б": "b", "в": "v", "г": "g", "ғ": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "і": "i",
    "к": "k", "қ": "k", "л": "l", "м": "m", "н": "n", "ң": "n", "о": "o", "ө": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ұ": "u", "ү": "u", "ф": "f", "х": "h", "һ": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "i",
    "ь": "", "э": "e", "ю": "iu", "я": "ia",
    # Latin letters with more than one habit of writing the same sound
    "q": "k", "x": "ks", "j": "zh", "y": "i", "w": "v", "ı": "i", "ʼ": "", "'": "", "’": "", "`": "",
})  # fmt: skip
_BEFORE_DECOMPOSING = str.maketrans({"№": " ", "ş": "sh", "ç": "ch", "Ş": "sh", "Ç": "ch"})
_CLUSTERS = (("shch", "sh"), ("dzh", "zh"), ("kh", "h"), ("gh", "g"))
_LOOKALIKE_LATIN, _LOOKALIKE_CYRILLIC = "ABCEHIKMOPTXYaceiopxyh", "АВСЕНІКМОРТХУасеіорхуһ"
_TO_CYRILLIC = str.maketrans(_LOOKALIKE_LATIN, _LOOKALIKE_CYRILLIC)
_TO_LATIN = str.maketrans(_LOOKALIKE_CYRILLIC, _LOOKALIKE_LATIN)
_TYPO_LETTERS = 5  # shorter words must be exact: one letter changes too many of them into another word
_TWO_TYPOS_LETTERS = 8


def fold(text: str) -> str:
    """The skeleton of a text: lower-case Latin words and numbers with single spaces. `fold(fold(t)) == fold(t)`."""
    previous, folded = None, re.sub(r"\w+", _one_alphabet, text)
    while folded != previous:  # collapsing letters can bring a new cluster together
        previous, folded = folded, _fold_once(folded)
    return folded


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.translate(_BEFORE_DECOMPOSING)).casefold()
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = re.sub(r"[\W_]+", " ", text.translate(_LETTERS))
    for cluster, letter in _CLUSTERS:
        text = text.replace(cluster, letter)
    text = re.sub(r"\bie", "e", text)  # Yessil, Yekibastuz
    return re.sub(r"([^\W\d_])\1+", r"\1", text).strip()  # doubled letters, never doubled digits


def _one_alphabet(match: re.Match[str]) -> str:
    """A word typed in two alphabets (Latin "C" in "Cемей") in the alphabet of most of its letters."""
    word = match[0]
    n_latin = len(re.findall("[A-Za-z]", word))
    n_cyrillic = len(re.findall("[\u0400-\u052f]", word))
    if not n_latin or not n_cyrillic:
        return word
    return word.translate(_TO_CYRILLIC if n_cyrillic >= n_latin else _TO_LATIN)


def fold_column(column: pd.Series) -> pd.Series:
    """A column of texts folded, missing values as "". Do it once per column and keep it for `search`."""
    # word by word, because a hundred thousand names are made of far fewer different words
    words: dict[str, str] = {}

    def folded(text: str) -> str:
        parts = text.split()
        for word in parts:
            if word not in words:
                words[word] = fold(word)
        return " ".join(words[word] for word in parts if words[word])

    unique = {text: folded(str(text)) for text in column.dropna().unique()}
    return column.map(unique).astype(object).where(column.notna(), "")


def matches(query: str, text: str) -> bool:
    """Does every word of the query start a word of the text (numbers: equal one), typos in long words forgiven?"""
    words = fold(text).split()
    return all(any(_word_matches(wanted, word) for word in words) for wanted in fold(query).split())


class Words(NamedTuple):
    """The words of many folded texts: each word once, and which of them stand in which text."""

    vocabulary: list[str]
    word: np.ndarray  # number of a word
    text: np.ndarray  # number of the text it stands in
    n_texts: int


def words_of(folded: Iterable[str]) -> Words:
    """For texts that are searched again and again."""
    numbers: dict[str, int] = {}
    split = [text.split() for text in folded]
    word = np.array([numbers.setdefault(word, len(numbers)) for words in split for word in words], dtype=np.int32)
    text = np.repeat(np.arange(len(split), dtype=np.int32), [len(words) for words in split])
    return Words(list(numbers), word, text, len(split))


def search(query: str, folded: Iterable[str] | Words) -> np.ndarray:
    """`matches` for many texts that are already folded: a boolean array. An empty query matches everything."""
    of = folded if isinstance(folded, Words) else words_of(folded)
    found = np.ones(of.n_texts, dtype=bool)
    for wanted in set(fold(query).split()):
        is_hit = np.fromiter((_word_matches(wanted, word) for word in of.vocabulary), bool, len(of.vocabulary))
        holds = np.zeros(of.n_texts, dtype=bool)
        holds[of.text[is_hit[of.word]]] = True
        found &= holds
    return found


def _word_matches(wanted: str, word: str) -> bool:
    if wanted.isdigit():
        return wanted == word  # school No. 1 is not school No. 15
    if word.startswith(wanted):
        return True
    if len(wanted) < _TYPO_LETTERS:
        return False
    n_typos = 2 if len(wanted) >= _TWO_TYPOS_LETTERS else 1
    return any(OSA.distance(wanted, part, score_cutoff=n_typos) <= n_typos for part in {word, word[: len(wanted)]})
