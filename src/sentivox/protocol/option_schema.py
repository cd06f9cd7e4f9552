"""JSON Schemas of options: as texts, as a query or a form has them, and as optional fields."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from sentivox.protocol.option_values import Option, Schema, options, text_of


def text_schemas(schema: Schema) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each option's text in a query or a form, by name.

    Several values are one text with commas between them.
    """
    properties = _properties(schema)
    return {
        name: _several(option, properties[name]) if option.kind is list else properties[name]
        for name, option in options(schema).items()
    }


def changes(name: str, schema: Schema) -> type[msgspec.Struct]:
    """A class of the same fields, None by default: what of it is to change.

    Values out of range decode, so that whoever checks them can say what is wrong; its JSON Schema
    has the bounds all the same.
    """
    properties = _properties(schema)
    fields = [
        (each.name, _published(each, properties[each.name]) | None, None)
        for each in options(schema).values()
    ]
    return msgspec.defstruct(name, fields, frozen=True)


def partial(schema: Schema) -> dict[str, Any]:
    """What the JSON Schema of an object says where it holds some of the schema's options."""
    properties = {
        name: {key: value for key, value in field.items() if key != "default"}
        for name, field in _properties(schema).items()
    }
    return {"properties": properties}


def _properties(schema: Schema) -> dict[str, dict[str, Any]]:
    """Each field's JSON Schema without null: who does not ask leaves it out."""
    (found,) = msgspec.json.schema_components([schema])[1].values()
    return {name: _given(field) for name, field in found["properties"].items()}


def _published(option: Option, field: dict[str, Any]) -> Any:  # noqa: ANN401
    """A type that takes any value of the option's kind, and says what is in range."""
    said = {key: value for key, value in field.items() if key not in {"type", "items", "default"}}
    kind: Any = option.kind
    if kind is list:
        kind = list[Annotated[str, Meta(extra_json_schema={"enum": list(option.choices)})]]
    return Annotated[kind, Meta(extra_json_schema=said)]


def _given(field: dict[str, Any]) -> dict[str, Any]:
    """Of what may be null, what it is otherwise."""
    (kind,) = [k for k in field.pop("anyOf", [{}]) if k.get("type") != "null"]
    found = kind | field
    if found.get("default", ...) is None:
        del found["default"]
    return found


def _several(option: Option, field: dict[str, Any]) -> dict[str, Any]:
    one = f" *({'|'.join(option.choices)}) *"
    return {
        "description": field["description"],
        "type": "string",
        "pattern": f"^{one}(,{one})*$",
        "default": text_of(option.default),
    }
