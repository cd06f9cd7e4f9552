"""One spelling for texts from any source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.text.normalise import HESITATIONS, normalise

PIECES = st.sampled_from(
    ["Don't", "do n't", "it 's", "uh", "&amp;", "[music]", "<sil>", "@you", "'", "''", "`", "’",
     "-lrb-", "http://a.b/c", "É", "İ", "3.5", "_", " ", "\n", "ﬀ", "你好", "n't", "😀", "-", "."]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join))


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("I'm FINE, thank you!", "i'm fine thank you"),
        ("you must’ve had your hands full.", "you must've had your hands full"),
        ("it 's not that it does n't work", "it's not that it doesn't work"),
        ("wo n't they 've we 'll", "won't they've we'll"),
        ("uh, I, um... don't know", "i don't know"),
        ("oh hmm", "oh hmm"),
        ("'great' `` movie ''", "great movie"),
        ("-lrb- a -rrb- b", "a b"),
        ("[MUSIC] hello <sil>", "hello"),
        ("@user look: https://t.co/x?y=1 #NoWay", "look noway"),
        ("salt &amp; pepper & more", "salt and pepper and more"),
        ("café CAFÉ", "café café"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("你好，世界。", "你好 世界"),
        ("well-known a_b 3.5", "well known a b 3 5"),
        ("😀 ... !!", ""),
        ("", ""),
    ],
)
def test_writes_one_way(written: str, heard: str) -> None:
    assert normalise(written) == heard


@given(TEXTS)
def test_twice_is_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(TEXTS)
def test_leaves_words_and_single_spaces_only(text: str) -> None:
    words = normalise(text)
    assert words == words.lower()
    assert words.split() == (words.split(" ") if words else [])
    assert all(c.isalnum() or c in " '" for c in words)
    assert not HESITATIONS & set(words.split())


@given(st.lists(st.from_regex(r"[a-z]{4,9}('[a-z]{1,2})?", fullmatch=True), max_size=12))
def test_case_and_punctuation_make_no_difference(words: list[str]) -> None:
    plain = " ".join(words)
    assert normalise(plain) == plain
    assert normalise(", ".join(word.capitalize() for word in words) + "?!") == plain
