"""Vosk's protocol: its official transcriber, and what a client in lock-step relies on."""

import shutil
from argparse import Namespace
from pathlib import Path
from queue import Queue

import numpy as np
import pytest
import srt

from sentivox.audio.files import write_wav
from tests.server.serving import Caller, Message, Running, pieces


def call(server: Running, query: str = "") -> Caller:
    return server.call(query, path="/vosk")


def stepped(caller: Caller, *audio: bytes) -> list[Message]:
    """Each message's answer, before the next is sent."""
    answers: list[Message] = []
    for piece in audio:
        caller.send(piece)
        answers.append(caller.next())
    return answers


def said(answers: list[Message]) -> list[Message]:
    """The utterances in answers; the last answer may hold several."""
    *some, last = [a for a in answers if "text" in a]
    return [*some, *last["utterances"]]


def test_the_official_transcriber_makes_subtitles_of_it(
    server: Running, speech: bytes, ours: list[Message], tmp_path: Path
) -> None:
    vosk = pytest.importorskip("vosk.transcriber.transcriber")
    if shutil.which("ffmpeg") is None:
        pytest.skip("vosk-transcriber needs ffmpeg (Debian: apt-get install ffmpeg)")
    write_wav(tmp_path / "call.wav", np.frombuffer(speech, np.int16))
    transcriber = object.__new__(vosk.Transcriber)  # its constructor loads a model of its own
    transcriber.args = Namespace(
        server=f"ws://{server.address}/vosk", tasks=1, output_type="srt", log_level="INFO"
    )
    transcriber.queue = Queue()
    transcriber.process_task_list([(tmp_path / "call.wav", str(tmp_path / "call.srt"))])
    subtitles = list(srt.parse((tmp_path / "call.srt").read_text()))
    words = " ".join(u["transcript"] for u in ours if u["transcript"])
    assert " ".join(line.content.replace("\n", " ") for line in subtitles).split() == words.split()


def test_every_message_of_audio_has_one_answer(
    server: Running, speech: bytes, ours: list[Message]
) -> None:
    with call(server) as caller:
        caller.say_text('{ "config" : { "sample_rate" : 16000.000000 } }')
        answers = stepped(caller, *pieces(speech, 8000))
        caller.say_text('{"eof" : 1}')
        last = caller.rest()
    assert caller.code == 1000
    assert len(last) == 1
    assert all(answer.keys() == {"partial"} or "text" in answer for answer in answers)
    told = said([*answers, *last])
    assert [u["text"] for u in told] == [u["transcript"] or "" for u in ours]
    assert [u["sentiment"]["score"] for u in told] == [u["fused_score"] for u in ours]
    assert [w["word"] for w in told[0]["result"]] == [w["word"] for w in ours[0]["words"]]
    assert last[0]["summary"]["utterances"] == len(ours)
    assert last[0]["text"] == " ".join(u["text"] for u in last[0]["utterances"] if u["text"])


def test_answers_do_not_wait_for_the_analysis(server: Running, speech: bytes) -> None:
    with call(server, "sample_rate=16000") as caller:
        (first,) = stepped(caller, speech)  # half a minute in one message
        assert first == {"partial": ""}
        caller.say_text('{"eof":1}')
        assert said(caller.rest())


def test_8000_hz_unless_named(server: Running, speech: bytes) -> None:
    narrow = np.frombuffer(speech, np.int16)[::2].tobytes()
    with call(server) as caller:
        stepped(caller, *pieces(narrow, 8000))
        caller.say_text('{"eof" : 1}')
        (last,) = caller.rest()
    assert last["summary"]["talk_seconds"] > 8


def test_alternatives_and_no_words(server: Running, speech: bytes) -> None:
    with call(server) as caller:
        caller.say("", config={"sample_rate": 16000, "max_alternatives": 3, "words": False})
        caller.send(speech)
        caller.next()
        caller.say("", eof=1)
        (last,) = caller.rest()
    first = last["utterances"][0]
    assert [a.keys() for a in first["alternatives"]] == [{"confidence", "text"}]
    assert first["sentiment"]["label"] in {"negative", "neutral", "positive", "unclear"}


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ('{"config": {"sample_rate": 11}}', "sample_rate 11 is not supported"),
        ('{"config": {"sample_rate": "fast"}}', "config: Expected `float"),
        ('{"config": {"sample_rate": 1e300}}', "config: Expected `float` < 1000000.0"),
        ('{"config": 5}', "config: Expected `object`"),
    ],
)
def test_settings_that_cannot_be(server: Running, first: str, why: str) -> None:
    with call(server) as caller:
        caller.say_text(first)
        assert caller.rest() == []
        assert caller.code == 1003
        assert why in caller.reason


def test_an_unknown_option_of_the_query_is_ignored_and_a_bad_one_is_told(server: Running) -> None:
    with call(server, "language=klingon!") as caller:
        caller.send(bytes(100))
        assert caller.rest() == []
        assert "language" in caller.reason


@pytest.mark.parametrize("text", ["hello", "[1]", '{"a": 1}', "[" * 5000])
def test_other_text_disturbs_nobody(server: Running, speech: bytes, text: str) -> None:
    with call(server, "sample_rate=16000") as caller:
        stepped(caller, speech[:8000])
        caller.say_text(text)
        (answer,) = stepped(caller, speech[8000:16000])
        assert answer == {"partial": ""}


def test_settings_that_come_late_change_nothing(server: Running, speech: bytes) -> None:
    with call(server, "sample_rate=16000") as caller:
        stepped(caller, speech[:8000])
        caller.say_text('{"config": {"sample_rate": 8000}}')
        caller.say_text('{"eof": 1}')
        assert len(caller.rest()) == 1


def test_text_that_ends_at_once(server: Running) -> None:
    with call(server) as caller:
        caller.say_text('{"eof": 1}')
        (last,) = caller.rest()
    assert (last["text"], last["utterances"]) == ("", [])
