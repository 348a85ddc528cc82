"""What submissions can be had as, and why there is no file. Pure, and without the libraries that write one."""

#: The formats in which submissions can be had.
FORMS = ("csv", "xlsx", "ods", "sav", "parquet")
#: More rows than this open in no program that reads ODS in bearable time: it builds the whole text in memory.
MOST_ODS_ROWS = 100_000


class ExportRefused(Exception):
    """The file would not say what the release says, or cannot be written. `reason` is a key, `told` belongs to it."""

    def __init__(self, reason: str, **told: int | str) -> None:
        super().__init__(f"{reason} {told}")
        self.reason = reason
        self.told = told
