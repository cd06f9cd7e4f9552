"""The sample call that travels with the package, and what is said in it."""

import json
from pathlib import Path
from typing import Any

CALL = Path(__file__).with_name("call.flac")
"""A 30 s call, 16 kHz: agent on channel 0, customer on channel 1; synthetic voices."""


def script() -> dict[str, Any]:
    """Who says what, when (seconds) and in which mood: the contents of `call.json`."""
    return json.loads(CALL.with_suffix(".json").read_text(encoding="utf-8"))
