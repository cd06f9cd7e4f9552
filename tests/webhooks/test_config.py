"""The file that names the receivers: read, or refused in one line that holds no secret."""

import subprocess
import sys
from pathlib import Path

import pytest

from sentivox.errors import SentivoxError
from sentivox.webhooks.config import WebhookConfig, read_webhooks
from tests.webhooks.made import OTHER_SECRET, SECRET

GOOD = """\
[[endpoint]]
name = "crm"
url = "https://crm.example/hook?key=s3cret"
events = ["session.ended", "alert.fired"]
secret_env = "CRM_SECRET"
"""


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_SECRET", SECRET)


def read(folder: Path, text: str) -> WebhookConfig:
    path = folder / "hooks.toml"
    path.write_text(text, encoding="utf-8")
    return read_webhooks(path)


def test_a_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "bell"
    secret.write_text(f"{SECRET}\n{OTHER_SECRET}\n", encoding="utf-8")
    config = read(
        tmp_path,
        'allow_http = true\nallow_hosts = ["In.example.", "bücher.example", "::1"]\n'
        f'allow_networks = ["10.0.0.0/8", "fd00::/8"]\n{GOOD}'
        '[[endpoint]]\nname = "bell"\nurl = "http://in.example:8080"\n'
        f'events = ["utterance.final"]\nsecret_file = "{secret}"\n',
    )
    crm, bell = config.endpoints
    assert (crm.name, crm.events) == ("crm", {"session.ended", "alert.fired"})
    assert (crm.target.host, crm.target.port, crm.target.tls) == ("crm.example", 443, True)
    assert (bell.target.host, bell.target.port, bell.target.tls) == ("in.example", 8080, False)
    assert crm.signer.headers("m", 0, "")["webhook-signature"].count("v1,") == 1
    assert bell.signer.headers("m", 0, "")["webhook-signature"].count("v1,") == 2
    assert config.allowed.hosts == {"in.example", "xn--bcher-kva.example", "::1"}
    assert [str(network) for network in config.allowed.networks] == ["10.0.0.0/8", "fd00::/8"]


def test_what_is_not_said_is_off(tmp_path: Path) -> None:
    allowed = read(tmp_path, GOOD).allowed
    assert (allowed.http, allowed.hosts, allowed.networks) == (False, frozenset(), ())


