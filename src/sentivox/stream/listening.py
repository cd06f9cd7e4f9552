"""Which stretches of an utterance the tone model hears, and their features."""

from sentivox.audio.highpass import HighPassed
from sentivox.stream.config import StreamConfig
from sentivox.stream.hops import Hops
from sentivox.stream.jobs import ToneJob
from sentivox.stream.ledger import Ledger
from sentivox.stream.protocols import ToneFeatures
from sentivox.stream.utterance import Turn, seconds
from sentivox.types import SAMPLE_RATE

TAIL = SAMPLE_RATE // 10  # an unscored end of speech shorter than this gets no window of its own


class Listening:
    """Cuts the tone windows of one channel's utterances. Samples are absolute.

    Args:
        channel: Number of the channel.
        config: The stream's settings.
        features: Acoustic features, with this stream's state.
        ledger: Is told whose each window is.
        voice: The channel's audio.

    Attributes:
        hops: When a window is due.
    """

    def __init__(
        self,
        channel: int,
        config: StreamConfig,
        features: ToneFeatures,
        ledger: Ledger,
        voice: HighPassed,
    ) -> None:
        self.hops = Hops(config.tone_hop_s)
        self._channel = channel
        self._wanted = "audio" in config.modalities
        self._reach = round(config.tone_window_s * SAMPLE_RATE)
        self._features = features
        self._ledger = ledger
        self._voice = voice
        self._described = 0  # samples that have been through the features

    def begin(self, start: int) -> None:
        """An utterance begins at `start`."""
        if self._wanted:
            # After a soft cut the rest is computed once more: rare, and simpler than sharing.
            self._features.begin(start)
            self._described = start
            self.hops.begin(start)

    def tick(self, turn: Turn, at: int) -> list[ToneJob]:
        """A window that ends at `at`, if speech has gone on for a hop since the last one."""
        if not self._wanted or not self.hops.due(at):
            return []
        if self.hops.coarse:
            turn.lack("tone_coarse")
        return [self._window(turn, at)]

    def last(self, turn: Turn, end: int) -> list[ToneJob]:
        """The end of an utterance, if no window has reached it; every utterance gets one."""
        if not self._wanted:
            return []
        inside = [w.stop for w in turn.windows if w.stop <= end]
        inside += [stop for _, stop in turn.tone_pending.values() if stop <= end]
        if inside and end - max(inside) <= TAIL:
            return []
        return [self._window(turn, end)]

    def _window(self, turn: Turn, stop: int) -> ToneJob:
        start = max(turn.start, stop - self._reach)
        if stop > self._described:
            # All that is new at once, when it is wanted: what a call costs hardly grows with it.
            self._features.append(self._voice.span(self._described, stop))
            self._described = stop
        job = ToneJob(
            id=self._ledger.own(turn),
            channel=self._channel,
            utterance_id=turn.id,
            start=seconds(start),
            end=seconds(stop),
            features=self._features.window(start, stop),
        )
        turn.tone_pending[job.id] = (start, stop)
        return job
