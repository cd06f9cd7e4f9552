"""Kill workers and cut connections at random, and check that every utterance is accounted for.

    python -m benchmarks.chaos                         # 8 streams, ten minutes
    python -m benchmarks.chaos --streams 3 --seconds 30             # a short run

Streams run at the speed of speech through a network that breaks, and the Python client reconnects
them. Now and then a recogniser process is killed. The run passes if every stream gets every
message once and in order and an `Utterance` for everything that was said, and if all its audio is
analysed or counted as dropped. The server must exit with 0 and log no errors of its own.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np

from benchmarks.account import Account, total
from benchmarks.recogniser import add_asr
from benchmarks.served import Served, machine, served, turn
from sentivox.client import connect
from sentivox.protocol.events import Begin
from sentivox.types import SAMPLE_RATE

FRAME_S = 0.1  # seconds of audio in a message
SETTLING_S = 3.0
"""Nothing is killed or cut in the last seconds, so that every stream can reconnect."""


class Network:
    """A TCP proxy in front of a server that can cut connections.

    Args:
        host: Host of the server.
        port: Port of the server.
    """

    def __init__(self, host: str, port: int) -> None:
        self.address = ""
        self.cuts = 0
        self._target = host, port
        self._open: set[asyncio.StreamWriter] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator["Network"]:
        """Listen on a free port for as long as the context lasts; `address` has its URL."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield self

    def cut(self, chance: random.Random) -> None:
        """Abort one connection, without a close frame to either side."""
        if self._open:
            chosen = chance.choice(sorted(self._open, key=id))
            self._open.discard(chosen)
            chosen.transport.abort()
            self.cuts += 1

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._target)
        self._open.add(writer)
        ways = [asyncio.create_task(w) for w in (_pump(reader, back), _pump(there, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        if writer in self._open:
            writer.close()  # bytes already written still go out
            back.close()
        else:
            back.transport.abort()
        self._open.discard(writer)


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()


async def stream(network: Network, seconds: float, offset_s: float) -> Account:
    """Run one stream at the speed of speech and return its account.

    Args:
        network: The proxy to connect to.
        seconds: Length of the stream.
        offset_s: Where in the looped recording the stream begins.
    """
    account = Account()
    audio = np.roll(turn(), -round(offset_s * SAMPLE_RATE)).tobytes()
    size = int(FRAME_S * SAMPLE_RATE) * 2
    clock = asyncio.get_running_loop().time
    async with connect(network.address, reconnect_s=60.0) as client:
        session = client.session_id
        account.take(client.begin)

        async def send() -> None:
            began = clock()
            for number in range(round(seconds / FRAME_S)):
                at = number * size % len(audio)
                await client.send(audio[at : at + size])
                await asyncio.sleep(max(0.0, began + (number + 1) * FRAME_S - clock()))
            await client.close()

        sending = asyncio.create_task(send())
        async for event in client:
            if isinstance(event, Begin):
                account.problems.append("its session was lost")
            account.take(event)
        await sending
        if client.session_id != session:
            account.problems.append("it ended as another session")
    account.close(round(seconds / FRAME_S) * FRAME_S)
    return account


async def trouble(server: Served, network: Network, options: argparse.Namespace) -> int:
    """Kill workers and cut connections while the streams run; return how many were killed."""
    chance, killed = random.Random(options.seed), 0
    until = time.monotonic() + options.seconds - SETTLING_S
    while time.monotonic() < until:
        await asyncio.sleep(chance.expovariate(1 / options.every))
        workers = server.workers()
        if workers and chance.random() < 0.5:
            with contextlib.suppress(ProcessLookupError):  # it has already been replaced
                os.kill(chance.choice(workers), signal.SIGKILL)
                killed += 1
        else:
            network.cut(chance)
    return killed


async def chaos(options: argparse.Namespace) -> dict[str, Any]:
    """Run server, network, streams and trouble; return the report."""
    where = machine()
    async with served(options.asr, max_streams=options.streams) as server:
        host, _, port = server.url.removeprefix("ws://").partition(":")
        async with Network(host, int(port)).running() as network:
            lines = [
                stream(network, options.seconds, 60 * n / options.streams)
                for n in range(options.streams)
            ]
            killed, *accounts = await asyncio.gather(trouble(server, network, options), *lines)
            cuts = network.cuts
    streams = total(accounts)
    return {
        "machine": where,
        "streams": options.streams,
        "seconds": options.seconds,
        "workers_killed": killed,
        "connections_cut": cuts,
        **streams,
        "passed": not streams["problems"] and bool(killed and cuts),
    }


def main() -> None:
    """Parse the options, run, print, and exit with 1 if it failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=600.0, help="of speech, in each stream")
    parser.add_argument("--every", type=float, default=2.0, help="mean seconds between two faults")
    parser.add_argument("--seed", type=int, default=1)
    add_asr(parser)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = asyncio.run(chaos(options))
    if options.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"{name:16} {value}")
    sys.exit(not report["passed"])


if __name__ == "__main__":
    main()
