"""Recognisers on speech with transcripts, in their own processes."""

from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import write_wav
from sentivox.engine.build import TranscriberSpec
from sentivox.engine.workers import WorkerPool
from sentivox.errors import DataError, ModelError
from sentivox.evaluation.asr import evaluate, judge_recogniser
from sentivox.evaluation.examples import Example
from sentivox.evaluation.readers import read_examples
from sentivox.evaluation.work import EvaluationRequest
from sentivox.models.selection import ModelChoice
from tests.engine.faulty import Order, order
from tests.evaluation.conftest import nothing


def spoken(path: Path, what: Order, transcript: str, value: int = 0) -> Example:
    """A recording that makes the obedient recogniser do `what`, or say "VALUE 1000"."""
    write_wav(path, order(what, value, extra=998))
    return Example(file=path, transcript=transcript, corpus=path.stem)


@pytest.fixture
def obedient() -> WorkerPool:
    return WorkerPool(TranscriberSpec("tests.engine.faulty:Obedient"))


def test_words_are_counted_and_a_failure_is_nothing_heard(
    tmp_path: Path, obedient: WorkerPool
) -> None:
    clips = [
        spoken(tmp_path / "right.wav", Order.ECHO, "Eight 1000.", value=7),
        spoken(tmp_path / "fails.wav", Order.RAISE, "never heard this"),
        Example(file=tmp_path / "right.wav"),
    ]
    with obedient:
        report = judge_recogniser(clips, obedient, "en", nothing)
    # "7 1000" for "eight 1000" is one wrong of two; nothing for three words is three wrong.
    assert report.metrics["wer"] == pytest.approx(4 / 5)
    assert report.metrics["wer_raw"] == pytest.approx(4 / 5)
    assert report.by["corpus"] == {
        "fails": {"n": 1, "wer": 1, "wer_raw": 1},
        "right": {"n": 1, "wer": 0.5, "wer_raw": 0.5},
    }
    assert report.left_out == {"(no words)": 1}
    assert "asr_error" in report.notes[0]


def test_an_unknown_language_is_one_line(tmp_path: Path, obedient: WorkerPool) -> None:
    clip = spoken(tmp_path / "a.wav", Order.ECHO, "eins zwei")
    with obedient, pytest.raises(ModelError, match=r"obedient/1 does not know .* 'de', only en"):
        judge_recogniser([clip], obedient, "de", nothing)
    with pytest.raises(DataError, match="'file' and 'transcript'"):
        judge_recogniser([Example(file=tmp_path / "a.wav")], obedient, "en", nothing)


def test_the_embedded_recogniser_on_the_calls_turns(turns: Path) -> None:
    report = evaluate(EvaluationRequest(path=turns, models=ModelChoice("embedded")), nothing)
    assert report.n == 10
    assert report.metrics["wer"] <= 0.2
    assert report.models["asr"].startswith("pocketsphinx")


def test_chinese_counts_characters(tmp_path: Path) -> None:
    clip = tmp_path / "a.wav"
    write_wav(clip, np.zeros(1000, np.int16))
    spec = TranscriberSpec("tests.evaluation.test_asr:Mandarin")
    with WorkerPool(spec) as pool:
        report = judge_recogniser(
            [Example(file=clip, transcript="我很高兴。")], pool, "zh", nothing
        )
    assert report.metrics == {"cer": 0.25, "cer_raw": 0.25}


class Mandarin:
    """Hears the same sentence in everything."""

    name = "mandarin/1"
    languages = frozenset({"zh"})

    def transcribe(self, audio, language):  # noqa: ARG002
        from sentivox.types import Transcript

        return Transcript("我 不 高兴", "zh")


def test_real_speech(real_data: Path) -> None:
    clips = read_examples(real_data / "asr" / "librispeech_test_clean_80", limit=2)
    assert all(e.transcript and e.group for e in clips)
