"""Telling speakers apart as a user does it: enrol, analyse, a worker of its own."""

import csv
import json
import os
import signal
import threading
import wave
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

from sentivox.audio.files import AudioFile, write_wav
from sentivox.engine.build import TranscriberSpec
from sentivox.engine.trial import run_trial
from sentivox.engine.workers import PoolPolicy, WorkerPool
from sentivox.errors import ModelError
from sentivox.models.catalog import find_model
from sentivox.samples import CALL, script
from sentivox.types import Voiceprint
from sentivox.voice.model import VoiceModel
from tests.asr import tiny_sherpa
from tests.cli import conftest
from tests.processes import children

MODEL = find_model("campplus")
Sentivox = Callable[..., "CompletedProcess[str]"]
sentivox = conftest.sentivox


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    tiny_sherpa.speaker_model(root / MODEL.id / MODEL.files[0].path)
    return root


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample call, its agent speaking through a pillow: nothing above 1 kHz."""
    sides = np.concatenate(list(AudioFile(CALL)), axis=1)
    spectrum = np.fft.rfft(sides[0])
    spectrum[round(len(sides[0]) * 1000 / 16_000) :] = 0
    muffled = np.fft.irfft(spectrum, len(sides[0])).round().astype(np.int16)
    path = tmp_path_factory.mktemp("call") / "call.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.stack([muffled, sides[1]], axis=1).tobytes())
    return path


@pytest.fixture(scope="module")
def customer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the call's customer says."""
    side = np.concatenate(list(AudioFile(CALL)), axis=1)[1]
    turns = [t for t in script()["turns"] if t["channel"] == 1]
    parts = [side[round(t["start"] * 16_000) : round(t["end"] * 16_000)] for t in turns]
    path = tmp_path_factory.mktemp("voices") / "customer.wav"
    write_wav(path, np.concatenate(parts))
    return path


def test_a_voiceprint_comes_from_a_worker(models: Path):
    file = str(models / MODEL.id / MODEL.files[0].path)
    audio = np.random.default_rng(3).integers(-3000, 3000, 32_000).astype(np.int16)
    with WorkerPool(TranscriberSpec("voiceprint", {"file": file, "name": "m"})) as pool:
        ready = pool.wait_ready()
        found = pool.submit(audio, None).result().value
        short = pool.submit(audio[:10], None).result().value
    assert ready is not None
    assert ready.name == "m"
    assert isinstance(found, Voiceprint)
    np.testing.assert_allclose(found.embedding, VoiceModel(file).embed(audio), rtol=1e-6)
    assert not isinstance(short, Voiceprint)  # of 10 samples there is none, and the worker lives on


def test_a_pool_says_what_it_is_whose_processes_do_not_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """Also where there are two: a speaker model is no speech recogniser, nor the other way."""
    quick = PoolPolicy(failed_starts=1, backoff_s=0.01)
    for kind, option, role in (
        ("voiceprint", "file", "speaker model"),
        ("whisper", "folder", "speech recogniser"),
    ):
        caplog.clear()
        spec = TranscriberSpec(kind, {option: str(tmp_path / "none"), "name": "m"})
        with (
            WorkerPool(spec, policy=quick) as pool,
            pytest.raises(ModelError, match=f"^the {role} does not start: "),
        ):
            pool.wait_ready()
        assert {f"{role} does not start" in line for line in caplog.messages} == {True}


def test_a_pool_says_what_it_is_that_died(models: Path, caplog: pytest.LogCaptureFixture):
    file = str(models / MODEL.id / MODEL.files[0].path)
    before = children()
    with WorkerPool(TranscriberSpec("voiceprint", {"file": file, "name": "m"})) as pool:
        pool.wait_ready()
        (pid,) = children() - before
        os.kill(pid, signal.SIGKILL)
        while not caplog.messages:
            threading.Event().wait(0.02)
    assert caplog.messages == ["speaker model died while idle; starting another"]


def test_files_that_are_no_speaker_model_are_one_line(tmp_path: Path):
    with pytest.raises(ModelError, match="No such file"):
        VoiceModel(str(tmp_path / "none.onnx"))
    nemo = tiny_sherpa.speaker_model(tmp_path / "nemo.onnx", framework="nemo")
    with pytest.raises(ModelError, match="of nemo: use one from 3D-Speaker"):
        VoiceModel(str(nemo))
    ears = tiny_sherpa.sense_voice(tmp_path) / "model.int8.onnx"
    with pytest.raises(ModelError, match="is not a speaker model: its metadata has no framework"):
        VoiceModel(str(ears))
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(nemo.read_bytes()[:-9])
    with pytest.raises(ModelError, match="damaged"):
        VoiceModel(str(cut))


