"""Observations as people read them: lines of a list, and the file that `riskmap import` takes."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path

import pandas as pd

from riskmap import i18n, schema
from riskmap.i18n import text
from riskmap.store import Observation, Photo, ProgressRow, Usable


def lines(observations: Iterable[Observation], lang: str) -> list[str]:
    """One line per observation, then its text and the reason of the last decision where there are any."""
    found: list[str] = []
    for one in observations:
        found.append(
            text(
                "observation.line", lang, id=one.observation_id, day=i18n.day(one.day, lang), facility=one.facility_id,
                status=text(f"observation.status.{one.status}", lang), stage=_stage(one, lang),
                working=_yes_no(one.is_working, lang), board=_yes_no(one.has_passport_board, lang), photos=one.n_photos,
                state=text(f"observation.state.{one.state}", lang),
            )
        )  # fmt: skip
        if one.text:
            found.append(text("observation.text_line", lang, text=one.text.replace("\n", " / ")))
        if one.reason:
            found.append(text("observation.reason_line", lang, reason=one.reason))
    return found


def export_lines(found: Usable, out: Path, lang: str) -> list[str]:
    """How many rows were written; every contradiction and every accepted observation that gave no row."""
    contradictions = [
        text(
            "observation.contradiction", lang, facility=pair.facility_id,
            earlier_day=i18n.day(pair.earlier.day, lang), earlier=_seen(pair.earlier, lang), later=_seen(pair.later, lang),
            later_day=i18n.day(pair.later.day, lang), earlier_id=pair.earlier.observation_id, later_id=pair.later.observation_id,
        )
        for pair in found.contradictions
    ]  # fmt: skip
    unused = [
        text(
            "observation.unused_line", lang, id=item.observation.observation_id, facility=item.observation.facility_id,
            day=i18n.day(item.observation.day, lang), reason=text(f"observation.unused.{item.reason}", lang),
        )
        for item in found.unused
    ]  # fmt: skip
    counts = {"rows": len(found.rows), "contradictions": len(contradictions), "unused": len(unused)}
    return [*contradictions, *unused, text("observation.exported", lang, file=out, **counts)]


def write_progress(rows: Iterable[ProgressRow], out: Path) -> None:
    """The progress table as CSV (UTF-8), with the identifiers of the observations behind each row."""
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(ProgressRow)])
        writer.writeheader()
        writer.writerows(asdict(row) | {"reported_on": row.reported_on.isoformat()} for row in rows)


def write_photos(photos: Iterable[Photo], folder: Path, observation_id: str) -> list[Path]:
    """The last versions of the photos of one observation as files that only their owner reads; none of an erased one."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for photo in photos:
        if photo.state != "erased":
            file = folder / f"{observation_id}-{photo.position}.jpg"
            file.touch(mode=0o600)
            file.write_bytes(photo.jpeg)
            written.append(file)
    return written


def photo_lines(photos: Iterable[Photo], lang: str) -> list[str]:
    """One line per photo: which version is the last, and what was decided about it."""
    return [
        text(
            "observation.photo_line", lang, n=photo.position, version=photo.number,
            state=text(f"review.photo.{photo.state}", lang), reason=photo.reason,
        ).rstrip()
        for photo in photos
    ]  # fmt: skip


def independent(progress: pd.DataFrame) -> dict[tuple[str, date], float]:
    """The independent reports of works in a progress table: (facility, day) -> the highest share."""
    rows = progress[progress["progress_source"].isin(schema.SEEN) & progress["progress_share"].notna()]
    rows = rows[rows["reported_on"].notna()].sort_values("progress_share")
    return {(row.facility_id, row.reported_on): float(row.progress_share) for row in rows.itertuples()}


def _stage(one: Observation, lang: str) -> str:
    return text(f"observation.stage.{one.stage}", lang) if one.stage else text("observation.not_said", lang)


def _seen(one: Observation, lang: str) -> str:
    return text(f"observation.stage.{one.stage}" if one.stage else f"observation.status.{one.status}", lang)


def _yes_no(value: bool | None, lang: str) -> str:
    return text("observation.not_said", lang) if value is None else text("common.yes" if value else "common.no", lang)
