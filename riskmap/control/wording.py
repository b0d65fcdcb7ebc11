"""The clock in words: what a page, a file and the command line say alike."""

from riskmap import i18n
from riskmap.control.clock import Reply, Term
from riskmap.i18n import text


def left(term: Term | None, lang: str) -> str:
    """Working days left or over, in words."""
    if term is None:
        return text("control.left.over", lang)
    if term.left == 0:
        return text("control.left.last", lang)
    return text("control.left.days" if term.left > 0 else "control.left.late", lang, n=i18n.number(abs(term.left), lang))


def words_of(reply: Reply, lang: str) -> str:
    """A recommendation in the reader's language where the document has it, else in its own."""
    words = reply.recommendation.words
    return words.get(lang) or next(iter(words.values()))


def state(reply: Reply, lang: str) -> str:
    """Where one recommendation stands, in words."""
    late = "_late" if reply.state == "answered" and reply.days_late else ""
    days = {"n": i18n.number(reply.days_late, lang), "day": i18n.day(reply.answered_on, lang) if reply.answered_on else ""}
    return text(f"control.reply.{reply.state}{late}", lang, **days)


def grade_of(reply: Reply, lang: str) -> str:
    """The grade of the last graded answer with its reason; a dash where nothing came."""
    if not reply.recommendation.answers:
        return "—"
    graded = [one.grade for one in reply.recommendation.answers if one.grade]
    if not graded:
        return text("control.grade.open", lang)
    return f"{text(f'control.grade.{graded[-1].grade}', lang)}: {graded[-1].reason}"
