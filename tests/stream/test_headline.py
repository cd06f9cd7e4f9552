"""Headlines: what twenty made calls are called, and what holds for any conversation."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sentivox.conversation.headline import LANGUAGES, LONGEST, headline
from sentivox.conversation.privacy import redacted_summary, without_text
from sentivox.conversation.quoting import CHARACTERS, WORDS, quotation
from sentivox.conversation.summary import summary
from tests.stream.calls import CALLS, Call
from tests.stream.spoken import speakers, talk, uttered

SENTENCES = tomllib.loads(Path(__file__).with_name("headlines.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_told_in_a_sentence(call):
    told = CALLS[call].told().headline
    assert told is not None
    assert told == SENTENCES[call]


def test_there_are_twenty_of_them():
    assert len(CALLS) == len(SENTENCES) == 20


names = st.lists(
    st.text(st.characters(codec="utf-8", categories=["L", "N", "Zs"]), min_size=1, max_size=64),
    min_size=2, max_size=2,
)  # fmt: skip
endings = st.sampled_from(["over", "open", "cut"])
words = st.none() | st.text(max_size=80) | st.sampled_from(
    ["I have been waiting for an hour.", "Thank you!", "<script>alert(1)</script>",
     "{who} None nan", "我等了一个小时了，没有人理我。", "call 0171 5551234567 now or never"]
)  # fmt: skip


@st.composite
def conversations(draw):
    """Any conversation, with any words and with or without names and roles."""
    spoken = [replace(one, transcript=draw(words)) for one in draw(speakers())]
    given_names = draw(st.just([]) | names)
    roles = draw(st.sampled_from([[], ["agent", "customer"], ["customer", "customer"]]))
    position = max((u.end for u in spoken), default=0.0) + draw(st.floats(0, 20))
    return summary(
        spoken, (0, 1), position, names=given_names, roles=roles, ending=draw(endings)
    ), given_names  # fmt: skip


def seconds(time: str) -> int:
    *hours, minutes, rest = map(int, time.split(":"))
    return sum(hours) * 3600 + minutes * 60 + rest


@given(conversations())
def test_any_conversation_is_told_in_a_sentence_or_two(made):
    told, given_names = made
    if told.headline is None:
        assert told.overall.utterances == 0
        return
    assert set(told.headline) == set(LANGUAGES)
    for tag, text in told.headline.items():
        assert 0 < len(text) <= LONGEST
        assert text[-1] == {"en": ".", "zh": "。"}[tag]
        assert "\n" not in text
        without = re.sub(r"“[^”]*”", "", text)
        for name in sorted(given_names, key=len, reverse=True):
            without = without.replace(name, "")
        assert without.count({"en": ". ", "zh": "。"}[tag]) <= {"en": 1, "zh": 2}[tag]
        assert not re.search(r"None|nan|[<>{}_*]", without), without
        for time in re.findall(r"\d+(?::\d\d)+", without):
            assert seconds(time) <= told.duration, text


@given(conversations())
def test_names_stand_in_it_as_they_were_given(made):
    told, given_names = made
    shown = told.channels[0], told.channels[1]
    spoke = [c for c in shown if c.utterances]
    if not given_names or told.headline is None or len(spoke) != 1 or told.overall.utterances < 2:
        return
    if 2 * spoke[0].counts["unclear"] > spoke[0].utterances:
        return
    assert spoke[0].name in told.headline["en"]
    assert spoke[0].name in told.headline["zh"]


@given(conversations())
def test_words_that_are_not_kept_are_not_in_the_headline_either(made):
    told, _ = made
    kept = without_text(told).headline
    assert (kept is None) == (told.headline is None)
    for tag, text in (kept or {}).items():
        assert "“" not in text
        assert text[:4] == told.headline[tag][:4]


@given(st.text(max_size=200))
def test_a_quotation_is_short_and_never_all_that_was_said(text):
    quoted = quotation(text)
    if quoted is None:
        return
    assert quoted
    assert len(quoted.split()) <= WORDS or len(quoted) <= CHARACTERS
    assert not re.search(r"[“”\"<>{}()]", quoted)
    assert "".join(filter(str.isalnum, quoted)) != "".join(filter(str.isalnum, text))


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("That is terrible, I have been waiting for an hour.", "waiting for an hour"),
        ("This is completely unacceptable.", "completely unacceptable"),
        ("I am not at all happy with the last invoice you sent me", "not at all happy"),
        ("Don't ever call me again.", "Don't ever call me"),
        ("This is unacceptable.", "unacceptable"),
        ("Terrible!", None),
        ("So it is.", None),
        ("", None),
        (None, None),
        ("我等了一个小时都没人理我", "等了一个小时都没人理我"),
        ("我不觉得你们的服务有什么让人满意的地方", "不觉得你们的服务有什么让"),
    ],
)
def test_a_few_words_are_quoted(said, quoted):
    assert quotation(said) == quoted


def test_no_part_of_a_number_is_quoted():
    """The number is redacted before it is cut, so the last four digits do not stay."""
    assert quotation("My card is 4111 1111 1111 1111 and it was charged twice") == (
        "[card] and it was charged twice"
    )


def test_redaction_leaves_the_headline_as_it_is():
    told = CALLS["turns angry and is won back"].told()
    assert redacted_summary(told).headline == told.headline


def test_the_headline_covers_turns_that_are_no_longer_listed():
    """A Summary of a long stream lists the latest only, but its headline is about all of it."""
    call = Call([*CALLS["turns angry and is won back"].lines, *[(1, 0.9, "Good.")] * 30])
    spoken = call.spoken()
    told = summary(spoken, (0, 1), 200.0, latest=5, roles=("agent", "customer"))
    assert not told.turning_points
    assert told.headline is not None
    assert "turned negative at 0:12" in told.headline["en"]


def test_it_can_be_told_again_under_other_names():
    """As it is when the names of a stored conversation are changed."""
    call = CALLS["turns angry and is won back"]
    told = call.told()
    renamed = replace(
        told,
        channels=[replace(c, name=n) for c, n in zip(told.channels, ["Jo", "李女士"], strict=True)],
    )
    again = headline(renamed, renamed.turning_points, call.spoken())
    assert again is not None
    assert again["en"].startswith("李女士 turned angry at 0:12")
    assert again["zh"].startswith("李女士在 0:12 变得愤怒")


def test_nothing_is_told_before_anybody_has_spoken():
    assert summary([], (0, 1), 5.0, ending="open").headline is None


def test_long_names_and_words_cost_the_details_first():
    call = CALLS["turns angry and is won back"]
    long = "N" * 64
    told = summary(call.spoken(), (0, 1), 40.0, names=[f"{long}1", f"{long}2"]).headline
    assert told is not None
    assert f"{long}2 turned" in told["en"]
    endless = summary(call.spoken(), (0, 1), 40.0, names=["N" * 300, "M" * 300]).headline
    assert endless is not None
    assert endless["en"].startswith("The speaker turned")


def test_an_emotion_is_named_only_where_the_tone_is_sure():
    call = CALLS["turns angry and is won back"]
    doubtful = replace_emotions(call, {"angry": 0.45, "neutral": 0.4, "sad": 0.15})
    told = doubtful.told().headline
    assert told is not None
    assert "turned negative" in told["en"]


def replace_emotions(call: Call, emotions: dict[str, float]) -> Call:
    return Call(call.lines, emotions={3: emotions, 4: emotions})


def test_a_turn_that_ends_in_neither_mood_is_told_by_its_direction():
    told = summary(talk(1, 1, 1, 0.2, 0.2, 0.2), [0], 40.0).headline
    assert told is not None
    assert re.match(r"The speaker turned worse at \d:\d\d", told["en"])


def test_an_unscored_utterance_alone_stays_unclear():
    told = summary([uttered(3, 5, None)], [0], 6.0).headline
    assert told is not None
    assert told["en"] == "The speaker spoke only once, at 0:03, and the mood stayed unclear."
