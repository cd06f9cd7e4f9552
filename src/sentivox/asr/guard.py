"""The guard against text that nobody said: one for all engines.

A recogniser that hears noise, music or a cough still answers with words. Its text is refused
where the audio, the text itself or the engine's own figures say that nobody spoke it; the
utterance then loses its text modality and nothing else. Single words are not judged by their
speed or their repetition: "no", "great" and "不要" are whole answers.

A sign that settles the matter alone is one that speech cannot show, such as more words than the
audio has room for. Every other one can be outvoted, by a recogniser that is sure of its words or
by a model that is sure of hearing speech (`sentivox.asr.weighing`): people in anger and in joy say
a thing three times over, and a "yes" on its own is short enough to look like nothing.

The thresholds for no-speech, log-probability and compression are those in use with Whisper
(Radford et al. 2022, section 4.5), no-speech stricter, for utterances that a voice activity
detector has already passed.
"""

import re
import zlib
from dataclasses import dataclass
from typing import Final

from sentivox.types import SAMPLE_RATE, Int16Array

MIN_SECONDS: Final = 0.3
"""Shorter audio, its margins included, holds no word."""

MIN_SWING: Final = 16
"""Between the lowest and the highest sample: below it (-72 dBFS) nobody speaks."""

NO_SPEECH: Final = 0.45
"""Probability of silence that counts, where the text is improbable as well."""

MIN_LOGPROB: Final = -0.8
"""Mean log-probability of a token below which text is improbable."""

MAX_COMPRESSION: Final = 2.4
"""Bytes of text over their zlib size: text that loops reaches it, speech does not."""

MAX_WORDS_PER_SECOND: Final = 7.0
MAX_LETTERS_PER_SECOND: Final = 28.0
MAX_IDEOGRAPHS_PER_SECOND: Final = 12.0
"""Over an utterance with its margins, fast talkers reach 5 or 6 words, and 8 characters of
Chinese; invented text has no such limit."""

MAX_PHRASE: Final = 12
REPEATS: Final = 3
"""A phrase of three words (four ideographs) to twelve that comes so often in a row looks like a
loop. So does a shorter one that comes so often that the text compresses too well."""

MAX_REPEATED: Final = 36
"""Words in one run of a repeated phrase, however sure the engine is: twelve words three times, or
"I hate you" twelve times. Loops that Whisper made of real calls ran to 60 and more."""

LOW_CONFIDENCE: Final = 0.5
"""Below it, what an engine is known to say to noise is taken for just that."""

SURE: Final = 0.7
"""Confidence from which an engine may say a thing three times over. The loops that tiny.en made of
calls and of foreign speech had .26 to .64, a phrase that was really said thrice .82 to .92."""

CERTAIN: Final = 0.55
CERTAIN_NO_SPEECH: Final = 0.15
"""Confidence from which, and probability of silence up to which, an engine that gives both is
certain. A "no" or a "stop" into a telephone is often as short as a sneeze and no more speech than
that to the speech model, but Whisper reaches both with it, and hardly ever with a noise. Chosen on
ESC-10's folds 1, 3 and 5 and half of the speakers of short words; any silence from .1 to .25 gives
the same there."""

