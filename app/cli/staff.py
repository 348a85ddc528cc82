"""Commands about who works here."""

from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.cli.console import NOT_ALL_DONE, JsonOption, cli, say, with_engine
from app.clock import wall_clock
from app.demonstration import people
from app.errors import OperatorError
from app.settings import Settings
from app.staff import letters, service
from app.staff.audit import OPERATOR
from app.staff.mail import Letter, MailNotSent, Post
from app.staff.permissions import Role
from app.web.i18n import LANGUAGES

staff = typer.Typer(no_args_is_help=True, help="Who works here.")
cli.add_typer(staff, name="staff")


@staff.callback()
def _of_staff() -> None:
    """Who works here."""


@staff.command()
def invite(
    email: str,
    role: Annotated[str, typer.Option(help=", ".join(Role))],
    name: Annotated[str, typer.Option(help="as others read it; the address when not given")] = "",
    language: Annotated[
        list[str] | None,
        typer.Option(help="of mails and pages; of a translator all those written, repeat it: --language ar"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The person gets a mail with a link to set a password, which works for seven days. Again for who has an account:
    a new link, and the role as it was."""
    languages = list(dict.fromkeys(language or ()))
    if role not in set(Role):
        raise OperatorError(f"--role is one of {', '.join(Role)}.")
    if not service.is_address(service.address_as_typed(email)):
        raise OperatorError(f"{email} is no e-mail address.")
    if not set(languages) <= set(LANGUAGES):
        raise OperatorError(f"--language is one of {', '.join(LANGUAGES)}.")
    if role == Role.TRANSLATOR.value and not languages:
        raise OperatorError("Which languages does this translator write? Add --language fr, once for each.")
    now = wall_clock()

    async def work(engine: AsyncEngine, settings: Settings) -> tuple[Letter, bool, str]:
        post = Post(settings)
        async with AsyncSession(engine, expire_on_commit=False) as session:
            account = await service.find(session, email)
            if account is not None and account.role != role:
                raise OperatorError(f"{account.email} has an account as {account.role}: change that on /staff/people.")
            if account is not None:
                await service.invite_again(session, account, OPERATOR, now)
            else:
                account = await service.invite(
                    session,
                    email=email,
                    name=" ".join(name.split())[:120] or service.address_as_typed(email)[:120],
                    role=Role(role),
                    languages=languages,
                    language=languages[0] if languages else "en",
                    who=OPERATOR,
                    now=now,
                )
            assert account is not None  # noqa: S101 - no access a line ago, in this transaction
            token, ends_at = await service.issue_ticket(session, account, service.INVITATION, now)
            await session.commit()
        letter = letters.invitation(account, post.base, token, ends_at)
        try:
            await post.send(letter, now)
        except MailNotSent as fault:
            return letter, post.keeps_files, str(fault)
        return letter, post.keeps_files, ""

    letter, kept, fault = with_engine(work)
    # A link opens the account: it is shown only where no mail leaves the machine, or none could.
    shown = letter.link if kept or fault else ""
    told = {"email": letter.to, "role": role, "sent": not fault, "link": shown}
    where = f"Not sent ({fault}). Hand over this link" if fault else "Their link, also in the mail folder"
    say(f"Invited {letter.to} as {role}." + (f" {where}: {shown}" if shown else ""), told, as_json=as_json)
    if fault:
        raise typer.Exit(NOT_ALL_DONE)


@staff.command()
def code(email: str) -> None:
    """A code of the second factor for somebody of the demonstration; nobody else's comes from here."""
    now = wall_clock()

    async def work(engine: AsyncEngine, settings: Settings) -> str:
        async with AsyncSession(engine) as session:
            return await people.code_for(session, settings, email, now)

    say(with_engine(work))
