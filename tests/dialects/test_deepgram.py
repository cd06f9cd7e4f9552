"""Deepgram's live API: its official clients, and answers in the shape that they expect."""

import hashlib
import json
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.exceptions import InvalidStatus

from sentivox.engine.engine import Engine
from sentivox.samples import CALL
from sentivox.server.admission.auth import Keyring, new_token
from tests.server.serving import Caller, Message, Running, client, only, pieces, serving, wait_for

LINEAR = "encoding=linear16&sample_rate=16000"


def call(server: Running, query: str = LINEAR, token: str | None = None) -> Caller:
    headers = {} if token is None else {"Authorization": f"Token {token}"}
    return Caller(f"ws://{server.address}/v1/listen?{query}", headers)


def finals(messages: list[Message]) -> list[Message]:
    return [m for m in only(messages, "Results") if m["is_final"]]


def words_of(result: Message) -> str:
    return result["channel"]["alternatives"][0]["transcript"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_official_python_client(server: Running, speech: bytes, ours: list[Message]) -> None:
    deepgram = pytest.importorskip("deepgram")
    from deepgram.core.events import EventType
    from deepgram.environment import DeepgramClientEnvironment

    ws = f"ws://{server.address}"
    there = DeepgramClientEnvironment(base=server.http, production=ws, agent=ws, agent_rest=ws)
    told: list[Any] = []
    failed: list[Any] = []
    client = deepgram.DeepgramClient(api_key="any", environment=there)
    asked = {"additional_query_parameters": {"sentiment": "true"}}
    with client.listen.v1.connect(
        model="nova-3", encoding="linear16", sample_rate=16_000, interim_results=True,
        vad_events=True, utterance_end_ms=1000, request_options=asked,
    ) as connection:  # fmt: skip
        connection.on(EventType.MESSAGE, told.append)
        connection.on(EventType.ERROR, failed.append)
        listening = threading.Thread(target=connection.start_listening)
        listening.start()
        for piece in pieces(speech, 8000):
            connection.send_media(piece)
        connection.send_keep_alive()
        connection.send_finalize()
        connection.send_close_stream()
        listening.join(300)
    assert failed == []
    final = [m for m in told if m.type == "Results" and m.is_final and not m.from_finalize]
    assert [m.channel.alternatives[0].transcript for m in final] == [
        u["transcript"] or "" for u in ours
    ]
    assert [m.channel.alternatives[0].sentiment_score for m in final] == [
        u["fused_score"] for u in ours
    ]
    first = final[0].channel.alternatives[0]
    assert [w.punctuated_word for w in first.words] == [w["word"] for w in ours[0]["words"]]
    assert first.words[0].word == first.words[0].punctuated_word.lower()
    assert [m.timestamp for m in told if m.type == "SpeechStarted"]
    assert len([m for m in told if m.type == "UtteranceEnd"]) == len(ours)
    metadata = told[-1]
    assert metadata.type == "Metadata"
    assert metadata.sha256 == hashlib.sha256(speech).hexdigest()
    assert metadata.duration == pytest.approx(len(speech) / 32_000, abs=0.001)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_recording_by_the_official_client(server: Running) -> None:
    deepgram = pytest.importorskip("deepgram")
    from deepgram.core.api_error import ApiError
    from deepgram.environment import DeepgramClientEnvironment

    there = DeepgramClientEnvironment(
        base=server.http, production=server.http, agent=server.http, agent_rest=server.http
    )
    with client(server) as http, httpx.Client(trust_env=False, timeout=300) as carrier:
        api = deepgram.DeepgramClient(api_key="any", environment=there, httpx_client=carrier)
        told = api.listen.v1.media.transcribe_file(
            request=CALL.read_bytes(), model="nova-3", sentiment=True, utterances=True
        )
        plain = api.listen.v1.media.transcribe_file(request=CALL.read_bytes(), model="nova-3")
        for wrong, options, why in (
            (b"hello", {}, "upload"),
            (b"", {}, "empty"),
            (CALL.read_bytes(), {"language": "klingon!"}, "is not a tag"),
        ):
            with pytest.raises(ApiError) as caught:
                api.listen.v1.media.transcribe_file(request=wrong, model="nova-3", **options)
            assert caught.value.status_code == 400
            assert why in caught.value.body["err_msg"]
        expected = http.post("/v1/analyze", params={"words": "true"},
                             content=CALL.read_bytes()).json()  # fmt: skip
    every = [u for channel in expected["channels"] for u in channel["utterances"]]
    spoken = sorted((u for u in every if u["transcript"]), key=lambda u: (u["start"], u["channel"]))
    assert (told.metadata.channels, told.metadata.duration) == (2, expected["duration"])
    assert told.metadata.sha256 == hashlib.sha256(CALL.read_bytes()).hexdigest()
    for number, channel in enumerate(told.results.channels):
        (alternative,) = channel.alternatives
        theirs = [u for u in spoken if u["channel"] == number]
        assert alternative.transcript == " ".join(u["transcript"] for u in theirs)
        assert len(alternative.words) == sum(len(u["words"]) for u in theirs)
    assert [(u.transcript, u.sentiment_score) for u in told.results.utterances] == [
        (u["transcript"], u["fused_score"]) for u in spoken
    ]
    segments = told.results.sentiments.segments
    assert [s.text for s in segments] == [u["transcript"] for u in spoken]
    assert segments[1].start_word == segments[0].end_word + 1
    assert told.results.sentiments.average.sentiment_score == pytest.approx(
        expected["summary"]["overall"]["mean_score"]
    )
    assert (plain.results.utterances, plain.results.sentiments) == (None, None)


JAVASCRIPT = """
const { DeepgramClient } = require("@deepgram/sdk");
const [host, file] = process.argv.slice(-2);
(async () => {
  const environment = { base: `http://${host}`, production: `ws://${host}`, agent: `ws://${host}` };
  const client = new DeepgramClient({ apiKey: "any", environment });
  const socket = await client.listen.v1.connect(
    { model: "nova-3", encoding: "linear16", sample_rate: 16000 });
  let last = "";
  socket.on("message", (message) => {
    last = message.type;
    console.log(JSON.stringify(message));
  });
  socket.on("close", ({ code }) => {
    if (last !== "Metadata") return; // connect() closes a socket that was only being opened
    console.log(JSON.stringify({ code }));
    process.exit(0);
  });
  socket.connect();
  await socket.waitForOpen();
  const audio = require("fs").readFileSync(file);
  for (let at = 0; at < audio.length; at += 8000) socket.sendMedia(audio.subarray(at, at + 8000));
  socket.sendCloseStream({ type: "CloseStream" });
})();
"""


def test_the_official_javascript_client(
    server: Running, speech: bytes, ours: list[Message], tmp_path: Path
) -> None:
    if shutil.which("npm") is None:
        pytest.skip("needs npm")
    installed = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "@deepgram/sdk@5.13.0"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if installed.returncode != 0:
        pytest.skip(f"npm cannot install the client: {installed.stderr[-200:]}")
    (tmp_path / "speech.raw").write_bytes(speech)
    done = subprocess.run(
        ["node", "-e", JAVASCRIPT, server.address, "speech.raw"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    *told, end = [json.loads(line) for line in done.stdout.splitlines()]
    assert [words_of(m) for m in finals(told)] == [u["transcript"] or "" for u in ours]
    assert end == {"code": 1000}


def test_two_channels_are_told_apart(server: Running, speech: bytes) -> None:
    mono = np.frombuffer(speech, np.int16)
    both = np.stack([mono * 0, mono], axis=1).astype(np.int16).tobytes()
    with call(server, f"{LINEAR}&channels=2&multichannel=true") as caller:
        messages = caller.finish(*pieces(both, 16_000))
    assert {tuple(m["channel_index"]) for m in finals(messages)} == {(1, 2)}
    assert messages[-1]["channels"] == 2


def test_sentiment_has_the_limits_of_their_recordings(
    server: Running, speech: bytes, ours: list[Message]
) -> None:
    with call(server) as caller:
        told = finals(caller.finish(*pieces(speech, 8000)))
    for result, utterance in zip(told, ours, strict=True):
        (alternative,) = result["channel"]["alternatives"]
        score = utterance["fused_score"]
        expected = "positive" if score > 1 / 3 else "negative" if score < -1 / 3 else "neutral"
        assert (alternative["sentiment"], alternative["sentiment_score"]) == (expected, score)
        assert alternative["sentivox"]["label"] == utterance["fused"]["label"]
        assert (result["start"], result["duration"]) == (
            utterance["start"], pytest.approx(utterance["end"] - utterance["start"], abs=0.001),
        )  # fmt: skip


def test_finalize_ends_the_utterance_and_says_so(server: Running, speech: bytes) -> None:
    with call(server, f"{LINEAR}&interim_results=true") as caller:
        caller.say("Finalize")
        nothing = caller.next()
        caller.send(speech[32_000 * 3 : 32_000 * 5])
        time.sleep(1.0)
        caller.say("Finalize")
        messages = [caller.next()]
        while not messages[-1]["from_finalize"]:
            messages.append(caller.next())
    assert (words_of(nothing), nothing["from_finalize"], nothing["is_final"]) == ("", True, True)
    assert messages[-1]["is_final"]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("", "name its encoding and sample_rate"),
        ("encoding=flac&sample_rate=16000", "encoding 'flac' is not known"),
        ("encoding=linear16&sample_rate=5", "sample_rate 5 is not supported"),
        ("encoding=linear16&sample_rate=many", "sample_rate"),
        (f"{LINEAR}&channels=7", "channels"),
        (f"{LINEAR}&endpointing=soon", "endpointing 'soon' is neither milliseconds nor false"),
        (f"{LINEAR}&language=%20", "language"),
    ],
)
def test_a_query_that_cannot_be(server: Running, query: str, why: str) -> None:
    with pytest.raises(InvalidStatus) as caught, call(server, query):
        pass
    answer = caught.value.response
    problem = json.loads(answer.body or b"")
    assert answer.status_code == 400
    assert why in problem["err_msg"]
    assert answer.headers["dg-error"] == problem["err_msg"]
    assert answer.headers["dg-request-id"] == problem["request_id"]


def test_their_authorization(engine: Engine, speech: bytes) -> None:
    token = new_token()
    with serving(engine, keyring=Keyring.of([token]), late_s=600.0) as running:
        with pytest.raises(InvalidStatus) as caught, call(running, token="wrong"):
            pass
        assert caught.value.response.status_code == 401
        assert json.loads(caught.value.response.body or b"")["err_code"] == "INVALID_AUTH"
        with call(running, token=token) as caller:
            assert finals(caller.finish(speech[: 32_000 * 6]))
        with running.call(LINEAR, path="/v1/listen", subprotocols=["token", token]) as caller:
            assert caller.finish()[-1]["type"] == "Metadata"


def test_a_full_server_says_when_to_come_back(engine: Engine) -> None:
    with (
        serving(engine, max_streams=1) as running,
        call(running),
        pytest.raises(InvalidStatus) as caught,
        call(running),
    ):
        pass
    answer = caught.value.response
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("text", "code"),
    [("hello", 1008), ("[1]", 1008), ('{"type": 5}', 1008)],
)
def test_text_that_is_no_message(server: Running, text: str, code: int) -> None:
    with call(server) as caller:
        caller.say_text(text)
        assert caller.rest() == []
        assert caller.code == code
        assert caller.reason.startswith("DATA-0000: ")


def test_unknown_messages_are_ignored(server: Running, speech: bytes) -> None:
    with call(server) as caller:
        caller.say("Configure", thresholds={})
        assert finals(caller.finish(speech[: 32_000 * 6]))


def test_silence_on_the_line_ends_a_stream(engine: Engine) -> None:
    with serving(engine, idle_timeout_s=0.3) as running, call(running) as caller:
        assert caller.rest() == []
        assert caller.code == 1011
        assert caller.reason.startswith("NET-0001: no audio and no KeepAlive for 0.3 s")


def test_a_message_that_is_too_big(engine: Engine) -> None:
    with serving(engine, max_frame_bytes=1000) as running, call(running) as caller:
        caller.send(bytes(1001))
        assert caller.rest() == []
        assert caller.code == 1009


def test_a_client_that_vanishes_frees_its_place(engine: Engine, speech: bytes) -> None:
    with serving(engine, max_streams=1) as running:
        with call(running) as caller:
            caller.send(speech[:64_000])
            caller.socket.socket.close()
        wait_for(lambda: len(running.server.service.sessions) == 0)
