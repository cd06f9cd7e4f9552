"""What a client may say besides audio, as typed data."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from sentivox.protocol.option_schema import changes, partial
from sentivox.protocol.option_values import options
from sentivox.protocol.options import Endpointing, LiveOptions

CONFIGURABLE: Final = tuple(options(LiveOptions))
"""Options that a Configure may change, besides endpointing."""

_Changes = changes("Changes", LiveOptions)


class Configure(_Changes, frozen=True, tag_field="type", tag="Configure"):
    """Change how the stream is analysed; only before its first audio. A second Begin answers."""

    endpointing: (
        Annotated[dict[str, float], Meta(extra_json_schema=partial(Endpointing))] | None
    ) = None

    @property
    def changes(self) -> dict[str, Any]:
        """What it changes by name, but for endpointing."""
        given = {name: getattr(self, name) for name in CONFIGURABLE}
        return {name: value for name, value in given.items() if value is not None}


class KeepAlive(msgspec.Struct, frozen=True, tag_field="type", tag="KeepAlive"):
    """Nothing to say, but still here."""


class Finalize(msgspec.Struct, frozen=True, tag_field="type", tag="Finalize"):
    """End the utterance now."""


class GetSummary(msgspec.Struct, frozen=True, tag_field="type", tag="Summary"):
    """The summary so far, please."""


class CloseStream(msgspec.Struct, frozen=True, tag_field="type", tag="CloseStream"):
    """No more audio will come: finish everything, then say goodbye."""


Control = Configure | KeepAlive | Finalize | GetSummary | CloseStream
