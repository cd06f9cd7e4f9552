"""Data that cannot tell good from bad is refused; figures of few voices say so."""

from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import write_wav
from sentivox.errors import DataError
from sentivox.evaluation import text, tone
from sentivox.evaluation.examples import Example
from sentivox.evaluation.verdicts import few_speakers, require_classes
from sentivox.text.embedded import EmbeddedTextModel
from tests.evaluation.conftest import nothing


def spoken_by(*names: str | None) -> list[Example]:
    return [Example(speaker=name) for name in names]


def recorded(folder: Path, samples: np.ndarray, *labels: tuple[str, str]) -> list[Example]:
    """The same recording under several labels."""
    write_wav(folder / "a.wav", samples.astype(np.int16))
    return [Example(file=folder / "a.wav", emotion=e, sentiment=s) for e, s in labels]


NOISE = np.random.default_rng(0).integers(-3000, 3000, 16_000)
ANGRY, SAD, HAPPY = ("angry", "negative"), ("sad", "negative"), ("happy", "positive")


def test_one_class_alone_is_refused() -> None:
    for labels in (["a"], ["a", "a", None]):
        with pytest.raises(DataError, match=r"every label counts as a: .* two classes or more"):
            require_classes(labels)
    require_classes(["a", "b"])
    require_classes([])  # said elsewhere, and otherwise


def test_figures_of_fewer_than_eight_voices_say_so() -> None:
    assert few_speakers(spoken_by(*"abcdefgh")) == []
    (seven,) = few_speakers(spoken_by(*"abcdefgabc"))
    assert "rest on 7 speakers" in seven
    (one,) = few_speakers(spoken_by("a", "a"))
    assert "rest on a single speaker" in one
    assert few_speakers(spoken_by("a", None)) == []  # nobody can tell


def test_sentences_of_one_class_are_refused() -> None:
    model = EmbeddedTextModel.load("en")
    good = [Example(text=t, label="positive", sentiment="positive") for t in ("great", "love it")]
    with pytest.raises(DataError, match="every label counts as positive"):
        text.judge_text(good, model, nothing)


def test_clips_of_one_class_are_refused(tmp_path: Path) -> None:
    model = tone.ToneModels.load()
    with pytest.raises(DataError, match="every label counts as angry"):
        tone.judge_tone(recorded(tmp_path, NOISE, ANGRY, ANGRY), model, nothing)
    two = tone.judge_tone(recorded(tmp_path, NOISE, ANGRY, SAD), model, nothing)
    assert two.n == 2  # one sentiment, but two emotions


def test_silent_clips_are_refused(tmp_path: Path) -> None:
    model = tone.ToneModels.load()
    silent = recorded(tmp_path, np.zeros(16_000), ANGRY, HAPPY)
    with pytest.raises(DataError, match="nothing can be heard in any of 2 recordings"):
        tone.judge_tone(silent, model, nothing)


def test_a_tone_report_says_how_few_voices_it_has(tmp_path: Path) -> None:
    clips = recorded(tmp_path, NOISE, ANGRY, HAPPY)
    named = [Example(file=c.file, emotion=c.emotion, sentiment=c.sentiment, speaker=name)
             for c, name in zip(clips, "ab", strict=True)]  # fmt: skip
    notes = tone.judge_tone(named, tone.ToneModels.load(), nothing).notes
    assert any("rest on 2 speakers" in note for note in notes)
