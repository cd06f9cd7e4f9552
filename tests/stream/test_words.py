"""The words of an utterance on the stream's clock."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sentivox.protocol.events import InterimTranscript, SpeechEnded, Summary, Utterance
from sentivox.speech.endpointing import EndpointConfig
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import AsrJob, Job, JobResult
from sentivox.stream.words import SHORTEST_MS, placed
from sentivox.types import SAMPLE_RATE, RecognisedWord, Transcript
from tests.stream.harness import Shell, answer, chunks, new_session, speech

TIMES = st.floats(-1, 12)


@given(
    st.lists(st.tuples(TIMES, TIMES), max_size=12),
    st.integers(0, 5 * SAMPLE_RATE),
    st.integers(1, 10 * SAMPLE_RATE),
)
def test_whatever_the_recogniser_says_words_lie_within_their_utterance(
    times: list[tuple[float, float]], start: int, length: int
):
    heard = [RecognisedWord(str(i), min(span), max(span), 0.5) for i, span in enumerate(times)]
    words = placed(heard, max(0, start - 4800), start, start + length)
    assert [word.word for word in words] == [str(i) for i in range(len(times))]
    edges = [t for word in words for t in (word.start, word.end)]
    assert edges == sorted(edges)
    assert not edges or start / 16000 - 0.001 <= edges[0] <= edges[-1]
    assert not edges or edges[-1] <= (start + length) / SAMPLE_RATE + 0.001
    if words and length / 16 > len(words) * (SHORTEST_MS + 1):
        assert all(word.end - word.start >= SHORTEST_MS / 1000 - 1e-9 for word in words)


def test_words_are_where_the_recogniser_heard_them():
    """Its audio begins 0.3 s before an utterance that lasts from 10 s to 12.4 s."""
    heard = [
        RecognisedWord("so", 0.4, 0.75, 0.91),
        RecognisedWord("be", 0.75, 1.9, None),
        RecognisedWord("it", 2.0, 2.65, 0.2),
    ]
    words = placed(heard, round(9.7 * SAMPLE_RATE), 10 * SAMPLE_RATE, round(12.4 * SAMPLE_RATE))
    assert [(w.word, w.start, w.end, w.confidence) for w in words] == [
        ("so", 10.1, 10.45, 0.91), ("be", 10.45, 11.6, None), ("it", 11.7, 12.35, 0.2),
    ]  # fmt: skip


def test_a_word_without_length_lasts_a_fiftieth_of_a_second():
    (word,) = placed([RecognisedWord("oh", 1.0, 1.0, 0.9)], 0, 0, 2 * SAMPLE_RATE)
    assert (word.start, word.end) == (1.0, 1.02)


def timing(job: Job) -> JobResult:
    """A word every tenth of a second, but in the last second of the audio."""
    if not isinstance(job, AsrJob):
        return answer(job)
    count = int(len(job.audio) / SAMPLE_RATE * 10) - 10
    words = tuple(RecognisedWord(str(i), i / 10, i / 10 + 0.1, 0.9) for i in range(count))
    assert job.timed
    return JobResult(Transcript(" ".join(w.text for w in words), "en", 0.8, words=words))


def test_words_stay_on_the_clock_through_a_soft_cut():
    endpoint = EndpointConfig(soft_cut_s=4.0, hard_cut_s=6.0)
    shell = Shell(new_session(config=StreamConfig(words=True, endpoint=endpoint)))
    shell.feed(speech((False, 1), (True, 3), (False, 0.2), (True, 4), (False, 1)).tobytes())
    shell.finish(timing)
    said = [e for e in shell.events if isinstance(e, Utterance)]
    assert next(e.reason for e in shell.events if isinstance(e, SpeechEnded)) == "soft_cut"
    assert len(said) == 2
    for utterance in said:
        words = utterance.words or []
        assert utterance.start <= words[0].start < utterance.start + 0.1
        assert words[-1].end <= utterance.end
        assert all(one.end <= two.start for one, two in pairwise(words))
    assert said[1].words
    assert said[0].words
    assert said[1].words[0].start >= said[0].words[-1].end


def test_nobody_is_asked_for_times_unless_they_are_wanted():
    shell = Shell(new_session())
    shell.feed(speech((False, 1), (True, 2), (False, 1)).tobytes())
    assert [job.timed for job in shell.waiting if isinstance(job, AsrJob)] == [False]
    shell.work_all()
    assert next(e for e in shell.events if isinstance(e, Utterance)).words is None


PAUSES = speech((False, 1), (True, 1.5), (False, 0.35), (True, 1), (False, 1))


def told(config: StreamConfig) -> Shell:
    """A second's pause in an utterance, every job answered at once."""
    shell = Shell(new_session(config=config))
    data = PAUSES.tobytes()
    for at in range(0, len(data), 1024):
        shell.feed(data[at : at + 1024])
        shell.work_all()
    shell.finish()
    return shell


def test_the_words_so_far_come_at_a_pause_and_cost_nothing():
    plain, shell = told(StreamConfig()), told(StreamConfig(interim=True))
    interim = [e for e in shell.events if isinstance(e, InterimTranscript)]
    (final,) = [e for e in shell.events if isinstance(e, Utterance)]
    assert len(interim) == 2  # in the pause, and in the silence that turns out to be the end
    assert {e.utterance_id for e in interim} == {final.utterance_id}
    assert interim[0].end < interim[1].end == final.end
    assert final.transcript == interim[1].transcript != interim[0].transcript
    order = [e for e in shell.events if isinstance(e, InterimTranscript | SpeechEnded | Utterance)]
    assert [e.type for e in order] == [
        "InterimTranscript", "InterimTranscript", "SpeechEnded", "Utterance",
    ]  # fmt: skip
    assert shell.issued == plain.issued
    assert not any(isinstance(e, InterimTranscript) for e in plain.events)
    assert [e.overall for e in shell.events if isinstance(e, Summary)] == [
        e.overall for e in plain.events if isinstance(e, Summary)
    ]


def test_nothing_comes_in_between_while_the_machine_is_behind():
    assert not any(
        isinstance(e, InterimTranscript)
        for e in told(StreamConfig(interim=True, speculate=False)).events
    )


def test_a_pause_after_which_nothing_was_understood_tells_nothing():
    """Else a client would show an empty line."""
    shell = Shell(new_session(config=StreamConfig(interim=True)))

    def wordless(job: Job) -> JobResult:
        return JobResult(Transcript("", "en", 0.1)) if isinstance(job, AsrJob) else answer(job)

    for piece in chunks(speech((False, 1), (True, 2), (False, 1)).tobytes(), [3200]):
        shell.feed(piece)
        shell.work_all(wordless)
    shell.finish(wordless)
    (final,) = [e for e in shell.events if isinstance(e, Utterance)]
    assert final.degraded == ["no_words"]
    assert not any(isinstance(e, InterimTranscript) for e in shell.events)
