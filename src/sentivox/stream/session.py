"""All channels of one connection or file: takes bytes, returns numbered events and jobs.

Sans-IO, like Stream. A Session decodes the client's bytes, feeds one Stream per channel, stamps
every event with the session's id and the next sequence number, and ends with Summary and
Termination.
"""

from collections import deque
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from sentivox.audio.pcm import PcmDecoder
from sentivox.conversation.alerts.evaluator import Evaluator
from sentivox.conversation.escalation import Escalation, escalation
from sentivox.conversation.headline import Ending, ending_of
from sentivox.conversation.summary import summary
from sentivox.protocol.events import Alert, Begin, Event, Summary, Termination, Utterance
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.protocol.summary import FiredAlert
from sentivox.stream.degradation import MESSAGES, Degradation
from sentivox.stream.jobs import Job, JobResult
from sentivox.stream.stage import Output
from sentivox.stream.stages.speaker import SpeakerTracker
from sentivox.stream.stream import Stream
from sentivox.types import SAMPLE_RATE, Int16Array

E = TypeVar("E", bound=Event)

CHANNEL_SLICE = SAMPLE_RATE // 2  # most samples fed to one channel before the next one's turn

SUMMARY_ALERTS = 200  # most alerts in a Summary, the latest ones


class Numbering:
    """Stamps events with a session's id and consecutive sequence numbers, in sending order."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self._seq = 0

    def stamp(self, event: E) -> E:
        """A copy of the event with `session_id` and the next `seq`."""
        self._seq += 1
        return msgspec.structs.replace(event, session_id=self.session_id, seq=self._seq)


class Session:
    """One conversation under analysis.

    Args:
        streams: One stream per channel, in order.
        decoder: Decodes the client's bytes to samples of those channels.
        greeting: The Begin message, not stamped yet.
        numbering: Stamps the session's events.
        tracker: Tells the speakers of all streams apart; None where that was not requested.
        alerts: Evaluates the alert rules; None if there are none.
        escalation: Weights that tell how probable it is that the conversation escalates.
    """

    def __init__(
        self,
        streams: Sequence[Stream],
        decoder: PcmDecoder,
        greeting: Begin,
        numbering: Numbering,
        tracker: SpeakerTracker | None = None,
        *,
        alerts: Evaluator | None = None,
        escalation: Escalation | None = None,
    ) -> None:
        self.numbering = numbering
        self._tracker = tracker
        self._alerts = alerts
        self._escalation = escalation
        self._fired: deque[FiredAlert] = deque(maxlen=SUMMARY_ALERTS)
        self._streams = streams
        self._decoder = decoder
        self._greeting = greeting
        self._utterances: dict[tuple[int, int], Utterance] = {}
        self._reason: str | None = None
        self._terminated = False
        self._degradation = Degradation.NONE
        self._taken = 0.0  # the final position, once the streams have been released

    @property
    def position(self) -> float:
        """Seconds of audio taken so far."""
        return self._streams[0].position if self._streams else self._taken

    @property
    def done(self) -> bool:
        """Whether the session is closed, every job is resolved and Termination was returned."""
        return self._terminated

    @property
    def utterances(self) -> list[Utterance]:
        """The latest revision of every utterance so far, ordered by start time."""
        return sorted(self._utterances.values(), key=lambda u: (u.start, u.channel))

    @property
    def idle_rules(self) -> list[str]:
        """A line for each alert rule that can give no alert in this session, which says why."""
        idle = {} if self._alerts is None else self._alerts.idle
        return [f"alert rule {name!r} is not used here: {why}" for name, why in idle.items()]

    def begin(self) -> Begin:
        """The Begin message, the first of the session."""
        return self.numbering.stamp(self._greeting)

    def feed(self, data: bytes) -> list[Output]:
        """Take the client's next bytes of audio; any number, even a fraction of a sample."""
        return self.feed_pcm(self._decoder.decode(data))

    def feed_pcm(self, pcm: Int16Array) -> list[Output]:
        """Take samples, shape (channels, n), int16 at 16 kHz."""
        outputs: list[Output] = []
        for at in range(0, pcm.shape[1], CHANNEL_SLICE):
            for stream, samples in zip(self._streams, pcm, strict=True):
                outputs += stream.feed(samples[at : at + CHANNEL_SLICE])
        return self._lined_up(outputs)

    def resolve(self, job: Job, result: JobResult) -> list[Output]:
        """Take the result of a job. Every job that is not cancelled must be resolved."""
        outputs = self._streams[job.channel].resolve(job, result)
        if self._tracker is not None:  # naming one voice may release messages of other channels
            outputs += [o for stream in self._streams for o in stream.flush()]
        return self._number(outputs)

    def late(self, channel: int, utterance_id: int) -> list[Output]:
        """Report that an utterance's words are late: its tone is sent alone, if known."""
        return self._number(self._streams[channel].late(utterance_id))

    def degrade(self, level: Degradation) -> list[Output]:
        """Change the level of degradation; returns a `Warning` if it differs from before."""
        if level == self._degradation or self._terminated:
            return []
        self._degradation = level
        for stream in self._streams:
            stream.degrade(level)
        warning = WarningEvent(
            t=self.position,
            code="degraded" if level else "restored",
            message=MESSAGES[level],
            detail={"level": int(level)},
        )
        return self._number([warning])

    def finalize(self) -> list[Output]:
        """End every utterance in progress now."""
        return self._lined_up([o for stream in self._streams for o in stream.finalize()])

    def close(self, reason: str = "closed") -> list[Output]:
        """End the audio. Once every job is resolved, Summary and Termination follow.

        Args:
            reason: The reason given in Termination.
        """
        if self._reason is not None:
            return []
        rest = self.feed_pcm(self._decoder.flush())
        self._reason = reason
        outputs = [o for stream in self._streams for o in stream.close()]
        return rest + self._lined_up(outputs, last=True)

    def clip(self, channel: int, start: float, end: float) -> Int16Array:
        """A copy of recent audio [start, end), in seconds: shape (n,), int16 at 16 kHz."""
        return self._streams[channel].clip(start, end)

    def release(self) -> None:
        """Free the audio buffers, about 2 MB per channel, of a session that is over.

        A shell's callbacks and its session refer to each other. The garbage collector does not
        see the size of arrays, and so might leave such a cycle in memory for long.
        """
        self._taken, self._streams = self.position, ()

    def summary(self) -> Summary:
        """The Summary of the conversation so far."""
        return self.numbering.stamp(self._summary("open"))

    def broken_off(self) -> Summary:
        """The Summary of a conversation whose client has gone, or that failed."""
        return self.numbering.stamp(self._summary("cut"))

    def _summary(self, ending: Ending) -> Summary:
        channels = [stream.channel for stream in self._streams]
        latest = self._greeting.limits.summary_utterances
        config = self._greeting.config
        told = summary(
            self.utterances,
            channels,
            self.position,
            latest,
            names=config.channel_names,
            roles=config.roles,
            ending=ending,
        )
        return msgspec.structs.replace(
            told,
            alerts=sorted(self._fired, key=lambda alert: alert.t),
            escalation=escalation(self.utterances, self._escalation, self._greeting.models),
        )

    def _lined_up(self, outputs: list[Output], *, last: bool = False) -> list[Output]:
        """Number the outputs of a step after which all channels are at the same position.

        Args:
            outputs: The outputs.
            last: No more audio follows.
        """
        if self._tracker is not None:
            self._tracker.line_up()
        alerts: list[Alert] = []
        if self._alerts is not None:
            outputs = self._watched(outputs)
            step = self._alerts.close if last else self._alerts.advance
            alerts = step(self.position)
        return self._finish([*outputs, *alerts])

    def _number(self, outputs: list[Output]) -> list[Output]:
        return self._finish(self._watched(outputs))

    def _watched(self, outputs: list[Output]) -> list[Output]:
        """The outputs, with the alerts of each event after it."""
        if self._alerts is None:
            return outputs
        watched: list[Output] = []
        for output in outputs:
            watched.append(output)
            if isinstance(output, Event):
                watched += self._alerts.take(output)
        return watched

    def _finish(self, outputs: list[Output]) -> list[Output]:
        """Number the outputs, keep what the Summary needs, and end the session if all is done."""
        stamped = [self.numbering.stamp(o) if isinstance(o, Event) else o for o in outputs]
        for output in stamped:
            if isinstance(output, Utterance):
                self._utterances[output.channel, output.utterance_id] = output
            elif isinstance(output, Alert):
                self._fired.append(output.fired)
        closed = self._reason is not None and not self._terminated
        if closed and all(stream.done for stream in self._streams):
            self._terminated = True
            end = Termination(
                t=self.position,
                audio_seconds=self.position,
                utterances=len(self._utterances),
                reason=self._reason or "closed",
            )
            told = self._summary(ending_of(self._reason))
            stamped += [self.numbering.stamp(told), self.numbering.stamp(end)]
        return stamped
