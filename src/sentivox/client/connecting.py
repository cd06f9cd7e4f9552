"""Opens a stream to a server, for asyncio programs."""

import contextlib
from collections.abc import AsyncGenerator, Iterable
from numbers import Integral, Real
from pathlib import Path
from typing import Final

from sentivox.client.address import stream_url
from sentivox.client.connection import ClientStream
from sentivox.client.link import Link
from sentivox.client.tls import trust
from sentivox.protocol.options import ChineseScript, Role
from sentivox.system.suggesting import suggesting
from sentivox.system.usage import require

DEFAULT_URL: Final = "ws://127.0.0.1:8000"
"""Address of a local server on its default port."""


@suggesting
@contextlib.asynccontextmanager
async def connect(
    url: str = DEFAULT_URL,
    *,
    sample_rate: int = 16_000,
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
    upload: bool = False,
    token: str | None = None,
    cacert: str | Path | None = None,
    reconnect_s: float = 30.0,
) -> AsyncGenerator[ClientStream]:
    """Open a stream and wait for its Begin. Leaving the block closes the connection.

    Args:
        url: Address of the server: ws(s), http(s) or a bare host:port. A path is a proxy's
            sub-path, unless it ends in that of a stream, such as /v1/stream.
        sample_rate: Hz, 8000 to 48000.
        encoding: "linear16", "linear32f", "mulaw" or "alaw".
        channels: 1, or 2 interleaved: two speakers with a channel each.
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
        upload: Whether audio will be sent faster than real time. The server then slows the sender
            down at times, and pongs queue behind the audio, so they get no time limit.
        token: Token for a server that requires one; sent as a header.
        cacert: PEM file of certificates to trust for TLS, instead of the system's.
        reconnect_s: Seconds to keep trying to restore a broken connection; 0 does not try.

    Raises:
        ConnectionFailed: The server cannot be reached, or refuses the stream.
        UsageError: An argument is of the wrong type.
    """
    require("reconnect_s", reconnect_s, Real, "a number of seconds")
    require("sample_rate", sample_rate, Integral, "a number of Hz")
    require("channels", channels, Integral, "1 or 2")
    address = stream_url(
        url,
        sample_rate=sample_rate,
        encoding=encoding,
        channels=channels,
        language=language or None,
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
    )
    link = Link(address=address, upload=upload, token=token, trust=trust(address, cacert))
    socket, begin = await link.open()
    stream = ClientStream(link, socket, begin, reconnect_s)
    try:
        yield stream
    finally:
        await stream.leave()
