"""`sentivox top`: shows a running server's metrics live in the terminal."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentivox.cli.options import server_options
from sentivox.cli.terminal import write_json
from sentivox.errors import SentivoxError

if TYPE_CHECKING:
    from sentivox.cli.server_reading import ServerReading
    from sentivox.client.http import Site


@click.command(
    name="top",
    epilog="Example: sentivox top --url http://127.0.0.1:8000 --once --json | jq .stages.asr",
)
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="The server.")
@server_options
@click.option(
    "--every",
    default=2.0,
    show_default=True,
    type=click.FloatRange(0.1, 3600),
    help="Seconds between updates.",
)
@click.option("--once", is_flag=True, help="Print once, with figures since the server's start.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document per update to stdout."
)
def command(
    *, url: str, token: str | None, cacert: Path | None, every: float, once: bool, as_json: bool
) -> None:
    """Watch a running server: streams, load, losses and latencies. Ctrl-C quits."""
    from sentivox.cli.output import stdout
    from sentivox.cli.top_view import panel
    from sentivox.client.http import Site

    out = stdout()
    try:
        readings = _readings(Site.at(url, token, cacert), every)
        if once:
            readings = iter([next(readings)])
        elif out.is_interactive and not as_json:
            _live(readings, url)
            return
        with suppress(KeyboardInterrupt):
            for reading in readings:
                if as_json:
                    write_json(reading)
                else:
                    out.print(panel(reading, url))
    except SentivoxError as error:
        raise click.ClickException(str(error)) from None


def _readings(site: "Site", every: float) -> Iterator["ServerReading"]:
    """Yield readings of the server's metrics for ever, `every` seconds apart.

    The first covers the time since the server's start, each other one that since the last.

    Raises:
        SentivoxError: The server does not answer.
    """
    import time

    from sentivox.cli.scrape import scrape
    from sentivox.cli.server_reading import read_scrapes

    before = None
    while True:
        now = scrape(site)
        yield read_scrapes(now, before)
        before = now
        time.sleep(every)


def _live(readings: Iterator["ServerReading"], url: str) -> None:
    """Show the readings in place until Ctrl-C, or until the server no longer answers."""
    from rich.live import Live

    from sentivox.cli.output import stdout
    from sentivox.cli.top_view import panel

    first = next(readings)  # raises here, before the live display starts, if the address is wrong
    with (
        suppress(KeyboardInterrupt),
        Live(panel(first, url), console=stdout(), auto_refresh=False) as live,
    ):
        for reading in readings:
            live.update(panel(reading, url), refresh=True)
