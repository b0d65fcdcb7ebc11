"""The walls of the house: who may import whom, which words may stand where, what every language must have."""

import ast
import re
from pathlib import Path

import pytest

from riskmap import i18n

ROOT = Path(__file__).resolve().parents[1]
_JUDGES = ("riskmap.prepare", "riskmap.indicators", "riskmap.score", "riskmap.pipeline")
# folder or file -> what it must never import (prefixes)
FORBIDDEN = {
    "riskmap": ("pages", "app", "streamlit"),
    "riskmap/demo/simulate.py": (
        "riskmap.indicators",
        "riskmap.prepare",
        "riskmap.score",
        "riskmap.settings",
        "riskmap.pipeline",
    ),
    "riskmap/prepare": ("riskmap.indicators", "riskmap.score", "riskmap.read", "riskmap.web"),
    "riskmap/indicators": ("riskmap.score", "riskmap.read", "riskmap.web", "riskmap.pipeline"),
    "riskmap/read": ("riskmap.score", "riskmap.prepare", "riskmap.indicators", "riskmap.web"),
    "riskmap/score.py": ("riskmap.read", "riskmap.web", "riskmap.pipeline"),
    "riskmap/store": (
        "riskmap.read",
        "riskmap.check",
        "riskmap.score",
        "riskmap.indicators",
        "riskmap.web",
        "riskmap.pipeline",
        "pandas",
    ),
    "riskmap/work": (*_JUDGES, "riskmap.web", "riskmap.read", "riskmap.control"),
    "riskmap/control": (*_JUDGES, "riskmap.web", "riskmap.work"),
    "riskmap/export": (*_JUDGES, "riskmap.web", "riskmap.work", "riskmap.store"),
}
# a room that knows nobody: all of riskmap that it may import
KNOWS_ONLY = {
    "riskmap/store": ("riskmap.store", "riskmap.problem", "riskmap.settings", "riskmap.schema", "riskmap.control.records"),
}
ONLY_IN = {
    "starlette": "riskmap/web",
    "duckdb": "riskmap/engine.py",
    "random": "riskmap/demo",
    "sqlalchemy": "riskmap/store",
    "smtplib": "riskmap/work/mail.py",
}
CLOCK = ROOT / "riskmap/web/clock.py"  # the day on which people act: visits and official deadlines
NO_CLOCK = ("date.today", "datetime.now", "datetime.utcnow", "time.time", "datetime.today")
NO_NETWORK = ("requests", "urllib.request", "httpx", "aiohttp", "pyogrio", "fiona")


def _files(folder: str) -> list[Path]:
    path = ROOT / folder
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _starts(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_import_directions(folder) -> None:
    wrong = {f"{path.name}: {name}" for path in _files(folder) for name in _imports(path) if _starts(name, FORBIDDEN[folder])}
    assert not wrong


@pytest.mark.parametrize("folder", KNOWS_ONLY)
def test_who_knows_nobody(folder) -> None:
    own = {name for path in _files(folder) for name in _imports(path) if _starts(name, ("riskmap",))}
    assert not [name for name in own if name != "riskmap" and not _starts(name, KNOWS_ONLY[folder])]


@pytest.mark.parametrize("module", ONLY_IN)
def test_who_may_know_what(module) -> None:
    home = ROOT / ONLY_IN[module]
    for path in _files("riskmap"):
        if path != home and home not in path.parents:
            assert not any(_starts(name, (module,)) for name in _imports(path)), path


def test_riskmap_asks_no_clock_and_no_network() -> None:
    for path in _files("riskmap"):
        assert not any(_starts(name, NO_NETWORK) for name in _imports(path)), path
        text = path.read_text("utf-8")
        assert path == CLOCK or not any(f"{call}(" in text for call in NO_CLOCK), path


def test_no_score_asks_the_clock() -> None:
    outside = [path for path in _files("riskmap") if ROOT / "riskmap/web" not in path.parents]
    assert not [path for path in outside if any(_starts(name, ("riskmap.web.clock",)) for name in _imports(path))]


def test_no_rooms_for_everything() -> None:
    names = {path.stem for folder in ("riskmap", "pages") for path in _files(folder)}
    assert not names & {"utils", "helpers", "core", "common", "base", "misc"}


def test_pages_are_thin() -> None:
    for path in [ROOT / "app.py", *_files("pages")]:
        text = path.read_text("utf-8")
        assert "groupby" not in text and "group_by" not in text, f"{path.name}: a page does no arithmetic"
        if path.name != "__init__.py":
            code = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
            assert len(code) <= 75, f"{path.name}: {len(code)} lines"


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_language_has_the_same_texts(lang) -> None:
    reference, words = i18n.words("en"), i18n.words(lang)
    assert set(words) == set(reference)
    for key, text in words.items():
        assert isinstance(text, str), key
        assert _placeholders(text) == _placeholders(reference[key]), key
        assert text.strip() or not reference[key].strip(), f"{key} is empty"


def _placeholders(text: str) -> set[str]:
    from string import Formatter

    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_kazakh_is_kazakh() -> None:
    """Kazakh texts use the letters that only Kazakh has; a text left in Russian would lower this share."""
    letters = set("әғқңөұүһіӘҒҚҢӨҰҮҺІ")
    long = [text for text in i18n.words("kk").values() if len(text) > 40]
    assert sum(bool(letters & set(text)) for text in long) / len(long) > 0.97


ACCUSATIONS = (
    "thief",
    "corrupt ",
    "fraudster",
    "criminal",
    "вор ",
    "жулик",
    "коррупционер",
    "преступник",
    "ұры",
    "жемқорлар",
    "қылмыскер",
)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_fair_words(lang) -> None:
    for key, text in i18n.words(lang).items():
        assert not set(re.findall(r"\w+", text.lower())) & set(ACCUSATIONS), key
