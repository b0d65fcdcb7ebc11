"""Photos after they came: parts covered, published or withheld one by one by a monitor, and the pixels of some erased.

A photo is public while its observation is accepted and the decision in force publishes its last version. So covering once
more takes it off the public pages until somebody decides again, and the photo without the cover is never public.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from riskmap.problem import DataError
from riskmap.settings import Settings
from riskmap.store import audit, tables
from riskmap.store.database import reading, writing
from riskmap.store.observe import latest_reviews
from riskmap.store.photo import Rectangle, covered
from riskmap.store.tables import PHOTO_DECISIONS


@dataclass(frozen=True)
class Photo:
    """The last version of a photo, as a monitor sees it. `number`: 1 with nothing covered. `state`: held, publish, withhold or
    erased, with the reason and the day of that decision; of an erased one `jpeg` is empty."""

    position: int
    number: int
    jpeg: bytes
    state: str
    reason: str
    decided_on: date | None


@dataclass(frozen=True)
class Published:
    """Where a public photo is found: `published_jpeg`. Its day is not told, only "2026-11"."""

    observation_id: str
    position: int
    number: int
    month: str


def photos(store: Engine, observation_id: str) -> list[Photo]:
    """The photos of an observation in their order, for a monitor: nobody else sees them."""
    of = tables.photos
    query = select(of.c.position).where(of.c.observation_id == observation_id).order_by(of.c.position)
    with reading(store) as connection:
        return [_photo(connection, observation_id, at) for at in connection.execute(query).scalars()]


def cover(
    store: Engine, observation_id: str, position: int, rectangles: Sequence[Rectangle], *, on: date, reason: str,
    settings: Settings, from_first: bool = False, who: str = audit.COMMAND_LINE,
) -> int:  # fmt: skip
    """Cover rectangles of the last version, or of the first; keep the result beside them and return its number.

    DataError: `photo_unknown`, `photo_erased`, `photo_rectangle`, `photo_reason`, `review_at_once`.
    """
    _need(reason)
    with reading(store) as connection:
        last = _kept(connection, observation_id, position)
        first = _first(connection, observation_id, position)
    made = covered(first if from_first else last.jpeg, rectangles, settings=settings)
    row = {
        "observation_id": observation_id, "position": position, "number": last.number + 1, "jpeg": made,
        "reason": reason.strip(), "made_on": on,
    }  # fmt: skip
    try:
        with writing(store) as connection:
            _kept(connection, observation_id, position)  # it may have been erased meanwhile
            connection.execute(insert(tables.photo_versions), row)
            told = {name: row[name] for name in ("position", "number", "reason")} | {
                "rectangles": [list(each) for each in rectangles]
            }
            audit.add(connection, who, "photo cover", observation_id, None, told, on)
    except IntegrityError:
        raise DataError("review_at_once", id=observation_id) from None
    return last.number + 1


def decide_photo(
    store: Engine, observation_id: str, position: int, *, number: int, decision: str, on: date, reason: str = "",
    who: str = audit.COMMAND_LINE,
) -> None:  # fmt: skip
    """Publish version `number`, which must be the last one, or withhold the photo, which needs a reason.

    DataError: `photo_unknown`, `photo_erased`, `photo_version`, `photo_reason`, `review_at_once`.
    """
    if decision not in PHOTO_DECISIONS:
        raise ValueError(decision)
    if decision == "withhold":
        _need(reason)
    of = tables.photo_decisions
    try:
        with writing(store) as connection:
            if _kept(connection, observation_id, position).number != number:
                raise DataError("photo_version", id=observation_id)
            own = (of.c.observation_id == observation_id) & (of.c.position == position)
            before = connection.execute(select(func.coalesce(func.max(of.c.decision_number), 0)).where(own)).scalar_one()
            connection.execute(
                insert(of),
                {
                    "observation_id": observation_id, "position": position, "decision_number": before + 1, "number": number,
                    "decision": decision, "reason": reason.strip(), "decided_on": on,
                },
            )  # fmt: skip
            told = {"position": position, "number": number, "decision": decision, "reason": reason.strip()}
            audit.add(connection, who, "photo decision", observation_id, None, told, on)
    except IntegrityError:
        raise DataError("review_at_once", id=observation_id) from None


def erase_photo(
    store: Engine, observation_id: str, position: int, *, on: date, reason: str, who: str = audit.COMMAND_LINE
) -> None:  # fmt: skip
    """Empty the pixels of every version of a photo, in one transaction with the row that says when and why.

    DataError: `photo_unknown`, `photo_erased`, `photo_reason`.
    """
    _need(reason)
    try:
        with writing(store) as connection:
            _kept(connection, observation_id, position)
            row = {"observation_id": observation_id, "position": position, "reason": reason.strip(), "erased_on": on}
            connection.execute(insert(tables.photo_erasures), row)
            for of in (tables.photos, tables.photo_versions):
                own = (of.c.observation_id == observation_id) & (of.c.position == position)
                connection.execute(update(of).where(own).values(jpeg=b""))
            told = {"position": position, "reason": reason.strip()}
            audit.add(connection, who, "photo erasure", observation_id, None, told, on)
    except IntegrityError:
        raise DataError("photo_erased", id=observation_id) from None


def published(store: Engine, facility_id: str) -> list[Published]:
    """The public photos of a facility, newest visit first."""
    of, latest, pictures = tables.observations, latest_reviews(), tables.photos
    query = (
        select(of.c.observation_id, of.c.day, pictures.c.position)
        .join(latest, latest.c.observation_id == of.c.observation_id)
        .join(pictures, pictures.c.observation_id == of.c.observation_id)
        .where(of.c.facility_id == facility_id, latest.c.decision == "accept")
        .order_by(of.c.day.desc(), of.c.observation_id, pictures.c.position)
    )
    with reading(store) as connection:
        found = [
            (row, _photo(connection, row.observation_id, row.position, with_pixels=False))
            for row in connection.execute(query).all()
        ]
    return [
        Published(row.observation_id, row.position, photo.number, f"{row.day:%Y-%m}")
        for row, photo in found
        if photo.state == "publish"
    ]


def published_jpeg(store: Engine, observation_id: str, position: int, number: int) -> bytes | None:
    """The pixels of a public photo; None for every other."""
    latest = latest_reviews()
    query = select(latest.c.decision).where(latest.c.observation_id == observation_id)
    with reading(store) as connection:
        if connection.execute(query).scalar_one_or_none() != "accept":
            return None
        photo = _photo(connection, observation_id, position)
    return photo.jpeg if (photo.state, photo.number) == ("publish", number) else None


def _photo(connection: Connection, observation_id: str, position: int, *, with_pixels: bool = True) -> Photo:
    """DataError `photo_unknown`. Without pixels `jpeg` is empty."""

    def rows(of, *columns):  # type: ignore[no-untyped-def]  # columns and rows of SQLAlchemy
        own = (of.c.observation_id == observation_id) & (of.c.position == position)
        return connection.execute(select(*columns).where(own)).all()

    first, versions, decisions = tables.photos, tables.photo_versions, tables.photo_decisions
    if not rows(first, first.c.position):
        raise DataError("photo_unknown", id=observation_id)
    number = max((row.number for row in rows(versions, versions.c.number)), default=1)
    if gone := rows(tables.photo_erasures, tables.photo_erasures):
        return Photo(position, number, b"", "erased", gone[0].reason, gone[0].erased_on)
    in_force = max(rows(decisions, decisions), key=lambda row: row.decision_number, default=None)
    decided = ("held", "", None)
    if in_force and in_force.number == number:
        decided = (in_force.decision, in_force.reason, in_force.decided_on)
    jpeg = b""
    if with_pixels and number > 1:
        [jpeg] = [row.jpeg for row in rows(versions, versions.c.number, versions.c.jpeg) if row.number == number]
    elif with_pixels:
        jpeg = _first(connection, observation_id, position)
    return Photo(position, number, bytes(jpeg), *decided)


def _first(connection: Connection, observation_id: str, position: int) -> bytes:
    of = tables.photos
    query = select(of.c.jpeg).where(of.c.observation_id == observation_id, of.c.position == position)
    return bytes(connection.execute(query).scalar_one())


def _kept(connection: Connection, observation_id: str, position: int) -> Photo:
    photo = _photo(connection, observation_id, position)
    if photo.state == "erased":
        raise DataError("photo_erased", id=observation_id)
    return photo


def _need(reason: str) -> None:
    if not reason.strip():
        raise DataError("photo_reason")
