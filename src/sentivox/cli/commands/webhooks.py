"""`sentivox webhooks`: tests receivers, and lists and retries what was not delivered."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sentivox.cli.stores import store_option, with_database
from sentivox.cli.terminal import echo, one_line, write_json

if TYPE_CHECKING:
    from sentivox.outbound.post import Post
    from sentivox.store.database import Database
    from sentivox.webhooks.config import Endpoint
    from sentivox.webhooks.delivery import Status

_SHOWN = 80
"""Most characters of an answer's body that are shown."""


@click.group(name="webhooks", epilog="Example: sentivox webhooks test hooks.toml")
def command() -> None:
    """Test the receivers of a server's webhooks, and look after deliveries in a store."""


@command.command(name="list", epilog="Example: sentivox webhooks list --store sqlite:///calls.db")
@store_option
@click.option(
    "--status", type=click.Choice(["pending", "delivered", "dead"]),
    help="Only those that wait, have arrived, or were given up.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def list_deliveries(*, store: str, status: "Status | None", as_json: bool) -> None:
    """List the deliveries of webhooks in a store, oldest first."""

    async def work(database: "Database") -> list[dict[str, Any]]:
        from sentivox.store.deliveries import StoredDeliveries
        from sentivox.webhooks.upkeep import rows

        await database.check()
        return await rows(StoredDeliveries(database), status)

    found = with_database(store, work)
    if as_json:
        write_json({"deliveries": found})
        return
    for row in found:
        trouble = row["last_error"] or ""
        due = f", next {row['next_at']}" if row["next_at"] else ""
        echo(
            f"{row['id']} {row['created']} {row['endpoint']} {row['event_type']}: {row['status']}"
            f" after {row['attempts']} attempts{due} {one_line(trouble)}".rstrip()
        )
    if not found:
        echo("there are no deliveries", err=True)


@command.command(name="retry", epilog="Example: sentivox webhooks retry --store sqlite:///calls.db")
@click.argument("ids", metavar="[ID...]", nargs=-1)
@store_option
def retry_deliveries(*, ids: tuple[str, ...], store: str) -> None:
    """Send deliveries again that were given up: these, or all. Their endpoints are enabled.

    A server that is running takes them up within a minute.
    """

    async def work(database: "Database") -> None:
        import time

        from sentivox.store.deliveries import StoredDeliveries
        from sentivox.webhooks.upkeep import retry

        await database.check()
        await retry(StoredDeliveries(database), ids, time.time())

    with_database(store, work)


@command.command(name="test", epilog="Example: sentivox webhooks test hooks.toml")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def test_webhooks(*, path: Path) -> None:
    """Send a signed event of the type "test" to every endpoint of FILE, and print the answers.

    The exit status is 1 unless all of them answered with 2xx. Nothing is retried.
    """
    import asyncio

    from sentivox.webhooks.config import read_webhooks

    config = read_webhooks(path)

    async def send_all() -> list[bool]:
        from sentivox.outbound.post import SafePost

        post = SafePost(config.allowed)
        return await asyncio.gather(*(_test(endpoint, post) for endpoint in config.endpoints))

    if not all(asyncio.run(send_all())):
        raise click.exceptions.Exit(1)


async def _test(endpoint: "Endpoint", post: "Post") -> bool:
    """Send a test event to an endpoint and print what came back; return whether it was 2xx."""
    import time
    from uuid import uuid4

    from sentivox.outbound.failure import NoAnswer
    from sentivox.webhooks.payloads import body

    began = time.time()
    text = body("test", began, {"endpoint": endpoint.name})
    headers = endpoint.signer.headers(f"msg_{uuid4().hex}", began, text)
    try:
        answer = await post(endpoint.target, text.encode(), headers)
    except NoAnswer as error:
        echo(f"{endpoint.name}: {one_line(str(error))}")
        return False
    said = one_line(answer.body.decode("utf-8", "replace"))
    shown = f": {said[:_SHOWN]}" if said else ""
    echo(f"{endpoint.name}: {answer.status} in {time.time() - began:.2f} s{shown}")
    return 200 <= answer.status < 300
