"""Prometheus metrics of a store: what waits, and whether the database can be reached."""

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sentivox.store.writer import Writer


class StoreCollector(Collector):
    """Reads the state of a writer at each scrape."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def collect(self) -> list[Metric]:
        """The metric families."""
        writer = self._writer
        return [
            GaugeMetricFamily(
                "sentivox_store_waiting", "Changes in memory, not yet written.", writer.waiting
            ),
            GaugeMetricFamily(
                "sentivox_store_spilled_bytes",
                "Bytes in the file that waits for the database.",
                writer.spilled_bytes,
            ),
            GaugeMetricFamily(
                "sentivox_store_away",
                "1 while the database cannot be used.",
                float(writer.away is not None),
            ),
            CounterMetricFamily(
                "sentivox_store_written", "Changes written to the database.", writer.written
            ),
            CounterMetricFamily(
                "sentivox_store_refused", "Changes not taken for lack of room.", writer.refused
            ),
            CounterMetricFamily(
                "sentivox_store_rejected",
                "Changes that the database does not take, set aside in a file.",
                writer.rejected,
            ),
        ]
