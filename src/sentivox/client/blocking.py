"""The client for programs without asyncio: the same streams as plain generators."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Iterable
from pathlib import Path

from sentivox.client.connecting import DEFAULT_URL, connect
from sentivox.client.connection import ClientStream
from sentivox.client.files import play_file
from sentivox.client.sending import sending
from sentivox.errors import UsageError
from sentivox.protocol.events import Message
from sentivox.protocol.options import ChineseScript
from sentivox.system.usage import OneReader, require
from sentivox.types import SAMPLE_RATE


def stream_file(
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
) -> Generator[Message]:
    """`play_file` for programs without asyncio. The same arguments and errors.

    Audio is sent while you wait for the next event, so take events as they come. Closing the
    generator, or dropping it, closes the connection.
    """
    return _drive(
        play_file(
            path,
            url,
            fast=fast,
            language=language,
            modalities=modalities,
            min_confidence=min_confidence,
            baseline=baseline,
            chinese_script=chinese_script,
            words=words,
            interim=interim,
            token=token,
            cacert=cacert,
        )
    )


def stream_audio(
    audio: Iterable[bytes],
    url: str = DEFAULT_URL,
    *,
    sample_rate: int = SAMPLE_RATE,
    encoding: str = "linear16",
    channels: int = 1,
    language: str | None = "en",
    modalities: Iterable[str] = ("text", "audio"),
    min_confidence: float | None = None,
    baseline: bool | None = None,
    chinese_script: ChineseScript | None = None,
    words: bool | None = None,
    interim: bool | None = None,
    token: str | None = None,
    cacert: str | Path | None = None,
    reconnect_s: float = 30.0,
) -> Generator[Message]:
    """Stream live audio; yields Begin and every event as it comes, until Termination.

    A connection that breaks is taken up again. Closing the generator waits for the piece of
    audio that is being read.

    Args:
        audio: Pieces as they are recorded; its end ends the stream. It is read in a thread of
            its own, so it may block, and one piece ahead.
        url: Of the server.
        sample_rate: Hz, 8000 to 48000.
        encoding: "linear16", "linear32f", "mulaw" or "alaw".
        channels: 1, or 2 interleaved.
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
        reconnect_s: How long to try to take up a connection that broke; 0 not at all.

    Raises:
        ConnectionFailed: no server there, or it went away.
        UsageError: an argument is of a wrong type, or an event loop is running here.
    """
    require("audio", audio, Iterable, "an iterable of bytes")
    if isinstance(audio, str | bytes | bytearray | memoryview):
        raise UsageError("audio must be pieces of audio, such as [pcm], not one")
    opened = connect(
        url,
        sample_rate=sample_rate,
        encoding=encoding,
        channels=channels,
        language=language,
        modalities=modalities,
        min_confidence=min_confidence,
        baseline=baseline,
        chinese_script=chinese_script,
        words=words,
        interim=interim,
        token=token,
        cacert=cacert,
        reconnect_s=reconnect_s,
    )
    return _drive(_play(audio, opened))


async def _play(
    audio: Iterable[bytes], opened: contextlib.AbstractAsyncContextManager[ClientStream]
) -> AsyncGenerator[Message]:
    async with opened as stream:
        yield stream.begin
        async with sending(_send(stream, audio)):
            async for event in stream:
                yield event


async def _send(stream: ClientStream, audio: Iterable[bytes]) -> None:
    source = iter(audio)
    try:
        while (data := await asyncio.to_thread(next, source, None)) is not None:
            await stream.send(data)
    except Exception:
        await stream.close()  # or the events would never end
        raise
    await stream.close()


def _drive(events: AsyncGenerator[Message]) -> Generator[Message]:
    return OneReader(_driven(events), "this stream")


def _driven(events: AsyncGenerator[Message]) -> Generator[Message]:
    """Run the loop while the caller waits for the next event."""
    with contextlib.suppress(RuntimeError):  # there is none, as it should be
        asyncio.get_running_loop()
        raise UsageError(
            "an event loop is running here, as in a notebook: take events with `async for`, of"
            " sentivox.client.play_file or of a stream that sentivox.client.connect opened"
        )
    with asyncio.Runner() as runner:
        try:
            while True:
                try:
                    yield runner.run(anext(events))
                except StopAsyncIteration:
                    return
        finally:
            runner.run(events.aclose())
