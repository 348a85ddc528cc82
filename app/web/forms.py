"""Reading a posted form, once, within limits."""

from urllib.parse import parse_qs

from starlette.requests import Request

from app.errors import BodyUnreadable

MAX_FIELDS = 600


async def read_form(request: Request) -> dict[str, list[str]]:
    """Field name to its values in the order sent; blank values are kept.

    Raises BodyUnreadable for what is no form, has too many fields or is not UTF-8, and BodyTooLarge (from the guard).
    """
    kind = request.headers.get("content-type", "application/x-www-form-urlencoded")
    if not kind.startswith("application/x-www-form-urlencoded"):
        raise BodyUnreadable
    body = await request.body()
    try:
        return parse_qs(
            body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as fault:
        raise BodyUnreadable from fault
