"""The flagged list as a file over HTTP: built once per snapshot, filter, format and language, named by its content.

Streamlit's own downloads may serve one list under the address of another (they are identified by samples of their
bytes), so ours have their own route and the SHA-256 of the content in the file name.
"""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote, urlencode

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from riskmap import export, filters, i18n
from riskmap.export import Export
from riskmap.filters import FLAGGED, Filter
from riskmap.web import current, files

ADDRESS = "/files/{snapshot_id}/flagged.{ending}"
_N_KEPT = 24  # files in memory: a few formats and languages of the lists people look at
_one_at_a_time = anyio.CapacityLimiter(1)  # building is all processor: two at once only make both readers wait


def url(snapshot_id: str, filter_: Filter, *, format: str, lang: str, is_manifest: bool = False) -> str:
    """Relative address of a file: "files/3f2a.../flagged.csv?region=KZ-75&lang=kk". Without `flagged`, the flagged."""
    query = urlencode({**filters.to_query(filter_, FLAGGED), "lang": lang})
    suffix = export.MANIFEST_SUFFIX if is_manifest else ""
    return f"files/{quote(snapshot_id)}/flagged.{format}{suffix}?{query}"


async def flagged(request: Request) -> Response:
    """Route: the file, or its manifest where the address ends in .manifest.json."""
    ending = request.path_params["ending"]
    format_ = ending.removesuffix(export.MANIFEST_SUFFIX)
    snapshot_id = request.path_params["snapshot_id"]
    query = request.query_params
    lang = query.get("lang", i18n.LANGUAGES[0])
    if format_ not in export.FORMATS or current.named(snapshot_id) is None:
        return JSONResponse({"error": "not found"}, 404)
    if unknown := unknown_names(query):
        return JSONResponse({"error": "unknown parameter", "names": unknown}, 400)
    try:
        filter_ = filters.from_query(query, FLAGGED)
    except filters.FilterError as error:
        return JSONResponse({"error": error.sentence(lang)}, 400)
    made = await anyio.to_thread.run_sync(file, snapshot_id, filter_, format_, lang, limiter=_one_at_a_time)
    if ending == format_:
        return attachment(request, made.content, made.file_name, made.media_type)
    return attachment(request, export.manifest_bytes(made.manifest), made.file_name + export.MANIFEST_SUFFIX, "application/json")


def unknown_names(query: Mapping[str, str]) -> list[str]:
    """What an address names that no route knows, cut short; "lang" for a language that is not there."""
    unknown = sorted({name[:40] for name in query} - {*filters.QUERY_NAMES, "lang"})[:10]
    return unknown or ([] if query.get("lang", "kk") in i18n.LANGUAGES else ["lang"])


@lru_cache(maxsize=_N_KEPT)
def file(snapshot_id: str, filter_: Filter, format_: str, lang: str) -> Export:
    """The file that the route sends; pages show its name, size and hash from here. DataError if the snapshot is not kept."""
    return export.export(current.get(snapshot_id), filter_, format=format_, lang=lang)


def attachment(request: Request, content: bytes, name: str, media_type: str) -> Response:
    """A file to be saved under `name` (ASCII letters only)."""
    # revalidated at each use: a newer version of the program may make another file of the same snapshot and filter
    response = files.answer(request, content, media_type, is_versioned=False)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'  # ASCII letters only: see export._slug
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
