"""Every option has the same name and default wherever it can be asked for: that of its schema."""

import inspect
import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import click
import msgspec
import pytest
from jsonschema import Draft202012Validator

import sentivox
from sentivox import client
from sentivox.cli import main
from sentivox.client.address import stream_url
from sentivox.client.microphone import play_microphone
from sentivox.errors import ProtocolError
from sentivox.protocol.asyncapi import QUERY, document
from sentivox.protocol.begin import Applied
from sentivox.protocol.commands import Configure
from sentivox.protocol.option_values import (
    Schema,
    check_options,
    option_text,
    options,
    read_options,
)
from sentivox.protocol.options import (
    CONFIGURED_S,
    AnalysisOptions,
    Endpointing,
    LiveOptions,
    RecordingOptions,
    StreamOptions,
    StreamQuery,
)
from sentivox.server.dialects.v1 import parse
from sentivox.server.http.options import OPTIONS, UploadOptions
from sentivox.server.negotiation import configured, from_query
from sentivox.speech.endpointing import EndpointConfig
from sentivox.stream.config import StreamConfig

Entry = dict[str, Any]
"""Names that an entry point takes, each with its default."""

UNSAID = None
"""The default of what is left to the server, or not changed."""


def struct(kind: type[msgspec.Struct]) -> Callable[[], Entry]:
    return lambda: {field.name: field.default for field in msgspec.structs.fields(kind)}


def published(schemas: Callable[[], dict[str, Any]]) -> Callable[[], Entry]:
    return lambda: {name: schema.get("default") for name, schema in schemas().items()}


def dataclass(kind: type) -> Callable[[], Entry]:
    return lambda: {field.name: field.default for field in fields(kind)}


def component(name: str) -> Callable[[], Entry]:
    return published(lambda: document()["components"]["schemas"][name]["properties"])


WIRE: dict[str, tuple[Schema, Callable[[], Entry]]] = {
    "the query, in AsyncAPI": (StreamQuery, published(lambda: QUERY)),
    "Configure": (LiveOptions, struct(Configure)),
    "Configure, in AsyncAPI": (LiveOptions, component("Configure")),
    "Begin.config": (StreamOptions, struct(Applied)),
    "Begin.config, in AsyncAPI": (StreamOptions, component("Applied")),
    "POST /v1/analyze, in OpenAPI": (RecordingOptions, published(lambda: OPTIONS)),
    "StreamConfig": (LiveOptions, dataclass(StreamConfig)),
    "EndpointConfig": (Endpointing, dataclass(EndpointConfig)),
}


def signature(schema: Schema, function: Callable[..., Any]) -> Callable[[], Entry]:
    """Keyword arguments, and none of those that say whose models, which server or what audio."""
    parameters = inspect.signature(function).parameters.values()
    known = options(LiveOptions).keys() | options(schema).keys()
    return lambda: {p.name: p.default for p in parameters if p.name in known}


def flags(command: str) -> Callable[[], Entry]:
    def entry() -> Entry:
        found = main.get_command(click.Context(main), command)
        assert found is not None
        known = options(StreamOptions)
        return {p.name: p.default for p in found.params if p.name in known}

    return entry


def javascript() -> Entry:
    """What sentivox.js asks a server for: a literal, but for the names, which JSON quotes."""
    source = (Path(sentivox.__file__).parent / "server/static/sentivox.js").read_text("utf-8")
    literal = re.search(r"^const ASKED = (\{.*?\});$", source, re.DOTALL | re.MULTILINE)
    assert literal is not None
    text = re.sub(r"//.*", "", literal[1])
    text = re.sub(r"(\w+):", r'"\1":', re.sub(r",\s*\}", "}", text))
    return {
        re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", n): d for n, d in json.loads(text).items()
    }


