"""Fictitious visits for the demo: observations, drawn photos marked DEMO and decisions, in a store of their own.

They go the way of any other: sent, reviewed, published, and taken into the snapshots that already have their reports.
"""

import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from riskmap import filters, observed, schema, store
from riskmap.settings import Settings
from riskmap.snapshot import Snapshot

_N_USED, _N_PLAIN, _N_WAITING, _N_CONTRADICTED, _N_OFTEN = 12, 20, 10, 3, 6
_WORDS = (
    "DEMO. Қоршаудың ар жағында ешкім көрінбейді, кран тұр.",
    "DEMO. Ворота закрыты, техники нет, щит на месте.",
    "DEMO. The walls are up on one side, no roof yet.",
    "",
)
_STATUSES = ("working", "idle", "idle", "not_started", "could_not_tell")
_PHOTO = (960, 640)


def write(url: str, snapshot: Snapshot, *, seed: int, settings: Settings) -> int:
    """Fill the store at `url` with about sixty fictitious visits before the day of a demo `snapshot`; returns how many.

    A store that has observations stays as it is: then 0.
    """
    db = store.open(url)
    try:
        if store.observations(db):
            return 0
        known = snapshot.facilities
        known = known[filters.public(known)]
        ids = set(known["facility_id"])
        visits = list(_visits(snapshot, known, np.random.default_rng([seed, 5])))
        for at, visit in enumerate(visits):
            _send(db, visit, at, ids, snapshot, settings)
        sent = {(one.facility_id, one.day, one.status): one for one in store.observations(db)}
        for at, visit in enumerate(visits):
            _decide(db, visit, at, sent[visit["facility_id"], visit["day"], visit["status"]], snapshot, settings)
        seen = observed.independent(snapshot.table("progress"))
        store.record_uses(db, snapshot_id=snapshot.id, as_of=snapshot.as_of, seen=seen, settings=settings)
        return len(store.observations(db))
    finally:
        db.dispose()


def _seen(snapshot: Snapshot) -> pd.DataFrame:
    """The independent reports of works of the last 90 days."""
    rows = snapshot.table("progress")
    rows = rows[rows["progress_source"].isin(schema.SEEN) & rows["progress_share"].notna()]
    first = snapshot.as_of - timedelta(days=89)
    return rows[rows["reported_on"].between(first, snapshot.as_of)].sort_values(["facility_id", "reported_on"])


def _visits(snapshot: Snapshot, known: pd.DataFrame, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """What is sent, with the decision about it: None waits."""
    flagged = known[known["is_flagged"].eq(True).fillna(False)]["facility_id"].tolist()
    others = known[known["delivery"].isin(("overdue", "not_due"))]["facility_id"].tolist()
    flagged, others = ([str(one) for one in rng.permutation(ids)] for ids in (flagged or others, others))

    def day(least: int = 2, most: int = 88) -> date:
        return snapshot.as_of - timedelta(days=int(rng.integers(least, most)))

    def visit(facility_id: str, decision: str | None = "accept", **seen: Any) -> dict[str, Any]:
        status = str(rng.choice(_STATUSES))
        stage = str(rng.choice(["foundation", "frame", "roof"])) if status in ("working", "idle") else None
        return {"facility_id": facility_id, "day": day(), "status": status, "stage": stage, "decision": decision, **seen}

    for row in _seen(snapshot).head(_N_USED).itertuples():
        stage = "foundation" if row.progress_share >= 0.2 else None
        yield visit(
            row.facility_id, day=row.reported_on, status="idle" if stage else "nothing_there", stage=stage, has_photo=True
        )
    for facility_id in flagged[:_N_PLAIN]:
        yield visit(facility_id, day=day(50), has_photo=rng.random() < 0.1)
    for facility_id in others[:_N_CONTRADICTED]:
        first = day(20)
        yield visit(facility_id, day=first, status="working", stage="finishing")
        yield visit(facility_id, day=first + timedelta(days=9), status="idle", stage="foundation")
    month = snapshot.as_of.replace(day=1) - timedelta(days=1)
    for back in range(_N_OFTEN):
        yield visit(flagged[0], day=month - timedelta(days=2 * back), status="idle", stage="frame")
    for facility_id in others[_N_CONTRADICTED : _N_CONTRADICTED + _N_WAITING]:
        yield visit(facility_id, None, has_photo=rng.random() < 0.4)
    for facility_id in others[-5:]:
        yield visit(facility_id, "reject", reason="DEMO. The photo and the text are of another site.")
    for facility_id in others[-7:-5]:
        yield visit(facility_id, "ask", reason="DEMO. From which street did you look?")


def _send(db: Any, visit: dict[str, Any], at: int, ids: set[str], snapshot: Snapshot, settings: Settings) -> None:
    seen = {name: visit[name] for name in ("facility_id", "day", "status", "stage")}
    store.submit(
        db, key=store.new_key(), **seen, is_working=visit["status"] == "working", has_passport_board=at % 3 > 0,
        text=_WORDS[at % len(_WORDS)], photos=[_photo(at)] if visit.get("has_photo") else [], snapshot_id=snapshot.id,
        facilities=ids, today=snapshot.as_of, settings=settings,
    )  # fmt: skip


def _decide(
    db: Any, visit: dict[str, Any], at: int, sent: store.Observation, snapshot: Snapshot, settings: Settings
) -> None:  # fmt: skip
    """The decision about one visit, and about its photo: one in two is covered before it is published."""
    if visit["decision"] is None or sent.state != "waiting":
        return
    one, on = sent.observation_id, min(sent.day + timedelta(days=1 + at % 9), snapshot.as_of)
    is_published = bool(sent.n_photos) and visit["decision"] == "accept"
    store.review(
        db, one, decision=visit["decision"], on=on, reason=visit.get("reason", ""), photos_are_reviewed=is_published
    )  # fmt: skip
    if is_published:
        figure = [(560, 430, 640, 560)]
        number = store.cover(db, one, 1, figure, on=on, reason="DEMO. A person", settings=settings) if at % 4 == 0 else 1
        store.decide_photo(db, one, 1, number=number, decision="publish", on=on)


def _photo(at: int) -> bytes:
    """A drawn site: sky, ground, walls up to some storey, a figure at the gate, and DEMO across it."""
    width, height = _PHOTO
    picture = Image.new("RGB", _PHOTO, (176, 200, 222))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, height * 0.75, width, height), fill=(150, 136, 112))
    for storey in range(1 + at % 4):
        top = height * 0.75 - 90 * (storey + 1)
        pen.rectangle((220, top, 520, top + 84), fill=(196, 188, 176), outline=(90, 90, 90), width=3)
        for window in range(4):
            pen.rectangle((245 + window * 70, top + 22, 280 + window * 70, top + 66), fill=(92, 104, 116))
    pen.ellipse((585, 440, 615, 470), fill=(60, 60, 60))
    pen.rectangle((578, 470, 622, 550), fill=(60, 60, 60))
    pen.text((30, 30), "DEMO", fill=(30, 30, 30), font_size=120)
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()
