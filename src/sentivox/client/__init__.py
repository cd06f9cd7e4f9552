"""Python client of the streaming protocol.

Example:
    async with sentivox.client.connect("ws://127.0.0.1:8000") as stream:
        await stream.send(pcm)                  # as it arrives; read events at the same time
        await stream.close()                    # no more audio
        async for event in stream:              # ends after Summary and Termination
            print(event)

    for event in sentivox.client.stream_audio(chunks):      # the same without asyncio
        print(event)

Both restore a broken connection and resume the session without losing events.
"""

from sentivox.client.blocking import stream_audio, stream_file
from sentivox.client.connecting import DEFAULT_URL, connect
from sentivox.client.connection import ClientStream
from sentivox.client.files import play_file

__all__ = [
    "DEFAULT_URL", "ClientStream", "connect", "play_file", "stream_audio", "stream_file",
]  # fmt: skip
