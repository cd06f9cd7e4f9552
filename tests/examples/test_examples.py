"""Every file in `examples/` at work, as its docstring says; voice agents: test_voice_agents.py."""

import base64
import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from websockets.sync.client import connect

from sentivox.cli.local_server import free_port
from sentivox.engine.engine import Engine
from sentivox.report.document import CSV_COLUMNS
from tests.dialects.coded import mulaw
from tests.server.serving import call_audio, serving, wait_for

EXAMPLES = Path(__file__).parents[2] / "examples"


def start(
    *command: str | Path, stdin: int | None = None, env: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *command], stdin=stdin, stdout=subprocess.PIPE, env=env
    )


@contextmanager
def uvicorn(app: str, **env: str) -> Generator[tuple[str, subprocess.Popen[bytes]]]:
    """The example served on a free port: "127.0.0.1:PORT", and its process."""
    port = free_port()
    options = ["--app-dir", EXAMPLES, "--port", str(port), "--log-level", "warning"]
    process = start("-m", "uvicorn", *options, app, env=os.environ | env)
    try:
        transport = httpx.HTTPTransport(retries=20)
        with httpx.Client(transport=transport, trust_env=False) as http:
            http.get(f"http://127.0.0.1:{port}/docs", timeout=60)
        yield f"127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_microphone() -> None:
    process = start(EXAMPLES / "microphone.py", stdin=subprocess.PIPE)
    out, _ = process.communicate(call_audio(3.0, 6.45), timeout=120)
    assert process.returncode == 0
    lines = out.decode().splitlines()
    assert any("tone so far" in line for line in lines)
    assert re.search(r"[+-]\d\.\d\d  ", lines[-1])


def test_folder_to_csv(tmp_path: Path, sample_call: Path) -> None:
    (tmp_path / "call.flac").write_bytes(sample_call.read_bytes())
    (tmp_path / "notes.txt").write_text("not audio")
    done = subprocess.run(
        [sys.executable, EXAMPLES / "folder_to_csv.py", tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == list(CSV_COLUMNS)
    assert len(rows) == 10
    assert "notes.txt" in done.stderr


def test_fastapi_app(sample_call: Path) -> None:
    with uvicorn("fastapi_app:app") as (address, _):
        with httpx.Client(base_url=f"http://{address}", timeout=120, trust_env=False) as http:
            answer = http.post("/calls", files={"file": sample_call.read_bytes()})
            assert answer.json().keys() == {"mean", "turning_points"}
            assert http.post("/calls", files={"file": b"not audio"}).status_code == 415
        with connect(f"ws://{address}/live") as socket:
            socket.send(call_audio(3.0, 6.45))
            socket.send(b"")
            assert json.loads(socket.recv(timeout=120)).keys() == {"words", "score"}


def test_twilio_calls(engine: Engine, tmp_path: Path) -> None:
    """Twilio's side of a call, by its Media Streams messages, and what is told of it."""
    samples = np.frombuffer(call_audio(3.0, 6.45), np.int16)[::2]
    audio = mulaw(samples)
    form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    start = {"callSid": "CA7", "tracks": ["inbound"], "mediaFormat": form}
    with serving(engine, store=f"sqlite:///{tmp_path}/calls.db", late_s=600.0) as server:
        with connect(f"ws://{server.address}/twilio/media", proxy=None) as call:
            call.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
            call.send(json.dumps({"event": "start", "start": start}))
            for i in range(0, len(audio), 160):
                payload = base64.b64encode(audio[i : i + 160]).decode()
                media = {"track": "inbound", "payload": payload}
                call.send(json.dumps({"event": "media", "media": media}))
            call.send(json.dumps({"event": "stop", "stop": {"callSid": "CA7"}}))
            for _ in call:
                pass
        wait_for(lambda: any(line.endswith("ended") for line in calls(server.http)))
        told = calls(server.http)
    assert re.fullmatch(r"call:CA7 \S+ ended", told[0])
    assert re.match(r" +\d\.\d Customer [-+]\d\.\d\d \w+", told[1])


def calls(address: str) -> list[str]:
    """The lines that the example prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / "twilio_calls.py"],
        env=os.environ | {"SENTIVOX_URL": address},
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_alert_webhook() -> None:
    firing = {
        "status": "firing",
        "labels": {"alertname": "SentivoxDown", "instance": "voice:8000"},
        "annotations": {"summary": "voice:8000 does not answer"},
    }
    notice = {"version": "4", "status": "firing", "receiver": "sentivox", "alerts": [firing]}
    with uvicorn("alert_webhook:app") as (address, process):
        answer = httpx.post(f"http://{address}/alerts", json=notice, trust_env=False)
        assert answer.status_code == 204
        assert process.stdout is not None
        line = process.stdout.readline().decode()
    assert line == "firing: SentivoxDown: voice:8000 does not answer\n"


def shown(name: str, folder: Path, **env: str) -> tuple[list[str], str]:
    """What each code cell of a notebook shows, and all that they print, from a new interpreter."""
    runner, outcome = Path(__file__).with_name("run_notebook.py"), folder / "shown.json"
    done = subprocess.run(
        [sys.executable, "-W", "error", runner, EXAMPLES / name, outcome],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "agg"} | env,
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(outcome.read_text("utf-8")), done.stdout


def test_notebook(tmp_path: Path) -> None:
    cells, _ = shown("notebook.ipynb", tmp_path)
    assert "<svg" in cells[1]
    assert "audio_score" in cells[3]
    assert "<audio" in (tmp_path / "call.html").read_text()


def test_folder_to_dataframe(tmp_path: Path) -> None:
    cells, said = shown("folder_to_dataframe.ipynb", tmp_path)
    assert "call.json is not audio" in said
    assert "<th>channel_name</th>" in cells[1]
    assert cells[2].count("call.flac") == 1
    assert cells[4].count("call.flac") == 5
    with (tmp_path / "calls.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(CSV_COLUMNS)
    assert len(rows) == 10


def test_live_from_a_server(engine: Engine, tmp_path: Path) -> None:
    with serving(engine, late_s=600.0) as server:
        url = f"ws://{server.address}"
        cells, said = shown("live_from_a_server.ipynb", tmp_path, SENTIVOX_URL=url)
    assert all(line.startswith("Utterance(") for line in said.splitlines())
    assert len(said.splitlines()) >= 2
    assert "Agent" in cells[-1]
    assert "Customer" in cells[-1]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs_and_explain_each_cell(path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    kinds = [cell["cell_type"] for cell in cells]
    assert kinds == ["markdown", "code"] * (len(cells) // 2)
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")
    assert all(cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")


@pytest.mark.parametrize("path", sorted(EXAMPLES.iterdir()), ids=lambda path: path.stem)
def test_every_example_has_a_test(path: Path) -> None:
    tests = "".join(module.read_text() for module in Path(__file__).parent.glob("test_*.py"))
    assert f"def test_{path.stem}(" in tests or path.suffix not in {".py", ".ipynb"}
