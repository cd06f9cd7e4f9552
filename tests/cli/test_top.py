"""`sentivox top`: what it reads of a real server, and what it says where there is none."""

import json
import math
import threading
from collections.abc import Mapping
from http.server import HTTPServer, SimpleHTTPRequestHandler

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from sentivox.cli.commands.top import command
from sentivox.cli.local_server import free_port
from sentivox.cli.scrape import Scrape, scrape
from sentivox.cli.server_reading import STAGES, quantiles, read_scrapes
from sentivox.cli.top_view import panel
from sentivox.client.http import Site
from sentivox.engine.engine import Engine
from sentivox.errors import SentivoxError
from sentivox.server.admission.auth import Keyring, new_token
from tests.server.serving import call_audio, only, serving

BOUNDS = (0.01, 0.1, 0.5, 1.0, math.inf)


def top(*args: str) -> Result:
    return CliRunner().invoke(command, args)


def look(at: float, samples: Mapping[str, float], status: str = "ready") -> Scrape:
    return Scrape(at, {"status": status}, {(name, ()): value for name, value in samples.items()})


def test_a_session_shows_in_the_next_look(engine: Engine) -> None:
    with serving(engine, late_s=600.0) as running:
        before = scrape(Site.at(running.http))
        with running.call() as caller:
            messages = caller.finish(call_audio(3.0, 6.45))
        reading = read_scrapes(scrape(Site.at(running.address)), before)
        whole = json.loads(top("--url", running.http, "--once", "--json").output)
    (utterance,) = only(messages, "Utterance")
    assert (reading.status, reading.utterances, reading.sessions) == ("ready", 1, {"1000": 1})
    assert reading.audio_seconds == pytest.approx(3.45)
    assert {stage: spread.n for stage, spread in reading.stages.items()} == dict.fromkeys(STAGES, 1)
    asr = reading.stages["asr"].p50
    assert asr is not None
    assert asr * 1e3 == pytest.approx(utterance["latency_ms"]["asr"], rel=1.0)  # a bucket's width
    assert reading.memory_bytes is not None
    assert reading.memory_bytes > 50e6
    assert reading.workers == {"busy": 0, "idle": 1}
    assert whole["utterances"] == 1
    assert whole["over_s"] > reading.over_s


def test_for_people_it_is_a_screen(engine: Engine) -> None:
    with serving(engine, max_streams=7) as running:
        done = top("--url", running.http, "--once")
    assert done.exit_code == 0
    assert "ready" in done.output
    assert "0 of 7" in done.output
    for name in ("CPU", "memory", "loop lag", *STAGES):
        assert name in done.output


def test_what_is_lost_and_slow_is_said() -> None:
    samples = {
        ("sentivox_streams", ()): 8.0,
        ("sentivox_streams_max", ()): 8.0,
        ("sentivox_dropped_audio_seconds_total", ()): 2.5,
        ("sentivox_degraded_total", (("reason", "asr_failed"),)): 3.0,
        ("sentivox_refusals_total", (("reason", "full"),)): 2.0,
        ("sentivox_alerts_total", (("rule", "a"), ("severity", "critical"))): 1.0,
        ("sentivox_alerts_total", (("rule", "b"), ("severity", "critical"))): 3.0,
        ("sentivox_sessions_total", (("code", "1011"),)): 1.0,
        ("sentivox_sessions_total", (("code", "1000"),)): 9.0,
    }
    reading = read_scrapes(Scrape(10.0, {"status": "unready", "reason": "full up"}, samples))
    console = Console(width=120)
    with console.capture() as said:
        console.print(panel(reading, "http://a"))
    text = said.get()
    assert "not ready: full up" in text
    assert "100%  8 of 8" in text
    assert "2.5 s dropped" in text
    assert "degraded: 3 × speech recognition failed" in text
    assert "refused: 2 × server full" in text
    assert "alerts: 4 × critical" in text
    assert "closed: 1 × error of the server" in text
    assert "CPU" not in text  # this server does not tell


def test_where_nobody_answers_it_says_so_in_a_line() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = top("--url", url, "--once", "--json")
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: no server at {url} (")
    assert done.output.endswith("; start one: sentivox serve\n")
    assert done.output.count("\n") == 1
    assert "is not a server's address" in top("--url", "ftp://x", "--once").output


def test_a_server_with_tokens_is_asked_with_one(engine: Engine) -> None:
    token = new_token()
    with serving(engine, keyring=Keyring.of([token])) as running:
        none = top("--url", running.http, "--once")
        wrong = top("--url", running.http, "--once", "--token", new_token())
        right = top("--url", running.http, "--once", "--token", token)
    assert none.output.startswith(f"Error: {running.http} requires a token: set SENTIVOX_TOKEN (")
    assert wrong.output.startswith(f"Error: {running.http} rejected this token: check SENT")
    assert none.output.count("\n") == wrong.output.count("\n") == 1
    assert (none.exit_code, wrong.exit_code, right.exit_code) == (1, 1, 0)


def test_another_server_is_known_for_one(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    monkeypatch.chdir(tmp_path)
    with HTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            with pytest.raises(SentivoxError, match="answers 404: is it a Sentivox server"):
                scrape(Site.at(url))
            for name in ("readyz", "metrics"):
                (tmp_path / name).write_text("<html>{")
            with pytest.raises(SentivoxError, match="is not a Sentivox server"):
                scrape(Site.at(url))
        finally:
            server.shutdown()
            thread.join()


def test_a_server_started_anew_counts_from_zero() -> None:
    old = look(10.0, {"sentivox_utterances_total": 90, "sentivox_cpu_seconds_total": 50})
    new = look(20.0, {"sentivox_utterances_total": 4, "sentivox_cpu_seconds_total": 5})
    reading = read_scrapes(new, old)
    assert reading.utterances == 4
    assert reading.cpu == 0.5
    assert read_scrapes(look(20.0, {"sentivox_utterances_total": 94}), old).utterances == 4


def counted(values: list[float]) -> dict[str, float]:
    return {
        "+Inf" if bound == math.inf else str(bound): float(sum(v <= bound for v in values))
        for bound in BOUNDS
    }


@given(st.lists(st.floats(0, 0.99), min_size=1))
def test_a_quantile_lies_in_the_bucket_of_the_value_it_stands_for(values: list[float]) -> None:
    found = quantiles(counted(values))
    assert found.n == len(values)
    for share, value in ((0.5, found.p50), (0.95, found.p95), (0.99, found.p99)):
        assert value is not None
        true = float(np.quantile(values, share, method="inverted_cdf"))
        upper = next(bound for bound in BOUNDS if true <= bound)
        lower = max([0.0, *(bound for bound in BOUNDS if bound < true)])
        assert lower <= value <= upper


def test_of_nothing_there_is_no_quantile_and_beyond_the_last_bound_it_is_that_bound() -> None:
    assert quantiles(counted([])).p50 is None
    assert quantiles({}).n == 0
    assert quantiles(counted([7.0])).p99 == 1.0
