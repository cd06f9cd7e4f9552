"""The sherpa-onnx backends: its real loader and decoder on small models, and broken ones."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.asr.protocol import TimingTranscriber
from sentivox.asr.sensevoice import LANGUAGES, SenseVoiceTranscriber, parse_tags
from sentivox.asr.sherpa import CUT_FRAME_SAMPLES, CUT_SEARCH_SAMPLES, split_audio
from sentivox.asr.sherpa_decoding import MAX_DECODE_SAMPLES
from sentivox.engine.build import TranscriberSpec, build_transcriber
from sentivox.engine.policy import PoolPolicy
from sentivox.engine.workers import WorkerPool
from sentivox.errors import ModelError
from sentivox.types import SAMPLE_RATE, UNDETERMINED, Int16Array, Transcript, as_float
from tests.asr import tiny_sherpa
from tests.stream.harness import speech

LOUD = speech((False, 0.3), (True, 0.8), (False, 0.3))
FAINT = speech((False, 1.4))
MAKERS: dict[str, Callable[[Path], Path]] = {
    "sensevoice": tiny_sherpa.sense_voice,
    "parakeet": tiny_sherpa.parakeet,
    "moonshine": tiny_sherpa.moonshine,
    "zipformer": tiny_sherpa.zipformer,
}
WORDS = {"sensevoice": "Hello!", "parakeet": "hello world hello"}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("sherpa")
    return {kind: make(root / kind) for kind, make in MAKERS.items()}


@pytest.fixture
def copy(models: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """A model of one's own to break."""

    def take(kind: str) -> Path:
        return Path(shutil.copytree(models[kind], tmp_path / kind))

    return take


def load(kind: str, folder: Path, **options: object) -> Callable[[Int16Array], Transcript]:
    transcriber = build_transcriber(TranscriberSpec(kind, {"folder": str(folder), **options}))
    return lambda audio: transcriber.transcribe(audio, None)


@pytest.mark.parametrize("kind", MAKERS)
def test_words_come_out_of_loud_audio_and_none_out_of_faint(models: dict[str, Path], kind: str):
    hear = load(kind, models[kind])
    heard = hear(LOUD)
    assert heard.text == WORDS.get(kind, "hello world")
    assert heard.language == "en"
    assert heard.rejected is None
    assert hear(FAINT).text == ""
    assert hear(LOUD) == heard  # nothing of the faint one stays behind


