"""What accepted observations say: rows for the progress table of the next snapshot, and counts for the public.

Observers are not told apart, because nobody is known. Two visits on different days stand for two observers, as in T06.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from sqlalchemy import Engine

from riskmap.settings import Settings
from riskmap.store.review import Observation, observations


@dataclass(frozen=True)
class ProgressRow:
    """A row of the progress table: what was seen at a facility on a day, and the observations that say so.

    `progress_share` is the most that the stage seen can mean, so that a doubt speaks in favour of the facility.
    """

    facility_id: str
    reported_on: date
    progress_share: float
    progress_source: str
    observation_ids: str


@dataclass(frozen=True)
class Contradiction:
    """Two accepted observations that cannot both be right; neither is used until a monitor decides."""

    facility_id: str
    earlier: Observation
    later: Observation


@dataclass(frozen=True)
class Unused:
    """An accepted observation that gives no row. `reason`: not_in_snapshot, share_not_known, contradiction, one_visit."""

    observation: Observation
    reason: str


@dataclass(frozen=True)
class Usable:
    """Each accepted observation stands in `rows` or in `unused`, none in both."""

    rows: list[ProgressRow]
    contradictions: list[Contradiction]
    unused: list[Unused]


def accepted_as_progress(store: Engine, *, facilities: Container[str], settings: Settings) -> Usable:
    """Accepted observations of `facilities` as independent reports of works: of two visits on different days, or of one
    with reviewed photos. One row per facility and day; several of a day give the highest share."""
    own = settings["observations"]
    accepted = [one for one in observations(store) if one.state == "accept"]
    known: dict[str, list[Observation]] = defaultdict(list)
    unused: list[Unused] = []
    for one in accepted:
        if one.facility_id not in facilities:
            unused.append(Unused(one, "not_in_snapshot"))
        elif share_range(one, settings=settings) is None:
            unused.append(Unused(one, "share_not_known"))
        else:
            known[one.facility_id].append(one)
    rows: list[ProgressRow] = []
    against_all: list[Contradiction] = []
    for facility_id, seen in sorted(known.items()):
        against = contradictions(seen, settings=settings)
        disputed = {one.observation_id for pair in against for one in (pair.earlier, pair.later)}
        against_all += against
        clear = [one for one in seen if one.observation_id not in disputed]
        used = [one for one in clear if one.photos_are_reviewed or _has_second(one, clear, own["second_visit_within_days"])]
        for one in seen:
            if one not in used:
                unused.append(Unused(one, "contradiction" if one.observation_id in disputed else "one_visit"))
        for day in sorted({one.day for one in used}):
            of_day = [one for one in used if one.day == day]
            share = max(high for one in of_day if (high := _most(one, settings=settings)) is not None)
            source = "photographed" if any(one.photos_are_reviewed for one in of_day) else "independent"
            rows.append(ProgressRow(facility_id, day, share, source, " ".join(one.observation_id for one in of_day)))
    return Usable(rows, against_all, unused)


def contradictions(seen: Sequence[Observation], *, settings: Settings) -> list[Contradiction]:
    """The pairs among accepted observations of one facility, by day, that cannot both be right."""
    return [
        Contradiction(earlier.facility_id, earlier, later)
        for earlier, later in combinations(seen, 2)
        if _disagree(earlier, later, settings=settings)
    ]


def share_range(one: Observation, *, settings: Settings) -> tuple[float, float] | None:
    """Share of works that the status and the stage seen can mean, from - to; None where they do not say."""
    if one.status in ("not_started", "nothing_there"):
        return 0.0, 0.0
    stage = "done" if one.status in ("finished_open", "finished_closed") else one.stage
    if stage is None:
        return None
    low, high = settings["observations"]["stage_share"][stage]
    return low, high


def _most(one: Observation, *, settings: Settings) -> float | None:
    found = share_range(one, settings=settings)
    return found and found[1]


def _disagree(earlier: Observation, later: Observation, *, settings: Settings) -> bool:
    """Works do not go back, and do not leap within a few days. `earlier.day` <= `later.day`."""
    was, is_ = share_range(earlier, settings=settings), share_range(later, settings=settings)
    if was is None or is_ is None:
        return False
    is_near = (later.day - earlier.day).days <= settings["observations"]["same_state_days"]
    return was[0] > is_[1] or (is_near and is_[0] > was[1])


def _has_second(one: Observation, others: list[Observation], within_days: int) -> bool:
    return any(0 < abs((one.day - other.day).days) <= within_days for other in others)


def public_counts(store: Engine, *, settings: Settings) -> dict[tuple[str, str], int | None]:
    """(facility, month as "2026-11") -> how many accepted observations; None below k: "visited", and no number."""
    return counted(observations(store), settings=settings)


def counted(seen: Iterable[Observation], *, settings: Settings) -> dict[tuple[str, str], int | None]:
    """The same for observations that were read before."""
    k = settings["observations"]["k"]
    found = Counter((one.facility_id, f"{one.day:%Y-%m}") for one in seen if one.state == "accept")
    return {where: n if n >= k else None for where, n in sorted(found.items())}
