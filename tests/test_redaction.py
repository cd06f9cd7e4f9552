"""Redaction: what goes, what stays, and what holds for any text."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from sentivox.conversation.headline import without_quotations
from sentivox.conversation.privacy import redacted_summary, redacted_utterance, without_text
from sentivox.conversation.summary import summary
from sentivox.protocol.events import encode
from sentivox.protocol.words import Word
from sentivox.wording.redaction import redacted
from tests.stream.spoken import talk, uttered

CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"It is {CARD}, I think.", "It is [card], I think."),
        ("4111-1111-1111-1111", "[card]"),
        ("378282246310005 and 6304000000000000000", "[card] and [card]"),
        ("4111 1111 1111 1112", "[number]"),
        ("Call +44 20 7946 0958 now", "Call [phone] now"),
        ("(555) 123-4567", "[phone]"),
        ("(that is 555-123-4567)", "(that is [phone])"),
        ("0711/345678 or 06.12.34.56.78", "[phone] or [phone]"),
        ("555.123.4567", "[phone]"),
        ("555 1234", "[phone]"),
        ("请打 138 0013 8000。", "请打 [phone]。"),
        ("+1234567", "[phone]"),
        ("order 1234567", "order [number]"),
        ("AB123456", "AB[number]"),
        ("My code is 123 456.", "My code is [number]."),
        ("one: 123-45-6789", "one: [phone]"),
        ("٠١٢٣٤٥٦٧", "[phone]"),
        ("１２３４５６", "[number]"),
    ],
)
def test_written_numbers_go(text, left):
    assert redacted(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("It's 4 5 6 7 8 9.", "It's [number]."),
        ("4, 5, 6, 7, 8, 9", "[number]"),
        ("4. 5. 6. 7. 8. 9.", "[number]."),
        ("4-5-6-7-8-9", "[number]"),
        ("Four five six, seven eight nine, please", "[number], please"),
        ("double four, triple five, six", "[number]"),
        ("double 4 triple 5 6", "[number]"),
        ("two oh two, five five oh one", "[number]"),
        ("five five 1 2 three 4", "[number]"),
        ("号码是一三八零零一三八零零零吗", "号码是[number]吗"),
        ("四、五、六、七、八、九", "[number]"),
        ("幺 二 三 四 五 六", "[number]"),
        ("是one two three four five six吗", "是[number]吗"),
    ],
)
def test_digits_spoken_one_by_one_go(text, left):
    assert redacted(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Write to John.Smith+x@mail.example.com.", "Write to [email]."),
        ("我的邮箱是john@example.com吗", "我的邮箱是[email]吗"),
        ("josé @ exámple.com", "[email]"),
        ("john at example dot com", "[email]"),
        ("it is j o h n dot smith at my dash mail dot co dot uk, yes", "it is [email], yes"),
        ("john underscore smith at example.org", "[email]"),
        ("发到john艾特example点com谢谢", "发到[email]谢谢"),
        ("DE89 3704 0044 0532 0130 00 is my IBAN", "[iban] is my IBAN"),
        ("gb29nwbk60161331926819", "[iban]"),
        ("be at 12 GB29 NWBK 6016 1331 9268 19", "be at 12 [iban]"),
        ("DE88 3704 0044 0532 0130 00", "DE[number]"),
    ],
)
def test_addresses_and_accounts_go(text, left):
    assert redacted(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "in 1995, or 2005",
        "It was $45.99, then $1,234.50 and 1,234,567 in all.",
        "at 10:30, or 22:15:30, 12345 came",
        "on 2024-05-12, 12.05.2024, 5/12/2024 or May 12th 2024",
        "24/7, 365 days",
        "I have 10, 20, 30, 40 or 50",
        "12345",
        "five four three two one",
        "Oh, oh, oh, oh, oh, oh!",
        "oh 12345",
        "一九九五年五月十二日",
        "look at this dot on the map",
        "meet me at home",
        "see example.com",
        "1.5 2.5 3.5",
    ],
)
def test_short_numbers_dates_times_and_prices_stay(text):
    assert redacted(text) == text


pieces = st.sampled_from(
    [*"0123456789٣４ ,.-/:()+@\0一九零点吗aeo", "oh", "one", "five", "double", " at ", " dot ",
     "com", "艾特", " ", " ", ", ", ". ", "john", "x.org", "12", "345", "1995", "-05-", "10:30",
     "1,234", "May 12 2024", CARD, "DE89 3704 0044 0532 0130 00", "2024-05-12", "[number]", "$"]
)  # fmt: skip
texts = st.lists(pieces, max_size=25).map("".join) | st.text(max_size=40)


@given(texts)
@example("a@b.c%d@e.f")
@example("a at b.com-c at d.com")
@example("%123456john at b.com")
@example("01995(one001995")
@example("fıve ſix İ K")
@example("4 5 6 7 8 1:23 4 5 6 7 8")
def test_no_six_digits_survive_and_what_is_redacted_stays_so(text):
    left = redacted(text)
    assert not re.search(r"\d{6}|(?:\d ){5}\d", left)
    assert redacted(left) == left


@given(
    st.text(
        st.characters(exclude_categories=("N",), exclude_characters="@〇○零一二三四五六七八九幺")
    )
)
def test_text_without_digits_and_addresses_stays(text):
    words = r"(?i)\b(oh?|zero|one|two|three|four|five|six|seven|eight|niner?|at)\b|艾特"
    if not re.search(words, text):
        assert redacted(text) == text


def word(text: str, start: float) -> Word:
    return Word(word=text, start=start, end=start + 0.1, confidence=0.9)


def said(text: str | None, *words: str):
    placed = [word(w, i / 2) for i, w in enumerate(words)]
    return replace(uttered(0, 9, -0.4, words=text), words=placed)


def test_words_of_what_is_redacted_are_emptied_and_keep_their_times():
    before = said(
        "Card 4111 1111 1111 1111, please.", "Card", *CARD.split()[:3], "1111,", "please."
    )
    after = redacted_utterance(before)
    assert after.transcript == "Card [card], please."
    assert after.words is not None
    assert [w.word for w in after.words] == ["Card", "", "", "", "", "please."]
    assert [w.start for w in after.words] == [w.start for w in before.words or []]
    assert replace(after, transcript=before.transcript, words=before.words) == before


def test_words_that_are_not_those_of_the_transcript_are_emptied_where_anything_is_redacted():
    for text in (f"It is {CARD}", None, "It is x"):
        after = redacted_utterance(said(text, "It", "was", *CARD.split()))
        assert [w.word for w in after.words or []] == [""] * 6
    kept = said("It is", "It", "was", "nice")
    assert redacted_utterance(kept) == kept
    apart = said("4 5 6 and 7 8 9", "4", "5", "6", "7", "8", "9")  # as if "and" was not heard
    assert [w.word for w in redacted_utterance(apart).words or []] == [""] * 6
    assert redacted_utterance(uttered(0, 1)) == uttered(0, 1)


@given(texts, st.lists(pieces, max_size=9))
def test_nothing_redacted_survives_in_any_field(text, words):
    for spoken in (said(text, *text.split()), said(text, *words)):
        after = redacted_utterance(spoken)
        line = " ".join(w.word for w in after.words or [])
        assert not re.search(r"\d{6}", f"{after.transcript} {line}")
        assert redacted_utterance(after) == after
        assert replace(after, transcript=text, words=spoken.words) == spoken


def test_a_summary_is_redacted_wherever_it_quotes():
    spoken = [
        replace(u, transcript=f"no, {CARD}", speaker=f"S{i % 2 + 1}")
        for i, u in enumerate(talk(0.6, 0.7, 0.7, 0.7, -0.8, -0.9, -0.7, -0.7, -0.8))
    ]
    before = summary(spoken, [0], 60.0)
    assert before.turning_points
    assert len(before.speakers) == 2
    after = redacted_summary(before)
    assert encode(after) == encode(before).replace(CARD.encode(), b"[card]")
    bare = replace(before, headline=without_quotations(before.headline))
    assert bare != before
    assert encode(without_text(before)) == encode(bare).replace(f'"no, {CARD}"'.encode(), b"null")


def test_without_text_the_sentiment_is_left():
    before = said("no, no", "no,", "no")
    after = without_text(before)
    assert after.transcript is after.words is None
    assert after.fused_score == -0.4
    assert replace(after, transcript=before.transcript, words=before.words) == before
