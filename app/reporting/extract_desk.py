"""The desk's page of extracts for the annual and the four-year report: choose the year, take the text in a language."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.errors import NotFound
from app.reporting.extracts import ANNUAL, FOUR, Chosen, rounds_of, words_for, years_of, years_with_results
from app.reporting.renderers.formats import EXTRACTS
from app.reporting.rendering import Documents
from app.staff.audit import record
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Now, Reading, Writing
from app.web.i18n import LANGUAGES

router = APIRouter(prefix="/staff/extracts")

SeeDrafts = Annotated[Visitor, Depends(needs(Act.SEE_DRAFTS))]


@dataclass(frozen=True, kw_only=True)
class ExtractsPage(DeskPage):
    """`years` can be chosen, `year` is; `how_many` is one or four, ending with it."""

    template: ClassVar[str] = "reporting/desk_extracts.html"

    years: tuple[int, ...]
    year: int
    how_many: int
    first: int
    rounds: tuple[Chosen, ...]


@router.get("")
async def choose(request: Request, visitor: SeeDrafts, now: Now, session: Reading) -> Response:
    """The rounds of the chosen years, and the files."""
    offered = await years_with_results(session)
    year = _year(request.query_params.get("year", "")) or (offered[0] if offered else now.year)
    how_many = FOUR if request.query_params.get("years") == str(FOUR) else ANNUAL
    years = years_of(year, how_many)
    page = ExtractsPage(
        language=visitor.language,
        path=f"/staff/extracts?year={year}&years={how_many}",
        visitor=visitor,
        here="consultations",
        years=tuple(sorted({*offered, year}, reverse=True)),
        year=year,
        how_many=how_many,
        first=years[0],
        rounds=tuple(await rounds_of(session, years, now)),
    )
    return show(request, page)


@router.get("/{year}/{years}/{language}/{file}")
async def download(
    request: Request, year: str, years: str, language: str, file: str, visitor: SeeDrafts, now: Now, session: Writing
) -> Response:
    """One extract. Who took which is in the trail. Raises NotFound for years without a published round."""
    last, (name, _, form) = _year(year), file.partition(".")
    if last is None or years not in (str(ANNUAL), str(FOUR)) or language not in LANGUAGES:
        raise NotFound
    if name != "extract" or form not in EXTRACTS:
        raise NotFound
    period = years_of(last, int(years))
    rounds = await rounds_of(session, period, now)
    if not rounds:
        raise NotFound
    documents: Documents = request.app.state.documents
    words = await words_for(session, rounds, language)
    content = await documents.extract([each.digest for each in rounds], words, period, language, form)
    taken = {"file": file, "language": language, "sha256": {each.slug: each.digest for each in rounds}}
    subject = "-".join(map(str, dict.fromkeys(period)))
    await record(session, who=visitor.email, act="extract_downloaded", subject=subject, now=now, after=taken)
    headers = {"Content-Disposition": f'attachment; filename="youth-consultations-{subject}-{language}.{form}"'}
    return Response(content, headers=headers, media_type=EXTRACTS[form])


def _year(typed: str) -> int | None:
    """A year of four digits, or None."""
    return int(typed) if typed.isascii() and typed.isdigit() and 2000 <= int(typed[:5]) <= 2999 else None
