"""What a visitor sends; what the receipt says later is in `fate`."""

import hashlib
import json
import unicodedata
from collections.abc import Container, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from riskmap.problem import DataError
from riskmap.schema import STAGES, STATUSES
from riskmap.settings import Settings
from riskmap.store import codes, tables
from riskmap.store.database import reading, writing
from riskmap.store.photo import rebuilt

# a stage belongs to a building: none to "nothing there", and a finished one is done
_STAGES_OF = {"working": STAGES, "idle": STAGES, "finished_open": ("done",), "finished_closed": ("done",)}


def new_key() -> str:
    """The one-time key that a form carries: sent twice, it makes one observation. A page that carries one is never cached."""
    return codes.new_key()


def submit(
    store: Engine, *, key: str, facility_id: str, day: date, status: str, stage: str | None = None,
    is_working: bool | None = None, has_passport_board: bool | None = None, text: str = "", photos: Sequence[bytes] = (),
    snapshot_id: str, facilities: Container[str], today: date, settings: Settings,
) -> str:  # fmt: skip
    """Keep an observation and return its receipt. When this returns, it is on disk; when it raises, nothing was kept.

    The same key with the same content returns the same receipt again; with another content it is refused
    (`observation_key_used`), because a second observation must not vanish behind a first. `facilities` are those of the
    snapshot that the visitor saw. DataError: a key of the section `problem`.
    """
    key_hash = codes.hash_of(key)
    if key_hash is None:
        raise DataError("observation_key")
    own = settings["observations"]
    if facility_id not in facilities:
        raise DataError("observation_facility")
    if not today - timedelta(days=own["max_visit_age_days"]) <= day <= today:
        raise DataError("observation_day", limit=str(own["max_visit_age_days"]))
    if status not in STATUSES:
        raise DataError("observation_status")
    if stage is not None and stage not in _STAGES_OF.get(status, ()):
        raise DataError("observation_stage")
    words = _plain(text)
    if len(words) > own["max_text_characters"]:
        raise DataError("observation_text_long", limit=str(own["max_text_characters"]))
    if len(photos) > own["max_photos"]:
        raise DataError("observation_photos_many", limit=str(own["max_photos"]))
    seen = {
        "facility_id": facility_id, "day": day, "status": status, "stage": stage, "is_working": is_working,
        "has_passport_board": has_passport_board, "text": words, "snapshot_id": snapshot_id,
    }  # fmt: skip
    pictures = [rebuilt(photo, settings=settings) for photo in photos]
    content_hash = _content_hash(seen, pictures)
    receipt = codes.receipt_of(key)
    try:
        with writing(store) as connection:
            if not _is_kept(connection, key_hash, content_hash):
                _keep(connection, seen, pictures, key_hash=key_hash, content_hash=content_hash, receipt=receipt)
    except IntegrityError:  # the same form arrived twice at once, and the other one was first
        with reading(store) as connection:
            if not _is_kept(connection, key_hash, content_hash):
                raise DataError("observation_key_used") from None
    return receipt


def latest_reviews():  # type: ignore[no-untyped-def]  # a subquery of SQLAlchemy
    """The review in force of each observation that has one."""
    of, later = tables.reviews, tables.reviews.alias("later")
    is_last = ~select(1).where(later.c.observation_id == of.c.observation_id, later.c.number > of.c.number).exists()
    return select(of).where(is_last).subquery("latest")


def _is_kept(connection: Connection, key_hash: str, content_hash: str) -> bool:
    keys = tables.submission_keys
    kept = connection.execute(select(keys.c.content_hash).where(keys.c.key_hash == key_hash)).scalar_one_or_none()
    if kept not in (None, content_hash):
        raise DataError("observation_key_used")
    return kept is not None


def _keep(
    connection: Connection, seen: dict, pictures: list[bytes], *, key_hash: str, content_hash: str, receipt: str
) -> None:  # fmt: skip
    own = {"observation_id": codes.new_id()}
    connection.execute(insert(tables.observations), own | seen)
    for position, jpeg in enumerate(pictures, start=1):
        connection.execute(insert(tables.photos), own | {"position": position, "jpeg": jpeg})
    connection.execute(insert(tables.submission_keys), own | {"key_hash": key_hash, "content_hash": content_hash})
    connection.execute(insert(tables.receipts), own | {"receipt_hash": codes.hash_of(receipt)})


def _plain(text: str) -> str:
    """Text as typed, without what only steers terminals and browsers: control characters and changes of direction."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in lines if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def _content_hash(seen: dict, pictures: list[bytes]) -> str:
    """Of the rebuilt pictures, not of the files that came: theirs could be compared with a phone."""
    parts = [json.dumps(seen, sort_keys=True, default=str), *(hashlib.sha256(jpeg).hexdigest() for jpeg in pictures)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
