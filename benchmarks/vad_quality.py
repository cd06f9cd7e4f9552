"""Measure voice activity detection and endpointing on speech, noise and mixtures of both.

    python -m benchmarks.vad_quality [--data DIR] [--json] [--sweep]

Clean read speech (LibriSpeech), labelled by its energy (`speech_truth.py`), is laid out with
digital silence between its clips, and noise is mixed in relative to the level of the speech. The
AMI excerpts are far-field speech with human labels.

- "windows": share of windows that the model's decisions, with hysteresis, get right.
- "utterances": share of windows that are rightly inside or outside an utterance of the stream. In
  the truth, pauses under `silence_s` are bridged, because an utterance contains them.
- "lost": share of speech windows outside every utterance, pre-roll and post-pad included.
- false alarms: utterances, with at least `min_speech_s` of speech, per hour of noise alone.

The labels themselves are uncertain: other margins move "windows" by about 0.02.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.speech_truth import Floats, frame_power, lay_out, read
from sentivox.audio.highpass import high_passed
from sentivox.evaluation.vad import (
    Bools,
    bridged,
    endpoints,
    held,
    inside,
    read_segments,
    speech_windows,
)
from sentivox.evaluation.work import read_audio
from sentivox.speech.endpointing import EndpointConfig
from sentivox.speech.vad import VAD_WINDOW, SileroVad
from sentivox.types import SAMPLE_RATE

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SNRS_DB = (20, 10, 5)  # ratios of speech to noise


class Figures(NamedTuple):
    """The figures of one condition: shares of windows, and false alarms per hour of noise."""

    condition: str
    windows: float
    utterances: float
    lost: float
    false_alarms: float | None = None


class Scene(NamedTuple):
    """One condition: speech probability and label of each window."""

    condition: str
    probs: list[float]
    speech: Bools


def noises(data: Path, random: np.random.Generator) -> dict[str, Floats]:
    """Return a few minutes of each kind of noise, every recording at the same power."""
    kinds: dict[str, list[Floats]] = {}
    for path in sorted((data / "noise" / "esc10" / "audio").glob("*.opus")):
        clip = read(path)
        power = frame_power(clip)
        sounding = power[power > 1e-9]  # the corpus pads short sounds with silence
        if len(sounding):
            clip = clip / np.sqrt(sounding.mean())
            kinds.setdefault(path.name.split("__")[0], []).append(clip)
    made = {kind: np.concatenate(clips) for kind, clips in kinds.items()}
    white = random.standard_normal(200 * SAMPLE_RATE)
    spectrum = np.fft.rfft(white)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))))
    return {**made, "white": white, "pink": pink / pink.std()}


def hear(vad: SileroVad, audio: Floats) -> list[float]:
    """Run a stream over float audio; return the speech probability of each window."""
    pcm = np.clip(np.rint(audio * 32768), -32768, 32767).astype(np.int16)
    return vad.stream()(high_passed(pcm[: len(pcm) - len(pcm) % VAD_WINDOW])).tolist()


def score(scene: Scene, config: EndpointConfig) -> Figures:
    """Compare a scene's probabilities with its labels."""
    n, speech = len(scene.speech), scene.speech
    found = endpoints(scene.probs, config)
    kept = inside(found, n, config.pre_roll_s, config.post_pad_s)
    whole = bridged(speech, int(config.silence_s * SAMPLE_RATE / VAD_WINDOW))
    hours = n * VAD_WINDOW / SAMPLE_RATE / 3600
    return Figures(
        scene.condition,
        windows=float((held(scene.probs, config) == speech).mean()),
        utterances=float((inside(found, n) == whole).mean()),
        lost=float((~kept & speech).sum() / max(1, speech.sum())),
        false_alarms=None if speech.any() else len(found) / hours,
    )


