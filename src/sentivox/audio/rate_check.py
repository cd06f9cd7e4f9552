"""Whether a live stream arrives as fast as it claims to be spoken.

A microphone's audio arrives at the speed of its clock: 48 kHz that was announced as 16 kHz comes
at three times real time, second after second, to within a hundredth of a percent. A recording
that is sent ahead comes at a speed that has nothing to do with sample rates, and a bad network
in fits and starts. So only a pace that is both steady and that of a usual rate tells anything;
and as a recording may be paced at exactly twice or three times real time, audio that comes too
fast must besides be as smooth as audio is that was sampled so much finer.

The caller brings the time, and what the stream sounds like.
"""

from dataclasses import dataclass
from typing import Final

from sentivox.audio.pcm import AudioFormat

WINDOW_S: Final = 2.0
WINDOWS: Final = 15
"""So many windows in a row must have the same pace."""

UNEVEN: Final = 0.15
"""A window whose pace is further from that of all, relatively, begins the count anew."""

EXACT: Final = 0.005
"""How near to a usual rate the whole must come, relatively."""

GIVE_UP_S: Final = 600.0
"""After so long nobody measures any more."""

RATES: Final = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Hz that sound cards and codecs have."""

_SMOOTHEST: Final = 0.012
"""Of speech at 16 kHz one in a hundred is smoother (von Neumann ratio, median of its windows)."""

_NEVER_PACED: Final = (11_025, 22_050, 44_100)
"""Rates at whose ratio to another family nobody paces a recording."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What a stream sounds like.

    Attributes:
        ratio: Median von Neumann ratio of its windows; None while too little was heard.
        paired: Each sample comes twice, as of two equal channels.
    """

    ratio: float | None = None
    paired: bool = False


@dataclass(frozen=True, slots=True)
class WrongRate:
    """A stream that comes at another rate than it said.

    Attributes:
        pace: Seconds of audio a second.
        sample_rate: Hz at which that pace would be real time.
        paired: It is rather that two equal channels come as one.
    """

    pace: float
    sample_rate: int
    paired: bool = False


class RateCheck:
    """Measures the pace of a stream until it is certain, either way.

    Args:
        audio: What was agreed on.

    Attributes:
        done: Certain: nothing more is wanted.
    """

    def __init__(self, audio: AudioFormat) -> None:
        self.done = False
        self._rate = audio.sample_rate
        self._began: float | None = None
        self._since: float | None = None
        self._restart(None)

    def arrived(self, seconds: float, now: float, sound: Sound) -> WrongRate | None:
        """Note audio that has just come; returns what is wrong, once, when that is certain.

        Args:
            seconds: Its length, by the rate that was agreed on.
            now: Seconds of any clock.
            sound: What the stream sounds like so far.
        """
        if self.done:
            return None
        self._began = now if self._began is None else self._began
        if self._since is None:  # what came first was spoken before
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
        """The client was made to wait: its pace so far was ours."""
        self._restart(None)

    def _restart(self, now: float | None) -> None:
        self._since = now
        self._window_since = now or 0.0
        self._heard = self._window_heard = 0.0
        self._windows = 0

    def _decide(self, pace: float, now: float, sound: Sound) -> WrongRate | None:
        self._restart(now)
        self.done = self.done or abs(pace - 1) <= 10 * EXACT
        paired = sound.paired and abs(pace / 2 - 1) <= EXACT
        rate = next((r for r in RATES if abs(pace * self._rate / r - 1) <= EXACT), None)
        if self.done or rate is None or not (paired or self._fits(rate, sound)):
            return None
        self.done = True
        return WrongRate(pace, rate, paired)

    def _fits(self, rate: int, sound: Sound) -> bool:
        """Whether the sound may have been sampled at this rate; too slow a pace needs no more."""
        odd = (rate in _NEVER_PACED) != (self._rate in _NEVER_PACED)
        if rate < self._rate or odd:
            return True
        return sound.ratio is not None and sound.ratio < _SMOOTHEST * (16_000 / self._rate) ** 2
