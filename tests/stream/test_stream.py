"""The order of events in the cases that the protocol speaks of."""

import msgspec
import numpy as np
import pytest

from sentivox.errors import ProtocolError
from sentivox.protocol.events import (
    AudioSentiment,
    SpeechEnded,
    SpeechStarted,
    Summary,
    Utterance,
    decode,
    encode,
)
from sentivox.protocol.labels import label, tendency
from sentivox.speech.endpointing import EndpointConfig
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import AsrJob, Failed, Job, JobResult, SpeechJob, TextJob, ToneJob
from sentivox.types import SAMPLE_RATE, SpeechScore, ToneScores, Transcript
from tests.stream.harness import (
    Shell,
    answer,
    log_probs,
    new_session,
    speech,
)


def of(events, kind):
    return [e for e in events if isinstance(e, kind)]


def test_an_utterance_from_onset_to_summary():
    shell = Shell(new_session())
    shell.feed(speech((False, 1), (True, 2), (False, 1)).tobytes())
    shell.work_all()
    started, ended = of(shell.events, SpeechStarted)[0], of(shell.events, SpeechEnded)[0]
    assert abs(started.start - 1.0) < 0.04
    assert abs(ended.end - 3.0) < 0.04
    assert 0.49 < ended.t - ended.end < 0.56
    utterance = of(shell.events, Utterance)[0]
    assert utterance.final
    assert utterance.revision == 1
    assert utterance.t == ended.t
    assert utterance.fused is not None
    assert sum(utterance.fused.weights.values()) == pytest.approx(1)
    assert utterance.audio_sentiment is not None
    assert utterance.degraded == []
    shell.finish()
    assert of(shell.events, Summary)[0].overall.utterances == 1


def test_labels_less_likely_than_asked_are_unclear_and_no_number_changes():
    def told(least: float) -> tuple[Utterance, Summary]:
        shell = Shell(new_session(config=StreamConfig(min_confidence=least)))
        shell.feed(speech((False, 1), (True, 2), (False, 1)).tobytes())
        shell.work_all()
        shell.finish()
        return of(shell.events, Utterance)[0], of(shell.events, Summary)[0]

    (plain, _), (asked, summary) = told(0.0), told(1.0)
    assert plain.fused is not None
    assert plain.fused.label != "unclear"
    at_its_own, _ = told(plain.fused.confidence)
    assert at_its_own.fused is not None
    assert at_its_own.fused.label == plain.fused.label
    assert asked.fused == msgspec.structs.replace(plain.fused, label="unclear", agreement=None)
    for before, after in (
        (plain.text_sentiment, asked.text_sentiment),
        (plain.audio_sentiment, asked.audio_sentiment),
    ):
        assert before is not None
        assert after == msgspec.structs.replace(before, label="unclear")
    assert asked.fused_score == plain.fused_score
    assert summary.overall.counts == {"negative": 0, "neutral": 0, "positive": 0, "unclear": 1}
    assert summary.overall.mean_score == plain.fused_score
    assert summary.timeline[0].label == "unclear"
    assert decode(encode(asked)) == asked


def test_tone_comes_every_half_second_while_the_person_speaks():
    shell = Shell(new_session())
    audio = speech((False, 0.5), (True, 4)).tobytes()
    for at in range(0, len(audio), 1600):
        shell.feed(audio[at : at + 1600])
        shell.work_all()
    tones = of(shell.events, AudioSentiment)
    assert not of(shell.events, SpeechEnded)
    assert len(tones) == 8
    assert np.allclose(np.diff([t.t for t in tones]), 0.5, atol=0.033)
    assert max(t.end - t.start for t in tones) == pytest.approx(3.0)


