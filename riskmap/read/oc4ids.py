"""OC4IDS project data (0.9) -> text: one row per project, and its contracts, payments, progress and amendments.

Read are a project package, one project, a list of projects, and any of these one per line. What the standard says is
taken as it says it; what a source leaves open stays open:
- `contractValue` and `contractPeriod` are the first ones; the values in force are those of the last modification.
- `completion.endDate` is a fact only of a project that is completed, else it is a plan.
- a contracting process without `summary` gives what its embedded release says, and nothing where it is only linked.
- `x_facts` of an export of ours overrides the place where the standard would be read otherwise.
Contact persons, addresses of parties and owners are not read at all; a contact point of the buyer that names nobody is.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from riskmap.check.values import contact_of
from riskmap.problem import DataError
from riskmap.read import RawTable
from riskmap.read.geometry import GeometryRefused, point_in
from riskmap.read.nodes import Found, get, in_order, money_text, objects, organisation_id, party_of, raw_tables, referenced, texts
from riskmap.read.strict_json import load, text_of
from riskmap.schema import INPUT_TABLES

COMPLETED = ("completion", "completed", "maintenance", "decommissioning", "decommissioned")
NOT_WORKS = {"design", "supervision"}
CHANGES = ("duration", "value", "scope")
EXPERTISE = ("expertise", "stateExpertise", "x_expertise")
# measures of `budget.budgetBreakdown[].budgetLines[]` that say money was spent (increments, added up)
SPENT = "executed"


def read_oc4ids(
    path: Path, *, name: str, max_bytes: int = 50_000_000, max_depth: int = 64, max_vertices: int = 100_000
) -> list[RawTable]:
    """The tables of an OC4IDS file; DataError if the file is not OC4IDS at all."""
    return tables(load(path, name=name, max_bytes=max_bytes, max_depth=max_depth), name=name, max_vertices=max_vertices)


def is_oc4ids(documents: list[Any]) -> bool:
    """Does the first document look like a project, a package or a list of them?"""
    first = documents[0] if documents else None
    if isinstance(first, list):
        return any(isinstance(item, dict) for item in first[:10]) or not first
    return isinstance(first, dict) and ("projects" in first or "contractingProcesses" in first or {"id", "title"} <= set(first))


def tables(documents: list[Any], *, name: str, max_vertices: int) -> list[RawTable]:
    """RawTables of documents that are parsed already. One bad project spoils no other."""
    found = Found(name)
    projects = list(_projects(documents, name))
    if not projects:
        raise DataError("no_rows", name)
    for position, project in enumerate(projects, start=1):
        if isinstance(project, dict):
            _project(found, position, project, max_vertices)
        else:
            found.add("facilities", position, {})
            found.warn(position, "project_not_object", f"projects[{position - 1}]", severity="error")
    return raw_tables(found)


def _projects(documents: list[Any], name: str) -> Iterator[Any]:
    for document in documents:
        if isinstance(document, list):
            yield from document
        elif isinstance(document, dict) and "projects" in document:
            if not isinstance(document["projects"], list):
                raise DataError("oc4ids_projects_not_list", name)
            yield from document["projects"]
        elif isinstance(document, dict) and {"releases", "records"}.isdisjoint(document):
            yield document
        else:
            raise DataError("not_oc4ids", name)


# ---- a project -------------------------------------------------------------------------------------------------------
def _project(found: Found, position: int, project: dict[str, Any], max_vertices: int) -> None:
    cells: dict[str, tuple[str, Any]] = {
        "facility_id": ("id", project.get("id")),
        "title": ("title", project.get("title")),
        "facility_type": ("sector", "; ".join(texts(project.get("sector")))),
        "status": ("status", project.get("status")),
        "source_as_of": ("updated", project.get("updated")),
        "budget_amount": ("budget.amount.amount", get(project, "budget", "amount", "amount")),
        "currency": ("budget.amount.currency", get(project, "budget", "amount", "currency")),
        "due_normative_on": ("x_normativeEndDate", project.get("x_normativeEndDate")),
        "delay_cause": ("x_delayCause", project.get("x_delayCause")),
    }
    cells |= _place(found, position, project, max_vertices)
    cells |= _parties(project)
    cells |= _metrics(project)
    cells |= _documents(project)
    cells |= _milestones(project)
    cells |= _spent(found, position, project)
    is_completed = text_of(project.get("status")).casefold() in COMPLETED
    end = get(project, "completion", "endDate")
    if is_completed and text_of(end):
        cells["completed_on"] = ("completion.endDate", end)
    cells |= _own_facts(project, "facilities", "x_facts")
    found.add("facilities", position, cells)
    facility_id = text_of(cells["facility_id"][1]).strip()
    if facility_id and not text_of(project.get("id")).strip().startswith("oc4ids-"):
        found.warn(position, "oc4ids_id_prefix", "id", facility_id)
    if any(text_of(value).strip() == "" for value in project.values() if isinstance(value, str)):
        found.warn(position, "oc4ids_empty_text", "projects[]")
    _contracts(found, position, project, facility_id, is_completed)
    _progress(found, project, facility_id)
    for transaction in objects(project, "transactions"):
        _payment(found, transaction, facility_id, "")


def _own_facts(node: dict[str, Any], table: str, path: str) -> dict[str, tuple[str, Any]]:
    """What an export of ours says beside the standard, by the names of our columns; null = not known, whatever stands there."""
    stated = node.get("x_facts")
    known = {column.name for column in INPUT_TABLES[table]}
    return {c: (f"{path}.{c}", value) for c, value in stated.items() if c in known} if isinstance(stated, dict) else {}


def _place(found: Found, position: int, project: dict[str, Any], max_vertices: int) -> dict[str, tuple[str, Any]]:
    """The first location that has a geometry, else the first one; further points are only mentioned."""
    locations = objects(project, "locations")
    if not locations:
        return {}
    at = next((i for i, location in enumerate(locations) if isinstance(location.get("geometry"), dict)), 0)
    location, path = locations[at], f"locations[{at}]"
    cells: dict[str, tuple[str, Any]] = {
        "region": ("locations[].address.region", get(location, "address", "region")),
        "district": ("locations[].address.locality", get(location, "address", "locality")),
        "address": (
            "locations[].address.streetAddress",
            get(location, "address", "streetAddress") or location.get("description"),
        ),
        "location_precision": ("locations[].x_precision", location.get("x_precision")),
    }
    if len({str(other.get("geometry")) for other in locations if other.get("geometry")}) > 1:
        found.warn(position, "several_locations", "locations", str(len(locations)))
    if (geometry := location.get("geometry")) is not None:
        try:
            lon, lat, precision = point_in(geometry, max_vertices=max_vertices)
        except GeometryRefused as refusal:
            found.warn(position, refusal.code, f"{path}.geometry", severity="cell", **refusal.params)
        else:
            cells["lon"] = ("locations[].geometry.coordinates[0]", lon)
            cells["lat"] = ("locations[].geometry.coordinates[1]", lat)
            if precision and not text_of(location.get("x_precision")):
                cells["location_precision"] = ("locations[].geometry.type", precision)
    return cells


def _parties(project: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """The buyer and the supervisor: names and identifiers of bodies only."""
    cells: dict[str, tuple[str, Any]] = {}
    buyer, path = project.get("publicAuthority"), "publicAuthority"
    for role in ("publicAuthority", "buyer", "procuringEntity"):
        if not get(buyer, "name") and not get(buyer, "id"):
            buyer, path = party_of(project, role), f"parties[roles={role}]"
    if buyer:
        cells["buyer_id"] = (f"{path}.id", organisation_id(project, buyer))
        cells["buyer_name"] = (f"{path}.name", get(buyer, "name") or get(referenced(project, buyer), "name"))
        if contact := _office_contact(buyer, referenced(project, buyer), party_of(project, "publicAuthority")):
            cells["buyer_contact"] = (f"{path}.contactPoint", contact)
    if supervisor := party_of(project, "supervisor"):
        cells["supervisor_name"] = ("parties[roles=supervisor].name", supervisor.get("name"))
    return cells


def _office_contact(*parties: Any) -> str:
    """The first contact of an office among these parties. A point that names somebody may be a person's and is not read; nor is
    what the check of a table would refuse as private."""
    points = [point for one in parties if isinstance(point := get(one, "contactPoint"), dict) and not text_of(point.get("name"))]
    stated = (text_of(point.get(part)).strip() for point in points for part in ("url", "email", "telephone"))
    return next((words for words in stated if words and not contact_of(words).code), "")


def _metrics(project: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    observations = [o for m in objects(project, "metrics") if m.get("id") == "capacity" for o in objects(m, "observations")]
    if not observations:
        return {}
    last = in_order(observations, "id")[-1]
    return {
        "capacity": ("metrics[id=capacity].observations[].measure", last.get("measure")),
        "capacity_unit": ("metrics[id=capacity].observations[].unit.name", get(last, "unit", "name")),
    }


def _documents(project: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    documents = objects(project, "documents")
    cells = {"source_url": ("documents[].url", next((d["url"] for d in documents if text_of(d.get("url"))), None))}
    if expertise := [d for d in documents if text_of(d.get("documentType")) in EXPERTISE]:
        cells["expertise_on"] = ("documents[].datePublished", in_order(expertise, "datePublished")[0].get("datePublished"))
    return cells


def _milestones(project: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    delivery = [m for m in objects(project, "milestones") if text_of(m.get("type")) == "delivery"]
    cells: dict[str, tuple[str, Any]] = {}
    if due := in_order([m for m in delivery if text_of(m.get("dueDate"))], "dueDate"):
        cells["due_announced_on"] = ("milestones[type=delivery].dueDate", due[-1]["dueDate"])
    if delivery and all(text_of(m.get("dateMet")) for m in delivery):
        cells["completed_on"] = ("milestones[type=delivery].dateMet", in_order(delivery, "dateMet")[-1]["dateMet"])
    return cells


def _spent(found: Found, position: int, project: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Executed budget lines added up: money that was accepted or paid, the source does not say which."""
    breakdowns = objects(project, "budget", "budgetBreakdown")
    measures = [
        m
        for b in breakdowns
        for line in objects(b, "budgetLines")
        for m in objects(line, "measures")
        if text_of(m.get("id")) == SPENT
    ]
    cells: dict[str, tuple[str, Any]] = {}
    sources = {text_of(get(b, "sourceParty", "name")) for b in breakdowns} - {""}
    if len(sources) == 1:
        cells["programme"] = ("budget.budgetBreakdown[].sourceParty.name", sources.pop())
    total = _sum([get(m, "value", "amount") for m in measures])
    budget = _sum([get(project, "budget", "amount", "amount")])
    currencies = {text_of(get(m, "value", "currency")) for m in measures}
    if total is None or len(currencies) != 1 or currencies != {text_of(get(project, "budget", "amount", "currency"))}:
        return cells
    if budget and 0 <= total <= budget * 3 // 2:
        cells["absorbed_amount"] = ("budget.budgetBreakdown[].budgetLines[].measures[id=executed]", str(total))
        found.warn(position, "budget_measures_added", "budget.budgetBreakdown", str(total), n=str(len(measures)))
    return cells


