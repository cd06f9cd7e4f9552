"""What a running server says of itself: `/readyz` and `/metrics`, fetched and parsed."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from prometheus_client.parser import text_string_to_metric_families

from sentivox.client.address import is_local
from sentivox.errors import SentivoxError

TIMEOUT_S = 5.0
_SCHEMES = {"ws": "http", "wss": "https", "http": "http", "https": "https"}

Labels = tuple[tuple[str, str], ...]


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
    samples: Mapping[tuple[str, Labels], float]

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


def scrape(url: str, token: str | None) -> Scrape:
    """Look at the server at `url` (http, https, ws or wss; the path is left out).

    Raises:
        SentivoxError: It is not there, wants a token, or is no Sentivox server.
    """
    base = _base(url)
    ready = _fetch(base, "/readyz", token)
    text = _fetch(base, "/metrics", token)
    readiness: dict[str, Any] = {}
    samples: dict[tuple[str, Labels], float] = {}
    with suppress(ValueError):  # somebody else's page, of which nothing is kept
        readiness = json.loads(ready)
        samples = {
            (s.name, tuple(sorted(s.labels.items()))): s.value
            for family in text_string_to_metric_families(text)
            for s in family.samples
        }
    if ("sentivox_streams", ()) not in samples:
        raise SentivoxError(f"{base} is not a Sentivox server; name one with --url")
    return Scrape(time.time(), readiness, samples)


def _base(url: str) -> str:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise SentivoxError(f"{url!r} is not a server's address such as http://127.0.0.1:8000")
    return f"{_SCHEMES[parts.scheme]}://{parts.netloc}"


def _fetch(base: str, path: str, token: str | None) -> str:
    request = Request(base + path)  # noqa: S310  (the scheme is http or https)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    # No proxy belongs between us and this machine.
    opener = build_opener(*([ProxyHandler({})] if is_local(base) else []))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            return answer.read().decode(errors="replace")
    except HTTPError as error:
        with error:
            if error.code == 503 and path == "/readyz":
                return error.read().decode(errors="replace")
        if error.code == 401:
            wrong = "does not know this token" if token else "wants a token: set SENTIVOX_TOKEN"
            raise SentivoxError(f"{base} {wrong}") from None
        raise SentivoxError(
            f"{base}{path} answers {error.code}; is it a Sentivox server?"
        ) from None
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        said = getattr(reason, "strerror", None) or reason
        raise SentivoxError(f"no server at {base} ({said}); start one: sentivox serve") from None
