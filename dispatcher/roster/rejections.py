"""What can be wrong with a row or with a whole file: every code with its sentence and the way to mend it.

`docs/campaign-files.md` has the same tables; a test compares them. Sentences never repeat a number.
"""

from __future__ import annotations

from dispatcher.errors import FileRefused, Question

#: Code of an invalid row → its sentence.
INVALID_CODES = {
    "empty_number": "The recipient's cell is empty.",
    "not_a_number": "This is not a phone number.",
    "precision_lost": "A spreadsheet has rounded this number and its last digits are lost; "
    "format the column as text and export again.",
    "extension": "The number has an extension; messages cannot be sent to extensions.",
    "two_numbers": "The cell holds more than one number; give each recipient a row.",
    "too_short": "The number has {digits} digits; a US or Canadian number has 10, or 11 with a leading 1.",
    "too_long": "The number has {digits} digits; a US or Canadian number has 10, or 11 with a leading 1.",
    "bad_area_code": "No area code can look like this one; check the first three digits after the 1.",
    "bad_exchange": "The three digits after the area code cannot start a number.",
    "unassigned": "This area code is kept for services; it is nobody's phone.",
    "unknown_area_code": "This area code is not on the list of {as_of}; check it. --unknown-area-codes send sends to "
    "it all the same, MMS_AREA_CODES_EXTRA says where a new one is.",
    "unknown_exchange": "This exchange of the area code is not known to be in use; check the number. "
    "--unknown-area-codes send sends to it all the same.",
    "region_not_allowed": "The number belongs to {region}; allowed are {allowed}{way}.",
    "premium": "This is a premium-rate number.",
    "toll_free": "This is a toll-free number; it is not a person's phone.",
    "personal": "This is a personal or non-geographic number (5XX); its owner may be anywhere.",
    "not_mobile": "This kind of number cannot receive messages.",
    "fictional": "The number is reserved for fiction (555-0100 to 555-0199); only a simulation takes it.",
    "duplicate": "The same number is in an earlier row; it gets one message.",
    "no_consent": "No consent to texts: {reason}.",
    "too_many_cells": "The row has {cells} cells and the heading {columns}; "
    "put quotes around a cell that contains the separator, or give the extra column a heading.",
    "bad_sender": "The sender is not a US or Canadian number.",
    "fictional_sender": "The sender is reserved for fiction (555-0100 to 555-0199).",
    "no_sender": "The row names no sender and the campaign has none; fill in the column or give --from.",
    "own_number": "The recipient is the sending number itself.",
    "unknown_timezone": "This is not a time zone; write it like America/New_York.",
    "missing_value": "The message needs a value here; fill it in or give a default: {{{{{field}|there}}}}.",
    "cell_error": "The message would carry a spreadsheet's error value.",
    "no_saved_value": "The workbook was saved without the value of this formula; open it in a spreadsheet and save it.",
    "unknown_field": "The message asks for a column {field!r} that the file does not have{nearest}.",
    "ambiguous_field": "The message asks for {field!r}, and more than one column is called that.",
    "bad_template": "The message has a {{{{ or }}}} without its partner, or a merge field without a name.",
    "foreign_placeholder": "The message has {written}, a placeholder of another system{instead}.",
    "invisible_text": "The message has only characters that nobody sees.",
    "merge_leftover": "The finished message would still contain {{{{.",
    "text_too_long": "The finished message has {characters} characters; at most {limit} can be sent.",
    "no_content": "The row has neither a text nor media.",
    "bad_media_url": "A media address is not an http or https URL, or it carries a password.",
    "too_many_media": "The row has {media} media; a message carries at most {limit}.",
    "media_unreachable": "A media address does not answer with a file; open it in a browser.",
    "media_type": "A media address holds no picture, video, sound or contact card.",
    "media_too_large": "The media of the message are larger than {limit} MB together.",
    "media_private": "A media address lies in a private network, where carriers cannot fetch it.",
    "no_group": "The group's cell is empty.",
    "group_differs": "The {what} differs from that of the group's first row (line {line}); its group goes without it. "
    "To send the row by itself, empty its error_code.",
    "group_too_large": "The group has {members} members; a group message reaches at most {limit}.",
}