def _sum(values: list[Any]) -> int | None:
    """Amounts added up in whole units; None if there are none or one of them is no number."""
    try:
        amounts = [Decimal(text_of(value)) for value in values]
    except InvalidOperation:
        return None
    if not amounts or not all(a.is_finite() and abs(a) < 10**18 for a in amounts):
        return None
    return round(sum(amounts, Decimal(0)))


def _progress(found: Found, project: dict[str, Any], facility_id: str) -> None:
    for at, metric in enumerate(objects(project, "metrics")):
        if text_of(metric.get("id")) != "physicalProgress":
            continue
        path = f"metrics[{at}].observations[]"
        for observation in objects(metric, "observations"):
            unit = f"{text_of(get(observation, 'unit', 'name'))} {text_of(get(observation, 'unit', 'id'))}".casefold()
            measure = text_of(observation.get("measure"))
            is_percent = "percent" in unit or "p1" in unit.split() or "%" in unit
            found.add(
                "progress",
                0,
                {
                    "facility_id": ("id", facility_id),
                    "reported_on": (
                        f"{path}.period",
                        get(observation, "period", "endDate") or get(observation, "period", "startDate"),
                    ),
                    "progress_share": (f"{path}.measure", f"{measure}%" if is_percent and measure else measure),
                    "progress_source": (f"{path}.x_source", observation.get("x_source")),
                },
            )


