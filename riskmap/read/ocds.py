"""OCDS contracting data (1.1) -> text: one facility per contracting process, with its contracts, payments, amendments, bids.

Read are release packages, record packages, single releases or records, lists of them, and any of these one per line. What
the standard says is taken as it says it; what a source leaves open stays open:
- Releases of one process are merged in the order of their dates (lists by `id`, null removes); a `compiledRelease` goes
  before. The first terms of a contract are those of its first signed release, and not known where only one is given.
- A process for goods or services is refused with that reason: it builds nothing.
- Who won is settled only when every award is; an invitation or a withdrawn bid is no bid.
- `tender.status` says nothing about the works, so it is no status of the facility, unless the tender came to nothing.
Contact persons, addresses of parties and owners are not read at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import chain
from pathlib import Path
from typing import Any

from riskmap.problem import DataError
from riskmap.read import RawTable
from riskmap.read.geometry import GeometryRefused, point_in
from riskmap.read.nodes import Found, get, in_order, money_text, objects, organisation_id, party_of, raw_tables, referenced, texts
from riskmap.read.strict_json import load, text_of

SECTIONS = ("tender", "awards", "contracts", "planning", "bids", "buyer")
FAILED = ("cancelled", "withdrawn", "unsuccessful")  # a tender that led to no works
CALLED_OFF = ("cancelled", "withdrawn")
NOT_SUBMITTED = ("invited", "withdrawn")
ADMITTED = {"valid": "true", "disqualified": "false"}
FINAL_AWARDS = ("active", "cancelled", "unsuccessful")
# what stands where, in the order in which it is looked at; of a list only the first misfit is told
SHAPES: dict[str, type] = {
    "tender": dict, "tender.tenderPeriod": dict, "tender.value": dict, "tender.tenderers": list, "tender.items": list,
    "buyer": dict, "planning": dict, "planning.budget": dict, "parties": list, "parties[]": dict,
    "awards": list, "awards[]": dict, "awards[].suppliers": list, "awards[].value": dict,
    "contracts": list, "contracts[]": dict, "contracts[].value": dict, "contracts[].period": dict,
    "contracts[].implementation": dict, "contracts[].implementation.transactions": list,
    "contracts[].implementation.transactions[]": dict, "contracts[].amendments": list, "contracts[].amendments[]": dict,
    "bids": dict, "bids.details": list, "bids.details[]": dict, "bids.details[].value": dict, "bids.details[].tenderers": list,
}  # fmt: skip
_SHAPE_NAMES: dict[type, str] = {dict: "object", list: "list"}

Cells = dict[str, tuple[str, Any]]


@dataclass
class _Process:
    """What a file holds about one contracting process: its releases, and the compiled one where it is given."""

    path: str
    ocid: str
    releases: list[dict[str, Any]] = field(default_factory=list)
    compiled: dict[str, Any] | None = None
    is_object: bool = True

    @property
    def release(self) -> dict[str, Any]:
        """The state in force: as compiled by the publisher, else as merged here."""
        return self.compiled or _merged(in_order(self.releases, "date"))


@dataclass
class _Won:
    """Who won, by the awards in force of a process or of one of its lots."""

    bids: set[str] = field(default_factory=set)  # ids of the bids that awards name
    suppliers: set[str] = field(default_factory=set)
    is_complete: bool = True  # does every award name its suppliers?


def read_ocds(
    path: Path, *, name: str, max_bytes: int = 50_000_000, max_depth: int = 64, max_vertices: int = 100_000
) -> list[RawTable]:
    """The tables of an OCDS file; DataError if the file is not OCDS at all."""
    return tables(load(path, name=name, max_bytes=max_bytes, max_depth=max_depth), name=name, max_vertices=max_vertices)


def is_ocds(documents: list[Any]) -> bool:
    """Does the first document look like a package, a release, a record or a list of them?"""
    first = documents[0] if documents else None
    if isinstance(first, list):
        first = next((item for item in first[:10] if isinstance(item, dict)), None)
    is_project = isinstance(first, dict) and not {"projects", "contractingProcesses"}.isdisjoint(first)
    return isinstance(first, dict) and not is_project and not {"ocid", "releases", "records"}.isdisjoint(first)


def tables(documents: list[Any], *, name: str, max_vertices: int) -> list[RawTable]:
    """RawTables of documents that are parsed already. One bad process spoils no other."""
    found = Found(name)
    processes = _processes(documents, name)
    if not processes:
        raise DataError("no_rows", name)
    for position, process in enumerate(processes, start=1):
        if not process.is_object:
            found.add("facilities", position, {})
            found.warn(position, "json_shape", process.path, severity="error", expected="object")
            continue
        release = process.release
        if any(release.get(part) and isinstance(release[part], dict | list) for part in SECTIONS):
            _process(found, position, process, release, max_vertices)
        else:
            found.add("facilities", position, {"facility_id": ("ocid", process.ocid)})
            found.warn(position, "ocds_only_linked", process.path, process.ocid, severity="error")
        for path, expected in _misfits(release):
            found.warn(position, "json_shape", f"{process.path}.{path}".lstrip("."), severity="cell", expected=expected)
    return raw_tables(found)


# ---- from packages to processes --------------------------------------------------------------------------------------
def _processes(documents: list[Any], name: str) -> list[_Process]:
    """One entry per `ocid` in the order of the file; what has no `ocid` or is no object stands for itself."""
    by_ocid: dict[str, _Process] = {}
    alone = 0
    for path, item in _items(documents, name):
        record = item if isinstance(item, dict) else {}
        compiled = record.get("compiledRelease")
        releases = objects(record, "releases") if "releases" in record or "compiledRelease" in record else [record]
        ocid = next((o for r in (compiled, record, *releases) if (o := text_of(get(r, "ocid")).strip())), "")
        alone += not ocid
        process = by_ocid.setdefault(ocid or f"\n{alone}", _Process(path, ocid, is_object=isinstance(item, dict)))
        process.releases += releases
        if isinstance(compiled, dict):
            process.compiled = in_order([process.compiled or {}, compiled], "date")[-1]
    return list(by_ocid.values())


def _items(documents: list[Any], name: str) -> Iterator[tuple[str, Any]]:
    """(path, release or record) of every document."""
    for at, document in enumerate(documents):
        line = f"lines[{at}]" if len(documents) > 1 else ""
        dotted = f"{line}." if line else ""
        key = next((k for k in ("records", "releases") if isinstance(document, dict) and k in document), None)
        if isinstance(document, list):
            yield from ((f"{line}[{i}]", item) for i, item in enumerate(document))
        elif key and "ocid" not in document:
            if not isinstance(document[key], list):
                raise DataError("ocds_not_list", name, path=dotted + key)
            yield from ((f"{dotted}{key}[{i}]", item) for i, item in enumerate(document[key]))
        elif at or isinstance(document, dict):
            yield line, document
        else:
            raise DataError("not_ocds", name)


def _merged(values: list[Any]) -> Any:
    """One value of several, oldest first: objects key by key, lists of objects by `id`, else the newest; null removes.

    All releases are merged at once, so that the time grows with the size of the file only.
    """
    if len(values) == 1:
        return values[0]
    if all(isinstance(value, dict) for value in values):
        by_key: dict[str, list[Any]] = {}
        for key, value in chain.from_iterable(v.items() for v in values):
            if value is None:
                by_key.pop(key, None)
            else:
                by_key.setdefault(key, []).append(value)
        return {key: _merged(found) for key, found in by_key.items()}
    if all(isinstance(value, list) and all(text_of(get(item, "id")) for item in value) for value in values):
        by_id: dict[str, list[Any]] = {}
        for item in chain.from_iterable(values):
            by_id.setdefault(text_of(item["id"]), []).append(item)
        return [_merged(found) for found in by_id.values()]
    return values[-1]


# ---- a process -------------------------------------------------------------------------------------------------------
def _process(found: Found, position: int, process: _Process, release: dict[str, Any], max_vertices: int) -> None:
    tender, contracts = release.get("tender"), objects(release, "contracts")
    facility_id = process.ocid or text_of(get(tender, "id")).strip()
    cells: Cells = {
        "facility_id": ("ocid" if process.ocid else "tender.id", facility_id),
        "facility_type": ("tender.items[].classification.description", _kind(tender)),
        "status": ("contracts[].status", _status(tender, contracts)),
        "source_as_of": ("date", release.get("date")),
        "source_url": ("tender.documents[].url", _url(release)),
    }
    cells |= _title(found, position, release, facility_id)
    cells |= _budget(release)
    cells |= _buyer(release)
    cells |= _place(found, position, tender, contracts, max_vertices)
    cells |= _milestones(contracts)
    found.add("facilities", position, cells)
    if process.ocid and not process.ocid.startswith("ocds-"):
        found.warn(position, "ocds_id_prefix", "ocid", process.ocid)
    category = text_of(get(tender, "mainProcurementCategory"))
    if category in ("goods", "services") and "works" not in texts(get(tender, "additionalProcurementCategories")):
        found.warn(position, "ocds_not_works", "tender.mainProcurementCategory", category, severity="error")
        return  # its contracts would be refused for its sake
    numbers = _contracts(found, position, process, release, facility_id)
    _bids(found, position, release, facility_id, numbers)


def _misfits(release: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(path, what was expected there) of every part that has another shape than the standard gives it."""
    for path, expected in SHAPES.items():
        *above, last = path.replace("[]", ".[]").split(".")
        nodes: list[tuple[str, Any]] = [("", release)]
        for key in above:
            nodes = list(_below(nodes, key))
        misfit = next((p for p, value in _below(nodes, last) if value is not None and not isinstance(value, expected)), None)
        if misfit:
            yield misfit.lstrip("."), _SHAPE_NAMES[expected]