def test_neither_secret_nor_path_is_shown(tmp_path: Path) -> None:
    shown = repr(read(tmp_path, GOOD))
    assert "crm.example" in shown
    assert SECRET.removeprefix("whsec_") not in shown
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            ("events =", "evnts ="),
            (
                "endpoint crm: there is no key 'evnts': did you mean events?"
                " Known are name, url, events, secret_env, secret_file"
            ),
        ),
        (
            ("session.ended", "session.end"),
            (
                "endpoint crm: events: there is no event 'session.end':"
                " did you mean session.ended? Known are session.started, session.ended,"
                " utterance.final, alert.fired"
            ),
        ),
        (
            ("[[endpoint]]", "[[endpoints]]"),
            (
                "there is no key 'endpoints': did you mean endpoint?"
                " Known are endpoint, allow_http, allow_hosts, allow_networks"
            ),
        ),
        (("[[endpoint]]", "[endpoint]"), "endpoint takes [[endpoint]]"),
        ((GOOD, ""), "it names no receiver: write [[endpoint]] and below it name, url, events"),
        (
            (GOOD, "endpoint = [1]"),
            ("it names no receiver: write [[endpoint]] and below it name, url, events"),
        ),
        (('name = "crm"\n', ""), "endpoint 1: name is missing: it takes a name"),
        (
            ('"crm"', '"my crm"'),
            ("endpoint 1: name takes letters, digits, '.', '_' and '-', 64 at most"),
        ),
        (('"crm"', "7"), "endpoint 1: name takes a name"),
        (
            ("https://crm.example", "http://crm.example"),
            ("endpoint crm: url: use https, or set allow_http = true"),
        ),
        (
            ("crm.example", "192.168.0.9"),
            (
                "endpoint crm: url: 192.168.0.9 is not a public address:"
                " if it is meant, add it to allow_hosts"
            ),
        ),
        (
            ("https://crm.example/hook?key=s3cret", "crm"),
            ("endpoint crm: url: it is not a URL such as https://example.org/hook"),
        ),
        (
            ('["session.ended", "alert.fired"]', "[]"),
            (
                "endpoint crm: events is missing: it takes"
                " some of session.started, session.ended, utterance.final, alert.fired"
            ),
        ),
        (
            ('["session.ended", "alert.fired"]', '"session.ended"'),
            ('endpoint crm: events takes texts, such as ["a"]'),
        ),
        (('"alert.fired"', "1"), 'endpoint crm: events takes texts, such as ["a"]'),
        (('secret_env = "CRM_SECRET"', ""), "endpoint crm: give either secret_env or secret_file"),
        (
            ("CRM_SECRET", "NO_SUCH_SECRET"),
            ("endpoint crm: the variable that secret_env names is not set"),
        ),
        (
            ("CRM_SECRET", SECRET),
            ("endpoint crm: secret_env takes the name of a variable, not the secret itself"),
        ),
        (
            ('"CRM_SECRET"', f'["{SECRET}"]'),
            ("endpoint crm: secret_env takes the name of a variable"),
        ),
        (
            ('secret_env = "CRM_SECRET"', f'secret_file = "{SECRET}"'),
            ("endpoint crm: secret_file takes the path of a file, not the secret itself"),
        ),
        (
            ('secret_env = "CRM_SECRET"', 'secret_file = "/no/such"'),
            ("endpoint crm: secret_file /no/such cannot be read: No such file or directory"),
        ),
        (
            ('secret_env = "CRM_SECRET"', f'secret = "{SECRET}"'),
            ("endpoint crm: keep the secret out of this file: use secret_env, secret_file"),
        ),
        ((GOOD, GOOD + GOOD), "two endpoints are named crm: give each a name of its own"),
        ((GOOD, f'allow_http = "yes"\n{GOOD}'), "allow_http takes true or false"),
        (
            (GOOD, f'allow_hosts = ["*.example"]\n{GOOD}'),
            ("allow_hosts takes names and addresses of hosts, not '*.example'"),
        ),
        (
            (GOOD, f'allow_networks = ["10.0.0.1/8"]\n{GOOD}'),
            ("allow_networks takes networks such as 10.0.0.0/8, not '10.0.0.1/8'"),
        ),
    ],
)
def test_a_mistake_is_one_line(change: tuple[str, str], line: str, tmp_path: Path) -> None:
    with pytest.raises(SentivoxError) as failed:
        read(tmp_path, GOOD.replace(*change))
    assert str(failed.value) == f"{tmp_path}/hooks.toml: {line}"


def test_a_secret_of_the_wrong_form_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_SECRET", "hunter2hunter2")
    with pytest.raises(SentivoxError, match=r"endpoint crm: secret_env: a secret is whsec_") as bad:
        read(tmp_path, GOOD)
    assert "hunter2" not in str(bad.value)
    monkeypatch.setenv("CRM_SECRET", " ")
    with pytest.raises(SentivoxError, match="secret_env: there is no secret"):
        read(tmp_path, GOOD)


def test_a_file_that_is_not_toml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(SentivoxError, match=r"hooks.toml is not TOML: .*line 2"):
        read(tmp_path, 'allow_http = true\nallow_hosts = "a\n')
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SentivoxError, match="is not TOML"):
        read_webhooks(path)
    with pytest.raises(SentivoxError, match="cannot be read: No such file"):
        read_webhooks(tmp_path / "nowhere.toml")


def test_without_the_extra_one_line_names_it_and_the_server_needs_none(tmp_path: Path) -> None:
    """In a process of its own, where its packages cannot be found."""
    (tmp_path / "hooks.toml").write_text(GOOD, encoding="utf-8")
    program = f"""
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {{"httpx", "standardwebhooks"}}:
            raise ModuleNotFoundError(name)
import importlib.util
find = importlib.util.find_spec
missing = ("httpx", "standardwebhooks")
importlib.util.find_spec = lambda name: None if name in missing else find(name)
sys.meta_path.insert(0, Missing())
import sentivox.server.app, sentivox.server.ws.conversation
from pathlib import Path
from sentivox.webhooks.config import read_webhooks
read_webhooks(Path({str(tmp_path / "hooks.toml")!r}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == (
        'sentivox.errors.SentivoxError: webhooks need: pip install "sentivox[webhooks]"'
    )
