"""What a monitor reads and does, behind the operator's token. Every action asks for the token again; without one, nothing.

The token stands in the environment of the server (RISKMAP_OPERATOR_TOKEN). A network may try a few times a minute, and
all together some more: the count is in memory and keeps nothing of who tried that could be read.
"""

import base64
import hmac
import os
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from threading import Lock
from typing import Any

from riskmap import explain, filters, i18n, store
from riskmap.explain import Explanation
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot
from riskmap.store.database import reading
from riskmap.store.people import Identity
from riskmap.web import clock, current, limits, own_settings, points
from riskmap.web.sheet import bullets, labelled, paragraph, section, sheet
from riskmap.work import access

TOKEN = "RISKMAP_OPERATOR_TOKEN"  # noqa: S105  the name of a variable
MIN_CHARACTERS = 20
TRIES_A_MINUTE, TRIES_OF_ALL = 5, 100  # of one network, so that a stranger cannot shut the door by trying; and of everybody
WHO = "operator"  # in the trail: whoever has the token is one
Key = str | Identity  # the token, or who has signed in
_MINUTE_SECONDS = 60.0
_wrong_at: list[tuple[float, bytes]] = []  # when, and the network under a key of this process; forgotten after a minute
_secret = secrets.token_bytes(32)
_one_at_a_time = Lock()


# ---- who may --------------------------------------------------------------------------------------------------------
def is_configured() -> bool:
    """Is there a token, and is it long enough to be one?"""
    return len(os.environ.get(TOKEN, "")) >= MIN_CHARACTERS


def sign_in(token: str, host: str | None = None) -> None:
    """DataError `operator_wrong`, or `operator_wait` after a few wrong tries in a minute from the network of `host`, or many
    from anywhere."""
    of = hmac.digest(_secret, limits.network(host).encode(), "sha256")
    with _one_at_a_time:
        now = time.monotonic()
        _wrong_at[:] = [wrong for wrong in _wrong_at if now - wrong[0] < _MINUTE_SECONDS]
        if len(_wrong_at) >= TRIES_OF_ALL or sum(network == of for _, network in _wrong_at) >= TRIES_A_MINUTE:
            raise DataError("operator_wait")
        if not _is_it(token):
            _wrong_at.append((now, of))
            raise DataError("operator_wrong")


def _is_it(token: str) -> bool:
    return is_configured() and hmac.compare_digest(token.encode(), os.environ[TOKEN].encode())


def may(identity: Identity | None, action: str = "observation") -> bool:
    """May who has signed in do this (`access.ACTIONS`)? For what a page offers: every action asks again."""
    if identity is None:
        return False
    try:
        who(identity, action)
    except DataError:
        return False
    return True


def _store(key: Key) -> Any:
    """The store, for whoever has the token or the role; DataError `operator_wrong`, `work_denied`. Every function below
    begins here."""
    who(key)
    return current.store()


def who(key: Key, action: str = "observation") -> str:
    """Who acts, as the trail names it: the pseudonym of who signed in and has the right now, or WHO for the token. DataError
    `work_denied`, `operator_wrong`. Wrong tokens are not counted here: who got in acts as often as needed."""
    if isinstance(key, Identity):
        with reading(current.store()) as connection:
            return access.person(connection, key, action).person_id
    if not _is_it(key):
        raise DataError("operator_wrong")
    return WHO


# ---- what is read ---------------------------------------------------------------------------------------------------
def waiting(token: Key, *, with_decided: bool = False) -> list:
    """Observations to decide about, the oldest visit first; or all of them."""
    db = _store(token)
    return store.observations(db) if with_decided else store.waiting(db)


def photos(token: Key, observation_id: str) -> list:
    """The photos of an observation with what was decided about each."""
    return store.photos(_store(token), observation_id)


def decisions(token: Key, observation_id: str) -> list:
    return store.decisions(_store(token), observation_id)


# ---- what is done ---------------------------------------------------------------------------------------------------
def decide(token: Key, observation_id: str, *, decision: str, reason: str, photos_are_reviewed: bool) -> None:
    """Accept, ask or reject."""
    store.review(
        _store(token), observation_id, decision=decision, on=clock.today(), reason=reason,
        photos_are_reviewed=photos_are_reviewed and decision == "accept", who=who(token),
    )  # fmt: skip


def decide_photo(token: Key, observation_id: str, position: int, number: int, *, decision: str, reason: str) -> None:
    """Publish the version that was looked at, or withhold the photo."""
    store.decide_photo(
        _store(token),
        observation_id,
        position,
        number=number,
        decision=decision,
        on=clock.today(),
        reason=reason,
        who=who(token),
    )


