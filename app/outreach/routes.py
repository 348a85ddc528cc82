"""The short address of a partner's link: counts an opening and leads on, and puts nothing on the device."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.consultations.phase import Phase, phase_at
from app.consultations.service import Directory
from app.outreach.service import Links, count_opening
from app.web.deps import Now, Writing
from app.web.i18n import negotiate

router = APIRouter()


@router.get("/o/{code}")
async def follow(request: Request, code: str, now: Now, session: Writing) -> Response:
    """To the consultation, in the browser's language, with the code in the address; to the front page when there is
    no such link. Capital letters are read as small ones: the address is typed from posters. With class=1, to where the
    device is set up for a class.

    This is the one GET that writes: a single number, by one UPDATE.
    """
    language = negotiate(request.headers.get("accept-language", ""))
    links: Links = request.app.state.links
    directory: Directory = request.app.state.directory
    known = await links.find(code.lower())
    path = f"/{language}/"
    for consultation in await directory.all() if known else ():
        if known and consultation.id == known.consultation_id and phase_at(consultation, now) is not Phase.DRAFT:
            path = f"/{language}/consultations/{consultation.slug}"
            if not known.ended:
                path += ("/class" if request.query_params.get("class") == "1" else "") + f"?via={known.code}"
                await count_opening(session, known.id)
    return RedirectResponse(path, 303, {"Vary": "Accept-Language"})
