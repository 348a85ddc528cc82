"""XLSForm, the spreadsheet format in which questionnaires come and go: reading, writing, and what is wrong with a file.

What is supported is in docs and in `wording.py`; everything else is refused with its place. No text is translated and
nothing is stored here.
"""

from app.questionnaire.xlsform.faults import FileFault, Place
from app.questionnaire.xlsform.reading import Imported, read_xlsform
from app.questionnaire.xlsform.writing import write_xlsform, written_cells

__all__ = ["FileFault", "Imported", "Place", "read_xlsform", "write_xlsform", "written_cells"]