def _below(nodes: list[tuple[str, Any]], key: str) -> Iterator[tuple[str, Any]]:
    for path, node in nodes:
        if key == "[]":
            yield from ((f"{path}[{i}]", item) for i, item in enumerate(node if isinstance(node, list) else []))
        elif isinstance(node, dict):
            yield f"{path}.{key}", node.get(key)


def _title(found: Found, position: int, release: dict[str, Any], facility_id: str) -> Cells:
    """The first name that the process gives itself; one without a name is called by its identifier."""
    named = [("tender.title", get(release, "tender", "title"))]
    named += [(f"{part}[].title", item.get("title")) for part in ("contracts", "awards") for item in objects(release, part)]
    named += [("tender.description", get(release, "tender", "description")),
              ("planning.budget.project", get(release, "planning", "budget", "project"))]  # fmt: skip
    path, title = next(((p, t) for p, t in named if text_of(t).strip()), ("ocid", facility_id))
    if path == "ocid" and facility_id:
        found.warn(position, "title_from_id", "tender.title", facility_id)
    return {"title": (path, title)}


def _kind(tender: Any) -> str:
    said = [text_of(get(item, "classification", "description")).strip() for item in objects(tender, "items")]
    return "; ".join(list(dict.fromkeys(filter(None, said)))[:3])[:300]


