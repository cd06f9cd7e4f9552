"""Streams a recording to a server, in real time or as fast as the server accepts it."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from pathlib import Path

from sentivox.audio.files import AudioFile
from sentivox.client.connecting import DEFAULT_URL, connect
from sentivox.client.connection import ClientStream
from sentivox.client.sending import sending
from sentivox.errors import AudioError
from sentivox.protocol.events import Message
from sentivox.protocol.options import ChineseScript, Role
from sentivox.system.suggesting import suggesting
from sentivox.system.usage import PATH, require
from sentivox.types import SAMPLE_RATE, Int16Array

FRAME_S = 0.04
"""Seconds of audio in a message, as a phone or browser would send."""

FAST_FRAME_S = 0.5
"""Seconds of audio in a message when sending faster than real time."""


@suggesting
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
    live_voice: bool | None = None,
    channel_names: Iterable[str] | None = None,
    roles: Iterable[Role] | None = None,
    tags: Iterable[str] | None = None,
    token: str | None = None,
    cacert: str | Path | None = None,
) -> AsyncGenerator[Message]:
    """Stream a recording of any format; yields Begin and every event as it comes.

    Args:
        path: Path of the recording; two channels are sent as two speakers.
        url: Address of the server, such as "ws://127.0.0.1:8000".
        fast: Send as fast as the server accepts it, instead of in real time.
        language: BCP-47 tag of the speech, such as "en" or "zh-CN"; None or "auto" detects it.
        modalities: "text", "audio" or both.
        min_confidence: Probability (0…1) below which a label becomes "unclear". For this
            and the options up to `tags`, None means the server's default.
        baseline: Judge the tone of each utterance relative to earlier ones of its channel (True),
            or on its own (False).
        chinese_script: Script of Chinese text: "simplified", "traditional" or "original".
        words: Include the times of each word, in `Utterance.words`.
        interim: Send the transcript so far at pauses, as `InterimTranscript`.
        live_voice: Report live tone by the more accurate model of whole utterances.
        channel_names: A name for each channel, for people, such as ["Agent", "Customer"].
        roles: For each channel "agent", "customer" or "other".
        tags: Tags under which a server that stores conversations finds this one.
        token: Token for a server that requires one.
        cacert: PEM file of certificates to trust for TLS, instead of the system's.

    Raises:
        AudioError: The file cannot be read or holds no audio.
        ConnectionFailed: The server cannot be reached or refuses the stream, or the connection was
            lost and could not be restored.
        UsageError: An argument is of the wrong type.
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
        live_voice=live_voice,
        channel_names=channel_names,
        roles=roles,
        tags=tags,
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
        await stream.close()  # otherwise the events would never end
        raise
    await stream.close()


def _frames(file: AudioFile, step: int) -> Iterator[Int16Array]:
    for block in file:
        for at in range(0, block.shape[1], step):
            yield block[:, at : at + step]
