"""The tables as queries name them; `migrations.py` makes them, and a test compares the two."""

from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, MetaData, Table, Text

DECISIONS = ("accept", "ask", "reject")

metadata = MetaData()

# one visit: the day and what was seen from outside; yes/no questions left open are null
observations = Table(
    "observations", metadata,
    Column("observation_id", Text, primary_key=True),
    Column("facility_id", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("stage", Text),
    Column("is_working", Boolean),
    Column("has_passport_board", Boolean),
    Column("text", Text, nullable=False),
    Column("snapshot_id", Text, nullable=False),
)  # fmt: skip

# pictures rebuilt from pixels, in the transaction of their observation: both are kept, or neither
photos = Table(
    "photos", metadata,
    Column("observation_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("jpeg", LargeBinary, nullable=False),
)  # fmt: skip

receipts = Table(
    "receipts", metadata,
    Column("receipt_hash", Text, primary_key=True),
    Column("observation_id", Text, nullable=False),
)  # fmt: skip

submission_keys = Table(
    "submission_keys", metadata,
    Column("key_hash", Text, primary_key=True),
    Column("observation_id", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
)  # fmt: skip

# the highest number is the one in force
reviews = Table(
    "reviews", metadata,
    Column("observation_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("are_photos_reviewed", Boolean, nullable=False),
    Column("reviewed_on", Date, nullable=False),
)  # fmt: skip
