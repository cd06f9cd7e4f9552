"""When to do with less, and when with more again: a ladder with hysteresis. Pure."""

from dataclasses import dataclass
from typing import Final

from sentivox.stream.degradation import Degradation

_MODELS_S: Final = 0.5  # a tone window that waited so long is overtaken by the next
_LAG_S: Final = 0.5
_AUDIO_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """How far behind a server is, in seconds.

    Attributes:
        words: The longest that a live utterance has waited for a recogniser.
        models: The longest that a live tone window or text has waited for its model.
        loop: How late the event loop woke.
        audio: The most audio of a live stream that waits to be analysed.
    """

    words: float = 0.0
    models: float = 0.0
    loop: float = 0.0
    audio: float = 0.0

    def pressure(self, late_s: float) -> float:
        """The worst of all, each against what is borne; above 1 the server does not keep up.

        Args:
            late_s: How long words may take.
        """
        return max(
            self.words / late_s, self.models / _MODELS_S, self.loop / _LAG_S, self.audio / _AUDIO_S
        )


class DegradationLadder:
    """A level of degradation that follows the pressure, one step at a time.

    A step up after `up_s` without a moment below 1, a step down after `down_s` without one above
    `calm`. Between the two nothing changes, and every step is given its time to work, so that
    relief does not bring back at once what it relieved.

    Args:
        up_s: Seconds.
        down_s: Seconds.
        calm: Pressure.
    """

    def __init__(self, up_s: float = 1.0, down_s: float = 5.0, calm: float = 0.5) -> None:
        self.level = Degradation.NONE
        self._up_s = up_s
        self._down_s = down_s
        self._calm = calm
        self._high_since: float | None = None
        self._calm_since: float | None = None

    def step(self, pressure: float, now: float) -> Degradation:
        """The level from this moment on (`now`: seconds of any one clock)."""
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
