"""The language of a channel: found once, then kept, and never by luck of timing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.stream.config import StreamConfig
from sentivox.stream.events import Utterance
from sentivox.stream.jobs import AsrJob, Failed, Job, Result
from sentivox.types import SAMPLE_RATE, Transcript
from tests.stream.harness import Shell, answer, new_session, speech

AUTO = StreamConfig(language=None, modalities=frozenset({"text"}))


class Recogniser:
    """Answers the n-th detection with the n-th of these; what it is told, it repeats."""

    def __init__(self, *found: Transcript | Failed) -> None:
        self.found = list(found)
        self.told: list[str | None] = []

    def __call__(self, job: Job) -> Result:
        if not isinstance(job, AsrJob):
            return answer(job)
        self.told.append(job.language)
        if job.language is not None:
            return Result(Transcript("heard 1", job.language, 0.8))
        return Result(self.found.pop(0))


def heard(language: str, detected: float | None, rejected: str | None = None) -> Transcript:
    return Transcript("heard 1", language, 0.8, rejected, detected)


def talk(utterances: int) -> bytes:
    return speech(*[(False, 1.0), (True, 1.0)] * utterances, (False, 1.0)).tobytes()


def languages(utterances: int, recogniser: Recogniser) -> list[str | None]:
    shell = Shell(new_session(config=AUTO))
    shell.feed(talk(utterances))
    events = shell.finish(answering=recogniser)
    return [e.language for e in events if isinstance(e, Utterance)]


def test_the_first_clear_utterance_decides():
    recogniser = Recogniser(heard("zh", 0.9))
    assert languages(4, recogniser) == ["zh"] * 4
    assert recogniser.told == [None, "zh", "zh", "zh"]


def test_an_engine_with_one_language_is_asked_once():
    recogniser = Recogniser(heard("en", None))
    languages(3, recogniser)
    assert recogniser.told == [None, "en", "en"]


def test_doubtful_refused_and_failed_utterances_decide_nothing():
    recogniser = Recogniser(heard("cy", 0.3), heard("la", 0.9, "silence"), heard("en", 0.7))
    languages(5, recogniser)
    assert recogniser.told == [None, None, None, "en", "en"]


def test_after_three_doubtful_ones_the_most_probable_answer_counts():
    recogniser = Recogniser(heard("cy", 0.3), heard("en", 0.4), Failed("crashed"))
    assert languages(4, recogniser) == ["cy", "en", None, "en"]


def test_where_nothing_is_ever_found_nothing_waits():
    recogniser = Recogniser(*[Failed("crashed")] * 6)
    shell = Shell(new_session(config=AUTO))
    shell.feed(talk(6))
    for _ in range(3):
        assert len(shell.waiting) == 1
        shell.work(answering=recogniser)
    assert len(shell.waiting) == 3
    shell.finish(answering=recogniser)
    assert recogniser.told == [None] * 6


def test_a_known_language_holds_nothing_back():
    shell = Shell(new_session(config=StreamConfig(modalities=frozenset({"text"}))))
    shell.feed(talk(4))
    assert [job.language for job in shell.waiting if isinstance(job, AsrJob)] == ["en"] * 4


def test_channels_do_not_share_a_language():
    def by_channel(job: Job) -> Result:
        if not isinstance(job, AsrJob):
            return answer(job)
        assert job.language in (None, f"l{job.channel}")
        return Result(heard(f"l{job.channel}", None if job.language else 0.9))

    shell = Shell(new_session(channels=2, config=AUTO))
    shell.feed(speech((True, 1.0), (False, 1.0), (True, 1.0), (False, 1.0)).repeat(2).tobytes())
    events = shell.finish(answering=by_channel)
    said = [e for e in events if isinstance(e, Utterance)]
    assert len(said) == 4
    assert all(u.language == f"l{u.channel}" for u in said)


def test_an_utterance_that_is_taken_back_before_it_was_asked_leaves_no_trace():
    shell = Shell(new_session(config=AUTO))
    shell.feed(speech((True, 1.0), (False, 1.0), (True, 0.6), (False, 0.3)).tobytes())
    assert len(shell.waiting) == 1  # the second one's speculative transcription is held back
    shell.feed(speech((True, 0.6), (False, 1.0)).tobytes())
    assert shell.cancelled == 0
    recogniser = Recogniser(heard("de", 0.9))
    shell.finish(answering=recogniser)
    assert recogniser.told == [None, "de"]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0.1, 0.6), st.booleans()), min_size=1, max_size=5),
    st.data(),
)
def test_the_language_does_not_depend_on_when_results_come_back(parts, data):
    """Pauses of 0.3 s start transcriptions that may be taken back, before or after an answer."""

    def by_length(job: Job) -> Result:
        if not isinstance(job, AsrJob):
            return answer(job)
        if job.language is not None:
            return Result(heard(job.language, None))
        return Result(heard(f"l{len(job.audio)}", len(job.audio) % 100 / 100))

    audio = speech(
        *[p for s, ends in parts for p in ((True, s), (False, 1.0 if ends else 0.3))], (False, 1.0)
    )

    def said(eager: bool) -> list[tuple[int, str | None]]:
        shell = Shell(new_session(config=AUTO))
        for at in range(0, len(audio), SAMPLE_RATE // 10):
            shell.feed(audio[at : at + SAMPLE_RATE // 10].tobytes())
            while shell.waiting and (eager or data.draw(st.booleans())):
                shell.work(pick=0 if eager else data.draw(st.integers(0, 5)), answering=by_length)
        events = shell.finish(answering=by_length)
        return [(e.utterance_id, e.language) for e in events if isinstance(e, Utterance)]

    assert said(eager=True) == said(eager=False)