def test_a_pulled_speaker_model_is_tried(models: Path, tmp_path: Path):
    assert run_trial(MODEL, models / MODEL.id) == "tells the sample's speakers apart"
    (tmp_path / MODEL.files[0].path).write_bytes(b"damaged")
    with pytest.raises(ModelError, match="damaged or not an ONNX file"):
        run_trial(MODEL, tmp_path)


def test_who_is_enrolled_is_known_by_name(
    sentivox: Sentivox,
    models: Path,
    call: Path,
    customer: Path,
    tmp_path: Path,
):
    here = {"SENTIVOX_MODELS_DIR": str(models), "HF_HOME": str(tmp_path / "hub")}
    voices = tmp_path / "voices"
    done = sentivox("enroll", "Ada", customer, "--voices", voices, env=here)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{voices / 'Ada.voice.json'}\n"
    done = sentivox("analyze", call, "--json", "--voices", voices, "-q", env=here)
    assert done.returncode == 0, done.stderr
    sides = [side["utterances"] for side in json.loads(done.stdout)["channels"]]
    agent, known = ({u["speaker"] for u in side} for side in sides)
    assert known == {"Ada"}
    assert agent <= {"S1", "S2"}  # a model of no weight is not sure of itself
    assert "S1" in agent
    assert all(u["final"] for side in sides for u in side)
    done = sentivox("analyze", call, "--csv", "--speakers", "-q", env=here)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    agent, other = ({r["speaker"] for r in rows if r["channel"] == side} for side in "01")
    assert agent.isdisjoint(other)
    assert agent | other <= {"S1", "S2", "S3"}


def test_nothing_has_to_be_pulled(sentivox: Sentivox, customer: Path, tmp_path: Path):
    here = {"SENTIVOX_MODELS_DIR": str(tmp_path / "none"), "HF_HOME": str(tmp_path / "hub")}
    voices = tmp_path / "voices"
    done = sentivox("enroll", "Ada", customer, "--voices", voices, env=here)
    assert done.returncode == 0, done.stderr
    assert "1 voiceprint by ge2e-voiceprint" in done.stderr
    tone = ("--modalities", "audio", "--json", "-q")
    done = sentivox("analyze", CALL, *tone, "--voices", voices, env=here)
    assert done.returncode == 0, done.stderr
    sides = [side["utterances"] for side in json.loads(done.stdout)["channels"]]
    assert [{u["speaker"] for u in side} for side in sides] == [{"S1"}, {"Ada"}]


def test_one_channel_with_two_voices_has_two_speakers_unless_switched_off(
    sentivox: Sentivox, tmp_path: Path
):
    here = {"SENTIVOX_MODELS_DIR": str(tmp_path / "none"), "HF_HOME": str(tmp_path / "hub")}
    tone = ("--modalities", "audio", "--json", "-q")

    def heard(*options: object) -> tuple[list[str | None], list[str]]:
        done = sentivox("analyze", *options, *tone, env=here)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        said = [u["speaker"] for side in found["channels"] for u in side["utterances"]]
        return said, [one["speaker"] for one in found["summary"]["speakers"]]

    turns = [f"S{turn['channel'] + 1}" for turn in script()["turns"]]
    assert heard(CALL, "--mixdown") == (turns, ["S1", "S2"])
    assert heard(CALL, "--mixdown", "--no-speakers") == ([None] * len(turns), [])
    assert heard(CALL) == ([None] * len(turns), [])  # each channel is a speaker already
    side = tmp_path / "agent.wav"
    write_wav(side, np.concatenate(list(AudioFile(CALL)), axis=1)[0])
    own = turns.count("S1")
    assert heard(side) == ([None] * own, [])
    assert heard(side, "--speakers") == (["S1"] * own, [])
    done = sentivox("analyze", CALL, "--mixdown", "--modalities", "audio", "-q", env=here)
    assert "S1: 4 utterances" in done.stdout
    assert "S2: 6 utterances" in done.stdout


def test_what_cannot_be_enrolled_is_one_line(
    sentivox: Sentivox,
    models: Path,
    tmp_path: Path,
):
    here = {"SENTIVOX_MODELS_DIR": str(models), "HF_HOME": str(tmp_path / "hub")}
    silence = tmp_path / "silence.wav"
    write_wav(silence, np.zeros(80_000, np.int16))
    done = sentivox("enroll", "Ada", silence, "--voices", tmp_path / "voices", env=here)
    assert done.returncode == 1
    assert "holds 0.0 s of speech: record 3 s or more" in done.stderr
    assert not (tmp_path / "voices").exists()
    assert "agreed to it" in " ".join(sentivox("enroll", "--help").stdout.split())
