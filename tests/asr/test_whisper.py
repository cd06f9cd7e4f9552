"""The faster-whisper backend, on small models of random weights that babble, or say a script."""

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from faster_whisper import WhisperModel
from hypothesis import given, settings
from hypothesis import strategies as st

from sentivox.asr.guard import normalise_words, text_rejection
from sentivox.asr.whisper import HALLUCINATIONS, WhisperTranscriber, evidence_of_passages
from sentivox.asr.whisper_decoder import (
    WINDOW_FRAMES,
    Passage,
    fit_window,
    frames_to_encode,
    token_limit,
)
from sentivox.engine.build import TranscriberSpec
from sentivox.engine.workers import WorkerPool
from sentivox.errors import ModelError
from sentivox.standins.whisper import MULTILINGUAL, SMALL_SHAPE, make_whisper
from sentivox.types import FloatArray, Int16Array, Transcript

if TYPE_CHECKING:
    from faster_whisper import Encoded

SCRIPT = "i am very happy with the service so far"


@pytest.fixture(scope="module")
def babbling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_whisper(tmp_path_factory.mktemp("models") / "whisper-tiny.en")


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_whisper(tmp_path_factory.mktemp("models") / "whisper-tiny.en", says=SCRIPT)


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "whisper-tiny"
    return make_whisper(folder, shape=MULTILINGUAL, says="das ist schön", detects="de")


@pytest.fixture(scope="module")
def whisper(scripted: Path) -> WhisperTranscriber:
    return WhisperTranscriber(str(scripted))