def mixtures(vad: SileroVad, data: Path, seed: int) -> Iterable[Scene]:
    """Yield clean speech, and for each noise speech at each ratio and the noise alone."""
    random = np.random.default_rng(seed)
    folder = data / "asr" / "librispeech_test_clean_80"
    audio, speech = lay_out(map(read, sorted(folder.rglob("*.opus"))), random)
    level = np.sqrt((audio.reshape(-1, VAD_WINDOW)[speech] ** 2).mean())
    yield Scene("clean", hear(vad, audio), speech)
    for kind, noise in noises(data, random).items():
        for snr in SNRS_DB:
            scaled = np.resize(noise, len(audio)) * level * 10 ** (-snr / 20)
            yield Scene(f"{snr} dB {kind}", hear(vad, audio + scaled), speech)
        alone = hear(vad, noise * level * 10 ** (-10 / 20))
        yield Scene(f"only {kind}", alone, np.zeros(len(alone), np.bool_))


def meetings(vad: SileroVad, data: Path) -> Iterable[Scene]:
    """Yield the AMI excerpts with their human labels, as one scene."""
    probs, truth = list[float](), list[Bools]()
    for path, spans in read_segments(data / "vad" / "ami_pyannote"):
        heard = speech_windows(vad, read_audio(path), spans)
        probs += [*heard.probs, *[0.0] * 31]  # a second of silence keeps the excerpts apart
        truth += [heard.speech, np.zeros(31, np.bool_)]
    yield Scene("AMI meetings", probs, np.concatenate(truth))


def summarise(figures: list[Figures]) -> list[Figures]:
    """Return the means over the recorded noises, at each ratio and for noise alone."""
    means: list[Figures] = []
    for group in (*(f"{snr} dB" for snr in SNRS_DB), "only"):
        rows = [f for f in figures if f.condition.startswith(f"{group} ")]
        rows = [f for f in rows if not f.condition.endswith(("white", "pink"))]
        columns = np.array([(f.windows, f.utterances, f.lost, f.false_alarms or 0) for f in rows])
        windows, utterances, lost, alarms = columns.mean(axis=0).tolist()
        alone = alarms if group == "only" else None
        means.append(Figures(f"{group} mean of ESC-10", windows, utterances, lost, alone))
    return means


def show(figures: list[Figures]) -> None:
    """Print the figures as a table."""
    print(f"{'condition':24} {'windows':>8} {'utterances':>11} {'lost':>7} {'alarms/h':>9}")
    for f in figures:
        alarms = "" if f.false_alarms is None else f"{f.false_alarms:9.1f}"
        print(f"{f.condition:24} {f.windows:8.3f} {f.utterances:11.3f} {f.lost:7.3%} {alarms:>9}")


def main() -> int:
    """Parse the options, measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description="Quality of voice activity and endpointing.")
    parser.add_argument("--data", type=Path, default=os.environ.get("SENTIVOX_DATA", DEFAULT_DATA))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--sweep", action="store_true", help="other thresholds as well")
    args = parser.parse_args()
    data = Path(args.data)
    if not (data / "noise").is_dir():
        print(f"{data} holds no noise/: name the data folder with --data.", file=sys.stderr)
        return 2
    vad, config = SileroVad(), EndpointConfig()
    scenes = [*mixtures(vad, data, args.seed), *meetings(vad, data)]
    figures = [score(scene, config) for scene in scenes]
    if args.json:
        print(json.dumps({"figures": [f._asdict() for f in [*figures, *summarise(figures)]]}))
        return 0
    show([*figures, *summarise(figures)])
    for threshold, release in product((0.3, 0.4, 0.5, 0.6), (0.15, 0.25, 0.35, 0.45)):
        if args.sweep and release <= threshold:
            tried = replace(config, threshold=threshold, release=release)
            print(f"\nthreshold {threshold}, release {release}")
            rows = [score(scene, tried) for scene in scenes]
            show([*summarise(rows), rows[-1]])
    return 0


if __name__ == "__main__":
    sys.exit(main())
