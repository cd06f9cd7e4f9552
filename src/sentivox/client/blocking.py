"""The client for programs without asyncio: streams as plain generators of events."""

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
from sentivox.protocol.options import ChineseScript, Role
from sentivox.system.suggesting import suggesting
from sentivox.system.usage import ExclusiveGenerator, require
from sentivox.types import SAMPLE_RATE


@suggesting
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
    live_voice: bool | None = None,
    channel_names: Iterable[str] | None = None,
    roles: Iterable[Role] | None = None,
    tags: Iterable[str] | None = None,
    token: str | None = None,
    cacert: str | Path | None = None,
) -> Generator[Message]:
    """`play_file` for programs without asyncio, with the same arguments and errors.

    Audio is sent only while the caller waits for the next event, so take events continually.
    Closing or dropping the generator closes the connection.
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
            live_voice=live_voice,
            channel_names=channel_names,
            roles=roles,
            tags=tags,
            token=token,
            cacert=cacert,
        )
    )


@suggesting
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
    live_voice: bool | None = None,
    channel_names: Iterable[str] | None = None,
    roles: Iterable[Role] | None = None,
    tags: Iterable[str] | None = None,
    token: str | None = None,
    cacert: str | Path | None = None,
    reconnect_s: float = 30.0,
) -> Generator[Message]:
    """Stream live audio; yields Begin and every event as it comes, until Termination.

    A broken connection is restored. Closing the generator waits until the chunk of audio being
    read has arrived.

    Args:
        audio: Chunks of audio as they are recorded, each of any number of bytes; its end ends the
            stream. It is read in a separate thread, one chunk ahead, so it may block.
        url: Address of the server, such as "ws://127.0.0.1:8000".
        sample_rate: Hz, 8000 to 48000.
        encoding: "linear16", "linear32f", "mulaw" or "alaw".
        channels: 1, or 2 interleaved.
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
        reconnect_s: Seconds to keep trying to restore a broken connection; 0 does not try.

    Raises:
        ConnectionFailed: The server cannot be reached or refuses the stream, or the connection was
            lost and could not be restored.
        UsageError: An argument is of the wrong type, or an event loop is running in this thread.
    """
    require("audio", audio, Iterable, "an iterable of bytes")
    if isinstance(audio, str | bytes | bytearray | memoryview):
        raise UsageError("audio must be an iterable of chunks, such as [pcm], not one chunk")
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
        live_voice=live_voice,
        channel_names=channel_names,
        roles=roles,
        tags=tags,
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
        await stream.close()  # otherwise the events would never end
        raise
    await stream.close()


def _drive(events: AsyncGenerator[Message]) -> Generator[Message]:
    return ExclusiveGenerator(_driven(events), "this stream")


def _driven(events: AsyncGenerator[Message]) -> Generator[Message]:
    """Run an event loop while the caller waits for the next event."""
    with contextlib.suppress(RuntimeError):  # raised, as intended, if no loop is running
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
