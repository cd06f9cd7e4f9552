"""One audio stream: takes samples and job results, returns events and jobs.

Sans-IO: no threads, no asyncio, and no clock that decides anything (the injected one only measures
latency). The caller, or shell, runs the jobs and passes the results back in any order. The content
of the events depends only on the samples and the results. The order in which results arrive
affects only the order of events that wait for different jobs.
"""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from sentivox.audio.highpass import REACH, HighPassed
from sentivox.audio.ring import RingBuffer
from sentivox.errors import SentivoxError
from sentivox.protocol.events import SpeechEnded, SpeechStarted
from sentivox.speech.endpointing import Endpoint, Endpointer, Onset, Pause, Resume
from sentivox.speech.endpointing import Signal as SpeechSignal
from sentivox.stream.config import StreamConfig
from sentivox.stream.degradation import Degradation
from sentivox.stream.hop_timer import HopTimer
from sentivox.stream.jobs import Cancel, Job, JobResult
from sentivox.stream.message import Outbox
from sentivox.stream.protocols import SpeechDetector, ToneFeatures
from sentivox.stream.speech_track import SpeechTrack
from sentivox.stream.stage import (
    Begun,
    ChannelContext,
    Discarded,
    Ended,
    Finding,
    Hop,
    Output,
    Paused,
    Resumed,
    Settled,
    Signal,
    StageFactory,
)
from sentivox.stream.stages import STAGES
from sentivox.stream.utterance import Clock, Move, OpenUtterance, to_seconds
from sentivox.types import SAMPLE_RATE, Int16Array
from sentivox.voice.turns import Turns

APPENDED_AT_ONCE: Final = SAMPLE_RATE
"""Most samples appended at a time; the ring buffer holds as many beyond the longest utterance."""


