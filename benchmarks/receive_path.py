"""Measure what a live stream costs before recognition: the whole receive path, in one process.

    python -m benchmarks.receive_path [--streams N] [--message-ms 40] [--rounds N] [--json]

The server's own protocol, app and session run at one end of a socket pair. At the other end,
clients write masked frames, one message of each stream in turn. Only tone is inferred. The figure
is the CPU time of this process, including model threads but not the clients, in milliseconds per
second of one stream. It is the lowest of several rounds, since other work on the machine can only
add to it. There is no pause between messages, so the kernel's cost of waking an idle server is not
included; `sentivox load` shows that.
"""

import argparse
import asyncio
import json
import os
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from uvicorn.server import ServerState

from sentivox.engine.engine import Engine
from sentivox.load.dialogue import dialogue, sample_turns
from sentivox.server.app import create_app
from sentivox.server.run import Server
from sentivox.server.settings import ServerSettings
from sentivox.system.machine import this_machine
from sentivox.types import SAMPLE_RATE, Int16Array

SECONDS = 4.8
"""Length of a stream: short enough not to count as an upload when sent this fast."""

ASK = (  # header names in lower case, as the server's HTTP part passes them on
    "GET /v1/stream?modalities=audio HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n"
    "connection: upgrade\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
TALK = {"silent": 0.0, "talking 40 %": 0.4}  # name -> share of the time with speech


def frames(pcm: Int16Array, samples: int) -> list[bytes]:
    """Cut audio into WebSocket frames of `samples` samples, masked as a client sends them."""
    rng = np.random.default_rng(0)
    made: list[bytes] = []
    for at in range(0, len(pcm) - samples + 1, samples):
        data = np.frombuffer(pcm[at : at + samples].tobytes(), np.uint8)
        mask = rng.integers(0, 256, 4, np.uint8)
        masked = (data ^ np.resize(mask, len(data))).tobytes()
        made.append(struct.pack("!BBH", 0x82, 0xFE, len(data)) + mask.tobytes() + masked)
    return made


def voices(streams: int, talk: float) -> list[Int16Array]:
    """Return the audio of each stream: int16, SECONDS long, with this share of speech."""
    rng = np.random.default_rng(0)
    if talk:
        said = sample_turns()
        return [dialogue(said, SECONDS, talk=talk, rng=rng) for _ in range(streams)]
    size = round(SECONDS * SAMPLE_RATE)
    return [rng.integers(-2, 3, size).astype(np.int16) for _ in range(streams)]


async def settle(turns_of_loop: int = 8) -> None:
    """Let the event loop run pending callbacks."""
    for _ in range(turns_of_loop):
        await asyncio.sleep(0)


async def cost(server: Server, messages: list[list[bytes]]) -> float:
    """Send all messages; return CPU milliseconds per second of one stream."""
    loop, state = asyncio.get_running_loop(), ServerState()
    clients: list[socket.socket] = []
    for _ in messages:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        protocol: Any = server.config.ws_protocol_class
        await loop.connect_accepted_socket(
            lambda made=protocol: made(config=server.config, server_state=state, app_state={}),
            theirs,
        )
        ours.send(ASK.encode())
        clients.append(ours)
    while len(server.service.sessions) < len(clients):
        await settle()
    sending = 0.0
    before = time.process_time()
    for tick in zip(*messages, strict=True):
        began = time.thread_time()
        for client, message in zip(clients, tick, strict=True):
            client.send(message)
        sending += time.thread_time() - began
        await settle()
    while any(c.intake.waiting_s for c in server.service.sessions.conversations):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    spent = time.process_time() - before - sending
    for client in clients:
        client.close()
    server.service.sessions.drop_disconnected()
    while len(server.service.sessions):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return spent * 1e3 / SECONDS / len(messages)


async def measure(engine: Engine, streams: int, samples: int, rounds: int) -> dict[str, float]:
    """Measure each entry of TALK in turns; return the lowest cost of its rounds, in ms a second."""
    app = create_app(engine, ServerSettings(max_streams=streams + 1, degrade=False))
    server = Server(app)
    server.config.load()
    said = {
        name: [frames(pcm, samples) for pcm in voices(streams, talk)] for name, talk in TALK.items()
    }
    taken: dict[str, list[float]] = {name: [] for name in said}
    async with app.router.lifespan_context(app):
        for _ in range(rounds):
            for name, messages in said.items():
                taken[name].append(await cost(server, messages))
    return {name: round(min(times), 3) for name, times in taken.items()}


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=40)
    parser.add_argument("--message-ms", type=float, default=40.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    samples = round(asked.message_ms / 1e3 * SAMPLE_RATE)
    with Engine.load("embedded", asr_workers=1) as engine:
        found = asyncio.run(measure(engine, asked.streams, samples, asked.rounds))
    result = {"machine": asdict(this_machine()), "load": os.getloadavg()[0], "ms_a_second": found}
    if asked.json:
        print(json.dumps(result))
        return
    for name, value in found.items():
        print(f"{name:13} {value:6.2f} ms of a core a second ({value / 10:.2f} % of a core)")


if __name__ == "__main__":
    main()
