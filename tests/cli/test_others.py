"""demo, doctor, bench, models: run as users do, and as scripts read them."""

import json
import socket
from pathlib import Path

import pytest

from sentivox.cli.local_server import LocalServer
from sentivox.engine.trial import plain_words
from sentivox.errors import SentivoxError
from sentivox.models.catalog import catalog, find_model
from tests.cli.conftest import Sentivox
from tests.models.hub import serve
from tests.text.tiny_onnx import write_model


def test_demo_shows_the_call_and_what_to_try_next(sentivox: Sentivox) -> None:
    done = sentivox("demo", "--fast")
    assert done.returncode == 0, done.stderr
    heard = " ".join(plain_words(done.stdout))
    assert "that is terrible i have been waiting for an hour" in heard
    assert "Customer: 6 utterances" in done.stdout
    assert "sentivox analyze" in done.stdout.rpartition("Next:")[2]


def test_demo_fails_in_one_line_and_with_the_servers_own_words(sentivox: Sentivox) -> None:
    done = sentivox("demo", "--profile", "nope")
    assert done.returncode == 1
    assert "the server did not start: there is no profile 'nope'" in done.stderr


def test_the_local_server_is_gone_when_its_command_fails() -> None:
    def use() -> None:
        with LocalServer("--profile", "embedded") as server:
            ports.append(int(server.url.rpartition(":")[2]))
            server.wait_ready()
            raise SentivoxError("something else broke")

    ports: list[int] = []
    with pytest.raises(SentivoxError, match="something else"):
        use()
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", ports[0]))


def test_doctor_finds_everything_in_order_here(sentivox: Sentivox) -> None:
    done = sentivox("doctor", "--json")
    assert done.returncode == 0, done.stdout
    report = json.loads(done.stdout)
    found = {check["name"]: check["status"] for check in report["checks"]}
    assert report["ok"] is True
    for needed in ("packages", "vad", "tone", "text", "asr", "sample", "profile"):
        assert found[needed] == "ok"


def test_doctor_says_how_to_mend_what_would_fail(sentivox: Sentivox, tmp_path: Path) -> None:
    broken = tmp_path / "av.py"  # found before the real package
    broken.write_text("raise ImportError('no codecs')")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = sentivox("doctor", "--port", str(port), env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("FAIL"))
    assert "no codecs" in lines[at]
    assert "→ pip install" in lines[at + 1]
    assert f"{port} is not available" in done.stdout
    assert "Not working: sample." in done.stdout


def test_bench_json_has_the_promised_keys(sentivox: Sentivox) -> None:
    done = sentivox("bench", "--json", "--stage", "fusion", "--stage", "vad.window")
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert report.keys() == {"machine", "versions", "stages"}
    assert report["machine"].keys() == {"cpu", "flags", "cores"}
    assert [stage["name"] for stage in report["stages"]] == ["fusion", "vad.window"]
    for stage in report["stages"]:
        promised = {"name", "n", "p50_ms", "p95_ms", "p99_ms", "note"}
        assert stage.keys() == promised | {"p25_ms", "p75_ms", "stand_in"}
        ranks = [stage[f"p{rank}_ms"] for rank in (25, 50, 75, 95, 99)]
        assert ranks[0] > 0
        assert ranks == sorted(ranks)


def test_bench_leaves_out_what_is_not_here(sentivox: Sentivox, tmp_path: Path) -> None:
    away = {"HF_HOME": str(tmp_path), "SENTIVOX_MODELS_DIR": str(tmp_path)}
    done = sentivox("bench", "--json", "--stage", "asr.whisper-tiny.en.3s", env=away)
    assert done.returncode == 0
    assert json.loads(done.stdout)["stages"] == []
    assert "sentivox models pull whisper-tiny.en" in done.stderr


def test_models_list_and_verify_where_nothing_is_downloaded(
    sentivox: Sentivox, tmp_path: Path
) -> None:
    away = {"HF_HOME": str(tmp_path), "SENTIVOX_MODELS_DIR": str(tmp_path)}
    listed = json.loads(sentivox("models", "list", "--json", env=away).stdout)
    assert [m["id"] for m in listed["models"]] == [m.id for m in catalog().models]
    assert {m["path"] for m in listed["models"]} == {None}
    assert listed["profiles"]["embedded"] == []

    done = sentivox("models", "verify", "whisper-tiny.en", env=away)
    assert done.returncode == 1
    assert "sentivox models pull whisper-tiny.en" in done.stderr


def test_models_verify_finds_a_damaged_file(sentivox: Sentivox, tmp_path: Path) -> None:
    for file in catalog().models[0].files:
        (tmp_path / catalog().models[0].id).mkdir(exist_ok=True)
        (tmp_path / catalog().models[0].id / file.path).write_bytes(b"not the weights")
    away = {"HF_HOME": str(tmp_path / "hub"), "SENTIVOX_MODELS_DIR": str(tmp_path)}
    done = sentivox("models", "verify", env=away)
    assert done.returncode == 1
    assert f"{catalog().models[0].id}\tconfig.json\tdamaged" in done.stdout
    assert "incomplete: whisper-tiny.en" in done.stderr


def test_models_are_pulled_tried_and_found(sentivox: Sentivox, tmp_path: Path) -> None:
    labels, words = ["NEGATIVE", "POSITIVE"], {"happy": [-4, 4], "terrible": [4, -4]}
    repo = find_model("distilbert-sst2").repo
    folder = write_model(tmp_path / "theirs", labels, words)
    files = {
        f"{repo}/{path.relative_to(folder)}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    away = {"SENTIVOX_MODELS_DIR": str(tmp_path / "ours"), "HF_HOME": str(tmp_path / "hub")}
    assert sentivox("models", "path", "distilbert-sst2", env=away).returncode == 1
    with serve(files) as hub:
        done = sentivox("models", "pull", "distilbert-sst2", env=away | {"HF_ENDPOINT": hub.url})
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"distilbert-sst2\t{tmp_path / 'ours' / 'distilbert-sst2'}\n"
    assert "distilbert-sst2: tells a happy sentence from an angry one" in done.stderr
    found = sentivox("models", "path", env=away)
    assert found.stdout == f"{tmp_path / 'ours' / 'distilbert-sst2'}\n"
    assert sentivox("models", "verify", env=away).stdout.count("recorded") == 3


def test_models_pull_offline_is_one_line(sentivox: Sentivox, tmp_path: Path) -> None:
    away = {
        "HF_HOME": str(tmp_path),
        "SENTIVOX_MODELS_DIR": str(tmp_path),
        "HF_HUB_OFFLINE": "1",
    }
    done = sentivox("models", "pull", "whisper-tiny.en", env=away)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "HF_HUB_OFFLINE is set" in done.stderr.splitlines()[-1]
