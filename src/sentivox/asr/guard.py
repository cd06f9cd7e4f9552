"""The guard against text that nobody said, shared by all engines.

A recogniser returns words even for noise, music or a cough. Its text is rejected if the audio, the
text itself or the engine's own figures indicate that nobody said it. The utterance then loses its
text modality and nothing else. Single words are not judged by their speed or repetition: "no",
"great" and "不要" are complete answers.

Only a sign that speech cannot show decides alone, such as more words than fit into the audio.
Every other sign can be overruled, by a recogniser that is sure of its words or by a model that is
sure that the audio is speech (`sentivox.asr.weighing`): people in anger and in joy say a thing
three times over, and a "yes" on its own is short enough to look like nothing.

The thresholds for no-speech, log-probability and compression are those in use with Whisper
(Radford et al. 2022, section 4.5). That for no-speech is stricter, because the utterances have
already passed voice activity detection.
"""

import re
import zlib
from dataclasses import dataclass
from typing import Final

from sentivox.types import SAMPLE_RATE, Int16Array

MIN_SECONDS: Final = 0.3
"""Duration, margins included, below which audio holds no word."""

MIN_PEAK_TO_PEAK: Final = 16
"""Difference between the highest and the lowest sample below which nobody speaks (-72 dBFS)."""

NO_SPEECH: Final = 0.45
"""Probability of no speech above which improbable text is rejected."""

MIN_LOGPROB: Final = -0.8
"""Mean log-probability of a token below which text is improbable."""

MAX_COMPRESSION: Final = 2.4
"""Bytes of text over bytes of its zlib compression. Text that loops exceeds it, speech does not."""

MAX_WORDS_PER_SECOND: Final = 7.0
MAX_LETTERS_PER_SECOND: Final = 28.0
MAX_IDEOGRAPHS_PER_SECOND: Final = 12.0
"""Limits on speaking rate, over an utterance with its margins. Fast talkers reach 5 or 6 words, or
8 Chinese characters, a second; invented text has no such limit."""

MAX_PHRASE: Final = 12
MIN_REPEATS: Final = 3
"""A phrase of three words (four ideographs) to MAX_PHRASE words that occurs MIN_REPEATS times in a
row looks like a loop. So does a shorter one that recurs until the text compresses too well."""

MAX_REPEATED_WORDS: Final = 36
"""Most words in one run of a repeated phrase, however sure the engine is: twelve words three times,
or "I hate you" twelve times. Loops that Whisper made of real calls ran to 60 words and more."""

LOW_CONFIDENCE: Final = 0.5
"""Confidence below which a text that the engine is known to invent for noise is rejected."""

MIN_REPETITION_CONFIDENCE: Final = 0.7
"""Confidence from which repetitive text is accepted. Loops that tiny.en made of calls and of
foreign speech had .26 to .64; phrases that were really said three times had .82 to .92."""

CERTAIN_CONFIDENCE: Final = 0.55
CERTAIN_NO_SPEECH: Final = 0.15
"""An engine that reports both figures is certain from a confidence of CERTAIN_CONFIDENCE and up to
a probability of no speech of CERTAIN_NO_SPEECH. On the telephone a "no" or a "stop" is often as
short as a sneeze, and to the speech model no more like speech. Whisper reaches both figures with
such words, and hardly ever with a noise. Chosen on folds 1, 3 and 5 of ESC-10 and half of the
speakers of short words; any CERTAIN_NO_SPEECH from .1 to .25 gives the same result there."""

