"""One search over a snapshot: facilities, places, types, firms and numbers, in three languages, with typos.

Every text is cut into words and each word into its skeleton (`riskmap.fold`), so "Құлсары", "Кульсары" and "Kulsary" are
one word. A facility is found when each word of the query is found in one of its facets: name, place, region, address,
identifiers, buyer, contractors. The index is built once per snapshot; a query looks through words, not through rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import process
from rapidfuzz.distance import OSA

from riskmap import filters, geography, i18n, schema
from riskmap.filters import Filter, FilterError
from riskmap.fold import fold

MAX_QUERY = 200  # characters; longer is not a question but an attack
MAX_WORDS = 12
MIN_SIMILAR = 5  # letters: a shorter word must be exact, one letter makes another word of it
_TWO_TYPOS = 8
_MIN_NUMBER = 5  # digits from which the beginning of a number is looked for, too
_N_SUGGESTIONS = 5

# ---- words ----------------------------------------------------------------------------------------------------------
# Words for the types of facilities; "-" at the end: any ending, "_": a blank. The names in the locales are added.
TYPE_WORDS = {
    "school": "школ- мектеп- мектеб- school- гимнази- лицей лицея лицею лицеи lyceum- сош",
    "kindergarten": "детск-_сад- детсад- сад сада сады ясли балабақша- бала_бақша- бөбекжай- kindergarten- nursery- preschool-",
    "hospital": "больниц- госпитал- роддом- аурухана- перзентхана- hospital-",
    "primary_care": "поликлиник- амбулатори- фап фапы фельдшерск- медпункт- емхана- clinic- polyclinic- outpatient",
    "sport": "спорт- фок бассейн- стадион- sport- stadium- gym",
    "culture": "дом-_культур- клуб клуба клубы библиотек- музей музея музеи театр- мәдениет- кітапхана- library museum-",
    "water": "водопровод- водоснабжен- канализац- су_құбыр- сумен_жабдықтау кәріз- water- sewer-",
    "heat": "котельн- теплоснабжен- теплотрасс- тэц қазандық- жылу boiler- heating",
    "housing": "жил-_дом- жилье жилья многоквартирн- тұрғын_үй- housing apartment-",
    "road_bridge": "дорог- автодорог- мост моста мосты жол жолы автожол- көпір- road roads bridge bridges highway-",
    "social_service": "интернат- дом-_престарел- әлеуметтік_қызмет- orphanage- nursing_home-",
    "service_centre": "цон цоны хқко",
}  # fmt: skip
# Words that say what kind of place a name means, or nothing at all: "в г. Кульсары", "Kulsary village"
_WEAK = frozenset(
    word
    for text in (
        "г гор город города с село села п пос поселок а аул ауыл ауылы к қ қала қаласы кент кенті city town village of in the",
        "в во на по и и̇ жане және обл область области облысы облыс region oblast р район района аудан ауданы district n no номер",
    )
    for word in fold(text).split()
)
_SPLIT = r"[^\p{L}\p{N}\p{M}'’ʼ`]+"  # as `fold` does: an apostrophe stands inside a word, everything else between words
_CYRILLIC, _LATIN = "АВСЕНІКМОРТХУ", "ABCEHIKMOPTXY"  # capitals that look alike, in numbers of contracts
_KEYS_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,."
_KEYS_CYRILLIC = "йцукенгшщзхъфывапролджэячсмитьбю"
_OTHER_KEYBOARD = str.maketrans(_KEYS_LATIN + _KEYS_CYRILLIC, _KEYS_CYRILLIC + _KEYS_LATIN)

# how well a word fits, times what it was found in; a typo anywhere ranks below the beginning of a word anywhere
_EXACT, _BEGINS, _TYPO = 1.0, 0.8, 0.2
_WEIGHTS = {
    "title": 1.0, "settlement": 1.0, "region": 0.9, "district": 0.8, "number": 0.7, "address": 0.6, "buyer": 0.5, "supplier": 0.5,
}  # fmt: skip
_AS_TYPE = 0.95
PLACES, PARTIES = ("region", "settlement"), ("buyer", "supplier")


def clean(query: str) -> str:
    """A query as it is searched and shown: one line without control characters, at most MAX_QUERY characters."""
    printable = "".join(c if c.isprintable() else " " for c in str(query)[: 10 * MAX_QUERY])
    return " ".join(printable.split())[:MAX_QUERY].strip()


@dataclass(frozen=True)
class Unit:
    """A part of the query that is looked for as one: a word, or words that mean a type. `skeletons` are folded."""

    typed: str
    skeletons: tuple[str, ...]
    facility_type: str = ""
    is_typo: bool = False


@dataclass(frozen=True)
class Hit:
    """Something that a query names, other than a facility. `kind`: facility_type, region, settlement, buyer, supplier.

    `name`: a code (type, region) or as the data writes it. `n`: facilities of `filter`. `n_all` counts every contract,
    not only the main one of a facility. `is_similar`: found with a typo.
    """

    kind: str
    name: str
    id: str
    n: int
    n_all: int
    filter: Filter
    is_similar: bool


@dataclass(frozen=True)
class Suggestion:
    """Another query and how many facilities and other things it finds. `kind`: keyboard, number, spelling, fewer."""

    kind: str
    query: str
    n: int


@dataclass(frozen=True)
class Found:
    """What a query finds. `rows`: positions in the snapshot's facilities, best first, at most as many as asked for.

    `n` facilities in all, the last `n_similar` of them with a typo. `exact`: the identifier of the one facility whose
    identifier or contract number the query is, else "". Suggestions only where nothing was found.
    """

    query: str
    units: tuple[Unit, ...]
    rows: np.ndarray
    n: int
    n_similar: int
    exact: str
    hits: tuple[Hit, ...]
    suggestions: tuple[Suggestion, ...]

    @property
    def is_empty(self) -> bool:
        return not self.n and not self.hits


# ---- index ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Facet:
    """One thing that facilities have, as categories with words. Category of posting j of word i: cats[starts[i] + j].

    `codes`: category per facility, -1 = none; or, where a facility may have several, `pairs` (facility, category).
    `spellings`: one way in which the data writes each word.
    """

    words: pa.StringArray
    letters: list[str]
    letter_ids: np.ndarray
    spellings: pa.StringArray
    starts: np.ndarray
    cats: np.ndarray
    n_cats: int
    codes: np.ndarray | None = None
    pairs: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class Names:
    """What the categories of a place or a firm are called, with the values by which a filter finds them."""

    name: list[str]
    id: list[str]
    values: Sequence[tuple[str, ...]]
    n: np.ndarray
    n_all: np.ndarray


@dataclass(frozen=True)
class Index:
    """What a search needs of a snapshot. Rows count the facilities that may be shown; `rows` are their positions."""

    rows: np.ndarray
    ids: list[str] | np.ndarray
    order: np.ndarray
    types: np.ndarray
    facets: dict[str, Facet]
    names: dict[str, Names]
    id_codes: pa.StringArray
    contract_codes: pa.StringArray
    contract_rows: np.ndarray


def build(facilities: pd.DataFrame, contracts: pd.DataFrame, country: Mapping[str, Any]) -> Index:
    """The index of a snapshot: its facilities, all their contracts, its `[country]` settings. Restricted ones are left out."""
    rows = np.flatnonzero(filters.public(facilities).to_numpy())
    shown = facilities.iloc[rows].reset_index(drop=True)
    n = len(shown)
    row_of = pd.Series(np.arange(n), index=shown["facility_id"].astype(object))
    contract_rows = contracts["facility_id"].astype(object).map(row_of)
    contracts = contracts[contract_rows.notna().to_numpy()]
    of_contract = contract_rows.dropna().to_numpy(dtype=np.int64)
    types = pd.Categorical(shown["facility_type"].astype(object), categories=schema.FACILITY_TYPES).codes
    every = np.arange(n, dtype=np.int32)
    region_codes, region_names, region_texts = _regions(shown, country)
    place_codes, place_names, place_texts = _settlements(shown, country)
    buyer_codes, buyers, buyer_texts = _parties(shown["buyer_id"], shown["buyer_name"], every, every)
    both = pd.concat([shown[["supplier_id", "supplier_name"]], contracts[["supplier_id", "supplier_name"]]], ignore_index=True)
    owner = np.concatenate([every, of_contract]).astype(np.int32)
    supplier_codes, suppliers, supplier_texts = _parties(both["supplier_id"], both["supplier_name"], owner, every)
    held = supplier_codes >= 0
    numbers = [_texts(shown[c]) for c in ("facility_id", "contract_no")]
    facets = {
        "title": _facet([_texts(shown[c]) for c in ("title", "title_kk", "title_ru", "title_en")], n, codes=every),
        "settlement": _facet(*place_texts, codes=place_codes),
        "region": _facet(*region_texts, codes=region_codes),
        "district": _facet([_texts(shown["district"])], n, codes=every),
        "address": _facet([_texts(shown["address"])], n, codes=every),
        "number": _facet(numbers, n, codes=every),
        "buyer": _facet(*buyer_texts, codes=buyer_codes),
        "supplier": _facet(*supplier_texts, pairs=(owner[held], supplier_codes[held])),
    }
    best_first = np.lexsort((shown["facility_id"].astype(object).to_numpy(), -shown["r_lo"].astype(float).fillna(-1).to_numpy()))
    order = np.empty(n, dtype=np.int64)
    order[best_first] = np.arange(n)
    stated = _codes(_texts(contracts["contract_no"]))
    own = _codes(numbers[1])
    return Index(
        rows=rows,
        ids=shown["facility_id"].astype(object).to_numpy(),
        order=order,
        types=np.asarray(types, dtype=np.int8),
        facets=facets,
        names={"region": region_names, "settlement": place_names, "buyer": buyers, "supplier": suppliers},
        id_codes=_codes(numbers[0]),
        contract_codes=pa.concat_arrays([own, stated]),
        contract_rows=np.concatenate([every, of_contract]),
    )


def _texts(values: pd.Series | Iterable[str | None]) -> pa.StringArray:
    column = pa.array(values, type=pa.string(), from_pandas=True)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _codes(column: pa.StringArray) -> pa.StringArray:
    """Identifiers as they are compared: letters and digits only, capitals, letters that look alike as Latin ones."""
    bare = pc.utf8_upper(pc.replace_substring_regex(pc.utf8_normalize(column, "NFKC"), r"[^\p{L}\p{N}]+", ""))
    if not pc.all(pc.string_is_ascii(bare), min_count=0).as_py():
        for cyrillic, latin in zip(_CYRILLIC, _LATIN, strict=True):
            bare = pc.replace_substring(bare, cyrillic, latin)
    return bare


def _facet(
    columns: Sequence[pa.StringArray], n_cats: int, *, codes: np.ndarray | None = None,
    pairs: tuple[np.ndarray, np.ndarray] | None = None, cats: np.ndarray | None = None,
) -> Facet:  # fmt: skip
    """The words of some columns of texts. A text belongs to the category of its place in the column, or to `cats`."""
    words, owners = [], []
    for column in columns:
        split = pc.split_pattern_regex(pc.replace_substring(column, "№", " "), _SPLIT)
        parents = pc.list_parent_indices(split).to_numpy()
        words.append(split.flatten())
        owners.append(parents if cats is None else cats[parents])
    raw = pa.concat_arrays([w.cast(pa.string()) for w in words]).dictionary_encode()
    raw_of, owner = raw.indices.to_numpy(zero_copy_only=False), np.concatenate(owners)
    written = raw.dictionary.to_pylist()
    known: dict[str, int] = {}
    first: list[str] = []
    ids, counts = [], np.zeros(len(written), dtype=np.int64)
    for i, word in enumerate(written):
        skeletons = _skeletons(word)
        for skeleton in skeletons:
            if skeleton not in known:
                known[skeleton] = len(first)
                first.append(word)
            ids.append(known[skeleton])
        counts[i] = len(skeletons)
    # each raw word stands for none, one or several skeletons
    offsets = np.concatenate([[0], np.cumsum(counts)])
    repeats = counts[raw_of]
    begin = np.repeat(offsets[raw_of], repeats)
    within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    word_ids = np.asarray(ids, dtype=np.int64)[begin + within] if ids else np.zeros(0, dtype=np.int64)
    keys = _distinct(word_ids * max(n_cats, 1) + np.repeat(owner, repeats))
    found = list(known)
    letters = [i for i, word in enumerate(found) if len(word) >= 2 and not any(c.isdigit() for c in word)]
    return Facet(
        words=pa.array(found, pa.string()),
        letters=[found[i] for i in letters],
        letter_ids=np.asarray(letters, dtype=np.int64),
        spellings=pa.array(first, pa.string()),
        starts=np.searchsorted(keys, np.arange(len(found) + 1) * max(n_cats, 1)),
        cats=(keys % max(n_cats, 1)).astype(np.int32),
        n_cats=n_cats,
        codes=codes,
        pairs=pairs,
    )


def _skeletons(word: str) -> list[str]:
    """The skeletons of one word as it is written; digits are their own."""
    return [word] if word.isascii() and word.isdigit() else fold(word).split()


def _distinct(keys: np.ndarray) -> np.ndarray:
    """Sorted without doubles; numpy's own way by hashes takes five times as long for millions."""
    keys = np.sort(keys)
    return keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys


