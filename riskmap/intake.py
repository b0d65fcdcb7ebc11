"""The import of files into a folder of facts: originals kept, facts written, every refused row in `quarantine.csv`.

A row that comes back from there, corrected, is judged in its new file: the refused one leaves `quarantine.csv`, and
`n_returned` of the report says how many did. The counts of its own file stay: rows in = accepted + refused + blank.

A folder is rebuilt from all its originals each time, so its content depends on the files and options alone: not on
the order of imports, not on a clock. Importing the same bytes with the same options again changes nothing.
"""

import csv
import hashlib
import io
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from riskmap import __version__, facts, folder
from riskmap.apostrophe import mark_formulas
from riskmap.check import Checked, Quarantined, check
from riskmap.check.identifiers import mask
from riskmap.problem import DataError, describe
from riskmap.read import PLACE_COLUMNS, RawTable, geojson, oc4ids, ocds
from riskmap.read.strict_json import load
from riskmap.read.table import read_table
from riskmap.settings import digest

ORIGINALS, QUARANTINE = "originals", "quarantine"
SUFFIXES = {"csv": ".csv", "xlsx": ".xlsx", "oc4ids": ".json", "ocds": ".json", "geojson": ".geojson"}
_ID_DIGITS = 12  # of a SHA-256 in the quarantine: enough to tell files apart
_OWN_FILES = {"import.json", "problems.parquet", ORIGINALS, *(f"{t}.parquet" for t in facts.FACT_TABLES)}

Progress = Callable[[int, int, str], None]