def _status(tender: Any, contracts: list[dict[str, Any]]) -> str:
    """The status that all contracts share; without contracts only that the tender failed.

    "terminated" is left out: in OCDS it says that a contract came to its end, well or badly.
    """
    said = {text_of(contract.get("status")) for contract in contracts}
    if contracts:
        return said.pop() if len(said) == 1 and said != {"terminated"} else ""
    status = text_of(get(tender, "status"))
    return status if status in FAILED else ""


def _url(release: dict[str, Any]) -> Any:
    parts = [release.get("tender"), *objects(release, "contracts"), *objects(release, "awards"), release.get("planning")]
    documents = chain.from_iterable(objects(part, "documents") for part in parts)
    return next((d["url"] for d in documents if text_of(d.get("url")).strip()), None)


def _budget(release: dict[str, Any]) -> Cells:
    """The budget of the plan, else what the buyer expects the tender to cost."""
    for path, value in (
        ("planning.budget.amount", get(release, "planning", "budget", "amount")),
        ("tender.value", get(release, "tender", "value")),
    ):
        if not _is_zero(get(value, "amount")):
            return {
                "budget_amount": (f"{path}.amount", get(value, "amount")),
                "currency": (f"{path}.currency", get(value, "currency")),
            }
    return {}


def _is_zero(amount: Any) -> bool:
    """Is there no amount, or one that says "not filled in"?"""
    try:
        return Decimal(text_of(amount).strip() or "0") == 0
    except InvalidOperation:
        return False  # what cannot be read is refused, and shown, by `check`


