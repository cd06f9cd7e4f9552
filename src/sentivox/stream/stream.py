"""One audio stream: samples and results in, events and jobs out.

Sans-IO: no threads, no asyncio, no clock that decides anything (the injected one only measures
latency). Whoever holds a Stream runs its jobs and brings the results back, in any order. What
the events say depends on the samples and the results alone; only the order of events that wait
for different jobs depends on when those come back.
"""

import time
from collections.abc import Sequence

from sentivox.asr.guard import MIN_SECONDS
from sentivox.audio.highpass import REACH, HighPassed
from sentivox.audio.ring import RingBuffer
from sentivox.protocol.events import SpeechEnded, SpeechStarted
from sentivox.speech.endpointing import Endpoint, Endpointer, Onset, Pause, Resume, Signal
from sentivox.stream.config import StreamConfig
from sentivox.stream.degradation import Degradation
from sentivox.stream.hearing import Hearing
from sentivox.stream.jobs import AsrJob, Job, Result
from sentivox.stream.ledger import Ledger, Output
from sentivox.stream.listening import Listening
from sentivox.stream.protocols import SpeechDetector, ToneFeatures
from sentivox.stream.utterance import Clock, Turn, seconds
from sentivox.types import SAMPLE_RATE, Int16Array

BLOCK = SAMPLE_RATE  # samples taken at once; the ring buffer holds this beyond an utterance


