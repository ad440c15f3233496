"""The bill of materials: judged by CycloneDX's own schema."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from sbom import write_bill

from packages.tools import environment_with
from packages.trying import TOP, expect, run

VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(f"{error}" if error else 0)
"""


def try_bill() -> str:
    """Write it as a release does, and have it judged."""
    python = environment_with("cyclonedx") / "python"
    with tempfile.TemporaryDirectory() as folder:
        file = write_bill(Path(folder, "bill.json"), "mms-dispatcher", "0", TOP / "requirements.lock")
        run(python, "-c", VALIDATE, file)
        count = len(json.loads(file.read_text())["components"])
    expect(count > 20, f"{count} packages")
    return f"{count} packages, as CycloneDX 1.6 wants them"
