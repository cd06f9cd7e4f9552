"""Checks incoming audio: whether it is raw audio at all, and of the agreed format.

A media file, text, or a WAV header with another format is a certain mistake and ends the session.
Audio whose signal or rate of arrival merely suggests another format causes one Warning.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sentivox.audio.encoding_check import EncodingCheck
from sentivox.audio.pcm import AudioFormat
from sentivox.audio.rate_check import RateCheck, WrongRate
from sentivox.audio.readings import COMPRESSED, FLOATS_TOO_LARGE, TWO_CHANNELS
from sentivox.audio.signatures import MAX_SNIFFED_BYTES, identify
from sentivox.audio.wav_header import MAX_HEADER_BYTES, may_begin_wav, wav_header

_SUPPORTED: Final = frozenset({"linear16", "linear32f", "mulaw", "alaw"})
"""Encodings that a client can ask for with `encoding=`."""


@dataclass(frozen=True, slots=True)
class AudioFinding:
    """What is wrong with a session's audio, in one line; `fatal` if that is certain."""

    message: str
    fatal: bool


class Inspection:
    """Checks one session's audio, and strips WAV headers of the agreed format from it.

    Args:
        audio: The agreed format.
        found: Called with what is wrong, at most once.
        clock: Monotonic clock, in seconds.
        certain: Whether the server has decoded the audio itself, so that there is nothing to check.
    """

    def __init__(
        self,
        audio: AudioFormat,
        found: Callable[[AudioFinding], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        certain: bool = False,
    ) -> None:
        self._certain = certain
        self._audio = audio
        self._found = found
        self._clock = clock
        self._rate = audio.sample_rate * audio.frame_bytes
        self._encoding = EncodingCheck(audio)
        self._pace = RateCheck(audio)
        self._head: bytearray | None = bytearray()
        self._held = b""
        self._told = False

    def take(self, data: bytes) -> tuple[bytes, int]:
        """Inspect the next message of audio.

        Returns:
            The samples (bytes in the agreed format), and the length in bytes of a WAV header that
            was stripped. An incomplete header is held back until more arrives.
        """
        if self._certain:
            return data, 0
        data, self._held = self._held + data, b""
        skipped = 0
        if data[:1] in (b"R", b"B") and may_begin_wav(data):
            header = wav_header(data)
            if header is None:
                if len(data) < MAX_HEADER_BYTES:
                    self._held = data
                    return b"", 0
                self._fail("a WAV file whose samples never begin")
            elif header.matches(self._audio):
                data, skipped = data[header.size :], header.size
            else:
                self._fail(
                    f"a WAV file of {header.sample_rate} Hz, {header.named} and "
                    f"{header.channels} channel(s) for a stream of {self._agreed}",
                    header.query,
                )
        self._listen(data)
        return data, skipped

    def waited(self) -> None:
        """Note that the client was made to wait, so its rate of arrival is not its own."""
        self._pace.waited()

    def cut(self) -> None:
        """Discard an incomplete header or frame, because the connection has ended."""
        self._held = b""
        self._encoding.cut()
        self._pace.waited()

    def _listen(self, data: bytes) -> None:
        if self._told:
            return
        if self._head is not None:
            self._head += data[: MAX_SNIFFED_BYTES - len(self._head)]
            if name := identify(bytes(self._head)):
                self._fail(name)
                return
            if len(self._head) == MAX_SNIFFED_BYTES:
                self._head = None
        if not self._encoding.done and (name := self._encoding.hear(data)):
            self._tell(AudioFinding(self._sounds(name), fatal=False))
        elif not self._pace.done:
            seconds = len(data) / self._rate
            wrong = self._pace.arrived(seconds, self._clock(), self._encoding.sound)
            if wrong is not None:
                self._tell(AudioFinding(self._arrives(wrong), fatal=False))

    def _fail(self, name: str, query: str | None = None) -> None:
        remedy = f"connect with {query}" if query else f"send {self._agreed}, without a header"
        self._tell(
            AudioFinding(
                f"this is {name}, not raw audio: {remedy}, or post the file to /v1/analyze",
                fatal=True,
            )
        )

    def _tell(self, finding: AudioFinding) -> None:
        if not self._told:
            self._told = True
            self._found(finding)

    def _sounds(self, name: str) -> str:
        """The warning that the signal suggests another encoding or number of channels."""
        agreed = self._agreed
        if name == COMPRESSED:
            return f"this sounds like {name}, not like audio in {agreed}: decode it first"
        if name == FLOATS_TOO_LARGE:
            return f"this looks like {name}: divide by 32768, as linear32f is −1 to 1"
        if name == TWO_CHANNELS:
            return f"this sounds like two channels, not {agreed}: connect with channels=2"
        remedy = (
            f"connect with encoding={name}" if name in _SUPPORTED else f"convert it to {agreed}"
        )
        return f"this sounds like {name}, not {agreed}: {remedy}"

    def _arrives(self, wrong: WrongRate) -> str:
        """The warning that the rate of arrival suggests another sample rate or two channels."""
        remedy = "channels=2" if wrong.paired else f"sample_rate={wrong.sample_rate}"
        return (
            f"audio comes at {wrong.pace:.3g} times the speed of {self._agreed}:"
            f" if it is live, connect with {remedy}"
        )

    @property
    def _agreed(self) -> str:
        channels = "mono" if self._audio.channels == 1 else "two channels"
        return f"{self._audio.encoding} at {self._audio.sample_rate} Hz, {channels}"
