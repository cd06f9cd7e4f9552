"""Looking at processes from outside."""

from pathlib import Path


def children(pid: int | str = "self") -> set[int]:
    """The processes that a process has started and that are still there."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def running(module: str) -> set[int]:
    """The children of this process that run `python -m module`."""
    return {pid for pid in children() if module.encode() in _read(pid, "cmdline").split(b"\0")}


def environment(pid: int) -> list[str]:
    """NAME=VALUE as a process got them."""
    return _read(pid, "environ").decode(errors="replace").split("\0")


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it has ended
        return b""
