"""One spelling for texts from any source."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.text.normalise import HESITATIONS, SENTENCE_MARKS, normalise_text

PIECES = st.sampled_from(
    ["Don't", "do n't", "it 's", "uh", "&amp;", "[music]", "<sil>", "@you", "'", "''", "`", "’",
     "-lrb-", "http://a.b/c", "É", "İ", "3.5", "_", " ", "\n", "ﬀ", "你好", "n't", "😀", "-", ".",
     "?!", "…", ",", "！"]
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
    assert normalise_text(written) == heard


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("I'm FINE, thank you!", "i'm fine , thank you !"),
        ("uh, I, um... don't know", "i … don't know"),
        ("wait...what", "wait … what"),
        ("What?!?! No...", "what ?! no …"),
        ("it 's , well , `` fine '' .", "it's , well , fine ."),
        ("3.5 of 1,000! Hi!you", "3 5 of 1 000 ! hi ! you"),
        ("...so？", "so ?"),
        ("no -- yes; maybe", "no yes maybe"),
        ("你好，世界。真的？！、好", "你好 , 世界 . 真的 ?! 好"),
        ("?!", ""),
    ],
)
def test_keeps_sentence_marks_where_asked(written: str, read: str) -> None:
    assert normalise_text(written, marks=True) == read


@given(TEXTS, st.booleans())
def test_twice_is_once(text: str, marks: bool) -> None:
    once = normalise_text(text, marks=marks)
    assert normalise_text(once, marks=marks) == once


@given(TEXTS)
def test_marks_stand_behind_words_and_never_together(text: str) -> None:
    pieces = normalise_text(text, marks=True).split()
    marks = [piece in SENTENCE_MARKS for piece in pieces]
    assert not marks or not marks[0]
    assert not any(a and b for a, b in itertools.pairwise(marks))
    bare = "".join(p for p, mark in zip(pieces, marks, strict=True) if not mark)
    assert bare.replace("'", "") == normalise_text(text).replace(" ", "").replace("'", "")


@given(TEXTS)
def test_leaves_words_and_single_spaces_only(text: str) -> None:
    words = normalise_text(text)
    assert words == words.lower()
    assert words.split() == (words.split(" ") if words else [])
    assert all(c.isalnum() or c in " '" for c in words)
    assert not HESITATIONS & set(words.split())


@given(st.lists(st.from_regex(r"[a-z]{4,9}('[a-z]{1,2})?", fullmatch=True), max_size=12))
def test_case_and_punctuation_make_no_difference(words: list[str]) -> None:
    plain = " ".join(words)
    assert normalise_text(plain) == plain
    assert normalise_text(", ".join(word.capitalize() for word in words) + "?!") == plain
