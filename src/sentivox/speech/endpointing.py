"""Endpointing, which finds where utterances begin and end, by a state machine without I/O.

Times are sample numbers from the beginning of the stream. The machine's only input is a speech
probability per window, so the same probabilities give the same signals however the audio arrives.
"""

from dataclasses import dataclass, fields
from typing import Literal

from sentivox.errors import ProtocolError
from sentivox.types import SAMPLE_RATE

Reason = Literal["silence", "soft_cut", "hard_cut", "finalize", "close"]
"""Why an utterance ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfig:
    """When speech counts as begun, paused and ended. Durations are in seconds.

    A duration that is not a whole number of windows is reached with the window in which it passes.
    If `pause_s` is not less than `silence_s`, no Pause is ever signalled.

    Attributes:
        threshold: Probability from which a window counts as speech, outside an utterance.
        release: Probability from which a window counts as speech, within one (hysteresis).
        trigger_s: Unbroken speech that opens an utterance.
        silence_s: Unbroken silence that ends it.
        pause_s: Unbroken silence after which transcription may start speculatively.
        pre_roll_s: Audio before the onset that belongs to the utterance (applied by the stream).
        post_pad_s: Audio after the end that belongs to the utterance (applied by the stream).
        min_speech_s: Utterances with less speech than this are discarded by the stream.
        soft_cut_s: Length from which an utterance is cut at a pause.
        hard_cut_s: Length at which it is cut anywhere.
        min_pause_s: Shortest silence that counts as a pause for the soft cut.

    Raises:
        ProtocolError: a value is out of range.
    """

    threshold: float = 0.5
    release: float = 0.35
    trigger_s: float = 0.096
    silence_s: float = 0.5
    pause_s: float = 0.2
    pre_roll_s: float = 0.3
    post_pad_s: float = 0.2
    min_speech_s: float = 0.25
    soft_cut_s: float = 12.0
    hard_cut_s: float = 20.0
    min_pause_s: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.release <= self.threshold <= 1:
            raise ProtocolError("endpointing: 0 < release <= threshold <= 1 must hold.")
        for name in (f.name for f in fields(self) if f.name.endswith("_s")):
            if not 0 <= getattr(self, name) <= 3600:
                raise ProtocolError(f"endpointing: {name} must lie between 0 and 3600 seconds.")
        for name in ("silence_s", "min_pause_s"):
            if getattr(self, name) <= 0:
                raise ProtocolError(f"endpointing: {name} must be greater than 0.")
        if not self.trigger_s < self.soft_cut_s <= self.hard_cut_s:
            raise ProtocolError("endpointing: trigger_s < soft_cut_s <= hard_cut_s must hold.")


@dataclass(frozen=True, slots=True)
class Onset:
    """Speech began at sample `start`, with the first window of the trigger; decided at `at`."""

    start: int
    at: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Speech stopped at sample `end`, perhaps for good; decided at sample `at`."""

    end: int
    at: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Speech resumed after a Pause; decided at sample `at`."""

    at: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The utterance [start, end) is over; decided at sample `at`.

    `end` is the end of its last speech window, and `speech` the number of samples in its speech
    windows. It may end before an earlier Pause of the same utterance, when a soft cut goes back
    to a longer pause.
    """

    start: int
    end: int
    at: int
    reason: Reason
    speech: int


Signal = Onset | Pause | Resume | Endpoint


@dataclass(frozen=True, slots=True)
class _Gap:
    """The silence [start, stop) in an utterance, after `speech` samples of its speech."""

    start: int
    stop: int
    speech: int


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


