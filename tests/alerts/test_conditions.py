"""What each condition finds in scripted conversations, and what it says about it."""

from typing import Any

import pytest

from sentivox.conversation.alerts.combined import Channels
from sentivox.conversation.alerts.phrases import spoken
from sentivox.protocol.alert_rules import EMOTIONS
from sentivox.protocol.events import Event
from sentivox.types import EMOTIONS as OURS
from tests.alerts.said import cough, rule, times, turn, watched

ONE = Channels(1)


def angry_turns(*probabilities: float | None, channel: int = 1) -> list[Event]:
    """Utterances of 2 s, one every 4 s."""
    return [
        event
        for i, p in enumerate(probabilities)
        for event in turn(4 * i, 4 * i + 2, channel=channel, id_=i + 1, angry=p)
    ]


def scored_turns(*scores: float | None, channel: int = 1) -> list[Event]:
    """Utterances of 2 s, one every 4 s."""
    return [
        event
        for i, score in enumerate(scores)
        for event in turn(4 * i, 4 * i + 2, score, channel=channel, id_=i + 1)
    ]


def test_emotions_are_those_of_the_tone_models() -> None:
    assert EMOTIONS == OURS


def test_a_mean_needs_a_window_full_of_scores() -> None:
    low = rule(sentiment={"role": "customer", "window_s": 4.0, "below": -0.4})
    (alert,) = watched([low], scored_turns(0.5, None, -0.9, -0.2, -0.9, -0.9), 30.0)
    assert alert.t == 14.5  # the mean of -0.9 and -0.2
    assert (alert.channel, alert.utterance_id, alert.start) == (1, 4, 8.0)
    assert alert.why == ("Customer: mean score -0.55 over the last 4 s of speech, below -0.40.")


def test_a_mean_weighs_part_of_an_utterance_at_the_edge_of_its_window() -> None:
    low = rule(sentiment={"window_s": 3.0, "below": -0.5})
    # the latest 2 s at -1, and 1 of the 2 s before at +0.4: -0.53
    assert len(watched([low], scored_turns(0.4, -1.0), 9.0)) == 1
    assert watched([low], scored_turns(0.6, -1.0), 9.0) == []


def test_a_high_mean_and_only_of_its_role() -> None:
    high = rule(sentiment={"role": "agent", "window_s": 2.0, "above": 0.5})
    assert watched([high], scored_turns(0.9), 9.0) == []
    assert times(watched([high], scored_turns(0.9, channel=0), 9.0)) == [2.5]


def test_a_relative_mean_is_against_what_was_before_the_window() -> None:
    worse = rule(sentiment={"window_s": 4.0, "below": -0.5, "relative": True})
    (alert,) = watched([worse], scored_turns(0.2, 0.4, 0.2, -0.6, -0.6), 30.0)
    assert alert.t == 18.5  # −0.6 against +0.27
    assert "-0.87 from +0.27 before" in alert.why
    steadily_low = scored_turns(-0.6, -0.6, -0.6, -0.6, -0.6)
    assert watched([worse], steadily_low, 30.0) == []


def test_speakers_of_one_channel_have_each_their_own_mean() -> None:
    low = rule(sentiment={"window_s": 2.0, "below": -0.5})
    mixed = [
        event
        for i, (score, who) in enumerate([(-0.9, "S1"), (0.9, "S2"), (-0.9, "S1")])
        for event in turn(4 * i, 4 * i + 1, score, id_=i + 1, speaker=who)
    ]
    (alert,) = watched([low], mixed, 20.0, channels=ONE)
    assert (alert.t, alert.why[:3]) == (9.5, "S1:")


def test_a_drop_since_the_start() -> None:
    fall = rule(drop={"by": 0.6, "window_s": 4.0})
    (alert,) = watched([fall], scored_turns(0.4, 0.2, None, 0.0, -0.2, -0.8), 30.0)
    assert alert.t == 22.5
    assert alert.why == (
        "Customer: mean score -0.50 over the last 4 s of speech, 0.80 lower than +0.30 at the"
        " start."
    )
    assert watched([fall], scored_turns(-0.5, -0.5, -0.5, -0.5), 30.0) == []


def test_a_tone_must_last_and_utterances_without_tone_do_not_end_it() -> None:
    angry = rule(tone={"emotion": "angry", "at_least": 0.6, "for_s": 6.0})
    (alert,) = watched([angry], angry_turns(0.7, 0.5, 0.8, None, 0.6, 0.7, 0.9), 40.0)
    assert (alert.t, alert.start) == (22.5, 8.0)
    assert alert.why == "Customer has sounded angry for 6.0 s of speech, at 0.70 on average."
    assert watched([angry], angry_turns(0.9, 0.9, 0.59, 0.9, 0.9), 40.0) == []


