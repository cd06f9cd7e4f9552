"""Time Sentivox's implementations and the obvious alternatives in turns.

    python -m benchmarks.peers [--only NAME]... [--rounds N] [--streams N] [--seconds S]

- asr: `WhisperModel.transcribe`, which pads to 30 s, against our trimmed window.
- text: DistilBERT under PyTorch (if installed) and as ONNX float32, against ONNX int8.
- mfcc: NumPy in the style of librosa against ours.
- vad: a session for each client against one that all share, in time and memory.
- server: a FastAPI handler that calls the models inline against our server, with live streams.

DistilBERT, and Whisper without `--asr`, are stand-ins: random weights in the exact shapes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.load_once import resident
from benchmarks.peer_mfcc import numpy_mfcc
from benchmarks.peer_server import compare
from benchmarks.recogniser import add_asr
from benchmarks.rounds import against, interleave
from benchmarks.whisper_trim import SAYS, clip, ways, whisper_files
from sentivox.cli.bench_stages import WORDS
from sentivox.models.selection import POCKETSPHINX
from sentivox.speech.vad import SileroStream, SileroVad
from sentivox.standins import distilbert, whisper
from sentivox.system.machine import this_machine
from sentivox.text.checkpoint import open_tokenizer
from sentivox.text.transformer import TransformerTextModel
from sentivox.tone.mfcc import MfccExtractor, mfcc
from sentivox.types import SAMPLE_RATE, FloatArray

Options = argparse.Namespace
CLIENTS = 50  # of the shared voice activity session


def asr(options: Options) -> dict[str, Any]:
    """Compare Whisper on 3 s of speech with one thread."""
    with tempfile.TemporaryDirectory() as folder:
        if options.asr:
            made = whisper_files(options.asr)
        else:
            made = whisper.make_whisper(Path(folder), shape=whisper.TINY_EN, says=SAYS)
        runs = ways(made, 1, clip(3.0))
        same = len({run() for run in runs.values()}) == 1
        found = against(interleave(runs, options.rounds), "trimmed")
    return {"model": options.asr or "stand-in of whisper-tiny.en", "same_text": same} | found


def text(options: Options) -> dict[str, Any]:
    """Compare DistilBERT on 32 tokens with one thread and the same weights in every format."""
    weights = distilbert.random_weights(distilbert.BASE)
    with tempfile.TemporaryDirectory() as folder:
        runs: dict[str, Callable[[], object]] = {}
        for name, int8 in (("onnx fp32", False), ("onnx int8", True)):
            made = distilbert.make_distilbert(Path(folder) / name, weights=weights, int8=int8)
            model = TransformerTextModel(made, languages=["en"])
            runs[name] = lambda model=model: model.classify([WORDS])
        if torch_run := pytorch(weights, made):
            runs["pytorch"] = torch_run
        found = against(interleave(runs, options.rounds), "onnx int8")
    left_out = [] if "pytorch" in runs else ["pytorch: pip install torch transformers"]
    return {"model": "stand-in of distilbert-base", "left_out": left_out} | found


def pytorch(weights: dict[str, FloatArray], folder: Path) -> Callable[[], object] | None:
    """Return a run of DistilBERT by transformers, or None if that is not installed."""
    try:
        import torch  # noqa: PLC0415  (optional: hundreds of megabytes)
        from transformers import (  # noqa: PLC0415
            DistilBertConfig,
            DistilBertForSequenceClassification,
        )
    except ImportError:
        return None
    torch.set_num_threads(1)
    model = DistilBertForSequenceClassification(DistilBertConfig()).eval()
    model.load_state_dict({name: torch.from_numpy(one) for name, one in weights.items()})
    tokenizer = open_tokenizer(folder, distilbert.BASE.positions)

    def run() -> object:
        with torch.inference_mode():
            return model(torch.tensor([tokenizer.encode(WORDS).ids])).logits

    return run


def mfccs(options: Options) -> dict[str, Any]:
    """Compare MFCC of one tone update: half a second of new audio in a 3 s window."""
    audio = clip(8.0)
    window, hop = audio[: 3 * SAMPLE_RATE], audio[: SAMPLE_RATE // 2]
    extractor = MfccExtractor()
    extractor(window)
    runs: dict[str, Callable[[], object]] = {
        "numpy, the window again": lambda: numpy_mfcc(window),
        "ours, the window again": lambda: mfcc(window),
        "ours, what is new": lambda: extractor(hop),
    }
    apart = float(np.abs(numpy_mfcc(window) - mfcc(window)).max())
    found = against(interleave(runs, options.rounds * 10), "ours, what is new")
    return {"largest_difference": round(apart, 4)} | found


def vad(options: Options) -> dict[str, Any]:
    """Compare voice activity detection of CLIENTS clients in turn, in time and in memory."""
    pcm = clip(3.0)[: 32 * 512].reshape(-1, 512)

    def tick(streams: list[SileroStream]) -> Callable[[], object]:
        return lambda: [stream(window) for stream in streams for window in pcm[:4]]

    runs = {"a session each": tick(clients(shared=False)), "shared": tick(clients(shared=True))}
    found = against(interleave(runs, options.rounds), "shared")
    memory = {kind: _memory(kind) for kind in ("own", "shared")}
    return {"clients": CLIENTS, "kb_a_client": memory} | found


def clients(*, shared: bool) -> list[SileroStream]:
    """Return detectors for CLIENTS clients, on one session or on one session each."""
    one = SileroVad()
    return [(one if shared else SileroVad()).stream() for _ in range(CLIENTS)]


def _memory(kind: str) -> float:
    """Return the resident kilobytes for each client, measured in a new process."""
    command = [sys.executable, "-m", "benchmarks.peers", "--clients", kind]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def _print_memory(kind: str) -> None:
    SileroVad().stream()(clip(1.0)[:512])  # memory that is needed only once
    before = resident()
    for stream in (kept := clients(shared=kind == "shared")):
        stream(clip(1.0)[:512])
    print((resident() - before) * 1e3 / len(kept))


def server(options: Options) -> dict[str, Any]:
    """Compare the servers with live streams, the embedded models and the recogniser of `--asr`."""
    asr = options.asr or POCKETSPHINX
    return compare(asr, options.streams, options.seconds, options.server_rounds)


PEERS = {"asr": asr, "text": text, "mfcc": mfccs, "vad": vad, "server": server}


def main() -> None:
    """Parse the options, measure, and print one JSON document."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=tuple(PEERS), help="repeatable")
    add_asr(parser, default=None)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--streams", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each live stream")
    parser.add_argument("--server-rounds", type=int, default=3)
    parser.add_argument("--clients", choices=("own", "shared"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.clients:
        _print_memory(options.clients)
        return
    machine = this_machine()
    found: dict[str, Any] = {
        "machine": f"{machine.cpu}, {machine.cores} cores, {' '.join(machine.flags)}"
    }
    for name in options.only or PEERS:
        print(f"measuring {name}", file=sys.stderr)
        found[name] = PEERS[name](options)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
