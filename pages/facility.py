"""One facility: dates, money, works, why it is flagged, what is not known, what to check."""

import streamlit as st

from pages import current_table, lang, open_page, plain, show_chart, t
from riskmap import draw, explain, filters, i18n

CONTRACT = (
    "contract_no",
    "supplier_name",
    "signed_on",
    "due_first_on",
    "due_on",
    "value_first_amount",
    "value_amount",
    "method",
    "n_bidders",
)
AMENDMENT = (
    "amended_on",
    "amendment_kind",
    "due_before_on",
    "due_after_on",
    "value_before_amount",
    "value_after_amount",
    "reason",
)
SHOWN = 20


def heading(section: str, *, empty: bool) -> None:
    """A heading and, where there is nothing under it, the sentence that says so."""
    st.subheader(t(f"facility.section.{section}"), anchor=section)
    if empty:
        st.markdown(t(f"facility.none.{section}"))


def chart(section: str, drawn: draw.Chart | None) -> None:
    heading(section, empty=drawn is None)
    if drawn:
        show_chart(drawn, name=section)


def bullets(section: str, lines: list[str]) -> None:
    heading(section, empty=not lines)
    st.markdown("\n".join(f"- {line}" for line in lines))


def rows(section: str, frame: object) -> None:
    heading(section, empty=frame.empty)
    if not frame.empty:
        st.dataframe(frame, hide_index=True)


def find(wrong_id: str) -> None:
    """A search box and the facilities that match, each a link to its page."""
    st.title(t("facility.title_unknown"), anchor=False)
    if wrong_id:
        st.warning(t("facility.unknown", id=plain(wrong_id)))
    words = st.text_input(t("facility.choose"), max_chars=filters.MAX_TEXT, key="find")
    found = filters.apply(filters.Filter(text=words), snapshot.facilities)
    top = found.head(SHOWN).to_dict("records")
    st.caption(t("facility.found", n=i18n.number(len(found), lang()), shown=len(top)))
    for one in top:
        query = {"id": one["facility_id"], "lang": lang()}
        st.page_link("pages/facility.py", label=plain(explain.name(one, lang())), query_params=query)


def show(row: dict) -> None:
    """Everything about one facility."""
    settings, shown = snapshot.manifest["settings"], {"currency": row["currency"] or snapshot.currency, "lang": lang()}
    known = explain.explain(row, settings, lang())
    mine = {name: explain.of_facility(current_table(name), row["facility_id"]) for name in explain.TABLES}
    foot = {
        "footer": draw.footer(as_of=snapshot.as_of, snapshot_id=snapshot.id, is_demo=snapshot.is_demo, lang=lang()),
        "lang": lang(),
    }

    st.title(plain(explain.name(row, lang())), anchor=False)
    st.caption(plain(explain.place(row, lang())))
    st.markdown(f"**{known.headline}**")
    st.html(draw.summary(known.summary, level=row["level"], is_flagged=bool(row["is_flagged"]), lang=lang()))

    left, right = st.columns(2, gap="large")
    with left:
        chart("dates", draw.timeline(dates=known.dates, as_of=snapshot.as_of, **foot) if known.dates else None)
    with right:
        moving = {name: mine[name] for name in ("contracts", "payments", "progress")}
        chart("money", draw.money_and_works(**moving, as_of=snapshot.as_of, **foot))
        st.caption(known.money)
    left, right = st.columns(2, gap="large")
    with left:
        parts = known.parts(lang())
        chart("why", draw.contributions(parts=parts, r=row["r_lo"], level=row["level"], levels=settings["levels"], **foot))
    with right:
        same = explain.peers(snapshot.facilities, row)
        chart("peers", draw.unit_cost(peers=same, facility_id=row["facility_id"], currency=shown["currency"], **foot))

    heading("firing", empty=not known.firing)
    for fact in known.firing:
        with st.expander(explain.line(fact, lang())):
            st.markdown(f"**{fact.finding}**")
            st.markdown("\n".join(f"- {label}: {words}" for label, words in explain.body(fact, lang())))
    left, right = st.columns(2, gap="large")
    with left:
        bullets("officials", explain.tasks(known.firing, "official", lang()))
    with right:
        bullets("visitors", explain.tasks(known.firing, "volunteer", lang()))
    bullets("not_known", [f"{fact.words('title', lang())}: {fact.reason}" for fact in known.not_known])
    bullets("gaps", [explain.gap(one, lang()) for one in known.gaps])
    bullets("clear", [fact.words("title", lang()) for fact in known.clear])
    rows("contracts", explain.table(mine["contracts"], of="contracts", columns=CONTRACT, **shown))
    rows("amendments", explain.table(mine["amendments"], of="amendments", columns=AMENDMENT, **shown))
    rows("problems", explain.problems(mine["problems"], lang()))
    bullets("sources", [plain(line) for line in explain.source(row, lang())])
    if explain.link(row):
        st.link_button(t("facility.source_link"), explain.link(row))


snapshot = open_page("facility")
asked = st.query_params.get("id", "")
found = explain.find(snapshot.facilities, asked)
if found:
    show(found)
else:
    find(asked)
