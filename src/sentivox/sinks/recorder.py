"""`--save-audio`: each utterance as a WAV beside its JSON. Off unless asked for."""

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from sentivox.audio.files import write_wav
from sentivox.errors import SentivoxError
from sentivox.protocol.events import Utterance, encode
from sentivox.sinks.log import log
from sentivox.system.atomic import write_whole
from sentivox.types import Int16Array


class Recorder:
    """Writes `FOLDER/SESSION/CHANNEL-UTTERANCE.{wav,json}` from a thread of its own.

    Folders and files are the owner's alone: they hold voices.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="save-audio")

    def save(self, utterance: Utterance, pcm: Int16Array) -> None:
        """Queue one utterance; `pcm` is mono int16 at 16 kHz."""
        self._writer.submit(self._write, utterance, pcm)

    def close(self) -> None:
        """Wait until all is written."""
        self._writer.shutdown()

    def _write(self, utterance: Utterance, pcm: Int16Array) -> None:
        folder = self._folder / utterance.session_id
        stem = f"{utterance.channel}-{utterance.utterance_id:04d}"
        sound, said = folder / f"{stem}.wav", folder / f"{stem}.json"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_wav(sound, pcm, mode=0o600)
            write_whole(said, encode(utterance) + b"\n", mode=0o600)
        except (OSError, SentivoxError) as error:
            log("save_failed", level=logging.WARNING, folder=folder, error=error)
            with suppress(OSError):  # half of it is worth nothing, and the disk may be full
                for path in (sound, said):
                    path.unlink(missing_ok=True)
