"""Count the words found where nobody speaks, and what the guard costs where somebody does.

    python -m benchmarks.asr_guard [--asr ID] [--data DIR] [--every N] [--seeds N] [--set NAME]
                                   [--json]

Sounds and recordings go through the stream as served: voice activity detection, endpointing,
a recogniser (PocketSphinx, or what `--asr` names), the guard. Of non-speech
(ESC-10 and sounds made here, benchmarks/nonspeech.py) every word that comes through is printed;
"words" must be 0. The guard's thresholds were set on these sounds, so ESC-10 comes again at other
speeds, softer, louder and by telephone: there "words" is few, not 0. Of real speech "kept" is the
share of utterances that keep words, and "degraded" says how often each reason was given. Single
words cut out of sentences (benchmarks/single_words.py), those of EmoSpeech's speakers whom the
speech model never heard, and acted sentences stand for short answers and raised voices. Of words
cut out of sentences, "understood" is how many utterances the recogniser itself, before any guard,
hears as just the word that was cut, and "understood_kept" how many of these keep it.
Telephone dialogues and calls are listed apart: what is understood least is refused most.
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import nonspeech
from benchmarks.asr_quality import DEFAULT_DATA, SETS
from benchmarks.recogniser import add_asr, recogniser
from benchmarks.single_words import single_words
from sentivox.asr.protocol import Transcriber
from sentivox.audio.files import AudioFile
from sentivox.evaluation.transcripts import words
from sentivox.evaluation.work import read_audio
from sentivox.protocol.events import Utterance
from sentivox.speech.vad import SileroVad
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import AsrJob, Failed, JobResult, SpeechJob, TextJob
from sentivox.stream.stream import Stream
from sentivox.tone.features import FeatureStream
from sentivox.tone.speech import SpeechModel
from sentivox.types import SAMPLE_RATE, Int16Array
from training.speech.sounds import KEYWORDS, keywords
from training.speech.tested import CHANGES, OTHER_CHANGES

_NOT_ASKED = "not_asked"
UNASKED = f"text_failed:{_NOT_ASKED}"
"""Entry in `degraded` of every utterance with words, since no text model runs here; not counted."""

WORDS_ONLY = StreamConfig(modalities=frozenset({"text"}), speculate=False)
TELEPHONE_SECONDS = 60  # taken of each side of a telephone dialogue
ACTED: Mapping[str, int] = {"ravdess": 5, "tess": 12}
"""Acted data sets in English -> n, where every n-th clip is taken."""

ONE_WORD_OF = 4
"""Every n-th clip is taken of the single words spoken into telephones."""

Sound = Int16Array | tuple[str, Int16Array]
"""Audio, (samples,) at 16 kHz; or the word that it holds, and the audio."""


@dataclass
class Tally:
    """Counts for one set of sounds: utterances, and what happened to their words."""

    name: str
    sounds: int = 0
    seconds: float = 0.0
    utterances: int = 0
    kept: int = 0
    understood: int | None = None
    understood_kept: int = 0
    words: list[str] = field(default_factory=list[str])
    degraded: Counter[str] = field(default_factory=Counter[str])

    def take(
        self, audio: Int16Array, heard: Iterable[tuple[Utterance, str]], said: str | None = None
    ) -> None:
        """Count one sound (mono int16, 16 kHz): utterances with raw transcripts, its word."""
        self.sounds += 1
        self.seconds += len(audio) / SAMPLE_RATE
        for utterance, raw in heard:
            self.utterances += 1
            self.degraded.update(set(utterance.degraded) - {UNASKED})
            kept = (utterance.transcript or "").split()
            self.kept += bool(kept)
            self.words += kept
            if said is not None:
                right = words(raw) == words(said)
                self.understood = (self.understood or 0) + right
                self.understood_kept += right and bool(kept)

    def as_dict(self) -> dict[str, object]:
        """Return the figures under the names that are printed."""
        return {
            "set": self.name, "sounds": self.sounds, "seconds": round(self.seconds),
            "utterances": self.utterances, "words": len(self.words),
            "kept": round(self.kept / self.utterances, 4) if self.utterances else None,
            "understood": self.understood, "understood_kept": self.understood_kept,
            "degraded": dict(self.degraded.most_common()),
        }  # fmt: skip


def served(
    audio: Int16Array, vad: SileroVad, transcriber: Transcriber, speech: SpeechModel
) -> Iterator[tuple[Utterance, str]]:
    """Run one sound (mono int16, 16 kHz) through a stream; yield utterances, raw transcripts."""
    raw: dict[int, str] = {}
    stream = Stream(WORDS_ONLY, vad.stream(), FeatureStream())
    outputs = [*stream.feed(audio), *stream.feed(np.zeros(SAMPLE_RATE, np.int16)), *stream.close()]
    while outputs:
        match outputs.pop(0):
            case AsrJob() as job:
                heard = transcriber.transcribe(job.audio, job.language)
                raw[job.utterance_id] = heard.text
                outputs += stream.resolve(job, JobResult(heard))
            case SpeechJob() as job:
                outputs += stream.resolve(job, JobResult(speech.classify([job.audio])[0]))
            case TextJob() as job:
                outputs += stream.resolve(job, JobResult(Failed(_NOT_ASKED)))
            case Utterance() as utterance:
                yield utterance, raw.get(utterance.utterance_id, "")
            case _:
                pass


def recordings(folder: Path, every: int) -> Iterator[Int16Array]:
    """Yield each N-th recording of a folder, mono int16 at 16 kHz."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in {".opus", ".flac", ".wav"})
    for path in paths[::every]:
        yield np.concatenate([block[0] for block in AudioFile(path, mixdown=True)])


