"""Streams over a real WebSocket: what comes, in which order, and how it ends."""

import pytest

from sentivox.audio.pcm import AudioFormat
from sentivox.engine.engine import Engine
from sentivox.fusion.calibration import Calibration
from sentivox.protocol.labels import tendency
from sentivox.stream.config import StreamConfig
from tests.server.serving import (
    Caller,
    Message,
    Running,
    call_audio,
    content,
    kinds,
    offline,
    only,
    pieces,
    serving,
)

TONE = "modalities=audio"
TONE_CONFIG = StreamConfig(modalities=frozenset({"audio"}))
GOODBYE = ["Summary", "Termination"]


def in_order(messages: list[Message]) -> bool:
    """Every message numbered, of one session, and each utterance's in the promised order."""
    assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))
    assert len({m["session_id"] for m in messages}) == 1
    life: dict[tuple[int, int], list[str]] = {}
    for m in messages:
        if "utterance_id" in m:
            life.setdefault((m["channel"], m["utterance_id"]), []).append(m["type"])
    steps = ["SpeechStarted", "AudioSentiment", "SpeechEnded", "Utterance"]
    for said in life.values():
        assert said[0] == "SpeechStarted"
        assert said[-1] == "Utterance"
        assert said.count("SpeechEnded") == said.count("SpeechStarted") == 1
        assert set(said) <= set(steps)
    return messages[0]["type"] == "Begin" and kinds(messages[-2:]) == GOODBYE


def test_begin_comes_first_and_says_what_is_applied(server: Running) -> None:
    with server.call("sample_rate=8000&encoding=mulaw&channels=2&language=auto") as caller:
        begin = caller.next()
    assert begin["type"] == "Begin"
    assert begin["seq"] == 1
    assert begin["protocol"] == "1.0"
    assert len(begin["session_id"]) >= 20
    assert begin["config"] == {
        "sample_rate": 8000,
        "encoding": "mulaw",
        "channels": 2,
        "language": None,
        "modalities": ["audio", "text"],
        "min_confidence": 0.5,
        "baseline": True,
        "chinese_script": "simplified",
        "words": False,
        "interim": False,
        "live_voice": False,
        "channel_names": [],
        "roles": [],
        "tags": [],
    }
    assert begin["limits"]["max_frame_bytes"] == 1 << 20
    assert begin["models"]["asr"] == "pocketsphinx/en-us"
    assert begin["profile"] == "embedded"


def test_a_stream_says_what_offline_analysis_says(
    server: Running, speech: bytes, heard: list[Message]
) -> None:
    with server.call() as caller:
        messages = caller.finish(*pieces(speech, 1280))
    assert in_order(messages)
    assert caller.code == 1000
    assert content(messages) == heard
    said = [u["transcript"] for u in only(messages, "Utterance")]
    assert len(said) == 2
    assert all(said)
    assert messages[-1]["reason"] == "closed"
    assert messages[-1]["audio_seconds"] == pytest.approx(6.4)


def test_odd_pieces_shift_no_sample(server: Running, engine: Engine) -> None:
    data = call_audio(3.0, 5.5, channel=None)
    with server.call(f"channels=2&{TONE}", path="/ws/analyze") as caller:
        messages = caller.finish(data[:1], *pieces(data[1:], 777))
    assert in_order(messages)
    config = StreamConfig(modalities=frozenset({"audio"}))
    assert content(messages) == content(offline(engine, data, AudioFormat(channels=2), config))


