"""`sentivox listen`: streams the microphone or a recording to a server and shows the events."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sentivox.cli.options import server_options
from sentivox.cli.schema_options import schema_options
from sentivox.errors import AudioError, SentivoxError
from sentivox.protocol.option_values import options
from sentivox.protocol.options import LiveOptions

if TYPE_CHECKING:
    from sentivox.cli.live import Display
    from sentivox.protocol.events import Message

SAID = ("language", "modalities")
"""Options always sent to the server; others are left to its defaults unless given."""


@click.command(
    name="listen",
    epilog="Example: sentivox listen --file call.wav --url ws://127.0.0.1:8000",
)
@click.option(
    "--file", "path", type=click.Path(path_type=Path),
    help="A recording instead of the microphone; - reads it from standard input.",
)  # fmt: skip
@click.option("--url", default="ws://127.0.0.1:8000", show_default=True, help="The server.")
@click.option("--fast", is_flag=True, help="Send the file as fast as possible.")
@schema_options(*SAID)
@schema_options(*(name for name in options(LiveOptions) if name not in SAID), unsaid=True)
@server_options
@click.option(
    "--json", "as_json", is_flag=True, help="Print events to stdout, one JSON object per line."
)
@click.option("-q", "--quiet", is_flag=True, help="Show only utterances and problems.")
def command(
    *,
    path: Path | None,
    url: str,
    fast: bool,
    as_json: bool,
    quiet: bool,
    **asked: Any,  # noqa: ANN401  (options of the schema)
) -> None:
    """Show the sentiment of live speech. Ctrl-C stops the microphone."""
    import asyncio

    from sentivox.cli.live import JsonLines, LiveView

    if fast and path is None:
        raise click.UsageError("--fast needs --file")
    display = JsonLines() if as_json else LiveView(quiet=quiet)
    try:
        if path is None:
            asyncio.run(_microphone(url, asked, display))
        else:
            asyncio.run(_recording(path, url, asked, display, fast=fast))
    except SentivoxError as error:
        raise click.ClickException(str(error)) from None


async def _recording(
    path: Path, url: str, asked: dict[str, Any], display: "Display", *, fast: bool
) -> None:
    from sentivox.cli.spool import spool
    from sentivox.client import play_file

    with spool() as spooled:
        source = spooled.take(path)
        try:
            await _show(play_file(source.path, url, fast=fast, **asked), display)
        except AudioError as error:
            raise AudioError(source.told(str(error))) from None


async def _microphone(url: str, asked: dict[str, Any], display: "Display") -> None:
    """Stream the microphone until Ctrl-C, then show the remaining events; a second one aborts."""
    import asyncio
    import signal

    from sentivox.client.microphone import play_microphone

    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)

    loop.add_signal_handler(signal.SIGINT, end)
    events = play_microphone(url, stop=stop, level=display.level, **asked)
    await _show(events, display)


async def _show(events: "AsyncGenerator[Message]", display: "Display") -> None:
    async with aclosing(events):
        with display:
            async for event in events:
                display.show(event)
