"""The whole story: that its parts agree with each other and with what was said."""

import pytest
from hypothesis import given

from sentivox.conversation.summary import summary
from sentivox.protocol.events import Summary, decode, encode
from tests.stream.spoken import speakers, talk, uttered

CHANNELS = (0, 1)


@given(speakers())
def test_the_parts_add_up(spoken):
    told = summary(spoken, CHANNELS, 300.0)
    assert decode(encode(told)) == told
    assert [c.channel for c in told.channels] == list(CHANNELS)
    assert told.overall.channel is told.overall.talk_ratio is None
    assert sum(c.utterances for c in told.channels) == told.overall.utterances == len(spoken)
    assert sum(c.interruptions for c in told.channels) == len(told.interruptions)
    assert told.overall.interruptions == len(told.interruptions)
    shares = [c.talk_ratio for c in told.channels]
    if spoken:
        assert sum(share or 0.0 for share in shares) == pytest.approx(1, abs=1e-3)
    else:
        assert shares == [None, None]


@given(speakers())
def test_mood_at_the_end_is_where_its_curve_ends(spoken):
    told = summary(spoken, CHANNELS, 300.0)
    assert [p.t for p in told.mood] == sorted(p.t for p in told.mood)
    for part in (told.overall, *told.channels):
        own = [p for p in told.mood if p.channel == part.channel]
        scored = [
            u for u in spoken if u.fused_score is not None and part.channel in (None, u.channel)
        ]
        assert len(own) == len(scored)
        assert part.mood == (own[-1].value if own else None)


@given(speakers(channels=1))
def test_one_speaker_alone_is_the_whole(spoken):
    told = summary(spoken, [0], 300.0)
    assert told.channels[0].mood == told.overall.mood
    assert told.channels[0].talk_ratio == (1.0 if spoken else None)
    assert told.interruptions == []


def test_a_call_between_two():
    caller = talk(0.7, 0.6, -0.8, -0.9, -0.8, channel=0)
    agent = [uttered(13, 16, 0.1, channel=1, words="let me see")]
    told = summary(sorted([*caller, *agent], key=lambda u: u.start), CHANNELS, 40.0)
    (turned,) = told.turning_points
    assert (turned.channel, turned.direction) == (0, "worse")
    (cut,) = told.interruptions
    assert (cut.by, cut.of, cut.t) == (1, 0, 13)
    assert told.channels[1].talk_ratio == pytest.approx(3 / 15.5, abs=1e-4)
    low = told.overall.most_negative
    assert low is not None
    assert (low.score, low.transcript) == (-0.9, "no. 3")


def test_the_trend_is_a_slope_a_minute_between_the_middles_of_utterances():
    """Scores rise by a tenth every 40 seconds, whatever the lengths of the utterances."""
    spoken = [uttered(40 * n - n, 40 * n + n, n / 10) for n in range(1, 6)]
    overall = summary(spoken, [0], 300.0).overall
    assert overall.trend == pytest.approx(0.15)
    assert overall.trend_error == 0


def test_three_utterances_over_two_minutes_have_a_trend():
    spoken = [uttered(60 * n, 60 * n + 2, n / 10) for n in range(3)]
    for fewer in (spoken[:2], [spoken[0], spoken[2]], [*spoken[:2], uttered(119, 120, 0.3)]):
        overall = summary(fewer, [0], 150.0).overall
        assert (overall.trend, overall.trend_error) == (None, None)
    overall = summary([*spoken[:2], uttered(119, 120, None), spoken[2]], [0], 150.0).overall
    assert (overall.trend, overall.trend_error) == (0.1, 0)


def test_the_error_of_the_trend_is_that_of_the_slope():
    """Of the points (0, 0), (1, .3), (2, 0): slope 0, residuals -.1, .2 and -.1."""
    spoken = [uttered(60 * n, 60 * n + 2, score) for n, score in enumerate((0.0, 0.3, 0.0))]
    overall = summary(spoken, [0], 150.0).overall
    assert (overall.trend, overall.trend_error) == (0, 0.1732)  # sqrt(.06 / (3 - 2) / 2)


@given(speakers())
def test_the_line_of_the_trend_stays_on_the_scale(spoken):
    told = summary(spoken, CHANNELS, 300.0)
    for part in (told.overall, *told.channels):
        own = [u for u in spoken if u.fused_score is not None and part.channel in (None, u.channel)]
        middles = [(u.start + u.end) / 120 for u in own]
        if part.trend is None:
            assert len(own) < 3 or max(middles) - min(middles) < 2.01
            assert part.trend_error is None
        else:
            assert abs(part.trend) * (max(middles) - min(middles)) <= 2.01
            assert part.trend_error is not None


def test_a_sudden_turn_is_no_steeper_than_the_scale_allows():
    """Least squares alone would give 1.2, a line from -1.4 to 1."""
    spoken = [uttered(30 * n, 30 * n + 2, -1.0 if n < 3 else 1.0) for n in range(5)]
    assert summary(spoken, [0], 150.0).overall.trend == 1.0


def test_figures_have_four_digits():
    spoken = [*talk(1.0, 0.0, 0.0, seconds=2.0), uttered(60, 72, None, channel=1)]
    told = summary(spoken, CHANNELS, 80.0)
    assert told.channels[0].talk_ratio == 0.3333
    assert told.channels[0].mean_score == 0.3333
    assert summary([uttered(0, 0.5, 0.4)], [0], 60.0).overall.mean_score == 0.4
    spoken = [uttered(60 * n, 60 * n + 2, n / 70) for n in range(4)]
    assert summary(spoken, [0], 200.0).overall.trend == 0.0143


def test_the_best_and_the_worst_moment_are_on_their_own_side_of_zero():
    for scores, worst, best in (((0.2, 0.7), None, 0.7), ((-0.2, -0.7), -0.7, None)):
        overall = summary(talk(*scores), [0], 60.0).overall
        assert (overall.most_negative and overall.most_negative.score) == worst
        assert (overall.most_positive and overall.most_positive.score) == best


def test_lists_may_be_of_the_last_few_and_figures_are_of_all():
    spoken = talk(0.7, 0.6, -0.8, -0.9, -0.8)
    whole, short = summary(spoken, [0], 60.0), summary(spoken, [0], 60.0, latest=2)
    assert short.overall == whole.overall
    assert short.timeline == whole.timeline[-2:]
    assert {p.t for p in short.mood} == {u.end for u in spoken[-2:]}


def test_a_silent_call_has_nothing_to_tell():
    told = summary([], CHANNELS, 5.0)
    assert isinstance(told, Summary)
    assert told.mood == told.turning_points == told.interruptions == []
    assert told.overall.mood is None
