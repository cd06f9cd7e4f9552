"""What a running server says of itself: `/readyz` and `/metrics`, fetched and parsed."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sentivox.client.exposition import Samples, samples_of
from sentivox.client.http import Site
from sentivox.errors import SentivoxError


@dataclass(frozen=True, slots=True)
class Scrape:
    """One look at a server.

    Attributes:
        at: When, seconds since 1970.
        readiness: The answer of `/readyz`.
        samples: Each sample's value by its name and its sorted labels.
    """

    at: float
    readiness: Mapping[str, Any]
    samples: Samples

    def total(self, name: str, **labels: str) -> float | None:
        """The sum of the samples of this name that have these labels; None without any."""
        wanted = set(labels.items())
        found = [
            value for (n, own), value in self.samples.items() if n == name and wanted <= {*own}
        ]
        return sum(found) if found else None

    def by(self, name: str, label: str) -> dict[str, float]:
        """The samples of this name, summed by the values of one label."""
        sums: dict[str, float] = {}
        for (n, own), value in self.samples.items():
            if n == name and label in dict(own):
                key = dict(own)[label]
                sums[key] = sums.get(key, 0.0) + value
        return sums


def scrape(site: Site) -> Scrape:
    """Look at a server.

    Raises:
        SentivoxError: It is not there, wants a token, or is no Sentivox server.
    """
    ready = site.get("/readyz", 503)
    text = site.get("/metrics")
    readiness: dict[str, Any] = {}
    samples: Samples = {}
    with suppress(ValueError):  # somebody else's page, of which nothing is kept
        readiness = json.loads(ready)
        samples = samples_of(text)
    if ("sentivox_streams", ()) not in samples:
        raise SentivoxError(f"{site.base} is not a Sentivox server; name one with --url")
    return Scrape(time.time(), readiness, samples)
