"""What `sentivox serve` makes of where it listens."""

import click
import pytest

from sentivox.cli.access import (
    allowed_hosts,
    is_loopback,
    keyring,
    per_address,
    read_public_url,
    require_token,
    wyoming_address,
)
from sentivox.errors import SentivoxError
from sentivox.server.admission.auth import Keyring, new_token

HERE = ["127.0.0.1", "localhost", "::1", "127.0.0.53"]
BEYOND = ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1", "example.org", ""]


@pytest.mark.parametrize("host", HERE)
def test_this_machine_needs_no_token_and_answers_to_its_names(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert is_loopback(host)
    require_token(host, Keyring(), insecure=False)
    assert capsys.readouterr().err == ""
    named = allowed_hosts(host, ("proxy.example",), "https://voice.example:8443/x")
    assert named is not None
    names = {"localhost", "127.0.0.1", "::1", host, "proxy.example", "voice.example"}
    assert names == set(named)
    assert (per_address(host, None), per_address(host, 3)) == (0, 3)


@pytest.mark.parametrize("host", BEYOND)
def test_beyond_it_a_token_or_a_word_is_needed(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(click.UsageError, match="--insecure"):
        require_token(host, Keyring(), insecure=False)
    require_token(host, Keyring.of([new_token()]), insecure=False)
    assert capsys.readouterr().err == ""
    require_token(host, Keyring(), insecure=True)
    assert "no token" in capsys.readouterr().err
    assert allowed_hosts(host, (), "https://public.example") is None
    named = allowed_hosts(host, ("voice.example",), "")
    assert named is not None
    assert "voice.example" in named
    assert (per_address(host, None), per_address(host, 0)) == (16, 0)


@pytest.mark.parametrize("text", ["tcp://127.0.0.1:10300", "tcp://[::1]:1", "unix:///run/w"])
def test_wyoming_on_this_machine_needs_no_token(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for tokens in (Keyring(), Keyring.of([new_token()])):
        assert str(wyoming_address(text, tokens, insecure=False)) == text
    assert capsys.readouterr().err == ""


def test_wyoming_beyond_it_lets_anybody_in_or_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    text, tokens = "tcp://0.0.0.0:10300", Keyring.of([new_token()])
    for insecure in (False, True):
        with pytest.raises(
            click.UsageError, match="this server needs tokens, and Wyoming knows none"
        ):
            wyoming_address(text, tokens, insecure=insecure)
    with pytest.raises(click.UsageError, match="--insecure"):
        wyoming_address(text, Keyring(), insecure=False)
    assert str(wyoming_address(text, Keyring(), insecure=True)) == text
    assert "no token" in capsys.readouterr().err
    assert wyoming_address(None, tokens, insecure=False) is None
    with pytest.raises(click.UsageError, match="--wyoming takes tcp://HOST:PORT"):
        wyoming_address("10300", tokens, insecure=False)


def test_tokens_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = (new_token() for _ in range(3))
    monkeypatch.setenv("SENTIVOX_TOKEN", f" {one}\n")
    monkeypatch.setenv("SENTIVOX_TOKENS", f"{two}, {three},")
    found = keyring(None)
    assert all(found.holder(token) for token in (one, two, three))
    assert found.holder("") is None
    monkeypatch.setenv("SENTIVOX_TOKENS", "short")
    with pytest.raises(SentivoxError, match="20 characters"):
        keyring(None)


def test_the_address_by_which_others_know_the_server() -> None:
    assert read_public_url("") == ""
    assert read_public_url("https://voice.example/calls/") == "https://voice.example/calls"
    for wrong in ("voice.example", "ftp://voice.example", "https://", "https://a/?b", "http://[::"):
        with pytest.raises(click.UsageError, match="is not an address such as"):
            read_public_url(wrong)
