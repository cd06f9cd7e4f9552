"""From recordings to evidence, and from evidence to a calibration that is worth having."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sentivox
from sentivox.audio.files import AudioFile, write_wav
from sentivox.cli.calibrating import print_document, print_outcome
from sentivox.engine.parts import load_text
from sentivox.errors import DataError
from sentivox.evaluation.calibration import calibrate
from sentivox.evaluation.examples import Example
from sentivox.evaluation.fit import Labelled
from sentivox.evaluation.pipeline import utterances_of
from sentivox.evaluation.recordings import AnalysedRecordings, analyze_recordings
from sentivox.fusion.calibration import Calibration
from sentivox.fusion.fuse import fuse_all, normalise_log_probs
from sentivox.fusion.opinion import SourceOpinions
from sentivox.models.selection import ModelChoice
from sentivox.samples import CALL
from sentivox.text.script import count_words


def ignore(_done: int, _all: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def analyzer() -> Iterator[sentivox.Analyzer]:
    with sentivox.Analyzer("embedded") as loaded:
        yield loaded


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two utterances of the customer."""
    path = tmp_path_factory.mktemp("clip") / "two.wav"
    call = np.concatenate(list(AudioFile(CALL)), axis=1)
    write_wav(path, call[1, 48000:150400])
    return path


def heard(n: int, voices: int | None, *, spoil: float = 1.0, seed: int = 6) -> AnalysedRecordings:
    """n recordings whose labels follow the default; then the voice model is spoilt so much."""
    rng = np.random.default_rng(seed)
    logits = [normalise_log_probs(rng.normal(0, 1.5, (n, 3))) for _ in range(2)]
    text, tone = (SourceOpinions(x, np.full(n, 0.7), np.ones(n, bool)) for x in logits)
    probs = np.exp(fuse_all({"text": text, "tone": tone}, Calibration()))
    labels = (rng.random((n, 1)) > probs.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    spoilt = SourceOpinions(normalise_log_probs(tone.log_probs * spoil), tone.quality, tone.present)
    groups = np.arange(n) if voices is None else rng.integers(0, voices, n)
    return AnalysedRecordings(
        Labelled({"text": text, "tone": spoilt}, labels, groups), voices, (), 0, 0
    )


def test_a_recordings_evidence_is_that_of_its_utterances(
    analyzer: sentivox.Analyzer, clip: Path
) -> None:
    examples = [
        Example(file=clip, sentiment="positive", speaker="a"),
        Example(file=clip, sentiment="neutral", speaker="b", transcript="good morning"),
        Example(file=clip, speaker="b"),
    ]
    found = analyze_recordings(examples, analyzer, ignore, load_text(ModelChoice("embedded"), "en"))
    assert (found.speakers, found.unlabelled, found.silent) == (2, 1, 0)
    assert found.data.labels.tolist() == [2, 1]
    utterances = utterances_of(analyzer, clip)
    assert len(utterances) == 2
    lengths = np.array([u.end - u.start for u in utterances])
    seconds = lengths.sum()
    assert found.data.evidence["tone"].quality[0] == pytest.approx(seconds / (seconds + 1))
    means = [
        lengths @ [[p.scores[k] for k in ("negative", "neutral", "positive")] for p in parts]
        / seconds
        for parts in (
            [u.text_sentiment for u in utterances if u.text_sentiment],
            [u.audio_sentiment for u in utterances if u.audio_sentiment],
        )
    ]  # fmt: skip
    text, tone = found.data.evidence["text"], found.data.evidence["tone"]
    assert np.allclose(np.exp(text.log_probs[0]), means[0], atol=1e-3)
    assert np.allclose(np.exp(tone.log_probs), means[1], atol=1e-3)
    # Of the second, the words are given: two of them, and no doubt of the recogniser's.
    assert text.quality[1] == pytest.approx(2 / 4)
    assert not np.allclose(text.log_probs[0], text.log_probs[1])


def test_words_of_chinese_are_counted_as_they_are_served(
    analyzer: sentivox.Analyzer, clip: Path
) -> None:
    """By characters, for nothing is between them: as one word they would weigh next to nothing."""
    said = "我已经等了一个小时也没有人帮我"
    heard = analyze_recordings(
        [Example(file=clip, sentiment="negative", speaker="a", transcript=said)],
        analyzer,
        ignore,
        load_text(ModelChoice("embedded"), "zh"),
    )
    words = count_words(said)
    assert words == 11  # of 15 characters
    assert heard.data.evidence["text"].quality[0] == pytest.approx(words / (words + 2))


def test_silence_and_what_cannot_be_read_are_counted_and_no_evidence(
    analyzer: sentivox.Analyzer, clip: Path, tmp_path: Path
) -> None:
    silence, broken = tmp_path / "silence.wav", tmp_path / "broken.wav"
    write_wav(silence, np.zeros(16000, np.int16))
    broken.write_text("no audio")
    examples = [Example(file=f, sentiment="neutral") for f in (silence, broken, clip)]
    found = analyze_recordings(examples, analyzer, ignore)
    assert len(found.data.labels) == 1
    assert (found.silent, found.speakers) == (1, None)
    (problem,) = found.problems
    assert "broken.wav" in problem
    with pytest.raises(DataError, match=r"none of 1 recordings.*broken\.wav"):
        analyze_recordings(examples[1:2], analyzer, ignore)


def test_too_little_to_tell_is_refused_with_the_minimum() -> None:
    few = heard(25, None)
    with pytest.raises(DataError, match="at least 10 of each sentiment") as caught:
        calibrate(few, {})
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="2 speakers, and at least 3") as caught:
        calibrate(heard(200, 2), {})
    assert "\n" not in str(caught.value)


def test_a_spoilt_model_is_mended_on_voices_it_was_not_fitted_to(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    outcome = calibrate(heard(200, 6, spoil=4.0), {"tone": "loud"})
    assert outcome.choice.beats_default
    assert outcome.calibration.models == {"tone": "loud"}
    document = outcome.document()
    assert document["after"]["ece"] < document["before"]["ece"]
    assert document["after"]["log_loss"] < document["before"]["log_loss"]
    print_outcome(outcome, tmp_path / "mine.json")
    said = capsys.readouterr().out
    assert "6 speakers, 5 folds by speaker" in said
    assert f"Wrote {tmp_path / 'mine.json'} ({outcome.choice.name})" in said
    for name in document["rules"]:
        assert name in said


def test_where_nothing_beats_the_default_it_is_said_and_nothing_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = calibrate(heard(200, None), {})
    assert not outcome.choice.beats_default
    assert outcome.calibration == Calibration()
    print_outcome(outcome, None)
    said = capsys.readouterr().out
    assert "no speakers are named" in said
    assert "No rule beats the default" in said
    assert "--force" in said
    print_document(outcome, None)
    assert '"written":null' in capsys.readouterr().out