SIGNATURES: dict[str, tuple[Schema, Callable[..., Any]]] = {
    "sentivox.Analyzer": (LiveOptions, sentivox.Analyzer),
    "sentivox.analyze": (AnalysisOptions, sentivox.analyze),
    "connect": (StreamOptions, client.connect),
    "stream_audio": (StreamOptions, client.stream_audio),
    "stream_file": (LiveOptions, client.stream_file),
    "play_file": (LiveOptions, client.play_file),
    "play_microphone": (LiveOptions, play_microphone),
    "ClientStream.configure": (LiveOptions, client.ClientStream.configure),
}
PROGRAMS: dict[str, tuple[Schema, Callable[[], Entry]]] = {
    "sentivox analyze": (AnalysisOptions, flags("analyze")),
    "sentivox listen": (LiveOptions, flags("listen")),
    "sentivox.js": (StreamOptions, javascript),
}
ENTRIES = (
    WIRE
    | PROGRAMS
    | {name: (each, signature(each, call)) for name, (each, call) in SIGNATURES.items()}
)
WITHOUT = {"sentivox.js": {"encoding"}}  # it sends Int16Array
MORE = {
    "Configure": {"endpointing", "alerts"},
    "Configure, in AsyncAPI": {"type", "endpointing", "alerts"},
    "StreamConfig": {"endpoint", "tone_hop_s", "tone_window_s", "speculate", "speakers", "alerts",
                     "calibration", "escalation"},
}  # fmt: skip
"""What an entry point takes beyond the schema, or lacks of it."""


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_point_takes_every_option_by_its_name_and_default(name: str) -> None:
    schema, entry = ENTRIES[name]
    known, taken = options(schema), entry()
    assert taken.keys() == known.keys() - WITHOUT.get(name, set()) | MORE.get(name, set())
    for option in (known[name] for name in known.keys() & taken.keys()):
        default = taken[option.name]
        assert default is UNSAID or same(default) == same(option.default), option


def same(default: object) -> list[str]:
    """What is the same by default is the same text, in whatever order several values are."""
    return sorted(option_text(default).split(","))


ASKED = {
    "language": ("zh-CN", "zh"),
    "modalities": ("audio", frozenset({"audio"})),
    "min_confidence": ("0.5", 0.5),
    "baseline": ("false", False),
    "chinese_script": ("original", "original"),
    "words": ("true", True),
    "interim": ("true", True),
    "live_voice": ("true", True),
    "channel_names": ("Ms Li, 张先生", ("Ms Li", "张先生")),
    "roles": ("agent,customer", ("agent", "customer")),
    "tags": ("team:sales,spring", ("team:sales", "spring")),
}
"""Another value than the default, as text, and as it is applied."""


@pytest.mark.parametrize("name", options(LiveOptions))
def test_what_is_asked_for_is_applied_however_it_is_asked(name: str) -> None:
    text, value = ASKED[name]
    assert getattr(from_query({name: text}, StreamConfig()).config, name) == value
    asked = read_options(LiveOptions, {name: text})
    message = parse(msgspec.json.encode({"type": "Configure", **asked}).decode())
    assert isinstance(message, Configure)
    assert getattr(configured(message, StreamConfig()), name) == value
    if name in options(AnalysisOptions):
        assert getattr(UploadOptions([(name, text)]).asked(StreamConfig()).config, name) == value


@pytest.mark.parametrize("name", options(LiveOptions))
def test_a_client_asks_in_the_words_that_a_server_reads(name: str) -> None:
    _, value = ASKED[name]
    query = dict(parse_qsl(urlsplit(stream_url("ws://host", **{name: value})).query))
    assert getattr(from_query(query, StreamConfig()).config, name) == value


def test_what_a_client_leaves_to_the_server_is_the_operators_choice() -> None:
    address = stream_url("ws://host", language=None, words=False, baseline=None, interim=None)
    assert urlsplit(address).query == "language=auto&words=false"
    address = stream_url("ws://host", modalities=[], channel_names=[], roles=None)
    assert urlsplit(address).query == "modalities="  # which the server refuses


