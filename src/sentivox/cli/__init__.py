"""The `sentivox` command. Each subcommand is a separate module, imported only when it runs."""

import difflib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from sentivox._version import __version__
from sentivox.cli.signals import asked_to_end
from sentivox.cli.terminal import echo, one_line, prepare
from sentivox.errors import SentivoxError
from sentivox.wording.paths import path_text

COMMANDS: Final = {
    "analyze": "Analyse the sentiment of recordings.",
    "alerts": "Try alert rules on recordings.",
    "serve": "Start the server and its live page.",
    "token": "Create an access token for a server.",
    "listen": "Stream the microphone or a recording to a server.",
    "top": "Watch a running server: load, losses and latencies.",
    "demo": "Start a server, stream a sample call to it and show the results.",
    "models": "List, fetch and verify models.",
    "bench": "Measure each stage's latency on this machine.",
    "load": "Find out how many live streams a server can handle.",
    "evaluate": "Measure the models' accuracy on labelled data.",
    "webhooks": "Test the receivers of a server's webhooks.",
    "enroll": "Enrol the voice of somebody who has agreed to it.",
    "store": "Export, erase and prune stored conversations.",
    "calibrate": "Fit the fusion of words and tone to your labelled recordings.",
    "doctor": "Check what is installed and what does not work.",
    "completion": "Set up completion in your shell.",
}
"""One line of help per subcommand; `sentivox.cli.commands.NAME.command` implements it."""

NEXT: Final = """\
Sentivox tells how a speaker feels, from the words and from the tone of voice.

  sentivox demo               see it at work on a sample call
  sentivox analyze call.wav   analyse a recording; --report page.html for a report
  sentivox serve              start the server, with a page at http://127.0.0.1:8000
  sentivox doctor             what is installed here

More: sentivox --help"""
"""What `sentivox` prints without a subcommand."""


class LazyGroup(click.Group):
    """A click group that imports a subcommand only when it is called or asked for its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of the subcommands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return the subcommand of this name; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"sentivox.cli.commands.{cmd_name}").command
        _expect_text(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of subcommands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a subcommand as click does, but suggest the nearest name for an unknown one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f": did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"there is no command {args[0]!r}{meant}", ctx)
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Run the command and exit: 0 ok, 1 failed, 2 bad usage, 128 + n ended by signal n."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        prepare()
        with asked_to_end() as asked:
            try:
                code: object = super().main(args, prog_name, complete_var, False, **extra)
            except click.UsageError as error:
                message = error.format_message()
                if message.startswith("Usage:"):  # of a group without a command: its whole help
                    echo(message, err=True)
                    _leave(2)
                _fail(message, 2, hint=_hint(error))
            except click.ClickException as error:
                _fail(error.format_message(), error.exit_code)
            except SentivoxError as error:
                _fail(str(error), 1)
            except (click.Abort, KeyboardInterrupt):
                _leave(asked.status)
            except SystemExit as left:  # raised by click and rich when stdout is closed
                _leave(left.code if isinstance(left.code, int) else 0)
            except OSError as error:
                if isinstance(error, BrokenPipeError):
                    _leave(1)
                _fail(_trouble(error), 1)
            return _leave(code if isinstance(code, int) else 0)


class Text(click.types.StringParamType):
    """A click string that must be valid UTF-8; only file names may be other bytes."""

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:  # noqa: ANN401
        """Return the text, or fail with a usage error if it is not valid UTF-8."""
        text = super().convert(value, param, ctx)
        if path_text(text) != text:
            self.fail(f"{path_text(text)} is not UTF-8", param, ctx)
        return text


def _expect_text(command: click.Command) -> None:
    """Replace the string types of a command's parameters by `Text`, in subcommands too."""
    for param in command.params:
        if param.type is click.STRING:
            param.type = Text()
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _expect_text(each)


def _hint(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx is not None else "sentivox"
    return f"Try: {path} --help"


def _trouble(error: OSError) -> str:
    """The message for an OSError; if it names no file, writing to stdout has failed."""
    what = f"{error.filename}: " if error.filename else "cannot write to stdout: "
    return f"{what}{error.strerror or error}"


def _fail(message: str, code: int, hint: str | None = None) -> NoReturn:
    """Print a one-line error message and a hint to stderr, and exit."""
    echo(f"sentivox: error: {one_line(message)}", err=True)
    if hint is not None:
        echo(hint, err=True)
    _leave(code)


def _leave(code: int) -> NoReturn:
    """Flush stdout and exit; report a failed flush unless the reader of the pipe has gone."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if code == 0 and not isinstance(error, BrokenPipeError):
            echo(f"sentivox: error: {_trouble(error)}", err=True)
        # The interpreter flushes stdout again at exit, which must not fail a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or 1
    sys.exit(code)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: sentivox analyze call.wav --json | jq .summary",
)
@click.version_option(__version__, prog_name="sentivox", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Real-time sentiment from speech: what is said and how it is said, on ordinary CPUs."""
    if ctx.invoked_subcommand is None:
        echo(NEXT)
