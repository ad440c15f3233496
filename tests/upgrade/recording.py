"""`python -m tests.upgrade.recording --from COMMIT FILE`: record a ledger of an older version, with everything in it.

The file is text, a key a line, so that it can be looked through; each recording has other ids and times. It is made
once for each state that ledgers of the wild may have, and kept: `tests/data/ledgers/`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.upgrade.trees import checked_out

_SCRIPT = Path(__file__).parent / "record.py"


def main() -> int:
    """Record it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.upgrade.recording", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--from", dest="commit", required=True, help="the older version: a commit or a tag")
    parser.add_argument("file", type=Path, help="where the recording goes")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mms-recording-") as temporary:
        folder = Path(temporary)
        old = checked_out(chosen.commit, folder / "old")
        (folder / "work").mkdir()
        printed = subprocess.run(
            [sys.executable, str(_SCRIPT), str(folder / "work")],
            cwd=old.folder,
            env=old.environment({}),
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
    chosen.file.write_bytes(printed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