def test_two_sessions_do_not_mix(server: Running, engine: Engine, speech: bytes) -> None:
    other = call_audio(12.0, 17.5)
    with server.call(TONE) as one, server.call(TONE) as two, server.call(TONE) as quiet:
        for a, b in zip(pieces(speech, 6400), pieces(other, 6400), strict=False):
            one.send(a)
            two.send(b)
            quiet.send(bytes(6400))
        one.send(speech[len(pieces(other, 6400)) * 6400 :])
        messages = [caller.finish() for caller in (one, two, quiet)]
    config = StreamConfig(modalities=frozenset({"audio"}))
    assert content(messages[0]) == content(offline(engine, speech, config=config))
    assert content(messages[1]) == content(offline(engine, other, config=config))
    assert kinds(messages[2]) == ["Begin", *GOODBYE]
    assert len({m[0]["session_id"] for m in messages}) == 3


def test_a_summary_comes_on_request(server: Running, sentence: bytes) -> None:
    with server.call(TONE) as caller:
        caller.send(sentence)
        caller.until("Utterance")
        caller.say("Summary")
        so_far = caller.next()
        assert so_far["type"] == "Summary"
        assert so_far["overall"]["utterances"] == 1
        assert so_far["duration"] == pytest.approx(3.45)
        rest = caller.finish()
    assert kinds(rest) == GOODBYE
    assert [m["seq"] for m in rest] == [so_far["seq"] + 1, so_far["seq"] + 2]
    assert rest[0]["overall"] == so_far["overall"]


def test_finalize_ends_the_utterance_at_once(server: Running, sentence: bytes) -> None:
    with server.call(TONE) as caller:
        caller.send(sentence[: 2 * 32_000])  # in the middle of the sentence
        caller.until("AudioSentiment")
        caller.say("Finalize")
        ended = caller.until("SpeechEnded")[-1]
        assert ended["reason"] == "finalize"
        assert ended["t"] == pytest.approx(2.0, abs=0.04)
        assert caller.until("Utterance")[-1]["final"] is True
        assert kinds(caller.finish()) == GOODBYE


@pytest.mark.parametrize(
    "goodbye", ['{"type":"CloseStream"}', '{"type":"Terminate"}', '{"eof":1}', b""]
)
def test_every_goodbye_finishes_what_was_said(
    server: Running, sentence: bytes, goodbye: str | bytes
) -> None:
    with server.call(TONE) as caller:
        caller.send(sentence[: 2 * 32_000])
        caller.socket.send(goodbye)
        caller.send(b"\xff" * 320)  # nothing counts after it
        messages = caller.rest()
    assert in_order(messages)
    assert only(messages, "SpeechEnded")[0]["reason"] == "close"
    assert messages[-1]["audio_seconds"] == 2.0
    assert caller.code == 1000


def test_configure_before_audio_starts_over(server: Running, sentence: bytes) -> None:
    with server.call() as caller:
        first = caller.next()
        caller.say("Configure", language="auto", modalities=["audio"], endpointing={"silence_s": 2})
        second = caller.next()
        assert second["type"] == "Begin"
        assert (second["session_id"], second["seq"]) == (first["session_id"], 2)
        assert second["config"]["modalities"] == ["audio"]
        assert second["config"]["language"] is None
        messages = caller.finish(sentence)
    assert in_order([first, second, *messages])
    assert only(messages, "SpeechEnded")[0]["reason"] == "close"  # no 2 s of silence in it
    assert only(messages, "Utterance")[0]["text_sentiment"] is None


def test_labels_less_sure_than_asked_are_unclear_by_query_or_configure(
    server: Running, sentence: bytes
) -> None:
    sure, doubtful = f"{TONE}&min_confidence=0", f"{TONE}&min_confidence=1"
    with server.call(sure) as plain, server.call(doubtful) as asked:
        (said,) = only(plain.finish(sentence), "Utterance")
        messages = asked.finish(sentence)
    with server.call(TONE) as caller:
        caller.next()
        caller.say("Configure", min_confidence=1)
        assert caller.next()["config"]["min_confidence"] == 1
        assert content(caller.finish(sentence)) == content(messages[1:])
    (utterance,) = only(messages, "Utterance")
    assert said["fused"]["label"] != "unclear"
    assert utterance["fused"] == said["fused"] | {"label": "unclear"}
    assert utterance["audio_sentiment"] == said["audio_sentiment"] | {"label": "unclear"}
    assert {one["label"] for one in only(messages, "AudioSentiment")} == {"unclear"}
    assert utterance["fused_score"] == said["fused_score"]
    (summary,) = only(messages, "Summary")
    assert summary["overall"]["counts"] == {
        "negative": 0, "neutral": 0, "positive": 0, "unclear": 1,
    }  # fmt: skip
    assert summary["timeline"][0]["label"] == "unclear"


