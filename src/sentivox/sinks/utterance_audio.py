"""Holds each utterance's audio from its end until its final result, and passes on both."""

from collections.abc import Callable

from sentivox.protocol.events import Event, SpeechEnded, Utterance
from sentivox.types import Int16Array

Clip = Callable[[int, float, float], Int16Array]
"""From (channel, start, end), times in seconds, to mono int16 at 16 kHz, shape (samples,)."""

Save = Callable[[Utterance, Int16Array], None]
"""Takes a final result and its audio, mono int16 at 16 kHz, shape (samples,)."""


class UtteranceAudio:
    """A sink that pairs each utterance's final result with its audio.

    The audio is copied when the utterance ends, because the session keeps audio only for a while,
    and a busy recogniser may take longer.

    Args:
        clip: Returns recent audio of the session.
        save: Called with the result and its audio.
    """

    def __init__(self, clip: Clip, save: Save) -> None:
        self._clip = clip
        self._save = save
        self._held: dict[tuple[int, int], Int16Array] = {}

    def take(self, event: Event) -> None:
        """Take an event of the session."""
        match event:
            case SpeechEnded(discarded=False):
                pcm = self._clip(event.channel, event.start, event.end)
                self._held[event.channel, event.utterance_id] = pcm
            case Utterance(final=True):
                pcm = self._held.pop((event.channel, event.utterance_id), None)
                if pcm is not None:
                    self._save(event, pcm)
            case _:
                pass
