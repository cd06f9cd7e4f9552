"""The tone of sounds that may not be speech is doubted, unless there are words."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.asr_quality import DEFAULT_DATA
from sentivox.api.analyzer import Analyzer
from sentivox.fusion.opinion import Opinion
from sentivox.protocol.sentiment import Peak
from sentivox.samples import CALL
from sentivox.stream.doubt import doubt_tone
from sentivox.stream.scoring import whole_tone
from sentivox.stream.speech_track import SpeechTrack
from sentivox.stream.stage import Draft
from sentivox.tone.trust import NO_SPEECH, SURE_SPEECH, speech_evidence
from sentivox.types import SENTIMENTS, ToneScores, Transcript

DATA = Path(os.environ.get("SENTIVOX_DATA", DEFAULT_DATA))
WINDOW = 512

sentiments = st.tuples(*[st.floats(0.01, 1)] * 3).map(lambda w: np.array(w) / sum(w))
probabilities = st.floats(0, 1)


def drafted(probs: np.ndarray, transcript: Transcript | None = None) -> Draft:
    """A message with this tone, and maybe words."""
    emotions = np.array([0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], np.float32)
    scores = ToneScores(np.log(probs.astype(np.float32)), emotions)
    tone = whole_tone(scores, 1.0, Peak(t=1.0, score=0.0))
    opinions = [Opinion("tone", tone.log_probs, 0.5), Opinion("emotion", tone.log_probs)]
    return Draft(opinions=opinions, transcript=transcript, audio_sentiment=tone.sentiment)


@given(st.lists(probabilities, min_size=1, max_size=60), st.data())
def test_the_mean_is_over_the_speech_between_two_times(probs: list[float], data: st.DataObject):
    start = data.draw(st.integers(0, len(probs) - 1))
    stop = data.draw(st.integers(start + 1, len(probs)))
    track = SpeechTrack(WINDOW, 100 * WINDOW, 0.35)
    for prob in probs:
        track.add(prob)
    spoken = [p for p in probs[start:stop] if p >= 0.35]
    mean = sum(spoken) / len(spoken) if spoken else 0
    assert track.mean(start * WINDOW, stop * WINDOW) == pytest.approx(mean)


def test_what_is_no_longer_held_is_left_out():
    track = SpeechTrack(WINDOW, 2 * WINDOW, 0.35)
    for prob in (0.4, 0.5, 0.6, 0.7):
        track.add(prob)
    assert track.mean(0, 4 * WINDOW) == pytest.approx(0.6)
    assert track.mean(0, WINDOW) == 0


@given(sentiments, probabilities)
def test_doubt_never_turns_a_tone_round_nor_makes_it_surer(probs: np.ndarray, speech: float):
    before, after = drafted(probs).audio_sentiment, drafted(probs)
    doubt_tone(after, speech, 0.5)
    tone = after.audio_sentiment
    assert before is not None
    assert tone is not None
    assert tone.score * before.score >= 0
    assert max(tone.scores.values()) <= max(before.scores.values()) + 1e-3
    if before.scores["neutral"] < max(before.scores.values()):  # else the others may come apart
        assert abs(tone.score) <= abs(before.score) + 1e-3
    assert sum(tone.scores.values()) == pytest.approx(1, abs=2e-4)
    assert sum(tone.emotions.values()) == pytest.approx(1, abs=1e-3)
    if speech <= NO_SPEECH:
        assert tone.label == "unclear"
    if speech >= SURE_SPEECH:
        assert tone == before


@given(probabilities, probabilities)
def test_more_speech_is_more_evidence(one: float, other: float):
    less, more = sorted((one, other))
    assert 0 <= speech_evidence(less) <= speech_evidence(more) <= 1


def test_the_fused_opinion_is_doubted_too_and_others_are_not():
    draft = drafted(np.array([0.8, 0.1, 0.1]))
    doubt_tone(draft, 0.5, 0.5)
    tone, emotion = draft.opinions
    assert np.exp(tone.log_probs) == pytest.approx([1 / 3] * 3, abs=1e-5)
    assert np.exp(emotion.log_probs) == pytest.approx([0.8, 0.1, 0.1], abs=1e-5)
    assert tone.quality == 0.5


def test_with_words_the_tone_is_believed():
    for text, believed in (("hello", True), (" ", False)):
        draft = drafted(np.array([0.8, 0.1, 0.1]), Transcript(text, "en"))
        doubt_tone(draft, 0.5, 0.5)
        assert draft.audio_sentiment is not None
        assert (draft.audio_sentiment.label == "negative") is believed


def test_where_words_are_refused_as_no_speech_the_tone_counts_for_nothing():
    for reason, label in (("not_speech", "unclear"), ("low_confidence", "negative")):
        draft = drafted(np.array([0.8, 0.1, 0.1]))
        draft.degraded.append(f"asr_rejected:{reason}")
        doubt_tone(draft, 0.9, 0.5)
        assert draft.audio_sentiment is not None
        assert draft.audio_sentiment.label == label


@pytest.fixture(scope="module")
def analyzer() -> Iterator[Analyzer]:
    with Analyzer(modalities=("audio",)) as one:
        yield one


def test_speech_keeps_its_tone(analyzer: Analyzer):
    heard = analyzer.analyze(CALL).result().utterances
    tones = [u.audio_sentiment for u in heard if u.audio_sentiment is not None]
    # With half of the evidence, no label of three classes is left at 0.5, whatever the model says.
    assert sum(max(tone.scores.values()) > 0.5 for tone in tones) >= 4


@pytest.mark.skipif(not (DATA / "noise").is_dir(), reason="needs the noises under SENTIVOX_DATA")
def test_sneezes_which_chose_nothing_hardly_ever_have_a_tone(analyzer: Analyzer):
    files = sorted((DATA / "noise" / "esc10" / "audio").glob("Person_sneeze*"))
    said = [
        u.audio_sentiment.label
        for file in files
        for u in analyzer.analyze(file).result().utterances
        if u.audio_sentiment is not None
    ]
    assert len(said) >= 10
    assert sum(label in SENTIMENTS for label in said) <= 2