def test_a_server_may_be_set_to_its_own_calibration_and_confidence(
    engine: Engine, sentence: bytes
) -> None:
    stream = StreamConfig(
        min_confidence=0.9, calibration=Calibration().revised("tone", temperature=5.0)
    )
    with serving(engine, stream=stream) as running:
        with running.call(TONE) as caller:
            assert caller.next()["config"]["min_confidence"] == 0.9
            (utterance,) = only(caller.finish(sentence), "Utterance")
        with running.call(f"{TONE}&min_confidence=0") as caller:
            (sure,) = only(caller.finish(sentence), "Utterance")
    (plain,) = only(offline(engine, sentence, config=TONE_CONFIG), "Utterance")
    assert utterance["fused"]["label"] == "unclear"
    assert sure["fused"]["label"] == tendency(sure["fused_score"])
    assert max(sure["fused"]["scores"].values()) < max(plain["fused"]["scores"].values())


def test_tone_is_heard_against_the_usual_voice_unless_the_client_says_otherwise(
    server: Running, sentence: bytes
) -> None:
    call = sentence * 3
    with server.call(TONE) as caller:
        against = only(caller.finish(call), "Utterance")
    with server.call(f"{TONE}&baseline=false") as caller:
        assert caller.next()["config"]["baseline"] is False
        alone = only(caller.finish(call), "Utterance")
    assert len(alone) > 1
    tones = [[u["audio_sentiment"]["scores"] for u in heard] for heard in (against, alone)]
    assert tones[0][0] == tones[1][0]
    assert all(a != b for a, b in zip(tones[0][1:], tones[1][1:], strict=True))
    emotions = [[u["audio_sentiment"]["emotions"] for u in heard] for heard in (against, alone)]
    assert emotions[0] == emotions[1]


def test_configure_after_audio_changes_nothing(server: Running, sentence: bytes) -> None:
    with server.call(TONE) as caller:
        caller.next()
        caller.send(sentence[:3200])
        caller.say("Configure", modalities=["text"])
        warning = caller.next()
        assert (warning["type"], warning["code"]) == ("Warning", "too_late")
        utterance = only(caller.finish(sentence[3200:]), "Utterance")[0]
    assert utterance["audio_sentiment"] is not None


QUIET = {"name": "quiet", "silence": {"for_s": 1.0}}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"modalities": ["smell"]}, "text, audio"),
        ({"modalities": "text"}, "array"),
        ({"language": "klingon!"}, "klingon!"),
        ({"endpointing": {"silence_s": -1}}, "silence_s"),
        ({"endpointing": {"silence_s": 9e9}}, "at most 30"),
        ({"endpointing": {"patience": 1}}, "patience"),
        ({"endpointing": {"silence_s": "long"}}, "float"),
        ({"min_confidence": 1.5}, "between 0 and 1"),
        ({"min_confidence": "high"}, "float"),
        ({"baseline": "off"}, "bool"),
        ({"alerts": {"name": "r"}}, "array"),
        ({"alerts": [{"name": "r"}]}, "alerts: rule 'r': has no condition: give one of"),
        ({"alerts": [QUIET | {"silnce": {}}]}, "alerts: rule 'quiet': unknown key 'silnce'; known"),
        ({"alerts": [QUIET, QUIET]}, "alerts: two rules have the name 'quiet'"),
        ({"alerts": [QUIET | {"name": str(i)} for i in range(21)]}, "at most 20 are allowed"),
        (
            {"alerts": [{"name": "r", "silence": {"role": "agent", "for_s": 5}}]},
            "alerts: rule 'r': no channel has the role agent (give roles)",
        ),
    ],
)
def test_a_configure_that_makes_no_sense_is_refused_and_forgotten(
    server: Running, fields: dict[str, object], says: str
) -> None:
    with server.call(TONE) as caller:
        caller.next()
        caller.say("Configure", **fields)
        error = caller.next()
        assert (error["type"], error["fatal"]) == ("Error", False)
        assert says in error["message"]
        assert "\n" not in error["message"]
        assert kinds(caller.finish()) == GOODBYE


