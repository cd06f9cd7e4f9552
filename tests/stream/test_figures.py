"""Figures of a conversation: the cases by name, and what holds for any conversation."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sentivox.conversation.spoken_words import count_words, questions, words_per_minute
from sentivox.conversation.summary import summary
from sentivox.protocol.events import Summary, Utterance
from sentivox.protocol.summary import ChannelSummary, Span
from tests.stream.spoken import speakers, uttered

CHANNELS = (0, 1)
SHARED = ("silence_seconds", "silence_ratio", "longest_silence")
OWN = (
    "talk_seconds",
    "talk_ratio",
    "longest_monologue",
    "patience",
    "questions",
    "words_per_minute",
    "start_score",
    "end_score",
    "score_shift",
)


def told(*spoken: Utterance, channels=CHANNELS) -> Summary:
    return summary(sorted(spoken, key=lambda u: (u.start, u.channel)), channels, 300.0)


def figures(part: Summary | ChannelSummary, names=OWN) -> dict[str, object]:
    return {name: getattr(part, name) for name in names}


def near(values: dict[str, object]) -> object:
    """These, but for the last digit: sums in another order may round to another one."""
    return pytest.approx(values, abs=2e-3)


def both(one: Summary, two: Summary) -> Iterable[tuple[ChannelSummary, ChannelSummary]]:
    """The figures of all and of each channel, of both."""
    return zip([one.overall, *one.channels], [two.overall, *two.channels], strict=True)


def agent(start: float, end: float, score: float | None = 0.0, words=None) -> Utterance:
    return uttered(start, end, score, channel=1, words=words)


# --- Silence ---


def test_silence_is_from_the_first_utterance_to_the_last():
    call = told(uttered(10, 14), agent(13, 15), uttered(20, 22), agent(23, 30))
    assert call.silence_seconds == 6
    assert call.silence_ratio == 0.3
    assert call.longest_silence == Span(start=15, seconds=5)


def test_talk_without_pause_has_no_silence_and_nobody_has_no_share_of_it():
    call = told(uttered(0, 4), agent(4, 6), uttered(5, 8))
    assert (call.silence_seconds, call.silence_ratio, call.longest_silence) == (0, 0, None)
    none = told()
    assert (none.silence_seconds, none.silence_ratio, none.longest_silence) == (0, None, None)


# --- Monologues ---


def monologue(*spoken: Utterance, channel=0) -> Span | None:
    return told(*spoken).channels[channel].longest_monologue


def test_a_monologue_goes_on_over_short_silences_only():
    assert monologue(uttered(1, 5), uttered(7, 9), uttered(12.5, 14)) == Span(start=1, seconds=8)
    assert monologue(uttered(1, 5), uttered(8, 11)) == Span(start=1, seconds=4)  # 3 s end it
    assert monologue() is None


def test_another_voice_in_a_pause_ends_a_monologue_and_one_beside_it_does_not():
    long = [uttered(0, 10), uttered(12, 20)]
    assert monologue(*long, agent(10.5, 11)) == Span(start=0, seconds=10)
    assert monologue(*long, agent(9.5, 10.5)) == Span(start=0, seconds=10)
    assert monologue(*long, agent(4, 4.6), agent(15, 17)) == Span(start=0, seconds=20)


def test_everybody_has_a_monologue_and_the_longest_is_that_of_the_call():
    call = told(uttered(0, 4), agent(5, 12), uttered(13, 15))
    assert [c.longest_monologue for c in call.channels] == [
        Span(start=0, seconds=4),
        Span(start=5, seconds=7),
    ]
    assert call.overall.longest_monologue == Span(start=5, seconds=7)


# --- Patience ---


def patience(*spoken: Utterance) -> list[float | None]:
    return [c.patience for c in told(*spoken).channels]


def test_patience_is_the_median_pause_before_answers():
    spoken = [
        uttered(0, 2), agent(2.5, 4), uttered(4, 6), agent(7, 8), uttered(10, 11), agent(20, 21),
    ]  # fmt: skip
    assert patience(*spoken) == [1.0, 1.0]  # of 0 and 2; of .5, 1 and 9
    assert told(*spoken).overall.patience == 1.0


def test_what_is_no_answer_has_no_pause():
    assert patience(uttered(0, 2), agent(1.9, 4)) == [None, None]  # it overlaps
    assert patience(uttered(0, 2), uttered(4, 6), agent(7, 8)) == [None, 1.0]  # one's own pause
    assert patience(uttered(0, 5), agent(1, 2), agent(4.9, 7)) == [None, None]
    assert patience(uttered(0, 5), agent(3, 5), uttered(6, 7)) == [None, None]  # who answers whom?
    assert patience(uttered(2, 5), agent(2, 4)) == [None, None]


def test_one_speaker_alone_answers_nobody():
    assert told(uttered(0, 2), uttered(9, 12), channels=(0,)).overall.patience is None


# --- Words ---


def test_questions_are_told_by_their_marks():
    asked = [
        uttered(0, 2, words="Well, how are you? And the children?"),
        uttered(3, 4, words="What?! Really??"),
        agent(5, 6, words="Fine."),
        agent(7, 8),
    ]
    call = told(*asked)
    assert [c.questions for c in call.channels] == [4, 0]
    assert call.overall.questions == 4


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("你好吗", 1),
        ("你好嗎？", 1),
        ("你好吗 ？我很好。", 1),
        ("好吗？可以吗", 2),
        ("吗啡。", 0),
        ("在吗我想问一下", 1),
        ("はい、何ですか？", 1),
        ("كيف حالك؟", 1),
    ],
)
def test_questions_in_other_scripts(words, count):
    assert questions([uttered(0, 2, words=words)]) == count


def test_where_no_punctuation_is_written_questions_are_not_known():
    plain = uttered(0, 2, words="how are you today")
    assert questions([plain]) is None
    assert questions([]) is questions([uttered(0, 2)]) is None
    assert questions([plain, uttered(3, 4, words="Yes.")]) == 0


def test_speed_is_over_the_time_in_which_words_were_understood():
    spoken = [uttered(0, 4, words="I'd say ten - or eleven"), uttered(5, 60), uttered(61, 63)]
    assert words_per_minute(spoken) == 75.0  # 5 words in 4 s
    assert words_per_minute(spoken[1:]) is None
    assert words_per_minute([uttered(0, 2, words="…")]) is None


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("", 0),
        ("No. 5, at 10:30!", 4),
        ("我要退款。", 4),
        ("我的iPhone 坏了", 5),
        ("ありがとう", 5),
    ],
)
def test_a_character_of_a_script_without_spaces_is_a_word(words, count):
    assert count_words(words) == count


# --- Sentiment at the start and at the end ---


def test_start_and_end_are_thirds_of_the_call():
    call = told(
        uttered(0, 5, -0.8), agent(5, 10, 0.2), uttered(12, 18, 1.0), uttered(25, 30, 0.4)
    )  # fmt: skip
    caller, agent_ = call.channels
    assert (caller.start_score, caller.end_score, caller.score_shift) == (-0.8, 0.4, 1.2)
    assert (agent_.start_score, agent_.end_score, agent_.score_shift) == (0.2, None, None)
    assert call.overall.start_score == -0.3


def test_an_utterance_counts_for_as_long_as_it_lies_in_the_third():
    call = told(uttered(0, 9, 0.0), uttered(9, 15, 1.0), uttered(20, 30, None))
    assert call.overall.start_score == 0.1  # 9 s at 0 and 1 s at 1
    assert call.overall.end_score is None


# --- Whatever is said ---


@given(speakers())
def test_figures_stay_in_their_bounds(spoken):
    call = told(*spoken)
    length = max((u.end for u in spoken), default=0.0) - min((u.start for u in spoken), default=0.0)
    assert 0 <= call.silence_seconds <= length + 1e-3
    assert (call.silence_ratio is None) == (not spoken)
    assert 0 <= (call.silence_ratio or 0) <= 1
    assert (call.longest_silence is None) == (call.silence_seconds == 0)
    assert call.silence_seconds + call.overall.talk_seconds >= length - 2e-3
    for part in (call.overall, *call.channels):
        own = [u for u in spoken if part.channel in (None, u.channel)]
        assert (part.longest_monologue is None) == (not own)
        if part.longest_monologue is not None:
            longest = max(u.end - u.start for u in own)
            assert longest - 1e-3 <= part.longest_monologue.seconds <= length + 1e-3
            assert part.longest_monologue.start in {u.start for u in own}
        assert part.patience is None or 0 <= part.patience <= call.silence_seconds
        scores = [u.fused_score for u in own if u.fused_score is not None]
        for score in (part.start_score, part.end_score):
            assert score is None or min(scores) - 1e-4 <= score <= max(scores) + 1e-4
        assert part.score_shift is None or -2 <= part.score_shift <= 2
        assert part.questions is part.words_per_minute is None


@given(speakers(), st.randoms(use_true_random=False))
def test_figures_do_not_depend_on_the_order_in_which_utterances_are_given(spoken, random):
    call = told(*spoken)
    mixed = list(spoken)
    random.shuffle(mixed)
    other = summary(mixed, CHANNELS, 300.0)
    assert figures(other, SHARED) == figures(call, SHARED)
    for one, two in both(other, call):
        assert figures(one) == near(figures(two))


@given(speakers(), st.data())
def test_cutting_an_utterance_in_two_changes_no_figure_of_time(spoken, data):
    if not spoken:
        return
    cut = data.draw(st.integers(0, len(spoken) - 1))
    u = spoken[cut]
    middle = round(u.start + (u.end - u.start) * data.draw(st.floats(0.1, 0.9)), 3)
    parts = [replace(u, end=middle), replace(u, start=middle, utterance_id=99)]
    call, other = told(*spoken), told(*spoken[:cut], *parts, *spoken[cut + 1 :])
    assert figures(other, SHARED) == figures(call, SHARED)
    of_time = ("talk_seconds", "talk_ratio", "longest_monologue", "patience")
    for one, two in both(other, call):
        assert figures(one, of_time) == near(figures(two, of_time))
        for name in ("start_score", "end_score"):
            assert getattr(one, name) == pytest.approx(getattr(two, name), abs=2e-4)


@given(speakers())
def test_swapping_the_channels_swaps_their_figures(spoken):
    call = told(*spoken)
    other = told(*(replace(u, channel=1 - u.channel) for u in spoken))
    assert figures(other, SHARED) == figures(call, SHARED)
    assert figures(other.overall) == near(figures(call.overall))
    for one, two in zip(other.channels, call.channels[::-1], strict=True):
        assert figures(one) == near(figures(two))


@given(speakers())
def test_speakers_of_one_channel_have_the_figures_of_channels(spoken):
    call = told(*spoken)
    if not all(c.utterances for c in call.channels):
        return
    mono = [replace(u, channel=0, speaker=f"S{u.channel + 1}") for u in spoken]
    other = told(*mono, channels=(0,))
    assert figures(other, SHARED) == figures(call, SHARED)
    own = {one.speaker: figures(one) for one in other.speakers}
    for one in call.channels:
        assert own[f"S{(one.channel or 0) + 1}"] == near(figures(one))
    (channel,) = other.channels
    shared = ("longest_monologue", "patience", "start_score", "end_score")
    assert figures(channel, shared) == near(figures(call.overall, shared))
