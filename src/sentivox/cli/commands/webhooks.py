"""`sentivox webhooks`: tests the receivers of a server's webhooks."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentivox.cli.terminal import echo, one_line

if TYPE_CHECKING:
    from sentivox.outbound.post import Post
    from sentivox.webhooks.config import Endpoint

_SHOWN = 80
"""Most characters of an answer's body that are shown."""


@click.group(name="webhooks", epilog="Example: sentivox webhooks test hooks.toml")
def command() -> None:
    """Test the receivers of a server's webhooks."""


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
