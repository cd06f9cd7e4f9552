"""Parses a server's `/metrics` page, which is in Prometheus' text format."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[tuple[str, str], ...]
"""A sample's labels: pairs of name and value, sorted."""

Samples = Mapping[tuple[str, Labels], float]
"""Each sample's value by its name and labels."""


def parse_metrics(text: str) -> Samples:
    """Parse a page of metrics.

    Raises:
        ValueError: The text is not in Prometheus' format.
    """
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
