"""Switches that keep libraries from calling home. They only work before the library is imported.

From 1.29 on, ONNX Runtime queues events for its maker (path of the executable, OS, CPU, memory),
resolves that host and writes a device id under `~/.cache/Microsoft`. huggingface_hub adds the
versions of installed packages to its requests.
"""

from collections.abc import MutableMapping
from typing import Final

OFF: Final = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
"""Environment variables and the values that switch telemetry off."""


def switch_off(environment: MutableMapping[str, str]) -> None:
    """Switch telemetry off in an environment, except where the user has set the variable."""
    for name, value in OFF.items():
        environment.setdefault(name, value)
