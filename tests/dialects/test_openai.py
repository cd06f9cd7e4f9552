"""OpenAI's transcriptions: its official client, in every format, and errors in its shape."""

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import srt
import webvtt
from msgspec.structs import replace

from sentivox.audio.files import AudioFile, write_wav
from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from sentivox.server.admission.auth import Keyring, new_token
from sentivox.server.http.live import LiveUtterances
from tests.server.serving import Running, client, serving, wait_for
from tests.store.made import BEGIN, said

openai = pytest.importorskip("openai")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def api(server: Running) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{server.http}/v1", api_key="any", max_retries=0) as found:
        yield found


@pytest.fixture(scope="module")
def document(server: Running) -> dict[str, Any]:
    """What POST /v1/analyze says of the sample call."""
    with client(server) as http:
        answer = http.post("/v1/analyze", params={"language": "auto", "words": "true"},
                           files={"file": ("call.flac", CALL.read_bytes())})  # fmt: skip
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def spoken(document: dict[str, Any]) -> list[dict[str, Any]]:
    every = [u for channel in document["channels"] for u in channel["utterances"]]
    return sorted((u for u in every if u["transcript"]), key=lambda u: (u["start"], u["channel"]))


@pytest.fixture(scope="module")
def text(spoken: list[dict[str, Any]]) -> str:
    return " ".join(u["transcript"] for u in spoken)


def transcribed(api: Any, **options: Any) -> Any:
    return api.audio.transcriptions.create(
        model="whisper-1", file=("call.flac", CALL.read_bytes(), "audio/flac"), **options
    )


def test_json(api: Any, text: str, document: dict[str, Any]) -> None:
    told = transcribed(api)
    assert told.text == text
    assert told.usage.seconds >= document["duration"]
    assert told.sentiment == document["summary"]["overall"]


def test_text_and_subtitles(api: Any, text: str, spoken: list[dict[str, Any]]) -> None:
    assert transcribed(api, response_format="text") == text + "\n"
    lines = list(srt.parse(transcribed(api, response_format="srt")))
    assert lines[0].start.total_seconds() == pytest.approx(spoken[0]["start"], abs=0.5)
    cues = webvtt.from_buffer(io.StringIO(transcribed(api, response_format="vtt")))
    assert len(cues) == len(lines)


def test_verbose_json_has_segments_and_words(
    api: Any, spoken: list[dict[str, Any]], document: dict[str, Any]
) -> None:
    told = transcribed(
        api, response_format="verbose_json", timestamp_granularities=["word", "segment"],
        language="en", prompt="A call.", temperature=0.2,
    )  # fmt: skip
    assert (told.language, told.duration) == ("english", document["duration"])
    assert [(s.start, s.end, s.text.strip()) for s in told.segments] == [
        (u["start"], u["end"], u["transcript"]) for u in spoken
    ]
    assert [s.sentiment["score"] for s in told.segments] == [u["fused_score"] for u in spoken]
    assert {s.speaker for s in told.segments} == {"channel 1", "channel 2"}
    assert [w.word for w in told.words] == [w["word"] for u in spoken for w in u["words"]]
    plain = transcribed(api, response_format="verbose_json")
    assert plain.words is None
    assert len(plain.segments) == len(spoken)


def test_diarized_json(api: Any, spoken: list[dict[str, Any]]) -> None:
    told = transcribed(api, response_format="diarized_json")
    assert [(s.text, s.speaker) for s in told.segments] == [
        (u["transcript"], f"channel {u['channel'] + 1}") for u in spoken
    ]


def test_in_pieces(api: Any, text: str, spoken: list[dict[str, Any]]) -> None:
    events = list(transcribed(api, stream=True))
    *deltas, done = events
    assert {e.type for e in deltas} == {"transcript.text.delta"}
    assert "".join(e.delta for e in deltas) == done.text == text
    assert [e.sentiment["score"] for e in deltas] == [u["fused_score"] for u in spoken]