_IDEOGRAPHS = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # Chinese, and Japanese kana
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")
_UNIT = re.compile(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]+(?:['’][^\W_{_IDEOGRAPHS}]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an engine says of its own text; None where it has no such figure.

    Attributes:
        confidence: Expected share of right words, 0…1.
        required: Confidence below which this engine makes such words of noise.
        logprob: Mean log-probability of a token.
        no_speech: Probability that nobody spoke, 0…1.
        ended: Whether the text came to an end by itself, and not at a limit on its length.
        inventions: Whole texts, as `plain` writes them, that the engine is known to make of noise.
    """

    confidence: float | None = None
    required: float = 0.0
    logprob: float | None = None
    no_speech: float | None = None
    ended: bool = True
    inventions: frozenset[str] = frozenset()


def unheard(audio: Int16Array) -> str | None:
    """Why nothing can be said in `audio` (mono int16 at 16 kHz), or None: decode it."""
    if len(audio) < MIN_SECONDS * SAMPLE_RATE:
        return "too_short"
    if int(audio.max()) - int(audio.min()) < MIN_SWING:
        return "silence"
    return None


def reject(text: str, audio: Int16Array, evidence: Evidence) -> str | None:
    """Why `text` cannot be what `audio` (mono int16 at 16 kHz) says, or None."""
    if (reason := unheard(audio)) or not text.strip():
        return reason
    # Those that settle it come first, so that a doubt never stands in for one of them.
    signs = {
        "too_fast": _too_fast(text, len(audio) / SAMPLE_RATE),
        "repetition": loops(text) and not _may_repeat(text, evidence),
        "known_phrase": _below(evidence, LOW_CONFIDENCE) and plain(text) in evidence.inventions,
        "no_speech": _silent(evidence),
        "low_confidence": _below(evidence, evidence.required),
    }
    return next((reason for reason, seen in signs.items() if seen), None)


def certain(text: str, evidence: Evidence) -> bool:
    """Whether an engine is so sure of its words that it needs no second opinion that it is speech.

    Never of an invention, however sure it is, nor where it does not tell how likely silence is:
    an engine that looks for words alone is sure of sneezes.
    """
    return (
        evidence.confidence is not None
        and evidence.confidence >= CERTAIN
        and evidence.no_speech is not None
        and evidence.no_speech <= CERTAIN_NO_SPEECH
        and plain(text) not in evidence.inventions
    )


def loops(text: str) -> bool:
    """Whether the text repeats itself as speech seldom does."""
    return _compression(text) > MAX_COMPRESSION or _in_a_row(_units(text), REPEATS, MAX_PHRASE)


def doubles(text: str) -> bool:
    """Whether a phrase, however long, comes twice in a row: speech does that, and so do decoders.

    It is no reason to refuse the text, but one to decode the audio in another way.
    """
    units = _units(text)
    return _compression(text) > MAX_COMPRESSION or _in_a_row(units, 2, len(units))


def plain(text: str) -> str:
    """Lower-case words without punctuation, as inventions are compared."""
    return " ".join(_units(text))


def _units(text: str) -> list[str]:
    """Words, and ideographs one by one."""
    return _UNIT.findall(text.lower())


def _compression(text: str) -> float:
    """Bytes of the text over their zlib size."""
    data = text.strip().encode()
    return len(data) / len(zlib.compress(data))


def _weight(units: list[str]) -> float:
    """How many words: four ideographs count as three of them."""
    return sum(0.75 if _IDEOGRAPH.match(unit) else 1.0 for unit in units)


def _in_a_row(units: list[str], times: int, longest: int) -> bool:
    """Whether a phrase of at most `longest` units comes so many times in a row."""
    return any(
        _repeats(units, start, size, times)
        for size in range(2, min(longest, len(units) // times) + 1)
        for start in range(len(units) - times * size + 1)
    )


def _repeats(units: list[str], start: int, size: int, times: int) -> bool:
    phrase = units[start : start + size]
    # Three words or four ideographs: "no no no" and "很好很好很好" are things people say.
    if _weight(phrase) < 3:
        return False
    return all(units[start + i * size : start + (i + 1) * size] == phrase for i in range(1, times))


def _may_repeat(text: str, evidence: Evidence) -> bool:
    """Whether somebody may have said so repetitive a text."""
    sure = evidence.confidence is None or evidence.confidence >= SURE
    return sure and evidence.ended and _longest_run(_units(text)) <= MAX_REPEATED


def _longest_run(units: list[str]) -> float:
    """Words in the longest run of a phrase, of any length, that comes again at once."""
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
    return (
        evidence.no_speech is not None
        and evidence.no_speech > NO_SPEECH
        and evidence.logprob is not None
        and evidence.logprob < MIN_LOGPROB
    )


def _too_fast(text: str, seconds: float) -> bool:
    units = _units(text)
    if len(units) < 2:
        return False
    ideographs = sum(bool(_IDEOGRAPH.match(unit)) for unit in units)
    letters = sum(map(len, units)) - ideographs
    words = len(units) - ideographs
    spoken = max(words / MAX_WORDS_PER_SECOND, letters / MAX_LETTERS_PER_SECOND)
    return spoken + ideographs / MAX_IDEOGRAPHS_PER_SECOND > seconds


def _below(evidence: Evidence, confidence: float) -> bool:
    return evidence.confidence is not None and evidence.confidence < confidence
