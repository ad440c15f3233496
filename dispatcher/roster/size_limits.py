"""How much of a campaign file is read: no file, however small it is packed, takes more of a machine than this."""

from __future__ import annotations

from typing import Final

#: Cells in a row, headings too. The widest exports of CRM systems have some 800 columns.
COLUMNS_MAX: Final = 2048
#: Characters of a cell (128 KB of plain text), and of a heading: survey tools use whole questions as headings.
CELL_CHARACTERS: Final = 131_072
HEADING_CHARACTERS: Final = 2000

#: Rows of a sheet in Excel; a higher number in a workbook is a mistake or an attack.
SHEET_ROWS: Final = 1_048_576
#: Texts in a workbook's table of texts. Excel itself has never that many: a sheet of 3 million filled cells is 100 MB.
SHEET_TEXTS: Final = 4_000_000
#: Parts (files) in a workbook.
SHEET_PARTS: Final = 10_000
#: Memory and computing time of the process that reads a workbook, and how long it may say nothing.
SHEET_MEMORY_MB: Final = 768
SHEET_CPU_SECONDS: Final = 60
SHEET_SILENT_SECONDS: Final = 120
#: The same of the process that checks a large file for the web process: ten million rows take 270 MB and half a minute.
CHECK_MEMORY_MB: Final = 1024
CHECK_CPU_SECONDS: Final = 600
