"""What Python's reader of zip archives raises of one that is damaged, cut off or packed in a way it does not know."""

from __future__ import annotations

import zipfile
import zlib

ZIP_DEFECTS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
