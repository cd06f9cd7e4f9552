"""Which models score tone: the pair, windows alone, and what happens without the larger one."""

import logging
from pathlib import Path

import numpy as np
import pytest

from sentivox.engine.engine import Engine
from sentivox.engine.parts import load_utterance_tone
from sentivox.stream.jobs import Failed, UtteranceToneJob
from sentivox.tone import utterance
from sentivox.types import ToneScores


def whole(audio: np.ndarray) -> UtteranceToneJob:
    return UtteranceToneJob(id=1, channel=0, utterance_id=1, audio=audio)


def test_a_tone_only_engine_scores_whole_utterances_too() -> None:
    noise = np.random.default_rng(0).normal(0, 3000, 16_000).astype(np.int16)
    with Engine.load(words=False) as engine:
        assert isinstance(engine.submit(whole(noise)).result(60).value, ToneScores)
        assert engine.open().begin().models.utterance_tone == engine.names()["utterance_tone"]


def test_mfcc_is_windows_alone() -> None:
    with Engine.load(words=False, tone="mfcc") as engine:
        assert engine.submit(whole(np.zeros(16_000, np.int16))).result(60).value == Failed(
            "no_model"
        )
        assert engine.open().begin().models.utterance_tone is None
        assert "utterance_tone" not in engine.names()


def test_without_its_weights_windows_alone_are_left_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(utterance, "BUNDLED_UTTERANCE_TONE", tmp_path)
    with caplog.at_level(logging.WARNING, "sentivox"):
        assert load_utterance_tone() is None
    (record,) = caplog.records
    assert "windows alone" in record.getMessage()
    assert "reinstall" in record.getMessage()
    assert "\n" not in record.getMessage()
