"""What is told of a recording under its table."""

import re
from io import StringIO

import msgspec
import pytest
from msgspec.structs import replace
from rich.console import Console

from sentivox.cli.live import LiveView
from sentivox.cli.output import TURNS, summary_lines, utterance_table
from sentivox.cli.talk_figures import talk_figures
from sentivox.conversation.summary import summary
from sentivox.protocol.sentiment import Peak, Sentiment, ToneSentiment
from tests.stream.spoken import talk, uttered


def lines(*spoken, channels=(0,)) -> list[str]:
    told = summary(sorted(spoken, key=lambda u: u.start), channels, 60.0)
    return [line.plain for line in summary_lines(told)]


@pytest.mark.parametrize("agreement", [True, False, None])
def test_the_table_and_the_live_view_remark_disagreement_just_where_the_event_has_it(agreement):
    """Whatever the scores of the parts: there is no threshold but that of the rule."""
    said = uttered(0, 2, 0.4, words="well, well")
    assert said.fused is not None
    said = msgspec.structs.replace(
        said,
        fused=msgspec.structs.replace(said.fused, agreement=agreement),
        text_sentiment=Sentiment(label="positive", score=0.9, scores={}),
        audio_sentiment=ToneSentiment(
            label="negative", score=-0.9, scores={}, emotions={}, peak=Peak(t=1, score=-1)
        ),
    )
    out = StringIO()
    console = Console(file=out, width=140)
    console.print(utterance_table([said], ["channel 1"]))
    with LiveView(console) as view:
        view.show(said)
    text = out.getvalue()
    assert text.count("words and tone disagree") == (2 if agreement is False else 0)


def test_a_trend_is_told_where_it_is_more_than_chance():
    """Larger than twice its error, and over a minute of speech."""
    rising = [uttered(62 * n, 62 * n + 21, n / 5 + 0.01 * (n % 2)) for n in range(3)]
    (line,) = lines(*rising)
    assert line.endswith(", trend +0.19 ± 0.01 a minute")
    unsure = [uttered(62 * n, 62 * n + 21, score) for n, score in enumerate((0.0, 0.3, 0.1))]
    short = [uttered(62 * n, 62 * n + 19, n / 5) for n in range(3)]
    for spoken in (unsure, short, rising[:2]):
        (line,) = lines(*spoken)
        assert "trend" not in line


def test_the_words_that_turned_a_call_are_told():
    first, turn = lines(*talk(0.6, 0.7, -0.8, -0.9, -0.7))
    assert first.startswith("channel 1: 5 utterances, 12.5 s of speech, 3 negative, 2 positive, ")
    assert "(" not in first  # nobody to share the talk with
    assert turn.startswith("0:11.0  turned worse, +0.6")
    assert turn.endswith(": no. 2")


def test_a_call_between_two_has_shares_and_interruptions():
    agent = uttered(2, 5.0, 0.1, channel=1)
    first, second = lines(*talk(0.5, 0.5), agent, channels=(0, 1))
    assert first.startswith("channel 1: 2 utterances, 5.0 s of speech (62%)")
    assert second.startswith("channel 2: 1 utterance, 3.0 s of speech (38%)")
    assert second.endswith(", 1 interruption")
    assert "interruption" not in first


def test_figures_of_several_speakers_fit_80_columns():
    agent = uttered(4, 6.0, 0.1, channel=1, words="May I help you?")
    spoken = [uttered(1, 3, -0.2, words="Hello."), agent, uttered(8, 101, 0.5, words="No.")]
    told = summary(spoken, [0, 1], 120.0, names=["W" * 40, "Ms Li"])
    out = StringIO()
    console = Console(file=out, width=80)
    for part in talk_figures(told):
        console.print(part)
    table = [re.split("[│┃]", line) for line in out.getvalue().splitlines()]
    cells = [[cell.strip() for cell in line] for line in table]
    assert cells[0] == ["who", "monologue", "patience", "questions", "words/min", "start → end"]
    assert cells[2] == ["W" * 16, "93.0 s", "2.0 s", "0", "1", "+0.45 → +0.50"]
    assert cells[-2] == ["Ms Li", "2.0 s", "1.0 s", "1", "120", "+0.10 → –"]
    assert cells[-1] == ["silence: 3% of the time, the longest 2.0 s from 0:06.0"]


def test_speakers_of_one_channel_have_figures_and_one_alone_has_none():
    spoken = [replace(u, speaker=f"S{i % 2 + 1}") for i, u in enumerate(talk(0.1, 0.2, 0.3))]
    out = StringIO()
    for part in talk_figures(summary(spoken, [0], 60.0)):
        Console(file=out, width=80).print(part)
    assert [line.split("│")[0].strip() for line in out.getvalue().splitlines()[2:-1]] == [
        "S1",
        "S2",
    ]
    assert talk_figures(summary(talk(0.1, 0.2), [0], 60.0)) == []
    assert len(talk_figures(summary([], [0, 1], 60.0))) == 1


def test_of_many_turns_the_greatest_are_told_in_the_order_of_time():
    spoken = talk(*(level for level in (0.9, -0.9, 0.5, -0.3, 0.8) for _ in range(6)))
    found = summary(spoken, [0], 200.0).turning_points
    assert len(found) == TURNS + 1
    smallest = min(found, key=lambda p: abs(p.after - p.before))
    others = [p.transcript for p in found if p is not smallest]
    assert [line.rpartition(": ")[2] for line in lines(*spoken)[1:]] == others
