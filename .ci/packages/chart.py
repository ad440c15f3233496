"""The chart: linted and rendered by Helm, judged by Kubernetes' own schemas, looked through for what it promises."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from packages.tools import environment_with, helm
from packages.trying import DEPLOY, WrongError, expect, run, say, untried

CHART = DEPLOY / "helm" / "mms-dispatcher"
#: The oldest that the chart allows, and the newest whose schemas there are.
KUBERNETES = ("1.27", "1.37")
#: Of operators that bring their own kinds; Kubernetes' schemas do not have them.
FOREIGN = {"ScaledObject", "TriggerAuthentication", "ServiceMonitor"}
Manifest = dict[str, Any]


def try_chart() -> str:
    """Lint, render and judge it with each file of values; answers how much was judged."""
    program = helm()
    said = []
    for values in sorted((CHART / "ci").iterdir()):
        run(program, "lint", "--strict", CHART, "--values", values)
        rendered = run(program, "template", "mms", CHART, "--namespace", "messaging", "--values", values)
        judge(rendered)
        manifests = [each for each in yaml.safe_load_all(rendered) if each]
        look_through(manifests)
        say(f"  {values.name}: {len(manifests)} manifests, {len(rendered.splitlines())} lines")
        said.append(str(len(manifests)))
    refused(program)
    untried("chart: an installation in a cluster; that needs one")
    if not shutil.which("kubeconform"):
        untried("chart: kubeconform; there is none, kubernetes-validate brought the same schemas")
    return f"helm lint, helm template; {' and '.join(said)} manifests by the schemas of {' and '.join(KUBERNETES)}"


def judge(rendered: str) -> None:
    """By the schemas, which must also find the fault in a planted one."""
    validate = environment_with("kubernetes-validate") / "kubernetes-validate"
    with tempfile.TemporaryDirectory() as folder:
        whole, planted = Path(folder, "rendered.yaml"), Path(folder, "planted.yaml")
        whole.write_text(rendered)
        planted.write_text(rendered.replace("readOnlyRootFilesystem:", "readOnlyRoot:", 1))
        for version in KUBERNETES:
            said = run(validate, "-k", version, "--strict", whole, both=True)
            unjudged = [line for line in said.splitlines() if not line.startswith("INFO")]
            expect(all(any(kind in line for kind in FOREIGN) for line in unjudged), "\n".join(unjudged))
            if unjudged:
                untried(
                    f"chart: {', '.join(sorted(FOREIGN))} by a schema; those of their operators are not there"
                )
        try:
            run(validate, "-k", KUBERNETES[-1], "--strict", planted)
        except WrongError:
            return
        raise WrongError("the schemas find nothing wrong with a misspelt field: they judge nothing")


def look_through(manifests: list[Manifest]) -> None:
    """What every pod must be: without rights, with limits and probes, its secrets in files."""
    for manifest, pod in pods(manifests):
        name = manifest["metadata"]["name"]
        (container,) = pod["containers"]
        security = container["securityContext"]
        expect(pod["securityContext"]["runAsNonRoot"] is True, f"{name} may run as root")
        expect(security["readOnlyRootFilesystem"] is True, f"{name} may write to its root")
        expect(security["allowPrivilegeEscalation"] is False, f"{name} may gain rights")
        expect(security["capabilities"] == {"drop": ["ALL"]}, f"{name} has capabilities")
        expect(pod["automountServiceAccountToken"] is False, f"{name} has a token of the cluster")
        expect(pod["enableServiceLinks"] is False, f"{name} gets variables of Services")
        expect("memory" in container["resources"]["limits"], f"{name} has no limit of memory")
        expect("readinessProbe" in container, f"{name} has no probe")
        written = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        expect(written == {"/data", "/tmp"}, f"{name} writes to {written}")  # noqa: S108 - in a pod
        expect(len(pod["topologySpreadConstraints"]) == 2, f"{name} is not spread")
    plain = [each["name"] for _, pod in pods(manifests) for each in pod["containers"][0]["env"]]
    secret = ("TOKEN", "SECRET", "KEY", "URL", "AUTH")
    open_ = {name for name in plain if name.endswith(secret)} - {"MMS_PUBLIC_URL", "MMS_CARRIERX_URL"}
    expect(open_ == set(), f"in the environment: {open_}")


def pods(manifests: list[Manifest]) -> Iterator[tuple[Manifest, dict[str, Any]]]:
    """Each manifest that makes pods, with what they are."""
    for manifest in manifests:
        if manifest["kind"] in {"Deployment", "StatefulSet"}:
            yield manifest, manifest["spec"]["template"]["spec"]


def refused(program: str) -> None:
    """A chart without a Secret, and with a setting that there is not, says so in a sentence."""
    for wrong, sentence in (
        ("settings.log_format=json", "secrets.existingSecret names no Secret"),
        ("settings.acount_rate=1/s", "'acount_rate' not allowed"),
    ):
        try:
            run(program, "template", "mms", CHART, "--set", wrong)
        except WrongError as error:
            expect(sentence in str(error), f"{wrong}: {error}")
        else:
            raise WrongError(f"rendered with {wrong} and no Secret")