def test_who_spoke_in_pieces(api: Any, spoken: list[dict[str, Any]]) -> None:
    events = list(transcribed(api, stream=True, response_format="diarized_json"))
    segments = [e for e in events if e.type == "transcript.text.segment"]
    assert [(s.text, s.speaker) for s in segments] == [
        (u["transcript"], f"channel {u['channel'] + 1}") for u in spoken
    ]
    assert events[-1].type == "transcript.text.done"


@pytest.mark.parametrize("channels", [1, 2])
def test_utterances_come_while_a_recording_is_analysed(channels: int) -> None:
    """Those of several channels, which are analysed one after the other, at the end in order."""
    begin = replace(BEGIN, config=replace(BEGIN.config, channels=channels))

    async def work() -> None:
        live, may_end = LiveUtterances(), threading.Event()

        def analyse() -> None:
            for event in (begin, said(0, 1, start=1.0), said(0, 2, start=9.0)):
                live.take(event)
            assert may_end.wait(300)
            live.take(said(channels - 1, 3, start=5.0))

        analysis = asyncio.create_task(asyncio.to_thread(analyse))
        found: list[int] = []
        if channels == 2:
            may_end.set()
        await live.begun(analysis)
        async for utterance in live.until(analysis):
            found.append(utterance.utterance_id)
            if len(found) == 2:
                assert analysis.done() == (channels == 2)
                may_end.set()
        assert found == ([1, 2, 3] if channels == 1 else [1, 3, 2])

    asyncio.run(work())


def test_a_client_that_leaves_ends_the_analysis(server: Running, tmp_path: Path) -> None:
    call = np.concatenate(list(AudioFile(CALL)), axis=1)
    write_wav(tmp_path / "long.wav", np.tile(call[1], 10))
    form: dict[str, Any] = {"data": {"model": "x", "stream": "true"},
            "files": {"file": (tmp_path / "long.wav").read_bytes()}}  # fmt: skip
    with client(server) as http:
        with http.stream("POST", "/v1/audio/transcriptions", **form) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            first = next(line for line in answer.iter_lines() if line.startswith("data: "))
            assert json.loads(first.removeprefix("data: "))["type"] == "transcript.text.delta"
        wait_for(lambda: len(server.server.service.uploads) == 0)


@pytest.mark.parametrize(
    ("options", "param", "why"),
    [
        ({"response_format": "docx"}, "response_format", "is none of json, text, srt"),
        ({"language": "klingon!"}, "language", "is not a tag"),
        ({"timestamp_granularities": ["letter"]}, "timestamp_granularities", "word, segment"),
        ({"file": ("a.wav", b"hello", "audio/wav")}, None, "a.wav"),
        ({"file": ("a.wav", b"", "audio/wav")}, None, "empty"),
    ],
)
def test_what_cannot_be(api: Any, options: dict[str, Any], param: str | None, why: str) -> None:
    given = {"model": "whisper-1", "file": ("call.flac", CALL.read_bytes()), **options}
    with pytest.raises(openai.BadRequestError) as caught:
        api.audio.transcriptions.create(**given)
    error = caught.value
    assert (error.status_code, error.param, error.type) == (400, param, "invalid_request_error")
    assert why in error.body["message"]


def test_a_key_that_is_wrong(engine: Engine) -> None:
    token = new_token()
    with serving(engine, keyring=Keyring.of([token])) as running:
        for key, fails in (("wrong", True), (token, False)):
            with openai.OpenAI(base_url=f"{running.http}/v1", api_key=key, max_retries=0) as api:
                if fails:
                    with pytest.raises(openai.AuthenticationError) as caught:
                        transcribed(api)
                    assert caught.value.code == "invalid_api_key"
                else:
                    assert transcribed(api).text


def test_no_form(server: Running) -> None:
    answer = httpx.post(f"{server.http}/v1/audio/transcriptions", json={}, trust_env=False)
    assert answer.status_code == 415
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


def test_a_server_that_does_not_speak_it(engine: Engine) -> None:
    with serving(engine, protocols=frozenset({"vosk"})) as running, client(running) as http:
        assert http.post("/v1/audio/transcriptions").status_code == 404
        assert http.post("/v1/listen").status_code == 404
        assert http.get("/vosk").status_code == 426
