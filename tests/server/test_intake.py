"""Audio on its way in is gathered where many streams are open, and never kept for long."""

import asyncio

from sentivox.audio.pcm import AudioFormat
from sentivox.server.ws.inbox import Inbox
from sentivox.server.ws.inspection import Inspection
from sentivox.server.ws.intake import GATHER_S, Intake, gathered

RATE = 32_000
MESSAGE = bytes(1280)  # 40 ms


def intake(gather: float) -> Intake:
    inbox = Inbox(frame_bytes=2, bytes_per_second=RATE, limit_s=10.0, slice_s=0.5)
    inspection = Inspection(AudioFormat(), lambda _: None)
    return Intake(inbox, RATE, lambda _: None, lambda: gather, inspection)


def slices(gather: float, messages: int) -> list[int]:
    """Bytes of each slice that is taken of audio that comes with turns of the loop in between."""
    taken: list[int] = []

    async def run() -> None:
        queue = intake(gather)

        async def take() -> None:
            while sum(taken) < messages * len(MESSAGE):
                item = await queue.next()
                assert isinstance(item, bytes)
                taken.append(len(item))

        taking = asyncio.create_task(take())
        for _ in range(messages):
            await queue.audio(MESSAGE, 0.04)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        await taking

    asyncio.run(run())
    return taken


def test_few_streams_look_at_every_message() -> None:
    assert gathered(1) < 0.04
    assert slices(gathered(1), 4) == [len(MESSAGE)] * 4


def test_many_streams_gather_three_windows() -> None:
    assert gathered(32) == gathered(1000) == GATHER_S
    assert slices(GATHER_S, 6) == [3 * len(MESSAGE)] * 2


def test_what_stays_alone_is_taken_too() -> None:
    assert slices(GATHER_S, 4) == [3 * len(MESSAGE), len(MESSAGE)]


def test_the_end_is_not_kept_waiting() -> None:
    async def run() -> None:
        queue = intake(3600.0)
        await queue.audio(MESSAGE, 0.04)
        queue.close()
        assert await queue.next() == MESSAGE

    asyncio.run(run())
