"""What changed between two snapshots as a file: CSV or XLSX of the rows that the page of changes shows, with a manifest.

Three lists: "changes" (one row per facility newly flagged, no longer flagged or with another level), "silent" (what the
source says differently without an amendment) and "planned_dates" (the ledger). The same snapshots, list, region, format
and language give the same bytes.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

import riskmap
from riskmap import compare, ledger
from riskmap.compare import Comparison
from riskmap.export import MEDIA_TYPES, Export, csv, notice, xlsx
from riskmap.export.table import Listing, Table, cells
from riskmap.filters import region_name
from riskmap.i18n import LANGUAGES, day, text
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot

ENCODERS = {"csv": csv, "xlsx": xlsx}
_WHO = {"facility_id": "id", "title": "text", "region_code": "code", "region_name": "text"}
_WHERE = {"source_file": "text", "source_sheet": "text", "source_row": "integer"}
_STAMP = {
    "snapshot_before_id": "id", "as_of_before": "date", "snapshot_id": "id", "as_of": "date", "is_demo": "bool", "notice": "text",
}  # fmt: skip
_OWN: dict[str, dict[str, str]] = {
    "changes": {
        "change": "code", "reason": "code", "level_move": "code", "level_before": "code", "level_after": "code",
        "r_lo_before": "number", "r_lo_after": "number", "facts_moved": "text", "due_on_before": "date", "due_on_after": "date",
        "budget_before": "money", "budget_after": "money",
    },
    "silent": {"contract_id": "id", "what": "code", "before": "text", "after": "text", **_WHERE},
    "planned_dates": {
        "contract_id": "id", "planned": "code", "planned_on": "date", "previous_on": "date", "moved_days": "integer",
        "cover": "code", "stated_on": "date", "learned_on": "date", **_WHERE,
    },
}  # fmt: skip
LISTS = tuple(_OWN)


def export(
    compared: Comparison, which: str, *, format: str, lang: str, region: str | None = None, snapshots: Sequence[Snapshot] = (),
) -> Export:  # fmt: skip
    """One of `LISTS` as a file. `snapshots`: whose dates the ledger holds, oldest first; the two compared otherwise.

    DataError for an unknown list, format, language or region.
    """
    for code, given, known in (
        ("export_unknown_format", format, tuple(ENCODERS)), ("export_unknown_language", lang, LANGUAGES),
        ("export_unknown_list", which, LISTS), ("export_unknown_region", region, (None, *compare.regions_of(compared.rows))),
    ):  # fmt: skip
        if given not in known:
            raise DataError(
                code, given=str(given)[:40], format=str(given)[:40], lang=str(given)[:40], known=", ".join(map(str, known))
            )
    rows = listed(compared, which, snapshots=snapshots)
    if region is not None:
        own = compared.rows[["region_before", "region_after"]].eq(region).any(axis=1)
        rows = rows[rows["facility_id"].isin(compared.rows.loc[own, "facility_id"])]
    kinds = {**_WHO, **_OWN[which], **_STAMP}
    manifest = _manifest(compared, rows, which, kinds, format=format, lang=lang, region=region)
    if which == "planned_dates":
        manifest["snapshots"] = [one.id for one in snapshots or (compared.before, compared.after)]
    content = ENCODERS[format].encode(Listing(_table(rows, kinds, compared, manifest, lang)), manifest)
    digest = hashlib.sha256(content).hexdigest()
    demo = "demo-" if compared.after.is_demo else ""
    where = f"_{region.lower()}" if region else ""
    name = f"riskmap_{compared.before.id}_{compared.after.id}_{demo}{which.replace('_', '-')}{where}_{digest[:12]}.{format}"
    return Export(content, name, {**manifest, "file": name, "sha256": digest}, MEDIA_TYPES[format])


def listed(compared: Comparison, which: str, *, snapshots: Sequence[Snapshot] = ()) -> pd.DataFrame:
    """The rows of a list, unfiltered, with titles and regions."""
    who = compared.rows[["facility_id", "title", "title_kk", "title_ru", "title_en", "region_code"]]
    if which == "silent":
        found = compared.silent
    elif which == "planned_dates":
        found = ledger.planned_dates(snapshots or [compared.before, compared.after]).rename(columns={"kind": "planned"})
    else:
        rows = compared.rows
        moved = rows[rows["change"].notna() | rows["level_move"].notna()]
        return moved.merge(_facts(compared), on="facility_id", how="left")
    return found.merge(who, on="facility_id", how="left")


def _facts(compared: Comparison) -> pd.DataFrame:
    """Per facility "T01 0.2>0.6; T08 ?>1": severities before and after, "?" = not known."""
    facts = compared.facts

    def words(severity: float) -> str:
        return "?" if pd.isna(severity) else f"{severity:.2g}"

    lines = [f"{row.indicator} {words(row.severity_before)}>{words(row.severity_after)}" for row in facts.itertuples(index=False)]
    joined = facts.assign(facts_moved=lines).groupby("facility_id")["facts_moved"].agg("; ".join)
    return joined.reset_index()


def _table(rows: pd.DataFrame, kinds: dict[str, str], compared: Comparison, manifest: dict[str, Any], lang: str) -> Table:
    stamp = {
        "snapshot_before_id": compared.before.id, "as_of_before": compared.before.as_of, "snapshot_id": compared.after.id,
        "as_of": compared.after.as_of, "is_demo": compared.after.is_demo, "notice": manifest["notice"],
    }  # fmt: skip
    return Table(cells(rows, kinds, stamp, lang), kinds, lang, compared.after.currency)


def _manifest(
    compared: Comparison, rows: pd.DataFrame, which: str, kinds: dict[str, str], *, format: str, lang: str, region: str | None
) -> dict[str, Any]:
    after, unit = compared.after, compared.after.currency.lower()
    flagged = compare.reconciled(compared.rows, region=region).set_index("measure").loc["flagged"]
    counts = {name: int(flagged[name]) for name in ("n_opening", "n_new", "n_resolved", "n_closing")}
    amounts = {f"{name}_{unit}": int(flagged[name]) for name in ("opening", "new", "resolved", "revalued", "closing")}
    concerned = compared.rows[compared.rows["facility_id"].isin(rows["facility_id"])]
    where = region_name(region, lang) if region else text("changes.all_regions", lang)
    dates = {"before": day(compared.before.as_of, lang), "after": day(after.as_of, lang)}
    return {
        "format": format,
        "media_type": MEDIA_TYPES[format],
        "lang": lang,
        "which": which,
        "snapshot_before_id": compared.before.id,
        "as_of_before": str(compared.before.as_of),
        "snapshot_id": after.id,
        "as_of": str(after.as_of),
        "is_demo": after.is_demo,
        "filter": {"region": region} if region else {},
        "filter_in_words": text(f"changes.list.{which}", lang) + ". " + text("changes.between", lang, region=where, **dates),
        "columns": list(kinds),
        "settings_sha256": after.manifest["settings_sha256"],
        "rules_changed": compared.rules_changed,
        "code_version": riskmap.__version__,
        "n_rows": len(rows),
        "totals": {
            "n_facilities": len(concerned), f"budget_{unit}": int(concerned["budget_after"].sum()), **counts, **amounts,
        },
        "notice": notice(after, lang),
    }  # fmt: skip
