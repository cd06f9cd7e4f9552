"""Fetches and parses `/readyz` and `/metrics` of a running server."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sentivox.client.exposition import Samples, parse_metrics
from sentivox.client.http import Site
from sentivox.errors import SentivoxError


@dataclass(frozen=True, slots=True)
class Scrape:
    """The state of a server at one moment.

    Attributes:
        at: Time of the scrape, in seconds since 1970.
        readiness: The JSON document of `/readyz`.
        samples: Value of each sample of `/metrics` by its name and sorted labels.
    """

    at: float
    readiness: Mapping[str, Any]
    samples: Samples

    def total(self, name: str, **labels: str) -> float | None:
        """The sum of all samples with this name and these labels; None if there are none."""
        wanted = set(labels.items())
        found = [
            value for (n, own), value in self.samples.items() if n == name and wanted <= {*own}
        ]
        return sum(found) if found else None

    def by(self, name: str, label: str) -> dict[str, float]:
        """The samples with this name, summed per value of one label."""
        sums: dict[str, float] = {}
        for (n, own), value in self.samples.items():
            if n == name and label in dict(own):
                key = dict(own)[label]
                sums[key] = sums.get(key, 0.0) + value
        return sums


def scrape(site: Site) -> Scrape:
    """Fetch the state of a server.

    Raises:
        SentivoxError: The server cannot be reached, requires a token, or is not Sentivox.
    """
    ready = site.get("/readyz", 503)
    text = site.get("/metrics")
    readiness: dict[str, Any] = {}
    samples: Samples = {}
    with suppress(ValueError):  # the page of another kind of server, reported below
        readiness = json.loads(ready)
        samples = parse_metrics(text)
    if ("sentivox_streams", ()) not in samples:
        raise SentivoxError(f"{site.base} is not a Sentivox server; name one with --url")
    return Scrape(time.time(), readiness, samples)
