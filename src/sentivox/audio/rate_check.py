"""Check whether a live stream arrives at the pace of its announced sample rate.

A microphone's audio arrives at the speed of its clock: 48 kHz that was announced as 16 kHz comes
at three times real time, second after second, to within a hundredth of a percent. A recording
sent faster than real time comes at a pace unrelated to sample rates, and a bad network delivers
in fits and starts. So only a pace that is steady and matches a usual rate is evidence. Because a
recording may be paced at exactly two or three times real time, audio that arrives too fast must
also be as smooth as audio sampled at the higher rate is.

The caller passes the time and a description of the stream's sound.
"""

from dataclasses import dataclass
from typing import Final

from sentivox.audio.pcm import AudioFormat

WINDOW_S: Final = 2.0
"""Seconds over which the pace is measured at a time."""

WINDOWS: Final = 15
"""Windows in a row that must have the same pace."""

UNEVEN: Final = 0.15
"""Relative deviation from the overall pace at which a window restarts the measurement."""

EXACT: Final = 0.005
"""Largest relative deviation of the overall pace from a usual rate."""

GIVE_UP_S: Final = 600.0
"""Seconds after which the check ends without a result."""

RATES: Final = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Sample rates in Hz that sound cards and codecs use."""

_SMOOTHEST: Final = 0.012
"""Median von Neumann ratio that 1 % of speech at 16 kHz stays below."""

_NEVER_PACED: Final = (11_025, 22_050, 44_100)
"""Rates in Hz of the 44.1 kHz family. No recording is paced at the ratio of one of them to one of
the other rates."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What a stream sounds like.

    Attributes:
        ratio: Median von Neumann ratio of its windows; None while there are too few.
        paired: Whether each sample comes twice, as in two equal channels.
    """

    ratio: float | None = None
    paired: bool = False


@dataclass(frozen=True, slots=True)
class WrongRate:
    """The finding that a stream arrives at another rate than announced.

    Attributes:
        pace: Seconds of audio that arrive per second.
        sample_rate: Rate in Hz at which that pace would be real time.
        paired: Whether the cause is rather two equal channels sent as one.
    """

    pace: float
    sample_rate: int
    paired: bool = False


class RateCheck:
    """Measures the pace of a stream until it is certain, either way.

    Args:
        audio: The announced format.

    Attributes:
        done: Whether the check has ended; further audio is ignored.
    """

    def __init__(self, audio: AudioFormat) -> None:
        self.done = False
        self._rate = audio.sample_rate
        self._began: float | None = None
        self._since: float | None = None
        self._restart(None)

    def arrived(self, seconds: float, now: float, sound: Sound) -> WrongRate | None:
        """Note audio that has just arrived.

        Args:
            seconds: Its duration at the announced rate.
            now: Arrival time, in seconds on any monotonic clock.
            sound: What the stream sounds like so far.

        Returns:
            The rate at which the stream arrives, once, if that is certain and not the announced
            one; otherwise None.
        """
        if self.done:
            return None
        self._began = now if self._began is None else self._began
        if self._since is None:  # the first audio was recorded before the measurement began
            self._restart(now)
            return None
        self._heard += seconds
        self._window_heard += seconds
        if now - self._window_since < WINDOW_S:
            return None
        pace = self._window_heard / (now - self._window_since)
        whole = self._heard / (now - self._since)
        self._windows += 1
        self._window_since, self._window_heard = now, 0.0
        self.done = now - self._began > GIVE_UP_S
        if not whole or abs(pace / whole - 1) > UNEVEN:
            self._restart(now)
        elif self._windows >= WINDOWS:
            return self._decide(whole, now, sound)
        return None

    def waited(self) -> None:
        """Restart the measurement: the server made the client wait, which changed its pace."""
        self._restart(None)

    def _restart(self, now: float | None) -> None:
        self._since = now
        self._window_since = now or 0.0
        self._heard = self._window_heard = 0.0
        self._windows = 0

    def _decide(self, pace: float, now: float, sound: Sound) -> WrongRate | None:
        """Compare a steady pace, in seconds of audio per second, with the usual rates."""
        self._restart(now)
        self.done = self.done or abs(pace - 1) <= 10 * EXACT
        paired = sound.paired and abs(pace / 2 - 1) <= EXACT
        rate = next((r for r in RATES if abs(pace * self._rate / r - 1) <= EXACT), None)
        if self.done or rate is None or not (paired or self._fits(rate, sound)):
            return None
        self.done = True
        return WrongRate(pace, rate, paired)

    def _fits(self, rate: int, sound: Sound) -> bool:
        """Whether the sound agrees with this rate in Hz; a pace that is too slow needs no proof."""
        odd = (rate in _NEVER_PACED) != (self._rate in _NEVER_PACED)
        if rate < self._rate or odd:
            return True
        return sound.ratio is not None and sound.ratio < _SMOOTHEST * (16_000 / self._rate) ** 2
