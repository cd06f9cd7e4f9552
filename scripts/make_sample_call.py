#!/usr/bin/env python3
"""Make the sample call: two synthetic voices whose mood turns from content to angry to relieved.

Writes `src/sentivox/samples/call.flac` (16 kHz, channel 0 the agent, channel 1 the customer) and
`call.json` (who says what, when, in which mood). Everything is spoken by free synthetic voices, so
no person is recorded and no rights are affected. Every run gives the same result.

Needs, on Debian or Ubuntu:  apt-get install flite sox

    python scripts/make_sample_call.py           make the call
    python scripts/make_sample_call.py --check   also print PocketSphinx's transcript of each turn

A mood is expressed as a speaker would: by loudness (level), pitch and its range (f0, f0_range),
pace (stretch > 1 is slower) and tension, which raises the upper spectrum (treble). Words and
settings were chosen so that PocketSphinx, the recogniser of the `embedded` profile, transcribes
the call and the tone model detects the anger and the relief. So the call demonstrates the product,
but is no evidence of how well either works on people.
"""

import argparse
import io
import json
import subprocess
import tempfile
import wave
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from pocketsphinx import Decoder

RATE = 16_000
AGENT, CUSTOMER = 0, 1
NOISE_DBFS = -84.0  # a quiet headset and line; digital zero never reaches a real recorder
OUT = Path(__file__).resolve().parent.parent / "src" / "sentivox" / "samples"


@dataclass(frozen=True, slots=True)
class Mood:
    """How a line is spoken.

    Attributes:
        name: What a listener should hear.
        level: dBFS RMS over the line.
        stretch: Duration factor of the voice; below 1 is faster.
        f0: Mean pitch, Hz; None leaves the voice's own.
        f0_range: Standard deviation of the pitch, Hz.
        treble: dB above 3 kHz.
    """

    name: str
    level: float
    stretch: float
    f0: float | None = None
    f0_range: float = 0.0
    treble: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """One turn: a channel says a text in a mood after a pause (seconds)."""

    channel: int
    text: str
    mood: Mood
    pause: float


POLITE = Mood("polite", level=-29, stretch=0.88)
SORRY = Mood("sorry", level=-30, stretch=0.95)
CONTENT = Mood("content", level=-28, stretch=0.95, f0=205, f0_range=80, treble=5)
CALM = Mood("calm", level=-29, stretch=0.95, f0=180, f0_range=20)
ANGRY = Mood("angry", level=-20, stretch=0.75, f0=240, f0_range=15, treble=8)
RELIEVED = Mood("relieved", level=-28, stretch=0.95, f0=225, f0_range=80, treble=5)

SCRIPT = (
    Line(AGENT, "good morning how can i help you today", POLITE, 0.6),
    Line(CUSTOMER, "i am very happy with the service so far", CONTENT, 0.8),
    Line(CUSTOMER, "but i have a question about my bill", CALM, 0.8),
    Line(AGENT, "there is a mistake in your account", POLITE, 0.9),
    Line(CUSTOMER, "that is terrible i have been waiting for an hour", ANGRY, 0.8),
    Line(CUSTOMER, "i am very angry and nobody helped me", ANGRY, 0.8),
    Line(AGENT, "i am very sorry about that i will fix it for you right now", SORRY, 0.9),
    Line(CUSTOMER, "that is a great help thank you so much", RELIEVED, 1.1),
    Line(CUSTOMER, "that is wonderful i feel much better now", RELIEVED, 0.8),
    Line(AGENT, "you are very welcome have a good day", POLITE, 0.8),
)
VOICES = {AGENT: "rms", CUSTOMER: "slt"}
TAIL = 1.0  # seconds after the last turn

Signal = NDArray[np.float64]


