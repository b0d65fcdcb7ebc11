"""The flagged list as a file over HTTP: built once per snapshot, filter, format and language, named by its content.

Streamlit's own downloads may serve one list under the address of another (they are identified by samples of their
bytes), so ours have their own route and the SHA-256 of the content in the file name.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import quote, urlencode

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from riskmap import export, filters, i18n, issued
from riskmap.export import Export, Since, apart, issued_before, table
from riskmap.filters import FLAGGED, Filter
from riskmap.issued import Delta
from riskmap.problem import DataError, describe_error
from riskmap.web import current, files

ADDRESS = "/files/{snapshot_id}/flagged.{ending}"
_N_KEPT = 24  # files in memory: a few formats and languages of the lists people look at
# a file of more rows is made in a process of its own: a second of work in this one is a second without pages
_LARGE, _LARGE_ROWS = 3_000, {"pdf": 300, "dossier.pdf": 2, "xlsx": 1_500, "oc4ids.json": 1_500}
_MOST_LETTERS = 8_000  # of a choice of columns
_one_at_a_time = anyio.CapacityLimiter(1)  # building is all processor: two at once only make both readers wait


def url(
    snapshot_id: str, filter_: Filter, *, format: str, lang: str, is_manifest: bool = False, columns: str = "",
    facility_id: str = "",
) -> str:  # fmt: skip
    """Relative address of a file: "files/3f2a.../flagged.csv?region=KZ-75&lang=kk". Without `flagged`, the flagged."""
    more = {"columns": columns} if columns else {}
    more |= {"facility": facility_id} if facility_id else {}
    query = urlencode({**filters.to_query(filter_, FLAGGED), **more, "lang": lang})
    suffix = export.MANIFEST_SUFFIX if is_manifest else ""
    return f"files/{quote(snapshot_id)}/flagged.{format}{suffix}?{query}"


async def flagged(request: Request) -> Response:
    """Route: the file, or its manifest where the address ends in .manifest.json."""
    ending = request.path_params["ending"]
    format_ = ending.removesuffix(export.MANIFEST_SUFFIX)
    snapshot_id = request.path_params["snapshot_id"]
    query = request.query_params
    lang = query.get("lang", i18n.LANGUAGES[0])
    if format_ not in export.FORMATS or current.named(snapshot_id) is None or not is_allowed(request):
        return JSONResponse({"error": "not found"}, 404)
    columns, facility_id = query.get("columns", ""), query.get("facility", "")
    unknown = unknown_names({name: value for name, value in query.items() if name not in ("columns", "facility")})
    unknown += [name for name, value in (("columns", columns), ("facility", facility_id)) if len(value) > _MOST_LETTERS]
    if unknown:
        return JSONResponse({"error": "unknown parameter", "names": unknown}, 400)
    try:
        filter_ = filters.from_query(query, FLAGGED)
        made = await anyio.to_thread.run_sync(
            file, snapshot_id, filter_, format_, lang, columns, facility_id, limiter=_one_at_a_time
        )  # fmt: skip
    except (filters.FilterError, DataError) as error:
        words = error.sentence(lang) if isinstance(error, filters.FilterError) else describe_error(error, lang)
        return JSONResponse({"error": words}, 400)
    if ending == format_:
        return attachment(request, made.content, made.file_name, made.media_type)
    return attachment(request, export.manifest_bytes(made.manifest), made.file_name + export.MANIFEST_SUFFIX, "application/json")


def is_allowed(request: Request) -> bool:
    """May this reader have the file? Every list holds public facilities only (`filters.public`), so everyone may.

    The one place to ask where lists that are not public are added.
    """
    return True


def unknown_names(query: Mapping[str, str]) -> list[str]:
    """What an address names that no route knows, cut short; "lang" for a language that is not there."""
    unknown = sorted({name[:40] for name in query} - {*filters.QUERY_NAMES, "lang"})[:10]
    return unknown or ([] if query.get("lang", "kk") in i18n.LANGUAGES else ["lang"])


def is_large(n_rows: int, format_: str) -> bool:
    """Is a file of so many rows made in a process of its own? It would take the pages' time for seconds."""
    return n_rows > _LARGE_ROWS.get(format_, _LARGE)


def file(
    snapshot_id: str, filter_: Filter, format_: str, lang: str, columns: str = "", facility_id: str = ""
) -> Export:  # fmt: skip
    """The file that the route sends; pages show its name, size and hash from here. DataError for what cannot be made.

    It is compared with the version kept before, where there is one. Of large files only the last two are kept.
    """
    n_rows = 1 if facility_id else len(filters.positions(filter_, current.get(snapshot_id).facilities))
    # refused here, before a process is started for it: anybody may ask for what cannot be made, again and again
    export.refuse_too_many(format_, n_rows)
    table.choose(columns.split(",") if columns else None, current.get(snapshot_id))
    kept = _large if is_large(n_rows, format_) else _small
    return kept(snapshot_id, filter_, format_, lang, columns, facility_id)


@lru_cache(maxsize=2)
def _large(snapshot_id: str, filter_: Filter, format_: str, lang: str, columns: str, facility_id: str) -> Export:
    return _made(apart.export_apart, snapshot_id, filter_, format_, lang, columns, facility_id)


@lru_cache(maxsize=_N_KEPT)
def _small(snapshot_id: str, filter_: Filter, format_: str, lang: str, columns: str, facility_id: str) -> Export:
    return _made(export.export, snapshot_id, filter_, format_, lang, columns, facility_id)


def _made(
    make: Callable[..., Export], snapshot_id: str, filter_: Filter, format_: str, lang: str, columns: str, facility_id: str
) -> Export:
    return make(
        current.get(snapshot_id), filter_, format=format_, lang=lang, columns=columns.split(",") if columns else None,
        since=_before(snapshot_id, filter_), facility_id=facility_id or None,
    )  # fmt: skip


def forget() -> None:
    """Drop the files that are kept: for tests, which change what a snapshot's address holds."""
    for kept in (_large, _small, changed):
        kept.cache_clear()


@lru_cache(maxsize=_N_KEPT)
def changed(snapshot_id: str, filter_: Filter) -> Delta | None:
    """What left the list and came onto it since the version kept before; None where there is none."""
    before = _before(snapshot_id, filter_)
    return issued.delta(before.snapshot, current.get(snapshot_id), filter_) if before else None


def _before(snapshot_id: str, filter_: Filter) -> Since | None:
    """The version kept before this one, opened as pages open it: read once and shared."""
    found = issued_before.since(current.get(snapshot_id), filter_)
    return Since(current.get(found.snapshot.id)) if found else None


def attachment(request: Request, content: bytes, name: str, media_type: str) -> Response:
    """A file to be saved under `name` (ASCII letters only)."""
    # revalidated at each use: a newer version of the program may make another file of the same snapshot and filter
    response = files.answer(request, content, media_type, is_versioned=False)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'  # ASCII letters only: see export._slug
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
