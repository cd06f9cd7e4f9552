"""PocketSphinx itself: its answers depend on the utterance and on nothing before it."""

import numpy as np
import pytest

from sentivox.asr.pocketsphinx import MAX_READINGS, PocketSphinxTranscriber, confidence
from sentivox.engine.build import TranscriberSpec, build_transcriber
from sentivox.errors import ModelError
from sentivox.types import Int16Array


@pytest.fixture(scope="module")
def sphinx() -> PocketSphinxTranscriber:
    return PocketSphinxTranscriber()


def babble(seed: int, seconds: float = 0.8, rate: int = 16_000) -> Int16Array:
    """Syllables: a buzzing source through two resonances. No language, yet words are heard."""
    rng = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < seconds * rate:
        n = int(rate * rng.uniform(0.1, 0.25))
        sound = (np.sin(2 * np.pi * rng.uniform(100, 160) * np.arange(n) / rate) > 0.95) * 1.0
        sound += rng.normal(0, 0.01, n)
        for hertz in (rng.uniform(300, 800), rng.uniform(900, 2400)):
            sound = resonance(sound, hertz, rate)
        parts += [sound * np.hanning(n), rng.normal(0, 0.002, int(rate * rng.uniform(0.02, 0.08)))]
    return (np.concatenate(parts)[: int(seconds * rate)] * 12_000).astype(np.int16)


def resonance(sound: np.ndarray, hertz: float, rate: int) -> np.ndarray:
    radius = np.exp(-np.pi * 90 / rate)
    near, far = 2 * radius * np.cos(2 * np.pi * hertz / rate), -radius * radius
    out = np.zeros_like(sound)
    for i in range(2, len(sound)):
        out[i] = sound[i] + near * out[i - 1] + far * out[i - 2]
    return out / np.abs(out).max()


def noise(seed: int, seconds: float, loudness: float) -> Int16Array:
    size = int(seconds * 16_000)
    return np.random.default_rng(seed).normal(0, loudness, size).astype(np.int16)


def test_words_come_without_fillers_or_variant_marks(sphinx: PocketSphinxTranscriber) -> None:
    heard = [sphinx.transcribe(babble(seed), "en") for seed in range(3)]
    assert all(one.text for one in heard)
    assert not set("<>[]()+0123456789") & set("".join(one.text for one in heard))
    assert all(0 < (one.confidence or 0) <= 1 for one in heard)


def test_what_else_may_have_been_said_comes_with_it(sphinx: PocketSphinxTranscriber) -> None:
    for seed in range(3):
        heard = sphinx.transcribe(babble(seed), "en")
        texts = [heard.text, *(one.text for one in heard.alternatives)]
        assert 2 <= len(texts) <= MAX_READINGS
        assert len(set(texts)) == len(texts)
        assert not set("<>[]()+0123456789") & set("".join(texts))
        assert all(0 < one.weight <= 1 for one in heard.alternatives)


def test_the_result_does_not_depend_on_what_was_decoded_before(
    sphinx: PocketSphinxTranscriber,
) -> None:
    first = sphinx.transcribe(babble(1), "en")
    sphinx.transcribe(noise(0, 0.6, 6_000), "en")
    assert sphinx.transcribe(babble(1), "en") == first


@pytest.mark.parametrize("samples", [0, 1, 100, 399, 400, 4_000])
def test_scraps_of_audio_are_harmless(sphinx: PocketSphinxTranscriber, samples: int) -> None:
    heard = sphinx.transcribe(noise(0, 1.0, 3_000)[:samples], "en")
    assert heard.rejected == "too_short"


def test_digital_silence_is_refused(sphinx: PocketSphinxTranscriber) -> None:
    assert sphinx.transcribe(np.zeros(16_000, np.int16), "en").rejected == "silence"


@pytest.mark.parametrize("extreme", [-32768, 32767])
def test_full_scale_audio_is_harmless(sphinx: PocketSphinxTranscriber, extreme: int) -> None:
    square = np.where(np.arange(16_000) % 160 < 80, extreme, 0).astype(np.int16)
    assert sphinx.transcribe(square, "en").language == "en"


def test_no_words_no_confidence() -> None:
    assert confidence([]) == 0.0


def test_it_is_built_by_name() -> None:
    built = build_transcriber(TranscriberSpec("pocketsphinx"))
    assert isinstance(built, PocketSphinxTranscriber)


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(ModelError, match=r"use pocketsphinx, whisper, .*, or module:Class"):
        build_transcriber(TranscriberSpec("kaldi"))
