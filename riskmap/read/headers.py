"""Header words of a file -> columns of the schema. It asks instead of guessing wherever dates or money are at stake."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from rapidfuzz import fuzz, process

from riskmap import schema
from riskmap.problem import DataError

GUARDED = ("date", "money")  # kinds where two similar headers may mean different things
TOKEN_SET_MIN = 85.0  # methodology 4.2
TOKEN_SORT_MIN = 70.0  # the token-set ratio alone takes "Наименование подрядчика" for "Наименование"
TYPO_MIN = 80.0
SUGGEST_SORT_MIN = 60.0
JOINED_MIN = 90.0  # "Договор" over "Дата" is the date of the contract, not a date of nothing in particular
MAX_HEADER_CHARACTERS = 120
MAX_SUGGESTIONS = 3

# One column that holds both coordinates.
_COORDINATES = {
    "координаты", "координаты объекта", "географические координаты", "gps координаты", "координаттар", "координаттары",
    "нысан координаттары", "coordinates", "gps coordinates", "gps", "lat lon", "lat lng", "latitude longitude", "широта долгота",
    "ендік бойлық",
}  # fmt: skip
# In a table with twenty dates a bare "date" says nothing. Tables of payments or reports have only one.
_BARE_DATES = {"date", "дата", "күні"}

_UNIT_WORDS = (
    r"тыс|тысяч|млн|млрд|трлн|миллион(?:ов)?|миллиард(?:ов)?|мың|миллиард|тенге|теңге|тг|тнг|руб(?:лей)?|долл(?:аров)?|сша|евро"
    r"|thousand|million|billion|mln|bln|mn|bn|kzt|usd|eur|php|brl|mxn|pesos?|reais|milh(?:ões|oes|ão|ao)|bilh(?:ões|oes)|mil(?:lones)?"
    r"|r\$|us\$|\$|€|₸|₱|£|¥|кв\.?\s?м|м2|м²|ш\.?\s?м|sqm|sq\.?\s?m|m2|m²|мест|коек|орын|төсек|процент(?:ов)?|процентов|пайыз|percent|pct|%"
)
_UNIT = rf"(?:{_UNIT_WORDS})(?:[\s./]*(?:{_UNIT_WORDS}))*\.?"
_UNIT_IN_BRACKETS = re.compile(rf"[(\[]\s*(?:в\s+|in\s+)?({_UNIT})\s*[)\]]", re.IGNORECASE)
_UNIT_AT_END = re.compile(rf"(?:^|[\s,;:/_-])(?:в\s+|in\s+)?({_UNIT})\s*$", re.IGNORECASE)
_UNIT_AT_START = re.compile(r"^\s*(%)")
_UNIT_ALONE = re.compile(rf"^\W*(?:ед(?:иница)?\W*изм\w*\W*)?(?:в\s+|in\s+)?({_UNIT})\W*$", re.IGNORECASE)
_MEASURED = ("money", "share", "number")  # kinds for which a unit in the header counts


@dataclass(frozen=True)
class Match:
    """What a row of headers means. `columns`: schema column -> position (from 0). `coordinates`: position or None."""

    table: str
    columns: dict[str, int]
    units: dict[str, str]
    unmapped: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)  # headers that mean something and stand twice
    coordinates: int | None = None
    n_ambiguous: int = 0  # columns with more than one good header; the rest of `unsure` are mere offers

    @property
    def n_understood(self) -> int:
        """How many columns have a header, those that need a decision between two included."""
        return len(self.columns) + self.n_ambiguous + (self.coordinates is not None)


@lru_cache(maxsize=5_000)
def fold(header: str) -> str:
    """Lower case, no punctuation, single spaces, ё as е, camelCase and snake_case as words; % and № stay."""
    text = unicodedata.normalize("NFKC", header.replace("№", "\ue000")).replace("\ue000", " № ")
    text = re.sub(r"(?<=[a-zа-я0-9])(?=[A-ZА-Я][a-zа-я])|(?<=[a-zа-я])(?=[A-ZА-Я])", " ", text[:1000])
    text = text.casefold().replace("ё", "е").replace("%", " % ")
    return " ".join(re.sub(r"[^\w%№]|_", " ", text).split())


def unit_in(header: str) -> str | None:
    """The unit a header carries: "Бюджет, млн тенге" -> "млн тенге"; None if there is none."""
    header = header.replace("\xa0", " ")
    for pattern in (_UNIT_IN_BRACKETS, _UNIT_AT_END, _UNIT_AT_START):
        if found := pattern.search(header[:MAX_HEADER_CHARACTERS]):
            return found[1].strip()
    return None


def unit_alone(text: str) -> str | None:
    """The unit, if the text says nothing else ("тыс. тенге" in the corner above a table)."""
    found = _UNIT_ALONE.match(text.replace("\xa0", " ")) if len(text) <= 40 else None
    return found[1].strip() if found else None


@lru_cache(maxsize=5_000)
def _readings(header: str) -> tuple[str, ...]:
    """The header folded as it is, without its unit, and without what stands in brackets."""
    without_unit = _UNIT_AT_END.sub("", _UNIT_IN_BRACKETS.sub(" ", header.replace("\xa0", " ")[:MAX_HEADER_CHARACTERS]))
    without_brackets = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", without_unit)
    start = re.sub(r"^\s*%\s*", "", without_brackets)
    return tuple(dict.fromkeys(f for f in map(fold, (header, without_unit, without_brackets, start)) if f))


@cache
def _exact(table: str) -> dict[str, tuple[str, ...]]:
    """Folded synonym -> the columns of a table that it may mean, those of its own name first."""
    found: dict[str, dict[str, None]] = {}
    columns = schema.INPUT_TABLES[table]
    for column in columns:
        found.setdefault(fold(column.name), {})[column.name] = None
    for column in columns:
        for synonym in column.synonyms:
            found.setdefault(fold(synonym), {})[column.name] = None
    return {word: tuple(names) for word, names in found.items()}


@cache
def _kinds(table: str) -> dict[str, str]:
    return {column.name: column.kind for column in schema.INPUT_TABLES[table]}


@cache
def _rank(table: str) -> dict[tuple[str, str], int]:
    """(column, folded synonym) -> its place among the synonyms; 0 is the column's own name."""
    return {
        (c.name, fold(s)): at for c in reversed(schema.INPUT_TABLES[table]) for at, s in reversed(list(enumerate(c.synonyms)))
    }