def import_files(
    paths: Sequence[Path | str],
    out: Path | str,
    *,
    settings: Mapping[str, Any],
    column_map: Mapping[str, str] | None = None,
    table: str | None = None,
    sheets: Sequence[str] | None = None,
    fix_swapped: bool = False,
    encoding: str | None = None,
    is_demo: bool = False,
    lang: str = "en",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Add files to the facts in `out` (a new or an earlier folder of facts) and give the report (`import.json`).

    `column_map`: column -> header, where the reader is unsure. `table`, `sheets`, `encoding`: see `read_table`.
    `fix_swapped`: swap latitude and longitude back where that brings a point into the country. `lang`: language of the
    reasons in the quarantine. `progress(done, of, name)` is called before each file. DataError if a file cannot be used or
    `out` is something else; then nothing is written.
    """
    out = Path(out).absolute()
    folder.recover(out, keep=_is_foreign)
    options = {
        "column_map": dict(column_map or {}), "table": table, "sheets": sorted(sheets or []), "encoding": encoding,
        "fix_swapped": fix_swapped,
    }  # fmt: skip
    before = _earlier(out, settings)
    known = {entry["sha256"]: entry for entry in (before["files"] if before else [])}
    sources: dict[str, Path] = {sha: out / ORIGINALS / f"{sha}{SUFFIXES[e['kind']]}" for sha, e in known.items()}
    entries = {sha: {k: e[k] for k in ("name", "sha256", "bytes", "options")} for sha, e in known.items()}
    for path in map(Path, paths):
        sha, n_bytes = _sha256(path)
        sources[sha] = path if sha not in known else sources[sha]
        entries[sha] = {"name": _plain_name(path.name), "sha256": sha, "bytes": n_bytes, "options": options}
    is_demo = is_demo or bool(before and before["is_demo"])
    stamp = _stamp(list(entries.values()), settings, is_demo=is_demo, lang=lang)
    if before and before["stamp"] == stamp and _is_whole(out, before):
        return before
    return _build(out, _in_order(entries), sources, settings=settings, stamp=stamp, progress=progress)


def _build(
    out: Path,
    entries: list[dict[str, Any]],
    sources: Mapping[str, Path],
    *,
    settings: Mapping[str, Any],
    stamp: dict[str, Any],
    progress: Progress | None,
) -> dict[str, Any]:
    """Read and check everything, write it into a folder beside `out`, then put that in its place."""
    raw: list[RawTable] = []
    for at, entry in enumerate(entries):
        if progress:
            progress(at, len(entries), entry["name"])
        entry["kind"], found = _read(sources[entry["sha256"]], entry["shown"], entry["options"], settings["check"])
        tables = [_without_persons(table) for table in found]
        _need_titles(tables, entry["shown"])
        entry["tables"] = [{"sheet": t.sheet, "table": t.table, "unmapped": t.unmapped, "unsure": t.unsure} for t in tables]
        raw += tables
    swapped_back = {entry["shown"] for entry in entries if entry["options"]["fix_swapped"]}
    checked = check(raw, settings=settings, fix_swapped=swapped_back)
    returned = {row.corrects for table in raw for row in table.rows if row.corrects}
    ids = _file_ids(entries)
    still_open = [row for row in checked.quarantined if _origin(row, ids) not in returned]
    report = _report(entries, checked, settings, stamp)
    report["n_returned"] = len(checked.quarantined) - len(still_open)
    temporary = folder.beside(out)
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        (temporary / ORIGINALS).mkdir(parents=True)
        for entry in entries:
            shutil.copyfile(sources[entry["sha256"]], temporary / ORIGINALS / f"{entry['sha256']}{SUFFIXES[entry['kind']]}")
        report["quarantine_files"] = _write_quarantine(temporary, still_open, entries, stamp["lang"])
        arrow = {name: facts.to_table(name, rows) for name, rows in checked.tables.items()}
        facts.write(temporary, arrow, facts.problem_table(checked.problems, checked.facility_ids), report)
        folder.put_in_place(temporary, out, keep=_is_foreign)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    if progress:
        progress(len(entries), len(entries), "")
    return report


# ---- what is there already -------------------------------------------------------------------------------------------
def _earlier(out: Path, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """The report of the facts in `out`, None for a new or empty folder; DataError if `out` holds something else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    if not (out / "import.json").is_file():
        raise DataError("folder_not_empty", str(out))
    report = facts.read(out)[2]
    if not report.get("stamp"):
        raise DataError("not_an_import", str(out))
    if report["country"] != settings["country"]["code"]:
        raise DataError("other_country", str(out), found=report["country"], expected=settings["country"]["code"])
    return report


def _is_foreign(name: str) -> bool:
    """What others keep inside a folder of facts (a snapshot, notes) moves along with it."""
    return name not in _OWN_FILES and not name.startswith(QUARANTINE)


def _is_whole(out: Path, report: Mapping[str, Any]) -> bool:
    names = [f"{ORIGINALS}/{e['sha256']}{SUFFIXES[e['kind']]}" for e in report["files"]] + [
        q["name"] for q in report["quarantine_files"]
    ]
    return all((out / name).is_file() for name in names)


def _stamp(entries: list[dict[str, Any]], settings: Mapping[str, Any], *, is_demo: bool, lang: str) -> dict[str, Any]:
    """All that decides the content of the folder; two equal stamps mean two equal folders."""
    used = {"country": settings["country"], "check": settings["check"]}
    content = sorted((e["sha256"], e["name"], digest(e["options"])) for e in entries)
    files = digest({"files": [list(c) for c in content]})
    return {"files": files, "settings": digest(used), "version": __version__, "is_demo": is_demo, "lang": lang}


def _in_order(entries: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Files by name; two different files of one name are told apart in what people see."""
    ordered = sorted(entries.values(), key=lambda e: (e["name"], e["sha256"]))
    n_same: dict[str, int] = {}
    for entry in ordered:
        n_same[entry["name"]] = n_same.get(entry["name"], 0) + 1
        entry["shown"] = entry["name"] if n_same[entry["name"]] == 1 else f"{entry['name']} ({n_same[entry['name']]})"
    return ordered


def _plain_name(name: str) -> str:
    """A file name as people may see it: no control, hidden or reversing characters, no person's number, not too long."""
    visible = mask("".join(c for c in name.encode("utf-8", "replace").decode("utf-8") if c.isprintable()))
    return visible if len(visible) <= 120 else visible[:80] + "…" + visible[-30:]


def _sha256(path: Path) -> tuple[str, int]:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
    except OSError as error:
        raise DataError("file_unreadable", path.name) from error


# ---- reading ---------------------------------------------------------------------------------------------------------
def _read(path: Path, name: str, options: Mapping[str, Any], limits: Mapping[str, Any]) -> tuple[str, list[RawTable]]:
    """(kind, tables) of a file; what it is is decided by its first bytes, never by its name."""
    if not _looks_like_json(path):
        tables = read_table(
            path, name=name, column_map=options["column_map"], table=options["table"], sheets=options["sheets"] or None,
            encoding=options["encoding"],
        )  # fmt: skip
        return ("xlsx" if path.open("rb").read(2) == b"PK" else "csv"), tables
    documents = load(path, name=name, max_bytes=limits["max_json_bytes"], max_depth=limits["max_json_depth"])
    if geojson.is_geojson(documents):
        found = geojson.tables(
            documents, name=name, column_map=options["column_map"], table=options["table"], max_vertices=limits["max_vertices"]
        )
        return "geojson", found
    if ocds.is_ocds(documents):  # before OC4IDS, which takes any list of objects for projects
        return "ocds", ocds.tables(documents, name=name, max_vertices=limits["max_vertices"])
    if oc4ids.is_oc4ids(documents):
        return "oc4ids", oc4ids.tables(documents, name=name, max_vertices=limits["max_vertices"])
    raise DataError("json_unknown", name)


def _without_persons(table: RawTable) -> RawTable:
    """The table with persons' numbers masked in the words around its cells; `check` masks the cells."""

    def masked(text: str | None) -> str | None:
        return None if text is None else mask(text)

    problems = [replace(p, sheet=masked(p.sheet), column=masked(p.column)) for p in table.problems]
    return replace(
        table, sheet=masked(table.sheet), problems=problems, headers={c: mask(h) for c, h in table.headers.items()},
        unmapped=list(map(mask, table.unmapped)), unsure=list(map(mask, table.unsure)),
    )  # fmt: skip


def _need_titles(tables: list[RawTable], name: str) -> None:
    """A file of facilities in which no column holds their names is of no use: say so at once, with its headers (B020)."""
    facilities = [t for t in tables if t.table == "facilities"]
    if facilities and not any("title" in t.headers for t in facilities):
        raise DataError("title_missing", name, headers=", ".join(facilities[0].unmapped)[:1000])


def _looks_like_json(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(4096)
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = start.decode(encoding, "replace").lstrip()
    rest = text[1:].lstrip()
    return (text.startswith("{") and rest[:1] in ('"', "}")) or (text.startswith("[") and rest[:1] in ("{", "[", "]", '"'))


# ---- report ----------------------------------------------------------------------------------------------------------
def _report(
    entries: list[dict[str, Any]], checked: Checked, settings: Mapping[str, Any], stamp: dict[str, Any]
) -> dict[str, Any]:
    counts = {(c["source_file"], c["sheet"]): c for c in checked.counts}
    numbers = ("rows_in", "accepted", "quarantined", "blank")
    files = []
    for entry in entries:
        sheets = []
        for table in entry["tables"]:
            count = counts[entry["shown"], table["sheet"]]
            sheets.append({**table, **{n: count[n] for n in numbers}})
        totals = {n: sum(sheet[n] for sheet in sheets) for n in numbers}
        kept = {k: entry[k] for k in ("name", "shown", "sha256", "bytes", "kind", "options")}
        files.append({**kept, "sheets": sheets, **totals})
    by_code: dict[str, int] = {}
    for problem in checked.problems:
        by_code[problem.code] = by_code.get(problem.code, 0) + 1
    reasons: dict[str, int] = {}
    for row in checked.quarantined:
        code = row.problems[0].code
        reasons[code] = reasons.get(code, 0) + 1
    return {
        "files": files,
        "totals": {n: sum(file[n] for file in files) for n in numbers},
        "facts": {name: len(rows) for name, rows in checked.tables.items()},
        "problems": by_code,
        "quarantine_reasons": reasons,
        "country": settings["country"]["code"],
        "currency": settings["country"]["currency"],
        "is_demo": stamp["is_demo"],
        "stamp": stamp,
    }


# ---- quarantine ------------------------------------------------------------------------------------------------------
def _write_quarantine(
    out: Path, rows: Sequence[Quarantined], entries: Sequence[Mapping[str, Any]], lang: str
) -> list[dict[str, Any]]:
    """`quarantine.csv`, and `quarantine-2.csv` ... where tables or headers differ: each can be fixed and imported again."""
    kinds = {entry["shown"]: entry["kind"] for entry in entries}
    ids = _file_ids(entries)
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[Quarantined]] = {}
    tables = {id(row.table): row.table for row in rows}
    headers = {
        key: tuple((column, _header(table, column, kinds[table.source_file])) for column in _columns(table))
        for key, table in tables.items()
    }
    for row in rows:
        groups.setdefault((row.table.table, headers[id(row.table)]), []).append(row)
    ordered = sorted(groups.items(), key=lambda item: item[0][0] != "facilities")  # facilities first, then as they came
    if not ordered:
        ordered = [(("facilities", ()), [])]
    written = []
    for number, ((table, named), group) in enumerate(ordered, start=1):
        name = f"{QUARANTINE}.csv" if number == 1 else f"{QUARANTINE}-{number}.csv"
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow([*(mark_formulas(header) for _, header in named), *PLACE_COLUMNS])
        for row in group:
            first = row.problems[0]
            reasons = " ".join(dict.fromkeys(describe(p, lang, with_place=False) for p in row.problems))
            place = [row.table.source_file, *_origin(row, ids), first.code, reasons]
            writer.writerow([mark_formulas(row.cells.get(column, "")) for column, _ in named] + [mark_formulas(p) for p in place])
        (out / name).write_bytes(("\ufeff" + text.getvalue()).encode("utf-8", "replace"))
        written.append({"name": name, "table": table, "rows": len(group)})
    return written


def _file_ids(entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Shown name -> id by content; the word before the digits keeps a spreadsheet from reading a number."""
    return {entry["shown"]: f"sha256:{entry['sha256'][:_ID_DIGITS]}" for entry in entries}


def _origin(row: Quarantined, ids: Mapping[str, str]) -> tuple[str, str, str]:
    """What names a refused row for good: its file by content (names of files change), its sheet and its number."""
    return ids[row.table.source_file], row.table.sheet or "", str(row.row)


def _columns(table: RawTable) -> list[str]:
    """The columns of a table in the order of its headers; those that only rows name follow."""
    seen = dict.fromkeys(table.headers)
    for row in table.rows:
        seen.update(dict.fromkeys(row.cells))
    return list(seen)


def _header(table: RawTable, column: str, kind: str) -> str:
    """The header of the file where a reader will understand it again (with its unit), else the name of the column."""
    if kind in ("csv", "xlsx") and len({h for c, h in table.headers.items() if h == table.headers.get(column)}) == 1:
        shared = [c for c, h in table.headers.items() if h == table.headers.get(column)]
        return table.headers.get(column, column) if len(shared) == 1 else column
    return f"{column}, {table.units[column]}" if column in table.units else column
