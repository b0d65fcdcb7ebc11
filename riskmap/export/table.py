"""The rows of a file, typed: which columns leave, what they are called, and their values ready for any format."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from riskmap import schema
from riskmap.filters import region_name
from riskmap.i18n import has, text
from riskmap.issued import Delta
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot

_INDICATOR = re.compile(r"([A-Z]\d\d)_(severity|value|points|reason)")
_FLOAT_DIGITS = 6  # 0.1 m of latitude, a millionth of a point: below it engines differ

# Made from other columns, or from the snapshot; every row says where it comes from, since CSV holds no comments
_DERIVED = {
    "region_name": "text", "snapshot_id": "id", "as_of": "date", "is_demo": "bool", "notice": "text",
}  # fmt: skip
STAMP = ("snapshot_id", "as_of", "is_demo", "notice")
_BEFORE_INDICATORS = (
    "facility_id", "title", "facility_type", "programme", "region_code", "region_name", "district", "district_code", "settlement",
    "buyer_id", "buyer_name", "supplier_id", "supplier_name", "contract_no", "method", "n_bidders", "signed_on",
    "due_first_on", "due_on", "due_announced_on", "due_normative_on", "completed_on", "delivery", "is_overdue", "days_late",
    "currency", "budget_amount", "value_first_amount", "value_amount", "paid_amount", "advance_amount", "progress_share",
    "progress_on", "is_flagged", *schema.WORKED, "level", "r_lo", "r_mid", "r_hi", "coverage", "exposure_amount",
    "exposure_paid_ahead_amount", "exposure_overpaid_amount", "exposure_price_amount", "exposure_growth_amount",
    "rank", "rank_low", "rank_high", "top20_share", "emr_amount", "emr_low_amount", "emr_high_amount", "level_raw",
)  # fmt: skip
_AFTER_INDICATORS = (
    "missing_fields", "lat", "lon", "location_precision", "source_url", "source_as_of",
    "source_file", "source_sheet", "source_row",
)  # fmt: skip

# Ready sets of columns: a word in the address instead of a list. "standard" is `default_columns`, "all" every column there is.
COLUMN_SETS: dict[str, tuple[str, ...]] = {
    "standard": (),
    "desk": (
        "facility_id", "title", "region_name", "district", "buyer_name", "supplier_name", "contract_no", "due_on", "days_late",
        "delivery", "review_state", "buyer_reply", "buyer_replied_on", "level", "r_lo", "budget_amount", "paid_amount",
        "exposure_amount", "missing_fields", "source_url",
    ),
    "dates": (
        "facility_id", "title", "region_name", "signed_on", "start_on", "due_first_on", "due_on", "due_announced_on",
        "due_normative_on", "completed_on", "delivery", "days_late", "n_amendments", "progress_share", "progress_on",
        "stalled_since_on", "forecast_low_on", "forecast_finish_on", "forecast_high_on", "level",
    ),
    "money": (
        "facility_id", "title", "region_name", "programme", "buyer_id", "buyer_name", "supplier_id", "supplier_name", "currency",
        "budget_amount", "value_first_amount", "value_amount", "paid_amount", "advance_amount", "last_paid_on", "exposure_amount",
        "exposure_paid_ahead_amount", "exposure_overpaid_amount", "exposure_price_amount", "exposure_growth_amount", "level",
    ),
    "all": (),
}  # fmt: skip
OWN_SET = "own"
MAX_COLUMNS = 300


@dataclass(frozen=True)
class Table:
    """What a format writes. `rows` has the columns of `kinds` in order; missing values are None."""

    rows: list[tuple[Any, ...]]
    kinds: dict[str, str]  # column -> kind (schema.KINDS)
    lang: str
    currency: str


@dataclass(frozen=True)
class Part:
    """A small table beside the list (totals, what changed): its last line is the sum where it has one."""

    title: str
    heads: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    total: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Listing:
    """A list as every format sees it: the table, the facilities behind it (filtered), totals, and what changed since."""

    table: Table
    facilities: pd.DataFrame = field(default_factory=pd.DataFrame)
    snapshot: Snapshot | None = None
    totals: tuple[Part, ...] = ()
    since: Delta | None = None


def kinds_of(snapshot_: Snapshot) -> dict[str, str]:
    """Every column a file may have, with its kind. Restricted rows never leave, so their mark does not either."""
    of_indicators = {
        name: "text" if name.endswith("_reason") else "number"
        for name in snapshot_.facilities.columns
        if _INDICATOR.fullmatch(name)
    }
    present = set(snapshot_.facilities.columns) - {"is_restricted"}
    known = {name: kind for name, kind in (schema.SCORED | schema.WORKED).items() if name in present}
    return {**known, **of_indicators, **_DERIVED}


def default_columns(snapshot_: Snapshot) -> tuple[str, ...]:
    """What an official needs: who, where, dates, money, level, each indicator's severity and points, the source."""
    of_indicators = [name for name in snapshot_.facilities.columns if re.fullmatch(r"[A-Z]\d\d_(severity|points)", name)]
    present = {*snapshot_.facilities.columns, *_DERIVED}  # a snapshot of an earlier version has fewer
    wanted = (*_BEFORE_INDICATORS, *of_indicators, *_AFTER_INDICATORS, *STAMP)
    return tuple(name for name in wanted if name in present)