@cache
def _machine_names(table: str) -> dict[str, str]:
    """Names that only a program writes -> column: its own and the older ones ("due_date"); they beat words."""
    columns = schema.INPUT_TABLES[table]
    names = {synonym: c.name for c in reversed(columns) for synonym in c.en if "_" in synonym}
    return names | {c.name: c.name for c in columns}


@cache
def _every_word() -> frozenset[str]:
    return frozenset(word for table in schema.INPUT_TABLES for word in _exact(table)) | frozenset(_COORDINATES)


def is_known(header: str) -> bool:
    """Is this exactly a header of any table (its unit and brackets aside)?"""
    return any(reading in _every_word() for reading in _readings(header))


def resemblance(header: str) -> bool:
    """Does this look like a header of any table? Slower than `is_known` and tolerant of endings and typos."""
    if len(header) > MAX_HEADER_CHARACTERS or not any(c.isalpha() for c in header):
        return False
    return is_known(header) or any(_meanings(header, table)[0] for table in schema.INPUT_TABLES)


@lru_cache(maxsize=5_000)
def _meanings(header: str, table: str) -> tuple[dict[str, float], dict[str, float]]:
    """(columns the header means with their scores, columns it might mean).

    Scores: 300 the column's own name, 200 minus its rank for a synonym, 70 to 100 for a resemblance.
    """
    kinds, exact, ranks = _kinds(table), _exact(table), _rank(table)
    if own := _machine_names(table).get(header.strip().casefold()):
        return {own: 300.0}, {}
    for reading in _readings(header):
        if columns := exact.get(reading):
            if table == "facilities" and reading in _BARE_DATES:
                return {}, dict.fromkeys(columns, 100.0)
            best = {c: 300.0 if ranks[c, reading] == 0 else 200.0 - ranks[c, reading] for c in columns}
            if len(best) > 1 and max(best.values()) < 300.0 and any(kinds[c] in GUARDED for c in best):
                return {}, dict.fromkeys(best, 100.0)
            return best, {}
    if len(header) > MAX_HEADER_CHARACTERS:
        return {}, {}
    means: dict[str, float] = {}
    might: dict[str, float] = {}
    for reading in _readings(header):
        for word, _, _ in process.extract(
            reading, list(exact), scorer=fuzz.token_set_ratio, score_cutoff=TOKEN_SET_MIN, limit=20
        ):
            score = fuzz.token_sort_ratio(reading, word)
            for column in exact[word]:
                if _is_enough(reading, word, score, is_guarded=kinds[column] in GUARDED):
                    means[column] = max(score, means.get(column, 0.0))
                elif score >= TOKEN_SET_MIN or (score >= SUGGEST_SORT_MIN and _one_within_other(reading, word)):
                    might[column] = max(score, might.get(column, 0.0))
    return means, might