def telephone(folder: Path) -> Iterator[Int16Array]:
    """Yield the first TELEPHONE_SECONDS of each side of each dialogue."""
    for path in sorted(folder.glob("*_stereo.opus")):
        yield from channels(path)[:, : TELEPHONE_SECONDS * SAMPLE_RATE]


def calls(folder: Path) -> Iterator[Int16Array]:
    """Yield each side of each call."""
    for path in sorted(folder.glob("*.opus")):
        yield from channels(path)


def channels(path: Path) -> Int16Array:
    """Read a whole recording: int16 at 16 kHz, shape (channels, samples)."""
    return np.concatenate(list(AudioFile(path)), axis=1)


def sources(data: Path, every: int, seeds: int) -> Iterator[tuple[str, Iterable[Sound]]]:
    """Yield every set with its name, non-speech first."""
    for kind in nonspeech.KINDS:
        yield f"made: {kind}", (nonspeech.make(kind, seed, 10.0) for seed in range(seeds))
    for name, change in {**CHANGES, **OTHER_CHANGES}.items():
        yield f"esc10, {name}", (change(noise) for noise in recordings(data / "noise" / "esc10", 1))
    for name in SETS:
        yield name, recordings(data / "asr" / name, every)
    for name in SETS:
        yield f"words of {name}", single_words(data / "asr" / name, every)
    clips = keywords(data, learnt=False)[:: every * ONE_WORD_OF]
    yield f"{KEYWORDS}, speakers held back", (read_audio(path) for path in clips)
    for name, one_of in ACTED.items():
        yield name, recordings(data / "tone" / name, every * one_of)
    yield "spokenwoz (telephone)", telephone(data / "asr" / "spokenwoz_sample")
    yield "calls", calls(data / "calls" / "audio")


def main() -> None:
    """Parse the options, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    data = os.environ.get("SENTIVOX_DATA", DEFAULT_DATA)
    parser.add_argument("--data", type=Path, default=Path(data))
    add_asr(parser)
    parser.add_argument("--every", type=int, default=1, help="take each N-th clip of real speech")
    parser.add_argument("--seeds", type=int, default=24, help="synthetic sounds of each kind")
    parser.add_argument("--set", action="append", dest="sets", help="only this set; repeatable")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not (options.data / "noise").is_dir():
        sys.exit(f"{options.data} has no noise folder: name it with --data or SENTIVOX_DATA")
    vad, speech = SileroVad(), SpeechModel.load()
    transcriber = recogniser(options.asr)
    for name, sounds in sources(options.data, options.every, options.seeds):
        if options.sets and name not in options.sets:
            continue
        tally = Tally(name)
        for sound in sounds:
            said, audio = sound if isinstance(sound, tuple) else (None, sound)
            tally.take(audio, served(audio, vad, transcriber, speech), said)
        if options.json:
            print(json.dumps(tally.as_dict()), flush=True)
            continue
        print("  ".join(f"{key} {value}" for key, value in tally.as_dict().items()), flush=True)
        if name.startswith(("made", "esc10")):
            print(f"    words: {' '.join(tally.words) or 'none'}", flush=True)


if __name__ == "__main__":
    main()
