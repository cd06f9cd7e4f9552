"""All channels of one connection or file: bytes in, numbered events and jobs out.

Still sans-IO. A Session decodes the client's bytes, feeds a Stream a channel, stamps every
event with the session's id and the next number, and closes with Summary and Termination.
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from sentivox.audio.pcm import PcmDecoder
from sentivox.conversation.summary import summary
from sentivox.protocol.events import Begin, Event, Summary, Termination, Utterance
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.stream.degradation import MESSAGES, Degradation
from sentivox.stream.jobs import Job, Result
from sentivox.stream.stage import Output
from sentivox.stream.stages.speaker import SpeakerTracker
from sentivox.stream.stream import Stream
from sentivox.types import SAMPLE_RATE, Int16Array

E = TypeVar("E", bound=Event)

CHANNEL_SLICE = SAMPLE_RATE // 2  # samples a channel gets before the next one's turn


class Numbering:
    """Stamps events with their session's id and the next number, in the order of the wire."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self._seq = 0

    def stamp(self, event: E) -> E:
        """The event with its id and number."""
        self._seq += 1
        return msgspec.structs.replace(event, session_id=self.session_id, seq=self._seq)


class Session:
    """One conversation under analysis.

    Args:
        streams: One a channel, in order.
        decoder: From the client's bytes to those channels.
        greeting: The Begin message, not stamped yet.
        numbering: The session's id, and the numbers of its events.
        tracker: Tells the speakers of all streams apart; None where nobody asked for it.
    """

    def __init__(
        self,
        streams: Sequence[Stream],
        decoder: PcmDecoder,
        greeting: Begin,
        numbering: Numbering,
        tracker: SpeakerTracker | None = None,
    ) -> None:
        self.numbering = numbering
        self._tracker = tracker
        self._streams = streams
        self._decoder = decoder
        self._greeting = greeting
        self._utterances: dict[tuple[int, int], Utterance] = {}
        self._reason: str | None = None
        self._terminated = False
        self._degradation = Degradation.NONE
        self._taken = 0.0  # once the streams are gone

    @property
    def position(self) -> float:
        """Seconds of audio taken."""
        return self._streams[0].position if self._streams else self._taken

    @property
    def done(self) -> bool:
        """Closed, every job accounted for, Termination sent."""
        return self._terminated

    @property
    def utterances(self) -> list[Utterance]:
        """The latest revision of every utterance so far, in the order of time."""
        return sorted(self._utterances.values(), key=lambda u: (u.start, u.channel))

    def begin(self) -> Begin:
        """The first message."""
        return self.numbering.stamp(self._greeting)

    def feed(self, data: bytes) -> list[Output]:
        """Take the client's next bytes, any number of them."""
        return self.feed_pcm(self._decoder.decode(data))

    def feed_pcm(self, pcm: Int16Array) -> list[Output]:
        """Take samples, shape (channels, n), int16 at 16 kHz."""
        outputs: list[Output] = []
        for at in range(0, pcm.shape[1], CHANNEL_SLICE):
            for stream, samples in zip(self._streams, pcm, strict=True):
                outputs += stream.feed(samples[at : at + CHANNEL_SLICE])
        return self._lined_up(outputs)

    def resolve(self, job: Job, result: Result) -> list[Output]:
        """Take what became of a job; every job must be resolved or was cancelled."""
        outputs = self._streams[job.channel].resolve(job, result)
        if self._tracker is not None:  # one voice's name may be what others waited for
            outputs += [o for stream in self._streams for o in stream.flush()]
        return self._number(outputs)

    def late(self, channel: int, utterance_id: int) -> list[Output]:
        """The words of this utterance take long: its tone goes out alone, if it is known."""
        return self._number(self._streams[channel].late(utterance_id))

    def degrade(self, level: Degradation) -> list[Output]:
        """The machine is behind, more or less than before: do with less, or with more again."""
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
        """End every open utterance now."""
        return self._lined_up([o for stream in self._streams for o in stream.finalize()])

    def close(self, reason: str = "closed") -> list[Output]:
        """No more audio: what is open ends; once all is resolved, Summary and Termination."""
        if self._reason is not None:
            return []
        rest = self.feed_pcm(self._decoder.flush())
        self._reason = reason
        return rest + self._lined_up([o for stream in self._streams for o in stream.close()])

    def clip(self, channel: int, start: float, end: float) -> Int16Array:
        """A copy of recent audio [start, end) in seconds, mono int16 at 16 kHz."""
        return self._streams[channel].clip(start, end)

    def release(self) -> None:
        """Let go of the audio, 2 MB a channel: it is over, though somebody may still hold this.

        A shell's callbacks and its session hold each other, and the garbage collector, which does
        not see the size of arrays, is in no hurry to find out.
        """
        self._taken, self._streams = self.position, ()

    def summary(self) -> Summary:
        """The conversation so far."""
        return self.numbering.stamp(self._summary())

    def _summary(self) -> Summary:
        channels = [stream.channel for stream in self._streams]
        latest = self._greeting.limits.summary_utterances
        return summary(self.utterances, channels, self.position, latest)

    def _lined_up(self, outputs: list[Output]) -> list[Output]:
        """Number the outputs of a step that all channels have made."""
        if self._tracker is not None:
            self._tracker.line_up()
        return self._number(outputs)

    def _number(self, outputs: list[Output]) -> list[Output]:
        stamped = [self.numbering.stamp(o) if isinstance(o, Event) else o for o in outputs]
        for output in stamped:
            if isinstance(output, Utterance):
                self._utterances[output.channel, output.utterance_id] = output
        closed = self._reason is not None and not self._terminated
        if closed and all(stream.done for stream in self._streams):
            self._terminated = True
            end = Termination(
                t=self.position,
                audio_seconds=self.position,
                utterances=len(self._utterances),
                reason=self._reason or "closed",
            )
            stamped += [self.numbering.stamp(self._summary()), self.numbering.stamp(end)]
        return stamped
