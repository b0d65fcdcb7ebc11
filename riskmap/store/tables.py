"""The tables as queries name them; `migrations.py` makes them, and a test compares the two."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, LargeBinary, MetaData, Table, Text

DECISIONS = ("accept", "ask", "reject")
PHOTO_DECISIONS = ("publish", "withhold")

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

# who may do what, as the operator granted it; the highest number is in force, role "none" = taken back
people = Table(
    "people", metadata,
    Column("person_id", Text, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
)  # fmt: skip

grants = Table(
    "grants", metadata,
    Column("person_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("role", Text, nullable=False),
    Column("region_code", Text, nullable=False),
    Column("body_id", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("acted_on", Date, nullable=False),
)  # fmt: skip

# the review of a flagged facility; `documents`: one reference a line
case_steps = Table(
    "case_steps", metadata,
    Column("facility_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("assignee_id", Text),
    Column("due_on", Date),
    Column("reason", Text, nullable=False),
    Column("documents", Text, nullable=False),
    Column("snapshot_id", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("acted_on", Date, nullable=False),
)  # fmt: skip

replies = Table(
    "replies", metadata,
    Column("facility_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("acted_on", Date, nullable=False),
)  # fmt: skip

# a wrong fact that somebody reported: no column says who
corrections = Table(
    "corrections", metadata,
    Column("correction_id", Text, primary_key=True),
    Column("facility_id", Text, nullable=False),
    Column("contract_no", Text, nullable=False),
    Column("column_name", Text, nullable=False),
    Column("stated", Text, nullable=False),
    Column("right_value", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("acted_on", Date, nullable=False),
)  # fmt: skip

correction_decisions = Table(
    "correction_decisions", metadata,
    Column("correction_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("acted_on", Date, nullable=False),
)  # fmt: skip

# damage established, money recovered, and what it paid for; an amount that is not known is null
returned_money = Table(
    "returned_money", metadata,
    Column("facility_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("amount_kzt", BigInteger),
    Column("happened_on", Date, nullable=False),
    Column("paid_for", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("replaces", Integer),
    Column("person_id", Text, nullable=False),
    Column("acted_on", Date, nullable=False),
)  # fmt: skip

# the trail: each row carries the hash of the one before it
audit = Table(
    "audit", metadata,
    Column("number", Integer, primary_key=True),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("acted_on", Date, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
)  # fmt: skip

# the photo of a position with parts of it covered: number 2 and on; number 1 is the photo itself. The last one counts
photo_versions = Table(
    "photo_versions", metadata,
    Column("observation_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("jpeg", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_on", Date, nullable=False),
)  # fmt: skip

# about one version of a photo; the highest `decision_number` is in force
photo_decisions = Table(
    "photo_decisions", metadata,
    Column("observation_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("decision_number", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_on", Date, nullable=False),
)  # fmt: skip

# what is left of a photo whose pixels were removed: the one thing that is ever taken out of the store
photo_erasures = Table(
    "photo_erasures", metadata,
    Column("observation_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("erased_on", Date, nullable=False),
)  # fmt: skip

# the first snapshot that an observation went into
uses = Table(
    "uses", metadata,
    Column("observation_id", Text, primary_key=True),
    Column("snapshot_id", Text, nullable=False),
    Column("as_of", Date, nullable=False),
)  # fmt: skip

# ---- public control (store/control.py) ----------------------------------------------------------------------------------
control_documents = Table(
    "control_documents", metadata,
    Column("document_id", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("snapshot_id", Text, nullable=False),
    Column("body_name", Text, nullable=False),
    Column("body_id", Text, nullable=False),
    Column("finished_on", Date, nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("content_hash", Text, nullable=False),
)  # fmt: skip

# what the document said when it was finished, as JSON: its files can be made again although the snapshot is gone
control_papers = Table(
    "control_papers", metadata,
    Column("document_id", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("paper", Text, nullable=False),
)  # fmt: skip

control_recommendations = Table(
    "control_recommendations", metadata,
    Column("document_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("text", Text, nullable=False),
)  # fmt: skip

control_observations = Table(
    "control_observations", metadata,
    Column("document_id", Text, primary_key=True),
    Column("observation_id", Text, primary_key=True),
)  # fmt: skip

control_events = Table(
    "control_events", metadata,
    Column("document_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("note", Text, nullable=False),
)  # fmt: skip

control_answers = Table(
    "control_answers", metadata,
    Column("document_id", Text, primary_key=True),
    Column("recommendation", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("received_on", Date, nullable=False),
    Column("text", Text, nullable=False),
)  # fmt: skip

# the highest number of an answer is the one in force
control_grades = Table(
    "control_grades", metadata,
    Column("document_id", Text, primary_key=True),
    Column("recommendation", Integer, primary_key=True),
    Column("answer", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("grade", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("graded_on", Date, nullable=False),
)  # fmt: skip

# draft legal acts; a corrected entry is another number, the highest is in force
control_acts = Table(
    "control_acts", metadata,
    Column("act_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("body_name", Text, nullable=False),
    Column("body_id", Text, nullable=False),
    Column("act_number", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("published_on", Date, nullable=False),
    Column("comments_until", Date, nullable=False),
    Column("is_demo", Boolean, nullable=False),
)  # fmt: skip
