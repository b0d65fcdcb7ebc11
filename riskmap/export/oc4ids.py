"""OC4IDS 0.9 JSON, so that other systems read ours: a project package of the list with contracts, payments, works and amendments.

Every fact stands where the standard has a place for it. What it has no place for, or would be read back as something else,
stands in `x_facts` beside it, by the names of our columns; `riskmap.read.oc4ids` reads both to the same facts. Bids are not
carried: the standard leaves them to OCDS releases. `x_risk` is our reading and no fact; `x_reply` is what the body answers to it.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from riskmap import settings as default_settings
from riskmap.export.table import Listing
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.schema import WORKED
from riskmap.snapshot import Snapshot

MEDIA_TYPE = "application/json"
COLUMNS: tuple[str, ...] = ()  # fixed by the standard
VERSION = "0.9"
# sectors of the standard's codelist projectSector; the exact kind of facility stands in x_facts
_SECTORS = {
    "school": "education", "kindergarten": "education", "hospital": "health", "primary_care": "health",
    "sport": "cultureSportsAndRecreation", "culture": "cultureSportsAndRecreation", "water": "waterAndWaste", "heat": "energy",
    "housing": "socialHousing", "road_bridge": "transport.road", "social_service": "governance", "service_centre": "governance",
}  # fmt: skip
# columns without a place in the standard (or whose place our own reader does not trust)
_OF_PROJECT = (
    "title_kk", "title_ru", "title_en", "programme", "settlement", "absorbed_amount", "status", "lat", "lon",
)  # fmt: skip
_OF_CONTRACT = (
    "paid_amount", "advance_amount", "bid_deadline_on", "supplier_registered_on", "supplier_revenue_amount", "is_on_rnu",
    "rnu_from_on", "rnu_to_on", "is_terminated", "termination_kind",
)  # fmt: skip
_TOLD = ("duration", "value", "scope")  # kinds of amendment that count, as in the reader
_RISK = ("level", "r_lo", "r_hi", "coverage", "is_flagged", "is_overdue", "days_late", "delivery", "exposure_amount")


def encode(listing: Listing, manifest: dict[str, Any]) -> bytes:
    """The package, one project per line. DataError for an empty list: the standard has no package without a project."""
    snapshot = listing.snapshot
    if snapshot is None or listing.facilities.empty:
        raise DataError("export_nothing")
    publisher = snapshot.manifest["settings"].get("publisher") or default_settings.load()["publisher"]
    lang = manifest["lang"]
    head = {
        "uri": f"{publisher['uri'].rstrip('/')}/{manifest['filter_url']}" if publisher["uri"] else f"urn:riskmap:{snapshot.id}",
        "publishedDate": _day(snapshot.as_of),
        "version": VERSION,
        "publisher": _present({"name": publisher["name"] or text("common.app", lang), "uri": publisher["uri"]}),
        **_present({"license": publisher["licence"]}),
        "x_notice": manifest["notice"],
        "x_manifest": manifest,
    }
    lines = ",\n".join(_json(project) for project in _projects(listing.facilities, snapshot, publisher["id_prefix"]))
    return f'{_json(head)[:-1]},"projects":[\n{lines}\n]}}\n'.encode()


def _projects(rows: pd.DataFrame, snapshot: Snapshot, prefix: str) -> Iterable[dict[str, Any]]:
    ids = set(rows["facility_id"])
    tables = {name: _by_facility(snapshot.table(name), ids) for name in ("contracts", "payments", "progress", "amendments")}
    for row in _plain_rows(rows):
        own = {name: of.get(row["facility_id"], []) for name, of in tables.items()}
        yield _project(row, own, row["currency"] or snapshot.currency, prefix, snapshot)


def _by_facility(frame: pd.DataFrame, ids: set[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _plain_rows(frame[frame["facility_id"].isin(ids)]):
        found.setdefault(row["facility_id"], []).append(row)
    return found


def _plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {str(name): [None if pd.isna(v) else v for v in frame[name].tolist()] for name in frame}
    return [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]


# ---- a project --------------------------------------------------------------------------------------------------------
def _project(
    row: dict[str, Any], own: Mapping[str, list[dict[str, Any]]], currency: str, prefix: str, snapshot: Snapshot
) -> dict[str, Any]:
    names = {contract["contract_id"] for contract in own["contracts"]}
    loose = [payment for payment in own["payments"] if payment["contract_id"] not in names]
    processes = [
        _process(
            contract,
            [p for p in own["payments"] if p["contract_id"] == contract["contract_id"]],
            [a for a in own["amendments"] if a["contract_id"] == contract["contract_id"]],
            currency,
        )
        for contract in own["contracts"]
    ]
    announced = _day(row["due_announced_on"])
    parties = _parties(row, own["contracts"], snapshot.manifest["settings"]["country"]["identifier_scheme"])
    return _present({
        "id": prefix + row["facility_id"] if not row["facility_id"].startswith(prefix) else row["facility_id"],
        "updated": _day(row["source_as_of"]),
        "title": row["title"],
        "status": "completion" if row["completed_on"] else "implementation",
        "sector": [_SECTORS[row["facility_type"]]] if row["facility_type"] in _SECTORS else None,
        "publicAuthority": _present({"id": row["buyer_id"], "name": row["buyer_name"]}),
        "budget": _present({"amount": _value(row["budget_amount"], currency)}),
        "locations": _location(row),
        "parties": parties,
        "metrics": _metrics(row, own["progress"]),
        "milestones": [{"id": "announced", "type": "delivery", "dueDate": announced}] if announced else None,
        "completion": _present({"endDate": _day(row["completed_on"])}),
        "documents": _documents(row),
        "contractingProcesses": processes,
        "transactions": [_transaction(payment, currency) for payment in loose],
        "x_normativeEndDate": _iso(row["due_normative_on"]),
        "x_delayCause": row["delay_cause"],
        "x_facts": _project_facts(row, currency),
        "x_risk": {name: _number(row[name]) for name in _RISK if row.get(name) is not None},
        "x_reply": {name: _plain(row[name]) for name in WORKED if row.get(name) is not None},
    })  # fmt: skip


def _project_facts(row: dict[str, Any], currency: str) -> dict[str, Any]:
    facts = {name: _text(row.get(name), name, currency) for name in _OF_PROJECT if row.get(name) is not None}
    if row.get("buyer_contact") and not _contact_point(row):
        facts["buyer_contact"] = row["buyer_contact"]
    facts["status"] = row["status"]  # the words of the source; the status above is ours
    facts["facility_id"] = row["facility_id"]
    facts["facility_type"] = row["facility_type_stated"] or row["facility_type"]
    if row["currency"] and row["budget_amount"] is None:
        facts["currency"] = row["currency"]
    if row["capacity_unit"] and row["capacity"] is None:
        facts["capacity_unit"] = row["capacity_unit"]
    if row["location_precision"] is None:
        facts["location_precision"] = None
    return facts


def _parties(row: dict[str, Any], contracts: list[dict[str, Any]], scheme: str) -> list[dict[str, Any]]:
    said = [("publicAuthority", row["buyer_id"], row["buyer_name"]), ("supervisor", None, row["supervisor_name"])]
    said += [("supplier", contract["supplier_id"], contract["supplier_name"]) for contract in contracts]
    found: dict[tuple[Any, Any], dict[str, Any]] = {}
    for role, id_, name in said:
        if id_ is None and name is None:
            continue
        party = found.setdefault((id_, name), _present({"id": id_, "name": name, "roles": []}) | {"roles": []})
        if id_:
            party["identifier"] = {"scheme": scheme, "id": id_}
        if role not in party["roles"]:
            party["roles"].append(role)
    for party in found.values():
        if "publicAuthority" in party["roles"] and (point := _contact_point(row)):
            party["contactPoint"] = point
    return list(found.values())


def _contact_point(row: dict[str, Any]) -> dict[str, str]:
    """The public contact of the buyer's office; empty where there is none, no party to hold it, or no place in the standard."""
    contact = row.get("buyer_contact")
    if not contact or (row["buyer_id"] is None and row["buyer_name"] is None):
        return {}
    if contact.casefold().startswith(("https://", "http://")):
        return {"url": contact} if _is_uri(contact) else {}
    return {"email" if "@" in contact else "telephone": contact}


