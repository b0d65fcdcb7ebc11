"""Is a file what the snapshot gives? The list is made again from its manifest, and what differs is said cell by cell.

Byte for byte: CSV, GeoJSON, OC4IDS, PDF. Cell for cell: XLSX and GeoParquet, which programs rewrite when they save them; a
formula or something hidden in a workbook is a difference too. Nothing here trusts the file: it may come from anywhere.
"""

import csv as commas
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pypdf
import python_calamine as calamine

from riskmap import archive, compare, filters, snapshot
from riskmap.export import MANIFEST_SUFFIX, Export, Since, changes, export
from riskmap.export.parquet import MANIFEST_KEY
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.read.sandbox import Refused, check_archive
from riskmap.snapshot import Snapshot

_N_SHOWN = 20  # differences that are said one by one
_LETTERS = 80
_HIDDEN = re.compile(rb'<(?:\w{1,20}:)?(?:row|col)\s[^<>]{0,300}\bhidden="(?:1|true)"')
_FORMULA = re.compile(rb"<(?:\w{1,20}:)?f[\s>]")


class Difference(NamedTuple):
    """Where a file differs: row or page, column, what the file says and what the snapshot gives."""

    row: str
    column: str
    found: str
    expected: str


class Verdict(NamedTuple):
    """What is wrong, in words; empty when the file is what the snapshot gives. `notes`: what is worth knowing and not wrong."""

    findings: list[str]
    notes: list[str]


def verify(file: Path | str, place: Path | str, *, lang: str = "en") -> Verdict:
    """Compare a file with what the snapshot gives for the manifest beside it.

    `place`: the snapshot, or the folder of kept ones, in which the version is looked up that the manifest names.
    """
    file, place = Path(file), Path(place)
    try:
        manifest = json.loads(file.with_name(file.name + MANIFEST_SUFFIX).read_text("utf-8"))
        content = file.read_bytes()
        if not isinstance(manifest, dict):
            raise ValueError("not an object")
    except (OSError, ValueError):
        return Verdict([text("export.verify.unreadable", lang, file=file.name)], [])
    is_other = hashlib.sha256(content).hexdigest() != manifest.get("sha256")
    findings = [text("export.verify.changed", lang, file=file.name)] if is_other else []
    opened = _find(place, manifest.get("snapshot_id"))
    if opened is None:
        given = "—" if archive.is_archive(place) else snapshot.load(place).id
        return Verdict([*findings, text("export.verify.other_snapshot", lang, made=manifest.get("snapshot_id"), given=given)], [])
    if damaged := snapshot.verify(opened.folder):
        findings.append(text("export.verify.snapshot_damaged", lang, files=", ".join(damaged)))
    try:
        again = _again(opened, place, manifest)
    except _NotKept as missing:
        return Verdict([*findings, text("export.verify.since_not_kept", lang, id=str(missing)[:40])], [])
    except (KeyError, TypeError, AttributeError, ValueError, filters.FilterError, DataError):
        return Verdict([*findings, text("export.verify.unreadable", lang, file=file.name)], [])
    said = sorted(name for name in {*manifest, *again.manifest} if manifest.get(name) != again.manifest.get(name))
    same_code = manifest.get("code_version") == again.manifest["code_version"]
    versions = {"file": file.name, "made": manifest.get("code_version"), "here": again.manifest["code_version"]}
    format_ = str(manifest["format"])
    differences = [] if content == again.content else _differences(format_, content, again.content)
    if content != again.content and not differences and format_ in ("xlsx", "parquet"):
        # another program saved it: the cells are all there, the bytes cannot be
        names = [name for name in said if name not in ("sha256", "file")]
        notes = [text("export.verify.same_cells", lang, file=file.name)]
        if not names:
            return Verdict([one for one in findings if not is_other or one != findings[0]], notes)
        said = names
    if said or content != again.content:
        findings.append(text(f"export.verify.{'differs' if same_code else 'other_code'}", lang, **versions))
    if said and not (is_other and said == ["sha256"]):
        findings.append(text("export.verify.manifest", lang, names=", ".join(said)))
    findings += [
        text("export.verify.cell", lang, row=one.row, column=one.column, found=_short(one.found), expected=_short(one.expected))
        for one in differences[:_N_SHOWN]
    ]
    if len(differences) > _N_SHOWN:
        findings.append(text("export.verify.more", lang, n=len(differences) - _N_SHOWN))
    return Verdict(findings, [])


