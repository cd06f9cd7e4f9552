"""Whether a pulled model is tried, and what is said of one that is not what it should be."""

from pathlib import Path

import pytest

from sentivox.engine.trial import longest_turn, plain_words, run_trial, words_right
from sentivox.errors import ModelError
from sentivox.models.catalog import find_model
from sentivox.standins.whisper import make_whisper
from tests.text.tiny_onnx import write_model

EARS = find_model("whisper-tiny.en")
READER = find_model("distilbert-sst2")


def test_the_sample_is_one_turn_of_the_call() -> None:
    said, audio = longest_turn()
    assert said == "i am very sorry about that i will fix it for you right now"
    assert 3.0 < len(audio) / 16_000 < 5.0


def test_a_recogniser_that_hears_the_sample_passes(tmp_path: Path) -> None:
    said, _ = longest_turn()
    assert (
        run_trial(EARS, make_whisper(tmp_path, says=said)) == f"transcribes the sample as {said!r}"
    )


def test_other_words_are_refused(tmp_path: Path) -> None:
    make_whisper(tmp_path, says="the quick brown fox jumps over the lazy dog")
    with pytest.raises(
        ModelError, match=r"is complete, but transcribes .* 'i am very so.* as 'the quick"
    ):
        run_trial(EARS, tmp_path)


def test_a_model_that_does_not_load_is_one_line(tmp_path: Path) -> None:
    (make_whisper(tmp_path) / "model.bin").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="is not a usable Whisper model") as caught:
        run_trial(EARS, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_reader_that_tells_moods_apart_passes(tmp_path: Path) -> None:
    write_model(tmp_path, ["NEGATIVE", "POSITIVE"], {"happy": [-4, 4], "terrible": [4, -4]})
    assert run_trial(READER, tmp_path) == "tells a happy sentence from an angry one"


def test_a_reader_that_does_not_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path, ["NEGATIVE", "POSITIVE"], {"happy": [4, -4], "terrible": [4, -4]})
    with pytest.raises(ModelError, match=r"takes 'i am very happy .* for negative and negative"):
        run_trial(READER, tmp_path)


def test_words_are_compared_in_their_order() -> None:
    said = plain_words("I'm here, now!")
    assert said == ["i'm", "here", "now"]
    assert words_right(said, ["i'm", "here", "now"]) == 1.0
    assert words_right(said, ["now", "here"]) == pytest.approx(1 / 3)
    assert words_right([], ["now"]) == 0.0
