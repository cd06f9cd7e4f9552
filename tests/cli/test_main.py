"""The group: lightness, exit codes, one line for each error."""

import os
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

import sentivox.cli
from sentivox._version import __version__
from sentivox.cli import COMMANDS, main
from sentivox.errors import ModelError
from tests.cli.conftest import Sentivox

HEAVY = {
    "pydantic",
    "numpy",
    "onnxruntime",
    "av",
    "fastapi",
    "rich",
    "uvicorn",
    "msgspec",
    "pocketsphinx",
}


@pytest.mark.parametrize(
    "code", ["import sentivox", "import sentivox.cli as c; c.main(['--help'])"]
)
def test_nothing_heavy_is_imported_before_it_is_needed(code: str) -> None:
    script = f"""
import sys
try:
    {code}
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    modules = {name.partition(".")[0] for name in done.stderr.split()}
    assert "sentivox" in modules
    assert not modules & HEAVY


def test_help_names_every_command_and_an_example(sentivox: Sentivox) -> None:
    done = sentivox("--help")
    assert done.returncode == 0
    for name, about in COMMANDS.items():
        assert f"{name} " in done.stdout
        assert about in done.stdout
    assert "Example" in done.stdout
    assert done.stderr == ""


def _leaves() -> Iterator[tuple[str, ...]]:
    with click.Context(main) as ctx:
        for name in COMMANDS:
            command = main.get_command(ctx, name)
            yield (name,)
            if isinstance(command, click.Group):
                yield from ((name, sub) for sub in command.commands)


@pytest.mark.parametrize("path", list(_leaves()), ids=" ".join)
def test_every_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    from click.testing import CliRunner

    done = CliRunner().invoke(main, [*path, "--help"], prog_name="sentivox")
    assert done.exit_code == 0
    assert "Example" in done.output
    assert " ".join(("sentivox", *path)) in done.output


def test_alone_it_says_what_to_do_next(sentivox: Sentivox) -> None:
    done = sentivox()
    assert done.returncode == 0
    assert "sentivox demo" in done.stdout


def test_version(sentivox: Sentivox) -> None:
    assert sentivox("--version").stdout == f"sentivox {__version__}\n"


def test_a_group_without_a_command_is_its_help_as_it_is(sentivox: Sentivox) -> None:
    done = sentivox("store")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: sentivox store [OPTIONS] COMMAND")
    assert "\n  export " in done.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("analise",), "did you mean 'analyze'?"),
        (("xyzzy",), "there is no command 'xyzzy'"),
        (("--nope",), "--nope"),
        (("analyze",), "FILE"),
        (("analyze", "x.wav", "--modalities", "smell"), "text, audio or text,audio"),
        (("bench", "--stage", "nope"), "choose from vad.window"),
        (("models", "pul"), "pul"),
        (("analyze", "x.wav", "--report-audio"), "--report-audio needs --report"),
        (("calibrate", "--csv", "x.csv", "-o", "nowhere/c.json"), "there is no folder"),
        (("calibrate", "--csv", "x.csv", "-o", "."), "is a directory"),
        (("calibrate", "--csv", "x.csv", "--data", "."), "either --csv FILE or --data DIR"),
        (("evaluate", "tone", "--data", ".", "--confusion", "nowhere/c.png"), "there is no folder"),
        (("evaluate", "tone", "--data", ".", "--csv", "x.csv"), "either --data DIR or --csv FILE"),
        (("load", "--ramp", "--plot", "nowhere/c.png"), "there is no folder"),
        (("load", "--plot", "picture.doc"), "must end in .pdf, .png, .svg"),
        (
            ("load", "--url", "ws://x", "--profile", "embedded"),
            "models can be chosen only for a server",
        ),
        (("analyze", "x.wav", "--language", "\udce9"), r"'--language': \xe9 is not UTF-8"),
        (("models", "pull", "\udce9"), r"\xe9 is not UTF-8"),
        (("token", "--name", "a\udcff"), r"a\xff is not UTF-8"),
        (("completion", "tcsh"), "'bash', 'zsh', 'fish'"),
    ],
)
def test_bad_usage_is_one_line_and_a_hint_and_exit_2(
    sentivox: Sentivox, args: tuple[str, ...], says: str
) -> None:
    done = sentivox(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    error, hint = done.stderr.splitlines()
    assert error.startswith("sentivox: error: ")
    assert says in error
    assert hint.startswith("Try: sentivox")
    assert hint.endswith("--help")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_ask_us_by_the_name_that_we_answer_to(
    sentivox: Sentivox, shell: str
) -> None:
    done = sentivox("completion", shell)
    assert done.returncode == 0
    assert f"_SENTIVOX_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("sentivox an", {"analyze"}), ("sentivox analyze --rep", {"--report", "--report-audio"})],
)
def test_what_is_typed_is_completed(sentivox: Sentivox, typed: str, offered: set[str]) -> None:
    words = str(typed.count(" "))
    env = {"_SENTIVOX_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": words}
    done = sentivox(env=env)
    assert done.stderr == ""
    assert {line.rpartition(",")[2] for line in done.stdout.splitlines()} == offered


def _raising(error: BaseException) -> click.Group:
    def fail() -> None:
        raise error

    group = sentivox.cli.LazyGroup("sentivox")
    group.get_command = lambda ctx, cmd_name: click.Command(cmd_name, callback=fail)  # noqa: ARG005
    return group


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (ModelError("a model\nis missing"), 1, "sentivox: error: a model is missing\n"),
        (click.ClickException("no luck"), 1, "sentivox: error: no luck\n"),
        (click.UsageError("bad"), 2, "sentivox: error: bad\n"),
        (click.exceptions.Exit(1), 1, ""),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_ends_a_command_becomes_an_exit_code_and_a_line(
    error: BaseException, code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        _raising(error).main(["doctor"])
    assert left.value.code == code
    assert says in capsys.readouterr().err


def test_a_reader_that_has_gone_is_no_reason_for_noise() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "sentivox"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 1
