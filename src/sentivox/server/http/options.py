"""What a request for the analysis of a recording may ask for, in its query or in its form."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sentivox.audio.tracks import Wanted
from sentivox.errors import ProtocolError
from sentivox.protocol.option_schema import text_schemas
from sentivox.protocol.option_values import check, options, read
from sentivox.protocol.options import AnalysisOptions, RecordingOptions
from sentivox.server.negotiation import chosen
from sentivox.stream.config import StreamConfig

FILE: Final = "file"
"""The form's field that holds the recording."""

OPTIONS: Final = text_schemas(RecordingOptions)
"""Each option with its schema."""

_OF_RECORDINGS: Final = options(RecordingOptions).keys() - options(AnalysisOptions).keys()

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
class AnalysisRequest:
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


class UploadOptions:
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

    def asked(self, default: StreamConfig) -> AnalysisRequest:
        """What they come to.

        Raises:
            ProtocolError: a value that cannot be served, with what can.
        """
        given = read(RecordingOptions, self._given)
        check(RecordingOptions, **{name: given[name] for name in _OF_RECORDINGS & given.keys()})
        return AnalysisRequest(
            chosen(default, given),
            mixdown=given.get("channels") == "mix",
            track=_track(given.get("track")),
            name=given.get("filename"),
        )


def _track(value: str | None) -> Wanted:
    if value is None or value == "all":
        return value
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
