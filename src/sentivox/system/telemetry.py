"""Switches that keep libraries from calling home. They only work before the library is imported.

ONNX Runtime from 1.29 on queues events for its maker (path of the executable, OS, CPU, memory),
resolves that host and writes a device id under `~/.cache/Microsoft`. huggingface_hub adds the
versions of what is installed to its requests.
"""

from collections.abc import MutableMapping
from typing import Final

OFF: Final = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
"""Environment variables, and what each must be."""


def switch_off(environment: MutableMapping[str, str]) -> None:
    """Set those switches that the user has not set."""
    for name, value in OFF.items():
        environment.setdefault(name, value)
