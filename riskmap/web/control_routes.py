"""Public control over HTTP, without a key: the files of finished documents, the clock as CSV, the terms as a calendar."""

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from riskmap.control import tables
from riskmap.problem import DataError
from riskmap.snapshot import withdrawn
from riskmap.store import control as kept
from riskmap.web import clock, control, current, exports, files

_FILES = "/files/control/{name}"
_few_at_a_time = anyio.CapacityLimiter(2)  # a file takes a processor for a quarter of a second


def routes() -> list[Route]:
    """The files of documents, the clock as CSV, the terms as a calendar."""
    return [Route(_FILES, _file), Route(control.CALENDAR, _calendar)]


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    lang, wrong = files.asked_language(request)
    if wrong:
        return wrong
    try:
        if name == "clock.csv":
            body = await anyio.to_thread.run_sync(lambda: tables.as_csv(control.found(), lang), limiter=_few_at_a_time)
            return exports.attachment(request, body, "public-control.csv", "text/csv; charset=utf-8")
        return await anyio.to_thread.run_sync(_document_file, request, name, limiter=_few_at_a_time)
    except DataError as error:
        return refused(error)


def _document_file(request: Request, name: str) -> Response:
    document_id, _, rest = name.partition(".")
    lang, _, ending = rest.partition(".")
    if ending not in control.ENDINGS:
        raise DataError("control_unknown", id=name[:40])
    one = kept.document(current.store(), document_id)
    if lang not in one.papers or one.subject_id in withdrawn(current.current().folder):
        raise DataError("control_unknown", id=name[:40])
    from riskmap.export import docx, letter  # noqa: PLC0415

    kind = docx.MEDIA_TYPE if ending == "docx" else letter.MEDIA_TYPE
    return exports.attachment(
        request, control.file(one.papers[lang], ending), f"public-control-{document_id}-{lang}.{ending}", kind
    )


async def _calendar(request: Request) -> Response:
    lang, wrong = files.asked_language(request)
    if wrong:
        return wrong
    try:
        body = await anyio.to_thread.run_sync(
            lambda: tables.as_calendar(control.found(), clock.today(), lang), limiter=_few_at_a_time
        )
    except DataError as error:
        return refused(error)
    return files.answer(request, body, "text/calendar; charset=utf-8", is_versioned=False)


def refused(error: DataError) -> Response:
    """Not there, or the store is away."""
    is_away = error.code.startswith("store")
    return JSONResponse({"error": "the store cannot be used" if is_away else "not found"}, 503 if is_away else 404)
