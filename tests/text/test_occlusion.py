"""The pieces of a text, and the text without them."""

from hypothesis import given
from hypothesis import strategies as st

from sentivox.text.occlusion import MOST_PIECES, pieces, without


def words(text: str) -> list[str]:
    return [text[one.start : one.end] for one in pieces(text)]


def test_words_are_found_in_any_script() -> None:
    assert words("I don't—well, it's  30 %!") == ["I", "don't", "well", "it's", "30"]
    assert words("我等了1个小时") == ["我", "等", "了", "1", "个", "小", "时"]
    assert words("用WiFi很慢") == ["用", "WiFi", "很", "慢"]
    assert words("très déçu, Straße") == ["très", "déçu", "Straße"]
    assert words(" … ?!") == []


def test_a_long_text_falls_into_phrases() -> None:
    text = " ".join(f"w{n}" for n in range(130))
    found = words(text)
    assert len(found) == 44
    assert found[0] == "w0 w1 w2"
    assert " ".join(found) == text


def test_one_piece_at_a_time_is_left_out() -> None:
    text = "not so bad"
    assert [" ".join(one.split()) for one in without(text, pieces(text))] == [
        "so bad", "not bad", "not so",
    ]  # fmt: skip


@given(st.text(max_size=400), st.integers(1, MOST_PIECES))
def test_pieces_are_in_order_few_and_hold_every_word(text: str, most: int) -> None:
    found = pieces(text, most)
    assert len(found) <= most
    places = [place for one in found for place in (one.start, one.end)]
    assert places == sorted(places)
    assert all(one.start < one.end for one in found)
    all_words = pieces(text, 10_000)
    assert all(any(p.start <= w.start and w.end <= p.end for p in found) for w in all_words)
