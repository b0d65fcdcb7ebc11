"""The description of the API as OpenAPI 3.0.3: made from the filter, the columns and the choices the code itself uses."""

from collections.abc import Mapping
from typing import Any

import riskmap
from riskmap import filters, i18n, schema
from riskmap.export import table
from riskmap.snapshot import Snapshot

WHAT = (
    "Social facilities under construction or repair, with what is known of their dates, money and risk indicators. "
    "A risk indicator is not evidence of a violation; it is a reason to check. Read only; no key is needed."
)
_WHOLE = {"type": "integer", "format": "int64"}
_KINDS: dict[str, dict[str, Any]] = {
    "bool": {"type": "boolean"}, "integer": _WHOLE, "money": _WHOLE, "number": {"type": "number"},
    "share": {"type": "number", "minimum": 0}, "latitude": {"type": "number"}, "longitude": {"type": "number"},
    "date": {"type": "string", "format": "date"}, "url": {"type": "string"},
}  # fmt: skip
_POINT = {
    "type": "object",
    "properties": {"type": {"type": "string"}, "coordinates": {"type": "array", "items": {"type": "number"}}},
}
_LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "region": ("ISO 3166-2 codes", ()),
    "district": ("codes of districts", ()),
    "settlement": ("names of towns or villages as the source writes them", ()),
    "type": ("kinds of facility", (*schema.FACILITY_TYPES, filters.UNKNOWN)),
    "programme": ("names of state programmes", ()),
    "level": ("levels of the risk indicators", schema.LEVELS),
    "delivery": ("states of delivery", schema.DELIVERY),
}


