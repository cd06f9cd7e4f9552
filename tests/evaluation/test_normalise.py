"""What is no error of the ears: the spelling of words and numbers, and the Chinese script."""

import pytest

from sentivox.evaluation.asr import ErrorCounter
from sentivox.evaluation.normalise import normaliser

pytest.importorskip("whisper_normalizer", reason="needs pip install sentivox[evaluate]")


@pytest.mark.parametrize(
    ("said", "heard", "raw"),
    [
        ("twenty five pounds", "£25", 3),
        ("Mister Brown can't come", "Mr. Brown can not come", 3),
        ("um the colour of it", "The color of it.", 2),
        ("he was born in nineteen sixty nine", "He was born in 1969.", 3),
    ],
)
def test_english_is_compared_by_whispers_rules(said: str, heard: str, raw: int) -> None:
    normalised, as_written = ErrorCounter.of("en")(said, heard)
    assert normalised.wrong == 0
    assert as_written.wrong == raw


def test_wrong_words_stay_wrong() -> None:
    normalised, as_written = ErrorCounter.of("en")("i can not hear you", "I can hear you.")
    assert (normalised.wrong, as_written.wrong) == (1, 1)


def test_chinese_is_compared_in_one_script() -> None:
    normalised, as_written = ErrorCounter.of("zh")("今天天气很好。", "今天天氣很好")
    assert (normalised.wrong, normalised.said) == (0, 6)
    assert as_written.wrong == 1


def test_what_was_no_word_counts_for_nothing() -> None:
    normalised, as_written = ErrorCounter.of("en")("Um.", "um")
    assert (normalised.said, as_written.said) == (0, 1)


def test_other_languages_are_compared_as_they_are() -> None:
    assert normaliser("de") is None
    normalised, as_written = ErrorCounter.of("de")("fünf Äpfel", "5 Äpfel")
    assert normalised == as_written