def _is_uri(url: str) -> bool:
    return url.startswith(("https://", "http://")) and all("!" <= letter <= "~" and letter not in '<>"{}|\\^`' for letter in url)


def _location(row: dict[str, Any]) -> list[dict[str, Any]] | None:
    point = row["lat"] is not None and row["lon"] is not None
    place = _present({
        "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]} if point else None,
        "address": _present({"streetAddress": row["address"], "locality": row["district"], "region": row["region"]}),
        "x_precision": row["location_precision"],
    })  # fmt: skip
    return [{"id": "1", **place}] if place else None


def _metrics(row: dict[str, Any], progress: list[dict[str, Any]]) -> list[dict[str, Any]]:
    metrics = []
    if row["capacity"] is not None:
        unit = {"unit": {"name": row["capacity_unit"]}} if row["capacity_unit"] else {}
        metrics.append({"id": "capacity", "observations": [{"id": "1", "measure": _exact(row["capacity"]), **unit}]})
    observed = [
        _present({
            "id": report["report_id"],
            "period": _present({"endDate": _day(report["reported_on"])}),
            "measure": _exact(report["progress_share"], times=100),
            "unit": {"name": "percent", "scheme": "UNCEFACT", "id": "P1"},
            "x_source": report["progress_source"],
        })
        for report in progress
    ]  # fmt: skip
    return [*metrics, *([{"id": "physicalProgress", "observations": observed}] if observed else [])]


