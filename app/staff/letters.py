"""The words of our mails, in the language of the person who gets them. Plain text."""

from datetime import datetime

from app.staff.mail import Letter
from app.staff.models import Account
from app.web.i18n import translator


def invitation(account: Account, base: str, token: str, ends_at: datetime) -> Letter:
    t = translator(account.language)
    return _with_ticket(
        account,
        base,
        token,
        ends_at,
        subject=t.gettext("Invitation to the desk of the youth consultations"),
        why=t.gettext("You are invited to work on the youth consultations. Set your password here:"),
        otherwise=t.gettext("If you do not know what this is about, do nothing."),
    )


def new_password(account: Account, base: str, token: str, ends_at: datetime) -> Letter:
    t = translator(account.language)
    return _with_ticket(
        account,
        base,
        token,
        ends_at,
        subject=t.gettext("A new password for the desk of the youth consultations"),
        why=t.gettext("Somebody asked for a new password for your account. If it was you, set it here:"),
        otherwise=t.gettext("If it was not you, do nothing: your password stays as it is."),
    )


def _with_ticket(
    account: Account, base: str, token: str, ends_at: datetime, *, subject: str, why: str, otherwise: str
) -> Letter:
    """A greeting, the reason, a link that works once, and what to do when it was not meant."""
    t = translator(account.language)
    link = f"{base}/staff/ticket/{token}"
    paragraphs = (
        t.gettext("Hello, %(name)s", name=account.name),
        why,
        link,
        t.gettext("The link works once, until %(time)s.", time=t.datetime_utc(ends_at)),
        otherwise,
    )
    return Letter(
        to=account.email, language=account.language, subject=subject, text="\n\n".join(paragraphs) + "\n", link=link
    )