_CategoryTexts = tuple[list[pa.StringArray], int]


def _flat(texts: Sequence[Iterable[str]]) -> _CategoryTexts:
    """Several texts per category as one: their words are what counts."""
    return [_texts([" ".join(t for t in each if t) for each in texts])], len(texts)


def _regions(shown: pd.DataFrame, country: Mapping[str, Any]) -> tuple[np.ndarray, Names, _CategoryTexts]:
    codes, values = pd.factorize(shown["region_code"].astype(object))
    known = {row["code"]: row for row in geography.regions(country["boundaries"]).to_dict("records")}
    texts = []
    for code in values:
        row = known.get(code, {})
        aliases = row.get("aliases")
        spelled = [row.get(f"name_{lang}") for lang in i18n.LANGUAGES] + (aliases if isinstance(aliases, list) else [])
        texts.append([code, *(name for name in spelled if isinstance(name, str))])
    n = np.bincount(codes[codes >= 0], minlength=len(values))
    names = Names(list(values), [""] * len(values), [(code,) for code in values], n, n)
    return codes.astype(np.int32), names, _flat(texts)


def _settlements(shown: pd.DataFrame, country: Mapping[str, Any]) -> tuple[np.ndarray, Names, _CategoryTexts]:
    """Spellings of one place in one region are one category, and it has the words of its names in every language."""
    pairs = pd.MultiIndex.from_frame(shown[["region_code", "settlement"]].astype(object).where(lambda frame: frame.notna(), ""))
    pair_of, distinct = pd.factorize(pairs)
    counts = np.bincount(pair_of, minlength=len(distinct))
    listed: dict[tuple[str, str], int] = {}
    places = geography.settlements(country["settlements"]).to_dict("records")
    for i, place in enumerate(places):
        for lang in i18n.LANGUAGES:
            listed.setdefault((place["region_code"], _stem(place[f"name_{lang}"])), i)
    category: dict[tuple[str, object], int] = {}
    texts: list[list[str]] = []
    spelled: list[list[tuple[int, str]]] = []
    regions: list[str] = []
    of_pair = np.full(len(distinct), -1, dtype=np.int32)
    for j, (region, name) in enumerate(distinct):
        if not name:
            continue
        place = listed.get((region, _stem(name)))
        key = (region, _stem(name) if place is None else place)
        if key not in category:
            category[key] = len(texts)
            texts.append([] if place is None else [places[place][f"name_{lang}"] for lang in i18n.LANGUAGES])
            spelled.append([])
            regions.append(region)
        of_pair[j] = category[key]
        texts[category[key]].append(name)
        spelled[category[key]].append((-int(counts[j]), name))
    codes = of_pair[pair_of] if len(distinct) else np.full(len(shown), -1, dtype=np.int32)
    n = np.bincount(codes[codes >= 0], minlength=len(texts))
    spellings = [tuple(name for _, name in sorted(each)) for each in spelled]
    called = Names([each[0] for each in spellings], regions, spellings, n, n)
    return codes, called, _flat(texts)