#: Code of a refused file → its sentence and what to do.
REFUSAL_CODES = {
    "empty_file": (
        "The file is empty.",
        "write the headings in the first line, then a recipient in each",
    ),
    "no_rows": ("The file has headings and no rows.", "add a row for each recipient"),
    "no_header": (
        "The first line holds a phone number, not headings.",
        "put a line with the columns' names on top, for example: to,first_name",
    ),
    "no_recipient_column": (
        "No column holds the recipients. The headings are: {headings}{nearest}.",
        "say which it is with --to COLUMN, or call it `to`",
    ),
    "two_recipient_columns": (
        "Several columns could hold the recipients: {headings}.",
        "say which with --to COLUMN",
    ),
    "no_such_column": (
        "The recipients should stand in a column {name!r} that the file does not have{nearest}.",
        "use one of: {headings}",
    ),
    "no_such_consent_column": (
        "Consent should stand in a column {name!r} that the file does not have{nearest}.",
        "use one of: {headings}",
    ),
    "two_columns_alike": (
        "Several columns are called {heading!r}.",
        "rename all but one",
    ),
    "unknown_column": (
        "--group-by names a column {name!r} that the file does not have{nearest}.",
        "use one of: {headings}",
    ),
    "unknown_field": (
        "The message asks for a column {field!r} that the file does not have{nearest}.",
        "use one of: {headings}",
    ),
    "ambiguous_field": (
        "The message asks for {field!r}, and more than one column is called that.",
        "rename all but one of these columns",
    ),
    "bad_template": (
        "The message has a {{{{ or }}}} without its partner, or a merge field without a name.",
        "write merge fields like {{{{first_name}}}} or {{{{first_name|there}}}}",
    ),
    "foreign_placeholder": (
        "The message has {written}, a placeholder of another system, which would be sent as it stands.",
        "write merge fields like {{{{first_name}}}}{instead}",
    ),
    "invisible_text": (
        "The message has only characters that nobody sees.",
        "write it anew; such characters come along when a text is pasted",
    ),
    "no_sender": (
        "No sender: the campaign has none and the file has no column `from`.",
        "name one with --from, or with `from` in the settings file",
    ),
    "fictional_sender": (
        "The sender is a number reserved for fiction (555-0100 to 555-0199).",
        "name a number of yours with --from; only a simulation takes this one",
    ),
    "no_content": (
        "The campaign has neither text nor media, and the file has no column for them.",
        "give --message or --media, or add a column `message` or `media_urls`",
    ),
    "bad_media_url": (
        "A media address of the campaign is not an http or https URL, or it carries a password.",
        "write the whole address, for example https://example.com/picture.jpg",
    ),
    "too_many_media": (
        "The campaign has {media} media; a message carries at most {limit}.",
        "name fewer",
    ),
    "media_unreachable": (
        "A media address of the campaign does not answer with a file.",
        "open it in a browser; --no-media-check sends without asking",
    ),
    "media_type": (
        "A media address of the campaign holds no picture, video, sound or contact card.",
        "let its server name the type, such as image/jpeg",
    ),
    "media_too_large": (
        "The media of the campaign are larger than {limit} MB together.",
        "make them smaller; 600 KB pass every carrier",
    ),
    "media_private": (
        "A media address of the campaign lies in a private network, where carriers cannot fetch it.",
        "put the file on a public server, or allow the network with MMS_MEDIA_ALLOW",
    ),
    "too_large": ("The file is larger than {limit} MiB unpacked.", "split it, or raise MMS_MAX_FILE_MB"),
    "too_many_rows": ("The file has more than {limit} rows.", "split it, or raise MMS_MAX_ROWS"),
    "bad_encoding": (
        "The file is {encoding} up to here, and then it is not.",
        "save it again as UTF-8 with one program; --encoding utf-8+windows-1252 reads rows pasted from Windows",
    ),
    "unclear_encoding": (
        "The letters from here on make sense in more than one encoding.",
        "say which it is with --encoding NAME, likely {names}, or save the file as UTF-8",
    ),
    "unknown_encoding": (
        "No encoding is called {name!r}{nearest}.",
        "use a name such as utf-8, windows-1252, macroman or shift-jis",
    ),
    "nul": (
        "The line contains a NUL character: the file is damaged or no text.",
        "export it again as CSV",
    ),
    "unclosed_quote": (
        "A cell that begins with a quote on this line is never closed, or swallows the rows after it.",
        'close the quote, or write "" for a quote inside a quoted cell',
    ),
    "bad_quote": (
        "A quote closes a cell and is followed by more text.",
        'write "" for a quote inside a quoted cell',
    ),
    "cell_too_large": (
        "A cell is larger than 128 KB.",
        "look for a quote that was opened on this line and never closed, or shorten the cell",
    ),
    "bad_csv": ("The line cannot be read as CSV.", "export the file again as CSV"),
    "bad_gzip": ("The compressed file is damaged or cut off.", "compress or copy it again"),
    "bad_zip": ("The archive cannot be unpacked: {reason}.", "pack or copy it again"),
    "several_files": (
        "The archive holds several files: {names}.",
        "unpack it, and name the one file; or pack that one by itself",
    ),
    "too_many_columns": (
        "The row has more than {limit} columns.",
        "keep the columns that the message needs; look for a cell far to the right",
    ),
    "heading_too_long": (
        "A heading has {characters} characters; at most {limit} are read.",
        "put short names of the columns into the first line",
    ),
    "too_much_work": (
        "Reading the file takes more memory or time than a campaign file may.",
        "save the sheet as CSV, or split it",
    ),
    "cannot_be_read": (
        "The file cannot be read to its end: {reason}.",
        "copy it to a disk of this machine and try again",
    ),
    "bad_workbook": (
        "The workbook cannot be read: {reason}.",
        "open it in a spreadsheet, save it again as .xlsx or CSV",
    ),
    "no_sheet": ("The workbook has no visible sheet with cells.", "put the recipients on a visible sheet"),
    "only_hidden_rows": (
        "All rows of the sheet are hidden.",
        "show them, or send to them with --hidden-rows",
    ),
    "no_such_sheet": ("The workbook has no sheet {name!r}.", "use one of: {sheets}"),
    "which_sheet": ("Several sheets could hold the recipients: {sheets}.", "say which with --sheet NAME"),
    "bad_mends": ("The list of mended cells cannot be read.", "mend the cells anew"),
    "too_many_mends": ("More than {limit} are mended.", "mend the file itself"),
    "mend_elsewhere": (
        "A cell was mended here that does not stand here: the mends are of another file.",
        "take back the mends, or mend the cells of this file anew",
    ),
    "unknown_format": ("This is {kind}, not a campaign file.", "save it as CSV or .xlsx"),
}


