"""Stored conversations by REST: kept as they come, seen by their owners, corrected and erased."""

import csv
import gc
import io
import math
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from msgspec import convert

from sentivox.conversation.escalation import Escalation
from sentivox.engine.engine import Engine
from sentivox.protocol.begin import Models
from sentivox.samples import CALL
from sentivox.server.admission.auth import ADMIN, Keyring, new_token, token_hash
from sentivox.store.database import Database
from tests.server.serving import (
    Message,
    Running,
    call_audio,
    client,
    content,
    only,
    pieces,
    serving,
    wait_for,
)
from tests.server.test_pressure import RawCaller
from tests.server.test_process import sentivox
from tests.store.conftest import filled, within
from tests.store.made import said, session

ALICE, BOB, CHIEF = new_token(), new_token(), new_token()


@pytest.fixture(scope="module")
def keeping(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that keeps conversations of two holders, and their audio."""
    folder = tmp_path_factory.mktemp("kept")
    names = ((ALICE, "alice"), (BOB, "bob"), (CHIEF, f"{ADMIN}chief"))
    (folder / "tokens").write_text("".join(f"{token_hash(t)} {name}\n" for t, name in names))
    with serving(
        engine,
        store=f"sqlite:///{folder}/calls.db",
        save_audio=folder / "audio",
        keyring=Keyring.read(folder / "tokens"),
        late_s=600.0,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def alice(keeping: Running) -> Iterator[httpx.Client]:
    with client(keeping, ALICE) as http:
        yield http


@pytest.fixture(scope="module")
def bob(keeping: Running) -> Iterator[httpx.Client]:
    with client(keeping, BOB) as http:
        yield http


@pytest.fixture(scope="module")
def told(keeping: Running, alice: httpx.Client, speech: bytes) -> list[Message]:
    """What Alice was told of a stream, which is stored by now."""
    query = "tags=team:sales,spring&channel_names=Ms%20Li"
    with keeping.call(query, Authorization=f"Bearer {ALICE}") as caller:
        messages = caller.finish(speech)
    wait_for(lambda: one(alice, messages[0]["session_id"])["session"]["ended"])
    return messages


@pytest.fixture(scope="module")
def session_id(told: list[Message]) -> str:
    return told[0]["session_id"]


def one(http: httpx.Client, session_id: str) -> dict[str, Any]:
    """The document of a session; empty while it is not there."""
    answer = http.get(f"/v1/sessions/{session_id}")
    return answer.json() if answer.is_success else {"session": {"ended": None}}


def ids(http: httpx.Client, **wanted: Any) -> list[str]:
    answer = http.get("/v1/sessions", params=wanted)
    assert answer.is_success, answer.text
    return [each["id"] for each in answer.json()["sessions"]]


def problem(answer: httpx.Response) -> str:
    detail = answer.json()["detail"]
    assert "\n" not in detail
    return f"{answer.status_code} {detail}"


def test_a_stream_is_kept_as_its_client_heard_it(
    alice: httpx.Client, told: list[Message], session_id: str
) -> None:
    found = alice.get(f"/v1/sessions/{session_id}/events").json()["events"]
    latest = {u["utterance_id"]: u for u in only(told, "Utterance")}  # the last revision of each
    assert only(found, "Utterance") == list(latest.values())
    assert only(found, "Begin") == only(told, "Begin")
    assert content(only(found, "Summary")) == content(only(told, "Summary"))


def test_a_session_is_the_document_of_analyze(
    alice: httpx.Client, told: list[Message], session_id: str
) -> None:
    document = one(alice, session_id)
    (channel,) = document["channels"]
    assert (channel["name"], len(channel["utterances"])) == ("Ms Li", 2)
    assert document["duration"] == only(told, "Termination")[0]["audio_seconds"]
    about = document["session"]
    assert (about["owner"], about["source"], about["outcome"]) == ("alice", "stream", "closed")
    assert (about["tags"], about["utterances"]) == (["spring", "team:sales"], 2)
    assert len(about["mood"]) == 2


def test_live_tone_comes_with_each_utterance(
    alice: httpx.Client, told: list[Message], session_id: str
) -> None:
    for kept in alice.get(f"/v1/sessions/{session_id}/utterances").json()["utterances"]:
        live = [w for w in only(told, "AudioSentiment")
                if w["utterance_id"] == kept["utterance_id"]]  # fmt: skip
        assert [(w["start"], w["end"]) for w in kept["tone"]] == [
            (w["start"], w["end"]) for w in live
        ]
        for packed, window in zip(kept["tone"], live, strict=True):
            for name, p in window["emotions"].items():
                assert packed["emotions"][name] == pytest.approx(p, abs=0.003)


def test_an_upload_is_kept_too(alice: httpx.Client) -> None:
    answer = alice.post("/v1/analyze", files={"file": ("call.flac", CALL.read_bytes())},
                        params={"tags": "upload"}).json()  # fmt: skip
    session_id = answer["session_id"]
    wait_for(lambda: one(alice, session_id)["session"]["ended"])
    document = one(alice, session_id)
    assert (document["file"], document["session"]["source"]) == ("call.flac", "upload")
    assert document["channels"] == answer["channels"]
    assert ids(alice, tag="upload", source="upload") == [session_id]


def test_what_was_fitted_to_the_store_is_told(
    engine: Engine, told: list[Message], tmp_path: Path
) -> None:
    address = f"sqlite:///{tmp_path}/calls.db"
    models = convert(only(told, "Begin")[0]["models"], Models)
    fitted = Escalation(bias=-1.0, weights=(-1.0, 0.0, 0.0, 0.0), models=models)

    async def fill(database: Database) -> None:
        store = await filled(database)
        await store.set_escalation(fitted)

    within(address, fill)
    with serving(engine, store=address, late_s=600.0) as running, client(running) as http:
        service = running.server.service
        wait_for(lambda: service.keeping is not None and service.keeping.escalation == fitted)
        with running.call("channels=2") as caller:
            messages = caller.finish(*pieces(call_audio(0.0, 60.0, None), 64_000))
        session_id = messages[0]["session_id"]
        wait_for(lambda: one(http, session_id)["session"]["ended"])
        live, stored = only(messages, "Summary")[-1], one(http, session_id)["summary"]
        uploaded = http.post("/v1/analyze", files={"file": ("call.flac", CALL.read_bytes())}).json()
    assert live["escalation"] is not None
    expected = 1 / (1 + math.exp(1 + live["overall"]["mean_score"]))
    assert live["escalation"] == stored["escalation"] == pytest.approx(expected, abs=1e-3)
    assert 0 < uploaded["summary"]["escalation"] < 1


def test_only_the_owner_and_administrators_see_it(
    keeping: Running, bob: httpx.Client, session_id: str
) -> None:
    assert session_id not in ids(bob)
    for path in ("", "/events", "/utterances", "/utterances/0/1/audio"):
        assert bob.get(f"/v1/sessions/{session_id}{path}").status_code == 404
    assert bob.patch(f"/v1/sessions/{session_id}", json={"note": "mine"}).status_code == 404
    assert bob.delete(f"/v1/sessions/{session_id}").status_code == 404
    label = f"/v1/sessions/{session_id}/utterances/0/1/label"
    assert bob.post(label, json={"label": "neutral"}).status_code == 404
    assert session_id not in bob.get("/v1/sessions/export").text
    with client(keeping, CHIEF) as chief:
        assert session_id in ids(chief)
        assert chief.get(f"/v1/sessions/{session_id}/utterances/0/1/audio").is_success
    with client(keeping) as nobody:
        assert nobody.get("/v1/sessions").status_code == 401


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("colour=red", "colour: there is no such parameter"),
        ("cursor=rubbish", "this cursor is none of this server's"),
        ("min_score=2", "min_score: Input should be less than or equal to 1"),
        ("label=angry", "label: Input should be 'negative', 'neutral', 'positive' or 'unclear'"),
        ("since=yesterday", "since: Input should be a valid datetime"),
        ("since=2026-11-01T00:00", "since: Input should have timezone info"),
        ("limit=0", "limit: Input should be greater than or equal to 1"),
        ("q=" + "a" * 501, "q: String should have at most 500 characters"),
    ],
)
def test_a_filter_that_cannot_be(alice: httpx.Client, query: str, message: str) -> None:
    assert problem(alice.get(f"/v1/sessions?{query}")).startswith(f"422 {message}")


def test_words_are_found(alice: httpx.Client, told: list[Message], session_id: str) -> None:
    word = only(told, "Utterance")[-1]["transcript"].split()[0]
    assert session_id in ids(alice, q=word.upper())
    assert session_id in ids(alice, speaker="Ms Li", tag=["team:sales", "spring"])
    assert ids(alice, q="antidisestablishmentarianism") == []


def test_a_person_knows_better(alice: httpx.Client, session_id: str) -> None:
    label = f"/v1/sessions/{session_id}/utterances/0/1/label"
    assert alice.post(label, json={"label": "unclear"}).status_code == 204
    (correction,) = one(alice, session_id)["corrections"]
    assert (correction["label"], correction["author"]) == ("unclear", "alice")
    assert session_id in ids(alice, label="unclear")
    rows = list(csv.DictReader(io.StringIO(
        alice.get("/v1/sessions/export", params={"format": "csv", "tag": "spring"}).text
    )))  # fmt: skip
    assert [(row["session_id"], row["corrected"]) for row in rows] == [
        (session_id, "unclear"), (session_id, ""),
    ]  # fmt: skip
    assert alice.post(label, json={"label": None}).status_code == 204
    assert one(alice, session_id)["corrections"] == []
    assert problem(alice.post(label, json={"label": "angry"})).startswith("422 label")
    assert alice.post(label.replace("/1/", "/9/"), json={"label": None}).status_code == 404


def test_export_as_parquet(alice: httpx.Client, session_id: str) -> None:
    data = alice.get("/v1/sessions/export", params={"format": "parquet", "tag": "spring"}).content
    table = pq.read_table(io.BytesIO(data))
    assert table.column("session_id").to_pylist() == [session_id] * 2
    assert table.schema.field("score").type == "double"


def test_tags_and_note_are_replaced(alice: httpx.Client, session_id: str) -> None:
    path = f"/v1/sessions/{session_id}"
    assert alice.patch(path, json={"note": "call back"}).status_code == 204
    about = one(alice, session_id)["session"]
    assert (about["note"], about["tags"]) == ("call back", ["spring", "team:sales"])
    assert problem(alice.patch(path, json={"tags": ["a,b"]})).startswith("422 tags.0")
    assert problem(alice.patch(path, json={"colour": "red"})).startswith("422 colour: there is no")


def test_names_are_given(alice: httpx.Client, bob: httpx.Client, session_id: str) -> None:
    path = f"/v1/sessions/{session_id}"

    def named(*names: str) -> httpx.Response:
        given = [{"channel": channel, "name": name} for channel, name in enumerate(names)]
        return alice.patch(path, json={"names": given})

    before = [each["name"] for each in one(alice, session_id)["names"]]
    assert named("Frau Öz").status_code == 204
    assert one(alice, session_id)["session"]["speakers"][0] == "Frau Öz"
    assert session_id in ids(alice, speaker="Frau Öz")
    assert "Frau Öz" in alice.get(f"{path}/report").text
    assert problem(named("a,b")).startswith("422 names takes a name for each channel")
    assert problem(named("a", "b")).startswith("422 names: this conversation has no channel 1")
    assert problem(alice.patch(path, json={"names": [{"channel": -1, "name": "a"}]})).startswith(
        "422 names.0.channel"
    )
    assert bob.patch(path, json={"names": []}).status_code == 404
    assert named("").status_code == 204
    assert [each["name"] for each in one(alice, session_id)["names"]] == before


def test_audio_by_range(alice: httpx.Client, session_id: str) -> None:
    path = f"/v1/sessions/{session_id}/utterances/0/1/audio"
    wait_for(lambda: alice.get(path).is_success)
    assert one(alice, session_id)["audio"] is True
    part = alice.get(path, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")
    assert alice.get(path.replace("/1/audio", "/7/audio")).status_code == 404


def test_erased_means_erased(keeping: Running, alice: httpx.Client, speech: bytes) -> None:
    with keeping.call("tags=brief", Authorization=f"Bearer {ALICE}") as caller:
        session_id = caller.next()["session_id"]
        assert problem(alice.delete(f"/v1/sessions/{session_id}")).startswith("409")
        messages = caller.finish(speech)
    assert only(messages, "Utterance")
    assert alice.delete(f"/v1/sessions/{session_id}").status_code == 204
    assert one(alice, session_id)["session"]["ended"] is None
    folder = keeping.server.service.settings.save_audio
    assert folder is not None
    assert not (folder / session_id).exists()
    assert alice.delete("/v1/sessions", params={"tag": "brief"}).json() == {"erased": []}


def test_a_page_of_elsewhere_may_not_erase(alice: httpx.Client, session_id: str) -> None:
    theirs = {"Origin": "https://evil.example"}
    assert alice.delete(f"/v1/sessions/{session_id}", headers=theirs).status_code == 403
    assert alice.patch(f"/v1/sessions/{session_id}", json={}, headers=theirs).status_code == 403


def test_a_server_without_a_store_says_so(http: httpx.Client) -> None:
    for path in ("/v1/sessions", "/v1/sessions/abc", "/v1/sessions/export"):
        assert "start it with --store sqlite:///calls.db" in problem(http.get(path))


def test_its_state_is_a_metric(alice: httpx.Client, told: list[Message]) -> None:
    assert told
    text = alice.get("/metrics").text
    assert "sentivox_store_away 0.0" in text
    assert "sentivox_store_refused_total 0.0" in text


def test_a_client_that_vanishes_leaves_what_it_said(
    engine: Engine, tmp_path: Path, sentence: bytes
) -> None:
    store = f"sqlite:///{tmp_path}/calls.db"
    with serving(engine, store=store, resume_s=0.0, late_s=600.0) as running:
        with RawCaller(running, "modalities=audio&channel_names=Ms%20Li") as gone:
            gone.send(sentence)
            sessions = running.server.service.sessions
            wait_for(lambda: [c for c in sessions.conversations if c.heard_s >= 3])
        with client(running) as http:

            def ended() -> list[dict[str, Any]]:
                return [
                    each for each in http.get("/v1/sessions").json()["sessions"] if each["ended"]
                ]

            wait_for(ended)
            (about,) = ended()
    assert (about["outcome"], about["speakers"]) == ("disconnected", ["Ms Li"])
    assert set(about["headline"]) == {"en", "zh"}


def test_a_store_that_cannot_be_used_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "calls.db").write_bytes(b"something else, and long enough for a page" * 100)
    done = sentivox("serve", "--port", "0", "--profile", "embedded",
                    "--store", f"sqlite:///{tmp_path}/calls.db")  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.endswith("calls.db cannot be used: file is not a database\n")


def test_streams_go_on_while_the_database_is_away(
    engine: Engine, tmp_path: Path, sentence: bytes
) -> None:
    settings: dict[str, Any] = {
        "store": "postgresql://user@127.0.0.1:1/calls",
        "store_spill": tmp_path / "spill",
    }
    with serving(engine, **settings) as running:
        with running.call() as caller:
            assert only(caller.finish(sentence), "Utterance")
        with client(running) as http:
            wait_for(lambda: "sentivox_store_waiting 0.0" in http.get("/metrics").text)
            assert "sentivox_store_away 1.0" in http.get("/metrics").text
            assert problem(http.get("/v1/sessions")).startswith("503 postgresql://user@127.0.0.1:1")
    (left,) = (tmp_path / "spill").iterdir()
    assert b'"kind":"said"' in left.read_bytes()
    assert b'"kind":"ended"' in left.read_bytes()


def test_clients_that_leave_in_the_middle_leave_nothing_behind(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"sqlite:///{tmp_path}/calls.db"
    changes = [c for n in range(60) for c in session(f"s{n}", *(said(0, i) for i in range(9)))]
    within(address, lambda database: filled(database, *changes))
    before = threading.active_count()
    with serving(engine, store=address) as running:
        host, port = running.address.split(":")
        paths = ("export?format=csv", "export?format=jsonl", "s7/report", "s7", "trend?by=tag")
        for number, path in enumerate(paths * 20):
            with socket.create_connection((host, int(port))) as gone:
                gone.sendall(f"GET /v1/sessions/{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                time.sleep(0.004 * (number % 6))
        with client(running) as http:
            assert len(ids(http, limit=100)) == 60
    gc.collect()
    assert "Task was destroyed" not in caplog.text
    assert threading.active_count() <= before
