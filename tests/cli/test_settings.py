"""What an operator sets, by flag, environment and file; a mistake is one line."""

import json
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import httpx
import pytest
from click.testing import CliRunner

from sentivox.cli import main
from sentivox.cli.local_server import LocalServer
from sentivox.engine.isolated import Bounds
from sentivox.protocol.option_values import options
from sentivox.protocol.options import AnalysisOptions
from sentivox.server.limits import Age, ServerLimits
from sentivox.server.operator import GROUPS, Defaults, OperatorSettings
from sentivox.server.operator_file import as_toml
from sentivox.server.operator_sources import FIELDS, flags_of, kind_of, read_settings
from sentivox.server.settings import ServerSettings
from tests.server.serving import Caller, wait_for
from tests.server.test_process import _ready, sentivox, sentivox_serve


def another(name: str) -> Any:
    """A value that is not the default, and fits."""
    field, kind = FIELDS[name], kind_of(FIELDS[name])
    if kind is bool:
        return not field.default
    if get_origin(kind) is Literal:
        return next(value for value in get_args(kind) if value != field.default)
    if kind == Age:
        return "7d"
    if kind in {int, float}:
        return kind(7) if name != "min_confidence" else 0.7
    return ("a.example", "b.example") if get_origin(kind) is tuple else kind("somewhere")


def printed(*args: str, **environment: str) -> dict[str, Any]:
    """What --print-config comes to."""
    done = CliRunner().invoke(main, ["serve", "--print-config", *args], env=environment)
    assert done.exit_code == 0, done.output
    return tomllib.loads(done.output)


def written(value: Any) -> Any:
    return (
        list(value)
        if isinstance(value, tuple)
        else str(value)
        if isinstance(value, Path)
        else value
    )


@pytest.mark.parametrize("name", FIELDS)
def test_a_setting_can_be_given_by_flag_environment_and_file(name: str, tmp_path: Path) -> None:
    value = another(name)
    wanted = written(value)
    assert printed().get(name) != wanted

    flag = flags_of(name)[0]
    by_flag = [f"{flag}={one}" for one in (value if isinstance(value, tuple) else (value,))]
    if isinstance(value, bool):
        by_flag = [flag if value else f"--no-{flag[2:]}"]
    more = ["--tls-cert=c.pem"] if name == "tls_key" else []
    assert printed(*by_flag, *more)[name] == wanted

    text = ",".join(value) if isinstance(value, tuple) else str(value)
    assert printed(*more, **{f"SENTIVOX_{name.upper()}": text})[name] == wanted

    file = tmp_path / "sentivox.toml"
    file.write_text(f"{name} = {json.dumps(wanted)}")
    assert printed(*more, "--config", str(file))[name] == wanted
    assert printed(*more, SENTIVOX_CONFIG=str(file))[name] == wanted


def test_a_flag_comes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "sentivox.toml"
    file.write_text("max_streams = 2\nmax_uploads = 2\nmax_bodies = 2\nallow_host = ['a']")
    said = {"SENTIVOX_MAX_STREAMS": "3", "SENTIVOX_MAX_UPLOADS": "3", "SENTIVOX_ALLOW_HOST": "b,c"}
    found = printed("--max-streams", "4", "--config", str(file), **said)
    assert [found[name] for name in ("max_streams", "max_uploads", "max_bodies")] == [4, 3, 2]
    assert found["allow_host"] == ["b", "c"]
    assert found["turn_s"] == 300.0


def test_what_is_printed_can_be_read_back(tmp_path: Path) -> None:
    odd = {
        "calibration": 'a "b" \\ ü 😀 \x7f\t.json', "allow_origin": ["https://a", "https://b"],
        "max_upload_bytes": "1GiB", "late_s": 1e-7, "max_stored_bytes": 1 << 60, "degrade": False,
    }  # fmt: skip
    settings = read_settings(odd, None)
    file = tmp_path / "sentivox.toml"
    file.write_text(as_toml(settings), encoding="utf-8")
    assert read_settings({}, file) == settings
    assert settings.max_upload_bytes == 1 << 30


def test_secrets_are_not_printed() -> None:
    secret = "a-token-that-nobody-else-may-see"
    done = CliRunner().invoke(
        main,
        ["serve", "--print-config", "--token-file", "tokens"],
        env={"SENTIVOX_TOKEN": secret, "SENTIVOX_TOKENS": secret},
    )
    assert secret not in done.output
    assert 'token_file = "tokens"' in done.output


