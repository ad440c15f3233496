"""One metric in Prometheus's text form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dispatcher.pipeline.runtime.counters import ENDLESS


class Metric(NamedTuple):
    """One metric: its samples by what follows the name, such as `{state="sent"}`."""

    name: str
    kind: str
    help: str
    samples: Mapping[str, float]


def from_zero(counts: Mapping[str, int] | None, *labels: str) -> dict[str, int]:
    """A counter that begins at 0, not at the first time it counts."""
    return {**dict.fromkeys(labels, 0), **(counts or {})}


def one(name: str, help: str, value: float) -> Metric:
    """A gauge of one number."""
    return Metric(name, "gauge", help, {"": value})


def by(name: str, kind: str, help: str, label: str, values: Mapping[Any, float]) -> Metric:
    """A number for each value of a label."""
    return Metric(name, kind, help, {f'{{{label}="{value}"}}': number for value, number in values.items()})


def histogram(name: str, help: str, counts: Mapping[str, int], ends: tuple[float, ...]) -> Metric:
    """Durations by the ends of their buckets, s."""
    samples: dict[str, float] = {}
    below = 0
    for end in (*map(str, ends), ENDLESS):
        below += counts.get(end, 0)
        samples[f'_bucket{{le="{end}"}}'] = below
    samples["_sum"] = counts.get("ms", 0) / 1000
    samples["_count"] = below
    return Metric(name, "histogram", help, samples)


def lines(metric: Metric) -> Iterator[str]:
    """What Prometheus reads."""
    yield f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"
    for rest, number in metric.samples.items():
        yield f"{metric.name}{rest} {number:.15g}\n"
