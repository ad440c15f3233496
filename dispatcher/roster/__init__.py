"""A campaign file, read once: every row becomes a recipient or an invalid row with line, column and reason.

- `opening`: opens a file. `roster`: goes through its rows. `columns`: what each heading is for.
- `readings`: what was decided about a file and noticed in it, for the check. `consent_survey`: who consents to texts.
- `rejections`: every code of a row or file that cannot be used, its sentence, the way to mend it.
- `numbers`, `media_cells`: a cell becomes a number to send to, or media addresses.
- `invalid_rows`, `own_files`, `formula_guard`: files that are written, to mend or to read again; what spreadsheets run.
- `placeholders`: what other systems would fill in, found in a message.
- `mends`, `mendable_rows`: cells that a person mended beside the file's own, and rows as they can be mended.
- `size_limits`: how much of a file is read at all.
- `files/`: bytes to records, CSV and compressed files. `excel/`: workbooks, in a process of their own.

May import: `model/`, `host/`, `numbering/`, `settings`, `errors`, `control_characters`; knows no ledger, asks nobody.
Begin with: `opening.open_roster`, then `_rows`.
"""
