"""What a visitor saw: the form, its receipt, and what became of it. Words, photos and receipts stand in no address and no log."""

import time
from collections.abc import Mapping
from datetime import date, timedelta
from html import escape
from typing import Any

import anyio
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from riskmap import i18n, schema, stages, store
from riskmap.i18n import text
from riskmap.problem import DataError, describe_error
from riskmap.settings import Settings
from riskmap.store import codes
from riskmap.web import clock, current, files, guard, light, light_form, light_page, limits, outcomes, own_settings
from riskmap.web.light_form import FILES, Form
from riskmap.web.light_page import Refused

ANSWERS = {"yes": True, "no": False, "unknown": None}
# bytes of each field that are read and given back; the store says how much of them it takes
FIELDS = {
    "key": 64, "snapshot": 40, "day": 32, "status": 32, "stage": 32, "is_working": 16, "has_passport_board": 16, "text": 60_000,
}  # fmt: skip
_FIELD_OF = {
    "observation_day": "day", "observation_status": "status", "observation_stage": "stage", "observation_text_long": "text",
}  # fmt: skip
_two_at_a_time = anyio.CapacityLimiter(2)  # rebuilding a photo takes a processor for up to a second
_readers = anyio.CapacityLimiter(2)  # pages do not wait behind photos
_windows = limits.Windows()


def routes() -> list[Route]:
    return [
        Route("/m/observe/{facility_id:path}", light_page.page(form), methods=["GET"]),
        Route("/m/observe/{facility_id:path}", light_page.page(sent), methods=["POST"]),
        Route("/m/form/{facility_id:path}", light_page.page(form_to_keep), methods=["GET"]),
        Route("/m/receipt", light_page.page(receipt), methods=["GET"]),
        Route("/m/receipt", light_page.page(receipt_asked), methods=["POST"]),
        Route("/m/observe.js", files.script),
    ]


def address(facility_id: str, lang: str) -> str:
    """The form of a facility, for the dashboard's pages."""
    return "m/" + light_page.url("", "observe", facility_id, lang=lang).removeprefix("./")


def door(facility_id: str, lang: str) -> str:
    """The way from the page of a facility to its form."""
    href = escape(address(facility_id, lang))
    return f'<p><a href="{href}" target="_self">{escape(text("observe.door", lang))}</a></p>'


# ---- the pages ------------------------------------------------------------------------------------------------------
async def form(request: Request, lang: str) -> Response:
    """The form with a one-time key: nobody keeps this page."""
    return light_page.private(request, await _form(request, lang, {"key": store.new_key()}, {}), 200)


async def form_to_keep(request: Request, lang: str) -> Response:
    """The same form without a key, for reading and filling in without a line: the script makes the key."""
    return light_page.answer(request, await _form(request, lang, {}, {}))


async def sent(request: Request, lang: str) -> Response:
    """Keep an observation and answer with its receipt; or the form again with every word, and what to change in it."""
    _from_our_pages(request)
    facility_id, own = request.path_params["facility_id"], own_settings.configured()
    async with light_form.read(request, FIELDS, own) as given:
        if wait := _wait_seconds(request, own, ("network", "facility", "everyone"), facility_id):
            answer = await _again(request, lang, given, {"": _often(wait, lang)}, 429)
            answer.headers["Retry-After"] = str(wait)
            return answer
        of = (await _known(facility_id, lang))["title"]
        try:
            code = await anyio.to_thread.run_sync(_keep, facility_id, given, own, limiter=_two_at_a_time)
        except _Not as refused:
            if refused.error.code.startswith("observation_key"):
                given.fields["key"] = ""  # it gets a new one
            status = 503 if refused.error.code in ("store_away", "busy") else 400
            errors = {refused.field: _sentence(refused.error, lang)}
            return await _again(request, lang, given, errors, status, first=refused.receipt)
        except Refused:
            raise
        except Exception as error:
            light_page.raise_without_values(error)
    title, day = text("observe.receipt.title", lang), i18n.day(date.fromisoformat(given.fields["day"]), lang)
    said: dict[str, Any] = {"title": title, "code": code, "of": of, "day": day, "error": "", "fate": None}
    body = light_page.html(request, "receipt.html", lang, after="receipt", **said)
    if light_page.wants_json(request):
        return light_page.json({"receipt": code, "page": body.decode()}, 200)
    return light_page.private(request, body, 200)


