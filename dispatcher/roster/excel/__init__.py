"""Workbooks of any program (.xlsx, .xls, .ods, …), read in a process of their own, bounded in memory, time and size.

- `reader`: what the process that asks uses: rows of the sheet with the recipients, as records of a CSV would be.
- `shown_cells`: cells that show something else than what was typed into them.
- `number_format`: what a cell shows of its number, under its format's code.

All others run in that child only (`python -m dispatcher.roster.excel`): `_books` opens a workbook: `_workbook` and
`_sheet` an .xlsx, out of its `_package`; `_old_excel`, `_opendocument`, `_excel_2003`, `_web_page`. `_sheet_choice`
finds the sheet to read, `_cell_values` what cells show; `_format_…` are parts of `number_format`.

May import: `files/`, `host/`, and the roster's words (`rejections`, `readings`, `columns`, `size_limits`,
`formula_guard`, `_first_rows`, `_heading_row`).
Begin with: `reader`, then `__main__`.
"""