# ---- contracting processes -------------------------------------------------------------------------------------------
def _contracts(found: Found, position: int, project: dict[str, Any], facility_id: str, is_completed: bool) -> None:
    contracts: list[dict[str, tuple[str, Any]]] = []
    processes = objects(project, "contractingProcesses")
    for at, process in enumerate(processes):
        path = f"contractingProcesses[{at}]"
        summary = process.get("summary")
        nature = set(texts(get(summary, "nature")))
        if nature and nature <= NOT_WORKS:
            found.warn(position, "contract_not_works", f"{path}.summary.nature", ", ".join(sorted(nature)))
        elif isinstance(summary, dict):
            contracts.append(_from_summary(found, project, process, summary, f"{path}.summary", facility_id))
        elif embedded := _embedded(process):
            contracts += _from_release(found, embedded, f"{path}.releases[]", facility_id)
        else:
            found.warn(position, "contract_only_linked", path, text_of(process.get("id")))
            contracts.append({"facility_id": ("id", facility_id), "contract_no": (f"{path}.id", process.get("id"))})
    if len(processes) == 1 and len(contracts) == 1 and (supplier := party_of(project, "supplier")):
        contracts[0].setdefault("supplier_name", ("parties[roles=supplier].name", supplier.get("name")))
        contracts[0].setdefault("supplier_id", ("parties[roles=supplier].id", organisation_id(project, supplier)))
    _plan(found, position, project, contracts, facility_id, is_completed)
    for contract in contracts:
        found.add("contracts", position, contract)