def _buyer(release: dict[str, Any]) -> Cells:
    """The buyer, else the procuring entity: names and identifiers of bodies only."""
    parties = [
        ("buyer", release.get("buyer")),
        ("parties[roles=buyer]", party_of(release, "buyer")),
        ("tender.procuringEntity", get(release, "tender", "procuringEntity")),
        ("parties[roles=procuringEntity]", party_of(release, "procuringEntity")),
    ]
    for path, party in parties:
        if text_of(get(party, "name")) or text_of(get(party, "id")):
            return {
                "buyer_id": (f"{path}.id", organisation_id(release, party)),
                "buyer_name": (f"{path}.name", get(party, "name") or get(referenced(release, party), "name")),
            }
    return {}


def _place(found: Found, position: int, tender: Any, contracts: list[dict[str, Any]], max_vertices: int) -> Cells:
    """Where the first item is delivered: a point where one is given, and the address (both extensions of OCDS)."""
    items = [*objects(tender, "items"), *chain.from_iterable(objects(c, "items") for c in contracts)]
    address = next((a for item in items if isinstance(a := item.get("deliveryAddress"), dict)), None)
    cells: Cells = {
        "region": ("items[].deliveryAddress.region", get(address, "region")),
        "district": ("items[].deliveryAddress.locality", get(address, "locality")),
        "address": ("items[].deliveryAddress.streetAddress", get(address, "streetAddress")),
    }
    path = "items[].deliveryLocation.geometry"
    geometry = next((g for item in items if (g := get(item, "deliveryLocation", "geometry")) is not None), None)
    if geometry is not None:
        try:
            lon, lat, precision = point_in(geometry, max_vertices=max_vertices)
        except GeometryRefused as refusal:
            found.warn(position, refusal.code, path, severity="cell", **refusal.params)
        else:
            cells |= {"lon": (f"{path}.coordinates[0]", lon), "lat": (f"{path}.coordinates[1]", lat)}
            if precision:
                cells["location_precision"] = (f"{path}.type", precision)
    return cells


def _milestones(contracts: list[dict[str, Any]]) -> Cells:
    """The day of delivery as announced, and as met once every contract has come to its end."""
    milestones = chain.from_iterable(
        [*objects(c, "milestones"), *objects(c, "implementation", "milestones")] for c in contracts
    )  # fmt: skip
    delivery = [m for m in milestones if text_of(m.get("type")) == "delivery"]
    cells: Cells = {}
    if due := in_order([m for m in delivery if text_of(m.get("dueDate"))], "dueDate"):
        cells["due_announced_on"] = ("contracts[].milestones[type=delivery].dueDate", due[-1]["dueDate"])
    is_over = all(text_of(contract.get("status")) == "terminated" for contract in contracts)
    if delivery and is_over and all(text_of(m.get("dateMet")) for m in delivery):
        cells["completed_on"] = ("contracts[].milestones[type=delivery].dateMet", in_order(delivery, "dateMet")[-1]["dateMet"])
    return cells


