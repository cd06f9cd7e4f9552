"""Words that are wrong: by hand and by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.evaluation.transcripts import (
    Errors,
    character_errors,
    error_rate,
    errors,
    word_errors,
    words,
)

sentences = st.lists(st.sampled_from("abcd"), max_size=9)


@pytest.mark.parametrize(
    ("said", "heard", "wrong"),
    [
        ("the cat sat", "the cat sat", 0),
        ("the cat sat", "the bat sat", 1),
        ("the cat sat", "the sat", 1),
        ("the cat sat", "the cat sat down here", 2),
        ("the cat sat", "", 3),
    ],
)
def test_word_errors_by_hand(said: str, heard: str, wrong: int) -> None:
    assert word_errors(said, heard) == Errors(wrong, 3)


def test_case_punctuation_and_hyphens_make_no_difference() -> None:
    assert words("Don’t stop, twenty-two!") == ["don't", "stop", "twenty", "two"]
    assert word_errors("Well-known, isn't it?", "well known ISN'T it").wrong == 0


def test_chinese_is_counted_by_character_whatever_the_spacing() -> None:
    assert character_errors("我很高兴。", "我 很 高兴") == Errors(0, 4)
    assert character_errors("我很高兴", "我不高兴") == Errors(1, 4)


@given(sentences)
def test_nothing_is_wrong_with_the_same(said: list[str]) -> None:
    assert errors(said, said) == Errors(0, len(said))


@given(sentences, sentences)
def test_insertions_one_way_are_deletions_the_other(a: list[str], b: list[str]) -> None:
    assert errors(a, b).wrong == errors(b, a).wrong


@given(sentences, sentences)
def test_bounds_of_a_distance(a: list[str], b: list[str]) -> None:
    assert abs(len(a) - len(b)) <= errors(a, b).wrong <= max(len(a), len(b))


@given(sentences, sentences, sentences)
def test_a_detour_is_no_shorter(a: list[str], b: list[str], c: list[str]) -> None:
    assert errors(a, c).wrong <= errors(a, b).wrong + errors(b, c).wrong


def test_the_rate_is_over_all_words_and_not_the_mean_of_clips() -> None:
    assert error_rate([Errors(1, 1), Errors(0, 9)]) == pytest.approx(0.1)
