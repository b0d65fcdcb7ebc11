"""A filtered list as a file: exactly the rows a page shows, with a manifest that proves it.

The same snapshot, filter, format, language, columns and earlier list give the same bytes, whoever makes the file and when.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd

import riskmap
from riskmap import districts, filters, issued, summarise
from riskmap.export import csv, delta, dossier, geojson, oc4ids, parquet, parts, register, table, xlsx
from riskmap.export.table import Listing
from riskmap.filters import FLAGGED, Filter
from riskmap.i18n import LANGUAGES, text
from riskmap.issued import Delta
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot

# the name of a format is how its files end
FORMATS: dict[str, Any] = {
    "csv": csv, "xlsx": xlsx, "pdf": register, "dossier.pdf": dossier, "geojson": geojson, "parquet": parquet,
    "oc4ids.json": oc4ids, "delta.csv": delta,
}  # fmt: skip
MEDIA_TYPES = {name: module.MEDIA_TYPE for name, module in FORMATS.items()}
MANIFEST_SUFFIX = ".manifest.json"
_HASH_LETTERS = 12
_SLUG_LETTERS = 60
# more rows of a format than this are refused in words: nobody reads them, and making them would keep the server busy
MOST_ROWS = {"pdf": register.MOST_ROWS, "dossier.pdf": dossier.MOST_ROWS}


@dataclass(frozen=True)
class Export:
    """A file ready to be sent: its bytes, its name with the hash of these bytes in it, and its manifest."""

    content: bytes
    file_name: str
    manifest: dict[str, Any]
    media_type: str


@dataclass(frozen=True)
class Since:
    """The list issued before: the version of the data it was made from, and the file itself where one was given."""

    snapshot: Snapshot
    file: str | None = None
    sha256: str | None = None


def refuse_too_many(format: str, n_rows: int) -> None:
    """DataError `export_too_many` for more rows than the format holds."""
    if n_rows > MOST_ROWS.get(format, n_rows):
        raise DataError("export_too_many", format=format, n=str(n_rows), most=str(MOST_ROWS[format]))


def export(
    snapshot_: Snapshot, filter_: Filter, *, format: str, lang: str, columns: Sequence[str] | None = None,
    since: Since | None = None, facility_id: str | None = None,
) -> Export:  # fmt: skip
    """The rows of `filter_` in its order as a file.

    `columns` are technical names of the snapshot's columns, in the order wanted, or one name of `table.COLUMN_SETS`; None =
    `table.default_columns`. `since`: the list it is compared with. `facility_id`: of these rows only this one. Raises
    DataError for an unknown format, language, column or facility, and for more rows than a format holds. Restricted
    facilities never leave (see `filters.apply`).
    """
    if format not in FORMATS:
        raise DataError("export_unknown_format", format=format[:40], known=", ".join(FORMATS))
    if lang not in LANGUAGES:
        raise DataError("export_unknown_language", lang=lang[:40], known=", ".join(LANGUAGES))
    rows = filters.apply(filter_, snapshot_.facilities)
    if facility_id is not None:
        rows = rows[rows["facility_id"].eq(facility_id).fillna(False).astype(bool)]
        if rows.empty:
            raise DataError("export_unknown_facility", id=facility_id[:40])
    encoder = FORMATS[format]
    refuse_too_many(format, len(rows))
    own: tuple[str, ...] | None = getattr(encoder, "COLUMNS", None)  # of a format whose columns are fixed
    chosen = table.choose(columns, snapshot_) if own is None else own
    changed = issued.delta(since.snapshot, snapshot_, filter_) if since and facility_id is None else None
    manifest = {
        **_manifest(snapshot_, filter_, rows, format=format, lang=lang, columns=chosen),
        "column_set": table.set_of(columns) if own is None else format,
        "filter_url": _address(snapshot_, filter_, lang, columns, facility_id),
    }
    if facility_id is not None:
        manifest["facility_id"] = facility_id
    if format == "delta.csv" and changed:
        manifest["n_rows"] = len(changed.rows)
    if since and changed:
        manifest["since"] = _since(since, changed)
    built = (
        table.build(rows, chosen, snapshot_, lang, manifest["notice"])
        if own is None
        else table.Table([], {}, lang, snapshot_.currency)
    )
    sums = parts.totals(rows, snapshot_, lang) if format in ("xlsx", "pdf") else ()
    content = encoder.encode(Listing(built, rows, snapshot_, sums, changed), manifest)
    digest = hashlib.sha256(content).hexdigest()
    slug = _slug(snapshot_, filter_, facility_id)
    file_name = f"riskmap_{snapshot_.id}_{slug}_{digest[:_HASH_LETTERS]}.{format}"
    return Export(content, file_name, {**manifest, "file": file_name, "sha256": digest}, MEDIA_TYPES[format])


def _address(snapshot_: Snapshot, filter_: Filter, lang: str, columns: Sequence[str] | None, facility_id: str | None) -> str:
    """The page that shows the same, relative to wherever the map is served."""
    where = {"lang": lang, "snapshot": snapshot_.id}
    if facility_id is not None:
        return "facility?" + urlencode({**where, "id": facility_id})
    chosen = {"columns": ",".join(columns)} if columns else {}
    return "flagged?" + urlencode({**where, **filters.to_query(filter_, FLAGGED), **chosen})


def _since(since: Since, changed: Delta) -> dict[str, Any]:
    """What the manifest says about the list before: which one it was, and the lines that connect the totals."""
    before, unit = since.snapshot, changed.after.currency.lower()
    counts = {
        f"n_{row['line']}" + (f"_{row['what']}" if isinstance(row["what"], str) else ""): int(row["n_facilities"])
        for row in changed.bridge.to_dict("records")
        if row["line"] != "stays"
    }
    amounts = {
        (row["line"] if not isinstance(row["what"], str) else f"{row['line']}_{row['what']}") + f"_budget_{unit}": int(
            row["budget"]
        )
        for row in changed.bridge.to_dict("records")
    }
    named = {"file": since.file, "sha256": since.sha256} if since.file else {}
    rules = ("settings_sha256", "code_version")
    return {
        "snapshot_id": before.id,
        "as_of": str(before.as_of),
        **named,
        "rules_changed": any(before.manifest.get(name) != changed.after.manifest.get(name) for name in rules),
        **counts,
        **amounts,
    }


def write(made: Export, file: Path) -> Path:
    """Write the file and, beside it, its manifest as `<file>.manifest.json`; returns the path of the manifest.

    The manifest comes last, so that an interrupted run leaves no manifest for half a file.
    """
    file.write_bytes(made.content)
    beside = file.with_name(file.name + MANIFEST_SUFFIX)
    beside.write_bytes(manifest_bytes(made.manifest))
    return beside


def manifest_bytes(manifest: dict[str, Any]) -> bytes:
    """A manifest as the file people get."""
    return (json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def totals(rows: pd.DataFrame, snapshot_: Snapshot) -> dict[str, int | None]:
    """What the pages say about these rows, by the same code; keys as in the manifest of a snapshot.

    None = rows there are, but of none of them is the amount known.
    """
    counted = summarise.totals(rows, snapshot_.manifest["settings"])
    suffix = snapshot_.currency.lower()
    result: dict[str, int | None] = {}
    for name in ("n_facilities", "budget", "n_budget_unknown", "n_overdue", "n_flagged", "flagged_budget", "exposure"):
        value: Any = counted[name]
        if value is None and (rows.empty or name.startswith("n_")):
            value = 0
        result[name if name.startswith("n_") else f"{name}_{suffix}"] = None if value is None else int(value)
    return result


def _manifest(
    snapshot_: Snapshot, filter_: Filter, rows: pd.DataFrame, *, format: str, lang: str, columns: Sequence[str]
) -> dict[str, Any]:
    district_names = districts.names(snapshot_.manifest, lang)
    return {
        "format": format,
        "media_type": MEDIA_TYPES[format],
        "lang": lang,
        "snapshot_id": snapshot_.id,
        "as_of": str(snapshot_.as_of),
        "is_demo": snapshot_.is_demo,
        "filter": filters.to_query(filter_),
        "filter_in_words": filters.in_words(filter_, lang, currency=snapshot_.currency, districts=district_names),
        "sort": filter_.sort,
        "columns": list(columns),
        "settings_sha256": snapshot_.manifest["settings_sha256"],
        "code_version": riskmap.__version__,
        "n_rows": len(rows),
        "totals": totals(rows, snapshot_),
        "notice": notice(snapshot_, lang),
    }


def notice(snapshot_: Snapshot, lang: str) -> str:
    """The sentence that must travel with every row: not evidence, and whether it is fictitious."""
    demo = f"{text('common.demo', lang)} " if snapshot_.is_demo else ""
    return demo + text("common.fair_words", lang)


def _slug(snapshot_: Snapshot, filter_: Filter, facility_id: str | None = None) -> str:
    """The filter in a file name: lower-case ASCII, so that it survives every system and e-mail."""
    query = filters.to_query(filter_)
    words = ["flagged" if name == "flagged" and value == "1" else f"{name}-{value}" for name, value in query.items()]
    words = words if facility_id is None else [f"facility-{facility_id}"]
    ascii_words = [re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in words]
    demo = ["demo"] if snapshot_.is_demo else []
    return "-".join([*demo, str(snapshot_.as_of), *(ascii_words or ["all"])])[:_SLUG_LETTERS].strip("-")
