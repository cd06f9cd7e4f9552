"""Which job belongs to which utterance, and which message can go out next."""

from collections import deque
from dataclasses import replace

from sentivox.protocol.events import AudioSentiment, Event, InterimTranscript
from sentivox.stream.config import StreamConfig
from sentivox.stream.hearing import Hearing
from sentivox.stream.jobs import AsrJob, Cancel, Job, Result, SpeechJob, TextJob, ToneJob
from sentivox.stream.language import LanguagePin, warning
from sentivox.stream.scoring import named, sentiment_of
from sentivox.stream.utterance import Clock, Turn, rounded, seconds
from sentivox.text.chinese import in_script
from sentivox.tone.baseline import Baseline, against
from sentivox.types import EMOTIONS, FloatArray, ToneScores, Transcript

Output = Event | Job | Cancel


class Ledger:
    """The utterances of one channel that are not out yet, and the jobs they wait for."""

    def __init__(
        self, channel: int, config: StreamConfig, clock: Clock, *, check_language: bool = False
    ) -> None:
        self._channel = channel
        self._config = config
        self._pin = LanguagePin(config.language, check=check_language)
        self._clock = clock
        self._baseline = Baseline()
        self._turns: deque[Turn] = deque()
        self._owners: dict[int, Turn | None] = {}  # job under way -> whose it is
        self._jobs = 0

    @property
    def settled(self) -> bool:
        """No job is under way and no message outstanding."""
        return not self._turns and not self._owners

    def open(self, turn: Turn) -> None:
        """An utterance begins; after a soft cut in the past it takes the windows in its span."""
        before = self._turns[-1] if self._turns else None
        self._turns.append(turn)
        self._pin.open(turn)
        if before is None or before.end is None:
            return
        turn.windows += [w for w in before.windows if w.start >= turn.start]
        for job_id, (start, _) in list(before.tone_pending.items()):
            if start >= turn.start:
                turn.tone_pending[job_id] = before.tone_pending.pop(job_id)
                self._owners[job_id] = turn

    def own(self, turn: Turn) -> int:
        """The id of a new job of this utterance."""
        self._jobs += 1
        self._owners[self._jobs] = turn
        return self._jobs

    def unhear(self, turn: Turn) -> list[Output]:
        """Speech went on after a speculative start: what was heard is not the utterance."""
        hearing, turn.hearing = turn.hearing, None
        if hearing is None or hearing.pending is None:
            return []
        del self._owners[hearing.pending]
        if hearing.held is not None:  # no shell knows of it
            return []
        return [Cancel(hearing.pending, self._channel)]

    def discard(self, turn: Turn) -> list[Output]:
        """The utterance was too short to be one: nothing more is said of it."""
        self._turns.remove(turn)
        self._pin.discard(turn)
        for job_id in turn.tone_pending:
            self._owners[job_id] = None
        return self.unhear(turn)

    def late(self, utterance_id: int) -> list[Output]:
        """The utterance's words keep the user waiting: say its tone now, if it is known."""
        for turn in self._turns:
            if turn.id == utterance_id:
                turn.late = True
        return self.flush()

    def resolve(self, job: Job, result: Result) -> list[Output]:
        """Take what became of a job. Results of cancelled jobs are ignored."""
        if job.id not in self._owners:
            return []
        turn = self._owners.pop(job.id)
        if turn is None:  # of a discarded utterance
            return []
        if isinstance(job, ToneJob):
            turn.toned(turn.tone_pending.pop(job.id), result)
            if isinstance(result.value, ToneScores):
                turn.unsaid.append((job, result.value))
            return self.flush()
        hearing = turn.hearing
        if hearing is None:
            return []
        hearing.pending = None
        match job:
            case AsrJob():
                outputs = self._heard(turn, hearing, job, result)
            case SpeechJob():
                outputs = self._told(turn, hearing, result)
            case _:
                hearing.scored(result)
                outputs = []
        return [*outputs, *self.flush()]

    def release(self) -> list[Output]:
        """Transcriptions that can begin: all, or one at a time until the language is known.

        A doubt whether it is the right one goes out with them.
        """
        outputs: list[Output] = []
        for hearing, standing in self._pin.release():
            if hearing.held is not None:
                hearing.asked = standing.language is None or not standing.settled
                language = None if hearing.asked else standing.language
                outputs.append(replace(hearing.held, language=language))
                hearing.held = None
        if (doubt := self._pin.doubt()) is not None:
            outputs.append(warning(doubt, self._channel))
        return outputs

    def flush(self) -> list[Output]:
        """What can go out: jobs, and the first revisions of utterances in their order."""
        outputs = [*self._tones(), *self.release()]
        blocked = False
        for turn in list(self._turns):
            if turn.end is None:
                break
            if (turn.ready or turn.provisional) and not (blocked and turn.revision == 0):
                outputs.append(turn.message(self._channel, self._config, self._clock))
                if turn.final:
                    self._turns.remove(turn)
            blocked = blocked or turn.revision == 0
        return outputs

    def _heard(self, turn: Turn, hearing: Hearing, asr: AsrJob, result: Result) -> list[Output]:
        if asr.language is None and hearing.finds(result, self._pin.told):
            # Asked only to check: what was said counts in the language that was named.
            again = replace(asr, id=self.own(turn), language=self._pin.told)
            hearing.pending, hearing.asr_ms = again.id, result.run_ms
            return [again]
        if isinstance(result.value, Transcript):
            said = in_script(result.value, self._config.chinese_script)
            result = replace(result, value=said)
        if not hearing.heard(result):
            return []
        job = SpeechJob(
            id=self.own(turn), channel=self._channel, utterance_id=turn.id, audio=asr.audio
        )
        hearing.pending = job.id
        return [job]

    def _told(self, turn: Turn, hearing: Hearing, result: Result) -> list[Output]:
        said = hearing.told(result)
        if said is None:
            return []
        outputs: list[Output] = []
        if self._config.interim and turn.end is None:
            outputs.append(self._interim(turn, hearing, said))
        job = TextJob(
            id=self.own(turn),
            channel=self._channel,
            utterance_id=turn.id,
            text=said.text,
            language=said.language,
            alternatives=said.alternatives,
        )
        hearing.pending = job.id
        return [*outputs, job]

    def _interim(self, turn: Turn, hearing: Hearing, said: Transcript) -> InterimTranscript:
        """What was found out ahead of time: the speaker pauses, and may go on."""
        return InterimTranscript(
            t=seconds(hearing.end),
            channel=self._channel,
            utterance_id=turn.id,
            start=seconds(turn.start),
            end=seconds(hearing.end),
            transcript=said.text,
            language=said.language,
            asr_confidence=rounded(said.confidence),
        )

    def _tones(self) -> list[AudioSentiment]:
        """The tone of windows, each heard against the utterances before its own.

        Utterances are looked at in their order and only once their tone is whole, so what is
        usual does not depend on when results come back.
        """
        outputs: list[AudioSentiment] = []
        for turn in self._turns:
            if turn.shift is None:
                turn.shift = self._baseline.shift
            outputs += [self._window(job, scores, turn.shift) for job, scores in turn.unsaid]
            turn.unsaid.clear()
            if not turn.toned_out:
                break
            if not turn.usual and self._config.baseline and (tone := turn.tone(None)) is not None:
                self._baseline.add(tone.log_probs)
            turn.usual = True
        return outputs

    def _window(self, job: ToneJob, scores: ToneScores, shift: FloatArray) -> AudioSentiment:
        opinion = sentiment_of(against(scores.sentiment, shift))
        return AudioSentiment(
            t=job.end,
            channel=self._channel,
            utterance_id=job.utterance_id,
            start=job.start,
            end=job.end,
            label=opinion.label,
            score=opinion.score,
            scores=opinion.scores,
            emotions=named(scores.emotions, EMOTIONS),
        )
