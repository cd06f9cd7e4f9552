"""The protocol as a promise: golden messages, and a document that says what is really sent."""

import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator

from sentivox.protocol.asyncapi import QUERY, document, message_types
from sentivox.protocol.commands import CloseStream, Control
from sentivox.protocol.events import (
    PROTOCOL_VERSION,
    SpeechEnded,
    Summary,
    Utterance,
    decode,
    encode,
)
from sentivox.server.dialects.v1 import parse
from sentivox.server.negotiation import PARAMETERS
from tests.server.serving import Message, Running

GOLDEN = Path(__file__).parent / "golden"
SAID, HEARD = message_types()


def golden(side: str, kind: type) -> Message:
    """A message as every later version must understand it."""
    return json.loads((GOLDEN / side / f"{kind.__name__}.json").read_text())


def validator(name: str) -> Draft202012Validator:
    """Checks a message of this type by the published schema."""
    schemas = document()["components"]["schemas"]
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    return Draft202012Validator(whole)


@pytest.mark.parametrize("kind", SAID)
def test_a_message_reads_as_it_always_did(kind: type[msgspec.Struct]) -> None:
    message = golden("server", kind)
    event = decode(json.dumps(message))
    assert type(event) is kind
    assert json.loads(encode(event)) == message
    validator(kind.__name__).validate(message)


def test_an_end_of_speech_of_an_older_server_reads_too() -> None:
    message = golden("server", SpeechEnded)
    older = {name: value for name, value in message.items() if name != "start"}
    assert json.loads(encode(decode(json.dumps(older)))) == older | {"start": 0.0}


@pytest.mark.parametrize("kind", SAID)
def test_a_message_may_gain_fields(kind: type[msgspec.Struct]) -> None:
    """What a later server adds, this client passes over."""
    message = golden("server", kind)
    assert decode(json.dumps(message | {"novelty": {"a": 1}})) == decode(json.dumps(message))


def test_an_utterance_of_an_older_server_reads_too() -> None:
    message = golden("server", Utterance)
    later = {"emotion": None, "events": [], "speaker": None}
    older = {name: value for name, value in message.items() if name not in later}
    event = decode(json.dumps(older))
    assert json.loads(encode(event)) == older | later


def test_a_summary_of_before_it_told_a_story_still_reads() -> None:
    message = golden("server", Summary)
    for part in (message["overall"], *message["channels"]):
        for name in ("mood", "talk_ratio", "interruptions"):
            del part[name]
    for name in ("mood", "turning_points", "interruptions"):
        del message[name]
    event = decode(json.dumps(message))
    assert isinstance(event, Summary)
    assert event.overall.mood is None
    assert event.turning_points == []
    validator("Summary").validate(message)


def test_a_summary_of_before_it_had_a_headline_still_reads() -> None:
    message = golden("server", Summary)
    del message["headline"]
    for point in message["turning_points"]:
        del point["start"], point["weight"]
    event = decode(json.dumps(message))
    assert isinstance(event, Summary)
    assert event.headline is None
    assert [(p.start, p.weight) for p in event.turning_points] == [(None, None)] * len(
        event.turning_points
    )
    validator("Summary").validate(message)


def test_a_summary_of_before_it_had_figures_of_talk_still_reads() -> None:
    message = golden("server", Summary)
    later = ("longest_monologue", "patience", "questions", "words_per_minute",
             "start_score", "end_score", "score_shift")  # fmt: skip
    for part in (message["overall"], *message["channels"], *message["speakers"]):
        for name in later:
            del part[name]
    for name in ("silence_seconds", "silence_ratio", "longest_silence", "escalation"):
        del message[name]
    event = decode(json.dumps(message))
    assert isinstance(event, Summary)
    assert [getattr(event.overall, name) for name in later] == [None] * len(later)
    assert (event.silence_seconds, event.silence_ratio, event.longest_silence) == (0, None, None)
    assert event.escalation is None
    validator("Summary").validate(message)


@pytest.mark.parametrize("kind", HEARD)
def test_a_control_message_reads_as_it_always_did(kind: type[msgspec.Struct]) -> None:
    message = golden("client", kind)
    control = parse(json.dumps(message))
    assert type(control) is kind
    assert json.loads(msgspec.json.encode(control)) == message
    assert parse(json.dumps(message | {"novelty": [1]})) == control
    validator(kind.__name__).validate(message)


def test_synonyms_of_goodbye_stay() -> None:
    said: list[Control] = [parse('{"type":"Terminate"}'), parse('{"eof":1}')]
    assert said == [CloseStream(), CloseStream()]


def test_every_golden_file_is_of_a_message() -> None:
    for side, kinds in (("server", SAID), ("client", HEARD)):
        assert {p.stem for p in (GOLDEN / side).iterdir()} == {k.__name__ for k in kinds}


def test_what_is_sent_is_what_the_document_says(server: Running, sentence: bytes) -> None:
    with server.call("interim=true") as caller:
        caller.say("Configure", alerts=[{"name": "talk", "monologue": {"for_s": 0.5}}])
        caller.say("Sing")
        caller.socket.send("nonsense")
        pause = round(3.15 * 32_000)  # what is said is over, and the utterance is not
        caller.send(sentence[:pause])
        messages = [*caller.until("InterimTranscript"), *caller.finish(sentence[pause:])]
    seen = {message["type"] for message in messages}
    assert seen == {kind.__name__ for kind in SAID}
    schemas = document()["components"]["schemas"]
    for message in messages:
        validator(message["type"]).validate(message)
        assert set(message) == set(schemas[message["type"]]["properties"])


def test_the_document_is_whole(http: httpx.Client) -> None:
    served: dict[str, Any] = http.get("/asyncapi.json").json()
    assert served == json.loads(json.dumps(document()))
    assert served["asyncapi"] == "3.0.0"
    assert served["info"]["version"] == PROTOCOL_VERSION
    assert set(QUERY) == PARAMETERS
    for ref in references(served):
        found: Any = served
        for step in ref.removeprefix("#/").split("/"):
            found = found[step]
        assert found
    for schema in served["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    spoken = {"receive": {*HEARD}, "send": {*SAID}}
    for action, kinds in spoken.items():
        operation = served["operations"][action]
        assert operation["action"] == action
        named = {ref["$ref"].rpartition("/")[2] for ref in operation["messages"]}
        assert named - {"Audio"} == {kind.__name__ for kind in kinds}


def references(node: Any) -> list[str]:
    """Every $ref in a document."""
    if isinstance(node, list):
        return [ref for item in node for ref in references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [ref for item in node.values() for ref in references(item)]
