"""Building blocks of the text pages (facility, method, data): HTML with everything escaped, here and nowhere else."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from riskmap.i18n import text

CSS = Path(__file__).with_name("sheet.css")
# a label and what stands beside it: one text, or several as a list
Pair = tuple[str, str | Sequence[str]]


def sheet(*parts: str, is_wide: bool = False) -> str:
    """Parts one under the other, in lines of a readable length unless they are tables."""
    return f'<div class="sheet{" wide" if is_wide else ""}">{"".join(parts)}</div>'


def section(title: str, *parts: str, empty: str = "") -> str:
    """A heading and what stands under it; where that is nothing, the sentence `empty`."""
    shown = [part for part in parts if part] or [paragraph(empty)]
    return f"<section><h2>{escape(title)}</h2>{''.join(shown)}</section>"


def paragraph(words: str, *, is_quiet: bool = False) -> str:
    return f"<p{' class=quiet' if is_quiet else ''}>{escape(words)}</p>"


def bullets(lines: Sequence[str], *, css: str = "") -> str:
    """A list; nothing at all where there are no lines."""
    return f'<ul class="{css}">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>' if lines else ""


def side_by_side(*parts: str) -> str:
    """Parts in columns, one under the other on a phone."""
    return f'<div class="columns">{"".join(parts)}</div>'


def opening(title: str, note: str, pairs: Sequence[Pair]) -> str:
    """A line that opens to labelled texts; the empty ones are left out."""
    return f"<details><summary><b>{escape(title)}</b> <small>{escape(note)}</small></summary>{labelled(pairs)}</details>"


def labelled(pairs: Sequence[Pair]) -> str:
    rows = [(label, escape(words) if isinstance(words, str) else bullets(words)) for label, words in pairs]
    return f'<dl class="pairs">{"".join(f"<dt>{escape(label)}</dt><dd>{words}</dd>" for label, words in rows if words)}</dl>'


def summary(pairs: Sequence[tuple[str, str]]) -> str:
    """Labelled values in a row that wraps; values are HTML."""
    return f'<dl class="summary">{"".join(f"<div><dt>{escape(label)}</dt><dd>{value}</dd></div>" for label, value in pairs)}</dl>'


def level(code: str, lang: str) -> str:
    """The mark of a level, colour and shape, before its name."""
    return f'<i class="level {escape(code)}" aria-hidden="true"></i>{escape(text(f"level.{code}.name", lang))}'
