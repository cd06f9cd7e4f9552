"""The language of a channel: detected in its first clear utterance, and questioned if in doubt.

The language that a recogniser is given for an utterance depends only on the utterances before it,
never on the order in which their results arrive.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

from sentivox.protocol.events import Warning  # noqa: A004  (the wire's name)
from sentivox.stream.transcription import Transcription, UtteranceWords
from sentivox.stream.utterance import to_seconds

SEQUENTIAL_DETECTIONS: Final = 3
"""Utterances whose language is detected one after the other, each waiting for the one before it.
If none of them was clear, later ones are detected independently, without waiting."""

DOUBT_AFTER: Final = 7  # utterances in a row over which the median confidence is taken
MIN_MEDIAN_CONFIDENCE: Final = 0.35
"""Median confidence, 0…1, of the last DOUBT_AFTER utterances below which the language given to the
recogniser is in doubt. Five utterances are enough to show foreign speech, but bad telephone lines
have stretches that long, too; see docs/accuracy.md."""

UTTERANCES_AHEAD: Final = 3
"""Most utterances that may be transcribed before the result of an earlier one that could change
their language. It lets a recording keep several workers busy, and delays the effect of a doubt by
as many utterances."""


@dataclass(frozen=True, slots=True)
class LanguageState:
    """What is known of the language after a number of utterances.

    Attributes:
        language: BCP-47 primary tag to give the recogniser; None to have it detect the language.
        settled: The next utterance need not wait for the result of the one before it.
        doubted: Another language than the one that was given has been detected.
    """

    language: str | None
    settled: bool
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sign that the language given to the recogniser may be wrong.

    Attributes:
        language: The language it was given; None where it was detecting.
        heard: The language it detected instead; None where only its confidence is low.
        figure: Probability of `heard`, or else the median confidence, 0…1.
        at: Absolute sample number at which the doubt arose.
    """

    language: str | None
    heard: str | None
    figure: float
    at: int


def warning(doubt: Doubt, channel: int, who: str) -> Warning:
    """The `Warning` event that tells the client of a doubt about a channel's language.

    Args:
        doubt: The doubt.
        channel: Number of the channel, from 0.
        who: Label of the channel.
    """
    figure = round(doubt.figure, 2)
    detail: dict[str, object] = {"channel": channel, "language": doubt.language}
    if doubt.heard is not None:
        code, detail = "other_language", detail | {"heard": doubt.heard, "probability": figure}
        message = (
            f"{who}: is this really {doubt.language!r}? It sounds like {doubt.heard!r} "
            f"(probability {figure}): set language={doubt.heard}, or auto"
        )
    else:
        code, detail = "hardly_understood", detail | {"confidence": figure}
        asked = f"is this really {doubt.language!r}" if doubt.language else "which language is this"
        message = (
            f"{who}: {asked}? Hardly a word is understood (median confidence {figure}): set "
            "another language, or check the audio quality"
        )
    return Warning(t=to_seconds(doubt.at), code=code, message=message, detail=detail)


class LanguageTracker:
    """Decides which language each utterance of one channel is transcribed in.

    Args:
        language: BCP-47 primary tag, or None to detect it.
        check: Have the recogniser detect the language even if one is given, until it is sure of
            one utterance, and raise a doubt if it detects another.

    Attributes:
        told: The language given; None where it is to be detected.
    """

    def __init__(self, language: str | None, *, check: bool = False) -> None:
        self.told = language
        first = LanguageState(language, settled=language is not None and not check)
        # One standing after each of the last utterances taken into account; the latest is last.
        self._standings = deque([first], maxlen=UTTERANCES_AHEAD + 1)
        self._waiting: deque[UtteranceWords] = deque()  # utterances not taken into account yet
        self._asked = 0
        self._confidences: deque[float] = deque(maxlen=DOUBT_AFTER)
        self._doubt: Doubt | None = None
        self._doubted = False

    def open(self, words: UtteranceWords) -> None:
        """Add an utterance that begins."""
        self._waiting.append(words)

    def discard(self, words: UtteranceWords) -> None:
        """Drop an utterance that proved too short."""
        self._waiting.remove(words)

    def release(self) -> Iterator[tuple[Transcription, LanguageState]]:
        """Yield the held transcriptions that can start, each with the language to use."""
        while self._waiting and (answer := self._waiting[0].answer) is not None:
            decided_at = self._waiting.popleft().utterance.decided_at
            self._standings.append(self._after(answer, decided_at))
        for behind, words in enumerate(self._waiting):
            if (standing := self._standing(behind)) is None:
                return
            if words.transcription is not None and words.transcription.held is not None:
                yield words.transcription, standing

    def _standing(self, behind: int) -> LanguageState | None:
        """The standing for an utterance that `behind` unanswered ones precede; None to wait."""
        latest = self._standings[-1]
        if self.told is not None and latest.settled:  # it can no longer change
            return latest
        # Take the earliest standing that will do: whether a later one is already known depends on
        # when results arrive.
        room = UTTERANCES_AHEAD + 1 - behind
        known = list(self._standings)[-room:] if room > 0 else []
        settled = next((standing for standing in known if standing.settled), None)
        return latest if settled is None and behind == 0 else settled

    def doubt(self) -> Doubt | None:
        """Return a doubt not yet reported, or None. A channel raises at most one in its life."""
        doubt, self._doubt = self._doubt, None
        return doubt

    def _after(self, transcription: Transcription, decided_at: int) -> LanguageState:
        """The standing after one more utterance, whose end was decided at that sample."""
        now = self._standings[-1]
        known = now.doubted or (now.settled and now.language is not None)
        if transcription.asked and not known:
            now = self._detected(transcription, decided_at)
        if transcription.confidence is None:
            return now
        self._confidences.append(transcription.confidence)
        middle = median(self._confidences)
        if len(self._confidences) < DOUBT_AFTER or middle >= MIN_MEDIAN_CONFIDENCE:
            return now
        self._confidences.clear()
        if self.told is not None or now.language is None:
            self._raise(Doubt(now.language, None, middle, decided_at))
            return now
        self._asked = 0
        return LanguageState(None, settled=False)

    def _detected(self, transcription: Transcription, decided_at: int) -> LanguageState:
        """The standing after one more utterance in which the language was to be detected."""
        self._asked += 1
        found = transcription.found
        if found is not None and found.clear:
            self._confidences.clear()
            if self.told is None:
                return LanguageState(found.language, settled=True)
            if found.language != self.told:
                self._raise(Doubt(self.told, found.language, found.probability, decided_at))
                return LanguageState(None, settled=True, doubted=True)
            return LanguageState(self.told, settled=True)
        return LanguageState(self.told, settled=self._asked >= SEQUENTIAL_DETECTIONS)

    def _raise(self, doubt: Doubt) -> None:
        if not self._doubted:
            self._doubt, self._doubted = doubt, True