def _documents(row: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    url = row["source_url"]
    if url and _is_uri(url):
        found.append({"id": "source", "url": url})
    if row["expertise_on"]:
        found.append({"id": "expertise", "documentType": "stateExpertise", "datePublished": _day(row["expertise_on"])})
    return found


# ---- a contract -------------------------------------------------------------------------------------------------------
def _process(
    contract: dict[str, Any], payments: list[dict[str, Any]], amendments: list[dict[str, Any]], currency: str
) -> dict[str, Any]:
    changes = [_modification(amendment, currency) for amendment in amendments]
    start = contract["start_on"] or contract["signed_on"]
    value, due = contract["value_amount"], contract["due_on"]
    if changes:  # then the standard's value and period are the first ones
        value, due = contract["value_first_amount"] or value, contract["due_first_on"] or due
    summary = _present({
        "externalReference": contract["contract_no"],
        "tender": _present({
            "procurementMethod": contract["method"], "procurementMethodDetails": contract["method_details"],
            "datePublished": _day(contract["published_on"]), "numberOfTenderers": contract["n_bidders"],
        }),
        "suppliers": [party] if (party := _present({"id": contract["supplier_id"], "name": contract["supplier_name"]})) else None,
        "contractValue": _value(value, currency),
        "contractPeriod": _present({"startDate": _day(start), "endDate": _day(due)}),
        "modifications": changes,
        "transactions": [_transaction(payment, currency) for payment in payments],
    })  # fmt: skip
    summary["x_facts"] = _contract_facts(contract, amendments, start, value, due, currency)
    return {"id": contract["contract_id"], "summary": summary}


def _contract_facts(
    contract: dict[str, Any],
    amendments: list[dict[str, Any]],
    start: date | None,
    value: int | None,
    due: date | None,
    currency: str,
) -> dict[str, Any]:
    """What the standard has no place for, and what a reader of the standard would take otherwise than our facts say it."""
    ordered = sorted(amendments, key=lambda amendment: _iso(amendment["amended_on"]) or "")
    values = [a["value_after_amount"] for a in ordered if a["value_after_amount"] is not None]
    dues = [a["due_after_on"] for a in ordered if a["due_after_on"] is not None]
    is_told = bool(amendments)
    plain = {
        "contract_no": contract["contract_no"],
        "signed_on": start,
        "start_on": start,
        "value_first_amount": value if is_told else None,
        "value_amount": values[-1] if values else value,
        "due_first_on": due if is_told else None,
        "due_on": dues[-1] if dues else due,
        "n_amendments": sum(a["amendment_kind"] in _TOLD for a in amendments) if is_told else None,
    }
    if contract["contract_no"] is None:
        plain["contract_no"] = contract["contract_id"]
    differing = {name: _text(contract[name], name, currency) for name, said in plain.items() if contract[name] != said}
    return differing | {
        name: _text(contract.get(name), name, currency) for name in _OF_CONTRACT if contract.get(name) is not None
    }


def _modification(amendment: dict[str, Any], currency: str) -> dict[str, Any]:
    return _present({
        "id": amendment["amendment_id"],
        "date": _day(amendment["amended_on"]),
        "type": amendment["amendment_kind"],
        "rationale": amendment["reason"],
        "oldContractValue": _value(amendment["value_before_amount"], currency),
        "newContractValue": _value(amendment["value_after_amount"], currency),
        "oldContractPeriod": _present({"endDate": _day(amendment["due_before_on"])}),
        "newContractPeriod": _present({"endDate": _day(amendment["due_after_on"])}),
    })  # fmt: skip


def _transaction(payment: dict[str, Any], currency: str) -> dict[str, Any]:
    return _present({
        "id": payment["payment_id"], "date": _day(payment["paid_on"]), "value": _value(payment["amount"], currency),
        "x_type": payment["payment_kind"],
    })  # fmt: skip


# ---- values -----------------------------------------------------------------------------------------------------------
def _present(node: dict[str, Any]) -> dict[str, Any]:
    """Without what is not known: the standard wants no nulls and no empty objects."""
    return {name: value for name, value in node.items() if value is not None and value not in ("", [], {})}


def _value(amount: int | None, currency: str) -> dict[str, Any] | None:
    return None if amount is None else {"amount": int(amount), "currency": currency}


def _day(day: date | None) -> str | None:
    return None if day is None else f"{day.isoformat()}T00:00:00Z"


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _text(value: Any, name: str, currency: str) -> Any:
    """A fact as the readers take it: text; an amount with its currency."""
    if value is None:
        return None
    if name.endswith("_amount"):
        return f"{int(value)} {currency}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else _exact(value) if isinstance(value, float) else str(value)


def _exact(value: float, *, times: int = 1) -> str:
    """The shortest decimal of a number, without an exponent."""
    whole = Decimal(repr(float(value))) * times
    return format(whole.normalize(), "f")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _number(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