class Stream:
    """Finds the utterances in one channel of 16 kHz audio, and runs every stage on them.

    Args:
        config: The stream's settings.
        detector: Speech detector, with the state of this stream.
        features: Extractor of acoustic features, with the state of this stream.
        channel: Number of this channel in its session, from 0.
        check_language: Have the recogniser check, in the first clear utterance, that the
            configured language is the one spoken. Only for recognisers that detect languages.
        utterance_tone: Have the tone of each utterance scored as a whole once it has ended.
        stages: Factories of the stages, in the order in which they are signalled.
        turns: Who speaks when, if known beforehand. Utterances end where the speaker changes.
        clock: Returns seconds; used only for the latencies in `Utterance`.
    """

    def __init__(
        self,
        config: StreamConfig,
        detector: SpeechDetector,
        features: ToneFeatures,
        *,
        channel: int = 0,
        check_language: bool = False,
        utterance_tone: bool = False,
        stages: Sequence[StageFactory] = STAGES,
        turns: Turns | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self.config = config
        self.channel = channel
        self._detector = detector
        self._clock = clock
        self._endpointer = Endpointer(config.endpoint, detector.window)
        held = config.endpoint.hard_cut_s + config.endpoint.pre_roll_s + 1.0
        self._ring = RingBuffer(round(held * SAMPLE_RATE) + APPENDED_AT_ONCE + REACH)
        self._voice = HighPassed(self._ring)  # input of the models; clips stay unfiltered
        self._shared = ChannelContext(
            number=channel,
            config=config,
            recording=self._ring,
            voice=self._voice,
            features=features,
            check_language=check_language,
            utterance_tone=utterance_tone,
            turns=turns,
        )
        self._changes = deque(() if turns is None else turns.changes)
        made = [factory(self._shared) for factory in stages]
        self._stages = [stage for stage in made if stage is not None]
        self._outbox = Outbox(channel, config, self._stages, clock)
        self._hops = HopTimer(config.tone_hop_s)
        self._release = config.endpoint.release
        self._track = SpeechTrack(detector.window, round(held * SAMPLE_RATE), self._release)
        self._detected = 0  # samples that have been through the detector
        self._vad_ms = 0.0
        self._spoken: OpenUtterance | None = None  # the utterance being spoken
        self._ids = 0
        self._last_end = 0
        self._closed = False

    @property
    def position(self) -> float:
        """Seconds of audio taken so far."""
        return to_seconds(self._ring.total)

    @property
    def done(self) -> bool:
        """Whether the stream is closed and no job or message is outstanding."""
        return self._closed and self._outbox.empty and self._shared.jobs.idle

    def feed(self, pcm: Int16Array) -> list[Output]:
        """Take the next samples, shape (n,), mono int16 at 16 kHz; any n.

        Raises:
            SentivoxError: The stream is closed.
        """
        if self._closed:
            raise SentivoxError("the stream is closed and takes no more audio: open another one")
        outputs: list[Output] = []
        for at in range(0, len(pcm), APPENDED_AT_ONCE):
            self._ring.append(pcm[at : at + APPENDED_AT_ONCE])
            outputs += self._advance()
        return outputs

    def finalize(self) -> list[Output]:
        """End the utterance in progress now, if there is one."""
        return self._signals(self._endpointer.finalize())

    def close(self) -> list[Output]:
        """End the audio and the utterance in progress. Keep resolving jobs until `done`."""
        outputs = [] if self._closed else self._signals(self._endpointer.close())
        self._closed = True
        return outputs

    def resolve(self, job: Job, result: JobResult) -> list[Output]:
        """Take the result of a job. Results of cancelled jobs are ignored."""
        stage = self._shared.jobs.end(job.id)
        if stage is None:
            return []
        return [*self._routed(stage.resolve(job, result)), *self.flush()]

    def late(self, utterance_id: int) -> list[Output]:
        """Report that an utterance's words are late: its tone is sent alone, if known."""
        self._outbox.delay(utterance_id)
        return self.flush()

    def degrade(self, level: Degradation) -> None:
        """Set the level of degradation, effective from the next samples."""
        self._shared.level = level
        self._hops.coarse = level >= Degradation.COARSE_TONE

    def flush(self) -> list[Output]:
        """Take the messages that no longer wait for any result."""
        outputs: list[Output] = []
        for utterance, message in self._outbox.flush():
            outputs.append(message)
            if message.final:
                outputs += self._tell(utterance, Settled())
        return outputs

    def clip(self, start: float, end: float) -> Int16Array:
        """A copy of the audio [start, end), in seconds: shape (n,), int16 at 16 kHz.

        Audio that is no longer held, or has not arrived yet, is left out.
        """
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
            self._track.add(prob)
            signals = self._endpointer.step(prob)
            if self._changes and self._changes[0] <= self._detected:
                self._changes.popleft()
                signals += self._endpointer.finalize()
            if signals:
                outputs += self._signals(signals)
            spoken = self._spoken
            if spoken is not None and prob >= self._release and self._hops.due(self._detected):
                outputs += self._tell(spoken, Hop(self._detected))
        return outputs

    def _signals(self, signals: Sequence[SpeechSignal]) -> list[Output]:
        outputs: list[Output] = []
        for i, signal in enumerate(signals):
            match signal:
                case Onset():
                    outputs += self._onset(signal)
                case Pause() if self._spoken is not None:
                    self._spoken.move(Move.PAUSE)
                    outputs += self._tell(self._spoken, Paused(signal.end, self._detected))
                case Resume() if self._spoken is not None:
                    self._spoken.move(Move.RESUME)
                    outputs += self._tell(self._spoken, Resumed())
                case Endpoint() if self._spoken is not None:
                    rest = next((s.start for s in signals[i:] if isinstance(s, Onset)), None)
                    limit = self._detected if rest is None else rest
                    outputs += self._endpoint(self._spoken, signal, limit)
                case _:
                    raise AssertionError("the endpointer signalled an utterance that is not open")
        return outputs

    def _onset(self, onset: Onset) -> list[Output]:
        self._ids += 1
        pre_roll = round(self.config.endpoint.pre_roll_s * SAMPLE_RATE)
        utterance = OpenUtterance(
            id=self._ids,
            start=onset.start,
            audio_start=max(onset.start - pre_roll, self._last_end),
            vad_ms=self._vad_ms,
        )
        self._spoken = utterance
        self._hops.begin(onset.start)
        self._outbox.add(utterance)
        started = SpeechStarted(
            t=to_seconds(onset.at),
            channel=self.channel,
            utterance_id=utterance.id,
            start=to_seconds(onset.start),
        )
        return [started, *self._tell(utterance, Begun())]

    def _endpoint(self, utterance: OpenUtterance, endpoint: Endpoint, limit: int) -> list[Output]:
        """End an utterance, whose audio may be padded up to sample `limit`."""
        self._spoken = None
        utterance.speech_probability = self._track.mean(utterance.start, endpoint.end)
        utterance.end, utterance.decided_at = endpoint.end, endpoint.at
        utterance.decided_clock = self._clock()
        utterance.vad_ms = self._vad_ms - utterance.vad_ms
        self._last_end = endpoint.end
        discarded = endpoint.speech < self.config.endpoint.min_speech_s * SAMPLE_RATE
        ended = SpeechEnded(
            t=to_seconds(endpoint.at),
            channel=self.channel,
            utterance_id=utterance.id,
            start=to_seconds(utterance.start),
            end=to_seconds(endpoint.end),
            reason=endpoint.reason,
            discarded=discarded,
        )
        if discarded:
            utterance.move(Move.DISCARD)
            self._outbox.discard(utterance)
            return [ended, *self._tell(utterance, Discarded()), *self.flush()]
        utterance.move(Move.END)
        told = self._tell(utterance, Ended(limit))
        return [ended, *told, *self.flush()]

    def _tell(self, utterance: OpenUtterance, signal: Signal) -> list[Output]:
        """Signal to every stage what happened to an utterance."""
        return [
            output for stage in self._stages for output in self._routed(stage.on(utterance, signal))
        ]

    def _routed(self, outputs: Iterable[Output | Finding]) -> list[Output]:
        """Pass findings to every stage; return everything else for the shell."""
        routed: list[Output] = []
        for output in outputs:
            if isinstance(output, Finding):
                routed += self._tell(output.utterance, output)
                continue
            if isinstance(output, Cancel):
                self._shared.jobs.end(output.job_id)
            routed.append(output)
        return routed
