"""What the readers of OC4IDS and OCDS share: walking JSON that may hold anything anywhere, values, parties, rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from riskmap.problem import Problem
from riskmap.read import RawRow, RawTable
from riskmap.read.strict_json import text_of

TABLES = ("facilities", "contracts", "payments", "progress", "amendments", "bids")


@dataclass
class Found:
    """What the projects or contracting processes of one file gave so far."""

    name: str
    rows: dict[str, list[RawRow]] = field(default_factory=lambda: {t: [] for t in TABLES})
    paths: dict[str, dict[str, str]] = field(default_factory=lambda: {t: {} for t in TABLES})
    problems: dict[str, list[Problem]] = field(default_factory=lambda: {t: [] for t in TABLES})
    unmapped: set[str] = field(default_factory=set)

    def add(self, table: str, position: int, cells: Mapping[str, tuple[str, Any]]) -> None:
        """A row from (JSON path, value) by column; `position` is that of the project or process, from 1."""
        texts = {column: text for column, (_, value) in cells.items() if (text := text_of(value).strip())}
        self.paths[table].update({column: path for column, (path, _) in cells.items() if column in texts})
        number = position if table == "facilities" else len(self.rows[table]) + 1
        self.rows[table].append(RawRow(number, texts))

    def warn(
        self, position: int, code: str, path: str, value: str | None = None, severity: str = "warning", **params: str
    ) -> None:
        problem = Problem(code, severity, self.name, None, position, path, value, params)
        self.problems["facilities"].append(problem)


def raw_tables(found: Found) -> list[RawTable]:
    """The tables that have rows; each but the facilities is a sheet of its own."""
    return [
        RawTable(
            found.name,
            None if table == "facilities" else table,
            table,
            found.paths[table],
            {},
            found.rows[table],
            0,
            found.problems[table],
            sorted(found.unmapped),
        )
        for table in TABLES
        if found.rows[table]
    ]


def get(node: Any, *keys: str) -> Any:
    """The value under a chain of keys; None where there is none or something on the way is no object."""
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def objects(node: Any, *keys: str) -> list[dict[str, Any]]:
    """The objects of a list (under a chain of keys); whatever else stands in it is left out."""
    found = get(node, *keys) if keys else node
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def texts(node: Any) -> list[str]:
    """The texts of a list, or of one text that should have been a list (`tag: "award,contract"`)."""
    if isinstance(node, str):
        return [part.strip() for part in node.split(",") if part.strip()]
    return [text for item in node if (text := text_of(item).strip())] if isinstance(node, list) else []


def money_text(node: Any, *keys: str) -> str:
    """A Value of the standards as "1000.50 USD", so that an amount never loses its currency on the way; "" if there is none."""
    value = get(node, *keys)
    amount = text_of(get(value, "amount")).strip()
    return f"{amount} {text_of(get(value, 'currency'))}".strip() if amount else ""


def in_order(items: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Items in the order of a date; ISO texts sort as they are, and items without one come first as they stand."""
    return sorted(items, key=lambda item: text_of(item.get(key)))


def party_of(project: dict[str, Any], role: str) -> dict[str, Any] | None:
    """The only party with that role (the same name twice is one party); None if there is none or several."""
    same = {text_of(p.get("name")).casefold(): p for p in objects(project, "parties") if role in texts(p.get("roles"))}
    return next(iter(same.values())) if len(same) == 1 else None


def referenced(project: dict[str, Any], reference: Any) -> dict[str, Any] | None:
    """The party that a reference names by its id."""
    wanted = text_of(get(reference, "id"))
    return next((p for p in objects(project, "parties") if wanted and text_of(p.get("id")) == wanted), None)


def organisation_id(project: dict[str, Any], reference: Any) -> str:
    """The identifier of the register where one is given, else the id that the data use for the party."""
    party = referenced(project, reference) or reference
    return text_of(get(party, "identifier", "id")) or text_of(get(reference, "id"))
