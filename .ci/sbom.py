"""What a release is made of: a software bill of materials in CycloneDX's JSON, out of requirements.lock. No network.

A component for each package of the lock that Linux installs, with its licence and what it depends on as its installed
metadata say; `.venv` has the same versions. https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import re
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_PIN = re.compile(r"^([a-z][\w.-]*)==([^\s;]+)(?: ; (.+?))? \\$", re.MULTILINE)
#: Where a release runs: the image's Linux.
_LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
#: Pinned to build with; the image and `make` take it out when that is done.
_BUILDS = {"setuptools"}


def bill(name: str, version: str, lock: str) -> dict[str, Any]:
    """The bill for a release of `name` that installs what the text of a lock pins; the same for the same."""
    found = [(canonicalize_name(each), at) for each, at, marker in _PIN.findall(lock) if _holds(marker)]
    pins: dict[str, str] = {each: at for each, at in found if each not in _BUILDS}
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{_purl(name, version)}\n{lock}")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {**_component("application", name, version), "licenses": _licenses("Apache-2.0")}
        },
        "components": [
            {**_component("library", each, at), **_licensed(each)} for each, at in sorted(pins.items())
        ],
        "dependencies": [
            {"ref": _purl(name, version), "dependsOn": _needed(name, pins)},
            *(
                {"ref": _purl(each, at), "dependsOn": _needed(each, pins)}
                for each, at in sorted(pins.items())
            ),
        ],
    }


def write_bill(file: Path, name: str, version: str, lock: Path) -> Path:
    """Write it; answers the file."""
    file.write_text(json.dumps(bill(name, version, lock.read_text()), indent=2, ensure_ascii=False) + "\n")
    return file


def _holds(marker: str) -> bool:
    return not marker or Marker(marker).evaluate(_LINUX)


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{canonicalize_name(name)}@{version}"


def _component(kind: str, name: str, version: str) -> dict[str, Any]:
    purl = _purl(name, version)
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _licenses(expression: str) -> list[dict[str, Any]]:
    return [{"expression": expression}]


def _licensed(name: str) -> dict[str, Any]:
    """The licence as the package says it: an expression of SPDX, else its own words, else its classifiers."""
    try:
        said = metadata.metadata(name).json
    except metadata.PackageNotFoundError:  # pinned for another Python than this one
        return {}
    if "license_expression" in said:
        return {"licenses": _licenses(str(said["license_expression"]))}
    words = str(said.get("license", "")).strip()
    classifiers = [str(each) for each in said.get("classifier", ()) if str(each).startswith("License :: ")]
    is_short = words and "\n" not in words and len(words) < 80
    names = [words] if is_short else [each.rpartition(" :: ")[2] for each in classifiers]
    return {"licenses": [{"license": {"name": each}} for each in names]} if names else {}


def _needed(name: str, pins: dict[str, str]) -> list[str]:
    """Which pinned packages a package asks for, those of the extras that it asks for included."""
    asked = _asked(name, {""})
    extras = [more for each in asked if each.extras for more in _asked(each.name, each.extras)]
    names = {canonicalize_name(each.name) for each in (*asked, *extras)}
    return sorted(_purl(each, pins[each]) for each in names & pins.keys())


def _asked(name: str, extras: set[str]) -> list[Requirement]:
    try:
        found = [Requirement(line) for line in metadata.requires(name) or ()]
    except metadata.PackageNotFoundError:
        return []
    return [
        each
        for each in found
        if each.marker is None or any(each.marker.evaluate({**_LINUX, "extra": extra}) for extra in extras)
    ]
