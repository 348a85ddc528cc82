"""The desk's page of what is not shown: made of the latest release and nothing else."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.consultations.desk import find
from app.errors import NotFound
from app.reporting import service
from app.reporting.renderers.not_shown import Told, tell_not_shown
from app.staff.door import Visitor, needs
from app.staff.pages import DeskPage, show
from app.staff.permissions import Act
from app.web.deps import Reading
from app.web.i18n import translator

router = APIRouter(prefix="/staff/consultations/{slug}")

SeeDrafts = Annotated[Visitor, Depends(needs(Act.SEE_DRAFTS))]


@dataclass(frozen=True, kw_only=True)
class NotShownPage(DeskPage):
    template: ClassVar[str] = "reporting/desk_not_shown.html"

    slug: str
    topic: str
    told: Told


@router.get("/paper/not-shown")
async def not_shown(request: Request, slug: str, visitor: SeeDrafts, session: Reading) -> Response:
    """What is missing, and what it would take. Raises NotFound before there is a release."""
    consultation = await find(session, slug)
    kept = await service.latest_release(session, consultation)
    if kept is None:
        raise NotFound
    page = NotShownPage(
        language=visitor.language,
        path=f"/staff/consultations/{slug}/paper/not-shown",
        visitor=visitor,
        here="consultations",
        slug=slug,
        topic=consultation.topic_in(visitor.language),
        told=tell_not_shown(service.read_release(kept), translator(visitor.language)),
    )
    return show(request, page)
