"""By which rules a campaign's file is read: those by which it was checked, for as long as the campaign has one.

Rules that change who gets a message, or which number a row has, get another number here.
"""

from __future__ import annotations

from typing import Final

#: Of programs that kept no number with a campaign, and of this one.
FIRST_RULES: Final = 1
READING_RULES: Final = 2
