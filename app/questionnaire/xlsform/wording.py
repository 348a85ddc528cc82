"""Every fault and notice of a file in words for operators: what is wrong, and what to do about it.

`{found}` is what stands in the place, `{other}` a second thing that the sentence needs.
"""

from collections.abc import Mapping

FAULTS: Mapping[str, tuple[str, str]] = {
    # The file
    "file_empty": ("the file is empty", "Choose the .xlsx file that holds the questionnaire."),
    "file_too_large": (
        "the file is too large ({found})",
        "Keep at most 5 MB, 30 MB unpacked; remove pictures and sheets that are not needed.",
    ),
    "file_encrypted": ("the file is protected by a password", "Save it without a password."),
    "file_xls": ("the file has the old Excel format .xls", "Save it as Excel workbook (.xlsx)."),
    "file_xlsb": ("the file is a binary Excel workbook (.xlsb)", "Save it as Excel workbook (.xlsx)."),
    "file_ods": ("the file is an OpenDocument file", "Save it as Excel workbook (.xlsx)."),
    "file_no_workbook": ("the file is no Excel workbook (it begins with {found})", "Choose an .xlsx file."),
    "file_damaged": ("the file is damaged ({found})", "Open it in a spreadsheet program and save it again as .xlsx."),
    "sheet_too_large": (
        "there is content as far as {found}, more than a questionnaire can have",
        "Copy the questionnaire's own rows and columns to a new workbook.",
    ),
    # Sheets and columns
    "sheet_missing": ("the sheet {found} is missing", "Add it; the names are survey, choices and settings."),
    "sheet_empty": ("the sheet is empty", "Write the column names into its first row and the questionnaire below."),
    "column_missing": ("the column {found} is missing", "Add it; its name stands in the first row."),
    "column_twice": (
        "the column {found} is there twice (the other is {other})",
        "Keep one of the two columns.",
    ),
    "too_many_rows": ("there are more than {found} rows", "Remove rows that are not part of the questionnaire."),
    "merged": ("cells are merged ({found})", "Unmerge them and write the text into each row that needs it."),
    "error_cell": ("the cell shows the error {found}", "Write the text itself."),
    "date_cell": (
        "the spreadsheet program turned the cell into a date ({found})",
        "Format the cell as text and type it again.",
    ),
    "formula_empty": ("the cell holds a formula without a value", "Write the text itself instead of the formula."),
    # Rows
    "type_missing": ("the row has no type", "Write one, such as select_one, text or note, or empty the row."),
    "type_unknown": (
        "“{found}” is no type that is known",
        "Use text, integer, range, select_one, select_multiple, rank, note, begin_group or end_group.",
    ),
    "type_refused": ("the type “{found}” is not supported", "{other}"),
    "or_other": (
        "“{found}” adds a choice by itself",
        "Remove or_other, add the choice to the list, and ask for the text in a question with a relevant.",
    ),
    "list_not_named": (
        "“{found}” names no list of choices",
        "Write the list's name after it, as in select_one yes_no.",
    ),
    "list_unknown": (
        "the list of choices “{found}” does not exist",
        "Add its choices to the sheet choices, or correct the name.",
    ),
    "column_refused": ("the column {found} is not supported", "Empty the cell: {other}"),
    "name_missing": ("the row has no name", "Give it a short name that will stay, such as CB04."),
    "name_wrong": (
        "the name “{found}” cannot be used",
        "Use at most 40 letters, digits, _, - and dots, and begin with a letter or _.",
    ),
    "name_reserved": ("the name “{found}” is reserved", "Choose another name."),
    "name_twice": (
        "the name “{found}” is used in row {other} already",
        "Give every question and section its own name.",
    ),
    "name_similar": (
        "the name “{found}” differs from that in row {other} only by capital letters",
        "Choose a name that cannot be confused with it.",
    ),
    "field_twice": (
        "the name “{found}” is also a field of the question in row {other}",
        "Choose another name; the places of a ranking and the rows of a matrix have names of this form.",
    ),
    "begin_without_end": ("the group “{found}” is never closed", "Add an end_group row after its last question."),
    "end_without_begin": ("no group is open here", "Remove the row, or add the begin_group row that belongs to it."),
    "group_too_deep": ("groups stand more than {found} deep in each other", "Use fewer levels."),
    "repeat": ("repeated groups are not supported", "Ask the questions once, or write them out."),
    "required_wrong": (
        "“{found}” is neither yes nor no",
        "Write yes or no; a question cannot be required under a condition.",
    ),
    "yes_no_wrong": ("“{found}” is neither yes nor no", "Write yes, or leave the cell empty."),
    "breakdown_unknown": (
        "“{found}” is no breakdown",
        "Use region, age, gender, settlement and country, or - for the total only.",
    ),
    "indicator_wrong": (
        "“{found}” cannot be an indicator code",
        "Use at most 40 letters, digits, _, - and dots.",
    ),
    "indicator_twice": ("the indicator “{found}” is measured in row {other} already", "Keep it for one question."),
    "max_wrong": ("“{found}” is not a whole number from 1 to {other}", "Write a number in that range."),
    "max_misplaced": (
        "the column max means nothing for “{found}”",
        "Empty the cell; max is for text, select_multiple and rank.",
    ),
    "rank_needs_max": (
        "ranking all {found} choices is too much to ask",
        "Write into the column max how many places there are, at most 10.",
    ),
    "exclusive_misplaced": (
        "the column exclusive means nothing for “{found}”",
        "Empty the cell; exclusive is for select_multiple.",
    ),
    "exclusive_unknown": (
        "“{found}” is no choice of the list {other}",
        "Name choices of the list, with blanks between.",
    ),
    "parameters_wrong": (
        "the parameters “{found}” are not understood",
        "Write start=0 end=10 step=1, in whole numbers.",
    ),
    "parameters_refused": ("the parameter {found} is not supported", "Empty the cell."),
    "range_empty": ("no number lies between {found} and {other}", "Let start be smaller than end and step at least 1."),
    "appearance_refused": ("the appearance “{found}” is not supported", "Empty the cell; choices stand in the sheet."),
    "scale_points": (
        "a five-point scale needs the choices 1, 2, 3, 4 and 5 (and 97, 98 where wanted), but the list has {found}",
        "Name the points 1 to 5, or remove the appearance likert to ask a plain question.",
    ),
    "matrix_type": (
        "“{found}” stands in a group with the appearance table-list",
        "Only select_one questions can be rows of a matrix; move it out of the group.",
    ),
    "matrix_lists": (
        "the row uses the list “{found}”, the first row uses “{other}”",
        "Use one list for all rows of a matrix.",
    ),
    "matrix_column": (
        "a row of a matrix cannot have its own {found}",
        "Empty the cell and write it into the begin_group row, or move the question out of the group.",
    ),
    "matrix_empty": ("the matrix “{found}” has no rows", "Add select_one questions between begin_group and end_group."),
    "constraint_misplaced": ("“{found}” has no answer that a constraint could judge", "Empty the cell."),
    # Choices
    "list_missing": ("the row names no list", "Write the list's name into the column list_name."),
    "choice_name_wrong": (
        "the choice name “{found}” cannot be used",
        "Use at most 40 letters, digits, _, - and dots, without blanks.",
    ),
    "choice_name_missing": ("the choice has no name", "Give it a number or a short name that will stay."),
    "choice_twice": (
        "the list {other} has the choice name “{found}” already",
        "Give every choice of a list its own name; remove the row if it is there twice by mistake.",
    ),
    # Texts
    "text_missing": ("a text is missing in {other}", "Write it; every text is needed in the default language."),
    "text_too_long": ("the text has {found} characters", "Keep it within {other}."),
    "text_dynamic": (
        "the text puts an answer into itself ({found})",
        "Word it without ${…}; what a respondent answered is not repeated in questions.",
    ),
    # Conditions
    "expression": ("the condition cannot be read: {found}", "{other}"),
    "dot_in_relevant": ("“.” means the answer itself, which is not there yet", "Name the question, as in ${CB04}."),
    "unknown_question": ("there is no question “{found}”", "Correct the name; capital letters count."),
    "own_question": (
        "the question “{found}” asks about its own answer",
        "Name an earlier question, or use constraint.",
    ),
    "later_question": ("the question “{found}” comes later", "Move it before this one, or name an earlier question."),
    "note_unanswered": ("“{found}” is a note and has no answer", "Name a question that is answered."),
    "matrix_not_row": ("“{found}” is a matrix, which is answered row by row", "Name one of its rows."),
    "no_choices": ("“{found}” has no choices to be selected", "Compare its answer, as in ${name} = 2."),
    "no_number": ("the answer to “{found}” is no number", "Compare it with = or !=, or use selected()."),
    "number_with_text": ("“{found}” is a number and is compared with “{other}”", "Compare it with a number."),
    "text_with_number": ("“{found}” is a text and is compared with the number {other}", "Write the text in quotes."),
    "unknown_choice": ("“{found}” is no choice of “{other}”", "Write the name of a choice, not its label."),
    "section_never_asked": ("no answers lead to this section", "Correct the condition, or remove the section."),
    "never_asked": ("no answers lead to this question", "Correct the condition, or remove the question."),
    "never_accepted": ("no answer can ever meet this constraint", "Correct it, or remove it."),
    # The whole
    "nothing_asked": ("the questionnaire asks nothing", "Add at least one question that is answered."),
    "language_unknown": (
        "the default language “{found}” has no texts",
        "Write one of Arabic (ar), Chinese (zh), English (en), French (fr), Russian (ru), Spanish (es).",
    ),
    "setting_wrong": ("“{found}” cannot be the {other}", "Use at most 60 letters, digits, _, - and dots."),
    "too_heavy": (
        "the answers can need {found} bytes, more than the 5,500 that a respondent's device keeps until sending",
        "Shorten or remove what is heaviest (bytes): {other}. A text takes four bytes for each character of its max.",
    ),
}

