"""JSON Schemas of options: as strings of a query or form, and as optional fields of a message."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from sentivox.protocol.option_values import Option, Schema, option_text, options


def text_schemas(schema: Schema) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each option as a query parameter or form field, by name.

    Options with several values are one comma-separated string.
    """
    properties = _properties(schema)
    return {
        name: _several(option, properties[name]) if option.kind is list else properties[name]
        for name, option in options(schema).items()
    }


def changes(name: str, schema: Schema) -> type[msgspec.Struct]:
    """Make a struct called `name` with the same fields, all optional, for changes to options.

    Values out of range are decoded, so that `option_values.check` can refuse them with a helpful
    message. The struct's JSON Schema states the bounds nevertheless.
    """
    properties = _properties(schema)
    fields = [
        (each.name, _published(each, properties[each.name]) | None, None)
        for each in options(schema).values()
    ]
    return msgspec.defstruct(name, fields, frozen=True)


def partial(schema: Schema) -> dict[str, Any]:
    """The JSON Schema keywords of an object that holds any of the schema's options."""
    properties = {
        name: {key: value for key, value in field.items() if key != "default"}
        for name, field in _properties(schema).items()
    }
    return {"properties": properties}


def _properties(schema: Schema) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each field by name, without null: an option not set is left out."""
    (found,) = msgspec.json.schema_components([schema])[1].values()
    return {name: _given(field) for name, field in found["properties"].items()}


def _published(option: Option, field: dict[str, Any]) -> Any:  # noqa: ANN401
    """A type that decodes any value of the option's type; its JSON Schema states the bounds."""
    said = {key: value for key, value in field.items() if key not in {"type", "items", "default"}}
    kind: Any = option.kind
    if kind is list:
        item = {key: value for key, value in field["items"].items() if key != "type"}
        kind = list[Annotated[str, Meta(extra_json_schema=item)]]
    return Annotated[kind, Meta(extra_json_schema=said)]


def _given(field: dict[str, Any]) -> dict[str, Any]:
    """A field's JSON Schema without the alternative null, and without null as its default."""
    (kind,) = [k for k in field.pop("anyOf", [{}]) if k.get("type") != "null"]
    found = kind | field
    if found.get("default", ...) is None:
        del found["default"]
    return found


def _several(option: Option, field: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of several values as one string, separated by commas."""
    value = "|".join(option.choices) or (option.pattern or "").strip("^$")
    one = f" *({value}) *"
    most = "*" if option.most is None else f"{{0,{option.most - 1:g}}}"
    schema = {
        "description": field["description"],
        "type": "string",
        "pattern": f"^{one}(,{one}){most}$",
    }
    return schema | ({"default": option_text(option.default)} if option.default else {})
