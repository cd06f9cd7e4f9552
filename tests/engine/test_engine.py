"""Real models behind the pure core: results, failures, and no dependence on chunking."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest

from sentivox.audio.files import AudioFile
from sentivox.audio.pcm import AudioFormat
from sentivox.engine.engine import Engine
from sentivox.engine.parts import load_texts
from sentivox.engine.runner import Runner
from sentivox.errors import ModelError
from sentivox.models.catalog import find_model
from sentivox.models.store import ModelStore
from sentivox.protocol.events import Begin, Event, Utterance
from sentivox.standins.whisper import MULTILINGUAL, make_whisper
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import AsrJob, Failed, TextJob, ToneJob
from sentivox.types import SENTIMENTS, UNDETERMINED, Hypothesis, TextScores, Transcript
from tests.text.tiny_onnx import write_model


def stereo(path: Path, seconds: float) -> bytes:
    blocks = np.concatenate(list(AudioFile(path)), axis=1)
    return blocks[:, : round(seconds * 16_000)].T.tobytes()


def events_of(engine: Engine, data: bytes, size: int, config: StreamConfig) -> list[Event]:
    runner = Runner(engine, engine.open(AudioFormat(channels=2), config))
    events: list[Event] = []
    for at in range(0, len(data), size):
        events += runner.feed(data[at : at + size])
    return [*events, *runner.close()]


def content(events: list[Event]) -> list[dict[str, object]]:
    """What was said, without names, numbers and wall time; order follows the models' speed."""
    plain = [msgspec.to_builtins(e) for e in events]
    for event in plain:
        for key in ("session_id", "seq", "latency_ms"):
            event.pop(key, None)
    return sorted(plain, key=str)


def test_real_models_give_the_same_events_for_any_chunking(engine: Engine, sample_call: Path):
    data = stereo(sample_call, 9)
    config = StreamConfig(speculate=False)
    whole = content(events_of(engine, data, len(data), config))
    assert sum(e["type"] == "Utterance" for e in whole) >= 2
    assert content(events_of(engine, data, 3333, config)) == whole
    # Speculation changes when work is done, never what comes of it.
    assert content(events_of(engine, data, 64_000, StreamConfig())) == whole


def test_sessions_do_not_mix(engine: Engine, sample_call: Path):
    data = stereo(sample_call, 7)
    silence = bytes(len(data))
    with ThreadPoolExecutor(3) as threads:
        runs = [
            threads.submit(events_of, engine, audio, 6400, StreamConfig())
            for audio in (data, silence, data)
        ]
        first, quiet, second = (run.result() for run in runs)
    assert content(first) == content(second)
    assert not [e for e in quiet if isinstance(e, Utterance)]
    assert {e.session_id for e in first}.isdisjoint({e.session_id for e in second})


def test_a_model_that_fails_costs_its_own_result_only(engine: Engine):
    broken = ToneJob(
        id=1,
        channel=0,
        utterance_id=1,
        start=0.0,
        end=1.0,
        features=np.full((5, 3), 50, np.float32),
    )
    assert isinstance(engine.submit(broken).result(30).value, Failed)
    fine = TextJob(id=2, channel=0, utterance_id=1, text="what a lovely day", language="en")
    assert isinstance(engine.submit(fine).result(30).value, TextScores)


def test_a_language_without_a_text_model_is_said_so(engine: Engine):
    job = TextJob(id=1, channel=0, utterance_id=1, text="dzień dobry", language="pl")
    assert engine.submit(job).result(30).value == Failed("no_text_model_for_pl")


@pytest.mark.parametrize(
    ("text", "language", "want"),
    [
        ("thank you that is wonderful", "en", "positive"),
        ("谢谢你真是太好了", "zh", "positive"),
        ("thank you that is wonderful", UNDETERMINED, "positive"),
        ("服务太差了我很生气", UNDETERMINED, "negative"),
    ],
)
def test_words_go_to_the_model_of_their_language(
    engine: Engine, text: str, language: str, want: str
):
    job = TextJob(id=1, channel=0, utterance_id=1, text=text, language=language)
    scores = engine.submit(job).result(30).value
    assert isinstance(scores, TextScores)
    assert SENTIMENTS[int(scores.sentiment.argmax())] == want


def test_what_else_may_have_been_said_weighs_in(engine: Engine):
    job = TextJob(id=1, channel=0, utterance_id=1, text="that is wonderful", language="en")
    other = dataclasses.replace(job, alternatives=(Hypothesis("that is awful", 0.5),))
    sure, unsure = (engine.submit(one).result(30).value for one in (job, other))
    assert isinstance(sure, TextScores)
    assert isinstance(unsure, TextScores)
    assert sure.sentiment[2] > unsure.sentiment[2]
    assert sure.sentiment[0] < unsure.sentiment[0]


def test_a_language_that_nobody_can_tell_is_said_so(engine: Engine):
    job = TextJob(id=1, channel=0, utterance_id=1, text="ありがとう", language=UNDETERMINED)
    assert engine.submit(job).result(30).value == Failed("no_text_model_for_und")


def test_a_downloaded_model_takes_its_language_and_the_embedded_ones_the_rest(tmp_path: Path):
    write_model(tmp_path / "distilbert-sst2", ["negative", "positive"], {"good": (-4.0, 4.0)})
    wanted = find_model("distilbert-sst2")
    texts = load_texts(wanted, ModelStore(tmp_path))
    by_language = {tag: model.name for model in texts for tag in model.languages}
    assert by_language["en"] == "distilbert-sst2"
    assert by_language["zh"].startswith("sentivox-text-zh-")


def test_begin_tells_what_is_applied(engine: Engine):
    begin = engine.open(AudioFormat("mulaw", 8000), StreamConfig(language=None)).begin()
    assert isinstance(begin, Begin)
    assert begin.config.encoding == "mulaw"
    assert begin.config.sample_rate == 8000
    assert begin.models.asr == "pocketsphinx/en-us"
    assert begin.profile == "embedded"


def test_an_unknown_profile_is_one_clear_line():
    with pytest.raises(ModelError, match="no profile 'best': use auto, embedded, standard, acc"):
        Engine.load("best")
    with pytest.raises(ModelError, match="a recogniser, not a profile: use --asr whisper-base"):
        Engine.load("whisper-base")


def test_a_recogniser_is_chosen_by_its_id(tmp_path, monkeypatch):
    """With the embedded text model, and found like any pulled model."""
    whisper = find_model("whisper-tiny")
    monkeypatch.setenv("SENTIVOX_MODELS_DIR", str(tmp_path))
    make_whisper(tmp_path / whisper.id, shape=MULTILINGUAL, says="das ist schön", detects="de")
    (tmp_path / whisper.id / "vocabulary.txt").touch()  # ours is the .json of newer models
    with Engine.load(asr=whisper.id, asr_workers=1) as engine:
        assert engine.profile == "custom"
        assert engine.describe()["asr"] == "faster-whisper/whisper-tiny"
        audio = np.random.default_rng(0).normal(0, 3000, 16_000).astype(np.int16)
        job = AsrJob(id=1, channel=0, utterance_id=1, audio=audio, language=None, timed=False)
        heard = engine.submit(job).result(30).value
    assert isinstance(heard, Transcript)
    assert (heard.text, heard.language) == ("das ist schön", "de")


def test_a_closed_engine_answers_instead_of_raising():
    engine = Engine.load("embedded", asr_workers=1)
    engine.close()
    job = TextJob(id=1, channel=0, utterance_id=1, text="hello", language="en")
    assert engine.submit(job).result(5).value == Failed("closed")
