"""Language and number of words, from the writing alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.text.script import count_words, language_of

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=40)
LATIN = st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=12)
OTHERS = st.sampled_from(["ありがとう", "カメラ", "감사합니다", "ㅋㅋ"])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我今天很高兴", "zh"),
        ("我今天很高興", "zh"),
        ("我用iPhone打电话", "zh"),
        ("i am happy", "en"),
        ("the word 好 means good", "en"),
        ("今日はとても嬉しいです", None),
        ("東京タワー", None),
        ("오늘은 기분이 좋아요", None),
        ("доброе утро", None),
        ("123 ... 😀", None),
        ("", None),
    ],
)
def test_language_by_script(text: str, language: str | None) -> None:
    assert language_of(text) == language


@given(HAN)
def test_han_alone_is_chinese_and_latin_alone_is_not(text: str) -> None:
    assert language_of(text) == "zh"


@given(LATIN)
def test_latin_alone_is_english(words: list[str]) -> None:
    assert language_of(" ".join(words)) == "en"


@given(st.text(max_size=40), OTHERS, st.text(max_size=40))
def test_kana_and_hangul_are_neither(before: str, other: str, after: str) -> None:
    assert language_of(before + other + after) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("i have been waiting", 4),
        ("", 0),
        ("  ", 0),
        ("好", 1),
        ("谢谢", 2),
        ("我等了一个小时", 5),
        ("我 等 了 一个 小时", 5),
        ("我等了，一个小时。", 5),
        ("well - yes ...", 2),
        ("我用iPhone打电话", 5),
    ],
)
def test_words(text: str, words: int) -> None:
    assert count_words(text) == words


@given(LATIN)
def test_latin_words_are_what_spaces_part(words: list[str]) -> None:
    assert count_words(" ".join(words)) == len(words)


@given(HAN, HAN)
def test_more_characters_are_no_fewer_words(text: str, more: str) -> None:
    assert 1 <= count_words(text) <= count_words(text + more) <= len(text + more)
    assert count_words(f"{text} {more}") == count_words(text + more)
