"""The AsyncAPI 3 document of the streaming protocol.

It is generated from the types in `protocol.events`, `protocol.commands` and `protocol.options`:
their JSON Schemas, and the names and docstrings of the messages.
"""

import inspect
from typing import Any, Final, get_args

import msgspec

from sentivox.protocol.commands import Control
from sentivox.protocol.events import PROTOCOL_VERSION, Message
from sentivox.protocol.option_schema import text_schemas
from sentivox.protocol.options import StreamQuery

_SCHEMAS: Final = "#/components/schemas/{name}"


QUERY: Final = text_schemas(StreamQuery)
"""JSON Schema of each query parameter of the stream's address, by name."""


def message_types() -> tuple[tuple[type[msgspec.Struct], ...], tuple[type[msgspec.Struct], ...]]:
    """The message types of the server, and those of a client."""
    return get_args(Message), get_args(Control)


def document() -> dict[str, Any]:
    """Generate the AsyncAPI 3 document, as JSON values."""
    said, heard = message_types()
    _, schemas = msgspec.json.schema_components((*said, *heard), ref_template=_SCHEMAS)
    names = [kind.__name__ for kind in said]
    asked = [kind.__name__ for kind in heard]
    messages = {kind.__name__: _message(kind) for kind in (*said, *heard)} | {"Audio": _audio()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sentivox",
            "version": PROTOCOL_VERSION,
            "description": "Sentiment from live speech: audio up, events down, one WebSocket each.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {"stream": _channel([*names, *asked, "Audio"])},
        "operations": {
            "receive": _operation("receive", [*asked, "Audio"], "What a client sends."),
            "send": _operation("send", names, "What the server answers, in the order of seq."),
        },
        "components": {
            "messages": messages,
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "ticket": {"type": "httpApiKey", "name": "token", "in": "query"},
            },
        },
    }


def _message(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "name": str(kind.__struct_config__.tag),
        "summary": inspect.cleandoc(kind.__doc__ or ""),
        "payload": {"$ref": _SCHEMAS.format(name=kind.__name__)},
    }


def _audio() -> dict[str, Any]:
    return {
        "name": "Audio",
        "summary": "A binary frame of audio, of any length; 30 to 50 ms advised. An empty one"
        " means CloseStream.",
        "contentType": "application/octet-stream",
        "payload": {"type": "string", "format": "binary"},
    }


def _channel(names: list[str]) -> dict[str, Any]:
    query = {"type": "object", "properties": QUERY}
    return {
        "address": "/v1/stream",
        "description": "/ws/analyze is the same socket.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}},
    }


def _operation(action: str, names: list[str], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": "#/channels/stream"},
        "messages": [{"$ref": f"#/channels/stream/messages/{name}"} for name in names],
    }
