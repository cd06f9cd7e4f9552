"""Choice of the level of degradation from the server's lag, with hysteresis. Pure."""

from dataclasses import dataclass
from typing import Final

from sentivox.stream.degradation import Degradation

# Seconds that count as a pressure of 1, for each field of `Behind` except `words`.
_MODELS_S: Final = 0.5  # the hop: a tone window that waits longer is overtaken by the next
_LAG_S: Final = 0.5
_AUDIO_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """How far behind a server is, in seconds.

    Attributes:
        words: Longest wait of a live utterance for a recogniser.
        models: Longest wait of a live tone window or text for its model.
        loop: Lateness of the event loop's latest wake-up.
        audio: Longest unprocessed audio of any live stream.
    """

    words: float = 0.0
    models: float = 0.0
    loop: float = 0.0
    audio: float = 0.0

    def pressure(self, late_s: float) -> float:
        """The largest lag relative to its limit; above 1, the server does not keep up.

        Args:
            late_s: Limit of `words`, in seconds.
        """
        return max(
            self.words / late_s, self.models / _MODELS_S, self.loop / _LAG_S, self.audio / _AUDIO_S
        )


class DegradationLadder:
    """The level of degradation, following the pressure one step at a time.

    It rises by one after `up_s` seconds of pressure above 1, and falls by one after `down_s`
    seconds of pressure below `calm`. Between these pressures it stays. Both times start anew after
    each step, so that each step can take effect before the next.

    Args:
        up_s: Seconds of high pressure before a step up.
        down_s: Seconds of low pressure before a step down.
        calm: Pressure below which to step down.

    Attributes:
        level: The current level.
    """

    def __init__(self, up_s: float = 1.0, down_s: float = 5.0, calm: float = 0.5) -> None:
        self.level = Degradation.NONE
        self._up_s = up_s
        self._down_s = down_s
        self._calm = calm
        self._high_since: float | None = None
        self._calm_since: float | None = None

    def step(self, pressure: float, now: float) -> Degradation:
        """Take the current pressure, and return the level from `now` on.

        Args:
            pressure: See `Behind.pressure`.
            now: The time, in seconds on any one clock.
        """
        self._high_since = _since(self._high_since, now, holds=pressure > 1)
        self._calm_since = _since(self._calm_since, now, holds=pressure < self._calm)
        if self._high_since is not None and now - self._high_since >= self._up_s:
            self._move(+1)
        elif self._calm_since is not None and now - self._calm_since >= self._down_s:
            self._move(-1)
        return self.level

    def _move(self, by: int) -> None:
        lowest, highest = min(Degradation), max(Degradation)
        self.level = Degradation(min(highest, max(lowest, self.level + by)))
        self._high_since = self._calm_since = None


def _since(before: float | None, now: float, *, holds: bool) -> float | None:
    if not holds:
        return None
    return now if before is None else before
