"""`sentivox webhooks`, and `serve` with a file of receivers, as users run them."""

import socket
from pathlib import Path

from standardwebhooks import Webhook

from tests.cli.conftest import Sentivox
from tests.outbound.receivers import answers, in_background
from tests.webhooks.made import SECRET, configured


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_each_receiver_gets_a_signed_event_and_its_answer_is_told(
    sentivox: Sentivox, tmp_path: Path
) -> None:
    with in_background(answers(200, body=b"fine\nthanks\x1b[31m")) as receiver:
        configured(tmp_path, crm=receiver.port, bell=receiver.port)
        done = sentivox("webhooks", "test", tmp_path / "hooks.toml")
    assert (done.returncode, done.stderr) == (0, "")
    lines = sorted(done.stdout.splitlines())
    assert [line.partition(" in ")[0] for line in lines] == ["bell: 200", "crm: 200"]
    assert all(line.endswith("s: fine thanks\ufffd[31m") for line in lines)
    for request in receiver.requests:
        event = Webhook(SECRET).verify(request.body, request.headers)
        assert event["type"] == "test"
        assert request.line == f"POST /{event['data']['endpoint']} HTTP/1.1"


def test_a_receiver_that_fails_is_told_and_the_exit_status_is_1(
    sentivox: Sentivox, tmp_path: Path
) -> None:
    with in_background(answers(500, body=b"")) as receiver:
        configured(tmp_path, bad=receiver.port, away=closed_port())
        done = sentivox("webhooks", "test", tmp_path / "hooks.toml")
    assert (done.returncode, done.stderr) == (1, "")
    away, bad = sorted(done.stdout.splitlines())
    assert away.startswith("away: 127.0.0.1 port ")
    assert away.endswith(" cannot be reached: Connection refused")
    assert bad.startswith("bad: 500 in ")


def test_a_server_with_a_mistake_in_its_file_does_not_start(
    sentivox: Sentivox, tmp_path: Path
) -> None:
    configured(tmp_path, crm=443)
    file = tmp_path / "hooks.toml"
    file.write_text(file.read_text().replace("events", "evnts"))
    for command in (("serve", "--port", "0", "--webhooks"), ("webhooks", "test")):
        done = sentivox(*command, file)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            f"sentivox: error: {file}: endpoint crm: there is no key 'evnts': did you mean events?"
            " Known are name, url, events, secret_env, secret_file\n"
        )