@pytest.mark.parametrize(
    ("phrases", "words", "says"),
    [
        ({"any": ["cancel"]}, "Please CANCEL, now!", "Customer said “cancel”."),
        ({"any": ["cancel"]}, "It was cancelled.", None),
        ({"any": ["don't call", "supervisor"]}, "Dont call me", "Customer said “don't call”."),
        ({"any": ["don't"]}, "I don’t know", "Customer said “don't”."),
        ({"any": ["credit card"]}, "my credit-card number", "Customer said “credit card”."),
        ({"all": ["bill", "wrong"]}, "the bill is wrong", "Customer said “bill” and “wrong”."),
        ({"all": ["bill", "wrong"]}, "the bill is right", None),
        ({"exact": ["yes"]}, "Yes.", "Customer said “yes”."),
        ({"exact": ["yes"]}, "Yes, please.", None),
        ({"any": ["投诉"]}, "我要投诉你们", "Customer said “投诉”."),
        ({"any": ["投诉"]}, "我投 票, 诉说", None),
        ({"any": ["refund"]}, None, None),
        ({"any": ["refund"], "role": "agent"}, "refund", None),
    ],
)
def test_phrases(phrases: dict[str, Any], words: str | None, says: str | None) -> None:
    alerts = watched([rule(phrases=phrases)], turn(1, 3, channel=1, words=words), 9.0)
    assert [alert.why for alert in alerts] == ([] if says is None else [says])


def test_each_utterance_that_says_it_gives_an_alert() -> None:
    said = [*turn(0, 2, words="no"), *turn(3, 5, id_=2, words="no"), *turn(6, 8, id_=3, words="x")]
    assert times(watched([rule(phrases={"any": ["no"]})], said, 9.0)) == [2.5, 5.5]


def test_phrases_in_several_utterances_count_together_within_their_time() -> None:
    said = [*turn(0, 2, words="my bill"), *turn(8, 10, channel=1, words="is wrong")]
    both = {"all": ["bill", "wrong"], "within_s": 10.0}
    (alert,) = watched([rule(phrases=both)], said, 30.0)
    assert (alert.t, alert.channel) == (10.5, None)
    assert alert.why == "Together they said “bill” and “wrong”."
    assert watched([rule(phrases=both | {"within_s": 5.0})], said, 30.0) == []


def test_what_was_not_said_in_time() -> None:
    greeting = rule(absent={"role": "agent", "any": ["my name is", "this is"], "by_s": 10.0})
    (alert,) = watched([greeting], turn(1, 3, words="Hello."), 20.0)
    assert (alert.t, alert.channel) == (10.0, 0)
    assert alert.why == "Agent has not said “my name is” or “this is” in the first 10 s."
    assert watched([greeting], turn(1, 3, words="Hello, this is Ann."), 20.0) == []
    assert watched([greeting], turn(1, 3, words="Hello."), 9.0) == []  # over before its time
    theirs = turn(1, 3, channel=1, words="this is Bob")
    assert len(watched([greeting], theirs, 20.0)) == 1


def test_what_begins_in_time_counts_however_long_it_takes() -> None:
    greeting = rule(absent={"any": ["this is"], "by_s": 10.0})
    assert watched([greeting], turn(9, 14, words="this is Ann"), 20.0) == []
    (late,) = watched([greeting], turn(9, 14, words="hello"), 20.0)
    assert late.t == 14.5
    assert late.why == "Nobody said “this is” in the first 10 s."
    assert len(watched([greeting], turn(10.5, 12, words="this is Ann"), 20.0)) == 1


def test_all_that_must_be_said() -> None:
    duties = rule(absent={"all": ["recorded", "name"], "by_s": 10.0})
    said = [*turn(1, 3, words="my name"), *turn(5, 7, id_=2, words="hello")]
    (alert,) = watched([duties], said, 20.0)
    assert alert.why == "Nobody said “recorded” in the first 10 s."


def test_silence_of_everybody_and_of_one() -> None:
    said = [*turn(1, 3), *turn(4, 12, channel=1), *turn(20, 21, id_=2)]
    nobody = watched([rule(silence={"for_s": 5.0})], said, 40.0)
    assert [(a.t, a.start, a.channel) for a in nobody] == [(17.0, 12.0, None), (26.0, 21.0, None)]
    assert nobody[0].why == "Nobody has talked for 5 s."
    agent = watched([rule(silence={"role": "agent", "for_s": 5.0})], said, 22.0)
    assert [(a.t, a.channel, a.why) for a in agent] == [(8.0, 0, "Agent has been silent for 5 s.")]


def test_a_cough_does_not_end_a_silence() -> None:
    said = [*turn(1, 3), *cough(7, 7.1, id_=2)]
    assert times(watched([rule(silence={"for_s": 6.0})], said, 12.0)) == [9.0]