class Watched(WhisperTranscriber):
    """Notes how many frames the encoder is given."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.frames: list[int] = []
        encode = self._decoder.encode

        def noting(mel: FloatArray, frames: int) -> "Encoded":
            encoded = encode(mel, frames)
            self.frames.append(encoded.shape[1] * 2)
            return encoded

        self._decoder.encode = noting


def noise(seed: int, seconds: float) -> Int16Array:
    size = int(seconds * 16_000)
    return np.random.default_rng(seed).normal(0, 3_000, size).astype(np.int16)


def ending_softly(audio: Int16Array) -> Int16Array:
    """The same with silence at its end, so that no frame of 25 ms reaches over it."""
    return np.concatenate([audio[:-400], np.zeros(400, np.int16)])


def plainly(folder: Path, audio: Int16Array, language: str | None, limit: int) -> tuple[str, str]:
    """What faster-whisper itself makes of it, and in which language.

    It is padded to whole windows here, with the silence that Whisper learnt with; left to itself
    faster-whisper pads the spectrogram with zeros, which are a hiss.
    """
    audio = np.pad(audio, (0, -len(audio) % (WINDOW_FRAMES * 160)))
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
    segments, info = model.transcribe(
        audio.astype(np.float32) / np.float32(32768),
        language=language,
        beam_size=1,
        temperature=0.0,
        condition_on_previous_text=False,
        without_timestamps=True,
        compression_ratio_threshold=None,
        log_prob_threshold=None,
        no_speech_threshold=None,
        # CTranslate2 leaves half of the whole length to the text.
        max_new_tokens=2 * limit - (4 if model.model.is_multilingual else 2),
    )
    return " ".join(segment.text.strip() for segment in segments), info.language


def test_it_says_what_it_is(whisper: WhisperTranscriber, german: Path) -> None:
    assert whisper.name == "faster-whisper/whisper-tiny.en"
    assert whisper.languages == {"en"}
    assert {"en", "zh", "de"} <= WhisperTranscriber(str(german)).languages
    assert "yue" not in WhisperTranscriber(str(german)).languages


def test_audio_becomes_text_with_a_confidence(whisper: WhisperTranscriber) -> None:
    heard = whisper.transcribe(noise(0, 2.0), "en")
    assert heard.text == SCRIPT
    assert (heard.language, heard.detected, heard.rejected) == ("en", None, None)
    assert heard.confidence is not None
    assert 0 < heard.confidence <= 1


@pytest.mark.parametrize("seconds", [0.5, 3.0, 29.5, 41.0])
def test_untrimmed_it_is_faster_whisper_word_for_word(
    babbling: Path, scripted: Path, seconds: float
) -> None:
    audio = ending_softly(noise(1, seconds))
    limit = token_limit(round(min(seconds, 30) * 100), "en")
    for folder in (babbling, scripted):
        ours = WhisperTranscriber(str(folder), trim=False).transcribe(audio, "en")
        if seconds < 30 or folder is scripted:
            assert ours.text == plainly(folder, audio, "en", limit)[0]


def test_untrimmed_it_finds_the_language_that_faster_whisper_finds(german: Path) -> None:
    audio = ending_softly(noise(2, 3.0))
    ours = WhisperTranscriber(str(german), trim=False).transcribe(audio, None)
    assert (ours.text, ours.language) == plainly(german, audio, None, token_limit(300, "de"))
    assert ours.language == "de"
    assert ours.detected is not None
    assert ours.detected > 0.5


def test_a_language_that_is_told_is_not_looked_for(german: Path) -> None:
    heard = WhisperTranscriber(str(german)).transcribe(noise(2, 3.0), "zh")
    assert (heard.language, heard.detected) == ("zh", None)


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.5, 1000), (8.0, 1000), (9.0, 1100), (12.345, 1434), (28.5, 3000)]
)
def test_the_encoder_gets_ten_seconds_or_two_more_than_there_are(
    scripted: Path, seconds: float, frames: int
) -> None:
    watched = Watched(scripted)
    assert watched.transcribe(noise(0, seconds), "en").text == SCRIPT
    assert watched.frames == [frames]


def test_long_audio_is_never_trimmed(scripted: Path) -> None:
    watched = Watched(scripted)
    assert watched.transcribe(noise(0, 61.0), "en").text == " ".join([SCRIPT] * 3)
    assert watched.frames == [WINDOW_FRAMES] * 3


def test_text_that_loops_is_tried_once_more_at_full_length(tmp_path: Path) -> None:
    watched = Watched(make_whisper(tmp_path, says="i am here " * 4))
    heard = watched.transcribe(noise(0, 6.0), "en")
    assert watched.frames == [1000, WINDOW_FRAMES]
    assert heard.rejected is None  # it is sure, twice over


def test_a_phrase_that_comes_twice_is_tried_once_more_at_full_length(tmp_path: Path) -> None:
    twice = "i am very happy " * 2
    watched = Watched(make_whisper(tmp_path, says=twice))
    heard = watched.transcribe(noise(0, 6.0), "en")
    assert watched.frames == [1000, WINDOW_FRAMES]
    assert (heard.text, heard.rejected) == (twice.strip(), None)  # twice over: it was said


def test_a_text_that_was_cut_somewhere_did_not_come_to_its_end() -> None:
    whole, cut = (Passage("a b", 2, -0.1, 0.0, ended) for ended in (True, False))
    assert evidence_of_passages([whole, whole]).ended
    assert not evidence_of_passages([whole, cut]).ended


def test_text_without_end_is_cut_and_tried_once_more(babbling: Path) -> None:
    watched = Watched(babbling)
    heard = watched.transcribe(noise(0, 1.0), "en")
    assert watched.frames == [1000, WINDOW_FRAMES]
    assert len(heard.text) <= token_limit(100, "en")


def test_what_came_before_has_no_influence(whisper: WhisperTranscriber, german: Path) -> None:
    first = whisper.transcribe(noise(0, 1.0), None)
    whisper.transcribe(noise(1, 2.0), None)
    assert whisper.transcribe(noise(0, 1.0), None) == first
    speaker = WhisperTranscriber(str(german))
    found = speaker.transcribe(noise(0, 1.0), None)
    speaker.transcribe(noise(1, 1.0), "fr")
    assert speaker.transcribe(noise(0, 1.0), None) == found


def test_silence_is_in_no_language_where_none_was_named(german: Path) -> None:
    speaker = WhisperTranscriber(str(german))
    silence = np.zeros(16_000, np.int16)
    assert [speaker.transcribe(silence, tag).language for tag in (None, "fr")] == ["und", "fr"]


@pytest.mark.parametrize("samples", [0, 1, 4_799])
def test_scraps_of_audio_are_not_decoded(whisper: WhisperTranscriber, samples: int) -> None:
    heard = whisper.transcribe(noise(0, 1.0)[:samples], "en")
    assert heard == Transcript("", "en", 0.0, "too_short")


def test_it_runs_in_a_worker(scripted: Path, whisper: WhisperTranscriber) -> None:
    spec = TranscriberSpec("whisper", {"folder": str(scripted), "name": "tiny"})
    with WorkerPool(spec) as pool:
        heard = pool.submit(noise(0, 1.0), "en").result(30).value
        about = pool.wait_ready(0)
    assert heard == whisper.transcribe(noise(0, 1.0), "en")
    assert about is not None
    assert about.name == "faster-whisper/tiny"


@pytest.mark.parametrize("file", ["config.json", "model.bin", "tokenizer.json"])
def test_a_missing_file_is_named_and_never_fetched(tmp_path: Path, file: str) -> None:
    (make_whisper(tmp_path) / file).unlink()
    with pytest.raises(ModelError, match=f"has no {file}: pull the model again"):
        WhisperTranscriber(str(tmp_path))


@pytest.mark.parametrize("file", ["model.bin", "tokenizer.json", "vocabulary.json"])
def test_a_damaged_file_is_one_line(tmp_path: Path, file: str) -> None:
    (make_whisper(tmp_path) / file).write_bytes(b"damaged\n" * 10)
    with pytest.raises(ModelError, match="is not a usable Whisper model") as caught:
        WhisperTranscriber(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_model_of_128_bands_needs_the_file_that_says_so(tmp_path: Path) -> None:
    make_whisper(tmp_path, shape=replace(SMALL_SHAPE, bands=128), says=SCRIPT)
    with pytest.raises(ModelError, match=r"no preprocessor_config\.json for its 128 bands"):
        WhisperTranscriber(str(tmp_path))
    (tmp_path / "preprocessor_config.json").write_text('{"feature_size": 128}')
    heard = WhisperTranscriber(str(tmp_path)).transcribe(noise(0, 1.0), "en")
    assert heard.text == SCRIPT


@pytest.mark.parametrize("seconds", [0.5, 3.0])
@pytest.mark.parametrize("gain", [1.0, 0.02])
def test_padding_is_what_the_spectrogram_of_silence_is(
    scripted: Path, seconds: float, gain: float
) -> None:
    decoder = WhisperTranscriber(str(scripted))._decoder
    audio = ending_softly((gain * noise(0, seconds)).astype(np.int16))
    silent = np.pad(audio, (0, 480_000 - len(audio)))
    padded = fit_window(decoder.mel(audio), WINDOW_FRAMES)
    # Matrix products of different sizes differ in the last bit on some processors.
    np.testing.assert_allclose(padded, decoder.mel(silent), rtol=0, atol=1e-6)


@settings(deadline=None)
@given(st.integers(1, 6000))
def test_a_trimmed_window_is_even_and_long_enough(frames: int) -> None:
    window = frames_to_encode(frames)
    assert window % 2 == 0
    assert min(frames + 200, WINDOW_FRAMES) <= window <= WINDOW_FRAMES
    assert window >= 1000


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 0), st.integers(1, 200)), min_size=1))
def test_the_mean_over_passages_weighs_tokens(passages: list[tuple[float, int]]) -> None:
    evidence = evidence_of_passages([Passage("x", n, p, 0.1, ended=True) for p, n in passages])
    every_token = [p for p, n in passages for _ in range(n)]
    mean = math.fsum(every_token) / len(every_token)
    assert evidence.logprob is not None
    assert math.isclose(evidence.logprob, mean, abs_tol=1e-9)
    assert evidence.confidence is not None
    assert 0 < evidence.confidence <= 1


def test_nothing_heard_is_no_confidence() -> None:
    assert evidence_of_passages([Passage("", 0, -math.inf, 0.9, ended=True)]).confidence == 0.0


@pytest.mark.parametrize(
    ("text", "logprob", "no_speech", "reason"),
    [
        ("it was all right", -0.3, 0.1, None),
        ("it was all right", -0.3, 0.9, None),
        ("it was all right", -1.2, 0.1, None),
        ("it was all right", -1.2, 0.5, "no_speech"),
        ("Thank you.", -0.3, 0.1, None),
        ("Thank you.", -0.75, 0.4, "known_phrase"),
        ("No.", -0.75, 0.4, None),
        ("Great!", -0.75, 0.4, None),
        ("不要", -0.75, 0.4, None),
    ],
)
def test_the_guard_is_told_what_whisper_thinks(
    text: str, logprob: float, no_speech: float, reason: str | None
) -> None:
    evidence = evidence_of_passages([Passage(text, 5, logprob, no_speech, ended=True)])
    assert text_rejection(text, noise(0, 1.0), evidence) == reason


def test_inventions_are_written_as_they_are_compared() -> None:
    assert {normalise_words(text) for text in HALLUCINATIONS} == HALLUCINATIONS