def choose(columns: Sequence[str] | None, snapshot_: Snapshot) -> tuple[str, ...]:
    """The columns of a file: names, or one name of `COLUMN_SETS`. The four that say which data this is are always there."""
    if columns is None or tuple(columns) == ("standard",):
        return default_columns(snapshot_)
    known = kinds_of(snapshot_)
    name = set_of(columns)
    if name == "all":
        return tuple(dict.fromkeys((*(column for column in known if column not in STAMP), *STAMP)))
    if name != OWN_SET:  # a snapshot of an earlier version has fewer
        return (*(column for column in COLUMN_SETS[name] if column in known), *STAMP)
    wrong = [column for column in columns if column not in known]
    if wrong or len(columns) > MAX_COLUMNS:
        raise DataError("export_unknown_column", column=(wrong or columns)[0][:40])
    return tuple(dict.fromkeys((*columns, *STAMP)))


def set_of(columns: Sequence[str] | None) -> str:
    """The name of the ready set that was asked for; "own" for a list of columns."""
    if columns is None:
        return "standard"
    return columns[0] if len(columns) == 1 and columns[0] in COLUMN_SETS else OWN_SET


def build(rows: pd.DataFrame, columns: Sequence[str], snapshot_: Snapshot, lang: str, notice: str) -> Table:
    """The table of `rows` (a snapshot's facilities, filtered): Python values of the kind of their column or None."""
    known = kinds_of(snapshot_)
    stamp = {"snapshot_id": snapshot_.id, "as_of": snapshot_.as_of, "is_demo": snapshot_.is_demo, "notice": notice}
    kinds = {name: known[name] for name in columns}
    return Table(cells(rows, kinds, stamp, lang), kinds, lang, snapshot_.currency)


def cells(rows: pd.DataFrame, kinds: Mapping[str, str], stamp: Mapping[str, Any], lang: str) -> list[tuple[Any, ...]]:
    """The rows of a file in the order of `kinds`. `stamp` is the same in every row; names are those of the language."""
    values = []
    for name, kind in kinds.items():
        if name in stamp:
            values.append([stamp[name]] * len(rows))
        elif name == "title":
            values.append(plain(rows[f"title_{lang}"].fillna(rows["title"]), "text"))
        elif name == "region_name":
            values.append([region_name(code, lang) for code in plain(rows["region_code"], "code")])
        else:
            values.append(plain(rows[name], kind))
    return list(zip(*values, strict=True))


def plain(values: pd.Series, kind: str) -> list[Any]:
    """Values without the dress of pandas: None for not known, int, float (six digits), bool, str, date."""
    known = zip(values, values.notna(), strict=True)
    convert = _CONVERT.get(kind)
    if convert is None:
        return [value if is_known else None for value, is_known in known]
    return [convert(value) if is_known else None for value, is_known in known]


def _short(value: float) -> float:
    return round(float(value), _FLOAT_DIGITS) + 0.0  # -0.0 is 0


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value  # pandas' own time is a datetime


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "integer": int, "money": int, "bool": bool, "number": _short, "share": _short, "latitude": _short, "longitude": _short,
    "date": _day, "text": str,
}  # fmt: skip


def label(name: str, lang: str) -> str:
    """The header for people; an indicator's from its pattern, a column without words keeps its technical name."""
    found = _INDICATOR.fullmatch(name)
    if found:
        return text(f"column.indicator.{found[2]}", lang, id=found[1])
    for section in ("column", "export.label"):
        if has(f"{section}.{name}", lang):
            return text(f"{section}.{name}", lang)
    return name


def meaning(name: str, lang: str) -> str:
    """One sentence about a column."""
    found = _INDICATOR.fullmatch(name)
    if found:
        title = text(f"indicator.{found[1]}.title", lang) if has(f"indicator.{found[1]}.title", lang) else found[1]
        return text(f"export.meaning.indicator_{found[2]}", lang, title=title)
    key = f"export.meaning.{name}"
    return text(key, lang) if has(key, lang) else ""


def unit(name: str, kind: str, lang: str, currency: str) -> str:
    """The unit of a column in words; "" where it has none."""
    if kind == "money":
        return currency
    key = f"export.unit.{name if has(f'export.unit.{name}', lang) else kind}"
    return text(key, lang) if has(key, lang) else ""


def indicator_id(name: str) -> str | None:
    """The indicator a column belongs to: "T01_points" -> "T01"."""
    found = _INDICATOR.fullmatch(name)
    return found[1] if found else None