def _is_enough(header: str, synonym: str, score: float, *, is_guarded: bool) -> bool:
    """May a header that resembles a synonym be taken for it?

    Endings and order may differ, and letters where no date or money is at stake; more words in the header only beside
    two of the synonym: "contractor phone" is neither the contractor nor "contractor id".
    """
    if is_guarded:
        return _same_words(header, synonym)
    with_more_words = score >= TOKEN_SORT_MIN and " " in synonym
    return _same_words(header, synonym, typos=True, and_more=with_more_words)


def _same_words(header: str, synonym: str, *, typos: bool = False, and_more: bool = False) -> bool:
    """Do the two differ by endings and order only (and by letters, and by more words of the header, if so told)?

    Nothing less is enough for a date or money: "Бюджет проекта" may be another budget.
    """
    left = header.split()
    for word in synonym.split():
        at = next(
            (i for i, other in enumerate(left) if _same_stem(word, other) or (typos and fuzz.ratio(word, other) >= TYPO_MIN)),
            None,
        )
        if at is None:
            return False
        del left[at]
    return and_more or not left


def _one_within_other(one: str, other: str) -> bool:
    return _same_words(one, other, and_more=True) or _same_words(other, one, and_more=True)


def _same_stem(one: str, other: str) -> bool:
    if one == other:
        return True
    longest = max(len(one), len(other))
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return same >= 3 and same >= 0.6 * longest


def one_of_two(top: str, bottom: str, table: str) -> str:
    """The header of a column under a group header: both words, or the lower one alone where that says more.

    The unit of a group ("Стоимость, млн тенге") is that of every column under it that names none of its own.
    """
    unit = unit_in(top) if bottom and not unit_in(bottom) else None
    if unit:
        top = _UNIT_AT_END.sub("", _UNIT_IN_BRACKETS.sub(" ", top.replace("\xa0", " "))).strip()
    words = _one_of_two(top, bottom, table)
    return f"{words}, {unit}" if unit else words


def _one_of_two(top: str, bottom: str, table: str) -> str:
    if not top or not bottom or fold(top) == fold(bottom):
        return top or bottom
    joined = f"{top} / {bottom}"
    means, _ = _meanings(joined, table)
    if max(means.values(), default=0.0) >= JOINED_MIN or not _exact_meaning(bottom, table):
        return joined
    # "Адрес" under "Подрядчик" is not the address of the facility
    about = _exact_meaning(top, table)
    return bottom if not about or about <= {"title", "facility_id"} else joined


def _exact_meaning(header: str, table: str) -> set[str]:
    means, _ = _meanings(header, table)
    return {column for column, score in means.items() if score > 100.0}


def check_column_map(column_map: Mapping[str, str]) -> None:
    """DataError("map_unknown_column") if a name on the left is no column of any table nor a synonym of one."""
    for name in column_map:
        if not any(fold(name) in _exact(table) for table in schema.INPUT_TABLES):
            raise DataError("map_unknown_column", column=name)