def test_tone_has_a_label_from_a_second_and_a_half_of_speech_on():
    shell = Shell(new_session(config=StreamConfig(min_confidence=0)))
    shell.feed(speech((False, 0.5), (True, 4)).tobytes())
    shell.work_all()
    tones = of(shell.events, AudioSentiment)
    lengths = [round(tone.end - tone.start, 3) for tone in tones]
    assert [n for n in lengths if n < 1.5] == lengths[:2]
    assert [tone.label for tone in tones[:2]] == ["unclear", "unclear"]
    assert [tone.label for tone in tones[2:]] == [tendency(tone.score) for tone in tones[2:]]


def test_a_tenth_of_a_second_at_the_end_gets_no_window_of_its_own():
    """The speech goes on for 96 ms after its last window, and in the other case for 128."""
    for windows, stops in ((35, [1.504, 2.016]), (36, [1.504, 2.016, 2.144])):
        audio = [speech((part, 3))[: n * 512] for part, n in ((False, 31), (True, windows))]
        shell = Shell(new_session())
        shell.feed(np.concatenate([*audio, speech((False, 1))]).tobytes())
        shell.work_all()
        assert [tone.end for tone in of(shell.events, AudioSentiment)] == stops


def test_figures_of_a_message_are_those_of_the_models():
    shell = Shell(new_session())
    shell.feed(speech((False, 1), (True, 2), (False, 1)).tobytes())
    shell.work_all()
    (utterance,) = of(shell.events, Utterance)
    assert utterance.asr_confidence == 0.8
    assert utterance.fused is not None
    assert utterance.fused.label == label(utterance.fused.scores)
    scores = utterance.fused.scores
    assert utterance.fused_score == pytest.approx(scores["positive"] - scores["negative"], abs=1e-4)


def test_a_single_short_word_gets_one_tone_result_over_its_exact_span():
    shell = Shell(new_session())
    shell.feed(speech((False, 0.5), (True, 0.4), (False, 1)).tobytes())
    shell.work_all()
    (tone,) = of(shell.events, AudioSentiment)
    (utterance,) = of(shell.events, Utterance)
    assert (tone.start, tone.end) == (utterance.start, utterance.end)


def test_late_words_send_the_tone_first_and_a_revision_after():
    shell = Shell(new_session())
    shell.feed(speech((False, 0.5), (True, 2), (False, 1)).tobytes())
    while any(isinstance(j, ToneJob) for j in shell.waiting):
        shell.work(pick=next(i for i, j in enumerate(shell.waiting) if isinstance(j, ToneJob)))
    assert not of(shell.events, Utterance)
    shell.take(shell.session.late(0, 1))
    shell.take(shell.session.late(0, 1))  # told twice, said once
    (provisional,) = of(shell.events, Utterance)
    assert (provisional.revision, provisional.final) == (1, False)
    assert provisional.degraded == ["asr_late"]
    assert provisional.text_sentiment is None
    assert provisional.fused is not None
    assert provisional.fused.weights == {"text": 0.0, "audio": 1.0}
    shell.work_all()
    final = of(shell.events, Utterance)[-1]
    assert (final.revision, final.final) == (2, True)
    assert final.text_sentiment is not None
    assert final.degraded == []


@pytest.mark.parametrize("kind", [AsrJob, SpeechJob, TextJob])
def test_the_tone_goes_first_whatever_of_the_words_is_late(kind: type[Job]):
    shell = Shell(new_session())
    shell.feed(speech((False, 0.5), (True, 2), (False, 1)).tobytes())
    while done := [i for i, job in enumerate(shell.waiting) if not isinstance(job, kind)]:
        shell.work(pick=done[0])
    assert [type(job) for job in shell.waiting] == [kind]
    shell.take(shell.session.late(0, 1))
    (provisional,) = of(shell.events, Utterance)
    assert (provisional.final, provisional.transcript, provisional.degraded) == (
        False, None, ["asr_late"],
    )  # fmt: skip
    shell.work_all()
    final = of(shell.events, Utterance)[-1]
    assert (final.final, final.degraded) == (True, [])
    assert final.text_sentiment is not None


