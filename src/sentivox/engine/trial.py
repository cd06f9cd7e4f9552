"""Test runs of pulled models: intact files may still be those of the wrong model."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

import numpy as np

from sentivox.audio.files import AudioFile
from sentivox.engine.parts import recogniser_spec, voice_spec
from sentivox.engine.workers import WorkerPool
from sentivox.errors import ModelError
from sentivox.models.catalog import CatalogModel
from sentivox.samples import CALL, script
from sentivox.stream.jobs import Failed
from sentivox.text.transformer import TransformerTextModel
from sentivox.types import SAMPLE_RATE, SENTIMENTS, Int16Array, Transcript, Voiceprint

MIN_SHARE_OF_WORDS: Final = 0.7
"""Share of the sample's words, 0…1, that a recogniser must get right."""

_MARGIN_S: Final = 0.2  # seconds of audio before and after a turn
_MOODS: Final = {
    "positive": "i am very happy with the service",
    "negative": "that is terrible and nobody helped me",
}


def run_trial(model: CatalogModel, root: Path) -> str:
    """Run a model once on samples, and return a line that describes the result.

    A recogniser transcribes one turn of the sample call, in a process of its own; a text model
    scores two plain sentences; a speaker model compares the two speakers of the call.

    Args:
        model: The model's entry in the catalogue.
        root: Folder of its files.

    Raises:
        ModelError: The model does not load, or gives a wrong result.
    """
    tries = {"asr": _hear, "text": _read, "speaker": _tell_apart}
    return tries[model.role](model, root)


def words_right(said: Sequence[str], heard: Sequence[str]) -> float:
    """Share of the reference words `said`, 0…1, found in the recognised words in the same order."""
    matcher = SequenceMatcher(None, said, heard, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / max(len(said), 1)


def plain_words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("’", "'"))


def longest_turn() -> tuple[str, Int16Array]:
    """The words of the sample call's longest turn, and its audio: shape (n,), int16 at 16 kHz."""
    turn = max(script()["turns"], key=lambda turn: len(turn["text"].split()))
    side = np.concatenate([block[turn["channel"]] for block in AudioFile(CALL)])
    start, end = turn["start"] - _MARGIN_S, turn["end"] + _MARGIN_S
    return turn["text"], side[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]


def _hear(model: CatalogModel, root: Path) -> str:
    said, audio = longest_turn()
    with WorkerPool(recogniser_spec(model, root)) as pool:
        pool.wait_ready()
        heard = pool.submit(audio, "en").result().value
    if isinstance(heard, Failed):
        raise ModelError(f"{model.id} is complete, but fails on the sample ({heard.reason})")
    text = heard.text if isinstance(heard, Transcript) else ""
    if words_right(plain_words(said), plain_words(text)) < MIN_SHARE_OF_WORDS:
        raise ModelError(
            f"{model.id} is complete, but transcribes the sample {said!r} as {text!r}: "
            "it is not the model it should be"
        )
    return f"transcribes the sample as {text!r}"


def _tell_apart(model: CatalogModel, root: Path) -> str:
    """Test a speaker model: each speaker's halves must be closer than different speakers."""
    halves = [half for side in _sides() for half in np.array_split(side, 2)]
    with WorkerPool(voice_spec(model, root)) as pool:
        pool.wait_ready()
        futures = [pool.submit(half, None) for half in halves]
        voices = [future.result().value for future in futures]
    prints = [voice.embedding for voice in voices if isinstance(voice, Voiceprint)]
    if len(prints) < len(halves):
        raise ModelError(f"{model.id} is complete, but fails on the sample")
    unit = [one / np.linalg.norm(one) for one in prints]
    own, other = float(unit[0] @ unit[1]), float(unit[0] @ unit[2])
    if own <= other:
        raise ModelError(f"{model.id} is complete, but does not tell the sample's speakers apart")
    return "tells the sample's speakers apart"


def _sides() -> list[Int16Array]:
    """The speech of each of the sample's speakers, without pauses."""
    call = np.concatenate(list(AudioFile(CALL)), axis=1)
    said: list[list[Int16Array]] = [[] for _ in call]
    for turn in script()["turns"]:
        start, end = round(turn["start"] * SAMPLE_RATE), round(turn["end"] * SAMPLE_RATE)
        side: int = turn["channel"]
        said[side].append(call[side, start:end])
    return [np.concatenate(parts) for parts in said]


def _read(model: CatalogModel, root: Path) -> str:
    reader = TransformerTextModel(root, name=model.id, languages=model.languages)
    scores = reader.classify(list(_MOODS.values()))
    moods = [SENTIMENTS[int(np.argmax(one.sentiment))] for one in scores]
    if moods != list(_MOODS):
        raise ModelError(
            f"{model.id} is complete, but takes {', '.join(map(repr, _MOODS.values()))} for "
            f"{' and '.join(moods)}: it is not the model it should be"
        )
    return "tells a happy sentence from an angry one"
