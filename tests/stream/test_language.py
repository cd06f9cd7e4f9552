"""The language of a channel: found once, then kept, and never by luck of timing."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.protocol.events import Event, SpeechEnded, Utterance
from sentivox.protocol.events import Warning as WarningEvent
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import AsrJob, Failed, Job, JobResult, SpeechJob
from sentivox.stream.language import DOUBT_AFTER, UTTERANCES_AHEAD
from sentivox.types import SAMPLE_RATE, SpeechScore, Transcript
from tests.stream.harness import Shell, answer, new_session, speech

AUTO = StreamConfig(language=None, modalities=frozenset({"text"}))


class Recogniser:
    """Answers the n-th detection with the n-th of these; what it is told, it repeats.

    `sure` are its confidences in what it is told, one after the other; then .8.
    """

    def __init__(self, *found: Transcript | Failed, sure: Sequence[float] = ()) -> None:
        self.found = list(found)
        self.sure = list(sure)
        self.told: list[str | None] = []

    def __call__(self, job: Job) -> JobResult:
        if isinstance(job, SpeechJob):
            return JobResult(SpeechScore(0.9))
        if not isinstance(job, AsrJob):
            return answer(job)
        self.told.append(job.language)
        if job.language is not None:
            return JobResult(
                Transcript("heard 1", job.language, self.sure.pop(0) if self.sure else 0.8)
            )
        return JobResult(self.found.pop(0))


def heard(
    language: str, detected: float | None, rejected: str | None = None, confidence: float = 0.8
) -> Transcript:
    return Transcript("heard 1", language, confidence, rejected, detected)


def talk(utterances: int) -> bytes:
    return speech(*[(False, 1.0), (True, 1.0)] * utterances, (False, 1.0)).tobytes()


def events(
    utterances: int,
    recogniser: Recogniser,
    *,
    told: str | None = None,
    check: bool = False,
    roles: Sequence[str] = (),
) -> list[Event]:
    config = StreamConfig(language=told, modalities=frozenset({"text"}), roles=roles)
    shell = Shell(new_session(config=config, check_language=check))
    shell.feed(talk(utterances))
    return shell.finish(answering=recogniser)


def languages(utterances: int, recogniser: Recogniser) -> list[str | None]:
    return [e.language for e in events(utterances, recogniser) if isinstance(e, Utterance)]


def warnings(said: list[Event]) -> list[WarningEvent]:
    return [event for event in said if isinstance(event, WarningEvent)]


def test_the_first_clear_utterance_decides():
    recogniser = Recogniser(heard("zh", 0.9))
    assert languages(4, recogniser) == ["zh"] * 4
    assert recogniser.told == [None, "zh", "zh", "zh"]


def test_an_engine_with_one_language_is_asked_once():
    recogniser = Recogniser(heard("en", None))
    languages(3, recogniser)
    assert recogniser.told == [None, "en", "en"]


def test_doubtful_refused_and_failed_utterances_decide_nothing():
    recogniser = Recogniser(heard("cy", 0.7), heard("la", 0.9, "silence"), heard("en", 0.9))
    languages(5, recogniser)
    assert recogniser.told == [None, None, None, "en", "en"]


def test_words_that_are_hardly_understood_decide_nothing():
    recogniser = Recogniser(heard("yo", 0.95, confidence=0.39), heard("en", 0.8, confidence=0.4))
    languages(3, recogniser)
    assert recogniser.told == [None, None, "en"]


def test_what_is_no_speech_decides_nothing():
    class Noisy(Recogniser):
        def __call__(self, job: Job) -> JobResult:
            if isinstance(job, SpeechJob) and job.utterance_id == 1:
                return JobResult(SpeechScore(0.1))
            return super().__call__(job)

    recogniser = Noisy(heard("la", 0.95), heard("en", 0.95))
    assert languages(3, recogniser) == [None, "en", "en"]
    assert recogniser.told == [None, None, "en"]


def test_after_three_doubtful_ones_each_is_asked_until_one_is_clear():
    found = [heard("cy", 0.3), heard("en", 0.7), Failed("crashed"), heard("fr", 0.5)]
    recogniser = Recogniser(*found, heard("en", 0.9), *[heard("en", 0.7)] * UTTERANCES_AHEAD)
    said = languages(7 + UTTERANCES_AHEAD, recogniser)
    assert recogniser.told == [None] * (5 + UTTERANCES_AHEAD) + ["en"] * 2
    assert said == ["cy", "en", None, "fr", *["en"] * (3 + UTTERANCES_AHEAD)]


def test_where_nothing_is_ever_found_nothing_waits_for_long():
    recogniser = Recogniser(*[Failed("crashed")] * 9)
    shell = Shell(new_session(config=AUTO))
    shell.feed(talk(9))
    for _ in range(3):
        assert len(shell.waiting) == 1
        shell.work(answering=recogniser)
    assert len(shell.waiting) == UTTERANCES_AHEAD + 1
    shell.finish(answering=recogniser)
    assert recogniser.told == [None] * 9


def test_a_language_in_which_hardly_a_word_is_understood_is_not_kept():
    """An announcement in English, and then somebody who speaks Spanish."""
    recogniser = Recogniser(
        heard("en", 0.9),
        heard("es", 0.9),
        sure=[0.8, 0.8, *[0.32] * (DOUBT_AFTER // 2 + 1 + UTTERANCES_AHEAD)],
    )
    said = languages(20, recogniser)
    asked = recogniser.told.index(None, 1)
    assert recogniser.told[:asked] == [None, *["en"] * (asked - 1)]
    assert recogniser.told[asked:] == [None, *["es"] * (19 - asked)]
    assert asked <= 3 + DOUBT_AFTER + UTTERANCES_AHEAD
    assert said[-1] == "es"


def test_a_language_that_is_understood_now_and_then_is_kept():
    recogniser = Recogniser(heard("en", 0.9), sure=[0.8, 0.32, 0.32, 0.8, 0.8, 0.8] * 4)
    languages(19, recogniser)
    assert recogniser.told == [None, *["en"] * 18]


def test_a_language_that_is_told_is_checked_on_the_first_clear_words():
    recogniser = Recogniser(heard("en", 0.5), heard("en", 0.9))
    said = events(4, recogniser, told="en", check=True)
    assert recogniser.told == [None, None, "en", "en"]
    assert not warnings(said)


def test_another_language_than_was_told_is_said_once_and_its_words_are_refused_from_then_on():
    recogniser = Recogniser(*[heard("ar", 0.95)] * 9)
    said = events(9, recogniser, told="en", check=True)
    assert recogniser.told == [None, "en", *[None] * 8]  # the first one once more, as was told
    assert [e.language for e in said if isinstance(e, Utterance)] == ["en", *[None] * 8]
    [warning] = warnings(said)
    assert warning.code == "other_language"
    assert warning.detail == {
        "channel": 0, "language": "en", "heard": "ar", "probability": 0.95,
    }  # fmt: skip
    assert "language=ar" in warning.message


def test_the_warning_calls_the_channel_as_people_do_and_numbers_it_as_programs_do():
    for roles, who in (((), "channel 1"), (("agent",), "Agent")):
        recogniser = Recogniser(heard("ar", 0.95), heard("en", None))
        [warning] = warnings(events(2, recogniser, told="en", check=True, roles=roles))
        assert warning.message.startswith(f"{who}: is this really 'en'?")
        assert warning.detail["channel"] == 0


def test_a_recogniser_that_names_a_language_and_no_probability_is_sure_of_it():
    recogniser = Recogniser(*[heard("ar", None)] * 2)
    [warning] = warnings(events(2, recogniser, told="en", check=True))
    assert (warning.detail["heard"], warning.detail["probability"]) == ("ar", 1.0)


def test_once_another_language_was_heard_its_words_are_refused_and_those_of_the_named_one_kept():
    """Whisper, told to hear English, translates Polish or makes something up."""
    spoken = [heard("pl", 0.93), heard("pl", 0.9), heard("en", 0.9), heard("pl", 0.7)]
    recogniser = Recogniser(*spoken, heard("pl", 0.99, confidence=0.39))
    said = events(5, recogniser, told="en", check=True)
    utterances = [e for e in said if isinstance(e, Utterance)]
    lost = ["asr_rejected:other_language"]
    assert [u.degraded[:1] for u in utterances if u.transcript is None] == [lost]
    assert [u.transcript is not None for u in utterances] == [True, False, True, True, True]
    assert [u.language for u in utterances if u.language] == ["en"] * 4
    # The doubtful ones are heard once more, as the first was; the sure ones are not.
    assert (recogniser.told.count(None), recogniser.told.count("en")) == (5, 3)
    [warning] = warnings(said)
    assert (warning.code, warning.detail["heard"]) == ("other_language", "pl")


def test_a_guess_at_another_language_is_no_reason_to_warn():
    unsure = [heard("cy", 0.79), heard("ar", 0.95, confidence=0.3), heard("nn", 0.5)]
    recogniser = Recogniser(*unsure)
    assert not warnings(events(5, recogniser, told="en", check=True))
    assert recogniser.told == [None, "en"] * 3 + ["en", "en"]


def test_that_hardly_a_word_is_understood_is_said_once():
    recogniser = Recogniser(sure=[0.8, *[0.3349] * 20])
    [warning] = warnings(events(20, recogniser, told="en"))
    assert (warning.code, warning.detail) == (
        "hardly_understood", {"channel": 0, "language": "en", "confidence": 0.33},
    )  # fmt: skip


def test_it_takes_seven_utterances_to_doubt():
    for count, doubts in ((6, 0), (7, 1)):
        recogniser = Recogniser(sure=[0.3] * count)
        assert len(warnings(events(count, recogniser, told="en"))) == doubts


def test_where_nobody_says_a_word_nothing_is_doubted():
    """A recogniser that finds no words is seldom sure of that."""
    shell = Shell(new_session(config=StreamConfig(modalities=frozenset({"text"}))))
    shell.feed(talk(20))
    said = shell.finish(lambda _: JobResult(Transcript("", "en", 0.1)))
    assert not warnings(said)
    assert [e.degraded for e in said if isinstance(e, Utterance)] == [["no_words"]] * 20


def test_what_was_hardly_understood_before_a_language_was_found_speaks_not_against_it():
    unclear, clear = heard("en", 0.5, confidence=0.33), heard("en", 0.9)
    recogniser = Recogniser(*[unclear] * 3, clear, *[unclear] * 3, *[clear] * 9)
    events(16, recogniser)
    assert recogniser.told == [None] * 7 + ["en"] * 9


def test_where_no_language_is_ever_found_that_is_said_once():
    recogniser = Recogniser(*[heard("hi", 0.4, confidence=0.33)] * 20)
    [warning] = warnings(events(20, recogniser))
    assert (warning.code, warning.detail["language"]) == ("hardly_understood", None)


def test_a_click_holds_nobody_up_whose_language_is_to_be_found():
    clicks = [(False, 1.0), (True, 0.15)]
    audio = speech(*clicks, *[(False, 1.0), (True, 1.0)] * 3, (False, 1.0)).tobytes()
    recogniser = Recogniser(heard("zh", 0.9))
    shell = Shell(new_session(config=StreamConfig(language=None, modalities=frozenset({"text"}))))
    shell.feed(audio)
    said = shell.finish(answering=recogniser)
    assert [e.discarded for e in said if isinstance(e, SpeechEnded)] == [True, *[False] * 3]
    assert [e.language for e in said if isinstance(e, Utterance)] == ["zh"] * 3
    assert recogniser.told == [None, "zh", "zh"]


def test_a_known_language_holds_nothing_back():
    shell = Shell(new_session(config=StreamConfig(modalities=frozenset({"text"}))))
    shell.feed(talk(4))
    assert [job.language for job in shell.waiting if isinstance(job, AsrJob)] == ["en"] * 4


def test_channels_do_not_share_a_language():
    def by_channel(job: Job) -> JobResult:
        if not isinstance(job, AsrJob):
            return answer(job)
        assert job.language in (None, f"l{job.channel}")
        return JobResult(heard(f"l{job.channel}", None if job.language else 0.9))

    shell = Shell(new_session(channels=2, config=AUTO))
    shell.feed(speech((True, 1.0), (False, 1.0), (True, 1.0), (False, 1.0)).repeat(2).tobytes())
    events = shell.finish(answering=by_channel)
    said = [e for e in events if isinstance(e, Utterance)]
    assert sorted((u.channel, u.language) for u in said) == [(0, "l0")] * 2 + [(1, "l1")] * 2


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
    st.lists(st.tuples(st.floats(0.1, 0.6), st.booleans()), min_size=1, max_size=9),
    st.sampled_from([(None, False), ("en", True), ("en", False)]),
    st.data(),
)
def test_the_language_does_not_depend_on_when_results_come_back(parts, mode, data):
    """Pauses of 0.3 s start transcriptions that may be taken back, before or after an answer."""

    def by_length(job: Job) -> JobResult:
        if isinstance(job, SpeechJob):
            return JobResult(SpeechScore(0.9))
        if not isinstance(job, AsrJob):
            return answer(job)
        length = len(job.audio)
        sure = (length // 512 + len(job.language or "")) % 2 * 0.8 + 0.1
        if job.language is not None:
            return JobResult(heard(job.language, None, confidence=sure))
        language = f"{chr(97 + length % 26)}x"
        return JobResult(heard(language, length % 40 / 40, confidence=0.8))

    audio = speech(
        *[p for s, ends in parts for p in ((True, s), (False, 1.0 if ends else 0.3))], (False, 1.0)
    )

    told, check = mode
    config = StreamConfig(language=told, modalities=frozenset({"text"}))

    def said(eager: bool) -> tuple[list[tuple[int, str | None]], list[str]]:
        shell = Shell(new_session(config=config, check_language=check))
        for at in range(0, len(audio), SAMPLE_RATE // 10):
            shell.feed(audio[at : at + SAMPLE_RATE // 10].tobytes())
            while shell.waiting and (eager or data.draw(st.booleans())):
                shell.work(pick=0 if eager else data.draw(st.integers(0, 5)), answering=by_length)
        events = shell.finish(answering=by_length)
        named = [(e.utterance_id, e.language) for e in events if isinstance(e, Utterance)]
        return named, [w.message for w in warnings(events)]

    assert said(eager=True) == said(eager=False)
