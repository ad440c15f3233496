"""The units: systemd reads them without a word, and says how exposed they are."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from packages.trying import DEPLOY, expect, needed, run, say

#: How exposed a unit may be, of 10: it uses the network, and the reader of workbooks limits itself (`setrlimit`).
MOST_EXPOSED = 1.5


def try_units() -> str:
    """Verify and judge each unit, as installed but for the path of its program."""
    program = needed("systemd-analyze", "systemd")
    figures = []
    with tempfile.TemporaryDirectory() as work:
        folder = Path(shutil.copytree(DEPLOY / "systemd", Path(work, "units")))
        for unit in folder.glob("*.service"):
            unit.write_text(unit.read_text().replace("/opt/mms/bin/mms", "/bin/true"))
        names = ["mms-up.service"]
        for role in ("work", "web", "control"):
            names.append(f"mms-role@{role}.service")
            shutil.copy(folder / "mms-role@.service", folder / names[-1])
        path = {"SYSTEMD_UNIT_PATH": f"{folder}:"}
        for name in names:
            said = run(program, "verify", name, folder=folder, more=path, both=True)
            expect(said == "", f"{name}: {said}")
            judged = run(program, "security", "--offline=true", f"./{name}", folder=folder, more=path)
            figures.append(float(re.findall(r"exposure level for \S+: ([\d.]+)", judged)[0]))
            say(f"  {name}: verified, exposure {figures[-1]}")
    expect(max(figures) <= MOST_EXPOSED, f"exposed by {max(figures)}, {MOST_EXPOSED} is allowed")
    return f"systemd-analyze verify, and an exposure of {max(figures)} of 10"