@pytest.mark.parametrize("kind", MAKERS)
def test_too_little_and_too_much_audio(models: dict[str, Path], kind: str):
    hear = load(kind, models[kind])
    assert hear(LOUD[: SAMPLE_RATE // 20]).rejected == "too_short"
    assert hear(np.zeros(SAMPLE_RATE, np.int16)).rejected == "silence"
    minutes = np.concatenate([LOUD, np.tile(FAINT, 428)])
    assert len(minutes) > 600 * SAMPLE_RATE
    assert hear(minutes).text == hear(LOUD).text


@pytest.mark.parametrize("kind", ["sensevoice", "parakeet", "zipformer"])
def test_engines_that_tell_when_each_token_was_said_tell_it_of_words(
    models: dict[str, Path], kind: str
):
    spec = TranscriberSpec(kind, {"folder": str(models[kind])})
    transcriber = build_transcriber(spec)
    assert isinstance(transcriber, TimingTranscriber)
    late = np.concatenate([np.tile(FAINT, 22), LOUD])  # in the second piece
    for audio, after in ((LOUD, 0.0), (late, 24.9)):
        heard = transcriber.transcribe_timed(audio, None)
        assert heard.words is not None
        assert " ".join(word.text for word in heard.words) == heard.text
        assert all(word.start >= after for word in heard.words)
        assert heard.words[-1].end <= len(audio) / SAMPLE_RATE
    moonshine = TranscriberSpec("moonshine", {"folder": str(models["moonshine"])})
    assert not isinstance(build_transcriber(moonshine), TimingTranscriber)


def test_engines_that_tell_probabilities_have_a_confidence(models: dict[str, Path]):
    for kind in ("parakeet", "zipformer"):
        confidence = load(kind, models[kind])(LOUD).confidence
        assert confidence is not None
        assert 0.5 < confidence < 1
    for kind in ("sensevoice", "moonshine"):
        assert load(kind, models[kind])(LOUD).confidence is None


def test_a_model_of_several_languages_says_the_one_it_was_told(models: dict[str, Path]):
    options = {"folder": str(models["parakeet"]), "languages": ["en", "de"], "name": "p"}
    transcriber = build_transcriber(TranscriberSpec("parakeet", options))
    assert transcriber.name == "parakeet/p"
    assert transcriber.languages == {"en", "de"}
    assert transcriber.transcribe(LOUD, "de").language == "de"
    assert transcriber.transcribe(LOUD, None).language == UNDETERMINED


# SenseVoice's tags


def test_tags_become_fields(tmp_path: Path):
    folder = tiny_sherpa.sense_voice(tmp_path, emotion="ANGRY", event="Laughter", heard="ko")
    heard = load("sensevoice", folder)(LOUD)
    assert (heard.text, heard.language) == ("Hello!", "ko")
    assert (heard.emotion, heard.events) == ("angry", ("laughter",))
    plain = load("sensevoice", folder, itn=False)(LOUD)
    assert plain == replace(heard, text="hello")


def test_what_it_does_not_know_is_left_open(tmp_path: Path):
    folder = tiny_sherpa.sense_voice(tmp_path, emotion="EMO_UNKNOWN")
    heard = load("sensevoice", folder)(LOUD)
    assert (heard.emotion, heard.events) == (None, ())


def test_a_language_that_was_told_is_heard(tmp_path: Path):
    folder = tiny_sherpa.sense_voice(tmp_path, heard="ja")
    transcriber = SenseVoiceTranscriber(str(folder))
    assert transcriber.transcribe(LOUD, None).language == "ja"
    assert transcriber.transcribe(LOUD, "zh").language == "zh"
    assert list(transcriber._loaded) == ["auto", "zh"]
    assert transcriber._hear("zh", as_float(LOUD)).language == "zh"
    transcriber.transcribe(LOUD, "ja")
    assert list(transcriber._loaded) == ["auto", "zh"]  # it hears Japanese by itself


def test_nobody_speaking_is_no_text(tmp_path: Path):
    folder = tiny_sherpa.sense_voice(tmp_path, heard="nospeech", event="BGM")
    heard = load("sensevoice", folder)(LOUD)
    assert (heard.rejected, heard.events) == ("no_speech", ("music",))


def test_tags_among_the_words_are_taken_out():
    told = parse_tags(
        "well<|Laughter|> you know <|HAPPY|>", "<|en|>", "<|EMO_UNKNOWN|>", "<|Speech|>"
    )
    assert told.text == "well you know"
    assert (told.language, told.emotion, told.events) == ("en", "happy", ("laughter",))


@given(st.lists(st.sampled_from([*tiny_sherpa.SENSE_TOKENS, "你好", " and ", "<|", "|>", "|"])))
def test_no_tag_survives(tokens: list[str]):
    told = parse_tags("".join(tokens))
    assert not any(token in told.text for token in tiny_sherpa.SENSE_TOKENS if "<|" in token)
    assert told.language in (*LANGUAGES, None)


# Long audio


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 40_000)), min_size=20, max_size=60))
def test_pieces_are_the_whole_and_none_is_too_long(stretches: list[tuple[int, int]]):
    rng = np.random.default_rng(1)
    audio = np.concatenate(
        [rng.integers(-size, size + 1, length).astype(np.int16) for size, length in stretches]
    )
    parts = split_audio(audio)
    assert all(0 < len(part) <= MAX_DECODE_SAMPLES for part in parts)
    assert all(len(part) >= MAX_DECODE_SAMPLES - CUT_SEARCH_SAMPLES for part in parts[:-1])
    np.testing.assert_array_equal(np.concatenate(parts), audio)


