"""Measure the memory and speed of `analyze` on a recording of many hours.

    python -m benchmarks.long_recording                        # ten hours, tone alone
    python -m benchmarks.long_recording --words --hours 2      # with words
    python -m benchmarks.long_recording --hours 0.2            # a short run

The recording is the sample call over and over, written to a temporary folder that must have room
for 230 MB an hour. `sentivox analyze` runs as a process of its own. Its memory and processor time,
with those of the processes that it starts, are read once a second. `grown_mb` is how much more
memory the last tenth of the run took than the second tenth, as medians. `most_mb` is the peak of
the largest process, as the kernel reports it.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.recogniser import add_asr
from benchmarks.served import machine
from sentivox.audio.files import AudioFile
from sentivox.models.selection import EMBEDDED
from sentivox.samples import CALL
from sentivox.system.machine import usable_cores
from sentivox.types import SAMPLE_RATE

POINTS = 20  # of the curve that is reported


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory and time of the command at one moment.

    Attributes:
        wall_s: Seconds since it was started.
        rss_mb: Resident memory of its own process, MiB.
        all_mb: The same with its child processes; shared pages count in each of them.
        cpu_s: Processor seconds of all of them so far.
    """

    wall_s: float
    rss_mb: float
    all_mb: float
    cpu_s: float


def write_recording(path: Path, hours: float) -> float:
    """Write the sample call over and over to a two-channel WAV; return its length in seconds."""
    call = np.concatenate(list(AudioFile(CALL)), axis=1)
    left = total = round(hours * 3600 * SAMPLE_RATE)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(call.shape[0])
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        while left > 0:
            piece = call[:, :left]
            out.writeframes(piece.T.astype("<i2").tobytes())
            left -= piece.shape[1]
    return total / SAMPLE_RATE


def look(pid: int, began: float) -> Sample | None:
    """Take a sample of a process and its children; None if it has just ended."""
    rss_mb, cpu_s = list[float](), 0.0
    try:
        command = psutil.Process(pid)
        for process in (command, *command.children(recursive=True)):
            times = process.cpu_times()
            rss_mb.append(process.memory_info().rss / 2**20)
            cpu_s += times.user + times.system
    except psutil.Error:
        return None
    return Sample(time.monotonic() - began, rss_mb[0], sum(rss_mb), cpu_s)


def watched(command: list[str]) -> list[Sample]:
    """Run a command to its end and take a sample once a second.

    Raises:
        subprocess.CalledProcessError: The command failed.
    """
    began, samples = time.monotonic(), list[Sample]()
    process = subprocess.Popen(command)
    while process.poll() is None:
        if (sample := look(process.pid, began)) is not None:
            samples.append(sample)
        time.sleep(1)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return samples


def report(samples: list[Sample], seconds: float, utterances: int) -> dict[str, Any]:
    """Return the figures of a run over `seconds` of audio."""
    tenth = max(1, len(samples) // 10)
    rss_mb = [sample.rss_mb for sample in samples]
    early, late = rss_mb[tenth : 2 * tenth] or rss_mb, rss_mb[-tenth:]
    last = samples[-1]
    cpu_s = max(sample.cpu_s for sample in samples)  # children may be gone at the end
    step = max(1, len(samples) // POINTS)
    return {
        "machine": machine(),
        "audio_s": seconds,
        "utterances": utterances,
        "wall_s": round(last.wall_s, 1),
        "times_real_time": round(seconds / last.wall_s, 1),
        "cores": usable_cores(),
        "cores_busy": round(cpu_s / last.wall_s, 2),
        "grown_mb": round(statistics.median(late) - statistics.median(early), 1),
        "most_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
        "curve": [{k: round(v, 1) for k, v in asdict(s).items()} for s in samples[::step]],
    }


def main() -> None:
    """Parse the options, run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--words", action="store_true", help="transcribe too")
    add_asr(parser)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "long.wav", Path(folder) / "out.json"
        seconds = write_recording(path, options.hours)
        command = [sys.executable, "-m", "sentivox", "analyze", str(path), "--json", "-o", str(out),
                   "--modalities", "text,audio" if options.words else "audio",
                   "--profile", EMBEDDED, "--asr", options.asr, "-q"]  # fmt: skip
        samples = watched(command)
        channels = json.loads(out.read_bytes())["channels"]
    done = report(samples, seconds, sum(len(c["utterances"]) for c in channels))
    if options.json:
        print(json.dumps(done))
        return
    for name, value in done.items():
        if name != "curve":
            print(f"{name:18} {value}")
    for point in done["curve"]:
        print("".join(f"{name} {value:<10}" for name, value in point.items()))


if __name__ == "__main__":
    main()