class Stream:
    """Finds utterances in one channel of 16 kHz audio and gathers what is known of each.

    Args:
        config: The stream's settings.
        detector: Speech probabilities, with this stream's state.
        features: Acoustic features, with this stream's state.
        channel: Number of this channel in its session, from 0.
        check_language: The recogniser can tell languages apart: ask it in the first clear
            utterance whether the one that was named is spoken.
        clock: Seconds, for the latencies in `Utterance` only.
    """

    def __init__(
        self,
        config: StreamConfig,
        detector: SpeechDetector,
        features: ToneFeatures,
        *,
        channel: int = 0,
        check_language: bool = False,
        clock: Clock = time.perf_counter,
    ) -> None:
        self.config = config
        self.channel = channel
        self._detector = detector
        self._clock = clock
        self._endpointer = Endpointer(config.endpoint, detector.window)
        held = config.endpoint.hard_cut_s + config.endpoint.pre_roll_s + 1.0
        self._ring = RingBuffer(round(held * SAMPLE_RATE) + BLOCK + REACH)
        self._voice = HighPassed(self._ring)  # what the models hear; clips stay as they came
        self._speculates = config.speculate
        self._hears_words = "text" in config.modalities
        self._detected = 0  # samples that have been through the detector
        self._vad_ms = 0.0
        self._turn: Turn | None = None  # the utterance being spoken
        self._ledger = Ledger(channel, config, clock, check_language=check_language)
        self._listening = Listening(channel, config, features, self._ledger, self._voice)
        self._ids = 0
        self._last_end = 0
        self._closed = False

    @property
    def position(self) -> float:
        """Seconds of audio taken."""
        return seconds(self._ring.total)

    @property
    def done(self) -> bool:
        """Closed, and no message is outstanding."""
        return self._closed and self._ledger.settled

    def feed(self, pcm: Int16Array) -> list[Output]:
        """Take the next samples, mono int16 at 16 kHz, any number of them."""
        if self._closed:
            raise AssertionError("fed after close")
        outputs: list[Output] = []
        for at in range(0, len(pcm), BLOCK):
            self._ring.append(pcm[at : at + BLOCK])
            outputs += self._advance()
        return outputs

    def finalize(self) -> list[Output]:
        """End the utterance now, if one is being spoken."""
        return self._signals(self._endpointer.finalize())

    def close(self) -> list[Output]:
        """No more audio will come: end the utterance, go on until `done`."""
        outputs = [] if self._closed else self._signals(self._endpointer.close())
        self._closed = True
        return outputs

    def resolve(self, job: Job, result: Result) -> list[Output]:
        """Take what became of a job. Results of cancelled jobs are ignored."""
        return self._ledger.resolve(job, result)

    def late(self, utterance_id: int) -> list[Output]:
        """The utterance's words keep the user waiting: say its tone now, if it is known."""
        return self._ledger.late(utterance_id)

    def degrade(self, level: Degradation) -> None:
        """Do with less, or with more again, from the samples on that come next."""
        self._listening.hops.coarse = level >= Degradation.COARSE_TONE
        self._speculates = self.config.speculate and level < Degradation.NO_SPECULATION

    def clip(self, start: float, end: float) -> Int16Array:
        """A copy of the audio [start, end) in seconds, as far back as it is still held."""
        begin = max(round(start * SAMPLE_RATE), self._ring.total - self._ring.capacity, 0)
        return self._ring.span(begin, min(round(end * SAMPLE_RATE), self._ring.total)).copy()

    def _advance(self) -> list[Output]:
        window = self._detector.window
        ready = (self._ring.total - self._detected) // window * window
        if not ready:
            return []
        began = self._clock()
        probs = self._detector(self._voice.span(self._detected, self._detected + ready))
        self._vad_ms += (self._clock() - began) * 1e3
        outputs: list[Output] = []
        for prob in probs.tolist():
            self._detected += window
            signals = self._endpointer.step(prob)
            if signals:
                outputs += self._signals(signals)
            if prob >= self.config.endpoint.release and self._turn is not None:
                outputs += self._listening.tick(self._turn, self._detected)
        return outputs

    def _signals(self, signals: Sequence[Signal]) -> list[Output]:
        outputs: list[Output] = []
        for i, signal in enumerate(signals):
            match signal:
                case Onset():
                    outputs += self._onset(signal)
                case Pause():
                    outputs += self._pause(signal)
                case Resume():
                    if self._turn is not None:
                        outputs += self._ledger.unhear(self._turn)
                case Endpoint():
                    rest = next((s.start for s in signals[i:] if isinstance(s, Onset)), None)
                    outputs += self._endpoint(signal, rest)
        return outputs

    def _onset(self, onset: Onset) -> list[Output]:
        self._ids += 1
        pre_roll = round(self.config.endpoint.pre_roll_s * SAMPLE_RATE)
        turn = Turn(
            id=self._ids,
            start=onset.start,
            audio_start=max(onset.start - pre_roll, self._last_end, 0),
            vad_ms=self._vad_ms,
        )
        self._listening.begin(onset.start)
        self._turn = turn
        self._ledger.open(turn)
        return [
            SpeechStarted(
                t=seconds(onset.at),
                channel=self.channel,
                utterance_id=turn.id,
                start=seconds(onset.start),
            )
        ]

    def _pause(self, pause: Pause) -> list[Output]:
        if self._turn is None or not self.config.speculate:
            return []
        if not self._speculates:
            self._turn.lack("no_speculation")
            return []
        return self._hear(self._turn, pause.end, self._detected)

    def _hear(self, turn: Turn, end: int, limit: int) -> list[Output]:
        """Have the words up to `end` transcribed; the pad after it stops at `limit`."""
        if not self._hears_words:
            return []
        pad = round(self.config.endpoint.post_pad_s * SAMPLE_RATE)
        job = AsrJob(
            id=self._ledger.own(turn),
            channel=self.channel,
            utterance_id=turn.id,
            audio=self._voice.span(turn.audio_start, min(end + pad, limit)),
            language=self.config.language,
            timed=self.config.words,
        )
        turn.hearing = Hearing(end=end, pending=job.id, held=job)
        return self._ledger.release()

    def _endpoint(self, endpoint: Endpoint, rest: int | None) -> list[Output]:
        """An utterance is over; `rest` is where the next one reopened, after a soft cut."""
        turn, self._turn = self._turn, None
        if turn is None:
            raise AssertionError("an endpoint without an utterance")
        turn.end, turn.decided_at, turn.decided_clock = endpoint.end, endpoint.at, self._clock()
        turn.vad_ms = self._vad_ms - turn.vad_ms
        self._last_end = endpoint.end
        discarded = endpoint.speech < self.config.endpoint.min_speech_s * SAMPLE_RATE
        ended = SpeechEnded(
            t=seconds(endpoint.at),
            channel=self.channel,
            utterance_id=turn.id,
            end=seconds(endpoint.end),
            reason=endpoint.reason,
            discarded=discarded,
        )
        if discarded:
            return [ended, *self._ledger.discard(turn)]
        outputs: list[Output] = [ended, *self._listening.last(turn, endpoint.end)]
        if self._hears_words and endpoint.speech < MIN_SECONDS * SAMPLE_RATE:
            outputs += self._ledger.unhear(turn)
            turn.degraded.append("asr_rejected:too_short")
        elif turn.hearing is None or turn.hearing.end != endpoint.end:
            outputs += self._ledger.unhear(turn)
            outputs += self._hear(turn, endpoint.end, self._detected if rest is None else rest)
        return outputs + self._ledger.flush()