def _plan(
    found: Found,
    position: int,
    project: dict[str, Any],
    contracts: list[dict[str, tuple[str, Any]]],
    facility_id: str,
    is_completed: bool,
) -> None:
    """Where no contract has a date of completion: that of the project, which all of its works have to meet.

    The start of the project is taken for the start of works only where there is one contract at most.
    """
    ends = [("implementationPeriod.endDate", get(project, "implementationPeriod", "endDate")),
            ("period.endDate", get(project, "period", "endDate"))]  # fmt: skip
    if not is_completed:  # then the date of completion is a plan, and the latest one
        ends.insert(0, ("completion.endDate", get(project, "completion", "endDate")))
    starts = [("implementationPeriod.startDate", get(project, "implementationPeriod", "startDate")),
              ("period.startDate", get(project, "period", "startDate"))]  # fmt: skip
    end = next(((path, value) for path, value in ends if text_of(value)), None)
    start = next(((path, value) for path, value in starts if text_of(value)), None)
    if any(text_of(contract.get("due_on", ("", ""))[1]) for contract in contracts) or not end:
        return
    if not contracts:
        contracts.append({"facility_id": ("id", facility_id)})
    for contract in contracts:
        contract["due_on"] = end
        if start and len(contracts) == 1 and not text_of(contract.get("start_on", ("", ""))[1]):
            contract["start_on"] = start
    found.warn(position, "due_from_project", end[0], text_of(end[1]))


def _from_summary(
    found: Found, project: dict[str, Any], process: dict[str, Any], summary: dict[str, Any], path: str, facility_id: str
) -> dict[str, tuple[str, Any]]:
    number = text_of(summary.get("externalReference")) or text_of(summary.get("ocid")) or text_of(process.get("id"))
    changes = in_order(objects(summary, "modifications"), "date")
    is_told = isinstance(summary.get("modifications"), list)
    value, period = money_text(summary, "contractValue"), get(summary, "contractPeriod")
    values = [amount for c in changes if (amount := money_text(c, "newContractValue"))]
    dues = [get(c, "newContractPeriod", "endDate") for c in changes if text_of(get(c, "newContractPeriod", "endDate"))]
    end, tender = get(period, "endDate"), summary.get("tender")
    suppliers = objects(summary, "suppliers")
    cells: dict[str, tuple[str, Any]] = {
        "facility_id": ("id", facility_id),
        "contract_no": (f"{path}.externalReference", number),
        "signed_on": (f"{path}.contractPeriod.startDate", get(period, "startDate")),
        "start_on": (f"{path}.contractPeriod.startDate", get(period, "startDate")),
        # without `modifications` nobody knows whether the first value is still in force: growth stays not known
        "value_first_amount": (f"{path}.contractValue.amount", value if is_told else None),
        "value_amount": (f"{path}.contractValue.amount", values[-1] if values else value),
        "due_first_on": (f"{path}.contractPeriod.endDate", end if is_told else None),
        "due_on": (f"{path}.contractPeriod.endDate", dues[-1] if dues else end),
        "n_amendments": (f"{path}.modifications", str(sum(_is_change(c) for c in changes)) if is_told else None),
        "method": (f"{path}.tender.procurementMethod", get(tender, "procurementMethod")),
        "method_details": (f"{path}.tender.procurementMethodDetails", get(tender, "procurementMethodDetails")),
        "n_bidders": (f"{path}.tender.numberOfTenderers", get(tender, "numberOfTenderers")),
        "published_on": (f"{path}.tender.datePublished", get(tender, "datePublished")),
        "supplier_name": (f"{path}.suppliers[].name", ", ".join(texts([s.get("name") for s in suppliers])) or None),
        "supplier_id": (f"{path}.suppliers[].id", organisation_id(project, suppliers[0]) if len(suppliers) == 1 else None),
    }
    cells |= _own_facts(summary, "contracts", f"{path}.x_facts") | {"facility_id": ("id", facility_id)}
    _amendments(found, changes, facility_id, number)
    for transaction in objects(summary, "transactions"):
        _payment(found, transaction, facility_id, number)
    return {column: cell for column, cell in cells.items() if text_of(cell[1])}


