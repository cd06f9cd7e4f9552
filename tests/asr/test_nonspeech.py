"""Where nobody speaks, PocketSphinx and the guard behind voice activity detection say nothing."""

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks import nonspeech
from benchmarks.asr_guard import recordings, served
from benchmarks.asr_quality import DEFAULT_DATA
from sentivox.asr.pocketsphinx import PocketSphinxTranscriber, required
from sentivox.audio.files import AudioFile
from sentivox.samples import CALL
from sentivox.speech.vad import SileroVad
from sentivox.tone.speech import SpeechModel

DATA = Path(os.environ.get("SENTIVOX_DATA", DEFAULT_DATA))


@pytest.fixture(scope="module")
def sphinx() -> PocketSphinxTranscriber:
    return PocketSphinxTranscriber()


@pytest.fixture(scope="module")
def vad() -> SileroVad:
    return SileroVad()


@pytest.fixture(scope="module")
def judge() -> SpeechModel:
    return SpeechModel.load()


@pytest.mark.parametrize("kind", nonspeech.KINDS)
def test_no_words_in_sounds_made_here(
    kind: str, vad: SileroVad, sphinx: PocketSphinxTranscriber, judge: SpeechModel
) -> None:
    sounds = [nonspeech.make(kind, seed, 6.0) for seed in range(2)]
    heard = [u for sound in sounds for u, _ in served(sound, vad, sphinx, judge)]
    assert [u.transcript for u in heard if u.transcript] == []


def test_the_engine_alone_would_speak(sphinx: PocketSphinxTranscriber) -> None:
    """Or else the test above shows nothing: PocketSphinx has words for music."""
    assert sphinx.transcribe(nonspeech.make("music", 0, 5.0), "en").text


@pytest.mark.skipif(not (DATA / "noise").is_dir(), reason="needs the noises under SENTIVOX_DATA")
def test_no_words_in_recorded_noises(
    vad: SileroVad, sphinx: PocketSphinxTranscriber, judge: SpeechModel
) -> None:
    noises = recordings(DATA / "noise" / "esc10", 10)
    heard = [u for noise in noises for u, _ in served(noise, vad, sphinx, judge)]
    assert [u.transcript for u in heard if u.transcript] == []


def test_the_sample_call_keeps_its_words(
    vad: SileroVad, sphinx: PocketSphinxTranscriber, judge: SpeechModel
) -> None:
    customer = np.concatenate([block[1] for block in AudioFile(CALL)])
    heard = [u for u, _ in served(customer, vad, sphinx, judge)]
    assert len(heard) == 6
    assert all(u.transcript for u in heard)
    assert not any("asr_rejected" in mark for u in heard for mark in u.degraded)


def test_longer_and_quicker_utterances_need_less_confidence() -> None:
    needed = [required(2, 1.0), required(2, 1.8), required(4, 1.8), required(6, 2.5)]
    assert needed == sorted(set(needed), reverse=True)
    assert 0 < needed[-1] < needed[0] < 1
