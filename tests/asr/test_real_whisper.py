"""The guard behind real Whisper weights: what people say three times stays, noises stay silent."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.asr_guard import recordings, served
from benchmarks.asr_quality import DEFAULT_DATA
from sentivox.asr.guard import loops, normalise_words
from sentivox.asr.whisper import WhisperTranscriber
from sentivox.audio.files import AudioFile
from sentivox.audio.highpass import high_passed
from sentivox.evaluation.work import read_audio
from sentivox.models.catalog import find_model
from sentivox.models.store import ModelStore
from sentivox.protocol.events import Utterance
from sentivox.samples import CALL
from sentivox.speech.vad import SileroVad
from sentivox.tone.speech import SpeechModel
from sentivox.types import SAMPLE_RATE, Int16Array
from training.speech.sounds import KEYWORDS, keywords

DATA = Path(os.environ.get("SENTIVOX_DATA", DEFAULT_DATA))
WEIGHTS = ModelStore.from_environment().locate(find_model("whisper-tiny.en"))

pytestmark = pytest.mark.skipif(
    WEIGHTS is None, reason="needs real weights: sentivox models pull whisper-tiny.en"
)


@pytest.fixture(scope="module")
def whisper() -> WhisperTranscriber:
    return WhisperTranscriber(str(WEIGHTS))


def heard(audio: Int16Array, whisper: WhisperTranscriber) -> Sequence[Utterance]:
    return [u for u, _ in served(audio, SileroVad(), whisper, SpeechModel.load())]


def repeated(channel: int, start: float, end: float, times: int) -> Int16Array:
    """A phrase of the sample call said again and again, a quarter of a second between."""
    call = np.concatenate(list(AudioFile(CALL)), axis=1)[channel]
    phrase = call[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    pause = call[round(3.0 * SAMPLE_RATE) : round(3.25 * SAMPLE_RATE)]
    silence = np.resize(pause, SAMPLE_RATE)
    return np.concatenate([silence, *[phrase, pause] * times, silence])


@pytest.mark.parametrize(
    ("phrase", "where", "times"),
    [
        ("thank you so much", (1, 22.80, 23.95), 3),
        ("i am very sorry", (0, 17.30, 18.30), 3),
        ("i am very angry and nobody helped me", (1, 14.60, 16.40), 3),
    ],
)
def test_a_phrase_said_again_and_again_keeps_its_words(
    phrase: str, where: tuple[int, float, float], times: int, whisper: WhisperTranscriber
) -> None:
    (utterance,) = heard(repeated(*where, times), whisper)
    said, words = normalise_words(utterance.transcript or "").split(), phrase.split()
    assert said == said[: len(words)] * times, utterance.degraded
    # Whether it understands each of them is not the question here.
    assert sum(a != b for a, b in zip(said, words, strict=False)) <= 1
    assert loops(utterance.transcript or "")  # or else nothing is shown


@pytest.mark.parametrize(("start", "gain"), [(0.4, 4), (0.5, 6), (0.4, 8)])
def test_a_line_said_once_is_heard_once(
    start: float, gain: float, whisper: WhisperTranscriber
) -> None:
    """As loud as that, the padding of a trimmed window once made Whisper say the line twice."""
    call = np.concatenate(list(AudioFile(CALL)), axis=1)[0]
    line = high_passed(call[round(start * SAMPLE_RATE) : round(2.82 * SAMPLE_RATE)])
    loud = np.clip(gain * line, -32768, 32767).astype(np.int16)
    assert (
        normalise_words(whisper.transcribe(loud, "en").text)
        == "good morning how can i help you today"
    )


@pytest.mark.skipif(not (DATA / "noise").is_dir(), reason="needs the noises under SENTIVOX_DATA")
def test_recorded_noises_get_no_words(whisper: WhisperTranscriber) -> None:
    vad, judge = SileroVad(), SpeechModel.load()
    noises = recordings(DATA / "noise" / "esc10", 1)
    found = [u for noise in noises for u, _ in served(noise, vad, whisper, judge)]
    assert len(found) >= 20  # voice activity detection lets them pass
    assert sum(u.transcript is not None for u in found) <= 1


@pytest.mark.skipif(
    not (DATA / "tone" / KEYWORDS).is_dir(), reason="needs EmoSpeech under SENTIVOX_DATA"
)
def test_single_words_keep_their_words(whisper: WhisperTranscriber) -> None:
    """A "yes" or a "help" into a telephone, of people whom the speech model never heard."""
    vad, judge = SileroVad(), SpeechModel.load()
    clips = [read_audio(path) for path in keywords(DATA, learnt=False)[::16]]
    found = [u for clip in clips for u, _ in served(clip, vad, whisper, judge)]
    assert len(found) >= 50
    kept = sum(u.transcript is not None for u in found)
    assert kept >= 0.8 * len(found), [u.degraded for u in found if u.transcript is None]