# ---- contracts -------------------------------------------------------------------------------------------------------
def _contracts(
    found: Found, position: int, process: _Process, release: dict[str, Any], facility_id: str
) -> list[tuple[str, dict[str, Any] | None]]:
    """A row per contract; without contracts one per active award; without those one for the tender.

    Gives (contract number, its award) of each row.
    """
    tender, awards, contracts = release.get("tender"), objects(release, "awards"), objects(release, "contracts")
    common = _tender(found, position, release, facility_id)
    by_id, first = {text_of(award.get("id")): award for award in awards if text_of(award.get("id"))}, _first_terms(process)
    only = awards[0] if len(awards) == len(contracts) == 1 else None
    parties = _parties(release)
    rows: list[tuple[Cells, dict[str, Any] | None]] = []
    for contract in contracts:
        award = by_id.get(text_of(contract.get("awardID")), only)
        rows.append((_contract(parties, contract, award, first.get(text_of(contract.get("id")))), award))
    if not contracts and text_of(get(tender, "status")) not in CALLED_OFF:
        rows = [(_award(parties, award), award) for award in awards if text_of(award.get("status")) == "active"]
    planned = get(tender, "contractPeriod", "endDate")
    for cells, _ in rows or [({}, None)]:
        if rows and not text_of(cells["due_on"][1]) and text_of(planned):
            cells["due_on"] = ("tender.contractPeriod.endDate", planned)
            found.warn(position, "due_from_tender", "tender.contractPeriod.endDate", text_of(planned))
        found.add("contracts", position, common | cells)
    for contract in contracts:
        number = text_of(contract.get("id"))
        for amendment in objects(contract, "amendments"):
            _amendment(found, contract, amendment, facility_id, number)
        for transaction in objects(contract, "implementation", "transactions"):
            _payment(found, transaction, facility_id, number)
    return [(text_of(cells["contract_no"][1]), award) for cells, award in rows]


def _tender(found: Found, position: int, release: dict[str, Any], facility_id: str) -> Cells:
    tender = release.get("tender")
    stated = text_of(get(tender, "numberOfTenderers"))
    listed = len({text_of(t.get("id")) or text_of(t.get("name")) for t in objects(tender, "tenderers")} - {""})
    path, n_bidders = "tender.numberOfTenderers", stated
    if listed and (not stated or (stated.isdigit() and len(stated) < 9 and int(stated) < listed)):
        path, n_bidders = "tender.tenderers", str(listed)
        if stated:
            found.warn(position, "ocds_more_tenderers", path, stated, listed=str(listed))
    return {
        "facility_id": ("ocid", facility_id),
        "method": ("tender.procurementMethod", get(tender, "procurementMethod")),
        "method_details": ("tender.procurementMethodDetails", get(tender, "procurementMethodDetails")),
        "n_bidders": (path, n_bidders),
        "published_on": ("tender.tenderPeriod.startDate", get(tender, "tenderPeriod", "startDate")),
        "bid_deadline_on": ("tender.tenderPeriod.endDate", get(tender, "tenderPeriod", "endDate")),
    }


def _contract(
    parties: Mapping[str, dict[str, Any]],
    contract: dict[str, Any],
    award: dict[str, Any] | None,
    first: dict[str, Any] | None,
) -> Cells:
    path = "contracts[]"
    value, value_path = money_text(contract, "value"), f"{path}.value.amount"
    if _is_zero(get(contract, "value", "amount")) and money_text(award, "value"):
        value, value_path = money_text(award, "value"), "awards[].value.amount"
    end, end_path = get(contract, "period", "endDate"), f"{path}.period.endDate"
    if not text_of(end):
        end, end_path = get(award, "contractPeriod", "endDate"), "awards[].contractPeriod.endDate"
    amendments = contract.get("amendments")
    return {
        "contract_no": (f"{path}.id", text_of(contract.get("id"))),
        "signed_on": (f"{path}.dateSigned", contract.get("dateSigned")),
        "start_on": (f"{path}.period.startDate", get(contract, "period", "startDate")),
        "due_first_on": (f"{path}.period.endDate", get(first, "period", "endDate")),
        "due_on": (end_path, end),
        "value_first_amount": (f"{path}.value.amount", money_text(first, "value")),
        "value_amount": (value_path, value),
        "n_amendments": (f"{path}.amendments", str(len(amendments)) if isinstance(amendments, list) else None),
        "is_terminated": (f"{path}.status", "true" if text_of(contract.get("status")) == "cancelled" else None),
        **_suppliers(parties, objects(contract, "suppliers") or objects(award, "suppliers")),
    }


