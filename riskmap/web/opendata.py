"""Open data: which datasets there are in which formats, their description as a Data Package, how to cite them."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from riskmap import duty, export, figures, filters, i18n
from riskmap.export import table
from riskmap.filters import FLAGGED, Filter
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web import current, embed, exports, files, own_settings
from riskmap.web.duty import register
from riskmap.web.sheet import labelled, paragraph, section, sheet
from riskmap.web.view import Cell
from riskmap.web.view import table as table_of

PACKAGE = "/files/{snapshot_id}/datapackage.json"
# a list of the snapshot -> its filter; each in every one of these formats
LISTS = {"facilities": Filter(), "flagged": FLAGGED}
FORMATS = ("csv", "geojson", "parquet", "oc4ids.json")
# registers beside the map -> what makes them; they belong to no snapshot
_REGISTERS = ("figures", "duty")
_MEDIA = {"csv": "text/csv", "geojson": "application/geo+json", "parquet": "application/vnd.apache.parquet"}
# kind of a column (schema.KINDS) -> type of Table Schema
_TYPES = {
    "date": "date",
    "bool": "boolean",
    "integer": "integer",
    "money": "integer",
    "number": "number",
    "share": "number",
    "latitude": "number",
    "longitude": "number",
}
_CSV = "text/csv; charset=utf-8"


class Resource(NamedTuple):
    """One file: dataset, format, and its address relative to the folder of its snapshot."""

    dataset: str
    format: str
    path: str


def routes() -> list[Route]:
    return [
        Route(PACKAGE, _package),
        Route("/datasets/{name}.csv", _register),
        Route("/datasets/{rest:path}", _nothing),
    ]


def resources(snapshot: Snapshot, lang: str) -> list[Resource]:
    """Every list of a snapshot in every format."""
    folder = f"files/{snapshot.id}/"
    return [
        Resource(name, format_, exports.url(snapshot.id, filter_, format=format_, lang=lang).removeprefix(folder))
        for name, filter_ in LISTS.items()
        for format_ in FORMATS
    ]


def package(snapshot: Snapshot, lang: str) -> dict[str, Any]:
    """The Data Package (frictionless, version 1) of a snapshot: what its files hold, column by column.

    Paths are relative to the address of the description itself. Beside each file lies its manifest with the SHA-256.
    """
    licence = own_settings.configured()["open_data"]
    kinds = table.kinds_of(snapshot)
    fields = [_field(name, kinds[name], lang) for name in table.default_columns(snapshot)]
    return {
        "profile": "data-package",
        "name": f"corruption-risk-map-{snapshot.id}",
        "id": snapshot.id,
        "title": text("common.app", lang),
        "description": f"{text('common.fair_words', lang)} {text('common.demo', lang) if snapshot.is_demo else ''}".strip(),
        "version": snapshot.id,
        "created": f"{snapshot.as_of}T00:00:00Z",
        "licenses": [{"name": licence["licence_name"], "title": licence["licence_title"], "path": licence["licence_url"]}],
        "resources": [_resource(one, fields) for one in resources(snapshot, lang)],
    }


def page(snapshot: Snapshot, base: str, lang: str) -> str:
    """The datasets with their links, licence, citation, permanent links, and the card for other pages."""
    folder, licence = f"files/{snapshot.id}/", own_settings.configured()["open_data"]
    rows = []
    for one in resources(snapshot, lang):
        name = Cell(text(f"open.dataset.{one.dataset}", lang))
        rows.append([name, Cell(one.format, folder + one.path)])
        if one.format == "csv":
            rows.append([name, Cell(f"csv, {text('open.manifest', lang)}", folder + _beside(one.path))])
    rows += [[Cell(text(f"open.dataset.{name}", lang)), Cell("csv", f"datasets/{name}.csv?lang={lang}")] for name in _REGISTERS]
    rows += [
        [Cell(text("open.dataset.package", lang)), Cell("datapackage.json", f"{folder}datapackage.json?lang={lang}")],
        [Cell(text("open.dataset.outlines", lang)), Cell("geojson", f"data/{snapshot.id}/regions.geojson")],
        [Cell(text("open.dataset.api", lang)), Cell("OpenAPI", "api/openapi.json")],
    ]
    heads = [text(f"open.head.{name}", lang) for name in ("dataset", "file")]
    day = i18n.day(snapshot.as_of, lang)
    cite = {
        "app": text("common.app", lang),
        "date": day,
        "id": snapshot.id,
        "url": f"{base.rstrip('/')}/open?snapshot={snapshot.id}",
    }
    link = f'<p><a href="{escape(licence["licence_url"])}" rel="noopener noreferrer">{escape(licence["licence_title"])}</a></p>'
    return sheet(
        table_of(heads, rows, caption=text("open.datasets", lang), n_text=2),
        section(text("open.licence_title", lang), paragraph(text("open.licence", lang)), link),
        section(text("open.cite_title", lang), f"<p><code>{escape(text('open.cite', lang, **cite))}</code></p>"),
        _permanent(lang),
        is_wide=True,
    )  # fmt: skip


def dictionary(snapshot: Snapshot, lang: str) -> str:
    """Every column of the standard files: name, label, type, meaning."""
    kinds = table.kinds_of(snapshot)
    lines = []
    for name in table.default_columns(snapshot):
        field = _field(name, kinds[name], lang)
        words = " · ".join(filter(None, (field["title"], text(f"data.kind.{kinds[name]}", lang), field.get("description", ""))))
        lines.append((name, words))
    title = escape(text("open.dictionary", lang))
    return sheet(f"<details><summary><b>{title}</b></summary>{labelled(lines)}</details>", is_wide=True)


def card(base: str, region_code: str, lang: str) -> str:
    """The line of HTML that shows a region on another page, and the way to the card."""
    look = escape(text("open.card.look", lang))
    return sheet(
        paragraph(text("open.card.what", lang)),
        f"<pre><code>{escape(embed.code_for(base, region_code, lang))}</code></pre>",
        f'<p><a href="embed/region/{escape(region_code)}?lang={lang}" target="_self">{look}</a></p>',
    )


def _permanent(lang: str) -> str:
    lines = [
        f'<li><a href="open?lang={lang}&amp;snapshot={escape(one.id)}" target="_self">'
        f"{escape(i18n.day(one.as_of, lang))} · {escape(one.id)}</a></li>"
        for one in reversed(current.known())
    ]
    return section(text("open.permanent_title", lang), paragraph(text("open.permanent", lang)), f"<ul>{''.join(lines)}</ul>")


def _beside(path: str) -> str:
    file, _, query = path.partition("?")
    return f"{file}{export.MANIFEST_SUFFIX}?{query}"


def _resource(one: Resource, fields: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": f"{one.dataset}-{one.format.replace('.', '-')}",
        "path": one.path,
        "title": text(f"open.dataset.{one.dataset}", "en"),
        "format": one.format.rpartition(".")[2],
        "mediatype": _MEDIA.get(one.format, "application/json"),
        "manifest": _beside(one.path),
    }
    if one.format == "csv":
        made |= {
            "profile": "tabular-data-resource",
            "encoding": "utf-8",
            "schema": {"fields": list(fields), "missingValues": [""]},
        }
    return made


def _field(name: str, kind: str, lang: str) -> dict[str, str]:
    meaning = table.meaning(name, lang)
    described = {"description": meaning} if meaning else {}
    return {"name": name, "type": _TYPES.get(kind, "string"), "title": table.label(name, lang), **described}


async def _package(request: Request) -> Response:
    """Route: the description of a snapshot's files."""
    snapshot = current.named(request.path_params["snapshot_id"])
    lang, wrong = files.asked_language(request)
    if wrong:
        return wrong
    if snapshot is None:
        return await _nothing(request)
    body = json.dumps(package(snapshot, lang), ensure_ascii=False, indent=1).encode()
    return files.answer(request, body, "application/json", is_versioned=False)


async def _register(request: Request) -> Response:
    """Route: a register beside the map as CSV."""
    name = request.path_params["name"]
    if name not in _REGISTERS:
        return await _nothing(request)
    lang, wrong = files.asked_language(request)
    if wrong:
        return wrong
    body = figures.to_csv(figures.load(), lang).encode("utf-8-sig") if name == "figures" else duty.write(register())
    return exports.attachment(request, body, f"riskmap_{name}.csv", _CSV)


async def _nothing(request: Request) -> Response:
    return JSONResponse({"error": "not found"}, 404)


def regions(snapshot: Snapshot) -> list[str]:
    """The codes of the regions that have a facility."""
    return sorted(filters.apply(Filter(), snapshot.facilities)["region_code"].dropna().unique())


def base_of(address: str) -> str:
    """The address of this server from the address of the page: what comes before the last part."""
    return address.partition("?")[0].rpartition("/")[0] + "/"
