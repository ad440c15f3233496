"""Workbooks (.xlsx, .xlsm), read in a process of their own, bounded in memory, time and size.

- `reader`: what the process that asks uses: rows of the sheet with the recipients, as records of a CSV would be.
- `shown_cells`: cells that show something else than what was typed into them.
- `number_format`: what a cell shows of its number, under its format's code.

All other modules run in that child only (`python -m dispatcher.roster.excel`): `_package` unpacks, `_workbook` finds
sheets, tables, texts and styles, `_sheet_choice` the sheet to read, `_sheet` streams rows, `_cell_values` what cells
show; `_format_code`, `_format_numbers` and `_format_dates` are parts of `number_format`.

May import: `files/`, `host/`, and the roster's words (`rejections`, `readings`, `columns`, `size_limits`,
`formula_guard`, `_first_rows`, `_heading_row`).
Begin with: `reader`, then `__main__`.
"""
