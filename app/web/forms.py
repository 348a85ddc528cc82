"""Reading a posted form, once, within limits."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.errors import BodyUnreadable

MAX_FIELDS = 600


@dataclass(frozen=True)
class Upload:
    """A posted file as it came: nothing of its name or kind is trusted."""

    name: str
    content: bytes


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


async def read_upload(request: Request) -> tuple[dict[str, list[str]], dict[str, Upload]]:
    """Fields as in `read_form`, and files by field name, of a form at the desk (multipart); the guard limits its size.

    A file field that was left empty is not in the second. Raises BodyUnreadable for what is no such form.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BodyUnreadable
    fields: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}
    try:
        async with request.form(max_files=4, max_fields=MAX_FIELDS) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    content = await value.read()
                    if value.filename or content:
                        files[name] = Upload(value.filename or "", content)
                else:
                    fields.setdefault(name, []).append(value)
    except (HTTPException, UnicodeDecodeError) as fault:
        raise BodyUnreadable from fault
    return fields, files
