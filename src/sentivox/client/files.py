"""Streams a recording to a server, at the pace of speech or as fast as it takes it."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from pathlib import Path

from sentivox.audio.files import AudioFile
from sentivox.client.connecting import DEFAULT_URL, connect
from sentivox.client.connection import ClientStream
from sentivox.client.sending import sending
from sentivox.errors import AudioError
from sentivox.protocol.events import Message
from sentivox.protocol.options import ChineseScript
from sentivox.system.usage import PATH, require
from sentivox.types import SAMPLE_RATE, Int16Array

FRAME_S = 0.04
"""Audio in one message, as a phone or browser would send it."""

FAST_FRAME_S = 0.5
"""The same where time does not matter."""


async def play_file(
    path: str | Path,
    url: str = DEFAULT_URL,
    *,
    fast: bool = False,
    language: str | None = "en",
    modalities: Iterable[str] = ("text", "audio"),
    min_confidence: float | None = None,
    baseline: bool | None = None,
    chinese_script: ChineseScript | None = None,
    words: bool | None = None,
    interim: bool | None = None,
    token: str | None = None,
    cacert: str | Path | None = None,
) -> AsyncGenerator[Message]:
    """Stream a recording of any format; yields Begin and every event as it comes.

    Args:
        path: The recording; two channels are sent as two speakers.
        url: Of the server.
        fast: As fast as the server takes it, instead of real time.
        language: BCP-47 tag of the speech, such as "en" or "zh-CN"; None or "auto" detects it.
        modalities: "text", "audio" or both.
        min_confidence: A fused label less likely than this is called unknown, 0…1. This and what
            follows is left to the server where it is None.
        baseline: Hear the tone of each utterance against those before it, or alone.
        chinese_script: "simplified", "traditional" or "original".
        words: Tell when each word was said, in `Utterance.words`.
        interim: Tell the words so far at pauses, as `InterimTranscript`.
        token: What lets us use the server, where it wants one.
        cacert: PEM file with the certificates to trust over TLS, instead of this machine's.

    Raises:
        AudioError: the file cannot be read.
        ConnectionFailed: no server there, or it went away.
        UsageError: an argument is of a wrong type.
    """
    require("path", path, PATH, "the path of a recording")
    file = AudioFile(path)
    async with connect(
        url,
        channels=file.channels,
        language=language,
        modalities=modalities,
        min_confidence=min_confidence,
        baseline=baseline,
        chinese_script=chinese_script,
        words=words,
        interim=interim,
        upload=fast,
        token=token,
        cacert=cacert,
    ) as stream:
        yield stream.begin
        async with sending(_send(stream, file, fast=fast)):
            async for event in stream:
                yield event


async def _send(stream: ClientStream, file: AudioFile, *, fast: bool) -> None:
    clock = asyncio.get_running_loop().time
    began, sent = clock(), 0
    try:
        for frame in _frames(file, round((FAST_FRAME_S if fast else FRAME_S) * SAMPLE_RATE)):
            await stream.send(frame.T.tobytes())
            sent += frame.shape[1]
            due = began if fast else began + sent / SAMPLE_RATE
            await asyncio.sleep(max(0.0, due - clock()))
    except AudioError:
        await stream.close()  # or the events would never end
        raise
    await stream.close()


def _frames(file: AudioFile, step: int) -> Iterator[Int16Array]:
    for block in file:
        for at in range(0, block.shape[1], step):
            yield block[:, at : at + step]
