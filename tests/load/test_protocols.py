"""`sentivox load` in the protocols of other services, against a real server."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sentivox.cli.commands.load import command
from sentivox.client.exposition import parse_metrics
from sentivox.client.link import Link
from sentivox.engine.engine import Engine
from sentivox.errors import UsageError
from sentivox.load.caller import CallOutcome, PacedCall
from sentivox.load.dialogue import sample_turns
from sentivox.load.names import NAMES
from sentivox.load.protocols import PROTOCOLS
from sentivox.types import Int16Array
from tests.server.serving import Running, client, serving, wait_for


@pytest.fixture(scope="module")
def server(engine: Engine) -> Iterator[Running]:
    with serving(engine, late_s=600.0) as running:
        yield running


@pytest.fixture(scope="module")
def turn() -> Int16Array:
    """An utterance, and the silence that ends it."""
    said = max(sample_turns(), key=len)
    return np.pad(said, (0, 16_000))


def called(server: Running, name: str, audio: Int16Array, streams: int = 2) -> CallOutcome:
    """The outcome of some streams at once."""
    protocol = PROTOCOLS[name]
    address = protocol.address(server.http, "text,audio")
    link = Link(address=address, upload=False, token=None)
    calls = [PacedCall(link, audio, 0.06, protocol) for _ in range(streams)]
    total = CallOutcome()

    async def run() -> None:
        for outcome in await asyncio.gather(*(call.run(0.1 * n) for n, call in enumerate(calls))):
            total.add(outcome)

    asyncio.run(run())
    return total


def utterances(server: Running) -> float:
    """How many the server has counted."""
    with client(server) as http:
        samples = parse_metrics(http.get("/metrics").text)
    return sum(v for (name, _), v in samples.items() if name == "sentivox_utterances_total")


def load(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["--streams", "2", "--seconds", "5", *arguments])


def found(*arguments: str) -> dict[str, Any]:
    done = load(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_each_has_a_name() -> None:
    assert tuple(PROTOCOLS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_streams_end_well_and_results_are_counted(
    server: Running, turn: Int16Array, name: str
) -> None:
    before = utterances(server)
    outcome = called(server, name, turn)
    assert (outcome.errors, outcome.opened) == ([], 2)
    wait_for(lambda: utterances(server) == before + 2)
    if PROTOCOLS[name].since is None:
        assert (outcome.utterances, outcome.latencies) == (0, [])
    else:
        assert (outcome.utterances, outcome.worded, len(outcome.latencies)) == (2, 2, 2)
        assert min(outcome.latencies) > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_at_the_very_end_is_counted(
    server: Running, turn: Int16Array, name: str
) -> None:
    outcome = called(server, name, turn[: round(2.4 * 16_000)], streams=1)
    assert outcome.errors == []
    assert outcome.utterances == (PROTOCOLS[name].since is not None)


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_that_is_refused_is_one_failure_that_says_why(
    engine: Engine, turn: Int16Array, name: str
) -> None:
    with serving(engine, max_streams=1, late_s=600.0) as full:
        outcome = called(full, name, turn)
    (failure,) = outcome.errors
    assert "all streams of this server are taken" in failure


def test_what_a_protocol_does_not_say_is_a_dash(server: Running) -> None:
    told = found("--url", server.http, "--protocol", "twilio")
    assert told["protocol"] == "twilio"
    assert told["errors"] == 0
    for name in ("profile", "utterances", "worded", "p50_ms", "dropped_seconds", "losses"):
        assert told[name] is None
    assert told["cpu_ms"] > 0
    line = load("--url", server.http, "--protocol", "twilio").stdout
    assert line.startswith("2 streams: p50 –, p95 –, – utterances, ")


def test_latency_of_other_protocols_counts_from_the_speech(server: Running) -> None:
    told = found("--url", server.http, "--protocol", "deepgram")
    assert told["latency_since"] == "speech end"
    assert told["utterances"] >= 2
    assert told["p50_ms"] > 400  # the silence that ends an utterance is a part of it


def test_an_unknown_protocol() -> None:
    done = load("--protocol", "morse")
    assert done.exit_code == 2
    assert "'morse' is not one of 'v1', 'assemblyai'" in done.stderr


def test_a_server_that_does_not_speak_it(engine: Engine) -> None:
    with serving(engine, protocols=frozenset()) as server:
        done = load("--url", server.http, "--protocol", "vosk")
    assert done.exit_code == 1
    assert str(done.exception) == (
        f"ws://{server.address}/vosk answers 404: no stream at /vosk; connect to /v1/stream"
        " (does the server speak vosk? sentivox serve --protocols)"
    )


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--protocol", "openai", "--modalities", "text"), "openai has no way to ask for"),
        (("--protocol", "deepgram", "--modalities", "audio", "--url", "http://127.0.0.1:1"),
         "deepgram has no way to ask for"),
        (("--protocol", "twilio", "--ramp"), "twilio has no results"),
        (("--protocol", "assemblyai", "--modalities", "audio", "--ramp"), "no results"),
    ],
)  # fmt: skip
def test_what_a_protocol_cannot_do_is_refused(arguments: tuple[str, ...], why: str) -> None:
    done = load(*arguments)
    assert done.exit_code == 2
    assert why in " ".join(done.stderr.split())


def test_opus_has_packets_of_some_lengths_only() -> None:
    with pytest.raises(UsageError, match="a packet of Opus has 10, 20, 40, 60"):
        PROTOCOLS["xiaozhi"].encode(np.zeros(16_000, np.int16), 800)
    assert len(PROTOCOLS["xiaozhi"].encode(np.zeros(16_000, np.int16), 960)) == 17


def test_parameters_of_an_address_are_kept() -> None:
    address = PROTOCOLS["vosk"].address("https://a.example/sub/v1/stream?token=t", "audio")
    assert address == "wss://a.example/sub/vosk?language=en&modalities=audio&token=t"
