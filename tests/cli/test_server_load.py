"""The load of a server in the live view: one state, not a line for each warning."""

from io import StringIO
from typing import Any, Final

from rich.console import Console

from sentivox.cli.live import LiveView
from sentivox.protocol.events import Warning as WarningEvent


def said(*warnings: "Said", terminal: bool) -> str:
    """What the view prints of warnings, given by code, message and detail."""
    out = StringIO()
    console = Console(file=out, width=120, force_terminal=terminal, color_system=None)
    with LiveView(console) as view:
        for n, (code, message, detail) in enumerate(warnings):
            view.show(WarningEvent(t=n, code=code, message=message, detail=detail))
    return out.getvalue()


Said = tuple[str, str, dict[str, Any]]

BUSY: Final[Said] = ("degraded", "the server is busy: tone half as often", {"level": 1})
BUSIER: Final[Said] = (
    "degraded",
    "the server is busy: transcripts come later",
    {"level": 2},
)
CALM: Final[Said] = ("restored", "the server is keeping up again", {"level": 0})
LOST: Final[Said] = ("audio_dropped", "0.50 s of audio were dropped", {"seconds": 0.5})
OTHER: Final[Said] = ("too_late", "Configure has no effect", {})


def test_a_line_where_something_changes_and_no_other() -> None:
    told = said(BUSY, LOST, LOST, BUSY, LOST, BUSIER, CALM, CALM, OTHER, OTHER, terminal=False)
    assert told.splitlines() == [
        f"Warning: {message}" for _, message, _ in (BUSY, LOST, BUSIER, CALM, OTHER, OTHER)
    ]


def test_the_state_stands_in_the_moving_part_with_what_was_lost() -> None:
    told = said(BUSY, LOST, LOST, LOST, terminal=True)
    assert f"{BUSY[1]}; 1.5 s of audio dropped" in told
    assert "1.5 s of audio dropped" not in said(BUSY, LOST, LOST, LOST, terminal=False)


def test_a_newer_server_may_say_it_differently() -> None:
    assert "odd" in said(("audio_dropped", "odd", {"seconds": "many"}), terminal=True)
