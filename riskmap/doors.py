"""Where to report what: which situation leads to which doors, and who stands behind a door on a day.

The choice is made in the reader's browser: this module only says what can be chosen and where it leads. Names and contacts
are dated settings (`[doors]`), because the body behind a door changes: the anti-corruption service moved on 30 June 2025.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

# situation by group; the texts are `report.group.<group>` and `report.situation.<situation>`
GROUPS = {
    "now": ("handover", "papers"),
    "bribe": ("asked", "service", "paid", "heard"),
    "facility": ("less", "unworked", "quality", "price", "litter"),
    "late": ("why", "stopped", "wrong"),
    "law": ("draft", "in_force"),
    "business": ("pressure", "delay", "tender"),
    "reply": ("no_answer", "recommendation", "buyer_silent", "empty"),
    "work": ("insider", "punished", "revealed"),
}
# situation -> its doors, the right one first; the texts are `report.door.<door>`
LEADS = {
    "handover": ("call",),
    "papers": ("call",),
    "asked": ("call", "appeal"),
    "service": ("call", "appeal"),
    "paid": ("call",),
    "heard": ("call", "appeal"),
    "less": ("observation", "control"),
    "unworked": ("call", "appeal"),
    "quality": ("observation", "control", "buyer"),
    "price": ("control", "appeal"),
    "litter": ("taza",),
    "why": ("buyer", "observation"),
    "stopped": ("observation", "control"),
    "wrong": ("correction",),
    "draft": ("acts",),
    "in_force": ("acts", "appeal"),
    "pressure": ("call",),
    "delay": ("appeal", "call"),
    "tender": ("appeal", "control"),
    "no_answer": ("appeal",),
    "recommendation": ("control", "appeal"),
    "buyer_silent": ("appeal", "control"),
    "empty": ("appeal", "control"),
    "insider": ("call", "appeal"),
    "punished": ("call", "appeal"),
    "revealed": ("call",),
}
DOORS = ("call", "appeal", "control", "observation", "buyer", "acts", "taza", "correction")


class Standing(NamedTuple):
    """Who stands behind a door on a day. Dates are None where no source names them; `contact` may be empty.

    `is_contact_older`: the contact was last read before this body took the door over, or no source dates it.
    """

    owner: str
    since: date | None
    until: date | None
    contact: str
    contact_seen_on: date | None
    contact_source: str
    source: str

    @property
    def is_contact_older(self) -> bool:
        return self.contact_seen_on is None or (self.since is not None and self.contact_seen_on < self.since)


def standing(settings: Mapping[str, Any], door: str, on: date) -> Standing | None:
    """Who stands behind an entry of `[doors]` on a day; None where no entry holds then. KeyError for an unknown door."""
    for entry in settings["doors"][door]:
        since, until, seen_on = (_day(entry[name]) for name in ("valid_from", "valid_until", "contact_seen_on"))
        if (since is None or since <= on) and (until is None or on <= until):
            return Standing(entry["owner"], since, until, entry["contact"], seen_on, entry["contact_source"], entry["source"])
    return None


def _day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None
