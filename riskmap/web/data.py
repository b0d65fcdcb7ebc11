"""The page about the data in HTML: what was read, what was refused and why, how complete it is, what columns mean."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from riskmap import explain, i18n
from riskmap.i18n import text
from riskmap.schema import INPUT_TABLES, Column
from riskmap.snapshot import Snapshot
from riskmap.web import facility
from riskmap.web.sheet import bullets, opening, paragraph, section, sheet
from riskmap.web.view import Cell, table

_COUNTS = ("rows_in", "accepted", "quarantined", "blank")
_SEVERITIES = ("error", "cell", "warning")
_HASH_DIGITS = 16  # of a SHA-256 in a table; the whole stands in its hover


def answer(snapshot: Snapshot, lang: str) -> str:
    """The sums of the import in one sentence."""
    files = snapshot.manifest["import"].get("files", [])
    sums = {name: i18n.number(sum(file[name] for file in files), lang) for name in _COUNTS}
    sentence = text("data.sentence", lang, **sums)
    report = snapshot.manifest["import"]
    if not report.get("n_returned"):
        return sentence
    n, n_open = report["n_returned"], sum(file["rows"] for file in report["quarantine_files"])
    return f"{sentence} {text('data.returned', lang, n=i18n.number(n, lang), open=i18n.number(n_open, lang))}"


def page(snapshot: Snapshot, problems: pd.DataFrame, lang: str) -> str:
    """Everything but the problems one by one."""
    manifest = snapshot.manifest
    files = manifest["import"].get("files", [])
    unmapped, unsure = ([_header(file, sheet_, name) for file, sheet_ in _sheets(files) for name in sheet_.get(kind, [])]
                        for kind in ("unmapped", "unsure"))  # fmt: skip
    which = {"id": snapshot.id, "date": i18n.day(snapshot.as_of, lang)}
    version = text("data.snapshot", lang, **which, code=manifest["code_version"], settings=manifest["settings_sha256"][:12])
    return sheet(
        paragraph(text("data.nothing_lost", lang)),
        paragraph(version, is_quiet=True),
        _files(files, lang) or _section("files", lang),
        _refused(problems, lang) or _section("refused", lang),
        _section("unsure", lang, bullets(unsure)),
        _section("unmapped", lang, bullets(unmapped)),
        _completeness(snapshot.facilities, lang),
        _sources(snapshot.facilities, lang) or _section("sources", lang),
        _section("dictionary", lang, paragraph(text("data.dictionary", lang)), *_dictionary(lang)),
        _section("geodata", lang, bullets([text(f"data.geodata.{name}", lang) for name in ("regions", "settlements", "card")])),
        is_wide=True,
    )


def examples(problems: pd.DataFrame, n_all: int, lang: str) -> str:
    """Some of the problems one by one, under the number of all."""
    title = text("data.section.examples", lang)
    said = paragraph(text("data.examples", lang, n=i18n.number(n_all, lang)), is_quiet=True)
    return sheet(said, facility.problems(problems, title, lang), is_wide=True) if n_all else sheet(_section("examples", lang))


def _files(files: Sequence[Mapping[str, Any]], lang: str) -> str:
    rows = []
    for file in files:
        counts = [Cell(i18n.number(file[name], lang)) for name in _COUNTS]
        rows.append([Cell(file["name"]), Cell(file["sha256"][:_HASH_DIGITS], full=file["sha256"]), *counts])
    return _table("files", "file", ("name", "sha256", *_COUNTS), rows, n_text=2, lang=lang)


def _refused(problems: pd.DataFrame, lang: str) -> str:
    """One line per kind of problem, the gravest effect first, then the most frequent; the sentence is of its first case."""
    counted = Counter(zip(problems["severity"], problems["code"], strict=True))
    first = problems.drop_duplicates(["severity", "code"]).to_dict("records")
    rows = []
    for case in sorted(first, key=lambda c: (_SEVERITIES.index(c["severity"]), -counted[c["severity"], c["code"]], c["code"])):
        effect, n = text(f"data.severity.{case['severity']}", lang), i18n.number(counted[case["severity"], case["code"]], lang)
        rows.append([Cell(words) for words in (explain.problem_sentence(case, lang), effect, case["code"], n)])
    return _table("refused", "problem", ("sentence", "severity", "code", "n"), rows, n_text=3, lang=lang)


def _completeness(facilities: pd.DataFrame, lang: str) -> str:
    asked = [column.name for column in INPUT_TABLES["facilities"] if column.need and column.name in facilities.columns]
    filled = facilities[asked].notna().mean().sort_values(kind="stable")
    rows = [[Cell(text(f"column.{name}", lang)), Cell(name), Cell(i18n.share(share, lang))] for name, share in filled.items()]
    said = paragraph(text("data.completeness", lang))
    return _table("completeness", "column", ("label", "name", "filled"), rows, n_text=2, lang=lang) + said if rows else ""


def _sources(facilities: pd.DataFrame, lang: str) -> str:
    """The files and web hosts that the facilities name, with how many name them."""
    hosts = facilities["source_url"].str.extract(r"^https?://([^/?#:]+)", expand=False)
    named = pd.concat([facilities["source_file"], hosts]).dropna().value_counts()
    rows = [[Cell(str(name)), Cell(i18n.number(n, lang))] for name, n in named.items()]
    return _table("sources", "column", ("source", "n"), rows, n_text=1, lang=lang)


def _dictionary(lang: str) -> list[str]:
    """The columns of each input table, each opening to its meaning, its place in OC4IDS and its headers."""
    return [
        opening(text(f"data.tables.{name}", lang), "", [_described(column, lang) for column in columns])
        for name, columns in INPUT_TABLES.items()
    ]


def _described(column: Column, lang: str) -> tuple[str, list[str]]:
    kind = text(f"data.kind.{column.kind}", lang)
    parts = {"kind": kind, "meaning": column.meaning, "oc4ids": column.oc4ids, "synonyms": ", ".join(column.synonyms[1:])}
    lines = [f"{text(f'data.column.{part}', lang)}: {words}" for part, words in parts.items() if words]
    return f"{text(f'column.{column.name}', lang)} ({column.name})", lines


def _sheets(files: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(file["name"], sheet_) for file in files for sheet_ in file.get("sheets", [])]


def _header(file: str, sheet_: Mapping[str, Any], name: str) -> str:
    return f"{file}{', ' + sheet_['sheet'] if sheet_['sheet'] else ''}: {name}"


def _table(name: str, group: str, columns: Sequence[str], rows: list[list[Cell]], *, n_text: int, lang: str) -> str:
    heads = [text(f"data.{group}.{column}", lang) for column in columns]
    return table(heads, rows, caption=text(f"data.section.{name}", lang), n_text=n_text) if rows else ""


def _section(name: str, lang: str, *parts: str) -> str:
    empty = f"data.none.{name}"
    return section(text(f"data.section.{name}", lang), *parts, empty=text(empty, lang) if i18n.has(empty, lang) else "")