def test_fields_nobody_knows_change_nothing(server: Running) -> None:
    with server.call(TONE) as caller:
        caller.next()
        caller.say("Configure", language="de", volume=11)
        second = caller.next()
        assert (second["type"], second["config"]["language"]) == ("Begin", "de")
        caller.say("Summary", since=3)
        assert caller.next()["type"] == "Summary"
        caller.say("CloseStream", politely=True)
        assert kinds(caller.rest()) == GOODBYE


def test_silence_on_the_socket_ends_the_session_but_keepalive_does_not(engine: Engine) -> None:
    with serving(engine, idle_timeout_s=0.6) as running, running.call(TONE) as caller:
        began = caller.next()
        assert began["limits"]["idle_timeout_seconds"] == 0.6
        stay_longer_than(0.6, caller)
        messages = caller.rest()
    assert [(m["type"], m["code"], m["fatal"]) for m in messages] == [("Error", "idle", True)]
    assert caller.code == 4408


def stay_longer_than(timeout_s: float, caller: Caller) -> None:
    for _ in range(9):
        caller.say("KeepAlive")
        with pytest.raises(TimeoutError):
            caller.socket.recv(timeout=timeout_s / 8)


def within(utterance: Message) -> None:
    """The words are those of the transcript, one after the other within the utterance."""
    words = utterance["words"]
    assert words
    assert " ".join(w["word"] for w in words) == utterance["transcript"]
    edges = [t for w in words for t in (w["start"], w["end"])]
    assert [utterance["start"], *edges, utterance["end"]] == sorted(
        [utterance["start"], *edges, utterance["end"]]
    )
    assert all(w["end"] > w["start"] and 0 <= w["confidence"] <= 1 for w in words)


def test_words_have_times_where_they_are_asked_for(server: Running, speech: bytes) -> None:
    with server.call("modalities=text&words=true") as caller:
        assert caller.next()["config"]["words"] is True
        said = only(caller.finish(speech), "Utterance")
    assert len(said) == 2
    for utterance in said:
        within(utterance)
    assert said[1]["words"][0]["start"] > said[0]["end"]  # on the stream's clock
    with server.call("modalities=text") as caller:
        caller.next()
        caller.say("Configure", words=True)
        assert caller.next()["config"]["words"] is True
        assert [u["words"] for u in only(caller.finish(speech), "Utterance")] == [
            u["words"] for u in said
        ]


def test_words_are_not_promised_where_only_tone_is_heard(server: Running) -> None:
    with server.call("modalities=audio&words=true") as caller:
        assert caller.next()["config"]["words"] is False


def test_the_words_so_far_come_where_they_are_asked_for(server: Running, speech: bytes) -> None:
    with server.call("modalities=text&interim=true") as caller:
        assert caller.next()["config"]["interim"] is True
        pause = round(3.15 * 32_000)  # a third of a second after the first utterance, so far
        caller.send(speech[:pause])
        so_far = caller.until("InterimTranscript")[-1]
        first, _ = only(caller.finish(speech[pause:]), "Utterance")
    assert so_far["transcript"] == first["transcript"]
    assert so_far["utterance_id"] == first["utterance_id"]
    assert "text_sentiment" not in so_far
