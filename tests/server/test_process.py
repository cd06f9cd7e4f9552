"""`sentivox serve` and `sentivox listen` as users run them: processes, signals, exit codes."""

import hashlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np

from sentivox.audio.files import write_wav
from tests.processes import children
from tests.server.serving import Caller, call_audio, kinds, only, wait_for


@contextmanager
def sentivox_serve(
    log: Path, *more: str | Path, **environment: str
) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The command on a port of its own choice, and the address it names."""
    options = ["--port", "0", "--profile", "embedded", "--log-level", "debug", *map(str, more)]
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "sentivox", "serve", *options],
            stderr=stderr,
            text=True,
            env=os.environ | environment,
        )
    try:
        wait_for(lambda: re.search(r"http://\S+:\d+\n", log.read_text()))
        named = re.search(r"^Sentivox on http://(\S+)\n", log.read_text())
        assert named is not None
        yield process, named[1]
    finally:
        process.kill()
        process.wait()


def sentivox(*args: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sentivox", *map(str, args)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_server_from_start_to_sigterm(tmp_path: Path) -> None:
    audio = call_audio(3.0, 5.0)  # in the middle of a sentence
    write_wav(tmp_path / "turn.wav", np.frombuffer(audio, np.int16))
    log = tmp_path / "log"
    with sentivox_serve(log, "--drain", "30") as (process, address):
        wait_for(lambda: _ready(address))

        second = sentivox("serve", "--port", address.rpartition(":")[2])
        assert second.returncode == 1
        assert re.fullmatch(r"sentivox: error: .*in use.*--port\n", second.stderr)

        listened = sentivox(
            "listen", "--file", tmp_path / "turn.wav", "--url", address, "--fast", "--json"
        )
        assert listened.returncode == 0, listened.stderr
        assert listened.stderr == ""
        messages = [json.loads(line) for line in listened.stdout.splitlines()]
        assert messages[0]["type"] == "Begin"
        assert kinds(messages[-2:]) == ["Summary", "Termination"]
        said = only(messages, "Utterance")[-1]["transcript"]
        assert said

        with Caller(f"ws://{address}/v1/stream", {}) as caller:
            caller.send(audio)
            caller.until("AudioSentiment")
            process.send_signal(signal.SIGTERM)
            rest = caller.rest()
        assert only(rest, "Utterance")[-1]["transcript"] == said
        assert kinds(rest[-2:]) == ["Summary", "Termination"]
        assert rest[-1]["reason"] == "draining"
        assert caller.code == 1012
        assert process.wait(20) == 0
    logged = log.read_text()
    assert "draining sessions=1" in logged
    assert said not in logged
    assert "Traceback" not in logged


def _ready(address: str) -> bool:
    return httpx.get(f"http://{address}/readyz", trust_env=False).status_code == 200


def test_a_terminal_that_closes_ends_the_server_as_a_signal_does(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with sentivox_serve(log, "--tone-only") as (process, address):
        wait_for(lambda: _ready(address))
        process.send_signal(signal.SIGHUP)
        assert process.wait(60) == 0
    assert "draining sessions=0" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_server_for_tone_alone_has_no_recogniser(tmp_path: Path) -> None:
    with sentivox_serve(tmp_path / "log", "--tone-only") as (process, address):
        wait_for(lambda: _ready(address))
        assert children(process.pid) == set()
        ready = httpx.get(f"http://{address}/readyz", trust_env=False).json()
        assert ready["asr"] is None
        assert "asr_workers" not in httpx.get(f"http://{address}/metrics", trust_env=False).text

        with Caller(f"ws://{address}/v1/stream", {}) as caller:
            begin = caller.next()
            assert begin["config"]["modalities"] == ["audio"]
            assert (begin["models"]["asr"], begin["models"]["text"]) == (None, {})
            caller.say("Configure", modalities=["text"])
            refused = caller.next()
            assert (refused["type"], refused["fatal"]) == ("Error", False)
            assert "modalities=audio" in refused["message"]
            caller.say("Configure", language="zh")
            assert caller.next()["config"]["language"] == "zh"
            (utterance,) = only(caller.finish(call_audio(3.0, 6.5)), "Utterance")
        assert utterance["final"]
        assert utterance["transcript"] is None
        assert utterance["audio_sentiment"]["label"]

        with Caller(f"ws://{address}/v1/stream?modalities=text", {}) as caller:
            (refused,) = caller.rest()
        assert (refused["code"], caller.code) == ("bad_request", 1003)
        assert "modalities=audio" in refused["message"]


def test_beyond_this_machine_only_with_a_token_or_when_told_so() -> None:
    for host in ("0.0.0.0", "example.org"):
        done = sentivox("serve", "--host", host, "--port", "0", SENTIVOX_TOKENS=" , ")
        assert done.returncode == 2, host
        first = done.stderr.splitlines()[0]
        assert "--token-file" in first
        assert "--insecure" in first


def test_a_token_from_the_command_that_makes_it_to_the_one_that_uses_it(tmp_path: Path) -> None:
    kept = tmp_path / "tokens"
    made = [sentivox("token", "--name", name, "--file", kept) for name in ("alice", "bob")]
    tokens = [done.stdout.strip() for done in made]
    lines = kept.read_text().splitlines()
    assert [line.split()[1] for line in lines] == ["alice", "bob"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not [token for token in tokens if token in kept.read_text()]

    write_wav(tmp_path / "a.wav", np.zeros(16_000, np.int16))
    listen = ("listen", "--file", tmp_path / "a.wav", "--fast", "--json", "--url")
    named = tokens[0] + "-of-the-environment"
    options = ("--host", "0.0.0.0", "--token-file", kept, "--max-streams", "3")
    with sentivox_serve(tmp_path / "log", *options, SENTIVOX_TOKEN=named) as (_, address):
        url = address.replace("0.0.0.0", "127.0.0.1")
        wait_for(lambda: _ready(url))
        ready = httpx.get(f"http://{url}/readyz", trust_env=False).json()
        assert ready["streams"] == {"open": 0, "max": 3}
        for token in (*tokens, named):
            done = sentivox(*listen, url, SENTIVOX_TOKEN=token)
            assert done.returncode == 0, done.stderr
        refused = sentivox(*listen, url)
        assert refused.returncode == 1
        assert refused.stderr.startswith("sentivox: error: ws://")
        assert "set SENTIVOX_TOKEN" in refused.stderr
    logged = (tmp_path / "log").read_text()
    assert not [token for token in (*tokens, named) if token in logged]


def test_a_token_by_itself_says_its_hash_for_the_file() -> None:
    done = sentivox("token")
    digest = hashlib.sha256(done.stdout.strip().encode()).hexdigest()
    assert done.stderr == f"A line for --token-file: sha256:{digest}\n"
    assert len(done.stdout) > 40


def test_a_key_without_a_certificate_is_bad_usage(tmp_path: Path) -> None:
    done = sentivox("serve", "--tls-key", tmp_path / "key.pem")
    assert done.returncode == 2
    assert "--tls-cert" in done.stderr.splitlines()[0]


def test_a_profile_that_does_not_exist_ends_the_server_in_one_line() -> None:
    done = sentivox("serve", "--port", "0", "--profile", "best", "--log-level", "error")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("sentivox: error: there is no profile 'best'")
    assert "Traceback" not in done.stderr


def test_listen_without_a_server_is_one_line(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.zeros(16_000, np.int16))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{unused.getsockname()[1]}"
        done = sentivox("listen", "--file", tmp_path / "a.wav", "--url", url)
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"sentivox: error: no server at .*sentivox serve\n", done.stderr)


def test_listen_to_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = sentivox("listen", "--file", tmp_path / "nowhere.wav", "--json")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "nowhere.wav" in done.stderr


def test_sigterm_with_an_upload_under_way(tmp_path: Path) -> None:
    with sentivox_serve(tmp_path / "log") as (process, address):
        host, port = address.split(":")
        wait_for(lambda: httpx.get(f"http://{address}/readyz", trust_env=False).status_code == 200)
        with socket.create_connection((host, int(port))) as half:
            head = f"POST /v1/analyze HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99\r\n"
            half.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
            half.settimeout(60)
            assert half.recv(100).startswith(b"HTTP/1.1 100")  # it reads the body now
            half.sendall(b"RIFF")
            process.send_signal(signal.SIGTERM)
            answer = b""
            while chunk := half.recv(65536):
                answer += chunk
        assert process.wait(60) == 0
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 5" in answer.lower()
    assert "Traceback" not in (tmp_path / "log").read_text()
