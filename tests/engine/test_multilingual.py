"""The profile `multilingual` as a user has it, on models of no weight."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sentivox.engine.engine import Engine
from sentivox.engine.parts import choose_models
from sentivox.engine.runner import Runner
from sentivox.engine.trial import longest_turn, plain_words, run_trial
from sentivox.errors import ModelError, ProtocolError
from sentivox.models.catalog import find_model
from sentivox.models.selection import ModelChoice
from sentivox.models.store import ModelStore
from sentivox.protocol.events import Utterance
from sentivox.stream.config import StreamConfig
from sentivox.types import Int16Array
from tests.asr import tiny_sherpa
from tests.text.tiny_onnx import write_model

EARS = find_model("sensevoice-small")
SAID = "i-am-very-happy"  # one token, so without spaces


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    tiny_sherpa.sense_voice(root / EARS.id, says=SAID, emotion="ANGRY", event="Laughter")
    labels = ["positive", "neutral", "negative"]
    write_model(root / "distilbert-multilingual", labels, {"happy": [4, 0, -4]})
    return root


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTIVOX_MODELS_DIR", str(folder))
        loaded = Engine.load("auto", asr_workers=1)
    with loaded:
        yield loaded


def turn() -> Int16Array:
    """One turn of the sample call, with what it takes to hear it end."""
    return np.concatenate([longest_turn()[1], np.zeros(16_000, np.int16)])


def utterances(engine: Engine, config: StreamConfig) -> list[Utterance]:
    runner = Runner(engine, engine.open(config=config))
    events = [*runner.feed(turn().tobytes()), *runner.close()]
    return [event for event in events if isinstance(event, Utterance)]


def test_auto_takes_it_where_it_is(engine: Engine, folder: Path, tmp_path: Path):
    assert engine.profile == "multilingual"
    described = engine.describe()
    assert described["asr"] == "sensevoice/sensevoice-small"
    assert described["text"]["ja"] == "distilbert-multilingual"
    assert described["text"]["zh"].startswith("sentivox-text-zh")
    assert choose_models(ModelChoice(), ModelStore(folder)).profile == "multilingual"
    assert choose_models(ModelChoice(), ModelStore(tmp_path, cache=tmp_path)).profile == "embedded"


@pytest.mark.parametrize("language", ["en", None])
def test_emotion_and_sounds_reach_the_utterance(engine: Engine, language: str | None):
    [said] = utterances(engine, StreamConfig(language=language))
    assert (said.transcript, said.language) == (SAID, "en")
    assert (said.emotion, said.events) == ("angry", ["laughter"])
    assert said.fused is not None
    assert set(said.fused.weights) == {"text", "audio", "emotion"}
    assert sum(said.fused.weights.values()) == pytest.approx(1, abs=1e-3)
    assert said.degraded == []


def test_without_audio_nothing_is_heard_in_the_voice(engine: Engine):
    [said] = utterances(engine, StreamConfig(modalities=frozenset({"text"})))
    assert said.transcript == SAID
    assert (said.emotion, said.events) == (None, [])
    assert said.fused is not None
    assert said.fused.weights == {"text": 1.0, "audio": 0.0}


def test_a_language_nobody_here_speaks_is_refused_at_open(engine: Engine):
    with pytest.raises(ProtocolError, match="does not know the language 'de', only en, ja, ko, "):
        engine.open(config=StreamConfig(language="de-AT"))
    [said] = utterances(engine, StreamConfig(language="de-AT", modalities=frozenset({"audio"})))
    assert said.audio_sentiment is not None


@pytest.mark.parametrize("language", ["en-US", "EN_gb", "en"])
def test_a_region_makes_no_difference(engine: Engine, language: str):
    [said] = utterances(engine, StreamConfig(language=language))
    assert (said.transcript, said.language, said.degraded) == (SAID, "en", [])


def test_a_pulled_recogniser_is_tried(tmp_path: Path):
    said, _ = longest_turn()
    tiny_sherpa.sense_voice(tmp_path / "right", says="-".join(plain_words(said)))
    assert run_trial(EARS, tmp_path / "right").startswith("transcribes the sample as 'i-am-very")
    tiny_sherpa.sense_voice(tmp_path / "wrong", says="something-else")
    with pytest.raises(
        ModelError, match=r"sensevoice-small is complete, but transcribes .* as 'something-else"
    ):
        run_trial(EARS, tmp_path / "wrong")
