"""Each utterance's sound, kept from the moment it ends until its final result is out."""

from collections.abc import Callable

from sentivox.protocol.events import Event, SpeechEnded, Utterance
from sentivox.types import Int16Array

Clip = Callable[[int, float, float], Int16Array]
"""(channel, start, end) in seconds to mono int16 at 16 kHz."""

Save = Callable[[Utterance, Int16Array], None]
"""Takes a final result and its sound, mono int16 at 16 kHz."""


class UtteranceAudio:
    """A sink that joins each utterance's sound and its final result.

    The session forgets audio after a while, and a busy recogniser may take longer than that.

    Args:
        clip: The session's recent audio.
        save: What is to be done with the two.
    """

    def __init__(self, clip: Clip, save: Save) -> None:
        self._clip = clip
        self._save = save
        self._held: dict[tuple[int, int], Int16Array] = {}

    def take(self, event: Event) -> None:
        """Take every event as it comes."""
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
