"""The bundled call as labelled data: a clip a turn, and a table of them."""

import csv
from pathlib import Path

import numpy as np

from sentivox.audio.files import AudioFile, write_wav
from sentivox.samples import CALL, script
from sentivox.types import SAMPLE_RATE

LABELS = {"content": "happy", "relieved": "joy", "angry": "anger", "sorry": "surprised"}
"""Of the moods; polite and calm are neutral. (One surprise, so that something is left out.)"""


def write_turns(folder: Path) -> Path:
    """Clips of the ten turns with half a second round each, and `turns.csv`, which is returned."""
    call = np.concatenate(list(AudioFile(CALL)), axis=1)
    table = folder / "turns.csv"
    with table.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("file", "label", "transcript", "speaker", "gender", "split"))
        for i, turn in enumerate(script()["turns"]):
            start, end = (
                round(at * SAMPLE_RATE) for at in (turn["start"] - 0.5, turn["end"] + 0.8)
            )
            write_wav(folder / f"{i}.wav", call[turn["channel"], max(0, start) : end])
            label = LABELS.get(turn["mood"], "neutral")
            who, sex = (("agent", "m"), ("customer", "f"))[turn["channel"]]
            split = "dev" if i < 4 else "test"
            rows.writerow((f"{i}.wav", label, turn["text"], who, sex, split))
    return table
