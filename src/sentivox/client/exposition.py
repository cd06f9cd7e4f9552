"""What a server's `/metrics` says, in Prometheus' text format, as numbers."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[tuple[str, str], ...]
"""Pairs of name and value, sorted."""

Samples = Mapping[tuple[str, Labels], float]
"""Each sample's value by its name and labels."""


def samples_of(text: str) -> Samples:
    """Parse a page of metrics.

    Raises:
        ValueError: It is none.
    """
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