def test_transcription_starts_in_the_first_pause_and_is_dropped_when_speech_resumes():
    shell = Shell(new_session())
    shell.feed(speech((True, 1), (False, 0.3)).tobytes())
    assert [type(j) for j in shell.waiting if not isinstance(j, ToneJob)] == [AsrJob]
    shell.feed(speech((True, 1), (False, 0.3)).tobytes())
    assert shell.cancelled == 1
    shell.feed(speech((False, 1)).tobytes())
    asr = [j for j in shell.waiting if isinstance(j, AsrJob)]
    assert len(asr) == 1  # the speculative one serves, no second is made
    assert len(asr[0].audio) / SAMPLE_RATE == pytest.approx(2.3 + 0.2, abs=0.05)


@pytest.mark.parametrize(("silence_s", "before"), [(0.0, 0), (0.1, 1536), (1.0, 4800)])
def test_words_are_sought_in_what_was_said_with_its_margins(silence_s: float, before: int):
    """A pre-roll of 0.3 s as far as there is audio, a pad of 0.2 s, and not a sample more."""
    shell = Shell(new_session(config=StreamConfig(speculate=False)))
    shell.feed(speech((False, silence_s), (True, 1), (False, 1)).tobytes())
    (ended,) = of(shell.events, SpeechEnded)
    (job,) = [job for job in shell.waiting if isinstance(job, AsrJob)]
    start, end = (round(at * SAMPLE_RATE) for at in (ended.start, ended.end))
    assert start - before == max(0, start - 4800)
    assert len(job.audio) == end - start + before + 3200


def test_speculation_off_waits_for_the_endpoint():
    shell = Shell(new_session(config=StreamConfig(speculate=False)))
    shell.feed(speech((True, 1), (False, 0.4)).tobytes())
    assert not [j for j in shell.waiting if isinstance(j, AsrJob)]
    shell.feed(speech((False, 0.2)).tobytes())
    assert [j for j in shell.waiting if isinstance(j, AsrJob)]


@pytest.mark.parametrize(
    ("heard", "mark"),
    [
        (JobResult(Failed("timeout")), "asr_failed:timeout"),
        (
            JobResult(Transcript("la la", "en", 0.1, rejected="repetition")),
            "asr_rejected:repetition",
        ),
        (JobResult(Transcript("", "en", 0.0)), "no_words"),
    ],
)
def test_without_usable_words_the_tone_stands_alone(heard, mark):
    shell = Shell(new_session())
    shell.feed(speech((True, 1), (False, 1)).tobytes())
    shell.work_all(answering=lambda job: heard if isinstance(job, AsrJob) else answer(job))
    (utterance,) = of(shell.events, Utterance)
    assert mark in utterance.degraded
    assert utterance.text_sentiment is None
    assert utterance.fused is not None
    assert utterance.fused.weights["text"] == 0
    assert utterance.fused.agreement is None


def test_text_only_never_asks_for_tone():
    shell = Shell(new_session(config=StreamConfig(modalities=frozenset({"text"}))))
    shell.feed(speech((True, 3), (False, 1)).tobytes())
    shell.work_all()
    assert not of(shell.events, AudioSentiment)
    (utterance,) = of(shell.events, Utterance)
    assert utterance.audio_sentiment is None
    assert utterance.fused is not None
    assert utterance.fused.weights == {"text": 1.0, "audio": 0.0}


def test_tone_only_never_asks_for_words():
    shell = Shell(new_session(config=StreamConfig(modalities=frozenset({"audio"}))))
    shell.feed(speech((True, 3), (False, 1)).tobytes())
    assert not [j for j in shell.waiting if isinstance(j, AsrJob | TextJob)]
    shell.work_all()
    (utterance,) = of(shell.events, Utterance)
    assert utterance.transcript is None
    assert utterance.fused is not None


