"""The store: what visitors saw and what monitors said about it. Small, transactional, append-only; no identity.

Every function takes the engine that `open` returns. There is no column for a name, an address, a device, a file name, a
position or an hour: what is not held cannot be taken. Nothing is changed or deleted; a later review follows an earlier one.
"""

from riskmap.store.database import open
from riskmap.store.observe import Fate, fate, new_key, submit
from riskmap.store.review import Observation, observations, photos, review, waiting
from riskmap.store.use import Contradiction, ProgressRow, Unused, Usable, accepted_as_progress, public_counts

__all__ = [
    "Contradiction", "Fate", "Observation", "ProgressRow", "Unused", "Usable", "accepted_as_progress", "fate", "new_key",
    "observations", "open", "photos", "public_counts", "review", "submit", "waiting",
]  # fmt: skip