def test_a_monologue_survives_pauses_and_mm_hm_and_nothing_else() -> None:
    alone = rule(monologue={"for_s": 10.0})
    talk = [*turn(0, 6), *turn(7.5, 14, id_=2)]
    (alert,) = watched([alone], talk, 20.0)
    assert (alert.t, alert.start, alert.channel) == (10.0, 0.0, 0)
    assert alert.why == "Agent has talked alone for 10 s."
    mm_hm = turn(4, 4.7, channel=1)
    assert times(watched([alone], [*talk, *mm_hm], 20.0)) == [10.0]
    answer = turn(4, 5.5, channel=1)
    assert watched([alone], [*talk, *answer], 20.0) == []  # alone from 5.5 on
    assert watched([alone], [*talk, *turn(9.0, 16.0, channel=1)], 20.0) == []
    assert watched([alone], [*turn(0, 6), *turn(8.5, 15, id_=2)], 20.0) == []


def test_a_share_of_the_talk() -> None:
    much = rule(talk_ratio={"role": "agent", "above": 0.7, "min_talk_s": 10.0})
    said = [*turn(0, 8), *turn(9, 11, channel=1), *turn(12, 14, channel=1, id_=2)]
    (alert,) = watched([much], said, 20.0)
    assert (alert.t, alert.why) == (11.5, "Agent has 80% of the talk, more than 70%.")
    little = rule(talk_ratio={"role": "customer", "below": 0.3, "min_talk_s": 10.0})
    assert times(watched([little], said, 20.0)) == [11.5]


def test_interruptions_are_counted_within_their_window() -> None:
    def over(at: float, id_: int) -> list[Event]:
        return [*turn(at, at + 6, channel=1, id_=id_), *turn(at + 2, at + 5, id_=id_)]

    said = [*over(0, 1), *over(20, 2), *over(40, 3)]
    twice = rule(interruptions={"role": "agent", "at_least": 2})
    (alert,) = watched([twice], said, 60.0)
    assert (alert.t, alert.start, alert.channel, alert.utterance_id) == (26.5, 2.0, 0, 2)
    assert alert.why == "Agent has interrupted 2 times."
    near = rule(interruptions={"at_least": 2, "window_s": 15.0})
    assert watched([near], said, 60.0) == []
    customer = rule(interruptions={"role": "customer", "at_least": 1})
    assert watched([customer], said, 60.0) == []


def test_the_share_of_degraded_utterances() -> None:
    codes = [["asr_failed:crashed"], [], ["no_words"], ["asr_failed:late"]]
    said = [e for i, c in enumerate(codes) for e in turn(4 * i, 4 * i + 2, id_=i + 1, degraded=c)]
    any_code = rule(degraded={"above": 0.5, "utterances": 3})
    (alert,) = watched([any_code], said, 20.0)
    assert (alert.t, alert.why) == (10.5, "2 of the last 3 utterances are degraded.")
    words = rule(degraded={"above": 0.4, "utterances": 4, "codes": ["asr_failed"]})
    assert times(watched([words], said, 20.0)) == [14.5]


def test_conditions_combined() -> None:
    said = [*turn(1, 3, channel=1, words="I will cancel"), *turn(14, 15, words="hm")]
    both = rule(
        all=[
            {"phrases": {"any": ["cancel"], "within_s": 60.0}},
            {"silence": {"role": "agent", "for_s": 8.0}},
        ]
    )
    (alert,) = watched([both], said, 20.0)
    assert (alert.t, alert.channel) == (8.0, None)
    assert alert.why == "Customer said “cancel”, and Agent has been silent for 8 s."
    either = rule(any=[{"phrases": {"any": ["refund"]}}, {"phrases": {"any": ["hm"]}}])
    assert [a.why for a in watched([either], said, 20.0)] == ["Agent said “hm”."]
    unless = rule(
        all=[
            {"phrases": {"any": ["cancel"]}},
            {"not": {"phrases": {"role": "agent", "any": ["hm"], "within_s": 60.0}}},
        ]
    )
    (alert,) = watched([unless], said, 20.0)
    assert alert.why == "Customer said “cancel”, and it is not so that Agent says “hm”."
    later = [*said, *turn(16, 18, channel=1, id_=2, words="cancel")]
    assert times(watched([unless], later, 20.0)) == [3.5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Hello,  WORLD! ", " hello world "),
        ("ﬁne １２", " fine 12 "),
        ("o'clock", " oclock "),
        ("我要 cancel吧", " 我 要 cancel 吧 "),
        ("a_b", " a b "),
        ("", "  "),
    ],
)
def test_texts_are_compared_as_words(text: str, words: str) -> None:
    assert spoken(text) == words
