"""What Python shows of results and events is one short line, and nothing else is changed by it."""

import pickle

import msgspec
import pytest

import sentivox
from sentivox.protocol.events import Message, decode, encode
from sentivox.protocol.shown import MOST

VALUES = {"negative": 0.9, "neutral": 0.08, "positive": 0.02}


def event(kind: str, **fields: object) -> Message:
    return decode(msgspec.json.encode({"type": kind, **fields}))


TIMES = dict.fromkeys(("queue", "vad", "asr", "text", "audio", "fusion", "total"), 1.0)


def utterance(**changed: object) -> sentivox.Utterance:
    fields = {
        "channel": 1, "utterance_id": 3, "revision": 1, "final": True, "start": 12.2, "end": 13.84,
        "transcript": "That is terrible.\n", "language": "en", "asr_confidence": 0.8,
        "text_sentiment": None, "audio_sentiment": None, "fused_score": -0.88,
        "fused": {"label": "negative", "scores": VALUES, "weights": {"text": 1.0},
                  "confidence": 0.9, "agreement": None},
        "latency_ms": TIMES,
        "degraded": [],
    }  # fmt: skip
    made = event("Utterance", **fields | changed)
    assert isinstance(made, sentivox.Utterance)
    return made


def channel(number: int | None, **changed: object) -> dict[str, object]:
    return {"channel": number, "utterances": 2, "counts": {"negative": 2}, "talk_seconds": 8.25,
            "mean_score": -0.5, "trend": None, "most_negative": None, "most_positive": None,
            **changed}  # fmt: skip


SUMMARY = event(
    "Summary", duration=30.535, overall=channel(None), channels=[channel(0, name="Agent")],
    timeline=[],
)  # fmt: skip
ALERT = event(
    "Alert", t=4.0, rule="anger", severity="warning", channel=1, start=2.0, why="It fell."
)
TONE = event(
    "AudioSentiment", channel=0, utterance_id=1, start=0.5, end=1.0, label="unclear", score=-0.1,
    scores=VALUES, emotions={"angry": 1.0},
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            utterance(),
            "Utterance(12.2–13.8 s, channel=1, negative -0.88, 'That is terrible.')",
        ),
        (
            utterance(speaker="S1", transcript=None, fused=None, fused_score=None, final=False),
            "Utterance(12.2–13.8 s, channel=1, S1, no score, not final)",
        ),
        (
            utterance(transcript="I can't wait. " * 20),
            'Utterance(12.2–13.8 s, channel=1, negative -0.88, "'
            + "I can't wait. " * 4
            + "I can't wa…\")",
        ),
        (SUMMARY, "Summary(30.5 s, 1 channel, 2 utterances, mean score -0.50, 0 turning points)"),
        (ALERT, "Alert(4.0 s, anger, warning, 'It fell.')"),
        (TONE, "AudioSentiment(0.5–1.0 s, channel=0, unclear -0.10)"),
    ],
)
def test_an_event_is_shown_in_a_line(said: Message, line: str) -> None:
    assert repr(said) == str(said) == f"{said}" == line
    assert len(line) <= MOST
    assert decode(encode(said)) == said == pickle.loads(pickle.dumps(said))
    assert said != msgspec.structs.replace(said, seq=99)
    assert len(msgspec.to_builtins(said)) == len(said.__struct_fields__) + 1  # its type


def test_figures_of_a_channel_are_shown_in_a_line() -> None:
    assert isinstance(SUMMARY, sentivox.Summary)
    (agent,) = SUMMARY.channels
    assert repr(agent) == (
        "ChannelSummary(channel=0, Agent, 2 utterances, mean score -0.50, 8.2 s of talk)"
    )
    assert "no score" in repr(msgspec.structs.replace(agent, mean_score=None))


def test_a_result_is_shown_in_a_line(tmp_path) -> None:
    assert isinstance(SUMMARY, sentivox.Summary)
    long = tmp_path / ("a rather long name " * 8 + ".wav")
    result = sentivox.Result.gather(
        file=str(long), profile="embedded", models={}, utterances=[utterance(channel=0)],
        summary=SUMMARY, truncated=True,
    )  # fmt: skip
    assert repr(result).startswith(
        "Result(30.5 s, 1 channel, 2 utterances, mean score -0.50, truncated, 'a rather long name"
    )
    assert repr(result).endswith("…')")
    assert len(repr(result)) == MOST
    assert repr(result.channels) == "[ChannelDocument(channel=0, Agent, 1 utterance)]"
    assert pickle.loads(pickle.dumps(result)) == result