def test_a_click_is_discarded_and_says_so():
    shell = Shell(new_session())
    shell.feed(speech((False, 0.5), (True, 0.13), (False, 1)).tobytes())
    shell.work_all()
    (ended,) = of(shell.events, SpeechEnded)
    assert ended.discarded
    assert not of(shell.events, Utterance)
    assert not of(shell.events, AudioSentiment)


def test_a_monologue_is_cut_at_its_longest_pause_and_nothing_is_said_twice():
    shell = Shell(new_session(config=StreamConfig(speculate=False)))
    shell.feed(speech((True, 7), (False, 0.2), (True, 3), (False, 0.35), (True, 4)).tobytes())
    shell.feed(speech((False, 1)).tobytes())
    jobs = [j for j in shell.waiting if isinstance(j, AsrJob)]
    shell.work_all()
    first, second = of(shell.events, Utterance)
    assert first.end == pytest.approx(10.2, abs=0.05)
    assert second.start == pytest.approx(10.55, abs=0.05)
    lengths = [len(j.audio) / SAMPLE_RATE for j in jobs]
    assert lengths[0] <= second.start  # not a sample of the second's speech
    assert lengths[1] <= 14.55 + 0.2 - first.end  # nor the other way round
    for utterance in (first, second):
        assert utterance.audio_sentiment is not None
        assert utterance.start <= utterance.audio_sentiment.peak.t <= utterance.end


def test_hard_cut_without_any_pause():
    shell = Shell(new_session())
    shell.feed(speech((True, 45), (False, 1)).tobytes())
    shell.work_all()
    lengths = [u.end - u.start for u in of(shell.events, Utterance)]
    assert len(lengths) == 3
    assert max(lengths) <= 20.04


def test_finalize_ends_the_utterance_now():
    shell = Shell(new_session())
    shell.feed(speech((True, 1)).tobytes())
    shell.take(shell.session.finalize())
    shell.work_all()
    (ended,) = of(shell.events, SpeechEnded)
    assert ended.reason == "finalize"
    assert of(shell.events, Utterance)
    shell.take(shell.session.finalize())  # nothing open: nothing happens
    assert len(of(shell.events, SpeechEnded)) == 1


def test_clip_gives_the_utterance_s_audio():
    audio = speech((False, 1), (True, 1), (False, 1))
    shell = Shell(new_session())
    shell.feed(audio.tobytes())
    (ended,) = of(shell.events, SpeechEnded)
    clip = shell.session.clip(0, 1.0, ended.end)
    assert np.array_equal(clip, audio[SAMPLE_RATE : SAMPLE_RATE + len(clip)])


@pytest.mark.parametrize(
    "bad",
    [
        {"modalities": frozenset({"video"})},
        {"modalities": frozenset[str]()},
        {"tone_hop_s": 0.0},
        {"tone_window_s": 30.0},
        {"tone_window_s": 3.0, "tone_hop_s": 4.0},
        {"min_confidence": 1.01},
        {"min_confidence": float("nan")},
    ],
)
def test_impossible_settings_are_refused_in_one_line(bad):
    with pytest.raises(ProtocolError) as caught:
        StreamConfig(**bad)
    assert "\n" not in str(caught.value)


def test_min_speech_is_settable():
    config = StreamConfig(endpoint=EndpointConfig(min_speech_s=0.1))
    shell = Shell(new_session(config=config))
    shell.feed(speech((False, 0.5), (True, 0.13), (False, 1)).tobytes())
    shell.work_all()
    assert of(shell.events, Utterance)


def test_a_yes_of_a_quarter_of_a_second_is_heard():
    shell = Shell(new_session())
    shell.feed(speech((False, 0.5), (True, 0.25), (False, 1)).tobytes())
    shell.work_all()
    (utterance,) = of(shell.events, Utterance)
    assert utterance.degraded == []
    assert utterance.text_sentiment is not None