#: Codes of rows that are right, and are left out.
SKIPPED_CODES = frozenset({"duplicate", "no_consent"})
#: Codes of rows that were right but for their group. In an errors file the group is missing, so that the row would look
#: right; it stays invalid until a person takes the code out.
GROUP_ONLY_CODES = frozenset({"group_differs"})


class RowError(Exception):
    """A row cannot be sent. Never leaves the roster: there it becomes an `InvalidRow`.

    `column` is the heading it is about, None when it is about the whole row.
    """

    def __init__(
        self, code: str, column: str | None = None, *, number: str | None = None, **words: object
    ) -> None:
        super().__init__(code)
        self.code = code
        self.column = column
        self.number = number
        self.words = words

    @property
    def sentence(self) -> str:
        """The sentence for a person."""
        return row_sentence(self.code, **self.words)


def row_sentence(code: str, **words: object) -> str:
    """The sentence of an invalid row's code."""
    return INVALID_CODES[code].format(**words)


def refused(
    code: str,
    *,
    line: int | None = None,
    column: str | None = None,
    question: Question | None = None,
    **words: object,
) -> FileRefused:
    """The error for a file that cannot be used at all, or not before the question is answered."""
    sentence, hint = REFUSAL_CODES[code]
    text = sentence.format(**words)
    message = f"line {line}: {text}" if line else text
    return FileRefused(code, message, line=line, column=column, hint=hint.format(**words), question=question)


def refused_by(error: RowError) -> FileRefused:
    """The refusal of a file for what would be wrong with each of its rows."""
    sentence, hint = REFUSAL_CODES[error.code]
    return FileRefused(error.code, sentence.format(**error.words), hint=hint.format(**error.words))


def refused_at(refusal: FileRefused, line: int) -> FileRefused:
    """The same refusal, with its line."""
    message = f"line {line}: {refusal.message}"
    return FileRefused(
        refusal.code,
        message,
        line=line,
        column=refusal.column,
        hint=refusal.hint,
        question=refusal.question,
    )