_IDEOGRAPHS = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # Chinese, and Japanese kana
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")
_UNIT = re.compile(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]+(?:['’][^\W_{_IDEOGRAPHS}]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An engine's own figures on its text; None where it has no such figure.

    Attributes:
        confidence: Expected share of right words, 0…1.
        required: Confidence below which this engine tends to make such words of noise.
        logprob: Mean log-probability of a token.
        no_speech: Probability that nobody spoke, 0…1.
        ended: Whether the text ended by itself, and not at a limit on its length.
        inventions: Whole texts, in the form of `normalise_words`, that the engine is known to make
            of noise.
    """

    confidence: float | None = None
    required: float = 0.0
    logprob: float | None = None
    no_speech: float | None = None
    ended: bool = True
    inventions: frozenset[str] = frozenset()


def audio_rejection(audio: Int16Array) -> str | None:
    """Return why audio cannot hold speech, so that decoding it is useless.

    Args:
        audio: Mono int16 at 16 kHz, shape (n,).

    Returns:
        "too_short" or "silence"; None if the audio is to be decoded.
    """
    if len(audio) < MIN_SECONDS * SAMPLE_RATE:
        return "too_short"
    if int(audio.max()) - int(audio.min()) < MIN_PEAK_TO_PEAK:
        return "silence"
    return None


def text_rejection(text: str, audio: Int16Array, evidence: Evidence) -> str | None:
    """Return why a text cannot be what was said.

    Args:
        text: The transcript.
        audio: The utterance with its margins, mono int16 at 16 kHz, shape (n,).
        evidence: The engine's own figures.

    Returns:
        A reason, such as "too_fast" or "repetition"; None if the text is accepted or empty.
    """
    if (reason := audio_rejection(audio)) or not text.strip():
        return reason
    # Signs that decide alone come first, so that a mere doubt is never reported in their place.
    signs = {
        "too_fast": _too_fast(text, len(audio) / SAMPLE_RATE),
        "repetition": loops(text) and not _may_repeat(text, evidence),
        "known_phrase": _below(evidence, LOW_CONFIDENCE)
        and normalise_words(text) in evidence.inventions,
        "no_speech": _silent(evidence),
        "low_confidence": _below(evidence, evidence.required),
    }
    return next((reason for reason, seen in signs.items() if seen), None)


def is_certain(text: str, evidence: Evidence) -> bool:
    """Whether an engine is so sure of its words that the audio counts as speech without a check.

    It is never certain of a known invention, nor without a probability of no speech: an engine
    that looks only for words is sure of sneezes.
    """
    return (
        evidence.confidence is not None
        and evidence.confidence >= CERTAIN_CONFIDENCE
        and evidence.no_speech is not None
        and evidence.no_speech <= CERTAIN_NO_SPEECH
        and normalise_words(text) not in evidence.inventions
    )


def loops(text: str) -> bool:
    """Whether the text repeats itself as speech seldom does."""
    return _compression(text) > MAX_COMPRESSION or _in_a_row(_units(text), MIN_REPEATS, MAX_PHRASE)


def doubles(text: str) -> bool:
    """Whether a phrase of any length occurs twice in a row, as in speech and in decoding loops.

    That is no reason to reject the text, but one to decode the audio in another way.
    """
    units = _units(text)
    return _compression(text) > MAX_COMPRESSION or _in_a_row(units, 2, len(units))


def normalise_words(text: str) -> str:
    """Return the words in lower case without punctuation, the form to compare inventions in."""
    return " ".join(_units(text))


def _units(text: str) -> list[str]:
    """Split a text into words and single ideographs, in lower case."""
    return _UNIT.findall(text.lower())


def _compression(text: str) -> float:
    """Bytes of the text over bytes of its zlib compression."""
    data = text.strip().encode()
    return len(data) / len(zlib.compress(data))


def _weight(units: list[str]) -> float:
    """Number of words, four ideographs counting as three."""
    return sum(0.75 if _IDEOGRAPH.match(unit) else 1.0 for unit in units)


def _in_a_row(units: list[str], times: int, longest: int) -> bool:
    """Whether a phrase of at most `longest` units occurs `times` times in a row."""
    return any(
        _repeats(units, start, size, times)
        for size in range(2, min(longest, len(units) // times) + 1)
        for start in range(len(units) - times * size + 1)
    )


def _repeats(units: list[str], start: int, size: int, times: int) -> bool:
    """Whether the phrase of `size` units at `start` is long enough and occurs `times` times."""
    phrase = units[start : start + size]
    # At least three words or four ideographs: people do say "no no no" and "很好很好很好".
    if _weight(phrase) < 3:
        return False
    return all(units[start + i * size : start + (i + 1) * size] == phrase for i in range(1, times))


def _may_repeat(text: str, evidence: Evidence) -> bool:
    """Whether somebody may really have said a repetitive text."""
    sure = evidence.confidence is None or evidence.confidence >= MIN_REPETITION_CONFIDENCE
    return sure and evidence.ended and _longest_run(_units(text)) <= MAX_REPEATED_WORDS


def _longest_run(units: list[str]) -> float:
    """Number of words in the longest run of an immediately repeated phrase of any length."""
    longest = 0.0
    for size in range(1, len(units) // 2 + 1):
        run = 0
        for i in range(size, len(units) + 1):
            if i < len(units) and units[i] == units[i - size]:
                run += 1
                continue
            if run >= size:
                longest = max(longest, _weight(units[i - run - size : i]))
            run = 0
    return longest


def _silent(evidence: Evidence) -> bool:
    """Whether the engine doubts that there was speech, and finds its text improbable."""
    return (
        evidence.no_speech is not None
        and evidence.no_speech > NO_SPEECH
        and evidence.logprob is not None
        and evidence.logprob < MIN_LOGPROB
    )


def _too_fast(text: str, seconds: float) -> bool:
    """Whether several words are more than anybody says in this time."""
    units = _units(text)
    if len(units) < 2:
        return False
    ideographs = sum(bool(_IDEOGRAPH.match(unit)) for unit in units)
    letters = sum(map(len, units)) - ideographs
    words = len(units) - ideographs
    spoken = max(words / MAX_WORDS_PER_SECOND, letters / MAX_LETTERS_PER_SECOND)
    return spoken + ideographs / MAX_IDEOGRAPHS_PER_SECOND > seconds


def _below(evidence: Evidence, confidence: float) -> bool:
    """Whether the engine has a confidence, and it is lower."""
    return evidence.confidence is not None and evidence.confidence < confidence
