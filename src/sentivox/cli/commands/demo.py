"""`sentivox demo`: streams a sample call to a temporary server and shows the results."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from sentivox.cli.options import model_flags, model_options
from sentivox.errors import SentivoxError

if TYPE_CHECKING:
    from sentivox.models.selection import ModelChoice
    from sentivox.protocol.events import Summary, Utterance

TRY_NEXT = """\
Next:
  sentivox analyze RECORDING...   your own recordings; --json, --jsonl or --csv for programs
  sentivox serve                  then open http://127.0.0.1:8000, or stream to /v1/stream
  sentivox listen                 your microphone to that server"""
"""Printed at the end of the demo."""


@click.command(name="demo", epilog="Example: sentivox demo --fast")
@click.option("--fast", is_flag=True, help="As fast as possible instead of in real time.")
@click.option("-q", "--quiet", is_flag=True, help="Show the results only.")
@model_options
def command(*, fast: bool, quiet: bool, models: "ModelChoice") -> None:
    """Start a server, stream a sample call to it over WebSocket and show the results.

    The call is half a minute long: a customer and an agent, one per channel, with synthetic voices.
    """
    import asyncio

    from sentivox.cli.local_server import LocalServer
    from sentivox.cli.output import stderr, stdout
    from sentivox.cli.progress import waiting

    out = stdout()

    def note(line: str) -> None:
        if not quiet:
            out.print(line)

    # Late transcripts are better than none here, however busy the user's machine is.
    with LocalServer(*model_flags(models), "--no-degrade") as server:
        note("Starting a server and loading the models…")
        with waiting(stderr(), quiet=quiet):
            taken = server.wait_ready()
        note(f"Server ready at {server.url} after {taken:.1f} s.")
        note("Streaming a call between an agent and a customer.\n")
        utterances, summary = asyncio.run(_stream(server.url, fast=fast, quiet=quiet))
    note("\nThe call")
    _finish(utterances, summary, quiet=quiet)
    note(f"\n{TRY_NEXT}")


async def _stream(url: str, *, fast: bool, quiet: bool) -> "tuple[list[Utterance], Summary | None]":
    """Stream the call; returns the last revision of each utterance, and the summary."""
    from sentivox.cli.live import LiveView
    from sentivox.cli.output import stdout
    from sentivox.client import play_file
    from sentivox.protocol.events import Summary, Utterance
    from sentivox.samples import CALL, CALL_ROLES

    latest: dict[tuple[int, int], Utterance] = {}
    summary: Summary | None = None
    async with aclosing(play_file(CALL, url, fast=fast, roles=CALL_ROLES)) as events:
        with LiveView(stdout(), quiet=quiet) as view:
            async for event in events:
                if isinstance(event, Summary):
                    summary = event  # shown with the table at the end
                    continue
                if isinstance(event, Utterance):
                    latest[event.channel, event.utterance_id] = event
                if not (quiet and isinstance(event, Utterance)):
                    view.show(event)
    return sorted(latest.values(), key=lambda u: (u.start, u.channel)), summary


def _finish(utterances: "list[Utterance]", summary: "Summary | None", *, quiet: bool) -> None:
    """Print the table and summary; raises SentivoxError if words or sentiment are missing."""
    from sentivox.cli.output import headline, stdout, summary_lines, utterance_table
    from sentivox.cli.talk_figures import talk_figures
    from sentivox.samples import CALL_ROLES
    from sentivox.wording.channels import channel_label

    out = stdout()
    names = [channel_label(channel, roles=CALL_ROLES) for channel in range(len(CALL_ROLES))]
    out.print(utterance_table(utterances, names))
    for part in (*summary_lines(summary), *talk_figures(summary)) if summary else ():
        out.print(part)
    for line in headline(summary) if summary and not quiet else ():
        out.print(line)
    if summary is None or not any(u.transcript for u in utterances):
        raise SentivoxError("the demo heard no words; `sentivox doctor` says what is wrong")
    if not any(u.fused for u in utterances):
        raise SentivoxError("the demo found no sentiment; `sentivox doctor` says what is wrong")
