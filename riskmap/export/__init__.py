"""A filtered list as a file: CSV, XLSX or GeoJSON of exactly the rows a page shows, with a manifest that proves it.

The same snapshot, filter, format, language and columns give the same bytes, whoever makes the file and when.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

import riskmap
from riskmap import districts, filters, snapshot, summarise
from riskmap.export import csv, geojson, table, xlsx
from riskmap.filters import Filter
from riskmap.i18n import LANGUAGES, text
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot

FORMATS = {"csv": csv, "xlsx": xlsx, "geojson": geojson}
MEDIA_TYPES = {name: module.MEDIA_TYPE for name, module in FORMATS.items()}
MANIFEST_SUFFIX = ".manifest.json"
_HASH_LETTERS = 12
_SLUG_LETTERS = 60


@dataclass(frozen=True)
class Export:
    """A file ready to be sent: its bytes, its name with the hash of these bytes in it, and its manifest."""

    content: bytes
    file_name: str
    manifest: dict[str, Any]
    media_type: str


def export(snapshot_: Snapshot, filter_: Filter, *, format: str, lang: str, columns: Sequence[str] | None = None) -> Export:
    """The rows of `filter_` in its order as a file.

    `columns` are technical names of the snapshot's columns, in the order wanted; None = `table.default_columns`.
    Raises DataError for an unknown format, language or column. Restricted facilities never leave (see
    `filters.apply`).
    """
    if format not in FORMATS:
        raise DataError("export_unknown_format", format=format, known=", ".join(FORMATS))
    if lang not in LANGUAGES:
        raise DataError("export_unknown_language", lang=lang, known=", ".join(LANGUAGES))
    rows = filters.apply(filter_, snapshot_.facilities)
    chosen = table.choose(columns, snapshot_)
    manifest = _manifest(snapshot_, filter_, rows, format=format, lang=lang, columns=chosen)
    content = FORMATS[format].encode(table.build(rows, chosen, snapshot_, lang, manifest["notice"]), manifest)
    digest = hashlib.sha256(content).hexdigest()
    file_name = f"riskmap_{snapshot_.id}_{_slug(snapshot_, filter_)}_{digest[:_HASH_LETTERS]}.{format}"
    return Export(content, file_name, {**manifest, "file": file_name, "sha256": digest}, MEDIA_TYPES[format])


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


def verify_export(file: Path | str, snapshot_folder: Path | str, *, lang: str = "en") -> list[str]:
    """What is wrong with an exported file, in words; empty when it is exactly what the snapshot gives.

    Reads `<file>.manifest.json`, rebuilds the file from the snapshot and compares it byte for byte.
    """
    file = Path(file)
    try:
        manifest = json.loads(file.with_name(file.name + MANIFEST_SUFFIX).read_text("utf-8"))
        content = file.read_bytes()
    except (OSError, ValueError):
        return [text("export.verify.unreadable", lang, file=file.name)]
    if not isinstance(manifest, dict):
        return [text("export.verify.unreadable", lang, file=file.name)]
    findings = []
    if hashlib.sha256(content).hexdigest() != manifest.get("sha256"):
        findings.append(text("export.verify.changed", lang, file=file.name))
    damaged = snapshot.verify(snapshot_folder)
    if damaged:
        findings.append(text("export.verify.snapshot_damaged", lang, files=", ".join(damaged)))
    opened = snapshot.load(snapshot_folder)
    if opened.id != manifest.get("snapshot_id"):
        return [*findings, text("export.verify.other_snapshot", lang, made=manifest.get("snapshot_id"), given=opened.id)]
    try:
        again = export(
            opened, filters.from_query(manifest["filter"]), format=manifest["format"], lang=manifest["lang"],
            columns=manifest["columns"],
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError, filters.FilterError, DataError):
        return [*findings, text("export.verify.unreadable", lang, file=file.name)]
    if again.manifest != manifest or again.content != content:
        same_code = manifest.get("code_version") == again.manifest["code_version"]
        findings.append(text(f"export.verify.{'differs' if same_code else 'other_code'}", lang, file=file.name,
                             made=manifest.get("code_version"), here=again.manifest["code_version"]))  # fmt: skip
    return findings


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


def _slug(snapshot_: Snapshot, filter_: Filter) -> str:
    """The filter in a file name: lower-case ASCII, so that it survives every system and e-mail."""
    query = filters.to_query(filter_)
    words = ["flagged" if name == "flagged" and value == "1" else f"{name}-{value}" for name, value in query.items()]
    ascii_words = [re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in words]
    demo = ["demo"] if snapshot_.is_demo else []
    return "-".join([*demo, str(snapshot_.as_of), *(ascii_words or ["all"])])[:_SLUG_LETTERS].strip("-")
