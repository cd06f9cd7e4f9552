"""The `Utterance` messages of one channel: when each is sent, and what it contains."""

from collections import deque
from collections.abc import Sequence

from sentivox.fusion.fuse import fuse
from sentivox.protocol.events import Latency, Utterance
from sentivox.protocol.labels import polarity
from sentivox.protocol.sentiment import Fused, Label, Sentiment
from sentivox.stream.config import StreamConfig
from sentivox.stream.doubt import doubt_tone
from sentivox.stream.scoring import fused_of, rounded
from sentivox.stream.stage import Awaited, Draft, Stage
from sentivox.stream.utterance import Clock, Move, OpenUtterance, State, to_seconds


class Outbox:
    """Queue of the utterances of one channel that are not final yet, in the order of their starts.

    First messages are sent in that order. A message waits for every stage with a result due,
    unless that result may follow as a revision. If the words are late, the first message goes out
    without them.

    Args:
        channel: Number of the channel, from 0.
        config: The stream's settings.
        stages: The channel's stages, in the order in which they add to a message.
        clock: Returns seconds; used for latencies only.
    """

    def __init__(
        self, channel: int, config: StreamConfig, stages: Sequence[Stage], clock: Clock
    ) -> None:
        self._channel = channel
        self._config = config
        self._stages = stages
        self._clock = clock
        self._open: deque[OpenUtterance] = deque()

    @property
    def empty(self) -> bool:
        """Whether every utterance is final."""
        return not self._open

    def add(self, utterance: OpenUtterance) -> None:
        """Add an utterance that begins."""
        self._open.append(utterance)

    def discard(self, utterance: OpenUtterance) -> None:
        """Drop an utterance that proved too short."""
        self._open.remove(utterance)

    def delay(self, utterance_id: int) -> None:
        """Mark the words of an utterance as late, so that its tone may be sent without them."""
        for utterance in self._open:
            if utterance.id == utterance_id and utterance.state is State.ENDED:
                utterance.move(Move.DELAY)

    def flush(self) -> list[tuple[OpenUtterance, Utterance]]:
        """Take the messages that can be sent, each with its utterance."""
        ready: list[tuple[OpenUtterance, Utterance]] = []
        blocked = False
        for utterance in list(self._open):
            if utterance.end is None:
                break
            if not (blocked and utterance.revision == 0):
                message = self._message(utterance)
                if message is not None:
                    ready.append((utterance, message))
                if utterance.state is State.FINAL:
                    self._open.remove(utterance)
            blocked = blocked or utterance.revision == 0
        return ready

    def _message(self, utterance: OpenUtterance) -> Utterance | None:
        """The next message of an utterance that has ended, if one can be sent."""
        awaited = [(stage, stage.awaited(utterance)) for stage in self._stages]
        holding = [stage for stage, what in awaited if what is Awaited.MESSAGE]
        following = any(what is Awaited.REVISION for _, what in awaited)
        if not holding and not following:
            return self._say(utterance, Move.SETTLE)
        if not holding and utterance.state is not State.COMPLETE:
            return self._say(utterance, Move.SAY)
        if utterance.state is State.LATE and all(stage.of_words for stage in holding):
            return self._say(utterance, Move.SAY_TONE)
        return None

    def _say(self, utterance: OpenUtterance, move: Move) -> Utterance | None:
        """Make a move and compose its message; None, without a move, if it would be empty."""
        provisional = move is Move.SAY_TONE
        draft = Draft(degraded=list(utterance.degraded))
        for stage in self._stages:
            if not (provisional and stage.of_words):
                stage.report(utterance, draft)
        doubt_tone(draft, utterance.speech_probability, self._config.min_confidence)
        if provisional:
            draft.degraded.append("asr_late")
            if not draft.opinions:
                return None
        utterance.move(move)
        utterance.revision += 1
        return self._composed(utterance, draft)

    def _fused(self, draft: Draft) -> Fused | None:
        scores = fuse(draft.opinions, self._config.calibration)
        if scores is None:
            return None
        words, tone = _label(draft.text_sentiment), _label(draft.audio_sentiment)
        return fused_of(scores, words, tone, self._config.min_confidence)

    def _composed(self, utterance: OpenUtterance, draft: Draft) -> Utterance:
        fusing = self._clock()
        fused = self._fused(draft)
        now = self._clock()
        draft.latency_ms["vad"] = utterance.vad_ms
        said = draft.transcript
        return Utterance(
            t=to_seconds(utterance.decided_at),
            channel=self._channel,
            utterance_id=utterance.id,
            revision=utterance.revision,
            final=utterance.state is State.FINAL,
            start=to_seconds(utterance.start),
            end=to_seconds(utterance.end or 0),
            transcript=None if said is None else said.text,
            language=None if said is None else said.language,
            asr_confidence=rounded(None if said is None else said.confidence),
            text_sentiment=draft.text_sentiment,
            audio_sentiment=draft.audio_sentiment,
            fused_score=None if fused is None else polarity(fused.scores),
            fused=fused,
            latency_ms=Latency(
                **{
                    name: round(draft.latency_ms.get(name, 0.0), 2)
                    for name in ("queue", "vad", "asr", "text", "audio")
                },
                fusion=round((now - fusing) * 1e3, 3),
                total=round((now - utterance.decided_clock) * 1e3, 2),
            ),
            degraded=draft.degraded,
            emotion=draft.emotion,
            events=list(draft.events),
            speaker=draft.speaker,
            words=draft.words,
        )


def _label(sentiment: Sentiment | None) -> Label | None:
    return None if sentiment is None else sentiment.label