def speak(line: Line) -> Signal:
    """Synthesise a line: samples -1…1 at 16 kHz, silence trimmed, at the level of its mood."""
    mood = line.mood
    settings = {"duration_stretch": mood.stretch}
    if mood.f0 is not None:
        settings |= {"int_f0_target_mean": mood.f0, "int_f0_target_stddev": mood.f0_range}
    options = [part for k, v in settings.items() for part in ("--setf", f"{k}={v}")]
    with tempfile.TemporaryDirectory() as folder:
        said, shaped = f"{folder}/said.wav", f"{folder}/shaped.wav"
        subprocess.run(
            ["flite", "-voice", VOICES[line.channel], *options, "-t", line.text, "-o", said],
            check=True,
        )
        # -D: no dither, so that every run gives the same samples
        effects = ["norm", "-9", "highpass", "60", "treble", str(mood.treble)]
        subprocess.run(
            ["sox", "-D", said, "-r", str(RATE), "-c", "1", "-b", "16", shaped, *effects],
            check=True,
        )
        samples = read_wav(Path(shaped))
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    samples = samples[max(loud[0] - 320, 0) : loud[-1] + 800]
    return samples * 10 ** (mood.level / 20) / np.sqrt(np.mean(samples**2))


def read_wav(path: Path) -> Signal:
    """Read a mono 16-bit WAV file as samples -1…1."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16) / 32768


def room(samples: int, seed: int) -> Signal:
    """Return that many samples of pink noise at NOISE_DBFS, the room tone of one channel."""
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(samples))
    pink = np.fft.irfft(white / np.sqrt(np.maximum(np.arange(white.size), 50)), samples)
    return pink * 10 ** (NOISE_DBFS / 20) / np.sqrt(np.mean(pink**2))


def perform() -> tuple[NDArray[np.int16], list[dict[str, object]]]:
    """Return the call, int16 of shape (2, samples), and its turns with their times in seconds."""
    turns: list[dict[str, object]] = []
    placed: list[tuple[int, int, Signal]] = []
    at = 0
    for line in SCRIPT:
        said = speak(line)
        at += round(line.pause * RATE)
        placed.append((line.channel, at, said))
        times = {"start": round(at / RATE, 2), "end": round((at + said.size) / RATE, 2)}
        turns.append({"channel": line.channel, **times, "mood": line.mood.name, "text": line.text})
        at += said.size
    total = at + round(TAIL * RATE)
    call = np.stack([room(total, seed=channel) for channel in (AGENT, CUSTOMER)])
    for channel, start, said in placed:
        call[channel, start : start + said.size] += said
    return np.clip(np.rint(call * 32767), -32768, 32767).astype(np.int16), turns


def encode(call: NDArray[np.int16]) -> bytes:
    """Encode a stereo int16 signal of shape (2, samples) as FLAC."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, options={"compression_level": "12"})
        stream.layout, stream.format = "stereo", "s16"
        interleaved = np.ascontiguousarray(call.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(interleaved, format="s16", layout="stereo")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def check(call: NDArray[np.int16], turns: list[dict[str, object]]) -> None:
    """Print PocketSphinx's transcript of each turn, cut with the same margins as in the engine."""
    decoder = Decoder(samprate=RATE, loglevel="FATAL")
    for turn in turns:
        start, end = round((turn["start"] - 0.3) * RATE), round((turn["end"] + 0.2) * RATE)
        decoder.start_utt()
        decoder.process_raw(call[turn["channel"], start:end].tobytes(), full_utt=True)
        decoder.end_utt()
        heard = decoder.hyp().hypstr if decoder.hyp() else ""
        print(f"{'=' if heard == turn['text'] else '!'} {turn['text']}\n  {heard}")


def main() -> None:
    """Make the call and, with `--check`, transcribe it."""
    parser = argparse.ArgumentParser(description="Make the sample call.")
    parser.add_argument("--check", action="store_true", help="print PocketSphinx's transcripts")
    options = parser.parse_args()
    call, turns = perform()
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "call.flac").write_bytes(encode(call))
    about = {
        "file": "call.flac",
        "duration": round(call.shape[1] / RATE, 2),
        "channels": ["agent", "customer"],
        "voices": [VOICES[AGENT], VOICES[CUSTOMER]],
        "moods": {line.mood.name: asdict(line.mood) for line in SCRIPT},
        "turns": turns,
    }
    (OUT / "call.json").write_text(json.dumps(about, indent=1) + "\n")
    size = (OUT / "call.flac").stat().st_size
    print(f"{OUT / 'call.flac'}: {call.shape[1] / RATE:.1f} s, {size / 1024:.0f} KB")
    if options.check:
        check(call, turns)


if __name__ == "__main__":
    main()
