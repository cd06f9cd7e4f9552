"""The control messages of a client, as typed data."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from sentivox.protocol.alert_rules import rules_schema
from sentivox.protocol.option_schema import changes, partial
from sentivox.protocol.option_values import options
from sentivox.protocol.options import Endpointing, LiveOptions

CONFIGURABLE: Final = tuple(options(LiveOptions))
"""Names of the options that a Configure may change, besides `endpointing` and `alerts`."""

_Changes = changes("Changes", LiveOptions)


class Configure(_Changes, frozen=True, tag_field="type", tag="Configure"):
    """Change options of the stream, only before its first audio. The answer is a second Begin."""

    endpointing: (
        Annotated[dict[str, float], Meta(extra_json_schema=partial(Endpointing))] | None
    ) = None
    alerts: Annotated[list[dict[str, Any]], Meta(extra_json_schema=rules_schema())] | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """The changed options by name, without `endpointing` and `alerts`."""
        given = {name: getattr(self, name) for name in CONFIGURABLE}
        return {name: value for name, value in given.items() if value is not None}


class KeepAlive(msgspec.Struct, frozen=True, tag_field="type", tag="KeepAlive"):
    """Keep an idle session open."""


class Finalize(msgspec.Struct, frozen=True, tag_field="type", tag="Finalize"):
    """End the utterance in progress now."""


class GetSummary(msgspec.Struct, frozen=True, tag_field="type", tag="Summary"):
    """Request a Summary of the session so far."""


class CloseStream(msgspec.Struct, frozen=True, tag_field="type", tag="CloseStream"):
    """End of the audio: the server finishes all analysis, sends Termination and closes."""


Control = Configure | KeepAlive | Finalize | GetSummary | CloseStream
"""Any control message."""
