"""`serve --save-audio`: saves each utterance as WAV with its JSON beside it; off by default."""

import logging
import shutil
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from sentivox.audio.files import write_wav
from sentivox.errors import SentivoxError
from sentivox.protocol.events import Utterance, encode
from sentivox.sinks.log import log
from sentivox.system.atomic import write_whole
from sentivox.types import Int16Array


class Recorder:
    """Writes `FOLDER/SESSION/CHANNEL-UTTERANCE.{wav,json}` in a separate thread.

    Only the owner can read the folders and files, because they hold voices. A failed write is
    logged.

    Args:
        folder: Parent folder of all sessions, created when needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="save-audio")

    def save(self, utterance: Utterance, pcm: Int16Array) -> None:
        """Queue one utterance for writing; `pcm` is mono int16 at 16 kHz, shape (samples,)."""
        self._writer.submit(self._write, utterance, pcm)

    def path(self, session_id: str, channel: int, utterance_id: int) -> Path:
        """Where the audio of an utterance is, if it was saved."""
        return self._folder / session_id / f"{channel}-{utterance_id:04d}.wav"

    def has(self, session_id: str) -> bool:
        """Whether audio of a session was saved."""
        return (self._folder / session_id).is_dir()

    def forget(self, session_ids: Iterable[str]) -> "Future[None]":
        """Queue the erasing of what was saved of sessions."""

        def erase() -> None:
            for session_id in session_ids:
                shutil.rmtree(self._folder / session_id, ignore_errors=True)

        return self._writer.submit(erase)

    def close(self) -> None:
        """Wait until all queued utterances are written."""
        self._writer.shutdown()

    def _write(self, utterance: Utterance, pcm: Int16Array) -> None:
        sound = self.path(utterance.session_id, utterance.channel, utterance.utterance_id)
        folder, said = sound.parent, sound.with_suffix(".json")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_wav(sound, pcm, mode=0o600)
            write_whole(said, encode(utterance) + b"\n", mode=0o600)
        except (OSError, SentivoxError) as error:
            log("save_failed", level=logging.WARNING, folder=folder, error=error)
            with suppress(OSError):  # a half-written pair is useless, and the disk may be full
                for path in (sound, said):
                    path.unlink(missing_ok=True)
