"""`sentivox top`: a running server, live in the terminal."""

# ruff: noqa: PLC0415  (imported where needed: the help must come at once)

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
        elif out.is_terminal and not as_json:
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
    """One look after another: the first of the server's whole life, then of the time between.

    Raises:
        SentivoxError: It does not answer.
    """
    import time

    from sentivox.cli.scrape import scrape
    from sentivox.cli.server_reading import read

    before = None
    while True:
        now = scrape(site)
        yield read(now, before)
        before = now
        time.sleep(every)


def _live(readings: Iterator["ServerReading"], url: str) -> None:
    """In place, until Ctrl-C, or until the server is gone."""
    from rich.live import Live

    from sentivox.cli.output import stdout
    from sentivox.cli.top_view import panel

    first = next(readings)  # what is wrong with the address is said before the screen is taken
    with (
        suppress(KeyboardInterrupt),
        Live(panel(first, url), console=stdout(), auto_refresh=False) as live,
    ):
        for reading in readings:
            live.update(panel(reading, url), refresh=True)