def match(headers: Sequence[str], *, table: str, column_map: Mapping[str, str]) -> Match:
    """The meaning of a row of headers for one table. What `column_map` (column -> header) says is done first."""
    kinds = _kinds(table)
    folded = [fold(header) for header in headers]
    columns = {
        _exact(table)[fold(name)][0]: folded.index(fold(header))
        for name, header in column_map.items()
        if fold(name) in _exact(table) and fold(header) in folded
    }
    taken = set(columns.values())
    unsure: dict[str, list[int]] = {}
    offers: dict[str, list[tuple[float, int]]] = {}
    might: dict[str, list[tuple[float, int]]] = {}
    coordinates = None
    for at, header in enumerate(headers):
        if at in taken or not folded[at]:
            continue
        if any(reading in _COORDINATES for reading in _readings(header)):
            coordinates = at if coordinates is None else coordinates
            continue
        means, perhaps = _meanings(header, table)
        for column, score in perhaps.items():
            might.setdefault(column, []).append((-score, at))
        if not means:
            continue
        best = max(means.values())
        leaders = [c for c, score in means.items() if score == best or (best <= 100.0 and score >= best - 5.0)]
        if len(leaders) > 1 and best < 300.0 and any(kinds[c] in GUARDED for c in leaders):
            for column in leaders:
                unsure.setdefault(column, []).append(at)
        else:
            offers.setdefault(max(leaders, key=lambda c: means[c]), []).append((best, at))
    _settle(offers, columns, unsure, taken, kinds)
    n_ambiguous = len(unsure)
    for column, found in might.items():
        free = [at for _, at in sorted(found) if at not in taken]
        if free and column not in columns and column not in unsure:
            unsure[column] = free[:MAX_SUGGESTIONS]
    if "lat" in columns or "lon" in columns:
        coordinates = None
    taken = set(columns.values()) | {at for places in unsure.values() for at in places}
    taken |= set() if coordinates is None else {coordinates}
    meant = {folded[at] for at in taken}
    duplicates = [h for h, words in zip(headers, folded, strict=True) if words in meant and folded.count(words) > 1]
    units = {c: unit for c, at in columns.items() if kinds[c] in _MEASURED and (unit := _unit(headers[at], kinds[c]))}
    return Match(
        table=table,
        columns={c.name: columns[c.name] for c in schema.INPUT_TABLES[table] if c.name in columns},
        units=units,
        unmapped=[h for at, h in enumerate(headers) if folded[at] and at not in taken],
        unsure=[f"{c}: {' | '.join(headers[at] for at in places)}" for c, places in unsure.items() if c not in columns],
        duplicates=list(dict.fromkeys(duplicates)),
        coordinates=coordinates,
        n_ambiguous=n_ambiguous,
    )


def _settle(
    offers: dict[str, list[tuple[float, int]]],
    columns: dict[str, int],
    unsure: dict[str, list[int]],
    taken: set[int],
    kinds: dict[str, str],
) -> None:
    """Give each column its best header; for dates and money only the column's own name beats another header."""
    for column, found in offers.items():
        if column in columns:
            continue
        score, at = max(found, key=lambda offer: (offer[0], -offer[1]))
        if kinds[column] in GUARDED and (len(found) > 1 or column in unsure) and score < 300.0:
            unsure[column] = sorted({*unsure.get(column, []), *(place for _, place in found)})
        else:
            columns[column] = at
            taken.add(at)


def _unit(header: str, kind: str) -> str | None:
    if kind == "share":
        return "%" if re.search(r"%|процент|пайыз|percent|\bpct\b", fold(header)) else None
    return unit_in(header)


def table_named(name: str) -> str | None:
    """The table that a sheet or file name speaks of; None if it speaks of none or of several."""
    words = f" {fold(name)} "
    named = {table for table, known in schema.SHEET_WORDS.items() if any(f" {fold(word)} " in words for word in known)}
    return named.pop() if len(named) == 1 else None


def best_match(headers: Sequence[str], *, column_map: Mapping[str, str], names: Sequence[str], table: str | None) -> Match:
    """The table these headers belong to: the one given, the one that the names speak of, else the one that fits best."""
    if table is not None:
        return match(headers, table=table, column_map=column_map)
    matches = {name: match(headers, table=name, column_map=column_map) for name in schema.INPUT_TABLES}
    # a facilities file may carry its contracts: where that adds nothing, the narrower table is meant
    best = max(matches.values(), key=lambda m: (len(m.columns), m.n_understood, -len(schema.INPUT_TABLES[m.table])))
    for name in names:
        named = table_named(name)
        if named and matches[named].n_understood * 2 > best.n_understood:
            return matches[named]
    return best