def _is_change(modification: dict[str, Any]) -> bool:
    return any(kind in CHANGES for kind in texts(modification.get("type")))


def _amendments(found: Found, changes: list[dict[str, Any]], facility_id: str, number: str) -> None:
    path = "contractingProcesses[].summary.modifications[]"
    for change in changes:
        found.add(
            "amendments",
            0,
            {
                "facility_id": ("id", facility_id),
                "contract_no": ("contractingProcesses[].id", number),
                "amended_on": (f"{path}.date", change.get("date")),
                "amendment_kind": (f"{path}.type", ", ".join(texts(change.get("type")))),
                "value_before_amount": (f"{path}.oldContractValue.amount", money_text(change, "oldContractValue")),
                "value_after_amount": (f"{path}.newContractValue.amount", money_text(change, "newContractValue")),
                "due_before_on": (f"{path}.oldContractPeriod.endDate", get(change, "oldContractPeriod", "endDate")),
                "due_after_on": (f"{path}.newContractPeriod.endDate", get(change, "newContractPeriod", "endDate")),
                "reason": (f"{path}.rationale", change.get("rationale") or change.get("description")),
            },
        )


def _payment(found: Found, transaction: dict[str, Any], facility_id: str, number: str) -> None:
    path = "contractingProcesses[].summary.transactions[]" if number else "transactions[]"
    found.add(
        "payments",
        0,
        {
            "facility_id": ("id", facility_id),
            "contract_no": ("contractingProcesses[].id", number),
            "paid_on": (f"{path}.date", transaction.get("date")),
            "amount": (f"{path}.value.amount", money_text(transaction, "value")),
            "payment_kind": (f"{path}.x_type", transaction.get("x_type")),
        },
    )


def _embedded(process: dict[str, Any]) -> dict[str, Any] | None:
    """The compiled or the last release that carries content of its own, not only a link to it."""
    releases = [r for r in objects(process, "releases") if {"contracts", "awards", "tender"} & set(r)]
    if compiled := get(process, "compiledRelease"):
        return compiled if isinstance(compiled, dict) else None
    return in_order(releases, "date")[-1] if releases else None


def _from_release(found: Found, release: dict[str, Any], path: str, facility_id: str) -> list[dict[str, tuple[str, Any]]]:
    """The contracts of one OCDS release, each with the facts of the tender."""
    tender, awards = release.get("tender"), objects(release, "awards")
    common: dict[str, tuple[str, Any]] = {
        "facility_id": ("id", facility_id),
        "method": (f"{path}.tender.procurementMethod", get(tender, "procurementMethod")),
        "method_details": (f"{path}.tender.procurementMethodDetails", get(tender, "procurementMethodDetails")),
        "n_bidders": (f"{path}.tender.numberOfTenderers", get(tender, "numberOfTenderers")),
        "published_on": (f"{path}.tender.tenderPeriod.startDate", get(tender, "tenderPeriod", "startDate")),
        "bid_deadline_on": (f"{path}.tender.tenderPeriod.endDate", get(tender, "tenderPeriod", "endDate")),
    }
    rows = []
    for contract in objects(release, "contracts"):
        number = text_of(contract.get("id"))
        award = next((a for a in awards if text_of(a.get("id")) == text_of(contract.get("awardID"))), None)
        suppliers = objects(contract, "suppliers") or objects(award, "suppliers")
        cells = common | {
            "contract_no": (f"{path}.contracts[].id", number),
            "signed_on": (f"{path}.contracts[].dateSigned", contract.get("dateSigned")),
            "start_on": (f"{path}.contracts[].period.startDate", get(contract, "period", "startDate")),
            "due_on": (f"{path}.contracts[].period.endDate", get(contract, "period", "endDate")),
            "value_amount": (f"{path}.contracts[].value.amount", money_text(contract, "value")),
            "supplier_name": (f"{path}.awards[].suppliers[].name", ", ".join(texts([s.get("name") for s in suppliers])) or None),
            "supplier_id": (f"{path}.awards[].suppliers[].id", suppliers[0].get("id") if len(suppliers) == 1 else None),
            "is_terminated": (f"{path}.contracts[].status", "true" if contract.get("status") == "cancelled" else None),
        }
        rows.append({column: cell for column, cell in cells.items() if text_of(cell[1])})
        for transaction in objects(contract, "implementation", "transactions"):
            _payment(found, transaction, facility_id, number)
    return rows