async def receipt(request: Request, lang: str) -> Response:
    """Where a receipt is typed in. The page holds none, so it may be kept."""
    return light_page.answer(request, _receipt_page(request, lang))


async def receipt_asked(request: Request, lang: str) -> Response:
    """What became of the observation of a receipt."""
    _from_our_pages(request)
    given = await light_page.fields(request, ("receipt",))
    own = own_settings.configured()
    if wait := _wait_seconds(request, own, ("receipt",), ""):
        answer = light_page.private(request, _receipt_page(request, lang, error=_often(wait, lang)), 429)
        answer.headers["Retry-After"] = str(wait)
        return answer
    try:
        fate = await anyio.to_thread.run_sync(_fate, given.get("receipt", ""), lang, limiter=_readers)
    except _Not as refused:
        status = 503 if refused.error.code.startswith("store_") else 404
        return light_page.private(request, _receipt_page(request, lang, error=_sentence(refused.error, lang)), status)
    except Exception as error:
        light_page.raise_without_values(error)
    return light_page.private(request, _receipt_page(request, lang, fate=fate), 200)


# ---- what comes in --------------------------------------------------------------------------------------------------
class _Not(Exception):
    """The store or the form says no: `field` beside which the sentence stands ("" = above all), the receipt if one is known."""

    def __init__(self, error: DataError, field: str = "", receipt: str = "") -> None:
        super().__init__(error.code)
        self.error, self.field, self.receipt = error, field, receipt


def _keep(facility_id: str, given: Form, own: Settings) -> str:
    """The receipt of the observation, which is on disk then."""
    fields = given.fields
    if given.error:
        raise _Not(DataError(given.error, limit=_limit(given.error, own["observations"])), FILES)
    try:
        day = date.fromisoformat(fields.get("day", ""))
    except ValueError:
        raise _Not(DataError("observation_day", limit=str(own["observations"]["max_visit_age_days"])), "day") from None
    answers = {}
    for name in ("is_working", "has_passport_board"):
        if (said := fields.get(name) or "unknown") not in ANSWERS:
            raise Refused("value")
        answers[name] = ANSWERS[said]
    seen = current.named(fields.get("snapshot", "")) or current.current()
    key = fields.get("key", "")
    try:
        return store.submit(
            current.store(), key=key, facility_id=facility_id, day=day, status=fields.get("status", ""),
            stage=fields.get("stage") or None, text=fields.get("text", ""), photos=given.files, snapshot_id=seen.id,
            facilities=(facility_id,), today=clock.today(), settings=own, **answers,
        )  # fmt: skip
    except DataError as error:
        first = codes.receipt_of(key) if error.code == "observation_key_used" else ""
        field = FILES if error.code.startswith(("photo_", "observation_photos")) else _FIELD_OF.get(error.code, "")
        raise _Not(_without_place(error), field, first) from None


def _fate(code: str, lang: str) -> dict[str, Any]:
    try:
        found = store.fate(current.store(), code)
    except DataError as error:
        raise _Not(_without_place(error), "receipt") from None
    try:
        title = light.known(current.current().id, found.facility_id, lang)["title"]
    except Refused:  # it has left the list since
        title = found.facility_id
    return {
        "of": title,
        "day": i18n.day(found.day, lang),
        "state": text(f"observe.fate.{found.state}", lang),
        "what": text(f"observe.fate_means.{found.state}", lang),
        "steps": [(i18n.day(step.on, lang), *_step(step.kind, step.detail, lang)) for step in found.steps] + _fixed(found, lang),
    }


def _fixed(found: Any, lang: str) -> list[tuple[str, str, str]]:
    """What the data say was put right after an accepted observation: the last step, where there is one."""
    fix = outcomes.fixed(found.facility_id, found.day, found.status) if found.state == "accept" else None
    return [(i18n.day(fix[1], lang), text(f"outcomes.step.{fix[0]}", lang), "")] if fix else []


def _step(kind: str, detail: str, lang: str) -> tuple[str, str]:
    """What happened, and the reason that a monitor gave."""
    if kind == "answered":
        return text("observe.step.answered", lang, grade=text(f"control.grade.{detail or 'open'}", lang)), ""
    if kind in ("used", "sent"):
        return text(f"observe.step.{kind}", lang, detail=detail), ""
    return text(f"observe.fate.{kind}", lang), detail