@pytest.mark.parametrize(
    ("rejected", "spoken", "why"),
    [
        (None, SpeechScore(0.9), None),
        (None, SpeechScore(0.1), "not_speech"),
        ("low_confidence", SpeechScore(0.9), None),
        ("low_confidence", SpeechScore(0.8), "low_confidence"),
        ("low_confidence", SpeechScore(0.1), "not_speech"),
        # Where nobody can tell, the guard's word stands.
        ("low_confidence", Failed("overloaded"), "low_confidence"),
        (None, Failed("overloaded"), None),
    ],
)
def test_words_are_weighed_by_whether_it_is_speech(rejected, spoken, why):
    said = Transcript("heard 1", "en", 0.4, rejected=rejected)
    utterance = heard_as(said, JobResult(spoken, run_ms=3.0))
    assert utterance.transcript == (None if why else "heard 1")
    assert utterance.degraded == ([f"asr_rejected:{why}"] if why else [])
    assert utterance.latency_ms.text == 3.0


def test_a_recogniser_that_is_certain_needs_nobody_to_say_that_it_is_speech():
    utterance = heard_as(
        Transcript("heard 1", "en", 0.8, certain=True), JobResult(SpeechScore(0.1))
    )
    assert (utterance.transcript, utterance.degraded) == ("heard 1", [])


@pytest.mark.parametrize(
    ("text", "seconds", "kept"),
    [("yes 1", 0.5, True), ("yes 1 2", 0.5, False), ("yes 1", 2, False)],
)
def test_a_guess_stays_where_it_is_an_answer_and_all_that_there_was_time_for(text, seconds, kept):
    said = Transcript(text, "en", 0.2, rejected="no_speech")
    utterance = heard_as(said, JobResult(SpeechScore(0.9)), seconds)
    assert utterance.transcript == (text if kept else None)
    assert utterance.degraded == ([] if kept else ["asr_rejected:no_speech"])


def heard_as(said: Transcript, speech_check: JobResult, seconds: float = 2) -> Utterance:
    """One utterance of so long whose words and whether it is speech are given."""

    def weighed(job: Job) -> JobResult:
        match job:
            case AsrJob():
                return JobResult(said)
            case SpeechJob():
                return speech_check
            case _:
                return answer(job)

    shell = Shell(new_session())
    shell.feed(speech((False, 1), (True, seconds), (False, 1)).tobytes())
    shell.finish(weighed)
    (utterance,) = of(shell.events, Utterance)
    return utterance


@pytest.mark.parametrize(
    "heard",
    [
        Transcript("", "en", 0.0),
        Transcript("so so so so", "en", 0.9, rejected="repetition"),
        Failed("crashed"),
    ],
)
def test_nobody_asks_whether_it_is_speech_where_there_are_no_words_anyway(heard):
    shell = Shell(new_session())
    shell.feed(speech((False, 1), (True, 2), (False, 1)).tobytes())
    asked = []

    def noted(job):
        asked.append(type(job))
        return JobResult(heard) if isinstance(job, AsrJob) else answer(job)

    shell.finish(noted)
    assert AsrJob in asked
    assert SpeechJob not in asked


def test_the_tone_of_a_longer_utterance_weighs_more():
    """Whatever else is the same: what is said, and how."""

    def same(job: Job) -> JobResult:
        match job:
            case ToneJob():
                return JobResult(ToneScores(log_probs(1.0), np.full(8, 1 / 8, np.float32)))
            case AsrJob():
                return JobResult(Transcript("heard 1", "en", 0.8))
            case _:
                return answer(job)

    def weight(seconds: float) -> float:
        shell = Shell(new_session())
        shell.feed(speech((False, 0.5), (True, seconds), (False, 1)).tobytes())
        shell.work_all(same)
        (utterance,) = of(shell.events, Utterance)
        assert utterance.fused is not None
        return utterance.fused.weights["audio"]

    assert weight(0.6) < weight(1.2) < weight(2.4)
