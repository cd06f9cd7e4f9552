"""Measure what speculation, transcribing at the first pause, saves and what it costs.

    python -m benchmarks.speculation [--asr ID] [--data DIR] [--seconds N] [--workers N] [--json]

Recordings go through streams as served, one for each channel, on the audio's own clock. The
recogniser (PocketSphinx, or the one that `--asr` names) transcribes everything that the streams
request, and its CPU seconds stand for the time it takes. The queue is then simulated with and
without speculation: workers take requests in order, drop those that are cancelled before they
begin, and finish those that they have begun.

"wait" is the time from the endpoint decision to the words, "hidden" the share of all waiting that
speculation saves, and "wasted" the share of the recogniser's work that was not used.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heapreplace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.asr_quality import DEFAULT_DATA
from benchmarks.recogniser import add_asr, recogniser
from sentivox.asr.protocol import Transcriber
from sentivox.audio.files import AudioFile
from sentivox.protocol.events import SpeechEnded
from sentivox.samples import CALL
from sentivox.speech.vad import SileroVad
from sentivox.stream.config import StreamConfig
from sentivox.stream.jobs import AsrJob, Cancel, Failed, JobResult
from sentivox.stream.stream import Stream
from sentivox.tone.features import FeatureStream
from sentivox.types import SAMPLE_RATE, Int16Array

WORDS_ONLY = StreamConfig(modalities=frozenset({"text"}))
STEP = 512  # samples fed at once: a window of voice activity detection


@dataclass(frozen=True, slots=True)
class Ask:
    """One transcription that a stream requested. Times are seconds of audio.

    Attributes:
        at: When it was requested.
        cost: Seconds of work.
        decided: When the endpoint was decided; None if this transcription was not used.
        dropped: When it was cancelled; None if it was used.
    """

    at: float
    cost: float
    decided: float | None = None
    dropped: float | None = None


class Outcome(NamedTuple):
    """The result of a simulated queue: the wait for each utterance and the work, in seconds."""

    waits: list[float]
    worked: float
    wasted: float


def gather(audio: Int16Array, vad: SileroVad, cost: Callable[[Int16Array], float]) -> list[Ask]:
    """Run one channel through a stream and return its requests.

    Args:
        audio: Mono int16 at 16 kHz.
        vad: Voice activity detection.
        cost: Returns the seconds that the transcription of an audio takes.
    """
    stream = Stream(WORDS_ONLY, vad.stream(), FeatureStream())
    asks: dict[int, Ask] = {}
    open_jobs: dict[int, AsrJob] = {}  # by utterance
    ended: dict[int, float] = {}
    padded = np.concatenate([audio, np.zeros(SAMPLE_RATE, np.int16)])
    for at in range(0, len(padded), STEP):
        outputs = stream.feed(padded[at : at + STEP])
        for output in outputs if at + STEP < len(padded) else [*outputs, *stream.close()]:
            match output:
                case AsrJob():
                    asks[output.id] = Ask(stream.position, cost(output.audio))
                    open_jobs[output.utterance_id] = output
                case Cancel():
                    asks[output.job_id] = replace(asks[output.job_id], dropped=stream.position)
                case SpeechEnded():
                    ended[output.utterance_id] = output.t
                case _:
                    pass
        # Results come after the endpoint decision; before it, they would have to be retracted.
        for utterance in [one for one in open_jobs if one in ended]:
            job = open_jobs.pop(utterance)
            if asks[job.id].dropped is None:
                asks[job.id] = replace(asks[job.id], decided=ended[utterance])
                stream.resolve(job, JobResult(Failed("not_asked")))
    return list(asks.values())


def play(asks: Iterable[Ask], workers: int) -> Outcome:
    """Simulate the queue, first come first served; work that has begun is finished."""
    free = [0.0] * workers
    heapify(free)
    waits: list[float] = []
    worked = wasted = 0.0
    for ask in sorted(asks, key=lambda one: one.at):
        begin = max(ask.at, free[0])
        if ask.dropped is not None and ask.dropped <= begin:
            continue
        end = begin + ask.cost
        heapreplace(free, end)
        worked += ask.cost
        if ask.decided is None:
            wasted += ask.cost
        else:
            waits.append(max(0.0, end - ask.decided))
    return Outcome(waits, worked, wasted)


def patient(asks: Iterable[Ask]) -> list[Ask]:
    """Return the used requests as they would be without speculation, made at the endpoint."""
    return [replace(ask, at=ask.decided) for ask in asks if ask.decided is not None]


def figures(
    name: str, seconds: float, calls: Sequence[list[Ask]], workers: int
) -> dict[str, object]:
    """Return one line of the table; every recording has the workers to itself."""
    ahead = [play(asks, workers) for asks in calls]
    after = [play(patient(asks), workers) for asks in calls]
    waits, without = ([w for one in way for w in one.waits] for way in (ahead, after))
    worked = sum(one.worked for one in ahead)
    return {
        "set": name, "minutes": round(seconds / 60, 1), "utterances": len(waits),
        "wait_ms": spread(waits), "without_ms": spread(without),
        "hidden": round(1 - sum(waits) / sum(without), 3),
        "wasted": round(sum(one.wasted for one in ahead) / worked, 3),
    }  # fmt: skip


def spread(waits: Sequence[float]) -> dict[str, int]:
    """Return median and 95th percentile, in milliseconds, of times in seconds."""
    return {f"p{q}": round(float(np.percentile(waits, q)) * 1e3) for q in (50, 95)}


def timed(transcriber: Transcriber, audio: Int16Array) -> float:
    """Transcribe an audio and return the CPU seconds that it took."""
    began = time.process_time()
    transcriber.transcribe(audio, "en")
    return time.process_time() - began


def recordings(data: Path, seconds: float) -> Iterator[tuple[str, list[Int16Array]]]:
    """Yield every set: its name, and its recordings, each of shape (channels, samples)."""
    yield "sample call (two channels)", [opened(CALL, seconds)]
    calls = sorted((data / "asr" / "spokenwoz_sample").glob("*_stereo.opus"))
    yield "telephone dialogues (two channels)", [opened(path, seconds) for path in calls]
    calls = sorted((data / "calls").rglob("*.opus"))
    yield "call-centre recordings", [opened(path, seconds) for path in calls]


def opened(path: Path, seconds: float) -> Int16Array:
    """Read the first seconds of a recording, shape (channels, samples)."""
    return np.concatenate(list(AudioFile(path)), axis=1)[:, : round(seconds * SAMPLE_RATE)]


def main() -> None:
    """Parse the options, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    data = os.environ.get("SENTIVOX_DATA", DEFAULT_DATA)
    parser.add_argument("--data", type=Path, default=Path(data))
    parser.add_argument("--seconds", type=float, default=60.0, help="of each recording")
    parser.add_argument("--workers", type=int, default=1, help="parallel recognisers")
    add_asr(parser)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not (options.data / "calls").is_dir():
        sys.exit(f"{options.data} has no calls folder: name it with --data or SENTIVOX_DATA")
    vad, transcriber = SileroVad(), recogniser(options.asr)
    for name, sounds in recordings(options.data, options.seconds):
        calls = [
            [ask for side in call for ask in gather(side, vad, lambda a: timed(transcriber, a))]
            for call in sounds
        ]
        seconds = sum(call.shape[1] for call in sounds) / SAMPLE_RATE
        line = figures(name, seconds, calls, options.workers)
        if options.json:
            print(json.dumps(line), flush=True)
        else:
            print("  ".join(f"{key} {value}" for key, value in line.items()), flush=True)


if __name__ == "__main__":
    main()