def _first_terms(process: _Process) -> dict[str, dict[str, Any]]:
    """By its id each contract as its first signed release shows it, where two releases show it at least."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for contract in (c for release in in_order(process.releases, "date") for c in objects(release, "contracts")):
        if text_of(contract.get("dateSigned")) or text_of(contract.get("status")) == "active":
            shown.setdefault(text_of(contract.get("id")), []).append(contract)
    return {number: versions[0] for number, versions in shown.items() if number and len(versions) > 1}


def _award(parties: Mapping[str, dict[str, Any]], award: dict[str, Any]) -> Cells:
    return {
        "contract_no": ("awards[].id", text_of(award.get("id"))),
        "start_on": ("awards[].contractPeriod.startDate", get(award, "contractPeriod", "startDate")),
        "due_on": ("awards[].contractPeriod.endDate", get(award, "contractPeriod", "endDate")),
        "value_amount": ("awards[].value.amount", money_text(award, "value")),
        **_suppliers(parties, objects(award, "suppliers")),
    }


def _parties(release: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {text_of(party.get("id")): party for party in objects(release, "parties") if text_of(party.get("id"))}


def _register_id(parties: Mapping[str, dict[str, Any]], reference: dict[str, Any]) -> str:
    """The identifier of the register where one is given, else the id that the data use for the party."""
    own = text_of(reference.get("id"))
    return text_of(get(parties.get(own, reference), "identifier", "id")) or own


def _suppliers(parties: Mapping[str, dict[str, Any]], suppliers: list[dict[str, Any]]) -> Cells:
    """Names of all suppliers; an identifier only where there is one, for several are nobody's."""
    return {
        "supplier_name": ("awards[].suppliers[].name", ", ".join(texts([s.get("name") for s in suppliers]))),
        "supplier_id": ("awards[].suppliers[].id", _register_id(parties, suppliers[0]) if len(suppliers) == 1 else None),
    }


def _amendment(found: Found, contract: dict[str, Any], amendment: dict[str, Any], facility_id: str, number: str) -> None:
    """An amendment with the former values that it names (`changes`, kept from OCDS 1.0)."""
    path = "contracts[].amendments[]"
    former = {text_of(c.get("property")): c.get("former_value") for c in objects(amendment, "changes")}
    kinds = [kind for kind, part in (("value", "value"), ("duration", "period")) if any(p.split(".")[0] == part for p in former)]
    currency = text_of(get(contract, "value", "currency"))
    before = text_of(former.get("value.amount")) or text_of(get(former.get("value"), "amount"))
    end = former.get("period.endDate") or get(former.get("period"), "endDate")
    found.add(
        "amendments",
        0,
        {
            "facility_id": ("ocid", facility_id),
            "contract_no": ("contracts[].id", number),
            "amended_on": (f"{path}.date", amendment.get("date")),
            "amendment_kind": (f"{path}.changes[].property", ", ".join(kinds)),
            "value_before_amount": (f"{path}.changes[].former_value", f"{before} {currency}".strip() if before else None),
            "due_before_on": (f"{path}.changes[].former_value", end),
            "reason": (f"{path}.rationale", amendment.get("rationale") or amendment.get("description")),
        },
    )


def _payment(found: Found, transaction: dict[str, Any], facility_id: str, number: str) -> None:
    path = "contracts[].implementation.transactions[]"
    part = "value" if "value" in transaction else "amount"  # the name in OCDS 1.0
    found.add(
        "payments",
        0,
        {
            "facility_id": ("ocid", facility_id),
            "contract_no": ("contracts[].id", number),
            "paid_on": (f"{path}.date", transaction.get("date")),
            "amount": (f"{path}.{part}.amount", money_text(transaction, part)),
            "payment_kind": (f"{path}.x_type", transaction.get("x_type")),
        },
    )