def _stem(name: str) -> str:
    """The name of a place without the words for its kind."""
    words = fold(name).split()
    return " ".join(word for word in words if word not in _WEAK) or " ".join(words)


def _parties(
    ids: pd.Series, names: pd.Series, owner: np.ndarray, every: np.ndarray
) -> tuple[np.ndarray, Names, tuple[list[pa.StringArray], int]]:
    """Firms by their identifier, those without one by their folded name. The first len(every) rows are what a filter sees."""
    # a masked number (`******1234`) is shared by many persons: only the name beside it tells them apart
    id_of, known_ids = pd.factorize(ids.astype(object).where(~ids.astype("string").str.startswith("*").fillna(False), None))
    name_of, known_names = pd.factorize(names.astype(object))
    folded = _folded(known_names)
    folded_of, known_folded = (
        pd.factorize(np.asarray(folded, dtype=object)) if folded else (np.zeros(0, int), np.zeros(0, object))
    )
    skeleton_of = np.where(name_of >= 0, folded_of[name_of] if len(folded_of) else -1, -1)
    key = np.where(id_of >= 0, id_of, np.where(skeleton_of >= 0, len(known_ids) + skeleton_of, -1))
    codes, keys = pd.factorize(np.where(key >= 0, key, np.nan))
    keys = keys.astype(np.int64)
    codes = codes.astype(np.int32)
    held = codes >= 0
    pairs = _distinct(codes[held].astype(np.int64) * max(len(every), 1) + owner[held])
    n_all = np.bincount(pairs // max(len(every), 1), minlength=len(keys))
    main = codes[: len(every)]
    n = np.bincount(main[main >= 0], minlength=len(keys))
    by_name = np.bincount(skeleton_of[: len(every)][skeleton_of[: len(every)] >= 0], minlength=len(known_folded))
    is_id = keys < len(known_ids)
    n = np.where(is_id, n, by_name[np.where(is_id, 0, keys - len(known_ids))] if len(by_name) else n)
    # every name a firm has; the most frequent one is shown
    both = pd.DataFrame({"code": codes, "name": name_of})[lambda frame: (frame["code"] >= 0) & (frame["name"] >= 0)]
    counted = (
        both.value_counts(sort=False).reset_index(name="n").sort_values(["code", "n", "name"], ascending=[True, False, True])
    )
    most = counted.drop_duplicates("code")
    shown_name = dict(zip(most["code"].tolist(), most["name"].tolist(), strict=True))
    identifier = [str(known_ids[k]) if k < len(known_ids) else "" for k in keys.tolist()]
    label = [str(known_names[shown_name[c]]) if c in shown_name else number for c, number in enumerate(identifier)]
    values = [(number or name,) for number, name in zip(identifier, label, strict=True)]
    cats = np.concatenate([counted["code"].to_numpy(dtype=np.int64), np.arange(len(keys))])
    texts = [*(str(known_names[i]) for i in counted["name"]), *identifier]
    grouped: list[list[str]] = [[] for _ in keys]
    for cat, words in zip(cats, texts, strict=True):
        grouped[cat].append(words)
    return codes, Names(label, identifier, values, n, n_all), _flat(grouped)


def _folded(names: Iterable[object]) -> list[str]:
    """`fold` of many names that share most of their words."""
    known: dict[str, str] = {}
    folded = []
    for name in names:
        parts = str(name).split()
        for part in parts:
            if part not in known:
                known[part] = " ".join(_skeletons(part))
        folded.append(" ".join(filter(None, (known[part] for part in parts))))
    return folded


# ---- search ---------------------------------------------------------------------------------------------------------
def search(index: Index, query: str, *, n_rows: int = 20, n_hits: int = 5) -> Found:
    """What a query finds: at most `n_rows` facilities and `n_hits` of each other kind, with the full counts."""
    cleaned = clean(query)
    found = _look(index, cleaned, n_rows=n_rows, n_hits=n_hits)
    return replace(found, suggestions=_suggestions(index, found)) if found.is_empty and found.units else found


def _look(index: Index, query: str, *, n_rows: int, n_hits: int) -> Found:
    units = _units(index, query)
    by_number = _by_number(index, query)
    score, is_similar, hits = _match(index, units, n_hits)
    score[by_number] = 1000.0  # an identifier or a contract number comes before everything
    is_similar[by_number] = False
    found = np.flatnonzero(score > 0)
    key = is_similar[found] * 1e6 - np.round(score[found], 4) + index.order[found] / (len(index.rows) + 1) * 1e-5
    if len(found) > n_rows:
        nearest = np.argpartition(key, n_rows)[:n_rows]
        found_best, key = found[nearest], key[nearest]
    else:
        found_best = found
    best = found_best[np.argsort(key, kind="stable")]
    return Found(
        query=query,
        units=units,
        rows=index.rows[best],
        n=len(found),
        n_similar=int(is_similar[found].sum()),
        exact=str(index.ids[by_number[0]]) if len(by_number) == 1 else "",
        hits=hits,
        suggestions=(),
    )


def _code(query: str) -> str:
    return _codes(pa.array([query], pa.string()))[0].as_py()


def _by_number(index: Index, query: str) -> np.ndarray:
    """Facilities whose identifier is the query, else those with a contract of that number."""
    code = _code(query)
    if not any(c.isdigit() for c in code):
        return np.zeros(0, dtype=np.int64)
    own = np.flatnonzero(pc.equal(index.id_codes, code).fill_null(False).to_numpy(zero_copy_only=False))
    if len(own):
        return own
    same = pc.equal(index.contract_codes, code).fill_null(False).to_numpy(zero_copy_only=False)
    return np.unique(index.contract_rows[same])


def _units(index: Index, query: str) -> tuple[Unit, ...]:
    """The words of a query with those that mean a type read as one; weak words only where there is nothing else."""
    typed = [word for word in pc.split_pattern_regex(pa.scalar(query.replace("№", " ")), _SPLIT).as_py() if word]
    words = [(skeleton, word) for word in typed for skeleton in fold(word).split()][:MAX_WORDS]
    strong = [pair for pair in words if pair[0] not in _WEAK] or words
    units, i = [], 0
    while i < len(strong):
        code, stems, is_typo = _type_at([skeleton for skeleton, _ in strong[i:]])
        if not code or (len(stems) == 1 and _is_place(index, strong[i][0])):
            code, stems, is_typo = "", (strong[i][0],), False
        spoken = " ".join(dict.fromkeys(word for _, word in strong[i : i + len(stems)]))
        units.append(Unit(spoken, stems, code, is_typo))
        i += len(stems)
    return tuple(units)


def _is_place(index: Index, skeleton: str) -> bool:
    return any(pc.any(pc.equal(index.facets[kind].words, skeleton)).as_py() for kind in PLACES)


def _phrases() -> list[tuple[str, list[tuple[str, bool]]]]:
    """(type, [(skeleton, any ending?)]) with the longest first."""
    phrases = [(code, entry.split("_")) for code, entries in TYPE_WORDS.items() for entry in entries.split()]
    for lang in i18n.LANGUAGES:
        named = [(code, i18n.text(f"kind.facility_type.{code}", lang)) for code in schema.FACILITY_TYPES if code != "other"]
        phrases += [(code, fold(name).split()) for code, name in named]
    read = [(code, [(fold(part), part.endswith("-")) for part in parts]) for code, parts in phrases]
    return sorted(read, key=lambda phrase: -len(phrase[1]))


_PHRASES = _phrases()


def _type_at(words: list[str]) -> tuple[str, tuple[str, ...], bool]:
    """The type that the first words mean: (code, their stems, was it a typo?); ("", (), False) if none."""
    for code, parts in _PHRASES:
        if len(parts) <= len(words) and all(
            word == part or (any_ending and word.startswith(part)) for word, (part, any_ending) in zip(words, parts, strict=False)
        ):
            return code, tuple(part for part, _ in parts), False
    if words and len(words[0]) >= MIN_SIMILAR:
        for code, parts in _PHRASES:
            if len(parts) == 1 and len(parts[0][0]) >= MIN_SIMILAR and OSA.distance(words[0], parts[0][0], score_cutoff=1) <= 1:
                return code, (words[0],), True
    return "", (), False


def _match(index: Index, units: Sequence[Unit], n_hits: int) -> tuple[np.ndarray, np.ndarray, tuple[Hit, ...]]:
    """(score per row, 0 = not found; found with a typo?; places, types and firms that the query names)."""
    n = len(index.rows)
    total, is_found, is_similar = np.zeros(n), np.full(n, bool(units)), np.zeros(n, dtype=bool)
    by_facet: dict[str, list[np.ndarray]] = {kind: [] for kind in index.facets}
    is_type = np.ones(n, dtype=bool)
    types = [unit.facility_type for unit in units if unit.facility_type]
    for unit in units:
        score = np.zeros(n, dtype=np.float32)
        for kind, facet in index.facets.items():
            of_category = _in_facet(facet, unit.skeletons)
            by_facet[kind].append(of_category)
            if of_category.any():
                np.maximum(score, _of_rows(facet, of_category, n) * np.float32(_WEIGHTS[kind]), out=score)
        if unit.facility_type:
            named = index.types == schema.FACILITY_TYPES.index(unit.facility_type)
            is_type &= named
            np.maximum(score, named * np.float32(_TYPO if unit.is_typo else _AS_TYPE), out=score)
        is_found &= score > 0
        is_similar |= score <= _TYPO + 1e-6
        total += score
    hits = _hits(index, units, by_facet, types, is_type, n_hits)
    return np.where(is_found, total, 0.0), is_similar & is_found, hits


def _in_facet(facet: Facet, skeletons: Sequence[str]) -> np.ndarray:
    """How well each category has all of these words: 1 exact, 0.8 begins so, 0.2 with a typo, 0 not."""
    scores = np.ones(facet.n_cats, dtype=np.float32)
    for wanted in skeletons:
        of_word = _fit(facet, wanted)
        here = np.zeros(facet.n_cats, dtype=np.float32)
        for quality in (_TYPO, _BEGINS, _EXACT):  # the better one written last
            for i in np.flatnonzero(of_word == np.float32(quality)):
                here[facet.cats[facet.starts[i] : facet.starts[i + 1]]] = quality
        np.minimum(scores, here, out=scores)
    return scores


def _fit(facet: Facet, wanted: str) -> np.ndarray:
    """How well each word of a facet fits, as above. A number must be equal; a long one may be given by its beginning."""
    fit = np.zeros(len(facet.words), dtype=np.float32)
    if not len(facet.words):
        return fit
    is_number = wanted.isdigit()
    if not is_number and len(wanted) >= MIN_SIMILAR and facet.letters:
        allowed = 2 if len(wanted) >= _TWO_TYPOS else 1
        beginnings = [word[: len(wanted)] for word in facet.letters]
        for words in (facet.letters, beginnings):
            distance = process.cdist([wanted], words, scorer=OSA.distance, score_cutoff=allowed, dtype=np.uint8)[0]
            fit[facet.letter_ids[distance <= allowed]] = _TYPO
    if not is_number or len(wanted) >= _MIN_NUMBER:
        fit[pc.starts_with(facet.words, wanted).to_numpy(zero_copy_only=False)] = _BEGINS
    fit[pc.equal(facet.words, wanted).to_numpy(zero_copy_only=False)] = _EXACT
    return fit


def _of_rows(facet: Facet, of_category: np.ndarray, n: int) -> np.ndarray:
    if facet.pairs is not None:
        rows, cats = facet.pairs
        score = np.zeros(n, dtype=np.float32)
        hit = of_category[cats]
        some = hit > 0
        np.maximum.at(score, rows[some], hit[some])
        return score
    if facet.codes is None or not facet.n_cats:
        return np.zeros(n, dtype=np.float32)
    return np.where(facet.codes >= 0, of_category[facet.codes], np.float32(0))


def _hits(
    index: Index,
    units: Sequence[Unit],
    by_facet: Mapping[str, list[np.ndarray]],
    types: list[str],
    is_type: np.ndarray,
    n_hits: int,
) -> tuple[Hit, ...]:
    """Types, places (narrowed to the types that the query names) and firms that have every word of the query."""
    hits = []
    plain = [i for i, unit in enumerate(units) if not unit.facility_type]
    several = len(set(types)) > 1  # a facility has one type
    if types and not plain and not several:
        n = int(is_type.sum())
        hits += [Hit("facility_type", types[0], "", n, n, Filter(types=(types[0],)), any(unit.is_typo for unit in units))]
    wanted = {**({} if several or not plain else dict.fromkeys(PLACES, plain)), **dict.fromkeys(PARTIES, range(len(units)))}
    for kind, chosen in wanted.items():
        names, facet = index.names[kind], index.facets[kind]
        if not facet.n_cats or not units:
            continue
        worst = np.min([by_facet[kind][i] for i in chosen], axis=0)
        counts = names.n
        if kind in PLACES and types and facet.codes is not None:
            counts = np.bincount(facet.codes[is_type & (facet.codes >= 0)], minlength=facet.n_cats)
        listed = np.flatnonzero((worst > 0) & (np.maximum(counts, names.n_all if kind in PARTIES else 0) > 0))
        best = listed[np.lexsort((listed, -counts[listed], -worst[listed]))][:n_hits]
        for c in best:
            if (filter_ := _filter(kind, names, c, types)) is not None:
                n_all = int(names.n_all[c] if kind in PARTIES else counts[c])
                hits.append(Hit(kind, names.name[c], names.id[c], int(counts[c]), n_all, filter_, bool(worst[c] <= _TYPO + 1e-6)))
    return tuple(hit for hit in hits if hit.n_all)


def _filter(kind: str, names: Names, c: int, types: Sequence[str]) -> Filter | None:
    values, of_type = names.values[c], tuple(set(types))
    try:
        if kind == "region":
            return Filter(regions=values, types=of_type)
        if kind == "settlement":
            return Filter(settlements=values, regions=(names.id[c] or filters.UNKNOWN,), types=of_type)
        return Filter(buyer=values[0]) if kind == "buyer" else Filter(supplier=values[0])
    except FilterError:  # a name too long for an address
        return None


# ---- nothing found --------------------------------------------------------------------------------------------------
_SPELLED = ("title", "settlement", "region", "buyer", "supplier")


def _suggestions(index: Index, found: Found) -> tuple[Suggestion, ...]:
    """Queries that do find something: the other keyboard, a number with one wrong digit, similar words, fewer words."""
    proposed = [("keyboard", found.query.lower().translate(_OTHER_KEYBOARD))]
    proposed += [("number", number) for number in _similar_numbers(index, found.query)]
    for i, unit in enumerate(found.units):
        others = [each.typed for each in found.units]
        for word in _similar_words(index, unit):
            proposed.append(("spelling", " ".join([*others[:i], word, *others[i + 1 :]])))
    if len(found.units) > 1:
        for i in range(len(found.units)):
            proposed.append(("fewer", " ".join(unit.typed for j, unit in enumerate(found.units) if j != i)))
    suggestions: dict[str, Suggestion] = {}
    for kind, query in proposed:
        if len(suggestions) < _N_SUGGESTIONS and query not in suggestions:
            other = _look(index, clean(query), n_rows=1, n_hits=1)
            if not other.is_empty:
                suggestions[query] = Suggestion(kind, query, max(other.n, *(hit.n_all for hit in other.hits), 0))
    return tuple(suggestions.values())


def _similar_numbers(index: Index, query: str) -> list[str]:
    """Identifiers, contract numbers and BINs that differ from the query in one or two characters."""
    code = _code(query)
    if len(code) < _MIN_NUMBER or not any(c.isdigit() for c in code):
        return []
    firms = [number for kind in PARTIES for number in index.names[kind].id if number]
    known = [*index.id_codes.drop_null().to_pylist(), *index.contract_codes.drop_null().to_pylist(), *firms]
    close = process.extract(code, known, scorer=OSA.distance, score_cutoff=1 if len(code) < _TWO_TYPOS else 2, limit=2)
    return [number for number, _, _ in close]


def _similar_words(index: Index, unit: Unit) -> list[str]:
    """Words of names that are nearest to one that no name has, spelled as in the data."""
    wanted = " ".join(unit.skeletons)
    if unit.facility_type or len(wanted) < MIN_SIMILAR or wanted.isdigit():
        return []
    if any(_fit(index.facets[kind], wanted).any() for kind in _SPELLED):
        return []
    near: list[tuple[float, str]] = []
    for kind in _SPELLED:
        facet = index.facets[kind]
        close = process.extract(wanted, facet.letters, scorer=OSA.distance, score_cutoff=max(2, len(wanted) // 3), limit=2)
        near += [(distance, facet.spellings[int(facet.letter_ids[i])].as_py()) for _, distance, i in close]
    return list(dict.fromkeys(word for _, word in sorted(near)))[:3]
