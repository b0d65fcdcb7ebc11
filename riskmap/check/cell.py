"""What became of one text."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A value, or the reason why there is none.

    `code` names the Problem, if any, and `severity` is as in `problem.Problem`: "warning" keeps `value`, "cell" makes it
    not known, "error" refuses the whole row. `extra` carries what else the text said: `precision` of a date, `currency`
    and `is_rounded` of an amount, `unit` of a number, `n_decimals` and `axis` of a coordinate.
    """

    value: Any = None
    code: str = ""
    severity: str = ""
    params: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


def refused(code: str, severity: str = "cell", **params: str) -> Cell:
    """A Cell without a value."""
    return Cell(None, code, severity, params)
