"""The acoustic model on labelled clips."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import write_wav
from sentivox.errors import DataError
from sentivox.evaluation import BY
from sentivox.evaluation.examples import Example
from sentivox.evaluation.readers import read_examples
from sentivox.evaluation.tone import ScoredClip, ToneModels, in_sessions, judge_tone, scored_clip
from sentivox.evaluation.work import in_parallel
from sentivox.stream.scoring import ToneWindow
from sentivox.types import EMOTIONS, SENTIMENTS, FloatArray, ToneScores
from tests.evaluation.conftest import nothing


def sure_of(sentiment: str, emotion: str) -> ToneScores:
    probs = np.array([0.9 if s == sentiment else 0.05 for s in SENTIMENTS], np.float32)
    emotions = np.array([0.93 if e == emotion else 0.01 for e in EMOTIONS], np.float32)
    return ToneScores(np.log(probs), emotions)


class SlowToAnger:
    """Hears joy in windows of up to 1.5 s and anger in longer ones."""

    name = "slow-to-anger"

    def classify(self, windows: Sequence[FloatArray]) -> list[ToneScores]:
        joy, anger = sure_of("positive", "happy"), sure_of("negative", "angry")
        return [joy if len(window) <= 150 else anger for window in windows]


def noise(path: Path, seconds: float) -> Path:
    rng = np.random.default_rng(0)
    write_wav(path, rng.integers(-3000, 3000, int(seconds * 16_000)).astype(np.int16))
    return path


def test_live_figures_are_of_the_first_second_and_a_half(tmp_path: Path) -> None:
    clips = [
        Example(file=noise(tmp_path / "long.wav", 4), emotion="angry", sentiment="negative"),
        Example(file=noise(tmp_path / "short.wav", 0.4), emotion="happy", sentiment="positive"),
    ]
    report = judge_tone(clips, ToneModels(SlowToAnger()), nothing)
    assert report.metrics["uar3"] == report.metrics["uar8"] == 1
    assert report.recall == {"negative": 1, "positive": 1}
    assert report.parts["live"].recall == {"negative": 0, "positive": 1}
    assert report.parts["live"].metrics["uar8"] == 0.5


def test_in_a_session_each_clip_is_heard_against_those_of_its_speaker_before_it() -> None:
    alone = ScoredClip([ToneWindow(0, 16_000, sure_of("negative", "angry"))])
    talk = in_sessions(["a", "b", "a", "a"], [alone] * 4)
    scores = [tone.sentiment.score for tone in talk]
    first = alone.tone().sentiment.score
    assert scores[1] == first  # b's only one
    a = sorted(scores[i] for i in (0, 2, 3))
    assert a[0] == first < a[1] < a[2]
    assert all(tone.sentiment.emotions == talk[1].sentiment.emotions for tone in talk)


def test_a_session_in_order_is_judged_against_the_baseline_worked_out_by_hand() -> None:
    logs = [np.log(np.array(p, np.float32)) for p in ([0.7, 0.2, 0.1], [0.5, 0.3, 0.2])]
    clips = [ScoredClip([ToneWindow(0, 16_000, ToneScores(x, np.full(8, 0.125, np.float32)))])
             for x in (*logs, logs[0])]  # fmt: skip
    first, other, second = in_sessions(["a", "b", "a"], clips, in_order=True)
    assert first.log_probs == pytest.approx(logs[0], abs=1e-6)
    assert other.log_probs == pytest.approx(logs[1], abs=1e-6)
    centred = logs[0] - logs[0].mean()
    moved = logs[0] - 0.75 * centred / (1 + 8)  # one utterance before, against a prior of eight
    assert np.exp(second.log_probs) == pytest.approx(np.exp(moved) / np.exp(moved).sum(), abs=1e-5)


def test_clips_of_one_corpus_are_not_the_baseline_of_a_namesake_in_another(tmp_path: Path) -> None:
    file = noise(tmp_path / "a.wav", 2)
    named = [Example(file=file, sentiment=s, emotion=e, speaker="1", corpus=c)
             for c, s, e in (("x", "negative", "angry"), ("y", "positive", "happy"))]  # fmt: skip
    report = judge_tone(named, ToneModels.load(), nothing, session=True)
    assert report.at_confidence == report.parts["alone"].at_confidence
    assert report.reliability == judge_tone(named, ToneModels.load(), nothing).reliability


def test_in_a_session_the_figures_of_clips_by_themselves_are_a_part(turns: Path) -> None:
    examples, models = read_examples(turns), ToneModels.load()
    alone = judge_tone(examples, models, nothing)
    talk = judge_tone(examples, models, nothing, session=True, by=BY["tone"])
    assert talk.parts["alone"].metrics == alone.metrics
    assert talk.parts.keys() == {"alone", "live", "emotions"}
    assert alone.parts.keys() == {"live", "session", "emotions"}
    assert talk.metrics["ece"] != alone.metrics["ece"]
    assert talk.by.keys() == {"corpus", "speaker_group", *BY["tone"]}
    for name in BY["tone"]:
        assert sum(figures["n"] for figures in talk.by[name].values()) == 9, name


def test_a_session_needs_speakers(turns: Path) -> None:
    nameless = [replace(e, speaker=None) for e in read_examples(turns)]
    with pytest.raises(DataError, match=r"10 of 10 clips name no speaker: .* leave --session out"):
        judge_tone(nameless, ToneModels(SlowToAnger()), nothing, session=True)


def test_noise_is_novel_and_speech_is_not(turns: Path, tmp_path: Path) -> None:
    models = ToneModels.load()
    speech = [scored_clip(models, e.file).whole for e in read_examples(turns) if e.file]
    (strange,) = (scored_clip(models, noise(tmp_path / "noise.wav", 2)).whole,)
    known = [one.novelty for one in speech if one is not None and one.novelty is not None]
    assert len(known) == 10
    assert strange is not None
    assert strange.novelty is not None
    assert strange.novelty > max(known)


def test_windows_count_by_their_length(tmp_path: Path) -> None:
    clip = scored_clip(ToneModels(SlowToAnger()), noise(tmp_path / "two.wav", 2.02))
    # 0.5, 1 and 1.5 s say joy, 2 s says anger: 3 s against 2 s.
    assert [round(w.stop / 16_000, 1) for w in clip.windows] == [0.5, 1.0, 1.5, 2.0]
    mean = clip.tone().sentiment.scores
    assert mean["positive"] == pytest.approx((3 * 0.9 + 2 * 0.05) / 5, abs=1e-3)


def test_surprise_has_no_sentiment_but_is_an_emotion(tmp_path: Path) -> None:
    file = noise(tmp_path / "a.wav", 0.5)
    examples = [
        Example(file=file, label="surprise", emotion="surprised"),
        Example(file=file, label="joy", emotion="happy", sentiment="positive"),
        Example(file=file, label="boredom"),
    ]
    report = judge_tone(examples, ToneModels(SlowToAnger()), nothing)
    assert report.n == 1
    assert report.parts["emotions"].n == 2
    assert report.metrics["uar8"] == 0.5
    assert report.left_out == {"boredom": 1, "surprise": 1}


def test_labels_that_are_sentiments_have_no_emotions_to_count(tmp_path: Path) -> None:
    file = noise(tmp_path / "a.wav", 0.5)
    examples = [
        Example(file=file, sentiment="positive"),
        Example(file=file, emotion="neutral", sentiment="neutral"),
    ]
    report = judge_tone(examples, ToneModels(SlowToAnger()), nothing)
    assert "uar8" not in report.metrics
    assert report.metrics["uar3"] == 0.5
    assert report.parts.keys() == {"live"}


def test_the_bundled_model_on_the_calls_turns(turns: Path) -> None:
    report = judge_tone(read_examples(turns), ToneModels.load(), nothing)
    assert report.n == 9
    assert report.left_out == {"surprised": 1}
    assert sum(sum(row.values()) for row in report.confusion.values()) == 9
    assert {name: sum(row.values()) for name, row in report.confusion.items()} == {
        "negative": 2, "neutral": 4, "positive": 3,
    }  # fmt: skip
    assert set(report.by["speaker_group"]) == {"male", "female"}
    assert set(report.by["speaker"]) == {"turns/agent", "turns/customer"}
    assert report.ci95_by == "speaker"
    assert report.ci95.keys() == report.metrics.keys()
    for name, (low, high) in report.ci95.items():
        assert 0 <= low <= high <= 1, name


def test_nothing_to_judge_is_one_line(turns: Path) -> None:
    bare = [Example(file=e.file) for e in read_examples(turns)]
    with pytest.raises(DataError, match="'file' and 'label'"):
        judge_tone(bare, ToneModels(SlowToAnger()), nothing)


def test_work_in_parallel_keeps_the_order_and_tells_of_progress() -> None:
    seen: list[tuple[int, int]] = []
    done = in_parallel(lambda x: x * x, range(20), lambda *at: seen.append(at))
    assert done == [x * x for x in range(20)]
    assert seen == [(i, 20) for i in range(1, 21)]
    with pytest.raises(ZeroDivisionError):
        in_parallel(lambda x: 1 // x, [1, 0, 1], nothing)


def test_real_corpora(real_data: Path) -> None:
    heard = [
        example
        for corpus in ("nemo", "ravdess", "tess")
        for example in read_examples(real_data / "tone" / corpus, limit=8)
    ]
    report = judge_tone(heard, ToneModels.load(), nothing)
    assert report.n + report.left_out.get("surprised", 0) == 24
    assert len(report.by["corpus"]) == 3
    # Trained on these very voices, so this says that labels and classes are in line, no more.
    assert report.metrics["uar3"] > 0.6
