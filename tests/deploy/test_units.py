"""The units of systemd start commands that exist, with credentials that are settings; systemd itself finds no fault."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dispatcher.settings import Settings
from dispatcher.stack.roles import CONTROL, UP, WEB, work_role

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
ROLES = [role.command for role in (work_role(["send"]), WEB, CONTROL)]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda file: file.stem)
def test_what_is_loaded_as_a_credential_is_the_file_of_a_setting(unit: Path) -> None:
    text = unit.read_text()
    loaded = re.findall(r"^LoadCredential=(\w+):/etc/mms/secrets/(\w+)$", text, re.MULTILINE)
    named = re.findall(r"^Environment=MMS_(\w+)_FILE=%d/(\w+)$", text, re.MULTILINE)
    assert [name for name, _ in loaded] == [file for _, file in loaded] == [file for _, file in named]
    assert [name.lower() for name, _ in named] == [file for _, file in named]
    assert {file for _, file in named} <= set(Settings.model_fields)


@pytest.mark.skipif(
    not shutil.which("systemd-analyze") and not os.environ.get("CI"), reason="this machine has no systemd"
)
@pytest.mark.parametrize(
    "unit", [f"mms-{UP.command}.service", *(f"mms-role@{role}.service" for role in ROLES)]
)
def test_systemd_finds_no_fault(unit: str, tmp_path: Path) -> None:
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    for service in folder.glob("*.service"):
        service.write_text(service.read_text().replace("/opt/mms/bin/mms", "/bin/true"))
    if "@" in unit:
        shutil.copy(folder / "mms-role@.service", folder / unit)
    said = analyzed(folder, "verify", unit)
    assert said.stdout + said.stderr == ""
    # A fault is a line and no exit status.
    (folder / "mms-.service.d" / "20-fault.conf").write_text("[Service]\nProtectSistem=strict\n")
    assert "ProtectSistem" in analyzed(folder, "verify", unit).stderr


def analyzed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What systemd-analyze says, with units of this folder before its own."""
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"}
    return subprocess.run(
        ["systemd-analyze", *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
