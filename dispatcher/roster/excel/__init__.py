"""Workbooks (.xlsx, .xlsm), read in a process of their own, bounded in memory, time and size.

- `reader`: what the process that asks uses: rows of the first visible sheet that has any, as records of a CSV would be.
- `number_format`: what a cell shows of its number, under its format's code.

All other modules run in that child only (`python -m dispatcher.roster.excel`): `_package` unpacks, `_workbook` finds
sheets, texts and formats, `_sheet` streams rows, `_cell_values` writes a cell as one would type it.

May import: `files/`, `host/` and the roster's words (`rejections`, `size_limits`).
Begin with: `reader`, then `__main__`.
"""
