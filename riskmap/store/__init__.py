"""The store: what visitors saw and what monitors said about it. Small, transactional, append-only; no identity.

Every function takes the engine that `open` returns. There is no column for a name, an address, a device, a file name, a
position or an hour: what is not held cannot be taken. Nothing is changed or deleted, a later review follows an earlier one; only
the pixels of a photo can be emptied, with a row that says when and why.
"""

from riskmap.store.database import open
from riskmap.store.fate import Fate, Journey, Step, decisions, fate, journeys, record_uses, stamp
from riskmap.store.observe import new_key, submit
from riskmap.store.publish import Photo, Published, cover, decide_photo, erase_photo, photos, published, published_jpeg
from riskmap.store.review import Observation, observations, review, waiting
from riskmap.store.use import (
    Contradiction,
    ProgressRow,
    Unused,
    Usable,
    accepted_as_progress,
    contradictions,
    counted,
    public_counts,
)  # fmt: skip

__all__ = [
    "Contradiction", "Fate", "Journey", "Observation", "Photo", "ProgressRow", "Published", "Step", "Unused", "Usable",
    "accepted_as_progress", "contradictions", "counted", "cover", "decide_photo", "decisions", "erase_photo", "fate", "journeys",
    "new_key", "observations", "open", "photos", "public_counts", "published", "published_jpeg", "record_uses", "review", "stamp",
    "submit", "waiting",
]  # fmt: skip
