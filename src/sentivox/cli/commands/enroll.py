"""`sentivox enroll`: stores a person's voiceprint, so that `speaker` can be their name."""

# ruff: noqa: PLC0415  (imported where needed, to keep --help fast)

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sentivox.cli.terminal import echo, write_path
from sentivox.errors import AudioError, ModelError

if TYPE_CHECKING:
    from sentivox.engine.parts import VoiceParts
    from sentivox.types import FloatArray, Int16Array

LEAST_S = 3.0
"""Minimum seconds of speech in a recording."""

MOST_S = 30.0
"""Maximum seconds of speech used per recording; more does not improve a voiceprint."""


@click.command(
    name="enroll", epilog="Example: sentivox enroll Ada ada-1.wav ada-2.wav --voices ~/voices"
)
@click.argument("name")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--voices",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the voices; pass the same one to analyze and serve.",
)
@click.option("--replace", is_flag=True, help="Replace an existing voice of this name.")
def command(*, name: str, files: tuple[Path, ...], folder: Path, replace: bool) -> None:
    """Enrol somebody who has agreed to it, from recordings of their voice alone.

    Ask first, and say what for: a voiceprint identifies a person. In the EU it is biometric data,
    which as a rule requires explicit consent (GDPR Art. 9). Only the file NAME.voice.json in the
    folder is stored. It contains no audio; delete it to forget the person.

    Each recording needs at least 3 seconds of speech.
    """
    from sentivox.engine.parts import open_voices
    from sentivox.voice.enrolled import save_voice

    speech = [_speech(path) for path in files]
    voices = open_voices(None)
    try:
        prints = _voiceprints(voices, speech)
    finally:
        voices.pool.close()
    path = save_voice(folder, name, voices.name, prints, replace=replace)
    plural = "" if len(prints) == 1 else "s"
    echo(f"{name}: {len(prints)} voiceprint{plural} by {voices.name}", err=True)
    write_path(path)


def _speech(path: Path) -> "Int16Array":
    """The speech of a recording without its pauses: mono int16 at 16 kHz, at most `MOST_S`.

    Raises:
        AudioError: The file is not audio, or holds less than `LEAST_S` of speech.
    """
    import numpy as np

    from sentivox.audio.files import AudioFile
    from sentivox.audio.highpass import high_passed
    from sentivox.speech.vad import VAD_WINDOW, SileroVad
    from sentivox.types import SAMPLE_RATE

    audio = np.concatenate([block.mean(axis=0).astype(np.int16) for block in AudioFile(path)])
    whole = audio[: len(audio) // VAD_WINDOW * VAD_WINDOW]
    spoken = SileroVad().stream()(high_passed(whole)) >= 0.5
    speech = whole.reshape(-1, VAD_WINDOW)[spoken].reshape(-1)
    if len(speech) < LEAST_S * SAMPLE_RATE:
        seconds = len(speech) / SAMPLE_RATE
        raise AudioError(f"{path} holds {seconds:.1f} s of speech: record {LEAST_S:g} s or more")
    return speech[: round(MOST_S * SAMPLE_RATE)]


def _voiceprints(voices: "VoiceParts", speech: "Sequence[Int16Array]") -> "list[FloatArray]":
    from sentivox.types import Voiceprint

    futures = [voices.pool.submit(audio, None) for audio in speech]
    found = [future.result().value for future in futures]
    prints = [one.embedding for one in found if isinstance(one, Voiceprint)]
    if len(prints) < len(found):
        raise ModelError(f"{voices.name} fails on a recording: pull it again")
    return prints
