"""Where alarms go: a webhook of one's own, one that takes Slack's messages, or e-mail."""

from __future__ import annotations

import json
import smtplib
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

import httpx

from spanledger_enrich.books.budgets.alarm import told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_settings.configuration import Configuration

Name = Literal["webhook", "slack", "email"]
_PATIENCE_S = 10.0


_MAYBE_TWICE = " (this may be told twice: whether it was taken before is not known)"


class Send(Protocol):
    """Sends an alarm, and raises NotDelivered where the receiver did not take it."""

    def __call__(self, alarm: Mapping[str, Any], unsure: bool, /) -> None:
        """Send it; ``unsure``: it may have been taken before, and says so."""


class NotDelivered(Exception):
    """A receiver did not take an alarm; the message says why, without the receiver's address, which may be a secret.

    Attributes:
        passing: Whether the next moments may help.
        unsure: Whether it may have been taken all the same: no answer came after it was sent.
    """

    def __init__(self, message: str, *, passing: bool, unsure: bool = False) -> None:
        super().__init__(message)
        self.passing = passing
        self.unsure = unsure


def channels(configuration: Configuration) -> dict[Name, Send]:
    """How an alarm is sent on each channel that is set up."""
    found: dict[Name, Send] = {}
    if configuration.alarm_webhook is not None:
        url = configuration.alarm_webhook.get_secret_value()
        found["webhook"] = lambda alarm, unsure: _post(url, alarm, _body(alarm, unsure=unsure))
    if configuration.alarm_slack_webhook is not None:
        slack = configuration.alarm_slack_webhook.get_secret_value()
        found["slack"] = lambda alarm, unsure: _post(slack, alarm, {"text": _escaped(_text(alarm, unsure=unsure))})
    if configuration.alarm_email:
        found["email"] = lambda alarm, unsure: _mail(configuration, alarm, unsure=unsure)
    return found


def _text(alarm: Mapping[str, Any], *, unsure: bool) -> str:
    return told(alarm) + (_MAYBE_TWICE if unsure else "")


def _body(alarm: Mapping[str, Any], *, unsure: bool) -> dict[str, Any]:
    return {
        "key": alarm["alarm_key"],
        "kind": alarm["kind"],
        "text": _text(alarm, unsure=unsure),
        "maybe_twice": unsure,
        "budget": alarm["budget_id"],
        "tenant": alarm["tenant_id"],
        "run": alarm["run_id"],
        "begins": alarm["begins"].isoformat(),
        "ends": alarm["ends"].isoformat(),
        "unit": alarm["unit"],
        "reached": str(alarm["reached"]),
        "bound": str(alarm["bound"]),
        "percent": str(alarm["percent"]),
    }


def _post(url: str, alarm: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    headers = {"content-type": "application/json", "idempotency-key": alarm["alarm_key"]}
    try:
        answer = httpx.post(url, content=json.dumps(body).encode(), headers=headers, timeout=_PATIENCE_S)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        never_sent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol)
        unsure = not isinstance(error, never_sent)
        raise NotDelivered(f"no answer: {type(error).__name__}", passing=True, unsure=unsure) from None
    if not answer.is_success:
        passing = answer.status_code in {408, 425, 429} or answer.status_code >= 500
        raise NotDelivered(f"the answer was {answer.status_code}", passing=passing)


def _mail(configuration: Configuration, alarm: Mapping[str, Any], *, unsure: bool) -> None:
    host, _, port = configuration.alarm_smtp.rpartition(":")
    sender = configuration.alarm_email_from
    message = EmailMessage()
    message["From"], message["To"] = sender, configuration.alarm_email
    message["Subject"] = _one_line(told(alarm))
    # The same alarm is the same message: mailboxes and relays that look at it keep one.
    message["Message-ID"] = f"<{alarm['alarm_key']}@{sender.rpartition('@')[2]}>"
    message.set_content(_text(alarm, unsure=unsure) + "\n")
    message["Date"] = format_datetime(alarm["noticed_at"])
    taken = False
    try:
        with smtplib.SMTP(host, int(port), timeout=_PATIENCE_S) as server:
            server.send_message(message)
            taken = True
    except (smtplib.SMTPException, OSError) as error:
        # What goes wrong in parting changes nothing.
        if not taken:
            raise _not_mailed(error) from None


def _not_mailed(error: smtplib.SMTPException | OSError) -> NotDelivered:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        told = f"the mail server refused the recipient: {', '.join(map(str, codes))}"
        return NotDelivered(told, passing=all(code < 500 for code in codes))
    if isinstance(error, smtplib.SMTPResponseException):
        return NotDelivered(f"the mail server answered {error.smtp_code}", passing=error.smtp_code < 500)
    told = f"no mail server: {type(error).__name__}"
    return NotDelivered(told, passing=True, unsure=not isinstance(error, ConnectionRefusedError))


def _escaped(text: str) -> str:
    """As Slack wants text of which nothing is a command: names are whatever spans say."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:200]