WRONG = [
    (StreamQuery, "modalities", "smell", "modalities takes text, audio or text,audio, not 'smell'"),
    (StreamQuery, "modalities", "text,", "modalities takes text, audio or text,audio"),
    (StreamQuery, "modalities", "", "modalities takes text, audio or text,audio"),
    (StreamQuery, "min_confidence", "2", "min_confidence must be between 0 and 1, not 2"),
    (StreamQuery, "min_confidence", "nan", "min_confidence must be between 0 and 1, not nan"),
    (StreamQuery, "min_confidence", "high", "min_confidence 'high' is not a number from 0 to 1"),
    (StreamQuery, "baseline", "on", "baseline 'on' is neither true nor false"),
    (StreamQuery, "language", "en\n", "language 'en\\n' is not a tag such as en, zh-CN or auto"),
    (StreamQuery, "chinese_script", "x" * 99, "chinese_script takes simplified, traditional, orig"),
    (StreamQuery, "channel_names", "", "channel_names takes a name for each channel, such as"),
    (StreamQuery, "channel_names", " , ", "channel_names takes a name for each channel"),
    (StreamQuery, "channel_names", "Agent,", "or other commas, not 'Agent,'"),
    (StreamQuery, "channel_names", "A\x07,B", "or other commas, not 'A\\x07,B'"),
    (StreamQuery, "channel_names", "A\x1bB", "or other commas, not 'A\\x1bB'"),
    (StreamQuery, "channel_names", "\u202eA,B", "or other commas, not '\\u202eA,B'"),
    (StreamQuery, "channel_names", "\udcff,B", "or other commas, not '\\udcff,B'"),
    (StreamQuery, "channel_names", "Agent, agent", "has the same value twice: each must differ"),
    (StreamQuery, "channel_names", "A,B,C", "channel_names takes at most 2 values, not 3"),
    (
        StreamQuery,
        "channel_names",
        "A," + "x" * 41,
        "takes at most 40 characters each, not 41: 'xx",
    ),
    (StreamQuery, "roles", "agent,boss", "roles takes agent, customer or other for each channel"),
    (StreamQuery, "tags", "a,,b", "tags takes up to 16 different tags"),
    (StreamQuery, "tags", "a,A", "tags 'a,A' has the same value twice"),
    (StreamQuery, "roles", "", "such as agent,customer, not ''"),
    (StreamQuery, "roles", "agent,agent,agent", "roles takes at most 2 values, not 3"),
    (StreamQuery, "sample_rate", "1e4", "sample_rate '1e4' is not a whole number"),
    (StreamQuery, "sample_rate", "9" * 4000, "is not a whole number"),
    (StreamQuery, "last_seq", "-1", "last_seq '-1' is not a whole number"),
    (RecordingOptions, "channels", "both", "channels 'both' is neither split nor mix"),
    (RecordingOptions, "track", "0", "track '0' is neither a number from 1 nor all"),
    (RecordingOptions, "filename", "", "filename takes 1 to 255 characters"),
    (Endpointing, "threshold", "0", "threshold must be between 0 (itself not allowed) and 1"),
]


@pytest.mark.parametrize(("schema", "name", "text", "says"), WRONG)
def test_a_wrong_value_is_refused_in_one_line(
    schema: Schema, name: str, text: str, says: str
) -> None:
    with pytest.raises(ProtocolError) as refused:
        check_options(schema, **read_options(schema, {name: text}))
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 150


def test_what_is_out_of_range_is_published_and_not_merely_refused() -> None:
    """By the document alone a client knows what a Configure takes."""
    schemas = document()["components"]["schemas"]
    whole = {"$ref": "#/components/schemas/Configure", "components": {"schemas": schemas}}
    valid = Draft202012Validator(whole).is_valid
    assert valid({"type": "Configure", "min_confidence": 1, "modalities": ["text"]})
    assert valid({"type": "Configure", "channel_names": ["A", "B"], "roles": ["agent", "other"]})
    assert valid({"type": "Configure", "channel_names": [], "roles": []})
    for fields_ in (
        {"min_confidence": 1.5},
        {"chinese_script": "hant"},
        {"modalities": ["smell"]},
        {"modalities": []},
        {"language": "english"},
        {"roles": ["boss"]},
        {"roles": ["agent"] * 3},
        {"channel_names": ["A", ""]},
        {"channel_names": ["A", "A"]},
        {"channel_names": ["A,B"]},
        {"channel_names": ["A\x07"]},
        {"channel_names": ["A" * 41]},
        {"endpointing": {"silence_s": CONFIGURED_S + 1}},
    ):
        assert not valid({"type": "Configure", **fields_}), fields_


@pytest.mark.parametrize(
    ("name", "text", "fits"),
    [
        ("channel_names", "Agent, Customer", True),
        ("channel_names", "张先生,Ms O'Neil 😀", True),
        ("channel_names", "Agent,", False),
        ("channel_names", "A,B,C", False),
        ("roles", "agent, other", True),
        ("roles", "agent,boss", False),
        ("modalities", "text,audio", True),
    ],
)
def test_several_values_are_published_as_text_too(name: str, text: str, fits: bool) -> None:
    for published_ in (QUERY[name], OPTIONS[name]):
        assert Draft202012Validator(published_).is_valid(text) is fits


def test_a_later_server_that_offers_more_is_still_understood() -> None:
    """An older client reads what was applied though it knows no such choice."""
    later = {"modalities": ["gesture"], "chinese_script": "seal", "encoding": "opus", "channels": 4,
             "roles": ["coach"] * 4, "channel_names": ["x" * 99] * 4}  # fmt: skip
    applied = msgspec.json.decode(msgspec.json.encode(later), type=Applied)
    assert {name: getattr(applied, name) for name in later} == later


def test_every_option_is_described() -> None:
    for schema in (StreamQuery, RecordingOptions, Endpointing):
        for option in options(schema).values():
            assert option.description.endswith("."), option
            assert inspect.cleandoc(option.description) == option.description
