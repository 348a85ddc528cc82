"""ZIP archives that have the same bytes whenever and wherever they are made of the same parts."""

import io
import zipfile
from collections.abc import Iterable

#: No file in an archive can be older.
FIRST_DAY = (1980, 1, 1, 0, 0, 0)
#: Of a file that everybody may read.
MODE = 0o644 << 16


def write_archive(parts: Iterable[tuple[str, bytes, bool]]) -> bytes:
    """An archive of name, content, and whether it is packed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part, packed in parts:
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.external_attr = MODE
            # What made it: 3 for every system, which Windows would otherwise write otherwise.
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            archive.writestr(entry, part)
    return content.getvalue()
