"""What a request for the analysis of a recording may ask for, in its query or in its form."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sentivox.audio.tracks import Wanted
from sentivox.errors import ProtocolError
from sentivox.protocol.language import PATTERN
from sentivox.protocol.options import CHINESE_SCRIPTS
from sentivox.server.negotiation import chosen, share, switch
from sentivox.stream.config import StreamConfig

FILE: Final = "file"
"""The form's field that holds the recording."""

OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "language": {
        "description": "BCP-47 tag, or auto",
        "type": "string",
        "pattern": f"^({PATTERN})$",
        "default": "en",
    },
    "modalities": {
        "description": "text, audio or both; without audio nothing is inferred from the voice",
        "type": "string",
        "pattern": "^ *(text|audio) *(, *(text|audio) *)*$",
        "default": "text,audio",
    },
    "min_confidence": {
        "description": "below it the label is unknown",
        "type": "number",
        "minimum": 0,
        "maximum": 1,
    },
    "baseline": {
        "description": "hear tone against the speaker's usual voice",
        "type": "boolean",
    },
    "chinese_script": {
        "description": "how Chinese is written; original is as the recogniser has it",
        "type": "string",
        "enum": list(CHINESE_SCRIPTS),
    },
    "words": {
        "description": "tell when each word was said",
        "type": "boolean",
    },
    "channels": {
        "description": "two channels: keep them apart, or mix them",
        "type": "string",
        "enum": ["split", "mix"],
        "default": "split",
    },
    "track": {
        "description": "which audio track, counted from 1; all makes two tracks two channels",
        "type": "string",
        "pattern": "^(all|[1-9][0-9]{0,3})$",
    },
    "filename": {
        "description": "what the answer calls the recording",
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
    },
}
"""Each with its schema."""

LONGEST: Final = 1000
"""Bytes of a value."""

_SHOWN: Final = 40


def openapi() -> dict[str, Any]:
    """The parameters and the body, as an OpenAPI operation has them."""
    recording = {"type": "string", "format": "binary"}
    form = {
        "type": "object",
        "required": [FILE],
        "properties": {FILE: recording, **OPTIONS},
        "additionalProperties": False,
    }
    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in OPTIONS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": form},
                "application/octet-stream": {"schema": recording},
            },
        },
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done with a recording.

    Attributes:
        config: Of its analysis.
        mixdown: Mix two channels into one.
        track: Which audio track, if a certain one.
        name: What to call it, where that is said.
    """

    config: StreamConfig
    mixdown: bool
    track: Wanted
    name: str | None


class Options:
    """What was asked for so far; the same twice is no contradiction.

    Args:
        query: Names and values in the request's query.

    Raises:
        ProtocolError: nobody knows such an option, or it is given two values.
    """

    def __init__(self, query: Iterable[tuple[str, str]] = ()) -> None:
        self._given: dict[str, str] = {}
        for name, value in query:
            known(name)
            self.add(name, value)

    def add(self, name: str, value: str) -> None:
        """Take another one, of a known name.

        Raises:
            ProtocolError: it has another value already.
        """
        if self._given.setdefault(name, value) != value:
            raise ProtocolError(
                f"{name} is given twice, as {self._given[name][:_SHOWN]!r} and as "
                f"{value[:_SHOWN]!r}: say it once, in the query or in the form"
            )

    def asked(self, default: StreamConfig) -> Asked:
        """What they come to.

        Raises:
            ProtocolError: a value that cannot be served, with what can.
        """
        given = self._given
        channels = given.get("channels", "split")
        if channels not in {"split", "mix"}:
            raise ProtocolError(f"channels {channels[:_SHOWN]!r} is neither split nor mix")
        name = given.get("filename")
        if name is not None and not 0 < len(name) <= OPTIONS["filename"]["maxLength"]:
            raise ProtocolError("filename takes 1 to 255 characters")
        config = chosen(
            default,
            language=given.get("language"),
            modalities=given["modalities"].split(",") if "modalities" in given else None,
            min_confidence=share(given, "min_confidence"),
            baseline=switch(given, "baseline"),
            chinese_script=given.get("chinese_script"),
            words=switch(given, "words"),
        )
        return Asked(config, mixdown=channels == "mix", track=_track(given.get("track")), name=name)


def _track(value: str | None) -> Wanted:
    if value is None or value == "all":
        return value
    if not re.fullmatch(OPTIONS["track"]["pattern"], value):
        raise ProtocolError(f"track {value[:_SHOWN]!r} is neither a number from 1 nor all")
    return int(value)


def known(name: str) -> None:
    """Whether there is such an option.

    Raises:
        ProtocolError: there is none; it says which there are.
    """
    if name not in OPTIONS:
        raise ProtocolError(
            f"there is no option {name[:_SHOWN]!r}; there are {', '.join(sorted(OPTIONS))}, "
            f"and the form's field {FILE} for the recording"
        )
