"""What `pipecat_mood.py` and `livekit_mood.py` share: it hears a user, and knows the mood.

Any other framework for voice agents is served the same way: `hear` the user's audio as it comes,
and pass what the user said through `with_mood` before the language model reads it.

SENTIVOX_URL and SENTIVOX_TOKEN name a server elsewhere. Without a server there are no moods, and
the agent goes on.
"""

import asyncio
import contextlib
import logging
import os

import sentivox.client
from sentivox.errors import ConnectionFailed
from sentivox.protocol.events import Begin, Event, SpeechEnded, SpeechStarted, Utterance

# Add it to what your agent is told.
INSTRUCTION = (
    "A user's message may begin with how it sounded, as probabilities: ([name label=0.00])."
    " `emotion` is that of the voice, `sentiment` that of words and voice together. Take it as a"
    " hint, which may be wrong, for how to answer. Never mention it."
)
KEEP_ALIVE_S = 5.0


class Ear:
    """Hears one user.

    Args:
        patience_s: Longest time, in seconds, that what was said waits for its mood.
    """

    def __init__(self, patience_s: float = 1.0) -> None:
        self._patience_s = patience_s
        self._audio: asyncio.Queue[bytes] = asyncio.Queue()
        self._listening: asyncio.Task[None] | None = None
        self._speaking: set[int] = set()  # utterances that are not final
        self._heard: Utterance | None = None
        self._ready = asyncio.Event()

    def hear(self, audio: bytes, sample_rate: int) -> None:
        """Take the next audio: 16-bit, mono, all of the same rate in Hz."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen(sample_rate))
        if not self._listening.done():
            self._audio.put_nowait(audio)

    async def with_mood(self, words: str) -> str:
        """What the user has just said, with its mood before it if that is known in time."""
        if self._listening is None or self._listening.done():
            return words
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), self._patience_s)
        heard, self._heard = self._heard, None
        self._ready.clear()
        return sentivox.rcs(heard, words=words) if heard else words

    async def close(self) -> None:
        """Hang up."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait({self._listening})

    async def _listen(self, sample_rate: int) -> None:
        url = os.environ.get("SENTIVOX_URL", sentivox.client.DEFAULT_URL)
        token = os.environ.get("SENTIVOX_TOKEN")
        try:
            async with sentivox.client.connect(url, sample_rate=sample_rate, token=token) as stream:
                sending = asyncio.create_task(self._send(stream))
                try:
                    async for event in stream:
                        self._take(event)
                finally:
                    sending.cancel()
        except ConnectionFailed as error:
            logging.getLogger(__name__).warning("No moods from here on: %s", error)

    async def _send(self, stream: sentivox.client.ClientStream) -> None:
        with contextlib.suppress(ConnectionFailed):  # told by `_listen`
            while True:
                try:
                    audio = await asyncio.wait_for(self._audio.get(), KEEP_ALIVE_S)
                except TimeoutError:
                    await stream.keep_alive()
                else:
                    await stream.send(audio)

    def _take(self, event: Event) -> None:
        match event:
            case SpeechStarted():
                self._speaking.add(event.utterance_id)
            case SpeechEnded(discarded=True):
                self._speaking.discard(event.utterance_id)
            case Utterance(final=True):
                self._speaking.discard(event.utterance_id)
                # Of several in a turn, the longest tells the most.
                self._heard = max(event, self._heard or event, key=lambda u: u.end - u.start)
            case Begin():  # the server was restarted
                self._speaking.clear()
            case _:
                return
        if self._heard and not self._speaking:
            self._ready.set()
        else:
            self._ready.clear()