NOTICES: Mapping[str, tuple[str, str]] = {
    "sheets_ignored": ("other sheets are left out ({found})", ""),
    "columns_ignored": ("columns that mean nothing here are left out ({found})", ""),
    "settings_ignored": ("settings that mean nothing here are left out ({found})", ""),
    "language_ignored": (
        "the texts in “{found}” are left out",
        "The platform speaks Arabic, Chinese, English, French, Russian and Spanish.",
    ),
    "language_replaced": ("the default language “{found}” is not spoken here", "{other} takes its place."),
    "language_assumed": ("no default language is set", "Texts without a language are taken to be {found}."),
    "language_incomplete": ("{other} is not offered yet; missing texts: {found}, of which this is the first", ""),
    "columns_merged": (
        "{found} and {other} mean the same",
        "The first is used, the other where it is empty.",
    ),
    "setting_assumed": ("there is no {found}", "“{other}” is used."),
    "formula_used": ("cells hold formulas ({other})", "The values that were computed last are used."),
    "list_unused": ("the list of choices “{found}” is not used", ""),
    "controls_removed": ("characters that cannot be shown were removed ({other})", ""),
    "formatting_shown": ("texts hold formatting signs ({other})", "They are shown as typed."),
    "appearance_ignored": ("the appearance “{found}” means nothing here and is left out ({other})", ""),
    "parameters_ignored": ("the parameter {found} means nothing here and is left out ({other})", ""),
    "label_row": ("the row only labels the columns of the rows below", "It becomes a note: {found}."),
    "section_untitled": ("groups have no label ({other})", "The questionnaire's title heads their pages."),
    "group_to_note": ("the group “{found}” stands inside a section", "Its label becomes a note, its questions follow."),
    "group_flattened": ("the group “{found}” stands inside a section and has no label", "Its questions stay in place."),
    "section_added": ("questions outside a group are put into the section “{found}” ({other})", ""),
    "section_dropped": ("the group “{found}” holds nothing and is left out", ""),
    "matrix_row_named": ("the matrix row “{found}” is kept as “{other}”", ""),
    "matrix_required": ("some rows of the matrix “{found}” are required and some are not", "All become required."),
    "matrices": ("the section “{found}” has {other} matrices", "On a small screen that is a long page."),
    "escape_compared": (
        "the comparison with “{found}” is also true for {other} (no answer)",
        "Add ${…} < 97 if that is not meant.",
    ),
}

