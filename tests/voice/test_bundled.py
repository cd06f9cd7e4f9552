"""The bundled voiceprint model, and who speaks in real recordings of one channel."""

import csv
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from sentivox.audio.files import AudioFile
from sentivox.engine.speaking import find_turns
from sentivox.errors import ModelError
from sentivox.samples import CALL, script
from sentivox.speech.vad import SileroVad
from sentivox.stream.config import StreamConfig
from sentivox.types import SAMPLE_RATE, Int16Array
from sentivox.voice.bundled import BUNDLED_VOICEPRINT, BundledVoiceModel, bundled_name
from sentivox.voice.protocol import Voiceprinter
from sentivox.voice.turns import Turns

DATA = Path(os.environ.get("SENTIVOX_DATA", "../shared/data"))
DIALOGUES = DATA / "asr" / "spokenwoz_sample"


@pytest.fixture(scope="module")
def model() -> BundledVoiceModel:
    return BundledVoiceModel()


@pytest.fixture(scope="module")
def call() -> Int16Array:
    """The sample call, shape (2, n)."""
    return np.concatenate(list(AudioFile(CALL)), axis=1)


def turns_of(model: BundledVoiceModel, audio: Int16Array) -> Turns:
    blocks = (audio[None, at : at + 8000] for at in range(0, len(audio), 8000))
    return find_turns(blocks, SileroVad().stream(), model, StreamConfig())


def mixed(channels: Int16Array) -> Int16Array:
    return channels.astype(np.int32).sum(axis=0).clip(-32768, 32767).astype(np.int16)


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_it_is_a_voiceprinter_of_its_name(model: BundledVoiceModel):
    assert isinstance(model, Voiceprinter)
    assert model.name == bundled_name()


def test_windows_lie_evenly_over_the_audio(model: BundledVoiceModel, call: Int16Array):
    for seconds, windows in (
        (0.03, 1),
        (1.0, 1),
        (1.59, 1),
        (1.7, 2),
        (2.39, 2),
        (2.5, 3),
        (10, 12),
    ):
        audio = call[0, : round(seconds * SAMPLE_RATE)] + np.int16(1)
        found = model.windows(audio)
        assert found.shape == (windows, 256)
        np.testing.assert_allclose(model.embed(audio), found.mean(axis=0))


def test_the_level_does_not_matter(model: BundledVoiceModel, call: Int16Array):
    audio = call[1, 4 * SAMPLE_RATE : 6 * SAMPLE_RATE]
    assert cosine(model.embed(audio), model.embed(audio // 8)) > 0.99


def test_a_voice_is_more_like_itself(model: BundledVoiceModel, call: Int16Array):
    halves: list[np.ndarray] = []
    for side in (0, 1):
        spans = [
            call[side, round(t["start"] * SAMPLE_RATE) : round(t["end"] * SAMPLE_RATE)]
            for t in script()["turns"]
            if t["channel"] == side
        ]
        halves += [model.embed(np.concatenate(part)) for part in (spans[::2], spans[1::2])]
    own = min(cosine(halves[0], halves[1]), cosine(halves[2], halves[3]))
    assert own > max(cosine(a, b) for a in halves[:2] for b in halves[2:]) + 0.2


@pytest.mark.parametrize("audio", [np.ones(399, np.int16), np.zeros(16_000, np.int16)])
def test_too_little_audio_has_no_voiceprint(model: BundledVoiceModel, audio: Int16Array):
    with pytest.raises(ValueError, match="too little audio"):
        model.embed(audio)


def test_damaged_weights_are_one_line(tmp_path: Path):
    folder = tmp_path / "voiceprint"
    shutil.copytree(BUNDLED_VOICEPRINT, folder)
    weights = folder / "model.onnx"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"is not the file that model\.json describes"):
        BundledVoiceModel(folder)


def test_the_sample_call_in_one_channel_has_its_two_voices(
    model: BundledVoiceModel, call: Int16Array
):
    turns = turns_of(model, mixed(call))
    assert turns.speakers == ["S1", "S2"]
    for turn in script()["turns"]:
        middle = round((turn["start"] + turn["end"]) / 2 * SAMPLE_RATE)
        assert turns.speaker(middle) == f"S{turn['channel'] + 1}"


@pytest.mark.parametrize("side", [0, 1])
def test_each_side_of_the_sample_call_is_one_voice(
    model: BundledVoiceModel, call: Int16Array, side: int
):
    assert turns_of(model, call[side]).speakers == ["S1"]


def test_silence_has_no_speaker(model: BundledVoiceModel):
    assert turns_of(model, np.zeros(5 * SAMPLE_RATE, np.int16)).speakers == []


@pytest.mark.skipif(not DIALOGUES.is_dir(), reason="needs SpokenWOZ under SENTIVOX_DATA")
def test_real_telephone_dialogues_in_one_channel(model: BundledVoiceModel):
    """Of the parts over 2 s of those three dialogues that no number was chosen on."""
    with (DIALOGUES / "segments.tsv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    for name in ("SNG0696", "SNG1263", "SNG1640"):
        channels = np.concatenate(list(AudioFile(DIALOGUES / f"{name}_stereo.opus")), axis=1)
        turns = turns_of(model, mixed(channels))
        assert turns.speakers == ["S1", "S2"]
        assert all(turns_of(model, side).speakers == ["S1"] for side in channels)
        said = [r for r in rows if r["file"] == f"{name}_stereo.opus"]
        parts = [(int(r["channel"]), float(r["start"]), float(r["end"])) for r in said]
        long = [(c, _most(turns, a, b)) for c, a, b in parts if b - a > 2]
        right = sum(speaker == f"S{c + 1}" for c, speaker in long) / len(long)
        assert max(right, 1 - right) >= 0.9


def _most(turns: Turns, start: float, end: float) -> str | None:
    """Who speaks for most of the seconds [start, end)."""
    heard = [turns.speaker(round(t * SAMPLE_RATE)) for t in np.arange(start, end, 0.05)]
    named = [speaker for speaker in heard if speaker is not None]
    return max(set(named), key=named.count, default=None)
