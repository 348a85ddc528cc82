"""The words of our mails, in the language of the person who gets them. Plain text."""

from datetime import datetime

from app.staff.mail import Letter
from app.staff.models import Account
from app.web.i18n import translator


def invitation(account: Account, base: str, token: str, ends_at: datetime) -> Letter:
    t = translator(account.language)
    link = f"{base}/staff/ticket/{token}"
    return Letter(
        to=account.email,
        language=account.language,
        subject=t.gettext("Invitation to the desk of the youth consultations"),
        text=_text(
            t.gettext("Hello, %(name)s", name=account.name),
            t.gettext("You are invited to work on the youth consultations. Set your password here:"),
            link,
            t.gettext("The link works once, until %(time)s.", time=t.datetime_utc(ends_at)),
            t.gettext("If you do not know what this is about, do nothing."),
        ),
        link=link,
    )


def new_password(account: Account, base: str, token: str, ends_at: datetime) -> Letter:
    t = translator(account.language)
    link = f"{base}/staff/ticket/{token}"
    return Letter(
        to=account.email,
        language=account.language,
        subject=t.gettext("A new password for the desk of the youth consultations"),
        text=_text(
            t.gettext("Hello, %(name)s", name=account.name),
            t.gettext("Somebody asked for a new password for your account. If it was you, set it here:"),
            link,
            t.gettext("The link works once, until %(time)s.", time=t.datetime_utc(ends_at)),
            t.gettext("If it was not you, do nothing: your password stays as it is."),
        ),
        link=link,
    )


def _text(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs) + "\n"