class _NotKept(Exception):
    """The earlier version that the file was compared with is not here."""


def _find(place: Path, snapshot_id: Any) -> Snapshot | None:
    """The version of that id: this snapshot, or one kept beside it."""
    if not archive.is_archive(place):
        given = snapshot.load(place)
        if given.id == snapshot_id:
            return given
        place = place.absolute().parent
    if not archive.is_archive(place):
        return None
    try:
        return archive.load(place, snapshot_id) if isinstance(snapshot_id, str) and snapshot_id else None
    except DataError:
        return None


def _must_find(place: Path, snapshot_id: Any) -> Snapshot:
    found = _find(place, snapshot_id)
    if found is None:
        raise _NotKept(str(snapshot_id))
    return found


def _again(opened: Snapshot, place: Path, manifest: Mapping[str, Any]) -> Export:
    """The file made again, by what its manifest says."""
    if "which" in manifest:
        before = _must_find(place, manifest["snapshot_before_id"])
        told = [_must_find(place, one) for one in manifest.get("snapshots", ())]
        return changes.export(
            compare.compare(before, opened), manifest["which"], format=manifest["format"], lang=manifest["lang"],
            region=manifest["filter"].get("region"), snapshots=told,
        )  # fmt: skip
    given = manifest.get("since")
    since = Since(_must_find(place, given["snapshot_id"]), given.get("file"), given.get("sha256")) if given else None
    chosen = manifest["columns"] if manifest["column_set"] == "own" else [manifest["column_set"]]
    return export(
        opened, filters.from_query(manifest["filter"]), format=manifest["format"], lang=manifest["lang"],
        columns=None if manifest["column_set"] in ("standard", manifest["format"]) else chosen, since=since,
        facility_id=manifest.get("facility_id"),
    )  # fmt: skip


# ---- what differs -----------------------------------------------------------------------------------------------------
def _differences(format_: str, found: bytes, expected: bytes) -> list[Difference]:
    """Where two files of one format differ; [] if only their packing does. A file that cannot be read is one difference."""
    try:
        return _COMPARE[format_](found, expected)
    except (ValueError, KeyError, TypeError, OSError, zipfile.BadZipFile, pa.ArrowException, Refused, calamine.CalamineError,
            pypdf.errors.PyPdfError, RecursionError, EOFError, NotImplementedError) as error:  # fmt: skip
        return [Difference("—", "—", f"{type(error).__name__}: {error}", "")]


def _csv(found: bytes, expected: bytes) -> list[Difference]:
    lines = [list(commas.reader(io.StringIO(one.decode("utf-8-sig"), newline=""))) for one in (found, expected)]
    heads = lines[1][0] if lines[1] else []
    return list(_cells(*lines, heads=heads)) or _bytes(found, expected)


def _cells(
    found: Sequence[Sequence[Any]], expected: Sequence[Sequence[Any]], *, heads: Sequence[Any], sheet: str = ""
) -> Iterator[Difference]:
    """Cell by cell; rows are numbered as a spreadsheet shows them."""
    for at in range(max(len(found), len(expected))):
        was = found[at] if at < len(found) else ()
        is_ = expected[at] if at < len(expected) else ()
        if was == is_:
            continue
        for column in range(max(len(was), len(is_))):
            one = was[column] if column < len(was) else ""
            other = is_[column] if column < len(is_) else ""
            if one != other:
                name = str(heads[column]) if column < len(heads) else str(column + 1)
                yield Difference(f"{sheet}{at + 1}", name, str(one), str(other))


def _json(found: bytes, expected: bytes) -> list[Difference]:
    return list(_nodes(json.loads(found), json.loads(expected), "")) or _bytes(found, expected)


