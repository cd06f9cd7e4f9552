"""Which recordings are meant, and each utterance of them as a WAV beside its JSON."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from sentivox.audio.files import write_wav
from sentivox.errors import AudioError
from sentivox.stream.events import Event, SpeechEnded, SpeechStarted, Utterance, encode
from sentivox.types import Int16Array

SUFFIXES: Final = frozenset({
    ".3gp", ".aac", ".ac3", ".aif", ".aiff", ".amr", ".ape", ".au", ".caf", ".flac", ".gsm",
    ".m4a", ".m4b", ".mka", ".mkv", ".mov", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".sph",
    ".tta", ".voc", ".w64", ".wav", ".webm", ".wma", ".wv",
})  # fmt: skip
"""What is taken from a folder; a file that is named is tried whatever it is called."""

Clip = Callable[[int, float, float], Int16Array]
"""(channel, start, end) in seconds to mono int16 at 16 kHz."""


def expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Files as they are named; of a folder, all recordings in it and below, by name.

    Raises:
        AudioError: A folder holds no recording.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = [p for p in sorted(path.rglob("*")) if p.suffix.lower() in SUFFIXES]
        if not found:
            raise AudioError(f"{path} holds no recordings: name the files themselves")
        yield from (p for p in found if p.is_file())


class UtteranceFiles:
    """Writes `FOLDER/RECORDING/CHANNEL-UTTERANCE.{wav,json}`, for the owner's eyes alone.

    Args:
        folder: Made when the first utterance is written.
        name: Of the recording.
        clip: Gives its recent audio.
    """

    def __init__(self, folder: Path, name: str, clip: Clip) -> None:
        self._folder = folder / name
        self._clip = clip
        self._starts: dict[tuple[int, int], float] = {}
        self._held: dict[tuple[int, int], Int16Array] = {}

    def take(self, event: Event) -> None:
        """Take every event as it comes: audio is only kept for a while.

        Raises:
            AudioError: The files cannot be written.
        """
        match event:
            case SpeechStarted():
                self._starts[event.channel, event.utterance_id] = event.start
            case SpeechEnded():
                key = event.channel, event.utterance_id
                start = self._starts.pop(key, None)
                if start is not None and not event.discarded:
                    self._held[key] = self._clip(event.channel, start, event.end)
            case Utterance(final=True):
                pcm = self._held.pop((event.channel, event.utterance_id), None)
                if pcm is not None:
                    self._write(event, pcm)
            case _:
                pass

    def _write(self, event: Utterance, pcm: Int16Array) -> None:
        stem = self._folder / f"{event.channel}-{event.utterance_id:04d}"
        wav, json = stem.with_suffix(".wav"), stem.with_suffix(".json")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in (wav, json):
                path.touch(mode=0o600)
            write_wav(wav, pcm)
            json.write_bytes(encode(event) + b"\n")
        except OSError as error:
            msg = f"cannot write to {self._folder}: {error.strerror}; choose another --save-audio"
            raise AudioError(msg) from error
