"""The messages of a channel's utterances: when each goes out, and what is in it."""

from collections import deque
from collections.abc import Sequence

from sentivox.fusion.fuse import fuse
from sentivox.protocol.events import Latency, Utterance
from sentivox.protocol.sentiment import DIGITS
from sentivox.stream.config import StreamConfig
from sentivox.stream.scoring import fused_of, rounded
from sentivox.stream.stage import Awaited, Draft, Stage
from sentivox.stream.utterance import Clock, Move, OpenUtterance, State, seconds


class Outbox:
    """The utterances of one channel that are not final yet, in the order in which they began.

    First messages go out in that order. Each waits for what its stages still have to bring, but
    for what may come as a revision; and where the words keep the user waiting, it goes out
    without them.

    Args:
        channel: Number of the channel.
        config: The stream's settings.
        stages: What is found out about each utterance.
        clock: Seconds, for latencies.
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
        """Every utterance is final."""
        return not self._open

    def add(self, utterance: OpenUtterance) -> None:
        """An utterance begins."""
        self._open.append(utterance)

    def discard(self, utterance: OpenUtterance) -> None:
        """It was too short to be one."""
        self._open.remove(utterance)

    def delay(self, utterance_id: int) -> None:
        """The words of an utterance keep the user waiting."""
        for utterance in self._open:
            if utterance.id == utterance_id and utterance.state is State.ENDED:
                utterance.move(Move.DELAY)

    def flush(self) -> list[tuple[OpenUtterance, Utterance]]:
        """The messages that can go out, with the utterances that they are of."""
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
        """The next message of an utterance that has ended, if there is one."""
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
        """Compose the message of a move, and make the move; None where it would say nothing."""
        provisional = move is Move.SAY_TONE
        draft = Draft(degraded=list(utterance.degraded))
        for stage in self._stages:
            if not (provisional and stage.of_words):
                stage.report(utterance, draft)
        if provisional:
            draft.degraded.append("asr_late")
            if not draft.opinions:
                return None
        utterance.move(move)
        utterance.revision += 1
        return self._composed(utterance, draft)

    def _composed(self, utterance: OpenUtterance, draft: Draft) -> Utterance:
        fusing = self._clock()
        scores = fuse(draft.opinions, self._config.calibration)
        now = self._clock()
        draft.latency_ms["vad"] = utterance.vad_ms
        fused = None if scores is None else fused_of(scores, self._config.min_confidence)
        said = draft.transcript
        return Utterance(
            t=seconds(utterance.decided_at),
            channel=self._channel,
            utterance_id=utterance.id,
            revision=utterance.revision,
            final=utterance.state is State.FINAL,
            start=seconds(utterance.start),
            end=seconds(utterance.end or 0),
            transcript=None if said is None else said.text,
            language=None if said is None else said.language,
            asr_confidence=rounded(None if said is None else said.confidence),
            text_sentiment=draft.text_sentiment,
            audio_sentiment=draft.audio_sentiment,
            fused_score=None if fused is None else _score(fused.scores),
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


def _score(scores: dict[str, float]) -> float:
    return round(scores["positive"] - scores["negative"], DIGITS)