def cover(token: Key, observation_id: str, position: int, rectangles: Any, *, reason: str, from_first: bool = False) -> None:
    """Cover rectangles; they come from a browser and may be anything. DataError `photo_rectangle`."""
    db = _store(token)
    settings = own_settings.configured()
    store.cover(
        db, observation_id, position, _rectangles(rectangles), on=clock.today(), reason=reason, settings=settings,
        from_first=from_first, who=who(token),
    )  # fmt: skip


def erase(token: Key, observation_id: str, position: int, *, reason: str) -> None:
    """Remove the pixels of a photo that must not be kept."""
    store.erase_photo(_store(token), observation_id, position, on=clock.today(), reason=reason, who=who(token))


def _rectangles(given: Any) -> list[tuple[int, int, int, int]]:
    found = []
    for each in given if isinstance(given, list) else ():
        if not isinstance(each, list | tuple) or len(each) != 4 or not all(type(side) in (int, float) for side in each):
            raise DataError("photo_rectangle", limit="20")
        if not all(abs(side) < 1e6 for side in each):
            raise DataError("photo_rectangle", limit="20")
        left, top, right, bottom = map(int, each)
        found.append((left, top, right, bottom))
    return found


# ---- in words -------------------------------------------------------------------------------------------------------
def answer(listed: Sequence[Any], lang: str) -> str:
    """How many wait, and since when the oldest."""
    if not listed:
        return f'<p class="answer">{escape(text("review.none", lang))}</p>'
    oldest = i18n.day(min(one.day for one in listed), lang)
    words = text("review.waiting", lang, n=i18n.number(len(listed), lang), day=oldest)
    return f'<p class="answer">{escape(words)}</p>'


def names(listed: Iterable[Any], snapshot: Snapshot, lang: str) -> dict[str, str]:
    """The name of each facility that was visited and is shown."""
    facilities, ids = snapshot.facilities, {one.facility_id for one in listed}
    rows = facilities[facilities["facility_id"].isin(ids) & filters.public(facilities)]
    return dict(zip(rows["facility_id"], points.titles(rows, lang), strict=True))


def label(one: Any, names: Mapping[str, str], lang: str) -> str:
    """An observation in one line of a list."""
    name = names.get(one.facility_id, one.facility_id)
    state = text(f"observation.state.{one.state}", lang)
    return f"{i18n.day(one.day, lang)} · {name} · {text(f'observation.status.{one.status}', lang)} · {state}"


def seen(one: Any, lang: str) -> str:
    """What the visitor saw, as typed."""
    said = lambda value: text("observation.not_said" if value is None else f"common.{'yes' if value else 'no'}", lang)  # noqa: E731
    stage = text(f"observation.stage.{one.stage}", lang) if one.stage else text("observation.not_said", lang)
    pairs = [
        (text("review.seen.day", lang), i18n.day(one.day, lang)),
        (text("review.seen.status", lang), text(f"observation.status.{one.status}", lang)),
        (text("review.seen.stage", lang), stage),
        (text("review.seen.working", lang), said(one.is_working)),
        (text("review.seen.board", lang), said(one.has_passport_board)),
        (text("review.seen.text", lang), one.text),
        (text("review.seen.version", lang), one.snapshot_id),
    ]
    return sheet(section(text("review.seen.title", lang), labelled(pairs)))


def facility(row: Mapping[str, Any] | None, known: Explanation | None, lang: str) -> str:
    """The facts of the facility beside it."""
    title = text("review.facility", lang)
    if row is None or known is None:
        return sheet(section(title, paragraph(text("review.no_facility", lang))))
    dates = [(text(f"column.{name}", lang), i18n.day(day, lang)) for name, day in known.dates]
    tasks = bullets(explain.tasks(known.firing, "volunteer", lang))
    return sheet(
        section(title, paragraph(explain.name(row, lang)), paragraph(explain.place(row, lang), is_quiet=True),
                paragraph(known.headline), paragraph(known.money), labelled(dates), tasks)
    )  # fmt: skip


def past(found: Sequence[Any], lang: str) -> str:
    """The decisions so far, the first one first."""
    lines = [
        f"{i18n.day(step.on, lang)}: {text(f'observation.state.{step.kind}', lang)}{f'. {step.detail}' if step.detail else ''}"
        for step in found
    ]
    return sheet(section(text("review.past", lang), bullets(lines), empty=text("review.no_past", lang)))


def photo_state(photo: Any, lang: str) -> str:
    """What was decided about a photo, and whether parts of it are covered."""
    covered = text("review.photo.covered", lang) if photo.number > 1 else text("review.photo.as_sent", lang)
    state = text(f"review.photo.{photo.state}", lang)
    day = f" ({i18n.day(photo.decided_on, lang)})" if photo.decided_on else ""
    reason = f" {photo.reason}" if photo.reason else ""
    return f"{text('review.photo.number', lang, n=photo.position)}. {covered} {state}{day}.{reason}"


def data_url(jpeg: bytes) -> str:
    """A photo that no address leads to: it travels inside the page of the monitor."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
