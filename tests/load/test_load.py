"""Paced streams against a real server, and the pure parts of `sentivox load`."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from sentivox.cli.commands.load import command
from sentivox.client.http import Site
from sentivox.engine.engine import Engine
from sentivox.errors import ConnectionFailed
from sentivox.load.dialogue import dialogue, sample_turns
from sentivox.load.gauge import GaugeReading, ServerMonitor, percentile
from sentivox.load.trial import LoadTrial, ramp
from sentivox.stream.degradation import Degradation
from sentivox.types import SAMPLE_RATE
from tests.server.serving import Running, serving


def trial(streams: int, **changes: Any) -> LoadTrial:
    figures: dict[str, Any] = {
        "protocol": "v1", "streams": streams, "seconds": 10.0, "profile": "embedded",
        "utterances": 5, "worded": 5, "latency_since": "endpoint", "p50_ms": 10.0,
        "p95_ms": 100.0, "p99_ms": 200.0, "dropped_seconds": 0.0, "errors": 0, "server_cpu": 1.0,
        "cpu_ms": 100.0, "server_rss_mb": 400.0, "loop_lag_p99_ms": 1.0, "losses": {},
        "warnings": {}, "first_error": None,
    }  # fmt: skip
    return LoadTrial(**(figures | changes))


@given(most=st.integers(0, 500), first=st.integers(1, 64))
def test_a_ramp_finds_the_most_that_is_borne(most: int, first: int) -> None:
    found, trials = ramp(lambda n: trial(n, p95_ms=100.0 if n <= most else 1500.0), first, 1000.0)
    assert found <= most
    assert most - found <= max(1, 2 * most // 10 + 1)
    assert len({t.streams for t in trials}) == len(trials)


@pytest.mark.parametrize(
    "worse",
    [
        {"p95_ms": 1000.1}, {"dropped_seconds": 0.1}, {"errors": 1}, {"losses": {"asr_late": 1}},
        {"utterances": 0}, {"utterances": None}, {"p95_ms": float("nan")},
    ],
)  # fmt: skip
def test_whatever_is_lost_is_too_much(worse: dict[str, object]) -> None:
    assert trial(1).bearable(1000.0)
    assert not trial(1, **worse).bearable(1000.0)


@pytest.mark.parametrize("talk", [0.2, 0.4, 0.6])
def test_a_dialogue_talks_as_much_as_asked(talk: float) -> None:
    said = sample_turns()
    rng = np.random.default_rng(1)
    audio = dialogue(said, 3000, talk=talk, rng=rng)
    assert audio.size == 3000 * SAMPLE_RATE
    loud = np.abs(audio.reshape(-1, SAMPLE_RATE // 10)).max(axis=1) > 2
    assert loud.mean() == pytest.approx(talk, abs=0.05)
    again = dialogue(said, 3000, talk=talk, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(audio, again)


def test_too_much_talk_is_refused() -> None:
    with pytest.raises(ValueError, match=r"leaves no pauses: take at most 0\.7"):
        dialogue(sample_turns(), 10, talk=0.9, rng=np.random.default_rng(0))


def test_percentiles_of_a_histogram() -> None:
    before = {0.01: 5.0, 0.1: 5.0, float("inf"): 5.0}
    after = {0.01: 95.0, 0.1: 104.0, float("inf"): 105.0}
    assert percentile(before, after, 0.5) == 0.01
    assert percentile(before, after, 0.99) == 0.1
    assert percentile(before, after, 1.0) == float("inf")
    assert np.isnan(percentile(after, after, 0.5))


@given(st.floats(0, 1e6), st.floats(1, 600), st.floats(0, 64))
def test_cores_are_counted_over_the_time_that_the_trial_took(at: float, took: float, cores: float):
    before = GaugeReading(at, 5.0, 100.0, {})
    after = GaugeReading(at + took, 5.0 + cores * took, 100.0, {})
    assert after.cores_since(before) == pytest.approx(cores, abs=1e-3)


def running_command(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(command, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_streams_are_counted_and_timed(engine: Engine) -> None:
    with serving(engine, late_s=600.0) as server:
        found = running_command(
            "--url", server.http, "--streams", "3", "--seconds", "6", "--modalities", "audio"
        )
    assert (found["streams"], found["errors"], found["dropped_seconds"]) == (3, 0, 0.0)
    assert found["utterances"] >= 3
    assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["p99_ms"]
    assert found["server_cpu"] > 0
    assert found["profile"] == "embedded"
    assert found["loop_lag_p99_ms"] > 0


def test_a_full_server_is_an_error_that_is_told(server_of_one: Running) -> None:
    found = running_command("--url", server_of_one.http, "--streams", "2", "--seconds", "5")
    assert found["errors"] == 1
    assert found["first_error"].startswith("all streams of this server are taken")


def test_a_server_that_was_overloaded_is_given_time_to_recover(engine: Engine) -> None:
    with serving(engine) as server:
        sessions = server.server.service.sessions
        gauge = ServerMonitor(Site.at(server.address), None)
        sessions.degrade(Degradation.NO_LATE_WORDS)
        with pytest.raises(ConnectionFailed, match="still overloaded: level 3"):
            gauge.wait_ready(0.0)
        relief = threading.Timer(0.5, sessions.degrade, [Degradation.NONE])
        relief.start()
        gauge.wait_ready(60.0)
        assert sessions.level is Degradation.NONE
        relief.join()


@pytest.fixture
def server_of_one(engine: Engine) -> Iterator[Running]:
    with serving(engine, max_streams=1, late_s=600.0) as server:
        yield server


def test_a_server_with_stand_ins_is_named_as_such(tmp_path: Path) -> None:
    options = ("--stand-ins", "--streams", "1", "--seconds", "6", "--json")
    without = {"SENTIVOX_MODELS_DIR": str(tmp_path), "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "sentivox", "load", *options],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | without,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["errors"] == 0
    assert found["profile"].startswith("a stand-in of whisper-tiny.en")
    assert found["worded"] >= 1