class Endpointer:
    """Turns speech probabilities, one per window, into the bounds of utterances.

    Every Onset is followed by exactly one Endpoint before the next Onset, and utterances never
    overlap. If a cut falls inside continuing speech, the rest opens the next utterance: in the
    same step after a soft cut back to an earlier pause, and with the next window of speech,
    without a trigger, after a hard cut.

    Args:
        config: Thresholds and durations.
        window: Samples per window.

    Attributes:
        position: Samples consumed so far.
        speaking: Whether an utterance is open.
    """

    __slots__ = (
        "_continues", "_end", "_gaps", "_hard", "_min_pause", "_pause", "_paused", "_release",
        "_run", "_silence", "_soft", "_speech", "_start", "_threshold", "_trigger", "_window",
        "position", "speaking",
    )  # fmt: skip

    def __init__(self, config: EndpointConfig, window: int = 512) -> None:
        self._window = window
        self._threshold, self._release = config.threshold, config.release
        self._trigger = _samples(config.trigger_s)
        self._silence, self._pause = _samples(config.silence_s), _samples(config.pause_s)
        self._min_pause = _samples(config.min_pause_s)
        self._soft, self._hard = _samples(config.soft_cut_s), _samples(config.hard_cut_s)
        self.position = 0
        self.speaking = False
        self._run: int | None = None  # start of a run of speech outside an utterance
        self._continues = False  # whether the last window was speech, before a hard cut
        self._start = self._end = self._speech = 0  # of the open utterance
        self._paused = False
        self._gaps: list[_Gap] = []

    def step(self, prob: float) -> tuple[Signal, ...]:
        """Take the speech probability of the next window, 0…1; return what it decides."""
        self.position += self._window
        if not self.speaking:
            return self._listen(prob)
        if prob >= self._release:
            heard = self._on_speech()
        elif self.position - self._end >= self._silence:
            return (self._endpoint(self._end, "silence", self._speech),)
        else:
            heard = ()
        if self.position - self._start >= self._soft:
            heard += self._cut()
        # After the cut, because an utterance reopened by a soft cut may be in a pause.
        if self.speaking and not self._paused and self._pause <= self.position - self._end > 0:
            self._paused = True
            heard += (Pause(self._end, self.position),)
        return heard

    def finalize(self) -> tuple[Signal, ...]:
        """End the open utterance, if any, now."""
        return self._stop("finalize")

    def close(self) -> tuple[Signal, ...]:
        """End the open utterance, if any: no more audio will come."""
        return self._stop("close")

    def _stop(self, reason: Reason) -> tuple[Signal, ...]:
        if not self.speaking:
            return ()
        return (self._endpoint(self._end, reason, self._speech),)

    def _listen(self, prob: float) -> tuple[Signal, ...]:
        """Take a window outside an utterance."""
        continues, self._continues = self._continues, False
        heard = prob >= (self._release if continues else self._threshold)
        if not heard:
            self._run = None
            return ()
        if self._run is None:
            self._run = self.position - self._window
        if not continues and self.position - self._run < self._trigger:
            return ()
        return (self._onset(self._run, speech=self.position - self._run),)

    def _on_speech(self) -> tuple[Signal, ...]:
        """Take a window of speech inside an utterance, which ends any gap before it."""
        begin = self.position - self._window
        if begin - self._end >= self._min_pause:
            self._gaps.append(_Gap(self._end, begin, self._speech))
        self._end = self.position
        self._speech += self._window
        if not self._paused:
            return ()
        self._paused = False
        return (Resume(self.position),)

    def _cut(self) -> tuple[Signal, ...]:
        """Cut a long utterance at its longest pause or, if it is too long, right here."""
        gaps = list(self._gaps)
        if self.position - self._end >= self._min_pause:
            gaps.append(_Gap(self._end, self.position, self._speech))
        if gaps:
            gap = max(gaps, key=lambda g: (g.stop - g.start, g.start))
            return self._cut_at(gap)
        if self.position - self._start < self._hard:
            return ()
        self._continues = self._end == self.position
        return (self._endpoint(self._end, "hard_cut", self._speech),)

    def _cut_at(self, gap: _Gap) -> tuple[Signal, ...]:
        """End the utterance before a gap, and reopen it after the gap if speech follows."""
        end, speech, later = self._end, self._speech - gap.speech, self._gaps
        done = self._endpoint(gap.start, "soft_cut", gap.speech)
        if gap.start == end:  # nothing was said after it
            return (done,)
        reopened = self._onset(gap.stop, speech=speech)
        self._end = end
        self._gaps = [
            _Gap(g.start, g.stop, g.speech - gap.speech) for g in later if g.start > gap.start
        ]
        return done, reopened

    def _onset(self, start: int, speech: int) -> Onset:
        self.speaking, self._run, self._paused = True, None, False
        self._start, self._end, self._speech = start, self.position, speech
        self._gaps = []
        return Onset(start, self.position)

    def _endpoint(self, end: int, reason: Reason, speech: int) -> Endpoint:
        self.speaking = False
        return Endpoint(self._start, end, self.position, reason, speech)