SENTENCES: Mapping[str, tuple[str, str]] = {**FAULTS, **NOTICES}

#: What to do about a type that is known and refused; the key is its first word or words in small letters.
REFUSED_TYPES: Mapping[str, str] = {
    "calculate": "Remove the row; conditions look at answers directly.",
    "start": "Remove the row; the time of an answer is never kept.",
    "end": "Remove the row; the time of an answer is never kept.",
    "today": "Remove the row; the time of an answer is never kept.",
    "date": "Ask for a band, such as an age band, with select_one.",
    "time": "Ask with select_one.",
    "datetime": "Ask with select_one.",
    "decimal": "Use integer, or range with whole numbers.",
    "hidden": "Remove the row; nothing is kept that a respondent does not see.",
    "acknowledge": "Use select_one with one choice.",
    "trigger": "Use select_one with one choice.",
}
_DEVICE = "Remove the row; nothing is kept that could tell who answered, on which device or where."
_MEDIA = "Remove the row; respondents send no pictures, sounds, files or codes."
_FILES = "Write the choices into the sheet choices."
REFUSED_TYPES = {
    **REFUSED_TYPES,
    **dict.fromkeys(("deviceid", "username", "phonenumber", "email", "simserial", "subscriberid", "imei"), _DEVICE),
    **dict.fromkeys(("audit", "geopoint", "geotrace", "geoshape", "start-geopoint", "background-geopoint"), _DEVICE),
    **dict.fromkeys(("image", "photo", "audio", "video", "file", "barcode", "background-audio"), _MEDIA),
    **dict.fromkeys(("select_one_from_file", "select_multiple_from_file", "select_one_external"), _FILES),
    **dict.fromkeys(("xml-external", "csv-external", "osm"), _FILES),
}

#: What to do about a column that is known and refused.
REFUSED_COLUMNS: Mapping[str, str] = {
    "calculation": "nothing is computed from answers.",
    "choice_filter": "a list is shown whole; use two questions with a relevant each.",
    "repeat_count": "repeated groups are not supported.",
    "default": "a respondent starts with empty answers.",
    "trigger": "nothing is computed from answers.",
    "read_only": "use a note.",
    "media": "pictures, sounds and films cost the respondent too much; say it in the label.",
}
