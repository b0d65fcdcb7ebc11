"""What a monitor reads and decides. A decision is added to those before it; none is changed."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import IntegrityError

from riskmap.problem import DataError
from riskmap.store import audit, tables
from riskmap.store.database import reading, writing
from riskmap.store.observe import latest_reviews
from riskmap.store.tables import DECISIONS


@dataclass(frozen=True)
class Observation:
    """What was seen, with the decision in force. `state`: waiting, ask, accept or reject. `photos_are_reviewed`: there are
    photos, and the monitor who accepted has looked at them."""

    observation_id: str
    facility_id: str
    day: date
    status: str
    stage: str | None
    is_working: bool | None
    has_passport_board: bool | None
    text: str
    snapshot_id: str
    n_photos: int
    state: str
    reason: str
    photos_are_reviewed: bool

    @property
    def is_waiting(self) -> bool:
        """Nothing is decided yet, or something was asked."""
        return self.state in ("waiting", "ask")


def observations(store: Engine) -> list[Observation]:
    """All observations with the decision in force, by day, facility and identifier."""
    of, latest, pictures = tables.observations, latest_reviews(), tables.photos
    n_photos = select(func.count()).where(pictures.c.observation_id == of.c.observation_id).scalar_subquery()
    query = (
        select(of, n_photos.label("n_photos"), latest.c.decision, latest.c.reason, latest.c.are_photos_reviewed)
        .outerjoin(latest, latest.c.observation_id == of.c.observation_id)
        .order_by(of.c.day, of.c.facility_id, of.c.observation_id)
    )
    with reading(store) as connection:
        rows = connection.execute(query).mappings().all()
    return [
        Observation(
            **{column.name: row[column.name] for column in of.c}, n_photos=row["n_photos"], state=row["decision"] or "waiting",
            reason=row["reason"] or "", photos_are_reviewed=bool(row["n_photos"] and row["are_photos_reviewed"]),
        )
        for row in rows
    ]  # fmt: skip


def waiting(store: Engine) -> list[Observation]:
    """Observations on which nothing is decided yet, or something was asked; oldest day first."""
    return [one for one in observations(store) if one.is_waiting]


def review(
    store: Engine, observation_id: str, *, decision: str, on: date, reason: str = "", photos_are_reviewed: bool = False,
    who: str = audit.COMMAND_LINE,
) -> None:  # fmt: skip
    """Accept, ask or reject; the last decision is in force and those before it stay. `who`: see `audit.add`.

    DataError: `observation_unknown`, `review_reason` (asking and rejecting say why), `review_photos` (there are none),
    `review_at_once` (somebody else decided at this moment).
    """
    if decision not in DECISIONS:
        raise ValueError(decision)
    if decision != "accept" and not reason.strip():
        raise DataError("review_reason")
    of = tables.reviews
    try:
        with writing(store) as connection:
            known = select(func.count()).where(tables.observations.c.observation_id == observation_id)
            if not connection.execute(known).scalar_one():
                raise DataError("observation_unknown", id=observation_id)
            pictures = select(func.count()).where(tables.photos.c.observation_id == observation_id)
            if photos_are_reviewed and not connection.execute(pictures).scalar_one():
                raise DataError("review_photos", id=observation_id)
            last = select(func.coalesce(func.max(of.c.number), 0)).where(of.c.observation_id == observation_id)
            connection.execute(
                insert(of),
                {
                    "observation_id": observation_id, "number": connection.execute(last).scalar_one() + 1, "decision": decision,
                    "reason": reason.strip(), "are_photos_reviewed": photos_are_reviewed, "reviewed_on": on,
                },
            )  # fmt: skip
            told = {"decision": decision, "reason": reason.strip(), "are_photos_reviewed": photos_are_reviewed}
            audit.add(connection, who, "observation review", observation_id, None, told, on)
    except IntegrityError:
        raise DataError("review_at_once", id=observation_id) from None
