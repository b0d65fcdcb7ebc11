"""E-mail through a relay that an operator configured: the only place of the program that calls another machine, and only when
a command asks for it. Pages and scores never import it (tests/test_house.py)."""

import re
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP

from riskmap.problem import DataError

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}")
_SECONDS = 30


def send(
    title: str, plain: str, page: str, *, relay: str, sender: str, to: Sequence[str], is_tls: bool,
    login: tuple[str, str] | None = None,
) -> None:  # fmt: skip
    """One message to `to` through `relay` ("host:port"). DataError `mail_address`, `mail_failed`."""
    for address in (sender, *to):
        if not _ADDRESS.fullmatch(address):
            raise DataError("mail_address", found=address[:80])
    host, _, port = relay.rpartition(":")
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"], message["To"] = title, sender, ", ".join(to)
    message.set_content(plain)
    message.add_alternative(page, subtype="html")
    try:
        with smtplib.SMTP(host, int(port), timeout=_SECONDS) as server:
            if is_tls:
                server.starttls()
            if login:
                server.login(*login)
            server.send_message(message)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise DataError("mail_failed", reason=str(error)) from error