def describe(
    snapshot: Snapshot, *, server: str, formats: Mapping[str, str], limit: int, max_limit: int
) -> dict[str, Any]:  # fmt: skip
    """The document itself. `formats`: value of `f` -> media type."""
    facilities = "/api/collections/facilities"
    shared = [*_filters(), *_view(formats)]
    paged = [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": max_limit, "default": limit}, "Facilities on one page."),
        _query("cursor", {"type": "string"}, "As it stands in the link to the next page; it stays on that page's snapshot."),
        _query("bbox", {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
               "West, south, east, north in degrees, WGS 84. A facility without a place is in no box.", is_list=True),
        _query("datetime", {"type": "string"},
               "Planned date of delivery in force: a day, or from/to with .. for an open end. Facilities without one are kept."),
    ]  # fmt: skip
    listing = {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}, "text/csv": {"schema": {"type": "string"}},
               "application/geo+json": {"schema": {"$ref": "#/components/schemas/FeatureCollection"}}}  # fmt: skip
    one = {"application/json": {"schema": {"$ref": "#/components/schemas/Facility"}},
           "application/geo+json": {"schema": {"$ref": "#/components/schemas/Feature"}}}  # fmt: skip
    of_one = {"name": "facility_id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "Identifier."}
    return {
        "openapi": "3.0.3",
        "info": {"title": i18n.text("common.app", "en"), "version": riskmap.__version__, "description": WHAT},
        "servers": [{"url": server}],
        "paths": {
            "/api": {"get": _operation("landing", "The doors of this service.")},
            "/api/conformance": {"get": _operation("conformance", "The parts of OGC API - Features that it keeps.")},
            "/api/openapi.json": {"get": _operation("description", "This description.")},
            "/api/snapshots": {"get": _operation("snapshots", "Every version of the data that is kept.")},
            "/api/collections": {"get": _operation("collections", "The collections: one, facilities.")},
            facilities: {"get": _operation("collection", "The collection of facilities.")},
            f"{facilities}/schema": {"get": _operation("schema", "The columns of a facility as JSON Schema.")},
            f"{facilities}/items": {"get": _operation("items", "Facilities by filter.", listing, [*shared, *paged])},
            f"{facilities}/items/{{facility_id}}": {
                "get": _operation("item", "One facility.", one, [of_one, *_view(formats)], fails=("404",))
            },
        },
        "components": {"schemas": _schemas(snapshot)},
    }  # fmt: skip


def json_schema(snapshot: Snapshot, *, address: str) -> dict[str, Any]:
    """A facility as a GeoJSON feature, in JSON Schema. Amounts are "number": programs take "integer" for 32 bits."""
    columns = {
        name: {"title": table.label(name, "en"), "type": "number" if kind in ("integer", "money") else _kind(kind)["type"]}
        | ({"format": "date"} if kind == "date" else {})
        for name, kind in table.kinds_of(snapshot).items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": address, "title": i18n.text("common.app", "en"),
        "type": "object", "properties": {
            "type": {"type": "string"}, "id": {"type": "string"}, "geometry": _POINT,
            "properties": {"type": "object", "properties": columns},
        },
    }  # fmt: skip


def _kind(kind: str) -> dict[str, Any]:
    return _KINDS.get(kind, {"type": "string"})


def _filters() -> list[dict[str, Any]]:
    """Every name of `filters.QUERY_NAMES`; a test holds the two together."""
    found = [
        _query(name, {"type": "array", "items": {"type": "string", **({"enum": list(choices)} if choices else {})}},
               f"Any of these {what}; a backslash before a comma that belongs to a name.", is_list=True)
        for name, (what, choices) in _LISTS.items()
    ]  # fmt: skip
    flags = {"overdue": "Past the planned date in force.", "flagged": "Flagged for checking."}
    found += [_query(name, {"type": "string", "enum": ["1", "0"]}, what) for name, what in flags.items()]
    amounts = {"min": "Budget from, whole units of the currency.", "max": "Budget up to, whole units of the currency."}
    found += [_query(name, {"type": "integer", "minimum": 0, "format": "int64"}, what) for name, what in amounts.items()]
    words = {"buyer": "Name, part of one, or identifier of the buyer.", "supplier": "The same of the contractor.",
             "q": "Words of the name, the place or a firm."}  # fmt: skip
    found += [_query(name, {"type": "string", "maxLength": filters.MAX_TEXT}, what) for name, what in words.items()]
    sort = {"type": "string", "default": filters.DEFAULT_SORT}
    return [*found, _query("sort", sort, "A column; a minus before it for the largest first. Not known comes last.")]


def _view(formats: Mapping[str, str]) -> list[dict[str, Any]]:
    sets = ", ".join(table.COLUMN_SETS)
    return [
        _query("f", {"type": "string", "enum": list(formats), "default": "geojson"}, "Form of the answer."),
        _query("columns", {"type": "string"}, f"Columns with commas between, or a ready set: {sets}."),
        _query("lang", {"type": "string", "enum": list(i18n.LANGUAGES), "default": "en"}, "Language of names and of the notice."),
        _query("snapshot", {"type": "string", "pattern": "^[0-9a-f]{12}$"}, "A version of the data; without it the newest."),
    ]


def _query(name: str, kind: dict[str, Any], what: str, *, is_list: bool = False) -> dict[str, Any]:
    form = {"style": "form", "explode": False} if is_list else {}
    return {"name": name, "in": "query", "required": False, "description": what, "schema": kind, **form}


def _operation(
    name: str, what: str, content: dict[str, Any] | None = None, parameters: list[dict[str, Any]] | None = None,
    fails: tuple[str, ...] = (),
) -> dict[str, Any]:  # fmt: skip
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    answers = {"200": {"description": what, "content": content or {"application/json": {"schema": {"type": "object"}}}},
               "304": {"description": "Nothing has changed since the answer with this ETag."}}  # fmt: skip
    why = {"400": "A parameter that is unknown or cannot be.", "404": "No such facility or snapshot.",
           "410": "The snapshot of the cursor is not kept any more."}  # fmt: skip
    codes = {"400", *fails} | ({"404", "410"} if parameters else set())
    answers |= {code: {"description": why[code], **error} for code in sorted(codes)}
    return {"operationId": name, "summary": what, "parameters": parameters or [], "responses": answers}


def _schemas(snapshot: Snapshot) -> dict[str, Any]:
    kinds = table.kinds_of(snapshot)
    columns = {name: {**_kind(kind), "nullable": True, "description": _what(name)} for name, kind in kinds.items()}
    stamp = {"notice": {"type": "string"}, "snapshot_id": {"type": "string"}, "as_of": {"type": "string", "format": "date"},
             "is_demo": {"type": "boolean"}}  # fmt: skip
    link = {"type": "object", "required": ["href", "rel"],
            "properties": {name: {"type": "string"} for name in ("href", "rel", "type")}}  # fmt: skip
    counts = {**stamp, "numberMatched": {"type": "integer"}, "numberReturned": {"type": "integer"},
              "links": {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}}  # fmt: skip
    of = lambda name: {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}  # noqa: E731
    feature = {"type": "object", "properties": {"type": {"type": "string", "enum": ["Feature"]}, "id": {"type": "string"},
               "geometry": {**_POINT, "nullable": True}, "properties": {"$ref": "#/components/schemas/Facility"}}}  # fmt: skip
    collection = {"type": {"type": "string", "enum": ["FeatureCollection"]}, **counts, "features": of("Feature")}
    return {
        "Facility": {"type": "object", "description": "Not known is null.", "properties": columns},
        "Feature": feature,
        "Page": {"type": "object", "properties": {**counts, "facilities": of("Facility")}},
        "FeatureCollection": {"type": "object", "properties": collection},
        "Link": link,
        "Error": {"type": "object", "properties": {name: {"type": "string"} for name in ("code", "description")}},
    }


def _what(name: str) -> str:
    return table.meaning(name, "en") or table.label(name, "en")
