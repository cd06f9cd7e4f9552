"""Looking at processes from outside."""

from pathlib import Path


def children(pid: int | str = "self") -> set[int]:
    """The processes that a process has started and that are still there."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}
