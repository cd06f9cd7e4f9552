"""The sample call included in the package, and its script."""

import json
from pathlib import Path
from typing import Any

CALL = Path(__file__).with_name("call.flac")
"""A 30 s call, 16 kHz: agent on channel 0, customer on channel 1; synthetic voices."""


def script() -> dict[str, Any]:
    """Return who says what, when (in seconds) and in which mood: the content of `call.json`."""
    return json.loads(CALL.with_suffix(".json").read_text(encoding="utf-8"))
