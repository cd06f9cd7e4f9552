"""Opening a stream to a server, for asyncio programs."""

import contextlib
from collections.abc import AsyncGenerator, Iterable
from numbers import Integral, Real
from pathlib import Path
from typing import Final

from sentivox.client.address import stream_url
from sentivox.client.connection import ClientStream
from sentivox.client.link import Link
from sentivox.client.tls import trust
from sentivox.protocol.options import ChineseScript
from sentivox.system.usage import require

DEFAULT_URL: Final = "ws://127.0.0.1:8000"


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
    upload: bool = False,
    token: str | None = None,
    cacert: str | Path | None = None,
    reconnect_s: float = 30.0,
) -> AsyncGenerator[ClientStream]:
    """Open a stream and wait for its Begin. Leaving the block closes the connection.

    Args:
        url: Of the server; http(s) and a bare host:port are understood. A path is taken for the
            one under which a proxy offers the server, unless it ends as a stream's own does.
        sample_rate: Hz, 8000 to 48000.
        encoding: "linear16", "linear32f", "mulaw" or "alaw".
        channels: 1, or 2 interleaved: two speakers, each with a channel of their own.
        language: BCP-47 tag of the speech, such as "en" or "zh-CN"; None or "auto" detects it.
        modalities: "text", "audio" or both.
        min_confidence: A fused label less likely than this is called unknown, 0…1. This and what
            follows is left to the server where it is None.
        baseline: Hear the tone of each utterance against those before it, or alone.
        chinese_script: "simplified", "traditional" or "original".
        words: Tell when each word was said, in `Utterance.words`.
        interim: Tell the words so far at pauses, as `InterimTranscript`.
        upload: You will send faster than real time. The server then holds you back at times,
            and answers to pings wait behind the audio, so they are not timed.
        token: What lets us use the server, where it wants one; sent as a header.
        cacert: PEM file with the certificates to trust over TLS, instead of this machine's.
        reconnect_s: How long to try to take up a connection that broke; 0 not at all.

    Raises:
        ConnectionFailed: no server there, or it refused, and why.
        UsageError: an argument is of a wrong type.
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
    )
    link = Link(address=address, upload=upload, token=token, trust=trust(address, cacert))
    socket, begin = await link.open()
    stream = ClientStream(link, socket, begin, reconnect_s)
    try:
        yield stream
    finally:
        await stream.leave()