# ---- bids ------------------------------------------------------------------------------------------------------------
def _bids(
    found: Found,
    position: int,
    release: dict[str, Any],
    facility_id: str,
    numbers: list[tuple[str, dict[str, Any] | None]],
) -> None:
    """The bids submitted (extension `bids`), each with its contract where the lots or a single contract tell it."""
    details = objects(release, "bids", "details")
    if details and text_of(get(release, "tender", "status")) in CALLED_OFF:
        found.warn(position, "ocds_bids_called_off", "tender.status", str(len(details)))
        return
    submitted = [bid for bid in details if text_of(bid.get("status")) not in NOT_SUBMITTED]
    if n_left := len(details) - len(submitted):
        found.warn(position, "ocds_bids_not_submitted", "bids.details[].status", str(n_left))
    parties, won, numbers_by_lot = _parties(release), _winners(release), _by_lot(numbers)
    for bid in submitted:
        lots = texts(bid.get("relatedLots"))
        possible = numbers_by_lot[""] if len(numbers) < 2 else {n for lot in lots for n in numbers_by_lot.get(lot, ())}
        ids = sorted({i for tenderer in objects(bid, "tenderers") if (i := _register_id(parties, tenderer))})
        found.add(
            "bids",
            0,
            {
                "facility_id": ("ocid", facility_id),
                "contract_no": ("contracts[].id", next(iter(possible)) if len(possible) == 1 else None),
                "bidder_id": ("bids.details[].tenderers[].id", " + ".join(ids)),
                "amount": ("bids.details[].value.amount", money_text(bid, "value")),
                "is_valid": ("bids.details[].status", ADMITTED.get(text_of(bid.get("status")))),
                "is_winner": ("awards[].suppliers", _has_won(bid, lots, won) if won else None),
            },
        )


def _by_lot(numbers: list[tuple[str, dict[str, Any] | None]]) -> dict[str, set[str]]:
    """Contract numbers by lot of their award; all of them under ""."""
    found: dict[str, set[str]] = {"": set()}
    for number, award in numbers:
        for lot in ("", *texts(get(award, "relatedLots"))):
            found.setdefault(lot, set()).add(number)
    return found


def _winners(release: dict[str, Any]) -> dict[str, _Won]:
    """Who won by lot, and on the whole under ""; empty while an award is not final, for then nobody knows."""
    contracts = [c for c in objects(release, "contracts") if text_of(c.get("status")) != "cancelled"]
    signed = {text_of(contract.get("awardID")) for contract in contracts} - {""}
    found: dict[str, _Won] = {}
    for award in objects(release, "awards"):
        status = text_of(award.get("status"))
        if status == "active" or text_of(award.get("id")) in signed:
            suppliers = {text_of(s.get("id")) for s in objects(award, "suppliers")} - {""}
            for lot in ("", *texts(award.get("relatedLots"))):
                won = found.setdefault(lot, _Won())
                won.suppliers |= suppliers
                won.bids |= {*texts(award.get("relatedBids")), text_of(award.get("relatedBid"))} - {""}
                won.is_complete &= bool(suppliers)
        elif status not in FINAL_AWARDS:
            return {}
    return found


def _has_won(bid: Mapping[str, Any], lots: list[str], won: Mapping[str, _Won]) -> str | None:
    """Whether a bid won: by the bids that awards name, else by its tenderers; None where it does not say whose it is."""
    if text_of(bid.get("status")) == "disqualified":
        return "false"
    parts = [won[lot] for lot in lots if lot in won] or [won[""]]
    bid_id = text_of(bid.get("id"))
    if bid_id and any(part.bids for part in parts):
        return "true" if any(bid_id in part.bids for part in parts) else "false"
    tenderers = {text_of(tenderer.get("id")) for tenderer in objects(bid, "tenderers")} - {""}
    if any(tenderers & part.suppliers for part in parts):
        return "true"
    return "false" if tenderers and all(part.is_complete for part in parts) else None
