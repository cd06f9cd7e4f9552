"""The sample call included in the package, and its script."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

CALL = Path(__file__).with_name("call.flac")
"""A 30 s call of two channels, 16 kHz; synthetic voices."""

CALL_ROLES: Final[Sequence[Literal["agent", "customer"]]] = ("agent", "customer")
"""The roles of its channels."""


def script() -> dict[str, Any]:
    """Return who says what, when (in seconds) and in which mood: the content of `call.json`."""
    return json.loads(CALL.with_suffix(".json").read_text(encoding="utf-8"))
