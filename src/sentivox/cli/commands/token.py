"""`sentivox token`: creates an access token, and its hash for the server's token file."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from pathlib import Path

import click

from sentivox.cli.terminal import echo


@click.command(
    name="token",
    epilog="Example: sentivox token --name alice --file tokens && sentivox serve --token-file"
    " tokens",
)
@click.option("--name", default="", help="Name of its holder, as shown in the server's log.")
@click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append its hash to this file instead of printing it to stderr.",
)
@click.option(
    "--admin", is_flag=True, help="Let its holder see and erase everybody's stored conversations."
)
def command(*, name: str, path: Path | None, admin: bool) -> None:
    """Create an access token. It is shown once; only its hash is stored."""
    from sentivox.server.admission.auth import ADMIN, new_token, token_hash

    token = new_token()
    holder = " ".join(name.partition("#")[0].split())
    if holder.startswith(ADMIN):
        raise click.UsageError(f"a name may not begin with {ADMIN}: use --admin")
    holder = f"{ADMIN}{holder or token_hash(token)[-8:]}" if admin else holder
    line = f"{token_hash(token)} {holder}".rstrip()
    if path is None:
        echo(f"A line for --token-file: {line}", err=True)
    else:
        try:
            path.touch(mode=0o600)
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
        except OSError as error:
            raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
    echo(token)
