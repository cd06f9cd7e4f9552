"""Typed dictionaries: they have the keys and types that documents have.

pyright reads this file too (`make types`): `assert_type` fails there where a type is lost, and so
does an `ignore` that nothing needs.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

import json
import types
from pathlib import Path
from typing import Any, Literal, Union, assert_type, get_args, get_origin, get_type_hints

import msgspec
import pytest

import sentivox
from sentivox.protocol import begin, dicts, events, sentiment, summary, words
from sentivox.protocol.sentiment import Label
from sentivox.report import dicts as document_dicts
from sentivox.report.document import CSV_COLUMNS
from tests.report.made import result, utterance

STRUCTS: dict[str, type[msgspec.Struct]] = {
    kind.__name__: kind
    for module in (events, sentiment, summary, words, begin)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
}
TYPED = {
    name.removesuffix("Dict"): kind
    for module in (dicts, document_dicts)
    for name, kind in vars(module).items()
    if name.endswith("Dict") and name != "TypedDict"
}
RESULT = result(
    [utterance(1, 0.5, 2.0, 0.6), utterance(1, 2.5, 4.0, -0.7, channel=1),
     utterance(2, 5.0, 6.0, None, None, channel=1)],
    channels=2,
)  # fmt: skip


def as_json(kind: Any) -> Any:
    """The type of a struct's field once it is plain: structs become their dictionaries."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return TYPED[kind.__name__]
    if get_origin(kind) in {Union, types.UnionType}:
        return Union[tuple(as_json(part) for part in get_args(kind))]  # noqa: UP007  (made here)
    if get_origin(kind) is list:
        return list[as_json(get_args(kind)[0])]
    return kind


@pytest.mark.parametrize("name", sorted(TYPED.keys() & STRUCTS.keys()))
def test_a_dictionary_has_the_fields_of_its_struct(name: str) -> None:
    """A new field of a message belongs into its dictionary in `protocol/dicts.py` too."""
    struct, typed = STRUCTS[name], TYPED[name]
    hints = get_type_hints(struct)
    fields = {field: as_json(hints[field]) for field in struct.__struct_fields__}
    if struct.__struct_config__.tag and struct is not events.Event:
        fields["type"] = Literal[name]
    assert get_type_hints(typed) == fields


def test_every_dictionary_is_that_of_a_struct_or_of_the_document() -> None:
    assert TYPED.keys() - STRUCTS.keys() == {"Gap", "Channel", "Document"}
    assert TYPED.keys() >= {"Utterance", "Summary", "ChannelSummary"}


@pytest.mark.parametrize("made", [RESULT, result([])])
def test_a_document_is_what_its_type_says(made: sentivox.Result) -> None:
    plain = json.loads(json.dumps(made.document(), allow_nan=False))
    read = msgspec.convert(plain, sentivox.DocumentDict, strict=True)
    assert read == plain == made.document()  # no key is unknown to the type: it would be left out


def test_a_document_that_is_not_so_is_refused() -> None:
    """Else the check above would check nothing."""
    document: Any = RESULT.document()
    document["channels"][1]["utterances"][0]["fused"]["confidence"] = "high"
    with pytest.raises(msgspec.ValidationError, match="confidence"):
        msgspec.convert(document, sentivox.DocumentDict)
    del document["channels"][0]["utterances"][0]["end"]
    with pytest.raises(msgspec.ValidationError, match="missing required field `end`"):
        msgspec.convert(document, sentivox.DocumentDict)


def test_the_sample_calls_document_is_what_its_type_says(sample_call: Path) -> None:
    with sentivox.Analyzer("embedded", words=True, alerts=[
        {"name": "quiet", "silence": {"for_s": 1.0}},
    ]) as analyzer:  # fmt: skip
        document = analyzer.analyze(sample_call).result().document()
    assert document["summary"]["alerts"]
    assert document["channels"][0]["utterances"][0]["audio_sentiment"]
    assert msgspec.convert(document, sentivox.DocumentDict, strict=True) == document


def test_a_row_is_a_tuple_with_names() -> None:
    first, *_ = RESULT.rows()
    assert first._fields == CSV_COLUMNS
    assert tuple(first)[:5] == (first.file, 0, 1, 0.5, 2.0)
    assert first._asdict()["label"] == first.label == "positive"
    assert msgspec.convert(list(first), sentivox.Row, strict=True) == first


def test_type_checkers_know_them() -> None:
    document = RESULT.document()
    assert_type(document, sentivox.DocumentDict)
    assert_type(document["channels"][0]["utterances"][0]["fused_score"], float | None)
    assert_type(document["summary"]["overall"]["counts"], dict[str, int])
    assert_type(document["channels"][0]["summary"], sentivox.ChannelSummaryDict)
    assert_type(RESULT.rows()[0].label, Label | None)
    assert_type(RESULT.utterances[0], sentivox.Utterance)
    for utterances in (channel["utterances"] for channel in document["channels"]):
        assert_type(utterances, list[sentivox.UtteranceDict])
    with pytest.raises(KeyError):
        document["chanels"]  # pyright: ignore[reportGeneralTypeIssues]
