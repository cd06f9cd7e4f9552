"""Streams the microphone to a server until interrupted."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentivox.client.connecting import DEFAULT_URL, connect
from sentivox.client.connection import ClientStream
from sentivox.errors import AudioError, ConnectionFailed
from sentivox.protocol.events import Message
from sentivox.protocol.options import ChineseScript, Role
from sentivox.types import SAMPLE_RATE

if TYPE_CHECKING:
    from typing_extensions import Buffer

FRAME_SAMPLES = round(0.04 * SAMPLE_RATE)
"""Samples in a message (40 ms)."""


async def play_microphone(
    url: str = DEFAULT_URL,
    *,
    stop: asyncio.Event,
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
    level: Callable[[float], None] | None = None,
    token: str | None = None,
    cacert: str | Path | None = None,
) -> AsyncGenerator[Message]:
    """Stream the default microphone; yields Begin and every event as it comes.

    Args:
        url: Address of the server, such as "ws://127.0.0.1:8000".
        stop: Ends the audio when set; the events then go on to Summary and Termination.
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
        level: Called with the level of each 40 ms frame, as RMS from 0 to 1.
        token: Token for a server that requires one.
        cacert: PEM file of certificates to trust for TLS, instead of the system's.

    Raises:
        AudioError: There is no microphone, or the package that reads it is missing.
        ConnectionFailed: The server cannot be reached or refuses the stream, or the connection was
            lost and could not be restored.
    """
    frames: asyncio.Queue[bytes | None] = asyncio.Queue()
    with _microphone(frames):
        async with connect(
            url,
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
        ) as stream:
            yield stream.begin
            sender = asyncio.create_task(_send(stream, frames, level))
            ender = asyncio.create_task(_end(frames, stop))
            try:
                async for event in stream:
                    yield event
            finally:
                ender.cancel()
                sender.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionFailed):
                    await sender


@contextlib.contextmanager
def _microphone(frames: asyncio.Queue[bytes | None]) -> Generator[None]:
    """Put the microphone's frames into the queue."""
    try:
        import sounddevice  # noqa: PLC0415  (an extra that may be missing)
    except (ImportError, OSError) as error:
        wanted = "pip install 'sentivox[mic]'"
        if isinstance(error, OSError):  # the package is installed, but not the system library
            wanted = "apt install libportaudio2, or your system's PortAudio"
        raise AudioError(f"no access to a microphone: {wanted}; or give --file") from None
    loop = asyncio.get_running_loop()

    def captured(data: "Buffer", *_: object) -> None:
        loop.call_soon_threadsafe(frames.put_nowait, bytes(data))

    try:
        device = sounddevice.RawInputStream(
            samplerate=SAMPLE_RATE,
            channels=1,
            dtype="int16",
            blocksize=FRAME_SAMPLES,
            callback=captured,
        )
    except (sounddevice.PortAudioError, ValueError) as error:
        raise AudioError(f"the microphone cannot be opened: {error}; or give --file") from None
    with device:
        yield


async def _end(frames: asyncio.Queue[bytes | None], stop: asyncio.Event) -> None:
    await stop.wait()
    frames.put_nowait(None)


async def _send(
    stream: ClientStream, frames: asyncio.Queue[bytes | None], level: Callable[[float], None] | None
) -> None:
    while (frame := await frames.get()) is not None:
        if level is not None:
            samples = np.frombuffer(frame, np.int16).astype(np.float32) / 32768
            level(float(np.sqrt(np.mean(samples**2))))
        await stream.send(frame)
    await stream.close()