def _nodes(found: Any, expected: Any, path: str) -> Iterator[Difference]:
    """Two JSON values; the last name of a path is the column, what stands before it the row."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for name in {**expected, **found}:
            yield from _nodes(found.get(name), expected.get(name), f"{path}/{name}")
    elif isinstance(found, list) and isinstance(expected, list):
        for at in range(max(len(found), len(expected))):
            one, other = (of[at] if at < len(of) else None for of in (found, expected))
            yield from _nodes(one, other, f"{path}/{at}")
    elif found != expected or type(found) is not type(expected):
        row, _, column = path.rpartition("/")
        yield Difference(row or "/", column, json.dumps(found, ensure_ascii=False), json.dumps(expected, ensure_ascii=False))


def _xlsx(found: bytes, expected: bytes) -> list[Difference]:
    books = []
    differences = []
    with zipfile.ZipFile(io.BytesIO(found)) as parts:
        check_archive(parts)
        for name in parts.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                sheet = parts.read(name)
                differences += [Difference(name, "—", "formula", "")] if _FORMULA.search(sheet) else []
                differences += [Difference(name, "—", "hidden", "")] if _HIDDEN.search(sheet) else []
    for content in (found, expected):
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        books.append({name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names})
        shown = [(sheet.name, str(sheet.visible)) for sheet in book.sheets_metadata]
        differences += [
            Difference(name, "—", "hidden", "") for name, state in shown if content is found and not state.endswith("Visible")
        ]
    for name in {**books[1], **books[0]}:
        was, is_ = (_trimmed(book.get(name, [])) for book in books)
        heads = max(is_[:4], key=lambda row: sum(cell != "" for cell in row), default=[])
        differences += _cells(was, is_, heads=heads, sheet=f"{name}!")
    return differences


def _trimmed(rows: list[list[Any]]) -> list[list[Any]]:
    """Without the empty cells and rows at the end, which programs add and drop as they like."""
    kept = []
    for row in rows:
        end = max((at for at, cell in enumerate(row, start=1) if cell != ""), default=0)
        kept.append(row[:end])
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _parquet(found: bytes, expected: bytes) -> list[Difference]:
    tables = [pq.read_table(io.BytesIO(one)) for one in (found, expected)]
    differences = [
        Difference("—", name, str(one), str(other))
        for name in dict.fromkeys([*tables[1].column_names, *tables[0].column_names])
        if (one := _type(tables[0], name)) != (other := _type(tables[1], name))
    ]
    for key in (b"geo", MANIFEST_KEY):
        said = [(table.schema.metadata or {}).get(key, b"") for table in tables]
        if said[0] != said[1]:
            differences.append(Difference("—", key.decode(), *(one.decode("utf-8", "replace") for one in said)))
    if differences:
        return differences
    names = tables[1].column_names
    columns = [[table[name].to_pylist() for name in names] for table in tables]
    rows = [list(zip(*of, strict=True)) for of in columns]
    return list(_cells(*rows, heads=names))


def _type(table: pa.Table, name: str) -> str:
    return str(table.schema.field(name).type) if name in table.column_names else ""


def _pdf(found: bytes, expected: bytes) -> list[Difference]:
    pages = [[page.extract_text().splitlines() for page in pypdf.PdfReader(io.BytesIO(one)).pages] for one in (found, expected)]
    differences = []
    for at in range(max(len(of) for of in pages)):
        was, is_ = (of[at] if at < len(of) else [] for of in pages)
        differences += [
            Difference(f"{at + 1}:{line + 1}", "—", *(of[line] if line < len(of) else "" for of in (was, is_)))
            for line in range(max(len(was), len(is_)))
            if was[line : line + 1] != is_[line : line + 1]
        ]
    return differences or _bytes(found, expected)


def _bytes(found: bytes, expected: bytes) -> list[Difference]:
    """Files that say the same and are not the same: where the first other byte stands."""
    at = next(
        (at for at, (one, other) in enumerate(zip(found, expected, strict=False)) if one != other), min(len(found), len(expected))
    )
    return [Difference(f"byte {at}", "—", repr(found[at : at + 20]), repr(expected[at : at + 20]))]


def _short(words: str) -> str:
    return words if len(words) <= _LETTERS else words[: _LETTERS - 1] + "…"


_COMPARE: dict[str, Callable[[bytes, bytes], list[Difference]]] = {
    "csv": _csv, "delta.csv": _csv, "geojson": _json, "oc4ids.json": _json, "xlsx": _xlsx, "parquet": _parquet, "pdf": _pdf,
    "dossier.pdf": _pdf,
}  # fmt: skip
