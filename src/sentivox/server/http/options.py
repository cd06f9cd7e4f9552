"""Options of POST /v1/analyze, given in the query or as form fields."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from sentivox.audio.tracks import TrackRequest
from sentivox.errors import ProtocolError
from sentivox.protocol.option_schema import text_schemas
from sentivox.protocol.option_values import check_options, options, read_options
from sentivox.protocol.options import AnalysisOptions, RecordingOptions
from sentivox.server.negotiation import chosen
from sentivox.stream.config import StreamConfig

FILE_FIELD: Final = "file"
"""Name of the form field that holds the recording."""

OPTIONS: Final = text_schemas(RecordingOptions)
"""JSON schema of each option by name, for values given as text."""

_OF_RECORDINGS: Final = options(RecordingOptions).keys() - options(AnalysisOptions).keys()
"""Names of the options of uploads that are not `AnalysisOptions`."""

_SHOWN: Final = 40
"""Maximum characters of a name or value quoted in an error message."""


def openapi() -> dict[str, Any]:
    """The `parameters` and `requestBody` of the OpenAPI operation."""
    recording = {"type": "string", "format": "binary"}
    form = {
        "type": "object",
        "required": [FILE_FIELD],
        "properties": {FILE_FIELD: recording, **OPTIONS},
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
    """How to analyse a recording.

    Attributes:
        config: Settings of the analysis.
        diarise: Tell the voices in a recording of one channel apart before it is analysed.
        mixdown: Mix two channels into one.
        track: Audio track, counted from 1; "all" for all of them; None to choose the best.
        name: File name to report in the result; None for the name under which it was sent.
    """

    config: StreamConfig
    diarise: bool
    mixdown: bool
    track: TrackRequest
    name: str | None


class FormOptions(Protocol):
    """Collects the options of a request that holds a recording.

    Attributes:
        longest: Maximum bytes of an option's value in a form.
    """

    longest: int

    def require(self, name: str) -> None:
        """Check that an option of this name exists.

        Raises:
            ProtocolError: There is no such option; the message lists those that exist.
        """
        ...

    def add(self, name: str, value: str) -> None:
        """Add an option, which must exist (see `require`).

        Raises:
            ProtocolError: The option was given before with another value.
        """
        ...

    def asked(self, default: StreamConfig) -> AnalysisRequest:
        """Combine the options given so far with the server's defaults.

        Raises:
            ProtocolError: A value is invalid; the message lists the valid ones.
        """
        ...


class UploadOptions:
    """Collects the options of POST /v1/analyze from query and form.

    Repeating an option with the same value is allowed.

    Args:
        query: Names and values of the request's query parameters.

    Raises:
        ProtocolError: An option is unknown, or is given two different values.
    """

    longest = 1000

    def __init__(self, query: Iterable[tuple[str, str]] = ()) -> None:
        self._given: dict[str, str] = {}
        for name, value in query:
            self.require(name)
            self.add(name, value)

    def require(self, name: str) -> None:
        """Check that an option of this name exists; see `FormOptions`."""
        if name not in OPTIONS:
            raise ProtocolError(
                f"there is no option {name[:_SHOWN]!r}; there are {', '.join(sorted(OPTIONS))}, "
                f"and the form's field {FILE_FIELD} for the recording"
            )

    def add(self, name: str, value: str) -> None:
        """Add an option; see `FormOptions`."""
        if self._given.setdefault(name, value) != value:
            raise ProtocolError(
                f"{name} is given twice, as {self._given[name][:_SHOWN]!r} and as "
                f"{value[:_SHOWN]!r}: say it once, in the query or in the form"
            )

    def asked(self, default: StreamConfig) -> AnalysisRequest:
        """Combine the options given so far with the server's defaults; see `FormOptions`."""
        given = read_options(RecordingOptions, self._given)
        check_options(
            RecordingOptions, **{name: given[name] for name in _OF_RECORDINGS & given.keys()}
        )
        speakers = given.get("speakers")
        config = chosen(default, given)
        return AnalysisRequest(
            replace(config, speakers=config.speakers if speakers is None else speakers),
            # A server that tells voices apart in streams knows those who are enrolled.
            diarise=speakers is not False and not default.speakers,
            mixdown=given.get("channels") == "mix",
            track=_track(given.get("track")),
            name=given.get("filename"),
        )


def _track(value: str | None) -> TrackRequest:
    if value is None or value == "all":
        return value
    return int(value)
