"""Programs that read our files, where they are installed."""

import shutil

import pytest


def program(name: str) -> str:
    """Where it is; skips where it is not installed."""
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin")
    return found or pytest.skip(f"no {name} on this machine")
