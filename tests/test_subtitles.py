"""Subtitles, as parsers that are not ours read them."""

from itertools import pairwise

import srt as subrip
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from sentivox.api.result import Result
from sentivox.conversation.summary import summary
from sentivox.protocol.events import Utterance
from sentivox.protocol.words import Word
from sentivox.report.cues import LINE, LONGEST_S, MAX_CUE_LINES, cues_of
from sentivox.report.subtitles import srt, vtt
from tests.stream.spoken import uttered


def timed(start: float, text: str, *, step: float = 0.3, channel: int = 0) -> Utterance:
    """An utterance whose words follow one another at an even pace."""
    words = [
        Word(word=word, start=start + i * step, end=start + (i + 1) * step, confidence=0.9)
        for i, word in enumerate(text.split())
    ]
    utterance = uttered(start, start + step * max(1, len(words)), -0.5, words=text, channel=channel)
    return replace(utterance, words=words)


def recording(*utterances: Utterance, channels: int = 1) -> Result:
    return Result.gather(
        file="call.wav",
        profile="test",
        models={},
        utterances=utterances,
        summary=summary(list(utterances), list(range(channels)), 60.0),
        truncated=False,
    )


LONG = (
    "Good morning, how can I help you today? I have been waiting for an hour and nobody has told"
    " me anything at all, so please tell me what is going on. Thank you very much."
)


def test_cues_are_readable_and_are_cut_at_the_times_of_words():
    cues = cues_of(timed(10.0, LONG))
    assert " ".join(line for cue in cues for line in cue.lines) == LONG
    assert len(cues) > 2
    for cue in cues:
        assert len(cue.lines) <= MAX_CUE_LINES
        assert all(cell_len(line) <= LINE for line in cue.lines)
        assert cue.end - cue.start <= LONGEST_S
    starts = [round(10.0 + 0.3 * i, 3) for i in range(len(LONG.split()) + 1)]
    assert {round(cue.start, 3) for cue in cues} <= set(starts)
    assert all(one.end <= two.start for one, two in pairwise(cues))


def test_a_pause_ends_a_cue():
    utterance = timed(1.0, "yes but wait")
    words = utterance.words or []
    words = [*words[:2], replace(words[2], start=4.0, end=4.3)]
    cues = cues_of(replace(utterance, words=words, end=4.3))
    assert [cue.lines for cue in cues] == [("yes but",), ("wait",)]
    assert cues[1].start == 4.0
    assert cues[0].end == 2.0  # long enough to be read


def test_chinese_has_no_spaces_and_lines_half_as_long():
    text = "我已经等了一个小时，没有人告诉我发生了什么事情。" * 3
    words = [
        Word(word=letter, start=i * 0.2, end=i * 0.2 + 0.2, confidence=None)
        for i, letter in enumerate(text)
    ]
    utterance = replace(uttered(0.0, 0.2 * len(text), words=text), words=words)
    cues = cues_of(utterance)
    assert "".join(line for cue in cues for line in cue.lines) == text
    assert max(len(line) for cue in cues for line in cue.lines) == LINE // 2


def test_without_times_words_share_those_of_their_utterance():
    utterance = uttered(2.0, 14.0, words=LONG)
    cues = cues_of(utterance)
    assert " ".join(line for cue in cues for line in cue.lines) == LONG
    assert cues[0].start == 2.0
    assert abs(cues[-1].end - 14.0) < 0.01
    assert cues_of(uttered(0.0, 1.0)) == []


ANGLES = "it is 3 --> 4 <b>loud</b> & so"


def test_both_forms_are_read_by_others_as_they_were_meant():
    said = [timed(1.0, ANGLES), timed(3700.5, "Second channel.", channel=1)]
    result = recording(*said, channels=2)
    one, two = subrip.parse(srt(result, sentiment=True), ignore_errors=False)
    assert one.content == "Channel 1: [negative] it is 3 → 4\n<b>loud</b> & so"
    assert (two.index, two.content) == (2, "Channel 2: [negative] Second channel.")
    assert two.start.total_seconds() == 3700.5
    first, second = webvtt.from_string(vtt(result)).captions
    assert first.text.replace("\n", " ") == "it is 3 --&gt; 4 &lt;b&gt;loud&lt;/b&gt; &amp; so"
    assert (first.voice, second.voice) == ("Channel 1", "Channel 2")
    assert (first.start, second.start) == ("00:00:01.000", "01:01:40.500")


def test_cues_come_in_the_order_of_time_where_channels_overlap():
    said = [timed(1.0, LONG), timed(4.0, "Yes.", channel=1), timed(4.6, "Go on.", channel=1)]
    result = recording(*said, channels=2)
    captions = list(subrip.parse(srt(result), ignore_errors=False))
    assert [caption.index for caption in captions] == list(range(1, len(captions) + 1))
    for starts in ([c.start for c in captions], [c.start for c in webvtt.from_string(vtt(result))]):
        assert starts == sorted(starts)
    first, second = (c for c in captions if "Channel 2" in c.content)
    assert first.end <= second.start  # though it is too short to be read


def test_a_speaker_may_be_called_anything():
    utterance = replace(timed(0.0, "hello"), speaker="A <b>\n& --> " + "x" * 60)
    result = recording(utterance)
    (cue,) = subrip.parse(srt(result), ignore_errors=False)
    assert all(cell_len(line) <= LINE for line in cue.content.splitlines())
    assert cue.content.endswith("hello")
    (caption,) = webvtt.from_string(vtt(result)).captions
    assert caption.text == "hello"


def test_nothing_said_is_still_a_file():
    assert srt(recording()) == ""
    assert webvtt.from_string(vtt(recording())).captions == []


letters = st.characters(exclude_categories=["Cs", "Cc"])
texts = st.lists(st.text(letters, min_size=1, max_size=60), max_size=12).map(" ".join)


@settings(deadline=None)
@given(texts, st.booleans())
def test_whatever_is_said_can_be_read(text: str, known: bool):
    utterance = timed(1.0, text) if known else uttered(1.0, 4.0, words=text)
    result = recording(utterance)
    captions = list(subrip.parse(srt(result), ignore_errors=False))
    assert len(captions) == len(webvtt.from_string(vtt(result)).captions)
    for caption in captions:
        lines = caption.content.splitlines()
        assert len(lines) <= MAX_CUE_LINES
        assert all(cell_len(line) <= LINE for line in lines)
