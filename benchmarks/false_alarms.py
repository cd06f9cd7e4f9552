"""Measure false alarms: how much calm speech gets a negative or positive tone.

    python -m benchmarks.false_alarms [--data DIR] [--tone ID] [--every N] [--json]

Every recording goes through a stream as served, with tone alone: sentences read aloud (LibriSpeech,
Common Voice) and calls to contact centres. An utterance is a false alarm at a confidence if tone
says negative or positive with at least that much. The utterances of calls that benchmarks/calm
lists are not calm, and do not count. The sample call's are those that its script calls polite or
calm.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from sentivox.api.analyzer import Analyzer
from sentivox.protocol import labels
from sentivox.protocol.events import Utterance
from sentivox.samples import CALL, script

DEFAULT_DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
READ: Final = (
    "librispeech_test_clean_80",
    "librispeech_test_other",
    "commonvoice_en",
    "commonvoice_zh-CN",
)
"""Folders below `asr` whose recordings are sentences read aloud."""

NOT_CALM: Final = Path(__file__).parent / "calm" / "not_calm.tsv"
"""Stretches of calls that are not calm: file, channel, start, end in seconds, mood."""

CALLS: Final = (
    "callytics_en.opus",
    "lca_auto_repairs_40_agent.opus",
    "lca_auto_repairs_40_caller.opus",
    "lca_auto_repairs_40_mix.opus",
    "speechmatics_agent.opus",
    "speechmatics_customer.opus",
)
"""Files below `calls/audio` whose transcripts could be read."""

CONFIDENCES: Final = (0.5, 0.6)
"""The confidence from which a stream gives a label, and that of the gate."""

_CALM_MOODS: Final = frozenset({"polite", "calm"})

Stretches = Mapping[tuple[str, int], Sequence[tuple[float, float]]]
"""Stretches of time in seconds, by file name and channel."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """The false alarms in one set of recordings.

    Attributes:
        name: Name of the set.
        utterances: Number of calm utterances with a tone.
        alarms: Number of false alarms among them, by confidence.
        negative: Number of those that are negative, by confidence.
    """

    name: str
    utterances: int
    alarms: dict[float, int]
    negative: dict[float, int]

    def share(self, confidence: float) -> float:
        """Share of the utterances that are false alarms at a confidence of CONFIDENCES."""
        return self.alarms[confidence] / max(self.utterances, 1)


def tally(name: str, calm: Iterable[Utterance]) -> FalseAlarms:
    """Count the false alarms among calm utterances; those without a tone do not count."""
    scores = [u.audio_sentiment.scores for u in calm if u.audio_sentiment is not None]
    said = {at: [labels.label(one, at) for one in scores] for at in CONFIDENCES}
    return FalseAlarms(
        name=name,
        utterances=len(scores),
        alarms={at: sum(s in ("negative", "positive") for s in said[at]) for at in CONFIDENCES},
        negative={at: said[at].count("negative") for at in CONFIDENCES},
    )


def read_aloud(analyzer: Analyzer, folder: Path, every: int = 1) -> FalseAlarms:
    """Measure the recordings of a folder with a `manifest.tsv`, or every n-th of them."""
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as lines:
        files = [folder / row["file"] for row in csv.DictReader(lines, delimiter="\t")][::every]
    heard = (u for file in files for u in analyzer.analyze(file, mixdown=True).result().utterances)
    return tally(folder.name, heard)


def calls(analyzer: Analyzer, folder: Path, every: int = 1) -> FalseAlarms:
    """Measure the calls in a folder, or every n-th of them, without what is not calm."""
    files = [folder / name for name in CALLS[::every]]
    return tally("calls", _calm_in_calls(analyzer, files, read_stretches()))


def sample_call(analyzer: Analyzer) -> FalseAlarms:
    """Measure the turns of the bundled sample call whose mood is polite or calm."""
    calm: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for turn in script()["turns"]:
        if turn["mood"] in _CALM_MOODS:
            calm.setdefault((CALL.name, turn["channel"]), []).append((turn["start"], turn["end"]))
    heard = analyzer.analyze(CALL).result().utterances
    return tally("sample call", (u for u in heard if touches(u, CALL.name, calm)))


def measure(analyzer: Analyzer, data: Path, every: int = 1) -> Iterator[FalseAlarms]:
    """Measure all sets, one after another."""
    for name in READ:
        yield read_aloud(analyzer, data / "asr" / name, every)
    yield calls(analyzer, data / "calls" / "audio", every)
    yield sample_call(analyzer)


def read_stretches(path: Path = NOT_CALM) -> Stretches:
    """Read stretches of calls from a table with the columns of NOT_CALM."""
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            key = row["file"], int(row["channel"])
            found.setdefault(key, []).append((float(row["start"]), float(row["end"])))
    return found


def touches(utterance: Utterance, file: str, stretches: Stretches) -> bool:
    """Whether an utterance of a file overlaps one of the stretches of its channel."""
    own = stretches.get((file, utterance.channel), ())
    return any(start < utterance.end and utterance.start < end for start, end in own)


def _calm_in_calls(
    analyzer: Analyzer, files: Sequence[Path], left_out: Stretches
) -> Iterator[Utterance]:
    for file in files:
        for utterance in analyzer.analyze(file).result().utterances:
            if not touches(utterance, file.name, left_out):
                yield utterance


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("SENTIVOX_DATA", DEFAULT_DATA))
    parser.add_argument("--tone", metavar="ID", help="a tone model, such as mfcc for live tone")
    parser.add_argument("--every", type=int, default=1, help="measure every n-th recording only")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    args = parser.parse_args()
    if not (args.data / "asr").is_dir():
        sys.exit(f"{args.data} does not hold the data: name it by --data or in SENTIVOX_DATA")
    with Analyzer(tone=args.tone, modalities=("audio",)) as analyzer:
        found = list(measure(analyzer, args.data, args.every))
    if args.json:
        print(json.dumps({"sets": [asdict(one) for one in found]}))
        return
    print("share of calm utterances that tone calls negative or positive, by confidence")
    print(f"{'set':28}{'n':>6}" + "".join(f"{f'from {at}':>10}" for at in CONFIDENCES))
    for one in found:
        shares = "".join(f"{one.share(at):10.3f}" for at in CONFIDENCES)
        print(f"{one.name:28}{one.utterances:6}{shares}")


if __name__ == "__main__":
    main()