def _without_place(error: DataError) -> DataError:
    """A store that fails is for the operator's log; its address and reason are not for visitors."""
    if not error.code.startswith("store_"):
        return error
    guard.report(RuntimeError(f"{error.code}: {error.params.get('reason', '')}"))
    return DataError("store_away")


def _from_our_pages(request: Request) -> None:
    """No page of another site makes its readers send something here. Older browsers say nothing of the site, and "null" for
    our own pages too, which send no referrer; nobody is signed in here whose rights could be borrowed."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
    is_ours = site == "same-origin" if site else origin == "null" or origin.partition("://")[2] == request.headers.get("host")
    if not is_ours:
        raise Refused("foreign", 403)


def _wait_seconds(request: Request, own: Settings, kinds: tuple[str, ...], facility_id: str) -> int:
    """0, or how long to wait: counted by the network of the sender, the facility, and all together."""
    numbers, window = own["observations"]["sent_per_window"], own["observations"]["window_minutes"] * 60
    network = limits.network(request.client.host if request.client else None)
    of = {"network": network, "facility": facility_id, "everyone": "", "receipt": network}
    waits = (
        _windows.wait_seconds(
            kind, of[kind], at_most=numbers[kind], window_seconds=window, now_seconds=time.monotonic()
        )
        for kind in kinds
    )  # fmt: skip
    return next((wait for wait in waits if wait), 0)


# ---- what goes out --------------------------------------------------------------------------------------------------
async def _form(
    request: Request,
    lang: str,
    given: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    first: str = "",
    lost_photos: bool = False,
) -> bytes:
    known = await _known(request.path_params["facility_id"], lang)
    snapshot = current.current()
    own, today = own_settings.configured()["observations"], clock.today()
    kept = {**dict.fromkeys(FIELDS, ""), "day": today.isoformat(), "snapshot": snapshot.id, **given}
    return light_page.html(
        request, "observe.html", lang, **known | {"title": text("observe.title", lang)}, of=known["title"], kept=kept,
        errors=errors, first=first, lost_photos=lost_photos, own=own, today=today.isoformat(),
        earliest=(today - timedelta(days=own["max_visit_age_days"])).isoformat(),
        kinds=[(name, text(f"observation.status.{name}", lang)) for name in schema.STATUSES],
        pictures=[(name, Markup(stages.picture(name, lang)), stages.name(name, lang),  # noqa: S704  our own drawings
                   stages.share_words(name, own["stage_share"], lang)) for name in schema.STAGES],
        answers=[("yes", text("common.yes", lang)), ("no", text("common.no", lang)),
                 ("unknown", text("observation.status.could_not_tell", lang))],
    )  # fmt: skip


async def _again(
    request: Request, lang: str, given: Form, errors: Mapping[str, str], status: int, *, first: str = ""
) -> Response:
    """The form with all that was typed. Photos cannot be put back by a server: the page says so, the script keeps them."""
    if light_page.wants_json(request):
        return light_page.json({"errors": errors, "receipt": first}, status)
    kept = dict(given.fields)
    kept["key"] = kept.get("key") or store.new_key()
    had_photos = bool(given.files or given.error)
    return light_page.private(request, await _form(request, lang, kept, errors, first=first, lost_photos=had_photos), status)


def _receipt_page(request: Request, lang: str, *, error: str = "", fate: Mapping[str, Any] | None = None) -> bytes:
    title = text("observe.receipt.ask", lang)
    said: dict[str, Any] = {"title": title, "code": "", "of": "", "day": "", "error": error, "fate": fate}
    return light_page.html(request, "receipt.html", lang, after="receipt", **said)


def _sentence(error: DataError, lang: str) -> str:
    own = f"observe.error.{error.code}"
    return text(own, lang, **error.params) if i18n.has(own, lang) else describe_error(error, lang)


def _often(wait_seconds: int, lang: str) -> str:
    return text("observe.error.often", lang, minutes=i18n.number(-(-wait_seconds // 60), lang))


def _limit(code: str, own: Settings) -> str:
    megabytes = {"photos_large": own["max_form_bytes"] >> 20, "photo_too_large": own["max_photo_bytes"] >> 20}
    return str(megabytes.get(code, own["max_photos"]))


async def _known(facility_id: str, lang: str) -> dict[str, Any]:
    return await anyio.to_thread.run_sync(light.known, current.current().id, facility_id, lang, limiter=_readers)
