"""The final document of public control: what stands in it, as plain data from which DOCX, PDF and the page are made.

Art. 13 par. 1 asks for date, time and place, tasks, who carries it out, its form, the facts and circumstances. What is known here
is filled in with its source; what only the person knows is a blank line, filled in by hand and never stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from riskmap import explain, i18n, workdays
from riskmap.control.records import Act
from riskmap.i18n import text
from riskmap.settings import Settings
from riskmap.snapshot import Snapshot

if TYPE_CHECKING:
    from riskmap.store import Observation

_N_GAPS = 10  # fields that are not published, on paper
# {title, lang, day, demo, stamp, fair, parts}; a part: {kind: pairs | blanks | lines | numbered, heading, rows}
Paper = dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """What a document is made of before it is finished. `title` as the source has it; by language: `titles`, `stamps` (date and
    version), `facts` (parts) and `recommendations` (one by one)."""

    subject: str
    subject_id: str
    title: str
    titles: Mapping[str, str]
    snapshot_id: str
    body_name: str
    body_id: str
    is_demo: bool
    stamps: Mapping[str, str]
    facts: Mapping[str, Sequence[Mapping[str, Any]]]
    recommendations: Mapping[str, Sequence[str]]
    observation_ids: tuple[str, ...]


# ---- drafts ------------------------------------------------------------------------------------------------------------
def of_facility(snapshot: Snapshot, facility_id: str, seen: Sequence["Observation"], languages: Sequence[str]) -> Draft | None:
    """The draft for one facility with what was seen there; None where the facility is not there or not shown."""
    row = explain.find(snapshot.facilities, facility_id)
    if row is None:
        return None
    settings = snapshot.manifest["settings"]
    known = {lang: explain.explain(row, settings, lang, n_facilities=len(snapshot.facilities)) for lang in languages}
    return Draft(
        subject="facility", subject_id=facility_id, title=str(row["title"]),
        titles={lang: explain.name(row, lang) for lang in languages}, snapshot_id=snapshot.id,
        body_name=_text(row["buyer_name"]), body_id=_bin(row["buyer_id"]), is_demo=snapshot.is_demo,
        stamps={lang: stamp(snapshot, lang) for lang in languages},
        facts={lang: _facts(row, known[lang], seen, snapshot.manifest["settings"], lang) for lang in languages},
        recommendations={lang: _proposed(known[lang], lang) for lang in languages},
        observation_ids=tuple(one.observation_id for one in seen),
    )  # fmt: skip


def of_act(act: Act, snapshot: Snapshot, languages: Sequence[str]) -> Draft:
    """The draft for a draft legal act: what the register says about it. Recommendations are written by people."""
    return Draft(
        subject="act", subject_id=act.act_id, title=act.title, titles=dict.fromkeys(languages, act.title),
        snapshot_id=snapshot.id, body_name=act.body_name, body_id=act.body_id, is_demo=act.is_demo,
        stamps={lang: stamp(snapshot, lang) for lang in languages}, facts={lang: _of_register(act, lang) for lang in languages},
        recommendations={lang: [] for lang in languages}, observation_ids=(),
    )  # fmt: skip


def addressed(draft: Draft, body_name: str, body_id: str) -> Draft:
    """The draft with another addressee."""
    return replace(draft, body_name=" ".join(body_name.split()), body_id=body_id.strip())


def kept(draft: Draft) -> dict[str, Any]:
    """What `store.control.issue` keeps of a draft, beside its papers and recommendations."""
    names = ("subject", "subject_id", "title", "snapshot_id", "body_name", "body_id", "is_demo", "observation_ids")
    return {name: getattr(draft, name) for name in names}


def stamp(snapshot: Snapshot, lang: str) -> str:
    """Data date and version, as every file carries them."""
    return (
        f"{text('common.data_date', lang, date=i18n.day(snapshot.as_of, lang))} · {text('common.version', lang, id=snapshot.id)}"
    )


def paper(draft: Draft, recommendations: Sequence[str], *, finished_on: date, lang: str, settings: Settings) -> Paper:
    """The document in one language: what is printed, from top to bottom."""
    words = [" ".join(one.split()) for one in recommendations]
    return {
        "lang": lang,
        "title": text(f"control.paper.title_{draft.subject}", lang),
        "subtitle": f"{draft.titles[lang]} ({draft.subject_id})",
        "day": finished_on.isoformat(),
        "demo": text("common.demo", lang) if draft.is_demo else "",
        "stamp": draft.stamps[lang],
        "fair": text("common.fair_words", lang),
        "parts": [
            _part("pairs", "", [[text("control.paper.to", lang), _body(draft, lang)],
                                [text("control.paper.finished_on", lang), i18n.day(finished_on, lang)]]),
            _part("blanks", text("control.paper.who", lang), _blanks(("subject", "contact", "place_time", "form"), lang)),
            *draft.facts[lang],
            _part("numbered", text("control.paper.recommendations", lang), words),
            _part("lines", text("control.paper.law", lang), _law(settings, lang)),
            _part("lines", text("control.paper.terms", lang), _terms(finished_on, settings, lang)),
            _part("blanks", text("control.paper.signature", lang), _blanks(("signature", "signed_on", "received_by"), lang)),
        ],
    }  # fmt: skip


# ---- parts -------------------------------------------------------------------------------------------------------------
def _part(kind: str, heading: str, rows: Sequence[Any]) -> dict[str, Any]:
    return {"kind": kind, "heading": heading, "rows": list(rows)}


def _body(draft: Draft, lang: str) -> str:
    if not draft.body_name:
        return text("common.not_known", lang)
    return text("control.paper.body_bin", lang, name=draft.body_name, bin=draft.body_id) if draft.body_id else draft.body_name


def _proposed(known: explain.Explanation, lang: str) -> list[str]:
    """What the body is asked to do about each indicator that counts, for a person to change before the document is finished."""
    return [text("control.draft.proposal", lang, task=task) for task in explain.tasks(known.firing, "official", lang)]


def _blanks(names: Sequence[str], lang: str) -> list[str]:
    return [text(f"control.paper.blank.{name}", lang) for name in names]


def _facts(
    row: Mapping[str, Any], known: explain.Explanation, seen: Sequence["Observation"], settings: Settings, lang: str
) -> list[dict[str, Any]]:  # fmt: skip
    head = [
        [text("control.paper.facility", lang), explain.name(row, lang)],
        [text("control.paper.facility_id", lang), str(row["facility_id"])],
        [text("control.paper.place", lang), explain.place(row, lang)],
    ]
    firing = [text("control.paper.fact", lang, title=fact.words("title", lang), value=fact.value) for fact in known.firing]
    sources = [*explain.source(row, lang), *filter(None, [explain.link(row)])]
    parts = [
        _part("pairs", text("control.paper.about", lang), head),
        _part("lines", text("control.paper.facts", lang), [known.headline, known.money]),
        _part("lines", text("control.paper.indicators", lang), firing or [text("control.paper.no_indicators", lang)]),
        _part("lines", text("control.paper.sources", lang), sources),
    ]
    visits = [seen_line(one, lang) for one in seen] + [text("control.paper.seen_note", lang)] if seen else []
    parts.append(_part("lines", text("control.paper.seen", lang), visits or [text("control.paper.seen_none", lang)]))
    gaps = [one.label for one in known.gaps[:_N_GAPS]]
    if gaps:
        parts.append(
            _part("lines", text("control.paper.unknown", lang), [text("control.paper.gaps", lang, fields="; ".join(gaps))])
        )
    return parts


def _of_register(act: Act, lang: str) -> list[dict[str, Any]]:
    rows = [
        [text("acts.column.title", lang), act.title],
        [text("acts.column.act_id", lang), act.act_id],
        [text("acts.column.act_number", lang), act.act_number or text("common.not_known", lang)],
        [text("acts.column.published_on", lang), i18n.day(act.published_on, lang)],
        [text("acts.column.comments_until", lang), i18n.day(act.comments_until, lang)],
        [text("acts.column.link", lang), act.link or text("common.not_known", lang)],
    ]
    return [_part("pairs", text("control.paper.about_act", lang), rows)]


def seen_line(one: "Observation", lang: str) -> str:
    """What was seen and when, in one line: never the free text, in which a visitor may have named somebody."""
    said = [text(f"observation.status.{one.status}", lang)]
    if one.stage:
        said.append(text("control.paper.seen_stage", lang, stage=text(f"observation.stage.{one.stage}", lang)))
    if one.is_working is not None:
        said.append(text("control.paper.seen_working", lang, answer=_yes_no(one.is_working, lang)))
    if one.has_passport_board is not None:
        said.append(text("control.paper.seen_board", lang, answer=_yes_no(one.has_passport_board, lang)))
    if one.photos_are_reviewed:
        said.append(text("control.paper.seen_photos", lang, n=one.n_photos))
    return text("control.paper.seen_line", lang, day=i18n.day(one.day, lang), what="; ".join(said), id=one.observation_id)


def _yes_no(value: bool, lang: str) -> str:
    return text("common.yes" if value else "common.no", lang)


def _law(settings: Settings, lang: str) -> list[str]:
    own = settings["public_control"]
    numbers = {name: own[f"{name}_working_days"] for name in ("send", "answer", "hearing_notice")}
    return [text(f"control.law.{name}", lang, **numbers) for name in ("send", "answer", "hearing", "read", "counting")]


def _terms(finished_on: date, settings: Settings, lang: str) -> list[str]:
    known, own = workdays.calendar(settings), settings["public_control"]
    send_by = workdays.add(finished_on, own["send_working_days"], known)
    return [
        text("control.paper.send_by", lang, day=i18n.day(send_by, lang), n=own["send_working_days"]),
        text("control.paper.answer_by", lang, n=own["answer_working_days"]),
        *(doubt(one, lang) for one in workdays.doubts(finished_on, send_by, known)),
    ]


def doubt(one: workdays.Doubt, lang: str) -> str:
    """Why a term is not certain, in words."""
    return text(f"control.doubt.{one.code}", lang, day=i18n.day(one.on, lang), year=one.on.year)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _bin(value: Any) -> str:
    found = _text(value)
    return found if len(found) == 12 and found.isascii() and found.isdigit() else ""  # a masked or foreign one is no BIN
