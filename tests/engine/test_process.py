"""What a worker process is given of ours."""

from pathlib import Path

import pytest

from sentivox.engine.build import TranscriberSpec
from sentivox.engine.workers import WorkerPool
from tests.processes import children


def test_a_worker_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ("SENTIVOX_TOKEN", "SENTIVOX_TOKENS", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY",
               "OTEL_EXPORTER_OTLP_HEADERS", "PGPASSWORD", "OPENAI_API_KEY")  # fmt: skip
    for name in secrets:
        monkeypatch.setenv(name, "do-not-tell")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")
    before = children()
    with WorkerPool(TranscriberSpec("pocketsphinx")) as pool:
        pool.wait_ready()
        (worker,) = children() - before
        given = Path(f"/proc/{worker}/environ").read_text()
    assert "do-not-tell" not in given
    assert "TOKENIZERS_PARALLELISM=false" in given
