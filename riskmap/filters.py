"""Which facilities are shown: one filter for the map, the list, the file, the command line and the address bar.

A view is a filter; its query string can be sent to a colleague and gives the same rows in the same order.
"""

import re
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from riskmap import geography, schema
from riskmap.fold import Words, fold, fold_column, search, words_of
from riskmap.i18n import has, money, text

UNKNOWN = "unknown"  # selects the rows whose region, type or programme is not known
DEFAULT_SORT = "-r_lo"  # most points first
MAX_TEXT = 200  # characters of a name or a search; longer is not a question but an attack
MAX_VALUES = 200  # values of one list

# what "not known" is called in the data where the data has a word for it
_UNKNOWN_CODES = {"levels": "not_assessable", "delivery": "not_known"}
_CHOICES = {"types": (*schema.FACILITY_TYPES, UNKNOWN), "levels": schema.LEVELS, "delivery": schema.DELIVERY}
_ORDINAL = {"level": (*schema.LEVELS[-1:], *schema.LEVELS[:-1]), "delivery": schema.DELIVERY[::-1]}


class FilterError(ValueError):
    """A filter that cannot be: `code` is a key of the locale section `filter.error`, `params` fill its sentence."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(f"{code} {params}")
        self.code, self.params = code, params

    def sentence(self, lang: str) -> str:
        """What is wrong, in words for people."""
        return text(f"filter.error.{self.code}", lang, **self.params)


@dataclass(frozen=True)
class Filter:
    """All conditions hold at once; values of one list are alternatives. Empty or None = no condition.

    Lists are sorted and without doubles, texts without surrounding blanks, so that filters which mean the same
    are equal. Budgets are whole currency units. `buyer` and `supplier` are a name, part of one, or an identifier.
    FilterError for a value that cannot be.
    """

    regions: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    settlements: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    delivery: tuple[str, ...] = ()
    overdue: bool | None = None
    flagged: bool | None = None
    budget_min: int | None = None
    budget_max: int | None = None
    buyer: str = ""
    supplier: str = ""
    text: str = ""
    sort: str = DEFAULT_SORT

    def __post_init__(self) -> None:
        for field in _LISTS:
            object.__setattr__(self, field, _clean_list(field, getattr(self, field)))
        for field in _TEXTS:
            object.__setattr__(self, field, _clean_text(_NAMES[field], getattr(self, field)))
        if self.sort.removeprefix("-") not in schema.SCORED:
            raise FilterError("value", name="sort", value=self.sort[:MAX_TEXT])
        if self.budget_min is not None and self.budget_max is not None and self.budget_min > self.budget_max:
            raise FilterError("budget", low=str(self.budget_min), high=str(self.budget_max))


# field -> name in the address; the order is that of every query string
_NAMES = {
    "regions": "region", "districts": "district", "settlements": "settlement", "types": "type", "programmes": "programme",
    "levels": "level", "delivery": "delivery",
    "overdue": "overdue", "flagged": "flagged", "budget_min": "min", "budget_max": "max",
    "buyer": "buyer", "supplier": "supplier", "text": "q", "sort": "sort",
}  # fmt: skip
_LISTS = ("regions", "districts", "settlements", "types", "programmes", "levels", "delivery")
_TEXTS = ("buyer", "supplier", "text")
_COLUMNS = {
    "regions": "region_code", "districts": "district_code", "settlements": "settlement", "types": "facility_type",
    "programmes": "programme", "levels": "level", "delivery": "delivery",
}  # fmt: skip
QUERY_NAMES = tuple(_NAMES.values())


def _clean_list(field: str, values: Iterable[str]) -> tuple[str, ...]:
    name = _NAMES[field]
    cleaned = {_clean_text(name, value) for value in values} - {""}
    if UNKNOWN in cleaned and field in _UNKNOWN_CODES:
        cleaned = cleaned - {UNKNOWN} | {_UNKNOWN_CODES[field]}
    for value in cleaned:
        if field in _CHOICES and value not in _CHOICES[field]:
            raise FilterError("value", name=name, value=value)
    if len(cleaned) > MAX_VALUES:
        raise FilterError("many", name=name, limit=str(MAX_VALUES))
    return tuple(sorted(cleaned))


def _clean_text(name: str, value: str) -> str:
    cleaned = " ".join(value.split())
    if len(cleaned) > MAX_TEXT:
        raise FilterError("long", name=name, limit=str(MAX_TEXT))
    if any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in cleaned):  # controls, and halves of letters
        raise FilterError("value", name=name, value=ascii(cleaned)[1:-1])
    return cleaned


FLAGGED = Filter(flagged=True)


# ---- the address ----------------------------------------------------------------------------------------------------
def from_query(query: Mapping[str, Any], default: Filter | None = None) -> Filter:
    """The filter of a query string; unknown names are ignored, FilterError for bad values.

    Values are strings, or lists of strings where a name is repeated (dicts, Starlette's and Streamlit's query
    parameters). In a list a comma separates values and a backslash keeps the next character as it is. What the query
    does not name comes from `default`; "all" takes a condition of the default away.
    """
    fields: dict[str, Any] = {}
    for field, name in _NAMES.items():
        values = query_values(query, name)
        if not values:
            continue
        if field in _LISTS:
            fields[field] = () if values == ["all"] else tuple(item for value in values for item in split_list(value))
        elif field in _TEXTS:
            fields[field] = values[-1]
        elif field == "sort":
            fields[field] = values[-1] or DEFAULT_SORT
        elif field in ("overdue", "flagged"):
            fields[field] = _boolean(name, values[-1])
        else:
            fields[field] = _amount(name, values[-1])
    return replace(default or Filter(), **fields)


def to_query(filter_: Filter, default: Filter | None = None) -> dict[str, str]:
    """The query of a filter: only what differs from `default`, in one order. `from_query` gives the filter back."""
    standard = default or Filter()
    query = {}
    for field, name in _NAMES.items():
        value = getattr(filter_, field)
        if value == getattr(standard, field):
            continue
        if field in _LISTS:
            query[name] = ",".join(escape_item(item) for item in value) or "all"
        elif isinstance(value, bool):
            query[name] = "1" if value else "0"
        else:
            query[name] = "all" if value is None else str(value)
    return query


def query_values(query: Mapping[str, Any], name: str) -> list[str]:
    """Every value of a name in a query string, however its mapping keeps them."""
    if name not in query:
        return []
    for method in ("getlist", "get_all"):  # Starlette, Streamlit
        if hasattr(query, method):
            return list(getattr(query, method)(name))
    value = query[name]
    return [value] if isinstance(value, str) else list(value)


def split_list(value: str) -> list[str]:
    """ "a,b\\,c" -> ["a", "b,c"]; an escaped "all" is a name, not the word."""
    items = re.findall(r"(?:\\.|[^,\\])+", value, re.DOTALL)
    return [re.sub(r"\\(.)", r"\1", item, flags=re.DOTALL) for item in items]


def escape_item(item: str) -> str:
    """One value of a list as it stands in an address; `split_list` gives it back."""
    return "\\all" if item == "all" else re.sub(r"([\\,])", r"\\\1", item)


def _boolean(name: str, value: str) -> bool | None:
    word = value.strip().casefold()
    if word in ("", "all"):
        return None
    if word in ("1", "true", "yes"):
        return True
    if word in ("0", "false", "no"):
        return False
    raise FilterError("value", name=name, value=value[:MAX_TEXT])


def _amount(name: str, value: str) -> int | None:
    if value.strip() in ("", "all"):
        return None
    if not re.fullmatch(r"[0-9]{1,18}", value.strip()):
        raise FilterError("amount", name=name, value=value[:MAX_TEXT])
    return int(value)


# ---- the rows -------------------------------------------------------------------------------------------------------
def apply(filter_: Filter, facilities: pd.DataFrame) -> pd.DataFrame:
    """The rows of `facilities` (a snapshot's, unchanged) that the filter shows, in its order; equal rows by identifier."""
    return facilities.iloc[positions(filter_, facilities)]


def positions(filter_: Filter, facilities: pd.DataFrame) -> np.ndarray:
    """Where the rows of `apply` stand: for whoever needs a few columns of a million rows."""
    order = _order(facilities, filter_.sort)
    return order[mask(filter_, facilities)[order]]


def public(facilities: pd.DataFrame) -> pd.Series:
    """May the row be shown? Restricted facilities are in no page, picture or file; what is not said is not restricted."""
    return ~facilities["is_restricted"].fillna(False).astype(bool)


def mask(filter_: Filter, facilities: pd.DataFrame) -> np.ndarray:
    """Does the filter show the row? One boolean for each.

    Restricted facilities are never shown. A row whose value is not known is left out only by a condition on that very
    value, and `in_words` says so.
    """
    keep = public(facilities)
    for field, column in _COLUMNS.items():
        chosen = getattr(filter_, field)
        if chosen:
            keep &= facilities[column].fillna(_UNKNOWN_CODES.get(field, UNKNOWN)).isin(chosen)
    for column, wanted in (("is_overdue", filter_.overdue), ("is_flagged", filter_.flagged)):
        if wanted is not None:
            keep &= facilities[column].eq(wanted).fillna(False).astype(bool)
    if filter_.budget_min is not None:
        keep &= facilities["budget_amount"].ge(filter_.budget_min).fillna(False).astype(bool)
    if filter_.budget_max is not None:
        keep &= facilities["budget_amount"].le(filter_.budget_max).fillna(False).astype(bool)
    if filter_.buyer or filter_.supplier or filter_.text:
        folded = _folded(facilities)
        if filter_.text:
            keep &= search(filter_.text, _words(facilities, "text"))
        for party, wanted_name in (("buyer", filter_.buyer), ("supplier", filter_.supplier)):
            if wanted_name:
                keep &= _is_party(facilities[f"{party}_id"], folded[party], _words(facilities, party), wanted_name)
    return keep.to_numpy(dtype=bool)


def _is_party(ids: pd.Series, folded_names: pd.Series, words: Words, wanted: str) -> pd.Series:
    """The firm with that identifier or exactly that name, so that "Astra" is not "Astra Plus"; else names with the words."""
    exact = ids.eq(wanted).fillna(False).astype(bool) | folded_names.eq(fold(wanted))
    return exact if exact.any() else pd.Series(search(wanted, words), index=ids.index)


def values(facilities: pd.DataFrame, column: str) -> frozenset[str]:
    """What stands in a column, with `UNKNOWN` where something is not known."""

    def read() -> frozenset[str]:
        found = facilities[column].unique()
        return frozenset(UNKNOWN if pd.isna(value) else value for value in found)

    return _made_once(facilities, f"values {column}", read)


def districts_of(facilities: pd.DataFrame, regions: tuple[str, ...]) -> frozenset[str]:
    """The districts of some regions, with `UNKNOWN`; none where no district of theirs is known."""

    def read() -> frozenset[str]:
        found = facilities.loc[facilities["region_code"].fillna(UNKNOWN).isin(regions), "district_code"].fillna(UNKNOWN)
        return frozenset(found.unique()) if found.ne(UNKNOWN).any() else frozenset()

    return _made_once(facilities, f"districts {regions}", read)


def _order(facilities: pd.DataFrame, sort: str) -> np.ndarray:
    """Positions of all rows in the order of `sort`, not known last in either direction.

    Sorting a million rows takes a second, taking the shown ones out of the sorted ones 5 ms.
    """
    column = sort.removeprefix("-")

    def sorted_positions() -> np.ndarray:
        narrow = facilities[list(dict.fromkeys((column, "facility_id")))].reset_index(drop=True)
        ascending = [not sort.startswith("-"), True][: narrow.shape[1]]
        ordered = narrow.sort_values(
            list(narrow.columns), ascending=ascending, na_position="last", kind="stable",
            key=lambda values: values.map(_rank(values.name)) if values.name in _ORDINAL else values,
        )  # fmt: skip
        return ordered.index.to_numpy(np.int32)

    return _made_once(facilities, f"order {sort}", sorted_positions)


def _rank(column: object) -> dict[str, int]:
    return {code: rank for rank, code in enumerate(_ORDINAL[str(column)])}


_SEARCHED = (
    "facility_id", "title", "title_kk", "title_ru", "title_en", "region", "district", "settlement", "address",
    "buyer_name", "buyer_id", "supplier_name", "supplier_id", "contract_no",
)  # fmt: skip
_made: dict[int, tuple[weakref.ref, dict[str, Any]]] = {}
_N_MADE = 24  # of one frame: an order of a million rows is 4 MB


def _made_once(facilities: pd.DataFrame, name: str, make: Callable[[], Any]) -> Any:
    """What is made of a snapshot's facilities once and kept as long as that frame lives.

    Frames cannot be dictionary keys, hence the identity and the weak reference that drops the entry.
    """
    key = id(facilities)
    known = _made.get(key)
    if known is None or known[0]() is not facilities:
        known = _made[key] = (weakref.ref(facilities, lambda _: _made.pop(key, None)), {})
    kept = known[1]
    if name not in kept:
        if len(kept) >= _N_MADE:
            kept.pop(next(iter(kept)), None)
        kept[name] = make()
    return kept[name]


def _folded(facilities: pd.DataFrame) -> pd.DataFrame:
    """Folded columns text, buyer, supplier of a snapshot's facilities."""

    def fold_all() -> pd.DataFrame:
        columns = [facilities[name].fillna("").tolist() for name in _SEARCHED]
        joined = pd.Series([" ".join(row) for row in zip(*columns, strict=True)], index=facilities.index, dtype=object)
        return pd.DataFrame(
            {
                "text": fold_column(joined),
                "buyer": fold_column(facilities["buyer_name"]),
                "supplier": fold_column(facilities["supplier_name"]),
            }
        )

    return _made_once(facilities, "folded", fold_all)


def _words(facilities: pd.DataFrame, column: str) -> Words:
    return _made_once(facilities, f"words {column}", lambda: words_of(_folded(facilities)[column]))


# ---- the words ------------------------------------------------------------------------------------------------------
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


def chips(
    filter_: Filter, lang: str, *, currency: str = "KZT", districts: Mapping[str, str] = _NO_NAMES
) -> list[tuple[str, Filter]]:
    """Each condition in words, with the filter that is left when it is taken away.

    `districts`: the name of each district by its code, where a snapshot has codes (`riskmap.districts.names`).
    """
    result = []
    for field in _NAMES:
        value = getattr(filter_, field)
        if field == "sort" or value in ((), None, ""):
            continue
        if field in _LISTS:
            for item in value:
                rest = tuple(other for other in value if other != item)
                result.append((_chip(field, value_word(field, item, lang, districts), lang), _changed(filter_, field, rest)))
        else:
            nothing = "" if isinstance(value, str) else None
            result.append((_scalar_words(field, value, lang, currency), _changed(filter_, field, nothing)))
    return result


def _chip(field: str, value: str, lang: str) -> str:
    return text("filter.chip", lang, name=text(f"filter.name.{field}", lang), value=value)


def _changed(filter_: Filter, field: str, value: Any) -> Filter:
    return replace(filter_, **{field: value})


def _scalar_words(field: str, value: object, lang: str, currency: str) -> str:
    if isinstance(value, bool):
        return text(f"filter.{field}_{'yes' if value else 'no'}", lang)
    if isinstance(value, int):
        return text(f"filter.{field}", lang, amount=money(value, lang, currency, full=True))
    return text("filter.chip_quoted", lang, name=text(f"filter.name.{field}", lang), value=value)


def region_name(code: str | None, lang: str) -> str:
    """The name of a region; a code that the boundary file does not have (another country) is its own name."""
    if code is None or code == UNKNOWN:
        return text("common.not_known", lang)
    return geography.region_name(code, lang)


def value_word(field: str, value: str, lang: str, districts: Mapping[str, str] = _NO_NAMES) -> str:
    """One value of a list of the filter in words: `value_word("levels", "high", "en")` -> "high"."""
    if value == UNKNOWN:
        return text("common.not_known", lang)
    if field == "regions":
        return region_name(value, lang)
    if field == "districts":
        return districts.get(value, value)
    key = {"types": "kind.facility_type.{}", "levels": "level.{}.name", "delivery": "kind.delivery.{}"}.get(field, "").format(
        value
    )
    return text(key, lang) if has(key, lang) else value


def in_words(filter_: Filter, lang: str, *, currency: str = "KZT", districts: Mapping[str, str] = _NO_NAMES) -> str:
    """The whole filter in one line: what is shown, what a condition leaves out, and the order."""
    parts = []
    for field in _LISTS:
        chosen = [value_word(field, item, lang, districts) for item in getattr(filter_, field)]
        if chosen:
            parts.append(_chip(field, ", ".join(chosen), lang))
    scalars = (field for field in _NAMES if field not in (*_LISTS, "sort"))
    values = ((field, getattr(filter_, field)) for field in scalars)
    parts += [_scalar_words(field, value, lang, currency) for field, value in values if value not in (None, "")]
    if filter_.budget_min is not None or filter_.budget_max is not None:
        parts.append(text("filter.budget_not_known_left_out", lang))
    return "; ".join(parts) or text("filter.all", lang)
