"""`sentivox completion`: prints a shell's completion script for commands and options."""

import click

from sentivox.cli.terminal import echo


@click.command(
    name="completion",
    epilog='Examples: eval "$(sentivox completion bash)"   |'
    "   sentivox completion fish > ~/.config/fish/completions/sentivox.fish",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    """Print a script that sets up Tab completion.

    For bash and zsh, add the first example, with the name of your shell, to ~/.bashrc or ~/.zshrc.
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415  (keeps --help fast)

    found = get_completion_class(shell)
    if found is not None:
        group = ctx.find_root().command
        echo(found(group, {}, "sentivox", "_SENTIVOX_COMPLETE").source())
