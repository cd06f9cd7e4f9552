"""What the commands of the CLI are called and take, as documents are checked against it."""

import click

from sentivox.cli import main


def names(group: click.Group = main) -> list[str]:
    """The commands of a group."""
    return group.list_commands(click.Context(group))


def options(command: click.Command = main) -> set[str]:
    """The options of a command and of all below it."""
    own = {
        flag
        for param in command.get_params(click.Context(command))
        for flag in (*param.opts, *param.secondary_opts)
    }
    if not isinstance(command, click.Group):
        return own
    below = [command.get_command(click.Context(command), name) for name in names(command)]
    return own.union(*(options(part) for part in below if part is not None))


def takes(name: str) -> set[str]:
    """The options of the command of this name; empty where there is none."""
    command = main.get_command(click.Context(main), name)
    return set() if command is None else options(command)