FILE = "sentivox.toml"
WRONG = [
    (["--port", "99999"], {}, "", "--port takes a whole number from 0 to 65535, not '99999'"),
    (["--max-streams", "many"], {}, "", "--max-streams takes a whole number of at least 0"),
    (["--log-level", "loud"], {}, "", "'debug', 'info', 'warning', 'error'"),
    (["--drain", "-1"], {}, "", "--drain-s takes a number of at least 0, not '-1'"),
    ([], {"MAX_STREAMS": "-1"}, "", "SENTIVOX_MAX_STREAMS takes a whole number of at least 0"),
    ([], {"LATE_S": "nan"}, "", "SENTIVOX_LATE_S takes a number of at least 0, not 'nan'"),
    ([], {"SLICE_S": "0"}, "", "SENTIVOX_SLICE_S takes a number above 0, not '0'"),
    ([], {"DEGRADE": "perhaps"}, "", "SENTIVOX_DEGRADE takes true or false, not 'perhaps'"),
    ([], {"LOG_LEVEL": "loud"}, "", "SENTIVOX_LOG_LEVEL takes one of debug, info,"),
    ([], {"MIN_CONFIDENCE": "2"}, "", "SENTIVOX_MIN_CONFIDENCE takes a number from 0 to 1"),
    ([], {"MAX_STREMS": "1"}, "", "SENTIVOX_MAX_STREMS: did you mean SENTIVOX_MAX_STREAMS?"),
    ([], {"CONFIG": "nowhere.toml"}, "", "nowhere.toml is not a file"),
    ([], {}, "max_strems = 1", "no setting max_strems: did you mean max_streams?"),
    ([], {}, "volume = 11", f"{FILE}: there is no setting volume: sentivox serve --print-config"),
    ([], {}, "[streams]\nmax_streams = 1", f"{FILE}: there is no setting streams"),
    ([], {}, "max_streams = true", ": max_streams takes a whole number of at least 0, not true"),
    ([], {}, "max_streams = 2.5", ": max_streams takes a whole number of at least 0, not 2.5"),
    ([], {}, "max_streams = ", f"{FILE} is not TOML: "),
    ([], {}, "degrade = 1", f"{FILE}: degrade takes true or false, not 1"),
    ([], {}, "save_audio = ''", f"{FILE}: save_audio takes a path, not ''"),
    ([], {}, "max_upload_bytes = '12 apples'", f"{FILE}: max_upload_bytes takes a whole number"),
    ([], {}, "allow_host = [1]", f"{FILE}: allow_host takes texts, not [1]"),
    ([], {}, "token = 'x'", f"{FILE}: token is a secret, not a setting: use token_file"),
    (["--tls-key", "k.pem"], {}, "", "--tls-key needs --tls-cert"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "environment", "file", "says"), WRONG)
def test_a_mistake_is_one_line_that_names_its_source(  # noqa: PLR0917
    args: list[str],
    environment: dict[str, str],
    file: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(FILE).write_text(file)
    more = ["--config", FILE] if file else []
    env = {f"SENTIVOX_{name}": value for name, value in environment.items()}
    done = CliRunner().invoke(main, ["serve", "--print-config", *args, *more], env=env)
    assert done.exit_code == 2
    error, hint = done.output.splitlines()
    assert error.startswith("sentivox: error: ")
    assert says in error
    assert hint.endswith("serve --help")


def test_variables_of_others_are_left_alone() -> None:
    others = {
        "SENTIVOX_PORT": "tcp://10.0.0.1:8000", "SENTIVOX_SERVICE_HOST": "10.0.0.1",
        "SENTIVOX_PORT_8000_TCP_ADDR": "10.0.0.1", "SENTIVOX_MODELS_DIR": "models",
        "SENTIVOX_HOST": "",
    }  # fmt: skip
    found = printed(**others)
    assert (found["host"], found["port"]) == ("127.0.0.1", 8000)


def test_a_server_is_run_with_what_was_set(tmp_path: Path) -> None:
    file = tmp_path / "sentivox.toml"
    file.write_text("max_streams = 2\nidle_timeout_s = 33\nmin_confidence = 0.9\ntone_only = true")
    said = {"SENTIVOX_MAX_STREAMS": "3", "SENTIVOX_MAX_FRAME_BYTES": "2MiB"}
    with sentivox_serve(tmp_path / "log", "--config", file, **said) as (_, address):
        wait_for(lambda: _ready(address))
        ready = httpx.get(f"http://{address}/readyz", trust_env=False).json()
        with Caller(f"ws://{address}/v1/stream", {}) as caller:
            begin = caller.next()
    assert ready["streams"]["max"] == 3
    assert begin["limits"]["idle_timeout_seconds"] == 33
    assert begin["limits"]["max_frame_bytes"] == 2 << 20
    assert begin["config"]["min_confidence"] == 0.9


def test_a_mistake_of_a_real_process_ends_it_at_once() -> None:
    done = sentivox("serve", SENTIVOX_MAX_STREAMS="many")
    assert done.returncode == 2
    error, hint = done.stderr.splitlines()
    assert error.startswith("sentivox: error: SENTIVOX_MAX_STREAMS takes a whole number")
    assert hint == "Try: sentivox serve --help"


def test_a_server_of_our_own_heeds_no_settings_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTIVOX_TOKEN_FILE", "/nowhere/tokens")
    monkeypatch.setenv("SENTIVOX_TLS_CERT", "/nowhere/cert.pem")
    monkeypatch.setenv("SENTIVOX_CONFIG", "/nowhere/sentivox.toml")
    with LocalServer("--profile", "embedded", "--tone-only") as server:
        server.wait_ready()


def test_every_limit_is_a_setting_and_has_one_default() -> None:
    assert ServerLimits.model_fields.keys() <= FIELDS.keys()
    named = [name for group in GROUPS for name in group.model_fields]
    assert sorted(named) == sorted(OperatorSettings.model_fields)
    usual = OperatorSettings()
    for field in fields(Bounds):
        assert getattr(usual, f"decoder_{field.name}") == field.default
    for name in Defaults.model_fields:
        assert getattr(usual, name) == options(AnalysisOptions)[name].default
    assert all((field.description or "").endswith(".") for field in FIELDS.values())
    assert ServerSettings().model_dump(include=set(ServerLimits.model_fields)) == usual.model_dump(
        include=set(ServerLimits.model_fields)
    )
