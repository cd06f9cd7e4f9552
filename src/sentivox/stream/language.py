"""Which language a channel speaks: found out from its first clear words, and doubted where need be.

What an utterance's recogniser is told follows from the utterances before it alone, never from
when their results came back.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

from sentivox.protocol.events import Warning  # noqa: A004  (the wire's name)
from sentivox.stream.transcription import Transcription, UtteranceWords
from sentivox.stream.utterance import seconds
from sentivox.wording.channels import channel_name

TRIES: Final = 3
"""So many utterances are asked one after the other. Where none of them was clear, those that
follow are asked each for itself, without one waiting for the other."""

DOUBT_AFTER: Final = 7
HARDLY: Final = 0.35
"""Where the median confidence of so many utterances in a row is below it, the language that the
recogniser was told is in doubt. Five would do for foreign speech, but a caller on a bad line has
such moments; see docs/accuracy.md."""

UTTERANCES_AHEAD: Final = 3
"""Utterances that may be transcribed ahead of an answer on which their language could depend.
With it a recording keeps several workers busy, and a doubt takes effect a little later."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known after some utterances.

    Attributes:
        language: What the recogniser is to be told; None to ask it.
        settled: The next utterance need not wait for the one before it.
    """

    language: str | None
    settled: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """The language that a recogniser was told may be wrong.

    Attributes:
        language: What it was told.
        heard: What it hears instead; None where its confidence alone is low.
        figure: The probability of `heard`; or the median confidence.
        at: Sample at which that was known.
    """

    language: str | None
    heard: str | None
    figure: float
    at: int


def warning(doubt: Doubt, channel: int) -> Warning:
    """What a client is told of it."""
    who, figure = channel_name(channel), round(doubt.figure, 2)
    detail: dict[str, object] = {"channel": channel, "language": doubt.language}
    if doubt.heard is not None:
        code, detail = "other_language", detail | {"heard": doubt.heard, "probability": figure}
        message = (
            f"{who}: is this really {doubt.language!r}? It sounds like {doubt.heard!r} "
            f"(probability {figure}): ask for language={doubt.heard}, or auto"
        )
    else:
        code, detail = "hardly_understood", detail | {"confidence": figure}
        asked = f"is this really {doubt.language!r}" if doubt.language else "which language is this"
        message = (
            f"{who}: {asked}? Hardly a word is understood (median confidence {figure}): ask for "
            "another language, or look after the sound"
        )
    return Warning(t=seconds(doubt.at), code=code, message=message, detail=detail)


class LanguagePin:
    """The language of one channel.

    Args:
        language: BCP-47 primary tag, or None to find it out.
        check: Ask the recogniser all the same until it is sure of one utterance, and doubt the
            language if it hears another.
    """

    def __init__(self, language: str | None, *, check: bool = False) -> None:
        self.told = language
        first = Standing(language, settled=language is not None and not check)
        # After all utterances taken so far, and after up to UTTERANCES_AHEAD fewer of them.
        self._standings = deque([first], maxlen=UTTERANCES_AHEAD + 1)
        self._waiting: deque[UtteranceWords] = deque()  # not taken yet
        self._asked = 0
        self._confidences: deque[float] = deque(maxlen=DOUBT_AFTER)
        self._doubt: Doubt | None = None
        self._doubted = False

    def open(self, words: UtteranceWords) -> None:
        """An utterance begins."""
        self._waiting.append(words)

    def discard(self, words: UtteranceWords) -> None:
        """The last utterance was too short to be one."""
        self._waiting.remove(words)

    def release(self) -> Iterator[tuple[Transcription, Standing]]:
        """Transcriptions that can begin, and what to tell the recogniser of each."""
        while self._waiting and self._waiting[0].understood:
            self._standings.append(self._after(self._waiting.popleft()))
        for behind, words in enumerate(self._waiting):
            if (standing := self._standing(behind)) is None:
                return
            if words.transcription is not None and words.transcription.held is not None:
                yield words.transcription, standing

    def _standing(self, behind: int) -> Standing | None:
        """What to tell of an utterance with so many before it that have no answer; None: wait."""
        latest = self._standings[-1]
        if self.told is not None and latest.settled:  # for good
            return latest
        # The earliest standing that will do: whether a later one is known yet is a matter of time.
        room = UTTERANCES_AHEAD + 1 - behind
        known = list(self._standings)[-room:] if room > 0 else []
        settled = next((standing for standing in known if standing.settled), None)
        return latest if settled is None and behind == 0 else settled

    def doubt(self) -> Doubt | None:
        """A new doubt, if there is one; a channel has one in its life."""
        doubt, self._doubt = self._doubt, None
        return doubt

    def _after(self, words: UtteranceWords) -> Standing:
        """What is known after one more utterance."""
        now, transcription = self._standings[-1], words.transcription
        if transcription is None:
            return now
        if transcription.asked and not (now.settled and now.language is not None):
            now = self._answered(words, transcription)
        if transcription.confidence is None:
            return now
        self._confidences.append(transcription.confidence)
        middle = median(self._confidences)
        if len(self._confidences) < DOUBT_AFTER or middle >= HARDLY:
            return now
        self._confidences.clear()
        if self.told is not None or now.language is None:
            self._raise(Doubt(now.language, None, middle, words.utterance.decided_at))
            return now
        self._asked = 0
        return Standing(None, settled=False)

    def _answered(self, words: UtteranceWords, transcription: Transcription) -> Standing:
        """What is known once the recogniser was asked for the language of one more utterance."""
        self._asked += 1
        found = transcription.found
        if found is not None and found.clear:
            self._confidences.clear()
            if self.told is None:
                return Standing(found.language, settled=True)
            if found.language != self.told:
                self._raise(
                    Doubt(self.told, found.language, found.probability, words.utterance.decided_at)
                )
            return Standing(self.told, settled=True)
        return Standing(self.told, settled=self._asked >= TRIES)

    def _raise(self, doubt: Doubt) -> None:
        if not self._doubted:
            self._doubt, self._doubted = doubt, True
