"""Labelled recordings through everything that is served."""

from pathlib import Path

import numpy as np
import pytest

from sentivox.api.analyzer import Analyzer
from sentivox.audio.files import write_wav
from sentivox.errors import DataError
from sentivox.evaluation.examples import Example
from sentivox.evaluation.pipeline import OPINIONS, judge_pipeline, opinion, utterances_of
from sentivox.evaluation.readers import read_examples
from sentivox.types import SENTIMENTS
from tests.evaluation.conftest import nothing


def test_words_and_voice_of_the_calls_turns(turns: Path, tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    write_wav(silence, np.zeros(16_000, np.int16))
    clips = [*read_examples(turns, split="test"), Example(file=silence, sentiment="neutral")]
    with Analyzer("embedded") as analyzer:
        report = judge_pipeline(clips, analyzer, nothing)
        heard = utterances_of(analyzer, turns.parent / "4.wav")
        unspoken = [Example(file=silence, sentiment=name) for name in ("neutral", "positive")]
        with pytest.raises(DataError, match="no speech in any of 2 recordings"):
            judge_pipeline(unspoken, analyzer, nothing)
        with pytest.raises(DataError, match="every label counts as neutral"):
            judge_pipeline(clips[-1:], analyzer, nothing)

    # Five turns with a sentiment, and the silence, of which there is no opinion: neutral.
    assert report.n == report.parts["text"].n == report.parts["audio"].n == 6
    for part in (report, *report.parts.values()):
        assert part.metrics["coverage"] == pytest.approx(5 / 6)
    assert report.parts["text"].metrics["uar3"] > 0.6
    assert report.left_out == {"surprised": 1}
    assert report.models["text.en"].startswith("sentivox-text")

    # By hand: the mean of the utterances, weighted by their length.
    said = [(u.end - u.start, u.fused.scores) for u in heard if u.fused is not None]
    seconds = sum(length for length, _ in said)
    means = [sum(length * scores[name] for length, scores in said) / seconds for name in SENTIMENTS]
    assert opinion(heard, OPINIONS["fused"]) == pytest.approx(means, abs=1e-3)
    assert opinion([], OPINIONS["text"]) is None