def test_a_cut_falls_into_the_pause():
    audio = np.full(MAX_DECODE_SAMPLES + SAMPLE_RATE, 5000, np.int16)
    pause = MAX_DECODE_SAMPLES - 3 * SAMPLE_RATE
    audio[pause : pause + SAMPLE_RATE // 2] = 3
    first, _ = split_audio(audio)
    assert pause <= len(first) <= pause + SAMPLE_RATE // 2 + CUT_FRAME_SAMPLES


# Broken folders


@pytest.mark.parametrize("kind", MAKERS)
def test_every_missing_file_is_named(copy: Callable[[str], Path], kind: str):
    folder = copy(kind)
    for path in sorted(folder.iterdir()):
        hidden = path.rename(folder / "hidden")
        with pytest.raises(ModelError, match=path.name.split(".")[0].split("-")[0]) as refused:
            load(kind, folder)
        assert "\n" not in str(refused.value)
        hidden.rename(path)
    load(kind, folder)


@pytest.mark.parametrize("kind", MAKERS)
def test_every_file_that_was_cut_short_is_named(copy: Callable[[str], Path], kind: str):
    folder = copy(kind)
    for path in sorted(folder.glob("*.onnx")):
        whole = path.read_bytes()
        for kept in (0, 40, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:kept])
            with pytest.raises(ModelError, match=path.name):
                load(kind, folder)
        path.write_bytes(whole)


@pytest.mark.parametrize("kind", MAKERS)
def test_every_file_of_another_model_is_refused(copy: Callable[[str], Path], kind: str):
    folder = copy(kind)
    other = tiny_sherpa.speaker_model(folder / "other" / "model.onnx")
    # Nothing tells another model of one input from Moonshine's first part: the trial after a
    # pull does, as no words come out.
    for path in sorted(set(folder.glob("*.onnx")) - {folder / "preprocess.onnx"}):
        whole = path.read_bytes()
        shutil.copy(other, path)
        with pytest.raises(ModelError, match=f"{path.name} is not|not a usable"):
            load(kind, folder)
        path.write_bytes(whole)


def test_a_model_among_others_is_not_guessed(copy: Callable[[str], Path]):
    folder = copy("parakeet")
    shutil.copy(folder / "encoder.int8.onnx", folder / "encoder.onnx")
    load("parakeet", folder)  # the int8 one is the one that is meant
    shutil.copy(folder / "encoder.int8.onnx", folder / "encoder-2.int8.onnx")
    with pytest.raises(ModelError, match=r"encoder-2\.int8\.onnx and encoder\.int8\.onnx"):
        load("parakeet", folder)


@pytest.mark.parametrize("content", ["", "hello\nworld\n", "a b 0\n", "hello 0\nworld 1\n"])
def test_tokens_of_another_model_are_refused(copy: Callable[[str], Path], content: str):
    folder = copy("sensevoice")
    (folder / "tokens.txt").write_text(content)
    with pytest.raises(ModelError, match=r"tokens\.txt"):
        load("sensevoice", folder)


@pytest.mark.parametrize("entry", ["lang_ko", "neg_mean", "vocab_size", "with_itn"])
def test_metadata_that_is_missing_is_named(copy: Callable[[str], Path], entry: str):
    path = copy("sensevoice") / "model.int8.onnx"
    model = onnx.load(path)
    kept = [prop for prop in model.metadata_props if prop.key != entry]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    onnx.save(model, path)
    with pytest.raises(ModelError, match=entry):
        load("sensevoice", path.parent)


def test_a_language_it_does_not_speak_is_refused(models: dict[str, Path]):
    with pytest.raises(ModelError, match="does not support de: choose from zh, yue, en, ja, ko"):
        load("sensevoice", models["sensevoice"], languages=["en", "de"])


# In a worker process


@pytest.fixture
def pool(models: dict[str, Path]) -> Iterator[WorkerPool]:
    with WorkerPool(TranscriberSpec("sensevoice", {"folder": str(models["sensevoice"])})) as pool:
        yield pool


def test_tags_travel_from_a_worker(pool: WorkerPool):
    heard = pool.submit(LOUD, "en").result().value
    assert isinstance(heard, Transcript)
    assert (heard.text, heard.emotion, heard.events) == ("Hello!", "happy", ())
    failed = pool.submit(LOUD, "de").result().value
    assert failed.reason == "unsupported_language"  # type: ignore[union-attr]


def test_a_model_that_ends_its_process_ends_no_other(copy: Callable[[str], Path]):
    """A number where sherpa-onnx wants a list: it exits, and takes its worker along."""
    folder = tiny_sherpa.sense_voice(copy("sensevoice"), neg_mean="not a list")
    policy = PoolPolicy(backoff_s=0.01, failed_starts=1)
    spec = TranscriberSpec("sensevoice", {"folder": str(folder)})
    with WorkerPool(spec, policy=policy) as pool, pytest.raises(ModelError) as refused:
        pool.wait_ready()
    assert "died during startup (exit status 255)" in str(refused.value)
