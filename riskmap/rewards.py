"""The state's reward for reporting corruption: what the rules give, for a damage or bribe, on a day, by gravity.

Rules No. 1131 of 30 December 2015 as amended on 4 February 2020 (cis-legislation.com/document.fwx?rgn=83159, repeated in 2023
by mgorod.kz and on 28 June 2025 by gov.kz): up to 1,000 monthly calculation indices (MCI) a fixed number of MCI by gravity,
above it 10 %, never more than 4,000 MCI; only after a verdict in force. The numbers are in the settings, each with its source.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from riskmap import settings as settings_file
from riskmap.i18n import text

MAX_DAMAGE_KZT = 1_000_000_000_000_000  # more is a typing error in any currency, as in [check] max_amount


class RewardError(ValueError):
    """A reward that cannot be worked out: `code` is a key of the locale section `reward.error`, `params` fill its sentence."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(f"{code} {params}")
        self.code, self.params = code, params

    def sentence(self, lang: str) -> str:
        """What is missing or wrong, in words for people."""
        return text(f"reward.error.{self.code}", lang, **self.params)


class Index(NamedTuple):
    """The MCI on a day: its amount, the first day on which it held, where it was read, and whether that day was read too."""

    kzt: int
    since: date
    source: str
    is_day_verified: bool


class Reward(NamedTuple):
    """A reward with everything that it was worked out from. `rule`: "tier", "percent" or "cap".

    `doubts`: keys of the locale section `reward.doubt`, what a reader must know about the numbers of that day.
    """

    kzt: int
    rule: str
    damage_kzt: int
    tier_mci: int
    limit_kzt: int
    percent_kzt: int
    cap_kzt: int
    of_day: Index
    doubts: tuple[str, ...]


def reward(damage_kzt: int, on: date, gravity: str, *, settings: Mapping[str, Any] | None = None) -> Reward:
    """The reward for reporting a damage or bribe of `damage_kzt` whole tenge (0 = none), with the MCI of the day `on`.

    `gravity`: a key of `[reward] tiers_mci`; needed also above the limit, where it changes nothing, because an offence of
    unknown kind has no reward. A fraction of a tenge is dropped. RewardError for anything that is not known: nothing is guessed.
    """
    own = rules(settings)
    if isinstance(damage_kzt, bool) or not isinstance(damage_kzt, int) or not 0 <= damage_kzt <= MAX_DAMAGE_KZT:
        raise RewardError("damage")
    if not isinstance(gravity, str) or gravity not in own["tiers_mci"]:
        raise RewardError("gravity")
    index = mci(on, settings=settings)
    tier, limit, cap = own["tiers_mci"][gravity], own["tiers_up_to_mci"] * index.kzt, own["cap_mci"] * index.kzt
    percent = damage_kzt * own["percent_above"] // 100
    rule = "tier" if damage_kzt <= limit else "percent" if percent <= cap else "cap"
    amount = {"tier": tier * index.kzt, "percent": percent, "cap": cap}[rule]
    is_known = {
        "index_day": all(on.year != date.fromisoformat(day).year for day in own["mci_days_unverified"]),
        "rules_before": on >= date.fromisoformat(own["rules_from"]),
        "rules_after": on <= date.fromisoformat(own["rules_read_until"]),
    }
    doubts = tuple(name for name, is_fine in is_known.items() if not is_fine)
    return Reward(amount, rule, damage_kzt, tier, limit, percent, cap, index, doubts)


def mci(on: date, *, settings: Mapping[str, Any] | None = None) -> Index:
    """The monthly calculation index on a day; RewardError before the first day and after the last that is known."""
    if not isinstance(on, date) or isinstance(on, datetime):
        raise RewardError("date")
    known = indices(settings)
    until = date.fromisoformat(rules(settings)["mci_until"])
    if not known[0].since <= on <= until:
        raise RewardError("day", first=known[0].since.isoformat(), last=until.isoformat())
    return max((index for index in known if index.since <= on), key=lambda index: index.since)


def indices(settings: Mapping[str, Any] | None = None) -> list[Index]:
    """Every known MCI, oldest first."""
    own = rules(settings)
    return [
        Index(kzt, date.fromisoformat(day), own["mci_sources"].get(day, ""), day not in own["mci_days_unverified"])
        for day, kzt in sorted(own["mci_kzt"].items())
    ]


def rules(settings: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """The section `[reward]` of these settings, or of the default ones."""
    return (settings or settings_file.load())["reward"]
